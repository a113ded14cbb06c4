-- dice: what is left to chance, pauses before retries and a sandbox's whims. From the same seed
-- come the same draws, on every Lua. Not for secrets.
--
-- Two multiplicative generators whose states are subtracted (P. L'Ecuyer, Communications of
-- the ACM 31, 1988): every product is exact in a double, and the period is about 2^61.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local nginx = require "exotel.nginx"

local dice = {}
dice.__index = dice

local A, M = 40014, 2147483563
local B, N = 40692, 2147483399
local FIRST = 20 -- draws that are thrown away: near seeds begin alike

local function draw(self)
  self.a, self.b = self.a * A % M, self.b * B % N
  return (self.a - self.b) % (M - 1)
end

-- Bytes that no other process has: the system's, or where that isn't built what differs from one
-- to the next.
local function any_bytes()
  local sys = not nginx.api and errors.load "exotel.sys"
  if sys then return assert(sys.random(6)) end
  local has_os = type(os) == "table"
  return table.concat({ tostring({}), tostring(coroutine.create(any_bytes)), -- their addresses
    has_os and os.time and os.time() or "", has_os and os.clock and os.clock() or "",
    nginx.api and nginx.api.worker.pid() or "" }, " ")
end

-- Below 2^44, so that each step is exact in a double.
local function any_seed()
  local seed, bytes = 0, any_bytes()
  for place = 1, #bytes do seed = (seed * 257 + bytes:byte(place)) % 2 ^ 44 end
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
