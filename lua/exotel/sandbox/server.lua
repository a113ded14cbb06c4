-- sandbox/server: what a sandbox answers, request by request.
--
-- It reads the same tables as the client: which path is which operation, and what a call
-- must bring. Every dial that arrives is written down, whatever comes of it.
--
-- SPDX-License-Identifier: MIT

local applets = require "exotel.sandbox.applets"
local bulk = require "exotel.sandbox.bulk"
local callbacks = require "exotel.sandbox.callbacks"
local calls = require "exotel.sandbox.calls"
local clock = require "exotel.sandbox.clock"
local control = require "exotel.sandbox.control"
local core = require "exotel.core"
local flows = require "exotel.sandbox.flows"
local formats = require "exotel.sandbox.formats"
local forms = require "exotel.sandbox.forms"
local history = require "exotel.sandbox.history"
local journal = require "exotel.sandbox.journal"
local keys = require "exotel.sandbox.keys"
local limit = require "exotel.sandbox.limit"
local metadata = require "exotel.sandbox.metadata"
local recordings = require "exotel.sandbox.recordings"
local refusals = require "exotel.sandbox.refusals"
local runs = require "exotel.sandbox.runs"
local timeline = require "exotel.sandbox.timeline"

local server = {}
server.__index = server

server.BALANCE = "1543.75" -- whatever calls cost
server.CURRENCY = "INR"

local TEXT = "text/plain"

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
--- sandbox/callbacks); dice; hex(bytes); complain(text), for errors of its own.
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
  self.limit = limit.new { most = settings.rate_limit, clock = settings.clock }
  self.callbacks = callbacks.new {
    calls = self.calls, clock = settings.clock, journal = self.attempts,
    retry_seconds = settings.retry_seconds, spawn = settings.spawn, send = settings.send,
  }
  self.recordings = recordings.new { calls = self.calls, clock = settings.clock,
                                     account_sid = settings.account_sid }
  new_runs(self, settings, new_sid)
  return self
end

local function exception(format, status, message)
  return status, format.exception(status, message)
end

-- {=================================================================
-- Operations
-- ==================================================================

local operations = {}

function server:read_dial(request)
  local form, err = core.form(request:body())
  local dial = { at = self.settings.clock:now(), form = form or {}, bytes = #request:body() }
  self.dials:add(dial)
  return dial, err
end

-- Places the call of a form, which follows the flow that it names, if there is one.
function server:place(form)
  local flow = self.flows:of_url(form.Url)
  if flow then return self.runs:dial(form, flow) end
  local call = self.calls:place(form)
  self.callbacks:watch(call)
  return call
end

-- The phone may ring before the answer is there: a call is placed when it is asked for.
function server:connect(dial, format)
  local form, wrong = forms.check(dial.form)
  if not form then return exception(format, 400, wrong) end
  local status, body, content_type, headers = refusals.of(form, format)
  if status then return status, body, headers or {}, content_type end
  local call = self:place(form)
  dial.call_sid = call.sid
  local function answer(n)
    return format.record("Call", "call", self.calls:record(call, n), "null")
  end
  local wait = self.settings.originate_seconds or 0
  if wait == 0 then return 200, answer(timeline.reached(call.steps, 0)) end
  return 200, function()
    self.settings.clock:sleep(wait)
    return answer(self.calls:reached(call))
  end
end

function operations.connect(self, request, format)
  local dial, err = self:read_dial(request)
  if err then
    dial.status = 400
    return exception(format, 400, err.message)
  end
  local status, body, headers, content_type = self:connect(dial, format)
  dial.status = status
  return status, body, headers, content_type
end

-- A query's names and values, or nil and what is wrong with it.
local function query_of(request)
  local form, err = core.form(request:query() or "")
  return form, err and err.message
end

function operations.call_details(self, request, format, call_sid)
  local call = self.calls:find(call_sid)
  if not call then return exception(format, 404, "No such call.") end
  local query = query_of(request) or {}
  local record = self.calls:record(call, self.calls:reached(call), query.details == "true")
  return 200, format.record("Call", "call", record, "empty")
end

function operations.calls(self, request, format)
  local form, wrong = query_of(request)
  if not form then return exception(format, 400, wrong) end
  local about, records = self.bulk:page(form, request:path())
  if not about then return exception(format, 400, records) end
  return 200, format.page(about, "call", records)
end

function operations.number_metadata(_, _, format, number)
  local record = metadata.find(number)
  if not record then return exception(format, 404, "No such number.") end
  return 200, format.record("Numbers", "number_metadata", record, "empty")
end

function operations.balance(self, _, format)
  local settings = self.settings
  return 200, format.record("Account", "balance", {
    account_sid = settings.account_sid, balance = tonumber(self.BALANCE),
    balance_text = self.BALANCE, currency = self.CURRENCY, pricing_plan = "sandbox",
    date_updated = clock.timestamp(settings.clock:now()),
  }, "empty")
end

function server:knows(request)
  local settings = self.settings
  return request:user() == settings.api_key and request:password() == settings.api_token
end

-- Nothing when the request is let in; otherwise what refuses it. And the headers that tell
-- of the limit.
function server:refusal(request, format, account_sid)
  if not self:knows(request) then
    return exception(format, 401, "Authentication failed. Verify your API key and token.")
  end
  if account_sid ~= self.settings.account_sid then
    return exception(format, 404, "No such account.")
  end
  local admitted, headers = self.limit:take()
  if admitted then return nil, nil, headers end
  local status, body = exception(format, 429, "Too many requests in a minute.")
  return status, body, headers
end

-- }=================================================================

-- A recording, for who has the account's credentials.
function server:recording(request)
  local is_get, status, body, headers = request:method() == "GET", nil, nil, nil
  if not self:knows(request) then
    return 401, "Authentication is required to view this page.", { ["content-type"] = TEXT }
  elseif is_get or request:method() == "HEAD" then
    status, body, headers = self.recordings:answer(request:path(),
      is_get and request:header "range" or nil)
  end
  if status then return status, body, headers end
  return 404, "No such recording.", { ["content-type"] = TEXT }
end

-- The answer: its status, its body, or a function that waits until there is one, the format of
-- that, and further headers or nil. No status when it will be answered later.
function server:decide(request)
  local path = request:path()
  local name, account_sid, subject, in_xml = core.match(request:method(), path)
  if recordings.are_at(path) then
    local status, body, headers = self:recording(request)
    return status, body, formats.json, headers
  end
  if not operations[name] then
    local status, body = control.answer(self, request)
    return status, body, formats.json
  end
  local format = in_xml and formats.xml or formats.json
  local status, body, headers = self:refusal(request, format, account_sid)
  if not status then
    local more, content_type
    status, body, more, content_type = operations[name](self, request, format, subject)
    headers = more or headers
    headers["content-type"] = content_type
  elseif name == "connect" then
    self:read_dial(request).status = status
  end
  return status, body, format, headers
end

-- What `run` gives, or a 500 for an error of the sandbox's own, which is told.
local function guarded(self, run, ...)
  local ran, status, body, format, headers = xpcall(run, debug.traceback, ...)
  if ran then return status, body, format, headers or {} end
  self.settings.complain(status)
  status, body = exception(formats.json, 500,
    "The sandbox failed; it says how on its standard error.")
  return status, body, formats.json, {}
end

local function respond(request, status, body, format, headers)
  headers["content-type"] = headers["content-type"] or format.content_type
  request:respond(status, headers, body)
end

--- Answers one request of exotel.httpd, some of them later. An error of the sandbox's own is a
--- 500, and told to settings.complain: other calls go on.
function server:answer(request)
  local status, body, format, headers = guarded(self, self.decide, self, request)
  if not status then return end
  if type(body) ~= "function" then return respond(request, status, body, format, headers) end
  self.settings.spawn(function()
    respond(request, guarded(self, function() return status, body(), format, headers end))
  end)
end

return server
