-- sandbox/server: what a sandbox answers, request by request.
--
-- It reads the same tables as the client: which path is which operation, and what a call
-- must bring. Every dial that arrives is written down, whatever comes of it.
--
-- SPDX-License-Identifier: MIT

local bulk = require "exotel.sandbox.bulk"
local callbacks = require "exotel.sandbox.callbacks"
local calls = require "exotel.sandbox.calls"
local clock = require "exotel.sandbox.clock"
local control = require "exotel.sandbox.control"
local core = require "exotel.core"
local formats = require "exotel.sandbox.formats"
local forms = require "exotel.sandbox.forms"
local history = require "exotel.sandbox.history"
local journal = require "exotel.sandbox.journal"
local limit = require "exotel.sandbox.limit"
local metadata = require "exotel.sandbox.metadata"
local timeline = require "exotel.sandbox.timeline"

local server = {}
server.__index = server

server.BALANCE = "1543.75" -- whatever calls cost
server.CURRENCY = "INR"

--- settings: account_sid, api_key, api_token; base_url; clock; seconds (see
--- sandbox/timeline); history, how many calls of the past there are; rate_limit (see
--- sandbox/limit); retry_seconds, spawn, send (see sandbox/callbacks); random(n),
--- hex(bytes); complain(text), for errors of its own.
function server.new(settings)
  local self = setmetatable({ settings = settings }, server)
  self.dials, self.attempts = journal.new "dials", journal.new "callbacks"
  self.calls = calls.new {
    account_sid = settings.account_sid, base_url = settings.base_url, clock = settings.clock,
    seconds = settings.seconds, history = history.new(settings.history, settings.clock.epoch),
    new_sid = function() return settings.hex(settings.random(16)) end,
  }
  self.bulk = bulk.new { calls = self.calls, clock = settings.clock }
  self.limit = limit.new { most = settings.rate_limit, clock = settings.clock }
  self.callbacks = callbacks.new {
    calls = self.calls, clock = settings.clock, journal = self.attempts,
    retry_seconds = settings.retry_seconds, spawn = settings.spawn, send = settings.send,
  }
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

function server:connect(dial, format)
  local form, wrong = forms.check(dial.form)
  if not form then return exception(format, 400, wrong) end
  local call = self.calls:place(form)
  dial.call_sid = call.sid
  self.callbacks:watch(call)
  local record = self.calls:record(call, timeline.reached(call.steps, 0))
  return 200, format.record("Call", "call", record, "null")
end

function operations.connect(self, request, format)
  local dial, err = self:read_dial(request)
  local status, body
  if err then
    status, body = exception(format, 400, err.message)
  else
    status, body = self:connect(dial, format)
  end
  dial.status = status
  return status, body
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

-- Nothing when the request is let in; otherwise what refuses it. And the headers that tell
-- of the limit.
function server:refusal(request, format, account_sid)
  local settings = self.settings
  if request:user() ~= settings.api_key or request:password() ~= settings.api_token then
    return exception(format, 401, "Authentication failed. Verify your API key and token.")
  end
  if account_sid ~= settings.account_sid then
    return exception(format, 404, "No such account.")
  end
  local admitted, headers = self.limit:take()
  if admitted then return nil, nil, headers end
  local status, body = exception(format, 429, "Too many requests in a minute.")
  return status, body, headers
end

-- }=================================================================

-- The answer: its status, its body, the format of that, and further headers or nil.
function server:decide(request)
  local path = request:path()
  local name, account_sid, subject, in_xml = core.match(request:method(), path)
  if not operations[name] then
    local status, body = control.answer(self, request)
    return status, body, formats.json
  end
  local format = in_xml and formats.xml or formats.json
  local status, body, headers = self:refusal(request, format, account_sid)
  if not status then
    status, body = operations[name](self, request, format, subject)
  elseif name == "connect" then
    self:read_dial(request).status = status
  end
  return status, body, format, headers
end

--- Answers one request of exotel.httpd. An error of the sandbox's own is a 500, and told to
--- settings.complain: other calls go on.
function server:answer(request)
  local ran, status, body, format, headers = xpcall(self.decide, debug.traceback, self, request)
  if not ran then
    self.settings.complain(status)
    format, headers = formats.json, nil
    status, body = exception(format, 500, "The sandbox failed; it says how on its standard error.")
  end
  headers = headers or {}
  headers["content-type"] = format.content_type
  request:respond(status, headers, body)
end

return server
