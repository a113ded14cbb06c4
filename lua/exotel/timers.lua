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

-- No call stands inside: a call may raise for want of memory, and every entry must be in the
-- heap all the same.
local function swap(heap, i, j)
  local a, b = heap[i], heap[j]
  heap[i], heap[j] = b, a
  a.index, b.index = j, i
end

local function rise(heap, index)
  while index > 1 do
    local above = math.floor(index / 2)
    if not before(heap[index], heap[above]) then break end
    swap(heap, index, above)
    index = above
  end
end

local function sink(heap, index)
  while true do
    local below = 2 * index
    if heap[below + 1] and before(heap[below + 1], heap[below]) then below = below + 1 end
    if not heap[below] or before(heap[index], heap[below]) then break end
    swap(heap, index, below)
    index = below
  end
end

--- Adds an entry: any table, which gets the fields time, number and index. Returns it.
function timers:add(time, entry)
  local heap = self.heap
  local index = #heap + 1
  self.made = self.made + 1
  entry.time, entry.number, entry.index = time, self.made, index
  heap[index] = entry
  rise(heap, index)
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
  local last = heap[#heap]
  heap[last.index] = nil
  entry.index = nil
  if last == entry then return true end
  heap[index], last.index = last, index
  sink(heap, index)
  rise(heap, index)
  return true
end

--- Without an entry.
function timers.new()
  return setmetatable({ heap = {}, made = 0 }, timers)
end

return timers
