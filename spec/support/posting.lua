-- posting: posts webhooks, each a terminal event of a call of its own, and says what was answered.
--
--   lua5.4 spec/support/posting.lua PORT TARGET TYPE FIRST FILE
--
-- posts the events FIRST, FIRST + 1 … (posting.event), each on a connection of its own, until there
-- is a file of that name, and prints for each its number and the status that was answered, 0 for
-- none.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local socket = require "socket"

local posting = {}

local LONG = 20 -- seconds that nothing here should ever need

posting.JSON = "application/json"
posting.FORM = "application/x-www-form-urlencoded"
posting.MULTIPART = "multipart/form-data"

local statuses = { "completed", "failed", "busy", "no-answer" }

-- Letters, since a row of digits is masked as a phone number where an event is logged.
local function sid_of(number)
  return (("call%028d"):format(number):gsub("%d", function(digit)
    return string.char(("a"):byte() + digit)
  end))
end

--- The event of that number: no two are the same.
function posting.event(number)
  return {
    call_sid = sid_of(number), event_type = "terminal",
    status = statuses[number % #statuses + 1], direction = "outbound-api",
    from = ("+9198%08d"):format(number), to = "+919123456789", conversation_duration = number % 61,
    date_created = "2026-11-03 16:21:08", recording_url = "https://r.example.test/" .. number,
    custom_field = ("number %d & 100%% of \"it\" = ✓"):format(number),
    legs = { { id = 1, status = "completed", on_call_duration = number % 59 },
             { id = 2, status = statuses[(number + 1) % #statuses + 1] } },
  }
end

--- A connection to that port of this machine.
function posting.connect(port)
  local peer = assert(socket.connect("127.0.0.1", port))
  peer:settimeout(LONG)
  return peer
end

--- A request as bytes; headers but for Host and Content-Length.
function posting.bytes(method, target, headers, body)
  local lines = { method .. " " .. target .. " HTTP/1.1", "Host: spec" }
  for name, value in pairs(headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  if body then lines[#lines + 1] = "Content-Length: " .. #body end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

--- One request on a connection of its own: the status, the rest of the answer as it came, chunks
--- and all, and its head; or nil when it wasn't answered.
function posting.request(port, method, target, headers, body)
  local peer, all = posting.connect(port), { Connection = "close" }
  for name, value in pairs(headers or {}) do all[name] = value end
  peer:send(posting.bytes(method, target, all, body)) -- it may be answered before it was read
  local answer, _, partial = peer:receive "*a"
  peer:close()
  local head, rest = (answer or partial):match "^(.-\r\n)\r\n(.*)$"
  if not head then return nil end
  return tonumber(head:match "^HTTP/1.1 (%d+)"), rest, head
end

--- Posts an event: what posting.request gives.
function posting.post(port, target, event, content_type)
  local body, whole_type = exotel.build_callback(event, content_type)
  return posting.request(port, "POST", target, { ["Content-Type"] = whole_type }, body)
end

local function is_there(name)
  local file = io.open(name)
  return file and file:close()
end

if arg and arg[0] and arg[0]:find "posting%.lua$" then
  local port, target, content_type, number = arg[1], arg[2], arg[3], tonumber(arg[4])
  io.stdout:setvbuf "line"
  while not is_there(arg[5]) do
    print(number, posting.post(port, target, posting.event(number), content_type) or 0)
    number = number + 1
  end
end

return posting
