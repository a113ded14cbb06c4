-- Rows of answers: a status, headers and a body, and the exact record or the exact error.
--
-- { id, row, operation, status, headers, body, xml, record | err }: `row` names the api rows
-- it covers: a field (call.sid, call.legs[1].status), a status (status.400-400), a cause
-- (cause.403.NDNC). Numbers in a record are compared with their type. `xml` is the same in
-- XML, as the service's pages show it, and comes out as the same record or error.
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

local function fixture(name)
  local file = assert(io.open("spec/fixtures/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function response(xml)
  return '<?xml version="1.0" encoding="UTF-8"?> <TwilioResponse> ' .. xml .. " </TwilioResponse>"
end

-- <Name>text</Name>, or what an empty value looks like.
local function element(name, text)
  if text == "" then return "<" .. name .. "/>" end
  text = text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
  return ("<%s>%s</%s>"):format(name, text, name)
end

-- A record from the text between the braces of a call that has a Sid, and from the elements
-- beside its <Sid>.
local function call(id, covered, json, record, xml)
  record.sid = record.sid or "a"
  add(id, covered, { body = '{"Call":{"Sid":"a"' .. (json == "" and "" or ",") .. json .. "}}",
                     xml = xml and response("<Call> <Sid>a</Sid> " .. xml .. " </Call>"),
                     record = record })
end

-- {=================================================================
-- The pages' own samples
-- ==================================================================

-- Where an XML sample has a placeholder that isn't XML, it gets an account.
local function filled(name) return (fixture(name):gsub("<your_sid>", "Exotel")) end

local to_flow = {
  sid = "80bfbec2d78bbbf10fb851f4fa165211", date_created = "2017-03-03 12:30:24",
  date_updated = "2017-03-03 12:30:27", account_sid = "Exotel", to = "0XXXXX40682",
  from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
  start_time = "2017-03-03 12:30:27", direction = "outbound-api",
  uri = "/v1/Accounts/Exotel/Calls.json/80bfbec2d78bbbf10fb851f4fa165211",
}
local to_flow_xml = {
  sid = "db05188d0f6cf980cdcef8992c2b8cd4", date_created = "2017-02-22 04:35:19",
  date_updated = "2017-02-22 04:35:19", account_sid = "Exotel", to = "0XXXXX40682",
  from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
  start_time = "2017-02-22 04:35:19", direction = "outbound-api",
  uri = "/v1/Accounts/Exotel/Calls/db05188d0f6cf980cdcef8992c2b8cd4",
}
local two_numbers = {
  sid = "c5797dcbaaeed7678c4062a4a3ed2f8a", date_created = "2017-03-03 10:48:33",
  date_updated = "2017-03-03 10:48:33", account_sid = "Exotel", to = "0XXXXX38847",
  from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
  start_time = "2017-03-03 10:48:33", direction = "outbound-api",
  uri = "/v1/Accounts/Exotel/Calls.json/c5797dcbaaeed7678c4062a4a3ed2f8a",
}
local two_numbers_xml = {
  sid = "06caf2045009d50fbb1da5b5926d2e2f", date_created = "2017-03-03 11:00:19",
  date_updated = "2017-03-03 11:00:19", account_sid = "Exotel", to = "0XXXXX40682",
  from = "0XXXXX30240", phone_number_sid = "0XXXXXX4890", status = "in-progress",
  start_time = "2017-03-03 11:00:19", direction = "outbound-api",
  uri = "/v1/Accounts/Exotel/Calls/06caf2045009d50fbb1da5b5926d2e2f",
}
local placed = { "call.sid", "call.date_created", "call.date_updated", "call.account_sid",
  "call.to", "call.from", "call.phone_number_sid", "call.status", "call.start_time",
  "call.direction", "call.uri" }
add("S001.json", placed, { operation = "connect", body = fixture "S001.connect.json",
  record = to_flow })
add("S001.xml", placed, { operation = "connect", xml = fixture "S001.connect.xml",
  record = to_flow_xml })
add("S002.json", placed, { operation = "connect", body = fixture "S002.connect.json",
  record = two_numbers })
-- S003's page has four blanks before every name.
add("S003.json", placed, { operation = "connect", body = fixture "S003.connect.json",
  record = two_numbers })
add("S003.xml", placed, { operation = "connect", xml = fixture "S003.connect.xml",
  record = two_numbers_xml })

local recordings = "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/"
local short_sid, long_sid = "b6cfaf5f5cef3ca0fc937749ef960e25", "b6cfaf5f5cef3ca0fc937749ef96d245"

-- What all samples of ended calls share, and what one has of its own.
local function ended(own)
  local record = {
    date_created = "2016-11-29 15:58:45", date_updated = "2016-11-29 16:00:09",
    account_sid = "Exotel", phone_number_sid = "0XXXXXX4890", status = "completed",
    start_time = "2016-11-29 15:59:10", end_time = "2016-11-29 15:59:27", duration = 17,
    price = 1.5, price_text = "1.500", direction = "outbound-api", answered_by = "human",
  }
  for name, value in pairs(own) do record[name] = value end
  return record
end

local plain = ended {
  sid = short_sid, to = "0XXXXX20000", from = "0XXXXX30240",
  uri = "/v1/Accounts/<your_sid>/Calls/" .. short_sid,
  recording_url = recordings .. "<your_sid>/" .. short_sid .. ".mp3",
}
local inbound = ended {
  sid = short_sid, to = "0XXXXX20000", from = "0XXXXX30240", direction = "inbound",
  date_created = "2017-02-17 14:16:03", date_updated = "2017-02-17 14:17:32",
  start_time = "2017-02-17 14:16:03", end_time = "2017-02-17 14:16:20",
  price = 0.75, price_text = "0.750",
  uri = "/v1/Accounts/Exotel/Calls/" .. short_sid,
  recording_url = recordings .. "Exotel/" .. short_sid .. ".mp3",
}
local detailed = ended {
  sid = long_sid, to = "0XXXXX30240", from = "0XXXXX85175",
  uri = "/v1/Accounts/Exotel/Calls/" .. long_sid,
  recording_url = recordings .. "Exotel/" .. long_sid .. ".mp3", conversation_duration = 8,
  legs = { { id = 1, status = "completed", on_call_duration = 21 },
           { id = 2, status = "completed", on_call_duration = 8 } },
}
local finished = { "call.sid", "call.end_time", "call.duration", "call.price", "call.answered_by",
  "call.recording_url" }
local with_legs = { "call.conversation_duration", "call.legs[1].status", "call.legs[2].status",
  "call.legs[].id", "call.legs[].on_call_duration" }
add("S003.call_details.json", finished, { body = fixture "S003.call_details.json",
  record = plain })
add("S003.call_details.xml", finished, { xml = filled "S003.call_details.xml",
  record = inbound })
add("S003.details.xml", with_legs, { xml = fixture "S003.call_details.details.xml",
  record = detailed })

-- What the page shows in these is no document, as it stands.
local function refused(id, operation, field, body, reason, where, why, how)
  how = how or "not " .. reason:upper() .. " at byte %d: %s"
  add(id, operation, { operation = operation, [field] = body, err = {
    kind = "parse", outcome = "unknown", reason = reason, status = 200, position = where,
    message = ("Exotel answered 200 with what can't be read (%s)"):format(how:format(where, why)),
  } })
end
local broken = fixture "S003.call_details.details.json"
refused("S003.details.no_comma", "call_details", "body", broken, "json",
  broken:find('"Legs"', 1, true), "',' or '}' is wanted")
add("S003.details.json", with_legs, { record = detailed,
  body = broken:gsub('(Leg2Status": "completed")', "%1,") })
local placeholder = fixture "S003.call_details.xml"
refused("S003.call_details.placeholder", "call_details", "xml", placeholder, "xml",
  placeholder:find("<your_sid>", 1, true), "an element beside text", "XML not read at byte %d: %s")

local total_1027 = { total = 1027, page_size = 1 }
local function page_of(own, calls)
  local page = { calls = calls }
  for name, value in pairs(total_1027) do page[name] = value end
  for name, value in pairs(own) do page[name] = value end
  return page
end
local in_page = { "page.total", "page.page_size", "page.first_page_uri", "page.prev_page_uri",
  "page.next_page_uri" }
local january = "DateCreated=gte%3A2020-01-01+00%3A00%3A00%3Blte%3A2020-01-03+00%3A00%3A00"
  .. "&SortBy=DateCreated:desc"
local before = "MTU3Nzk4NjAwNixhZmQ4MGJhNzI1MzA5YmU2MjM0MTA2YjY5ZGVmMTQxMg=="
local after = "MTU3Nzk4NDQwNywwNmQ4ZmI0MDdlZWY5N2YxZmI0OTllNjZjOTI5MTQxMg=="
local function bulk(path, query, ampersand, own, calls)
  local uri = path .. query
  return page_of({
    first_page_uri = uri, prev_page_uri = uri .. ampersand .. "Before=" .. own.before,
    next_page_uri = uri .. "&After=" .. own.after, before = own.before, after = own.after,
  }, calls)
end
local two_a_page = "PageSize=2&" .. january
add("S003.calls.json", in_page, { operation = "calls", body = fixture "S003.calls.json",
  record = bulk("/v1/Accounts/<your_sid>/Calls.json?", two_a_page, "&",
    { before = before, after = after }, { plain }) })
-- One of its addresses has what HTML makes of an ampersand.
add("S003.calls.details.json", in_page, { operation = "calls",
  body = fixture "S003.calls.details.json",
  record = bulk("/v1/Accounts/<your_sid>/Calls.json?", two_a_page .. "&details=true", "&amp;",
    { before = before, after = after }, { ended {
      sid = short_sid, to = plain.to, from = plain.from, uri = plain.uri,
      recording_url = plain.recording_url, end_time = "2016-11-29 15:59:57", duration = 47,
      conversation_duration = 33,
      legs = { { id = 1, status = "completed", on_call_duration = 43 },
               { id = 2, status = "no-answer", on_call_duration = 33 } },
    } }) })
add("S003.calls.details.xml", in_page, { operation = "calls",
  xml = fixture "S003.calls.details.xml",
  record = bulk("/v1/Accounts/Exotel/Calls?", "PageSize=100&SortBy=DateCreated:desc"
    .. "&Status=completed&details=true&NumbersMetadata=true", "&", {
      before = "MTU3ODUwMjgwMyxiNTM2MzgzNzZlZWMyYTUxNjVmZGVlZmU2OWQyMTQxOA==",
      after = "MTU3ODQ4NTE2OSwwNjYwMDJiOWE2MmZiN2IxMmE0YjljODAzNTZmMTQxOA==",
    }, { detailed }) })
local blanks = fixture "S003.calls.xml"
refused("S003.calls.blanks", "calls", "xml", blanks, "xml", blanks:find("< Metadata", 1, true) + 1,
  "not well-formed (invalid token)")
add("S003.calls.xml", in_page, { operation = "calls",
  xml = filled("S003.calls.xml"):gsub("< ?(/?) ?(%a+) >", "<%1%2>"),
  record = bulk("/v1/Accounts/Exotel/Calls?", two_a_page, "&",
    { before = before, after = after }, { inbound }) })

local gujarat = {
  phone_number = "0XXXXX30240", circle = "GJ",
  circle_name = "Gujarat Telecom Circle (includes Daman & Diu, Dadra & Nagar Haveli)",
  type = "mobile", operator = "R", operator_name = "Reliance", dnd = "yes",
}
add("S003.number_metadata", { "number_metadata.phone_number", "number_metadata.circle",
  "number_metadata.circle_name", "number_metadata.type", "number_metadata.operator",
  "number_metadata.operator_name", "number_metadata.dnd" }, { operation = "number_metadata",
  body = fixture "S003.number_metadata.json", xml = fixture "S003.number_metadata.xml",
  record = gujarat })

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
-- The text of a value in JSON; null is as empty as "".
local function text_of(json)
  if json == "null" then return "" end
  return ((json:match '^"(.*)"$' or json):gsub("\\/", "/"):gsub("\\u0905", "\224\164\133"))
end
local absents = {
  null = "null", empty = '""', word = '"null"', zero = '"0000-00-00 00:00:00"',
  epoch = '"1970-01-01 05:30:00"', year_one = '"0001-01-01T00:00:00Z"',
}
for _, field in ipairs(fields) do
  local lua, name, covered = field[1], field[2], "call." .. field[1]
  local text = text_of(field[3])
  call(lua, covered, ('"%s":%s'):format(name, field[3]), { [lua] = field[4] },
    element(name, text))
  call(lua .. ".lower", covered, ('"%s":%s'):format(name:lower(), field[3]), { [lua] = field[4] },
    element(name:lower(), text))
  call(lua .. ".upper", covered, ('"%s":%s'):format(name:upper(), field[3]), { [lua] = field[4] },
    element(name:upper(), text))
  for id, absent in pairs(absents) do
    call(("%s.absent.%s"):format(lua, id), covered, ('"%s":%s'):format(name, absent), {},
      element(name, text_of(absent)))
  end
  call(lua .. ".twice", covered, ('"%s":%s,"%s":"9"'):format(name, field[3], name),
    { [lua] = field[4], repeated = { name } }, element(name, text) .. element(name, "9"))
  call(lua .. ".null.then.value", covered, ('"%s":null,"%s":%s'):format(name, name, field[3]),
    { [lua] = field[4] }, ("<%s></%s>"):format(name, name) .. element(name, text))
  call(lua .. ".object", covered, ('"%s":{"x":"y"}'):format(name), { [name] = { x = "y" } },
    ("<%s><x>y</x></%s>"):format(name, name))
  call(lua .. ".list", covered, ('"%s":["x","y"]'):format(name), { [name] = { "x", "y" } })
end
for id, absent in pairs(absents) do
  local empty = text_of(absent)
  call("sid.absent." .. id, "call.sid", '"SID":' .. absent, {}, element("SID", empty))
  add("sid.only.absent." .. id, "call.sid", { body = ('{"Call":{"Sid":%s}}'):format(absent),
    xml = response("<Call>" .. element("Sid", empty) .. "</Call>"), err = {
    kind = "parse", outcome = "unknown", reason = "incomplete", status = 200,
    message = "Exotel answered 200 with what can't be read (it has no Call with a Sid)",
  } })
  for _, name in ipairs { "Id", "OnCallDuration" } do
    local other = name == "Id" and "OnCallDuration" or "Id"
    call(("legs.%s.absent.%s"):format(name, id),
      name == "Id" and "call.legs[].on_call_duration" or "call.legs[].id",
      ('"Details":{"Legs":[{"Leg":{"%s":%s,"%s":1}}]}'):format(name, absent, other),
      { legs = { { id = 1, on_call_duration = name == "Id" and 1 or nil } } },
      ("<Details><Legs><Leg>%s%s</Leg></Legs></Details>"):format(element(name, empty),
        element(other, "1")))
  end
end
call("legs.ids.absent", "call.legs[].id",
  '"Details":{"Legs":[{"Leg":{"Id":"","OnCallDuration":null}}]}', {},
  "<Details><Legs><Leg><Id></Id><OnCallDuration/></Leg></Legs></Details>")
call("legs.durations.absent", "call.legs[].on_call_duration",
  '"Details":{"Legs":[{"Leg":{"Id":null,"OnCallDuration":""}}]}', {},
  "<Details><Legs><Leg><Id/><OnCallDuration></OnCallDuration></Leg></Legs></Details>")
call("sid.lower", "call.sid", '"sid":"b"', { repeated = { "sid" } })
add("sid.number", "call.sid", { body = '{"call":{"SID":5}}', record = { sid = "5" } })

-- Words
for id, entry in pairs {
  cancelled = { "cancelled", "canceled" }, loud = { "CANCELLED", "canceled" },
  canceled = { "Canceled", "canceled" }, unknown = { "Some-New_State 2", "some-new_state 2" },
  utf8 = { "\195\137t\195\169", "\195\137t\195\169" }, inner = { "Cancelled!", "cancelled!" },
} do
  call("status." .. id, "call.status", ('"Status":"%s"'):format(entry[1]), { status = entry[2] },
    element("Status", entry[1]))
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
  local text = text_of(entry[1])
  call("duration." .. id, "call.duration", '"Duration":' .. entry[1], { duration = entry[2] },
    element("Duration", text))
  call("conversation_duration." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. entry[1] .. "}", { conversation_duration = entry[2] },
    "<Details>" .. element("ConversationDuration", text) .. "</Details>")
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
    { Duration = entry[2] }, element("Duration", text_of(entry[1])))
  call("duration.not.lower." .. id, "call.duration", '"duration":' .. entry[1],
    { _duration = entry[2] })
  call("conversation_duration.not." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. entry[1] .. "}",
    { Details = { ConversationDuration = entry[2] } },
    "<Details>" .. element("ConversationDuration", text_of(entry[1])) .. "</Details>")
end
for id, absent in pairs(absents) do
  call("conversation_duration.absent." .. id, "call.conversation_duration",
    '"Details":{"ConversationDuration":' .. absent .. "}", {},
    "<Details>" .. element("ConversationDuration", text_of(absent)) .. "</Details>")
  call("price.absent." .. id, "call.price", '"Price":' .. absent, {},
    element("Price", text_of(absent)))
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
    { price = entry[2], price_text = entry[3] }, element("Price", text_of(entry[1])))
end
for id, entry in pairs {
  comma = { '"1,500"', "1,500" }, currency = { '"INR 1.5"', "INR 1.5" },
  word = { '"free"', "free" },
  inf = { '"inf"', "inf" }, nan = { '"NaN"', "NaN" }, hex = { '"0x1p3"', "0x1p3" },
  point = { '"1."', "1." }, bare = { '".5"', ".5" }, huge = { '"1e400"', "1e400" },
  truth = { "true", "true" },
} do
  call("price.not." .. id, "call.price", '"Price":' .. entry[1], { Price = entry[2] },
    element("Price", entry[2]))
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
call("custom_field.null", "call.custom_field", '"CustomField":null', {}, "<CustomField/>")
for id, entry in pairs {
  text = { "order 7", "order 7" }, word = { "null", "null" }, blanks = { "  a  ", "  a  " },
  zero = { "0000-00-00 00:00:00", "0000-00-00 00:00:00" }, blank = { " ", " " },
  entities = { "&lt;b&gt; &amp;amp; &quot;&apos;", "<b> &amp; \"'" },
  references = { "&#65;&#x20ac;", "A\226\130\172" },
  section = { "<![CDATA[<b>&amp;]]>", "<b>&amp;" },
  comment = { "a<!-- b -->c", "ac" }, lines = { "a\r\nb\rc", "a\nb\nc" },
} do
  add("custom_field.xml." .. id, "call.custom_field", { record = { sid = "a",
    custom_field = entry[2] }, xml = response("<Call><Sid>a</Sid><CustomField>" .. entry[1]
    .. "</CustomField></Call>") })
end
call("custom_field.twice", "call.custom_field", '"CustomField":"","CustomField":"b"',
  { custom_field = "", repeated = { "CustomField" } })

-- }=================================================================

-- {=================================================================
-- Legs
-- ==================================================================

local function legs(id, covered, details, expected, more)
  local record = { legs = expected }
  for name, value in pairs(more or {}) do record[name] = value end
  local xml = details:gsub('{"(%w+)":{(.-)}}', "<%1>%2</%1>")
    :gsub('"(%w+)":%[(.-)%]', "<%1>%2</%1>")
    :gsub('"(%w+)":("?[%w%- ]*"?)', function(name, value) return element(name, text_of(value)) end)
    :gsub(",", "")
  call("legs." .. id, covered, '"Details":{' .. details .. "}", record,
    "<Details>" .. xml .. "</Details>")
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
call("legs.none", "call.legs[].id", '"Details":{"Legs":[]}', {},
  "<Details><Legs> </Legs></Details>")
call("legs.null", "call.legs[].id", '"Details":{"Legs":null}', {}, "<Details><Legs/></Details>")
call("legs.nulls", "call.legs[].id", '"Details":{"Legs":[null,null]}', {})
call("details.null", "call.legs[].id", '"Details":null', {}, "<Details/>")
call("details.text", "call.legs[].id", '"Details":"none"', { Details = "none" },
  "<Details>none</Details>")
call("legs.text", "call.legs[].id", '"Details":{"Legs":"two"}', { Details = { Legs = "two" } },
  "<Details><Legs>two</Legs></Details>")
call("details.empty", "call.legs[].id", '"Details":{}', {}, "<Details></Details>")
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
  { New = "x", Count = "5", Ratio = "1.50", Yes = "true", No = "false" },
  "<New>x</New><Count>5</Count><Ratio>1.50</Ratio><Yes>true</Yes><No>false</No><Nil/>")
call("unknown.absents", "call", '"A":"","B":"null","C":"0000-00-00 00:00:00"', {},
  "<A></A><B>null</B><C>0000-00-00 00:00:00</C>")
call("unknown.exact", "call", '"Id":9007199254740993,"E":1E+2', { Id = "9007199254740993",
  E = "1E+2" })
call("unknown.nested", "call", '"A":{"B":{"C":"x"},"D":"y"}', { A = { B = { C = "x" }, D = "y" } },
  "<A><B><C>x</C></B><D>y</D></A>")
call("unknown.lists", "call", '"A":["x",["y","z"],{"B":"w"}]',
  { A = { "x", { "y", "z" }, { B = "w" } } })
call("unknown.empty", "call", '"A":{},"B":[],"C":{"D":{}}', {})
call("unknown.name.empty", "call", '"":"x"', { [""] = "x" })
call("unknown.name.utf8", "call", '"\\u00e9":"x"', { ["\195\169"] = "x" })
call("unknown.twice", "call", '"A":"x","A":"y","A":"z"', { A = "x", repeated = { "A", "A" } },
  "<A>x</A><A>y</A><A>z</A>")
call("unknown.case", "call", '"A":"x","a":"y"', { A = "x", a = "y" })
call("unknown.twice.nested", "call", '"A":{"B":"x"},"A":{"B":"y","C":"z"}',
  { A = { B = "x", C = "z" }, repeated = { "A[B]" } })
call("unknown.kinds", "call", '"A":"x","A":{"B":"y"}', { A = "x", repeated = { "A[B]" } })
call("unknown.kinds.back", "call", '"A":{"B":"y"},"A":"x"', { A = { B = "y" }, repeated = { "A" } })
call("unknown.details", "call", '"Details":{"New":"x"}', { Details = { New = "x" } })
for _, name in ipairs { "legs", "repeated", "price_text", "phone_number_sid" } do
  call("unknown.clash." .. name, "call", ('"%s":"x"'):format(name), { ["_" .. name] = "x" },
    element(name, "x"))
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
  xml = response "<Meta><x>y</x></Meta><Call><Sid>a</Sid></Call><Sid>z</Sid>",
  record = { sid = "a" } })
add("root.case", "call", { body = '{"call":{"sid":"a"}}', record = { sid = "a" } })
add("status.201", "call", { status = 201, body = '{"Call":{"Sid":"a"}}', record = { sid = "a" } })
add("status.202", "call", { status = 202, operation = "connect", body = '{"Call":{"Sid":"a"}}',
  record = { sid = "a" } })
add("status.299", "call", { status = 299, body = '{"Call":{"Sid":"a"}}', record = { sid = "a" } })
add("root.xml", "call", { xml = "<call><sid>a</sid></call>", err = { kind = "parse",
  outcome = "unknown", reason = "incomplete", status = 200,
  message = "Exotel answered 200 with what can't be read (it has no Call with a Sid)" } })
add("root.xml.case", "call", { xml = "<r><call><sid>a</sid></call></r>", record = { sid = "a" } })
add("both", "call", { body = '{"RestException":{"Status":400,"Message":"no"},"Call":{"Sid":"a"}}',
  xml = response("<RestException><Status>400</Status><Message>no</Message></RestException>"
    .. "<Call><Sid>a</Sid></Call>"),
  record = { sid = "a" } })

-- }=================================================================

-- {=================================================================
-- Successes that can't be read: what was asked for may have been done
-- ==================================================================

local function unreadable(id, body, reason, why, position, status)
  for operation, ending in pairs { connect = DOUBT, call_details = "" } do
    add(("unreadable.%s.%s"):format(id, operation), { "connect", "call_details" }, {
      operation = operation, status = status or 200, body = body, err = {
        kind = "parse", outcome = "unknown", reason = reason, status = status or 200,
        position = position,
        message = ("Exotel answered %d with what can't be read (%s)%s"):format(status or 200, why,
          ending),
      } })
  end
end
unreadable("empty", "", "json", "not JSON at byte 1: the text ends where a value is wanted", 1)
unreadable("empty.204", "", "json", "not JSON at byte 1: the text ends where a value is wanted",
  1, 204)
unreadable("html", "<html><body>It works</body></html>", "json",
  "not JSON at byte 1: a value is wanted", 1)
unreadable("xml", '<?xml version="1.0"?><TwilioResponse><Call><Sid>a</Sid></Call>',
  "xml", "not XML at byte 63: it ends inside an element", 63)
unreadable("xml.two", "<r><Call><Sid>a</Sid></Call></r><r/>", "xml",
  "not XML at byte 33: junk after document element", 33)
unreadable("xml.text", "<r><Call>b<Sid>a</Sid></Call></r>", "xml",
  "XML not read at byte 11: an element beside text", 11)
unreadable("xml.doctype", '<!DOCTYPE r [<!ENTITY a "b">]><r><Call><Sid>&a;</Sid></Call></r>', "xml",
  "XML not read at byte 1: a document type", 1)
for id, xml in pairs {
  empty = "<r/>", no_sid = "<r><Call><Status>queued</Status></Call></r>", call = "<r><Call/></r>",
  call_text = "<r><Call>a</Call></r>", sid_table = "<r><Call><Sid><x>y</x></Sid></Call></r>",
  calls = "<r><Calls><Call><Sid>a</Sid></Call></Calls></r>", root = "<Call><Sid>a</Sid></Call>",
  exception = "<r><RestException/></r>", deeper = "<r><x><Call><Sid>a</Sid></Call></x></r>",
} do
  unreadable("xml." .. id, xml, "incomplete", "it has no Call with a Sid")
end
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
local function exception(inner)
  return response("<RestException>" .. inner .. "</RestException>")
end
local function failure(id, covered, status, body, reason, outcome, message, more, headers, xml)
  if outcome == "unknown" then message = message .. DOUBT end
  local err = { kind = "api", outcome = outcome, reason = reason, status = status,
                message = message }
  for name, value in pairs(more or {}) do err[name] = value end
  add(id, covered, { operation = "connect", status = status, body = body, err = err,
                     headers = headers, xml = xml })
end
for _, row in ipairs(statuses) do
  for _, status in ipairs(row[6]) do
    local head = ("Exotel answered %d, %s"):format(status, row[4])
    local hint = row[5] and " - " .. row[5] or ""
    local covered = "status." .. row[1]
    failure(("status.%d.bare"):format(status), covered, status, "", row[2], row[3], head .. hint)
    failure(("status.%d.json"):format(status), covered, status,
      '{"RestException":{"Status":' .. status .. ',"Message":"so it is"}}', row[2], row[3],
      head .. ": so it is" .. hint, nil, nil,
      exception(("<Status>%d</Status> <Message>so it is</Message>"):format(status)))
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
failure("S002.400", "status.400-400", 400, fixture "S002.400.json", "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: The 'From' parameter is required")
failure("S002.401", "status.401-401", 401, fixture "S002.401.json", "auth", "rejected",
  "Exotel answered 401, credentials missing or invalid: Authentication failed. Verify your API key"
  .. " and token - " .. key_hint)
failure("S002.429", "status.429-429", 429, fixture "S002.429.json", "rate_limited", "rejected",
  "Exotel answered 429, more requests than the account may make: Rate limit exceeded. Max 200"
  .. " requests per minute")

-- }=================================================================

-- {=================================================================
-- RestException
-- ==================================================================

local unauthorized = "Exotel answered 401, credentials missing or invalid: Unauthorized - "
  .. key_hint
local long_code = ("c"):rep(200)
for id, entry in pairs {
  absent = { "<Status>401</Status>", nil }, empty = { "<Code/>", nil },
  integer = { "<Code>34010</Code>", "34010" },
  text = { "<Code>UNAUTHORIZED</Code>", "UNAUTHORIZED" },
  lower = { "<code>7</code>", "7" }, object = { "<Code><a>1</a></Code>", nil },
  long = { "<Code>" .. long_code .. "</Code>", long_code:sub(1, 63) },
  twice = { "<Code>5</Code><Code>6</Code>", "5" },
} do
  failure("code.xml." .. id, "status.401-401", 401, nil, "auth", "rejected", unauthorized,
    { code = entry[2] }, nil, exception(entry[1] .. "<Message>Unauthorized; </Message>"))
end
for id, entry in pairs {
  absent = { "", nil }, null = { ',"Code":null', nil }, integer = { ',"Code":34010', "34010" },
  twice = { ',"Code":5,"Code":6', "5" }, null_then = { ',"Code":null,"Code":6', "6" },
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
for id, said in pairs {
  trailing = "Unauthorized; ", stop = "Unauthorized.", tags = "&lt;b&gt;Unauthorized&lt;/b&gt;",
  section = "<![CDATA[<b>Unauthorized</b>]]>", lines = "\n  Unauthorized\r\n\t",
} do
  failure("message.xml." .. id, "status.401-401", 401, nil, "auth", "rejected", unauthorized, nil,
    nil, exception("<Status>401</Status><Message>" .. said .. "</Message>"))
end
for id, xml in pairs {
  missing = "<Status>401</Status>", empty = "<Message/>", signs = "<Message> ; . ; </Message>",
} do
  failure("message.xml." .. id, "status.401-401", 401, nil, "auth", "rejected", bare401, nil, nil,
    exception(xml))
end
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
-- What is about something else stays the text that it is.
failure("exception.other", "status.429-429", 429, '{"error":{"message":"slow down"}}',
  "rate_limited", "rejected", "Exotel answered 429, more requests than the account may make: "
  .. '{"error":{"message":"slow down"}}')
failure("exception.other.xml", "status.400-400", 400, nil, "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: slow down", nil, nil,
  "<Error><Message>slow down</Message></Error>")
failure("exception.broken.xml", "status.400-400", 400, nil, "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: 5 a", nil, nil,
  "<r><RestException><Code>5</Code><Message>a</Message></RestException>")
failure("exception.broken", "status.400-400", 400, '{"RestException":{"Message":"a"', "bad_request",
  "rejected", 'Exotel answered 400, malformed header or body: {"RestException":{"Message":"a"')
failure("exception.status.differs", "status.403-403", 403,
  '{"RestException":{"Status":401,"Message":"x"}}', "forbidden", "rejected",
  "Exotel answered 403, no access to this: x - trial limits, a caller id that isn't yours and an"
  .. " address that isn't allowed end like this")

-- Bodies of the rate limiter, and of the API's other versions.
local limiter = '{"request_id":"r1","method":"GET","http_code":429,"response":{"error":{"code":%s,'
  .. '"message":"Too many requests"}}}'
for id, entry in pairs {
  integer = { "1429", "1429" }, text = { '"RATE"', "RATE" }, null = { "null" },
} do
  failure("limiter." .. id, "status.429-429", 429, limiter:format(entry[1]), "rate_limited",
    "rejected", "Exotel answered 429, more requests than the account may make: Too many requests",
    { code = entry[2] })
end
failure("limiter.xml", "status.429-429", 429, nil, "rate_limited", "rejected",
  "Exotel answered 429, more requests than the account may make: Too many requests",
  { code = "1429" }, nil, response("<request_id>r1</request_id><http_code>429</http_code><response>"
  .. "<error><code>1429</code><message>Too many requests</message></error></response>"))
for id, entry in pairs {
  both = { '"message":"Bad request; ","description":"From is no number."',
    ": Bad request: From is no number" },
  turned = { '"description":"From is no number","message":"Bad request"',
    ": Bad request: From is no number" },
  message = { '"message":"Bad request","description":null', ": Bad request" },
  description = { '"message":"","description":"From is no number"', ": From is no number" },
  neither = { '"message":null,"description":null', "" },
} do
  failure("error_data." .. id, "status.400-400", 400, '{"request_id":"r1","method":"POST",'
    .. '"http_code":400,"response":{"code":400,"error_data":{"code":1001,' .. entry[1]
    .. '},"status":"failure","data":null}}', "bad_request", "rejected",
    "Exotel answered 400, malformed header or body" .. entry[2], { code = "1001" })
end
failure("error_data.null", "status.400-400", 400,
  '{"http_code":400,"response":{"error_data":null}}',
  "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: "
  .. '{"http_code":400,"response":{"error_data":null}}')
failure("error_data.long", "status.400-400", 400, '{"response":{"error_data":{"message":"'
  .. ("m"):rep(300) .. '","description":"' .. ("d"):rep(300) .. '"}}}', "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: " .. ("m"):rep(237) .. ": " .. ("d"):rep(237))

-- An agent's device that is off, or busy.
for code, said in pairs { ["1012"] = "Device is off", ["10706"] = "Device is busy" } do
  failure("device." .. code, "status.409-409", 409,
    ('{"RestException":{"Status":409,"Code":%s,"Message":"%s"}}'):format(code, said), "conflict",
    "rejected", "Exotel answered 409, updated by somebody else at the same time: " .. said,
    { code = code }, nil,
    exception(("<Status>409</Status><Code>%s</Code><Message>%s</Message>"):format(code, said)))
end

-- The same inside a 200: no 4xx was answered, so it isn't sure that nothing was done.
local function inside(id, body, reason, message, more, xml)
  failure("200." .. id, "connect", 200, body, reason, "unknown", "Exotel answered 200, " .. message,
    more, nil, xml)
end
inside("400", '{"RestException":{"Status":400,"Message":"bad","Code":5}}', "bad_request",
  "malformed header or body: bad", { code = "5" },
  exception "<Status>400</Status><Message>bad</Message><Code>5</Code>")
inside("limiter", limiter:format "5", "rate_limited",
  "more requests than the account may make: Too many requests", { code = "5" })
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
  .. " - the number is on the do-not-call list", nil, nil,
  exception("<Status>403</Status><Message>" .. ndnc .. "</Message>"))
failure("cause.ndnc.text", "cause.403.NDNC", 403, (ndnc:gsub("NDNC", "ndnc")), "ndnc", "rejected",
  "Exotel answered 403, no access to this: " .. (masked:gsub("NDNC", "ndnc"))
  .. " - the number is on the do-not-call list")
failure("cause.ndnc.400", "cause.403.NDNC", 400,
  '{"RestException":{"Status":400,"Message":"NDNC"}}', "bad_request", "rejected",
  "Exotel answered 400, malformed header or body: NDNC")
failure("cause.events", "cause.400.StatusCallbackEvents", 400, '{"RestException":{"Status":400,'
  .. '"Message":"Invalid Call Parameters: Invalid \'StatusCallbackEvents\' specified"}}',
  "status_callback_events", "rejected", "Exotel answered 400, malformed header or body: Invalid"
  .. " Call Parameters: Invalid 'StatusCallbackEvents' specified - they are answered and"
  .. " terminal, with a stream ringing too; a flow has none, and tells of its end by a Passthru"
  .. " applet", nil, nil,
  exception("<Status>400</Status><Message>Invalid Call Parameters: Invalid"
    .. " &apos;StatusCallbackEvents&apos; specified</Message>"))

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
for status, row in pairs {
  [503] = { "500-599", "server", "unknown", "Exotel answered 503, an error on the service's side" },
  [409] = { "409-409", "conflict", "rejected",
            "Exotel answered 409, updated by somebody else at the same time" },
} do
  failure("retry_after.reset_of_" .. status, "status." .. row[1], status, "", row[2], row[3],
    row[4], {}, { date = now, ["x-ratelimit-reset"] = "1795255260" })
end

-- }=================================================================

-- {=================================================================
-- What a body is: its first byte says so, and the Content-Type where that says nothing
-- ==================================================================

local json_call, xml_call = '{"Call":{"Sid":"a"}}', response "<Call><Sid>a</Sid></Call>"
local html_page = "<!doctype HTML><html><body>It works</body></html>"
local labels = {
  json = { ["Content-Type"] = "application/json" },
  xml = { ["content-type"] = "application/xml; charset=utf-8" },
  text_xml = { ["Content-Type"] = "Text/XML" }, html = { ["Content-Type"] = "text/html" },
  none = {},
}
for label, headers in pairs(labels) do
  add("format.json." .. label, "call", { headers = headers, body = json_call,
    record = { sid = "a" } })
  add("format.json.blanks." .. label, "call", { headers = headers, body = " \r\n\t" .. json_call,
    record = { sid = "a" } })
  add("format.xml." .. label, "call", { headers = headers, xml = xml_call, record = { sid = "a" } })
  add("format.xml.blanks." .. label, "call", { headers = headers,
    xml = " \r\n\t<r><Call><Sid>a</Sid></Call></r>", record = { sid = "a" } })
  add("format.xml.mark." .. label, "call", { headers = headers, xml = "\239\187\191" .. xml_call,
    record = { sid = "a" } })
  failure("format.html." .. label, "status.400-400", 400, html_page, "bad_request", "rejected",
    "Exotel answered 400, malformed header or body: It works", nil, headers)
  failure("format.text." .. label, "status.400-400", 400, "Access denied", "bad_request",
    "rejected", "Exotel answered 400, malformed header or body: Access denied", nil, headers)
end
-- { headers, body, reason, byte, why }
for id, entry in pairs {
  html_json = { "json", html_page, "json", 1, "a value is wanted" },
  html_xml = { "xml", html_page, "json", 1, "a value is wanted" },
  html = { "none", "\n<HTML>", "json", 2, "a value is wanted" },
  text = { "none", "ok", "json", 1, "a value is wanted" },
  text_json = { "json", "ok", "json", 1, "a value is wanted" },
  text_xml = { "text_xml", "ok", "xml", 1, "syntax error" },
  nothing = { "none", "", "json", 1, "the text ends where a value is wanted" },
  nothing_json = { "json", "", "json", 1, "the text ends where a value is wanted" },
  nothing_xml = { "xml", "", "xml", 1, "no element found" },
  blanks = { "none", " \n", "json", 3, "the text ends where a value is wanted" },
  blanks_xml = { "text_xml", " \n", "xml", 3, "no element found" },
  mark_json = { "json", "\239\187\191" .. json_call, "json", 1, "a byte order mark" },
  late_declaration = { "xml", "\n" .. xml_call, "xml", 2,
    "XML or text declaration not at start of entity" },
} do
  refused("format.not." .. id, "call_details", "body", entry[2], entry[3], entry[4], entry[5])
  rows[#rows].headers = labels[entry[1]]
end

-- }=================================================================

-- {=================================================================
-- Numbers and balances
-- ==================================================================

-- { documented, lua, what is sent, what comes back (else the same) }; the first is the identity.
local records = {
  number_metadata = { root = "Numbers", "PhoneNumber",
    { "PhoneNumber", "phone_number", "0XXXXX30240" }, { "Circle", "circle", "UPE" },
    { "CircleName", "circle_name", "Andaman & Nicobar" },
    { "Type", "type", "Landline", "landline" },
    { "Operator", "operator", "V" }, { "OperatorName", "operator_name", "Vodafone" },
    { "DND", "dnd", "Unavailable", "unavailable" } },
  balance = { root = "Account", "AccountSid", below = "BalanceData",
    { "AccountSid", "account_sid", "Exotel" }, { "Currency", "currency", "INR" },
    { "PricingPlan", "pricing_plan", "Beginner" },
    { "DateUpdated", "date_updated", "2026-01-15 10:30:00" } },
}

-- A body of an operation in both formats, from members and elements.
local function bodies(operation, json, xml, row)
  local root = records[operation].root
  row.operation = operation
  row.body = ('{"%s":{%s}}'):format(root, json)
  row.xml = response(("<%s>%s</%s>"):format(root, xml, root))
  return row
end

for operation, shape in pairs(records) do
  local identity = shape[2]
  local function within(name, json, xml)
    if not shape.below or name == identity[1] then return json, xml end
    return ('"%s":{%s}'):format(shape.below, json),
      ("<%s>%s</%s>"):format(shape.below, xml, shape.below)
  end
  local incomplete = { kind = "parse", outcome = "unknown", reason = "incomplete", status = 200,
    message = ("Exotel answered 200 with what can't be read (it has no %s with %s %s)"):format(
      shape.root, identity[1]:find "^A" and "an" or "a", identity[1]) }
  local own_json, own_xml = ('"%s":"%s"'):format(identity[1], identity[3]),
    element(identity[1], identity[3])
  for i = 2, #shape do
    local name, lua, sent, read = shape[i][1], shape[i][2], shape[i][3], shape[i][4] or shape[i][3]
    local covered = operation .. "." .. lua
    local json, xml = within(name, ('"%s":"%s"'):format(name, sent), element(name, sent))
    local record = { [identity[2]] = identity[3], [lua] = read }
    if i == 2 then
      add(covered, covered, bodies(operation, json, xml, { record = record }))
    else
      add(covered, covered, bodies(operation, own_json .. "," .. json, own_xml .. xml,
        { record = record }))
    end
    for id, absent in pairs(absents) do
      json, xml = within(name, ('"%s":%s'):format(name, absent), element(name, text_of(absent)))
      if i == 2 then
        add(covered .. ".absent." .. id, covered, bodies(operation, json, xml, {
          err = incomplete }))
      else
        add(covered .. ".absent." .. id, covered, bodies(operation, own_json .. "," .. json,
          own_xml .. xml, { record = { [identity[2]] = identity[3] } }))
      end
    end
  end
  for id, body in pairs {
    empty = "{}", list = '{"%s":[]}', null = '{"%s":null}', text = '{"%s":"a"}',
    call = '{"Call":{"Sid":"a"}}',
  } do
    add(("%s.not.%s"):format(operation, id), operation, { operation = operation,
      body = body:format(shape.root), err = incomplete })
  end
  add(operation .. ".401", "status.401-401", { operation = operation, status = 401,
    body = '{"RestException":{"Status":401,"Message":"Unauthorized; "}}',
    xml = exception "<Status>401</Status><Message>Unauthorized; </Message>", err = { kind = "api",
      outcome = "rejected", reason = "auth", status = 401, message = unauthorized } })
end

add("balance", { "balance.account_sid", "balance.balance", "balance.currency",
  "balance.pricing_plan", "balance.date_updated" }, bodies("balance",
  '"AccountSid":"Exotel","BalanceData":{"Balance":"1543.75","Currency":"INR",'
  .. '"PricingPlan":"Beginner","DateUpdated":"2026-01-15 10:30:00"}',
  "<AccountSid>Exotel</AccountSid> <BalanceData> <Balance>1543.75</Balance>"
  .. "<Currency>INR</Currency> <PricingPlan>Beginner</PricingPlan>"
  .. "<DateUpdated>2026-01-15 10:30:00</DateUpdated> </BalanceData>", { record = {
    account_sid = "Exotel", balance = 1543.75, balance_text = "1543.75", currency = "INR",
    pricing_plan = "Beginner", date_updated = "2026-01-15 10:30:00",
  } }))
for id, entry in pairs {
  zero = { "0.00", 0.0 }, negative = { "-12.500", -12.5 }, whole = { "100", 100.0 },
} do
  add("balance." .. id, "balance.balance", bodies("balance",
    ('"AccountSid":"a","BalanceData":{"Balance":"%s"}'):format(entry[1]),
    "<AccountSid>a</AccountSid><BalanceData>" .. element("Balance", entry[1]) .. "</BalanceData>",
    { record = { account_sid = "a", balance = entry[2], balance_text = entry[1] } }))
end
for id, absent in pairs(absents) do
  add("balance.balance.absent." .. id, "balance.balance", bodies("balance",
    '"AccountSid":"a","BalanceData":{"Balance":' .. absent .. "}",
    "<AccountSid>a</AccountSid><BalanceData>" .. element("Balance", text_of(absent))
    .. "</BalanceData>", { record = { account_sid = "a" } }))
end
add("balance.code", "status.401-401", { operation = "balance", status = 401,
  body = '{"RestException":{"Status":401,"Message":"Authenticate","Code":20003}}', err = {
    kind = "api", outcome = "rejected", reason = "auth", status = 401, code = "20003",
    message = "Exotel answered 401, credentials missing or invalid: Authenticate - " .. key_hint,
  } })

-- }=================================================================

-- {=================================================================
-- Pages
-- ==================================================================

-- A page in both formats: members of its Metadata and entries of its Calls, as JSON and as XML.
local function paged(id, covered, json, calls, xml, xml_calls, expected)
  local row = { operation = "calls", body = ('{"Metadata":{%s},"Calls":[%s]}'):format(json, calls),
    xml = xml and response(("<Metadata> %s </Metadata> %s"):format(xml, xml_calls)) }
  if expected.calls then row.record = expected else row.err = expected end
  add("calls." .. id, covered, row)
end

local function unread(why, reason)
  return { kind = "parse", outcome = "unknown", reason = reason or "incomplete", status = 200,
    message = "Exotel answered 200 with what can't be read (" .. why .. ")" }
end

local one, one_xml = '"Total":1', "<Total>1</Total>"
local a_call, a_call_xml = '{"Sid":"a"}', "<Call><Sid>a</Sid></Call>"

-- What a page says of itself
for _, field in ipairs {
  { "Total", "total", "1027", 1027 }, { "PageSize", "page_size", "50", 50 },
  { "FirstPageUri", "first_page_uri", '"/v1/x?PageSize=2"', "/v1/x?PageSize=2" },
  { "PrevPageUri", "prev_page_uri", '"/v1/x"', "/v1/x" },
} do
  local name, lua, sent, read = field[1], field[2], field[3], field[4]
  local covered = "page." .. lua
  paged(lua, covered, ('"%s":%s'):format(name, sent), a_call, element(name, text_of(sent)),
    a_call_xml, { [lua] = read, calls = { { sid = "a" } } })
  paged(lua .. ".case", covered, ('"%s":%s'):format(name:upper(), sent), "",
    element(name:lower(), text_of(sent)), "", { [lua] = read, calls = {} })
  for kind, absent in pairs(absents) do
    paged(lua .. ".absent." .. kind, covered, ('"%s":%s'):format(name, absent), a_call,
      element(name, text_of(absent)), a_call_xml, { calls = { { sid = "a" } } })
  end
end
paged("total.text", "page.total", '"Total":"1027"', "", nil, nil, { total = 1027, calls = {} })
paged("total.word", "page.total", '"Total":"many"', "", "<Total>many</Total>", "",
  { Total = "many", calls = {} })
paged("unknown", "page.total", '"Total":1,"New":{"a":"x"},"calls":"y","After":"z","after":"w"', "",
  "<Total>1</Total><New><a>x</a></New><calls>y</calls><After>z</After><after>w</after>", "",
  { total = 1, New = { a = "x" }, _calls = "y", After = "z", _after = "w", calls = {} })
paged("total.twice", "page.total", '"Total":1,"Total":2', "",
  "<Total>1</Total><Total>2</Total>", "", { total = 1, repeated = { "Total" }, calls = {} })

-- Cursors
for kind, absent in pairs(absents) do
  paged("next_page_uri.absent." .. kind, "page.next_page_uri", '"NextPageUri":' .. absent, a_call,
    element("NextPageUri", text_of(absent)), a_call_xml, { calls = { { sid = "a" } } })
end
for id, entry in pairs {
  plain = { "/v1/x?After=abc", "abc" }, sign = { "/v1/x?a=b&After=MTU3Nzk4NA==", "MTU3Nzk4NA==" },
  first = { "/v1/x?After=abc&a=After", "abc" }, html = { "/v1/x?a=b&amp;After=abc", "abc" },
  html_twice = { "/v1/x?a=b&amp;c=d&amp;After=abc&amp;e=f", "abc" },
  encoded = { "/v1/x?After=MTU3Nzk4NA%3D%3D", "MTU3Nzk4NA==" }, case = { "/v1/x?after=abc", "abc" },
  host = { "https://evil.example/v1/x?After=abc", "abc" }, alone = { "?After=abc", "abc" },
  twice = { "/v1/x?After=abc&After=def", "abc" }, empty_first = { "/?After=&After=def", "def" },
  name_encoded = { "/v1/x?%41fter=abc", "abc" }, question = { "/v1/x?a=?&After=a?b", "a?b" },
  percent = { "/v1/x?After=100%", "100%" }, binary = { "/?After=%00%ff", "\0\255" },
} do
  local uri = entry[1]
  paged("after." .. id, "page.next_page_uri", ('"NextPageUri":"%s"'):format(uri), "",
    element("NextPageUri", uri), "", { next_page_uri = uri, after = entry[2], calls = {} })
  local back = uri:gsub("After", "Before"):gsub("%%41fter", "%%42efore"):gsub("after", "before")
  paged("before." .. id, "page.prev_page_uri", ('"PrevPageUri":"%s"'):format(back), "",
    element("PrevPageUri", back), "", { prev_page_uri = back, before = entry[2], calls = {} })
end
-- A next page that can't be asked for isn't the same as none.
for id, uri in pairs {
  none = "/v1/x?a=b", empty = "/v1/x?After=", path = "/v1/After=abc", no_query = "After",
  other = "/v1/x?NotAfter=abc", before = "/v1/x?Before=abc", bracket = "/v1/x?After[0]=abc",
  html_once_more = "/v1/x?a=b&amp;amp;After=abc",
} do
  paged("after.not." .. id, "page.next_page_uri", ('"NextPageUri":"%s"'):format(uri), "",
    element("NextPageUri", uri), "", unread "its NextPageUri has no After")
  paged("before.not." .. id, "page.prev_page_uri",
    ('"PrevPageUri":"%s"'):format((uri:gsub("Before", "Other"))), "",
    element("PrevPageUri", (uri:gsub("Before", "Other"))), "",
    { prev_page_uri = (uri:gsub("Before", "Other")), calls = {} })
end

-- Records
paged("none", "calls", one, "", one_xml, "", { total = 1, calls = {} })
paged("two", "calls", one, '{"Sid":"a","To":"1"},{"Sid":"b","To":"2"}', one_xml,
  "<Call><Sid>a</Sid><To>1</To></Call> <Call><Sid>b</Sid><To>2</To></Call>",
  { total = 1, calls = { { sid = "a", to = "1" }, { sid = "b", to = "2" } } })
paged("apart", "calls", one, '{"Sid":"a","duration":"x","New":"1","Sid":"b",'
  .. '"Details":{"Leg2Status":"busy"}},{"Sid":"c","Duration":5,"New":"2",'
  .. '"Details":{"Legs":[{"Leg":{"Id":2}}],"Leg1Status":"failed"}},{"Sid":"d"}', one_xml,
  "<Call><Sid>a</Sid><duration>x</duration><New>1</New><Sid>b</Sid><Details>"
  .. "<Leg2Status>busy</Leg2Status></Details></Call><Call><Sid>c</Sid><Duration>5</Duration>"
  .. "<New>2</New><Details><Legs><Leg><Id>2</Id></Leg></Legs><Leg1Status>failed</Leg1Status>"
  .. "</Details></Call><Call><Sid>d</Sid></Call>", { total = 1, calls = {
    { sid = "a", _duration = "x", New = "1", repeated = { "Sid" },
      legs = { { id = 2, status = "busy" } } },
    { sid = "c", duration = 5, New = "2", legs = { { id = 1, status = "failed" }, { id = 2 } } },
    { sid = "d" },
  } })
paged("empty.entries", "calls", one, "null," .. a_call .. ',{},[],"",{"Sid":"b"},{}', one_xml,
  "<Call/>" .. a_call_xml .. "<Call></Call><Call> </Call><Call><Sid>b</Sid></Call><Call/>",
  { total = 1, calls = { { sid = "a" }, { sid = "b" } } })
for id, entry in pairs {
  text = { '"x"', "<Call>x</Call>", "is no record" }, list = { '["x"]', nil, "has no Sid" },
  no_sid = { '{"To":"1"}', "<Call><To>1</To></Call>", "has no Sid" },
  sid_null = { '{"Sid":null}', "<Call><Sid/></Call>", "has no Sid" },
  sid_table = { '{"Sid":{"x":"y"}}', "<Call><Sid><x>y</x></Sid></Call>", "has no Sid" },
} do
  local why = unread("entry 2 of its Calls " .. entry[3])
  paged("entry." .. id, "calls", one, a_call .. "," .. entry[1], entry[2] and one_xml,
    entry[2] and a_call_xml .. entry[2], why)
  paged("entry.then." .. id, "calls", one, a_call .. "," .. entry[1] .. "," .. a_call,
    entry[2] and one_xml, entry[2] and a_call_xml .. entry[2] .. a_call_xml, why)
end

local function whole(id, body, xml, expected)
  local row = { operation = "calls", body = body, xml = xml and response(xml) }
  if expected.calls then row.record = expected else row.err = expected end
  add("calls." .. id, "calls", row)
end
local no_metadata = unread "it has no Metadata"
whole("order", '{"Calls":[{"Sid":"a"}],"Metadata":{"Total":1}}',
  a_call_xml .. "<Metadata><Total>1</Total></Metadata>", { total = 1, calls = { { sid = "a" } } })
whole("between", nil, a_call_xml .. "<Metadata><Total>1</Total></Metadata>" .. a_call_xml,
  { total = 1, calls = { { sid = "a" }, { sid = "a" } } })
whole("case", '{"calls":[{"sid":"a"}],"METADATA":{"Total":1}}',
  "<call><sid>a</sid></call><METADATA><Total>1</Total></METADATA>",
  { total = 1, calls = { { sid = "a" } } })
whole("missing", '{"Metadata":{"Total":1}}', "<Metadata><Total>1</Total></Metadata>",
  { total = 1, calls = {} })
whole("null", '{"Metadata":{"Total":1},"Calls":null}',
  "<Metadata><Total>1</Total></Metadata><Calls/>", { total = 1, calls = {} })
whole("wrapped", nil, "<Metadata><Total>1</Total></Metadata><Calls>" .. a_call_xml .. a_call_xml
  .. "</Calls>", { total = 1, calls = { { sid = "a" }, { sid = "a" } } })
whole("metadata.nulls", '{"Metadata":{"Total":null},"Calls":[{"Sid":"a"}]}',
  "<Metadata><Total/></Metadata>" .. a_call_xml, { calls = { { sid = "a" } } })
whole("metadata.missing", '{"Calls":[{"Sid":"a"}]}', a_call_xml, no_metadata)
whole("metadata.null", '{"Metadata":null,"Calls":[{"Sid":"a"}]}', "<Metadata/>" .. a_call_xml,
  no_metadata)
whole("metadata.empty", '{"Metadata":{},"Calls":[]}', "<Metadata> </Metadata>", no_metadata)
whole("metadata.text", '{"Metadata":"x","Calls":[]}', "<Metadata>x</Metadata>", no_metadata)
whole("metadata.deeper", '{"x":{"Metadata":{"Total":1},"Calls":[]}}',
  "<x><Metadata><Total>1</Total></Metadata></x>", no_metadata)
whole("nothing", "{}", "", no_metadata)
whole("a.call", '{"Call":{"Sid":"a"}}', nil, no_metadata)
whole("list", "[]", nil, no_metadata)
whole("object", '{"Metadata":{"Total":1},"Calls":{"Sid":"a"}}',
  "<Metadata><Total>1</Total></Metadata><Calls><Sid>a</Sid></Calls>", unread "its Calls is no list")
whole("text", '{"Metadata":{"Total":1},"Calls":"x"}',
  "<Metadata><Total>1</Total></Metadata><Calls>x</Calls>", unread "its Calls is no list")
whole("twice", '{"Metadata":{"Total":1},"Calls":[{"Sid":"a"},{"Sid":"b"}],"Calls":[{"Sid":"c"}]}',
  "<Metadata><Total>1</Total></Metadata><Call><Sid>a</Sid></Call><Call><Sid>b</Sid></Call><Calls>"
  .. "<Call><Sid>c</Sid></Call></Calls>", unread "entry 1 of its Calls came twice")
whole("exception.first", '{"RestException":{"Status":400,"Message":"no"},"Metadata":{"Total":1}}',
  "<RestException><Status>400</Status><Message>no</Message></RestException>"
  .. "<Metadata><Total>1</Total></Metadata>", { total = 1, calls = {} })
whole("exception", '{"RestException":{"Status":400,"Message":"no"}}',
  "<RestException><Status>400</Status><Message>no</Message></RestException>", { kind = "api",
    outcome = "unknown", reason = "bad_request", status = 200,
    message = "Exotel answered 200, malformed header or body: no" })
add("calls.400", "status.400-400", { operation = "calls", status = 400,
  body = '{"RestException":{"Status":400,"Message":"no"},"Metadata":{},"Calls":[{"x":"y"}]}',
  xml = response("<RestException><Status>400</Status><Message>no</Message></RestException>"
    .. "<Call><x>y</x></Call>"), err = { kind = "api", outcome = "rejected",
    reason = "bad_request", status = 400,
    message = "Exotel answered 400, malformed header or body: no" } })

-- As many as are read, and one more.
local json, xml, calls = {}, {}, {}
for i = 1, 1000 do
  json[i] = ('{"Sid":"s%d"}'):format(i)
  xml[i] = ("<Call><Sid>s%d</Sid></Call>"):format(i)
  calls[i] = { sid = "s" .. i }
end
json, xml = table.concat(json, ","), table.concat(xml)
paged("1000", "calls", one, json, one_xml, xml, { total = 1, calls = calls })
paged("1001", "calls", one, json .. "," .. a_call, one_xml, xml .. a_call_xml,
  unread("more records than the limit of 1000 in one page", "too_large"))

-- }=================================================================

return rows
