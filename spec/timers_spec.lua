-- exotel.timers: the earliest first, whatever comes and goes between.
-- SPDX-License-Identifier: MIT

local timers = require "exotel.timers"

-- Takes out what is in, one after the other.
local function drain(heap)
  local list = {}
  while heap:first() do
    list[#list + 1] = heap:first()
    assert.is_true(heap:remove(list[#list]))
  end
  return list
end

local function names(list)
  local out = {}
  for index, entry in ipairs(list) do out[index] = entry.name end
  return table.concat(out, " ")
end

describe("timers", function()
  it("give the earliest first, and those of one time as they were made", function()
    local heap = timers.new()
    assert.is_nil(heap:first())
    for name, time in ("c3 a1 d3 b1 e3 f0 g1/0"):gmatch "(%a)(%S+)" do
      local entry = { name = name }
      assert.equal(entry, heap:add(time == "1/0" and math.huge or tonumber(time), entry))
    end
    assert.equal("f a b c d e g", names(drain(heap)))
    assert.is_nil(heap:first())
  end)

  it("take an entry out of any place, once", function()
    for gone = 1, 12 do
      local heap, entries = timers.new(), {}
      for index, time in ipairs { 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 1, 9 } do
        entries[index] = heap:add(time, {})
      end
      assert.is_true(heap:remove(entries[gone]))
      assert.is_false(heap:remove(entries[gone]))
      local list = drain(heap)
      assert.equal(11, #list)
      for index = 2, #list do
        assert.is_true(list[index - 1].time <= list[index].time)
        assert.are_not.equal(entries[gone], list[index])
      end
    end
  end)

  it("take no entry of another heap", function()
    local one, other = timers.new(), timers.new()
    local entry = one:add(1, {})
    other:add(1, {})
    assert.is_false(other:remove(entry))
    assert.is_false(one:remove {})
    assert.equal(entry, one:first())
  end)

  it("keep the order through thousands that come and go", function()
    local heap, present, seed = timers.new(), {}, 7
    for _ = 1, 5000 do
      seed = (seed * 1103515245 + 12345) % 2147483648
      if seed % 3 == 0 and #present > 0 then
        assert.is_true(heap:remove(table.remove(present, seed % #present + 1)))
      else
        present[#present + 1] = heap:add(seed % 100, {})
      end
    end
    table.sort(present, function(a, b)
      return a.time < b.time or a.time == b.time and a.number < b.number
    end)
    assert.is_true(#present > 500)
    assert.same(#present, #heap.heap)
    for index, entry in ipairs(drain(heap)) do assert.equal(present[index], entry) end
  end)
end)
