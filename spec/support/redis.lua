-- redis: a real Redis on loopback, from a spec, and redis-lua where Debian has it for another Lua.
--
--   local redis = require "spec.support.redis"
--   local server = redis.start()
--   server.port                      server:store(options)    a store in it
--   server:stop()  :start()          killed, and begun again with nothing in it
--   server:say("PING")               what redis-cli says; server:info(name): of its statistics
--
-- It keeps nothing on disk, and ends with this process, however that ends.
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local free_ports = require "spec.support.free_ports"
local raw = require "spec.support.raw"
local socket = require "socket"
local store = require "exotel.store.redis"
local sys = require "exotel.sys"

local redis = {}

local LONG = 20 -- seconds that nothing here should ever need
local TRIES = 5 -- a port may be taken between its choice and its use

-- Debian has it for 5.1 to 5.3; it loads on 5.4 from there.
if _VERSION == "Lua 5.4" then
  package.preload.redis = package.preload.redis
    or function() return dofile "/usr/share/lua/5.3/redis.lua" end
end

local server = {}
server.__index = server

local function answers(port)
  local peer = socket.connect("127.0.0.1", port)
  if not peer then return false end
  peer:settimeout(LONG)
  local sent = peer:send "*1\r\n$4\r\nPING\r\n"
  local line = sent and peer:receive "*l"
  peer:close()
  return line == "+PONG" or line ~= nil and line:find "^%-NOAUTH" ~= nil
end

-- False when it has ended, as it does when its port was taken.
local function try(self)
  local words = { "/usr/bin/redis-server", "--port", tostring(self.port), "--bind", "127.0.0.1",
                  "--save", "", "--appendonly", "no", "--dir", self.directory }
  for _, word in ipairs(self.more) do words[#words + 1] = word end
  words.stderr = false
  self.process = assert(sys.spawn(words))
  local stop = sys.now() + LONG
  repeat
    if answers(self.port) then return true end
    sys.sleep(0.01)
  until self.process:wait(0) or sys.now() > stop
  self.process:close()
  self.process = nil
  return false
end

--- Begins it, on the port that it had.
function server:start()
  assert(try(self), "redis-server does not start")
end

--- Kills it.
function server:stop()
  local process = self.process
  self.process = nil
  if not process then return end
  process:signal "KILL"
  process:wait(LONG)
  process:close()
end

--- Ends it for good.
function server:close()
  self:stop()
  if self.remove then self.remove() end
  self.remove = nil
end

--- A store in it.
function server:store(options)
  local given = { port = self.port }
  for name, value in pairs(options or {}) do given[name] = value end
  return store.new(given)
end

--- What one command comes to, a line.
function server:say(...)
  local process = assert(sys.spawn { "/usr/bin/redis-cli", "-p", tostring(self.port), ... })
  local line = process:read_line(LONG)
  process:close()
  return line
end

--- What it says of itself under this name, a text, or nil.
function server:info(name)
  local process = assert(sys.spawn { "/usr/bin/redis-cli", "-p", tostring(self.port), "INFO",
                                     "all" })
  return (("\n" .. finish(process, LONG)):match("\n" .. name .. ":([^\r\n]*)"))
end

--- Starts one. More words are options of redis-server.
function redis.start(...)
  local self = setmetatable({ more = { ... } }, server)
  self.directory, self.remove = raw.directory()
  for _ = 1, TRIES do
    self.port = free_ports(1)[1]
    if try(self) then return self end
  end
  error "redis-server does not start"
end

return redis
