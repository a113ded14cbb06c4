-- sandbox/applets: the requests of applets, and what is written down of them.
--
-- What is known of a call when an applet asks is an event of kind "passthru" or "agent", so
-- the core spells the query; see sandbox/runs for what happens between the requests.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local core = require "exotel.core"
local journal = require "exotel.sandbox.journal"
local replies = require "exotel.sandbox.replies"
local yielding = require "exotel.yielding"

local applets = {}
applets.__index = applets

applets.TIMEOUT = 5 -- sandbox seconds
applets.LEAST_TIMEOUT = 2 -- real seconds, however fast the clock is
applets.VERSION = "1.0" -- of the requests that have Exotel-Version

local END_TIME = "1970-01-01 05:30:00" -- whatever the time: epoch 0, as the service prints it
local SHOWN = 4096 -- bytes of a reply in the journal

--- settings: calls; clock; journal; send and spawn (see sandbox/callbacks).
function applets.new(settings)
  return setmetatable({ settings = settings }, applets)
end

-- {=================================================================
-- What is told
-- ==================================================================

-- Causes of a leg's end, by its status: text, number (to 127 ISDN's, above 1000 Exotel's), and
-- who ended it.
local causes = {
  completed = { "NORMAL_CLEARING", 16, "Callee" },
  busy = { "USER_BUSY", 17, "Callee" },
  ["no-answer"] = { "RING_TIMEOUT", 1003, "Caller" },
  failed = { "UNALLOCATED_NUMBER", 1, "System" },
  canceled = { "NORMAL_CLEARING", 16, "Caller" },
}

local function legs_of(run)
  local legs = {}
  for index, attempt in ipairs(run.attempts) do
    local cause = causes[attempt.status] or {}
    legs[index] = {
      number = attempt.number, type = "single", on_call_duration = attempt.seconds,
      caller_id = run.outgoing_phone_number or run.call.form.CallerId,
      cause_code = cause[1], cause = cause[2], disconnected_by = cause[3],
    }
  end
  return legs[1] and legs
end

local function add_stream(event, stream)
  if not stream then return end
  if stream.json then
    event.Stream = assert(core.to_json({
      StreamSID = stream.sid, Status = "completed", Duration = ("%d"):format(stream.seconds),
      StreamUrl = stream.url, DisconnectedBy = "user",
    }, ""))
    return
  end
  event.stream_sid, event.stream_status, event.stream_url = stream.sid, "completed", stream.url
  event.stream_duration, event.stream_disconnected_by = stream.seconds, "user"
end

local function common(self, run)
  local form = run.call.form
  return {
    call_sid = run.call.sid, call_from = form.From, call_to = form.CallerId, from = form.From,
    to = form.CallerId, current_time = clock.timestamp(self.settings.clock:now()),
    created = clock.long_timestamp(run.call.placed),
    direction = run.call.direction == "inbound" and "incoming" or "outbound-dial",
    dial_whom_number = run.dialled or "",
  }
end

-- What a request of an applet tells of the call (SUP 48283).
function applets:event(run)
  local event, recorded = common(self, run), run.call.recorded
  event.start_time, event.end_time = clock.timestamp(run.call.placed), END_TIME
  event.call_type, event.flow_id = run.call_type, run.flow.app_id
  event.dial_call_duration, event.dial_call_status = run.dial_seconds or 0, run.dial_status
  event.digits, event.custom_field = run.digits, run.call.form.CustomField
  event.outgoing_phone_number, event.legs = run.outgoing_phone_number, legs_of(run)
  if recorded then
    event.recording_url = self.settings.calls:recording_address(run.call)
    event.recording_available_by = clock.long_timestamp(recorded.ended + run.recording_seconds)
  end
  add_stream(event, run.stream)
  return event
end

-- What an agent's URL is told (SUP 48284).
function applets:agent_event(run, number, status)
  local event = common(self, run)
  event.dial_whom_number, event.agent_status = number, status
  event.event_type = status == "busy" and "Dial" or "Terminal"
  return event
end

-- }=================================================================

-- {=================================================================
-- Requests
-- ==================================================================

local function address(url, event)
  local query = assert(core.build(event, "form"))
  return url .. (url:find("?", 1, true) and "&" or "?") .. query
end

local function send(self, request)
  local ran, response, failure = yielding.pcall(self.settings.send, request)
  if not ran then return nil, { reason = "error", message = tostring(response) } end
  if response then response.headers = core.headers(response.head) end
  return response, failure
end

-- What the journal shows of one request, and its answer where there is one.
local function note(self, entry, response, failure)
  if response then
    entry.status, entry.body = response.status, response.body:sub(1, SHOWN)
    entry.content_type = response.headers["content-type"]
  else
    entry.failure, entry.message = failure.reason, journal.timeless(failure.message)
  end
  self.settings.journal:add(entry)
end

-- A request of an applet, and its entry in the journal. what: method, url, event, version.
function applets:ask(run, applet, what)
  local timeout = math.max(self.LEAST_TIMEOUT, self.settings.clock:real_timeout(self.TIMEOUT))
  local entry = {
    at = self.settings.clock:now(), call_sid = run.call.sid, app_id = run.flow.app_id,
    applet = applet.name, kind = applet.kind, method = what.method or "GET",
    exotel_version = what.version, event = what.name,
  }
  local headers = what.version and { ["exotel-version"] = what.version } or {}
  local built, url = pcall(address, what.url, what.event)
  local response, failure
  if built then
    entry.url = url
    response, failure = send(self, {
      method = entry.method, url = url, headers = headers, timeout = timeout,
      connect_timeout = timeout,
      options = { plain_http = true, proxy = false, max_body = replies.MOST },
    })
  else
    failure = { reason = "error", message = tostring(url) }
  end
  note(self, entry, response, failure)
  return response, entry
end

--- What the applet's URL replies, read by replies[reader], or nil; and the entry. more: url and
--- version, where there are such.
function applets:reply(run, applet, reader, more)
  local response, entry = self:ask(run, applet, {
    url = more and more.url or applet.url, version = more and more.version,
    event = self:event(run),
  })
  if not response then return nil, entry end
  local reply, why = replies[reader](response)
  entry.refused, entry.reply = why, reply
  return reply, entry
end

-- Posts what waits for an agent's URL, in order: no ringing waits for it.
local function drain(self, run, applet, waiting)
  while waiting[1] do
    local one = table.remove(waiting, 1)
    self:ask(run, applet, { url = one.url, event = one.event, name = one.event.agent_status })
  end
  waiting.busy = false
end

--- Tells an agent's URL that the number is being rung ("busy") or done with ("free").
function applets:tell_agent(run, applet, url, number, status)
  local waiting = run.waiting
  waiting[#waiting + 1] = { url = url, event = self:agent_event(run, number, status) }
  if waiting.busy then return end
  waiting.busy = true
  self.settings.spawn(drain, self, run, applet, waiting)
end

-- }=================================================================

return applets
