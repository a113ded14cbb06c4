-- sandbox/clock: the time of a sandbox, and what it shows of it.
--
-- Sandbox seconds go by `speed` times as fast as real ones, from the time at which the
-- sandbox was started. All that a sandbox does by time asks here; only what the other side
-- of a connection is given to answer is converted back to real seconds.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

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

--- What real clocks show when the sandbox's shows `at`.
function clock:real_epoch(at)
  return self.epoch + (at - self.epoch) / self.speed
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
    local epoch = clock.epoch_of(("%04d-%02d-%02d %02d:%02d:%02d"):format(month // 12,
      month % 12 + 1, day, date.hour, date.min, date.sec))
    if epoch then return epoch end
  end
end

--- Epoch seconds n calendar months later, or earlier for a negative n; on the month's last
--- day if it is too short.
function clock.months_later(epoch, n)
  local date = os.date("!*t", epoch + OFFSET)
  return in_month(date, date.year * 12 + date.month - 1 + n)
end

--- The first second of a day.
function clock.day_of(epoch)
  return epoch - (epoch + OFFSET) % 86400
end

return clock
