-- limiter: whose turn it is, so that all who share an account stay within its limit of requests
-- in any 60 seconds.
--
--   local limiter = require("exotel.limiter").new {
--     limit = 200, hosts = 4, store = require("exotel.store.redis").new { host = "10.0.0.5" },
--   }
--   local client = exotel.client { limiter = limiter }
--
-- The algorithm is csrc/core/gcra.c, its state an entry of a store, one for each account: a
-- process shares a memory, the workers of an nginx a dictionary, a fleet a Redis. Of a minute's
-- limit some may go at once, the burst; dials find all of it, everything else half of it, so
-- that an export leaves dials their turns.
--
-- Nothing here waits. A turn that can't be had is not kept for anybody: who asks is told when to
-- ask again, or, where that is later than he can wait, that he has none. So nothing is lost with
-- a worker that ends while it waits. Who waits in one process is told a time behind those that
-- wait there already.
--
-- A store that doesn't answer is done without: a share of the limit, without a burst, is then
-- counted here, from one interval later on; once the store answers, it too begins without a
-- burst. So no 60 seconds across that have more than the limit, as long as all lose the store.
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local core = require "exotel.core"
local errors = require "exotel.errors"
local memory = require "exotel.store.memory"
local nginx = require "exotel.nginx"
local settings = require "exotel.settings"

local limiter = {}

--- What a limiter is, where nothing else is said: requests in 60 seconds, seconds, sharers.
limiter.defaults = { limit = 200, max_wait = settings.default "max_wait", hosts = 10 }

local MICROSECONDS = 1e6
local TRIES = 50      -- changes by others, in a row, that one asker meets
local PROBE = 5       -- seconds after which a store that was lost is asked again
local KEPT = 120      -- seconds that a state stays behind its time
local HOLD_MOST = 300 -- seconds: who asks for more is asked again then
local HOLD = 5        -- seconds, where a 429 doesn't say for how long

--- What limiter.new is given: { name, type, lua =, default =, about = }.
limiter.options = {
  { "limit", "number", lua = "integer", default = limiter.defaults.limit,
    about = "the requests in any 60 seconds, 2 to 100000" },
  { "burst", "number", lua = "integer",
    about = "how many of them may go at once, half of the limit at most; without it a tenth" },
  { "store", "table", lua = "exotel.store",
    about = "where those who share the limit meet; without it the shared dictionary `exotel` inside"
      .. " nginx, where there is one, else this process's memory" },
  { "max_wait", "number", default = limiter.defaults.max_wait,
    about = "the seconds that a request waits for its turn, at most 86400" },
  { "hosts", "number", lua = "integer", default = limiter.defaults.hosts,
    about = "how many share the store, so that each has its share of the limit while the store is"
      .. " lost: of an nginx with a dictionary `exotel` all workers are one, elsewhere each process"
      .. " is" },
  { "calls", "number", lua = "integer",
    about = "how many may be in progress at once, 1 to 1000, where client:call_ended, or a webhook"
      .. " with the setting `client`, tells of each end; without it any number" },
  { "now", "function", lua = "fun(): number",
    about = "gives seconds, by which delays are counted" },
}

local types = contract.types(limiter.options)

-- {=================================================================
-- Turns in a store
-- ==================================================================

-- The time of day, which hosts that share a store agree on more or less.
local function wall_clock()
  if nginx.api then return nginx.api.now() end
  local found, sys = pcall(require, "exotel.sys")
  if found then return sys.time() end
  if type(os) == "table" and os.time then return os.time() end
  error("exotel.limiter: nothing says what time it is: give the store a function 'now'", 0)
end

local function time_of(store)
  return store.now and store:now() or wall_clock()
end

-- Changes a state: change(before, now) gives the one behind it; or nil and the result; or false,
-- when it can't be read. Returns the result, 0 for a change; or nil and an error.
local function change_state(store, key, change)
  for _ = 1, TRIES do
    local before, err = store:get(key)
    if err then return nil, err end
    local now = time_of(store)
    local after, result = change(before, now)
    if after == false then
      return nil, contract.failure("protocol", "what stands there for the account is none of ours")
    end
    if not after then return result end
    local swapped
    swapped, err = store:swap(key, before, after, tonumber(after) / MICROSECONDS - now + KEPT)
    if swapped then return 0 end
    if err then return nil, err end
  end
  return 1 / TRIES
end

-- 0 for a turn, or the seconds after which to ask again; or nil and an error.
local function take(place, key, class, cost)
  local store, takes_up, tolerance = place.store, place.interval * cost, place.tolerance[class]
  -- What costs more leaves as much of the burst to others.
  tolerance = tolerance - place.interval * (cost - 1)
  if store.acquire then return store:acquire(key, takes_up, tolerance) end
  return change_state(store, key, function(before, now)
    return core.gcra_take(before, now, takes_up, tolerance)
  end)
end

-- Lets nobody have a turn before so many seconds have passed, and then one by one.
local function push(place, key, seconds)
  local ahead = math.ceil(seconds * MICROSECONDS) + place.tolerance.dial
  if place.store.push then return place.store:push(key, ahead) end
  local done, err = change_state(place.store, key, function(before, now)
    return core.gcra_push(before, now, ahead)
  end)
  return done and true, err
end

-- }=================================================================

-- {=================================================================
-- A gate: one account's turns, as one process asks for them
-- ==================================================================

local gate = { __name = "exotel.limiter.gate" }
gate.__index = gate
gate[gate] = true

local function seconds_of(place)
  return place.interval / MICROSECONDS
end

-- The seconds until a time that was so many ahead at most; 0 where it has passed, or the clock was
-- set back.
local function left(till, now, most)
  local seconds = till - now
  return seconds <= most and math.max(seconds, 0) or 0
end

-- A place that was without a count begins without a burst, and not before a 429 is over.
local function begin(self, place, key, now)
  return push(place, key, math.max(seconds_of(place), left(self.held_till, now, HOLD_MOST)))
end

-- From now on the share is counted here.
local function lose(self, now, err)
  if not self.lost then
    self.lost = err
    begin(self, self.share, self.share_key, now)
  end
  self.probe_at = now + PROBE
end

-- Whether the store is asked: one that was lost, now and then.
local function is_there(self, now)
  if not self.lost then return true end
  if left(self.probe_at, now, PROBE) > 0 then return false end
  self.probe_at = now + PROBE
  local done, err = begin(self, self.whole, self.key, now)
  if not done then
    lose(self, now, err)
    return false
  end
  self.lost = nil
  return true
end

local function ask(self, now, class, cost)
  if is_there(self, now) then
    local wait, err = take(self.whole, self.key, class, cost)
    if wait then return wait, seconds_of(self.whole) end
    lose(self, now, err)
  end
  local step = seconds_of(self.share)
  return take(self.share, self.share_key, class, cost) or step, step
end

local function limited(self, wait, most)
  local message = ("no turn within %.3g seconds under the account's limit of %d requests in 60"
    .. " seconds"):format(most, self.limit)
  if self.lost then
    message = ("%s, of which this has a share of one in %d while the store is lost (%s)"):format(
      message, self.hosts, errors.is(self.lost) and self.lost.message or tostring(self.lost))
  end
  return nil, errors.new { kind = "limited", outcome = "not_sent", reason = "rate",
                           retry_after = wait, message = message, attempts = 0 }
end

--- Asks for a turn. Returns 0: it is had, and goes now; or the seconds after which to ask again,
--- and what is then given as `turn`; or nil and an error, kind "limited", whose retry_after says
--- when there may be one. Never waits.
---@param cost integer  1 for a request
---@param most? number  seconds that whoever asks can still wait; default max_wait
---@param class "dial"|"read"
---@param turn? number  nil when it is asked for the first time
---@return number? delay
---@return number|exotel.error? turn
function gate:acquire(cost, most, class, turn)
  errors.check_self(self, gate)
  local now, line = self.now(), self.lines[class]
  most = math.min(most or self.max_wait, self.max_wait)
  local wait, step = 0, seconds_of(self.lost and self.share or self.whole)
  local behind = turn and line.again or math.max(line.first, line.again)
  if behind - now > self.max_wait then behind = now end -- nobody does: the clock was set back
  local others_wait = not turn and behind > now
  if not others_wait then wait, step = ask(self, now, class, cost) end
  if wait == 0 and not others_wait then return 0 end
  -- Those whom others were faster than come before those who ask for the first time.
  local at = math.max(now + wait, behind + step * cost)
  if at - now > most then return limited(self, at - now, most) end
  line[turn and "again" or "first"] = at
  return at - now, at
end

--- The service has answered 429: nobody who shares the store has a turn for so many seconds.
---@param seconds? number  5 where the answer doesn't say, and never more than 300
function gate:hold(seconds)
  errors.check_self(self, gate)
  local now = self.now()
  seconds = math.min(math.max(seconds or HOLD, 0), HOLD_MOST)
  self.held_till = now + math.max(left(self.held_till, now, HOLD_MOST), seconds)
  if is_there(self, now) then
    local done, err = push(self.whole, self.key, seconds)
    if done then return end
    lose(self, now, err)
  end
  push(self.share, self.share_key, seconds)
end

-- }=================================================================

-- {=================================================================
-- Calls in progress
-- ==================================================================

-- Each call has one of so many leases, for as long as it can last: one that nobody gives back ends
-- by itself.
local CALL = 4 * 3600 + 600 -- seconds: the longest time_limit, and ringing
local ASKED = 60            -- seconds, where the store's answer is lost and nobody knows the token

local SID_MAX, REFERENCE_MAX = 64, 128 -- bytes; an event or an answer may name anything

-- What stands in a lease's place where a call's end was heard before its dial was answered; and the
-- seconds for which that is remembered.
local ENDED, ANSWERED = "ended", 300

-- A lease's text is "place slot token". It stands under the SID of the call, or, where nobody knows
-- that, under the reference of the dial.
local function slot_key(self, where, slot)
  return ("call %d of %s"):format(slot, where == "whole" and self.key or self.share_key)
end

local function call_key(sid)
  return "lease of call " .. sid
end

local function dial_key(self, reference)
  return ("lease of dial %s of %s"):format(core.digest(reference), self.key)
end

local function parts_of(lease)
  local where, slot, token = lease:match "^(%l+) (%d+) (%x+)$"
  return where, tonumber(slot), token
end

-- One of the leases of a place; false when all are taken; or nil and an error. Where to begin is
-- left to chance, so that those who share them rarely meet.
local function lease_in(self, where, most)
  local first = math.random(most)
  for offset = 0, most - 1 do
    local slot = (first + offset - 1) % most + 1
    local store, key = self[where].store, slot_key(self, where, slot)
    local token, err = store:lease(key, ASKED)
    if token == nil then return nil, err end
    -- What can't be told here may have been done: the place is used all the same.
    if token and store:renew(key, token, CALL) ~= false then
      return ("%s %d %s"):format(where, slot, token)
    end
  end
  return false
end

--- A dial begins: its lease, or nil and an error of kind "limited" when as many calls as may be are
--- in progress. Where these aren't counted, "".
---@return string? lease
---@return exotel.error? err
function gate:begin_call()
  errors.check_self(self, gate)
  if not self.calls then return "" end
  local now, lease = self.now(), nil
  if is_there(self, now) then
    local err
    lease, err = lease_in(self, "whole", self.calls)
    if err then lose(self, now, err) end
  end
  if lease == nil then
    lease = lease_in(self, "share", math.max(1, math.floor(self.calls / self.hosts)))
  end
  if lease then return lease end
  return nil, errors.new { kind = "limited", outcome = "not_sent", reason = "calls", attempts = 0,
    message = ("%d calls are in progress, and no more may be"):format(self.calls) }
end

--- The dial came to nothing: its lease is given back.
---@param lease string
---@return boolean? given_back
---@return exotel.error? err
function gate:end_call(lease)
  errors.check_self(self, gate)
  local where, slot, token = parts_of(lease)
  if not where then return false end
  return self[where].store:release(slot_key(self, where, slot), token)
end

-- Notes under a key whose a lease is, for so many seconds from now, with which it ends.
local function note(self, lease, key, seconds)
  local where, slot, token = parts_of(lease)
  if not where then return end
  local store = self[where].store
  if seconds then store:renew(slot_key(self, where, slot), token, seconds) end
  if store:add(key, lease, seconds or CALL) == false and store:swap(key, ENDED, nil) then
    self:end_call(lease)
  end
end

--- The dial came to a call: whoever hears of its end, in any process, can give its lease back.
---@param lease string
---@param sid string
---@param seconds? number  in which the call is over; default 15000
function gate:call_began(lease, sid, seconds)
  errors.check_self(self, gate)
  if #sid <= SID_MAX then note(self, lease, call_key(sid), seconds) end
end

--- Nobody knows whether the dial came to a call: whoever hears of the end of one that has its
--- reference can give its lease back.
---@param lease string
---@param reference string
---@param seconds? number  in which the call is over; default 15000
function gate:call_in_doubt(lease, reference, seconds)
  errors.check_self(self, gate)
  note(self, lease, dial_key(self, reference), seconds)
end

-- The lease of a call that is over, which is noted where there is none yet; or nil and an error.
local function lease_of(store, key)
  local lease, err = store:get(key)
  if lease or err then return lease, err end
  local noted
  noted, err = store:add(key, ENDED, ANSWERED)
  if noted or err then return nil, err end
  return store:get(key) -- the dial was answered meanwhile
end

-- Whether there was a lease under a key, which is forgotten only when it was given back, so that
-- whoever comes again finds it; or nil and an error.
local function give_back(self, store, key)
  local lease, err = lease_of(store, key)
  if err then return nil, err end
  if not lease or lease == ENDED then return false end
  local done
  done, err = self:end_call(lease)
  if done ~= nil then done, err = store:swap(key, lease, nil) end
  if done == nil then return nil, err end
  return true
end

-- The same in either place.
local function give_back_either(self, key)
  local found, lost = give_back(self, self.whole.store, key)
  if found then return true end
  local err
  found, err = give_back(self, self.share.store, key)
  if found or not (err or lost) then return found end
  return nil, err or lost
end

--- A call is over, as a terminal event or Call Details say. Safe to call twice. reference: of the
--- dial that it came of, where that is known. Returns true; or nil and an error when the store
--- can't be asked, and then it may be called again.
---@param sid string
---@param reference? string
---@return boolean? done
---@return exotel.error? err
function gate:call_ended(sid, reference)
  errors.check_self(self, gate)
  if not self.calls or #sid > SID_MAX then return true end
  local found, err = give_back_either(self, call_key(sid))
  if found == false and type(reference) == "string" and #reference <= REFERENCE_MAX then
    found, err = give_back_either(self, dial_key(self, reference))
  end
  if found == nil then return nil, err end
  return true
end

-- }=================================================================

-- {=================================================================
-- Limiters
-- ==================================================================

local methods = {}
local metatable = { __name = "exotel.limiter", __index = methods }
methods[metatable] = true

-- On Lua 5.1 a weak table would keep a transport that its clock refers to.
local stores = setmetatable({}, { __mode = "k" })

local function clock_of(transport)
  local held = setmetatable({ transport }, { __mode = "v" })
  return function() return held[1]:now() end
end

local process_store

local function local_store(now)
  local dict = nginx.dictionary()
  if dict and not now then return require("exotel.store.shdict").new(dict) end
  if now then return memory.new { now = now } end
  process_store = process_store or memory.new()
  return process_store
end

-- Tolerances of those who find a burst of so many; 0 wants the account free for an interval.
local function place(store, interval, dials, reads)
  return { store = store, interval = interval,
           tolerance = { dial = (dials - 1) * interval, read = (reads - 1) * interval } }
end

local function whole(name, value, least, most)
  if value % 1 == 0 and value >= least and value <= most then return nil end
  return ("exotel.limiter: %s must be a whole number from %d to %d"):format(name, least, most)
end

-- What is wrong with the numbers, or nil.
local function wrong_in(given)
  local wrong = whole("limit", given.limit, 2, 100000)
    or whole("burst", given.burst, 1, math.floor(given.limit / 2))
    or whole("hosts", given.hosts, 1, given.limit)
    or given.calls and whole("calls", given.calls, 1, 1000)
  if wrong then return wrong end
  if not (given.max_wait >= 0 and given.max_wait <= 86400) then
    return "exotel.limiter: max_wait must be from 0 to 86400"
  end
  for _, name in ipairs(given.calls and { "get", "swap", "add", "lease", "renew", "release" }
    or { "get", "swap" }) do
    if given.store and type(given.store[name]) ~= "function" then
      return ("exotel.limiter: store has no function '%s'"):format(name)
    end
  end
end

local function with_defaults(options)
  local given = {}
  for name, value in pairs(limiter.defaults) do given[name] = value end
  for name, value in pairs(options) do given[name] = value end
  if not options.hosts and given.limit < given.hosts then given.hosts = given.limit end
  given.burst = given.burst or math.max(1, math.floor(given.limit / 10))
  return given
end

--- The turns of one account. A client that is given a limiter calls it once; clients of one
--- account share them.
---@param account string  its SID
---@return exotel.limiter.gate gate
function methods:bind(account)
  errors.check_self(self, metatable)
  local bound = self.gates[account]
  if bound then return bound end
  bound = setmetatable({
    key = "turns of " .. account, share_key = "share of " .. account, now = self.now,
    limit = self.limit, hosts = self.hosts, max_wait = self.max_wait, whole = self.whole,
    share = self.share, calls = self.calls,
    lines = { dial = { first = -math.huge, again = -math.huge },
              read = { first = -math.huge, again = -math.huge } },
    held_till = -math.huge,
  }, gate)
  self.gates[account] = bound
  return bound
end

--- One of an account's calls is over: another may begin, where `calls` caps them. call: a record or
--- an event of it, or its SID. Safe to call again. client:call_ended knows the account, and is what
--- the setting `client` of a webhook calls.
---@param account string
---@param call exotel.call|exotel.event|string
---@return boolean? done
---@return exotel.error? err
methods.call_ended = errors.expose(function(self, account, call)
  local sid = type(call) == "table" and (call.sid or call.call_sid) or call
  if type(sid) ~= "string" then
    return errors.misuse("limiter:call_ended wants a call, an event or a SID, got a " .. type(call))
  end
  local reference = type(call) == "table" and (call.reference or call.custom_field) or nil
  return self:bind(account):call_ended(sid, reference)
end, metatable)

--- A limiter, for the setting `limiter` of clients.
---@param options? exotel.limiter.options
---@return exotel.limiter limiter
limiter.new = errors.expose(function(options)
  local checked, err = contract.options("exotel.limiter", options, types)
  if not checked then return nil, err end
  local given = with_defaults(checked)
  local wrong = wrong_in(given)
  if wrong then return errors.misuse(wrong) end
  local interval = core.gcra_interval(given.limit, given.burst)
  local spare = given.store and local_store(given.now) or memory.new { now = given.now }
  return setmetatable({
    gates = {}, limit = given.limit, hosts = given.hosts, max_wait = given.max_wait,
    calls = given.calls, now = given.now or function() return spare:now() end,
    whole = place(given.store or local_store(given.now), interval, given.burst,
      math.floor(given.burst / 2)),
    share = place(spare, interval * given.hosts, 1, 0),
  }, metatable)
end)

--- The turns of a client's account, by its settings; nil where it has no limit. transport: the
--- user's own, by whose clock the client waits, or nil.
function limiter.of(given, transport)
  local brought, limit = given.limiter, given.limit
  if brought then return brought.bind and brought:bind(given.account_sid) or brought end
  if limit == nil and nginx.dictionary() then limit = limiter.defaults.limit end
  if not limit then return nil end
  local now, store
  if transport then
    now = clock_of(transport)
    store = stores[transport] or memory.new { now = now }
    stores[transport] = store
  end
  return limiter.new({ limit = limit, max_wait = given.max_wait, store = store, now = now })
    :bind(given.account_sid)
end

-- }=================================================================

return limiter
