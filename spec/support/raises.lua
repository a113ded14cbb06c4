-- raises: asserts that a call raises a message in which a pattern is found.
--
--   local raises = require "spec.support.raises"
--   raises("number expected", sys.sleep, "soon")
--
-- What it finds wrong is told at the line of the call of raises. A function that is called so has
-- no line of Lua above it: for a message's place see raised.lua.
--
-- SPDX-License-Identifier: MIT

local assert = require "luassert"

return function(pattern, ...)
  local here = assert:level(2)
  local ok, message = pcall(...)
  assert(not ok, "nothing was raised", here)
  assert(type(message) == "string", "what was raised is no string", here)
  assert(message:find(pattern), ("raised: %s\nwanted: %s"):format(message, pattern), here)
end
