-- nginx_count: the instructions that nginx, its modules and Lua take for a webhook, the kernel's
-- not, as callgrind counts them. A second run posts more than the first, both from the start to the
-- end of nginx, and only the difference counts: not what starting and warming up takes.
--
-- SPDX-License-Identifier: MIT

local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"

local WARM, COUNTED = 1500, 1000

-- Posts it so often over one connection.
local function post(server, target, format, times)
  local peer = posting.connect(server.ports.web)
  local bytes = posting.bytes("POST", target, { ["Content-Type"] = format.type }, format.body)
  for _ = 1, times do
    assert(peer:send(bytes))
    local status = assert(peer:receive "*l")
    assert(status == "HTTP/1.1 200 OK", status)
    repeat until assert(peer:receive "*l") == "0" -- the last chunk
    assert(peer:receive "*l")
  end
  peer:close()
end

-- What a whole run takes.
local function run(configuration, target, format, times)
  local options = { under = { "valgrind", "--tool=callgrind", "--smc-check=all-non-file",
    "--callgrind-out-file=/dev/null", "--log-file=@directory@/counted" } }
  for name, value in pairs(configuration) do options[name] = value end
  local server = nginx.start(options)
  post(server, target, format, times)
  server:quit()
  local said = server:read "counted"
  server:stop()
  return assert(tonumber(said:match "Collected : (%d+)"), said)
end

--- The instructions for one webhook of that format (its type and body), posted to that target of an
--- nginx of that configuration (nginx.start).
return function(configuration, target, format)
  local warm = run(configuration, target, format, WARM)
  return (run(configuration, target, format, WARM + COUNTED) - warm) / COUNTED
end
