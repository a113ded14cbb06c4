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

-- What weak keys refer to is kept by the values: such tables are ephemerons since 5.2.
local keeps_values = _VERSION == "Lua 5.1"

--- For what belongs to objects and stands apart from them: a function that tells it, and one that
--- sets it. Where a weak table would keep both, it stands in the object, behind a function: who
--- prints the object sees no more.
function compat.aside()
  if not keeps_values then
    local values = setmetatable({}, { __mode = "k" })
    return function(object) return values[object] end,
      function(object, value) values[object] = value end
  end
  local key = {}
  return function(object)
    local held = type(object) == "table" and rawget(object, key)
    return held and held() or nil
  end, function(object, value)
    rawset(object, key, function() return value end)
  end
end

return compat
