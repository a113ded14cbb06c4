-- sandbox/clock: the time of a sandbox, and what it shows of it.
--
-- Sandbox seconds go by `speed` times as fast as real ones, from the time at which the
-- sandbox was started; at speed 0 the clock stands still. A test can step it (advance): it
-- jumps, and what is due in between is done one after the other, each at its time. All that a
-- sandbox does by time asks here; only what the other side of a connection is given to answer
-- is converted back to real seconds.
--
-- A step has to know when what it has woken is done. So the sandbox's tasks are spawned here:
-- one that has begun and doesn't sleep by this clock is at work.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local running = require "exotel.running"
local timers = require "exotel.timers"
local yielding = require "exotel.yielding"

local clock = {}
clock.__index = clock

local OFFSET = 19800 -- the service prints +05:30

-- Two sums of the same seconds differ by a hair when they are added in another order, and a
-- clock that stands still could stand in between. To the microsecond they are one.
local function rounded(epoch)
  return math.floor(epoch * 1e6 + 0.5) / 1e6
end

--- The time so many seconds after another one, as the clock shows it.
function clock.later(epoch, seconds)
  return rounded(epoch + seconds)
end

--- settings: epoch (seconds, what the clock shows at first); now() -> real seconds on a
--- clock that never goes back; speed (sandbox seconds per real second, 0 stands still);
--- sleep(real seconds, waiter), which may come back earlier, for any of the tables that
--- wake(waiter) is called with then; spawn(fn, …), which runs a function as a task beside the
--- others; real_epoch, what real clocks show now, if that is something else than epoch.
function clock.new(settings)
  return setmetatable({
    epoch = settings.epoch, speed = settings.speed,
    shown = settings.epoch, began = settings.now(), -- what it showed at that real second
    real_shown = settings.real_epoch or settings.epoch, -- and what real clocks did
    read = settings.now, sleep_real = settings.sleep, wake_real = settings.wake,
    spawn_task = settings.spawn,
    waiters = timers.new(), -- by their time: { rests }, whether one is counted out of at_work
    threads = {}, at_work = 0, -- of the tasks that were spawned here
    steps = {}, first = 1, last = 0, stepping = false, stepper = {},
  }, clock)
end

--- Epoch seconds of the sandbox.
function clock:now()
  return clock.later(self.shown, (self.read() - self.began) * self.speed)
end

--- How many real seconds so many of the sandbox's take; as many, if it stands still.
function clock:real(seconds)
  return self.speed > 0 and seconds / self.speed or seconds
end

--- How many real seconds somebody has who is given so many of the sandbox's: none, if it
--- stands still.
function clock:real_timeout(seconds)
  return self.speed > 0 and seconds / self.speed or 0
end

--- What real clocks show when the sandbox's shows `at`; `at` itself, if it stands still.
function clock:real_epoch(at)
  return self.speed > 0 and self.real_shown + (at - self.shown) / self.speed or at
end

-- {=================================================================
-- Tasks, and their waiting
-- ==================================================================

local function begin_work(self, waiter)
  if not waiter.rests then return end
  waiter.rests = false
  self.at_work = self.at_work + 1
end

local function end_work(self)
  self.at_work = self.at_work - 1
  if self.at_work == 0 and self.stepper.sleeps then self.wake_real(self.stepper) end
end

local function run(self, fn, ...)
  local thread = running.thread()
  self.threads[thread] = true
  local ran, err = yielding.pcall(fn, ...)
  self.threads[thread] = nil
  end_work(self)
  if not ran then error(err, 0) end
end

--- Runs fn(…) as a task beside the others. A step ends when each of these has ended, or sleeps
--- by this clock beyond the step; so whatever else they wait for must have an end.
function clock:spawn(fn, ...)
  self.at_work = self.at_work + 1
  return self.spawn_task(run, self, fn, ...)
end

local function rest(self, waiter, seconds)
  waiter.rests = self.threads[running.thread()] or false
  if waiter.rests then end_work(self) end
  self.sleep_real(seconds, waiter)
  begin_work(self, waiter)
end

--- Comes back once the sandbox's time is `at`, which may be past.
function clock:wait_until(at)
  at = rounded(at)
  local left = at - self:now()
  if left <= 0 then return end
  local waiter = self.waiters:add(at, { rests = false })
  repeat
    rest(self, waiter, self.speed > 0 and self:real(left) or math.huge)
    left = at - self:now()
  until left <= 0
  self.waiters:remove(waiter)
end

--- Comes back so many sandbox seconds later.
function clock:sleep(seconds)
  self:wait_until(self:now() + seconds)
end

-- }=================================================================

-- {=================================================================
-- Steps
-- ==================================================================

-- Never back: while others were at work the clock may have come further by itself.
local function jump(self, at)
  local read = self.read()
  local now = clock.later(self.shown, (read - self.began) * self.speed)
  self.real_shown = self.real_shown + (read - self.began)
  self.shown, self.began = math.max(now, at), read
end

local function wake(self, waiter)
  begin_work(self, waiter)
  self.wake_real(waiter)
end

-- Until nobody is at work.
local function settle(self)
  while self.at_work > 0 do
    self.stepper.sleeps = true
    self.sleep_real(math.huge, self.stepper)
    self.stepper.sleeps = false
  end
end

-- By a clock that goes they sleep too long now.
local function wake_the_rest(self)
  for _, waiter in ipairs(self.waiters.heap) do wake(self, waiter) end
  settle(self)
end

local function step_to(self, at)
  settle(self)
  local waiter = self.waiters:first()
  while waiter and waiter.time <= at do
    jump(self, waiter.time)
    self.waiters:remove(waiter)
    wake(self, waiter)
    settle(self)
    waiter = self.waiters:first()
  end
  jump(self, at)
  if self.speed > 0 then wake_the_rest(self) end
end

local function run_steps(self)
  while self.first <= self.last do
    local step = self.steps[self.first]
    self.steps[self.first] = nil
    self.first = self.first + 1
    step_to(self, clock.later(self:now(), step.seconds))
    step.done()
  end
  self.stepping = false
end

--- Lets the time jump that many seconds: what is due by then is done in the order of its time,
--- each when the former's task has ended or sleeps by this clock again. Then calls done().
--- What else is asked for meanwhile follows in its order.
function clock:advance(seconds, done)
  self.last = self.last + 1
  self.steps[self.last] = { seconds = seconds, done = done }
  if self.stepping then return end
  self.stepping = true
  self.spawn_task(run_steps, self)
end

-- }=================================================================

--- A time as the service prints it.
function clock.timestamp(epoch)
  return os.date("!%Y-%m-%d %H:%M:%S", math.floor(epoch) + OFFSET)
end

--- The same as applets have it in some fields: "Wed, 23 Feb 2022 12:31:59".
function clock.long_timestamp(epoch)
  return os.date("!%a, %d %b %Y %H:%M:%S", math.floor(epoch) + OFFSET)
end

--- The epoch seconds of a time that is printed so, or nil.
function clock.epoch_of(text)
  return text:find "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$" and core.time(text, OFFSET) or nil
end

-- The same day and time of another month, or that month's last day.
local function in_month(date, month)
  for day = date.day, 1, -1 do
    local epoch = clock.epoch_of(("%04d-%02d-%02d %02d:%02d:%02d"):format(math.floor(month / 12),
      month % 12 + 1, day, date.hour, date.min, date.sec))
    if epoch then return epoch end
  end
end

--- Epoch seconds n calendar months later, or earlier for a negative n; on the month's last
--- day if it is too short; nil behind the year 9999.
function clock.months_later(epoch, n)
  local date = os.date("!*t", epoch + OFFSET)
  return in_month(date, date.year * 12 + date.month - 1 + n)
end

--- The first second of a day.
function clock.day_of(epoch)
  return epoch - (epoch + OFFSET) % 86400
end

return clock
