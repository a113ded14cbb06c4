-- The sandbox, which runs in a process of its own: how its calls go on, and what it refuses.
--
-- SPDX-License-Identifier: MIT

local dkjson = require "dkjson"
local exotel = require "exotel"
local journal = require "exotel.sandbox.journal"
local sys = require "exotel.sys"
local clock = require "exotel.sandbox.clock"
local timeline = require "exotel.sandbox.timeline"
local transport = require "exotel.transport.curl"

local LONG = 20 -- seconds that nothing here should ever need
local ANSWERS, BUSY, NO_ANSWER, FAILED, CANCELED = "10", "01", "02", "03", "04"
local CALLER_ID = "08039570000"

local function from(digits) return "+9198765432" .. digits end
local function to(digits) return "+9191234567" .. digits end

-- {=================================================================
-- A sandbox
-- ==================================================================

local sandbox, base_url, client, agent
local function start(...)
  local process = assert(sys.spawn { "bin/exotel", "sandbox", "--port", "0", ... })
  return process, assert(process:read_line(LONG))
end

local function client_of(url)
  return exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                         api_token = "sandbox_token", base_url = url }
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

-- A dial, with what a row adds to it.
local function dial(more)
  local params = { from = from(ANSWERS), caller_id = CALLER_ID }
  for name, value in pairs(more or {}) do params[name] = value end
  if not (params.app_id or params.stream_url or params.to) then params.to = to(ANSWERS) end
  return assert(client:connect(params))
end

local function settled(call)
  local stop = sys.now() + LONG
  repeat
    local record = assert(client:call_details(call, { details = true }))
    if record.end_time then return record end
    sys.sleep(0.01)
  until sys.now() > stop
  error("it never ended", 2)
end

-- A POST of a form as it is.
local function post(form)
  return assert(agent:perform {
    method = "POST", url = base_url .. "/v1/Accounts/sandbox/Calls/connect.json", body = form,
    headers = { ["content-type"] = "application/x-www-form-urlencoded" },
    username = "sandbox_key", password = "sandbox_token", timeout = LONG, connect_timeout = LONG,
  })
end

-- }=================================================================

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
      local state = timeline.state(steps, timeline.reached(steps, row[1]))
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
    sandbox, base_url = start("--speed", "100")
    client, agent = client_of(base_url), transport.new { plain_http = true }
  end)

  teardown(function()
    sandbox:close()
    client:close()
    agent:close()
  end)

  it("says in --help how the legs to numbers end", function()
    local process = assert(sys.spawn { "bin/exotel", "sandbox", "--help" })
    local lines = {}
    repeat
      local line = process:read_line(LONG)
      lines[#lines + 1] = line
    until not line
    assert.equal(0, process:wait(LONG))
    process:close()
    local text = table.concat(lines, "\n")
    for digits, status in pairs { [BUSY] = "busy", [NO_ANSWER] = "no%-answer",
                                  [FAILED] = "failed", [CANCELED] = "canceled" } do
      assert.matches("\n  …" .. digits .. " +" .. status .. " ", text)
    end
    assert.matches("\n  others +completed ", text)
  end)

  it("refuses options that it can't follow", function()
    for _, option in ipairs { "--speed=0", "--speed=fast", "--speed=1e9", "--ring-seconds=-1",
                              "--call-seconds=1e99", "--queue-second=1" } do
      local process = assert(sys.spawn { "bin/exotel", "sandbox", "--port=0", option,
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
    local slow, url = start("--speed", "5")
    local caller = client_of(url)
    local call = assert(caller:connect { from = from(ANSWERS), to = to(ANSWERS),
                                         caller_id = CALLER_ID })
    assert.equal("queued", call.status)
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
      local call = dial { from = from(row[1]), to = to(row[2]), record = true }
      local record = settled(call)
      assert.equal(row[3], record.status)
      assert.same({ row[4], row[5] }, statuses(record))
      assert.same({ row[6], row[7] },
        { record.legs[1].on_call_duration, record.legs[2].on_call_duration })
      assert.equal(row[7], record.conversation_duration)
      assert.equal(row[7] > 0 and ("%s/exotelrecordings/sandbox/%s.mp3"):format(base_url,
        call.sid) or nil, record.recording_url)
      assert.equal(record.end_time, record.date_updated)
      assert.equal(row[8], record.duration)
      assert.equal(row[9], record.price_text)
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
      more.from = from(BUSY)
      assert.equal("busy", settled(dial(more)).status)
    end
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
      { good .. "&StatusCallback[0]=x", 400, "'StatusCallback'" },
      { "From[0]=%00%FF&From[x][y]=1&To=%FE", 400 }, { "%", 400 }, { "", 400 },
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
    assert.equal(calls + 4, #list)

  end)

  it("lists its calls as Call Details shows them", function()
    local call = settled(dial { to = to(BUSY) })
    local body = exotel.response(call).body
    local list = read_journal "calls"
    assert.same(assert(dkjson.decode(body)), list[#list])
  end)

  it("has no other page", function()
    for _, path in ipairs { "/", "/_sandbox/", "/_sandbox/dial", "/v1/Accounts/sandbox/Calls" } do
      assert.equal(404, get(path).status, path)
    end
  end)

  -- }=================================================================
end)

describe("a sandbox's journal", function()
  it("shows whatever others sent", function()
    local list = journal.new "things"
    assert.equal('{"count":0,"things":[]}', list:json())
    list:add { text = "ü\n\"", list = { "a", "b" }, number = 1.5 }
    list:add { text = "a\0b", number = 2 }
    list:add { text = "\xFFb", list = { [3] = "hole" } }
    list:add { text = "c", list = { [("x"):rep(300)] = "long" } }
    assert.same({ count = 4, things = {
      { text = "ü\n\"", list = { "a", "b" }, number = 1.5 }, { text = "a\u{FFFD}b", number = 2 },
      { text = "\u{FFFD}b" }, { text = "c" },
    } }, dkjson.decode(list:json()))
  end)
end)
