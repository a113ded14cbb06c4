-- parent: starts a sandbox, prints its address and its process's id, and does what it is told
-- (a chunk with `handle`); then it ends.
-- SPDX-License-Identifier: MIT

local lua = require "spec.support.lua"

local program, chunk = arg[1], arg[2]
local handle = assert(require("exotel.sandbox").start { lua = program ~= "" and program or nil })
print(handle.url)
print(handle.process:pid())
io.stdout:flush()
assert(lua.load(chunk, "=chunk", setmetatable({ handle = handle }, { __index = _G })))()
