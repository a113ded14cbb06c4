-- given: a table of settings, checked by rows. A client's are settings.lua's.
--
-- A row is { name, type, what it is, wants, is it, default, must it be there }: `type` in LuaLS's
-- words, `wants` in a message's, `is it` a function of a value; the last is true, or the name of
-- the setting without which it must.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"

local given_settings = {}

local function by_name(rows)
  local found, names = {}, {}
  for index, row in ipairs(rows) do found[row[1]], names[index] = row, row[1] end
  return found, names
end

-- One setting as it is used: or nil and what is wrong with it.
local function read_one(row, given)
  local name, wanted, is, default, required = row[1], row[4], row[5], row[6], row[7]
  local value = given[name]
  if value == nil and required and given[required] == nil then
    return nil, ("setting '%s' is missing"):format(name)
  end
  if value ~= nil and not is(value) then
    return nil, ("setting '%s' wants %s"):format(name, wanted)
  end
  if value == nil then return default end
  return value
end

--- The settings with their defaults; or nil and a misuse. whose: the function's name.
function given_settings.read(whose, rows, given)
  local function misuse(message) return errors.misuse(("%s: %s"):format(whose, message)) end
  if type(given) ~= "table" then
    return misuse(("a table of settings is wanted, got a %s"):format(type(given)))
  end
  local found, names = by_name(rows)
  for name in pairs(given) do
    if not found[name] then
      return misuse(("setting '%s' is not known%s"):format(tostring(name),
        errors.did_you_mean(name, names)))
    end
  end
  local settings = {}
  for _, row in ipairs(rows) do
    local value, wrong = read_one(row, given)
    if wrong then return misuse(wrong) end
    settings[row[1]] = value
  end
  return settings
end

return given_settings
