-- A transport of one's own, on LuaSocket: for requests over plain http to this host, as to the
-- sandbox, and it blocks. What it keeps is the contract of docs/transport.md.
--
--   local client = exotel.client { transport = require("own_transport").new {}, … }
--
-- exotel.core makes the bytes of a request and reads those of an answer; what stands here is
-- when to wait, how long, and what is said of a failure.

local core = require "exotel.core"
local socket = require "socket"

local own_transport = {}
own_transport.__index = own_transport

--- settings: those of a client. Of these it knows max_response and plain_http.
function own_transport.new(settings)
  return setmetatable({ settings = settings }, own_transport)
end

-- sent = false says that no byte has left: a dial may be made again then. So it is said only
-- before the first send.
local function failure(sent, reason, message)
  return nil, { reason = reason, message = message, sent = sent }
end

-- What LuaSocket says, in the words of exotel.errors.
local function failed(sent, why)
  if why == "timeout" then return failure(sent, "timeout", "the time-out passed") end
  return failure(sent, sent and "closed" or "connect", why)
end

-- No step takes longer than what is left of the whole.
local function allow(peer, till)
  peer:settimeout(math.max(till - socket.gettime(), 0), "t")
end

local function connect(where, till)
  local peer = assert(socket.tcp())
  allow(peer, till)
  local connected, why = peer:connect(where.host, where.port)
  if connected then return peer end
  peer:close()
  return failed(false, why)
end

-- What has come, and no more than that: LuaSocket would wait for all of a number of bytes.
local function receive(peer, till)
  local left = math.max(till - socket.gettime(), 0)
  local readable, _, why = socket.select({ peer }, nil, left)
  if not readable[1] then return nil, why end
  peer:settimeout(0, "t")
  local data, ended, partial = peer:receive(8192)
  return data or partial, ended
end

local function read_answer(peer, reader, till)
  local state, more
  repeat
    local bytes, ended = receive(peer, till)
    if not bytes then return failed(true, ended) end
    state, more = reader:feed(bytes)
    if state == "more" and ended == "closed" then state, more = reader:finish() end
  until state ~= "more"
  if state then return reader:response() end
  return failure(true, more.reason, more.message)
end

local function exchange(peer, bytes, reader, till)
  allow(peer, till)
  local _, unsent = peer:send(bytes)
  if unsent then return failed(true, unsent) end
  return read_answer(peer, reader, till)
end

-- Where it goes: or nil and why it doesn't.
function own_transport:address(url)
  local where, wrong = core.address(url)
  if where and where.https then wrong = "this transport has no TLS" end
  if where and not where.loopback and not self.settings.plain_http then
    wrong = "credentials would travel readable"
  end
  return not wrong and where or nil, wrong
end

function own_transport:perform(request)
  local began = socket.gettime()
  local where, wrong = self:address(request.url)
  if not where then return failure(false, "address", wrong) end
  -- Each request has a connection of its own, so a dial has one too.
  local bytes, err = core.http1_request(setmetatable({ close = true }, { __index = request }))
  if not bytes then return failure(false, "other", err.message) end
  local reader = core.http1_reader { head = request.method == "HEAD",
                                     max_body = self.settings.max_response }
  local till = began + request.timeout
  local peer, unconnected = connect(where, math.min(till, began + request.connect_timeout))
  if not peer then return nil, unconnected end
  local response, broken = exchange(peer, bytes, reader, till)
  peer:close()
  return response, broken
end

function own_transport:sleep(seconds) -- luacheck: ignore 212
  socket.sleep(seconds)
end

-- LuaSocket knows the time of day alone, which can be set back.
function own_transport:now()
  self.last = math.max(socket.gettime(), self.last or 0)
  return self.last
end

return own_transport
