-- sandbox/metadata: what is known of a phone number, by its digits.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local compat = require "exotel.compat"
local core = require "exotel.core"

local metadata = {}

-- The codes of a table of core.api, sorted, so that a number always finds the same one.
local function codes_of(names)
  local list = {}
  for code in pairs(names) do list[#list + 1] = code end
  table.sort(list)
  return list
end

local circles, operators = codes_of(api.circles), codes_of(api.operators)

local UNAVAILABLE = 9 -- the last digit of a number of which nobody knows

local function do_not_disturb(digit)
  if digit == UNAVAILABLE then return "Unavailable" end
  return digit % 2 == 0 and "Yes" or "No"
end

--- The rule, as text.
function metadata.help()
  return ([[
Numbers/{number} knows the numbers of India, which have ten digits behind +91 or 0: Mobile if
they begin with 6 to 9, else Landline. The first four digits d choose the circle, code d %% %d in
the order of the alphabet from 0, and the operator, code d // %d %% %d. The last digit chooses the
DND: %d is Unavailable, other odd ones No, even ones Yes.
]]):format(#circles, #circles, #operators, UNAVAILABLE)
end

--- The record of a number in any spelling, or nil when it is none of India's.
function metadata.find(number)
  local digits = (core.e164(number, "91") or ""):match "^%+91(%d%d%d%d%d%d%d%d%d%d)$"
  if not digits then return nil end
  local series = compat.tointeger(digits:sub(1, 4))
  local circle = circles[series % #circles + 1]
  local operator = operators[math.floor(series / #circles) % #operators + 1]
  return {
    phone_number = "0" .. digits, circle = circle, circle_name = api.circles[circle],
    type = series >= 6000 and "Mobile" or "Landline",
    operator = operator, operator_name = api.operators[operator],
    dnd = do_not_disturb(compat.tointeger(digits:sub(-1))),
  }
end

return metadata
