-- raw_server: a server that does exactly as it is told, well or badly.
--
--   lua5.4 spec/support/raw_server.lua [port:N] STEP...
--
-- It listens on 127.0.0.1 (at any port, or at N), prints its port, reads every request whole
-- and prints a line about it, then takes the steps:
--
--   send:BYTES     writes them              echo    answers 200 with the request as the body
--   body:N         writes N bytes           hold    keeps still until the peer goes
--   drip:BYTES     writes them one by one   close   closes
--   endless:BYTES  writes them for ever     reset   closes with a RST
--   next           what stands behind it is for the next request, and for all after it
--
-- A connection that no step closed is read for its next request. A line `count` on stdin is
-- answered when all that came in is read; the end of stdin ends the program. LuaSocket is
-- all it needs. raw.lua is the other end.
--
-- SPDX-License-Identifier: MIT

local socket = require "socket"

local DRIP = 0.05 -- seconds between two bytes

io.stdout:setvbuf("line")

local port = (arg[1] or ""):match "^port:(%d+)$"
if port then table.remove(arg, 1) end

local listener = assert(socket.bind("127.0.0.1", tonumber(port or 0)))
local stdin = { getfd = function() return 0 end, dirty = function() return false end }
local connections, requests, accepted = {}, 0, 0 -- connections: by their socket

-- {=================================================================
-- Reading and writing: they yield what they wait for, and end the
-- connection when the peer is gone
-- ==================================================================

local function gone(c)
  print(("ended %d"):format(c.number))
  error "gone"
end

local function fill(c)
  local data, why, partial = c.socket:receive(8192)
  local got = data or partial or ""
  c.held = c.held .. got
  if #got > 0 then return end
  if why == "timeout" then
    coroutine.yield "read"
  elseif why then
    gone(c)
  end
end

local function write(c, bytes)
  local at = 1
  while at <= #bytes do
    local last, why, partial = c.socket:send(bytes, at)
    at = (last or partial) + 1
    if why == "timeout" then
      coroutine.yield "write"
    elseif why then
      gone(c)
    end
  end
end

-- The next request's bytes, all of them, and where its body begins.
local function read_request(c)
  local head
  repeat
    head = c.held:match "^.-\r\n\r\n"
    if not head then fill(c) end
  until head
  local size = #head + (tonumber(head:lower():match "\r\ncontent%-length: *(%d+)") or 0)
  while #c.held < size do fill(c) end
  local request = c.held:sub(1, size)
  c.held = c.held:sub(size + 1)
  return request, #head
end

-- }=================================================================

local steps = {}

steps.send = write

function steps.body(c, n)
  write(c, ("0123456789abcdef"):rep(math.floor(n / 16) + 1):sub(1, math.floor(n)))
end

function steps.drip(c, bytes)
  for byte in bytes:gmatch "." do
    write(c, byte)
    coroutine.yield(socket.gettime() + DRIP)
  end
end

function steps.endless(c, bytes)
  while true do write(c, bytes) end
end

function steps.echo(c, _, request)
  write(c, ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#request, request))
end

function steps.hold(c)
  while true do fill(c) end
end

function steps.close()
  error "close"
end

function steps.reset(c)
  c.socket:setoption("linger", { on = true, timeout = 0 })
  error "close"
end

-- The arguments in groups, one for each request.
local groups = { {} }
for _, text in ipairs(arg) do
  local name, value = text:match "^(%l+):?(.*)$"
  if name == "next" then
    groups[#groups + 1] = {}
  else
    table.insert(groups[#groups], { assert(steps[name], text), value })
  end
end

local function serve(c)
  while true do
    local request, head = read_request(c)
    requests = requests + 1
    local number = requests
    local method, target = request:match "^(%S+) (%S+)"
    print(("request %d connection %d %s %s %d bytes"):format(
      number, c.number, method, target, #request - head))
    for _, step in ipairs(groups[math.min(number, #groups)]) do step[1](c, step[2], request) end
  end
end

-- {=================================================================
-- The loop
-- ==================================================================

local function resume(c)
  local going, wants = coroutine.resume(c.thread, c)
  if going then
    c.wants = wants
    return
  end
  if not wants:find "gone$" and not wants:find "close$" then error(wants) end
  c.socket:close()
  connections[c.socket] = nil
end

local function accept()
  local peer = listener:accept()
  if not peer then return end
  accepted = accepted + 1
  peer:settimeout(0)
  connections[peer] = { socket = peer, number = accepted, held = "",
                        thread = coroutine.create(serve) }
  resume(connections[peer])
end

local function obey()
  if io.read "*l" ~= "count" then os.exit(0) end
  print(("count %d %d"):format(requests, accepted))
end

-- What to wait for: sockets to read, sockets to write, and until when.
local function waiting()
  local reads, writes, till = { listener, stdin }, {}, math.huge
  for peer, c in pairs(connections) do
    if c.wants == "read" then
      reads[#reads + 1] = peer
    elseif c.wants == "write" then
      writes[#writes + 1] = peer
    else
      till = math.min(till, c.wants)
    end
  end
  return reads, writes, till < math.huge and math.max(0, till - socket.gettime()) or nil
end

local function turn()
  local readable, writable = socket.select(waiting())
  local now = socket.gettime()
  if #readable == 1 and readable[1] == stdin then obey() end -- all else is read
  for _, peer in ipairs(readable) do
    if peer == listener then
      accept()
    elseif peer ~= stdin then
      resume(connections[peer])
    end
  end
  for _, peer in ipairs(writable) do resume(connections[peer]) end
  for _, c in pairs(connections) do
    if type(c.wants) == "number" and c.wants <= now then
      resume(c)
      break -- it may have changed the table
    end
  end
end

print((select(2, listener:getsockname())))
while true do turn() end
