-- exotel.tracker over processes that end in the middle of anything, and over several at a time:
-- nothing is forgotten, nobody has what another has, and each call is done once.
--
-- Processes are coroutines here, so that each can be ended at each single operation of its store,
-- and any two can meet between any two of them. Real ones are in spec/redis/tracker_spec.lua.
--
-- SPDX-License-Identifier: MIT

local dice = require "exotel.dice"
local lua = require "spec.support.lua"
local memory = require "exotel.store.memory"
local scripted = require "spec.support.scripted_service"
local trackers = require "exotel.tracker"

local SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
local START, HOLD = 1795000000, 60
local FROM, TO = "+919876543210", "+919123456789"

local now, store

before_each(function()
  now = START
  store = memory.new { now = function() return now end }
end)

-- A tracker of one process: `meet` is called before and after each operation of its store.
local function tracker_of(meet)
  local through = {}
  for _, name in ipairs { "add", "get", "swap", "lease", "renew", "release" } do
    through[name] = function(_, ...)
      meet(name)
      local told = lua.pack(store[name](store, ...))
      meet(name)
      return lua.unpack(told, 1, told.n)
    end
  end
  return trackers.new { store = through, hold = HOLD, now = function() return now end }
end

local function nothing() end

-- Polls until nothing is open, and deals with all that can be taken.
local function finish(tracker, client, seen)
  for _ = 1, 200 do
    local pause = assert(tracker:poll(client))
    local call = assert(tracker:take() or {})
    while call.settled do
      seen(call)
      assert.is_true(tracker:done(call))
      call = tracker:take() or {}
    end
    local counts = assert(tracker:counts())
    if counts.going + counts.settled == 0 then return end
    now = now + math.max(pause, 1)
  end
  error "something stays open"
end

describe("a process that ends", function()
  -- The life of a dial, as a process that does all of it lives it. log: what it has seen done.
  local function life(tracker, client, log)
    assert(tracker:begins("one", { began = now, latest = now + 10, from = FROM, to = TO }))
    log.sent = true
    assert(tracker:ended("one", scripted.going(SID)))
    now = now + 70
    assert(tracker:poll(client))
    now = now + 10
    assert(tracker:heard(scripted.event(SID, { kind = "answered", final = false,
                                               status = "in-progress" })))
    assert(tracker:heard(scripted.event(SID, { custom_field = "one" })))
    now = now + 130
    assert(tracker:poll(client))
    local call = assert(tracker:take())
    log.taken = call.sid
    assert(tracker:done(call))
    log.done = true
    assert.is_false(tracker:take())
  end

  -- The service: it placed the call if the dial was sent.
  local function service(log)
    local client = scripted.new({ [SID] = { scripted.going(SID), scripted.ended(SID) } })
    function client.reconcile()
      if log.sent then return { state = "placed", call = scripted.ended(SID) } end
      return { state = "not_placed" }
    end
    return client
  end

  -- Lives until the n-th operation; whether that came.
  local function live_until(n, log, client)
    local count, killed = 0, {}
    local tracker = tracker_of(function()
      count = count + 1
      if count == n then error(killed, 0) end
    end)
    local ran, raised = pcall(life, tracker, client, log)
    if not ran and raised ~= killed then error(raised, 0) end
    return not ran
  end

  it("at any operation of its store leaves nothing forgotten, and marks what was handed out",
  function()
    local n, ended = 0, true
    while ended do
      n = n + 1
      store = memory.new { now = function() return now end }
      local log, handed = {}, {}
      local client = service(log)
      ended = live_until(n, log, client)
      now = now + HOLD + 1
      finish(tracker_of(nothing), client, function(call) handed[#handed + 1] = call end)
      local place = ("ended at operation %d"):format(n)
      if log.done then
        assert.equal(0, #handed, place)
      elseif log.taken then -- it may have ended behind the last thing that it had to do
        assert.is_true(#handed <= 1, place)
        if handed[1] then assert.same({ SID, true }, { handed[1].sid, handed[1].again }, place) end
      elseif log.sent then
        assert.equal(1, #handed, place)
        assert.same({ SID, "complete" }, { handed[1].sid, handed[1].settled }, place)
      else -- the dial never left, and may have been written down
        assert.is_true(#handed == 0 or handed[1].settled == "not_placed", place)
      end
    end
    assert.is_true(n > 100, n) -- there were so many
  end)

  it("is followed by others at each of these places, and each of them may end as well", function()
    local n, ended = 0, true
    while ended do
      n = n + 7
      local log, handed = {}, {}
      local client = service(log)
      store = memory.new { now = function() return now end }
      ended = live_until(n, log, client)
      for m = 1, 60, 7 do
        now = now + HOLD + 1
        local count, killed = 0, {}
        local tracker = tracker_of(function()
          count = count + 1
          if count == m then error(killed, 0) end
        end)
        local ran, raised = pcall(finish, tracker, client, nothing)
        if not ran and raised ~= killed then error(raised, 0) end
      end
      now = now + HOLD + 1
      finish(tracker_of(nothing), client, function(call) handed[#handed + 1] = call end)
      assert.is_true(#handed <= 1)
    end
  end)
end)

describe("two processes that change one call", function()
  -- The one hears an event, and at its n-th operation the other reads how the call has ended.
  local function meet_anywhere(begin)
    local n, met = 0, true
    while met do
      n = n + 1
      store = memory.new { now = function() return now end }
      local other, count = tracker_of(nothing), 0
      begin(other)
      met = false
      local one = tracker_of(function()
        count = count + 1
        if count ~= n then return end
        met = true
        assert.is_true(other:follow(scripted.ended(SID)))
      end)
      assert.is_true(one:heard(scripted.event(SID)))
      if met then assert.equal(SID, (other:take() or {}).sid, n) end
    end
    assert.is_true(n > 10, n)
  end

  it("leave the index as the call is, wherever they meet", function()
    meet_anywhere(function(tracker) tracker:follow(SID) end)
  end)

  it("and so when both find it new", function()
    meet_anywhere(nothing)
  end)
end)

describe("a process that is slow to take a call", function()
  it("hasn't it where another was given it meanwhile, at whatever operation it stood still",
  function()
    local n, met = -1, true
    while met do
      n, met = n + 2, false -- in front of each operation
      store = memory.new { now = function() return now end }
      local other, count, given = tracker_of(nothing), 0, nil
      other:follow(scripted.ended(SID))
      local one = tracker_of(function()
        count = count + 1
        if count ~= n then return end
        met, now = true, now + HOLD + 1
        given = other:take()
      end)
      local call = one:take()
      assert.is_true((call and call.sid or given and given.sid) == SID, n)
      assert.is_false(call and given and true or false, n)
    end
    assert.is_true(n > 20, n)
  end)
end)

describe("several processes at a time", function()
  local CALLS, WORKERS = 6, 4

  -- What all of them have seen, and what must be true of it.
  local function new_log()
    local log = { has = {}, done = {}, handed = 0 }
    -- began: before it asked for the call; its lease isn't older.
    function log.take(call, began)
      local other = log.has[call.sid]
      assert(not log.done[call.sid], "handed out though it was done")
      assert(not other or other.till <= now, "two have it")
      assert(not other or call.again, "it was handed out before, and isn't marked")
      log.has[call.sid] = { till = began + HOLD }
      log.handed = log.handed + 1
    end
    function log.finish(call, done)
      if not done then return end
      assert(not log.done[call.sid], "done twice")
      log.done[call.sid] = true
    end
    return log
  end

  local function sid_of(index) return ("%032d"):format(index) end

  -- What one of them does, as chance has it.
  local function act(tracker, client, random, log)
    local chance, sid = random:share(), sid_of(1 + math.floor(random:share() * CALLS))
    if chance < 0.3 then
      assert(tracker:heard(scripted.event(sid, { custom_field = "dial-" .. sid })))
    elseif chance < 0.4 then
      assert(tracker:heard(scripted.event(sid, { kind = "answered", final = false,
                                                 status = "in-progress" })))
    elseif chance < 0.7 then
      assert(tracker:poll(client, 2))
    else
      local began, call = now, tracker:take()
      if call then
        log.take(call, began)
        if random:share() < 0.3 then coroutine.yield "long" end
        if random:share() < 0.7 then log.finish(call, tracker:done(call)) end
      end
    end
  end

  local function service()
    local answers = {}
    for index = 1, CALLS do
      answers[sid_of(index)] = { scripted.going(sid_of(index)), scripted.ended(sid_of(index)) }
    end
    return scripted.new(answers)
  end

  local function run(seed)
    local random, log, client = dice.new(seed), new_log(), service()
    now = START
    store = memory.new { now = function() return now end }
    local workers = {}
    local function spawn(worker)
      local tracker = tracker_of(function() coroutine.yield "short" end)
      workers[worker] = coroutine.create(function()
        while true do act(tracker, client, random, log) end
      end)
    end
    for worker = 1, WORKERS do spawn(worker) end
    for _ = 1, 3000 do
      local worker = 1 + math.floor(random:share() * WORKERS)
      local ran, what = coroutine.resume(workers[worker])
      if not ran then error(what, 0) end
      if what == "long" or random:share() < 0.01 then now = now + 31 end
      if random:share() < 0.002 then spawn(worker) end -- it was killed
    end
    now = now + HOLD + 1
    local last = tracker_of(nothing)
    for index = 1, CALLS do last:heard(scripted.event(sid_of(index))) end
    finish(last, client, function(call)
      log.take(call, now)
      log.finish(call, true)
    end)
    for index = 1, CALLS do
      assert(log.has[sid_of(index)], "nobody ever had it")
      assert(last:known(sid_of(index)) == false, "it isn't done, and nobody is handed it")
    end
    return log.handed
  end

  it("never have the same call, and have each done once, however they meet", function()
    local handed = 0
    for seed = 1, 60 do
      local ran, wrong = pcall(run, seed)
      assert.is_true(ran, ("seed %d: %s"):format(seed, tostring(wrong)))
      handed = handed + wrong
    end
    assert.is_true(handed > 60 * CALLS, handed) -- some were handed out again
  end)
end)
