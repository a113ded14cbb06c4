-- Rows of connect: what is given, and the exact body that is sent, or the exact refusal.
--
-- { id, row, params, how, client, body | url | mode | err | raises }: `row` names the api
-- rows it covers (operation.option), `client` changes the settings of the client that is
-- asked, `raises` is the message of a programmer's mistake without its place in the source.
-- Whatever is not said stands in `numbers`, `flow` or `stream` below.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local NONE = {} -- takes a parameter out of what the mode always has
local NAN, HUGE = 0 / 0, math.huge

local modes = {
  numbers = {
    params = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" },
    body = "From=%2B919876543210&To=%2B919123456789&CallerId=08039570000",
  },
  flow = {
    params = { from = "+919876543210", caller_id = "08039570000", app_id = 926 },
    body = "From=%2B919876543210&CallerId=08039570000"
      .. "&Url=http%3A%2F%2Fmy.exotel.com%2Facme%2Fexoml%2Fstart_voice%2F926",
  },
  stream = {
    params = { from = "+919876543210", caller_id = "08039570000",
               stream_url = "wss://bot.example/ws", stream_type = "bidirectional" },
    body = "From=%2B919876543210&CallerId=08039570000"
      .. "&StreamUrl=wss%3A%2F%2Fbot.example%2Fws&StreamType=bidirectional",
  },
}

local function covers(names)
  if type(names) == "string" then names = { names } end
  local out = {}
  for index, name in ipairs(names) do
    out[index] = name == "connect" and name or "connect." .. name
  end
  return out
end

local function add(mode, id, covered, given, expected)
  local params = {}
  for name, value in pairs(modes[mode].params) do params[name] = value end
  for name, value in pairs(given) do
    if value == NONE then value = nil end
    params[name] = value
  end
  local row = { id = "connect." .. id, row = covers(covered), params = params }
  for name, value in pairs(expected) do row[name] = value end
  rows[#rows + 1] = row
end

local function sends(mode, id, covered, given, tail)
  add(mode, id, covered, given, { body = modes[mode].body .. tail })
end

local function sends_all(mode, id, covered, given, body)
  add(mode, id, covered, given, { body = body })
end

local function refuses(mode, id, covered, given, field, reason, message, position)
  add(mode, id, covered, given, { err = {
    kind = "invalid", outcome = "not_sent", reason = reason, field = field,
    message = message, position = position,
  } })
end

local function raises(mode, id, covered, given, message)
  add(mode, id, covered, given, { raises = "exotel.connect: " .. message })
end

-- {=================================================================
-- The three kinds of call, and the names of every parameter
-- ==================================================================

sends("numbers", "numbers", { "from", "to", "caller_id" }, {}, "")
sends("flow", "flow", { "from", "caller_id", "app_id" }, {}, "")
sends("stream", "stream", { "from", "caller_id", "stream_url", "stream_type" }, {}, "")
add("numbers", "numbers.mode", "to", {}, { mode = "numbers" })
add("flow", "flow.mode", "app_id", {}, { mode = "flow" })
add("flow", "flow.url.mode", "url", { app_id = NONE, url = "http://a/" }, { mode = "flow" })
add("stream", "stream.mode", "stream_type", {}, { mode = "stream" })

-- The requests that the pages show, with whole numbers for their masked ones.
sends_all("numbers", "S003.callback", { "status_callback", "status_callback_events",
  "status_callback_content_type" }, {
    from = NONE, to = NONE, caller_id = NONE,
    From = "+919413740000", To = "+918867990000", CallerId = "01130830000",
    StatusCallback = "http://your-application.com/exotel-callback",
    ["StatusCallbackEvents[0]"] = "terminal", StatusCallbackContentType = "application/json",
  }, "From=%2B919413740000&To=%2B918867990000&CallerId=01130830000"
  .. "&StatusCallback=http%3A%2F%2Fyour-application.com%2Fexotel-callback"
  .. "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackContentType=application%2Fjson")
sends_all("numbers", "S004.form", "record", {
    from = NONE, to = NONE, caller_id = NONE,
    From = "+919876543210", To = "+919123456789", CallerId = "8039570000",
    StatusCallback = "https://yourstatuscallbackurl.com",
    StatusCallbackContentType = "application/json", ["StatusCallbackEvents[0]"] = "terminal",
    Record = "true", ["StatusCallbackEvents[1]"] = "answered",
  }, "From=%2B919876543210&To=%2B919123456789&CallerId=8039570000&Record=true"
  .. "&StatusCallback=https%3A%2F%2Fyourstatuscallbackurl.com"
  .. "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=answered"
  .. "&StatusCallbackContentType=application%2Fjson")
sends_all("flow", "S001.curl", "url", {
    from = NONE, caller_id = NONE, app_id = NONE,
    From = "09876530240", CallerId = "08039574890",
    Url = "http://my.exotel.com/Exotel/exoml/start_voice/926",
  }, "From=09876530240&CallerId=08039574890"
  .. "&Url=http%3A%2F%2Fmy.exotel.com%2FExotel%2Fexoml%2Fstart_voice%2F926")

-- The numbers of the pages' own samples are masked: they are no numbers.
for _, masked in ipairs { "XXXXX30240", "0XXXXXX4890", "+91XXXXXXXXXX", "080XXXX2400",
                          "0XXXXXX2400", "+91941374XXXX", "0113083XXXX" } do
  refuses("numbers", "from.masked." .. masked, "from", { from = masked },
    "from", "phone", "from is not a phone number")
end

-- Every parameter of each mode, by all its names. { mode, option, documented name, alias,
-- what is given, what is sent, what must be given with it, what that sends before, after }
local named = {
  { "numbers", "wait_url", "WaitUrl", nil, "https://a.example/w.wav",
    "&WaitUrl=https%3A%2F%2Fa.example%2Fw.wav" },
  { "numbers", "start_playback_value", "StartPlaybackValue", "StartPlaybackValueNew",
    "https://a.example/p.wav", "&StartPlaybackValue=https%3A%2F%2Fa.example%2Fp.wav" },
  { "numbers", "start_playback_to", "StartPlaybackTo", "StartPlaybackToNew", "Both",
    "&StartPlaybackTo=Both", { start_playback_value = "http://a/p" }, "",
    "&StartPlaybackValue=http%3A%2F%2Fa%2Fp" },
  { "numbers", "stream_url", "StreamUrl", nil, "wss://a/b", "&StreamUrl=wss%3A%2F%2Fa%2Fb",
    { stream_begin = 1 }, "", "&StreamBegin=atLeg1connect" },
  { "numbers", "stream_begin", "StreamBegin", nil, 2, "&StreamBegin=atLeg2connect",
    { stream_url = "wss://a/b" }, "&StreamUrl=wss%3A%2F%2Fa%2Fb", "" },
  { "stream", "stream_name", "StreamName", nil, "my bot", "&StreamName=my%20bot" },
}
for _, mode in ipairs { "numbers", "flow", "stream" } do
  local everywhere = {
    { "call_type", "CallType", nil, "trans", "&CallType=trans" },
    { "time_limit", "TimeLimit", nil, 90, "&TimeLimit=90" },
    { "ring_timeout", "TimeOut", nil, 30, "&TimeOut=30" },
    { "record", "Record", nil, true, "&Record=true" },
    { "recording_channels", "RecordingChannels", nil, "dual", "&RecordingChannels=dual",
      { record = true }, "&Record=true", "" },
    { "recording_format", "RecordingFormat", nil, "mp3-hq", "&RecordingFormat=mp3-hq",
      { record = true }, "&Record=true", "" },
    { "custom_field", "CustomField", nil, "order 7", "&CustomField=order%207" },
    { "status_callback", "StatusCallback", nil, "http://a.example/cb",
      "&StatusCallback=http%3A%2F%2Fa.example%2Fcb" },
    { "status_callback_content_type", "StatusCallbackContentType",
      "StatusCallbackContentTypeNew", "application/json",
      "&StatusCallbackContentType=application%2Fjson" },
  }
  for _, parameter in ipairs(everywhere) do
    local entry = { mode }
    for index = 1, 8 do entry[index + 1] = parameter[index] end
    named[#named + 1] = entry
  end
  if mode ~= "flow" then
    named[#named + 1] = { mode, "status_callback_events", "StatusCallbackEvents",
      "StatusCallbackEventsNew", { "terminal", "answered" },
      "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=answered" }
  end
end
for _, entry in ipairs(named) do
  local mode, option, before, after = entry[1], entry[2], entry[8] or "", entry[9] or ""
  for _, index in ipairs { 2, 3, 4 } do
    local name = entry[index]
    if name then
      local given = { [name] = entry[5] }
      for key, value in pairs(entry[7] or {}) do given[key] = value end
      sends(mode, ("name.%s.%s"):format(mode, name), option, given, before .. entry[6] .. after)
    end
  end
end
for option, name in pairs { from = "From", to = "To", caller_id = "CallerId" } do
  sends("numbers", "name.numbers." .. name, option,
    { [option] = NONE, [name] = modes.numbers.params[option] }, "")
end
sends("stream", "name.stream.StreamUrl", "stream_url",
  { stream_url = NONE, StreamUrl = "wss://bot.example/ws" }, "")
sends("stream", "name.stream.StreamType", "stream_type",
  { stream_type = NONE, StreamType = "bidirectional" }, "")
sends("numbers", "every.parameter", { "call_type", "time_limit", "ring_timeout", "wait_url",
  "record", "recording_channels", "recording_format", "custom_field", "start_playback_to",
  "start_playback_value", "status_callback", "status_callback_events",
  "status_callback_content_type", "stream_url", "stream_begin" }, {
    stream_url = "ws://a", stream_begin = 1, call_type = "trans", time_limit = 1,
    ring_timeout = 2, wait_url = "http://w", record = true, recording_channels = "single",
    recording_format = "mp3", custom_field = "c", start_playback_to = "Callee",
    start_playback_value = "http://p", status_callback = "http://s",
    status_callback_events = { "answered" }, status_callback_content_type = "multipart/form-data",
    extra = { Z = "1", A = "2" },
  }, "&StreamUrl=ws%3A%2F%2Fa&StreamBegin=atLeg1connect&CallType=trans&TimeLimit=1&TimeOut=2"
  .. "&WaitUrl=http%3A%2F%2Fw&Record=true&RecordingChannels=single&RecordingFormat=mp3"
  .. "&CustomField=c&StartPlaybackTo=Callee&StartPlaybackValue=http%3A%2F%2Fp"
  .. "&StatusCallback=http%3A%2F%2Fs&StatusCallbackEvents%5B0%5D=answered"
  .. "&StatusCallbackContentType=multipart%2Fform-data&A=2&Z=1")

-- }=================================================================

-- {=================================================================
-- What must be there, and modes
-- ==================================================================

refuses("numbers", "from.missing", "from", { from = NONE }, "from", "missing",
  "from is missing: the number that is called first")
refuses("numbers", "caller_id.missing", "caller_id", { caller_id = NONE }, "caller_id",
  "missing", "caller_id is missing: your ExoPhone")
refuses("flow", "flow.from.missing", "from", { from = NONE }, "from", "missing",
  "from is missing: the number that is called first")
refuses("flow", "flow.caller_id.missing", "caller_id", { caller_id = NONE }, "caller_id",
  "missing", "caller_id is missing: your ExoPhone")
refuses("stream", "stream.from.missing", "from", { from = NONE }, "from", "missing",
  "from is missing: the number that is called first")
refuses("stream", "stream.caller_id.missing", "caller_id", { caller_id = NONE }, "caller_id",
  "missing", "caller_id is missing: your ExoPhone")
refuses("stream", "stream_url.missing", "stream_url", { stream_url = NONE }, "stream_url",
  "missing", "stream_url is missing: the WebSocket that the audio is streamed to")
refuses("stream", "stream_type.missing", "stream_type", { stream_type = NONE }, "stream_type",
  "missing", "stream_type is missing: how the stream flows")
local no_mode = "to is missing: give to for a call between two numbers, url or app_id for a flow,"
  .. " stream_url and stream_type for a stream"
refuses("numbers", "mode.none", "to", { to = NONE }, "to", "missing", no_mode)
refuses("numbers", "mode.none.empty", { "from", "to", "caller_id" },
  { from = NONE, to = NONE, caller_id = NONE }, "to", "missing", no_mode)
refuses("numbers", "mode.none.wait_url", "wait_url", { to = NONE, wait_url = "http://a" },
  "to", "missing", no_mode)

local function two(first, second)
  return ("%s and %s ask for two kinds of call at once: give one of them"):format(first, second)
end
refuses("numbers", "mode.to+url", { "to", "url" }, { url = "http://a" }, "url", "mode",
  two("to", "url"))
refuses("numbers", "mode.to+app_id", { "to", "app_id" }, { app_id = 1 }, "app_id", "mode",
  two("to", "app_id"))
refuses("numbers", "mode.to+stream_type", { "to", "stream_type" },
  { stream_type = "bidirectional" }, "stream_type", "mode", two("to", "stream_type"))
refuses("flow", "mode.url+stream_type", { "url", "stream_type" },
  { app_id = NONE, url = "http://a", stream_type = "bidirectional" }, "stream_type", "mode",
  two("url", "stream_type"))
refuses("flow", "mode.app_id+stream_type", { "app_id", "stream_type" },
  { stream_type = "bidirectional" }, "stream_type", "mode", two("app_id", "stream_type"))
refuses("flow", "mode.url+app_id", { "url", "app_id" }, { url = "http://a" }, "app_id",
  "conflict", "url and app_id are two ways to say the same: give one of them")
refuses("numbers", "mode.three", { "to", "url", "stream_type" },
  { url = "http://a", stream_type = "bidirectional" }, "url", "mode", two("to", "url"))

-- { option, what is given, what must come with it, where it may stand, about }
local only = {
  { "wait_url", "http://a", {}, "a call between two numbers",
    "a wav file played to the first party while the second is rung" },
  { "start_playback_to", "Both", { start_playback_value = "http://a" },
    "a call between two numbers", "who hears the playback before the parties are connected" },
  { "start_playback_value", "http://a", {}, "a call between two numbers",
    "the wav file played before the parties are connected" },
  { "stream_begin", 1, {}, "a call between two numbers",
    "the leg whose answer begins the stream" },
  { "stream_name", "bot", {}, "a call to a stream", "a name for the stream" },
  { "stream_url", "wss://a", {}, "a call between two numbers or a call to a stream",
    "the WebSocket that the audio is streamed to" },
  { "status_callback_events", { "terminal" }, {},
    "a call between two numbers or a call to a stream",
    "the events to post; with a flow the service answers 400" },
}
local titles = { numbers = "a call between two numbers", flow = "a call to a flow",
                 stream = "a call to a stream" }
for _, entry in ipairs(only) do
  for _, mode in ipairs { "numbers", "flow", "stream" } do
    if not entry[4]:find(titles[mode], 1, true) then
      local given = { [entry[1]] = entry[2] }
      for key, value in pairs(entry[3]) do given[key] = value end
      refuses(mode, ("mode.%s.%s"):format(mode, entry[1]), entry[1], given, entry[1], "mode",
        ("%s is for %s only, this is %s (%s)"):format(entry[1], entry[4], titles[mode], entry[5]))
    end
  end
end
refuses("flow", "mode.flow.events.url", { "status_callback_events", "url" },
  { app_id = NONE, url = "http://a", status_callback_events = { "terminal" } },
  "status_callback_events", "mode", "status_callback_events is for a call between two numbers"
  .. " or a call to a stream only, this is a call to a flow (the events to post; with a flow"
  .. " the service answers 400)")

refuses("numbers", "needs.stream_url", "stream_url", { stream_url = "wss://a" }, "stream_url",
  "needs", "stream_url needs stream_begin as well")
refuses("numbers", "needs.stream_begin", "stream_begin", { stream_begin = 1 }, "stream_begin",
  "needs", "stream_begin needs stream_url as well")
refuses("numbers", "needs.start_playback_to", "start_playback_to",
  { start_playback_to = "Both" }, "start_playback_to", "needs",
  "start_playback_to needs start_playback_value as well")
for option, value in pairs { recording_channels = "dual", recording_format = "mp3" } do
  for _, mode in ipairs { "numbers", "flow", "stream" } do
    refuses(mode, ("needs.%s.%s"):format(option, mode), option, { [option] = value }, option,
      "needs", option .. " needs record = true: without it the service ignores it in silence")
  end
  for name, record in pairs { no = false, no_text = "false" } do
    refuses("numbers", ("needs.%s.%s"):format(option, name), { option, "record" },
      { [option] = value, record = record }, option, "needs",
      option .. " needs record = true: without it the service ignores it in silence")
  end
end
sends("numbers", "needs.record.text", "record", { record = "TRUE", recording_channels = "dual" },
  "&Record=true&RecordingChannels=dual")

-- }=================================================================

-- {=================================================================
-- Phone numbers
-- ==================================================================

local phones = {
  { "plain", "09876543210", "09876543210" },
  { "blanks", "  +91 98765 43210\t\r\n", "%2B919876543210" },
  { "dashes", "+91-98765-43210", "%2B919876543210" },
  { "brackets", "(+91) [98765] 43210", "%2B919876543210" },
  { "nbsp", "+91\194\16098765\226\128\13643210", "%2B919876543210" },
  { "unicode.dashes", "98765\226\128\14543210\226\136\146", "9876543210" },
  { "unicode.marks", "\226\128\170+919876543210\226\128\172", "%2B919876543210" },
  { "unicode.en-dash", "080\226\128\1473957\226\128\1480000", "08039570000" },
  { "three", "100", "100" },
  { "twenty", "12345678901234567890", "12345678901234567890" },
  { "sip", "sip:agent@exotel.com", "sip%3Aagent%40exotel.com" },
  { "sip.upper", "SIP:agent@exotel.com", "SIP%3Aagent%40exotel.com" },
  { "sip.trimmed", " sip:trunk-1 ", "sip%3Atrunk-1" },
  { "sip.longest", "sip:" .. ("a"):rep(251), "sip%3A" .. ("a"):rep(251) },
}
local wrong_phones = {
  { "empty", "", "empty", "is empty" },
  { "only.blanks", "  \t", "phone", "is empty" },
  { "only.dashes", "- -", "phone", "is not a phone number" },
  { "only.plus", "+", "phone", "is not a phone number" },
  { "letters", "phone", "phone", "is not a phone number" },
  { "vanity", "1800-EXOTEL", "phone", "is not a phone number" },
  { "plus.inside", "98765+43210", "phone", "is not a phone number" },
  { "two.pluses", "++919876543210", "phone", "is not a phone number" },
  { "two.numbers", "9876543210,9123456789", "phone", "is not a phone number" },
  { "dots", "98765.43210", "phone", "is not a phone number" },
  { "tel", "tel:+919876543210", "phone", "is not a phone number" },
  { "sips", "sips:a@b", "phone", "is not a phone number" },
  { "nul", "98765\00043210", "phone", "is not a phone number" },
  { "crlf", "98765\r\nX: y", "phone", "is not a phone number" },
  { "utf8", "98765\25543210", "phone", "is not a phone number" },
  { "arabic.digits", "\217\161\217\162\217\163\217\164", "phone", "is not a phone number" },
  { "fullwidth", "\239\188\153\239\188\152\239\188\151", "phone", "is not a phone number" },
  { "half.dash", "98765\226\128", "phone", "is not a phone number" },
  { "two.digits", "12", "phone", "is shorter than 3 digits" },
  { "two.digits.plus", "+1-2", "phone", "is shorter than 3 digits" },
  { "21.digits", "123456789012345678901", "phone", "is longer than the limit of 20 digits" },
  { "sip.empty", "sip:", "phone", "has no address after sip:" },
  { "sip.blank", "sip:a b", "phone", "has a byte that no SIP address holds" },
  { "sip.crlf", "sip:a\r\nX", "phone", "has a byte that no SIP address holds" },
  { "sip.utf8", "sip:\195\169", "phone", "has a byte that no SIP address holds" },
  { "sip.long", "sip:" .. ("a"):rep(252), "phone", "is longer than the limit of 255 bytes" },
}
local slots = {
  from = { "From=", "&To=%2B919123456789&CallerId=08039570000" },
  to = { "From=%2B919876543210&To=", "&CallerId=08039570000" },
  caller_id = { "From=%2B919876543210&To=%2B919123456789&CallerId=", "" },
}
for option, around in pairs(slots) do
  for _, phone in ipairs(phones) do
    sends_all("numbers", ("%s.%s"):format(option, phone[1]), option, { [option] = phone[2] },
      around[1] .. phone[3] .. around[2])
  end
  for _, phone in ipairs(wrong_phones) do
    refuses("numbers", ("%s.%s"):format(option, phone[1]), option, { [option] = phone[2] },
      option, phone[3], option .. " " .. phone[4])
  end
  refuses("numbers", option .. ".8193", option, { [option] = (" "):rep(8193) }, option,
    "too_long", option .. " has 8193 bytes, over the limit of 8192")
end

-- }=================================================================

-- {=================================================================
-- Wrong types: the programmer's mistake
-- ==================================================================

local wanted = {
  from = "a string", to = "a string", caller_id = "a string", url = "a string",
  app_id = "a number", stream_url = "a string", stream_type = "a string",
  stream_name = "a string", stream_begin = "1, 2 or a string", call_type = "a string",
  time_limit = "a number", ring_timeout = "a number", wait_url = "a string",
  record = "a boolean", recording_channels = "a string", recording_format = "a string",
  custom_field = "a string", start_playback_to = "a string",
  start_playback_value = "a string", status_callback = "a string",
  status_callback_events = "a list of strings", status_callback_content_type = "a string",
}
local samples = { table = {}, ["function"] = print, boolean = true, number = 5 }
local fits = {
  ["a string"] = {}, ["a number"] = { number = true }, ["a boolean"] = { boolean = true },
  ["1, 2 or a string"] = { number = true }, ["a list of strings"] = { table = true },
}
for option, want in pairs(wanted) do
  for kind, value in pairs(samples) do
    if not fits[want][kind] then
      raises("numbers", ("%s.type.%s"):format(option, kind), option, { [option] = value },
        ("option '%s' wants %s, got a %s"):format(option, want, kind))
    end
  end
end
raises("numbers", "from.type.number.10", "from", { from = 9876543210 },
  "option 'from' wants a string, got a number")
raises("numbers", "from.list", "from", { from = { "+919876543210" } },
  "option 'from' wants a string, got a table")
raises("numbers", "type.before.value", "from", { from = "", to = 5 },
  "option 'to' wants a string, got a number")

-- }=================================================================

-- {=================================================================
-- Whole numbers
-- ==================================================================

for option, name in pairs { time_limit = "TimeLimit", ring_timeout = "TimeOut" } do
  local good = {
    { "min", 1, "1" }, { "max", 14400, "14400" }, { "float", 90.0, "90" },
    { "text", "90", "90" }, { "text.min", "1", "1" }, { "text.max", "14400", "14400" },
    { "text.float", "90.0", "90" }, { "text.zeros", "0090", "90" },
  }
  for _, entry in ipairs(good) do
    sends("numbers", ("%s.%s"):format(option, entry[1]), option, { [option] = entry[2] },
      ("&%s=%s"):format(name, entry[3]))
  end
  local bad = {
    { "zero", 0 }, { "negative", -1 }, { "over", 14401 }, { "fraction", 1.5 }, { "nan", NAN },
    { "inf", HUGE }, { "minus.inf", -HUGE }, { "huge", 1e300 }, { "tiny", 1e-300 },
    { "2^53+1", 9007199254740993 }, { "2^63", 9223372036854775807 }, { "2^32+1", 4294967297 },
    { "text.zero", "0" }, { "text.over", "14401" }, { "text.negative", "-1" },
    { "text.plus", "+90" }, { "text.fraction", "1.5" }, { "text.exponent", "9e1" },
    { "text.hex", "0x5A" }, { "text.blank", " 90" }, { "text.after", "90 " },
    { "text.words", "ninety" }, { "text.nul", "90\0000" }, { "text.crlf", "90\r\n" },
    { "text.point", "90." }, { "text.comma", "14,400" }, { "text.nan", "nan" },
    { "text.inf", "inf" }, { "text.utf8", "9\255" }, { "text.huge", ("9"):rep(400) },
    { "text.unit", "90s" }, { "text.minus", "-" }, { "text.arabic", "\217\161" },
  }
  for _, entry in ipairs(bad) do
    refuses("numbers", ("%s.%s"):format(option, entry[1]), option, { [option] = entry[2] },
      option, "range", option .. " must be a whole number from 1 to 14400")
  end
  refuses("numbers", option .. ".empty", option, { [option] = "" }, option, "empty",
    option .. " is empty")
end

local function flow_url(host, sid, number)
  return "From=%2B919876543210&CallerId=08039570000"
    .. ("&Url=http%%3A%%2F%%2F%s%%2F%s%%2Fexoml%%2Fstart_voice%%2F%s"):format(host, sid, number)
end
for id, entry in pairs {
  one = { 1, "1" }, text = { "926", "926" }, float = { 926.0, "926" },
  large = { 2 ^ 40, "1099511627776" },
} do
  sends_all("flow", "app_id." .. id, "app_id", { app_id = entry[1] },
    flow_url("my.exotel.com", "acme", entry[2]))
end
for id, value in pairs {
  zero = 0, negative = -1, fraction = 1.5, nan = NAN, inf = HUGE, words = "start",
  address = "http://my.exotel.com/acme/exoml/start_voice/926", hex = "0x1", blank = " 926",
  nul = "926\0", crlf = "926\r\n", utf8 = "\255", huge = ("9"):rep(30), float_huge = 1e300,
} do
  refuses("flow", "app_id." .. id, "app_id", { app_id = value }, "app_id", "range",
    "app_id must be the whole number of a flow, from 1")
end
refuses("flow", "app_id.empty", "app_id", { app_id = "" }, "app_id", "empty", "app_id is empty")
add("flow", "app_id.mumbai", "app_id", {}, { client = { region = "mumbai" },
  body = flow_url("my.in.exotel.com", "acme", "926") })
add("flow", "app_id.mumbai.host", "app_id", {}, { client = { region = "@api.in.exotel.com" },
  body = flow_url("my.in.exotel.com", "acme", "926") })
add("flow", "app_id.mumbai.upper", "app_id", {}, {
  client = { base_url = "https://API.IN.EXOTEL.COM/" },
  body = flow_url("my.in.exotel.com", "acme", "926") })
add("flow", "app_id.custom.host", "app_id", {}, {
  client = { base_url = "https://gateway.example:8443" },
  body = flow_url("my.exotel.com", "acme", "926") })
add("flow", "app_id.sid.encoded", "app_id", {}, { client = { account_sid = "a?b%c" },
  body = flow_url("my.exotel.com", "a%253Fb%2525c", "926") })

-- }=================================================================

-- {=================================================================
-- Booleans, closed lists, open lists, legs
-- ==================================================================

for id, entry in pairs {
  yes = { true, "true" }, no = { false, "false" }, text = { "true", "true" },
  text_no = { "false", "false" }, upper = { "TRUE", "true" }, mixed = { "False", "false" },
} do
  sends("numbers", "record." .. id, "record", { record = entry[1] }, "&Record=" .. entry[2])
end
for id, value in pairs { yes = "yes", one = "1", blank = "true ", nul = "true\0", cr = "true\r",
                         utf8 = "\255", ["nil"] = "nil" } do
  refuses("numbers", "record.not." .. id, "record", { record = value }, "record", "choice",
    "record must be true or false")
end
refuses("numbers", "record.empty", "record", { record = "" }, "record", "empty",
  "record is empty")

-- { option, documented name, choices, near misses { given, meant }, far ones, with, before,
-- after }
local closed = {
  { "recording_channels", "RecordingChannels", { "single", "dual" },
    { { "duel", "dual" }, { "singel", "single" }, { "sin-gle", "single" } },
    { "mono", "1", "2", "both" }, { record = true }, "&Record=true", "" },
  { "recording_format", "RecordingFormat", { "mp3", "mp3-hq" },
    { { "mp4", "mp3" }, { "mp3_hq", "mp3-hq" }, { "mp3hq", "mp3-hq" }, { ".mp3", "mp3" } },
    { "wav", "ogg", "flac" }, { record = true }, "&Record=true", "" },
  { "start_playback_to", "StartPlaybackTo", { "Callee", "Both" },
    { { "Caller", "Callee" }, { "Boht", "Both" }, { "Bot", "Both" }, { "Callees", "Callee" } },
    { "none", "customer" }, { start_playback_value = "http://a" }, "",
    "&StartPlaybackValue=http%3A%2F%2Fa" },
  { "status_callback_content_type", "StatusCallbackContentType",
    { "multipart/form-data", "application/json" },
    { { "multipart/formdata", "multipart/form-data" }, { "application/jason", "application/json" },
      { "application/xml", "application/json" } },
    { "json", "text/plain", "application/x-www-form-urlencoded" }, {}, "", "" },
}
local function must_be(option, given, choices, meant)
  return ("%s is '%s': must be %s%s"):format(option, given, table.concat(choices, " or "),
    meant and (" (did you mean '%s'?)"):format(meant) or "")
end
for _, entry in ipairs(closed) do
  local option, name, choices, with = entry[1], entry[2], entry[3], entry[6]
  local function given(value)
    local out = { [option] = value }
    for key, item in pairs(with) do out[key] = item end
    return out
  end
  for _, choice in ipairs(choices) do
    for _, spelling in ipairs { choice, choice:upper(), choice:lower() } do
      sends("numbers", ("%s.%s.%d"):format(option, spelling, #rows), option, given(spelling),
        ("%s&%s=%s%s"):format(entry[7], name, (choice:gsub("/", "%%2F")), entry[8]))
    end
  end
  for _, near in ipairs(entry[4]) do
    refuses("numbers", ("%s.near.%s"):format(option, near[1]), option, given(near[1]), option,
      "choice", must_be(option, near[1], choices, near[2]))
  end
  for _, far in ipairs(entry[5]) do
    refuses("numbers", ("%s.far.%s"):format(option, far), option, given(far), option,
      "choice", must_be(option, far, choices))
  end
  refuses("numbers", option .. ".empty", option, given "", option, "empty",
    option .. " is empty")
  refuses("numbers", option .. ".blank", option, given " ", option, "choice",
    must_be(option, "", choices))
  refuses("numbers", option .. ".nul", option, given "a\0b", option, "choice",
    must_be(option, "a b", choices))
  refuses("numbers", option .. ".crlf", option, given "x\r\ny", option, "choice",
    must_be(option, "x y", choices))
  refuses("numbers", option .. ".utf8", option, given "\255\254", option, "choice",
    must_be(option, "??", choices))
  refuses("numbers", option .. ".long", option, given(("z"):rep(200)), option, "choice",
    must_be(option, ("z"):rep(37) .. "...", choices))
  refuses("numbers", option .. ".phone", option, given "9876543210", option, "choice",
    must_be(option, "XXXXXXX210", choices))
  refuses("numbers", option .. ".8193", option, given(("z"):rep(8193)), option, "too_long",
    option .. " has 8193 bytes, over the limit of 8192")
end

-- Open lists: the pages say that more will come, so any word passes.
local open = {
  { "numbers", "call_type", "CallType", { "trans", "promo", "Trans", "v2.x-1_y" } },
  { "stream", "stream_type", "StreamType", { "bidirectional", "unidirectional" } },
}
for _, entry in ipairs(open) do
  local mode, option, name = entry[1], entry[2], entry[3]
  local body = modes[mode].body:gsub("&StreamType=bidirectional", "")
  for _, word in ipairs(entry[4]) do
    sends_all(mode, ("%s.%s"):format(option, word), option, { [option] = word },
      ("%s&%s=%s"):format(body, name, word))
  end
  sends_all(mode, option .. ".64", option, { [option] = ("a"):rep(64) },
    ("%s&%s=%s"):format(body, name, ("a"):rep(64)))
  refuses(mode, option .. ".65", option, { [option] = ("a"):rep(65) }, option, "too_long",
    option .. " has 65 bytes, over the limit of 64")
  refuses(mode, option .. ".empty", option, { [option] = "" }, option, "empty",
    option .. " is empty")
  for id, bad in pairs { blank = "a b", nul = "a\0", cr = "a\r", lf = "a\n", del = "a\127",
                         utf8 = "a\255", accent = "a\195\169", comma = "a,b", quote = 'a"' } do
    refuses(mode, ("%s.%s"):format(option, id), option, { [option] = bad }, option, "word",
      option .. " must be one word, without blanks, commas or quotes (byte 2)", 2)
  end
end

for id, entry in pairs {
  one = { 1, 1 }, two = { 2, 2 }, float = { 1.0, 1 }, text = { "1", 1 }, text_two = { "2", 2 },
  documented = { "at Leg1Connect", 1 }, documented_two = { "at Leg2Connect", 2 },
  sent = { "atLeg1connect", 1 }, sent_two = { "atLeg2connect", 2 }, short = { "leg1", 1 },
  spaced = { "Leg 2", 2 }, under = { "leg_1", 1 }, dash = { "LEG-2", 2 },
  joined = { "Leg1Connect", 1 }, loud = { "AT LEG2 CONNECT", 2 },
} do
  sends("numbers", "stream_begin." .. id, "stream_begin",
    { stream_url = "wss://a", stream_begin = entry[1] },
    ("&StreamUrl=wss%%3A%%2F%%2Fa&StreamBegin=atLeg%dconnect"):format(entry[2]))
end
for id, value in pairs {
  zero = 0, three = 3, fraction = 1.5, nan = NAN, inf = HUGE, huge = 1e300, text_three = "leg3",
  twelve = "12", both = "leg1leg2", word = "first", nul = "1\0", crlf = "1\r\n", utf8 = "\2551",
  blank = " ", long = ("leg "):rep(20) .. "1", leg = "leg", negative = -1,
} do
  refuses("numbers", "stream_begin." .. id, "stream_begin",
    { stream_url = "wss://a", stream_begin = value }, "stream_begin", "choice",
    "stream_begin must name leg 1 or leg 2")
end
refuses("numbers", "stream_begin.empty", "stream_begin",
  { stream_url = "wss://a", stream_begin = "" }, "stream_begin", "empty",
  "stream_begin is empty")

-- }=================================================================

-- {=================================================================
-- Addresses
-- ==================================================================

local function web(text)
  return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local web_addresses = {
  { "wait_url", "WaitUrl" }, { "start_playback_value", "StartPlaybackValue" },
  { "status_callback", "StatusCallback" },
}
for _, entry in ipairs(web_addresses) do
  local option, name = entry[1], entry[2]
  for id, address in pairs {
    http = "http://a", https = "https://a.example/x?y=1&z=%20#f", loud = "HTTPS://A",
    port = "http://a:8080/", ipv6 = "http://[::1]/", user = "https://user:pass@a/",
    accent = "https://a/\195\169", plus = "https://a/?q=a+b", long = "http://" .. ("a"):rep(2000),
  } do
    sends("numbers", ("%s.%s"):format(option, id), option, { [option] = address },
      ("&%s=%s"):format(name, web(address)))
  end
end
web_addresses[#web_addresses + 1] = { "url", "Url" }
for _, entry in ipairs(web_addresses) do
  local option = entry[1]
  local mode = option == "url" and "flow" or "numbers"
  local function refuse(id, address, reason, message, position)
    refuses(mode, ("%s.%s"):format(option, id), option,
      { app_id = mode == "flow" and NONE or nil, [option] = address }, option, reason,
      option .. message, position)
  end
  refuse("empty", "", "empty", " is empty")
  for id, address in pairs { none = "a.example", ftp = "ftp://a", ws = "wss://a",
                             slash = "http:/a", js = "javascript:alert(1)", file = "file:///a" } do
    refuse("scheme." .. id, address, "url", " must begin with http:// or https://")
  end
  for id, address in pairs { bare = "http://", slash = "http:///x", query = "http://?x",
                             port = "http://:80", at = "http://@a", hash = "http://#x" } do
    refuse("host." .. id, address, "url", " has no host (byte 8)", 8)
  end
  refuse("blank", "http://a b", "url", " has a blank (byte 9)", 9)
  refuse("blank.before", " http://a", "url", " has a blank (byte 1)", 1)
  refuse("nul", "http://a\0", "url", " has a control character (byte 9)", 9)
  refuse("cr", "http://a\rb", "url", " has a control character (byte 9)", 9)
  refuse("lf", "http://a/\n", "url", " has a control character (byte 10)", 10)
  refuse("tab", "http://\ta", "url", " has a control character (byte 8)", 8)
  refuse("del", "http://a\127", "url", " has a control character (byte 9)", 9)
  refuse("utf8", "http://a/\255", "url", " is not UTF-8 (byte 10)", 10)
  refuse("utf8.overlong", "http://a/\192\175", "url", " is not UTF-8 (byte 10)", 10)
  refuse("8193", "http://" .. ("a"):rep(8186), "too_long",
    " has 8193 bytes, over the limit of 8192")
end
sends_all("flow", "url.https", "url", { app_id = NONE, url = "https://my.exotel.in/x" },
  "From=%2B919876543210&CallerId=08039570000&Url=https%3A%2F%2Fmy.exotel.in%2Fx")

for _, mode in ipairs { "numbers", "stream" } do
  local with = mode == "numbers" and { stream_begin = 1 } or {}
  local function given(address)
    local out = { stream_url = address }
    for key, value in pairs(with) do out[key] = value end
    return out
  end
  local head, tail = "From=%2B919876543210&CallerId=08039570000", "&StreamType=bidirectional"
  if mode == "numbers" then head, tail = modes.numbers.body, "&StreamBegin=atLeg1connect" end
  local function sent(id, address)
    sends_all(mode, ("stream_url.%s.%s"):format(mode, id), "stream_url", given(address),
      head .. "&StreamUrl=" .. web(address) .. tail)
  end
  local function refuse(id, address, reason, message, position)
    refuses(mode, ("stream_url.%s.%s"):format(mode, id), "stream_url", given(address),
      "stream_url", reason, "stream_url" .. message, position)
  end
  sent("ws", "ws://a")
  sent("wss", "wss://a.example:443/s?x=1&y=2")
  sent("loud", "WSS://A")
  sent("599", "wss://" .. ("a"):rep(593))
  refuse("600", "wss://" .. ("a"):rep(594), "too_long", " has 600 bytes, over the limit of 599")
  refuse("600.utf8", "wss://" .. ("\195\169"):rep(297), "too_long",
    " has 600 bytes, over the limit of 599")
  refuse("8193", "wss://" .. ("a"):rep(8187), "too_long",
    " has 8193 bytes, over the limit of 8192")
  refuse("empty", "", "empty", " is empty")
  refuse("http", "http://a", "url", " must begin with ws:// or wss://")
  refuse("none", "a.example", "url", " must begin with ws:// or wss://")
  refuse("host", "wss://", "url", " has no host (byte 7)", 7)
  refuse("blank", "wss://a b", "url", " has a blank (byte 8)", 8)
  refuse("nul", "wss://a\0", "url", " has a control character (byte 8)", 8)
  refuse("crlf", "wss://a\r\n", "url", " has a control character (byte 8)", 8)
  refuse("utf8", "wss://a\255", "url", " is not UTF-8 (byte 8)", 8)
end

-- }=================================================================

-- {=================================================================
-- Texts, and the encoding of every byte
-- ==================================================================

local e_acute, rupee, emoji = "\195\169", "\226\130\185", "\240\159\147\158"
local texts = {
  { "numbers", "custom_field", "CustomField", 128 }, { "stream", "stream_name", "StreamName", 32 },
}
for _, entry in ipairs(texts) do
  local mode, option, name, max = entry[1], entry[2], entry[3], entry[4]
  local function sent(id, text)
    sends(mode, ("%s.%s"):format(option, id), option, { [option] = text },
      ("&%s=%s"):format(name, web(text)))
  end
  local function refuse(id, text, reason, message, position)
    refuses(mode, ("%s.%s"):format(option, id), option, { [option] = text }, option, reason,
      option .. message, position)
  end
  local over = (" has %d characters, over the limit of %d"):format(max + 1, max)
  sent("one", "a")
  sent("blank", " ")
  sent("crlf", "a\r\nb\tc")
  sent("null", "null")
  sent("max", ("a"):rep(max))
  sent("max.two.bytes", e_acute:rep(max))
  sent("max.three.bytes", rupee:rep(max))
  sent("max.four.bytes", emoji:rep(max))
  refuse("over", ("a"):rep(max + 1), "too_long", over)
  refuse("over.two.bytes", e_acute:rep(max + 1), "too_long", over)
  refuse("over.four.bytes", emoji:rep(max + 1), "too_long", over)
  refuse("8192", ("a"):rep(8192), "too_long",
    (" has 8192 characters, over the limit of %d"):format(max))
  refuse("8193", ("a"):rep(8193), "too_long", " has 8193 bytes, over the limit of 8192")
  refuse("empty", "", "empty", " is empty")
  refuse("nul", "ab\0c", "nul", " has a NUL (byte 3)", 3)
  refuse("nul.only", "\0", "nul", " has a NUL (byte 1)", 1)
  refuse("utf8", "ab\255", "utf8", " is not UTF-8 (byte 3)", 3)
  refuse("utf8.cut", "ab\226\130", "utf8", " is not UTF-8 (byte 3)", 3)
  refuse("utf8.overlong", "\192\128", "utf8", " is not UTF-8 (byte 1)", 1)
  refuse("utf8.surrogate", "a\237\160\128", "utf8", " is not UTF-8 (byte 2)", 2)
  refuse("utf8.beyond", "\244\144\128\128", "utf8", " is not UTF-8 (byte 1)", 1)
  refuse("utf8.continuation", "\128", "utf8", " is not UTF-8 (byte 1)", 1)
end
sends("numbers", "encoding.unreserved", "custom_field",
  { custom_field = "AZaz09-._~" }, "&CustomField=AZaz09-._~")
sends("numbers", "encoding.reserved", "custom_field",
  { custom_field = ":/?#[]@!$&'()*+,;=" },
  "&CustomField=%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D")
sends("numbers", "encoding.others", "custom_field", { custom_field = " \"%<>\\^`{|}" },
  "&CustomField=%20%22%25%3C%3E%5C%5E%60%7B%7C%7D")
sends("numbers", "encoding.controls", "custom_field", { custom_field = "\1\31\127\r\n\t" },
  "&CustomField=%01%1F%7F%0D%0A%09")
sends("numbers", "encoding.utf8", "custom_field", { custom_field = e_acute .. rupee .. emoji },
  "&CustomField=%C3%A9%E2%82%B9%F0%9F%93%9E")
for first = 0, 224, 32 do -- every byte there is; an extra takes them all
  local bytes = {}
  for byte = first, first + 31 do bytes[#bytes + 1] = string.char(byte) end
  local all = table.concat(bytes)
  sends("numbers", "encoding.bytes." .. first, "connect", { extra = { X = all } },
    "&X=" .. web(all))
end

-- }=================================================================

-- {=================================================================
-- Lists
-- ==================================================================

local E = "status_callback_events"
sends("numbers", "events.string", E, { [E] = "terminal" },
  "&StatusCallbackEvents%5B0%5D=terminal")
sends("numbers", "events.ringing", E, { [E] = { "ringing" } },
  "&StatusCallbackEvents%5B0%5D=ringing")
sends("numbers", "events.unknown", E, { [E] = { "some-later.event:x" } },
  "&StatusCallbackEvents%5B0%5D=some-later.event%3Ax")
sends("numbers", "events.indexed", E,
  { ["StatusCallbackEvents[1]"] = "answered", ["StatusCallbackEvents[0]"] = "terminal" },
  "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=answered")
sends("numbers", "events.indexed.alias", E, { ["StatusCallbackEventsNew[0]"] = "terminal" },
  "&StatusCallbackEvents%5B0%5D=terminal")
sends("numbers", "events.indexed.lua", E, { ["status_callback_events[0]"] = "terminal" },
  "&StatusCallbackEvents%5B0%5D=terminal")
sends("numbers", "events.list+index", E,
  { [E] = { "terminal" }, ["StatusCallbackEvents[1]"] = "answered" },
  "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=answered")
sends("numbers", "events.same.twice", E, { [E] = { "terminal", "terminal" } },
  "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=terminal")
refuses("numbers", "events.hole.index", E, { ["StatusCallbackEvents[1]"] = "terminal" }, E,
  "list", E .. " is a list with a hole")
refuses("numbers", "events.empty.list", E, { [E] = {} }, E, "empty", E .. " is an empty list")
refuses("numbers", "events.empty.list.documented", E, { StatusCallbackEvents = {} }, E, "empty",
  E .. " is an empty list")
refuses("numbers", "events.empty", E, { [E] = "" }, E, "empty", E .. " is empty")
refuses("numbers", "events.empty.item", E, { [E] = { "terminal", "" } }, E, "empty",
  E .. " is empty")
for id, bad in pairs { comma = "terminal,answered", blank = "terminal answered",
                       nul = "terminal\0", crlf = "terminal\r\n", utf8 = "terminal\255",
                       semicolon = "terminal;answered", quote = 'terminal"' } do
  refuses("numbers", "events." .. id, E, { [E] = { bad } }, E, "word",
    E .. " must be one word, without blanks, commas or quotes (byte 9)", 9)
  refuses("numbers", "events.string." .. id, E, { [E] = bad }, E, "word",
    E .. " must be one word, without blanks, commas or quotes (byte 9)", 9)
end
refuses("numbers", "events.65", E, { [E] = { ("a"):rep(65) } }, E, "too_long",
  E .. " has 65 bytes, over the limit of 64")
local holes = "option 'status_callback_events' wants a list of strings, got a table with holes"
  .. " or names"
raises("numbers", "events.hole.nil", E, { [E] = { "terminal", nil, "answered" } }, holes)
raises("numbers", "events.hole", E, { [E] = { [1] = "terminal", [3] = "answered" } }, holes)
raises("numbers", "events.zero", E, { [E] = { [0] = "terminal" } }, holes)
raises("numbers", "events.set", E, { [E] = { terminal = true, answered = true } }, holes)
raises("numbers", "events.named", E, { [E] = { "terminal", n = 1 } }, holes)
raises("numbers", "events.item.number", E, { [E] = { "terminal", 5 } },
  "option 'status_callback_events' wants a list of strings, got a number")
raises("numbers", "events.item.list", E, { [E] = { { "terminal" } } },
  "option 'status_callback_events' wants a list of strings, got a table")
raises("numbers", "events.indexed.list", E, { ["StatusCallbackEvents[0]"] = { "terminal" } },
  "option 'status_callback_events' wants a list of strings, got a table")
local many, many_sent = {}, {}
for index = 1, 61 do
  many[index] = "e" .. index
  many_sent[index] = ("&StatusCallbackEvents%%5B%d%%5D=e%d"):format(index - 1, index)
end
sends("numbers", "events.61", E, { [E] = many }, table.concat(many_sent))
local too_many = {}
for index = 1, 65 do too_many[index] = "e" end
raises("numbers", "events.too_many", E, { [E] = too_many },
  "option 'status_callback_events' has more values than the limit of 64")
for id, name in pairs {
  empty = "StatusCallbackEvents[]", negative = "StatusCallbackEvents[-0]",
  point = "StatusCallbackEvents[0.0]", word = "StatusCallbackEvents[x]",
  ["64"] = "StatusCallbackEvents[64]", open = "StatusCallbackEvents[0",
} do
  raises("numbers", "events.index." .. id, E, { [name] = "terminal" },
    ("option '%s' is not known (did you mean 'status_callback_events'?)"):format(name))
end
raises("numbers", "from.indexed", "from", { from = NONE, ["From[0]"] = "+919876543210" },
  "option 'From[0]' is not known")

-- }=================================================================

-- {=================================================================
-- Names: twice, unknown, somebody else's
-- ==================================================================

raises("numbers", "twice.from", "from", { From = "+919876543210" },
  "option 'from' is given twice, as 'From' and as 'from'")
raises("numbers", "twice.time_limit", "time_limit", { time_limit = 5, TimeLimit = 5 },
  "option 'time_limit' is given twice, as 'TimeLimit' and as 'time_limit'")
raises("numbers", "twice.alias", "start_playback_to",
  { StartPlaybackTo = "Both", StartPlaybackToNew = "Both", StartPlaybackValue = "http://a" },
  "option 'start_playback_to' is given twice, as 'StartPlaybackTo' and as 'StartPlaybackToNew'")
raises("numbers", "twice.three", "start_playback_value",
  { StartPlaybackValue = "http://a", StartPlaybackValueNew = "http://a",
    start_playback_value = "http://a" },
  "option 'start_playback_value' is given twice, as 'StartPlaybackValue' and as"
  .. " 'StartPlaybackValueNew'")
raises("numbers", "twice.list", E, { [E] = { "a" }, StatusCallbackEvents = { "b" } },
  "option 'status_callback_events' is given twice, as 'StatusCallbackEvents' and as"
  .. " 'status_callback_events'")
raises("numbers", "twice.index", E, { [E] = { "a" }, ["StatusCallbackEvents[0]"] = "b" },
  "option 'status_callback_events' is given twice, as 'StatusCallbackEvents[0]' and as"
  .. " 'status_callback_events'")
raises("numbers", "twice.first", { "from", "to" }, { To = "+91", From = "+91" },
  "option 'from' is given twice, as 'From' and as 'from'")

for given, meant in pairs {
  callerid = "caller_id", caller = "caller_id", CallerID = "caller_id", ["caller-id"] = "caller_id",
  frm = "from", form = "from", mofr = false, too = false, timelimit = "time_limit",
  TimeOuts = "TimeOut", time_out = "TimeOut", ring_time_out = "ring_timeout",
  wait_uri = "wait_url", urls = "url",
  appid = "app_id", custom_feild = "custom_field", recordings = false,
  RecordChannels = "recording_channels", CallerType = "call_type", stream = "stream_url",
  statuscallback = "status_callback", statuscallbackevent = "status_callback_events",
  StatusCallbackEvent = "status_callback_events", MaxRetries = false, VoiceUrl = false,
  StatusCallbackMethod = "status_callback_events", ["from "] = "from", [""] = false,
  [("x"):rep(500)] = false,
} do
  raises("numbers", "unknown." .. given:sub(1, 40), "connect", { [given] = "x" },
    ("option '%s' is not known%s"):format(given,
      meant and (" (did you mean '%s'?)"):format(meant) or ""))
end
raises("numbers", "unknown.first", "connect", { zzz = 1, aaa = 2, mmm = 3 },
  "option 'aaa' is not known")
for _, name in ipairs { "account_sid", "api_key", "api_token", "key", "token", "region",
                        "base_url" } do
  raises("numbers", "client." .. name, "connect", { [name] = "x" },
    ("option '%s' belongs to exotel.configure or exotel.client, not to a call"):format(name))
end
for _, name in ipairs { "connect_timeout", "retries", "deadline", "format", "reference" } do
  raises("numbers", "how." .. name, "connect", { [name] = 1 },
    ("option '%s' belongs in the second table, behind this one"):format(name))
end
raises("numbers", "how.timeout", "ring_timeout", { timeout = 30 },
  "option 'timeout' belongs in the second table (seconds to wait for the answer); ring_timeout"
  .. " is how long the phone rings")
raises("numbers", "key.number", "connect", { [1] = "+919876543210" },
  "names of options are strings, got a number")
raises("numbers", "key.boolean", "connect", { [true] = "x" },
  "names of options are strings, got a boolean")

-- The second table.
local function how(id, given, expected)
  expected.how = given
  add("numbers", "how." .. id, "connect", {}, expected)
end
how("json", { format = "json" },
  { url = "https://api.exotel.com/v1/Accounts/acme/Calls/connect.json",
    accept = "application/json" })
how("xml", { format = "xml" },
  { url = "https://api.exotel.com/v1/Accounts/acme/Calls/connect", accept = "application/xml" })
how("all", { timeout = 0.5, connect_timeout = 86400, retries = 20 }, { body = modes.numbers.body })
how("zero.retries", { retries = 0 }, { body = modes.numbers.body })
for id, value in pairs { zero = 0, negative = -1, nan = NAN, inf = HUGE, over = 86401 } do
  how("timeout." .. id, { timeout = value },
    { raises = "timeout must be above 0 and at most 86400" })
  how("connect_timeout." .. id, { connect_timeout = value },
    { raises = "connect_timeout must be above 0 and at most 86400" })
end
for id, value in pairs { negative = -1, fraction = 1.5, nan = NAN, inf = HUGE, over = 21 } do
  how("retries." .. id, { retries = value },
    { raises = "retries must be a whole number from 0 to 20" })
end
how("timeout.text", { timeout = "5" },
  { raises = "option 'timeout' wants a number, got a string" })
how("retries.text", { retries = "5" },
  { raises = "option 'retries' wants a number, got a string" })
how("format.wrong", { format = "yaml" }, { raises = "format must be \"json\" or \"xml\"" })
how("format.type", { format = true }, { raises = "format must be \"json\" or \"xml\"" })
how("near", { timout = 5 },
  { raises = "option 'timout' of the second table is not known (did you mean 'timeout'?)" })
how("far", { zzz = 5 }, { raises = "option 'zzz' of the second table is not known" })
how("number", 5, { raises = "the second table wants a table, got a number" })

-- }=================================================================

-- {=================================================================
-- extra: what the rows don't know, and the way past every refusal
-- ==================================================================

sends("numbers", "extra.text", "connect", { extra = { Priority = "high" } }, "&Priority=high")
sends("numbers", "extra.sorted", "connect", { extra = { b = "2", a = "1", C = "3" } },
  "&C=3&a=1&b=2")
refuses("numbers", "extra.twins", "connect", { extra = { priority = "1", Priority = "2" } },
  "extra", "conflict", "extra.Priority and extra.priority differ in case only")
sends("numbers", "extra.empty.value", "connect", { extra = { X = "" } }, "&X=")
sends("numbers", "extra.none", "connect", { extra = {} }, "")
for id, entry in pairs {
  integer = { 5, "5" }, negative = { -5, "-5" }, float = { 1.5, "1.5" }, whole = { 90.0, "90" },
  large = { 9007199254740992.0, "9007199254740992" }, tenth = { 0.1, "0.1" },
  long = { 1 / 3, "0.33333333333333331" }, exponent = { 1e300, "1e%2B300" },
  yes = { true, "true" }, no = { false, "false" },
} do
  sends("numbers", "extra." .. id, "connect", { extra = { X = entry[1] } }, "&X=" .. entry[2])
end
for id, value in pairs { nan = NAN, inf = HUGE, minus_inf = -HUGE } do
  refuses("numbers", "extra." .. id, "connect", { extra = { X = value } }, "extra", "extra",
    "extra.X is not a finite number")
end
sends("numbers", "extra.name.encoded", "connect", { extra = { ["a b&c=d"] = "x" } },
  "&a%20b%26c%3Dd=x")
sends("numbers", "extra.brackets", "connect", { extra = { ["Headers[0][Name]"] = "x" } },
  "&Headers%5B0%5D%5BName%5D=x")
refuses("numbers", "extra.name.empty", "connect", { extra = { [""] = "x" } }, "extra", "extra",
  "extra has an empty name")
for id, name in pairs { nul = "a\0b", cr = "a\rb", lf = "\nb", tab = "\t" } do
  refuses("numbers", "extra.name." .. id, "connect", { extra = { [name] = "x" } }, "extra",
    "extra", "extra has a name with a control character")
end
raises("numbers", "extra.type.string", "connect", { extra = "X=1" },
  "option 'extra' wants a table, got a string")
raises("numbers", "extra.type.list", "connect", { extra = { "X" } },
  "names of extra fields are strings, got a number")
raises("numbers", "extra.type.value", "connect", { extra = { X = {} } },
  "extra 'X' wants a string, a number or a boolean, got a table")
local extras32, sent32 = {}, {}
for index = 1, 32 do
  extras32[("X%02d"):format(index)] = "y"
  sent32[index] = ("&X%02d=y"):format(index)
end
sends("numbers", "extra.32", "connect", { extra = extras32 }, table.concat(sent32))
local extras33 = { Y = "y" }
for name, value in pairs(extras32) do extras33[name] = value end
raises("numbers", "extra.33", "connect", { extra = extras33 },
  "option 'extra' has more names than the limit of 32")

for option, entry in pairs {
  from = { "From" }, caller_id = { "CallerId" }, to = { "To" },
  time_limit = { "TimeLimit", 5 }, custom_field = { "CustomField", "x" },
  record = { "Record", true }, status_callback = { "StatusCallback", "http://a" },
  call_type = { "CallType", "trans" }, [E] = { "StatusCallbackEvents", { "terminal" } },
} do
  refuses("numbers", "extra.conflict." .. option, option,
    { [option] = entry[2], extra = { [entry[1]] = "9" } }, option, "conflict",
    ("%s is given twice, also as extra.%s"):format(option, entry[1]))
end
refuses("numbers", "extra.conflict.case", "from", { extra = { FROM = "+91" } }, "from",
  "conflict", "from is given twice, also as extra.From")
refuses("numbers", "extra.conflict.index", E,
  { [E] = { "terminal" }, extra = { ["StatusCallbackEvents[0]"] = "x" } }, E, "conflict",
  E .. " is given twice, also as extra.StatusCallbackEvents")

local required = { From = "x", To = "y", CallerId = "z" }
sends_all("numbers", "extra.required", { "from", "to", "caller_id" },
  { from = NONE, to = NONE, caller_id = NONE, extra = required }, "CallerId=z&From=x&To=y")
add("numbers", "extra.selects.numbers", "to", { to = NONE, extra = { To = "y" } },
  { mode = "numbers" })
add("numbers", "extra.selects.flow", "url", { to = NONE, extra = { Url = "x" } },
  { mode = "flow" })
sends_all("stream", "extra.selects.stream", "stream_type",
  { stream_type = NONE, extra = { StreamType = "x" } },
  "From=%2B919876543210&CallerId=08039570000&StreamUrl=wss%3A%2F%2Fbot.example%2Fws&StreamType=x")
sends_all("stream", "extra.stream_url", "stream_url",
  { stream_url = NONE, extra = { StreamUrl = "no address" } },
  "From=%2B919876543210&CallerId=08039570000&StreamType=bidirectional&StreamUrl=no%20address")

-- { id, mode, extra, what is sent }: each of them is refused as an option
for _, entry in ipairs {
  { "mode.events", "flow", { ["StatusCallbackEvents[0]"] = "terminal" },
    "&StatusCallbackEvents%5B0%5D=terminal" },
  { "mode.wait_url", "flow", { WaitUrl = "x" }, "&WaitUrl=x" },
  { "mode.playback", "stream", { StartPlaybackTo = "Nobody" }, "&StartPlaybackTo=Nobody" },
  { "mode.begin", "stream", { StreamBegin = "at Leg1Connect" }, "&StreamBegin=at%20Leg1Connect" },
  { "mode.name", "numbers", { StreamName = "x" }, "&StreamName=x" },
  { "mode.two", "numbers", { Url = "http://a" }, "&Url=http%3A%2F%2Fa" },
  { "range", "numbers", { TimeLimit = 99999 }, "&TimeLimit=99999" },
  { "long", "numbers", { CustomField = ("a"):rep(129) }, "&CustomField=" .. ("a"):rep(129) },
  { "choice", "numbers", { RecordingChannels = "five" }, "&RecordingChannels=five" },
  { "scheme", "numbers", { StatusCallback = "ftp://a" }, "&StatusCallback=ftp%3A%2F%2Fa" },
  { "needs", "numbers", { RecordingFormat = "mp3" }, "&RecordingFormat=mp3" },
  { "alias", "numbers", { StartPlaybackToNew = "Both" }, "&StartPlaybackToNew=Both" },
} do
  sends(entry[2], "extra.past." .. entry[1], "connect", { extra = entry[3] }, entry[4])
end
sends("numbers", "extra.is.needed", { "recording_channels", "record" },
  { recording_channels = "dual", extra = { Record = "yes" } },
  "&RecordingChannels=dual&Record=yes")

-- }=================================================================

-- {=================================================================
-- The address
-- ==================================================================

local function address(id, client, url)
  add("numbers", "url." .. id, "connect", {}, { client = client, url = url })
end
local ending = "/v1/Accounts/acme/Calls/connect.json"
address("default", {}, "https://api.exotel.com" .. ending)
address("singapore", { region = "singapore" }, "https://api.exotel.com" .. ending)
address("mumbai", { region = "mumbai" }, "https://api.in.exotel.com" .. ending)
address("loud", { region = "Mumbai" }, "https://api.in.exotel.com" .. ending)
address("at", { region = "@api.in.exotel.com" }, "https://api.in.exotel.com" .. ending)
address("slash", { region = "https://api.in.exotel.com/" }, "https://api.in.exotel.com" .. ending)
address("loopback", { base_url = "http://127.0.0.1:8080" }, "http://127.0.0.1:8080" .. ending)
address("ipv6", { base_url = "http://[::1]:8080/" }, "http://[::1]:8080" .. ending)
address("credentials", { base_url = "https://key_1234:token_5678@h.example", api_key = NONE,
  api_token = NONE }, "https://h.example" .. ending)
for id, entry in pairs {
  query = { "a?b", "a%3Fb" }, percent = { "a%2Fb", "a%252Fb" }, hash = { "a#b", "a%23b" },
  at = { "a@b", "a%40b" }, dots = { "...", "..." }, dot = { "a.b", "a.b" },
} do
  address("sid." .. id, { account_sid = entry[1] },
    ("https://api.exotel.com/v1/Accounts/%s/Calls/connect.json"):format(entry[2]))
end
local function sid(id, text, reason, message)
  add("numbers", "url.sid." .. id, "connect", {}, { client = { account_sid = text }, err = {
    kind = "invalid", outcome = "not_sent", reason = reason, field = "account_sid",
    message = "account_sid " .. message } })
end
sid("slash", "a/b", "sid", "has a byte that no SID holds (byte 2)")
sid("blank", "a b", "sid", "has a byte that no SID holds (byte 2)")
sid("utf8", "a\195\169", "sid", "has a byte that no SID holds (byte 2)")
sid("up", "..", "sid", "can't be . or ..")
sid("here", ".", "sid", "can't be . or ..")

-- }=================================================================

rows.NONE = NONE

return rows
