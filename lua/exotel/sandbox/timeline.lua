-- sandbox/timeline: the life of a call, worked out when it is placed.
--
-- A timeline is a list of steps in the order in which they happen: { after, leg, status },
-- that leg 1 or 2 comes to that status so many sandbox seconds after the call was placed.
-- What the call is at some moment is read from the steps up to then, so nothing has to run
-- for a call to go on.
--
-- SPDX-License-Identifier: MIT

local numbers = require "exotel.sandbox.numbers"

local timeline = {}

local RING_TIMEOUT = 30 -- seconds; NEW says so, S001 to S004 give none

local function add(steps, after, leg, status)
  steps[#steps + 1] = { after = after, leg = leg, status = status }
end

-- How a leg that is rung ends its ringing, "in-progress" being its answer, and when.
local function ring_end(number, began, asked)
  local status = numbers.ending(number)
  if status == "no-answer" or asked.ring > asked.ring_timeout then
    return "no-answer", began + asked.ring_timeout
  end
  return status == "completed" and "in-progress" or status, began + asked.ring
end

-- Rings a leg. Returns whether it answers, and when it stops ringing.
local function ring(steps, leg, number, began, asked)
  add(steps, began, leg, "ringing")
  local status, ended = ring_end(number, began, asked)
  add(steps, ended, leg, status)
  return status == "in-progress", ended
end

--- The timeline of a dial's form. seconds: queue, ring and call, as the sandbox was told:
--- how long a call is queued, a leg rings before it ends, a conversation lasts.
function timeline.plan(form, seconds)
  local asked = { ring = seconds.ring, ring_timeout = tonumber(form.TimeOut) or RING_TIMEOUT }
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

--- How many steps have happened `after` seconds.
function timeline.reached(steps, after)
  local n = 0
  while n < #steps and steps[n + 1].after <= after do n = n + 1 end
  return n
end

-- The call's status follows leg 2, or leg 1 where leg 1 didn't answer or is the only one
-- (SUP 3000080256).
local function status_of(steps, n, legs)
  if n == 0 then return "queued" end
  if n < #steps then return "in-progress" end
  if legs[1].answered and legs[2] then return legs[2].status end
  return legs[1].status
end

--- What the call is after its first n steps: { status, legs, changed, rung, ended }, times
--- in seconds after it was placed. legs[2] is there once it was rung; a leg is { status,
--- answered, ended }, the times nil until they are.
function timeline.state(steps, n)
  local legs = { { status = "queued" } }
  for index = 1, n do
    local step = steps[index]
    local leg = legs[step.leg] or {}
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
    ended = n == #steps and steps[n].after or nil,
  }
end

return timeline
