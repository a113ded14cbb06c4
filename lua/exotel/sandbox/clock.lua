-- sandbox/clock: the time of a sandbox, and what it shows of it.
--
-- Sandbox seconds go by `speed` times as fast as real ones, from the time at which the
-- sandbox was started. All that a sandbox does by time asks here; only what the other side
-- of a connection is given to answer is converted back to real seconds.
--
-- SPDX-License-Identifier: MIT

local clock = {}
clock.__index = clock

local OFFSET = 19800 -- the service prints +05:30

--- settings: epoch (seconds, what the clock shows at first); now() -> real seconds on a
--- clock that never goes back; sleep(real seconds); speed (sandbox seconds per real second).
function clock.new(settings)
  return setmetatable({
    epoch = settings.epoch, began = settings.now(), read = settings.now,
    sleep_real = settings.sleep, speed = settings.speed,
  }, clock)
end

--- Epoch seconds of the sandbox.
function clock:now()
  return self.epoch + (self.read() - self.began) * self.speed
end

--- How many real seconds so many of the sandbox's take.
function clock:real(seconds)
  return seconds / self.speed
end

--- Comes back once the sandbox's time is `at`, which may be past.
function clock:wait_until(at)
  local left = at - self:now()
  while left > 0 do
    self.sleep_real(self:real(left))
    left = at - self:now()
  end
end

--- Comes back so many sandbox seconds later.
function clock:sleep(seconds)
  self:wait_until(self:now() + seconds)
end

--- A time as the service prints it.
function clock.timestamp(epoch)
  return os.date("!%Y-%m-%d %H:%M:%S", math.floor(epoch) + OFFSET)
end

return clock
