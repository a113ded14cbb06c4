-- virtual: many that work at once, in a time that passes only when all of them wait.
--
--   local world = virtual.new()
--   local worker = world:spawn(function() … world:sleep(1) … end)
--   world:kill(worker)               -- it never goes on
--   world:run(600)                   -- until nobody waits, or so many seconds have passed
--   world.now()
--
-- SPDX-License-Identifier: MIT

local timers = require "exotel.timers"

local virtual = {}
virtual.__index = virtual

function virtual.new()
  local self = setmetatable({ time = 1000, waiting = timers.new() }, virtual)
  self.now = function() return self.time end
  return self
end

--- Begins fn in a coroutine of its own, after a time, by default at once.
function virtual:spawn(fn, seconds)
  local worker = { thread = coroutine.create(fn) }
  self.waiting:add(self.time + (seconds or 0), worker)
  return worker
end

function virtual:sleep(seconds)
  self.waiting:add(self.time + seconds, self.running)
  coroutine.yield()
end

function virtual:kill(worker)
  self.waiting:remove(worker)
end

function virtual:run(seconds)
  local stop = self.time + (seconds or math.huge)
  local worker = self.waiting:first()
  while worker and worker.time <= stop do
    self.waiting:remove(worker)
    self.time, self.running = worker.time, worker
    local ran, message = coroutine.resume(worker.thread)
    if not ran then error(debug.traceback(worker.thread, message), 0) end
    worker = self.waiting:first()
  end
  if seconds then self.time = stop end
end

return virtual
