-- sandbox/dice: all that a sandbox leaves to chance. From the same seed come the same draws, on
-- every Lua. Not for secrets.
--
-- Two multiplicative generators whose states are subtracted (P. L'Ecuyer, Communications of
-- the ACM 31, 1988): every product is exact in a double, and the period is about 2^61.
--
-- SPDX-License-Identifier: MIT

local sys = require "exotel.sys"

local dice = {}
dice.__index = dice

local A, M = 40014, 2147483563
local B, N = 40692, 2147483399
local FIRST = 20 -- draws that are thrown away: near seeds begin alike

local function draw(self)
  self.a, self.b = self.a * A % M, self.b * B % N
  return (self.a - self.b) % (M - 1)
end

-- A number of 48 bits that nobody knows.
local function any_seed()
  local seed, bytes = 0, assert(sys.random(6))
  for place = 1, 6 do seed = seed * 256 + bytes:byte(place) end
  return seed
end

--- seed: a whole number; nil for draws that no other run makes.
function dice.new(seed)
  seed = seed or any_seed()
  local self = setmetatable({}, dice)
  self.a, self.b = seed % (M - 1) + 1, math.floor(seed / M) % (N - 1) + 1
  for _ = 1, FIRST do draw(self) end
  return self
end

--- n bytes, as a string.
function dice:bytes(n)
  local list = {}
  for index = 1, n do list[index] = string.char(math.floor(self:share() * 256)) end
  return table.concat(list)
end

--- A number from 0 to below 1.
function dice:share()
  return draw(self) / (M - 1)
end

return dice
