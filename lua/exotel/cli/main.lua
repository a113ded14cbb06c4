-- cli/main: the command line's commands and their options.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local core = require "exotel.core"
local errors = require "exotel.errors"

local main = {}

local commands = { "sandbox" }

local function usage(out)
  out:write("usage: exotel COMMAND [OPTION…]\n\n"
    .. "  sandbox    Exotel on loopback, for trying and testing (exotel sandbox --help)\n"
    .. "  --version  print the version\n"
    .. "  --help     print this\n")
end

--- Runs the command line. arguments: the strings behind the program's name.
--- Returns the exit status: 0, 1 for a failure, 2 for a wrong command line.
function main.run(arguments)
  local command = arguments[1]
  if command == "--version" then
    print("exotel " .. core._VERSION)
    return 0
  elseif command == "--help" or command == "help" then
    usage(io.stdout)
    return 0
  elseif command == nil then
    usage(io.stderr)
    return 2
  end
  for _, known in ipairs(commands) do
    if command == known then
      local found, err = errors.load("exotel.cli." .. known)
      if found then return found.run({ compat.unpack(arguments, 2) }) end
      io.stderr:write(("exotel %s: %s\n"):format(known, err.message))
      return 1
    end
  end
  io.stderr:write(("exotel: no command '%s'%s\n"):format(command,
    errors.did_you_mean(command, commands)))
  return 2
end

return main
