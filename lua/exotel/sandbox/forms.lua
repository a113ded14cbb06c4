-- sandbox/forms: whether a dial's form is one that the service would take.
--
-- It reads the rows of core.api, as the client does before it sends.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local core = require "exotel.core"

local forms = {}

local parameters = api.by_name.connect.parameters

-- The mode that a form asks for, as the service tells it.
local function mode_of(form)
  if form.Url then return "flow" end
  if form.To then return "numbers" end
  if form.StreamUrl then return "stream" end
  return "numbers"
end

-- What an answer can show in either format: no control characters but tab and line ends.
local function is_text(value)
  return type(value) == "string" and core.is_utf8(value)
    and not value:find "[%z\1-\8\11\12\14-\31]" and not value:find "\239\191[\190\191]"
end

local function is_one_of(choices, word)
  for _, choice in ipairs(choices) do
    if word == choice then return true end
  end
  return false
end

-- By a parameter's type; of the others any text is taken.
local checks = {}

function checks.integer(parameter, value)
  local number = value:match "^%d+$" and tonumber(value)
  return number and number >= parameter.min and number <= parameter.max
end

function checks.boolean(_, value) return value == "true" or value == "false" end

function checks.choice(parameter, value) return is_one_of(parameter.choices, value) end

-- A number or a SIP address. A blank or a dash in CallerId has cost a 400; of the parties'
-- numbers nobody says so.
function checks.phone(parameter, value)
  if value:find "^[sS][iI][pP]:%S+$" then return true end
  if parameter.name ~= "CallerId" then value = value:gsub("[%s%-()%[%]]", "") end
  return value:find "^%+?%d+$" ~= nil
end

-- A list in any of the ways in which forms write one.
function checks.words(parameter, value)
  local words = type(value) == "table" and value or { value }
  for name, word in pairs(words) do
    if type(name) ~= "number" or not is_one_of(parameter.choices, word) then return false end
  end
  return true
end

local function is_valid(parameter, value)
  if not is_text(value) and parameter.type ~= "words" then return false end
  local check = checks[parameter.type]
  return not check or check(parameter, value)
end

local function invalid(name)
  return nil, ("Invalid Call Parameters: Invalid '%s' specified"):format(name)
end

local function copy(form)
  local out = {}
  for name, value in pairs(form) do out[name] = value end
  return out
end

-- A plus sign that wasn't encoded came as a blank: the pages' own samples send it so.
local function restore_plus(form)
  for _, parameter in ipairs(parameters) do
    local value = form[parameter.name]
    if parameter.type == "phone" and type(value) == "string" then
      form[parameter.name] = value:gsub("^ %f[%d]", "+")
    end
  end
end

--- The form, a flow's without To; or nil and the service's message.
function forms.check(given)
  local form = copy(given)
  restore_plus(form)
  local mode = mode_of(form)
  for _, parameter in ipairs(parameters) do
    local name, value = parameter.name, form[parameter.name]
    if value == nil and parameter.required[mode] then
      return nil, ("The '%s' parameter is required."):format(name)
    elseif value ~= nil and not is_valid(parameter, value) then
      return invalid(name)
    end
  end
  if mode == "flow" and form.StatusCallbackEvents then return invalid "StatusCallbackEvents" end
  if mode == "flow" then form.To = nil end
  return form
end

return forms
