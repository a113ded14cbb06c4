-- chaos/takers: those who take settled calls from a tracker and deal with them; some of them die
-- before they are done, or take too long. What each was handed is noted in a ledger.
--
-- SPDX-License-Identifier: MIT

local takers = {}
takers.__index = takers

takers.HOLD = 60                    -- seconds of the sandbox that a call is left to its taker
local DIES, LATE, RENEWS = 0.03, 0.03, 0.03 -- of all that are taken
local RENEW_AFTER, RENEWED = 20, 90 -- seconds
local TRIES = 20                    -- where the store fails

-- {=================================================================
-- The ledger
-- ==================================================================

local ledger = {}
ledger.__index = ledger

--- notes: by the SID of a call, or "dial " and the reference of one that has none, how often it was
--- taken and done, until when its last taker had it, and what that one was handed.
function takers.ledger()
  return setmetatable({
    notes = {}, taken = 0, again = 0, unmarked = 0, early = 0, shared = 0, after_done = 0,
    died = 0, too_late = 0, outlived = 0, renewed = 0, not_renewed = 0, failed = 0,
  }, ledger)
end

function ledger:count(what, holds)
  if holds then self[what] = self[what] + 1 end
end

function ledger:take(call, now)
  local id = call.sid or "dial " .. tostring(call.reference)
  local note = self.notes[id] or { taken = 0, done = 0, ends = -math.huge }
  self.notes[id] = note
  self.taken = self.taken + 1
  self:count("again", note.taken > 0)
  self:count("unmarked", note.taken > 0 and not call.again)
  self:count("early", note.taken == 0 and call.again)
  self:count("shared", note.done == 0 and now < note.ends)
  self:count("after_done", note.done > 0)
  note.taken, note.ends, note.call = note.taken + 1, now + takers.HOLD, call
  return note
end

-- }=================================================================

--- A taker, which stands for processes that come and go. new_tracker: a function that gives one, as
--- each process has one of its own; clock: a function.
function takers.new(new_tracker, notes, dice, clock)
  return setmetatable({ new_tracker = new_tracker, tracker = new_tracker(), ledger = notes,
                        dice = dice, clock = clock, kept = {} }, takers)
end

-- What a method of a tracker returns, once the store is there.
local function insist(tracker, name, ...)
  for _ = 1, TRIES do
    local result = tracker[name](tracker, ...)
    if result ~= nil then return result end
  end
end

-- one: { tracker, call, note }, something that was taken. Whether it could still be done.
local function finish(one)
  local done = insist(one.tracker, "done", one.call)
  if done then one.note.done = one.note.done + 1 end
  return done
end

-- As a process that is killed: the next one has a tracker of its own.
local function die(self)
  self.ledger:count("died", true)
  self.tracker = self.new_tracker()
end

-- Its lease is over when it is done: it must not count.
local function finish_late(self, one)
  one.over = true
  self.ledger:count("too_late", true)
  self.ledger:count("outlived", finish(one))
end

local function finish_renewed(self, one)
  one.over = true
  self.ledger:count("not_renewed", not finish(one))
end

local function renew(self, one)
  local renewed = insist(one.tracker, "renew", one.call, RENEWED)
  self.ledger:count(renewed and "renewed" or "not_renewed", true)
  one.note.ends = self.clock() + RENEWED
  one.at, one.next = one.taken + takers.HOLD + 5, finish_renewed
end

local function keep(self, one, seconds, next)
  one.at, one.next = one.taken + seconds, next
  table.insert(self.kept, one)
end

local function deal(self, call)
  local share, now = self.dice:share(), self.clock()
  local one = { tracker = self.tracker, call = call, taken = now,
                note = self.ledger:take(call, now) }
  if share < DIES then
    die(self)
  elseif share < DIES + LATE then
    keep(self, one, takers.HOLD + 5, finish_late)
  elseif share < DIES + LATE + RENEWS then
    keep(self, one, RENEW_AFTER, renew)
  else
    self.ledger:count("failed", not finish(one))
  end
end

local function go_on(self)
  local list = self.kept
  self.kept = {}
  for _, one in ipairs(list) do
    if self.clock() >= one.at then one.next(self, one) end
    if not one.over then table.insert(self.kept, one) end
  end
end

--- Takes all that there is, and goes on with what it has kept.
function takers:work()
  go_on(self)
  local call = self.tracker:take()
  while call do
    deal(self, call)
    call = self.tracker:take()
  end
end

--- Whether it has calls that it will go on with.
function takers:is_busy()
  return #self.kept > 0
end

return takers
