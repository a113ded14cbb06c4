-- fetching: a process that fetches a recording of ten bytes into a file, from a server that gives
-- it five at a time. It says `asked` before each piece and waits for a line; and at its end how
-- many bytes it has fetched.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"

local FILE = "0123456789"

local function say(text)
  print(text)
  io.stdout:flush()
end

local client = exotel.client { account_sid = "acc", api_key = "the_key", api_token = "the_token",
  transport = { sleep = function() end, now = os.clock, perform = function(_, request)
    say "asked"
    io.read "*l"
    local first = tonumber(request.headers.range:match "^bytes=(%d+)")
    local last = math.min(first + 4, #FILE - 1)
    return { status = 206, body = FILE:sub(first + 1, last + 1),
             headers = { ["content-range"] = ("bytes %d-%d/%d"):format(first, last, #FILE) } }
  end } }

say(exotel.assert(client:recording("http://127.0.0.1:1/r", { to = arg[1] })).bytes)
