-- reconcile: what became of a dial of which nobody knows, by the calls that the service tells of.
--
-- Pure: the time is given, and the calls are. The service has no name for a dial before it has
-- answered, so a call is known by its numbers and the minute in which it was created. It tells
-- of calls that have ended only: that there is none means something once the longest call that
-- was asked for would have ended, and not before.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local errors = require "exotel.errors"

local reconcile = {}

local MINUTE = 60
local LEAVES = 60 -- seconds in which a dial leaves, unless it says otherwise: its time-out
local TIME_LIMIT = 14400 -- seconds that any call takes at most
local RINGING = 60 -- seconds that a leg rings; the one page with a number says 30
local SPARE = 300 -- seconds: being queued, and the two minutes until a record is complete
local SOONEST = 60 -- seconds until it is worth asking again
local KEPT = 18000 -- seconds that a call is remembered at least: until not_placed can be said
local DIGITS, FEWEST = 10, 7 -- that tell numbers apart

-- {=================================================================
-- The dial
-- ==================================================================

--- What is told of a dial: { name, type, about }.
reconcile.rows = {
  { "reference", "string?", "its own name" },
  { "from", "string", "the number that it asked to be called first" },
  { "to", "string?", "the other number; nil for a flow or a stream" },
  { "began", "number", "epoch seconds: not sent before" },
  { "latest", "number?", "epoch seconds: not sent later; default 60 s after began" },
  { "time_limit", "number?", "seconds, as it asked for; default 14400" },
  { "ring_timeout", "number?", "seconds, as it asked for; default 60" },
}

--- What reconcile answers: { name, type, about }.
reconcile.answer_rows = {
  { "state", "\"placed\"|\"ambiguous\"|\"unknown\"|\"not_placed\"", "what became of the dial" },
  { "reference", "string?", "the dial's own name" },
  { "call", "exotel.call?", "where it was placed: the call" },
  { "candidates", "exotel.call[]?", "where it is ambiguous: the calls that may be it" },
  { "ask_again_at", "integer?", "where it is unknown: epoch seconds" },
}

-- What else stands in the request that before_dial gets.
local others = { operation = true, method = true, dials = true, mode = true, url = true,
                 headers = true, body = true, custom_field = true }

local type_of, names = {}, {}
for index, row in ipairs(reconcile.rows) do
  type_of[row[1]], names[index] = row[2]:gsub("%?$", ""), row[1]
end

local function wrong_in(given)
  for name, value in pairs(given) do
    local wanted = type_of[name]
    if not wanted and not others[name] then
      return ("option '%s' is not known%s"):format(tostring(name),
        errors.did_you_mean(name, names))
    end
    if wanted and type(value) ~= wanted then
      return ("option '%s' wants a %s, got a %s"):format(name, wanted, type(value))
    end
  end
end

local function invalid(field, reason, message)
  return errors.invalid("reconcile", field, reason, message)
end

local function read_number(given, field)
  if given[field] == nil then return nil end
  local number, wrong = core.phone(given[field])
  if number then return number end
  return invalid(field, "phone", ("%s %s"):format(field, wrong))
end

local function is_finite(value)
  return value == value and math.abs(value) < math.huge
end

--- The dial that a table tells of, whole; or nil and the error.
function reconcile.read(given)
  local wrong = wrong_in(given)
  if wrong then return errors.misuse("exotel.reconcile: " .. wrong) end
  if given.from == nil then return invalid("from", "missing", "from is missing") end
  local from, err = read_number(given, "from")
  if not from then return nil, err end
  local to
  to, err = read_number(given, "to")
  if err then return nil, err end
  if given.began == nil then
    return invalid("began", "missing", "nothing says when the dial began")
  end
  for _, name in ipairs { "began", "latest", "time_limit", "ring_timeout" } do
    if given[name] and not (is_finite(given[name]) and given[name] >= 0) then
      return invalid(name, "range", name .. " is no number of seconds")
    end
  end
  return {
    reference = given.reference, from = from, to = to, began = given.began,
    latest = math.max(given.latest or given.began + LEAVES, given.began),
    time_limit = given.time_limit, ring_timeout = given.ring_timeout,
  }
end

-- }=================================================================

-- {=================================================================
-- Time
-- ==================================================================

local function minute_of(epoch)
  return math.floor(epoch / MINUTE)
end

--- The first and the last second in which the dial's call may have been created, whole minutes:
--- those in which it may have left, and one on either side, since clocks differ.
function reconcile.window(dial)
  return (minute_of(dial.began) - 1) * MINUTE, (minute_of(dial.latest) + 2) * MINUTE - 1
end

--- The seconds in which a call of a dial has ended, however long it rang and was talked, and the
--- service knows. dial: its time_limit and ring_timeout, where it has them.
function reconcile.longest(dial)
  return (dial.time_limit or TIME_LIMIT) + 2 * (dial.ring_timeout or RINGING) + SPARE
end

--- When that is over.
function reconcile.settled_at(dial)
  return math.ceil(dial.latest + reconcile.longest(dial))
end

--- When it is worth asking again. The older the dial, the longer it is likely to take: half as
--- long as it has taken.
function reconcile.ask_again_at(dial, now)
  local pause = math.max(SOONEST, (now - dial.began) / 2)
  return math.min(math.ceil(now + pause), reconcile.settled_at(dial))
end

-- }=================================================================

-- {=================================================================
-- Candidates
-- ==================================================================

local function digits_of(number)
  return (number:gsub("%D", ""):gsub("^0+", ""))
end

-- +91 98765 43210, 09876543210 and 9876543210 are one phone. A number without its country may be
-- shorter than ten digits; what is no number is compared as it is.
local function same_phone(a, b)
  if a:lower() == b:lower() then return true end
  if a:find "%a" or b:find "%a" then return false end
  a, b = digits_of(a), digits_of(b)
  local n = math.min(#a, #b, DIGITS)
  return n >= FEWEST and a:sub(-n) == b:sub(-n)
end

local function rings(number, asked)
  return asked == nil or type(number) == "string" and same_phone(number, asked)
end

--- Whether a call may be the dial's. offset: the zone of the service's times, in seconds.
function reconcile.is_candidate(dial, call, offset)
  if type(call.direction) == "string" and call.direction:find "^in" then return false end
  if not rings(call.from, dial.from) or not rings(call.to, dial.to) then return false end
  local created = type(call.date_created) == "string" and core.time(call.date_created, offset)
  if not created then return true end -- the service says that it is of that time
  local first, last = reconcile.window(dial)
  return created >= first and created <= last
end

-- }=================================================================

-- {=================================================================
-- Calls that are known
-- ==================================================================

--- What remembers the dials that calls came from, by their SIDs; for some hours, and no longer.
function reconcile.memory()
  return { young = {}, old = {}, since = -math.huge }
end

--- now: seconds on a clock that never goes back.
function reconcile.remember(memory, sid, reference, now)
  if now - memory.since > KEPT then
    memory.old, memory.young, memory.since = memory.young, {}, now
  end
  memory.young[sid] = reference
end

--- The reference of the dial that a call came from, or nil.
function reconcile.owner(memory, sid)
  return memory.young[sid] or memory.old[sid]
end

-- }=================================================================

-- Those that are no other dial's; or the one that is known to be this one's.
local function free_of(dial, candidates, owner)
  local list = {}
  for _, call in ipairs(candidates) do
    local other = owner(call.sid)
    if other ~= nil and other == dial.reference then return { call } end
    if other == nil then list[#list + 1] = call end
  end
  return list
end

--- What became of the dial: { state, reference } with `call` where state is "placed",
--- `candidates` where it is "ambiguous", `ask_again_at` where it is "unknown", and nothing more
--- where it is "not_placed". candidates: the calls that may be its, all that there were at
--- `now`. owner: a function that gives the reference of the dial that a SID is known to be of,
--- or true for one of which no more is known, or nil.
function reconcile.decide(dial, candidates, owner, now)
  local list = free_of(dial, candidates, owner)
  local found = { reference = dial.reference }
  if #list == 1 then
    found.state, found.call = "placed", list[1]
  elseif #list > 1 then
    found.state, found.candidates = "ambiguous", list
  elseif now >= reconcile.settled_at(dial) then
    found.state = "not_placed"
  else
    found.state, found.ask_again_at = "unknown", reconcile.ask_again_at(dial, now)
  end
  return found
end

return reconcile
