-- pages/asked: what a query asks for, and the groups that its long lists are cut into.
--
-- A filter is the table that the user gave: checked here by the core, in the parts that one
-- request takes, then written under its Lua names. Ranges of time are months.lua's; nothing
-- here sends or remembers anything.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local copy = require "exotel.copy"
local core = require "exotel.core"

local asked = {}

local options, option_named = api.by_name.calls.parameters, {}
for _, row in ipairs(options) do
  option_named[row.lua], option_named[row.name] = row, row
end

-- Whether a row's list is cut into groups; of words a request takes all that there are.
local function is_grouped(row)
  return row ~= nil and (row.type == "sids" or row.type == "numbers")
end

-- The items of a list, or nil when it is none: what is wrong with it says the core.
local function items_of(value)
  if type(value) == "string" then return core.items(value) end
  if type(value) ~= "table" or #value == 0 then return nil end
  local n = 0
  for _ in pairs(value) do n = n + 1 end
  return n == #value and value or nil
end

local function cut(items, size)
  local groups = {}
  for index, item in ipairs(items) do
    if index % size == 1 then groups[#groups + 1] = {} end
    table.insert(groups[#groups], item)
  end
  return groups
end

-- Two spellings of one number are one.
local function without_repeats(row, items)
  local out, known = {}, {}
  for _, item in ipairs(items) do
    local spelling = row.type == "numbers" and core.phone(item) or item
    if not known[spelling] then out[#out + 1] = item end
    known[spelling] = true
  end
  return out
end

-- Whether the groups of a list behind its first can be sent.
local function check_groups(source, name, groups, size)
  for index = 2, #groups do
    local ok, err = source.check { [name] = groups[index] }
    if not ok and err.kind ~= "misuse" then
      err.message = ("items from %d on: %s"):format((index - 1) * size + 1, err.message)
    end
    if not ok then return nil, err end
  end
  return true
end

--- Checks a filter without sending it: true, or nil and the error of the core. source: as
--- for pages.new.
function asked.check(source, filter)
  local first, lists = {}, {}
  for name, value in pairs(filter) do
    local row = option_named[name]
    local items = is_grouped(row) and items_of(value)
    lists[name] = items and cut(items, row.most)
    first[name] = items and #items > row.most and lists[name][1] or value
  end
  local ok, err = source.check(first)
  for _, row in ipairs(options) do
    if not ok then return nil, err end
    local name = lists[row.lua] and row.lua or row.name
    ok, err = check_groups(source, name, lists[name] or {}, row.most)
  end
  return ok, err
end

--- A checked filter under its Lua names, its lists of any length and without repeats.
function asked.named(filter)
  local out = {}
  for _, row in ipairs(options) do
    local value = filter[row.lua]
    if value == nil then value = filter[row.name] end
    if is_grouped(row) and value ~= nil then
      out[row.lua] = without_repeats(row, items_of(value))
    else
      out[row.lua] = copy(value)
    end
  end
  return out
end

-- Each of the combinations with each of the groups of one list more.
local function multiply(combinations, name, groups)
  local more = {}
  for _, combination in ipairs(combinations) do
    for _, group in ipairs(groups) do
      local longer = copy(combination)
      longer[name] = group
      more[#more + 1] = longer
    end
  end
  return more
end

--- Every combination of the groups of each list, as a list: what one request says of them.
--- One, which is empty, when the filter has no list.
function asked.combine(filter)
  local combinations = { {} }
  for _, row in ipairs(options) do
    local items = is_grouped(row) and filter[row.lua]
    if items then combinations = multiply(combinations, row.lua, cut(items, row.most)) end
  end
  return combinations
end

--- Whether the oldest call comes first.
function asked.is_ascending(filter)
  return type(filter.sort) == "string" and filter.sort:lower():find "asc$" ~= nil
end

return asked
