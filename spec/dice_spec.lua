-- The dice of a sandbox: one seed, one sequence.
--
-- SPDX-License-Identifier: MIT

local dice = require "exotel.dice"

-- What another program gave for the seed 1234567: whole numbers, of the largest plus one.
local KNOWN = { 1000682225, 1492312937, 1813900475, 190637647, 230626472 }
local LARGEST = 2147483562

describe("a sandbox's dice", function()
  it("draw what their seed says", function()
    local thrown = dice.new(1234567)
    for _, known in ipairs(KNOWN) do
      assert.equal(known, math.floor(thrown:share() * LARGEST + 0.5))
    end
  end)

  it("give as many bytes as they are asked for", function()
    for n = 0, 33 do assert.equal(n, #dice.new(1):bytes(n)) end
    assert.equal(dice.new(1):bytes(33):sub(1, 5), dice.new(1):bytes(5))
  end)

  it("give shares from 0 to below 1, spread evenly", function()
    local thrown, counts = dice.new(7), { 0, 0, 0, 0 }
    for _ = 1, 40000 do
      local share = thrown:share()
      assert.is_true(share >= 0 and share < 1)
      local quarter = math.floor(share * 4) + 1
      counts[quarter] = counts[quarter] + 1
    end
    for _, count in ipairs(counts) do assert.is_true(count > 9500 and count < 10500) end
  end)

  it("keep apart from others, and from the host's random numbers", function()
    local one, other = dice.new(1), dice.new(1)
    local first = one:bytes(16)
    math.randomseed(5)
    local expected = math.random(2 ^ 30)
    math.randomseed(5)
    assert.equal(first, other:bytes(16))
    assert.equal(expected, math.random(2 ^ 30))
    assert.not_equal(first, dice.new(2):bytes(16))
  end)

  it("differ from run to run without a seed", function()
    assert.not_equal(dice.new():bytes(16), dice.new():bytes(16))
  end)
end)
