-- sandbox/dice: all that a sandbox leaves to chance.
--
-- A generator of its own (splitmix64): the same seed gives the same draws, whatever else in
-- the process draws numbers. Nobody is kept from guessing them: they are no secrets.
--
-- SPDX-License-Identifier: MIT

local sys = require "exotel.sys"

local dice = {}
dice.__index = dice

local STEP = 0x9E3779B97F4A7C15 -- the golden ratio of 2^64

local function integer_of(bytes)
  local integer = 0
  for place = 1, #bytes do integer = integer << 8 | bytes:byte(place) end
  return integer
end

--- seed: an integer; nil for draws that no other run makes.
function dice.new(seed)
  return setmetatable({ state = seed or integer_of(assert(sys.random(8))) }, dice)
end

-- 64 bits; integers wrap around.
local function draw(self)
  self.state = self.state + STEP
  local bits = self.state
  bits = (bits ~ bits >> 30) * 0xBF58476D1CE4E5B9
  bits = (bits ~ bits >> 27) * 0x94D049BB133111EB
  return bits ~ bits >> 31
end

--- n bytes, as a string.
function dice:bytes(n)
  local words = {}
  for index = 1, (n + 7) // 8 do words[index] = string.pack("<i8", draw(self)) end
  return table.concat(words):sub(1, n)
end

--- A number from 0 to below 1.
function dice:share()
  return (draw(self) >> 11) * 2.0 ^ -53
end

return dice
