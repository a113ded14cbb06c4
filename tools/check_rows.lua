-- check_rows: lists every row of the api tables that has no spec row, and fails if there is
-- one. Run from the top of the tree: lua5.4 tools/check_rows.lua
--
-- A spec row says in `row` what it covers; that alone counts for nothing. A parameter counts
-- when a row is sent that really gives it and whose bytes hold its documented name, and when
-- another is refused on it; of a list also when as many items are sent as it takes, and one
-- more is refused; of a range each operator that it takes, in a table and in a text, and one
-- that it doesn't take. A field counts when the answer, or the webhook's body or query,
-- holds its documented name and the record its value; a status and a cause when the answer
-- has them and the error their reason.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local api = core.api()

local wanted, order, covered, lies = {}, {}, {}, {}

local function want(name)
  if not wanted[name] then order[#order + 1] = name end
  wanted[name] = true
end

local function cover(name) covered[name] = true end

local function lie(row, what)
  lies[#lies + 1] = ("%s says it covers %s, and doesn't"):format(row.id, what)
end

-- {=================================================================
-- Requests
-- ==================================================================

local parameters, paths = {}, {}

-- Every operator that some row takes.
local operators = {}
for _, operation in ipairs(api.operations) do
  for _, parameter in ipairs(operation.parameters) do
    for _, operator in ipairs(parameter.operators or {}) do operators[operator] = true end
  end
end

local function takes(parameter, operator)
  for _, taken in ipairs(parameter.operators) do
    if taken == operator then return true end
  end
  return false
end

local function want_operators(name, parameter)
  for operator in pairs(operators) do
    local verb = takes(parameter, operator) and "sent" or "refused"
    want(("%s.%s in a table %s"):format(name, operator, verb))
    want(("%s.%s in a text %s"):format(name, operator, verb))
  end
end

-- The address as a pattern that takes out what stands for one of its parameters.
local function path_pattern(path, name)
  local pattern = path:gsub("{(%w+)}", function(found)
    return found == name and "([^/?]-)" or "[^/?]+"
  end)
  return pattern .. "%f[?%.%z]"
end

local function want_parameters(operation)
  want("operation " .. operation.name)
  for _, parameter in ipairs(operation.parameters) do
    local name = operation.name .. "." .. parameter.lua
    parameters[name] = parameter
    if parameter.place == "path" then paths[name] = path_pattern(operation.path, parameter.name) end
    if parameter.most then
      want(("%s with %d items"):format(name, parameter.most))
      want(("%s with %d items refused"):format(name, parameter.most + 1))
    end
    if parameter.operators then want_operators(name, parameter) end
    if parameter.excludes then want(name .. " with " .. parameter.excludes) end
    want(name .. " sent")
    want(name .. " refused")
    for _, choice in ipairs(parameter.choices or {}) do want(name .. " = " .. choice) end
    if parameter.alias then want(name .. " as " .. parameter.alias) end
    if parameter.type ~= "flow" then want(name .. " as " .. parameter.name) end
    for mode in pairs(parameter.modes) do want(name .. " in mode " .. mode) end
  end
end

-- The name by which a row gives a parameter, or nil.
local function given_as(row, parameter)
  if parameter.type == "flow" then return row.params[parameter.lua] and parameter.lua end
  for _, name in ipairs { parameter.lua, parameter.name, parameter.alias or parameter.name } do
    if row.params[name] ~= nil then return name end
    if row.params[name .. "[0]"] ~= nil then return name end
  end
  if type(row.params.extra) == "table" and row.params.extra[parameter.name] ~= nil then
    return "extra"
  end
end

local function encoded(text)
  return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- In a query a blank and a colon have a spelling of their own.
local function query_encoded(text)
  return (encoded(text):gsub("%%20", "+"):gsub("%%3A", ":"))
end

-- The text that a row sends for a parameter, or nil: of the row's own bytes, not of a build.
local function sent_value(row, parameter, path)
  local in_form = parameter.place == "form"
  local name = in_form and parameter.type == "words" and parameter.name .. "%5B0%5D"
    or parameter.name
  if path then return row.url and row.url:match(path) end
  local text = parameter.place == "query" and (row.url or ""):match("%?(.*)$") or row.body or ""
  for pair in text:gmatch("[^&]+") do
    local key, value = pair:match("^(.-)=(.*)$")
    if key == name then return value end
  end
end

local function mode_of(body)
  if body:find("&Url=", 1, true) then return "flow" end
  if body:find("&StreamType=", 1, true) then return "stream" end
  return "numbers"
end

local function has_choice(row, value, choice)
  if row.body then return row.body:find("=" .. encoded(choice), 1, true) ~= nil end
  for item in (value .. "%2C"):gmatch "(.-)%%2C" do
    if item == query_encoded(choice) then return true end
  end
  return false
end

-- The number of items that are given and sent, or given and refused.
local function take_items(name, value, given)
  local n = type(given) == "table" and #given or select(2, given:gsub(",", ",")) + 1
  if not value then
    cover(("%s with %d items refused"):format(name, n))
  elseif select(2, value:gsub("%%2C", "")) + 1 == n then
    cover(("%s with %d items"):format(name, n))
  end
end

-- Each operator that is given, by a table or by a text.
local function take_operators(name, given, verb)
  if type(given) == "table" then
    for operator in pairs(given) do cover(("%s.%s in a table %s"):format(name, operator, verb)) end
  elseif type(given) == "string" then
    for part in given:gmatch "[^;]+" do
      local operator = part:match "^(%a+):"
      if operator then cover(("%s.%s in a text %s"):format(name, operator, verb)) end
    end
  end
end

-- What a list or a range shows beyond its being sent, or refused.
local function take_shapes(row, name, parameter, how, value)
  local given = row.params[how]
  if parameter.most and (value or row.err.reason == "too_many") then
    take_items(name, value, given)
  end
  if parameter.operators and (value or row.err.reason == "operator") then
    take_operators(name, given, value and "sent" or "refused")
  end
end

-- Of two that exclude each other, the first in the order of the rows is refused.
local function take_excluded(row, name, parameter, how)
  if how and parameter.excludes and row.err.reason == "conflict"
    and row.err.message:find(parameter.lua, 1, true) then
    cover(name .. " with " .. parameter.excludes)
  end
end

local function take_sent(row, name, parameter, how)
  local value = sent_value(row, parameter, paths[name])
  if not value then return false end
  take_shapes(row, name, parameter, how, value)
  cover(name .. " sent")
  cover(name .. " as " .. how)
  cover(name .. " in mode " .. (row.body and mode_of(row.body) or ""))
  for _, choice in ipairs(parameter.choices or {}) do
    if has_choice(row, value, choice) then cover(name .. " = " .. choice) end
  end
  return true
end

local function take_request(row, name)
  local parameter = parameters[name]
  if not parameter then return false end
  local how = given_as(row, parameter)
  if row.err then
    take_excluded(row, name, parameter, how)
    if row.err.field ~= parameter.lua then return how ~= nil or row.err.reason == "missing" end
    cover(name .. " refused")
    if how then take_shapes(row, name, parameter, how) end
    return true
  elseif row.raises then
    if row.raises:find(parameter.lua, 1, true) then return true end
    return how ~= nil
  elseif row.body or row.url then
    return how ~= nil and (take_sent(row, name, parameter, how) or row.body == nil)
      or row.body ~= nil and how == nil and name:find("record$") ~= nil
  end
  return how ~= nil
end

local function take_request_rows(rows, operation)
  for _, row in ipairs(rows) do
    for _, name in ipairs(row.row) do
      if name == operation then
        if row.body or row.url then cover("operation " .. name) end
      elseif not take_request(row, name) then
        lie(row, name)
      end
    end
  end
end

-- }=================================================================

-- {=================================================================
-- Answers
-- ==================================================================

local fields = {}

local function want_fields(record, rows, formats)
  for _, field in ipairs(rows) do
    local name = field.list and ("%s.%s[%s].%s"):format(record, field.list,
      field.position and field.position or "", field.lua) or record .. "." .. field.lua
    fields[name] = field
    for _, format in ipairs(formats) do
      want(name .. format)
      want(name .. " absent" .. format)
    end
  end
end

local function last_name(path) return path:match("(%w+)$") end

local function value_of(record, field)
  if not field.list then return record[field.lua] end
  for _, entry in ipairs(record[field.list] or {}) do
    if (not field.position or entry.id == field.position) and entry[field.lua] ~= nil then
      return entry[field.lua]
    end
  end
end

-- How a field begins in a body without the blanks between its tokens, and what follows when it
-- is empty.
local shapes = {
  { member = "body", format = "", blanks = '"%s*:%s*', tight = '":', name = '"%s":',
    empty = { "null", '""' } },
  { member = "xml", format = " in XML", blanks = "%s*/>", tight = "></>", name = "<%s>",
    empty = { "</" } },
}

local function take_shape(row, name, field, shape)
  local documented = shape.name:format(last_name(field.name):lower())
  local body = row[shape.member]:lower():gsub(shape.blanks, shape.tight)
  local at = body:find(documented, 1, true)
  local absent = false
  for _, empty in ipairs(shape.empty) do
    absent = absent or body:find(documented .. empty, 1, true) ~= nil
  end
  if row.err then -- the field that an answer can't do without
    if absent and row.err.reason == "incomplete" then cover(name .. " absent" .. shape.format) end
  elseif value_of(row.record, field) ~= nil then
    if at then cover(name .. shape.format) end
  elseif absent then
    cover(name .. " absent" .. shape.format)
  end
end

local function take_field(row, name)
  local field = fields[name]
  if not field or not (row.err or row.record) then return false end
  for _, shape in ipairs(shapes) do
    if row[shape.member] then take_shape(row, name, field, shape) end
  end
  return true
end

local function status_row(status)
  for _, row in ipairs(api.statuses) do
    if status >= row.low and status <= row.high then return row end
  end
  return api.statuses[#api.statuses]
end

local function spell_status(row) return ("status.%d-%d"):format(row.low, row.high) end

local function take_status(row, name)
  local found = status_row(row.status)
  if spell_status(found) ~= name or not row.err then return false end
  if row.err.reason ~= found.reason or row.err.outcome ~= found.outcome then return false end
  if not row.err.message:find(found.meaning, 1, true) then return false end
  local said = row.err.message:gsub(" %- the call may have been placed$", "")
  if found.hint and said:sub(-#found.hint) ~= found.hint then return false end
  cover(name)
  return true
end

local function take_cause(row, name)
  for _, cause in ipairs(api.causes) do
    if name == ("cause.%d.%s"):format(cause.status, cause.text) then
      if row.status == cause.status and row.err and row.err.reason == cause.reason
        and row.err.message:sub(-#cause.hint) == cause.hint then
        cover(name)
      end
      return (row.body or row.xml):lower():find(cause.text:lower(), 1, true) ~= nil
    end
  end
  return false
end

local function take_answer_rows(rows)
  for _, row in ipairs(rows) do
    for _, name in ipairs(row.row) do
      local ok
      if name:find("^status%.") and not fields[name] then
        ok = take_status(row, name)
      elseif name:find("^cause%.") then
        ok = take_cause(row, name)
      elseif name == "call" or name == row.operation or name:find("^call_details$")
        or name == "connect" then
        ok = true
        cover("answer to " .. row.operation)
      else
        ok = take_field(row, name)
      end
      if not ok then lie(row, name) end
    end
  end
end

-- }=================================================================

-- {=================================================================
-- Webhooks
-- ==================================================================

local function literal(text) return (text:lower():gsub("%p", "%%%0")) end

-- Where a path stands in a text, for each way to spell it: how it begins there, and the
-- absent values that may follow. A form's value is absent up to its end.
local function spellings(path)
  local list, steps = {}, {}
  for step in path:gmatch "[^%.%[%]]+" do steps[#steps + 1] = literal(step) end
  local bracketed = steps[1]
  for i = 2, #steps do
    if i == 2 and path:find("[]", 1, true) then bracketed = bracketed .. "%[%d*%]" end
    bracketed = bracketed .. "%[" .. steps[i] .. "%]"
  end
  list[1] = { "%f[^%z&]" .. bracketed .. "=", { "%f[%z&]", "null%f[%z&]" } }
  list[2] = { 'name="' .. bracketed .. '"[^\n]*\r?\n\r?\n', { "\r?\n" } }
  list[3] = { '"' .. steps[#steps] .. '"%s*:%s*', { "null", '""' } }
  return list
end

local function undo_percent(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function take_event_field(row, name)
  local field = fields[name]
  if not field or not row.event or not name:find "^event%." then return false end
  local sent = false
  for _, text in ipairs { row.body or "", row.query or "" } do
    text = undo_percent(text):lower()
    for _, spelling in ipairs(spellings(field.name)) do
      if text:find(spelling[1]) then sent = true end
      if value_of(row.event, field) == nil then
        for _, absent in ipairs(spelling[2]) do
          if text:find(spelling[1] .. absent) then cover(name .. " absent") end
        end
      end
    end
  end
  if sent and value_of(row.event, field) ~= nil then cover(name) end
  return sent
end

local function take_event_rows(rows)
  for _, row in ipairs(rows) do
    for _, name in ipairs(row.row) do
      if not take_event_field(row, name) then lie(row, name) end
    end
  end
end

-- }=================================================================

local answers, events = require "spec.rows.answers", require "spec.rows.events"

local requests, nrequests = {}, 0
for _, operation in ipairs(api.operations) do
  local rows = require("spec.rows." .. operation.name)
  requests[operation.name] = rows
  nrequests = nrequests + #rows
  want_parameters(operation)
  want("answer to " .. operation.name)
end
for record, rows in pairs(api.records) do
  want_fields(record, rows, record == "event" and { "" } or { "", " in XML" })
end
for _, row in ipairs(api.statuses) do want(spell_status(row)) end
for _, cause in ipairs(api.causes) do want(("cause.%d.%s"):format(cause.status, cause.text)) end
for name in pairs(api.regions) do
  want("region " .. name)
  want("region " .. name .. " with a flow")
end

for operation, rows in pairs(requests) do take_request_rows(rows, operation) end
take_answer_rows(answers)
take_event_rows(events)
for _, row in ipairs(requests.connect) do
  local word = row.client and row.client.region or "singapore"
  local region = type(word) == "string" and api.regions[word]
  if region and row.url and row.url:find("https://" .. region.host .. "/", 1, true) == 1 then
    cover("region " .. word)
  end
  if region and row.body and row.params.app_id
    and row.body:find("&Url=http%3A%2F%2F" .. region.flow_host .. "%2F", 1, true) then
    cover("region " .. word .. " with a flow")
  end
end

local missing = 0
for _, name in ipairs(order) do
  if not covered[name] then
    missing = missing + 1
    print("no spec row: " .. name)
  end
end
for _, text in ipairs(lies) do print("no such coverage: " .. text) end
if missing > 0 or #lies > 0 then os.exit(1) end
print(("check-rows: every row of api has a spec row (%d rows)"):format(
  nrequests + #answers + #events))
