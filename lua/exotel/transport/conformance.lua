-- conformance: whether a transport keeps the contract of docs/transport.md.
--
--   local conformance = require "exotel.transport.conformance"
--   for _, wrong in ipairs(conformance.check(require("my_transport").new)) do print(wrong) end
--
-- In parts, where the transport works in another place than the one that judges it, as in nginx:
--
--   local server = assert(conformance.start())              -- here: a server in a process
--   for _, case in ipairs(conformance.cases) do
--     local outcome = conformance.drive(make, case, server.addresses)      -- there
--     local wrong = conformance.judge(case, outcome, server:seen(case))    -- here again
--   end
--
-- `drive` needs nothing but the transport and exotel.core: no clock, no socket. What it returns
-- is data that JSON can carry. Of TLS it is only looked at that nothing goes
-- without it: certificates are yours to test.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local cases = require "exotel.transport.conformance.cases"
local judge = require "exotel.transport.conformance.judge"
local yielding = require "exotel.yielding"

local conformance = { cases = cases, judge = judge.wrong }

local STOP = 5      -- real seconds that the server is given to end
local TURN = 0.02   -- seconds of each sleep of the other work
local TURNS = 3000  -- sleeps after which what should have ended is given up

-- {=================================================================
-- Driving
-- ==================================================================

local function printable(value)
  return type(value) == "string" and (value:gsub("[^\32-\126]", "?")) or tostring(value)
end

local function headers_of(response)
  local headers = response.headers
  if type(response.head) == "string" then headers = core.headers(response.head) end
  if type(headers) ~= "table" then return nil end
  local out = {}
  for name, value in pairs(headers) do
    out[printable(name)] = type(value) == "string" and printable(value) or false
  end
  return out
end

local function plain(value)
  if type(value) == "number" or type(value) == "boolean" or value == nil then return value end
  return printable(value)
end

-- What perform returned, as data.
local function told(response, failure)
  if type(response) == "table" then
    return { status = plain(response.status), headers = headers_of(response),
             body = type(response.body) == "string" and cases.sum(response.body) or nil,
             seconds = plain(response.seconds), waited = plain(response.waited) }
  elseif response == nil and type(failure) == "table" then
    return { failed = true, reason = plain(failure.reason), message = plain(failure.message),
             sent = plain(failure.sent), seconds = plain(failure.seconds),
             waited = plain(failure.waited) }
  end
  return { returned = ("%s, %s"):format(tostring(response), tostring(failure)) }
end

local function request_of(case, number, addresses)
  local ask, request = cases.asked(case[number]), {}
  for _, name in ipairs { "method", "username", "password", "body", "headers", "timeout",
                          "connect_timeout", "fresh_connection", "send_once" } do
    request[name] = ask[name] or nil
  end
  local base = addresses[ask.at or "gate"]
  if ask.scheme then base = base:gsub("^%w+", ask.scheme) end
  request.url = ask.url or ("%s/%s/%d%s"):format(base, case.name, number, ask.query or "")
  return request
end

-- Calls a function of the transport; whatever it did, how long that took by its clock.
local function timed(transport, fn)
  local began = transport:now()
  local ran, result = yielding.pcall(fn)
  local ended = transport:now()
  if not ran then result = { raised = printable(result) } end
  result = result or {}
  local known = type(began) == "number" and type(ended) == "number"
  result.took = known and ended - began or nil
  return result
end

local function perform(transport, case, number, addresses)
  return timed(transport, function()
    return told(transport:perform(request_of(case, number, addresses)))
  end)
end

local doing = {}

function doing.clock(transport, step)
  local result
  result = timed(transport, function()
    local last = transport:now()
    for _ = 1, step.clock do
      local now = transport:now()
      if now < last then return { back = last - now } end
      last = now
    end
  end)
  return result
end

function doing.sleep(transport, step)
  return timed(transport, function() transport:sleep(step.sleep) end)
end

function doing.time(transport)
  return timed(transport, function()
    return { time = transport.time and plain(transport:time()) }
  end)
end

function doing.close(transport)
  return timed(transport, function()
    if transport.close then transport:close() end
  end)
end

local function take(transport, case, number, addresses)
  local step = case[number]
  if step.ask then return perform(transport, case, number, addresses) end
  for name, act in pairs(doing) do
    if step[name] ~= nil then return act(transport, step) end
  end
end

-- Takes a step while other work counts its turns.
local function take_beside(transport, case, number, addresses, spawn)
  local turns, over = 0, false
  spawn(function()
    while not over and turns < TURNS do
      transport:sleep(TURN)
      turns = turns + 1
    end
  end)
  local result = take(transport, case, number, addresses)
  result.turns, over = turns, true
  return result
end

-- Takes a step and the next one at once.
local function take_both(transport, case, number, addresses, spawn)
  local second
  spawn(function() second = perform(transport, case, number + 1, addresses) end)
  local first, turns = perform(transport, case, number, addresses), 0
  while not second and turns < TURNS do
    transport:sleep(TURN)
    turns = turns + 1
  end
  return first, second
end

local function drive(transport, case, addresses, spawn)
  local steps, number = {}, 1
  while case[number] do
    if case[number].both then
      steps[number], steps[number + 1] = take_both(transport, case, number, addresses, spawn)
      number = number + 1
    elseif case[number].turns then
      steps[number] = take_beside(transport, case, number, addresses, spawn)
    else
      steps[number] = take(transport, case, number, addresses)
    end
    number = number + 1
  end
  return steps
end

local function settings_of(case)
  local settings = {}
  for _, given in ipairs { cases.settings, case.settings or {} } do
    for name, value in pairs(given) do settings[name] = value end
  end
  return settings
end

local function transport_for(make, case)
  local settings = settings_of(case)
  local transport = make(settings)
  return transport.bind and transport:bind(settings) or transport
end

--- Takes the steps of a case with a transport, where that works. Raises nothing that the
--- transport raises.
---@param make fun(settings: table): table  gives the transport; one that has `bind` is bound
---@param case table  one of conformance.cases
---@param addresses table  of the server: server.addresses
---@param spawn? fun(work: function)  begins work that goes on beside this; nil where none can
---@return table? outcome  for conformance.judge; nil for a case that wants a spawn, without one
function conformance.drive(make, case, addresses, spawn)
  if case.beside and not spawn then return nil end
  local ran, result = yielding.pcall(function()
    local transport = transport_for(make, case)
    local check = transport.check and transport:check()
    if check then return { check = printable(check) } end
    return { steps = drive(transport, case, addresses, spawn) }
  end)
  return ran and result or { raised = printable(result) }
end

-- }=================================================================

-- {=================================================================
-- The server
-- ==================================================================

local methods = {}
local metatable = { __index = methods }

--- What it has read for a case since the last time: a list, to be handed to conformance.judge.
---@param case table
---@return table[] seen
function methods:seen(case)
  if not self.process then error("exotel.transport.conformance: the server was stopped", 2) end
  local written = self.process:write(case.name .. "\n")
  local line = written and self.process:read_line(STOP)
  if not line then error("exotel.transport.conformance: the server is gone", 2) end
  return require("exotel.core").json(line).seen or {}
end

--- Ends it. Safe to call twice.
function methods:stop()
  local process = self.process
  self.process = nil
  if not process then return end
  process:close_input()
  process:wait(STOP)
  process:close()
end

metatable.__close = methods.stop

--- Starts the server in a process of its own; it ends with this one.
---@param options? table  lua: the interpreter to run it with; default the one that runs here
---@return table? server  with `addresses`, a table of strings, and seen() and stop()
---@return string? message
function conformance.start(options)
  local child = require "exotel.child"
  local lua = options and options.lua or child.interpreter()
  if not lua then return nil, "nothing says which Lua runs here: give lua = its path" end
  local process, line = child.start(lua, "require('exotel.transport.conformance.server').run()")
  if not process then return nil, "the server didn't start: " .. line end
  local gate, silent, full = line:match "^(%S+) (%S+) (%S+)$"
  return setmetatable({ process = process, addresses = {
    gate = gate, silent = silent, full = full, refused = "http://127.0.0.1:1",
  } }, metatable)
end

-- }=================================================================

local function call(fn)
  return fn()
end

--- Drives and judges every case, here. Returns what is wrong, a list of strings, each the name of
--- a case and what is wrong with what came of it, empty for a transport that keeps the contract;
--- and a list of the same kind of properties that it may lack. nil and a message where the server
--- doesn't start.
---@param make fun(settings: table): table  as for conformance.drive
---@param options? table  spawn: as for conformance.drive; run(work): calls work() where the
--- transport can be used, and comes back when that is over; lua: as for conformance.start
---@return string[]? wrong
---@return string[]|string notes
function conformance.check(make, options)
  options = options or {}
  local server, message = conformance.start(options)
  if not server then return nil, message end
  local wrong, notes, run = {}, {}, options.run or call
  for _, case in ipairs(cases) do
    local outcome
    run(function() outcome = conformance.drive(make, case, server.addresses, options.spawn) end)
    local found = outcome and judge.wrong(case, outcome, server:seen(case))
    if found then table.insert(case.optional and notes or wrong, case.name .. ": " .. found) end
  end
  server:stop()
  return wrong, notes
end

return conformance
