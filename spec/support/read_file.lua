-- read_file: the bytes of a file, which has to be there.
--
-- SPDX-License-Identifier: MIT

return function(name)
  local file, why = io.open(name, "rb")
  if not file then error(why, 2) end
  local bytes = file:read "*a"
  file:close()
  return bytes
end
