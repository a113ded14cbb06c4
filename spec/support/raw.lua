-- raw: starts raw_server.lua from a spec and reads what it counted; and children of this
-- Lua, some with an environment of their own.
--
--   local server = raw.start { "send:HTTP/1.", "close" }
--   … server.url …
--   local requests, connections = server:requests()
--   raw.keep(object)                             -- closed by raw.stop as well
--   raw.stop()                                   -- in after_each: all that were started
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local raw = {}

local LONG = 20 -- seconds that nothing here should ever need
local kept = {}

local server = {}
server.__index = server

local reasons = { [100] = "Continue", [200] = "OK", [302] = "Found", [429] = "Too Many Requests" }

--- An answer's bytes. headers: lines, each without its end.
function raw.answer(status, headers, body)
  local lines = { ("HTTP/1.1 %d %s"):format(status, reasons[status] or "Some Reason") }
  for _, line in ipairs(headers or {}) do lines[#lines + 1] = line end
  body = body or ""
  lines[#lines + 1] = "Content-Length: " .. #body
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

--- The bytes that the server's step body:N writes.
function raw.body(n)
  return ("0123456789abcdef"):rep(math.floor(n / 16) + 1):sub(1, n)
end

--- What raw.stop is to close: it returns it.
function raw.keep(object)
  kept[#kept + 1] = object
  return object
end

--- Starts a server that takes these steps (see raw_server.lua) after each request.
function raw.start(steps)
  local process = raw.keep(assert(sys.spawn { lua.name, "spec/support/raw_server.lua",
                                              lua.unpack(steps) }))
  local self = setmetatable({ process = process, lines = {} }, server)
  self.port = tonumber(assert(process:read_line(LONG)))
  self.url = "http://127.0.0.1:" .. self.port
  return self
end

-- All that the server has said up to now. What it said of the count comes last.
local function catch_up(self)
  assert(self.process:write "count\n")
  repeat
    local line = assert(self.process:read_line(LONG))
    table.insert(self.lines, line)
  until line:find "^count"
  return self.lines[#self.lines]
end

--- The requests that the server has read whole: a list of { method, path, connection, size };
--- and how many connections it has accepted.
function server:requests()
  local _, connections = catch_up(self):match "^count (%d+) (%d+)$"
  local list = {}
  for _, line in ipairs(self.lines) do
    local connection, method, path, size =
      line:match "^request %d+ connection (%d+) (%S+) (%S+) (%d+) bytes$"
    if method then
      list[#list + 1] = { method = method, path = path, connection = tonumber(connection),
                          size = tonumber(size) }
    end
  end
  return list, tonumber(connections)
end

--- How many requests with this method it has read.
function server:count(method)
  local n = 0
  for _, request in ipairs((self:requests())) do
    if request.method == method then n = n + 1 end
  end
  return n
end

--- The connections that were ended from our side, as a set of their numbers.
function server:ended()
  catch_up(self)
  local set = {}
  for _, line in ipairs(self.lines) do
    local number = line:match "^ended (%d+)$"
    if number then set[tonumber(number)] = true end
  end
  return set
end

--- Stops every process that was started here, and closes what was kept.
function raw.stop()
  for index, object in ipairs(kept) do
    object:close()
    kept[index] = nil
  end
end

-- No proxy of the environment that the specs run in.
local without = {}
for _, name in ipairs { "http_proxy", "https_proxy", "all_proxy", "no_proxy" } do
  without[#without + 1] = "-u " .. name .. " -u " .. name:upper()
end

--- Starts this interpreter with another program.
function raw.this_lua(program)
  return assert(sys.spawn { "sh", "-c", 'exec "/proc/$PPID/exe" -e "$0"', program })
end

--- Runs a Lua program in a child of this interpreter, with `name=value` strings added to its
--- environment. Returns all that it printed, and its end as process:wait does.
function raw.child(environment, program)
  local command = { "sh", "-c", 'lua=$(readlink "/proc/$PPID/exe") program=$1; shift\n'
    .. "exec env " .. table.concat(without, " ") .. ' "$@" "$lua" -e "$program"', "child",
    program }
  for _, entry in ipairs(environment) do command[#command + 1] = entry end
  return finish(assert(sys.spawn(command)), LONG)
end

--- A new directory for temporary files, and the function that removes it.
function raw.directory()
  local maker = assert(sys.spawn { "mktemp", "-d", "/tmp/exotel-spec.XXXXXX" })
  local path = assert(maker:read_line(LONG))
  maker:close()
  return path, function()
    local remover = assert(sys.spawn { "rm", "-rf", path })
    remover:wait(LONG)
    remover:close()
  end
end

return raw
