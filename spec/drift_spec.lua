-- The drift check: what a sandbox answers, posts and asks, against the documented samples in
-- spec/fixtures, field by field: names, order, presence, and the look of each value. Where the
-- sandbox differs, a row says how and why; a row that is no longer true fails as well.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local dkjson = require "dkjson"
local on_sandbox = require "spec.support.on_sandbox"
local read_file = require "spec.support.read_file"
local shape = require "spec.support.shape"

local FROM, TO, BUSY = "+919876543210", "+919123456710", "+919876543201"

-- Differences that are meant: by sample, what the comparison says, and the reason.
local meant = {}

local function differs(sample, difference, reason)
  assert(reason, "a difference without a reason")
  meant[sample] = meant[sample] or {}
  meant[sample][difference] = reason
end

differs("S001.connect.json", "Call.To is null, not text",
  "a flow's To is a number, the ExoPhone or null by the page; the sandbox has none")
differs("S001.connect.xml", "TwilioResponse.Call.To is null, not text",
  "a flow's To is a number, the ExoPhone or null by the page; the sandbox has none")
differs("S003.call_details.details.json", "Call.Details.Legs[].Leg.Id is number, not count",
  "the sample has \"1\", bulk answers 1; readers take both")
differs("S003.calls.json", "has Calls[].PhoneNumber text",
  "S003 describes PhoneNumber for bulk answers; its sample lacks it")
differs("S003.calls.details.json", "has Calls[].PhoneNumber text",
  "S003 describes PhoneNumber for bulk answers; its sample lacks it")
differs("S003.calls.xml", "has TwilioResponse.Call.PhoneNumber text",
  "S003 describes PhoneNumber for bulk answers; its sample lacks it")
differs("S003.calls.details.xml", "has TwilioResponse.Call.PhoneNumber text",
  "S003 describes PhoneNumber for bulk answers; its sample lacks it")
differs("S003.calls.details.json", "order",
  "Legs stand before Leg1Status in this sample and behind Leg2Status in that of one call")
differs("S003.calls.details.json", "Metadata.PrevPageUri is uri /v1/Accounts/x/Calls.json?"
  .. "PageSize&DateCreated&SortBy&details&Before, not uri /v1/Accounts/x/Calls.json?PageSize&"
  .. "DateCreated&SortBy&details&amp;Before", "an &amp; in JSON is a slip of this one sample")
for name, cursor in pairs { First = "", Prev = "&Before", Next = "&After" } do
  differs("S003.calls.details.xml", ("TwilioResponse.Metadata.%sPageUri is uri /v1/Accounts/x/"
    .. "Calls?PageSize&Status&SortBy&details&NumbersMetadata%s, not uri /v1/Accounts/x/Calls?"
    .. "PageSize&SortBy&Status&details&NumbersMetadata%s"):format(name, cursor, cursor),
    "the sandbox spells a query in the order of its rows, whatever order it came in")
end

-- {=================================================================
-- What the sandbox answers, by the name of the sample
-- ==================================================================

local on

local function fixture(name) return read_file("spec/fixtures/" .. name) end

local function ask(method, path, more)
  local request = { username = "sandbox_key", password = "sandbox_token" }
  for name, value in pairs(more or {}) do request[name] = value end
  return on:request(method, "/v1/Accounts/sandbox/" .. path, request)
end

local function post_dial(form, format)
  local list = {}
  for name, value in pairs(form) do list[#list + 1] = name .. "=" .. core.encode(value) end
  return ask("POST", "Calls/connect" .. (format == "json" and ".json" or ""), {
    body = table.concat(list, "&"),
    headers = { ["content-type"] = "application/x-www-form-urlencoded" } })
end

local numbers = { From = FROM, To = TO, CallerId = on_sandbox.CALLER_ID, Record = "true" }

-- The SID of a recorded call that has ended.
local function ended()
  local call = assert(on.client:connect { from = FROM, to = TO, caller_id = on.CALLER_ID,
                                          record = true })
  return on:settled(call).sid
end

local answers = {}

local function answer(sample, give) answers[sample] = give end

for _, format in ipairs { "json", "xml" } do
  local suffix = format == "json" and ".json" or ""
  for _, page in ipairs { "S002", "S003" } do
    if not (page == "S002" and format == "xml") then -- it has no sample in XML
      answer(page .. ".connect." .. format, function() return post_dial(numbers, format) end)
    end
  end
  answer("S001.connect." .. format, function()
    return post_dial({ From = FROM, CallerId = on.CALLER_ID, Url = "http://x/1" }, format)
  end)
  for name, query in pairs { ["call_details"] = "",
                             ["call_details.details"] = "?details=true" } do
    answer(("S003.%s.%s"):format(name, format), function()
      return ask("GET", "Calls/" .. ended() .. suffix .. query)
    end)
  end
  answer("S003.number_metadata." .. format, function()
    return ask("GET", "Numbers/%2B919876543210" .. suffix)
  end)
end

-- The page in the middle of three, asked for with the sample's own parameters.
local function page(format, names)
  local sids = { ended(), ended(), ended() }
  local values = { Sid = table.concat(sids, "%2C"), PageSize = "1", details = "true",
                   SortBy = "DateCreated%3Adesc", Status = "completed", NumbersMetadata = "true",
                   DateCreated = core.encode(("gte:%s;lte:%s"):format(
                     core.date(os.time() - 86400, 19800), core.date(os.time() + 86400, 19800))) }
  local query = {}
  for index, name in ipairs(names) do query[index] = name .. "=" .. values[name] end
  local path = "Calls" .. (format == "json" and ".json" or "") .. "?" .. table.concat(query, "&")
  local body = ask("GET", path).body
  local cursor = assert(body:match "After=([%w%%=]+)", body):gsub("=", "%%3D")
  return ask("GET", path .. "&After=" .. cursor)
end

for _, format in ipairs { "json", "xml" } do
  answer("S003.calls." .. format, function()
    return page(format, { "PageSize", "DateCreated", "SortBy" })
  end)
end
answer("S003.calls.details.json", function()
  return page("json", { "PageSize", "DateCreated", "SortBy", "details" })
end)
answer("S003.calls.details.xml", function()
  return page("xml", { "PageSize", "SortBy", "Status", "details", "NumbersMetadata" })
end)

answer("S002.400.json", function() return post_dial({ To = TO, CallerId = "0" }, "json") end)
answer("S002.401.json", function()
  return ask("GET", "Balance.json", { password = "other" })
end)
answer("S002.429.json", function()
  return post_dial({ From = "+919876543255", To = TO, CallerId = "0" }, "json")
end)

-- Statuses that say that it is the sample's own case.
local statuses = { ["S002.400.json"] = 400, ["S002.401.json"] = 401, ["S002.429.json"] = 429 }

-- }=================================================================

-- {=================================================================
-- Comparing
-- ==================================================================

-- Whether the differences are those that are meant.
local function check(sample, wanted, found)
  local left = {}
  for difference in pairs(meant[sample] or {}) do left[difference] = true end
  local unmeant = {}
  for _, difference in ipairs(shape.differences(wanted, found)) do
    if not left[difference] then unmeant[#unmeant + 1] = difference end
    left[difference] = nil
  end
  assert.same({}, unmeant, sample)
  assert.same({}, left, sample .. ": what is said to differ doesn't")
end

local function same_values(sample, names, body)
  local wanted, found = fixture(sample), body
  for _, name in ipairs(names) do
    local pattern = '"' .. name .. '":%s*"?([^",}]*)'
    assert.equal(wanted:match(pattern), found:match(pattern), sample .. " " .. name)
  end
end

describe("a sandbox answers as documented", function()
  setup(function() on = on_sandbox.start("--speed", "100", "--queue-seconds", "0") end)
  teardown(function() on:stop() end)

  local samples = {}
  for sample in pairs(answers) do samples[#samples + 1] = sample end
  table.sort(samples)

  for _, sample in ipairs(samples) do
    it("in " .. sample, function()
      local response = answers[sample]()
      assert.equal(statuses[sample] or 200, response.status)
      local read = shape[sample:match "%.(%w+)$"]
      local wanted = read(fixture(sample))
      assert.is_true(#wanted > 1, "the sample can't be read")
      check(sample, wanted, read(response.body))
      local type = sample:find "json$" and "application/json" or "application/xml"
      assert.equal(type, response.headers["content-type"])
    end)
  end

  it("with the messages of the errors", function()
    same_values("S002.400.json", { "Status", "Message" }, answers["S002.400.json"]().body)
    same_values("S002.401.json", { "Status", "Message" }, answers["S002.401.json"]().body)
    same_values("S002.429.json", { "Status", "Message" }, answers["S002.429.json"]().body)
  end)

  it("the Balance", function() -- balance.mdx, of which no sample is kept
    local sample = '{"Account":{"AccountSid":"a","BalanceData":{"Balance":"x","Currency":"INR",'
      .. '"PricingPlan":"x","DateUpdated":"2017-03-03 10:48:33"}}}'
    local body = ask("GET", "Balance.json").body
    assert.same({}, shape.differences(shape.json(sample), shape.json(body)))
    assert.matches('"Balance":"1543%.75"', body)
  end)
end)

-- }=================================================================

-- {=================================================================
-- Callbacks
-- ==================================================================

-- Of the fields no order is documented: the samples have two, one in JSON and in multipart each.
for _, sample in ipairs { "S001.default.json", "S001.default.multipart", "S003.no-answer.json",
                          "S003.no-answer.multipart", "S003.terminal.json",
                          "S003.terminal.multipart" } do
  differs(sample, "order", "the samples themselves have the fields in two orders")
end
differs("S003.no-answer.json", "Legs[].Status is empty, not text|null",
  "a leg that was never tried is null in the JSON sample and empty in every other format")

for _, sample in ipairs { "S003.no-answer.json", "S003.no-answer.multipart",
                          "S003.terminal.json", "S003.terminal.multipart" } do
  differs(sample, "has CustomField text", "a dial of ours carries its reference")
end

describe("a sandbox posts StatusCallbacks as documented", function()
  setup(function() on = on_sandbox.start("--speed", "100") end)
  teardown(function() on:stop() end)

  local types = { json = "application/json", multipart = "multipart/form-data" }
  for _, row in ipairs {
    { "S001.default", FROM }, { "S003.terminal", FROM, "terminal" },
    { "S003.no-answer", "+919876543202", "terminal" },
  } do
    for format, content_type in pairs(types) do
      local sample = row[1] .. "." .. format
      it("in " .. sample, function()
        local path = "/" .. sample
        assert(on.client:connect {
          from = row[2], to = TO, caller_id = on.CALLER_ID, record = true,
          status_callback = on:url(path), status_callback_content_type = content_type,
          status_callback_events = row[3] and { row[3] } })
        local one = on:asked(path, 1)[1]
        assert.equal("POST", one.method)
        assert.equal(content_type, one.content_type:match "^[%w/-]+")
        local read = shape[format]
        check(sample, read(fixture(sample)), read(one.body))
      end)
    end
  end
end)

-- }=================================================================

-- {=================================================================
-- Applets
-- ==================================================================

-- The support pages' lists of what applets are told, of which no samples are kept: the name,
-- the look, and when it is there. `always` is in every request.
local passthru = {
  { "CallSid", "sid", "always" }, { "CallFrom", "text", "always" }, { "CallTo", "text", "always" },
  { "Direction", "text", "always" }, { "Created", "text", "always" },
  { "DialCallDuration", "count", "always" }, { "StartTime", "time", "always" },
  { "EndTime", "time", "always" }, { "CallType", "text", "always" },
  { "DialWhomNumber", "empty", "undialled" }, { "DialWhomNumber", "text", "dialled" },
  { "flow_id", "count", "always" }, { "From", "text", "always" }, { "To", "text", "always" },
  { "CurrentTime", "time", "always" }, { "DialCallStatus", "text", "dialled" },
  { "digits", "text", "gathered" }, { "CustomField", "text", "custom" },
  { "RecordingUrl", "url", "recorded" }, { "RecordingAvailableBy", "text", "recorded" },
  { "OutgoingPhoneNumber", "text", "dialled" }, { "Legs[].Number", "text", "dialled" },
  { "Legs[].Type", "text", "dialled" }, { "Legs[].OnCallDuration", "count", "dialled" },
  { "Legs[].CallerId", "text", "dialled" }, { "Legs[].CauseCode", "text", "dialled" },
  { "Legs[].Cause", "count", "dialled" }, { "Legs[].DisconnectedBy", "text", "dialled" },
  { "Stream.StreamSID", "sid", "streamed" }, { "Stream.Status", "text", "streamed" },
  { "Stream.Duration", "count", "streamed" }, { "Stream.StreamUrl", "text", "streamed" },
  { "Stream.DisconnectedBy", "text", "streamed" },
}

local agent = {
  { "CallSid", "sid", "always" }, { "CallFrom", "text", "always" }, { "CallTo", "text", "always" },
  { "Direction", "text", "always" }, { "Created", "text", "always" }, { "From", "text", "always" },
  { "To", "text", "always" }, { "CurrentTime", "time", "always" },
  { "DialWhomNumber", "text", "always" }, { "Status", "text", "always" },
  { "EventType", "text", "always" },
}

-- Listed, but never sent by the sandbox.
local unsent = {
  tenant_id = "accounts have none", CallStatus = "no page says when it is there",
  ForwardedFrom = "no call is forwarded here", ProcessStatus = "no page says what it is",
  Insights = "subscribed to on demand", AgentEmail = "agents here are numbers",
  ["Legs[].Insights"] = "subscribed to on demand",
  ["Stream.RecordingUrl"] = "streams aren't recorded here",
  ["Stream.DetailedStatus"] = "its values aren't documented",
  ["Stream.Error"] = "streams don't fail here",
}

-- The lists have no order.
local function check_request(rows, query, ...)
  local is, wanted = { always = true }, {}
  for _, state in ipairs { ... } do is[state] = true end
  for _, row in ipairs(rows) do
    assert.is_nil(unsent[row[1]])
    if is[row[3]] then wanted[#wanted + 1] = row[1] .. " " .. row[2] end
  end
  local list = {}
  for _, difference in ipairs(shape.differences(wanted, shape.form(query))) do
    if difference ~= "order" then list[#list + 1] = difference end
  end
  assert.same({}, list)
end

describe("a sandbox's applets ask as documented", function()
  setup(function() on = on_sandbox.start("--speed", "100") end)
  teardown(function() on:stop() end)

  local PROMPT = '{"gather_prompt":{"text":"x"}}'

  it("in a Passthru, whatever came before it", function()
    local connect = dkjson.encode { destination = { numbers = { BUSY, TO } }, record = true,
                                    outgoing_phone_number = "08039570001",
                                    dial_passthru_event_url = on:url "/agent" }
    on:answer("/gather", 200, PROMPT, "application/json")
    on:answer("/connect", 200, connect, "application/json")
    local function look(name) return { kind = "passthru", url = on:url("/" .. name) } end
    on:flow { app_id = "5", applets = {
      look "first", { kind = "gather", url = on:url "/gather" }, look "second",
      { kind = "connect", url = on:url "/connect" }, look "third",
      { kind = "stream", url = "wss://x/" }, look "fourth" } }
    on:dial(5, { from = "+919876543267", custom_field = "order" })
    local function query(name) return on:asked("/" .. name, 1)[1].query end
    check_request(passthru, query "first", "undialled", "custom")
    check_request(passthru, query "gather", "undialled", "custom")
    check_request(passthru, query "second", "undialled", "custom", "gathered")
    check_request(passthru, query "connect", "undialled", "custom", "gathered")
    check_request(passthru, query "third", "dialled", "custom", "gathered", "recorded")
    check_request(passthru, query "fourth", "dialled", "custom", "gathered", "recorded",
      "streamed")
    for _, one in ipairs(on:asked("/agent", 4)) do check_request(agent, one.query) end
    assert.truthy(query("second"):find("digits=%227%22", 1, true))
    assert.truthy(query("first"):find("EndTime=1970-01-01%2005%3A30%3A00", 1, true))
  end)
end)

-- }=================================================================

describe("the drift check", function()
  local json = '{"Call":{"Sid":"' .. ("a"):rep(32) .. '","Price":"0.750","Duration":"17",'
    .. '"To":null,"Name":"","Legs":[{"Id":1},{"Id":2}]}}'
  local xml = "<R><Sid>" .. ("a"):rep(32) .. "</Sid><Price>0.750</Price><To/><Name></Name></R>"

  for _, row in ipairs {
    { "json", '"Price"', '"price"', { "lacks Call.Price decimal", "has Call.price decimal" } },
    { "json", '"Price":"0.750",', "", { "lacks Call.Price decimal" } },
    { "json", '"0.750"', "0.750", { "Call.Price is number, not decimal" } },
    { "json", '"0.750"', '"0.75"', { "Call.Price is text, not decimal" } },
    { "json", '"17"', "17", { "Call.Duration is number, not count" } },
    { "json", "null", '""', { "Call.To is empty, not null" } },
    { "json", '""', "null", { "Call.Name is null, not empty" } },
    { "json", '"Id":2', '"Id":"2"', { "Call.Legs[].Id is count, not number" } },
    { "json", '"To":null,"Name":""', '"Name":"","To":null', { "order" } },
    { "json", ("a"):rep(32), "5c", { "Call.Sid is text, not sid" } },
    { "json", '"To"', '"New":1,"To"', { "has Call.New number" } },
    { "xml", "Price", "Cost", { "lacks R.Price decimal", "has R.Cost decimal" } },
    { "xml", "<To/>", "<To></To>", { "R.To is empty, not null" } },
    { "xml", "<Name></Name>", "", { "lacks R.Name empty" } },
  } do
    it(("notices %s in place of %s"):format(row[3], row[2]), function()
      local text = row[1] == "json" and json or xml
      local changed = text:gsub(row[2]:gsub("%p", "%%%0"), (row[3]:gsub("%%", "%%%%")))
      assert.not_equal(text, changed)
      assert.same({}, shape.differences(shape[row[1]](text), shape[row[1]](text)))
      assert.same(row[4], shape.differences(shape[row[1]](text), shape[row[1]](changed)))
    end)
  end

  it("covers every sample of an answer, and of a callback that a sandbox sends", function()
    local known = {}
    for sample in pairs(answers) do known[sample] = true end
    for sample in pairs(meant) do
      assert.is_true(known[sample] or sample:find "default" ~= nil or sample:find "terminal" ~= nil
        or sample:find "no%-answer" ~= nil, sample)
    end
    local pipe = assert(io.popen "ls spec/fixtures")
    for name in pipe:lines() do
      local callback = name:find "default" or name:find "terminal" or name:find "no%-answer"
      assert.is_true(callback ~= nil or known[name] == true, name)
    end
    pipe:close()
  end)
end)
