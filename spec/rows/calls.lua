-- Rows of calls: the filters of one page, and the exact query that is sent, or the exact
-- refusal. For the form of a row see rows/connect.lua; numbers that the pages mask are whole.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local CALLS = "https://api.exotel.com/v1/Accounts/acme/Calls.json"
local NAN, HUGE = 0 / 0, math.huge
local NUMBER = "+919876543210"

local function covers(names)
  if type(names) == "string" then names = { names } end
  local out = {}
  for index, name in ipairs(names) do
    out[index] = name == "calls" and name or "calls." .. name
  end
  return out
end

local function add(id, covered, params, expected)
  local row = { id = "calls." .. id, row = covers(covered), params = params }
  for name, value in pairs(expected) do row[name] = value end
  rows[#rows + 1] = row
end

local function sends(id, covered, params, query, client)
  add(id, covered, params, { url = CALLS .. (query == "" and "" or "?" .. query),
                             client = client })
end

local function refuses(id, covered, params, field, reason, message, position)
  add(id, covered, params, { err = {
    kind = "invalid", outcome = "not_sent", reason = reason, field = field, message = message,
    position = position,
  } })
end

local function raises(id, covered, params, message)
  add(id, covered, params, { raises = "exotel.calls: " .. message })
end

local function times(n, text, separator) return text .. (separator .. text):rep(n - 1) end

local function list(n, item)
  local out = {}
  for index = 1, n do out[index] = item end
  return out
end

-- {=================================================================
-- The requests that the pages show
-- ==================================================================

add("none", "calls", {}, { url = CALLS, accept = "application/json" })
add("none.xml", "calls", {}, { how = { format = "xml" }, accept = "application/xml",
  url = "https://api.exotel.com/v1/Accounts/acme/Calls" })
add("xml", "details", { details = true }, { how = { format = "xml" },
  url = "https://api.exotel.com/v1/Accounts/acme/Calls?details=true" })
add("mumbai", "calls", {}, { client = { region = "mumbai" },
  url = "https://api.in.exotel.com/v1/Accounts/acme/Calls.json" })
add("account", "calls", {}, { client = { account_sid = "a?b" },
  url = "https://api.exotel.com/v1/Accounts/a%3Fb/Calls.json" })

local DAY = { gte = "2019-12-03 00:00:00", lte = "2019-12-04 00:00:00" }
local DAY_TEXT = "gte:2019-12-03 00:00:00;lte:2019-12-04 00:00:00"
local DAY_SENT = "DateCreated=gte:2019-12-03+00:00:00%3Blte:2019-12-04+00:00:00"

-- { id, covered, by Lua names, by documented names, what follows DateCreated }
for _, entry in ipairs {
  { "page", { "date_created", "details", "page_size" }, { details = true, page_size = 100 },
    { details = "true", PageSize = "100" }, "&details=true&PageSize=100" },
  { "agent", { "date_created", "to" }, { to = NUMBER }, { To = NUMBER },
    "&To=%2B919876543210" },
  { "duration", { "date_created", "duration" }, { duration = { gt = 10, lt = 60 } },
    { Duration = "gte:11s;lte:59s" }, "&Duration=gte:11s%3Blte:59s" },
  { "failed", { "date_created", "status", "phone_number" },
    { status = "failed", phone_number = NUMBER }, { Status = "failed", PhoneNumber = NUMBER },
    "&Status=failed&PhoneNumber=%2B919876543210" },
} do
  local lua, documented = entry[3], entry[4]
  lua.date_created, documented.DateCreated = DAY, DAY_TEXT
  sends("S003." .. entry[1], entry[2], lua, DAY_SENT .. entry[5])
  sends("S003." .. entry[1] .. ".pasted", entry[2], documented, DAY_SENT .. entry[5])
end

local SID1, SID2 = "48d690c837bb0c755a1228dcb6911416", "d7d9cefd9773dd746d8f1e029cdb1417"
local MONTH = "gte:2019-01-01 00:00:00;lte:2019-01-31 23:59:59"
local MONTH_SENT = "DateCreated=gte:2019-01-01+00:00:00%3Blte:2019-01-31+23:59:59"

-- The example of each filter, as it stands there before it is encoded.
for id, entry in pairs {
  ["sid"] = { { Sid = SID1 .. "," .. SID2 }, "Sid=" .. SID1 .. "%2C" .. SID2 },
  ["sid.month"] = { { Sid = SID1, DateCreated = MONTH }, "Sid=" .. SID1 .. "&" .. MONTH_SENT },
  ["date_created"] = { { DateCreated = MONTH }, MONTH_SENT },
  ["to"] = { { To = NUMBER }, "To=%2B919876543210" },
  ["to.two"] = { { To = NUMBER .. ",+918040009999" }, "To=%2B919876543210%2C%2B918040009999" },
  ["from"] = { { From = NUMBER }, "From=%2B919876543210" },
  ["from.two"] = { { From = NUMBER .. ",+918040009999" },
                   "From=%2B919876543210%2C%2B918040009999" },
  ["status"] = { { Status = "completed" }, "Status=completed" },
  ["status.four"] = { { Status = "failed,no-answer,busy,canceled" },
                      "Status=failed%2Cno-answer%2Cbusy%2Ccanceled" },
  ["duration"] = { { Duration = "gte:10s;lte:45s" }, "Duration=gte:10s%3Blte:45s" },
  ["duration.eq"] = { { Duration = "eq:30s" }, "Duration=eq:30s" },
  ["duration.plain"] = { { Duration = "10s" }, "Duration=eq:10s" },
  ["duration.eq.ten"] = { { Duration = "eq:10s" }, "Duration=eq:10s" },
  ["duration.gte"] = { { Duration = "gte:10s" }, "Duration=gte:10s" },
  ["duration.lte"] = { { Duration = "lte:10s" }, "Duration=lte:10s" },
  ["price"] = { { Price = "gte:0.10;lte:1.0" }, "Price=gte:0.10%3Blte:1.0" },
  ["price.eq"] = { { Price = "eq:0.300030" }, "Price=eq:0.300030" },
  ["direction"] = { { Direction = "inbound" }, "Direction=inbound" },
  ["direction.two"] = { { Direction = "outbound-dial,inbound" },
                        "Direction=outbound-dial%2Cinbound" },
  ["phone_number"] = { { PhoneNumber = NUMBER }, "PhoneNumber=%2B919876543210" },
  ["sort"] = { { SortBy = "DateCreated:asc" }, "SortBy=DateCreated:asc" },
  ["details"] = { { details = "true" }, "details=true" },
  ["before"] = { { Before = "MTU3Nzk4NjAwNixhZmQ4MGJhNzI1MzA5YmU2MjM0MTA2YjY5ZGVmMTQxMg==" },
                 "Before=MTU3Nzk4NjAwNixhZmQ4MGJhNzI1MzA5YmU2MjM0MTA2YjY5ZGVmMTQxMg%3D%3D" },
  ["after"] = { { After = "MTU3Nzk4NDQwNywwNmQ4ZmI0MDdlZWY5N2YxZmI0OTllNjZjOTI5MTQxMg==" },
                "After=MTU3Nzk4NDQwNywwNmQ4ZmI0MDdlZWY5N2YxZmI0OTllNjZjOTI5MTQxMg%3D%3D" },
  ["metadata"] = { { PageSize = 100, SortBy = "DateCreated:desc", Status = "completed",
                     details = true, NumbersMetadata = true },
                   "Status=completed&details=true&PageSize=100&SortBy=DateCreated:desc"
                   .. "&NumbersMetadata=true" },
} do
  local covered = {}
  local documented = { Sid = "sid", DateCreated = "date_created", To = "to", From = "from",
    Status = "status", Duration = "duration", Price = "price", Direction = "direction",
    PhoneNumber = "phone_number", SortBy = "sort", details = "details", Before = "before",
    After = "after", PageSize = "page_size", NumbersMetadata = "numbers_metadata" }
  for name in pairs(entry[1]) do covered[#covered + 1] = documented[name] end
  sends("S003.example." .. id, covered, entry[1], entry[2])
end

sends("every", { "sid", "date_created", "to", "from", "status", "duration", "price",
  "direction", "phone_number", "details", "page_size", "sort", "after", "numbers_metadata",
  "recording_url_validity" }, {
    recording_url_validity = 60, numbers_metadata = true, after = "a", sort = "desc",
    page_size = 1, details = true, phone_number = NUMBER, direction = "inbound", price = 1,
    duration = 1, status = "busy", from = NUMBER, to = NUMBER, date_created = DAY, sid = "a",
  }, "Sid=a&" .. DAY_SENT .. "&To=%2B919876543210&From=%2B919876543210&Status=busy"
  .. "&Duration=eq:1s&Price=eq:1&Direction=inbound&PhoneNumber=%2B919876543210&details=true"
  .. "&PageSize=1&SortBy=DateCreated:desc&After=a&NumbersMetadata=true"
  .. "&RecordingUrlValidity=60")

-- As many values as there are rows for.
sends("most", { "sid", "to", "from", "phone_number", "status", "direction" }, {
    sid = list(20, ("z"):rep(64)), to = list(5, NUMBER), from = list(5, NUMBER),
    phone_number = list(5, NUMBER), status = list(8, "busy"), direction = list(6, "inbound"),
    date_created = DAY, duration = { gte = 1, lte = 2 }, price = { gte = 1, lte = 2 },
    details = true, page_size = 5, sort = "asc", before = "b", numbers_metadata = true,
    recording_url_validity = 5,
  }, "Sid=" .. times(20, ("z"):rep(64), "%2C") .. "&" .. DAY_SENT
  .. "&To=" .. times(5, "%2B919876543210", "%2C")
  .. "&From=" .. times(5, "%2B919876543210", "%2C")
  .. "&Status=" .. times(8, "busy", "%2C")
  .. "&Duration=gte:1s%3Blte:2s&Price=gte:1%3Blte:2"
  .. "&Direction=" .. times(6, "inbound", "%2C")
  .. "&PhoneNumber=" .. times(5, "%2B919876543210", "%2C")
  .. "&details=true&PageSize=5&SortBy=DateCreated:asc&Before=b&NumbersMetadata=true"
  .. "&RecordingUrlValidity=5")

-- }=================================================================

-- {=================================================================
-- Lists
-- ==================================================================

-- In the order of the api rows: { option, documented name, an item, as it is
-- sent, the limit, what Name[0] is near to }
local lists = {
  { "sid", "Sid", "a1", "a1", 20 },
  { "to", "To", NUMBER, "%2B919876543210", 5 },
  { "from", "From", NUMBER, "%2B919876543210", 5 },
  { "status", "Status", "busy", "busy", 8 },
  { "direction", "Direction", "inbound", "inbound", 6, " (did you mean 'direction'?)" },
  { "phone_number", "PhoneNumber", NUMBER, "%2B919876543210", 5,
    " (did you mean 'phone_number'?)" },
}
for _, entry in ipairs(lists) do
  local option, name, item, sent, most = entry[1], entry[2], entry[3], entry[4], entry[5]
  local function over(n)
    return ("%s has %d items, over the limit of %d in one request"):format(option, n, most)
  end
  sends("list.one." .. option, option, { [option] = item }, name .. "=" .. sent)
  sends("list.table." .. option, option, { [option] = { item } }, name .. "=" .. sent)
  sends("list.documented." .. option, option, { [name] = { item, item } },
    name .. "=" .. sent .. "%2C" .. sent)
  sends("list.mixed." .. option, option, { [option] = { item .. "," .. item, item } },
    name .. "=" .. times(3, sent, "%2C"))
  sends("list.most." .. option, option, { [option] = list(most, item) },
    name .. "=" .. times(most, sent, "%2C"))
  sends("list.most.text." .. option, option, { [option] = times(most, item, ",") },
    name .. "=" .. times(most, sent, "%2C"))
  refuses("list.over." .. option, option, { [option] = list(most + 1, item) }, option,
    "too_many", over(most + 1))
  refuses("list.over.text." .. option, option, { [option] = times(most + 1, item, ",") }, option,
    "too_many", over(most + 1))
  refuses("list.over.mixed." .. option, option,
    { [option] = { item, times(most, item, ",") } }, option, "too_many", over(most + 1))
  refuses("list.over.far." .. option, option, { [option] = list(1000, item) }, option,
    "too_many", over(1000))
  refuses("list.empty." .. option, option, { [option] = {} }, option, "empty",
    option .. " is an empty list")
  refuses("list.empty.text." .. option, option, { [option] = "" }, option, "empty",
    option .. " is empty")
  refuses("list.empty.item." .. option, option, { [option] = { item, "" } }, option, "empty",
    option .. "[2] is empty")
  refuses("list.empty.part." .. option, option, { [option] = item .. ",," .. item }, option,
    "empty", option .. "[2] is empty")
  refuses("list.empty.first." .. option, option, { [option] = "," .. item }, option, "empty",
    option .. "[1] is empty")
  refuses("list.empty.last." .. option, option, { [option] = item .. "," }, option, "empty",
    option .. "[2] is empty")
  for id, value in pairs { hole = { item, nil, item }, name = { a = item },
                           both = { item, a = item } } do
    raises("list." .. id .. "." .. option, option, { [option] = value },
      ("option '%s' wants a list of strings, got a table with holes or names"):format(option))
  end
  for kind, value in pairs { number = 5, boolean = true, ["function"] = print } do
    raises(("list.type.%s.%s"):format(kind, option), option, { [option] = value },
      ("option '%s' wants a string or a list of strings, got a %s"):format(option, kind))
    raises(("list.item.%s.%s"):format(kind, option), option, { [option] = { item, value } },
      ("option '%s' wants a string or a list of strings, got a %s"):format(option, kind))
  end
  raises("list.item.table." .. option, option, { [option] = { { item } } },
    ("option '%s' wants a string or a list of strings, got a table"):format(option))
  raises("list.twice." .. option, option, { [option] = item, [name] = { item } },
    ("option '%s' is given twice, as '%s' and as '%s'"):format(option, name, option))
  raises("list.indexed." .. option, option, { [name .. "[0]"] = item },
    ("option '%s[0]' is not known%s"):format(name, entry[6] or ""))
end
for index, first in ipairs(lists) do -- of two, the first in the order of the rows
  for later = index + 1, #lists do
    local second = lists[later]
    refuses(("list.over.first.%s.%s"):format(first[1], second[1]), { first[1], second[1] },
      { [first[1]] = list(first[5] + 1, first[3]), [second[1]] = list(40, second[3]) },
      first[1], "too_many", ("%s has %d items, over the limit of %d in one request"):format(
        first[1], first[5] + 1, first[5]))
  end
end

sends("sid.64", "sid", { sid = ("aB3"):rep(21) .. "z" }, "Sid=" .. ("aB3"):rep(21) .. "z")
refuses("sid.65", "sid", { sid = ("a"):rep(65) }, "sid", "too_long",
  "sid has 65 bytes, over the limit of 64")
refuses("sid.65.item", "sid", { sid = { "a", "b", ("a"):rep(65) } }, "sid", "too_long",
  "sid[3] has 65 bytes, over the limit of 64")
for id, sid in pairs { slash = "a/b", blank = "a b", semicolon = "a;b", nul = "a\0b", cr = "a\r",
                       utf8 = "a\255", accent = "a\195\169", dash = "a-b", plus = "a+",
                       ampersand = "a&To=1" } do
  refuses("sid." .. id, "sid", { sid = sid }, "sid", "sid",
    "sid may hold only letters and digits (byte 2)", 2)
  refuses("sid.item." .. id, "sid", { sid = { "a", sid } }, "sid", "sid",
    "sid[2] may hold only letters and digits (byte 2)", 2)
end

for _, entry in ipairs { { "status", "Status" }, { "direction", "Direction" } } do
  local option, name = entry[1], entry[2]
  for _, word in ipairs { "completed", "failed", "busy", "no-answer", "canceled", "inbound",
                          "outbound-dial", "outbound-api", "queued", "Completed",
                          ("a"):rep(64) } do
    sends(("%s.word.%s"):format(option, word), option, { [option] = word }, name .. "=" .. word)
  end
  sends(option .. ".encoded", option, { [option] = "a&b=c" }, name .. "=a%26b%3Dc")
  refuses(option .. ".65", option, { [option] = { "a", ("a"):rep(65) } }, option, "too_long",
    option .. "[2] has 65 bytes, over the limit of 64")
  for id, word in pairs { blank = "a b", quote = "a\"b", semicolon = "a;b", nul = "a\0",
                          utf8 = "a\255", tab = "a\tb" } do
    refuses(option .. "." .. id, option, { [option] = { "x", word } }, option, "word",
      option .. "[2] must be one word, without blanks, commas or quotes (byte 2)", 2)
  end
end

-- }=================================================================

-- {=================================================================
-- Phone numbers: E.164 only
-- ==================================================================

local MAKES = " is not E.164, which begins with + and the country code: exotel.e164(text, \"91\")"
  .. " makes it of an Indian number"
for _, entry in ipairs { { "to", "To" }, { "from", "From" }, { "phone_number", "PhoneNumber" } } do
  local option, name = entry[1], entry[2]
  for id, number in pairs {
    blanks = " +91 98765 43210\n", dashes = "+91-98765-43210", brackets = "(+91) 98765 43210",
    nbsp = "+91\194\16098765\226\128\14743210",
  } do
    sends(("e164.%s.%s"):format(id, option), option, { [option] = number },
      name .. "=%2B919876543210")
  end
  sends("e164.shortest." .. option, option, { [option] = "+12345678" }, name .. "=%2B12345678")
  sends("e164.longest." .. option, option, { [option] = "+123456789012345" },
    name .. "=%2B123456789012345")
  -- { id, number, reason, what is wrong }
  for _, wrong in ipairs {
    { "trunk", "09876543210", "e164", MAKES },
    { "national", "9876543210", "e164", MAKES },
    { "bare", "919876543210", "e164", MAKES },
    { "short code", "100", "e164", MAKES },
    { "double zero", "00919876543210", "e164",
      " is not E.164 (did you mean '+XXXXXXXXX210'?)" },
    { "double zero short", "00123", "e164", MAKES },
    { "short", "+1234567", "e164", " is shorter than 8 digits" },
    { "long", "+1234567890123456", "e164", " is longer than the 15 digits of E.164" },
    { "zero", "+0987654321", "e164", " has a country code that begins with 0" },
    { "two", "+1", "phone", " is shorter than 3 digits" },
    { "masked", "+91xxxxxxxxxx", "phone", " is not a phone number" },
    { "portal", "<number-1>", "phone", " is not a phone number" },
    { "word", "anonymous", "phone", " is not a phone number" },
    { "blank", "  ", "phone", " is empty" },
    { "nul", "+919876543210\0", "phone", " is not a phone number" },
    { "sip", "sip:agent@exotel.com", "phone", " is a SIP address, not a phone number" },
    { "sip.empty", "sip:", "phone", " has no address after sip:" },
    { "semicolon", "+919876543210;+919876543210", "phone", " is not a phone number" },
  } do
    refuses(("e164.not.%s.%s"):format(wrong[1], option), option, { [option] = wrong[2] }, option,
      wrong[3], option .. wrong[4])
    refuses(("e164.not.%s.%s.item"):format(wrong[1], option), option,
      { [option] = { NUMBER, NUMBER, wrong[2] } }, option, wrong[3],
      option .. "[3]" .. wrong[4])
  end
end

-- }=================================================================

-- {=================================================================
-- Ranges
-- ==================================================================

local bounds = {
  date_created = { "gte and lte", "2019-12-03 00:00:00" },
  duration = { "gte, gt, lte, lt and eq", "10s" },
  price = { "gte, lte and eq", "0.5" },
}
for option, entry in pairs(bounds) do
  local takes, value = entry[1], entry[2]
  refuses("range.empty." .. option, option, { [option] = {} }, option, "empty",
    option .. " is an empty range")
  refuses("range.empty.text." .. option, option, { [option] = "" }, option, "empty",
    option .. " is empty")
  refuses("range.empty.end." .. option, option, { [option] = { gte = "" } }, option, "empty",
    option .. ".gte is empty")
  refuses("range.empty.end.text." .. option, option, { [option] = "gte:" }, option, "empty",
    option .. ".gte is empty")
  refuses("range.twice.text." .. option, option,
    { [option] = ("gte:%s;gte:%s"):format(value, value) }, option, "conflict",
    option .. ".gte is given twice")
  for text, meant in pairs { gtee = "gte", Lte = "lte", lts = "lte", zzz = false } do
    local hint = meant and ("did you mean '%s'?"):format(meant) or "it takes " .. takes
    raises(("range.operator.%s.%s"):format(option, text), option, { [option] = { [text] = value } },
      ("option '%s' has no operator '%s' (%s)"):format(option, text, hint))
    refuses(("range.operator.text.%s.%s"):format(option, text), option,
      { [option] = text .. ":" .. value }, option, "operator",
      ("%s has no operator '%s' (%s)"):format(option, text, hint))
  end
  raises("range.operator.first." .. option, option,
    { [option] = { zzz = value, aaa = value, gte = value } },
    ("option '%s' has no operator 'aaa' (it takes %s)"):format(option, takes))
  raises("range.list." .. option, option, { [option] = { value } },
    "names of operators are strings, got a number")
  for kind, wrong in pairs { boolean = true, ["function"] = print } do
    raises(("range.type.%s.%s"):format(kind, option), option, { [option] = wrong },
      ("option '%s' wants a number, a string or a table of operators, got a %s"):format(option,
        kind))
    raises(("range.type.end.%s.%s"):format(kind, option), option,
      { [option] = { gte = value, lte = wrong } },
      ("option '%s.lte' wants a number or a string, got a %s"):format(option, kind))
  end
  raises("range.type.end.table." .. option, option, { [option] = { gte = {} } },
    ("option '%s.gte' wants a number or a string, got a table"):format(option))
end
raises("range.twice.names", "duration", { duration = { gte = 1 }, Duration = { lte = 2 } },
  "option 'duration' is given twice, as 'Duration' and as 'duration'")
raises("range.type.first", { "date_created", "duration" },
  { date_created = { lte = true, gte = {} }, duration = true },
  "option 'date_created.gte' wants a number or a string, got a table")
raises("range.elsewhere", "page_size", { page_size = { gte = 1 } },
  "option 'page_size' wants a number, got a table")

-- { id, what is given, what is sent }
for _, entry in ipairs {
  { "integer", 10, "eq:10s" }, { "float", 10.0, "eq:10s" }, { "text", "10", "eq:10s" },
  { "text.unit", "10s", "eq:10s" }, { "text.eq", "eq:10", "eq:10s" }, { "zero", 0, "eq:0s" },
  { "eq", { eq = 30 }, "eq:30s" }, { "gte", { gte = 10 }, "gte:10s" },
  { "lte", { lte = "45s" }, "lte:45s" }, { "gt", { gt = 10 }, "gte:11s" },
  { "lt", { lt = "60" }, "lte:59s" }, { "gte.lte", { gte = 10, lte = 45 }, "gte:10s%3Blte:45s" },
  { "gt.lte", { gt = "10s", lte = 45 }, "gte:11s%3Blte:45s" },
  { "gte.lt", { gte = 10.0, lt = 46 }, "gte:10s%3Blte:45s" },
  { "one", { gte = 10, lte = 10 }, "gte:10s%3Blte:10s" },
  { "between", { gt = 10, lt = 12 }, "gte:11s%3Blte:11s" },
  { "reversed", "lte:45s;gte:10s", "gte:10s%3Blte:45s" },
  { "text.gt.lt", "gt:10s;lt:60s", "gte:11s%3Blte:59s" },
  { "max", { lte = 999999 }, "lte:999999s" }, { "gt.zero", { gt = 0 }, "gte:1s" },
  { "gt.max", { gt = 999998 }, "gte:999999s" }, { "lt.max", { lt = 999999 }, "lte:999998s" },
  { "lt.one", { lt = 1 }, "lte:0s" },
} do
  sends("duration." .. entry[1], "duration", { duration = entry[2] }, "Duration=" .. entry[3])
end
-- { id, what is given, reason, message }
for _, entry in ipairs {
  { "negative", -1, "range", "duration must be whole seconds from 0 to 999999" },
  { "over", 1000000, "range", "duration must be whole seconds from 0 to 999999" },
  { "fraction", 1.5, "range", "duration must be whole seconds from 0 to 999999" },
  { "nan", NAN, "range", "duration must be whole seconds from 0 to 999999" },
  { "inf", HUGE, "range", "duration must be whole seconds from 0 to 999999" },
  { "unit", "s", "range", "duration must be whole seconds from 0 to 999999" },
  { "minutes", "10m", "range", "duration must be whole seconds from 0 to 999999" },
  { "exponent", "1e3", "range", "duration must be whole seconds from 0 to 999999" },
  { "blank", " 10s", "range", "duration must be whole seconds from 0 to 999999" },
  { "nul", "10s\0", "range", "duration must be whole seconds from 0 to 999999" },
  { "gte.negative", { gte = "-1s" }, "range",
    "duration.gte must be whole seconds from 0 to 999999" },
  { "lte.over", { lte = 1000000 }, "range",
    "duration.lte must be whole seconds from 0 to 999999" },
  { "gt.over", { gt = 999999 }, "range", "duration.gt must be whole seconds from 0 to 999998" },
  { "gt.negative", { gt = -1 }, "range", "duration.gt must be whole seconds from 0 to 999998" },
  { "lt.zero", { lt = 0 }, "range", "duration.lt must be whole seconds from 1 to 999999" },
  { "lt.over", { lt = 1000000 }, "range",
    "duration.lt must be whole seconds from 1 to 999999" },
  { "eq.text", "eq:x", "range", "duration.eq must be whole seconds from 0 to 999999" },
  { "lte.text", "gte:1s;lte:-5s", "range",
    "duration.lte must be whole seconds from 0 to 999999" },
  { "comma", "10s,20s", "range", "duration must be whole seconds from 0 to 999999" },
  { "eq.gte", { eq = 1, gte = 1 }, "conflict",
    "duration.eq can't stand beside another operator" },
  { "eq.lt", "eq:1s;lt:5s", "conflict", "duration.eq can't stand beside another operator" },
  { "plain.lte", "1s;lte:5s", "conflict", "duration.eq can't stand beside another operator" },
  { "plain.twice", "1s;2s", "conflict", "duration.eq is given twice" },
  { "gte.gt", { gte = 1, gt = 1 }, "conflict",
    "duration.gte and duration.gt say the same end twice: give one of them" },
  { "lte.lt", { lte = 1, lt = 1 }, "conflict",
    "duration.lte and duration.lt say the same end twice: give one of them" },
  { "gte.over.lte", { gte = 45, lte = 10 }, "range",
    "duration.gte and duration.lte leave nothing between them (gte:45s;lte:10s)" },
  { "digits.over", { gte = 100, lte = 99 }, "range",
    "duration.gte and duration.lte leave nothing between them (gte:100s;lte:99s)" },
  { "gt.over.lt", "gt:10s;lt:11s", "range",
    "duration.gt and duration.lt leave nothing between them (gte:11s;lte:10s)" },
  { "sign", "gte:1s;", "conflict", "duration.eq can't stand beside another operator" },
} do
  refuses("duration.not." .. entry[1], "duration", { duration = entry[2] }, "duration", entry[3],
    entry[4])
end

for _, entry in ipairs {
  { "text", "0.300030", "eq:0.300030" }, { "integer", 1, "eq:1" }, { "float", 1.0, "eq:1" },
  { "tenth", 0.1, "eq:0.1" }, { "quarter", 0.25, "eq:0.25" }, { "zero", 0, "eq:0" },
  { "small", 0.00001, "eq:0.00001" }, { "sum", 0.1 + 0.2, "eq:0.30000000000000004" },
  { "eq", { eq = "1.500" }, "eq:1.500" }, { "gte", { gte = "0.10" }, "gte:0.10" },
  { "lte", { lte = 0.75 }, "lte:0.75" },
  { "both", { gte = "0.10", lte = "1.0" }, "gte:0.10%3Blte:1.0" },
  { "same", { gte = "1.0", lte = "1" }, "gte:1.0%3Blte:1" },
  { "max", { lte = 999999 }, "lte:999999" }, { "32", "0." .. ("1"):rep(30), "eq:0."
    .. ("1"):rep(30) },
} do
  sends("price." .. entry[1], "price", { price = entry[2] }, "Price=" .. entry[3])
end
for _, entry in ipairs {
  { "negative", -0.5, "range", "price must be a decimal from 0 to 999999" },
  { "negative.text", "-1", "range", "price must be a decimal from 0 to 999999" },
  { "negative.zero", "-0", "range", "price must be a decimal from 0 to 999999" },
  { "over", { lte = 999999.5 }, "range", "price.lte must be a decimal from 0 to 999999" },
  { "over.text", { lte = "1000000" }, "range", "price.lte must be a decimal from 0 to 999999" },
  { "nan", NAN, "range", "price must be a decimal from 0 to 999999" },
  { "inf", HUGE, "range", "price must be a decimal from 0 to 999999" },
  { "tiny", 1e-30, "range", "price must be a decimal from 0 to 999999" },
  { "exponent", "1e3", "range", "price must be a decimal from 0 to 999999" },
  { "point", "1.", "range", "price must be a decimal from 0 to 999999" },
  { "comma", "1,5", "range", "price must be a decimal from 0 to 999999" },
  { "currency", "INR 5", "range", "price must be a decimal from 0 to 999999" },
  { "unit", { gte = "10s" }, "range", "price.gte must be a decimal from 0 to 999999" },
  { "33", "0." .. ("1"):rep(31), "too_long", "price has 33 bytes, over the limit of 32" },
  { "gt", { gt = 1 }, "operator", "price takes gte, lte and eq only, not gt" },
  { "lt", { lt = 1 }, "operator", "price takes gte, lte and eq only, not lt" },
  { "gt.text", "gt:1", "operator", "price takes gte, lte and eq only, not gt" },
  { "lt.text", "lt:1", "operator", "price takes gte, lte and eq only, not lt" },
  { "eq.lte", { eq = 1, lte = 1 }, "conflict", "price.eq can't stand beside another operator" },
  { "gte.over.lte", { gte = 1.5, lte = "1.25" }, "range",
    "price.gte and price.lte leave nothing between them (gte:1.5;lte:1.25)" },
  { "digits.over", "gte:10;lte:9", "range",
    "price.gte and price.lte leave nothing between them (gte:10;lte:9)" },
} do
  refuses("price.not." .. entry[1], "price", { price = entry[2] }, "price", entry[3], entry[4])
end

for _, entry in ipairs {
  { "gte", { gte = "2019-12-03 10:48:33" }, "gte:2019-12-03+10:48:33" },
  { "lte", { lte = "2019-12-03 10:48:33" }, "lte:2019-12-03+10:48:33" },
  { "day", { gte = "2019-12-03", lte = "2019-12-03" },
    "gte:2019-12-03+00:00:00%3Blte:2019-12-03+23:59:59" },
  { "day.text", "gte:2019-12-03;lte:2019-12-04",
    "gte:2019-12-03+00:00:00%3Blte:2019-12-04+23:59:59" },
  { "reversed", "lte:2019-12-04 00:00:00;gte:2019-12-03 00:00:00",
    "gte:2019-12-03+00:00:00%3Blte:2019-12-04+00:00:00" },
  { "same", { gte = "2019-12-03 00:00:00", lte = "2019-12-03 00:00:00" },
    "gte:2019-12-03+00:00:00%3Blte:2019-12-03+00:00:00" },
  { "leap", { gte = "2020-02-29" }, "gte:2020-02-29+00:00:00" },
  { "epoch", { gte = 1575311400, lte = 1575397799 },
    "gte:2019-12-03+00:00:00%3Blte:2019-12-03+23:59:59" },
  { "epoch.zero", { gte = 0 }, "gte:1970-01-01+05:30:00" },
  { "epoch.float", { gte = 1575311400.75 }, "gte:2019-12-03+00:00:00" },
  { "epoch.negative", { gte = -0.5 }, "gte:1970-01-01+05:29:59" },
  { "epoch.and.text", { gte = 1575311400, lte = "2019-12-03 00:00:00" },
    "gte:2019-12-03+00:00:00%3Blte:2019-12-03+00:00:00" },
} do
  sends("date_created." .. entry[1], "date_created", { date_created = entry[2] },
    "DateCreated=" .. entry[3])
end
for id, entry in pairs { utc = { 0, "1969-12-31+18:30:00" }, west = { "-08:00",
    "1969-12-31+10:30:00" }, east = { "+08:00", "1970-01-01+02:30:00" } } do
  sends("date_created.offset." .. id, "date_created", { date_created = { gte = -19800 } },
    "DateCreated=gte:" .. entry[2], { time_offset = entry[1] })
end
sends("date_created.offset.text", "date_created", { date_created = DAY }, DAY_SENT,
  { time_offset = 0 })
local NO_TIME = " is no time like 2019-01-31 23:59:59 (byte %d)"
for _, entry in ipairs {
  { "month", { gte = "2019-13-01" }, "time", "date_created.gte" .. NO_TIME:format(6), 6 },
  { "leap", { lte = "2019-02-29" }, "time", "date_created.lte" .. NO_TIME:format(9), 9 },
  { "iso", { gte = "2019-12-03T10:48:33" }, "time", "date_created.gte" .. NO_TIME:format(11),
    11 },
  { "zone", { gte = "2019-12-03 10:48:33Z" }, "time", "date_created.gte" .. NO_TIME:format(20),
    20 },
  { "minutes", { gte = "2019-12-03 10:48" }, "time", "date_created.gte" .. NO_TIME:format(17),
    17 },
  { "encoded", "gte:2019-12-03+00:00:00%3Blte:2019-12-04+00:00:00", "time",
    "date_created.gte" .. NO_TIME:format(11), 11 },
  { "word", { gte = "yesterday" }, "time", "date_created.gte" .. NO_TIME:format(1), 1 },
  { "nul", { gte = "2019-12-03\0" }, "time", "date_created.gte" .. NO_TIME:format(11), 11 },
  { "long", { gte = ("2"):rep(8193) }, "too_long",
    "date_created.gte has 8193 bytes, over the limit of 8192" },
  { "milliseconds", { gte = 1575311400000 }, "range",
    "date_created.gte is no time of the years 1 to 9999, in epoch seconds" },
  { "before", { lte = -62135616601 }, "range",
    "date_created.lte is no time of the years 1 to 9999, in epoch seconds" },
  { "nan", { gte = NAN }, "range",
    "date_created.gte is no time of the years 1 to 9999, in epoch seconds" },
  { "inf", { lte = HUGE }, "range",
    "date_created.lte is no time of the years 1 to 9999, in epoch seconds" },
  { "plain", "2019-12-03 00:00:00", "operator",
    "date_created needs an operator: it takes gte and lte" },
  { "plain.number", 1575311400, "operator",
    "date_created needs an operator: it takes gte and lte" },
  { "plain.second", "gte:2019-12-03;2019-12-04", "operator",
    "date_created needs an operator: it takes gte and lte" },
  { "gt", { gt = "2019-12-03" }, "operator", "date_created takes gte and lte only, not gt" },
  { "lt", { lt = 5 }, "operator", "date_created takes gte and lte only, not lt" },
  { "gt.text", "gt:2019-12-03;lte:2019-12-04", "operator",
    "date_created takes gte and lte only, not gt" },
  { "lt.text", "gte:2019-12-03;lt:2019-12-04", "operator",
    "date_created takes gte and lte only, not lt" },
  { "eq", { eq = "2019-12-03", gte = "2019-12-03" }, "operator",
    "date_created takes gte and lte only, not eq" },
  { "eq.text", "eq:2019-12-03", "operator", "date_created takes gte and lte only, not eq" },
  { "gte.over.lte", { gte = "2019-12-04", lte = "2019-12-03" }, "range",
    "date_created.gte and date_created.lte leave nothing between them"
    .. " (gte:2019-12-04 00:00:00;lte:2019-12-03 23:59:59)" },
  { "second.over", { gte = "2019-12-03 00:00:01", lte = 1575311400 }, "range",
    "date_created.gte and date_created.lte leave nothing between them"
    .. " (gte:2019-12-03 00:00:01;lte:2019-12-03 00:00:00)" },
} do
  refuses("date_created.not." .. entry[1], "date_created", { date_created = entry[2] },
    "date_created", entry[3], entry[4], entry[5])
end

-- }=================================================================

-- {=================================================================
-- The page
-- ==================================================================

for _, entry in ipairs { { "details", "details" }, { "numbers_metadata", "NumbersMetadata" } } do
  local option, name = entry[1], entry[2]
  for id, value in pairs { yes = true, text = "true", upper = "TRUE" } do
    sends(option .. "." .. id, option, { [option] = value }, name .. "=true")
  end
  for id, value in pairs { no = false, text_no = "False" } do
    sends(option .. "." .. id, option, { [option] = value }, "")
  end
  refuses(option .. ".word", option, { [option] = "yes" }, option, "choice",
    option .. " must be true or false")
  refuses(option .. ".empty", option, { [option] = "" }, option, "empty", option .. " is empty")
  raises(option .. ".number", option, { [option] = 1 },
    ("option '%s' wants a boolean, got a number"):format(option))
end

for _, entry in ipairs { { "page_size", "PageSize", 1, 100 },
                         { "recording_url_validity", "RecordingUrlValidity", 5, 60 } } do
  local option, name, min, max = entry[1], entry[2], entry[3], entry[4]
  local wrong = ("%s must be a whole number from %d to %d"):format(option, min, max)
  for id, value in pairs { min = min, max = max, float = max + 0.0, text = tostring(max) } do
    sends(option .. "." .. id, option, { [option] = value },
      ("%s=%d"):format(name, tonumber(value)))
  end
  sends(option .. ".name", option, { [name] = max }, ("%s=%d"):format(name, max))
  for id, value in pairs { under = min - 1, over = max + 1, fraction = min + 0.5, nan = NAN,
                           word = "all", negative = -5 } do
    refuses(option .. "." .. id, option, { [option] = value }, option, "range", wrong)
  end
  refuses(option .. ".empty", option, { [option] = "" }, option, "empty", option .. " is empty")
  raises(option .. ".boolean", option, { [option] = true },
    ("option '%s' wants a number, got a boolean"):format(option))
end

for given, sent in pairs { asc = "asc", desc = "desc", ASC = "asc", Desc = "desc",
                           ["DateCreated:desc"] = "desc", ["datecreated:ASC"] = "asc" } do
  sends("sort." .. given, "sort", { sort = given }, "SortBy=DateCreated:" .. sent)
end
for given, hint in pairs { up = "", ascc = " (did you mean 'asc'?)",
                           descc = " (did you mean 'desc'?)", ["DateCreated"] = "",
                           ["Price:asc"] = "", [":asc"] = " (did you mean 'asc'?)",
                           ["asc "] = " (did you mean 'asc'?)",
                           ["DateCreated:"] = "" } do
  local shown = given:gsub(" +$", "")
  refuses("sort.not." .. given, "sort", { sort = given }, "sort", "choice",
    ("sort is '%s': must be asc or desc%s"):format(shown, hint))
end
refuses("sort.empty", "sort", { sort = "" }, "sort", "empty", "sort is empty")
raises("sort.boolean", "sort", { sort = true }, "option 'sort' wants a string, got a boolean")

local ascii = {}
for byte = 32, 126 do ascii[#ascii + 1] = string.char(byte) end
for _, entry in ipairs { { "before", "Before", "after" }, { "after", "After", "before" } } do
  local option, name, other = entry[1], entry[2], entry[3]
  sends("cursor." .. option, option, { [option] = "MTU3+/9==" }, name .. "=MTU3%2B%2F9%3D%3D")
  sends("cursor.name." .. option, option, { [name] = "a&b c:d" }, name .. "=a%26b+c:d")
  sends("cursor.ascii." .. option, option, { [option] = table.concat(ascii) },
    name .. "=+%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789:%3B%3C%3D%3E%3F%40"
    .. "ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~")
  sends("cursor.1024." .. option, option, { [option] = ("a"):rep(1024) },
    name .. "=" .. ("a"):rep(1024))
  refuses("cursor.1025." .. option, option, { [option] = ("a"):rep(1025) }, option, "too_long",
    option .. " has 1025 bytes, over the limit of 1024")
  refuses("cursor.empty." .. option, option, { [option] = "" }, option, "empty",
    option .. " is empty")
  for id, cursor in pairs { nul = "a\0", cr = "a\r\nX: y", tab = "a\t", delete = "a\127",
                            utf8 = "a\195\169", byte = "a\255" } do
    refuses(("cursor.%s.%s"):format(id, option), option, { [option] = cursor }, option, "cursor",
      option .. " has a byte that no cursor holds (byte 2)", 2)
  end
  raises("cursor.type." .. option, option, { [option] = 5 },
    ("option '%s' wants a string, got a number"):format(option))
  raises("cursor.twice." .. option, option, { [option] = "a", [name] = "a" },
    ("option '%s' is given twice, as '%s' and as '%s'"):format(option, name, option))
  refuses("cursor.both." .. option, { option, other }, { [option] = "a", [other] = "b" },
    "before", "conflict", "before and after can't stand together: give one of them")
end

-- The longest query: a cursor of which each byte takes three.
sends("longest", { "sid", "before" }, { sid = list(20, ("z"):rep(64)), before = ("="):rep(1024) },
  "Sid=" .. times(20, ("z"):rep(64), "%2C") .. "&Before=" .. ("%3D"):rep(1024))

-- }=================================================================

-- {=================================================================
-- Names that are none
-- ==================================================================

for given, meant in pairs { statu = "status", Sids = "sid", date_create = "date_created",
                            DateCreate = "date_created", phonenumber = "phone_number",
                            pagesize = "page_size", sort_by = "SortBy", sortby = "SortBy",
                            caller_id = false, custom_field = false, extra = false,
                            zzzz = false } do
  raises("unknown." .. given, "calls", { [given] = "x" },
    ("option '%s' is not known%s"):format(given,
      meant and (" (did you mean '%s'?)"):format(meant) or ""))
end
raises("unknown.table", "calls", { zzzz = { gte = 1 } }, "option 'zzzz' is not known")
raises("client.api_key", "calls", { api_key = "x" },
  "option 'api_key' belongs to exotel.configure or exotel.client, not to a call")
for _, name in ipairs { "retries", "timeout", "deadline" } do
  raises("how." .. name, "calls", { [name] = 1 },
    ("option '%s' belongs in the second table, behind this one"):format(name))
end

-- }=================================================================

return rows
