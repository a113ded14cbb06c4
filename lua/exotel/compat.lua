-- compat: what is written here in another way for each Lua.
--
-- Not a general layer: what is used in more than one file, and nothing of the host is changed.
--
-- SPDX-License-Identifier: MIT

local compat = {}

compat.unpack = table.unpack or unpack -- luacheck: ignore 113

--- The largest of the whole numbers of which each can be told from the next.
compat.MOST = math.maxinteger or 2 ^ 53

--- The whole number that a number is, or that a text says; nil for any other.
function compat.tointeger(value)
  local number = tonumber(value)
  if math.tointeger then return number and math.tointeger(number) end
  local is_whole = number and number % 1 == 0 and math.abs(number) <= compat.MOST
  return is_whole and number or nil
end

return compat
