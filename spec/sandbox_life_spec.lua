-- The sandbox: how a dial is answered late or refused, when prices are known, recordings, and
-- what a stream tells.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local dkjson = require "dkjson"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local on_sandbox = require "spec.support.on_sandbox"
local recordings = require "exotel.sandbox.recordings"
local refusals = require "exotel.sandbox.refusals"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 20
local FROM, TO = "+919876543210", "+919123456710"

local on

local function dial(more)
  local params = { from = FROM, to = TO, caller_id = on.CALLER_ID }
  for name, value in pairs(more or {}) do params[name] = value end
  return on.client:connect(params)
end

-- A dial past the client, in either format; what it is answered.
local function post(form, xml)
  local path = "/v1/Accounts/sandbox/Calls/connect" .. (xml and "" or ".json")
  local list = {}
  for name, value in pairs(form) do list[#list + 1] = name .. "=" .. core.encode(value) end
  return on:request("POST", path, {
    username = "sandbox_key", password = "sandbox_token", body = table.concat(list, "&"),
    headers = { ["content-type"] = "application/x-www-form-urlencoded" },
  })
end

describe("a sandbox whose clock is stepped", function()
  it("has a recording some seconds after the conversation, and not before", function()
    local stepped = assert(sandbox.start { speed = 0 })
    local client = stepped:client()
    local function size_or_status(call)
      local size = 0
      local done, err = client:recording(call, { to = function(bytes) size = size + #bytes end })
      return done and size > 0 and "whole" or err and err.status
    end
    local call = assert(client:connect { from = FROM, to = TO, caller_id = "08039570000",
                                         record = true })
    repeat
      stepped:advance(1)
      call = assert(client:call_details(call))
    until call.status == "completed"
    assert.equal(404, size_or_status(call))
    stepped:advance(recordings.DELAY)
    assert.equal("whole", size_or_status(call))
    client:close()
    stepped:stop()
  end)
end)

describe("a sandbox that settles calls later", function()
  setup(function() on = on_sandbox.start("--speed", "100", "--settle-seconds", "300") end)
  teardown(function() on:stop() end)

  -- The record of a call as soon as it is completed.
  local function completed(call)
    return on:serve(function()
      local record = assert(on.client:call_details(call, { details = true }))
      return record.status == "completed" and record
    end)
  end

  it("tells of EndTime, Duration and Price some time after the end", function()
    local call = assert(dial())
    local early = completed(call)
    assert.same({ "completed", 2, "human" },
      { early.status, early.conversation_duration, early.answered_by })
    assert.same({}, { early.end_time, early.duration, early.price })
    local body = dkjson.decode(exotel.response(early).body).Call
    assert.same({ "", "", "" }, { body.EndTime, body.Duration, body.Price })
    local late = on:settled(call)
    assert.same({ 4, "0.750" }, { late.duration, late.price_text })
    assert.equal(300, exotel.time(late.date_updated) - exotel.time(late.end_time))
    assert.is_true(early.date_updated < late.date_updated)
  end)

  it("tells the same in bulk answers, and finds by Price what has one", function()
    local call = assert(dial())
    completed(call)
    local function found(filter)
      local list = {}
      filter.sid = { call.sid }
      for one in on.client:calls(filter) do list[#list + 1] = one.price_text or "none" end
      return list
    end
    local priced = { price = { gte = 0.5 } }
    assert.same({ { "none" }, {} }, { found {}, found(priced) })
    on:settled(call)
    assert.same({ { "0.750" }, { "0.750" } }, { found {}, found(priced) })
  end)

  it("doesn't let a StatusCallback wait", function()
    local call = assert(dial { status_callback = on:url "/settling",
                               status_callback_events = { "terminal" } })
    local event = on:asked("/settling", 1)[1].event
    local record = assert(on.client:call_details(call))
    assert.same({ "completed", nil }, { record.status, record.end_time })
    assert.is_string(event.end_time)
    assert.equal(event.end_time, on:settled(call).end_time)
  end)
end)

describe("a sandbox that is slow to originate", function()
  local process, url, slow_client

  setup(function()
    process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0",
                                 "--originate-seconds=1",
                                 "--queue-seconds=0.1", "--ring-seconds=9", "--rate-limit=0" })
    url = assert(process:read_line(LONG))
    slow_client = function(timeout, transport)
      return exotel.client { account_sid = "sandbox", api_key = "sandbox_key", retries = 0,
                             api_token = "sandbox_token", base_url = url, timeout = timeout,
                             transport = transport }
    end
  end)
  teardown(function() process:close() end)

  local numbers = { from = FROM, to = TO, caller_id = on_sandbox.CALLER_ID }

  it("answers a dial when the phone rings already", function()
    local client = slow_client(LONG)
    local call = assert(client:connect(numbers))
    assert.equal("in-progress", call.status)
    assert.is_string(call.start_time)
    local record = assert(client:call_details(call, { details = true }))
    assert.equal("ringing", record.legs[1].status)
    client:close()
  end)

  it("has placed the call of who gave up, and goes on", function()
    local client = slow_client(0.3)
    local agent = require("exotel.transport.curl").new { plain_http = true }
    local call, err = client:connect(numbers)
    assert.is_nil(call)
    assert.same({ "timeout", "unknown" }, { err.reason, err.outcome })
    sys.sleep(1)
    local response = assert(agent:perform { method = "GET", url = url .. "/_sandbox/dials",
                                            timeout = LONG, connect_timeout = LONG })
    local dials = dkjson.decode(response.body).dials
    assert.equal(32, #dials[#dials].call_sid)
    client:close()
    agent:close()
    client = slow_client(LONG)
    assert.is_table(client:connect(numbers))
    client:close()
  end)

  it("answers others at once, and refusals too", function()
    local loop, ended = assert(exotel.loop()), {}
    local client = slow_client(LONG, loop)
    local dialling = loop:spawn(function()
      assert(client:connect(numbers))
      ended[#ended + 1] = "dial"
    end)
    loop:spawn(function() -- a refusal waits for no phone
      local call, err = client:connect { from = "+919876543250", to = TO,
                                         caller_id = on_sandbox.CALLER_ID }
      ended[#ended + 1] = call and "call" or err.status
    end)
    loop:run()
    dialling:result()
    assert.same({ 403, "dial" }, ended)
    client:close()
    loop:close()
  end)
end)

describe("a sandbox", function()
  setup(function() on = on_sandbox.start("--speed", "100") end)
  teardown(function() on:stop() end)

  -- {=================================================================
  -- Documented errors
  -- ==================================================================

  -- Digits; status, what the client makes of it: reason, code, outcome.
  local errors = {
    { "40", 400, "required" }, { "41", 400, "Invalid Call Parameters" },
    { "42", 400, "StatusCallbackContentType", "340025" }, { "43", 400, "Mandatory" },
    { "44", 401, "Authentication failed" }, { "45", 401, "Unauthorized; ", "34010" },
    { "46", 401, "Authentication", "20003" }, { "47", 401, "Invalid API key", "UNAUTHORIZED" },
    { "48", 401, "Authentication is required to view this page." }, { "49", 402, "Payment" },
    { "50", 403, "TRAI NDNC" }, { "51", 403, "IP address" }, { "52", 404, "not found" },
    { "53", 409, "off", "1012" }, { "54", 409, "busy", "10706" },
    { "55", 429, "Max 200 requests per minute." }, { "56", 429, "Too many", "RATE_LIMIT_EXCEEDED" },
    { "57", 429, "Too many" }, { "58", 500, "server error" }, { "59", 503, "unavailable" },
  }

  it("has an error for each of the numbers from 40 to 59", function()
    local help = refusals.help()
    for index = 40, 59 do
      assert.equal(("%d"):format(index), errors[index - 39][1])
      assert.truthy(help:find(("  …%d  %d  "):format(index, errors[index - 39][2]), 1, true))
    end
  end)

  for _, row in ipairs(errors) do
    it(("answers a dial to or from …%s with %d"):format(row[1], row[2]), function()
      local dials, calls = #on:journal "dials", #on:journal "calls"
      local number = "+9198765432" .. row[1]
      for index, form in ipairs {
        { From = number, To = TO, CallerId = "0" }, { From = FROM, To = number, CallerId = "0" },
        { From = number, Url = "http://x/exoml/start_voice/1", CallerId = "0" },
      } do
        for xml = 0, 1 do
          local response = post(form, xml == 1)
          assert.equal(row[2], response.status)
          assert.truthy(response.body:find(row[3], 1, true), response.body)
          local code, plain = row[4], { ["43"] = true, ["57"] = true, ["48"] = true }
          if code then
            local spelt = xml == 1 and "<Code>" .. code or '"Code":' .. (tonumber(code) or
              '"' .. code .. '"')
            assert.truthy(response.body:find(spelt, 1, true), response.body)
          elseif not plain[row[1]] then
            assert.is_nil(response.body:find("Code", 1, true), response.body)
          end
          assert.equal(row[1] == "56" and "30" or nil, response.headers["retry-after"])
        end
        assert.equal(dials + 2 * index, #on:journal "dials")
      end
      local list = on:journal "dials"
      assert.same({ row[2], nil }, { list[#list].status, list[#list].call_sid })
      assert.equal(calls, #on:journal "calls")
    end)
  end

  it("is understood by a client where it fails", function()
    local call, err = dial { from = "+919876543245" }
    assert.is_nil(call)
    assert.same({ 401, "34010", "rejected" }, { err.status, err.code, err.outcome })
    call, err = dial { from = "+919876543248" }
    assert.is_nil(call)
    assert.matches("Authentication is required", err.message)
    call, err = dial { from = "+919876543258" }
    assert.is_nil(call)
    assert.same({ 500, "unknown" }, { err.status, err.outcome })
  end)

  it("looks at a dial's form first", function()
    local response = post { From = "+919876543250", To = TO }
    assert.equal(400, response.status)
    assert.truthy(response.body:find("CallerId", 1, true))
  end)

  -- }=================================================================

  -- {=================================================================
  -- Recordings
  -- ==================================================================

  local function recorded(more)
    local params = { record = true }
    for name, value in pairs(more or {}) do params[name] = value end
    return on:settled(assert(dial(params)))
  end

  local function fetch(record, more)
    local path = record.recording_url or "/exotelrecordings/sandbox/" .. record.sid .. ".mp3"
    local request = { username = "sandbox_key", password = "sandbox_token" }
    for name, value in pairs(more or {}) do request[name] = value end
    return on:request(request.method or "GET", (path:gsub("^http://[^/]+", "")), request)
  end

  local function available(record)
    return on:serve(function()
      local response = fetch(record)
      return response.status == 200 and response
    end)
  end

  -- How many frames a file of MPEG-2 Layer III has, by their headers: each says its length.
  local function bits(byte, from, count)
    return math.floor(byte / 2 ^ from) % 2 ^ count
  end

  local function frames_of(file)
    local at, n = 1, 0
    while at <= #file do
      local sync, flags, rates, mode = file:byte(at, at + 3)
      assert(sync == 0xFF and bits(flags, 5, 3) == 7, "no sync")
      assert(bits(flags, 3, 2) == 2 and bits(flags, 1, 2) == 1 and bits(flags, 0, 1) == 1,
        "not MPEG-2 III")
      local kbps = ({ 8, 16, 24, 32, 40, 48, 56, 64 })[bits(rates, 4, 4)]
      local hertz = ({ [0] = 22050, 24000, 16000 })[bits(rates, 2, 2)]
      assert(bits(mode, 6, 2) == 3, "not mono")
      at, n = at + math.floor(72 * kbps * 1000 / hertz) + bits(rates, 1, 1), n + 1
    end
    assert(at == #file + 1, "a frame is cut")
    return n
  end

  it("serves the recording of a conversation", function()
    local record = recorded()
    local response = available(record)
    assert.same({ "audio/mpeg", "bytes", tostring(#response.body) },
      { response.headers["content-type"], response.headers["accept-ranges"],
        response.headers["content-length"] })
    assert.equal(math.ceil(2000 / 36), frames_of(response.body))
    local head = fetch(record, { method = "HEAD" })
    assert.same({ 200, tostring(#response.body), "" },
      { head.status, head.headers["content-length"], head.body })
  end)

  it("serves ranges of it", function()
    local record = recorded()
    local file = available(record).body
    for _, row in ipairs {
      { "bytes=0-3", 206, 1, 4 }, { "bytes=10-", 206, 11, #file },
      { "bytes=-5", 206, #file - 4, #file },
      { ("bytes=%d-%d"):format(#file - 1, #file + 50), 206, #file, #file },
      { "bytes=1-2,4-5", 200, 1, #file }, { "lines=1-2", 200, 1, #file },
      { ("bytes=%d-"):format(#file), 416 },
    } do
      local response = fetch(record, { headers = { range = row[1] } })
      assert.equal(row[2], response.status, row[1])
      assert.equal(row[3] and file:sub(row[3], row[4]) or "", response.body)
      local said = row[2] == 206 and ("bytes %d-%d/%d"):format(row[3] - 1, row[4] - 1, #file)
        or row[2] == 416 and ("bytes */%d"):format(#file) or nil
      assert.equal(said, response.headers["content-range"])
    end
  end)

  it("serves it to nobody else, and nothing in its place", function()
    local record = recorded()
    available(record)
    assert.equal(401, fetch(record, { password = "other" }).status)
    assert.equal(401, fetch(record, { username = "" }).status)
    assert.equal(404, fetch(record, { method = "DELETE" }).status)
    assert.equal(404, fetch { sid = ("0"):rep(32) }.status)
    local quiet = on:settled(assert(dial()))
    local missed = recorded { to = "+919123456701" }
    sys.sleep(recordings.DELAY / 100)
    assert.same({ nil, nil, 404, 404 }, { quiet.recording_url, missed.recording_url,
      fetch(quiet).status, fetch(missed).status })
    for _, path in ipairs { "/exotelrecordings/",
                            "/exotelrecordings/other/" .. record.sid .. ".mp3" } do
      assert.equal(404, fetch { recording_url = path }.status)
    end
  end)

  it("makes files as long as what was recorded, and no longer than it says", function()
    for _, row in ipairs { { 0, 1 }, { 1, 1 }, { 60, 60 }, { 300, 300 }, { 14400, 300 } } do
      assert.equal(math.ceil(row[2] * 1000 / 36), frames_of(recordings.mp3(row[1])))
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- Streams
  -- ==================================================================

  it("tells that the leg of a stream rings", function()
    local call = assert(on.client:connect {
      from = FROM, caller_id = on.CALLER_ID, stream_url = "wss://bot.test/", stream_name = "bot",
      stream_type = "bidirectional", status_callback = on:url "/stream",
      status_callback_events = { "ringing", "answered", "terminal" } })
    local list = {}
    for index, one in ipairs(on:asked("/stream", 3)) do
      list[index] = ("%s %s %s %d"):format(one.event.event_type, one.event.status,
        one.event.legs[1].status, #one.event.legs)
    end
    assert.same({ "ringing in-progress ringing 1", "answered in-progress in-progress 1",
                  "terminal completed completed 1" }, list)
    local record = on:settled(call)
    assert.same({ 1, "completed", 2 },
      { #record.legs, record.status, record.conversation_duration })
  end)

  it("tells between two numbers of no ringing", function()
    assert.equal(200, post { From = FROM, To = TO, CallerId = "0", StreamUrl = "wss://bot.test/",
      StatusCallback = on:url "/two", ["StatusCallbackEvents[0]"] = "terminal",
      ["StatusCallbackEvents[1]"] = "ringing" }.status)
    assert.equal("terminal", on:asked("/two", 1)[1].event.event_type)
  end)

  -- }=================================================================
end)
