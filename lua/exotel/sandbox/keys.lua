-- sandbox/keys: what callers key when they are asked for digits.
--
-- SPDX-License-Identifier: MIT

local keys = {}
keys.__index = keys

keys.MOST = 255 -- digits at once; the default of a Gather

local ANYBODY = ""

function keys.new()
  return setmetatable({ waiting = {} }, keys)
end

--- The rule, as text.
function keys.help()
  return [[
Who is asked for digits keys what POST /_sandbox/digits said: digits, or nothing without them, and
From when it is for that caller alone; each is keyed once, in their order. Where none is left, a
caller whose number ends with 6 and d keys d, and any other nothing.
]]
end

--- Whether these can be keyed.
function keys.are_valid(digits)
  return digits:find "^[%d*#]*$" ~= nil and #digits <= keys.MOST
end

--- Adds what a caller shall key, or nil for whoever is asked first.
function keys:add(number, digits)
  number = number or ANYBODY
  local list = self.waiting[number] or {}
  self.waiting[number] = list
  list[#list + 1] = digits
end

--- What the caller keys now; "" for nothing.
function keys:take(number)
  for _, name in ipairs { number, ANYBODY } do
    local list = self.waiting[name]
    if list and #list > 0 then return table.remove(list, 1) end
  end
  return number:match "6(%d)$" or ""
end

return keys
