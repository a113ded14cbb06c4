-- client:wait: one call until it is settled, by Call Details, and by what a tracker has heard.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local looping = require "spec.support.looping"
local memory = require "exotel.store.memory"
local raised = require "spec.support.raised"
local raw = require "spec.support.raw"
local sandbox = require "exotel.sandbox"
local trackers = require "exotel.tracker"

local SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }

-- A call that has these fields, as the service answers; a number is a status of an error.
local function answer_of(what)
  if type(what) == "number" then return { status = what, headers = {}, body = "" } end
  if what == "silence" then return nil, { reason = "timeout", message = "no answer" } end
  return { status = 200, headers = {}, body = ('{"Call":{"Sid":"%s",%s}}'):format(SID, what) }
end

local GOING, ENDED = '"Status":"in-progress"', '"Status":"completed"'
local PRICED = '"Status":"completed","Price":"1.500","Duration":"17"'

after_each(looping.stop)

-- A client whose time passes when it sleeps; answers: in turn, the last again and again.
-- asked: the seconds at which it was asked.
local function client_of(answers, settings)
  local transport = { clock = 0, asked = {} }
  function transport:now() return self.clock end
  function transport:time() return 1795000000 + self.clock end
  function transport:sleep(seconds)
    assert(seconds > 0, "no time passes")
    self.clock = self.clock + seconds
    if self.slept then self.slept(self.clock) end
  end
  function transport:perform(request)
    self.asked[#self.asked + 1] = self.clock
    assert(request.url:find("Calls/" .. SID .. ".json?details=true", 1, true), request.url)
    return answer_of(#answers > 1 and table.remove(answers, 1) or answers[1])
  end
  local all = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                transport = transport, retries = 0 }
  for name, value in pairs(settings or {}) do all[name] = value end
  return exotel.client(all), transport
end

describe("client:wait", function()
  -- What the caller has, what the service answers; how it is settled, and when it was asked.
  local rows = {
    { "a call that is priced already isn't asked about",
      { sid = SID, status = "completed", price = 1.5, duration = 17 }, { GOING }, "complete", {} },
    { "a SID is asked about at once", SID, { PRICED }, "complete", { 0 } },
    { "a call that was placed a moment later, and less often the longer it goes on",
      { sid = SID, status = "queued" }, { GOING, GOING, GOING, PRICED }, "complete",
      { 2, 4, 6, 8 } },
    { "one that has ended until it has its price", { sid = SID, status = "queued" },
      { GOING, ENDED, ENDED, PRICED }, "complete", { 2, 4, 19, 34 } },
    { "what the service doesn't answer is asked again", SID, { "silence", 503, 429, PRICED },
      "complete", { 0, 2, 4, 6 } },
    { "what it doesn't know yet as well", { sid = SID, status = "queued" }, { 404, PRICED },
      "complete", { 2, 4 } },
    { "an event is begun with as well", { call_sid = SID, kind = "terminal", final = true,
      status = "busy" }, { PRICED }, "complete", { 15 } },
  }
  for _, row in ipairs(rows) do
    it("settles: " .. row[1], function()
      local client, transport = client_of(row[3])
      local call = assert(client:wait(row[2]))
      assert.same({ SID, row[4] }, { call.sid, call.settled })
      assert.same(row[5], transport.asked)
      assert.matches("^call " .. SID .. " completed", tostring(call))
    end)
  end

  it("comes back at the end, without the price, when that is all that is wanted", function()
    local client, transport = client_of { GOING, ENDED }
    local call = assert(client:wait(SID, { complete = false }))
    assert.same({ "completed", nil, nil }, { call.status, call.settled, call.price })
    assert.same({ 0, 2 }, transport.asked)
  end)

  it("settles as ended what never gets a price", function()
    local client, transport = client_of { ENDED }
    assert.equal("ended", client:wait(SID).settled)
    assert.is_true(transport.clock >= 600 and transport.clock < 620)
  end)

  it("tells of the time that has passed, with what is known", function()
    local client, transport = client_of { GOING }
    local call, err = client:wait(SID, { timeout = 100 })
    assert.is_nil(call)
    assert.same({ "limited", "unsettled", nil }, { err.kind, err.reason, err.outcome })
    assert.equal("the call hasn't settled within 100 seconds: it is in-progress", err.message)
    assert.same({ SID, "in-progress" }, { err.call.sid, err.call.status })
    assert.equal(100, transport.clock)
  end)

  it("tells of a question that failed to the last", function()
    local client, transport = client_of { GOING }
    local perform = transport.perform
    function transport:perform(request)
      if self.clock < 20 then return perform(self, request) end
      return nil, { reason = "tls", message = "self-signed", hint = "", sent = false }
    end
    for _, row in ipairs { { 20, ": it is in-progress" }, { 100, ": it is in-progress"
        .. " - the last question: no answer from Exotel: self-signed" } } do
      transport.clock = 0
      local _, err = client:wait(SID, { timeout = row[1] })
      assert.equal(("the call hasn't settled within %d seconds%s"):format(row[1], row[2]),
        err.message)
    end
  end)

  it("comes back in time also when there is no turn for its questions", function()
    local client, transport = client_of({ GOING }, { limit = 2, max_wait = 300 })
    assert(client:call_details(SID, { details = true }))
    local _, err = client:wait(SID, { timeout = 5 })
    assert.equal("unsettled", err.reason)
    assert.same({ 5, 1 }, { transport.clock, #transport.asked })
  end)

  it("ends with its task, whether that is cancelled in a pause or in a question", function()
    local service = assert(sandbox.start { speed = 0 })
    local loop, client = exotel.loop(), service:client { retries = 0 }
    local call = assert(client:connect(DIAL))
    for _, faulty in ipairs { false, true } do
      if faulty then service:fault { fault = "silent", next = 1 } end
      local given = faulty and call.sid or call
      local task = loop:spawn(function()
        local _, err = client:wait(given, { timeout = 86400 })
        return err
      end)
      loop:spawn(function()
        loop:sleep(0.2)
        task:cancel()
      end)
      exotel.assert(loop:run())
      local err = task:result()
      assert.same({ "transport", "cancelled" }, { err.kind, err.reason })
      assert.equal(not faulty and call.sid or nil, err.call and err.call.sid)
    end
    service:stop()
  end)

  it("waits for as long as a deadline may be, whatever the clock shows", function()
    for tenths = 610000, 610050 do
      local client, transport = client_of { PRICED }
      transport.clock = tenths / 10
      assert(client:wait(SID, { timeout = 86400 }))
    end
  end)

  it("waits by a clock of whole seconds too", function()
    for tenths = 0, 9 do
      local answers = { PRICED }
      for _ = 1, 20 do table.insert(answers, 1, GOING) end
      local client, transport = client_of(answers, { limit = 70, max_wait = 60 })
      function transport:now() return math.floor(self.clock) end
      transport.clock = tenths / 10
      for _ = 1, 8 do assert(client:call_details(SID, { details = true })) end -- each has a turn
      assert.equal("complete", assert(client:wait({ sid = SID, status = "queued" })).settled)
    end
  end)

  it("tells what the service says of a call that it will never know", function()
    local client, transport = client_of { 404 }
    local _, err = client:wait({ sid = SID, status = "queued" })
    assert.same({ "api", "not_found" }, { err.kind, err.reason })
    assert.is_true(transport.clock >= 60 and transport.clock < 90)
    for _, status in ipairs { 400, 401, 403 } do
      client, transport = client_of { status }
      _, err = client:wait(SID)
      assert.equal(status, err.status)
      assert.equal(1, #transport.asked)
    end
  end)

  describe("with a tracker", function()
    local tracker

    before_each(function()
      local now = function() return 1000 end
      tracker = trackers.new { store = memory.new { now = now }, now = now }
    end)

    it("hears what a webhook was told", function()
      local client, transport = client_of({ GOING }, { tracker = tracker })
      function transport.slept(clock)
        if clock < 7 then return end
        transport.slept = nil
        assert.is_true(tracker:heard { call_sid = SID, kind = "terminal", final = true,
                                       status = "busy", custom_field = "mine" })
      end
      local call = assert(client:wait(SID, { complete = false }))
      assert.same({ "busy", "mine", 7 }, { call.status, call.custom_field, transport.clock })
    end)

    it("tells it what it learns", function()
      local client = client_of({ GOING }, { tracker = tracker })
      assert.is_nil((client:wait(SID, { timeout = 5 })))
      assert.equal("in-progress", tracker:known(SID).status)
    end)
  end)

  it("goes on without a tracker that is lost", function()
    local broken = { begins = function() return true end, ended = function() return true end }
    function broken.known() return nil, "it is gone" end
    function broken.follow() return nil, "it is gone" end
    local client = client_of({ GOING, PRICED }, { tracker = broken })
    assert.equal("complete", client:wait(SID).settled)
  end)

  it("yields to others in a loop, on the sandbox", function()
    local service = assert(sandbox.start { speed = 50, settle_seconds = 2 })
    local loop = exotel.loop()
    local client, tasks = service:client { transport = loop }, {}
    for index = 1, 8 do
      tasks[index] = loop:spawn(function()
        local params = { from = ("+91987654321%d"):format(index), to = DIAL.to,
                         caller_id = DIAL.caller_id }
        return client:wait(exotel.assert(client:connect(params)), { timeout = 60 })
      end)
    end
    assert(loop:run())
    for index = 1, 8 do
      local call = exotel.assert(tasks[index]:result())
      assert.same({ "complete", true }, { call.settled, call.price ~= nil })
    end
    loop:close()
    service:stop()
  end)

  -- What a cancelled task's wait comes to: the error, and the steps until it is done.
  local function cancelled(client, loop, is_there)
    local task, steps = loop:spawn(client.wait, client, SID), 0
    looping.step_until(loop, is_there)
    task:cancel()
    while not task:done() and steps < 100 do steps = steps + 1 loop:step(1) end
    return select(2, task:result()) or {}
  end

  it("ends when its task is cancelled, while it sleeps and while it asks", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local err = cancelled(client, loop, function() return server:take() == 1 end)
    assert.same({ "cancelled", "unknown" }, { err.reason, err.outcome })
    local answering = raw.start { "send:" .. raw.answer(200, {}, answer_of(GOING).body) }
    client = looping.client(answering.url, { transport = loop })
    err = cancelled(client, loop, function() return loop.timers:first() end)
    assert.same({ "cancelled", nil }, { err.reason, err.outcome })
    assert.equal(1, answering:count "GET")
  end)

  it("where it can't wait raises at the caller's line", function()
    local client = client_of({ GOING }, { transport = looping.loop() })
    assert.matches("^exotel.*: used outside a function of this loop's spawn",
      raised(function() client:wait(SID) end))
  end)

  it("wants a call, and options that it knows", function()
    local client = client_of { GOING }
    assert.matches("exotel.wait wants a call, an event or a SID, got a nil",
      raised(function() client:wait(nil) end))
    assert.matches("setting 'timout' is not known %(did you mean 'timeout'",
      raised(function() client:wait(SID, { timout = 1 }) end))
    assert.matches("setting 'timeout' wants a number above 0",
      raised(function() client:wait(SID, { timeout = 0 }) end))
    assert.matches("setting 'complete' wants true or false",
      raised(function() client:wait(SID, { complete = 1 }) end))
  end)
end)
