-- lua: the Lua that runs the specs, and what one of them spells in another way.
--
-- SPDX-License-Identifier: MIT

local lua = {}

lua.is_jit = rawget(_G, "jit") ~= nil

--- Its program, for those who start another.
lua.name = lua.is_jit and "luajit" or "lua" .. _VERSION:match "%d+%.%d+"

--- Whether it is the 5.1 that yields neither across pcall nor in the iterator of a `for`.
lua.is_5_1 = lua.name == "lua5.1"

lua.unpack = table.unpack or unpack -- luacheck: ignore 113

function lua.pack(...)
  return { n = select("#", ...), ... }
end

--- A chunk of source text with the globals of `environment`, default all.
function lua.load(text, name, environment)
  if not setfenv then return load(text, name, "t", environment or _G) end -- luacheck: ignore 113
  local chunk, wrong = loadstring(text, name) -- luacheck: ignore 113
  if chunk and environment then setfenv(chunk, environment) end -- luacheck: ignore 113
  return chunk, wrong
end

--- closing(value, body): body(), with value in a to-be-closed variable; nil in a Lua that has
--- no such variables.
local chunk = lua.load [[
return function(value, body)
  local variable <close> = value
  return body(variable)
end]]
lua.closing = chunk and chunk()

--- An object with this finalizer, in any Lua: tables have none in 5.1 and LuaJIT.
function lua.finalized(finalizer)
  if not newproxy then return setmetatable({}, { __gc = finalizer }) end -- luacheck: ignore 113
  local object = newproxy(true) -- luacheck: ignore 113
  getmetatable(object).__gc = finalizer
  return object
end

return lua
