-- cli/sandbox: `exotel sandbox`, Exotel on loopback.
--
-- SPDX-License-Identifier: MIT

local httpd = require "exotel.httpd"
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
  { "call-seconds", "seconds", 2, "how long a call is in progress" },
  { "help", "flag", false, "print this" },
}

local function fail(message)
  io.stderr:write("exotel sandbox: ", message, "\n")
  return 2
end

--- Listens until it is killed. The first line on standard output is the base address.
function command.run(arguments)
  local given, wrong = options.read(rows, arguments)
  if not given then return fail(wrong) end
  if given.help then
    io.stdout:write("usage: exotel sandbox [OPTION…]\n\n", options.help(rows))
    return 0
  end
  if given.port > 65535 then return fail "--port wants a number up to 65535" end
  local listener, message = httpd.listen { host = given.host, port = given.port }
  if not listener then return fail(message) end
  print(listener:url())
  io.stdout:flush()
  local sandbox = server.new {
    account_sid = given.sid, api_key = given.key, api_token = given.token,
    call_seconds = given["call-seconds"], now = sys.time, random = sys.random, hex = sys.hex,
  }
  while true do
    local request = listener:poll(60)
    if request then sandbox:answer(request) end
  end
end

return command
