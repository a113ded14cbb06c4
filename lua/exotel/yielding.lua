-- yielding: where the Lua that runs here can yield, and a pcall across which it always can.
--
-- Lua 5.1 (not LuaJIT) yields neither across pcall nor in the iterator of a `for`, and has no
-- function that says so; nor has 5.2. What a Lua can do is tried, once.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local nginx = require "exotel.nginx"
local running = require "exotel.running"

local yielding = {}

-- What can't wait for a loop's answer, by what stands in the way.
local BUT = {
  pcall = "used in pcall, across which this Lua can't yield: exotel.pcall works",
  loop = "used in the iterator of a `for`, where this Lua can't yield: query:next() works, and so"
    .. " does what query:pages() returns, called by itself",
  other = "used where Lua can't yield: in a function that C calls (table.sort, string.gsub), in"
    .. " a finalizer, or in a to-be-closed variable of a task that has ended",
}

local function suspends(fn)
  local thread = coroutine.create(fn)
  coroutine.resume(thread)
  return coroutine.status(thread) == "suspended"
end

-- Inside nginx nothing is tried: in a request resume yields to nginx, which it can't do while a
-- module is loaded. LuaJIT runs there, and yields across both.
local crosses_pcall = nginx.api ~= nil or suspends(function() pcall(coroutine.yield) end)
local crosses_for = nginx.api ~= nil or suspends(function()
  for _ in coroutine.yield do end -- luacheck: ignore 542
end)

-- {=================================================================
-- What stands in the way
-- ==================================================================

--- What a coroutine yields to its loop to see whether it can: to be resumed at once.
yielding.PROBE = {}

-- In one frame of a coroutine, below the function that runs in it.
local function obstacle_at(frame)
  if frame.name == "(for generator)" then return BUT.loop end
  if frame.what ~= "C" then return nil end
  return (frame.func == pcall or frame.func == xpcall) and BUT.pcall or BUT.other
end

-- What the frames tell. A metamethod has none that differs: there the yield itself fails.
local function obstacle_in_frames()
  local thread = coroutine.running()
  while thread do
    local level = 1
    local frame = debug.getinfo(thread, level, "Snf")
    while frame do
      local found = obstacle_at(frame)
      if found then return found end
      level = level + 1
      frame = debug.getinfo(thread, level, "Snf")
    end
    thread = running.parent(thread)
  end
end

local function obstacle_to_probe()
  return not pcall(coroutine.yield, yielding.PROBE) and BUT.other or nil
end

local function obstacle_told()
  return not coroutine.isyieldable() and BUT.other or nil
end

--- Why the coroutine of a task can't yield here, or nil where nothing is known to be in the way.
---@return string? why
yielding.obstacle = crosses_pcall and crosses_for
  and (coroutine.isyieldable and obstacle_told or obstacle_to_probe)
  or type(debug) == "table" and debug.getinfo and obstacle_in_frames
  or function() end

-- }=================================================================

-- {=================================================================
-- Calling
-- ==================================================================

-- Until the coroutine has ended, its yields are passed on, and the answers to them passed in.
local function relay(thread, ...)
  if coroutine.status(thread) ~= "suspended" then return ... end
  return relay(thread, coroutine.resume(thread, coroutine.yield(select(2, ...))))
end

-- A coroutine for fn, or nil where nothing could be yielded to anybody.
local function begin(fn)
  local parent = coroutine.running()
  if not parent then return nil end
  local thread = coroutine.create(function(...) return fn(...) end)
  running.adopt(thread, parent)
  return thread
end

local function pcall_in_thread(fn, ...)
  local thread = begin(fn)
  if not thread then return pcall(fn, ...) end
  return relay(thread, coroutine.resume(thread, ...))
end

--- As pcall, and fn may yield everywhere: where the Lua that runs here has no such pcall, in a
--- coroutine of its own.
yielding.pcall = crosses_pcall and pcall or pcall_in_thread

local function with_frames(thread, ok, ...)
  if ok then return ok, ... end
  return false, debug.traceback(thread, tostring((...)))
end

--- The same with a traceback in the place of the error.
function yielding.traced(fn, argument, ...)
  local arguments = { n = select("#", ...), ... }
  local function call() return fn(argument, compat.unpack(arguments, 1, arguments.n)) end
  local thread = not crosses_pcall and begin(call)
  if not thread then return xpcall(call, debug.traceback) end
  return with_frames(thread, relay(thread, coroutine.resume(thread)))
end

-- }=================================================================

return yielding
