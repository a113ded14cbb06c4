-- copy: a table, and the tables in it, anew. No cycles, no metatables.
--
-- SPDX-License-Identifier: MIT

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

return copy
