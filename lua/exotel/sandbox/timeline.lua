-- sandbox/timeline: the life of a call, worked out when it is placed.
--
-- A timeline is a list of steps in the order in which they happen: { after, leg, status },
-- that leg 1 or 2 comes to that status so many sandbox seconds after the call was placed.
-- What the call is at some moment is read from the steps up to then, so nothing has to run
-- for a call to go on. Only a call that follows a flow gets its steps as it goes: its timeline
-- has `flow`, and `open` as long as more may come.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local numbers = require "exotel.sandbox.numbers"

local timeline = {}

timeline.RING_TIMEOUT = 30 -- seconds; NEW says so, S001 to S004 give none

--- Adds that leg 1 or 2 comes to that status, no earlier than what was added before.
function timeline.add(steps, after, leg, status)
  steps[#steps + 1] = { after = after, leg = leg, status = status }
end

local add = timeline.add

--- How a leg that is rung from `began` on ends its ringing, "in-progress" being its answer,
--- and when. asked: ring and ring_timeout, in seconds.
function timeline.ring_end(number, began, asked)
  local status = numbers.ending(number)
  if status == "no-answer" or asked.ring > asked.ring_timeout then
    return "no-answer", began + asked.ring_timeout
  end
  return status == "completed" and "in-progress" or status, began + asked.ring
end

-- Rings a leg. Returns whether it answers, and when it stops ringing.
local function ring(steps, leg, number, began, asked)
  add(steps, began, leg, "ringing")
  local status, ended = timeline.ring_end(number, began, asked)
  add(steps, ended, leg, status)
  return status == "in-progress", ended
end

local function asked_of(form, seconds)
  return { ring = seconds.ring, ring_timeout = tonumber(form.TimeOut) or timeline.RING_TIMEOUT }
end

--- The timeline of a dial's form that is to follow a flow: open, up to the end of leg 1's
--- ringing. Also whether that is its answer, and when.
function timeline.begin(form, seconds)
  local steps = { flow = true, open = true }
  local answered, at = ring(steps, 1, form.From, seconds.queue, asked_of(form, seconds))
  return steps, answered, at
end

--- The timeline of a call that comes in and is answered at once by a flow.
function timeline.incoming()
  local steps = { flow = true, open = true }
  add(steps, 0, 1, "in-progress")
  return steps
end

--- The timeline of a dial's form. seconds: queue, ring and call, as the sandbox was told:
--- how long a call is queued, a leg rings before it ends, a conversation lasts.
function timeline.plan(form, seconds)
  local asked = asked_of(form, seconds)
  local talk = math.min(seconds.call, tonumber(form.TimeLimit) or math.huge)
  local steps = {}
  local first, at = ring(steps, 1, form.From, seconds.queue, asked)
  if not first then return steps end
  local second = true -- a flow or a stream, which always answers
  if form.To then second, at = ring(steps, 2, form.To, at, asked) end
  if second then at = at + talk end
  if form.To and second then add(steps, at, 2, "completed") end
  add(steps, at, 1, "completed")
  return steps
end

--- How many steps of a call that was placed then have happened now.
function timeline.reached(steps, placed, now)
  local n = 0
  while n < #steps and clock.later(placed, steps[n + 1].after) <= now do n = n + 1 end
  return n
end

local function is_over(steps, n) return n == #steps and not steps.open end

-- The call's status follows leg 2, or leg 1 where leg 1 didn't answer or is the only one
-- (SUP 3000080256), or talked with a flow (SUP 27323).
local function status_of(steps, n, legs)
  if n == 0 then return "queued" end
  if not is_over(steps, n) then return "in-progress" end
  if legs[1].answered and legs[2] and not steps.flow then return legs[2].status end
  return legs[1].status
end

--- What the call is after its first n steps: { status, legs, changed, rung, ended }, times
--- in seconds after it was placed. legs[2] is there once it was rung; a leg is { status,
--- answered, ended }, the times nil until they are.
function timeline.state(steps, n)
  local legs = { { status = "queued" } }
  for index = 1, n do
    local step = steps[index]
    local leg = step.status ~= "ringing" and legs[step.leg] or {} -- rung again is begun again
    legs[step.leg], leg.status = leg, step.status
    if step.status == "in-progress" then
      leg.answered = step.after
    elseif step.status ~= "ringing" then
      leg.ended = step.after
    end
  end
  return {
    status = status_of(steps, n, legs), legs = legs,
    changed = n > 0 and steps[n].after or 0,
    rung = n > 0 and steps[1].after or nil,
    ended = n > 0 and is_over(steps, n) and steps[n].after or nil,
  }
end

return timeline
