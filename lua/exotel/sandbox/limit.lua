-- sandbox/limit: how many requests an account may make in a minute.
--
-- The window slides: a request is let in when fewer than the limit were in the 60 sandbox
-- seconds before it. Those that are refused don't count.
--
-- SPDX-License-Identifier: MIT

local limit = {}
limit.__index = limit

limit.SECONDS = 60

--- settings: most, the requests in a minute, 0 for any number; clock.
function limit.new(settings)
  return setmetatable({ most = settings.most, clock = settings.clock, times = {},
                        first = 1, last = 0 }, limit)
end

-- Forgets what is out of the window.
local function slide(self, now)
  while self.first <= self.last and self.times[self.first] <= now - self.SECONDS do
    self.times[self.first] = nil
    self.first = self.first + 1
  end
end

--- Takes a request's place. Returns whether it is let in, and the headers that tell of the
--- limit: what is left of it, when more will be, and how long one that was refused should
--- wait, both in real seconds.
function limit:take()
  if self.most == 0 then return true, {} end
  local now = self.clock:now()
  slide(self, now)
  local admitted = self.last - self.first + 1 < self.most
  if admitted then
    self.last = self.last + 1
    self.times[self.last] = now
  end
  local opens = self.times[self.first] + self.SECONDS
  local headers = {
    ["x-ratelimit-limit"] = ("%d"):format(self.most),
    ["x-ratelimit-remaining"] = ("%d"):format(self.most - (self.last - self.first + 1)),
    ["x-ratelimit-reset"] = ("%d"):format(math.ceil(self.clock:real_epoch(opens))),
  }
  if not admitted then
    headers["retry-after"] = ("%d"):format(math.max(1, math.ceil(self.clock:real(opens - now))))
  end
  return admitted, headers
end

return limit
