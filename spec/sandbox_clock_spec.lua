-- The sandbox's clock when it is stepped: the order in which what is due is done, that nothing
-- is missed, and that two runs of the same have the same journals.
--
-- SPDX-License-Identifier: MIT

local callbacks = require "exotel.sandbox.callbacks"
local clock = require "exotel.sandbox.clock"
local exotel = require "exotel"
local loops = require "exotel.transport.loop"
local receiving = require "spec.support.receiving"
local running = require "exotel.running"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"
local transport = require "exotel.transport.curl"

local LONG = 20 -- seconds that nothing here should ever need
local EPOCH = 1795000000

-- {=================================================================
-- A clock by itself, over a loop
-- ==================================================================

local loop, time, told

local function new_clock(speed)
  return clock.new {
    epoch = EPOCH, speed = speed, now = sys.now,
    spawn = function(...) return loop:spawn(...) end,
    sleep = function(seconds, waiter)
      waiter.task = running.here()
      loop:sleep(seconds)
    end,
    wake = function(waiter) return loops.wake(waiter.task) end,
  }
end

local function tell(text)
  told[#told + 1] = ("%g %s"):format(time:now() - EPOCH, text)
end

-- Steps the clock, and the loop until that is done.
local function step(seconds)
  local done = false
  time:advance(seconds, function() done = true end)
  local stop = sys.now() + LONG
  repeat loop:step(0.1) until done or sys.now() > stop
  assert.is_true(done)
end

describe("a sandbox's clock that stands still", function()
  before_each(function()
    loop, told = assert(exotel.loop()), {}
    time = new_clock(0)
  end)

  after_each(function() loop:close() end)

  it("shows the same time until it is stepped", function()
    local before = time:now()
    sys.sleep(0.01)
    assert.equal(before, time:now())
    step(60)
    assert.equal(EPOCH + 60, time:now())
    step(0.5)
    assert.equal(EPOCH + 60.5, time:now())
    step(0)
    assert.equal(EPOCH + 60.5, time:now())
  end)

  it("does what is due in the order of its time, each at its time", function()
    for _, at in ipairs { 30, 10, 20.25, 61, 10, 60 } do
      time:spawn(function()
        time:wait_until(EPOCH + at)
        tell("due at " .. at)
      end)
    end
    step(5)
    assert.same({}, told)
    step(55)
    assert.same({ "10 due at 10", "10 due at 10", "20.25 due at 20.25", "30 due at 30",
                  "60 due at 60" }, told)
    step(1)
    assert.equal("61 due at 61", told[6])
  end)

  it("goes on with what comes of what was due", function()
    time:spawn(function()
      for round = 1, 3 do
        time:sleep(10)
        tell("round " .. round)
        time:spawn(function()
          time:sleep(5)
          tell("after round " .. round)
        end)
      end
    end)
    step(32)
    assert.same({ "10 round 1", "15 after round 1", "20 round 2", "25 after round 2",
                  "30 round 3" }, told)
    step(3)
    assert.equal("35 after round 3", told[6])
  end)

  it("waits for what takes real time before it goes on", function()
    for at = 1, 3 do
      time:spawn(function()
        time:sleep(at)
        tell("begins " .. at)
        loop:sleep(0.05 * (4 - at))
        tell("ends " .. at)
      end)
    end
    step(3)
    assert.same({ "1 begins 1", "1 ends 1", "2 begins 2", "2 ends 2", "3 begins 3", "3 ends 3" },
      told)
  end)

  it("waits for what was at work before", function()
    time:spawn(function()
      loop:sleep(0.05)
      tell "was at work"
      time:sleep(7)
      tell "slept"
    end)
    step(10)
    assert.same({ "0 was at work", "7 slept" }, told)
  end)

  it("takes one step after the other", function()
    local done = {}
    for _, seconds in ipairs { 10, 20, 5 } do
      time:advance(seconds, function() done[#done + 1] = time:now() - EPOCH end)
    end
    time:spawn(function()
      time:sleep(10)
      time:advance(100, function() done[#done + 1] = time:now() - EPOCH end)
    end)
    local stop = sys.now() + LONG
    repeat loop:step(0.1) until #done == 4 or sys.now() > stop
    assert.same({ 10, 30, 35, 135 }, done)
  end)

  it("isn't held up by a task that fails", function()
    local failed = time:spawn(function()
      time:sleep(1)
      error("no", 0)
    end)
    time:spawn(function()
      time:sleep(2)
      tell "next"
    end)
    step(5)
    assert.equal("no", select(2, failed:result()))
    assert.same({ "2 next" }, told)
  end)

  it("wakes those that others have spawned, too", function()
    loop:spawn(function()
      time:sleep(1)
      tell "other"
    end)
    time:spawn(function() time:sleep(2) end)
    step(2)
    assert.equal(1, #told)
  end)

  it("gives others the least real time, and shows its own", function()
    local given
    local poster = callbacks.new {
      clock = time, journal = { add = function() end },
      send = function(request)
        given = request.timeout
        return { status = 200 }
      end,
    }
    assert.is_true(poster:attempt({ form = {} }, {}, 1, "", ""))
    assert.equal(2, given)
    assert.equal(0, time:real_timeout(15))
    assert.equal(15, time:real(15))
    assert.equal(EPOCH + 7, time:real_epoch(EPOCH + 7))
  end)
end)

describe("a sandbox's clock that goes", function()
  before_each(function()
    loop, told = assert(exotel.loop()), {}
    time = new_clock(2)
  end)

  after_each(function() loop:close() end)

  local function woken(name)
    local stop = sys.now() + LONG
    repeat
      loop:step(0.1)
      for _, text in ipairs(told) do
        if text:find(name, 1, true) then return true end
      end
    until sys.now() > stop
    return false
  end

  it("goes on by itself, and jumps", function()
    for _, at in ipairs { 500, 100, 1000.2 } do
      time:spawn(function()
        time:wait_until(EPOCH + at)
        told[#told + 1] = ("%d of %d"):format(math.floor(time:now() - EPOCH), math.floor(at))
      end)
    end
    step(1000)
    assert.is_true(time:now() >= EPOCH + 1000)
    assert.same({ "100 of 100", "500 of 500" }, { told[1], told[2] })
    assert.is_true(woken "of 1000") -- 0.1 real seconds later, not 500
    local before = time:now()
    sys.sleep(0.05)
    assert.is_true(time:now() >= before + 0.1)
  end)

  it("never goes back, however long its steps take", function()
    local ended
    time:spawn(function()
      loop:sleep(0.1)
      ended = time:now()
    end)
    step(0.01)
    assert.is_true(time:now() >= ended)
  end)

  it("knows what real clocks show", function()
    local real, began = EPOCH + 5, time.began
    time.real_shown = real
    sys.sleep(0.1)
    step(3600)
    local shown = time:real_epoch(time:now())
    assert.is_true(shown >= real + 0.1 and shown <= real + (sys.now() - began))
    assert.is_true(math.abs(time:real_epoch(time:now() + 10) - shown - 5) < 1)
  end)
end)

-- }=================================================================

-- {=================================================================
-- A sandbox
-- ==================================================================

local NUMBERS = { "10", "01", "02", "03", "04", "11" }

local function params(from, to, more)
  local out = { from = "+9198765432" .. from, to = "+9191234567" .. to,
                caller_id = "08039570000" }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local function read(url)
  local agent = transport.new { plain_http = true, proxy = false, max_response = 1e9 }
  local pages = {}
  for _, name in ipairs { "dials", "calls", "callbacks" } do
    pages[name] = assert(agent:perform { method = "GET", url = url .. "/_sandbox/" .. name,
                                         timeout = LONG, connect_timeout = LONG }).body
  end
  agent:close()
  return pages
end

describe("a sandbox that is stepped", function()
  local handle, receiver

  local function start(options)
    handle = assert(sandbox.start(options))
    return handle:client { transport = receiver.loop }
  end

  before_each(function() receiver = receiving.start() end)

  after_each(function()
    receiver:stop()
    handle:stop()
  end)

  it("has posted all that was due, in its order, when the step is over", function()
    local client = start { speed = 0, epoch = EPOCH, ring_seconds = 2, call_seconds = 10 }
    local seen = receiver:run(function()
      for index, digits in ipairs { "02", "01", "10" } do
        assert(client:connect(params("10", digits, {
          status_callback = receiver.url .. "/" .. index,
          status_callback_events = { "answered", "terminal" },
        })))
      end
      handle:advance(60)
      return #receiver.received
    end)
    assert.equal(7, seen)
    local list = {}
    for index, one in ipairs(handle:callbacks()) do
      list[index] = ("%g %s %s"):format(one.at - EPOCH, one.url:match "%d+$", one.event)
      assert.equal(receiver.received[index].path, one.url:match "/%d+$")
    end
    assert.same({ "2.5 1 answered", "2.5 2 answered", "2.5 3 answered", "4.5 2 terminal",
                  "4.5 3 answered", "14.5 3 terminal", "32.5 1 terminal" }, list)
    for _, call in ipairs(handle:calls()) do assert.truthy(call.end_time) end
  end)

  it("tries again at its time, whatever real time the other side takes", function()
    local answers = { 500, nil, 200 }
    receiver.answer = function(_, n) return answers[n] end
    local client = start { speed = 0, epoch = EPOCH }
    receiver:run(function()
      assert(client:connect(params("01", "10", { status_callback = receiver.url })))
      handle:advance(2)
      assert.equal(1, #receiver.received)
      handle:advance(5)
      assert.equal(2, #receiver.received)
      handle:advance(4)
      assert.equal(2, #receiver.received)
      handle:advance(1)
      assert.equal(3, #receiver.received)
    end)
    local list = {}
    for index, one in ipairs(handle:callbacks()) do
      list[index] = ("%g %s"):format(one.at - EPOCH, one.status or one.failure)
    end
    assert.same({ "1.5 500", "6.5 timeout", "11.5 200" }, list)
  end)

  it("goes on while those that it posts to ask it", function()
    local client = start { speed = 0 }
    local statuses = {}
    receiver.answer = function(request)
      local event = assert(exotel.parse_callback(request:body(), request:header "content-type"))
      receiver.loop:spawn(function()
        statuses[#statuses + 1] = assert(client:call_details(event)).status
        request:respond(200)
      end)
    end
    receiver:run(function()
      assert(client:connect(params("10", "10", { status_callback = receiver.url,
        status_callback_events = { "answered", "terminal" } })))
      handle:advance(30)
      for _, one in ipairs(handle:callbacks()) do assert.equal(200, one.status) end
    end)
    assert.same({ "in-progress", "in-progress", "completed" }, statuses)
  end)

  it("is where the call is that it has just told of, whatever sums of seconds led there", function()
    local client = start { speed = 0, queue_seconds = 0.3, ring_seconds = 0.7, call_seconds = 1.1,
                           settle_seconds = 0.1 }
    local statuses = {}
    receiver:run(function()
      local placed = assert(client:connect(params("10", "10", { status_callback = receiver.url })))
      for index, tenths in ipairs { 3, 7, 7, 11 } do
        for _ = 1, tenths do handle:advance(0.1) end
        local call = assert(client:call_details(placed, { details = true }))
        statuses[index] = call.legs[1].status .. " " .. tostring(call.legs[2].status)
      end
      assert.equal("completed", receiver.received[1].event.status)
      handle:advance(0.1)
      assert.is_number(assert(client:call_details(placed)).duration)
      assert.equal(1, client:calls {}:total())
    end)
    assert.same({ "ringing nil", "in-progress ringing", "in-progress in-progress",
                  "completed completed" }, statuses)
  end)

  it("lets in a minute's requests when it was stepped a minute", function()
    start { speed = 0, rate_limit = 2 }
    local client = handle:client { retries = 0 }
    assert(client:balance())
    handle:advance(1)
    assert(client:balance())
    local _, err = client:balance()
    assert.same({ 429, 59 }, { err.status, err.retry_after })
    handle:advance(err.retry_after)
    assert(client:balance())
    assert.equal(429, select(2, client:balance()).status)
    handle:advance(60)
    assert(client:balance())
  end)

  it("jumps also with a clock that goes", function()
    local client = start { speed = 0.001, call_seconds = 3600 }
    local now = receiver:run(function()
      local placed = assert(client:connect(params("10", "10", { status_callback = receiver.url })))
      local before = handle:advance(0)
      assert.equal("queued", assert(client:call_details(placed)).status)
      local after = handle:advance(7200)
      assert.equal("completed", assert(client:call_details(placed)).status)
      return after - before
    end)
    assert.is_true(now >= 7200 and now < 7200 + LONG)
    assert.equal("completed", receiver.received[1].event.status)
  end)

  it("outlives those who asked for a step and are gone", function()
    receiver.answer = function() end
    local client = start { speed = 0 }
    receiver:run(function()
      assert(client:connect(params("01", "10", { status_callback = receiver.url })))
      local task = receiver.loop:spawn(function() handle:advance(2) end)
      repeat receiver.loop:sleep(0.01) until #receiver.received == 1
      task:cancel()
      assert.is_number(handle:advance(1))
      assert.equal("timeout", handle:callbacks()[1].failure)
    end)
  end)

  it("refuses what is no step", function()
    start { speed = 0 }
    local agent = transport.new { plain_http = true, proxy = false }
    for _, row in ipairs {
      { "", "seconds must be a number from 0 to 1000000000" },
      { "seconds=", "seconds must be a number from 0 to 1000000000" },
      { "seconds=soon", "seconds must be a number from 0 to 1000000000" },
      { "seconds=-1", "seconds must be a number from 0 to 1000000000" },
      { "seconds=1000000001", "seconds must be a number from 0 to 1000000000" },
      { "seconds=nan", "seconds must be a number from 0 to 1000000000" },
      { "seconds[0]=1", "seconds must be a number from 0 to 1000000000" },
      { "seconds=1&second=1", "'second' is not known (did you mean 'seconds'?)" },
    } do
      local response = assert(agent:perform {
        method = "POST", url = handle.url .. "/_sandbox/advance", body = row[1],
        timeout = LONG, connect_timeout = LONG,
      })
      assert.equal(400, response.status)
      assert.truthy(response.body:find(('"Message":"%s"'):format(row[2]), 1, true), response.body)
    end
    agent:close()
  end)
end)

describe("a sandbox's seed", function()
  local receiver

  before_each(function() receiver = receiving.start() end)
  after_each(function() receiver:stop() end)

  -- What each of many callbacks is answered, by its number: the same in every run.
  local function answer(_, n)
    if n % 5 == 0 then return 500 end
    if n == 7 then return nil end
    return 200
  end

  -- A run of the same requests and steps: its port and its journals; nil where another has taken
  -- the port.
  local function run(options)
    receiver.answer, receiver.received = answer, {}
    local handle, err = sandbox.start(options)
    if not handle and tostring(err):find("in use", 1, true) then return nil end
    assert(handle, err)
    local client, dials = handle:client { transport = receiver.loop }, 0
    local function dial(...)
      dials = dials + 1
      return client:connect(params(...), { reference = "dial " .. dials }) -- else it is random
    end
    receiver:run(function()
      for _, to in ipairs(NUMBERS) do
        for _, from in ipairs { "10", to } do
          assert(dial(from, to, {
            record = true, status_callback = receiver.url .. "/hook",
            status_callback_events = { "answered", "terminal" },
            status_callback_content_type = to < "03" and "application/json" or nil,
          }))
        end
        handle:advance(1.25)
      end
      assert(dial("10", "10", { status_callback = "http://127.0.0.1:1/" }))
      local refused = select(2, dial("10", "10", { extra = { TimeOut = "x" } }))
      assert.equal(400, refused.status)
      for _ = 1, 9 do handle:advance(7) end
    end)
    local pages = read(handle.url)
    handle:stop()
    return tonumber(handle.url:match "%d+$"), pages
  end

  -- The journals of two runs with one seed and of one with another, all on one port.
  local function three_runs()
    local port, first = run { speed = 0, epoch = EPOCH, seed = 42 }
    local again, second = run { speed = 0, epoch = EPOCH, seed = 42, port = port }
    local third, other = run { speed = 0, epoch = EPOCH, seed = 43, port = port }
    if again and third then return first, second, other end
  end

  it("repeats a run, byte for byte", function()
    local first, second, other
    for _ = 1, 5 do
      first, second, other = three_runs()
      if first then break end
    end
    for _, name in ipairs { "dials", "calls", "callbacks" } do
      assert.equal(first[name], second[name])
      assert.not_equal(first[name], other[name])
    end
    local count = tonumber(first.callbacks:match '"count":(%d+)')
    assert.is_true(count > 30, count)
    for _, failed in ipairs { '"failure":"timeout"', '"failure":"connect"', '"status":500' } do
      assert.truthy(first.callbacks:find(failed, 1, true), failed)
    end
  end)

  it("is another one each time, unless it is given", function()
    local sids = {}
    for index = 1, 2 do
      local handle = assert(sandbox.start())
      sids[index] = assert(handle:client():connect(params("10", "10"))).sid
      handle:stop()
    end
    assert.not_equal(sids[1], sids[2])
  end)
end)

-- }=================================================================
