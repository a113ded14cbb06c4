-- in_a_fork: runs a check in a forked copy of this process, which ends there.
--
--   local in_a_fork = require "spec.support.in_a_fork"
--   assert.equal(0, in_a_fork(function() return sys.pid() ~= before end))
--
-- SPDX-License-Identifier: MIT

local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need

--- The copy's exit code: 0 if the check returned a true value, 1 if it didn't, or raised.
return function(check)
  local pid = assert(sys.fork())
  if pid == 0 then
    local fine, held = pcall(check)
    sys.exit(fine and held and 0 or 1)
  end
  return sys.waitpid(pid, LONG)
end
