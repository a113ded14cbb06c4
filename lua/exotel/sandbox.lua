-- sandbox: a running sandbox for a test, in a process of its own.
--
--   local sandbox = assert(require("exotel.sandbox").start { speed = 0, seed = 1 })
--   local client = sandbox:client()
--   … client:connect{ … }; sandbox:advance(60); sandbox:dials() …
--   sandbox:stop()
--
-- It is this program's own Lua that is started, with the same paths, and no shell. The
-- process ends when the handle is stopped, closed or collected, and when its parent is gone,
-- however that ended: the kernel closes the pipe then that the sandbox waits on.
--
-- What the sandbox is asked goes over HTTP: in a task of a loop it yields, elsewhere it
-- blocks. It is a tool of tests, where a nil that nobody looks at would hide what happened:
-- so what can't be asked is raised, at the caller's line.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local errors = require "exotel.errors"
local running = require "exotel.running"

local sandbox = {}

local STOP = 5 -- real seconds that the process is given to end
local ASK, STEP = 30, 3600 -- and an answer; a step may have many callbacks to post
local LARGEST = 1000000000 -- bytes of a journal

local methods = {}
local metatable = { __name = "exotel.sandbox", __index = methods }
methods[metatable] = true

-- Options that aren't the command line's.
local OWN = { lua = "string" }

-- What belongs to the command line, or to this module.
local HIDDEN = { help = true, ["until-stdin-ends"] = true }

-- {=================================================================
-- Options
-- ==================================================================

local function rows_by_name(rows)
  local found, names = {}, {}
  for _, row in ipairs(rows) do
    if not HIDDEN[row[1]] then
      local name = row[1]:gsub("-", "_")
      found[name], names[#names + 1] = row, name
    end
  end
  for name in pairs(OWN) do names[#names + 1] = name end
  return found, names
end

local function is_plain(value)
  return type(value) == "string" or type(value) == "number"
end

-- What stands on the command line for one option: or nil and what is wrong.
local function spell(row, name, value)
  if row[2] == "flag" then
    if type(value) == "boolean" then return value and { "--" .. row[1] } or {} end
    return nil, ("option '%s' wants a boolean, got a %s"):format(name, type(value))
  end
  local list = {}
  for index, one in ipairs(type(value) == "table" and value or { value }) do
    if not is_plain(one) then
      return nil, ("option '%s' wants a string or a number, got a %s"):format(name, type(one))
    end
    list[index] = ("--%s=%s"):format(row[1], one)
  end
  return list
end

local function sorted_names(given)
  local names = {}
  for name in pairs(given) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

-- The command line of what was given: or nil and what is wrong.
local function arguments_of(given, command)
  local rows, names = rows_by_name(command.rows)
  local arguments = {}
  for _, name in ipairs(sorted_names(given)) do
    if not OWN[name] then
      if not rows[name] then
        return nil, ("option '%s' is not known%s"):format(name, errors.did_you_mean(name, names))
      end
      local list, wrong = spell(rows[name], name, given[name])
      if not list then return nil, wrong end
      for _, argument in ipairs(list) do arguments[#arguments + 1] = argument end
    elseif type(given[name]) ~= OWN[name] then
      return nil, ("option '%s' wants a %s, got a %s"):format(name, OWN[name],
        type(given[name]))
    end
  end
  local read, wrong = command.read(arguments)
  if read then return arguments, read end
  return nil, (wrong:gsub("^%-%-([%w-]+)", function(name) return (name:gsub("-", "_")) end))
end

-- }=================================================================

-- {=================================================================
-- The process
-- ==================================================================

-- What the process runs.
local function program(arguments)
  local list = {}
  for index, argument in ipairs(arguments) do list[index] = ("%q"):format(argument) end
  return ("local function fail(text) print('failed: ' .. text) end "
    .. "os.exit(require('exotel.cli.sandbox').run({ '--until-stdin-ends', %s }, fail), true)")
    :format(table.concat(list, ", "))
end

local function failure(message)
  return nil, errors.new { kind = "transport", outcome = "not_sent", reason = "system",
                           message = message }
end

local function launch(lua, arguments)
  local process, url = require("exotel.child").start(lua, program(arguments))
  if process then return process, url end
  return failure("the sandbox didn't start: " .. url:gsub("^failed: ", ""))
end

-- Whatever was given: how it is started, or nil and what is wrong with it.
local function plan(given)
  if type(given) ~= "table" then
    return nil, "start wants a table of options, got a " .. type(given)
  end
  local command, err = errors.load "exotel.cli.sandbox"
  if not command then return nil, err.message end
  local arguments, read = arguments_of(given, command)
  if not arguments then return nil, read end
  if given.port == nil then arguments[#arguments + 1] = "--port=0" end
  local lua = given.lua or require("exotel.child").interpreter()
  if not lua then return nil, "nothing says which Lua runs here: give lua = its path" end
  return { lua = lua, arguments = arguments, account_sid = read.sid, api_key = read.key,
           api_token = read.token }
end

--- Starts a sandbox and waits until it listens. Options: those of `exotel sandbox --help`, with
--- underscores (ring_seconds = 2), a free port unless one is given; a list where one may be said
--- more than once. lua: the interpreter to run it with, default the one that runs here. Returns
--- a handle with the fields url, account_sid, api_key and api_token; or nil and an error when
--- there is no such program or port. Unknown and wrong options are raised.
---@param options? table
---@return exotel.sandbox? sandbox
---@return exotel.error? err
function sandbox.start(options)
  local how, wrong = plan(options == nil and {} or options)
  if not how then error("exotel.sandbox: " .. wrong, 2) end
  local process, url = launch(how.lua, how.arguments)
  if not process then return nil, url end
  return setmetatable({
    url = url, account_sid = how.account_sid, api_key = how.api_key, api_token = how.api_token,
    process = process,
    agent = require("exotel.transport.curl").new { plain_http = true, proxy = false,
                                                   max_response = LARGEST },
  }, metatable)
end

--- Ends the process, if that wasn't done yet; also when the handle is closed or collected.
function methods:stop()
  errors.check_self(self, metatable)
  local process = self.process
  self.process = nil
  if not process then return end
  process:close_input()
  process:wait(STOP)
  process:close()
  self.agent:close()
end

metatable.__close = methods.stop

function metatable.__tostring(self)
  return ("exotel.sandbox at %s%s"):format(self.url, self.process and "" or ", stopped")
end

-- }=================================================================

-- {=================================================================
-- Asking it
-- ==================================================================

-- What sends a request here: or nil and why nothing can.
local function sender_of(self)
  local task = running.here()
  if not task then return self.agent end
  local wrong = task.loop:check()
  if wrong then return nil, wrong end
  return task.loop
end

local STOPPED = "the sandbox was stopped"

local FORM, JSON = "application/x-www-form-urlencoded", "application/json"

local function ask(self, method, path, body, timeout, content_type)
  if not self.process then return nil, STOPPED end
  local sender, wrong = sender_of(self)
  if not sender then return nil, wrong end
  local response, failed = sender:perform {
    method = method, url = self.url .. "/_sandbox/" .. path, body = body, timeout = timeout,
    connect_timeout = timeout,
    headers = body and { ["content-type"] = content_type or FORM } or {},
    options = { plain_http = true, proxy = false, max_body = LARGEST },
  }
  if not self.process then return nil, STOPPED end -- by another task
  if response then return response end
  local ended = require("exotel.child").ending(self.process)
  return nil, ended and "the sandbox " .. ended or failed.message
end

local function refusal(response, answer)
  local exception = type(answer) == "table" and answer.RestException
  return exception and exception.Message or "the sandbox answered " .. response.status
end

-- The answer as a table: or nil and what is wrong.
local function talk(self, method, path, body, timeout, content_type)
  local response, wrong = ask(self, method, path, body, timeout or ASK, content_type)
  if not response then return nil, wrong end
  local answer, err = core.json(response.body)
  if response.status ~= 200 then return nil, refusal(response, answer) end
  if err then return nil, err.message end
  return answer
end

-- To be called by a method, and not as its tail: the error stands at that one's caller.
local function checked(answer, wrong)
  if answer == nil then error("exotel.sandbox: " .. wrong, 3) end
  return answer
end

local function form_of(given, names)
  local parts = {}
  for _, name in ipairs(sorted_names(given)) do
    local value = given[name]
    if not is_plain(value) and type(value) ~= "boolean" then
      return nil, ("'%s' wants a string, a number or a boolean, got a %s"):format(name,
        type(value))
    end
    parts[#parts + 1] = core.encode(names[name] or name) .. "=" .. core.encode(tostring(value))
  end
  return table.concat(parts, "&")
end

local function post(self, path, given, names, timeout)
  if type(given) ~= "table" then
    return nil, ("%s wants a table, got a %s"):format(path, type(given))
  end
  local form, wrong = form_of(given, names or {})
  if not form then return nil, path .. ": " .. wrong end
  return talk(self, "POST", path, form, timeout)
end

local function post_json(self, path, given)
  if type(given) ~= "table" then
    return nil, ("%s wants a table, got a %s"):format(path, type(given))
  end
  local body, err = core.to_json(given, "")
  if not body then return nil, err.message end
  return talk(self, "POST", path, body, nil, JSON)
end

--- Every dial that it read, taken or refused, in their order: { at, form, bytes, status,
--- call_sid, … }, `form` being the names and values as they were sent.
---@return table[] dials
function methods:dials()
  errors.check_self(self, metatable)
  return checked(talk(self, "GET", "dials")).dials
end

--- Every call, with its legs, as call_details shows it now.
---@return exotel.call[] calls
function methods:calls()
  errors.check_self(self, metatable)
  return checked(talk(self, "GET", "calls?names=lua")).calls
end

--- Every attempt to post a StatusCallback, in the order in which they were over: { at, call_sid,
--- event, url, attempt, content_type, body, status or failure and message, … }.
---@return table[] callbacks
function methods:callbacks()
  errors.check_self(self, metatable)
  return checked(talk(self, "GET", "callbacks")).callbacks
end

--- Adds a rule of faults: { fault = "close", next = 1 }; `exotel sandbox --help` lists them.
---@param rule table
---@return table answer
function methods:fault(rule)
  errors.check_self(self, metatable)
  return (checked(post(self, "faults", rule)))
end

--- The rules of faults, each with how often it has struck.
---@return table[] rules
function methods:faults()
  errors.check_self(self, metatable)
  return checked(talk(self, "GET", "faults")).faults
end

--- Forgets the rules of faults.
function methods:forget_faults()
  errors.check_self(self, metatable)
  checked(talk(self, "DELETE", "faults"))
end

--- Adds a flow that calls may follow: { app_id, applets = { { kind, url, … }, … } };
--- `exotel sandbox --help` lists the kinds.
---@param flow table
---@return table answer
function methods:flow(flow)
  errors.check_self(self, metatable)
  return (checked(post_json(self, "flows", flow)))
end

--- What the caller keys at the next gather: { digits, from }.
---@param keyed table
---@return table answer
function methods:digits(keyed)
  errors.check_self(self, metatable)
  return (checked(post(self, "digits", keyed, { from = "From" })))
end

--- Every request of an applet, and its reply.
---@return table[] asked
function methods:applets()
  errors.check_self(self, metatable)
  return checked(talk(self, "GET", "applets")).applets
end

--- Lets somebody call: { from, to, app_id }, an ExoPhone and the flow that it leads to.
---@param call table
---@return table answer
function methods:incoming(call)
  errors.check_self(self, metatable)
  return (checked(post(self, "incoming", call, { from = "From", to = "To" })))
end

--- Lets the sandbox's time jump so many seconds, and comes back when all that was due by then is
--- done: what it then posts is delivered, or given up until it is tried again. Whoever receives
--- it must be able to go on meanwhile: another process, or another task or source of the loop in
--- whose task this is called. Returns the time that the sandbox's clock shows, in epoch seconds.
---@param seconds number
---@return number now
function methods:advance(seconds)
  errors.check_self(self, metatable)
  return checked(post(self, "advance", { seconds = seconds }, nil, STEP)).now
end

-- }=================================================================

-- {=================================================================
-- Clients
-- ==================================================================

-- A client needs its sandbox, also where nobody else keeps that.
local alive = setmetatable({}, { __mode = "k" })

--- The settings of a client for it: account_sid, api_key, api_token, base_url, proxy; and, in
--- place of these or beside them, `more`.
---@param more? exotel.settings
---@return exotel.settings settings
function methods:settings(more)
  errors.check_self(self, metatable)
  local out = { account_sid = self.account_sid, api_key = self.api_key,
                api_token = self.api_token, base_url = self.url, proxy = false }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

--- A client for it, with these settings and `more`.
---@param more? exotel.settings
---@return exotel.client client
function methods:client(more)
  errors.check_self(self, metatable)
  if more ~= nil and type(more) ~= "table" then
    error("exotel.sandbox: client wants a table of settings, got a " .. type(more), 2)
  end
  local made, err = require("exotel.client").new(self:settings(more))
  if not made then error("exotel.sandbox: " .. err.message, 2) end
  alive[made] = self
  return made
end

-- }=================================================================

return sandbox
