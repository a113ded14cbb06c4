-- timers: entries by their time, the earliest first; those of one time as they were made.
--
-- A binary heap. It reads no clock and calls nothing: poller and loop do.
--
-- SPDX-License-Identifier: MIT

local timers = {}
timers.__index = timers

local function before(a, b)
  return a.time < b.time or a.time == b.time and a.number < b.number
end

local function put(heap, index, entry)
  heap[index], entry.index = entry, index
end

local function rise(heap, entry, index)
  while index > 1 do
    local above = math.floor(index / 2)
    if not before(entry, heap[above]) then break end
    put(heap, index, heap[above])
    index = above
  end
  put(heap, index, entry)
end

local function sink(heap, entry, index)
  while true do
    local below = 2 * index
    if heap[below + 1] and before(heap[below + 1], heap[below]) then below = below + 1 end
    if not heap[below] or before(entry, heap[below]) then break end
    put(heap, index, heap[below])
    index = below
  end
  put(heap, index, entry)
end

--- Adds an entry: any table, which gets the fields time, number and index. Returns it.
function timers:add(time, entry)
  self.made = self.made + 1
  entry.time, entry.number = time, self.made
  rise(self.heap, entry, #self.heap + 1)
  return entry
end

--- The earliest entry, or nil.
function timers:first()
  return self.heap[1]
end

--- Takes an entry out. Returns whether it was in.
function timers:remove(entry)
  local heap, index = self.heap, entry.index
  if not index or heap[index] ~= entry then return false end
  local last = table.remove(heap)
  entry.index = nil
  if last == entry then return true end
  sink(heap, last, index)
  rise(heap, last, last.index)
  return true
end

--- Without an entry.
function timers.new()
  return setmetatable({ heap = {}, made = 0 }, timers)
end

return timers
