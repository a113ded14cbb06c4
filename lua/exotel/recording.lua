-- recording: a call's recording, fetched piece by piece into a file or a function.
--
-- Each piece is a GET of its own, of a range of bytes: so memory holds one piece, one that fails is
-- tried again as any GET, and what stands in a file already isn't fetched again. A server that
-- knows no ranges answers with the whole, which then has to fit into max_response. Pieces of one
-- fetch are of one file: an ETag says when it became another. It isn't sent as If-Range, to which
-- the answer would be the whole, however large. To an earlier fetch the file's last bytes lead.
--
-- What stands in a file belongs to one fetch at a time, by a lock of exotel.sys: of two that wrote
-- into it one would put in place what the other has just begun. A state without that module has
-- no lock.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local errors = require "exotel.errors"
local yielding = require "exotel.yielding"

local recording = {}

local PIECE = 524288        -- bytes that are asked for at once, where an answer may have as many
local OVERLAP = 4096        -- of what a file has, fetched again to see that it is of the same one
local MOST = 268435456      -- bytes of a recording, where nothing else is said
local REDIRECTS = 3

-- Hosts of Exotel's own, beside the one that the client talks to: those that end so.
local OWN = { ".exotel.com", ".exotel.in" }

local function fail(kind, reason, message, field)
  return nil, errors.new({ kind = kind, outcome = "unknown", reason = reason, message = message,
                           field = field }, "recording")
end

-- {=================================================================
-- Who is shown the credentials
-- ==================================================================

-- A link that is signed opens without them.
local function is_signed(url)
  return url:lower():find("[?&][%w%-]*signature=") ~= nil
end

local function is_own(base, url)
  local where, home = core.address(url), core.address(base)
  if not where or is_signed(url) then return false end
  local host = where.host:lower()
  if host == home.host:lower() and where.port == home.port and where.https == home.https then
    return true
  end
  for _, suffix in ipairs(OWN) do
    if where.https and host:sub(-#suffix) == suffix then return true end
  end
  return false
end

-- }=================================================================

-- {=================================================================
-- Where the bytes go: a sink has `size`, what it has already, `tail`, the end of it, and
-- write, restart, finish and stop
-- ==================================================================

local file_sink = {}
file_sink.__index = file_sink

local function cannot(what, why)
  return fail("file", "write", ("%s: %s"):format(what, tostring(why)), "to")
end

-- What is in the part of an earlier try, up to OVERLAP of its end.
local function read_tail(file)
  local size = file:seek "end"
  file:seek("set", math.max(size - OVERLAP, 0))
  local tail = file:read "*a" or ""
  return size, tail
end

-- The lock of a part, or false where there are none; or nil and the error.
local function lock_part(part)
  local sys = errors.load "exotel.sys"
  if not sys then return false end
  local lock, why = sys.lock(part)
  if lock then return lock end
  if lock == nil then return cannot("no file for the recording", why) end
  return fail("file", "in_use", ("another fetch is writing %s"):format(part), "to")
end

local function open_file(path)
  if type(io) ~= "table" or type(os) ~= "table" or not os.rename then
    return errors.misuse "exotel.recording: this state has no files: `to` wants a function"
  end
  local part = path .. ".part"
  local lock, err = lock_part(part)
  if lock == nil then return nil, err end
  local file, why = io.open(part, "r+b")
  if not file then file, why = io.open(part, "w+b") end
  local self = setmetatable({ path = path, part = part, file = file, lock = lock }, file_sink)
  if not file then
    self:stop()
    return cannot("no file for the recording", why)
  end
  self.size, self.tail = read_tail(file)
  self.resumed = self.size
  return self
end

function file_sink:write(bytes)
  local written, why = self.file:write(bytes)
  if not written then return cannot("the recording can't be written", why) end
  self.size = self.size + #bytes
  return true
end

--- Begins anew: what was there is of something else.
function file_sink:restart()
  self.file:close()
  self.file = nil
  local file, why = io.open(self.part, "w+b")
  if not file then return cannot("no file for the recording", why) end
  self.file, self.size, self.tail, self.resumed = file, 0, "", 0
  return true
end

--- The file takes its place when it is whole.
function file_sink:finish()
  local closed, why = self.file:close()
  self.file = nil
  if closed then closed, why = os.rename(self.part, self.path) end
  if not closed then return cannot("the recording can't be put in its place", why) end
  return true
end

--- What is there stays, for the next try.
function file_sink:stop()
  if self.file then self.file:close() end
  if self.lock then self.lock:close() end
  self.file, self.lock = nil, nil
end

local function_sink = {}
function_sink.__index = function_sink

local function open_function(take)
  return setmetatable({ take = take, size = 0, tail = "", resumed = 0 }, function_sink)
end

function function_sink:write(bytes)
  local go_on, why = self.take(bytes)
  if go_on == false then
    return fail("file", "stopped", "`to` took no more: " .. tostring(why or "it returned false"),
      "to")
  end
  self.size = self.size + #bytes
  return true
end

function function_sink:restart()
  if self.size == 0 then return true end
  return fail("parse", "changed", "the recording isn't the one of before, of which `to` was given"
    .. (" %d bytes"):format(self.size))
end

function function_sink:finish() -- luacheck: ignore 212
  return true
end

function function_sink:stop() end -- luacheck: ignore 212

-- }=================================================================

-- {=================================================================
-- Asking
-- ==================================================================

local function location_of(source, err)
  local response = err.reason == "redirect" and source.response(err)
  return response and response.headers and response.headers.location
end

-- The answer to a GET, behind redirects; and where it was found.
local function ask(source, url, range)
  for _ = 0, REDIRECTS do
    local where, wrong = core.address(url)
    if not where then
      return fail("invalid", "url", "the recording's address " .. wrong, "recording_url")
    end
    local answer, err = source.ask(url, range, not is_own(source.base, url))
    if answer then return answer, url end
    local location = location_of(source, err)
    if not location then return nil, err end
    url = location
  end
  return fail("api", "redirect", ("more than %d redirects"):format(REDIRECTS))
end

-- What is wrong with a part that was answered, or nil.
local function wrong_part(at, first, last, size, body)
  if not first then return "it says no range of bytes" end
  if first ~= at.first then return ("it begins at byte %d, not at %d"):format(first, at.first) end
  if #body ~= last - first + 1 then
    return ("it has %d bytes and says %d"):format(#body, last - first + 1)
  end
  if at.size and size ~= at.size then
    return ("the whole has %d bytes now, and had %d"):format(size, at.size)
  end
end

-- }=================================================================

-- {=================================================================
-- Fetching
-- ==================================================================

local function check_size(size, most)
  if size <= most then return true end
  return fail("limited", "too_large", ("the recording has %d bytes, over the %d of max_bytes")
    :format(size, most))
end

-- The whole in one answer.
local function take_whole(sink, body, most)
  local ok, err = check_size(#body, most)
  if ok then ok, err = sink:restart() end
  if ok then ok, err = sink:write(body) end
  if not ok then return nil, err end
  return #body
end

-- Whether a part is of another file than the one before, by their ETags. Only a strong one, which
-- is quoted and no more, is another for other bytes and for nothing else.
local function is_another(at, answer)
  local tag = answer.headers.etag
  if not tag or tag:sub(1, 1) ~= '"' then return false end
  local known = at.etag
  at.etag = tag
  return known ~= nil and known ~= tag
end

-- A part: the size of the whole, or nil and the error; false where what the sink has is of
-- another recording.
local function take_part(sink, at, answer, most)
  if is_another(at, answer) then return false end
  local first, last, size = core.content_range(answer.headers["content-range"] or "")
  local wrong = wrong_part(at, first, last, size, answer.body)
  if wrong then return fail("parse", "range", "a part of the recording is wrong: " .. wrong) end
  local ok, err = check_size(size, most)
  if not ok then return nil, err end
  local known = sink.size - first -- bytes of it that are there already
  local both = math.min(known, #answer.body)
  if answer.body:sub(1, both) ~= sink.tail:sub(1, both) or sink.size > size then return false end
  sink.tail, at.size = "", size
  if known < #answer.body then
    ok, err = sink:write(answer.body:sub(known + 1))
    if not ok then return nil, err end
  end
  return size
end

-- Once: a server may take back what it has told for ever.
local function begin_anew(sink, at)
  if at.is_anew then
    return fail("parse", "changed", "the recording became another, and another again")
  end
  at.size, at.etag, at.is_anew = nil, nil, true
  local begun, err = sink:restart()
  return begun and "again" or nil, err
end

-- One step: true when all of it is there; nil and the error; else the answer's headers follow.
local function step(source, sink, at, most)
  at.first = sink.size - #sink.tail
  local last = at.first + math.min(PIECE, source.max_response) - 1
  local answer, err = ask(source, at.url, ("bytes=%d-%d"):format(at.first, last))
  local whole
  if answer and answer.status == 206 then
    whole, err = take_part(sink, at, answer, most)
  elseif answer and answer.status == 200 then
    whole, err = take_whole(sink, answer.body, most)
  elseif answer then
    whole, err = fail("parse", "range", ("it was answered %d, with what is neither the recording"
      .. " nor a part of it"):format(answer.status))
  elseif err.status == 416 and sink.size > 0 then
    whole = false
  elseif err.status == 416 then -- nothing at all: it has no first byte
    answer, err = ask(source, at.url)
    if answer then whole, err = take_whole(sink, answer.body, most) end
  end
  if whole == nil then return nil, err end
  if whole == false then return begin_anew(sink, at) end
  at.headers = answer.headers
  return sink.size >= whole and "done" or "again"
end

local function fetch_all(source, sink, url, most)
  local at = { url = url }
  local state, err
  repeat state, err = step(source, sink, at, most) until state ~= "again"
  if not state then return nil, err end
  local ok
  ok, err = sink:finish()
  if not ok then return nil, err end
  return { bytes = sink.size, resumed = sink.resumed, path = sink.path,
           content_type = at.headers["content-type"] }
end

local function address_of(call)
  local url = call
  if type(call) == "table" then
    url = call.recording_url
    if type(url) == "table" then url = nil end
  end
  if type(url) == "string" and url:find "^https?://" then return url end
  if type(call) == "string" then
    return errors.invalid("recording", "recording_url", "url",
      "that is no http address: it takes the call's record, or the recording_url in it")
  end
  return errors.invalid("recording", "recording_url", "missing", "the call has no recording (yet)")
end

local options = { to = true, max_bytes = true }

local function check_options(given)
  if type(given) ~= "table" then
    return errors.misuse("exotel.recording wants a table with `to`, got a " .. type(given))
  end
  for name in pairs(given) do
    if not options[name] then
      return errors.misuse(("exotel.recording: option '%s' is not known%s"):format(tostring(name),
        errors.did_you_mean(name, { "to", "max_bytes" })))
    end
  end
  local to, most = type(given.to), given.max_bytes or MOST
  if to ~= "function" and (to ~= "string" or given.to == "") then
    return errors.misuse("exotel.recording: option 'to' wants a path or a function, got "
      .. (given.to == "" and "an empty string" or "a " .. to))
  end
  if to == "string" and given.to:find("\0", 1, true) then
    return errors.misuse "exotel.recording: option 'to' has a NUL byte"
  end
  if type(most) ~= "number" or most < 1 or most % 1 ~= 0 then
    return errors.misuse "exotel.recording: max_bytes must be a whole number from 1"
  end
  return most
end

--- Fetches the recording of a call: { bytes, content_type, path, resumed }, or nil and the error.
-- source: ask(url, range, anonymous) gives { status, headers, body } or nil and an error;
-- response(err) what it came from; base is the address that the client talks to, max_response how
-- many bytes an answer may have.
function recording.fetch(source, call, given)
  local most, err = check_options(given)
  if not most then return nil, err end
  local url
  url, err = address_of(call)
  if not url then return nil, err end
  local sink
  if type(given.to) == "string" then
    sink, err = open_file(given.to)
    if not sink then return nil, err end
  else
    sink = open_function(given.to)
  end
  local ran, done, why = yielding.pcall(fetch_all, source, sink, url, most)
  sink:stop()
  if not ran then error(done, 0) end
  return done, why
end

return recording
