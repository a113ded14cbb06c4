-- sandbox/calls: the calls of a sandbox, and how they look at any moment.
--
-- A call is its form, the time at which it was placed, and its timeline. Records and events
-- are read from these three, so they can't disagree.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local queries = require "exotel.sandbox.queries"
local timeline = require "exotel.sandbox.timeline"

local calls = {}
calls.__index = calls

local DIRECTION = "outbound-api" -- of what was placed here
local PRICE = 750 -- thousandths, for each begun minute that leg 1 is on the call

--- settings: account_sid; base_url; clock; new_sid() -> a SID; seconds: queue, ring and call
--- (see sandbox/timeline); settle_seconds (default 0), how long after the end of a call its
--- EndTime, Duration and Price are known; history: the calls before those that are placed.
function calls.new(settings)
  return setmetatable({ settings = settings, by_sid = {}, list = {} }, calls)
end

--- Places the call of a dial's form, and returns it: { sid, position, form, placed, steps,
--- direction }. Positions rise with the time at which calls were created, those of the past
--- included. more: steps and direction, where they aren't those of the form.
function calls:place(form, more)
  local settings = self.settings
  local call = {
    sid = settings.new_sid(), position = settings.history.count + #self.list + 1,
    form = form, placed = settings.clock:now(),
    steps = more and more.steps or timeline.plan(form, settings.seconds),
    direction = more and more.direction,
  }
  self.by_sid[call.sid] = call
  self.list[#self.list + 1] = call
  return call
end

--- The call at that position.
function calls:at(position)
  local history = self.settings.history
  if position <= history.count then return history:call(position) end
  return self.list[position - history.count]
end

--- The call of that SID, or nil.
function calls:find(sid)
  local position = not self.by_sid[sid] and self.settings.history:find(sid)
  return self.by_sid[sid] or position and self:at(position) or nil
end

--- How many steps of its timeline a call has behind it now.
function calls:reached(call)
  return timeline.reached(call.steps, call.placed, self.settings.clock:now())
end

--- Whether a call has ended, and has nothing before it.
function calls:has_ended(call)
  return self:reached(call) == #call.steps and not call.steps.open
end

-- Whole seconds from one moment to another, begun ones included; the service counts in these.
local function seconds_between(from, to)
  return from and to and math.ceil(to - from - 1e-6) or 0
end

-- How many legs a call shows. A flow has a second one once it dialled somebody.
local function legs_shown(call, state)
  if call.steps.flow then return #state.legs end
  return call.form.To and 2 or 1
end

-- Who talks with the first party: the second one, or else the flow or the stream.
local function conversation(call, state)
  local leg = state.legs[legs_shown(call, state)]
  return leg and leg.answered and seconds_between(leg.answered, leg.ended) or 0
end

--- The address of a call's recording, whether there is one or not.
function calls:recording_address(call)
  return ("%s/exotelrecordings/%s/%s.mp3"):format(self.settings.base_url,
    self.settings.account_sid, call.sid)
end

--- The recording of a call after n steps of its timeline: how many seconds it has, and when
--- it was over, in epoch seconds; nil when there is none. What a flow recorded is in
--- call.recorded, as { seconds, ended }, and may be over before the call is.
function calls.recording(call, n)
  if call.recorded then return call.recorded.seconds, call.recorded.ended end
  local state = timeline.state(call.steps, n)
  local leg = state.legs[legs_shown(call, state)]
  if not state.ended or call.form.Record ~= "true" or not (leg and leg.answered) then return end
  return seconds_between(leg.answered, leg.ended), call.placed + state.ended
end

local function legs_of(call, state)
  local legs = {}
  for index = 1, legs_shown(call, state) do
    local leg = state.legs[index] or {}
    legs[index] = {
      status = leg.status or "", -- the service's word for a leg that was never tried
      on_call_duration = seconds_between(leg.answered, leg.ended),
    }
  end
  return legs
end

--- What records and events have in common, after n steps of the call's timeline: their
--- fields, and the state they were read from.
function calls:shown(call, n)
  local state = timeline.state(call.steps, n)
  local function time(after) return after and clock.timestamp(call.placed + after) end
  return {
    status = state.status, date_created = time(0), date_updated = time(state.changed),
    start_time = time(state.rung), end_time = time(state.ended),
    from = call.form.From, to = call.form.To, phone_number_sid = call.form.CallerId,
    direction = call.direction or DIRECTION, conversation_duration = conversation(call, state),
    recording_url = state.ended and calls.recording(call, n) and self:recording_address(call)
      or nil,
    legs = legs_of(call, state),
  }, state
end

local function price_of(leg)
  local seconds = math.max(1, seconds_between(leg.answered, leg.ended))
  local price = PRICE * math.ceil(seconds / 60)
  return ("%d.%03d"):format(math.floor(price / 1000), price % 1000)
end

-- When the rest of a call is known that has ended, in seconds after it was placed. Calls of
-- the past are older than that.
local function settles(self, call, state)
  local past = call.position <= self.settings.history.count
  return state.ended + (past and 0 or self.settings.settle_seconds or 0)
end

local function is_settled(self, call, state)
  return clock.later(call.placed, settles(self, call, state)) <= self.settings.clock:now()
end

local function add_settled(record, state)
  record.duration = seconds_between(state.rung, state.ended)
  if state.legs[1].answered then
    record.price_text = price_of(state.legs[1])
    record.price = tonumber(record.price_text)
  end
end

local function add_end(self, call, record, state)
  if record.status == "completed" then record.answered_by = "human" end
  if is_settled(self, call, state) then
    record.date_updated = clock.timestamp(call.placed + settles(self, call, state))
    add_settled(record, state)
  else
    record.end_time = nil
  end
end

-- Durations are known at the end only.
local function set_details(record, state, details)
  if not details then record.legs = nil end
  if not details or not state.ended then record.conversation_duration = nil end
  for index, leg in ipairs(record.legs or {}) do
    leg.id = index
    if not state.ended then leg.on_call_duration = nil end
  end
end

--- The record of a call after n steps of its timeline. details: with its legs.
function calls:record(call, n, details)
  local record, state = self:shown(call, n)
  local account_sid = self.settings.account_sid
  record.sid, record.account_sid = call.sid, account_sid
  record.uri = ("/v1/Accounts/%s/Calls/%s"):format(account_sid, call.sid)
  if state.ended then add_end(self, call, record, state) end
  set_details(record, state, details)
  return record
end

--- What can be asked of a call that has ended, under the names of its record, for less than
--- the whole of that.
function calls:facts(call)
  local state = timeline.state(call.steps, #call.steps)
  local facts = {
    status = state.status, from = call.form.From, to = call.form.To,
    phone_number = call.form.CallerId, direction = call.direction or DIRECTION,
  }
  add_end(self, call, facts, state)
  return facts
end

--- The record of a call that has ended, as a bulk answer shows it.
function calls:finished(call, details)
  local record = self:record(call, #call.steps, details)
  record.phone_number = queries.canonical(call.form.CallerId)
  return record
end

return calls
