-- The sandbox: calls that follow flows. What its applets ask comes to a real server in this
-- process, whose replies decide how the calls go on.
--
-- SPDX-License-Identifier: MIT

local dkjson = require "dkjson"
local exotel = require "exotel"
local flows = require "exotel.sandbox.flows"
local lua = require "spec.support.lua"
local on_sandbox = require "spec.support.on_sandbox"
local replies = require "exotel.sandbox.replies"
local sys = require "exotel.sys"

local JSON, TEXT = "application/json", "text/plain"
local ANSWERS, BUSY, NO_ANSWER = "+919123456710", "+919123456701", "+919123456702"
local LONG = 20

local on
local count = 0

-- A path that nobody used before; and an app_id.
local function path_of(name)
  count = count + 1
  return ("/%s/%d"):format(name, count)
end

-- A flow of these applets, under an app_id that it returns.
local function flow_of(...)
  count = count + 1
  local app_id = ("%d"):format(count)
  on:flow { app_id = app_id, applets = { ... } }
  return app_id
end

local function outcomes(call)
  local list = {}
  for index, one in ipairs(on:applets(call)) do
    list[index] = ("%s %s"):format(one.applet, one.outcome or one.event or "-")
  end
  return list
end

describe("a flow", function()
  setup(function() on = on_sandbox.start("--speed", "100") end)
  teardown(function() on:stop() end)

  -- {=================================================================
  -- Passthru and Switch
  -- ==================================================================

  it("tells a Passthru of the call, and goes by its status", function()
    local first, a, b = path_of "first", path_of "a", path_of "b"
    local app_id = flow_of(
      { kind = "passthru", url = on:url(first) .. "?key=s3cret", next = { a = "yes", b = "no" } },
      { kind = "passthru", url = on:url(a), name = "yes", next = "end" },
      { kind = "passthru", url = on:url(b), name = "no" })
    for _, row in ipairs { { 200, "yes" }, { 302, "no" } } do
      on.answers[first] = nil
      on:answer(first, row[1])
      local call = on:dial(app_id, { custom_field = "order 1042" })
      local record = on:settled(call)
      assert.same({ ("1 %s"):format(row[1] == 200 and "a" or "b"), row[2] .. " a" }, outcomes(call))
      assert.same({ "completed", 1 }, { record.status, #record.legs })
    end
    local one = on:asked(first, 2)[1]
    assert.same({ "GET", "key=s3cret&" }, { one.method, one.query:sub(1, 11) })
    local event = one.event
    assert.same({ "passthru", "+919876543210", on.CALLER_ID, "outbound-dial", "call-attempt",
                  app_id, "order 1042", 0 },
      { event.kind, event.call_from, event.call_to, event.direction, event.call_type,
        event.flow_id, event.custom_field, event.dial_call_duration })
    assert.is_nil(event.end_time)
    assert.truthy(one.query:find("EndTime=1970-01-01%2005%3A30%3A00", 1, true), one.query)
    assert.truthy(one.query:find "Created=%a%a%a%%2C%%20%d%d%%20%a%a%a%%20%d%d%d%d%%20", one.query)
    assert.is_nil(one.version)
    assert.is_nil(event.dial_whom_number)
  end)

  it("drops the caller on any other status of a Passthru", function()
    local first, never = path_of "first", path_of "never"
    on:answer(first, 500)
    local app_id = flow_of({ kind = "passthru", url = on:url(first) },
      { kind = "passthru", url = on:url(never) })
    local call = on:dial(app_id)
    on:settled(call)
    assert.same({ "1 -" }, outcomes(call))
    assert.equal(500, on:applets(call)[1].status)
  end)

  it("waits for no answer of an async Passthru", function()
    local first, second = path_of "first", path_of "second"
    on:answer(first, 0)
    local app_id = flow_of({ kind = "passthru", url = on:url(first), async = true },
      { kind = "passthru", url = on:url(second) })
    local call = on:dial(app_id)
    on:settled(call)
    assert.same({ "2 a" }, outcomes(call)) -- of the first nobody has answered yet
    assert.equal(1, #on:asked(first, 1))
  end)

  it("gives a Passthru its time, and no more", function()
    local first = path_of "first"
    on:answer(first, 0)
    local call = on:dial(flow_of { kind = "passthru", url = on:url(first) })
    on:settled(call)
    local one = on:applets(call)[1]
    assert.same({ "timeout", nil }, { one.failure, one.outcome })
  end)

  it("goes by the case that a Switch names", function()
    local switch = path_of "switch"
    local app_id = flow_of(
      { kind = "switch", url = on:url(switch), next = { sales = "end", default = "other" } },
      { kind = "hangup", name = "not reached" },
      { kind = "passthru", url = on:url(path_of "other"), name = "other" })
    for _, row in ipairs {
      { '{"select":"sales"}', TEXT, { "1 sales" } },
      { '{"select":"sales"}', "text/html", { "1 sales" } },
      { '{"select":"support"}', TEXT, { "1 default", "other a" } },
      { "sales", TEXT, { "1 default", "other a" }, "not JSON at byte 1" },
      { '{"select":5}', JSON, { "1 default", "other a" }, "select" },
    } do
      on.answers[switch] = nil
      on:answer(switch, 200, row[1], row[2])
      local call = on:dial(app_id)
      on:settled(call)
      assert.same(row[3], outcomes(call), row[1])
      local refused = on:applets(call)[1].refused or ""
      assert.truthy(refused:find(row[4] or "", 1, true), refused)
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- Connect
  -- ==================================================================

  -- What a Connect's reply leads to: its journal's entry, the call's record, and the event of
  -- the Passthru behind it.
  local function connected(body, more)
    local connect, after = path_of "connect", path_of "after"
    on:answer(connect, more and more.status or 200, body, more and more.content_type or JSON)
    local applet = { kind = "connect", url = on:url(connect) }
    for name, value in pairs(more and more.applet or {}) do applet[name] = value end
    local call = on:dial(flow_of(applet, { kind = "passthru", url = on:url(after) }),
      more and more.dial)
    local event = on:asked(after, 1)[1].event
    local record = on:settled(call)
    return on:applets(call)[1], record, event, on:asked(connect, 0)
  end

  local function statuses(record)
    local list = {}
    for index, leg in ipairs(record.legs) do list[index] = leg.status end
    return list
  end

  it("dials the numbers of a Connect one after another", function()
    local one, record, event, asked = connected(dkjson.encode {
      destination = { numbers = { BUSY, NO_ANSWER, ANSWERS, BUSY } }, record = true,
      outgoing_phone_number = "08039570001", max_ringing_duration = 7,
      max_conversation_duration = 9, music_on_hold = { type = "operator_tone" },
      recording_channels = "dual",
    })
    assert.equal("1.0", asked[1].version)
    assert.same({ "conversation", true, "dual", 7 }, { one.outcome, one.reply.record,
      one.reply.recording_channels, one.reply.max_ringing_duration })
    assert.same({ BUSY, NO_ANSWER, ANSWERS, BUSY }, one.reply.numbers)
    assert.same({ "completed", "completed" }, statuses(record))
    assert.same({ "completed", 2 }, { record.status, record.conversation_duration })
    assert.same({ "completed", "completed", 2, ANSWERS, "08039570001" },
      { event.call_type, event.dial_call_status, event.dial_call_duration, event.dial_whom_number,
        event.outgoing_phone_number })
    local legs = {}
    for index, leg in ipairs(event.legs) do
      legs[index] = ("%s %d %s %d"):format(leg.number, leg.cause, leg.cause_code,
        leg.on_call_duration)
    end
    assert.same({ BUSY .. " 17 USER_BUSY 0", NO_ANSWER .. " 1003 RING_TIMEOUT 0",
                  ANSWERS .. " 16 NORMAL_CLEARING 2" }, legs)
    assert.equal(record.recording_url, event.recording_url)
    assert.is_string(event.recording_available_by)
    assert.is_true(record.legs[1].on_call_duration >= 1 + 7 + 1 + 2)
  end)

  it("cuts a conversation at the reply's duration", function()
    local _, record = connected(dkjson.encode {
      destination = { numbers = { ANSWERS } }, max_conversation_duration = 1 })
    assert.equal(1, record.conversation_duration)
    assert.is_nil(record.recording_url)
  end)

  it("rings as many at once as the reply says", function()
    local _, record, event = connected(dkjson.encode {
      destination = { numbers = { BUSY, NO_ANSWER, ANSWERS, ANSWERS } },
      parallel_ringing = { activate = true, max_parallel_attempts = 3 } })
    local legs = {}
    for index, leg in ipairs(event.legs) do legs[index] = leg.cause_code end
    assert.same({ "USER_BUSY", "NORMAL_CLEARING", "NORMAL_CLEARING" }, legs)
    assert.equal("Caller", event.legs[2].disconnected_by) -- canceled when the third answered
    assert.equal(ANSWERS, event.dial_whom_number)
    assert.is_true(record.legs[1].on_call_duration < 30) -- nobody rang to the end
  end)

  it("ends as nobody answered", function()
    local one, record, event = connected(dkjson.encode {
      destination = { numbers = { NO_ANSWER, BUSY } } })
    assert.equal("nobody_answered", one.outcome)
    assert.same({ "completed", "completed", "busy", 0 },
      { record.status, record.legs[1].status, record.legs[2].status, record.conversation_duration })
    assert.same({ "incomplete", "busy", BUSY },
      { event.call_type, event.dial_call_status, event.dial_whom_number })
  end)

  for _, row in ipairs {
    { "an empty list", '{"destination":{"numbers":[]}}', {}, nil },
    { "no destination", "{}", {}, "destination is missing" },
    { "numbers that aren't text", '{"destination":{"numbers":[5]}}', {},
      "destination.numbers[1] takes a text, not a number" },
    { "another content type", '{"destination":{"numbers":["1"]}}', { content_type = TEXT },
      "the content type isn't application/json" },
    { "another status", '{"destination":{"numbers":["1"]}}', { status = 201 }, "answered 201" },
    { "no JSON", "destination", {}, "not JSON at byte 1" },
    { "a field of another type", '{"destination":{"numbers":["100"]},"record":"true"}', {},
      "record takes true or false, not a text" },
    { "custom_params that are too long",
      ('{"destination":{"numbers":["100"]},"custom_params":"%s"}'):format(("x"):rep(201)), {},
      "custom_params has 201 bytes" },
  } do
    it("dials nobody by " .. row[1], function()
      local one, record, event = connected(row[2], row[3])
      assert.equal("nobody_dialled", one.outcome)
      assert.same({ "completed" }, statuses(record))
      assert.same({ "call-attempt", nil }, { event.call_type, event.dial_call_status })
      assert.truthy((one.refused or "nothing"):find(row[4] or "nothing", 1, true), one.refused)
    end)
  end

  it("dials nobody when the reply is late, too long, or can't be had", function()
    local one = connected("", { status = 0 })
    assert.same({ "timeout", "nobody_dialled" }, { one.failure, one.outcome })
    one = connected((" "):rep(replies.MOST + 1))
    assert.same({ nil, "nobody_dialled" }, { one.status, one.outcome })
    assert.is_string(one.failure)
    one = connected("", { applet = { url = "no address" } })
    assert.same({ "string", "nobody_dialled" }, { type(one.failure), one.outcome })
  end)

  it("asks the fallback of a Connect", function()
    local fallback = path_of "fallback"
    on:answer(fallback, 200, dkjson.encode { destination = { trunk = "sip_trunk_10" } }, JSON)
    local one, _, event = connected("", { status = 503,
                                          applet = { fallback_url = on:url(fallback) } })
    assert.same({ 503, "answered 503" }, { one.status, one.refused })
    assert.equal("sip_trunk_10", event.dial_whom_number)
    assert.equal("1.0", on:asked(fallback, 1)[1].version)
  end)

  it("asks again after each attempt, if the reply says so", function()
    local connect = path_of "connect"
    for _, number in ipairs { BUSY, NO_ANSWER, ANSWERS } do
      on:answer(connect, 200, dkjson.encode {
        destination = { numbers = { number, BUSY } }, fetch_after_attempt = true,
        max_ringing_duration = 3 }, JSON)
    end
    local call = on:dial(flow_of { kind = "connect", url = on:url(connect) })
    on:settled(call)
    local asked = on:asked(connect, 3)
    assert.equal(3, #asked)
    assert.same({ nil, "busy", "no-answer" }, { asked[1].event.dial_call_status,
      asked[2].event.dial_call_status, asked[3].event.dial_call_status })
    assert.same({ "1 -", "1 -", "1 conversation" }, outcomes(call))
  end)

  it("tells an agent's URL of each number that is rung and done with", function()
    local agent = path_of "agent"
    connected(dkjson.encode { destination = { numbers = { BUSY, ANSWERS } },
                              dial_passthru_event_url = on:url(agent) })
    local list = {}
    for index, one in ipairs(on:asked(agent, 4)) do
      local event = one.event
      list[index] = table.concat({ event.kind, event.agent_status, event.event_type,
        event.dial_whom_number }, " ")
    end
    assert.same({ "agent busy dial " .. BUSY, "agent free terminal " .. BUSY,
                  "agent busy dial " .. ANSWERS, "agent free terminal " .. ANSWERS }, list)
  end)

  it("lists fields that nobody knows", function()
    local one = connected '{"destination":{"numbers":[]},"recrod":true,"a":1}'
    assert.same({ "a", "recrod" }, one.reply.unknown)
  end)

  it("dials whom a plain text names", function()
    local whom = path_of "whom"
    on:answer(whom, 200, (" %s, %s,\n"):format(BUSY, ANSWERS), "text/plain; charset=utf-8")
    local call = on:dial(flow_of { kind = "dial_whom", url = on:url(whom) })
    assert.same({ "completed", "completed" }, statuses(on:settled(call)))
    assert.same({ BUSY, ANSWERS }, on:applets(call)[1].reply.numbers)
    assert.is_nil(on:asked(whom, 1)[1].version)
  end)

  it("goes on by each outcome of a Connect", function()
    local connect = path_of "connect"
    for _, number in ipairs { ANSWERS, BUSY } do
      on:answer(connect, 200, dkjson.encode { destination = { numbers = { number } } }, JSON)
    end
    on:answer(connect, 500)
    local app_id = flow_of(
      { kind = "connect", url = on:url(connect),
        next = { conversation = "talked", nobody_answered = "missed", nobody_dialled = "none" } },
      { kind = "passthru", name = "talked", url = on:url(path_of "x"), next = "end" },
      { kind = "passthru", name = "missed", url = on:url(path_of "x"), next = "end" },
      { kind = "passthru", name = "none", url = on:url(path_of "x") })
    for _, row in ipairs { { "conversation", "talked" }, { "nobody_answered", "missed" },
                           { "nobody_dialled", "none" } } do
      local call = on:dial(app_id)
      on:settled(call)
      assert.same({ "1 " .. row[1], row[2] .. " a" }, outcomes(call))
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- Gather and Greeting
  -- ==================================================================

  local function gathered(reply, digits, more)
    local gather, after = path_of "gather", path_of "after"
    on:answer(gather, more and more.status or 200, reply, more and more.content_type or JSON)
    local from = more and more.from or ("+9198765%05d00"):format(count)
    for _, text in ipairs(digits) do
      assert.equal(200, on:post("/_sandbox/digits", { From = from, digits = text }).status)
    end
    local call = on:dial(flow_of({ kind = "gather", url = on:url(gather) },
      { kind = "passthru", url = on:url(after) }), { from = from })
    local record = on:settled(call)
    return outcomes(call), on:applets(call), record, on:asked(gather, 1)[1]
  end

  local PROMPT = '"gather_prompt":{"text":"Press a key"}'

  for _, row in ipairs {
    { "the finishing key", "{" .. PROMPT .. "}", { "123#45" }, "123" },
    { "none, with an empty finishing key", "{" .. PROMPT .. ',"finish_on_key":""}', { "12#" },
      "12#" },
    { "another finishing key", "{" .. PROMPT .. ',"finish_on_key":"*"}', { "1#2*3" }, "1#2" },
    { "as many as there may be", "{" .. PROMPT .. ',"max_input_digits":2}', { "12345" }, "12" },
    { "a second prompt", "{" .. PROMPT .. ',"repeat_menu":1}', { "", "7" }, "7" },
    { "an audio prompt", '{"gather_prompt":{"audio_url":"http://x/a.wav"}}', { "5" }, "5" },
  } do
    it("takes a Gather's digits up to " .. row[1], function()
      local ended, list, _, asked = gathered(row[2], row[3])
      assert.same({ "1 digits", "2 a" }, ended)
      assert.equal(row[4], list[1].digits)
      assert.equal("1.0", asked.version)
      assert.truthy(list[2].url:find("digits=%22" .. row[4]:gsub("#", "%%23") .. "%22", 1, true),
        list[2].url)
    end)
  end

  it("goes on without digits once a Gather's time is over", function()
    local ended, list, record = gathered("{" .. PROMPT .. ',"input_timeout":7,"repeat_menu":2}', {})
    assert.same({ "1 no_input", "2 a" }, ended)
    assert.is_nil(list[2].url:find("digits", 1, true))
    assert.is_true(record.legs[1].on_call_duration >= 3 * (7 + 1))
  end)

  it("lets a number say what its caller keys, and a script whoever is asked", function()
    local _, list = gathered("{" .. PROMPT .. "}", {}, { from = "+919876543264" })
    assert.equal("4", list[1].digits)
    on:post("/_sandbox/digits", { digits = "99" })
    _, list = gathered("{" .. PROMPT .. "}", {}, { from = "+919876543264" })
    assert.equal("99", list[1].digits)
  end)

  for _, row in ipairs {
    { "no prompt", "{}", {}, "gather_prompt is missing" },
    { "another content type", "{" .. PROMPT .. "}", { content_type = TEXT }, "content type" },
    { "another status", "{" .. PROMPT .. "}", { status = 404 }, "answered 404" },
    { "a field of another type", "{" .. PROMPT .. ',"input_timeout":"5"}', {},
      "input_timeout takes a number, not a text" },
  } do
    it("drops the caller of a Gather with " .. row[1], function()
      local ended, list = gathered(row[2], { "1" }, row[3])
      assert.same({ "1 -" }, ended)
      assert.truthy(list[1].refused:find(row[4], 1, true), list[1].refused)
    end)
  end

  for _, row in ipairs {
    { "text", "Welcome to us", TEXT, { text = "Welcome to us" } },
    { "audio", "http://x/a.wav\r\nhttps://x/b.wav\n", TEXT,
      { audio = { "http://x/a.wav", "https://x/b.wav" } } },
    { "JSON", '{"greeting_url":"http://x/a.wav"}', JSON, { audio = { "http://x/a.wav" } } },
    { "nothing", " \n", TEXT, nil }, { "HTML", "<p>", "text/html", nil },
  } do
    it("asks a Greeting by HEAD and GET, for " .. row[1], function()
      local greeting = path_of "greeting"
      on:answer(greeting, 200, row[2], row[3])
      local call = on:dial(flow_of { kind = "greeting", url = on:url(greeting) })
      on:settled(call)
      local asked = on:asked(greeting, 2)
      assert.same({ "HEAD", "GET", 2 }, { asked[1].method, asked[2].method, #asked })
      local list = on:applets(call)
      assert.same({ 200, 200 }, { list[1].status, list[2].status })
      assert.same(row[4], list[2].reply)
      assert.equal("next", list[2].outcome)
      assert.equal(row[4] == nil, list[2].refused ~= nil)
    end)
  end

  -- }=================================================================

  -- {=================================================================
  -- Streams, voicemail, ends
  -- ==================================================================

  it("tells of a stream, in fields or in one JSON text", function()
    for _, json in ipairs { false, true } do
      local after = path_of "after"
      local call = on:dial(flow_of({ kind = "stream", url = "wss://bot.test/", json = json },
        { kind = "passthru", url = on:url(after) }))
      local one = on:asked(after, 1)[1]
      assert.equal(json, one.query:find("Stream=%7B", 1, true) ~= nil)
      assert.same({ "stream", "completed", 2, "wss://bot.test/", "user" },
        { one.event.kind, one.event.stream_status, one.event.stream_duration, one.event.stream_url,
          one.event.stream_disconnected_by })
      assert.equal(32, #one.event.stream_sid)
      assert.is_true(on:settled(call).conversation_duration >= 2)
    end
  end)

  it("records a voicemail", function()
    local after = path_of "after"
    local call = on:dial(flow_of({ kind = "voicemail" },
      { kind = "passthru", url = on:url(after) }))
    local event = on:asked(after, 1)[1].event
    local record = on:settled(call)
    assert.same({ "voicemail", record.recording_url }, { event.call_type, event.recording_url })
    assert.is_string(record.recording_url)
  end)

  it("lets a recording be fetched while it goes on", function()
    local connect, held = path_of "connect", path_of "held"
    on:answer(connect, 200, dkjson.encode { destination = { numbers = { ANSWERS } },
                                            record = true }, JSON)
    on:answer(held, 0)
    local call = on:dial(flow_of({ kind = "connect", url = on:url(connect) },
      { kind = "passthru", url = on:url(held) }))
    local event = on:asked(held, 1)[1].event
    local path = event.recording_url:gsub("^http://[^/]+", "")
    local response = on:serve(function()
      local one = on:request("GET", path, { username = "sandbox_key", password = "sandbox_token" })
      return one.status == 200 and one
    end)
    assert.equal("audio/mpeg", response.headers["content-type"])
    local record = on.client:call_details(call)
    assert.same({ "in-progress", nil }, { record.status, record.recording_url })
    assert.equal(event.recording_url, on:settled(call).recording_url)
  end)

  it("ends at TimeLimit, whatever it is doing", function()
    local connect = path_of "connect"
    on:answer(connect, 200, dkjson.encode { destination = { numbers = { NO_ANSWER, ANSWERS } } },
      JSON)
    local app_id = flow_of({ kind = "voicemail" }, { kind = "connect", url = on:url(connect) },
      { kind = "passthru", url = on:url(path_of "never") })
    local call = on:dial(app_id, { time_limit = 30 })
    local record = on:settled(call)
    assert.equal(30, record.legs[1].on_call_duration)
    assert.same({ "completed", "canceled" }, { record.status, record.legs[2].status })
    assert.equal(1, #on:applets(call))
  end)

  it("ends a call that goes in circles", function()
    local round = path_of "round"
    local call = on:dial(flow_of { kind = "switch", url = on:url(round), name = "again",
                                   next = { default = "again" } })
    on:settled(call)
    assert.equal(100, #on:applets(call))
  end)

  it("never begins when nobody answers", function()
    local first, path = path_of "first", path_of "hook"
    local call = on:dial(flow_of { kind = "passthru", url = on:url(first) },
      { from = "+919876543201", status_callback = on:url(path) })
    local record = on:settled(call)
    assert.same({ "busy", "busy" }, { record.status, record.legs[1].status })
    assert.same({}, on:applets(call))
    assert.equal("busy", on:asked(path, 1)[1].event.status)
  end)

  it("posts its StatusCallback when it is over", function()
    local path, first = path_of "hook", path_of "first"
    local call = on:dial(flow_of { kind = "passthru", url = on:url(first) },
      { status_callback = on:url(path) })
    local event = on:asked(path, 1)[1].event
    assert.same({ "default", "completed", call.sid }, { event.kind, event.status, event.call_sid })
    assert.equal(1, #on:applets(call))
  end)

  it("is no flow without an app_id of that name", function()
    local call = on:dial(999999)
    local record = on:settled(call)
    assert.same({ "completed", 2 }, { record.status, record.conversation_duration })
    assert.same({}, on:applets(call))
  end)

  -- }=================================================================

  -- {=================================================================
  -- Incoming calls
  -- ==================================================================

  it("takes calls that come in", function()
    local connect, after = path_of "connect", path_of "after"
    on:answer(connect, 200, dkjson.encode { destination = { numbers = { NO_ANSWER } },
                                            max_ringing_duration = 3 }, JSON)
    local app_id = flow_of({ kind = "connect", url = on:url(connect) },
      { kind = "passthru", url = on:url(after) })
    local call = on:incoming(app_id, "+919876543299")
    local event = on:asked(after, 1)[1].event
    assert.same({ "incoming", "+919876543299", on.CALLER_ID, call.sid },
      { event.direction, event.call_from, event.call_to, event.call_sid })
    local record = on:settled(call)
    assert.same({ "inbound", "completed", "completed", "no-answer", "+919876543299", on.CALLER_ID,
                  on.CALLER_ID },
      { record.direction, record.status, record.legs[1].status, record.legs[2].status, record.from,
        record.to, record.phone_number_sid })
    local found = {}
    for one in on.client:calls { sid = { call.sid }, direction = "inbound" } do
      found[#found + 1] = one.sid
    end
    assert.same({ call.sid }, found)
  end)

  it("shows calls in bulk answers only when their flow is over", function()
    local first = path_of "first"
    on:answer(first, 0)
    local call = on:incoming(flow_of { kind = "passthru", url = on:url(first) })
    on:asked(first, 1)
    local function found()
      local list = {}
      for one in on.client:calls { sid = { call.sid } } do list[#list + 1] = one.status end
      return list
    end
    assert.same({}, found())
    assert.equal("in-progress", on.client:call_details(call).status)
    on:settled(call)
    assert.same({ "completed" }, found())
  end)

  it("refuses what isn't a flow, a call or digits, by field", function()
    local function refused(path, form, expected, content_type)
      local response = on:post(path, form, content_type)
      assert.equal(400, response.status, expected)
      local message = dkjson.decode(response.body).RestException.Message
      assert.truthy(message:find(expected, 1, true), message)
    end
    refused("/_sandbox/incoming", { From = "1", To = "2", app_id = "none" }, "app_id wants a flow")
    refused("/_sandbox/incoming", { From = "1", To = "2" }, "app_id wants a text")
    refused("/_sandbox/incoming", { Frm = "1" }, "Frm is unknown (did you mean From?)")
    refused("/_sandbox/digits", { digits = "12a" }, "digits wants up to 255 of 0 to 9, * and #")
    refused("/_sandbox/digits", { digit = "1" }, "digit is unknown (did you mean digits?)")
    refused("/_sandbox/flows", "{", "not JSON at byte 2", JSON)
    refused("/_sandbox/flows", "3", "it holds no flow", JSON)
    refused("/_sandbox/flows", { app_id = "1" }, "applets wants a list of applets")
    refused("/_sandbox/flows", { app_id = "1", ["applets[0][kind]"] = "passtru" },
      "(did you mean passthru?)")
  end)

  it("takes a flow as a form", function()
    local path = path_of "form"
    local response = on:post("/_sandbox/flows", {
      app_id = "as_form", ["applets[0][kind]"] = "passthru", ["applets[0][url]"] = on:url(path),
      ["applets[0][async]"] = "true", ["applets[0][next][next]"] = "end",
      ["applets[1][kind]"] = "hangup" })
    assert.same({ 200, '{"ok":true}' }, { response.status, response.body })
    on:settled(on:incoming "as_form")
    assert.equal(1, #on:asked(path, 1))
    local names = {}
    for _, one in ipairs(on:journal "flows") do names[one.app_id] = true end
    assert.is_true(names.as_form)
  end)

  -- }=================================================================
end)

describe("a file of flows", function()
  local function with_file(text, use)
    local name = os.tmpname()
    local file = assert(io.open(name, "wb"))
    file:write(text)
    file:close()
    local ran, err = pcall(use, name)
    os.remove(name)
    if not ran then error(err, 0) end
  end

  it("is taken from --flow", function()
    with_file('[{"app_id":1,"applets":[{"kind":"hangup"}]},{"app_id":"b","applets":[{"kind":'
      .. '"voicemail"}]}]', function(name)
      local sandbox = on_sandbox.start("--speed", "100", "--flow", name)
      local list = sandbox:journal "flows"
      assert.same({ { app_id = "1" }, { app_id = "b" } }, list)
      sandbox:stop()
    end)
  end)

  it("is refused with its name and what is wrong", function()
    for _, text in ipairs { "{", '{"app_id":"1","applets":[{"kind":"hangup","url":"x"}]}' } do
      with_file(text, function(name)
        local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0",
                                           "--flow=" .. name,
                                           stderr = false })
        assert.equal(2, process:wait(LONG))
        process:close()
      end)
    end
  end)
end)

describe("the reading of a flow", function()
  local U = "http://x/"
  for _, row in ipairs {
    { {}, "app_id wants a text" }, { { app_id = "a b", applets = {} }, "app_id wants letters" },
    { { app_id = "1", applets = {} }, "applets wants a list" },
    { { app_id = "1", applets = { { kind = "gather" } } }, "applets[0].url wants a text" },
    { { app_id = "1", applets = { 5 } }, "applets[0] wants an applet's fields" },
    { { app_id = "1", applets = { { kind = "passthru", url = U, asinc = true } } },
      "applets[0].asinc is unknown (did you mean async?)" },
    { { app_id = "1", applets = { { kind = "passthru", url = U, async = "yes" } } },
      "applets[0].async wants true or false" },
    { { app_id = "1", applets = { { kind = "gather", url = U, next = { a = "end" } } } },
      "applets[0].next.a is unknown (digits, no_input)" },
    { { app_id = "1", applets = { { kind = "gather", url = U, next = "menu" } } },
      "applets[0].next wants an applet's name" },
    { { app_id = "1", applets = { { kind = "hangup" }, { kind = "hangup", name = "1" } } },
      "applets[1].name wants a name of its own" },
    { { app_id = "1", flows = {}, applets = {} }, "flows is unknown" },
  } do
    it("says " .. row[2], function()
      local flow, wrong = flows.read(row[1])
      assert.is_nil(flow)
      assert.truthy(wrong:find(row[2], 1, true), wrong)
    end)
  end

  it("is asked of a Lua table", function()
    local server = require "exotel.sandbox.server"
    local settings = { clock = { epoch = 0 }, history = 0, rate_limit = 0,
                       flows = { { app_id = 7, applets = { { kind = "hangup" } } } } }
    local set = server.new(settings).flows
    assert.equal("7", set:of_url("http://my.exotel.com/a/exoml/start_voice/7").app_id)
    assert.equal("7", set:of_url("http://my.exotel.in/exoml/start/7").app_id)
    for _, url in ipairs { "http://x/exoml/start_voice/8", "http://x/7", "", "http://x/exoml/7" } do
      assert.is_nil(set:of_url(url))
    end
    settings.flows = { { app_id = 7 } }
    assert.has_error(function() server.new(settings) end, "applets wants a list of applets")
  end)
end)

describe("an event of a Passthru", function()
  it("is what the core reads again", function()
    local event = { call_sid = "5c", call_from = "+91", digits = "1#", stream_sid = "s" }
    local query = exotel.build_callback(event, "application/x-www-form-urlencoded")
    local again = assert(exotel.parse_callback("", nil, query))
    assert.equal("1#", again.digits)
  end)
end)
