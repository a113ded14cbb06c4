-- sandbox/server: what a sandbox answers, request by request.
--
-- It reads the same tables as the client: which path is which operation, and what a call
-- must bring. Every dial that arrives is written down, whatever comes of it.
--
-- SPDX-License-Identifier: MIT

local callbacks = require "exotel.sandbox.callbacks"
local calls = require "exotel.sandbox.calls"
local core = require "exotel.core"
local forms = require "exotel.sandbox.forms"
local journal = require "exotel.sandbox.journal"
local timeline = require "exotel.sandbox.timeline"

local server = {}
server.__index = server

--- settings: account_sid, api_key, api_token; base_url; clock; seconds (see
--- sandbox/timeline); retry_seconds, spawn, send (see sandbox/callbacks); random(n),
--- hex(bytes); complain(text), for errors of its own.
function server.new(settings)
  local self = setmetatable({ settings = settings }, server)
  self.dials, self.attempts = journal.new "dials", journal.new "callbacks"
  self.calls = calls.new {
    account_sid = settings.account_sid, base_url = settings.base_url, clock = settings.clock,
    seconds = settings.seconds,
    new_sid = function() return settings.hex(settings.random(16)) end,
  }
  self.callbacks = callbacks.new {
    calls = self.calls, clock = settings.clock, journal = self.attempts,
    retry_seconds = settings.retry_seconds, spawn = settings.spawn, send = settings.send,
  }
  return self
end

local function exception(status, message)
  return status, assert(core.to_json({
    RestException = { Status = status, Message = message },
  }, ""))
end

local function spell_call(record, absent)
  return '{"Call":' .. assert(core.to_json(record, "call", true, absent)) .. "}"
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

function server:connect(dial)
  local form, wrong = forms.check(dial.form)
  if not form then return exception(400, wrong) end
  local call = self.calls:place(form)
  dial.call_sid = call.sid
  self.callbacks:watch(call)
  return 200, spell_call(self.calls:record(call, timeline.reached(call.steps, 0)), "null")
end

function operations.connect(self, request)
  local dial, err = self:read_dial(request)
  local status, body
  if err then
    status, body = exception(400, err.message)
  else
    status, body = self:connect(dial)
  end
  dial.status = status
  return status, body
end

function operations.call_details(self, request, call_sid)
  local call = self.calls:find(call_sid)
  if not call then return exception(404, "No such call.") end
  local query = request:query() and core.form(request:query()) or {}
  local record = self.calls:record(call, self.calls:reached(call), query.details == "true")
  return 200, spell_call(record, "empty")
end

function server:allowed(request, account_sid)
  local settings = self.settings
  if request:user() ~= settings.api_key or request:password() ~= settings.api_token then
    return exception(401, "Authentication failed. Verify your API key and token.")
  end
  if account_sid ~= settings.account_sid then
    return exception(404, "No such account.")
  end
end

-- }=================================================================

-- {=================================================================
-- Where a test asks what happened
-- ==================================================================

local pages = {}

pages["/_sandbox/dials"] = function(self) return self.dials:json() end

pages["/_sandbox/callbacks"] = function(self) return self.attempts:json() end

pages["/_sandbox/calls"] = function(self)
  local items = {}
  for index, call in ipairs(self.calls.list) do
    items[index] = spell_call(self.calls:record(call, self.calls:reached(call), true), "empty")
  end
  return journal.wrap("calls", items)
end

-- }=================================================================

function server:decide(request)
  local path = request:path()
  if path:sub(1, 10) == "/_sandbox/" then
    local page = pages[path]
    if page then return 200, page(self) end
    return exception(404, "No such page.")
  end
  local name, account_sid, call_sid, xml = core.match(request:method(), path)
  if not operations[name] then return exception(404, "No such page.") end
  local status, body = self:allowed(request, account_sid)
  if status then
    if name == "connect" then self:read_dial(request).status = status end
    return status, body
  end
  if xml then return exception(406, "This sandbox answers in JSON: put .json behind the path.") end
  return operations[name](self, request, call_sid)
end

--- Answers one request of exotel.httpd. An error of the sandbox's own is a 500, and told to
--- settings.complain: other calls go on.
function server:answer(request)
  local ran, status, body = xpcall(self.decide, debug.traceback, self, request)
  if not ran then
    self.settings.complain(status)
    status, body = exception(500, "The sandbox failed; it says how on its standard error.")
  end
  request:respond(status, { ["content-type"] = "application/json" }, body)
end

return server
