-- Runs the rows of webhooks, through the module and through a client, and builds every
-- event again in each encoding; then what no single row can say: that encodings agree, that
-- keys tell events apart, and that no input whatever raises.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local read_file = require "spec.support.read_file"
local rows = require "spec.rows.events"
local same = require "spec.support.same"

local settings = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678" }
local JSON, FORM = "application/json", "application/x-www-form-urlencoded"
local MULTIPART = "multipart/form-data"
local encodings = { json = JSON, form = FORM, multipart = MULTIPART }

local function fixture(name) return read_file("spec/fixtures/" .. name) end

local function without_key(event)
  local out = {}
  for name, value in pairs(event) do
    if name ~= "dedup_key" then out[name] = value end
  end
  return out
end

-- Without its content type a form is told from the others by its first bytes.
local function can_be_sniffed(body) return not body:find("^%-%-") and not body:find("^%s*{") end

local function build_again(row, event)
  for encoding, content_type in pairs(encodings) do
    local body, built = exotel.build_callback(event, content_type)
    local about = row.id .. " as " .. encoding
    if row.refuse and row.refuse[encoding] then
      assert.is_nil(body, about)
      assert.equal("invalid", built.kind, about)
    else
      assert.is_string(body, about .. ": " .. tostring(built))
      same(event, (assert(exotel.parse_callback(body, built))), about)
      if encoding ~= "form" or can_be_sniffed(body) then
        same(event, (assert(exotel.parse_callback(body))), about .. ", sniffed")
      end
    end
  end
end

local function check(row, face, event, err)
  if row.event then
    assert.is_table(event, face .. ": " .. tostring(err))
    assert.matches("^" .. ("[0-9a-f]"):rep(32) .. "$", event.dedup_key)
    same(row.event, without_key(event), face)
    return
  end
  assert.is_nil(event, face)
  local expected = { operation = "parse_callback" }
  for name, value in pairs(row.err) do expected[name] = value end
  same(expected, err, face)
end

describe("a webhook", function()
  local client = exotel.client(settings)
  local seen = {}
  for _, row in ipairs(rows) do
    it(row.id, function()
      assert.is_nil(seen[row.id], "the id stands twice")
      seen[row.id] = true
      check(row, "exotel.parse_callback",
        exotel.parse_callback(row.body, row.content_type, row.query))
      local event, err = client:parse_callback(row.body, row.content_type, row.query)
      check(row, "client:parse_callback", event, err)
      if event and not row.one_way then build_again(row, event) end
    end)
  end
end)

local function parse(body, content_type, query)
  return assert(exotel.parse_callback(body, content_type, query))
end

local BOUNDARY = "; boundary=------------------------d74496d66958873e"

describe("the event", function()
  for _, name in ipairs { "S001.default", "S003.terminal", "S003.no-answer" } do
    it("of " .. name .. " is one in all encodings", function()
      local event = parse(fixture(name .. ".json"), JSON)
      same(event, parse(fixture(name .. ".form"), FORM))
      same(event, parse(fixture(name .. ".multipart"), MULTIPART .. BOUNDARY))
      same(event, parse(nil, nil, fixture(name .. ".form")))
    end)
  end

  local function answered(second)
    return parse("CallSid=a&EventType=answered&Status=in-progress"
      .. "&Legs[0][Status]=in-progress&Legs[1][Status]=" .. second).dedup_key
  end

  it("has one key however it is ordered", function()
    local key = parse("CallSid=a&x[1]=2&x[0]=1&Status=busy&y[b]=c&y[a]=d").dedup_key
    assert.equal(key, parse("y[a]=d&Status=busy&x[0]=1&x[1]=2&y[b]=c&CallSid=a").dedup_key)
    assert.equal(parse("a=1&a=2&b=1&b=2").dedup_key, parse("b=1&b=2&a=1&a=2").dedup_key)
    assert.equal(key, parse("callsid=a&STATUS=Busy&x[0]=1&x[1]=2&y[b]=c&y[a]=d").dedup_key)
    assert.equal(key, parse("CallSid=a&x[0]=1", nil,
      "x[1]=2&Status=busy&y[b]=c&y[a]=d").dedup_key)
  end)

  it("has keys that tell deliveries apart", function()
    local terminal = "CallSid=a&EventType=terminal&Status=completed"
    local all = {
      answered "", answered "in-progress", parse(terminal).dedup_key,
      parse(terminal .. "&Legs[0][Status]=completed").dedup_key,
      parse(terminal .. "&Legs[0][Status]=completed&Legs[1][Status]=completed").dedup_key,
      parse("CallSid=b&EventType=terminal&Status=completed").dedup_key,
      parse("CallSid=a&Status=completed").dedup_key,
      parse("CallSid=a&Status=completed&x=1").dedup_key,
      parse("CallSid=a&Status=completed&x=2").dedup_key,
      parse("CallSid=a&Status=completed&x[0]=1").dedup_key,
      parse("CallSid=a&Status=completed&x[a]=1").dedup_key,
      parse("CallSid=a&Status=completed&x1=").dedup_key,
      parse("CallSid=a&Status=completed1").dedup_key,
      parse("CallSid=a&Status=completed&Duration=1").dedup_key,
      parse("CallSid=a&Status=completed&Duration=x").dedup_key,
    }
    assert.equal(all[7], all[12]) -- an absent value says nothing
    table.remove(all, 12)
    local seen = {}
    for i, key in ipairs(all) do
      assert.is_nil(seen[key], "key " .. i .. " is that of " .. tostring(seen[key]))
      seen[key] = i
    end
  end)

  it("has the same key for what a value is, however it is spelt", function()
    local key = parse("Duration=17&Status=completed&EndTime=").dedup_key
    assert.equal(key, parse("Duration=017&Status=Completed").dedup_key)
    assert.equal(key, parse('{"Duration":17.0,"Status":"COMPLETED","EndTime":null}').dedup_key)
  end)

  it("masks numbers where it is printed", function()
    local event = parse("CallSid=" .. ("5c6b"):rep(8) .. "&EventType=terminal&Status=busy"
      .. "&From=%2B919123456789&To=09876543210")
    assert.equal("event terminal of call " .. ("5c6b"):rep(8) .. " busy", tostring(event))
    event = parse "CallSid=%2B919123456789&CallFrom=09876543210&EventType=Dial&Status=free"
    local text = tostring(event)
    assert.matches("^event agent of call %S+ free$", text)
    assert.is_nil(text:find("919123456789", 1, true))
    assert.equal("event unknown of call unknown", tostring(parse "a=b"))
  end)

  it("is printed in one line, whatever stands in it", function()
    assert.equal("event default of call a event default   [1mbusy", tostring(parse(
      "CallSid=a%0Aevent default&Status=%0D%1B[1mbusy")))
  end)

  it("lists its fields", function()
    local known = {}
    for _, field in ipairs(exotel.fields "event") do
      known[(field.list and field.list .. "." or "") .. field.lua] = field.name
    end
    assert.equal("CallSid", known.call_sid)
    assert.equal("Legs[].Insights.Status", known["legs.insights_status"])
    assert.equal("Status", known.agent_status)
  end)
end)

describe("an error of a webhook", function()
  it("has no outcome, and says so in its text", function()
    local _, err = exotel.parse_callback("", FORM)
    assert.is_nil(err.outcome)
    assert.equal("exotel.parse_callback: there is no field in body and query (parse)",
      tostring(err))
    local event = parse("a=b")
    event.a = "\255"
    _, err = exotel.build_callback(event, JSON)
    assert.is_nil(err.outcome)
    assert.equal("invalid", err.kind)
    assert.equal("build_callback", err.operation)
    assert.equal("exotel.build_callback: a is not UTF-8 (invalid)", tostring(err))
  end)

  it("repeats no whole phone number", function()
    local _, err = exotel.parse_callback("919123456789[1000]=x", FORM)
    assert.equal("limit", err.reason)
    assert.is_nil(tostring(err):find("919123456789", 1, true))
    assert.is_nil(err.field:find("919123456789", 1, true))
  end)
end)

-- The message of what a function raises, which must name this file.
local function raised(run)
  local ok, message = pcall(run)
  assert.is_false(ok)
  assert.matches("^spec/callback_spec%.lua:%d+: ", (message:gsub("^%./", "")))
  return (message:gsub("^.-:%d+: ", ""))
end

describe("build_callback", function()
  local client = exotel.client(settings)
  local event = parse "CallSid=a&Status=busy"

  it("raises misuse at the caller's line", function()
    for _, face in ipairs {
      exotel.build_callback, function(...) local _ = client:build_callback(...) end,
    } do
      for name, wrong in pairs { ["nil"] = false, string = "a", number = 1 } do
        if wrong == false then wrong = nil end
        assert.equal("exotel.build_callback wants an event, got a " .. name,
          raised(function() local _ = face(wrong) end))
      end
      for _, wrong in ipairs { "text/plain", "json", "", 7, {}, MULTIPART .. "; boundary=x" } do
        assert.equal("exotel.build_callback wants multipart/form-data, application/json or"
          .. " application/x-www-form-urlencoded",
          raised(function() local _ = face(event, wrong) end))
      end
    end
  end)

  it("builds multipart unless told otherwise", function()
    local body, content_type = exotel.build_callback(event)
    assert.matches("^multipart/form%-data; boundary=exotel%-%-%x+$", content_type)
    local other, other_type = client:build_callback(event, MULTIPART)
    assert.equal(body, other)
    assert.equal(content_type, other_type)
    local boundary = content_type:match "boundary=(.*)$"
    assert.equal(table.concat({
      "--" .. boundary, 'Content-Disposition: form-data; name="CallSid"', "", "a",
      "--" .. boundary, 'Content-Disposition: form-data; name="Status"', "", "busy",
      "--" .. boundary .. "--", "" }, "\r\n"), body)
  end)

  it("builds JSON and forms in the documented order and shape", function()
    local full = parse(fixture "S003.no-answer.json", JSON)
    local body, content_type = exotel.build_callback(full, JSON)
    assert.equal(JSON, content_type)
    assert.equal('{"CallSid":"492205107c5fb48f4ac25d1f77759339","EventType":"terminal",'
      .. '"Status":"no-answer","DateCreated":"2019-04-08 03:10:55",'
      .. '"DateUpdated":"2019-04-08 03:11:28","StartTime":"2019-04-08 03:10:55",'
      .. '"EndTime":"2019-04-08 03:11:30","From":"+91941374XXXX","To":"+91886799XXXX",'
      .. '"PhoneNumberSid":"0113083XXXX","Direction":"outbound-api","ConversationDuration":0,'
      .. '"Legs":[{"Status":"no-answer","OnCallDuration":0},{"OnCallDuration":0}]}', body)
    body, content_type = exotel.build_callback(parse "Legs[0][Status]=a+b&From=%2B91", FORM)
    assert.equal(FORM, content_type)
    assert.equal("From=%2B91&Legs%5B0%5D%5BStatus%5D=a%20b", body)
  end)

  it("takes an event that was made by hand", function()
    local body, content_type = exotel.build_callback({ kind = "terminal", call_sid = "a",
      event_type = "terminal", digits = "1", legs = { { status = "busy" } } }, FORM)
    assert.equal("CallSid=a&EventType=terminal&Legs%5B0%5D%5BStatus%5D=busy&digits=%221%22", body)
    assert.equal("terminal", parse(body, content_type).kind)
    body = exotel.build_callback({}, JSON)
    assert.equal("{}", body)
  end)

  it("refuses what no encoding can carry", function()
    for _, content_type in pairs(encodings) do
      for _, value in ipairs { print, io.stdout, coroutine.create(function() end) } do
        local body, err = exotel.build_callback({ call_sid = value }, content_type)
        assert.is_nil(body)
        assert.equal("invalid", err.kind)
      end
      local loop = {}
      loop.loop = loop
      local body, err = exotel.build_callback(loop, content_type)
      assert.is_nil(body)
      assert.equal("invalid", err.kind)
      body, err = exotel.build_callback({ 1, 2 }, content_type)
      assert.is_nil(body)
      assert.equal("invalid", err.kind)
    end
  end)

  it("never has its boundary in the data", function()
    local data, seen = "x", {}
    for _ = 1, 20 do
      local body, content_type = exotel.build_callback { call_sid = data }
      local boundary = content_type:match "boundary=(.*)$"
      assert.is_nil(seen[boundary])
      seen[boundary] = true
      assert.is_nil(data:find(boundary, 1, true))
      assert.equal(data, parse(body, content_type).call_sid)
      data = body -- the next one holds every boundary before it, as lines
    end
  end)
end)

-- {=================================================================
-- Anything at all
-- ==================================================================

-- A generator of our own: the same inputs on every Lua.
local state = 20190408
local function random(n)
  state = (state * 16807) % 2147483647
  return state % n + 1
end

local scraps = { "\r\n", "\n", "\r", "--", "-", "\0", "\255", "\195", "[", "]", "[0]", "[1000]",
                 "{", "}", '"', "\\", "\\u0000", "\\ud800", "=", "&", "%", "%00", "%5B", ";", ":",
                 ",", " ", "null", "name=", "filename=", "Legs", "Stream", "Duration", "digits",
                 "Content-Disposition: form-data; ", "--------------------------d74496d66958873e" }

local function byte(n) return string.char(random(n) - 1) end

local function mutate(text)
  for _ = 1, random(4) do
    local at, how = random(#text + 1), random(6)
    local before, after = text:sub(1, at - 1), text:sub(at)
    if how == 1 then text = before .. byte(256) .. after:sub(2)
    elseif how == 2 then text = before .. after:sub(random(20) + 1)
    elseif how == 3 then text = before .. scraps[random(#scraps)] .. after
    elseif how == 4 then text = before .. after:sub(1, random(60)) .. after
    elseif how == 5 then text = before .. scraps[random(#scraps)] .. after:sub(random(8))
    elseif random(4) == 1 then text = before
    end
  end
  return text
end

local function noise()
  local out = {}
  for i = 1, random(40) do
    out[i] = random(3) == 1 and scraps[random(#scraps)] or byte(256)
  end
  return table.concat(out)
end

-- Either an event, whole, or an error, whole.
local function settled(body, content_type, query)
  local ok, event, err = pcall(exotel.parse_callback, body, content_type, query)
  local about = ("%q, %q, %q"):format(tostring(body), tostring(content_type), tostring(query))
  assert.is_true(ok, about)
  if event == nil then
    assert.equal("parse", err.kind, about)
    assert.is_string(err.reason, about)
    assert.is_string(tostring(err), about)
    return
  end
  assert.is_nil(err, about)
  assert.equal(32, #event.dedup_key, about)
  assert.is_string(event.kind, about)
  assert.is_boolean(event.final, about)
  assert.is_string(tostring(event), about)
  return event, about
end

-- Every field came without a value.
local function is_hollow(event)
  for name in pairs(event) do
    if name ~= "kind" and name ~= "final" and name ~= "dedup_key" then return false end
  end
  return true
end

-- What can be built again is the event that it was, or is refused with a reason.
local function holds(event, about)
  for _, content_type in pairs(encodings) do
    local body, built = exotel.build_callback(event, content_type)
    if body then
      if not is_hollow(event) then
        same(event, (exotel.parse_callback(body, built)), content_type .. " of " .. about)
      end
    else
      assert.equal("invalid", built.kind, about)
    end
  end
end

describe("no webhook raises", function()
  local types = { JSON, FORM, MULTIPART .. BOUNDARY, MULTIPART, "text/plain", "" }
  for _, name in ipairs { "S001.default", "S003.terminal", "S003.no-answer" } do
    for _, encoding in ipairs { "json", "form", "multipart" } do
      it("made of " .. name .. "." .. encoding, function()
        local text = fixture(name .. "." .. encoding)
        local own = encoding == "multipart" and MULTIPART .. BOUNDARY or encodings[encoding]
        for i = 1, 500 do
          local content_type = i % 5 == 0 and types[random(#types)] or own
          local query = i % 7 == 0 and mutate(fixture(name .. ".form")) or nil
          local event, about = settled(mutate(text), content_type, query)
          if event then holds(event, about) end
        end
      end)
    end
  end

  it("made of noise", function()
    for _ = 1, 2000 do
      local body, query = noise(), random(3) == 1 and noise() or nil
      local content_type = random(4) == 1 and noise() or types[random(#types)]
      local event, about = settled(body, content_type, query)
      if event then holds(event, about) end
    end
  end)

  it("cut anywhere", function()
    for _, encoding in ipairs { "json", "form", "multipart" } do
      local text = fixture("S003.no-answer." .. encoding)
      local own = encoding == "multipart" and MULTIPART .. BOUNDARY or encodings[encoding]
      for n = 0, #text do settled(text:sub(1, n), own) end
    end
  end)

  it("as large as memory", function()
    local huge = ("a"):rep(8 * 1024 * 1024)
    for _, content_type in ipairs(types) do
      local event, err = exotel.parse_callback(huge, content_type)
      assert.is_nil(event)
      assert.equal("limit", err.reason)
    end
    settled("a=b", huge)
    settled("a=b", MULTIPART .. "; " .. ("x=y; "):rep(100000))
    settled(("--x\r\n"):rep(200000), MULTIPART .. "; boundary=x")
    settled(("--x\r\n\r\n"):rep(100000), MULTIPART .. "; boundary=x")
    settled(("["):rep(1000000), JSON)
    settled(("&"):rep(1000000), FORM)
    settled(("\n--"):rep(300000), MULTIPART .. "; boundary=x")
  end)
end)

-- }=================================================================
