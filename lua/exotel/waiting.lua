-- waiting: client:wait, which asks about one call until it is settled.
--
-- What that means, and which of two answers counts, is tracker/life.lua's. Where the client has a
-- tracker, what its webhooks have heard counts too, in whatever process that was.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local given = require "exotel.given"
local life = require "exotel.tracker.life"
local records = require "exotel.records"
local turns = require "exotel.turns"

local waiting = {}

-- Seconds until the first question, and then of each pause: a share of the call's age, and what it
-- is at least, at most, and when the call has ended.
local PACE = { first = 2, share = 0.2, least = 2, most = 30, again = 15 }
local LOOK = 1       -- seconds from one look at the tracker to the next
local MISSING = 60   -- seconds: a call that was placed may not be known everywhere before

--- The options: rows of given.lua.
waiting.options = {
  { "timeout", "number", "seconds that it waits at most", "a number above 0, at most 86400",
    function(value) return type(value) == "number" and value > 0 and value <= 86400 end, 3600 },
  { "complete", "boolean", "false: it comes back when the call has ended, without Price and "
      .. "Duration, which take some two minutes more", "true or false",
    function(value) return type(value) == "boolean" end, true },
}

--- The second table of wait: or nil and a misuse.
function waiting.read(options)
  return given.read("exotel.wait", waiting.options, options or {})
end

local function is_enough(known, now, options)
  if known.ended and not options.complete then return true end
  known.settled = life.settled(known, now, life.PRICE_AFTER)
  return known.settled ~= nil
end

-- The call as the tracker knows it, when that is enough.
local function heard(source, sid, options)
  local call = source.tracker and source.tracker.known and source.tracker:known(sid)
  if not call then return nil end
  if call.settled or not options.complete and life.is_over(call) then return call end
end

local lasting = { invalid = true, misuse = true }

-- Asks, and learns: true; or nil and an error that no further question changes.
local function ask(source, known, left)
  local transport = source.transport
  local call, err = source.ask(math.min(left, 15), left)
  local now = transport:now()
  known.asked_at, known.failure = now, err
  if call then
    life.read(known, call, now)
    if source.tracker and source.tracker.follow then source.tracker:follow(call) end
    return true
  end
  local waits = err.outcome ~= "rejected" or err.status == 429
    or err.reason == "not_found" and now - known.began < MISSING
  if waits and err.reason ~= "cancelled" and not lasting[err.kind] then return true end
  return nil, err
end

-- With what is known of the call.
local function fail(source, known, kind, reason, message)
  local err = errors.new({ kind = kind, reason = reason, message = message }, "wait",
    source.secrets)
  err.call = setmetatable(known.call, records.metatables.tracked)
  return nil, err
end

local function unsettled(source, known, options)
  local status = known.call.status and ": it is " .. tostring(known.call.status) or ""
  local failure = known.failure and " - the last question: " .. known.failure.message or ""
  return fail(source, known, "limited", "unsettled",
    ("the call hasn't settled within %g seconds%s%s"):format(options.timeout, status, failure))
end

-- When the service is asked next: a call of which nothing is known at once.
local function ask_at(known)
  if known.by == nil and not known.asked_at then return known.began end
  return life.ask_at(known, PACE, PACE.again)
end

-- What is known of a call, from what the caller has of it.
local function begin(call, now)
  local known = life.new(now)
  if type(call) ~= "table" then return known end
  if call.call_sid and life.tells(call) then
    life.hear(known, call, now)
  elseif call.sid then
    life.read(known, call, now)
  end
  return known
end

--- Waits for a call: its record, with `settled`; or nil and an error. source: transport; tracker,
--- or nil; secrets; ask(seconds, left), which gives Call Details or nil and an error within so many
--- seconds, or within what is left where it waits for its turn.
function waiting.run(source, call, sid, options)
  local transport = source.transport
  local now = transport:now()
  local known, ends = begin(call, now), now + options.timeout
  while not is_enough(known, now, options) do
    local told = heard(source, sid, options)
    if told then return told end
    if now >= ends then return unsettled(source, known, options) end
    if now >= ask_at(known) then
      -- A sum less what was added to it may be a hair more than that was.
      local asked, err = ask(source, known, math.min(ends - now, options.timeout))
      if not asked then return nil, err end
    else
      local pause = math.min(ask_at(known), ends) - now
      if source.tracker then pause = math.min(pause, LOOK) end
      if not turns.sleep_whole(transport, pause) then
        return fail(source, known, "transport", "cancelled", "it was cancelled")
      end
    end
    now = transport:now()
  end
  known.call.settled = known.settled
  return setmetatable(known.call, records.metatables.tracked)
end

return waiting
