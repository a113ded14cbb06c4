-- alive: whether a process goes on. One that nobody has waited for yet has ended nevertheless.
--
-- SPDX-License-Identifier: MIT

return function(pid)
  local file = io.open(("/proc/%d/stat"):format(pid))
  if not file then return false end
  local state = (file:read "*a" or ""):match "%) (%a)" -- it may end between the two
  file:close()
  return state ~= nil and state ~= "Z" and state ~= "X"
end
