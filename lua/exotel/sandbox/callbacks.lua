-- sandbox/callbacks: the StatusCallbacks that a call owes, and their delivery.
--
-- Each call with a StatusCallback has a task of its own, which waits for the call's events
-- and posts them one after the other: the next one once the former was delivered or given
-- up. Every attempt is written down when it is over, whatever came of it.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local journal = require "exotel.sandbox.journal"
local yielding = require "exotel.yielding"

local callbacks = {}
callbacks.__index = callbacks

callbacks.TIMEOUT = 15 -- sandbox seconds
callbacks.LEAST_TIMEOUT = 2 -- real seconds, however fast the clock is
callbacks.RETRIES = 2

local CONTENT_TYPE = "multipart/form-data"

-- By the content type that was asked for: the one of a fault.
local other_types = {
  ["multipart/form-data"] = "application/json",
  ["application/json"] = "application/x-www-form-urlencoded",
  ["application/x-www-form-urlencoded"] = "multipart/form-data",
}

--- settings: calls; clock; journal; faults, which may strike them, or nil; retry_seconds, the
--- sandbox's before each new attempt;
--- spawn(fn, …), which runs a function beside the others; send(request) -> { status } or
--- nil, { reason, message }, for use inside a spawned one. A request is a transport's.
function callbacks.new(settings)
  return setmetatable({ settings = settings }, callbacks)
end

-- {=================================================================
-- What is owed
-- ==================================================================

local function events_of(form)
  local given, set = form.StatusCallbackEvents, {}
  if not given then return nil end
  for _, name in ipairs(type(given) == "table" and given or { given }) do set[name] = true end
  return set
end

-- Only a call with a stream alone tells that it rings.
local function tells_ringing(form, events)
  return events.ringing and form.StreamUrl and not (form.To or form.Url)
end

--- The events of a call to be posted, in order: a list of { name, step }, `step` being the
--- place in its timeline that each one tells of.
function callbacks.owed(call)
  local list, events = {}, events_of(call.form)
  if not call.form.StatusCallback then return list end
  if not events then return { { name = "default", step = #call.steps } } end
  for index, step in ipairs(call.steps) do
    if step.status == "ringing" and tells_ringing(call.form, events) then
      list[#list + 1] = { name = "ringing", step = index }
    end
    if events.answered and step.status == "in-progress" then
      list[#list + 1] = { name = "answered", step = index }
    end
  end
  if events.terminal then list[#list + 1] = { name = "terminal", step = #call.steps } end
  return list
end

-- What has no value yet is sent empty, as the service does.
local builders = {}

function builders.default(call, shown)
  return { call_sid = call.sid, status = shown.status, date_updated = shown.date_updated,
           recording_url = shown.recording_url or "" }
end

function builders.answered(call, shown)
  local event = shown
  event.call_sid, event.event_type = call.sid, "answered"
  event.end_time, event.recording_url = shown.end_time or "", shown.recording_url or ""
  return event
end

function builders.ringing(call, shown)
  local event = builders.answered(call, shown)
  event.event_type = "ringing"
  return event
end

function builders.terminal(call, shown)
  local event = builders.answered(call, shown)
  event.event_type, event.custom_field = "terminal", call.form.CustomField
  return event
end

-- }=================================================================

-- {=================================================================
-- Delivery
-- ==================================================================

local function is_struck(event, fault)
  return event.strike ~= nil and event.strike.fault == fault
end

-- The answer's status, or nil and the failure. An error of whatever sends is one too.
function callbacks:send(request)
  local ran, response, failure = yielding.pcall(self.settings.send, request)
  if not ran then return nil, { reason = "error", message = tostring(response) } end
  if response then return response.status end
  return nil, failure
end

function callbacks:entry(call, event)
  return { at = self.settings.clock:now(), call_sid = call.sid, event = event.name,
           url = call.form.StatusCallback, fault = event.strike and event.strike.fault }
end

-- Whether the event, which is `body`, was delivered by this attempt.
function callbacks:attempt(call, event, number, body, content_type)
  local timeout = math.max(self.LEAST_TIMEOUT, self.settings.clock:real_timeout(self.TIMEOUT))
  local entry = self:entry(call, event)
  entry.attempt, entry.body, entry.content_type = number, body, content_type
  local status, failure = self:send {
    method = "POST", url = entry.url, body = body, headers = { ["content-type"] = content_type },
    timeout = timeout, connect_timeout = timeout,
    options = { plain_http = true, proxy = false },
  }
  entry.status = status
  if failure then
    entry.failure, entry.message = failure.reason, journal.timeless(failure.message)
  end
  self.settings.journal:add(entry)
  return status ~= nil and status >= 200 and status <= 299
end

function callbacks:build(call, event)
  local shown = self.settings.calls:shown(call, event.step)
  local content_type = call.form.StatusCallbackContentType or CONTENT_TYPE
  if is_struck(event, "other_type") then content_type = other_types[content_type] end
  return exotel.build_callback(builders[event.name](call, shown), content_type)
end

-- What is tried again is the same body.
function callbacks:post(call, event, body, content_type)
  for number = 1, 1 + self.RETRIES do
    if number > 1 then self.settings.clock:sleep(self.settings.retry_seconds) end
    if self:attempt(call, event, number, body, content_type) then return end
  end
end

-- Posts an event whose time has come, unless a fault keeps it from that.
function callbacks:deliver(call, event)
  local body, content_type = self:build(call, event)
  if not body then return self:fail(call, event, content_type) end
  if is_struck(event, "lost") then return self.settings.journal:add(self:entry(call, event)) end
  if is_struck(event, "late") then self.settings.clock:sleep(event.strike.seconds) end
  self:post(call, event, body, content_type)
  if is_struck(event, "doubled") then self:post(call, event, body, content_type) end
end

-- Writes down an event that never came to be sent.
function callbacks:fail(call, event, err)
  local entry = self:entry(call, event)
  entry.failure, entry.message = "error", tostring(err)
  self.settings.journal:add(entry)
end

function callbacks:try(call, event)
  local ran, err = yielding.pcall(self.deliver, self, call, event)
  if not ran then self:fail(call, event, err) end
end

-- Posts a call's events, each as its time comes; one that is out of order behind the next.
function callbacks:run(call, events)
  local faults, kept = self.settings.faults, nil
  for index, event in ipairs(events) do
    self.settings.clock:wait_until(call.placed + call.steps[event.step].after)
    event.strike = faults and faults:of_callback(call.form, index == #events)
    if is_struck(event, "out_of_order") and not kept then
      kept = event
    else
      self:try(call, event)
      if kept then self:try(call, kept) end
      kept = nil
    end
  end
end

--- Posts what a call owes as its time comes.
function callbacks:watch(call)
  local events = self.owed(call)
  if #events > 0 then self.settings.spawn(self.run, self, call, events) end
end

-- }=================================================================

return callbacks
