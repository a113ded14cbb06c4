-- sandbox/runs: calls on their way through a flow.
--
-- Each has a task of its own, which does what one applet says, waits as long as that takes,
-- and goes on to the next. What happens is added to the call's timeline as it does; when the
-- flow is over, so is the call.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local applets = require "exotel.sandbox.applets"
local flows = require "exotel.sandbox.flows"
local timeline = require "exotel.sandbox.timeline"
local yielding = require "exotel.yielding"

local runs = {}
runs.__index = runs

runs.PLAY = 1 -- seconds that it takes to say a text, play audio, or key digits
runs.MOST_APPLETS = 100 -- of one call: flows may go in circles
runs.MOST_FETCHES = 10 -- of one Connect with fetch_after_attempt

--- settings: calls; clock; applets; keys; seconds (see sandbox/timeline); recording_seconds,
--- until a recording can be fetched; spawn(fn, …); new_sid(); ended(call), called when a flow
--- and its call are over.
function runs.new(settings)
  return setmetatable({ settings = settings }, runs)
end

-- {=================================================================
-- Time
-- ==================================================================

-- Seconds of the call, by which steps are counted. A reply may have come later than planned.
local function catch_up(self, run)
  run.after = math.max(run.after, self.settings.clock:now() - run.call.placed)
  run.over = run.over or run.after >= run.until_after
end

-- Waits so many seconds, or until TimeLimit ends the call.
local function pass(self, run, seconds)
  run.after = math.min(run.after + seconds, run.until_after)
  self.settings.clock:wait_until(run.call.placed + run.after)
  run.over = run.over or run.after >= run.until_after
end

-- Until when a recording goes that ends now.
local function record(run, seconds)
  run.call.recorded = { seconds = math.ceil(seconds), ended = run.call.placed + run.after }
end

-- }=================================================================

-- {=================================================================
-- Dialling
-- ==================================================================

local function begin_attempts(run, numbers, reply)
  local list = {}
  local asked = { ring = run.seconds.ring,
                  ring_timeout = reply.max_ringing_duration or timeline.RING_TIMEOUT }
  for index, number in ipairs(numbers) do
    local status, ended = timeline.ring_end(number, run.after, asked)
    list[index] = { number = number, status = status, rung_until = ended, seconds = 0 }
    run.attempts[#run.attempts + 1] = list[index]
  end
  return list
end

-- The first that answers, or nil; and when it does, or the last one has stopped ringing.
local function first_answer(list)
  local winner, last = nil, 0
  for _, attempt in ipairs(list) do
    if attempt.status == "in-progress"
      and (not winner or attempt.rung_until < winner.rung_until) then winner = attempt end
    last = math.max(last, attempt.rung_until)
  end
  return winner, winner and winner.rung_until or last
end

local function tell(self, run, applet, reply, list, status)
  local url = reply.dial_passthru_event_url or applet.dial_passthru_event_url
  if not url then return end
  for _, attempt in ipairs(list) do
    self.settings.applets:tell_agent(run, applet, url, attempt.number, status)
  end
end

local function leg_2(run, status)
  timeline.add(run.call.steps, run.after, 2, status)
end

-- The others of a group stop ringing when one answers; those that TimeLimit cuts too.
local function stop_others(list, winner, at)
  for _, attempt in ipairs(list) do
    if attempt ~= winner and (attempt.status == "in-progress" or attempt.rung_until > at) then
      attempt.status = "canceled"
    end
  end
end

local function talk(self, run, reply, winner)
  leg_2(run, "in-progress")
  local began = run.after
  pass(self, run, math.min(run.seconds.call, reply.max_conversation_duration or math.huge))
  leg_2(run, "completed")
  winner.status, winner.seconds = "completed", math.ceil(run.after - began - 1e-6)
  if reply.record then record(run, run.after - began) end
end

-- Rings these numbers at once. Whether one of them talked.
local function ring(self, run, applet, reply, numbers)
  local list = begin_attempts(run, numbers, reply)
  local winner, at = first_answer(list)
  leg_2(run, "ringing")
  tell(self, run, applet, reply, list, "busy")
  pass(self, run, at - run.after)
  if run.over and run.after < at then winner = nil end
  stop_others(list, winner, run.after)
  if winner then
    talk(self, run, reply, winner)
  else
    leg_2(run, list[#list].status)
  end
  local last = winner or list[#list]
  run.dialled, run.dial_status, run.dial_seconds = last.number, last.status, last.seconds
  run.call_type = winner and "completed" or "incomplete"
  tell(self, run, applet, reply, list, "free")
  return winner ~= nil
end

-- The next numbers to be rung at once, from the place on.
local function group(reply, place)
  local list = {}
  for index = place, math.min(#reply.numbers, place + reply.parallel - 1) do
    list[#list + 1] = reply.numbers[index]
  end
  return list
end

-- Rings one group after another. With fetch_after_attempt every one is asked for anew.
local function dial(self, run, applet, reply, fetch)
  local place, fetches = 1, 1
  run.attempts, run.outgoing_phone_number = {}, reply.outgoing_phone_number
  while not run.over do
    local numbers = group(reply, place)
    if #numbers == 0 then break end
    if ring(self, run, applet, reply, numbers) then return "conversation" end
    place = place + #numbers
    if reply.fetch_after_attempt and fetch and fetches < runs.MOST_FETCHES then
      reply, place, fetches = fetch(), 1, fetches + 1
      catch_up(self, run)
      if not reply then break end
    end
  end
  return #run.attempts > 0 and "nobody_answered" or "nobody_dialled"
end

-- }=================================================================

-- {=================================================================
-- Applets: each returns its outcome, or nil where the caller is dropped
-- ==================================================================

local kinds = {}

local outcomes_of_passthru = {}
for choice, status in pairs(api.passthru_choices) do outcomes_of_passthru[status] = choice end

local function passthru(self, run, applet, asked)
  local response, entry = self.settings.applets:ask(run, applet, asked)
  local outcome = applet.async and "next" or outcomes_of_passthru[response and response.status]
  entry.outcome = outcome
  return outcome
end

function kinds.passthru(self, run, applet)
  local asked = { url = applet.url, event = self.settings.applets:event(run) }
  if not applet.async then return passthru(self, run, applet, asked) end
  self.settings.spawn(passthru, self, run, applet, asked)
  return "next"
end

function kinds.switch(self, run, applet)
  local reply, entry = self.settings.applets:reply(run, applet, "switch")
  entry.outcome = reply and applet.next[reply.select] and reply.select or "default"
  return entry.outcome
end

local function connect(self, run, applet, reader, version)
  local entry
  local function fetch()
    local reply
    for _, url in ipairs { applet.url, applet.fallback_url } do
      reply, entry = self.settings.applets:reply(run, applet, reader,
        { url = url, version = version })
      if reply then return reply end
    end
  end
  local reply = fetch()
  catch_up(self, run)
  local outcome = reply and dial(self, run, applet, reply, fetch) or "nobody_dialled"
  entry.outcome = outcome
  return outcome
end

function kinds.connect(self, run, applet)
  return connect(self, run, applet, "connect", applets.VERSION)
end

function kinds.dial_whom(self, run, applet)
  return connect(self, run, applet, "dial_whom")
end

-- What counts of the keys that were pressed.
local function entered(reply, pressed)
  local stop = reply.finish_on_key ~= "" and pressed:find(reply.finish_on_key, 1, true)
  return pressed:sub(1, math.min(stop and stop - 1 or #pressed, reply.max_input_digits))
end

function kinds.gather(self, run, applet)
  local reply, entry = self.settings.applets:reply(run, applet, "gather",
    { version = applets.VERSION })
  catch_up(self, run)
  if not reply then return nil end
  for _ = 0, reply.repeat_menu do
    pass(self, run, runs.PLAY)
    local digits = entered(reply, self.settings.keys:take(run.call.form.From))
    pass(self, run, digits ~= "" and runs.PLAY or reply.input_timeout)
    if digits ~= "" and not run.over then
      run.digits, entry.digits, entry.outcome = digits, digits, "digits"
      return "digits"
    end
  end
  entry.outcome = "no_input"
  return "no_input"
end

-- No page says what a greeting does that can't be had: nothing is played, and the flow goes on.
function kinds.greeting(self, run, applet)
  local asking = self.settings.applets
  asking:ask(run, applet, { method = "HEAD", url = applet.url, event = asking:event(run) })
  local reply, entry = asking:reply(run, applet, "greeting")
  catch_up(self, run)
  entry.outcome = "next"
  if reply then pass(self, run, runs.PLAY * (reply.audio and #reply.audio or 1)) end
  return "next"
end

function kinds.stream(self, run, applet)
  local began = run.after
  pass(self, run, run.seconds.call)
  run.stream = { sid = self.settings.new_sid(), url = applet.url, json = applet.json,
                 seconds = math.ceil(run.after - began - 1e-6) }
  return "next"
end

function kinds.voicemail(self, run)
  local began = run.after
  pass(self, run, run.seconds.call)
  record(run, run.after - began)
  run.call_type = "voicemail"
  return "next"
end

function kinds.hangup() return nil end

-- }=================================================================

-- {=================================================================
-- A call's way
-- ==================================================================

local function follow(self, run)
  local applet = run.flow.applets[1]
  for _ = 1, runs.MOST_APPLETS do
    if not applet or run.over then return end
    local outcome = kinds[applet.kind](self, run, applet)
    catch_up(self, run)
    applet = outcome and flows.following(run.flow, applet, outcome)
  end
end

-- Leg 1 ends with the flow, and the timeline with it.
local function finish(run)
  local steps = run.call.steps
  run.after = math.max(math.min(run.after, run.until_after), steps[#steps].after)
  timeline.add(steps, run.after, 1, "completed")
  steps.open = false
end

local function go(self, run, answered)
  self.settings.clock:wait_until(run.call.placed + run.after)
  if answered then
    local ran, err = yielding.pcall(follow, self, run)
    finish(run)
    if not ran then self.settings.complain(tostring(err)) end
  else
    run.call.steps.open = false
  end
  self.settings.ended(run.call)
end

local function start(self, call, flow, answered, after)
  local limit = tonumber(call.form.TimeLimit) or math.huge
  local run = {
    call = call, flow = flow, after = after, until_after = after + limit, over = false,
    attempts = {}, waiting = {}, call_type = "call-attempt", seconds = self.settings.seconds,
    recording_seconds = self.settings.recording_seconds,
  }
  self.settings.spawn(go, self, run, answered)
  return call
end

--- Places the call of a dial's form, and lets it follow a flow once it is answered.
function runs:dial(form, flow)
  local steps, answered, after = timeline.begin(form, self.settings.seconds)
  return start(self, self.settings.calls:place(form, { steps = steps }), flow, answered, after)
end

--- Places a call that comes in from a number to an ExoPhone, and follows a flow.
function runs:receive(from, to, flow)
  local form = { From = from, To = to, CallerId = to }
  local call = self.settings.calls:place(form,
    { steps = timeline.incoming(), direction = "inbound" })
  return start(self, call, flow, true, 0)
end

-- }=================================================================

return runs
