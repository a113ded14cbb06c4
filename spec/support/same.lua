-- same: asserts that two values are equal, tables by what they hold, numbers with their type:
-- 17 is not 17.0 where the two differ.
--
--   same(expected, got, about)
--
-- SPDX-License-Identifier: MIT

local assert = require "luassert"

local number_type = math.type or function() return "number" end

local LONGEST = 10000 -- bytes of a text that a failure still prints

-- A value's text, tables sorted by name: equal texts are equal values of equal types.
local function spell(value, indent)
  if type(value) == "number" then return ("%.17g %s"):format(value, number_type(value)) end
  if type(value) ~= "table" then return ("%s %q"):format(type(value), tostring(value)) end
  local lines = {}
  for key, item in pairs(value) do
    lines[#lines + 1] = ("%s[%s] = %s"):format(indent, spell(key, ""), spell(item, indent .. "  "))
  end
  table.sort(lines)
  return "{\n" .. table.concat(lines, "\n") .. "\n" .. indent .. "}"
end

return function(expected, got, about)
  local wanted, found = spell(expected, ""), spell(got, "")
  if #wanted < LONGEST and #found < LONGEST then
    assert.equal(wanted, found, about)
  else
    assert.is_true(wanted == found, about)
  end
end
