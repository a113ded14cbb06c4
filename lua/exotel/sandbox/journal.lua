-- sandbox/journal: what happened in a sandbox, in order, for a test to read as JSON.
--
-- Entries are plain tables; one may still change after it was added. What JSON can't hold
-- of what others sent, such as bytes that are no text, is shown as U+FFFD.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local journal = {}
journal.__index = journal

local UNREADABLE = "\239\191\189"

--- name: of the list in the JSON.
function journal.new(name)
  return setmetatable({ name = name, entries = {} }, journal)
end

function journal:add(entry)
  self.entries[#self.entries + 1] = entry
end

local function printable(text)
  if core.is_utf8(text) and not text:find("\0", 1, true) then return text end
  return (text:gsub("[%z\128-\255]", UNREADABLE))
end

-- A copy of what is plain: no tables, which alone may have a shape that JSON lacks.
local function reduce(entry)
  local out = {}
  for name, value in pairs(entry) do
    if type(value) == "string" then value = printable(value) end
    if type(value) ~= "table" then out[name] = value end
  end
  return out
end

local function spell(entry)
  return core.to_json(entry, "") or assert(core.to_json(reduce(entry), ""))
end

--- A message of a failure without the milliseconds that it took, which no other run repeats.
function journal.timeless(message)
  return message and (message:gsub(" after %d+ m%l+", ""))
end

--- The whole journal: { "count": …, "<name>": [ … ] }.
function journal:json()
  local items = {}
  for index, entry in ipairs(self.entries) do items[index] = spell(entry) end
  return journal.wrap(self.name, items)
end

--- The same of items that are JSON already.
function journal.wrap(name, items)
  return ('{"count":%d,"%s":[%s]}'):format(#items, name, table.concat(items, ","))
end

return journal
