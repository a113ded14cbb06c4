-- Rows of answers: a status, headers and a body, and the exact record or the exact error.
--
-- { id, row, operation, status, headers, body, record | err }: `row` names the api rows it
-- covers: a field (call.sid, call.legs[1].status), a status (status.400-400), a cause
-- (cause.403.NDNC). Numbers in a record are compared with their type.
--
-- SPDX-License-Identifier: MIT

local rows = {}

-- What ends the message of a dial that may have been carried out.
local DOUBT = " - the call may have been placed"

local function add(id, covered, row)
  if type(covered) == "string" then covered = { covered } end
  row.id, row.row = "answer." .. id, covered
  row.operation, row.status = row.operation or "call_details", row.status or 200
  rows[#rows + 1] = row
end

-- A record from the text between the braces of a call that has a Sid.
local function call(id, covered, json, record)
  record.sid = record.sid or "a"
  add(id, covered, { body = '{"Call":{"Sid":"a"' .. (json == "" and "" or ",") .. json .. "}}",
                     record = record })
end

-- {=================================================================
-- The pages' own samples
-- ==================================================================

add("S001.json", { "call.sid", "call.date_created", "call.date_updated", "call.account_sid",
  "call.to", "call.from", "call.phone_number_sid", "call.status", "call.start_time",
  "call.direction", "call.uri" }, {
  operation = "connect", body = [[
{ "Call": { "Sid": "80bfbec2d78bbbf10fb851f4fa165211", "ParentCallSid": null, ]]
.. [["DateCreated": "2017-03-03 12:30:24", "DateUpdated": "2017-03-03 12:30:27", ]]
.. [["AccountSid": "Exotel", "To": "0XXXXX40682", "From": "0XXXXX30240", ]]
.. [["PhoneNumberSid": "0XXXXXX4890", "Status": "in-progress", ]]
.. [["StartTime": "2017-03-03 12:30:27", "EndTime": null, "Duration": null, "Price": null, ]]
.. [["Direction": "outbound-api", "AnsweredBy": null, "ForwardedFrom": null, ]]
.. [["CallerName": null, ]]
.. [["Uri": "/v1/Accounts/Exotel/Calls.json/80bfbec2d78bbbf10fb851f4fa165211", ]]
.. [["RecordingUrl": null } }]],
  record = {
    sid = "80bfbec2d78bbbf10fb851f4fa165211", date_created = "2017-03-03 12:30:24",
    date_updated = "2017-03-03 12:30:27", account_sid = "Exotel", to = "0XXXXX40682",
    from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
    start_time = "2017-03-03 12:30:27", direction = "outbound-api",
    uri = "/v1/Accounts/Exotel/Calls.json/80bfbec2d78bbbf10fb851f4fa165211",
  },
})
local two_numbers = {
  sid = "c5797dcbaaeed7678c4062a4a3ed2f8a", date_created = "2017-03-03 10:48:33",
  date_updated = "2017-03-03 10:48:33", account_sid = "Exotel", to = "0XXXXX38847",
  from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
  start_time = "2017-03-03 10:48:33", direction = "outbound-api",
  uri = "/v1/Accounts/Exotel/Calls.json/c5797dcbaaeed7678c4062a4a3ed2f8a",
}
add("S002.json", "call.sid", { operation = "connect", record = two_numbers, body = [[
{
"Call": {
"Sid": "c5797dcbaaeed7678c4062a4a3ed2f8a",
"ParentCallSid": null,
"DateCreated": "2017-03-03 10:48:33",
"DateUpdated": "2017-03-03 10:48:33",
"AccountSid": "Exotel",
"To": "0XXXXX38847",
"From": "0XXXXX30240",
"PhoneNumberSid": "0XXXXXX4890",
"Status": "in-progress",
"StartTime": "2017-03-03 10:48:33",
"EndTime": null,
"Duration": null,
"Price": null,
"Direction": "outbound-api",
"AnsweredBy": null,
"ForwardedFrom": null,
"CallerName": null,
"Uri": "/v1/Accounts/Exotel/Calls.json/c5797dcbaaeed7678c4062a4a3ed2f8a",
"RecordingUrl": null
}
}
]] })
-- S003's page has four blanks before every name.
add("S003.json", "call.sid", { operation = "connect", record = two_numbers,
  body = '{ "Call": {    "Sid": "c5797dcbaaeed7678c4062a4a3ed2f8a",    "ParentCallSid": null,'
  .. '    "DateCreated": "2017-03-03 10:48:33",    "DateUpdated": "2017-03-03 10:48:33",'
  .. '    "AccountSid": "Exotel",    "To": "0XXXXX38847",    "From": "0XXXXX30240",'
  .. '    "PhoneNumberSid": "0XXXXXX4890",    "Status": "in-progress",'
  .. '    "StartTime": "2017-03-03 10:48:33",    "EndTime": null,    "Duration": null,'
  .. '    "Price": null,    "Direction": "outbound-api",    "AnsweredBy": null,'
  .. '    "ForwardedFrom": null,    "CallerName": null,'
  .. '    "Uri": "/v1/Accounts/Exotel/Calls.json/c5797dcbaaeed7678c4062a4a3ed2f8a",'
  .. '    "RecordingUrl": null } }' })

local function details_sample(comma)
  return '{ "Call": { "Sid": "b6cfaf5f5cef3ca0fc937749ef96d245", "ParentCallSid": "", '
    .. '"DateCreated": "2016-11-29 15:58:45", "DateUpdated": "2016-11-29 16:00:09", '
    .. '"AccountSid": "Exotel", "To": "0XXXXX30240", "From": "0XXXXX85175", '
    .. '"PhoneNumberSid": "0XXXXXX4890", "Status": "completed", '
    .. '"StartTime": "2016-11-29 15:59:10", "EndTime": "2016-11-29 15:59:27", '
    .. '"Duration": "17", "Price": "1.500", "Direction": "outbound-api", '
    .. '"AnsweredBy": "human", "ForwardedFrom": "", "CallerName": "", '
    .. '"Uri": "/v1/Accounts/Exotel/Calls/b6cfaf5f5cef3ca0fc937749ef96d245", '
    .. '"RecordingUrl": "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/Exotel/'
    .. 'b6cfaf5f5cef3ca0fc937749ef96d245.mp3", "Details": { "ConversationDuration": 8, '
    .. '"Leg1Status": "completed", "Leg2Status": "completed"' .. comma .. ' '
    .. '"Legs": [ { "Leg": { "Id": "1", "OnCallDuration": 21 } }, { "Leg": { "Id": "2", '
    .. '"OnCallDuration": 8 } } ] } } }'
end
local detailed = {
  sid = "b6cfaf5f5cef3ca0fc937749ef96d245", date_created = "2016-11-29 15:58:45",
  date_updated = "2016-11-29 16:00:09", account_sid = "Exotel", to = "0XXXXX30240",
  from = "0XXXXX85175", phone_number_sid = "0XXXXXX4890", status = "completed",
  start_time = "2016-11-29 15:59:10", end_time = "2016-11-29 15:59:27", duration = 17,
  price = 1.5, price_text = "1.500", direction = "outbound-api", answered_by = "human",
  uri = "/v1/Accounts/Exotel/Calls/b6cfaf5f5cef3ca0fc937749ef96d245",
  recording_url = "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/Exotel/"
    .. "b6cfaf5f5cef3ca0fc937749ef96d245.mp3",
  conversation_duration = 8,
  legs = { { id = 1, status = "completed", on_call_duration = 21 },
           { id = 2, status = "completed", on_call_duration = 8 } },
}
add("S003.details", { "call.end_time", "call.duration", "call.price", "call.answered_by",
  "call.recording_url", "call.conversation_duration", "call.legs[1].status",
  "call.legs[2].status", "call.legs[].id", "call.legs[].on_call_duration" },
  { body = details_sample ",", record = detailed })
local broken = details_sample ""
local where = broken:find('"Legs"', 1, true)
add("S003.details.invalid", "call", { body = broken, err = {
  kind = "parse", outcome = "unknown", reason = "json", status = 200, position = where,
  message = "Exotel answered 200 with what can't be read (not JSON at byte " .. where
    .. ": ',' or '}' is wanted)",
} })

-- }=================================================================

-- {=================================================================
-- Every field: a value, in its case and out of it, and each spelling of absent
-- ==================================================================

-- { lua, documented, what is sent, what comes back (else the same) }
local fields = {
  { "parent_call_sid", "ParentCallSid", '"p1"', "p1" },
  { "date_created", "DateCreated", '"2017-03-03 10:48:33"', "2017-03-03 10:48:33" },
  { "date_updated", "DateUpdated", '"2017-03-03 10:48:34"', "2017-03-03 10:48:34" },
  { "account_sid", "AccountSid", '"Exotel"', "Exotel" },
  { "to", "To", '"+919123456789"', "+919123456789" },
  { "from", "From", '"09876543210"', "09876543210" },
  { "phone_number", "PhoneNumber", '"08039570000"', "08039570000" },
  { "phone_number_sid", "PhoneNumberSid", '"0XXXXXX4890"', "0XXXXXX4890" },
  { "status", "Status", '"Completed"', "completed" },
  { "start_time", "StartTime", '"2017-03-03 10:48:33"', "2017-03-03 10:48:33" },
  { "end_time", "EndTime", '"2017-03-03 10:50:33"', "2017-03-03 10:50:33" },
  { "duration", "Duration", '"17"', 17 },
  { "currency", "Currency", '"INR"', "INR" },
  { "direction", "Direction", '"Outbound-API"', "outbound-api" },
  { "answered_by", "AnsweredBy", '"HUMAN"', "human" },
  { "forwarded_from", "ForwardedFrom", '"0987"', "0987" },
  { "caller_name", "CallerName", '"Asha \\u0905"', "Asha \224\164\133" },
  { "uri", "Uri", '"\\/v1\\/x"', "/v1/x" },
  { "recording_url", "RecordingUrl", '"https://a/b.mp3"', "https://a/b.mp3" },
  { "pre_signed_recording_url", "PreSignedRecordingUrl", '"https://a/b?c=d"', "https://a/b?c=d" },
}
local absents = {
  null = "null", empty = '""', word = '"null"', zero = '"0000-00-00 00:00:00"',
  epoch = '"1970-01-01 05:30:00"', year_one = '"0001-01-01T00:00:00Z"',
}
for _, field in ipairs(fields) do
  local lua, name, covered = field[1], field[2], "call." .. field[1]
  call(lua, covered, ('"%s":%s'):format(name, field[3]), { [lua] = field[4] })
  call(lua .. ".lower", covered, ('"%s":%s'):format(name:lower(), field[3]), { [lua] = field[4] })
  call(lua .. ".upper", covered, ('"%s":%s'):format(name:upper(), field[3]), { [lua] = field[4] })
  for id, absent in pairs(absents) do
    call(("%s.absent.%s"):format(lua, id), covered, ('"%s":%s'):format(name, absent), {})
  end
  call(lua .. ".twice", covered, ('"%s":%s,"%s":"9"'):format(name, field[3], name),
    { [lua] = field[4], repeated = { name } })
  call(lua .. ".null.then.value", covered, ('"%s":null,"%s":%s'):format(name, name, field[3]),
    { [lua] = field[4] })
  call(lua .. ".object", covered, ('"%s":{"x":"y"}'):format(name), { [name] = { x = "y" } })
  call(lua .. ".list", covered, ('"%s":["x","y"]'):format(name), { [name] = { "x", "y" } })
end
for id, absent in pairs(absents) do
  call("sid.absent." .. id, "call.sid", '"SID":' .. absent, {})
  add("sid.only.absent." .. id, "call.sid", { body = ('{"Call":{"Sid":%s}}'):format(absent), err = {
    kind = "parse", outcome = "unknown", reason = "incomplete", status = 200,
    message = "Exotel answered 200 with what can't be read (it has no Call with a Sid)",
  } })
  for _, name in ipairs { "Id", "OnCallDuration" } do
    local other = name == "Id" and "OnCallDuration" or "Id"
    call(("legs.%s.absent.%s"):format(name, id),
      name == "Id" and "call.legs[].on_call_duration" or "call.legs[].id",
      ('"Details":{"Legs":[{"Leg":{"%s":%s,"%s":1}}]}'):format(name, absent, other),
      { legs = { { id = 1, on_call_duration = name == "Id" and 1 or nil } } })
  end
end
call("legs.ids.absent", "call.legs[].id",
  '"Details":{"Legs":[{"Leg":{"Id":"","OnCallDuration":null}}]}', {})
call("legs.durations.absent", "call.legs[].on_call_duration",
  '"Details":{"Legs":[{"Leg":{"Id":null,"OnCallDuration":""}}]}', {})
call("sid.lower", "call.sid", '"sid":"b"', { repeated = { "sid" } })
add("sid.number", "call.sid", { body = '{"call":{"SID":5}}', record = { sid = "5" } })

-- Words
for id, entry in pairs {
  cancelled = { "cancelled", "canceled" }, loud = { "CANCELLED", "canceled" },
  canceled = { "Canceled", "canceled" }, unknown = { "Some-New_State 2", "some-new_state 2" },
  utf8 = { "\195\137t\195\169", "\195\137t\195\169" }, inner = { "Cancelled!", "cancelled!" },
} do
  call("status." .. id, "call.status", ('"Status":"%s"'):format(entry[1]), { status = entry[2] })
end
call("status.number", "call.status", '"Status":5', { status = "5" })
call("status.boolean", "call.status", '"Status":true', { status = "true" })

-- Whole numbers
for id, entry in pairs {
  text = { '"17"', 17 }, number = { "17", 17 }, zero = { '"0"', 0 }, number_zero = { "0", 0 },
  point = { '"17.0"', 17 }, point_number = { "17.000", 17 }, negative = { "-5", -5 },
  zeros = { '"007"', 7 }, large = { "9007199254740993", 9007199254740993 },
  eighteen = { '"999999999999999999"', 999999999999999999 },
} do
  call("duration." .. id, "call.duration", '"Duration":' .. entry[1], { duration = entry[2] })
  call("conversation_duration." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. entry[1] .. "}", { conversation_duration = entry[2] })
end
for id, entry in pairs {
  fraction = { '"17.5"', "17.5" }, fraction_number = { "4.39", "4.39" },
  exponent = { "1e2", "1e2" }, word = { '"17s"', "17s" }, hex = { '"0x11"', "0x11" },
  blank = { '" 17"', " 17" },
  plus = { '"+17"', "+17" }, nan = { '"nan"', "nan" }, truth = { "true", "true" },
  minus = { '"-"', "-" }, nineteen = { '"9999999999999999999"', "9999999999999999999" },
  clock = { '"00:00:17"', "00:00:17" },
} do
  call("duration.not." .. id, "call.duration", '"Duration":' .. entry[1],
    { Duration = entry[2] })
  call("duration.not.lower." .. id, "call.duration", '"duration":' .. entry[1],
    { _duration = entry[2] })
  call("conversation_duration.not." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. entry[1] .. "}",
    { Details = { ConversationDuration = entry[2] } })
end
for id, absent in pairs(absents) do
  call("conversation_duration.absent." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. absent .. "}", {})
  call("price.absent." .. id, "call.price", '"Price":' .. absent, {})
end

-- Decimals, with their exact text
for id, entry in pairs {
  S003 = { '"1.500"', 1.5, "1.500" }, quarter = { '"0.750"', 0.75, "0.750" },
  six = { '"0.300030"', 0.30003, "0.300030" }, number = { "1.500", 1.5, "1.500" },
  whole = { '"2"', 2.0, "2" }, zero = { '"0.000"', 0.0, "0.000" },
  negative = { "-0.1", -0.1, "-0.1" },
  long = { '"0.1000000000000000055511151231257827"', 0.1, "0.1000000000000000055511151231257827" },
  exponent = { "1.5e1", 15.0, "1.5e1" }, large = { "9007199254740993", 9007199254740992.0,
    "9007199254740993" },
} do
  call("price." .. id, "call.price", '"Price":' .. entry[1],
    { price = entry[2], price_text = entry[3] })
end
for id, entry in pairs {
  comma = { '"1,500"', "1,500" }, currency = { '"INR 1.5"', "INR 1.5" },
  word = { '"free"', "free" },
  inf = { '"inf"', "inf" }, nan = { '"NaN"', "NaN" }, hex = { '"0x1p3"', "0x1p3" },
  point = { '"1."', "1." }, bare = { '".5"', ".5" }, huge = { '"1e400"', "1e400" },
  truth = { "true", "true" },
} do
  call("price.not." .. id, "call.price", '"Price":' .. entry[1], { Price = entry[2] })
end

-- CustomField comes back byte for byte.
for id, entry in pairs {
  text = { '"order 7"', "order 7" }, empty = { '""', "" }, word = { '"null"', "null" },
  zero = { '"0000-00-00 00:00:00"', "0000-00-00 00:00:00" }, blanks = { '"  a  "', "  a  " },
  escapes = { '"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\udcde"',
    'a"\\/\b\f\n\r\t\195\169\240\159\147\158' },
  case = { '"MiXed"', "MiXed" }, number = { "1.50", "1.50" }, truth = { "false", "false" },
  json = { '"{\\"a\\":1}"', '{"a":1}' }, cancelled = { '"cancelled"', "cancelled" },
  controls = { '"\\u0001\\u001f\127"', "\1\31\127" },
} do
  call("custom_field." .. id, "call.custom_field", '"CustomField":' .. entry[1],
    { custom_field = entry[2] })
end
call("custom_field.null", "call.custom_field", '"CustomField":null', {})
call("custom_field.twice", "call.custom_field", '"CustomField":"","CustomField":"b"',
  { custom_field = "", repeated = { "CustomField" } })

-- }=================================================================

-- {=================================================================
-- Legs
-- ==================================================================

local function legs(id, covered, details, expected, more)
  local record = { legs = expected }
  for name, value in pairs(more or {}) do record[name] = value end
  call("legs." .. id, covered, '"Details":{' .. details .. "}", record)
end
local status1, status2 = "call.legs[1].status", "call.legs[2].status"
local leg_id, on_call = "call.legs[].id", "call.legs[].on_call_duration"
local both = { { id = 1, status = "completed", on_call_duration = 21 },
               { id = 2, status = "busy", on_call_duration = 8 } }
local list = '"Legs":[{"Leg":{"Id":1,"OnCallDuration":21}},{"Leg":{"Id":2,"OnCallDuration":8}}]'
legs("status.before", { status1, status2, leg_id, on_call },
  '"Leg1Status":"completed","Leg2Status":"busy",' .. list, both)
legs("status.after", { status1, status2 }, list .. ',"Leg2Status":"BUSY","Leg1Status":"Completed"',
  both)
legs("status.around", { status1, status2 },
  '"Leg2Status":"busy",' .. list .. ',"Leg1Status":"completed"', both)
legs("id.text", leg_id, (list:gsub('"Id":(%d)', '"Id":"%1"')),
  { { id = 1, on_call_duration = 21 }, { id = 2, on_call_duration = 8 } })
legs("duration.text", on_call, '"Legs":[{"Leg":{"Id":1,"OnCallDuration":"21"}}]',
  { { id = 1, on_call_duration = 21 } })
legs("id.missing", leg_id, '"Leg1Status":"completed","Leg2Status":"busy","Legs":'
  .. '[{"Leg":{"OnCallDuration":21}},{"Leg":{"OnCallDuration":8}}]', both)
legs("id.missing.first", leg_id, '"Legs":[{"Leg":{"OnCallDuration":21}},'
  .. '{"Leg":{"Id":2,"OnCallDuration":8}}],"Leg2Status":"busy","Leg1Status":"completed"', both)
legs("id.null", leg_id, '"Legs":[{"Leg":{"Id":null,"OnCallDuration":21}}]',
  { { id = 1, on_call_duration = 21 } })
legs("id.zero", leg_id, '"Legs":[{"Leg":{"Id":0}},{"Leg":{"Id":1}}]', { { id = 0 }, { id = 1 } })
legs("id.swapped", leg_id, '"Legs":[{"Leg":{"Id":2,"OnCallDuration":8}},'
  .. '{"Leg":{"Id":1,"OnCallDuration":21}}],"Leg1Status":"completed","Leg2Status":"busy"',
  { both[2], both[1] })
legs("leg2.null", status2, '"Leg1Status":"no-answer","Leg2Status":null', { { id = 1,
  status = "no-answer" } })
legs("leg2.empty", status2, '"Leg1Status":"no-answer","Leg2Status":""', { { id = 1,
  status = "no-answer" } })
legs("leg2.null.word", status2, '"Leg1Status":"no-answer","Leg2Status":"null"', { { id = 1,
  status = "no-answer" } })
legs("leg2.null.listed", status2, '"Leg1Status":"no-answer","Leg2Status":null,' .. list,
  { { id = 1, status = "no-answer", on_call_duration = 21 }, { id = 2, on_call_duration = 8 } })
legs("leg1.null.listed", status1, '"Leg1Status":null,"Leg2Status":"busy",' .. list,
  { { id = 1, on_call_duration = 21 }, { id = 2, status = "busy", on_call_duration = 8 } })
legs("statuses.only", { status1, status2 }, '"Leg1Status":"cancelled","Leg2Status":"failed"',
  { { id = 1, status = "canceled" }, { id = 2, status = "failed" } })
legs("statuses.empty.list", { status1, status2 },
  '"Leg2Status":"failed","Legs":[],"Leg1Status":"completed"',
  { { id = 1, status = "completed" }, { id = 2, status = "failed" } })
legs("second.only", status2, '"Leg2Status":"failed"', { { id = 2, status = "failed" } })
legs("first.missing", { status1, status2 }, '"Leg1Status":"completed","Leg2Status":"busy","Legs":'
  .. '[{"Leg":{"Id":2,"OnCallDuration":8}}]',
  { { id = 1, status = "completed" }, { id = 2, status = "busy", on_call_duration = 8 } })
legs("second.missing", { status1, status2 }, '"Leg1Status":"completed","Leg2Status":"busy","Legs":'
  .. '[{"Leg":{"Id":1,"OnCallDuration":21}}]',
  { { id = 1, status = "completed", on_call_duration = 21 }, { id = 2, status = "busy" } })
legs("three", leg_id, '"Leg1Status":"completed","Legs":[{"Leg":{"Id":1}},{"Leg":{"Id":2}},'
  .. '{"Leg":{"Id":3,"OnCallDuration":5}}]',
  { { id = 1, status = "completed" }, { id = 2 }, { id = 3, on_call_duration = 5 } })
legs("lower", leg_id, '"leg1status":"completed","legs":[{"leg":{"id":"1","oncallduration":"21"}}]',
  { { id = 1, status = "completed", on_call_duration = 21 } })
legs("id.twice", leg_id, '"Legs":[{"Leg":{"Id":1,"Id":2}}]', { { id = 1 } },
  { repeated = { "Details[Legs][0][Leg][Id]" } })
legs("id.wrong", leg_id, '"Legs":[{"Leg":{"Id":"one","OnCallDuration":21}}]',
  { { id = 1, on_call_duration = 21, Id = "one" } })
legs("duration.wrong", on_call, '"Legs":[{"Leg":{"Id":1,"OnCallDuration":"21s"}}]',
  { { id = 1, OnCallDuration = "21s" } })
call("legs.none", "call.legs[].id", '"Details":{"Legs":[]}', {})
call("legs.null", "call.legs[].id", '"Details":{"Legs":null}', {})
call("legs.nulls", "call.legs[].id", '"Details":{"Legs":[null,null]}', {})
call("details.null", "call.legs[].id", '"Details":null', {})
call("details.text", "call.legs[].id", '"Details":"none"', { Details = "none" })
call("legs.text", "call.legs[].id", '"Details":{"Legs":"two"}', { Details = { Legs = "two" } })
call("legs.flat", "call.legs[].id", '"Details":{"Legs":[{"Id":1}]}',
  { Details = { Legs = { { Id = "1" } } } })
-- Which leg an unknown field belongs to must stay readable.
legs("unknown.second", "call.legs[].id",
  '"Legs":[{"Leg":{"Id":1}},{"Leg":{"Id":2,"Cause":"x"}}]',
  { { id = 1 }, { id = 2, Cause = "x" } })

-- }=================================================================

-- {=================================================================
-- What no row knows
-- ==================================================================

call("unknown.scalars", "call", '"New":"x","Count":5,"Ratio":1.50,"Yes":true,"No":false,"Nil":null',
  { New = "x", Count = "5", Ratio = "1.50", Yes = "true", No = "false" })
call("unknown.absents", "call", '"A":"","B":"null","C":"0000-00-00 00:00:00"', {})
call("unknown.exact", "call", '"Id":9007199254740993,"E":1E+2', { Id = "9007199254740993",
  E = "1E+2" })
call("unknown.nested", "call", '"A":{"B":{"C":"x"},"D":"y"}', { A = { B = { C = "x" }, D = "y" } })
call("unknown.lists", "call", '"A":["x",["y","z"],{"B":"w"}]',
  { A = { "x", { "y", "z" }, { B = "w" } } })
call("unknown.empty", "call", '"A":{},"B":[],"C":{"D":{}}', {})
call("unknown.name.empty", "call", '"":"x"', { [""] = "x" })
call("unknown.name.utf8", "call", '"\\u00e9":"x"', { ["\195\169"] = "x" })
call("unknown.twice", "call", '"A":"x","A":"y","A":"z"', { A = "x", repeated = { "A", "A" } })
call("unknown.case", "call", '"A":"x","a":"y"', { A = "x", a = "y" })
call("unknown.twice.nested", "call", '"A":{"B":"x"},"A":{"B":"y","C":"z"}',
  { A = { B = "x", C = "z" }, repeated = { "A[B]" } })
call("unknown.kinds", "call", '"A":"x","A":{"B":"y"}', { A = "x", repeated = { "A[B]" } })
call("unknown.kinds.back", "call", '"A":{"B":"y"},"A":"x"', { A = { B = "y" }, repeated = { "A" } })
call("unknown.details", "call", '"Details":{"New":"x"}', { Details = { New = "x" } })
for _, name in ipairs { "legs", "repeated", "price_text", "phone_number_sid" } do
  call("unknown.clash." .. name, "call", ('"%s":"x"'):format(name), { ["_" .. name] = "x" })
end
call("unknown.caller_id", "call", '"caller_id":"x"', { caller_id = "x" })
call("unknown.clash.snake", "call", '"date_created":"x","parent_call_sid":"y"',
  { _date_created = "x", _parent_call_sid = "y" })
call("unknown.clash.legs.list", "call", '"legs":[{"a":"x"}],"Details":{"Leg1Status":"busy"}',
  { _legs = { { a = "x" } }, legs = { { id = 1, status = "busy" } } })
call("unknown.clash.twice", "call", '"legs":"x","_legs":"y"', { _legs = "x",
  repeated = { "_legs" } })
call("unknown.metamethods", "call", '"__index":"x","__gc":"y"', { __index = "x", __gc = "y" })
call("unknown.path.dots", "call", '"Details.ConversationDuration":5,"Details.Leg1Status":"busy"',
  { ["Details.ConversationDuration"] = "5", ["Details.Leg1Status"] = "busy" })
call("unknown.path.brackets", "call", '"Details":{"Legs[].Leg.Id":7}',
  { Details = { ["Legs[].Leg.Id"] = "7" } })
call("unknown.long.name", "call", ('"%s":"x"'):format(("n"):rep(300)), { [("n"):rep(300)] = "x" })
add("unknown.roots", "call", { body = '{"Meta":{"x":"y"},"Call":{"Sid":"a"},"Sid":"z"}',
  record = { sid = "a" } })
add("root.case", "call", { body = '{"call":{"sid":"a"}}', record = { sid = "a" } })
add("status.201", "call", { status = 201, body = '{"Call":{"Sid":"a"}}', record = { sid = "a" } })
add("status.202", "call", { status = 202, operation = "connect", body = '{"Call":{"Sid":"a"}}',
  record = { sid = "a" } })
add("status.299", "call", { status = 299, body = '{"Call":{"Sid":"a"}}', record = { sid = "a" } })
add("both", "call", { body = '{"RestException":{"Status":400,"Message":"no"},"Call":{"Sid":"a"}}',
  record = { sid = "a" } })

-- }=================================================================

-- {=================================================================
-- Successes that can't be read: what was asked for may have been done
-- ==================================================================

local function unreadable(id, body, reason, why, position, status)
  for operation, after in pairs { connect = DOUBT, call_details = "" } do
    add(("unreadable.%s.%s"):format(id, operation), { "connect", "call_details" }, {
      operation = operation, status = status or 200, body = body, err = {
        kind = "parse", outcome = "unknown", reason = reason, status = status or 200,
        position = position,
        message = ("Exotel answered %d with what can't be read (%s)%s"):format(status or 200, why,
          after),
      } })
  end
end
unreadable("empty", "", "json", "not JSON at byte 1: the text ends where a value is wanted", 1)
unreadable("empty.204", "", "json", "not JSON at byte 1: the text ends where a value is wanted",
  1, 204)
unreadable("html", "<html><body>It works</body></html>", "json",
  "not JSON at byte 1: a value is wanted", 1)
unreadable("xml", '<?xml version="1.0"?><TwilioResponse><Call><Sid>a</Sid></Call></TwilioResponse>',
  "json", "not JSON at byte 1: a value is wanted", 1)
unreadable("cut", '{"Call":{"Sid":"a', "json",
  "not JSON at byte 18: the text ends where a string is open", 18)
unreadable("cut.late", '{"Call":{"Sid":"a"}', "json",
  "not JSON at byte 20: the text ends where ',' or '}' is wanted", 20)
unreadable("two", '{"Call":{"Sid":"a"}}{}', "json",
  "not JSON at byte 21: something follows the document", 21)
for id, body in pairs {
  object = "{}", list = "[]", null = "null", text = '"a"', number = "5", other = '{"Calls":[]}',
  no_sid = '{"Call":{"Status":"queued"}}', sid_null = '{"Call":{"Sid":null}}',
  sid_empty = '{"Call":{"Sid":""}}', sid_table = '{"Call":{"Sid":{"x":"y"}}}',
  call_null = '{"Call":null}', call_text = '{"Call":"a"}', call_list = '{"Call":[{"Sid":"a"}]}',
  root_list = '[{"Call":{"Sid":"a"}}]', exception_empty = '{"RestException":{}}',
  exception_text = '{"RestException":"no"}', deeper = '{"x":{"Call":{"Sid":"a"}}}',
} do
  unreadable(id, body, "incomplete", "it has no Call with a Sid")
end
local many = {}
for index = 1, 2100 do many[index] = ('"F%d":"x"'):format(index) end
unreadable("many", '{"Call":{"Sid":"a",' .. table.concat(many, ",") .. "}}", "too_large",
  "more values than the limit of 2048")

-- }=================================================================

-- {=================================================================
-- Statuses
-- ==================================================================

-- { row, reason, outcome, meaning, hint, statuses }
local key_hint = "check the API key and token, and that the region is the account's own"
local statuses = {
  { "300-399", "redirect", "unknown", "redirected",
    "redirects are not followed: check the base address", { 300, 301, 302, 304, 307, 399 } },
  { "400-400", "bad_request", "rejected", "malformed header or body", nil, { 400 } },
  { "401-401", "auth", "rejected", "credentials missing or invalid", key_hint, { 401 } },
  { "402-402", "payment", "rejected", "not in the plan, or over its limits",
    "check the account's plan and credit", { 402 } },
  { "403-403", "forbidden", "rejected", "no access to this", "trial limits, a caller id that"
    .. " isn't yours and an address that isn't allowed end like this", { 403 } },
  { "404-404", "not_found", "rejected", "no such object",
    "check the SID, and that the region is the account's own", { 404 } },
  { "407-407", "proxy", "rejected", "a proxy wants credentials", nil, { 407 } },
  { "409-409", "conflict", "rejected", "updated by somebody else at the same time", nil, { 409 } },
  { "429-429", "rate_limited", "rejected", "more requests than the account may make", nil,
    { 429 } },
  { "400-499", "rejected", "rejected", "refused", nil,
    { 405, 406, 408, 410, 415, 422, 428, 430, 451, 499 } },
  { "500-599", "server", "unknown", "an error on the service's side", nil,
    { 500, 501, 502, 503, 504, 599 } },
  { "0-999", "unexpected", "unknown", "an answer that isn't documented", nil,
    { 100, 101, 103, 199, 600, 999 } },
}
local function failure(id, covered, status, body, reason, outcome, message, more, headers)
  if outcome == "unknown" then message = message .. DOUBT end
  local err = { kind = "api", outcome = outcome, reason = reason, status = status,
                message = message }
  for name, value in pairs(more or {}) do err[name] = value end
  add(id, covered, { operation = "connect", status = status, body = body, err = err,
                     headers = headers })
end
for _, row in ipairs(statuses) do
  for _, status in ipairs(row[6]) do
    local head = ("Exotel answered %d, %s"):format(status, row[4])
    local hint = row[5] and " - " .. row[5] or ""
    local covered = "status." .. row[1]
    failure(("status.%d.bare"):format(status), covered, status, "", row[2], row[3], head .. hint)
    failure(("status.%d.json"):format(status), covered, status,
      '{"RestException":{"Status":' .. status .. ',"Message":"so it is"}}', row[2], row[3],
      head .. ": so it is" .. hint)
    failure(("status.%d.html"):format(status), covered, status,
      "<html><head><title>Oops</title></head><body><p>so it is</p></body></html>", row[2],
      row[3], head .. ": Oops so it is" .. hint)
  end
end
-- A number that is no status is none, whatever a machine word would make of it.
for id, status in pairs { zero = 0, negative = -200, thousand = 1000, ["2^32+200"] = 4294967496 } do
  add("status.none." .. id, "status.0-999", { status = status, body = '{"Call":{"Sid":"a"}}',
    err = { kind = "api", outcome = "unknown", reason = "unexpected",
      message = 'Exotel answered 0, an answer that isn\'t documented: {"Call":{"Sid":"a"}}' } })
end
add("status.none.1e300", "status.0-999", { status = 1e300, body = "", err = { kind = "api",
  outcome = "unknown", reason = "unexpected",
  message = "Exotel answered 0, an answer that isn't documented" } })

-- S002's own errors.
failure("S002.400", "status.400-400", 400, [[
{
"RestException": {
"Status": 400,
"Message": "The 'From' parameter is required."
}
}]], "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: The 'From' parameter is required")
failure("S002.401", "status.401-401", 401, '{"RestException":{"Status":401,"Message":'
  .. '"Authentication failed. Verify your API key and token."}}', "auth", "rejected",
  "Exotel answered 401, credentials missing or invalid: Authentication failed. Verify your API key"
  .. " and token - " .. key_hint)
failure("S002.429", "status.429-429", 429, '{"RestException":{"Status":429,"Message":'
  .. '"Rate limit exceeded. Max 200 requests per minute."}}', "rate_limited", "rejected",
  "Exotel answered 429, more requests than the account may make: Rate limit exceeded. Max 200"
  .. " requests per minute")

-- }=================================================================

-- {=================================================================
-- RestException
-- ==================================================================

local unauthorized = "Exotel answered 401, credentials missing or invalid: Unauthorized - "
  .. key_hint
for id, entry in pairs {
  absent = { "", nil }, null = { ',"Code":null', nil }, integer = { ',"Code":34010', "34010" },
  text = { ',"Code":"UNAUTHORIZED"', "UNAUTHORIZED" }, long = { ',"Code":340025', "340025" },
  limit = { ',"Code":"RATE_LIMIT_EXCEEDED"', "RATE_LIMIT_EXCEEDED" },
  empty = { ',"Code":""', nil }, fraction = { ',"Code":1.50', "1.50" },
  lower = { ',"code":7', "7" }, list = { ',"Code":[1]', nil }, object = { ',"Code":{"a":1}', nil },
  ["63"] = { ',"Code":"' .. ("c"):rep(63) .. '"', ("c"):rep(63) },
  ["200"] = { ',"Code":"' .. ("c"):rep(200) .. '"', ("c"):rep(63) },
} do
  failure("code." .. id, "status.401-401", 401,
    '{"RestException":{"Status":401,"Message":"Unauthorized; "' .. entry[1] .. "}}", "auth",
    "rejected", unauthorized, { code = entry[2] })
end
for id, said in pairs {
  trailing = "Unauthorized; ", many = "Unauthorized; ; .", stop = "Unauthorized.",
  tags = "<b>Unauthorized</b>", lines = "\\n Unauthorized \\r\\n\\t", plain = "Unauthorized",
} do
  failure("message." .. id, "status.401-401", 401,
    '{"RestException":{"Message":"' .. said .. '"}}', "auth", "rejected", unauthorized)
end
local bare401 = "Exotel answered 401, credentials missing or invalid - " .. key_hint
for id, body in pairs {
  missing = '{"RestException":{"Status":401}}',
  null = '{"RestException":{"Status":401,"Message":null}}',
  empty = '{"RestException":{"Status":401,"Message":""}}',
  signs = '{"RestException":{"Status":401,"Message":" ; . ; "}}',
  list = '{"RestException":{"Status":401,"Message":["a"]}}',
} do
  failure("message." .. id, "status.401-401", 401, body, "auth", "rejected", bare401)
end
failure("message.case", "status.401-401", 401, '{"restexception":{"MESSAGE":"Unauthorized"}}',
  "auth", "rejected", unauthorized)
failure("message.number", "status.400-400", 400, '{"RestException":{"Message":12}}',
  "bad_request", "rejected", "Exotel answered 400, malformed header or body: 12")
failure("message.long", "status.400-400", 400,
  '{"RestException":{"Message":"' .. ("m"):rep(1000) .. '"}}', "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: " .. ("m"):rep(237))
failure("message.241", "status.400-400", 400, ("m"):rep(240), "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: " .. ("m"):rep(240))
failure("exception.list", "status.400-400", 400, '{"RestException":[{"Message":"a"}]}',
  "bad_request", "rejected", "Exotel answered 400, malformed header or body")
failure("exception.text", "status.400-400", 400, '{"RestException":"no"}', "bad_request",
  "rejected", 'Exotel answered 400, malformed header or body: {"RestException":"no"}')
failure("exception.other", "status.429-429", 429,
  '{"http_code":429,"response":{"error":{"message":"slow down"}}}', "rate_limited", "rejected",
  "Exotel answered 429, more requests than the account may make: "
  .. '{"http_code":429,"response":{"error":{"message":"slow down"}}}')
failure("exception.broken", "status.400-400", 400, '{"RestException":{"Message":"a"', "bad_request",
  "rejected", 'Exotel answered 400, malformed header or body: {"RestException":{"Message":"a"')
failure("exception.status.differs", "status.403-403", 403,
  '{"RestException":{"Status":401,"Message":"x"}}', "forbidden", "rejected",
  "Exotel answered 403, no access to this: x - trial limits, a caller id that isn't yours and an"
  .. " address that isn't allowed end like this")

-- The same inside a 200: no 4xx was answered, so it isn't sure that nothing was done.
local function inside(id, body, reason, message, more)
  failure("200." .. id, "connect", 200, body, reason, "unknown", "Exotel answered 200, " .. message,
    more)
end
inside("400", '{"RestException":{"Status":400,"Message":"bad","Code":5}}', "bad_request",
  "malformed header or body: bad", { code = "5" })
inside("401.text", '{"RestException":{"Status":"401","Message":"x"}}', "auth",
  "credentials missing or invalid: x - " .. key_hint)
inside("500", '{"RestException":{"Status":500,"Message":"x"}}', "server",
  "an error on the service's side: x")
for id, status in pairs { none = "", word = '"Status":"x",', zero = '"Status":0,',
                          large = '"Status":4294967696,', success = '"Status":200,' } do
  inside("status." .. id, '{"RestException":{' .. status .. '"Message":"x"}}', "unexpected",
    "an answer that isn't documented: x")
end

-- Causes
local ndnc = "Call to [+919876543210] can not be made because of TRAI NDNC regulations"
local masked = "Call to [+XXXXXXXXX210] can not be made because of TRAI NDNC regulations"
failure("cause.ndnc", "cause.403.NDNC", 403,
  '{"RestException":{"Status":403,"Message":"' .. ndnc .. '"}}', "ndnc", "rejected",
  "Exotel answered 403, no access to this: " .. masked
  .. " - the number is on the do-not-call list")
failure("cause.ndnc.text", "cause.403.NDNC", 403, (ndnc:gsub("NDNC", "ndnc")), "ndnc", "rejected",
  "Exotel answered 403, no access to this: " .. (masked:gsub("NDNC", "ndnc"))
  .. " - the number is on the do-not-call list")
failure("cause.ndnc.400", "cause.403.NDNC", 400,
  '{"RestException":{"Status":400,"Message":"NDNC"}}', "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: NDNC")
failure("cause.events", "cause.400.StatusCallbackEvents", 400, '{"RestException":{"Status":400,'
  .. '"Message":"Invalid Call Parameters: Invalid \'StatusCallbackEvents\' specified"}}',
  "status_callback_events", "rejected", "Exotel answered 400, malformed header or body: Invalid"
  .. " Call Parameters: Invalid 'StatusCallbackEvents' specified - events are for calls between"
  .. " two numbers and streams; a flow tells of its end by a Passthru applet")

-- Pages and texts
local function page(id, body, said)
  failure("page." .. id, "status.400-400", 400, body, "bad_request", "rejected",
    "Exotel answered 400, malformed header or body" .. (said == "" and "" or ": " .. said))
end
page("text", "Authentication is required to view this page.",
  "Authentication is required to view this page")
page("script", "<script>var a = '<b>';</script>x<SCRIPT src=a></SCRIPT >y", "x y")
page("style", "<style>b{}</style >x<style>", "x")
page("comment", "<!-- <p>a</p> -->x<!-- y", "x")
page("doctype", '<!DOCTYPE html><?xml version="1.0"?>x', "x")
page("tags", "a<br>b<br/>c<p class='x'>d</p>", "a b c d")
page("entities", "&lt;a&gt; &amp;amp; &quot;b&apos; &nbsp;&#39;x", '<a> &amp; "b\' &nbsp;&#39;x')
page("no.tag", "1 < 2 and 3 > 2 <", "1 < 2 and 3 > 2 <")
page("open.tag", "a<b", "a")
page("open.script", "a<script>b", "a")
page("blanks", "  a \t\r\n  b  ", "a b")
page("controls", "a\0b\1c\27[31md\127e", "a b c [31md e")
page("not.utf8", "a\255b\192\128\237\160\128c\226\130", "a?b?????c??")
page("utf8", "\195\169 \226\130\185 \240\159\147\158", "\195\169 \226\130\185 \240\159\147\158")
page("long", ("word "):rep(200), (("word "):rep(48)):sub(1, 237))
page("long.utf8", ("\195\169"):rep(200), ("\195\169"):rep(118))
page("only.tags", "<html><body></body></html>", "")
page("format", "100%s %n %d", "100%s %n %d")
page("c1", "a\194\155b", "a b")

-- Numbers and secrets don't reach a message.
page("phone", "call 09876543210 or +91 98765-43210 or 1800 123 456",
  "call XXXXXXXX210 or +XX XXXXX-XX210 or XXXX XXX 456")
page("phone.seven", "line 1234567 or 12345678", "line XXXX567 or XXXXX678")
page("phone.short", "line 123456 code 34010", "line 123456 code 34010")
page("date", "at 2017-03-03 10:48:33 or 2017-03-03", "at 2017-03-03 10:48:33 or 2017-03-03")
page("sid", "call c5797dcbaaeed7678c4062a4a3ed2f8a", "call c5797dcbaaeed7678c4062a4a3ed2f8a")
page("secrets", "key key_1234 token token_5678, Basic key_1234:token_5678",
  "key [secret] token [secret], Basic [secret]:[secret]")
failure("code.secret", "status.400-400", 400,
  '{"RestException":{"Message":"x","Code":"token_5678"}}', "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: x", { code = "[secret]" })

-- Retry-After and X-RateLimit-Reset
local limited = "Exotel answered 429, more requests than the account may make"
local now = "Fri, 21 Nov 2026 10:00:00 GMT"
for id, entry in pairs {
  none = { {}, nil }, seconds = { { ["retry-after"] = "30" }, 30 },
  case = { { ["RETRY-AFTER"] = "30" }, 30 }, zero = { { ["retry-after"] = "0" }, 0 },
  negative = { { ["retry-after"] = "-5" }, nil }, fraction = { { ["retry-after"] = "1.5" }, nil },
  word = { { ["retry-after"] = "soon" }, nil }, empty = { { ["retry-after"] = "" }, nil },
  hex = { { ["retry-after"] = "0x10" }, nil }, unit = { { ["retry-after"] = "30s" }, nil },
  number = { { ["retry-after"] = 30 }, nil }, large = { { ["retry-after"] = "86400" }, 86400 },
  date = { { ["retry-after"] = "Fri, 21 Nov 2026 10:01:30 GMT", date = now }, 90 },
  past = { { ["retry-after"] = "Fri, 21 Nov 2026 09:00:00 GMT", date = now }, 0 },
  date_alone = { { ["retry-after"] = "Fri, 21 Nov 2026 10:01:30 GMT" }, nil },
  date_wrong = { { ["retry-after"] = "Fri, 41 Nov 2026 10:01:30 GMT", date = now }, nil },
  reset = { { ["x-ratelimit-reset"] = "1795255260", date = now }, 60 },
  reset_past = { { ["x-ratelimit-reset"] = "1795255100", date = now }, 0 },
  reset_alone = { { ["x-ratelimit-reset"] = "1795255260" }, nil },
  reset_wrong = { { ["x-ratelimit-reset"] = "soon", date = now }, nil },
  both = { { ["retry-after"] = "7", ["x-ratelimit-reset"] = "1795255260", date = now }, 7 },
  garbage_then_reset = { { ["retry-after"] = "soon", ["x-ratelimit-reset"] = "1795255260",
    date = now }, 60 },
  endless = { { ["retry-after"] = "999999999999999994" }, nil },
  strange = { { [1] = "x", ["retry-after"] = { "30" }, [true] = 5 }, nil },
} do
  failure("retry_after." .. id, "status.429-429", 429, "", "rate_limited", "rejected", limited,
    { retry_after = entry[2] }, entry[1])
end
failure("retry_after.503", "status.500-599", 503, "", "server", "unknown",
  "Exotel answered 503, an error on the service's side", { retry_after = 5 },
  { ["Retry-After"] = " 5 " })

-- }=================================================================

return rows
