-- The limiter in virtual time: never more than the limit in any 60 seconds, from many takers, with
-- workers killed, with a store that is lost and found; dials not starved; waiting bounded. And the
-- script of Redis, beside the core's own counting.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local dice = require "exotel.dice"
local errors = require "exotel.errors"
local limiter = require "exotel.limiter"
local lua = require "spec.support.lua"
local memory = require "exotel.store.memory"
local raised = require "spec.support.raised"
local redis = require "exotel.store.redis"
local virtual = require "spec.support.virtual"

local LIMIT, MINUTE = 200, 60
local INTERVAL = MINUTE / 180 -- of a burst of 20

local world, store, random

before_each(function()
  world = virtual.new()
  store = memory.new { now = world.now }
  random = dice.new(7)
end)

-- A gate of a process of its own.
local function gate(options)
  local given = { store = store, now = world.now }
  for name, value in pairs(options or {}) do given[name] = value end
  return limiter.new(given):bind "acme"
end

-- A store that can be lost.
local function losable(inner, state)
  local own = { now = function() return inner:now() end }
  for _, name in ipairs { "get", "swap", "add", "lease", "renew", "release" } do
    own[name] = function(_, ...)
      state.asked = (state.asked or 0) + 1
      if state.gone then
        return nil, errors.new { kind = "store", reason = "unreachable", message = "it is gone" }
      end
      return inner[name](inner, ...)
    end
  end
  return own
end

-- Waits for a turn as a client does. Returns the seconds that it took; or nil and the error.
local function wait_turn(from, class, most)
  local began, turn = world.now(), nil
  while true do
    local delay
    delay, turn = from:acquire(1, most and most - (world.now() - began), class or "dial", turn)
    if not delay then return nil, turn end
    if delay == 0 then return world.now() - began end
    world:sleep(delay)
  end
end

-- The most of the times that lie in 60 seconds, both ends included.
local function most_in_window(times)
  local first, most = 1, 0
  for last = 1, #times do
    while times[last] - times[first] > MINUTE + 1e-6 do first = first + 1 end
    most = math.max(most, last - first + 1)
  end
  return most
end

local function count_between(times, from, to)
  local count = 0
  for _, time in ipairs(times) do
    if time >= from and time < to then count = count + 1 end
  end
  return count
end

-- A worker who takes turns without an end, and says when it has had one.
local function taker(from, times, class, pause)
  return function()
    while true do
      local had, err = wait_turn(from, class)
      if had then times[#times + 1] = world.now() end
      world:sleep(err and err.retry_after or pause and pause() or 0.001)
    end
  end
end

describe("in any 60 seconds there are no more than the limit", function()
  it("from many in one process, who use all of it", function()
    local times, one = {}, gate { max_wait = 120 }
    for _ = 1, 100 do world:spawn(taker(one, times)) end
    world:run(20 * MINUTE)
    local most = most_in_window(times)
    assert.is_true(most <= LIMIT and most >= LIMIT - 1, most)
    assert.is_true(#times >= 20 * 179, #times)
  end)

  it("from crowds that come and go in many processes", function()
    local times = {}
    for _ = 1, 12 do
      local one = gate()
      for _ = 1, 10 do
        local function pause()
          return random:share() < 0.1 and 90 * random:share() or random:share() / 2
        end
        world:spawn(taker(one, times, random:share() < 0.5 and "read" or "dial", pause),
          random:share() * 100)
      end
    end
    world:run(20 * MINUTE)
    local most = most_in_window(times)
    assert.is_true(most <= LIMIT and most > LIMIT - 15, most)
  end)

  it("with workers killed at any time, whose turns others have", function()
    local times, workers = {}, {}
    local function begin()
      local one = gate()
      local crowd = {}
      for index = 1, 8 do crowd[index] = world:spawn(taker(one, times)) end
      workers[#workers + 1] = crowd
    end
    for _ = 1, 6 do begin() end
    world:spawn(function()
      for _ = 1, 400 do
        world:sleep(3 * random:share())
        local crowd = table.remove(workers, 1 + math.floor(random:share() * #workers))
        for _, worker in ipairs(crowd) do world:kill(worker) end
        begin()
      end
    end)
    world:run(10 * MINUTE)
    assert.is_true(most_in_window(times) <= LIMIT)
    assert.is_true(#times > 10 * 175, #times)
  end)

  it("for other limits and bursts", function()
    for _, row in ipairs { { 2, 1 }, { 10, 1 }, { 10, 5 }, { 1000, 500 } } do
      local times = {}
      local one = gate { limit = row[1], burst = row[2], max_wait = 1000,
                         store = memory.new { now = world.now } }
      for _ = 1, 5 do world:spawn(taker(one, times)) end
      world:run(5 * MINUTE)
      assert.is_true(most_in_window(times) <= row[1])
      assert.is_true(most_in_window(times) >= row[1] - 1, row[1])
    end
  end)

  it("for each account", function()
    local one = limiter.new { store = store, now = world.now }
    for index, account in ipairs { "acme", "other" } do
      for _ = 1, 20 do assert.equal(0, (one:bind(account):acquire(1, 0, "dial"))) end
      assert.is_nil((one:bind(account):acquire(1, 0, "dial")), index)
    end
    assert.equal(one:bind "acme", one:bind "acme")
  end)
end)

describe("an export that asks for all there is", function()
  -- 64 readers in each of two processes.
  local function export(reads, options)
    for _ = 1, 2 do
      local one = gate(options)
      for _ = 1, 64 do world:spawn(taker(one, reads, "read")) end
    end
  end

  it("leaves a crowd of dials its turns at once", function()
    local reads, dials, slow = {}, gate(), 0
    export(reads)
    world:run(3 * MINUTE)
    for _ = 1, 9 do
      world:spawn(function() slow = math.max(slow, wait_turn(dials)) end)
    end
    world:run(10)
    assert.equal(0, slow)
    assert.is_true(count_between(reads, 1000, 1180) > 3 * 175)
  end)

  it("goes on with what dials leave it, and stands still while these take all", function()
    local reads, times = {}, {}
    export(reads)
    world:run(2 * MINUTE)
    local from = world.now()
    local one = gate { max_wait = 120 }
    for _ = 1, 30 do world:spawn(taker(one, times, "dial")) end
    world:run(2 * MINUTE)
    assert.is_true(count_between(times, from, from + 120) > 2 * 175)
    assert.is_true(count_between(reads, from, from + 120) <= 2)
  end)

  it("leaves dials their turns under a limit without a burst too", function()
    local reads, slow = {}, 0
    local options = { limit = 10, burst = 1, max_wait = 1000 }
    export(reads, options)
    local one = gate(options)
    world:spawn(function()
      for _ = 1, 20 do
        world:sleep(30 + random:share())
        slow = math.max(slow, wait_turn(one))
      end
    end)
    world:run(12 * MINUTE)
    assert.is_true(slow <= 60 / 9 + 0.01, slow)
    assert.is_true(#reads > 20)
  end)
end)

describe("after a 429", function()
  it("nobody has a turn until then, and then one after the other", function()
    local times, one, other = {}, gate(), gate()
    assert.equal(0, wait_turn(one))
    one:hold(20)
    local from = world.now()
    for _ = 1, 30 do
      world:spawn(taker(one, times))
      world:spawn(taker(other, times, "read"))
    end
    world:run(25)
    assert.equal(0, count_between(times, from, from + 19.99))
    local after = count_between(times, from + 19.99, from + 25)
    assert.is_true(after > 10 and after <= 5 / INTERVAL + 1, after)
  end)

  it("it is shut for no longer than is sane, and for a while when nothing is said", function()
    local one = gate { max_wait = 86400 }
    one:hold()
    assert.equal(5, (one:acquire(1, nil, "dial")))
    one:hold(1)
    one:hold(-5)
    assert.is_true(gate { max_wait = 86400 }:acquire(1, nil, "dial") >= 5)
    one:hold(86400)
    local delay = gate { max_wait = 86400 }:acquire(1, nil, "dial")
    assert.is_true(delay > 299 and delay < 301, delay)
  end)

  it("those who can't wait for it are told when there will be turns", function()
    local one, other = gate(), gate()
    one:hold(90)
    local delay, err = other:acquire(1, nil, "dial")
    assert.is_nil(delay)
    assert.same({ "limited", "not_sent", "rate" }, { err.kind, err.outcome, err.reason })
    assert.is_true(err.retry_after > 89 and err.retry_after < 91)
  end)
end)

describe("waiting", function()
  it("is bounded: who would wait for too long is told at once", function()
    local one, late, waited = gate { max_wait = 10 }, 0, 0
    for _ = 1, 100 do
      world:spawn(function()
        local began = world.now()
        local seconds, err = wait_turn(one)
        if seconds then
          waited = math.max(waited, seconds)
        else
          late = late + 1
          assert.equal(began, world.now())
          assert.is_true(errors.is(err))
          assert.is_true(err.retry_after > 10 and err.retry_after < 11)
          assert.matches("^exotel: no turn within 10 seconds under the account's limit of 200"
            .. " requests in 60 seconds %(limited, not_sent%)$", tostring(err))
        end
      end)
    end
    world:run()
    assert.equal(100 - 20 - 29, late) -- a burst, and 10 seconds of turns
    assert.is_true(waited > 9.6 and waited <= 10, waited)
  end)

  it("is bounded by what the asker has left, too", function()
    local one = gate()
    for _ = 1, 20 do wait_turn(one) end
    assert.is_nil((one:acquire(1, INTERVAL / 2, "dial")))
    assert.is_number((one:acquire(1, INTERVAL * 2, "dial")))
  end)

  it("is in the order in which it began", function()
    local one, order = gate(), {}
    for index = 1, 60 do
      world:spawn(function()
        assert(wait_turn(one))
        order[#order + 1] = index
      end, index / 1000)
    end
    world:run()
    for index = 1, 60 do assert.equal(index, order[index]) end
  end)

  it("is behind who waits already, and the store isn't asked for that", function()
    local state = {}
    local one = gate { store = losable(store, state) }
    for _ = 1, 21 do one:acquire(1, nil, "dial") end
    local before = state.asked
    for index = 2, 10 do
      local delay = one:acquire(1, nil, "dial")
      assert.is_true(math.abs(delay - index * INTERVAL) < 1e-4, delay)
    end
    assert.equal(before, state.asked)
  end)

  it("keeps no turn for who has gone", function()
    local one, gone = gate(), {}
    for index = 1, 50 do
      gone[index] = world:spawn(function() wait_turn(one) end)
    end
    world:run(0.001)
    for _, worker in ipairs(gone) do world:kill(worker) end
    world:run(11)
    assert.equal(0, wait_turn(one))
  end)
end)

describe("a clock that is set back", function()
  it("keeps nobody from a turn that the store gives", function()
    local now = 7200
    local one = gate { limit = 60, now = function() return now end }
    for _ = 1, 10 do assert(one:acquire(1, 30, "dial")) end -- some of whom wait
    now = now - 3600
    world:run(60)
    assert.equal(0, one:acquire(1, 30, "dial"))
  end)

  it("keeps nobody from a store that is back, nor by a 429 that is over", function()
    local now, state = 7200, {}
    local one = gate { store = losable(store, state), hosts = 2, now = function() return now end }
    one:hold(10)
    state.gone = true
    assert.is_nil((one:acquire(1, 0, "dial")))
    now = now - 3600
    state.gone, state.asked = false, 0
    world:run(10)
    one:acquire(1, 0, "dial")
    assert.is_true(state.asked > 0)
    world:run(1)
    assert.equal(0, one:acquire(1, 0, "dial"))
  end)
end)

describe("while its store is lost", function()
  local HOSTS = 4

  local function fleet(state, times, own)
    for host = 1, HOSTS do
      local one = gate { store = losable(store, state), hosts = HOSTS }
      for _ = 1, 30 do
        world:spawn(taker(one, times, nil, own and function() return own[host] and 1e9 or 0.01 end))
      end
    end
  end

  it("each host has its share, and all have the limit again when it is back", function()
    local state, times = {}, {}
    fleet(state, times)
    world:run(3 * MINUTE)
    state.gone = true
    local lost = world.now()
    world:run(5 * MINUTE)
    state.gone = false
    local found = world.now()
    world:run(5 * MINUTE)
    assert.is_true(most_in_window(times) <= LIMIT, most_in_window(times))
    local meanwhile = count_between(times, lost + MINUTE, found) / 4
    assert.is_true(meanwhile > 170 and meanwhile <= 181, meanwhile)
    local after = count_between(times, found + MINUTE, found + 5 * MINUTE) / 4
    assert.is_true(after > 175 and after <= 181, after)
  end)

  it("one host alone has no more than its share", function()
    local state, times = { gone = true }, {}
    local one = gate { store = losable(store, state), hosts = HOSTS }
    for _ = 1, 30 do world:spawn(taker(one, times)) end
    world:run(10 * MINUTE)
    assert.is_true(most_in_window(times) <= LIMIT / HOSTS)
    assert.is_true(most_in_window(times) >= LIMIT / HOSTS - 6)
  end)

  it("it may come and go", function()
    local state, times = {}, {}
    fleet(state, times)
    world:spawn(function()
      while true do
        world:sleep(20 * random:share())
        state.gone = not state.gone
      end
    end)
    world:run(20 * MINUTE)
    assert.is_true(most_in_window(times) <= LIMIT, most_in_window(times))
    assert.is_true(#times > 20 * 90, #times)
  end)

  it("it may be lost and found at any time after a burst", function()
    for _, lost in ipairs { 0.5, 5, 20, 40, 55 } do
      for _, found in ipairs { 3, 17, 45 } do
        world = virtual.new()
        store = memory.new { now = world.now }
        local state, times = {}, {}
        fleet(state, times)
        world:run(lost)
        state.gone = true
        world:run(found)
        state.gone = false
        world:run(70)
        assert.is_true(most_in_window(times) <= LIMIT,
          ("%d, lost at %g, found %g later"):format(most_in_window(times), lost, found))
      end
    end
  end)

  it("it is asked now and then only", function()
    local state = { gone = true }
    local one = gate { store = losable(store, state), hosts = 2 }
    for _ = 1, 30 do world:spawn(taker(one, {})) end
    world:run(100)
    assert.is_true(state.asked <= 22, state.asked)
  end)

  it("dials still come before the rest", function()
    local reads, slow = {}, 0
    local one = gate { store = losable(store, { gone = true }), hosts = HOSTS, max_wait = 100 }
    for _ = 1, 30 do world:spawn(taker(one, reads, "read")) end
    world:spawn(function()
      for _ = 1, 20 do
        world:sleep(7 + random:share())
        slow = math.max(slow, wait_turn(one))
      end
    end)
    world:run(3 * MINUTE)
    assert.is_true(slow <= INTERVAL * HOSTS + 0.01, slow)
    assert.is_true(#reads > 20)
    local before = #reads
    for _ = 1, 10 do world:spawn(taker(one, {})) end
    world:run(3 * MINUTE)
    assert.is_true(#reads <= before + 2, #reads - before)
  end)

  it("a 429 shuts what is left, and one of before isn't forgotten", function()
    local state, times = {}, {}
    local one = gate { store = losable(store, state), hosts = HOSTS }
    one:hold(20)
    state.gone = true
    local from = world.now()
    for _ = 1, 5 do world:spawn(taker(one, times)) end
    world:run(30)
    assert.equal(0, count_between(times, from, from + 20))
    assert.is_true(#times > 3)
    local before = #times
    one:hold(20)
    world:run(19)
    assert.equal(before, #times)
  end)

  it("who has no turn is told why there are so few", function()
    local one = gate { store = losable(store, { gone = true }), hosts = HOSTS }
    local _, err = one:acquire(1, 0, "dial")
    assert.matches("a share of one in 4 while the store is lost %(it is gone%)", err.message)
  end)

  it("so it is for a store that is full, or has something else there", function()
    for _, wrong in ipairs { "full", "text" } do
      local own = memory.new { most = 1, now = world.now }
      own:add(wrong == "full" and "else" or "turns of acme", "something", 1000)
      local one = gate { store = own, hosts = HOSTS }
      assert.is_nil((one:acquire(1, 0, "dial")))
      world:run(2)
      assert.equal(0, (one:acquire(1, 0, "dial")))
    end
  end)
end)

describe("calls in progress", function()
  it("are no more than may be, over all processes, and others begin as they end", function()
    local one, other, leases = gate { calls = 3 }, gate { calls = 3 }, {}
    for index = 1, 3 do leases[index] = assert((index % 2 == 0 and one or other):begin_call()) end
    for _, at in ipairs { one, other } do
      local lease, err = at:begin_call()
      assert.is_nil(lease)
      assert.same({ "limited", "not_sent", "calls", "3 calls are in progress, and no more may be" },
        { err.kind, err.outcome, err.reason, err.message })
    end
    one:end_call(leases[1])
    one:end_call(leases[1])
    assert.is_string((other:begin_call()))
    assert.is_nil((one:begin_call()))
    one:call_began(leases[2], "a sid")
    one:call_began(leases[3], ("s"):rep(300))
    other:call_ended "another sid"
    assert.is_true(other:call_ended(("s"):rep(300)))
    assert.is_nil((one:begin_call()))
    other:call_ended "a sid"
    other:call_ended "a sid"
    assert.is_string((one:begin_call()))
    assert.is_nil((one:begin_call()))
  end)

  it("give their place back also when their end was faster than their dial's answer", function()
    local one, other = gate { calls = 1 }, gate { calls = 1 }
    local lease = assert(one:begin_call())
    assert.is_true(other:call_ended "a sid")
    assert.is_true(other:call_ended "a sid")
    assert.is_nil((other:begin_call()))
    one:call_began(lease, "a sid")
    one:call_began(assert(other:begin_call()), "another sid")
    assert.is_nil((one:begin_call()))
    assert.is_true(other:call_ended "another sid")
    assert.is_string((one:begin_call()))
  end)

  it("give their place back also when they end just as it is noted whose it is", function()
    local one = gate { calls = 1 }
    local lease = assert(one:begin_call())
    local add = store.add
    store.add = function(...)
      store.add = add
      one:call_began(lease, "a sid")
      return add(...)
    end
    assert.is_true(one:call_ended "a sid")
    assert.is_string((one:begin_call()))
  end)

  it("keep their place when the store can't be told of the end, which may be told again", function()
    local state = {}
    local one = gate { store = losable(store, state), calls = 1 }
    one:call_began(assert(one:begin_call()), "a sid")
    state.gone = true
    local done, err = one:call_ended "a sid"
    assert.same({ nil, "unreachable" }, { done, err.reason })
    state.gone = false
    assert.is_nil((one:begin_call()))
    local release = store.release
    store.release = function() return nil, errors.new { kind = "store", message = "it broke" } end
    assert.is_nil((one:call_ended "a sid"))
    store.release = release
    assert.is_nil((one:begin_call()))
    assert.is_true(one:call_ended "a sid")
    assert.is_true(one:call_ended "a sid")
    assert.is_string((one:begin_call()))
  end)

  it("end with the longest that a call can last, where nobody says so", function()
    local one = gate { calls = 1 }
    assert.is_string((one:begin_call()))
    world:run(4 * 3600)
    assert.is_nil((one:begin_call()))
    world:run(601)
    assert.is_string((one:begin_call()))
  end)

  it("end with the longest that a call can last whose dial says how long that is", function()
    local one = gate { calls = 1 }
    for _, note in ipairs { "call_began", "call_in_doubt" } do
      local lease = assert(one:begin_call())
      world:run(3600) -- it waited for its turn
      one[note](one, lease, "one", 660)
      world:run(659)
      assert.is_nil((one:begin_call()))
      world:run(2)
      one:end_call(assert(one:begin_call()))
    end
  end)

  it("give their place back where only the reference of their dial is known", function()
    local one, other = gate { calls = 1 }, gate { calls = 1 }
    one:call_in_doubt(assert(one:begin_call()), "reminder-17")
    assert.is_true(other:call_ended("a sid"))
    assert.is_true(other:call_ended("a sid", "reminder-18"))
    assert.is_true(other:call_ended("a sid", ("r"):rep(300)))
    assert.is_true(limiter.new { calls = 1, store = store, now = world.now }:call_ended("another",
      { sid = "a sid", reference = "reminder-17" })) -- of another account
    assert.is_nil((other:begin_call()))
    for _ = 1, 2 do assert.is_true(other:call_ended("a sid", "reminder-17")) end
    local lease = assert(other:begin_call())
    assert.is_nil((one:begin_call()))
    assert.is_true(one:call_ended("another sid", "reminder-19")) -- faster than the time-out
    other:call_in_doubt(lease, "reminder-19")
    assert.is_string((one:begin_call()))
  end)

  it("hold no place for hours where the store's answer was lost", function()
    local lease = store.lease
    store.lease = function(...)
      lease(...)
      return nil, errors.new { kind = "store", message = "it broke" }
    end
    local one, other = gate { calls = 1 }, gate { calls = 1 }
    assert.matches("^share ", (one:begin_call()))
    store.lease = lease
    assert.is_nil((other:begin_call()))
    world:run(61)
    local renew = store.renew
    store.renew = function() return false end -- it took so long that the place was lost
    assert.is_nil((other:begin_call()))
    store.renew = function(...)
      renew(...)
      return nil, errors.new { kind = "store", message = "it broke" }
    end
    world:run(61)
    other:end_call(assert(other:begin_call()))
    store.renew = renew
    assert.matches("^whole ", (other:begin_call()))
  end)

  it("are a share of those while the store is lost", function()
    local state = { gone = true }
    local one = gate { store = losable(store, state), calls = 8, hosts = 4 }
    local first = assert(one:begin_call())
    assert.is_string((one:begin_call()))
    assert.is_nil((one:begin_call()))
    one:call_began(first, "a sid")
    one:call_ended "a sid"
    assert.is_string((one:begin_call()))
    state.gone = false
    world:run(6)
    for _ = 1, 8 do assert.is_string((one:begin_call())) end
    assert.is_nil((one:begin_call()))
  end)

  it("aren't counted unless it is asked for", function()
    for _ = 1, 100 do assert.equal("", gate():begin_call()) end
    gate():end_call ""
    gate():call_began("", "a sid")
    assert.is_nil((store:get "lease of call a sid"))
  end)
end)

describe("a limiter", function()
  it("raises for what it can't be", function()
    assert.equal("exotel.limiter: option 'limits' is not known (did you mean 'limit'?)",
      raised(function() limiter.new { limits = 5 } end))
    for _, row in ipairs {
      { { limit = 1 }, "limit must be a whole number from 2 to 100000" },
      { { limit = 2.5 }, "limit must be a whole number from 2 to 100000" },
      { { burst = 101 }, "burst must be a whole number from 1 to 100" },
      { { burst = 0 }, "burst must be a whole number from 1 to 100" },
      { { hosts = 0 }, "hosts must be a whole number from 1 to 200" },
      { { calls = 0 }, "calls must be a whole number from 1 to 1000" },
      { { max_wait = -1 }, "max_wait must be from 0 to 86400" },
      { { max_wait = 0 / 0 }, "max_wait must be from 0 to 86400" },
      { { store = {} }, "store has no function 'get'" },
      { { store = 5 }, "option 'store' wants a table, got a number" },
    } do
      local ok, message = pcall(limiter.new, row[1])
      assert.is_false(ok)
      assert.is_truthy(message:find("exotel.limiter: " .. row[2], 1, true), message)
    end
  end)

  it("may ask a store that has no clock of its own", function()
    local own = memory.new()
    local one = limiter.new { store = { get = function(_, key) return own:get(key) end,
      swap = function(_, ...) return own:swap(...) end } }:bind "acme"
    for _ = 1, 20 do assert.equal(0, (one:acquire(1, 0, "dial"))) end
    assert.is_nil((one:acquire(1, 0, "dial")))
  end)

  it("asks again when others were faster, and gives way to who always are", function()
    local lost = 0
    local own = setmetatable({ swap = function(_, ...)
      lost = lost + 1
      return lost > 10 and store:swap(...)
    end }, { __index = function(_, name)
      return function(_, ...) return store[name](store, ...) end
    end })
    assert.equal(0, (gate { store = setmetatable({ acquire = false, push = false },
      { __index = own }) }:acquire(1, 0, "dial")))
    assert.equal(11, lost)
    lost = -1e9
    local delay = gate { store = setmetatable({ acquire = false, push = false },
      { __index = own }) }:acquire(1, 1, "dial")
    assert.is_true(delay > 0 and delay < 1)
  end)
end)

-- {=================================================================
-- Redis's script
-- ==================================================================

-- Runs the script as Redis would, at that time. kept: the keys.
local function run_script(kept, now, arguments)
  local chunk = assert(lua.load(redis.scripts.turn, "=turn", {
    KEYS = { "key" }, ARGV = arguments, math = math, string = string, tonumber = tonumber,
    redis = { call = function(name, key, value)
      if name == "TIME" then
        return { ("%.0f"):format(math.floor(now / 1e6)), ("%.0f"):format(now % 1e6) }
      elseif name == "GET" then
        return kept[key] or false
      end
      assert(name == "SET")
      kept[key] = value
    end },
  }))
  return chunk()
end

describe("Redis's script", function()
  it("counts as the core does, to the microsecond", function()
    local kept, state, now, compared = {}, nil, 1795500000 * 1e6, 0
    for _ = 1, 5000 do
      now = now + math.floor(random:share() ^ 4 * 3e6)
      if random:share() < 0.002 then now = now - 7200 * 1e6 end -- the clock is set back
      if random:share() < 0.02 then
        local ahead = math.floor(random:share() * 4e6)
        run_script(kept, now, { "3600000000", ("%d"):format(ahead) })
        state = core.gcra_push(state, now / 1e6, ahead)
      else
        local tolerance = 333334 * (math.floor(random:share() * 20) - 1)
        local waited = tonumber(run_script(kept, now, { "3600000000", "", "333334",
          ("%d"):format(tolerance) }))
        local after, wait = core.gcra_take(state, now / 1e6, 333334, tolerance)
        assert.equal(math.floor((wait or 0) * 1e6 + 0.5), waited)
        state = after or state
        compared = compared + 1
      end
      assert.equal(state, kept.key)
    end
    assert.is_true(compared > 4000)
    assert.equal(-1, run_script({ key = "text" }, now, { "3600000000", "", "5", "5" }))
  end)
end)

-- }=================================================================
