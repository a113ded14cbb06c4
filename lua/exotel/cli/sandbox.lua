-- cli/sandbox: `exotel sandbox`, Exotel on loopback.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local httpd = require "exotel.httpd"
local numbers = require "exotel.sandbox.numbers"
local options = require "exotel.cli.options"
local server = require "exotel.sandbox.server"
local sys = require "exotel.sys"

local command = {}

local rows = {
  { "port", "integer", 8080, "the port to listen on; 0 takes a free one" },
  { "host", "string", "127.0.0.1", "the address to listen on" },
  { "sid", "string", "sandbox", "the account's SID" },
  { "key", "string", "sandbox_key", "the API key that is let in" },
  { "token", "string", "sandbox_token", "the API token that is let in" },
  { "speed", "rate", 1, "sandbox seconds per real second" },
  { "queue-seconds", "seconds", 0.5, "how long a call is queued" },
  { "ring-seconds", "seconds", 1, "how long a leg rings before it ends" },
  { "call-seconds", "seconds", 2, "how long a conversation lasts, if TimeLimit lets it" },
  { "help", "flag", false, "print this" },
}

local about = ([[
usage: exotel sandbox [OPTION…]

Exotel on loopback: calls that ring no phone. Prints its address, and runs until it is killed.

%s
The first leg (From) is rung, and the second (To) once the first has answered. The last two
digits of its number choose how each of them ends:

%s
All seconds are the sandbox's, of which --speed makes more or fewer a real second.

What happened, as JSON for tests, without credentials:
  GET /_sandbox/dials  every dial that was read, taken or refused
  GET /_sandbox/calls  every call, with its legs
]]):format(options.help(rows), numbers.help())

local function complain(text)
  io.stderr:write("exotel sandbox: ", text, "\n")
end

local function fail(message)
  complain(message)
  return 2
end

local function new_sandbox(given, base_url)
  return server.new {
    account_sid = given.sid, api_key = given.key, api_token = given.token, base_url = base_url,
    clock = clock.new { epoch = sys.time(), now = sys.now, speed = given.speed, sleep = sys.sleep },
    seconds = { queue = given["queue-seconds"], ring = given["ring-seconds"],
                call = given["call-seconds"] },
    random = sys.random, hex = sys.hex, complain = complain,
  }
end

--- Listens until it is killed. The first line on standard output is the base address.
function command.run(arguments)
  local given, wrong = options.read(rows, arguments)
  if not given then return fail(wrong) end
  if given.help then
    io.stdout:write(about)
    return 0
  end
  if given.port > 65535 then return fail "--port wants a number up to 65535" end
  local listener, message = httpd.listen { host = given.host, port = given.port }
  if not listener then return fail(message) end
  print(listener:url())
  io.stdout:flush()
  local sandbox = new_sandbox(given, listener:url())
  while true do
    local request = listener:poll(60)
    if request then sandbox:answer(request) end
  end
end

return command
