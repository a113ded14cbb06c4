-- free_ports: so many ports of 127.0.0.1 that were free a moment ago.
--
-- SPDX-License-Identifier: MIT

local socket = require "socket"

return function(n)
  local held, ports = {}, {}
  for index = 1, n do
    held[index] = assert(socket.bind("127.0.0.1", 0))
    ports[index] = tonumber((select(2, held[index]:getsockname())))
  end
  for _, listener in ipairs(held) do listener:close() end
  return ports
end
