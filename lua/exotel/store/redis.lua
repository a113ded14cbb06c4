-- store/redis: a store for many hosts, in a Redis.
--
--   local store = require("exotel.store.redis").new { host = "10.0.0.5", password = "…" }
--
-- docs/store.md says what a store is. Outside nginx it speaks by redis-lua (Debian: lua-redis),
-- which blocks for the round trip; inside by lua-resty-redis (Debian: lua-nginx-redis), which
-- doesn't. Any other client comes as the option `command`.
--
-- What looks and then writes is a script, which Redis runs by itself, on its own clock. It is sent
-- as a whole at first, and called by its digest from then on. A command whose answer was lost is
-- not sent again: it may have been carried out.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local contract = require "exotel.store.contract"
local errors = require "exotel.errors"
local nginx = require "exotel.nginx"

local redis = {}

local HOST, PORT, TIMEOUT, PREFIX = "127.0.0.1", 6379, 1, "exotel:"
local TIMEOUT_MAX = 86400
local IDLE = 60000 -- milliseconds that nginx keeps a connection unused
local MICROSECONDS = 1e6

--- What redis.new is given: { name, type, lua =, default =, about = }.
redis.options = {
  { "host", "string", default = HOST, about = "the server" },
  { "port", "number", lua = "integer", default = PORT, about = "its port" },
  { "username", "string", about = "whom it lets in, where it asks" },
  { "password", "string", about = "likewise; it travels in plain" },
  { "database", "number", lua = "integer", about = "another than the first" },
  { "timeout", "number", default = TIMEOUT,
    about = "the seconds of each step, above 0 and at most a day" },
  { "prefix", "string", default = PREFIX, about = "stands in front of each key" },
  { "command", "function", lua = "fun(...: string): any, string?",
    about = "instead of the first six: sends the words of one command and returns its reply, nil"
      .. " for none; or nil and a message; or false and the message that Redis itself answered" },
}

local types = contract.types(redis.options)

-- {=================================================================
-- Scripts
-- ==================================================================

-- What is there is compared and changed. ARGV: whether something must be there, and what; what
-- is put in its place, and for how many milliseconds, or nothing to delete.
local SWAP = [[
local held = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if held ~= ARGV[2] then return 0 end
elseif held then
  return 0
end
if ARGV[4] then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
elseif held then
  redis.call('DEL', KEYS[1])
end
return 1
]]

-- csrc/core/gcra.c on the server's clock, in microseconds. ARGV: the most that a state may lie
-- ahead; by how much the account is taken up from now at least, or '' for a turn that is asked
-- for, and then what that takes up, and the tolerance. Returns how long to wait, 0 for a turn.
local TURN = [[
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held = redis.call('GET', KEYS[1])
local taken, most, ahead = tonumber(held or nil), tonumber(ARGV[1]), tonumber(ARGV[2])
if held and not taken then return -1 end
local after
if ahead then
  if taken and taken - now > most then taken = nil end
  after = math.max(taken or 0, now + math.min(ahead, most))
else
  local takes_up, tolerance = tonumber(ARGV[3]), tonumber(ARGV[4])
  if taken and taken - now > most then taken = now + tolerance end
  if taken and taken - now > tolerance then
    return string.format('%.0f', taken - now - tolerance)
  end
  after = math.max(taken or 0, now) + takes_up
end
local life = math.ceil((after - now) / 1000) + 120000
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', life))
return '0'
]]

redis.scripts = { swap = SWAP, turn = TURN }

-- }=================================================================

-- {=================================================================
-- Clients
-- ==================================================================

-- A client here is a function of a list of words: it returns true and the reply, nil for none;
-- or nil, a message, and whether that was Redis's own answer.

local function greet(settings, call)
  if settings.password then
    local ok, why, answered = call { "AUTH", settings.username or settings.password,
                                     settings.username and settings.password or nil }
    if not ok then return nil, why, answered end
  end
  if not settings.database then return true end
  return call { "SELECT", ("%d"):format(settings.database) }
end

local function load_client(...)
  local why
  for _, name in ipairs { ... } do
    local found, client = pcall(require, name)
    if found then return client end
    why = why or client
  end
  return errors.misuse(("exotel.store.redis wants the module '%s' (Debian: %s): %s"):format((...),
    nginx.api and "lua-nginx-redis" or "lua-redis", tostring(why)))
end

-- The bytes of a command go as they are: redis-lua has no function for some commands. It writes
-- the last line end.
local function speak(connection, words)
  local lines = { "*" .. #words }
  for _, word in ipairs(words) do
    lines[#lines + 1] = "$" .. #word
    lines[#lines + 1] = word
  end
  return connection:raw_cmd(table.concat(lines, "\r\n"))
end

-- What it raised, without the place.
local function message_of(raised)
  return (tostring(raised):gsub("^.-:%d+: ", ""))
end

local function call_blocking(connection, words)
  local ran, reply = pcall(speak, connection, words)
  if ran then return true, reply end
  local message = message_of(reply)
  local answered = message:match "^redis error: (.*)$"
  return nil, answered or message, answered ~= nil
end

-- Whether a kept connection has something to read: nothing was asked, so it can only be its end.
-- By select a socket can't be asked that a process with a thousand others has.
local function has_ended(connection, timeout)
  local socket = connection.network.socket
  socket:settimeout(0, "t")
  local _, why = socket:receive(1)
  socket:settimeout(timeout, "t")
  return why ~= "timeout"
end

-- A function that gives the id of the process, or nil where there is no exotel.sys to know it.
local function process_id()
  local found, sys = pcall(require, "exotel.sys")
  return found and sys.pid or function() end
end

local function blocking(settings)
  local library, err = load_client "redis"
  if not library then return nil, err end
  local this_process = process_id()
  local timeout = settings.timeout or TIMEOUT
  local connection, opener

  local function drop()
    if connection then pcall(function() connection.network.socket:close() end) end
    connection = nil
  end

  -- By the original's connection a forked copy would read that one's replies.
  local function is_usable()
    return opener == this_process() and not has_ended(connection, timeout)
  end

  local function open()
    local ran, opened = pcall(library.connect, {
      host = settings.host or HOST, port = settings.port or PORT, timeout = timeout,
    })
    if not ran then return nil, message_of(opened) end
    connection, opener = opened, this_process()
    local ok, why, answered = greet(settings, function(words)
      return call_blocking(connection, words)
    end)
    if not ok then drop() end
    return ok, why, answered
  end

  return function(words)
    if connection and not is_usable() then drop() end
    if not connection then
      local ok, why, answered = open()
      if not ok then return nil, why, answered end
    end
    local ok, reply, answered = call_blocking(connection, words)
    if not ok and not answered then drop() end
    return ok, reply, answered
  end, nil, drop
end

local function call_in_nginx(connection, words)
  local name = words[1]:lower()
  local reply, why = connection[name](connection, compat.unpack(words, 2))
  if reply == nil then return nil, why, false end
  if reply == false then return nil, why, true end
  if reply == nginx.api.null then reply = nil end
  return true, reply
end

local function in_nginx(settings)
  local library, err = load_client("resty.redis", "nginx.redis")
  if not library then return nil, err end
  local host, port = settings.host or HOST, settings.port or PORT
  local pool = ("exotel redis %s %d %d %s"):format(host, port, settings.database or 0,
    settings.username or "")
  return function(words)
    local connection, why = library:new()
    if not connection then return nil, why end
    connection:set_timeout((settings.timeout or TIMEOUT) * 1000)
    local ok, reply, answered
    ok, why = connection:connect(host, port, { pool = pool })
    if not ok then return nil, why end
    if connection:get_reused_times() == 0 then
      ok, why, answered = greet(settings, function(asked)
        return call_in_nginx(connection, asked)
      end)
      if not ok then
        connection:close()
        return nil, why, answered
      end
    end
    ok, reply, answered = call_in_nginx(connection, words)
    if ok or answered then connection:set_keepalive(IDLE) else connection:close() end
    return ok, reply, answered
  end
end

-- A function of the user's: the reply, nil for none; or nil and a message; or false and the
-- message that was Redis's own.
local function brought(command)
  return function(words)
    local reply, why = command(compat.unpack(words))
    if reply == nil and why ~= nil then return nil, tostring(why), false end
    if reply == false then return nil, tostring(why), true end
    return true, reply
  end
end

-- }=================================================================

-- {=================================================================
-- Asking
-- ==================================================================

-- Of a command that it doesn't know Redis repeats the words: the password may be among them.
local function without_words(message)
  return (message:gsub(",? with args beginning with.*", ""))
end

local function fail(self, message, answered)
  local reason = not answered and "unreachable"
    or message:find "^OOM" and "full" or "protocol"
  return nil, contract.failure(reason, ("Redis at %s: %s"):format(self.where,
    without_words(message)))
end

local function ask(self, words)
  local ok, reply, answered = self.call(words)
  if ok then return true, reply end
  return fail(self, tostring(reply), answered)
end

-- What a script is called by is asked for when it has run: where Redis stalls it has been told what
-- to do, and does that later.
local function learn(self, name)
  local ok, digest = self.call { "SCRIPT", "LOAD", redis.scripts[name] }
  if ok then self.digests[name] = digest end
end

-- Runs a script, by its digest once that is known.
local function run(self, name, key, arguments)
  local digest = self.digests[name]
  local words = { digest and "EVALSHA" or "EVAL", digest or redis.scripts[name], "1",
                  self.prefix .. key }
  for _, argument in ipairs(arguments) do words[#words + 1] = argument end
  local ok, reply, answered = self.call(words)
  if digest and not ok and answered and tostring(reply):find "^NOSCRIPT" then
    words[1], words[2] = "EVAL", redis.scripts[name]
    ok, reply, answered = self.call(words)
  end
  if not ok then return fail(self, tostring(reply), answered) end
  if not digest then learn(self, name) end
  return true, reply
end

local function milliseconds(seconds)
  return ("%d"):format(math.max(math.ceil(seconds * 1000), 1))
end

-- }=================================================================

local methods = contract.methods {
  add = function(self, key, value, seconds)
    local ok, reply = ask(self, { "SET", self.prefix .. key, value, "NX", "PX",
                                  milliseconds(seconds) })
    if not ok then return nil, reply end
    return reply ~= nil
  end,

  get = function(self, key)
    local ok, reply = ask(self, { "GET", self.prefix .. key })
    if not ok then return nil, reply end
    return reply
  end,

  swap = function(self, key, before, value, seconds)
    local arguments = { before and "1" or "0", before or "" }
    if value ~= nil then arguments[3], arguments[4] = value, milliseconds(seconds) end
    local ok, reply = run(self, "swap", key, arguments)
    if not ok then return nil, reply end
    return tonumber(reply) == 1
  end,
}

local metatable = { __name = "exotel.store.redis", __index = methods }
methods[metatable] = true

local AHEAD_MOST = "3600000000" -- EXOTEL_GCRA_AHEAD_MAX

local function turn(self, key, arguments)
  local ok, reply = run(self, "turn", key, arguments)
  if not ok then return nil, reply end
  local wait = tonumber(reply)
  if wait and wait >= 0 then return wait / MICROSECONDS end
  return fail(self, "what stands there for the account is none of ours", true)
end

--- For the limiter: a turn under GCRA, on the server's clock: 0, or the seconds to wait.
---@param key string
---@param takes_up integer  microseconds
---@param tolerance integer  microseconds
---@return number? wait
---@return exotel.error? err
function methods:acquire(key, takes_up, tolerance)
  errors.check_self(self, metatable)
  return turn(self, key, { AHEAD_MOST, "", ("%d"):format(takes_up), ("%d"):format(tolerance) })
end

--- For the limiter: takes the account up, from now on.
---@param key string
---@param ahead integer  microseconds, at least
---@return boolean? pushed
---@return exotel.error? err
function methods:push(key, ahead)
  errors.check_self(self, metatable)
  local done, err = turn(self, key, { AHEAD_MOST, ("%d"):format(ahead) })
  return done and true, err
end

--- Closes the connection that is kept outside nginx. What follows opens another.
function methods:close()
  errors.check_self(self, metatable)
  if self.drop then self.drop() end
end

--- A store in a Redis; connects when it is first asked.
---@param options? exotel.store.redis.options
---@return exotel.store.redis store
redis.new = errors.expose(function(options)
  local given, err = contract.options("exotel.store.redis", options, types)
  if not given then return nil, err end
  if given.timeout and not (given.timeout > 0 and given.timeout <= TIMEOUT_MAX) then
    return errors.misuse "exotel.store.redis: option 'timeout' wants seconds above 0, at most a day"
  end
  local call, drop
  if given.command then
    call = brought(given.command)
  else
    call, err, drop = (nginx.api and in_nginx or blocking)(given)
    if not call then return nil, err end
  end
  return setmetatable({
    call = call, drop = drop, prefix = given.prefix or PREFIX, digests = {},
    where = ("%s port %d"):format(given.host or HOST, given.port or PORT),
  }, metatable)
end)

return redis
