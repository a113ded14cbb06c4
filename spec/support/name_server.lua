-- name_server: a DNS server on 127.0.0.1, by UDP: run as a program it prints its port, and
-- answers until stdin ends; name_server.start() does that and gives the process and the port.
--
-- Every name has the address 127.0.0.1, but for those that end in .invalid, which don't exist,
-- and in .silent, of which it says nothing.
--
-- SPDX-License-Identifier: MIT

local name_server = {}

local LONG = 20 -- seconds that nothing here should ever need
local A, NO_SUCH_NAME = 1, 3
local LIFE = 60 -- seconds that an answer holds

--- Starts one: its process, to be closed, and its port.
function name_server.start()
  local sys = require "exotel.sys"
  local lua = require "spec.support.lua"
  local process = assert(sys.spawn { lua.name, "spec/support/name_server.lua" })
  return process, assert(process:read_line(LONG))
end

-- The name in a query, its type, and the bytes of the question.
local function read_question(query)
  local at, labels = 13, {}
  while query:byte(at) ~= 0 do
    local size = query:byte(at)
    labels[#labels + 1] = query:sub(at + 1, at + size)
    at = at + size + 1
  end
  return table.concat(labels, "."):lower(), query:byte(at + 1) * 256 + query:byte(at + 2),
    query:sub(13, at + 4)
end

-- In a header two bytes each: the id, flags, and the counts of four sections.
local function answer(query)
  local name, kind, question = read_question(query)
  if name:find "%.silent$" then return nil end
  local code = name:find "%.invalid$" and NO_SUCH_NAME or 0
  local found = code == 0 and kind == A
  local record = "\192\12\0\1\0\1\0\0\0" .. string.char(LIFE) .. "\0\4\127\0\0\1"
  return query:sub(1, 2) .. "\129" .. string.char(128 + code) .. "\0\1\0"
    .. (found and "\1" or "\0") .. "\0\0\0\0" .. question .. (found and record or "")
end

local function serve()
  local socket = require "socket"
  local udp = assert(socket.udp())
  assert(udp:setsockname("127.0.0.1", 0))
  local stdin = { getfd = function() return 0 end, dirty = function() return false end }
  print((select(2, udp:getsockname())))
  io.stdout:flush()
  while true do
    local ready = socket.select { udp, stdin }
    if ready[stdin] then os.exit(0) end
    local query, address, port = udp:receivefrom()
    local said = query and answer(query)
    if said then udp:sendto(said, address, port) end
  end
end

if (rawget(_G, "arg") or {})[0] == "spec/support/name_server.lua" then serve() end

return name_server
