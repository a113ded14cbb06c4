-- A client under a limit: every attempt and every page waits for its turn, a 429 holds up all who
-- share the account, who can't wait is told, and dials come first.
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local exotel = require "exotel"
local limiter = require "exotel.limiter"
local raised = require "spec.support.raised"

local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
local CALL = '{"Call":{"Sid":"abc","Status":"in-progress"}}'
local LIMITED = '{"RestException":{"Status":429,"Message":"Too many requests"}}'
local INTERVAL = 60 / 180

-- A transport on a clock that only sleeping moves; answer(number, request) gives what comes.
local function fake(answer)
  local transport = { clock = 1000, sent = {} }
  function transport:perform(request)
    self.sent[#self.sent + 1] = { at = self.clock, method = request.method,
                                  timeout = request.timeout }
    local status, body, headers = 200, CALL, {}
    if answer then status, body, headers = answer(#self.sent, request) end
    if not status then return nil, body end
    return { status = status, body = body or CALL, headers = headers or {} }
  end
  function transport:sleep(seconds) self.clock = self.clock + seconds end
  function transport:now() return self.clock end
  function transport.time() return 1795500000 end
  return transport
end

local function client_on(transport, more)
  local settings = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                     transport = transport, limit = 200 }
  for name, value in pairs(more or {}) do settings[name] = value end
  return exotel.client(settings)
end

local function most_in_minute(sent)
  local first, most = 1, 0
  for last = 1, #sent do
    while sent[last].at - sent[first].at > 60 + 1e-6 do first = first + 1 end
    most = math.max(most, last - first + 1)
  end
  return most
end

describe("a client with a limit", function()
  it("sends no more in any 60 seconds, and waits meanwhile", function()
    local transport = fake()
    local client = client_on(transport)
    for _ = 1, 500 do assert(client:connect(DIAL)) end
    assert.equal(500, #transport.sent)
    assert.is_true(most_in_minute(transport.sent) <= 200)
    assert.is_true(transport.clock - 1000 <= 480 * INTERVAL + 0.1)
  end)

  it("shares it with others of its account, and with no other account", function()
    local transport = fake()
    local one, other = client_on(transport), client_on(transport)
    for _ = 1, 10 do
      assert(one:connect(DIAL))
      assert(other:connect(DIAL))
    end
    assert.equal(1000, transport.clock)
    assert(client_on(transport, { account_sid = "another" }):connect(DIAL))
    assert.equal(1000, transport.clock)
    assert(other:connect(DIAL))
    assert.is_true(transport.clock > 1000)
  end)

  it("waits beside its timeout, and not within it", function()
    local transport = fake()
    local client = client_on(transport, { timeout = 0.25 })
    for _ = 1, 30 do assert(client:connect(DIAL)) end
    for _, request in ipairs(transport.sent) do assert.equal(0.25, request.timeout) end
  end)

  it("has as much time left for retries as without the wait", function()
    local transport = fake(function(number) return number == 2 and 503 or 200, CALL end)
    local client = client_on(transport, { limit = 10, timeout = 3, max_wait = 100 })
    assert(client:connect(DIAL))
    assert(client:call_details "abc") -- 13 seconds for its turn, 1 before its retry, 13 again
    assert.equal(3, #transport.sent)
  end)

  it("leaves dials what reads don't get", function()
    local transport = fake()
    local client = client_on(transport)
    for _ = 1, 10 do assert(client:call_details "abc") end
    assert.equal(1000, transport.clock)
    for _ = 1, 10 do assert(client:connect(DIAL)) end
    assert.equal(1000, transport.clock)
    assert(client:call_details "abc")
    assert.is_true(transport.clock >= 1000 + 11 * INTERVAL - 0.01)
  end)

  it("waits for each page", function()
    local pages = 0
    local transport = fake(function()
      pages = pages + 1
      return 200, ('{"Metadata":{"Total":30,"PageSize":1,"NextPageUri":%s},"Calls":[{"Sid":"%032d",'
        .. '"DateCreated":"2026-11-20 10:00:00"}]}'):format(pages < 30
        and ('"/v1/Accounts/acme/Calls.json?After=%d"'):format(pages) or "null", pages)
    end)
    local calls = exotel.assert(client_on(transport):calls({ page_size = 1 }):all())
    assert.equal(30, #calls)
    for index = 11, 30 do
      assert.is_true(transport.sent[index].at - transport.sent[index - 1].at >= INTERVAL - 0.01)
    end
  end)

  it("waits for each retry", function()
    local transport = fake(function(number)
      if number % 2 == 1 then return 503, "" end
      return 200, CALL
    end)
    local client = client_on(transport, { limit = 4, timeout = 86400, max_wait = 86400 })
    for _ = 1, 6 do assert(client:call_details "abc") end
    assert.equal(12, #transport.sent)
    assert.is_true(most_in_minute(transport.sent) <= 4)
  end)

  it("tells who would wait for too long, and sends nothing", function()
    local transport = fake()
    local client = client_on(transport, { limit = 2, max_wait = 10, max_dials = 2 })
    assert(client:connect(DIAL))
    local call, err = client:connect(DIAL)
    assert.is_nil(call)
    assert.is_true(errors.is(err))
    assert.same({ "limited", "not_sent", "rate", "connect", 0 },
      { err.kind, err.outcome, err.reason, err.operation, err.attempts })
    assert.is_true(err.retry_after > 59 and err.retry_after <= 60)
    assert.matches("^exotel.connect: no turn within 10 seconds under the account's limit of 2"
      .. " requests in 60 seconds %(limited, not_sent%)$", tostring(err))
    assert.equal(1, #transport.sent)
    transport.clock = transport.clock + 60
    assert(client:connect(DIAL)) -- which max_dials hasn't counted
  end)

  it("tells of the attempt that was made, where none follows it in time", function()
    local transport = fake(function() return 503, "busy" end)
    local client = client_on(transport, { limit = 2, max_wait = 1, timeout = 600 })
    local _, err = client:call_details "abc"
    assert.same({ "api", 503, 1 }, { err.kind, err.status, err.attempts })
  end)

  it("waits in a task of a loop, where others go on", function()
    local loop = exotel.loop()
    local client = client_on(loop, { account_sid = "looping", base_url = "http://127.0.0.1:1",
                                     limit = 6000, retries = 0 })
    local done, _, err = 0, nil, nil
    for _ = 1, 620 do
      loop:spawn(function()
        local failure = select(2, client:connect(DIAL))
        assert(failure.reason == "connect", tostring(failure))
        done = done + 1
      end)
    end
    local cancelled = loop:spawn(function()
      _, err = client:connect(DIAL)
      done = done + 1
    end)
    loop:step(0)
    cancelled:cancel()
    assert(loop:run())
    loop:close()
    assert.equal(621, done)
    assert.same({ "transport", "not_sent", "cancelled" }, { err.kind, err.outcome, err.reason })
  end)
end)

describe("a task that is cancelled", function()
  it("asks for no turn any more", function()
    local loop, asked, err = exotel.loop(), 0, nil
    local own = { acquire = function()
      asked = asked + 1
      assert(asked < 100, "it asks and asks")
      return 10
    end }
    local client = exotel.client { account_sid = "a", api_key = "k", api_token = "t", limiter = own,
                                   transport = loop, base_url = "http://127.0.0.1:1" }
    local task = loop:spawn(function() err = select(2, client:connect(DIAL)) end)
    loop:step(0)
    task:cancel()
    assert(loop:run())
    loop:close()
    assert.same({ "transport", "not_sent", "cancelled" }, { err.kind, err.outcome, err.reason })
    assert.equal(1, asked)
  end)
end)

describe("after a 429", function()
  local function once_limited(headers)
    return fake(function(number)
      if number == 1 then return 429, LIMITED, headers end
      return 200, CALL
    end)
  end

  it("all who share the account wait until then", function()
    local transport = once_limited { ["retry-after"] = "20" }
    local one, other = client_on(transport, { retries = 0 }), client_on(transport)
    local _, err = one:connect(DIAL)
    assert.equal(429, err.status)
    assert(other:call_details "abc")
    assert.is_true(transport.sent[2].at >= 1020 and transport.sent[2].at < 1025)
  end)

  it("the dial itself is made again when its turn has come", function()
    local transport = once_limited { ["retry-after"] = "20" }
    assert(client_on(transport):connect(DIAL))
    assert.equal(2, #transport.sent)
    assert.is_true(transport.sent[2].at >= 1020)
  end)

  it("who can't wait that long is told", function()
    local transport = once_limited { ["retry-after"] = "120" }
    client_on(transport):connect(DIAL)
    local _, err = client_on(transport):connect(DIAL)
    assert.same({ "limited", "not_sent" }, { err.kind, err.outcome })
    assert.is_true(err.retry_after > 119)
    assert.equal(1, #transport.sent)
  end)
end)

describe("a client whose calls in progress are counted", function()
  it("dials as many, and another for each that has ended or not begun", function()
    local number = 0
    local transport = fake(function(count)
      number = count
      if count == 3 then return 400, '{"RestException":{"Status":400,"Message":"no"}}' end
      if count == 4 then return nil, { reason = "connect", sent = false, message = "no" } end
      if count == 5 then return nil, { reason = "closed", sent = true, message = "it broke" } end
      return 200, ('{"Call":{"Sid":"call %d","Status":"in-progress"}}'):format(count)
    end)
    local shared = limiter.new { calls = 3, now = function() return transport.clock end }
    local client = exotel.client { account_sid = "a", api_key = "k", api_token = "t", retries = 0,
                                   transport = transport, limiter = shared }
    assert(client:connect(DIAL))
    local second = assert(client:connect(DIAL))
    assert.equal("rejected", select(2, client:connect(DIAL)).outcome)
    assert.equal("not_sent", select(2, client:connect(DIAL)).outcome)
    assert.equal("unknown", select(2, client:connect(DIAL)).outcome) -- and it may be a call
    local call, err = client:connect(DIAL)
    assert.is_nil(call)
    assert.same({ "limited", "not_sent", "calls", "connect" },
      { err.kind, err.outcome, err.reason, err.operation })
    assert.equal(5, number)
    assert(client:call_details "abc")
    shared:call_ended("a", second)
    assert(client:connect(DIAL))
    assert.is_nil((client:connect(DIAL)))
    shared:call_ended("a", { call_sid = "call 7" })
    shared:call_ended("a", "call 1")
    assert(client:connect(DIAL))
    assert(client:connect(DIAL))
    assert.is_nil((client:connect(DIAL)))
    assert.equal("limiter:call_ended wants a call, an event or a SID, got a number",
      raised(function() shared:call_ended("a", 5) end))
  end)
end)

describe("a dial of unknown outcome, where calls in progress are counted,", function()
  local transport, client

  before_each(function()
    transport = fake(function(count)
      if count > 1 then return 200, ('{"Call":{"Sid":"call %d"}}'):format(count) end
      return nil, { reason = "closed", sent = true, message = "it broke" }
    end)
    client = exotel.client { account_sid = "a", api_key = "k", api_token = "t", retries = 0,
      transport = transport, limiter = limiter.new { calls = 1,
        now = function() return transport.clock end } }
  end)

  -- Dials, and says what nobody answers; and that there is no place for another.
  local function lose(more, how)
    local params = { from = DIAL.from, to = DIAL.to, caller_id = DIAL.caller_id }
    for name, value in pairs(more) do params[name] = value end
    local _, err = client:connect(params, how)
    assert.equal("unknown", err.outcome)
    assert.equal("calls", select(2, client:connect(DIAL)).reason)
    return err
  end

  it("holds its place for as long as its call may last", function()
    for seconds, more in pairs { [14820] = {}, [480] = { time_limit = 60 },
                                 [2360] = { TimeLimit = 60, ring_timeout = 1000 } } do
      transport.sent = {}
      lose(more)
      transport.clock = transport.clock + seconds - 1
      assert.equal("calls", select(2, client:connect(DIAL)).reason)
      transport.clock = transport.clock + 2
      assert(client:call_ended(assert(client:connect(DIAL))))
    end
  end)

  it("gives it back to an event that brings back its reference", function()
    lose({}, { reference = "reminder-17" })
    assert.is_true(client:call_ended { call_sid = "call 1", custom_field = "reminder-17" })
    assert(client:connect(DIAL))
  end)

  it("gives it back when its call was found", function()
    local err, perform = lose({ custom_field = "mine" }), transport.perform
    function transport.perform()
      return { status = 200, headers = {}, body = ('{"Metadata":{"Total":1},"Calls":[{"Sid":'
        .. '"call 1","From":"%s","To":"%s","Status":"busy"}]}'):format(DIAL.from, DIAL.to) }
    end
    local found = assert(client:reconcile(err))
    transport.perform = perform
    assert.is_true(client:call_ended(found.call))
    assert(client:connect(DIAL))
  end)
end)

describe("a client that is told of a call's end", function()
  local function client_with(settings)
    settings.account_sid, settings.api_key, settings.api_token = "a", "k", "t"
    return exotel.client(settings)
  end

  it("dials another, by a record, an event or a SID", function()
    local transport = fake(function(count)
      return 200, ('{"Call":{"Sid":"call %d","Status":"in-progress"}}'):format(count)
    end)
    local shared = limiter.new { calls = 1, now = function() return transport.clock end }
    local client = client_with { transport = transport, limiter = shared }
    local first = assert(client:connect(DIAL))
    for index, ended in ipairs { first, { call_sid = "call 2", final = true }, "call 3" } do
      assert.equal("calls", select(2, client:connect(DIAL)).reason)
      assert.is_true(client:call_ended("another"))
      assert.equal("calls", select(2, client:connect(DIAL)).reason)
      for _ = 1, 2 do assert.is_true(client:call_ended(ended)) end
      assert.equal(("call %d"):format(index + 1), assert(client:connect(DIAL)).sid)
    end
  end)

  it("does nothing where calls aren't counted", function()
    local own = { acquire = function() return 0 end, call_ended = function() error "asked" end }
    for _, settings in ipairs { { limit = false }, { limit = 5 }, { limiter = limiter.new {} },
                                { limiter = own } } do
      assert.is_true(client_with(settings):call_ended "call 1")
    end
  end)

  it("says why that can't be written down", function()
    local gone = errors.new { kind = "store", reason = "unreachable", message = "it is gone" }
    local own = { acquire = function() return 0 end, begin_call = function() return "" end }
    local client = client_with { limiter = own }
    assert.is_true(client:call_ended "call 1")
    own.call_ended = function() return nil, gone end
    assert.same({ nil, gone }, { client:call_ended "call 1" })
    own.call_ended = function() end -- it has nothing to say
    assert.is_true(client:call_ended "call 1")
  end)

  it("raises what is no call", function()
    local client = client_with {}
    assert.equal("exotel.call_ended wants a call, an event or a SID, got a number",
      raised(function() client:call_ended(5) end))
    assert.equal("exotel.call_ended wants a call, an event or a SID, got a table",
      raised(function() client:call_ended {} end))
  end)
end)

describe("a client's limiter", function()
  it("may be shared by clients of several accounts", function()
    local transport = fake()
    local shared = limiter.new { limit = 20, now = function() return transport.clock end }
    local function client(sid)
      local settings = { account_sid = sid, api_key = "k", api_token = "t", transport = transport,
                         limiter = shared, max_wait = 0 }
      return exotel.client(settings)
    end
    assert(client "acme":connect(DIAL))
    assert(client "acme":connect(DIAL))
    assert(client "other":connect(DIAL))
    assert.equal("limited", select(2, client "acme":connect(DIAL)).kind)
  end)

  it("may be one of the user's own", function()
    local transport, asked, held = fake(function(number)
      return number == 2 and 429 or 200, number == 2 and LIMITED or CALL
    end), {}, nil
    local own = {}
    function own.acquire(_, cost, most, class, turn)
      asked[#asked + 1] = { cost, most, class, turn }
      if #asked == 1 then return 3, "a ticket" end
      if #asked == 4 then return nil, "no more today" end
      return 0
    end
    function own.hold(_, seconds) held = seconds or "for a while" end
    local client = exotel.client { account_sid = "a", api_key = "k", api_token = "t", retries = 0,
                                   transport = transport, limiter = own, max_wait = 10 }
    assert(client:connect(DIAL))
    assert.same({ { 1, 10, "dial" }, { 1, 7, "dial", "a ticket" } }, asked)
    assert.equal(429, select(2, client:call_details "abc").status)
    assert.equal("for a while", held)
    local _, err = client:balance()
    assert.same({ "limited", "not_sent", "rate", "no more today" },
      { err.kind, err.outcome, err.reason, err.message })
    assert.equal("read", asked[4][3])
  end)

  it("isn't there unless it is asked for", function()
    local transport = fake()
    local settings = { account_sid = "a", api_key = "k", api_token = "t", transport = transport }
    for _, limit in ipairs { "none", false } do
      if limit ~= "none" then settings.limit = limit end
      local client = exotel.client(settings)
      for _ = 1, 300 do assert(client:connect(DIAL)) end
      assert.equal(1000, transport.clock)
    end
  end)

  it("is refused where it is none", function()
    local function given(more)
      local settings = { account_sid = "a", api_key = "k", api_token = "t" }
      for name, value in pairs(more) do settings[name] = value end
      return settings
    end
    assert.equal("limit and limiter are two ways to say it: give one of them",
      raised(function() exotel.client(given { limit = 5, limiter = limiter.new {} }) end))
    assert.equal("limiter has no function 'acquire'",
      raised(function() exotel.client(given { limiter = {} }) end))
    assert.equal("limit must be a whole number from 2 to 100000",
      raised(function() exotel.client(given { limit = 1 }) end))
    assert.equal("option 'limit' wants a number, got a boolean",
      raised(function() exotel.client(given { limit = true }) end))
    assert.equal("max_wait must be from 0 to 86400",
      raised(function() exotel.client(given { max_wait = -1 }) end))
  end)
end)
