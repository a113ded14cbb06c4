-- child: this program's own Lua in a process of its own, with the same paths and no shell.
--
-- What it runs prints one line with its address when it is ready. It is the one that started it
-- who ends it: by the end of its standard input, or by closing it.
--
-- SPDX-License-Identifier: MIT

local sys = require "exotel.sys"

local child = {}

local START, STOP = 20, 5 -- real seconds that the process is given

--- How this very interpreter was called: the first of its own arguments; nil where nothing says
--- so.
function child.interpreter()
  local arguments = rawget(_G, "arg")
  if type(arguments) ~= "table" then return nil end
  local first = 0
  while arguments[first - 1] ~= nil do first = first - 1 end
  local name = arguments[first]
  return first < 0 and type(name) == "string" and name:find "lua[^/]*$" and name or nil
end

--- How a process ended, in words, or nil while it runs.
function child.ending(process)
  local code, why, signal = process:wait(0)
  if code then return "ended with exit code " .. code end
  if why == "signal" then return "was ended by signal " .. signal end
  if why ~= "timeout" then return "is no child of this process any more" end
end

--- Starts an interpreter with a program's text, and waits for its first line, which begins with
--- an address: the process and that line. Or nil and why there is none; the process is gone then.
function child.start(lua, text)
  local paths = ("package.path, package.cpath = %q, %q "):format(package.path, package.cpath)
  local process, message = sys.spawn { lua, "-e", paths .. text }
  if not process then return nil, message end
  local line, why = process:read_line(START)
  if line and line:find "^http" then return process, line end
  if why == "closed" then process:wait(STOP) end
  local reason = line or ("it %s before it listened"):format(child.ending(process)
    or ("said nothing for %d seconds"):format(START))
  process:close()
  return nil, reason
end

return child
