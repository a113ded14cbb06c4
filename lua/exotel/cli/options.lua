-- cli/options: the options of one command, by rows.
--
-- A row is { name, kind, default, help }: kind "string", "integer", "seconds", "rate", "flag"
-- or "text", which may stand several times and gives a list.
-- `--name value` and `--name=value` both work.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local errors = require "exotel.errors"

local options = {}

local function names_of(rows)
  local list = {}
  for index, row in ipairs(rows) do list[index] = "--" .. row[1] end
  return list
end

local function find(rows, name)
  for _, row in ipairs(rows) do
    if "--" .. row[1] == name then return row end
  end
  return nil, ("no option '%s'%s"):format(name, errors.did_you_mean(name, names_of(rows)))
end

-- Of each kind of number: the least, the most, and how it is asked for.
local numbers = {
  integer = { 0, compat.MOST, "a whole number from 0" },
  seconds = { 0, 1e9, "seconds from 0 to 1000000000" },
  rate = { 0, 1e6, "a number from 0 to 1000000" },
}

local function convert(row, text)
  local kind = row[2]
  if text == nil then return nil, ("--%s wants a value"):format(row[1]) end
  if kind == "string" or kind == "text" then return text end
  local number = tonumber(text)
  if kind == "integer" then number = compat.tointeger(number) end
  local least, most, wanted = compat.unpack(numbers[kind])
  if not number or number < least or number > most then
    return nil, ("--%s wants %s, got '%s'"):format(row[1], wanted, text)
  end
  return number
end

local function put(out, row, value)
  local name = row[1]
  if row[2] ~= "text" then
    out[name] = value
  else
    out[name] = out[name] or {}
    table.insert(out[name], value)
  end
end

--- Reads a command line: a table of values by name, or nil and what is wrong with it.
function options.read(rows, arguments)
  local out, index = {}, 1
  for _, row in ipairs(rows) do out[row[1]] = row[3] end
  while arguments[index] do
    local name, value = arguments[index]:match "^(%-%-[^=]+)=(.*)$"
    name = name or arguments[index]
    local row, wrong = find(rows, name)
    if not row then return nil, wrong end
    if row[2] == "flag" then
      if value then return nil, ("--%s takes no value"):format(row[1]) end
      out[row[1]] = true
    else
      if not value then
        index = index + 1
        value = arguments[index]
      end
      value, wrong = convert(row, value)
      if wrong then return nil, wrong end
      put(out, row, value)
    end
    index = index + 1
  end
  return out
end

--- The options as text, one a line.
function options.help(rows)
  local lines = {}
  for index, row in ipairs(rows) do
    local name = "--" .. row[1] .. (row[2] == "flag" and "" or " " .. row[2]:upper())
    local default = row[3] ~= nil and row[3] ~= false and (" (default %s)"):format(row[3]) or ""
    lines[index] = ("  %-24s %s%s"):format(name, row[4], default)
  end
  return table.concat(lines, "\n") .. "\n"
end

return options
