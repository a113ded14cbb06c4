-- Rows of webhooks: body, content type and query, and the exact event or the exact error.
--
-- { id, row, body, content_type, query, event | err, refuse, one_way }: `row` names the api
-- rows it covers (event.call_sid, event.legs[].status). The event is whole but for its
-- dedup_key. Built again in each encoding it must be the event that it was: `refuse` names
-- the encodings that can't carry it (json, form, multipart), `one_way` that there is nothing
-- to build. Numbers are compared with their type.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local FORM, JSON = "application/x-www-form-urlencoded", "application/json"

local function add(id, covered, row)
  if type(covered) == "string" then covered = { covered } end
  row.id, row.row = "event." .. id, covered
  if row.err then row.err.kind = row.err.kind or "parse" end
  if row.event then
    row.event.kind = row.event.kind or "unknown"
    if row.event.final == nil then row.event.final = false end
  end
  rows[#rows + 1] = row
end

local function fixture(name)
  local file = assert(io.open("spec/fixtures/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function form(id, covered, body, event, more)
  local row = more or {}
  row.body, row.content_type, row.event = body, FORM, event
  add(id, covered, row)
end

local function json(id, covered, body, event, more)
  local row = more or {}
  row.body, row.content_type, row.event = body, JSON, event
  add(id, covered, row)
end

-- Multipart bytes: B is the boundary, and every line ends with CRLF.
local MULTIPART = "multipart/form-data; boundary=B"

local function lines(...) return table.concat({ ... }, "\r\n") end

local function head(name, more)
  return ('Content-Disposition: form-data; name="%s"'):format(name) .. (more or "")
end

local function multipart(id, body, event, more)
  local row = more or {}
  row.body, row.content_type = body, row.content_type or MULTIPART
  row.event = event
  add(id, row.row or {}, row)
end

local function multipart_err(id, body, reason, position, message, more)
  local row = more or {}
  row.err = { reason = reason, field = "body", position = position, message = message }
  multipart(id, body, nil, row)
end

local function limit(id, field, message, row)
  row.err = { reason = "limit", field = field, message = message }
  add(id, {}, row)
end

-- {=================================================================
-- The pages' own samples, each in the three encodings
-- ==================================================================

local SID = "492205107c5fb48f4ac25d1f77759339"
local RECORDING = "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/<your_sid>/"
  .. SID .. ".mp3"

local samples = {
  ["S001.default"] = {
    kind = "default", final = true, call_sid = SID, status = "completed",
    recording_url = RECORDING, date_updated = "2019-04-08 03:18:35",
  },
  ["S003.terminal"] = {
    kind = "terminal", final = true, event_type = "terminal", call_sid = SID,
    status = "no-answer", date_created = "2019-04-08 03:17:59",
    date_updated = "2019-04-08 03:18:35", start_time = "2019-04-08 03:17:59",
    end_time = "2019-04-08 03:18:36", from = "+91941374XXXX", to = "+91886799XXXX",
    phone_number_sid = "0113083XXXX", direction = "outbound-api", recording_url = RECORDING,
    conversation_duration = 32,
    legs = { { id = 1, status = "completed", on_call_duration = 41 },
             { id = 2, status = "completed", on_call_duration = 32 } },
  },
  ["S003.no-answer"] = {
    kind = "terminal", final = true, event_type = "terminal", call_sid = SID,
    status = "no-answer", date_created = "2019-04-08 03:10:55",
    date_updated = "2019-04-08 03:11:28", start_time = "2019-04-08 03:10:55",
    end_time = "2019-04-08 03:11:30", from = "+91941374XXXX", to = "+91886799XXXX",
    phone_number_sid = "0113083XXXX", direction = "outbound-api", conversation_duration = 0,
    legs = { { id = 1, status = "no-answer", on_call_duration = 0 },
             { id = 2, on_call_duration = 0 } },
  },
}
local sample_types = {
  json = JSON, form = FORM,
  multipart = "multipart/form-data; boundary=------------------------d74496d66958873e",
}
local sample_rows = {
  ["S001.default"] = { "event.call_sid", "event.status", "event.recording_url",
                       "event.date_updated" },
  ["S003.terminal"] = { "event.event_type", "event.date_created", "event.start_time",
                        "event.end_time", "event.from", "event.to", "event.phone_number_sid",
                        "event.direction", "event.conversation_duration",
                        "event.legs[].status", "event.legs[].on_call_duration" },
  ["S003.no-answer"] = { "event.recording_url", "event.legs[].status" },
}
for _, name in ipairs { "S001.default", "S003.terminal", "S003.no-answer" } do
  for _, encoding in ipairs { "json", "form", "multipart" } do
    local body = fixture(name .. "." .. encoding)
    add(name .. "." .. encoding, sample_rows[name],
      { body = body, content_type = sample_types[encoding], event = samples[name] })
    add(name .. "." .. encoding .. ".sniffed", {}, { body = body, event = samples[name] })
  end
end

-- }=================================================================

-- {=================================================================
-- Every field: a value, in its case and out of it, and each spelling of absent
-- ==================================================================

-- { lua, documented, what is sent, what comes back (else the same), kind, final }
local fields = {
  { "call_sid", "CallSid", "5c6b" },
  { "event_type", "EventType", "terminal", "terminal", "terminal", true },
  { "event_type", "EventType", "Answered", "answered", "answered" },
  { "status", "Status", "No-Answer", "no-answer" },
  { "status", "Status", "Cancelled", "canceled" },
  { "date_created", "DateCreated", "2019-04-08 03:17:59" },
  { "date_updated", "DateUpdated", "2019-04-08 03:18:35" },
  { "start_time", "StartTime", "2019-04-08 03:17:59" },
  { "end_time", "EndTime", "2019-04-08T03:18:36+05:30" },
  { "from", "From", "+91941374XXXX" },
  { "to", "To", "sip:agent@example.org" },
  { "phone_number_sid", "PhoneNumberSid", "0113083XXXX" },
  { "direction", "Direction", "Outbound-API", "outbound-api" },
  { "duration", "Duration", "017", 17 },
  { "conversation_duration", "ConversationDuration", "32", 32 },
  { "recording_url", "RecordingUrl", "https://example.org/a.mp3?b=c&d=%20" },
  { "custom_field", "CustomField", " order 17; null\r\n" },
  { "call_from", "CallFrom", "09123456789", nil, "passthru" },
  { "call_to", "CallTo", "8039513882" },
  { "created", "Created", "Wed, 23 Feb 2022 12:31:59" },
  { "current_time", "CurrentTime", "2022-02-23 12:32:00" },
  { "call_type", "CallType", "Client-Hangup", "client-hangup" },
  { "call_status", "CallStatus", "Completed", "completed" },
  { "dial_call_status", "DialCallStatus", "busy", nil, "passthru" },
  { "dial_call_duration", "DialCallDuration", "7", 7 },
  { "dial_whom_number", "DialWhomNumber", "09876543210" },
  { "forwarded_from", "ForwardedFrom", "0X" },
  { "outgoing_phone_number", "OutgoingPhoneNumber", "0113083XXXX" },
  { "process_status", "ProcessStatus", "OK", "ok" },
  { "recording_available_by", "RecordingAvailableBy", "Wed, 23 Feb 2022 12:36:59" },
  { "digits", "digits", '"12345"', "12345" },
  { "digits", "digits", '"#"', "#" },
  { "digits", "digits", "12", "12" },
  { "flow_id", "flow_id", "926", "926", "passthru" },
  { "tenant_id", "tenant_id", "acme" },
  { "agent_email", "AgentEmail", "a@example.org", nil, "agent" },
  { "app_id", "AppId", "app-1" },
  { "app_user_id", "AppUserID", "77", "77", "integration" },
  { "virtual_number", "VirtualNumber", "0113083XXXX" },
  { "from_number", "FromNumber", "09123456789" },
  { "to_number", "ToNumber", "09876543210" },
  { "call_state", "CallState", "Active", "active", "integration" },
  { "call_state", "CallState", "Terminal", "terminal", "integration", true },
  { "total_duration", "TotalDuration", "61", 61 },
  { "created_at", "CreatedAt", "2026-09-04 19:21:01+05:30" },
  { "stream_sid", "Stream[StreamSID]", "st-1", nil, "stream" },
  { "stream_status", "Stream[Status]", "Completed", "completed", "stream" },
  { "stream_duration", "Stream[Duration]", "4.39", 4.39 },
  { "stream_recording_url", "Stream[RecordingUrl]", "https://example.org/s.mp3" },
  { "stream_url", "Stream[StreamUrl]", "wss://example.org/s" },
  { "stream_disconnected_by", "Stream[DisconnectedBy]", "bot" },
  { "stream_detailed_status", "Stream[DetailedStatus]", "Streaming_call_ended" },
  { "stream_error", "Stream[Error]", "3009 failed to establish" },
}
local leg_fields = {
  { "id", "Id", "1", 1 },
  { "status", "Status", "Completed", "completed" },
  { "on_call_duration", "OnCallDuration", "41", 41 },
  { "answered_by", "AnsweredBy", "HUMAN", "human" },
  { "number", "Number", "09123456789" },
  { "type", "Type", "Single", "single" },
  { "caller_id", "CallerId", "0113083XXXX" },
  { "cause_code", "CauseCode", "NORMAL_CLEARING" },
  { "cause", "Cause", "16", 16 },
  { "disconnected_by", "DisconnectedBy", "Callee" },
  { "insights_status", "Insights][Status", "Completed", "completed" },
  { "insights_detailed_status", "Insights][DetailedStatus", "CALL_COMPLETED" },
  { "insights_ringing_duration", "Insights][RingingDuration", "4.39", 4.39 },
}

local function percent(text)
  return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The JSON of a bracketed name: Stream[Status] is {"Stream":{"Status":…}}.
local function nested(name, value)
  local inner = value
  local steps = {}
  for step in name:gmatch "[^%[%]]+" do steps[#steps + 1] = step end
  for i = #steps, 2, -1 do
    if steps[i] == "0" then
      inner = "[" .. inner .. "]"
    else
      inner = ('{"%s":%s}'):format(steps[i], inner)
    end
  end
  return ('{"Zone":"z","%s":%s}'):format(steps[1], inner)
end

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\r", "\\r"):gsub("\n", "\\n") .. '"'
end

local ABSENT = { "", "null", "0000-00-00 00:00:00", "1970-01-01 05:30:00",
                 "0001-01-01T00:00:00Z" }

local seen = {}
local function field_rows(lua, name, sent, back, expected)
  local covered = "event." .. lua
  local id = "field." .. lua
  seen[id] = (seen[id] or 0) + 1
  if seen[id] > 1 then id = id .. "." .. seen[id] end
  local function event() return expected(back == nil and sent or back) end
  local function value_row(how, spelt)
    form(id .. how, covered, "Zone=z&" .. spelt .. "=" .. percent(sent), event())
  end
  value_row("", name)
  value_row(".lower", name:lower())
  value_row(".upper", name:upper())
  value_row(".percent", percent(name))
  json(id .. ".json", covered, nested(name, quoted(sent)), event())
  multipart(id .. ".multipart", lines("--B", head "Zone", "", "z", "--B", head(name), "", sent,
    "--B--", ""), event(), { row = { covered } })
  if tonumber(sent) and not sent:find "^0%d" and type(back) == "number" then
    json(id .. ".number", covered, nested(name, sent), event())
  end
  if lua == "custom_field" or seen["field." .. lua] > 1 then return end
  for i, text in ipairs(ABSENT) do
    form(id .. ".absent." .. i, covered, "Zone=z&" .. name .. "=" .. percent(text),
      { Zone = "z" })
    json(id .. ".absent.json." .. i, covered, nested(name, quoted(text)), { Zone = "z" })
  end
  json(id .. ".null", covered, nested(name, "null"), { Zone = "z" })
  multipart(id .. ".absent.multipart", lines("--B", head "Zone", "", "z", "--B", head(name), "",
    "", "--B--", ""), { Zone = "z" }, { row = { covered } })
  form(id .. ".missing", {}, "Zone=z", { Zone = "z" })
end

for _, field in ipairs(fields) do
  local lua, name, sent, back, kind, final =
    field[1], field[2], field[3], field[4], field[5], field[6]
  field_rows(lua, name, sent, back, function(value)
    return { Zone = "z", [lua] = value, kind = kind, final = final }
  end)
end
for _, field in ipairs(leg_fields) do
  local lua = field[1]
  field_rows("legs[]." .. lua, "Legs[0][" .. field[2] .. "]", field[3], field[4],
    function(value)
      local leg = { id = 1 }
      leg[lua] = value
      return { Zone = "z", legs = { leg } }
    end)
end

-- CustomField comes back byte for byte: only null, missing and not sent are absent.
for i, text in ipairs(ABSENT) do
  form("field.custom_field.verbatim." .. i, "event.custom_field",
    "CustomField=" .. percent(text), { custom_field = text })
end
json("field.custom_field.null", "event.custom_field", '{"Zone":"z","CustomField":null}',
  { Zone = "z" })

-- The agent's status is what the service calls Status.
local function agent(status)
  return { kind = "agent", call_from = "09123456789", event_type = "dial",
           agent_status = status }
end
local AGENT = "CallFrom=09123456789&EventType=Dial"
form("field.agent_status", "event.agent_status", AGENT .. "&Status=busy", agent "busy")
form("field.agent_status.absent", "event.agent_status", AGENT .. "&Status=", agent(nil))
form("field.agent_status.json.absent", "event.agent_status", AGENT .. "&Status=null", agent(nil))

-- A text that isn't what its row says stays under the service's name.
for _, name in ipairs { "Duration", "ConversationDuration", "DialCallDuration",
                        "TotalDuration" } do
  for i, text in ipairs { "abc", "4.5", "1e2", " 7", "7 s", "0x10", "1234567890123456789012" } do
    form("wrong." .. name .. "." .. i, {}, "Zone=z&" .. name .. "=" .. percent(text),
      { Zone = "z", [name] = text })
  end
  json("wrong." .. name .. ".boolean", {}, nested(name, "true"), { Zone = "z", [name] = "true" })
  json("wrong." .. name .. ".object", {}, nested(name, '{"a":[1]}'),
    { Zone = "z", [name] = { a = { "1" } } })
end
form("wrong.Stream", {}, "Zone=z&Stream[Duration]=abc",
  { Zone = "z", kind = "stream", Stream = { Duration = "abc" } })
form("wrong.Stream.beside", {}, "Duration=abc&Stream[Duration]=4",
  { Duration = "abc", stream_duration = 4.0 })
form("wrong.Stream.below", {}, "Duration=4&Stream[Duration]=abc",
  { kind = "stream", duration = 4, Stream = { Duration = "abc" } })
for _, name in ipairs { "Id", "OnCallDuration", "Cause" } do
  form("wrong.legs." .. name, {}, "Legs[0][" .. name .. "]=abc&Legs[1][Status]=a",
    { legs = { { id = 1, [name] = "abc" }, { id = 2, status = "a" } } })
end
form("wrong.legs.Insights", {}, "Legs[0][Insights][RingingDuration]=abc",
  { legs = { { id = 1, Insights = { RingingDuration = "abc" } } } })

-- The names of an event's own: what the service calls so gets an underscore in front.
form("own.names", {}, "kind=a&final=b&dedup_key=c&files=d&repeated=e&legs=f&call_sid=g", {
  _kind = "a", _final = "b", _dedup_key = "c", _files = "d", _repeated = "e", _legs = "f",
  _call_sid = "g" })
form("own.names.twice", {}, "kind=a&kind=b&_kind=c",
  { _kind = "a", repeated = { "kind", "_kind" } })
form("own.names.legs", {}, "Legs[0][insights_status]=a&Legs[0][Id]=5",
  { legs = { { id = 5, _insights_status = "a" } } })

-- }=================================================================

-- {=================================================================
-- Kinds, and whether more can come
-- ==================================================================

local function answered(second)
  return "CallSid=a&EventType=answered&Status=in-progress&Legs[0][Status]=in-progress"
    .. "&Legs[1][Status]=" .. second
end
form("kind.answered.first", { "event.event_type", "event.legs[].status" }, answered "",
  { kind = "answered", call_sid = "a", event_type = "answered", status = "in-progress",
    legs = { { id = 1, status = "in-progress" } } })
form("kind.answered.second", { "event.event_type", "event.legs[].status" },
  answered "in-progress",
  { kind = "answered", call_sid = "a", event_type = "answered", status = "in-progress",
    legs = { { id = 1, status = "in-progress" }, { id = 2, status = "in-progress" } } })
form("kind.terminal.case", "event.event_type", "CallSid=a&EventType=Terminal&Status=Completed",
  { kind = "terminal", final = true, call_sid = "a", event_type = "terminal",
    status = "completed" })
form("kind.default.empty_recording", {}, "CallSid=a&Status=busy&RecordingUrl=&DateUpdated=b",
  { kind = "default", final = true, call_sid = "a", status = "busy", date_updated = "b" })
form("kind.default.no_recording", {}, "CallSid=a&Status=failed&DateUpdated=b",
  { kind = "default", final = true, call_sid = "a", status = "failed", date_updated = "b" })
for _, status in ipairs { "queued", "ringing", "in-progress" } do
  form("kind.default.goes_on." .. status, {}, "CallSid=a&EventType=&Status=" .. status,
    { kind = "default", call_sid = "a", status = status })
end
form("kind.unknown.event", {}, "CallSid=a&EventType=Ringing&Status=in-progress",
  { call_sid = "a", event_type = "ringing", status = "in-progress" })
form("kind.unknown.no_status", {}, "CallSid=a&DateUpdated=b",
  { call_sid = "a", date_updated = "b" })
form("kind.unknown.status", {}, "CallSid=a&Status=new-word",
  { kind = "default", final = true, call_sid = "a", status = "new-word" })
form("kind.unknown.foreign", {}, "hello=world&x", { hello = "world" })

-- SUP 48283: Passthru, all in the query string.
local PASSTHRU = "CallSid=a&CallFrom=09123456789&CallTo=8039513882&Direction=incoming"
  .. "&Created=Wed%2C+23+Feb+2022+12%3A31%3A59&DialCallDuration=0"
  .. "&StartTime=2022-02-23+12%3A31%3A59&EndTime=1970-01-01+05%3A30%3A00"
  .. "&CallType=call-attempt&DialWhomNumber=&flow_id=926&tenant_id=7&From=09123456789"
  .. "&To=08039513882&CurrentTime=2022-02-23+12%3A32%3A00&digits=%2212345%22"
local function passthru(more)
  local event = {
    kind = "passthru", call_sid = "a", call_from = "09123456789", call_to = "8039513882",
    direction = "incoming", created = "Wed, 23 Feb 2022 12:31:59", dial_call_duration = 0,
    start_time = "2022-02-23 12:31:59", call_type = "call-attempt", flow_id = "926",
    tenant_id = "7", from = "09123456789", to = "08039513882",
    current_time = "2022-02-23 12:32:00", digits = "12345",
  }
  for name, value in pairs(more or {}) do event[name] = value end
  return event
end
add("kind.passthru", { "event.digits", "event.end_time", "event.dial_whom_number" },
  { query = PASSTHRU, event = passthru() })
add("kind.passthru.zeros", "event.end_time",
  { query = PASSTHRU:gsub("EndTime=[^&]*", "EndTime=0000-00-00+00%%3A00%%3A00"),
    event = passthru() })
add("kind.passthru.Callfrom", "event.call_from",
  { query = PASSTHRU:gsub("CallFrom", "Callfrom"), event = passthru() })
add("kind.passthru.body", {}, { body = PASSTHRU, content_type = FORM, event = passthru() })
add("kind.passthru.status", "event.dial_call_status",
  { query = PASSTHRU .. "&DialCallStatus=Canceled", event = passthru { dial_call_status =
    "canceled" } })
add("kind.passthru.status.null", "event.dial_call_status",
  { query = PASSTHRU .. "&DialCallStatus=null", event = passthru() })
add("kind.passthru.legs", { "event.legs[].number", "event.legs[].insights_ringing_duration" },
  { query = PASSTHRU .. "&Legs[1][Number]=0987&Legs[1][Type]=single&Legs[1][OnCallDuration]=0"
    .. "&Legs[1][CallerId]=0113&Legs[1][CauseCode]=RING_TIMEOUT&Legs[1][Cause]=1003"
    .. "&Legs[1][DisconnectedBy]=&Legs[1][Insights][Status]=failed"
    .. "&Legs[1][Insights][DetailedStatus]=RING_TIMEOUT&Legs[1][Insights][RingingDuration]=29.98",
    event = passthru { legs = { { id = 1, number = "0987", type = "single",
      on_call_duration = 0, caller_id = "0113", cause_code = "RING_TIMEOUT", cause = 1003,
      insights_status = "failed", insights_detailed_status = "RING_TIMEOUT",
      insights_ringing_duration = 29.98 } } } })
form("kind.passthru.flow_id", {}, "CallSid=a&flow_id=1&Status=completed&EventType=terminal",
  { kind = "passthru", call_sid = "a", flow_id = "1", status = "completed",
    event_type = "terminal" })
form("kind.passthru.digits.empty", "event.digits", "flow_id=1&digits=%22%22",
  { kind = "passthru", flow_id = "1", digits = "" })
form("kind.passthru.digits.quote", "event.digits", "flow_id=1&digits=%2212",
  { kind = "passthru", flow_id = "1", digits = '"12' })

-- SUP 48284: while an agent is rung.
local RUNG = "CallSid=a&CallFrom=0912&CallTo=0113&From=0912&To=0113&DialWhomNumber=0987"
local function rung(event_type, status, more)
  local event = {
    kind = "agent", call_sid = "a", call_from = "0912", call_to = "0113", from = "0912",
    to = "0113", dial_whom_number = "0987", event_type = event_type, agent_status = status,
  }
  for name, value in pairs(more or {}) do event[name] = value end
  return event
end
for _, event_type in ipairs { "Dial", "Answered", "Ringing", "Terminal" } do
  for _, status in ipairs { "busy", "free" } do
    add(("kind.agent.%s.%s"):format(event_type, status), "event.agent_status",
      { query = RUNG .. "&EventType=" .. event_type .. "&Status=" .. status,
        event = rung(event_type:lower(), status) })
  end
end
add("kind.agent.email", "event.agent_email",
  { query = RUNG .. "&Status=free&AgentEmail=a%40example.org",
    event = rung(nil, "free", { agent_email = "a@example.org" }) })
add("kind.agent.status", "event.agent_status",
  { query = RUNG .. "&Status=Busy", event = rung(nil, "busy") })
add("kind.agent.flow", {}, { query = RUNG .. "&Status=busy&flow_id=9", event = {
  kind = "passthru", call_sid = "a", call_from = "0912", call_to = "0113", from = "0912",
  to = "0113", dial_whom_number = "0987", status = "busy", flow_id = "9" } })
form("kind.agent.not", {}, "CallSid=a&Status=busy",
  { kind = "default", final = true, call_sid = "a", status = "busy" })

-- SUP 3000132269: streams, in all their shapes.
local stream = { kind = "stream", call_sid = "a", stream_sid = "s", stream_status = "completed",
                 stream_duration = 4.0, stream_url = "wss://x" }
local STREAM = '{"StreamSID":"s","Status":"Completed","Duration":"4","StreamUrl":"wss://x"}'
form("kind.stream.flat", { "event.stream_sid", "event.stream_status" },
  "CallSid=a&Stream[StreamSID]=s&Stream[Status]=completed&Stream[Duration]=4"
  .. "&Stream[StreamUrl]=wss://x", stream)
form("kind.stream.text", "event.stream_sid", "CallSid=a&Stream=" .. percent(STREAM), stream)
form("kind.stream.text.case", {}, "CallSid=a&stream=" .. percent(STREAM), stream)
form("kind.stream.text.blanks", {}, "CallSid=a&Stream=" .. percent(STREAM .. " \r\n"), stream)
add("kind.stream.text.query", {}, { query = "CallSid=a&Stream=" .. percent(STREAM),
  event = stream })
json("kind.stream.nested", "event.stream_sid", '{"CallSid":"a","Stream":' .. STREAM .. "}", stream)
json("kind.stream.json_text", {}, '{"CallSid":"a","Stream":' .. quoted(STREAM) .. "}", stream)
multipart("kind.stream.multipart", lines("--B", head "CallSid", "", "a", "--B", head "Stream",
  "Content-Type: application/json", "", STREAM, "--B--", ""), stream)
form("kind.stream.no_json", {}, "CallSid=a&Stream={oops",
  { kind = "stream", call_sid = "a", Stream = "{oops" })
form("kind.stream.word", {}, "CallSid=a&Status=completed&Stream=started",
  { kind = "stream", call_sid = "a", status = "completed", Stream = "started" })
form("kind.stream.empty", {}, "CallSid=a&Stream={}", { call_sid = "a" })
form("kind.stream.absent", {}, "CallSid=a&Stream=null", { call_sid = "a" })
form("kind.stream.unknown_names", {}, "Stream="
  .. percent '{"New":{"b":[1,{"c":true}]},"Duration":"x"}',
  { kind = "stream", Stream = { New = { b = { "1", { c = "true" } } }, Duration = "x" } })
-- As a form would spell it, and read it.
form("kind.stream.brackets", {}, "Stream=" .. percent '{"a[b]":"1","c":"2"}',
  { kind = "stream", Stream = { c = "2" }, ["Stream[a[b]]"] = "1" })
form("kind.stream.positions", {}, "Stream=" .. percent '{"0":"x","1":"y"}',
  { kind = "stream", Stream = { "x", "y" } })
form("kind.stream.first", {}, "Stream[Status]=a&Stream=" .. percent '{"Status":"b"}',
  { kind = "stream", stream_status = "a", repeated = { "Stream[Status]" } })

-- DEV: the integrations engine.
local INTEGRATION = '{"CallSid":"a","AppId":"b","AppUserID":"c","VirtualNumber":"0113",'
  .. '"Direction":"outbound","CallStatus":"%s","CallState":"%s","ToNumber":"0987",'
  .. '"FromNumber":"0912","TotalDuration":%d,"CallRecordings":null,"CallDetail":null,'
  .. '"StartTime":"2026-09-04T19:21:01+05:30","EndTime":"2026-09-04 19:20:01+05:30",'
  .. '"CreatedAt":"0001-01-01T00:00:00Z"}'
local function integration(status, state, duration)
  return { kind = "integration", final = state == "terminal", call_sid = "a", app_id = "b",
           app_user_id = "c", virtual_number = "0113", direction = "outbound",
           call_status = status, call_state = state, to_number = "0987", from_number = "0912",
           total_duration = duration, start_time = "2026-09-04T19:21:01+05:30",
           end_time = "2026-09-04 19:20:01+05:30" }
end
json("kind.integration.active", { "event.call_state", "event.call_status", "event.created_at" },
  INTEGRATION:format("", "active", 0), integration(nil, "active", 0))
json("kind.integration.terminal", { "event.call_state", "event.app_user_id" },
  INTEGRATION:format("completed", "terminal", 61), integration("completed", "terminal", 61))
json("kind.integration.detail", {},
  '{"CallState":"terminal","CallRecordings":["u",{"Url":"v"}],"CallDetail":{"Legs":[]}}',
  { kind = "integration", final = true, call_state = "terminal",
    CallRecordings = { "u", { Url = "v" } } })

-- }=================================================================

-- {=================================================================
-- Legs
-- ==================================================================

form("legs.any_order", {}, "Legs[1][Status]=b&Legs[0][Status]=a&Legs[1][OnCallDuration]=2",
  { legs = { { id = 1, status = "a" }, { id = 2, status = "b", on_call_duration = 2 } } })
form("legs.from_1", {}, "Legs[2][Status]=b&Legs[1][Status]=a",
  { legs = { { id = 1, status = "a" }, { id = 2, status = "b" } } })
form("legs.only_1", {}, "Legs[1][Status]=a", { legs = { { id = 1, status = "a" } } })
form("legs.only_0", {}, "Legs[0][Status]=a", { legs = { { id = 1, status = "a" } } })
form("legs.first_empty", {}, "Legs[0][Status]=&Legs[1][Status]=b",
  { legs = { { id = 2, status = "b" } } })
json("legs.first_null", {}, '{"Legs":[{"Status":null},{"Status":"b"}]}',
  { legs = { { id = 2, status = "b" } } })
form("legs.second_empty", {}, "Legs[0][Status]=a&Legs[1][Status]=&Legs[1][OnCallDuration]=",
  { legs = { { id = 1, status = "a" } } })
form("legs.all_empty", "event.legs[].status", "CallSid=a&Legs[0][Status]=&Legs[1][Status]=",
  { call_sid = "a" })
form("legs.ids", {}, "Legs[0][Id]=2&Legs[0][Status]=b",
  { legs = { { id = 2, status = "b" } } })
form("legs.empty_brackets", {}, "Legs[][Status]=a", { legs = { { id = 1, status = "a" } } })
form("legs.unknown", {}, "Legs[0][New]=a&Legs[0][More][Deep]=b",
  { legs = { { id = 1, New = "a", More = { Deep = "b" } } } })
form("legs.text", {}, "Legs=none", { Legs = "none" })
form("legs.named", {}, "Legs[first][Status]=a", { Legs = { first = { Status = "a" } } })
form("legs.bare_entry", {}, "Legs[0]=a", { Legs = { "a" } })
form("legs.insights_text", {}, "Legs[0][Insights]=a", { legs = { { id = 1, Insights = "a" } } })
form("legs.three_levels", { "event.legs[].insights_status" },
  "Legs[0][Insights][Status]=completed&Legs[0][Insights][New]=x",
  { legs = { { id = 1, insights_status = "completed", Insights = { New = "x" } } } })
json("legs.three_levels.json", { "event.legs[].insights_status" },
  '{"Legs":[{"Insights":{"Status":"completed","New":"x"}}]}',
  { legs = { { id = 1, insights_status = "completed", Insights = { New = "x" } } } })

-- }=================================================================

-- {=================================================================
-- Names: brackets, repetition, body and query
-- ==================================================================

form("name.nested", {}, "a[b][c]=1&a[b][d]=2&a[e]=3", { a = { b = { c = "1", d = "2" }, e = "3" } })
form("name.list", {}, "a[2]=z&a[0]=x&a[1]=y", { a = { "x", "y", "z" } })
form("name.unpaired", {}, "a[b=1&c]=2&[d]=3&e[f]g=4",
  { ["a[b"] = "1", ["c]"] = "2", ["[d]"] = "3", ["e[f]g"] = "4" })
form("name.dots", {}, "Stream.Status=1&Legs[].Status=2",
  { ["Stream.Status"] = "1", ["Legs[].Status"] = "2" })
json("name.brackets.json", {}, '{"Legs[0][Status]":"a","b[c]":"d","[e]":"f","g[":"h"}',
  { legs = { { id = 1, status = "a" } }, b = { c = "d" }, ["[e]"] = "f", ["g["] = "h" })
json("name.positions.json", {}, '{"a":{"0":"x","1":"y"},"0":"z"}',
  { a = { "x", "y" }, ["0"] = "z" })
json("name.empty.json", {}, '{"":"x","a":"b"}', { a = "b" })
form("name.empty.form", {}, "=x&&a=b&", { a = "b" })
form("name.plus", {}, "a+b=c+d%2B", { ["a b"] = "c d+" })
form("name.no_value", {}, "a&b=c", { b = "c" })
form("name.percent", {}, "a%5=b%zz&c=%4", { ["a%5"] = "b%zz", c = "%4" })
form("name.dashes", {}, "--a=1", { ["--a"] = "1" })
form("name.brace", {}, "%7Ba=1", { ["{a"] = "1" })
form("name.utf8", {}, "n%C3%A4me=v%C3%A4lue", { ["n\195\164me"] = "v\195\164lue" })

form("repeated", {}, "CallSid=a&CallSid=b&x=1&x=2&x=3&callsid=c",
  { call_sid = "a", x = "1", repeated = { "CallSid", "x", "x", "callsid" } })
json("repeated.json", {}, '{"CallSid":"a","x":1,"CallSid":"b","x":2}',
  { call_sid = "a", x = "1", repeated = { "CallSid", "x" } })
multipart("repeated.multipart", lines("--B", head "x", "", "1", "--B", head "x", "", "2", "--B--",
  ""), { x = "1", repeated = { "x" } })
form("repeated.same", {}, "x=1&x=1", { x = "1", repeated = { "x" } })
form("repeated.absent_first", {}, "CallSid=&CallSid=b", { call_sid = "b" })
form("repeated.absent_second", {}, "CallSid=b&CallSid=", { call_sid = "b" })
form("repeated.legs", {}, "Legs[0][Status]=a&Legs[0][Status]=b",
  { legs = { { id = 1, status = "a" } }, repeated = { "Legs[0][Status]" } })
form("repeated.shape", {}, "a=1&a[b]=2&a[0]=3", { a = "1", repeated = { "a[b]", "a[0]" } })
form("repeated.wrong_text_second", {}, "Duration=5&Duration=abc",
  { duration = 5, repeated = { "Duration" } })
form("repeated.wrong_text_first", {}, "Duration=abc&Duration=5",
  { Duration = "abc", repeated = { "Duration" } })
form("repeated.wrong_text_both", {}, "Duration=abc&Duration=def",
  { Duration = "abc", repeated = { "Duration" } })
form("repeated.wrong_text_case", {}, "DURATION=abc&duration=5",
  { DURATION = "abc", repeated = { "duration" } })
form("repeated.wrong_text_legs", {}, "Legs[0][Cause]=abc&Legs[0][cause]=5",
  { legs = { { id = 1, Cause = "abc" } }, repeated = { "Legs[0][cause]" } })

add("query.beside", {}, { body = "CallSid=a", content_type = FORM, query = "key=k&Status=busy",
  event = { kind = "default", final = true, call_sid = "a", key = "k", status = "busy" } })
add("query.body_wins", {}, { body = "CallSid=a&x=1", content_type = FORM,
  query = "CallSid=b&x=2&Legs[0][Status]=c&y=3",
  event = { call_sid = "a", x = "1", y = "3", legs = { { id = 1, status = "c" } } } })
add("query.body_wins.json", {}, { body = '{"CallSid":"a"}', content_type = JSON,
  query = "callsid=b", event = { call_sid = "a" } })
add("query.body_absent", {}, { body = "CallSid=&x=1", content_type = FORM, query = "CallSid=b",
  event = { call_sid = "b", x = "1" } })
add("query.body_list", {}, { body = "a[0]=1", content_type = FORM, query = "a[1]=2&a[0]=3",
  event = { a = { "1", "2" } } })
add("query.alone", {}, { query = "CallSid=a&x=1&x=2",
  event = { call_sid = "a", x = "1", repeated = { "x" } } })
add("query.alone.empty_body", {}, { body = "", content_type = JSON, query = "CallSid=a",
  event = { call_sid = "a" } })
add("query.alone.blank_body", {}, { body = " \r\n", content_type = MULTIPART,
  query = "CallSid=a", event = { call_sid = "a" } })

-- }=================================================================

-- {=================================================================
-- Content types
-- ==================================================================

local as_form, as_json = "CallSid=a&b=c", '{"CallSid":"a","b":"c"}'
local as_parts = lines("--B", head "CallSid", "", "a", "--B", head "b", "", "c", "--B--", "")
local plain = { call_sid = "a", b = "c" }

local function typed(id, content_type, body, err)
  if err then
    err.field = err.field or "body"
    add("type." .. id, {}, { body = body, content_type = content_type, err = err })
  else
    add("type." .. id, {}, { body = body, content_type = content_type, event = plain })
  end
end

for name, body in pairs { form = as_form, json = as_json, parts = as_parts } do
  typed("missing." .. name, nil, body)
  typed("empty." .. name, "", body)
  typed("text." .. name, "text/plain; charset=utf-8", body)
  typed("unknown." .. name, "application/octet-stream", body)
  typed("nonsense." .. name, ";;=\"", body)
  typed("form.body_" .. name, FORM, body)
  typed("json.body_" .. name, JSON, body)
end
typed("form.case", "Application/X-WWW-Form-URLEncoded", as_form)
typed("form.parameters", " application/x-www-form-urlencoded ; charset=UTF-8", as_form)
typed("json.case", "APPLICATION/JSON", as_json)
typed("json.parameters", "application/json;charset=utf-8", as_json)
typed("json.text", "text/json", as_json)
typed("json.suffix", "application/vnd.exotel+json; v=1", as_json)
typed("json.blanks", JSON, " \r\n\t" .. as_json .. "\n")
typed("multipart.body_parts", MULTIPART, as_parts)
typed("multipart.body_json", MULTIPART, as_json)
typed("multipart.body_form", MULTIPART, as_form, { reason = "boundary", position = 1,
  message = "not multipart at byte 1: no line is the boundary of the content type" })
typed("multipart.case", "MULTIPART/Form-Data; BOUNDARY=B", as_parts)
typed("multipart.quoted", 'multipart/form-data; boundary="B"', as_parts)
typed("multipart.parameters", 'multipart/form-data; charset=utf-8; boundary=B; x="a;b"', as_parts)
typed("multipart.blanks", "multipart/form-data ;  boundary = B ", as_parts)
typed("multipart.twice", "multipart/form-data; boundary=B; boundary=C", as_parts)
typed("multipart.no_boundary", "multipart/form-data", as_parts)
typed("multipart.empty_boundary", "multipart/form-data; boundary=", as_parts)
typed("multipart.open_quote", 'multipart/form-data; boundary="B', as_parts)
typed("multipart.no_boundary.form", "multipart/form-data", as_form)
typed("multipart.no_boundary.preamble", "multipart/form-data", "a=b\r\n" .. as_parts, {
  reason = "boundary", field = "content_type",
  message = "the content type has no boundary, and the body doesn't begin with one" })
typed("multipart.other_boundary", "multipart/form-data; boundary=C", as_parts, {
  reason = "boundary", position = 1,
  message = "not multipart at byte 1: no line is the boundary of the content type" })
typed("multipart.mixed", "multipart/mixed; boundary=B", as_parts)

local MOST = "'()+_,-./:=? 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
assert(#MOST == 70)
local function bounded(boundary) return (as_parts:gsub("%-%-B", "--" .. boundary)) end
typed("boundary.longest", 'multipart/form-data; boundary="' .. MOST .. '"', bounded(MOST))
typed("boundary.longest.unquoted", "multipart/form-data; boundary=" .. MOST, bounded(MOST))
typed("boundary.longest.sniffed", nil, bounded(MOST))
typed("boundary.too_long", "multipart/form-data; boundary=V" .. MOST, bounded("V" .. MOST), {
  reason = "boundary", position = 1,
  message = "not multipart at byte 1: no line is the boundary of the content type" })
typed("boundary.odd", "multipart/form-data; boundary=a/b=c:d?e", bounded "a/b=c:d?e")
typed("boundary.one", "multipart/form-data; boundary=-", bounded "-")
typed("boundary.dashes", "multipart/form-data; boundary=----", bounded "----")

-- }=================================================================

-- {=================================================================
-- Multipart (RFC 7578, RFC 2046)
-- ==================================================================

local function one(value) return lines("--B", head "a", "", value, "--B--", "") end

multipart("parts.look_alike", one(lines("--BX", "x --B", "--", "-B", "--Bé", "--B--x")),
  { a = lines("--BX", "x --B", "--", "-B", "--Bé", "--B--x") })
multipart("parts.bare_lf_look_alike", one "x\n--B\ny\r--B\rz\n--B--\n",
  { a = "x\n--B\ny\r--B\rz\n--B--\n" })
multipart("parts.blanks_behind", lines("--B \t", head "a", "", "x", "--B  ", head "b", "", "y",
  "--B-- ", ""), { a = "x", b = "y" })
multipart("parts.preamble", lines("This is a preamble.", "--Bx", "", "") .. one "x", { a = "x" })
multipart("parts.epilogue", one "x" .. lines("--B", head "b", "", "y", "--B--"), { a = "x" })
multipart("parts.no_line_end", (one "x":gsub("\r\n$", "")), { a = "x" })
multipart("parts.folded", lines("--B", "Content-Disposition: form-data;", ' name="a";',
  "\tx=y", "Content-Type: text/plain;", " charset=utf-8", "", "x", "--B--", ""), { a = "x" })
multipart("parts.folded_file", lines("--B", "Content-Disposition: form-data;", ' name="a";',
  '\tfilename="f"', "Content-Type: text/plain;", " charset=utf-8", "", "x", "--B--", ""),
  { files = { { name = "a", filename = "f", type = "text/plain; charset=utf-8", size = 1 } } },
  { refuse = { json = true, form = true } })
multipart("parts.bare_lf", (as_parts:gsub("\r\n", "\n")), plain)
multipart("parts.bare_lf.cr", (one "x\r\ny\r":gsub("\r\n", "\n"):gsub("x\ny", "x\r\ny")),
  { a = "x\r\ny\r" })
multipart("parts.empty", lines("--B", head "a", "", "", "--B", head "b", "", "c", "--B--", ""),
  { b = "c" })
multipart("parts.empty.custom", lines("--B", head "CustomField", "", "", "--B--", ""),
  { custom_field = "" })
multipart("parts.empty.no_line", lines("--B", head "CustomField", "", "--B--", ""),
  { custom_field = "" })
multipart("parts.empty.bare_lf", (lines("--B", head "CustomField", "", "", "--B--", "")
  :gsub("\r\n", "\n")), { custom_field = "" })
multipart("parts.not_closed", lines("--B", head "a", "", "x", "--B", ""), { a = "x" })
multipart("parts.case", lines("--B", 'CONTENT-DISPOSITION: FORM-DATA; NAME="a"', "", "x", "--B--",
  ""), { a = "x" })
multipart("parts.no_blank", lines("--B", 'content-disposition:form-data;name=a', "", "x", "--B--",
  ""), { a = "x" })
multipart("parts.other_headers", lines("--B", "X-One: 1", head "a", "Content-Length: 1", "", "x",
  "--B--", ""), { a = "x" })
multipart("parts.quotes", lines("--B", head [[a\"b\\c]], "", "x", "--B--", ""),
  { [ [[a"b\c]] ] = "x" })
multipart("parts.backslash", lines("--B", head [[c:\d]], "", "x", "--B--", ""),
  { [ [[c:\d]] ] = "x" })
multipart("parts.semicolon", lines("--B", head "a;b=c", "", "x", "--B--", ""), { ["a;b=c"] = "x" })
multipart("parts.duplicate", lines("--B", head("a", '; name="b"'), "", "x", "--B--", ""),
  { a = "x" })
multipart("parts.binary", one "\0\1\255\r\n\r\n\254", { a = "\0\1\255\r\n\r\n\254" },
  { refuse = { json = true } })
multipart("parts.only_line_ends", one "\r\n\r\n", { a = "\r\n\r\n" })
multipart("parts.dashes", one "-", { a = "-" })
multipart("parts.brackets", lines("--B", head "Legs[0][Status]", "", "a", "--B--", ""),
  { legs = { { id = 1, status = "a" } } })
multipart("parts.no_name_but_empty", lines("--B", head "", "", "x", "--B", head "b", "", "c",
  "--B--", ""), { b = "c" })
for _, encoding in ipairs { "7bit", "8BIT", "binary" } do
  multipart("parts.encoding." .. encoding, lines("--B", head "a", "Content-Transfer-Encoding: "
    .. encoding, "", "x", "--B--", ""), { a = "x" })
end

local FILES = { json = true, form = true }
multipart("files", lines("--B", head "CallSid", "", "a", "--B",
  head("rec", '; filename="a b.mp3"'), "Content-Type: audio/mpeg", "", "\255\0\r\n--BX", "--B",
  head("empty", '; filename=""'), "", "", "--B--", ""),
  { call_sid = "a", files = {
    { name = "rec", filename = "a b.mp3", type = "audio/mpeg", size = 8 },
    { name = "empty", filename = "", type = "", size = 0 } } }, { refuse = FILES })
multipart("files.alone", lines("--B", head("CallSid", '; filename="x"'), "", "a", "--B--", ""),
  { files = { { name = "CallSid", filename = "x", type = "", size = 1 } } }, { refuse = FILES })
multipart("files.quotes", lines("--B", head("f", [[; filename="C:\dir\a\"b\\.txt"]]), "", "a",
  "--B--", ""), { files = { { name = "f", filename = [[C:\dir\a"b\.txt]], type = "", size = 1 } } },
  { refuse = FILES })
multipart("files.extended", lines("--B", head("f", "; filename*=UTF-8''a%20b"), "", "a", "--B--",
  ""), { files = { { name = "f", filename = "", type = "", size = 1 } } }, { refuse = FILES })
multipart("files.duplicate", lines("--B", head("f", '; filename=""; filename="b"'), "", "a",
  "--B--", ""), { files = { { name = "f", filename = "", type = "", size = 1 } } },
  { refuse = FILES })
multipart("files.same", lines("--B", head("f", '; filename="x"'), "", "a", "--B",
  head("f", '; filename="x"'), "", "b", "--B--", ""),
  { files = { { name = "f", filename = "x", type = "", size = 1 },
              { name = "f", filename = "x", type = "", size = 1 } } }, { refuse = FILES })

local TRUNCATED = "part %d, byte %d: the body ends inside it"
local cut = lines("--B", head "a", "", "xyz")
multipart_err("parts.err.truncated", cut, "truncated", #cut + 1, TRUNCATED:format(1, #cut + 1))
cut = as_parts:gsub("%-%-B%-%-\r\n$", "")
multipart_err("parts.err.truncated.second", cut, "truncated", #cut + 1,
  TRUNCATED:format(2, #cut + 1))
cut = lines("--B", head "a", "", "x", "--B")
multipart_err("parts.err.truncated.delimiter", cut, "truncated", #cut + 1,
  TRUNCATED:format(1, #cut + 1))
cut = lines("--B", head "a", "")
multipart_err("parts.err.headers", cut, "header", 6,
  "part 1, byte 6: no blank line ends its headers")
multipart_err("parts.err.headers.line", lines("--B", "no header", "", "x", "--B--", ""), "header",
  6, "part 1, byte 6: a line of its headers is no header")
multipart_err("parts.err.blank_name", lines("--B", head "a", "X : y", "", "x", "--B--", ""),
  "header", 6 + #head "a" + 2,
  ("part 1, byte %d: a line of its headers is no header"):format(6 + #head "a" + 2))
multipart_err("parts.err.name", lines("--B", "Content-Disposition: form-data", "", "x", "--B--",
  ""), "name", 6, "part 1, byte 6: it has no name")
multipart_err("parts.err.no_headers", lines("--B", "", "x", "--B--", ""), "name", 6,
  "part 1, byte 6: it has no name")
cut = lines("--B", head "a", "", "x", "--B", "Content-Type: text/plain", "", "y", "--B--", "")
multipart_err("parts.err.name.second", cut, "name", #lines("--B", head "a", "", "x", "--B", "") + 1,
  ("part 2, byte %d: it has no name"):format(#lines("--B", head "a", "", "x", "--B", "") + 1))
for _, encoding in ipairs { "base64", "quoted-printable", "x-uuencode" } do
  local at = #lines("--B", head "a", "") + 1
  multipart_err("parts.err.encoding." .. encoding, lines("--B", head "a",
    "Content-Transfer-Encoding: " .. encoding, "", "eA==", "--B--", ""), "encoding", at,
    ("part 1, byte %d: its Content-Transfer-Encoding isn't read"):format(at))
end
add("parts.err.only_closing", {}, { body = "--B--\r\n", content_type = MULTIPART,
  err = { reason = "empty", field = "body", message = "there is no field in body and query" } })

-- }=================================================================

-- {=================================================================
-- Caps
-- ==================================================================

local MIB = 1024 * 1024

-- A form of exactly `size` bytes, most of them a third as large when decoded.
local function form_of(size)
  local triples = math.floor((size - 2) / 3)
  return "a=" .. ("%41"):rep(triples) .. ("b"):rep(size - 2 - 3 * triples),
    ("A"):rep(triples) .. ("b"):rep(size - 2 - 3 * triples)
end
local body_max, value_max = form_of(MIB)
form("cap.body", {}, body_max, { a = value_max })
add("cap.query", {}, { query = body_max, event = { a = value_max } })
local too_large = "larger than the limit of 1024 KiB"
for name, content_type in pairs { form = FORM, json = JSON, multipart = MULTIPART } do
  limit("cap.body.over." .. name, "body", too_large,
    { body = (form_of(MIB + 1)), content_type = content_type })
end
limit("cap.query.over", "body", too_large, { query = (form_of(MIB + 1)) })

local function many(n, how)
  local out, expected = {}, {}
  for i = 1, n do
    out[i] = how("f" .. i, "v")
    expected["f" .. i] = "v"
  end
  return out, expected
end
local function pair_form(name, value) return name .. "=" .. value end
local function pair_json(name, value) return ('"%s":"%s"'):format(name, value) end
local function pair_part(name, value) return lines("--B", head(name), "", value, "") end
local function joined(n, encoding)
  if encoding == "form" then return table.concat(many(n, pair_form), "&") end
  if encoding == "json" then return "{" .. table.concat(many(n, pair_json), ",") .. "}" end
  return table.concat((many(n, pair_part))) .. "--B--\r\n"
end
local encoding_types = { form = FORM, json = JSON, multipart = MULTIPART }
for encoding, content_type in pairs(encoding_types) do
  local _, expected = many(512, pair_form)
  add("cap.fields." .. encoding, {}, { body = joined(512, encoding), content_type = content_type,
    event = expected })
  if encoding ~= "multipart" then
    limit("cap.fields.over." .. encoding, "body", "more fields than the limit of 512",
      { body = joined(513, encoding), content_type = content_type })
  end
end
limit("cap.fields.with_query", "body", "more fields than the limit of 512",
  { body = joined(512, "form"), content_type = FORM, query = "x=1" })
limit("cap.fields.absent_count", "body", "more fields than the limit of 512",
  { body = joined(512, "form") .. "&x=", content_type = FORM })
local at_513 = #table.concat((many(512, pair_part))) + #"--B\r\n" + 1
multipart_err("cap.parts.over", joined(513, "multipart"), "too_many", at_513,
  ("part 513, byte %d: more parts than the limit of 512"):format(at_513))

local long = ("n"):rep(256)
local long_err = "the field " .. ("n"):rep(40) .. " has a name over the limit of 256"
form("cap.name", {}, long .. "=v", { [long] = "v" })
json("cap.name.json", {}, '{"' .. long .. '":"v"}', { [long] = "v" })
multipart("cap.name.multipart", lines("--B", head(long), "", "v", "--B--", ""), { [long] = "v" })
form("cap.name.255", {}, long:sub(2) .. "=v", { [long:sub(2)] = "v" })
local named = ("n"):rep(95) -- as much of a name as an error holds
limit("cap.name.over.form", named, long_err, { body = long .. "n=v", content_type = FORM })
limit("cap.name.over.json", named, long_err,
  { body = '{"' .. long .. 'n":"v"}', content_type = JSON })
limit("cap.name.over.query", named, long_err, { query = long .. "n=v" })
multipart_err("cap.name.over.multipart", lines("--B", head(long .. "n"), "", "v", "--B--", ""),
  "too_long", 6, "part 1, byte 6: its name is longer than the limit of 256 bytes")
multipart_err("cap.filename.over", lines("--B", head("a", '; filename="' .. long .. 'n"'), "", "v",
  "--B--", ""), "too_long", 6, "part 1, byte 6: its name is longer than the limit of 256 bytes")
-- The brackets count, in every encoding.
local inner = ("n"):rep(253)
form("cap.name.brackets", {}, "a[" .. inner .. "]=v", { a = { [inner] = "v" } })
limit("cap.name.lines", "a\n\27b", "the field a  b has a nesting over the limit of 8",
  { body = "a%0A%1Bb" .. ("[b]"):rep(9) .. "=v", content_type = FORM })
limit("cap.name.brackets.form", "a", "the field a has a name over the limit of 256",
  { body = "a[" .. inner .. "n]=v", content_type = FORM })
limit("cap.name.brackets.json", "a", "the field a has a name over the limit of 256",
  { body = '{"a":{"' .. inner .. 'n":"v"}}', content_type = JSON })

local function steps(n) return "a" .. ("[b]"):rep(n - 1) end
local function deep(n, value)
  if n == 1 then return value end
  return { b = deep(n - 1, value) }
end
local function deep_json(n) return ('{"a":' .. ('{"b":'):rep(n - 1)) .. '"v"' .. ("}"):rep(n) end
form("cap.nesting", {}, steps(8) .. "=v", { a = deep(8, "v") })
json("cap.nesting.json", {}, deep_json(8), { a = deep(8, "v") })
local nesting = "the field a has a nesting over the limit of 8"
limit("cap.nesting.over.form", "a", nesting, { body = steps(9) .. "=v", content_type = FORM })
limit("cap.nesting.over.json", "a", nesting, { body = deep_json(9), content_type = JSON })
limit("cap.nesting.over.query", "a", nesting, { query = steps(9) .. "=v" })
limit("cap.nesting.over.multipart", "a", nesting,
  { body = lines("--B", head(steps(9)), "", "v", "--B--", ""), content_type = MULTIPART })
limit("cap.nesting.over.stream", "Stream", "the field Stream has a nesting over the limit of 8",
  { body = "Stream=" .. percent(deep_json(8)), content_type = FORM })
-- Deeper than any path can go it is one name: form and multipart have no brackets for it.
form("cap.nesting.no_path", {}, steps(33) .. "=v", { [steps(33)] = "v" })

form("cap.index", {}, "a[999]=v", { a = { "v" } })
local index = "the field a has a position over the limit of 999"
limit("cap.index.over", "a", index, { body = "a[1000]=v", content_type = FORM })
limit("cap.index.over.query", "a", index, { query = "a[999999]=v" })
limit("cap.index.over.legs", "Legs", "the field Legs has a position over the limit of 999",
  { body = "Legs[1000][Status]=v", content_type = FORM })
form("cap.index.name", {}, "a[1000000]=v", { a = { ["1000000"] = "v" } })
form("cap.index.zeros", {}, "a[000001]=v", { a = { "v" } })

local padding = 8192 - #head "a" - #"\r\nX: \r\n"
multipart("cap.headers", lines("--B", head "a", "X: " .. ("y"):rep(padding), "", "v", "--B--", ""),
  { a = "v" })
multipart_err("cap.headers.over", lines("--B", head "a", "X: " .. ("y"):rep(padding + 1), "", "v",
  "--B--", ""), "too_long", 6, "part 1, byte 6: its headers are over the limit of 8192 bytes")

add("cap.json.depth", {}, { body = ('{"a":'):rep(33) .. "1" .. ("}"):rep(33), content_type = JSON,
  err = { reason = "json", position = 161,
          message = "not JSON at byte 161: nested deeper than the limit of 32" } })
limit("cap.json.32", "a", nesting, { body = ('{"a":'):rep(32) .. "1" .. ("}"):rep(32),
  content_type = JSON })
local wide = {}
for i = 1, 300 do wide[i] = ("a%d[b][c][d][e][f][g][h]=v"):format(i) end
add("cap.values", {}, { body = table.concat(wide, "&"), content_type = FORM,
  err = { reason = "too_large", message = "more values than the limit of 2048" } })

-- }=================================================================

-- {=================================================================
-- Strange input
-- ==================================================================

local nothing = { reason = "empty", field = "body",
                  message = "there is no field in body and query" }
local function empty(id, body, content_type)
  local err = {}
  for name, value in pairs(nothing) do err[name] = value end
  add("strange." .. id, {}, { body = body, content_type = content_type, err = err })
end
empty("nothing")
empty("empty", "", FORM)
empty("blanks", " \r\n\t", JSON)
empty("no_name", "=x&&", FORM)
empty("object", "{}", JSON)
empty("list", "[]", JSON)
-- Fields without values are fields; but there is nothing left to build.
form("strange.hollow", {}, "CallSid=&Status", {}, { one_way = true })
for name, value in pairs { number = 17, table = {}, boolean = false } do
  for _, argument in ipairs { "body", "content_type", "query" } do
    add(("strange.%s.%s"):format(argument, name), {}, { [argument] = value,
      err = { reason = "type", field = argument,
              message = ("%s wants a string, got a %s"):format(argument, name) } })
  end
end

local function bad_json(id, body, position, why)
  add("strange.json." .. id, {}, { body = body, content_type = JSON, err = { reason = "json",
    position = position, message = ("not JSON at byte %d: %s"):format(position, why) } })
end
bad_json("open", '{"a":"b"', 9, "the text ends where ',' or '}' is wanted")
bad_json("brace", "{", 2, "the text ends where the name of a member is wanted")
bad_json("comma", '{"a":1,}', 8, "the name of a member is wanted")
bad_json("nul", '{"a":"\0"}', 7, "a control character in a string must be escaped")
bad_json("nul_escape", '{"a":"\\u0000"}', 7, "\\u0000 can't be kept")
bad_json("utf8", '{"a":"\255"}', 7, "not UTF-8")
bad_json("behind", '{"a":"b"} x', 11, "something follows the document")
bad_json("form", "{a=b", 2, "the name of a member is wanted")
bad_json("word", "oops", 1, "a value is wanted")
for name, body in pairs { list = '["x"]', objects = '[{"CallSid":"a"}]', text = '"x"',
                          number = "17", null = "null", text_with_sign = '"a"' } do
  add("strange.json.shape." .. name, {}, { body = body, content_type = JSON,
    err = { reason = "json", field = "body", message = "the JSON is no object" } })
end
form("strange.form.nul", {}, "a%00b=c\0d", { ["a\0b"] = "c\0d" },
  { refuse = { json = true, multipart = true } })
form("strange.form.utf8", {}, "a=%ff\254&\253=b", { a = "\255\254", ["\253"] = "b" },
  { refuse = { json = true } })
form("strange.form.line_end", {}, "a%0Db=c%0D%0Ad", { ["a\rb"] = "c\r\nd" },
  { refuse = { multipart = true } })
json("strange.json.control", {}, '{"a\\nb":"c\\u0001d"}', { ["a\nb"] = "c\1d" },
  { refuse = { multipart = true } })
json("strange.json.escapes", {}, '{"a":"\\ud83d\\ude00\\/\\u00e9","\\u0043allSid":"b"}',
  { a = "\240\159\152\128/\195\169", call_sid = "b" })
json("strange.json.types", {},
  '{"a":true,"b":false,"c":null,"d":1.50,"e":-0,"f":1e3,"g":[],"h":{}}',
  { a = "true", b = "false", d = "1.50", e = "-0", f = "1e3" })
form("strange.word.null", {}, "x=1&Status=NULL&EventType=Null", { x = "1" })
form("strange.minus_zero", {}, "Duration=-0&Stream[Duration]=-0.0",
  { duration = 0, stream_duration = 0.0 })
form("strange.large", {}, "Duration=9007199254740991&Stream[Duration]=1e300",
  { duration = 9007199254740991, stream_duration = 1e300 })
form("strange.fraction", {}, "Stream[Duration]=0.1", { stream_duration = 0.1 })
form("strange.out_of_range", {}, "Stream[Duration]=1e999&x=1",
  { kind = "stream", Stream = { Duration = "1e999" }, x = "1" })

-- }=================================================================

return rows
