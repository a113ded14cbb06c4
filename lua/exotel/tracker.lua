-- tracker: what became of every call, each handed out once it is settled.
--
--   local tracker = require("exotel.tracker").new { store = store }
--   local client = exotel.client { tracker = tracker }      -- its dials are followed
--   … tracker:heard(event) …                                -- in the handler of webhooks
--   local pause = exotel.assert(tracker:poll(client))       -- asks Call Details where it is due
--   local call, err = tracker:take()                        -- a settled call, or false
--   if call then … tracker:done(call) end
--
-- A dial is written down before it leaves, and so is found again when the program ends before its
-- answer, or nobody knows its outcome: the service is asked for it. A call is looked up when no
-- webhook tells of it, and when Price and Duration should be there. What is known stands in a
-- store, which any number of processes share: of memory, ngx.shared or Redis.
--
-- A call is handed out under a lease, to one at a time. Who ends, or takes too long, before
-- tracker:done has it handed out again, marked `again`.
--
-- Nothing here waits or sends by itself: poll asks by the client that it is given.
--
-- SPDX-License-Identifier: MIT

local asking = require "exotel.tracker.asking"
local books = require "exotel.tracker.book"
local compat = require "exotel.compat"
local entries = require "exotel.tracker.entries"
local errors = require "exotel.errors"
local given = require "exotel.given"
local life = require "exotel.tracker.life"
local nginx = require "exotel.nginx"
local records = require "exotel.records"

local tracker = {}

local MOST = 20 -- calls that one poll asks about

-- {=================================================================
-- Settings
-- ==================================================================

local DAY = 86400 -- seconds

local function at_most_a_day(value)
  return type(value) == "number" and value > 0 and value <= DAY
end

local function days(value)
  return type(value) == "number" and value >= DAY and value <= 366 * DAY
end

local function is_store(value)
  if type(value) ~= "table" then return false end
  for _, name in ipairs { "add", "get", "swap", "lease", "renew", "release" } do
    if type(value[name]) ~= "function" then return false end
  end
  return true
end

local function is_name(value)
  return type(value) == "string" and value:find "^[%w._-]+$" ~= nil and #value <= 32
end

--- The settings: rows of given.lua.
tracker.settings = {
  { "store", "table", "where it is kept what is known: docs/store.md", "a store", is_store, nil,
    true },
  { "name", "string", "tells trackers apart that share a store, as those of two accounts",
    "a name of at most 32 letters, digits, dots and dashes", is_name, "calls" },
  { "hold", "number", "seconds that a settled call is left to who has taken it",
    "a number above 0, at most a day", at_most_a_day, 60 },
  { "first", "number", "seconds after a dial until the service is asked about the call, when "
      .. "nothing was heard of it", "a number above 0, at most a day", at_most_a_day, 60 },
  { "longest", "number", "seconds from one such question to the next, at most",
    "a number above 0, at most a day", at_most_a_day, 600 },
  { "price_after", "number", "seconds from a call's end until Price and Duration are asked for",
    "a number above 0, at most a day", at_most_a_day, life.PRICE_AFTER },
  { "keep", "number", "seconds that a call is kept when nothing happens to it, also when nobody "
      .. "takes it", "seconds from a day to a year", days, 7 * DAY },
  { "remember", "number", "seconds for which a call that is done isn't followed again",
    "seconds from a day to a year", days, DAY },
  { "now", "fun(): number", "epoch seconds, instead of this host's clock", "a function",
    function(value) return type(value) == "function" end },
}

--- What stands in what is handed out, beside the fields of a call: { name, type, about }.
tracker.handed = {
  { "settled", "\"complete\"|\"ended\"|\"lost\"|\"not_placed\"|\"ambiguous\"",
    "complete: it has its price and duration, or had its time to get them; ended: they never came;"
      .. " lost: nobody knows of its end. Of a dial without a call: not_placed; or ambiguous, when"
      .. " several may be its" },
  { "reference", "string?", "the dial's own name" },
  { "again", "true?", "it was handed out before, and may have been dealt with" },
  { "candidates", "string[]?", "of an ambiguous dial: the SIDs of the calls that may be its" },
}

-- }=================================================================

local get_state, set_state = compat.aside()

local methods = {}
local metatable = { __name = "exotel.tracker", __index = methods }

function metatable.__tostring(self)
  return "exotel.tracker: " .. get_state(self).name
end

-- {=================================================================
-- What a client tells
-- ==================================================================

--- For a client: a dial is about to leave. Its reference, and its request as before_dial is given
--- it. True when it may leave; or false or nil, and why it mustn't.
function methods:begins(reference, request)
  errors.check_self(self, metatable)
  return entries.write_down(get_state(self), reference, request)
end

--- For a client: a dial that began came to a call, or to nil and an error. True; or nil and an
--- error of the store, which loses nothing: the service will be asked about the dial. Or nil and
--- why it won't.
function methods:ended(reference, call, err)
  errors.check_self(self, metatable)
  local state = get_state(self)
  if not call and err.outcome ~= "unknown" then return entries.forget(state, reference) end
  if not (call and call.sid) then return entries.is_known(state, reference) end
  local done, why = entries.learn(state, call.sid, function(entry, now)
    entry.reference = reference
    life.read(entry, call, now)
  end)
  if not done then return nil, why end
  return entries.found(state, reference, call.sid)
end

-- }=================================================================

-- {=================================================================
-- News
-- ==================================================================

--- A webhook's event. True; false when it says nothing of a call's state, as what an applet asks;
--- or nil and an error of the store, and then the event should come again. A call that nobody has
--- told of is followed from then on.
---@param event exotel.event
---@return boolean? heard
---@return exotel.error? err
methods.heard = errors.expose(function(self, event)
  if type(event) ~= "table" then
    return errors.misuse(("tracker:heard wants an event, got a %s"):format(type(event)))
  end
  if not life.tells(event) then return false end
  local state, sid, reference = get_state(self), event.call_sid, entries.reference_in(event)
  local done, err = entries.learn(state, sid, function(entry, now)
    entry.reference = entry.reference or reference
    life.hear(entry, event, now)
  end)
  if done and reference then return entries.found(state, reference, sid) end
  return done, err
end, metatable)

--- Follows a call that was placed elsewhere, or came in: a record, an event or a SID. True, or nil
--- and an error of the store.
---@param call exotel.call|exotel.event|string
---@return boolean? follows
---@return exotel.error? err
methods.follow = errors.expose(function(self, call)
  local sid = type(call) == "table" and (call.sid or call.call_sid) or call
  if not life.is_sid(sid) then
    return errors.misuse("tracker:follow wants a call, an event or a SID")
  end
  if type(call) == "table" and call.call_sid then return self:heard(call) end
  local state = get_state(self)
  return entries.learn(state, sid, function(entry, now)
    if type(call) == "table" then life.read(entry, call, now) end
  end)
end, metatable)

--- Follows a call no more: it is neither asked about nor handed out, and what comes late doesn't
--- change that for `remember` seconds. call: a record, an event or a SID. True; false when it isn't
--- followed, or is done; or nil and an error of the store.
---@param call exotel.call|exotel.event|string
---@return boolean? followed
---@return exotel.error? err
methods.unfollow = errors.expose(function(self, call)
  local sid = type(call) == "table" and (call.sid or call.call_sid) or call
  if not life.is_sid(sid) then
    return errors.misuse("tracker:unfollow wants a call, an event or a SID")
  end
  return entries.close(get_state(self), sid)
end, metatable)

-- }=================================================================

-- {=================================================================
-- Asking
-- ==================================================================

--- Asks the service about the calls of which that is due, by a client of their account: of at most
--- `most` of them, 20 unless it is given. Returns the seconds after which to call it again; or nil
--- and an error, of the store, or when the account is refused. Calls that can't be asked about are
--- asked about later. Where the service refuses to tell of one, the others are asked about all the
--- same, and then the error has its SID in `err.call.sid`, or a dial's name in `err.reference`. Any
--- number of processes may do this at a time: none asks what another is asking.
---@param client exotel.client
---@param most? integer
---@return number? pause
---@return exotel.error? err
methods.poll = errors.expose(function(self, client, most)
  if type(client) ~= "table" or type(client.call_details) ~= "function" then
    return errors.misuse("tracker:poll wants a client, got a " .. type(client))
  end
  if most ~= nil and not (type(most) == "number" and most >= 1) then
    return errors.misuse "tracker:poll: most wants a number of calls, at least 1"
  end
  return asking.poll(get_state(self), client, most or MOST)
end, metatable)

-- }=================================================================

-- {=================================================================
-- Handing out
-- ==================================================================

-- What is handed out of an entry: the call, or the dial that has none.
local function handed_out(id, entry)
  local call = entry.call or { from = entry.from, to = entry.to, candidates = entry.candidates }
  call.settled, call.reference = entry.settled, entry.reference or entries.reference_of(id)
  call.again = entry.handed > 1 or nil
  return setmetatable(call, records.metatables.tracked)
end

-- Marks an entry as handed out once more: what is handed out; false where it isn't to be; or nil
-- and an error. Its line changes too, so that the index is kept for as long as the entry.
local function mark(self, id)
  local marked
  local done, err = entries.revise(self, id, function(entry)
    marked = entry and entry.step == "hand" and entry
    if not marked then return entries.SAME end
    entry.handed, entry.due = (entry.handed or 0) + 1, self.now()
    return entry
  end)
  if not done then return nil, err end
  if marked then return handed_out(id, marked) end
  done, err = self.book:align(id)
  return done and false, err
end

-- One that is settled, for as long as `hold` from now: or false, or nil and an error. Who was so
-- slow that the lease was over by then has nothing.
local function take_one(self, line)
  local token, err = self.book:lease("hand", line.id, self.hold)
  if not token then return token, err end
  local call, renewed
  call, err = mark(self, line.id)
  if call then
    renewed, err = self.book:renew("hand", line.id, token, self.hold)
    call = renewed and call
  end
  if not call then
    self.book:release("hand", line.id, token)
    return call, err
  end
  self.held[call] = { id = line.id, token = token }
  return call
end

-- The first of the lines that were found ready that is still to be had; false when none is.
local function take_ready(self)
  local line = table.remove(self.ready)
  while line do
    local call, err = take_one(self, line)
    if call or call == nil then return call, err end
    line = table.remove(self.ready)
  end
  return false
end

--- The next settled call, which its taker alone has for `hold` seconds; false when there is none;
--- or nil and an error of the store. It is a record with more fields. `settled` is "complete";
--- "ended", when Price or Duration never came; "lost", when nobody knows of its end; and of a dial
--- without a call "not_placed", or "ambiguous" with the SIDs of its `candidates`. `reference` is
--- the dial's own name. `again` is true when it was handed out before, and may have been dealt
--- with.
---@return exotel.tracked|false|nil call
---@return exotel.error? err
methods.take = errors.expose(function(self)
  local state = get_state(self)
  local call, err = take_ready(state)
  if call or call == nil then return call, err end
  local lines
  lines, err = state.book:lines()
  if not lines then return nil, err end
  for _, line in ipairs(lines) do
    if line.step == "hand" then state.ready[#state.ready + 1] = line end
  end
  return take_ready(state)
end, metatable)

local function held_of(self, name, call)
  local held = type(call) == "table" and get_state(self).held[call]
  if held then return held end
  return errors.misuse(("tracker:%s wants a call that tracker:take returned"):format(name))
end

--- The call is dealt with, and not handed out any more. True; false when it took longer than
--- `hold`, and another may have it, or have dealt with it; or nil and an error of the store: it may
--- be tried again.
---@param call exotel.tracked
---@return boolean? done
---@return exotel.error? err
methods.done = errors.expose(function(self, call)
  local held, err = held_of(self, "done", call)
  if not held then return nil, err end
  local state = get_state(self)
  local renewed
  renewed, err = state.book:renew("hand", held.id, held.token, state.hold)
  if not renewed then return renewed, err end
  local done
  done, err = entries.close(state, held.id, "hand")
  if done == nil then return nil, err end
  state.held[call] = nil
  state.book:release("hand", held.id, held.token)
  return true
end, metatable)

--- Who takes longer than `hold` keeps the call for so many seconds from now. True; false when it is
--- too late; or nil and an error of the store.
---@param call exotel.tracked
---@param seconds? number
---@return boolean? renewed
---@return exotel.error? err
methods.renew = errors.expose(function(self, call, seconds)
  local held, err = held_of(self, "renew", call)
  if not held then return nil, err end
  if seconds ~= nil and not at_most_a_day(seconds) then
    return errors.misuse "tracker:renew wants seconds above 0, at most a day"
  end
  local state = get_state(self)
  return state.book:renew("hand", held.id, held.token, seconds or state.hold)
end, metatable)

-- }=================================================================

-- {=================================================================
-- Looking
-- ==================================================================

--- What is known of a call so far: a record, with `settled` where it is; false when it isn't
--- followed, or is done; or nil and an error of the store.
---@param sid string|exotel.call|exotel.event
---@return exotel.tracked|false|nil call
---@return exotel.error? err
methods.known = errors.expose(function(self, sid)
  if type(sid) == "table" then sid = sid.sid or sid.call_sid end
  if type(sid) ~= "string" then return errors.misuse "tracker:known wants a call or a SID" end
  if not life.is_sid(sid) then return false end
  local entry, _, err = get_state(self).book:get(sid)
  if err then return nil, err end
  if not entry or not entry.call then return false end
  entry.call.settled, entry.call.reference = entry.settled, entry.reference
  return setmetatable(entry.call, records.metatables.tracked)
end, metatable)

--- How many calls and dials are open: `going`, that the service is asked about in time, and
--- `settled`, to be taken; or nil and an error of the store.
---@return { going: integer, settled: integer }? counts
---@return exotel.error? err
methods.counts = errors.expose(function(self)
  local lines, err = get_state(self).book:lines()
  if not lines then return nil, err end
  local counts = { going = 0, settled = 0 }
  for _, line in ipairs(lines) do
    local what = line.step == "hand" and "settled" or "going"
    counts[what] = counts[what] + 1
  end
  return counts
end, metatable)

-- }=================================================================

local function clock()
  if nginx.api then return nginx.api.now end
  local found_sys, sys = pcall(require, "exotel.sys")
  return found_sys and sys.time or type(os) == "table" and os.time or nil
end

--- A tracker of these settings. Those of one name over one store are one, in any number of
--- processes.
---@param settings exotel.tracker.settings
---@return exotel.tracker tracker
tracker.new = errors.expose(function(settings)
  local state, err = given.read("exotel.tracker.new", tracker.settings, settings)
  if not state then return nil, err end
  state.now = state.now or clock()
  if not state.now then
    return errors.misuse "exotel.tracker.new: this state has no clock: give now"
  end
  state.book = books.new(state.store, "tracker " .. state.name, state.keep, state.remember)
  state.pace = { first = state.first, share = 0.5, least = math.min(state.first, state.longest),
                 most = state.longest }
  state.ready = {}
  state.held = setmetatable({}, { __mode = "k" })
  local self = setmetatable({}, metatable)
  set_state(self, state)
  return self
end)

return tracker
