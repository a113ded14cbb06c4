-- life: what is known of one call, from its StatusCallbacks and from Call Details.
--
-- Pure: the time is given. Both sources are late, and neither is always right. What ends a call
-- counts more than what doesn't; else the later of two counts, and Call Details, which is asked
-- with credentials, more than a webhook. What one source leaves out the other fills in. A call is
-- settled when nothing more is to be expected of it.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local core = require "exotel.core"

local life = {}

--- Seconds until the service knows Price, Duration and EndTime of a call that has ended (S001).
life.PRICE_AFTER = 120

local AGAIN = 60          -- seconds from look to look at a call that has ended
local PATIENCE = 600      -- seconds: what isn't there then doesn't come any more
local LONGEST = 15000     -- seconds: the longest time_limit, ringing, and waiting for the record

local going_on = { queued = true, ringing = true, ["in-progress"] = true }
local has_ended = { completed = true, failed = true, busy = true, ["no-answer"] = true,
                    canceled = true }
local tells = { default = true, answered = true, terminal = true }

-- What an event and a record both have, outside their legs.
local shared = {}
do
  local of_call = {}
  for _, row in ipairs(api.records.call) do
    of_call[row.lua] = of_call[row.lua] or not row.list
  end
  for _, row in ipairs(api.records.event) do
    if not row.list and of_call[row.lua] then shared[#shared + 1] = row.lua end
  end
end

--- Of a call of which nothing is known but that there is one.
--- began, ended: when that was heard. asked_at: the last time. by: "event" or "details", whose the
--- status is, and updated when it was so. confirmed_at: when Call Details said that it has ended.
--- denied: Call Details says that it goes on, though an event has ended it. missed_at: since when
--- the service knows no such call. alone_at: since when it has no answer to this, and to others.
--- held: it has ended, and is kept back: its place among the calls in progress couldn't be given
--- back, or a dial is sought whose call it may be.
function life.new(now)
  return { call = {}, began = now }
end

-- {=================================================================
-- Merging
-- ==================================================================

--- Whether a value can be kept in JSON: what came in a form may be no UTF-8, or have a NUL.
function life.can_be_kept(value)
  return type(value) ~= "string" or core.is_utf8(value) and not value:find("\0", 1, true)
end

-- What is missing in one is taken from the other; legs are the same at the same place.
local function fill(call, other)
  for name, value in pairs(other) do
    if name == "legs" then
      call.legs = call.legs or {}
      for place, leg in ipairs(value) do call.legs[place] = fill(call.legs[place] or {}, leg) end
    elseif call[name] == nil and life.can_be_kept(value) then
      call[name] = value
    end
  end
  return call
end

local function counts_more(known, news)
  if known.by == nil then return true end
  if (known.ended ~= nil) ~= news.ended then return news.ended end
  if known.by ~= news.by and news.ended then return news.by == "details" end
  if known.updated and news.updated and known.updated ~= news.updated then
    return news.updated > known.updated
  end
  return news.by == "details" or known.by == "event"
end

-- news: call, ended, updated, by.
local function learn(known, news, now)
  if counts_more(known, news) then
    known.call = fill(news.call, known.call)
    known.by, known.updated = news.by, news.updated
  else
    fill(known.call, news.call)
  end
  if news.ended then known.ended = known.ended or now end
end

-- In any zone: these are compared with each other alone.
local function seconds_of(text)
  return type(text) == "string" and core.time(text, 0) or nil
end

--- Whether a value can be a SID: no other is asked about, or kept.
function life.is_sid(value)
  return type(value) == "string" and value ~= "" and #value <= 64 and not value:find "%W"
end

--- Whether an event says something of a call's state, and of which call. What an applet asks, an
--- agent's telephone and a stream don't.
function life.tells(event)
  return tells[event.kind] == true and life.is_sid(event.call_sid)
end

--- A StatusCallback came.
function life.hear(known, event, now)
  local told = { sid = event.call_sid, legs = event.legs }
  for _, name in ipairs(shared) do told[name] = event[name] end
  learn(known, { call = fill({}, told), by = "event",
                 updated = seconds_of(event.date_updated), ended = has_ended[event.status] == true
                   or event.final == true and not going_on[event.status] }, now)
end

--- Whether a record is of a call that has ended. A status that nobody knows yet ends one that has a
--- price.
function life.is_over(record)
  if has_ended[record.status] then return true end
  return not going_on[record.status] and record.price ~= nil and record.duration ~= nil
end

--- Call Details, or a bulk record, came.
function life.read(known, record, now)
  local over = life.is_over(record)
  known.missed_at, known.alone_at = nil, nil
  known.denied = known.ended ~= nil and not over or nil
  learn(known, { call = fill({}, record), by = "details", ended = over,
                 updated = seconds_of(record.date_updated) }, now)
  if over then known.confirmed_at = now end
end

--- The service hasn't answered; is_alone: but others. Whether it has been so for some time.
function life.is_unanswered(known, is_alone, now)
  known.alone_at = is_alone and (known.alone_at or now) or nil
  return is_alone and now >= known.alone_at + PATIENCE
end

--- The service knows no such call.
function life.miss(known, now)
  known.missed_at = known.missed_at or now
end

-- }=================================================================

-- {=================================================================
-- Settling
-- ==================================================================

-- A call that nobody answered may have no price: it is whole once it had the time to get one, and
-- was looked at again.
local function is_complete(known, price_after)
  if not (known.ended and known.confirmed_at) then return false end
  local call = known.call
  if call.price ~= nil and call.duration ~= nil then return true end
  return call.status ~= "completed" and known.confirmed_at >= known.ended + price_after + AGAIN
end

--- How a call is settled: "complete"; "ended", when it has ended and price or duration never came;
--- "lost", when nobody has heard of its end and the longest call would be over, or the service
--- knows no such call; nil while more is to be expected, and for some minutes while it is held.
--- price_after: seconds.
function life.settled(known, now, price_after)
  if known.held and known.ended and now < known.ended + PATIENCE then return nil end
  if is_complete(known, price_after) then return "complete" end
  local over = now >= known.began + LONGEST
  if known.ended then
    local waited = now >= known.ended + math.max(PATIENCE, price_after)
    return (over or waited and not known.denied) and "ended" or nil
  end
  local missing = known.missed_at and now >= known.missed_at + PATIENCE
  return (over or missing) and "lost" or nil
end

local function clamp(value, least, most)
  return math.max(least, math.min(value, most))
end

local function while_it_goes_on(known, pace)
  if not known.asked_at then return known.began + pace.first end
  local pause = clamp((known.asked_at - known.began) * pace.share, pace.least, pace.most)
  return math.min(known.asked_at + pause, known.began + LONGEST)
end

--- When it is worth asking Call Details again. pace: { first, share, least, most }: the seconds
--- until the first time, and then how long a pause is, as a share of the call's age and in seconds;
--- and again, the seconds of a pause when it has ended, if not 60.
function life.ask_at(known, pace, price_after)
  if not known.ended or known.denied then return while_it_goes_on(known, pace) end
  local first = known.ended + price_after
  if (known.asked_at or 0) < first then return first end
  return known.asked_at + (pace.again or AGAIN)
end

-- }=================================================================

return life
