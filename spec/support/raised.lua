-- raised: the message of a programmer's mistake.
--
--   local raised = require "spec.support.raised"
--   assert.equal("exotel.connect: …", raised(function() client:connect(1) end))
--
-- The mistake must be raised, and its place must be the line of the call of raised.
--
-- SPDX-License-Identifier: MIT

local assert = require "luassert"
local exotel = require "exotel"

return function(fn)
  local caller = debug.getinfo(2, "Sl")
  local ok, message = exotel.pcall(fn)
  assert.is_false(ok, "nothing was raised")
  local place, rest = tostring(message):match "^(.-:%d+): (.*)$"
  assert.equal(("%s:%d"):format(caller.short_src, caller.currentline), place, message)
  return rest
end
