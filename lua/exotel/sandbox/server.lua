-- sandbox/server: who is answered what, request by request.
--
-- It reads the same tables as the client: which path is which operation. What an operation
-- answers is said by sandbox/operations; here it is decided whether it is let in, and what
-- goes wrong with it. Every dial that arrives is written down, whatever comes of it.
--
-- SPDX-License-Identifier: MIT

local applets = require "exotel.sandbox.applets"
local bulk = require "exotel.sandbox.bulk"
local callbacks = require "exotel.sandbox.callbacks"
local calls = require "exotel.sandbox.calls"
local control = require "exotel.sandbox.control"
local core = require "exotel.core"
local faults = require "exotel.sandbox.faults"
local flows = require "exotel.sandbox.flows"
local formats = require "exotel.sandbox.formats"
local history = require "exotel.sandbox.history"
local journal = require "exotel.sandbox.journal"
local keys = require "exotel.sandbox.keys"
local limit = require "exotel.sandbox.limit"
local operations = require "exotel.sandbox.operations"
local recordings = require "exotel.sandbox.recordings"
local yielding = require "exotel.yielding"
local runs = require "exotel.sandbox.runs"

local server = {}
server.__index = server

local TEXT = "text/plain"

-- {=================================================================
-- Making one
-- ==================================================================

-- The calls that follow flows.
local function new_runs(self, settings, new_sid)
  self.asked, self.keys = journal.new "applets", keys.new()
  self.flows = assert(flows.new(settings.flows))
  self.runs = runs.new {
    calls = self.calls, clock = settings.clock, keys = self.keys, seconds = settings.seconds,
    spawn = settings.spawn, new_sid = new_sid, recording_seconds = recordings.DELAY,
    complain = settings.complain,
    applets = applets.new { calls = self.calls, clock = settings.clock, journal = self.asked,
                            spawn = settings.spawn, send = settings.send },
    ended = function(call) self.callbacks:watch(call) end,
  }
end

--- settings: account_sid, api_key, api_token; base_url; clock; seconds (see
--- sandbox/timeline); settle_seconds (see sandbox/calls); originate_seconds, from a dial to
--- its answer; flows, a list of tables (see sandbox/flows); history, how many calls of the
--- past there are; rate_limit (see sandbox/limit); retry_seconds, spawn, send (see
--- sandbox/callbacks); dice, hex(bytes); faults, rules of sandbox/faults, and gate, that of
--- exotel.sys through which requests come; complain(text), for errors of its own.
function server.new(settings)
  local self = setmetatable({ settings = settings }, server)
  local function new_sid() return settings.hex(settings.dice:bytes(16)) end
  self.dials, self.attempts = journal.new "dials", journal.new "callbacks"
  self.calls = calls.new {
    account_sid = settings.account_sid, base_url = settings.base_url, clock = settings.clock,
    seconds = settings.seconds, settle_seconds = settings.settle_seconds, new_sid = new_sid,
    history = history.new(settings.history, settings.clock.epoch),
  }
  self.bulk = bulk.new { calls = self.calls, clock = settings.clock }
  self.faults = faults.new { dice = settings.dice, rules = settings.faults }
  self.limit = limit.new { most = settings.rate_limit, clock = settings.clock }
  self.callbacks = callbacks.new {
    calls = self.calls, clock = settings.clock, journal = self.attempts, faults = self.faults,
    retry_seconds = settings.retry_seconds, spawn = settings.spawn, send = settings.send,
  }
  self.recordings = recordings.new { calls = self.calls, clock = settings.clock,
                                     account_sid = settings.account_sid }
  new_runs(self, settings, new_sid)
  return self
end

-- }=================================================================

-- {=================================================================
-- Deciding: an answer is { status, body, headers, content_type }, of which body may be a
-- function that waits until there is one; nil when it will be answered later
-- ==================================================================

local function exception(format, status, message, headers)
  return { status = status, body = format.exception(status, message), headers = headers,
           content_type = format.content_type }
end

function server:knows(request)
  local settings = self.settings
  return request:user() == settings.api_key and request:password() == settings.api_token
end

-- What refuses a request, or nil; and the headers that tell of the limit.
function server:refusal(request, format, account_sid)
  if not self:knows(request) then
    return exception(format, 401, "Authentication failed. Verify your API key and token.")
  end
  if account_sid ~= self.settings.account_sid then
    return exception(format, 404, "No such account.")
  end
  local admitted, headers = self.limit:take()
  if admitted then return nil, headers end
  return exception(format, 429, ("Rate limit exceeded. Max %d requests per minute.")
    :format(self.limit.most)), headers
end

-- Writes a dial down, as it came.
function server:read_dial(request)
  local form, err = core.form(request:body(), request:header "content-type")
  local dial = { at = self.settings.clock:now(), form = form or {}, bytes = #request:body() }
  self.dials:add(dial)
  return dial, err and err.message
end

-- Runs an operation that a fault strikes, unless that keeps it from being run.
local function struck(strike, format, run)
  local answer = strike.placed and run() or nil
  local status, message, headers = faults.instead(strike)
  if not status then return answer end
  return exception(format, status, message, headers)
end

local function merge(headers, more)
  local out = {}
  for _, given in ipairs { headers or {}, more or {} } do
    for name, value in pairs(given) do out[name] = value end
  end
  return out
end

-- Writes down what a dial is answered, if anything, and the fault that struck it.
local function note(dial, answer, strike)
  if not strike or faults.answers(strike) then dial.status = answer.status end
  dial.fault = strike and strike.fault
end

-- The answer of an operation, and the fault that strikes it or nil.
function server:operate(run, asked, name, account_sid)
  local request, format = asked.request, asked.format
  if name == "connect" then asked.dial, asked.unreadable = self:read_dial(request) end
  local answer, headers = self:refusal(request, format, account_sid)
  local strike
  if not answer then
    strike = self.faults:of_request(name, asked.dial and asked.dial.form)
    local function go() return run(self, asked) end
    answer = strike and struck(strike, format, go) or go()
  end
  answer.headers = merge(headers, answer.headers)
  answer.content_type = answer.content_type or format.content_type
  if asked.dial then note(asked.dial, answer, strike) end
  return answer, strike
end

-- A recording, for who has the account's credentials.
function server:recording(request)
  local is_get, status, body, headers = request:method() == "GET", nil, nil, nil
  if not self:knows(request) then
    return { status = 401, body = "Authentication is required to view this page.",
             content_type = TEXT }
  elseif is_get or request:method() == "HEAD" then
    status, body, headers = self.recordings:answer(request:path(),
      is_get and request:header "range" or nil)
  end
  if status then return { status = status, body = body, headers = headers } end
  return { status = 404, body = "No such recording.", content_type = TEXT }
end

-- The answer, or nil; and the fault that strikes it, or nil.
function server:decide(request)
  local path = request:path()
  if recordings.are_at(path) then return self:recording(request) end
  local name, account_sid, subject, in_xml = core.match(request:method(), path)
  local run = operations.named(name)
  if run then
    return self:operate(run, { request = request, subject = subject,
                               format = in_xml and formats.xml or formats.json }, name, account_sid)
  end
  local status, body = control.answer(self, request)
  return status and { status = status, body = body, content_type = formats.json.content_type }
end

-- }=================================================================

-- {=================================================================
-- Answering
-- ==================================================================

-- What `run` gives; for an error of the sandbox's own a 500, and the error is told.
function server:guarded(run, ...)
  local ran, answer, strike = yielding.traced(run, ...)
  if ran then return answer, strike end
  self.settings.complain(answer)
  return exception(formats.json, 500, "The sandbox failed; it says how on its standard error.")
end

function server:send(request, answer, strike)
  local headers = answer.headers or {}
  headers["content-type"] = headers["content-type"] or answer.content_type
  local told = { status = answer.status, headers = headers, body = answer.body }
  if strike and faults.spoil(strike, self.settings.gate, request, told) then
    request:close()
  else
    request:respond(told.status, told.headers, told.body)
  end
end

-- Waits for the body of an answer that has none yet.
local function complete(answer)
  answer.body = answer.body()
  return answer
end

--- Answers one request of exotel.httpd, some of them later. An error of the sandbox's own is a
--- 500, and told to settings.complain: other calls go on.
function server:answer(request)
  local answer, strike = self:guarded(self.decide, self, request)
  if not answer then return end
  if type(answer.body) ~= "function" then return self:send(request, answer, strike) end
  self.settings.spawn(function()
    self:send(request, self:guarded(complete, answer), strike)
  end)
end

-- }=================================================================

return server
