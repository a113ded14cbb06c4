-- records: how records and events print, each in one line without whole phone numbers.
--
-- A record is a plain table that the core made; here it gets a metatable and nothing else. One
-- that was asked for over the network has what it came from as its metatable: an entry in a weak
-- table would cost more.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local records = {}

-- One line without whole numbers, whatever stands in the text.
local function line_of(text)
  return core.mask((text:gsub("%c", " ")), {})
end

-- "call c5797d… in-progress from 0XXXXXXX240 to 0XXXXXXX847"
local function describe_call(call)
  local parts = { "call", tostring(call.sid), call.status or "without status" }
  if call.from then parts[#parts + 1] = "from " .. tostring(call.from) end
  if call.to then parts[#parts + 1] = "to " .. tostring(call.to) end
  if call.duration then parts[#parts + 1] = tostring(call.duration) .. " s" end
  return line_of(table.concat(parts, " "))
end

-- "dial reminder-17 not_placed from +XXXXXXXXX210", or as a call where it has one
local function describe_tracked(call)
  if call.sid then return describe_call(call) end
  local parts = { "dial", tostring(call.reference), tostring(call.settled) }
  if call.from then parts[#parts + 1] = "from " .. tostring(call.from) end
  if call.to then parts[#parts + 1] = "to " .. tostring(call.to) end
  return line_of(table.concat(parts, " "))
end

-- "event terminal of call c5797d… completed"
local function describe_event(event)
  local text = ("event %s of call %s %s"):format(event.kind, event.call_sid or "unknown",
    event.status or event.agent_status or "")
  return line_of((text:gsub("%s+$", "")))
end

-- "number 0XXXXXXX240 mobile, Karnataka, Vodafone, DND no"
local function describe_number(number)
  local parts = { ("number %s %s"):format(number.phone_number or "unknown", number.type or "") }
  parts[1] = parts[1]:gsub(" $", "")
  parts[#parts + 1] = number.circle_name or number.circle
  parts[#parts + 1] = number.operator_name or number.operator
  if number.dnd then parts[#parts + 1] = "DND " .. tostring(number.dnd) end
  return line_of(table.concat(parts, ", "))
end

-- "balance 1543.75 INR on 2026-11-30 10:00:00"
local function describe_balance(balance)
  local parts = { "balance", balance.balance_text or "unknown", balance.currency }
  if balance.date_updated then parts[#parts + 1] = "on " .. tostring(balance.date_updated) end
  return line_of(table.concat(parts, " "))
end

--- The metatables, by the record that an operation's row names.
records.metatables = {
  number_metadata = { __name = "exotel.number_metadata", __tostring = describe_number },
  balance = { __name = "exotel.balance", __tostring = describe_balance },
  event = { __name = "exotel.event", __tostring = describe_event },
  call = { __name = "exotel.call", __tostring = describe_call },
  tracked = { __name = "exotel.tracked", __tostring = describe_tracked },
}

--- A record of an operation under its metatable; of a page each of its records.
function records.dress(operation, record)
  local metatable = records.metatables[operation.record]
  if not operation.page then return setmetatable(record, metatable) end
  for _, entry in ipairs(record.calls) do setmetatable(entry, metatable) end
  return record
end

local describes = {} -- the functions that tell that a metatable is ours
for _, metatable in pairs(records.metatables) do describes[metatable.__tostring] = true end

--- The same under the response that it came from, which becomes the metatable. The records of a
--- page share it, without its body: a call must not hold its whole page.
function records.remember(operation, record, response)
  local shared = records.metatables[operation.record]
  response.__name, response.__tostring = shared.__name, shared.__tostring
  if not operation.page then
    setmetatable(record, response)
    return
  end
  response.body = nil
  for _, entry in ipairs(record.calls) do setmetatable(entry, response) end
end

--- What a record came from; nil for anything else.
function records.source(value)
  local metatable = type(value) == "table" and getmetatable(value)
  local is_ours = type(metatable) == "table" and describes[rawget(metatable, "__tostring")]
  return is_ours and rawget(metatable, "status") and metatable or nil
end

return records
