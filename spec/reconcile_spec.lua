-- client:reconcile against a sandbox whose clock is stepped: dials of which nobody knows what
-- became, and the calls that came of them, or of others.
--
-- SPDX-License-Identifier: MIT

local curl = require "exotel.transport.curl"
local exotel = require "exotel"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local EPOCH = 1795000020 -- the first second of a minute
local FROM, TO, CALLER_ID = "+919876543210", "+919123456789", "08039570000"
local DIAL = { from = FROM, to = TO, caller_id = CALLER_ID }

local service, now, transport, asked

before_each(function()
  service = assert(sandbox.start { speed = 0, epoch = EPOCH, rate_limit = 0 })
  now, asked = EPOCH, 0
  local agent = curl.new { plain_http = true, proxy = false }
  transport = setmetatable({
    time = function() return now end,
    perform = function(_, request)
      if request.method == "GET" then asked = asked + 1 end
      return agent:perform(request)
    end,
  }, { __index = agent })
end)

after_each(function()
  service:stop()
  transport:close()
end)

local function advance(seconds)
  now = service:advance(seconds)
end

local function new_client(more)
  local settings = { transport = transport }
  for name, value in pairs(more or {}) do settings[name] = value end
  return service:client(settings)
end

local function with(more)
  local params = {}
  for name, value in pairs(DIAL) do params[name] = value end
  for name, value in pairs(more or {}) do params[name] = value end
  return params
end

-- A dial that nobody answered, of which a call came or not: its error.
local function lose(client, placed, params, how)
  service:fault { fault = "close", placed = placed, operation = "connect", next = 1 }
  local call, err = client:connect(params or DIAL, how)
  assert.is_nil(call)
  assert.equal("unknown", err.outcome)
  return err
end

local function state_of(found)
  return found.state, found.call and found.call.sid
end

describe("a dial of which nobody knows", function()
  it("is unknown while its call goes on, and placed when that has ended", function()
    local client = new_client()
    local err = lose(client, true)
    local sid = service:calls()[1].sid
    local found = assert(client:reconcile(err))
    assert.same({ state = "unknown", reference = err.reference, ask_again_at = EPOCH + 60 }, found)
    advance(3.5) -- both have answered
    assert.equal("in-progress", client:call_details(sid).status)
    assert.equal("unknown", (state_of(assert(client:reconcile(err)))))
    advance(found.ask_again_at - now)
    found = assert(client:reconcile(err))
    assert.same({ "placed", sid }, { state_of(found) })
    assert.same({ "completed", FROM, TO, err.reference, nil },
      { found.call.status, found.call.from, found.call.to, found.reference, found.ask_again_at })
    assert.matches("^call " .. sid .. " completed", tostring(found.call))
  end)

  it("stays placed by its call, which is no other dial's from then on", function()
    local client = new_client()
    local first = lose(client, true)
    advance(60)
    local second = lose(client, false)
    local sid = service:calls()[1].sid
    assert.same({ "placed", sid }, { state_of(assert(client:reconcile(first))) })
    assert.same({ "unknown" }, { state_of(assert(client:reconcile(second))) })
    assert.same({ "placed", sid }, { state_of(assert(client:reconcile(first))) })
  end)

  it("isn't placed any more where a function knows that the call was another's", function()
    local client = new_client()
    local err = lose(client, true)
    advance(60)
    assert.equal("placed", (state_of(assert(client:reconcile(err)))))
    local looked_up
    local found = assert(client:reconcile(err, { known = function(sid)
      looked_up = sid
      return true
    end }))
    assert.same({ "unknown", service:calls()[1].sid }, { found.state, looked_up })
    assert.equal("placed", client:reconcile(err, { known = function() return false end }).state)
  end)

  it("is ambiguous between two calls", function()
    local client, other = new_client(), new_client()
    local err = lose(client, true)
    assert(other:connect(DIAL))
    advance(60)
    local found = assert(client:reconcile(err))
    assert.equal("ambiguous", found.state)
    local sids, wanted = {}, {}
    for index, call in ipairs(found.candidates) do sids[index] = call.sid end
    for index, call in ipairs(service:calls()) do wanted[index] = call.sid end
    table.sort(sids)
    table.sort(wanted)
    assert.equal(2, #sids)
    assert.same(wanted, sids)
    assert.is_nil(found.call)
  end)

  it("is placed by the call that this client has not from another dial", function()
    local client = new_client()
    assert(client:connect(DIAL))
    local err = lose(client, true)
    assert(client:connect(DIAL))
    advance(60)
    local _, sid = state_of(assert(client:reconcile(err)))
    assert.equal(service:calls()[2].sid, sid)
  end)

  it("is placed by the call that isn't named as known", function()
    local client, other = new_client(), new_client()
    local first, second = assert(other:connect(DIAL)), assert(other:connect(DIAL))
    local err = lose(client, true)
    advance(60)
    assert.equal("ambiguous", client:reconcile(err).state)
    assert.equal("ambiguous", client:reconcile(err, { known = { first.sid } }).state)
    local found = assert(client:reconcile(err, { known = { first.sid, second } }))
    assert.same({ "placed", service:calls()[3].sid }, { state_of(found) })
  end)

  it("was not placed when even the longest call would have ended", function()
    local client = new_client()
    local err = lose(client, false)
    local settled = EPOCH + 60 + 14400 + 120 + 300
    local times = 0
    local found
    repeat
      found = assert(client:reconcile(err))
      if found.state == "unknown" then
        assert.is_true(found.ask_again_at > now and found.ask_again_at <= settled)
        times = times + 1
        advance(found.ask_again_at - now)
      end
    until found.state ~= "unknown"
    assert.same({ state = "not_placed", reference = err.reference }, found)
    assert.equal(settled, now)
    assert.is_true(times > 5 and times < 30, times)
  end)

  it("was not placed that much sooner, the less time it asked for", function()
    local client = new_client()
    local err = lose(client, false, with { time_limit = 60, ring_timeout = 20 }, { timeout = 5 })
    local settled = EPOCH + 5 + 60 + 40 + 300
    advance(settled - now - 1)
    assert.same({ "unknown", settled },
      { state_of(assert(client:reconcile(err))), assert(client:reconcile(err)).ask_again_at })
    advance(1)
    assert.equal("not_placed", client:reconcile(err).state)
  end)

  it("is placed by a call that was talked to the very end of its time", function()
    service:stop()
    service = assert(sandbox.start { speed = 0, epoch = EPOCH, rate_limit = 0,
                                     call_seconds = 14400, ring_seconds = 20, queue_seconds = 60 })
    local client = new_client()
    local err = lose(client, true)
    local found
    repeat
      found = assert(client:reconcile(err))
      if found.state == "unknown" then advance(found.ask_again_at - now) end
    until found.state ~= "unknown"
    assert.same({ "placed", service:calls()[1].sid }, { state_of(found) })
    assert.is_true(now - EPOCH > 14400)
  end)

  it("that was refused, or never sent, was not placed, and nobody is asked", function()
    local client = new_client { retries = 0 }
    service:fault { fault = "too_many", operation = "connect", next = 1 }
    local _, rejected = client:connect(DIAL)
    local _, fused = new_client({ max_dials = 0 }):connect(DIAL)
    local _, unbuilt = client:connect { to = TO, caller_id = CALLER_ID }
    for _, err in ipairs { rejected, fused, unbuilt } do
      assert.same({ state = "not_placed", reference = err.reference },
        assert(client:reconcile(err)), tostring(err))
    end
    assert.equal(0, asked)
  end)

  it("to a flow is known by its first number, where that called nobody", function()
    local client = new_client()
    local err = lose(client, true, { from = FROM, caller_id = CALLER_ID, app_id = 926 })
    service:flow { app_id = "926", applets = { { kind = "voicemail" } } }
    service:incoming { from = FROM, to = CALLER_ID, app_id = "926" }
    advance(60)
    assert.same({ "placed", service:calls()[1].sid }, { state_of(assert(client:reconcile(err))) })
  end)

  it("of client:send is known by the numbers in its form", function()
    local client = new_client()
    service:fault { fault = "close", placed = true, operation = "connect", next = 1 }
    local _, err = client:send { path = "Calls/connect.json",
                                 form = { From = FROM, To = TO, CallerId = CALLER_ID } }
    advance(60)
    assert.same({ "placed", service:calls()[1].sid }, { state_of(assert(client:reconcile(err))) })
  end)

  it("is looked for in every page of its minutes", function()
    local client, others = new_client(), new_client()
    local err = lose(client, true)
    for index = 1, 230 do
      assert(others:connect { from = ("+9188%06d00"):format(index), to = TO,
                              caller_id = CALLER_ID })
    end
    advance(60)
    asked = 0
    assert.same({ "placed", service:calls()[1].sid }, { state_of(assert(client:reconcile(err))) })
    assert.equal(3, asked)
  end)

  it("is read in XML as well", function()
    local client = new_client()
    local err = lose(client, true)
    advance(60)
    assert.equal("placed", client:reconcile(err, nil, { format = "xml" }).state)
  end)
end)

describe("a dial that another process wrote down", function()
  -- What the dial had, and what stands in the file.
  local numbers = {
    { FROM, TO }, { "09876543210", "09123456789" }, { "9876543210", "919123456789" },
    { "98765 43210", "+91-9123-456-789" },
  }
  for index, written in ipairs(numbers) do
    it(("is known by its numbers in any spelling (%d)"):format(index), function()
      for _, dialled in ipairs(numbers) do
        assert(new_client():connect(with { from = dialled[1], to = dialled[2] }))
        advance(3600)
        local found = assert(new_client():reconcile { from = written[1], to = written[2],
                                                      began = now - 3600 })
        assert.same({ "placed", service:calls()[#service:calls()].sid }, { state_of(found) })
      end
    end)
  end

  -- When the call is created, when the dial began and could leave at the latest, in seconds of
  -- the first minute; and what is found an hour later.
  local minutes = {
    { "in its minute", 30, 0, 59, "placed" },
    { "in the first second of the next", 60, 59, 59, "placed" },
    { "in the last second of the next", 119, 59, 59, "placed" },
    { "a minute later", 120, 59, 59, "unknown" },
    { "in the minute in which it left at the latest", 150, 59, 120, "placed" },
    { "in the last second of the minute before", 59, 60, 70, "placed" },
    { "two minutes before", 59, 120, 130, "unknown" },
    { "within a minute, where nothing is said", 179, 59, nil, "placed" },
    { "later than that", 180, 59, nil, "unknown" },
  }
  for _, row in ipairs(minutes) do
    it(("is %s by a call that was created %s"):format(row[5], row[1]), function()
      advance(row[2])
      assert(new_client():connect(DIAL))
      advance(3600)
      local found = assert(new_client():reconcile { from = FROM, to = TO, began = EPOCH + row[3],
                                                    latest = row[4] and EPOCH + row[4] })
      assert.equal(row[5], found.state)
    end)
  end

  it("is asked about with what before_dial was given", function()
    local written
    local client = new_client { before_dial = function(_, request) written = request end }
    local err = lose(client, true, with { time_limit = 60 })
    advance(60)
    local found = assert(new_client():reconcile(written))
    assert.same({ "placed", service:calls()[1].sid }, { state_of(found) })
    assert.equal(err.reference, found.reference)
  end)

  it("is placed by the call that its own client has", function()
    local client = new_client()
    local call = assert(client:connect(DIAL, { reference = "mine" }))
    assert(new_client():connect(DIAL))
    advance(60)
    local function ask(reference)
      return assert(client:reconcile { from = FROM, to = TO, began = EPOCH,
                                       reference = reference })
    end
    assert.same({ "placed", call.sid }, { state_of(ask "mine") })
    assert.same({ "placed", service:calls()[2].sid }, { state_of(ask "another") })
  end)

  it("may be of a night in which the month ended", function()
    service:stop()
    local month_end = exotel.time "2026-11-30 23:59:50"
    service = assert(sandbox.start { speed = 0, epoch = month_end })
    now = month_end
    assert(new_client():connect(DIAL))
    advance(60)
    assert.equal("placed", new_client():reconcile({ from = FROM, to = TO,
                                                    began = month_end }).state)
  end)
end)

describe("exotel.reconcile", function()
  it("is the same of the module's own client", function()
    exotel.configure(service:settings { transport = transport })
    local err = lose({ connect = function(_, ...) return exotel.connect(...) end }, true)
    advance(60)
    assert.equal("placed", exotel.reconcile(err).state)
  end)

  it("works in a task, beside others", function()
    local loop, states = exotel.loop(), {}
    local client = service:client()
    for index = 1, 3 do
      loop:spawn(function()
        local from = "+91987654321" .. index
        service:fault { fault = "close", placed = true, operation = "connect", next = 1,
                        number = from:sub(-3) }
        local _, err = client:connect(with { from = from })
        states[index] = client:reconcile(err).state
      end)
    end
    exotel.assert(loop:run())
    assert.same({ "unknown", "unknown", "unknown" }, states)
    loop:close()
  end)

  it("asks by the clock of this host where the transport has none", function()
    local client = service:client()
    local err = lose(client, false)
    local found = assert(client:reconcile(err))
    assert.is_true(math.abs(found.ask_again_at - sys.time() - 60) < 30)
  end)

  it("says why it can't ask", function()
    local client = new_client { retries = 0 }
    local err = lose(client, true)
    service:fault { fault = "status_before", operation = "calls", next = 1 }
    local found, failure = client:reconcile(err)
    assert.is_nil(found)
    assert.same({ "api", 503, "calls" }, { failure.kind, failure.status, failure.operation })
    found, failure = client:reconcile { from = FROM, began = EPOCH - 400 * 86400 }
    assert.is_nil(found)
    assert.same({ "invalid", "too_old" }, { failure.kind, failure.reason })
    found, failure = client:reconcile { from = "nobody", began = EPOCH }
    assert.is_nil(found)
    assert.same({ "invalid", "phone", "from" }, { failure.kind, failure.reason, failure.field })
  end)

  it("raises mistakes at the caller's line", function()
    local client = new_client { retries = 0 }
    local _, of_a_read = client:call_details "c5797dcbaaeed7678c4062a4a3ed2f8a"
    local dial = { from = FROM, began = EPOCH }
    for message, arguments in pairs {
      ["wants an error of a dial, or a table, got a string"] = { "c579" },
      ["that is no error of a dial"] = { of_a_read },
      ["option 'form' is not known"] = { { form = FROM } },
      ["option 'known' wants a list of SIDs"] = { dial, { known = "c579" } },
      ["option 'sids' is not known %(it takes 'known'%)"] = { dial, { sids = {} } },
      ["exotel.reconcile wants a table of options, got a string"] = { dial, "known" },
      ["option 'timeut' of the second table is not known"] = { dial, nil, { timeut = 1 } },
    } do
      local ok, raised = pcall(function()
        client:reconcile(arguments[1], arguments[2], arguments[3])
      end)
      assert.is_false(ok, message)
      assert.matches("^spec/reconcile_spec.lua:%d+: .*" .. message, raised)
    end
    assert.equal(1, asked) -- the one that failed
  end)
end)
