-- The sandbox: how its calls go on, and the StatusCallbacks that it posts. A sandbox runs in
-- a process of its own; what it posts comes to a real server in this one.
--
-- SPDX-License-Identifier: MIT

local callbacks = require "exotel.sandbox.callbacks"
local clock = require "exotel.sandbox.clock"
local dkjson = require "dkjson"
local exotel = require "exotel"
local finish = require "spec.support.finish"
local history = require "exotel.sandbox.history"
local httpd = require "exotel.httpd"
local journal = require "exotel.sandbox.journal"
local lua = require "spec.support.lua"
local server = require "exotel.sandbox.server"
local sys = require "exotel.sys"
local timeline = require "exotel.sandbox.timeline"
local transport = require "exotel.transport.curl"

local LONG = 20 -- seconds that nothing here should ever need
local ANSWERS, BUSY, NO_ANSWER, FAILED, CANCELED = "10", "01", "02", "03", "04"
local CALLER_ID = "08039570000"

local function from(digits) return "+9198765432" .. digits end
local function to(digits) return "+9191234567" .. digits end

-- {=================================================================
-- A sandbox, and a server that it posts to
-- ==================================================================

local sandbox, base_url, client, agent
local receiver, received -- every request: { path, query, content_type, body, event }
local answers -- statuses to give, in turn, by path; 200 behind them; false is no answer

local function start(...)
  local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0",
                                     "--settle-seconds", "0", ... })
  return process, assert(process:read_line(LONG))
end

local function client_of(url)
  return exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                         api_token = "sandbox_token", base_url = url }
end

local function take(request)
  local path = request:path()
  local event = assert(exotel.parse_callback(request:body(), request:header "content-type"))
  received[#received + 1] = {
    method = request:method(), path = path, query = request:query(), body = request:body(),
    content_type = request:header "content-type", event = event,
  }
  local status = 200
  if answers[path] and #answers[path] > 0 then status = table.remove(answers[path], 1) end
  if not status then
    received.held = request -- without an answer
  elseif status == 302 then
    request:respond(status, { location = receiver:url() .. "/moved" })
  else
    request:respond(status)
  end
end

-- Serves until `done` gives something, which it returns.
local function serve(done)
  local stop = sys.now() + LONG
  repeat
    local result = done()
    if result then return result end
    local request = receiver:poll(0.01)
    if request then take(request) end
  until sys.now() > stop
  error("nothing came of it", 2)
end

-- What came to a path, once it is n requests.
local function posted(path, n)
  return serve(function()
    local list = {}
    for _, one in ipairs(received) do
      if one.path == path then list[#list + 1] = one end
    end
    return #list >= n and list
  end)
end

local function get(path)
  return assert(agent:perform { method = "GET", url = base_url .. path, timeout = LONG,
                                connect_timeout = LONG })
end

local function read_journal(name)
  local response = get("/_sandbox/" .. name)
  assert.equal(200, response.status)
  local page = assert(dkjson.decode(response.body))
  assert.equal(page.count, #page[name])
  return page[name]
end

-- The attempts to post a call's events, once they are n.
local function attempts(call, n)
  return serve(function()
    local list = {}
    for _, one in ipairs(read_journal "callbacks") do
      if one.call_sid == call.sid then list[#list + 1] = one end
    end
    return #list >= n and list
  end)
end

-- A dial, with what a row adds to it.
local function dial(more)
  local params = { from = from(ANSWERS), caller_id = CALLER_ID }
  for name, value in pairs(more or {}) do params[name] = value end
  if not (params.app_id or params.stream_url or params.to) then params.to = to(ANSWERS) end
  return assert(client:connect(params))
end

local paths = 0

-- An address of the receiver that nobody used before: its path, and the whole of it.
local function address()
  paths = paths + 1
  local path = "/hook/" .. paths
  return path, receiver:url() .. path
end

local function settled(call)
  return serve(function()
    local record = assert(client:call_details(call, { details = true }))
    return record.end_time and record
  end)
end

-- A POST of a form as it is.
local function post(form, content_type)
  return assert(agent:perform {
    method = "POST", url = base_url .. "/v1/Accounts/sandbox/Calls/connect.json", body = form,
    headers = { ["content-type"] = content_type or "application/x-www-form-urlencoded" },
    username = "sandbox_key", password = "sandbox_token", timeout = LONG, connect_timeout = LONG,
  })
end

-- }=================================================================

local FIELDS = { "CallSid", "ConversationDuration", "DateCreated", "DateUpdated", "Direction",
                 "EndTime", "EventType", "From", "Legs", "PhoneNumberSid", "RecordingUrl",
                 "StartTime", "Status", "To" }
local DEFAULT_FIELDS = { "CallSid", "DateUpdated", "RecordingUrl", "Status" }

-- The documented names at the top of a body, sorted.
local function names(one)
  local set, list = {}, {}
  if one.content_type == "application/json" then
    set = assert(dkjson.decode(one.body))
  else
    assert.matches("^multipart/form%-data; boundary=", one.content_type)
    for name in one.body:gmatch 'name="([^"%[]+)' do set[name] = true end
  end
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- The text of one multipart field, as sent.
local function field(one, name)
  return one.body:match('name="' .. name:gsub("%p", "%%%0") .. '"\r\n\r\n(.-)\r\n%-%-')
end

local function statuses(event)
  local list = {}
  for index, leg in ipairs(event.legs or {}) do list[index] = leg.status or "" end
  return list
end

describe("a sandbox's timeline", function()
  local seconds = { queue = 1, ring = 2, call = 10 }

  local function spell(form)
    local list = {}
    for index, step in ipairs(timeline.plan(form, seconds)) do
      list[index] = ("%g %d %s"):format(step.after, step.leg, step.status)
    end
    return list
  end

  for _, row in ipairs {
    { "both answer", { From = from(ANSWERS), To = to(ANSWERS) },
      { "1 1 ringing", "3 1 in-progress", "3 2 ringing", "5 2 in-progress", "15 2 completed",
        "15 1 completed" } },
    { "TimeLimit cuts the conversation", { From = from(ANSWERS), To = to(ANSWERS),
                                           TimeLimit = "4" },
      { "1 1 ringing", "3 1 in-progress", "3 2 ringing", "5 2 in-progress", "9 2 completed",
        "9 1 completed" } },
    { "leg 2 is busy", { From = from(ANSWERS), To = to(BUSY) },
      { "1 1 ringing", "3 1 in-progress", "3 2 ringing", "5 2 busy", "5 1 completed" } },
    { "leg 2 rings for 30 s", { From = from(ANSWERS), To = to(NO_ANSWER) },
      { "1 1 ringing", "3 1 in-progress", "3 2 ringing", "33 2 no-answer", "33 1 completed" } },
    { "leg 2 rings for TimeOut", { From = from(ANSWERS), To = to(NO_ANSWER), TimeOut = "7" },
      { "1 1 ringing", "3 1 in-progress", "3 2 ringing", "10 2 no-answer", "10 1 completed" } },
    { "leg 1 is canceled, leg 2 never tried", { From = from(CANCELED), To = to(ANSWERS) },
      { "1 1 ringing", "3 1 canceled" } },
    { "TimeOut comes before the answer", { From = from(ANSWERS), To = to(ANSWERS),
                                           TimeOut = "1" },
      { "1 1 ringing", "2 1 no-answer" } },
    { "a flow has one leg", { From = from(ANSWERS), Url = "http://example.test/" },
      { "1 1 ringing", "3 1 in-progress", "13 1 completed" } },
  } do
    it(row[1], function() assert.same(row[3], spell(row[2])) end)
  end

  it("is read at any moment", function()
    local steps = timeline.plan({ From = from(ANSWERS), To = to(FAILED) }, seconds)
    for _, row in ipairs {
      { 0, "queued", "queued", nil }, { 0.999, "queued", "queued", nil },
      { 1, "in-progress", "ringing", nil }, { 2.999, "in-progress", "ringing", nil },
      { 3, "in-progress", "in-progress", "ringing" },
      { 5, "failed", "completed", "failed" }, { 1e6, "failed", "completed", "failed" },
    } do
      local state = timeline.state(steps, timeline.reached(steps, 0, row[1]))
      local second = state.legs[2] and state.legs[2].status
      assert.same({ row[2], row[3], row[4] }, { state.status, state.legs[1].status, second })
    end
  end)
end)

describe("a sandbox's clock", function()
  it("goes by speed, and shows +05:30", function()
    local real, slept = 100, {}
    local fast = clock.new {
      epoch = 0, speed = 10, now = function() return real end,
      sleep = function(seconds)
        slept[#slept + 1] = seconds
        real = real + seconds
      end,
    }
    assert.equal("1970-01-01 05:30:00", clock.timestamp(fast:now()))
    real = real + 6
    assert.equal("1970-01-01 05:31:00", clock.timestamp(fast:now()))
    fast:sleep(20)
    assert.equal(80, fast:now())
    fast:wait_until(10)
    assert.same({ 2 }, slept)
    assert.equal(1.5, fast:real(15))
  end)
end)

describe("the sandbox", function()
  setup(function()
    sandbox, base_url = start("--speed", "100", "--rate-limit", "0")
    client, agent = client_of(base_url), transport.new { plain_http = true }
    receiver, received, answers = assert(httpd.listen {}), {}, {}
  end)

  teardown(function()
    sandbox:close()
    client:close()
    agent:close()
    receiver:close()
  end)

  after_each(function() received.held = nil end)

  it("says in --help how the legs to numbers end", function()
    local help = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--help" })
    local text, code = finish(help, LONG)
    assert.equal(0, code)
    for digits, status in pairs { [BUSY] = "busy", [NO_ANSWER] = "no%-answer",
                                  [FAILED] = "failed", [CANCELED] = "canceled" } do
      assert.matches("\n  …" .. digits .. " +" .. status .. " ", text)
    end
    assert.matches("\n  others +completed ", text)
    assert.matches("within 15 seconds .* tried again, 2 times", text)
  end)

  it("refuses options that it can't follow", function()
    for _, option in ipairs { "--speed=-1", "--speed=fast", "--speed=1e9", "--ring-seconds=-1",
                              "--call-seconds=1e99", "--queue-second=1", "--epoch=-1",
                              "--epoch=4102444800", "--seed=x", "--until-stdin-ends=no",
                              "--help=no" } do
      local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0", option,
                                         stderr = false })
      assert.equal(2, process:wait(LONG), option)
      process:close()
    end
  end)

  -- {=================================================================
  -- Calls
  -- ==================================================================

  it("lets a call go on leg by leg", function()
    local life = {
      { "queued", "queued", "" }, { "in-progress", "ringing", "" },
      { "in-progress", "in-progress", "ringing" },
      { "in-progress", "in-progress", "in-progress" }, { "completed", "completed", "completed" },
    }
    local slow, url = start("--speed", "5", "--rate-limit", "0")
    local caller = client_of(url)
    local call = assert(caller:connect { from = from(ANSWERS), to = to(ANSWERS),
                                         caller_id = CALLER_ID })
    assert.same({ "queued" }, { call.status, call.start_time })
    local at, stop = 1, sys.now() + LONG
    repeat
      local record = assert(caller:call_details(call, { details = true }))
      local legs = statuses(record)
      local seen = table.concat({ record.status, legs[1], legs[2] or "" }, " ")
      while life[at] and table.concat(life[at], " ") ~= seen do at = at + 1 end
      assert.truthy(life[at], "not, or not any more: " .. seen)
      assert.equal(record.status == "completed", record.duration ~= nil)
      assert.equal(record.status == "completed", record.legs[1].on_call_duration ~= nil)
    until at == #life or sys.now() > stop
    assert.equal(#life, at)
    slow:close()
    caller:close()
  end)

  -- From, To, then the call's status and the legs' ("": never tried); leg 1's and leg 2's
  -- seconds, the call's, and its price.
  local ends = {
    { ANSWERS, ANSWERS, "completed", "completed", "completed", 3, 2, 4, "0.750" },
    { ANSWERS, BUSY, "busy", "completed", "busy", 1, 0, 2, "0.750" },
    { ANSWERS, NO_ANSWER, "no-answer", "completed", "no-answer", 30, 0, 31, "0.750" },
    { ANSWERS, FAILED, "failed", "completed", "failed", 1, 0, 2, "0.750" },
    { ANSWERS, CANCELED, "canceled", "completed", "canceled", 1, 0, 2, "0.750" },
    { BUSY, ANSWERS, "busy", "busy", "", 0, 0, 1 },
    { NO_ANSWER, ANSWERS, "no-answer", "no-answer", "", 0, 0, 30 },
    { FAILED, BUSY, "failed", "failed", "", 0, 0, 1 },
    { CANCELED, ANSWERS, "canceled", "canceled", "", 0, 0, 1 },
  }

  for _, row in ipairs(ends) do
    it(("ends a call from …%s to …%s as %s"):format(row[1], row[2], row[3]), function()
      local path, url = address()
      local call = dial { from = from(row[1]), to = to(row[2]), record = true,
                          status_callback = url, status_callback_events = { "terminal" } }
      local event = posted(path, 1)[1].event
      local record = settled(call)
      for _, one in ipairs { record, event } do
        assert.equal(row[3], one.status)
        assert.same({ row[4], row[5] }, statuses(one))
        assert.same({ row[6], row[7] },
          { one.legs[1].on_call_duration, one.legs[2].on_call_duration })
        assert.equal(row[7], one.conversation_duration)
        assert.equal(row[7] > 0 and ("%s/exotelrecordings/sandbox/%s.mp3"):format(base_url,
          call.sid) or nil, one.recording_url)
      end
      for _, name in ipairs { "date_created", "date_updated", "start_time", "end_time", "from",
                              "to", "phone_number_sid", "direction" } do
        assert.equal(record[name], event[name], name)
      end
      assert.equal(call.sid, event.call_sid)
      assert.equal(record.end_time, record.date_updated)
      assert.equal(row[8], record.duration)
      assert.equal(row[9], record.price_text)
      assert.equal(row[3] == "completed" and "human" or nil, record.answered_by)
      assert.equal("terminal", event.kind)
    end)
  end

  it("cuts a conversation at TimeLimit, and rings for TimeOut", function()
    local cut = dial { time_limit = 1 }
    local rung = dial { to = to(NO_ANSWER), ring_timeout = 7 }
    assert.equal(1, settled(cut).conversation_duration)
    assert.equal(7, settled(rung).legs[1].on_call_duration)
  end)

  it("gives a flow and a stream one leg", function()
    for _, more in ipairs {
      { app_id = 926 }, { app_id = 926, extra = { To = to(BUSY) } },
      { stream_url = "wss://example.test/", stream_type = "bidirectional" },
    } do
      local record = settled(dial(more))
      assert.same({ "completed" }, statuses(record))
      assert.same({ "completed", 2 }, { record.status, record.conversation_duration })
      assert.is_nil(record.to)
      local details = assert(dkjson.decode(exotel.response(record).body)).Call.Details
      assert.same({ ConversationDuration = 2, Leg1Status = "completed", Leg2Status = "",
                    Legs = { { Leg = { Id = 1, OnCallDuration = 2 } } } }, details)
      more.from = from(BUSY)
      assert.equal("busy", settled(dial(more)).status)
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- StatusCallbacks
  -- ==================================================================

  local modes = {
    { "two numbers", {} }, { "a flow", { app_id = 926 } },
    { "a stream", { stream_url = "wss://example.test/", stream_type = "bidirectional" } },
  }

  for _, mode in ipairs(modes) do
    for _, content_type in ipairs { "multipart/form-data", "application/json" } do
      it(("posts the four fields of %s as %s"):format(mode[1], content_type), function()
        local path, url = address()
        local more = { status_callback = url .. "?key=a%20b&key=2", custom_field = "order 1042",
                       status_callback_content_type = content_type }
        for name, value in pairs(mode[2]) do more[name] = value end
        local call = dial(more)
        local one = posted(path, 1)[1]
        assert.same({ "POST", "key=a%20b&key=2" }, { one.method, one.query })
        assert.same(DEFAULT_FIELDS, names(one))
        assert.equal(content_type, one.content_type:match "^[^;]+")
        assert.same({ "default", "completed", call.sid },
          { one.event.kind, one.event.status, one.event.call_sid })
        assert.is_nil(one.event.recording_url)
      end)
    end
  end

  it("posts as multipart/form-data unless asked otherwise", function()
    local path, url = address()
    dial { status_callback = url }
    assert.matches("^multipart/form%-data; boundary=", posted(path, 1)[1].content_type)
  end)

  it("sends the recording's address with the four fields", function()
    local path, url = address()
    local call = dial { status_callback = url, record = true }
    assert.equal(settled(call).recording_url, posted(path, 1)[1].event.recording_url)
  end)

  for _, content_type in ipairs { "multipart/form-data", "application/json" } do
    it("tells of each answer and of the end as " .. content_type, function()
      local path, url = address()
      local call = dial { status_callback = url, custom_field = " order 1042 ", record = true,
                          status_callback_events = { "terminal", "answered" },
                          status_callback_content_type = content_type }
      local first, second, last = lua.unpack(posted(path, 3))
      assert.same({ "answered", "answered", "terminal" },
        { first.event.kind, second.event.kind, last.event.kind })
      assert.same({ "in-progress", "in-progress", "completed" },
        { first.event.status, second.event.status, last.event.status })
      assert.same({ "in-progress", "" }, statuses(first.event))
      assert.same({ "in-progress", "in-progress" }, statuses(second.event))
      assert.same({ "completed", "completed" }, statuses(last.event))
      assert.same(FIELDS, names(first))
      assert.same(FIELDS, names(second))
      local fields = { lua.unpack(FIELDS) }
      table.insert(fields, 2, "CustomField")
      table.sort(fields)
      assert.same(fields, names(last))
      assert.equal(" order 1042 ", last.event.custom_field)
      assert.is_nil(second.event.end_time)
      assert.equal(settled(call).recording_url, last.event.recording_url)
      assert.equal(2, last.event.conversation_duration)
      assert.equal(3, #posted(path, 3))
    end)
  end

  it("sends what has no value yet empty", function()
    local path, url = address()
    dial { status_callback = url, status_callback_events = { "answered" } }
    local first, second = lua.unpack(posted(path, 2))
    assert.same({ "in-progress", "", "", "" }, { field(first, "Legs[0][Status]"),
      field(first, "Legs[1][Status]"), field(first, "EndTime"), field(first, "RecordingUrl") })
    assert.equal("in-progress", field(second, "Legs[1][Status]"))
  end)

  it("tells of the events asked for, and of no other", function()
    local answered, answered_url = address()
    local busy, busy_url = address()
    local quiet = dial()
    local call = dial { status_callback = answered_url, status_callback_events = { "answered" } }
    dial { to = to(BUSY), status_callback = busy_url,
           status_callback_events = { "answered", "terminal" } }
    local list = posted(busy, 2)
    assert.same({ "answered", "terminal" }, { list[1].event.kind, list[2].event.kind })
    settled(call)
    attempts(call, 2)
    assert.equal(2, #posted(answered, 2))
    for _, one in ipairs(read_journal "callbacks") do
      assert.not_equal(quiet.sid, one.call_sid)
    end
  end)

  it("tells of the one leg of a stream", function()
    local path, url = address()
    dial { stream_url = "wss://example.test/", stream_type = "bidirectional",
           status_callback = url, status_callback_events = { "answered", "terminal" } }
    local list = posted(path, 2)
    assert.same({ "in-progress" }, statuses(list[1].event))
    assert.same({ "completed" }, statuses(list[2].event))
    assert.equal("terminal", list[2].event.kind)
  end)

  -- }=================================================================

  -- {=================================================================
  -- Delivery
  -- ==================================================================

  local function outcomes(list)
    local out = {}
    for index, one in ipairs(list) do
      out[index] = ("%s %d %s"):format(one.event, one.attempt, one.status or one.failure)
    end
    return out
  end

  it("writes down every attempt", function()
    local path, url = address()
    local call = dial { status_callback = url, status_callback_content_type = "application/json" }
    local one = posted(path, 1)[1]
    local entry = attempts(call, 1)[1]
    assert.is_true(entry.at > sys.time())
    entry.at = nil
    assert.same({ call_sid = call.sid, event = "default", url = url, attempt = 1, status = 200,
                  content_type = one.content_type, body = one.body }, entry)
  end)

  it("tries twice again what was not answered with a 2xx, with the same body", function()
    for _, row in ipairs {
      { { 500, 200 }, { "default 1 500", "default 2 200" } },
      { { 302, 404, 204 }, { "default 1 302", "default 2 404", "default 3 204" } },
      { { 500, 503, 400, 200 }, { "default 1 500", "default 2 503", "default 3 400" } },
    } do
      local path, url = address()
      answers[path] = { lua.unpack(row[1]) }
      local call = dial { status_callback = url }
      local list = posted(path, #row[2])
      for _, one in ipairs(list) do assert.equal(list[1].body, one.body) end
      local entries = attempts(call, #row[2])
      assert.same(row[2], outcomes(entries))
      for index = 2, #entries do
        assert.is_true(entries[index].at - entries[index - 1].at >= 5)
      end
    end
    for _, one in ipairs(received) do assert.not_equal("/moved", one.path) end
  end)

  it("posts the next event when the former was delivered or given up", function()
    local path, url = address()
    answers[path] = { 500, 500, 500, 500, 200 }
    local call = dial { status_callback = url, status_callback_events = { "answered", "terminal" } }
    assert.same({ "answered 1 500", "answered 2 500", "answered 3 500", "answered 1 500",
                  "answered 2 200", "terminal 1 200" }, outcomes(attempts(call, 6)))
  end)

  it("gives nobody more than its time to answer, and goes on meanwhile", function()
    local path, url = address()
    answers[path] = { false }
    local call = dial { status_callback = url }
    posted(path, 1)
    assert.equal("completed", settled(dial()).status)
    assert.same({}, attempts(call, 0)) -- still waiting
    local entries = attempts(call, 2)
    assert.same({ "default 1 timeout", "default 2 200" }, outcomes(entries))
    assert.is_true(entries[2].at - entries[1].at >= 200) -- 2 real seconds
  end)

  it("goes by no proxy of the environment", function()
    local process = assert(sys.spawn { "env", "-u", "no_proxy", "-u", "NO_PROXY",
      "http_proxy=http://127.0.0.1:1", lua.name, "bin/exotel", "sandbox", "--port=0",
      "--speed=100" })
    local caller = client_of(assert(process:read_line(LONG)))
    local path, url = address()
    assert(caller:connect { from = from(BUSY), to = to(ANSWERS), caller_id = CALLER_ID,
                            status_callback = url })
    assert.equal("busy", posted(path, 1)[1].event.status)
    process:close()
    caller:close()
  end)

  it("outlives addresses that can't be posted to", function()
    local gone = assert(httpd.listen {})
    local closed = gone:url()
    gone:close()
    local calls = {}
    for index, url in ipairs { closed, "no address", "ftp://127.0.0.1/", "http://127.0.0.1:99999/",
                               "http://127.0.0.1/\r\nX: y" } do
      calls[index] = dial { extra = { StatusCallback = url } }
    end
    for _, call in ipairs(calls) do
      for index, one in ipairs(attempts(call, 3)) do
        assert.is_nil(one.status)
        assert.same({ index, "string" }, { one.attempt, type(one.failure) })
      end
    end
    assert.equal("connect", attempts(calls[1], 3)[1].failure)
    assert.equal("completed", settled(dial()).status)
  end)

  -- }=================================================================

  -- {=================================================================
  -- Dials, and what is refused
  -- ==================================================================

  it("refuses a flow's events, with the service's words", function()
    local call, err = client:connect { from = from(ANSWERS), caller_id = CALLER_ID, app_id = 926,
                                       extra = { ["StatusCallbackEvents[0]"] = "terminal" } }
    assert.is_nil(call)
    assert.same({ 400, "status_callback_events" }, { err.status, err.reason })
  end)

  it("counts each dial that it read once, and places a call for those it takes", function()
    local dials, calls = #read_journal "dials", #read_journal "calls"
    local good = ("From=%s&To=%s&CallerId=0"):format(ANSWERS, ANSWERS)
    local rows_of_dials = {
      { good, 200 }, { good .. "&Record=&TimeOut=&CustomField=", 200 },
      { good .. "&Url=http://example.test/", 200 },
      { "From=sip:agent@exotel.com&To=sip:trunk&CallerId=08039570000", 200 },
      { "From=SIP:a&To=%2B91%2098765-43210&CallerId=%2B918039570000", 200 },
      { "From=9876543210&To=(080)%202600%200010&CallerId=0", 200 },
      { "From=00919876543210&To=112&CallerId=0", 200 },
      { good .. "&Record=true&TimeLimit=14400&StatusCallbackEvents[]=answered", 200 },
      { "To=1&CallerId=0", 400, "The 'From' parameter is required." },
      { "From=&To=1&CallerId=0", 400, "The 'From' parameter is required." },
      { good .. "&TimeLimit=14401", 400, "'TimeLimit'" },
      { good .. "&TimeOut=0", 400, "'TimeOut'" }, { good .. "&TimeOut=1.5", 400, "'TimeOut'" },
      { good .. "&Record=yes", 400, "'Record'" },
      { good .. "&StatusCallbackContentType=text/plain", 400, "'StatusCallbackContentType'" },
      { good .. "&StatusCallbackEvents[0]=ended", 400, "'StatusCallbackEvents'" },
      { good .. "&StatusCallbackEvents[a]=answered", 400, "'StatusCallbackEvents'" },
      { good .. "&CustomField=%FF", 400, "'CustomField'" },
      { good .. "&CustomField=a%09b%0D%0Ac%7F", 200 },
      { good .. "&CustomField=%01", 400, "'CustomField'" },
      { good .. "&CustomField=%1F", 400, "'CustomField'" },
      { good .. "&CustomField=%EF%BF%BE", 400, "'CustomField'" },
      { good .. "&StatusCallback[0]=x", 400, "'StatusCallback'" },
      { "From[0]=%00%FF&From[x][y]=1&To=%FE", 400 }, { "%", 400 }, { "", 400 },
      { "From=agent&To=10&CallerId=0", 400, "Invalid Call Parameters: Invalid 'From' specified" },
      { "From=XXXXX30240&To=10&CallerId=0", 400, "'From'" },
      { "From=10&To=9876543210,9876543211&CallerId=0", 400, "'To'" },
      { "From=10&To=0098765+43210x1&CallerId=0", 400, "'To'" },
      { "From=10&To=%2B&CallerId=0", 400, "'To'" },
      { "From=10&To=98%2B7654&CallerId=0", 400, "'To'" },
      { "From=10&To=sip:&CallerId=0", 400, "'To'" },
      { "From=10&To=sip:a%20b&CallerId=0", 400, "'To'" },
      { "From=10&To=10&CallerId=080-39570000", 400, "'CallerId'" },
      { "From=10&To=10&CallerId=080%2039570000", 400, "'CallerId'" },
      { "From=10&Url=http://example.test/&CallerId=ExoPhone", 400, "'CallerId'" },
    }
    for index, row in ipairs(rows_of_dials) do
      local response = post(row[1])
      assert.equal(row[2], response.status, row[1])
      if row[3] then assert.truthy(response.body:find(row[3], 1, true), response.body) end
      local list = read_journal "dials"
      assert.equal(dials + index, #list, row[1])
      assert.same({ row[2], #row[1] }, { list[#list].status, list[#list].bytes })
    end
    local list = read_journal "calls"
    assert.equal(calls + 9, #list)
  end)

  it("writes a dial down as it came", function()
    local form = "From=10&To=10&CallerId=0&Url=http://example.test/&Mode=a%20b&List[]=1"
    assert.equal(200, post(form).status)
    local list, calls = read_journal "dials", read_journal "calls"
    local dialled = list[#list]
    assert.same({ From = "10", To = "10", CallerId = "0", Url = "http://example.test/",
                  Mode = "a b", List = { "1" } }, dialled.form)
    assert.equal(calls[#calls].Call.Sid, dialled.call_sid)
  end)

  it("reads a dial as multipart/form-data too, as a page's curl sends it", function()
    local parts = {}
    for _, row in ipairs {
      { "From", "+919876543210" }, { "To", "+919123456710" }, { "CallerId", CALLER_ID },
      { "StatusCallback", "http://127.0.0.1:1/" },
      { "StatusCallbackContentType", "application/json" },
      { "StatusCallbackEvents[0]", "terminal" }, { "Record", "true" },
      { "StatusCallbackEvents[1]", "answered" },
    } do
      parts[#parts + 1] = ('--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n')
        :format(row[1], row[2])
    end
    local body, content_type = table.concat(parts), "multipart/form-data; boundary=b"
    local response = post(body .. "--b--\r\n", content_type)
    assert.equal(200, response.status, response.body)
    local dials = read_journal "dials"
    assert.same({ From = "+919876543210", To = "+919123456710", CallerId = CALLER_ID,
                  StatusCallback = "http://127.0.0.1:1/", Record = "true",
                  StatusCallbackContentType = "application/json",
                  StatusCallbackEvents = { "terminal", "answered" } }, dials[#dials].form)
    local calls = #read_journal "calls"
    assert.equal(400, post(body:sub(1, -3), content_type).status) -- cut off
    assert.equal(calls, #read_journal "calls")
  end)

  it("tells of the numbers that a page's curl sends, whose plus signs aren't encoded", function()
    local path, url = address()
    assert.equal(200, post("From=+919413740010&To=+918867990010&CallerId=01130830000"
      .. "&StatusCallback=" .. url .. "&StatusCallbackEvents[0]=terminal"
      .. "&StatusCallbackContentType=application/json").status)
    local event = posted(path, 1)[1].event
    assert.same({ "+919413740010", "+918867990010" }, { event.from, event.to })
    local dials = read_journal "dials"
    assert.equal(" 919413740010", dials[#dials].form.From) -- as it came
  end)

  it("counts dials that it doesn't let in", function()
    local dials = #read_journal "dials"
    for index, row in ipairs {
      { "sandbox", "other", "sandbox_token", 401 }, { "sandbox", "sandbox_key", "other", 401 },
      { "other", "sandbox_key", "sandbox_token", 404 },
    } do
      local stranger = exotel.client { account_sid = row[1], api_key = row[2], api_token = row[3],
                                       base_url = base_url }
      local call, err = stranger:connect { from = from(ANSWERS), to = to(ANSWERS),
                                           caller_id = CALLER_ID }
      stranger:close()
      assert.is_nil(call)
      assert.equal(row[4], err.status)
      local list = read_journal "dials"
      assert.same({ dials + index, row[4] }, { #list, list[#list].status })
      assert.equal(from(ANSWERS), list[#list].form.From)
    end
  end)

  it("shows legs only when they are asked for", function()
    local call = settled(dial())
    assert.equal(2, #call.legs)
    local record = assert(client:call_details(call))
    assert.same({ "completed" }, { record.status, record.legs, record.conversation_duration })
  end)

  it("lists its calls as Call Details shows them", function()
    local call = settled(dial { to = to(BUSY) })
    local body = exotel.response(call).body
    local list = read_journal "calls"
    assert.same(assert(dkjson.decode(body)), list[#list])
  end)

  it("has no other page", function()
    for _, path in ipairs { "/", "/_sandbox/", "/_sandbox/dial", "/v1/Accounts/sandbox/Legs" } do
      assert.equal(404, get(path).status, path)
    end
  end)

  -- }=================================================================
end)

describe("a sandbox's callbacks", function()
  -- All at once, with a clock that jumps.
  local function deliver(send, form)
    local time, attempts_made = 0, journal.new "callbacks"
    local jumping = clock.new { epoch = 0, speed = 1, now = function() return time end,
                                sleep = function(seconds) time = time + seconds end }
    local all = require("exotel.sandbox.calls").new {
      account_sid = "a", base_url = "http://x", clock = jumping,
      new_sid = function() return "1" end, seconds = { queue = 1, ring = 1, call = 1 },
      history = history.new(0, 0),
    }
    local poster = callbacks.new { calls = all, clock = jumping, journal = attempts_made,
                                   retry_seconds = 5, send = send,
                                   spawn = function(run, ...) run(...) end }
    poster:watch(all:place(form))
    return attempts_made.entries
  end

  local form = { From = ANSWERS, To = ANSWERS, StatusCallback = "http://x/",
                 StatusCallbackEvents = { "terminal" } }

  it("are given 15 seconds, and two more attempts", function()
    local asked = {}
    local made = deliver(function(request)
      asked[#asked + 1] = request.timeout
      return nil, { reason = "timeout", message = "too late" }
    end, form)
    assert.same({ 15, 15, 15 }, asked)
    assert.same({ 4, 9, 14 }, { made[1].at, made[2].at, made[3].at })
    assert.same({ "timeout", "too late" }, { made[3].failure, made[3].message })
  end)

  it("write down an error of what sends them", function()
    local made = deliver(function() error("no such thing", 0) end, form)
    assert.equal(3, #made)
    assert.same({ "error", "no such thing" }, { made[1].failure, made[1].message })
  end)

  it("write down an error of their task", function()
    local made = deliver(error, { From = BUSY, StatusCallback = "http://x/",
                                  StatusCallbackContentType = "text/plain" })
    assert.equal(1, #made)
    assert.same({ "error", "default", 2 }, { made[1].failure, made[1].event, made[1].at })
    assert.matches("wants multipart/form%-data", made[1].message)
  end)

  it("write down a body that can't be built", function()
    local made = deliver(error, { From = ANSWERS, To = ANSWERS, StatusCallback = "http://x/",
      StatusCallbackContentType = "application/json", CustomField = "\255",
      StatusCallbackEvents = "terminal" })
    assert.equal(1, #made)
    assert.same({ "error", "terminal" }, { made[1].failure, made[1].event })
    assert.matches("UTF%-8", made[1].message)
  end)
end)

describe("the events that a sandbox owes", function()
  local url = "http://x/"
  for _, row in ipairs {
    { "nothing without an address", { StatusCallbackEvents = "terminal" }, {} },
    { "the default one", { StatusCallback = url }, { "default 6" } },
    { "answers", { StatusCallback = url, StatusCallbackEvents = { "answered" } },
      { "answered 2", "answered 4" } },
    { "the end", { StatusCallback = url, StatusCallbackEvents = "terminal" }, { "terminal 6" } },
    { "both, in order", { StatusCallback = url, StatusCallbackEvents = { "terminal", "answered" } },
      { "answered 2", "answered 4", "terminal 6" } },
    { "none that it doesn't send", { StatusCallback = url, StatusCallbackEvents = { "ringing" } },
      {} },
  } do
    it("are " .. row[1], function()
      row[2].From, row[2].To = ANSWERS, ANSWERS
      local list = {}
      for index, event in ipairs(callbacks.owed { form = row[2],
        steps = timeline.plan(row[2], { queue = 1, ring = 1, call = 1 }) }) do
        list[index] = ("%s %d"):format(event.name, event.step)
      end
      assert.same(row[3], list)
    end)
  end
end)

describe("an error of a sandbox's own", function()
  it("is a 500, and told", function()
    local told, status
    local broken = server.new { clock = { epoch = 0, now = function() error "no clock" end },
                                history = 0, rate_limit = 0,
                                complain = function(text) told = text end }
    broken:answer {
      path = function() return "/v1/Accounts/sandbox/Calls/connect.json" end,
      method = function() return "POST" end, body = function() return "" end,
      user = function() end, password = function() end, header = function() end,
      respond = function(_, given) status = given end,
    }
    assert.equal(500, status)
    assert.matches("no clock", told)
  end)
end)

describe("a sandbox's journal", function()
  it("shows whatever others sent", function()
    local list = journal.new "things"
    assert.equal('{"count":0,"things":[]}', list:json())
    list:add { text = "ü\n\"", list = { "a", "b" }, number = 1.5 }
    list:add { text = "a\0b", number = 2 }
    list:add { text = "\255b", list = { [3] = "hole" } }
    list:add { text = "c", list = { [("x"):rep(300)] = "long" } }
    assert.same({ count = 4, things = {
      { text = "ü\n\"", list = { "a", "b" }, number = 1.5 },
      { text = "a\239\191\189b", number = 2 },
      { text = "\239\191\189b" }, { text = "c" },
    } }, dkjson.decode(list:json()))
  end)
end)
