-- Retries: what is tried again and after how long, what they may cost together, what is told of
-- them; and how other clients of such services repeat a request, shown not to happen here.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local raised = require "spec.support.raised"
local raw = require "spec.support.raw"
local retry = require "exotel.retry"
local scripted = require "spec.support.scripted"

local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
local LONG = 20 -- seconds that nothing here should ever need

after_each(raw.stop)

local function client_on(transport, more)
  local all = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                transport = transport }
  for name, value in pairs(more or {}) do all[name] = value end
  return exotel.client(all)
end

local function failing(kind, outcome, reason, status)
  return { kind = kind, outcome = outcome, reason = reason, status = status }
end

describe("whether to try again", function()
  for id, row in pairs {
    -- the error; why a dial is or isn't repeated; why a look-up is or isn't
    ["unsent"] = { failing("transport", "not_sent", "connect"), "+not_sent", "+not_sent" },
    ["no name"] = { failing("transport", "not_sent", "resolve"), "+not_sent", "+not_sent" },
    ["a proxy's refusal"] = { failing("transport", "not_sent", "proxy"), "+not_sent", "+not_sent" },
    ["time-out of connecting"] = { failing("transport", "not_sent", "timeout"), "+not_sent",
                                   "+not_sent" },
    ["a certificate"] = { failing("transport", "not_sent", "tls"), "-lasting", "-lasting" },
    ["no resolver"] = { failing("transport", "not_sent", "resolver"), "-lasting", "-lasting" },
    ["an address"] = { failing("transport", "not_sent", "address"), "-lasting", "-lasting" },
    ["429"] = { failing("api", "rejected", "rate_limited", 429), "+rate_limited", "+rate_limited" },
    ["401"] = { failing("api", "rejected", "auth", 401), "-lasting", "-lasting" },
    ["302"] = { failing("api", "unknown", "redirect", 302), "-lasting", "-lasting" },
    ["502"] = { failing("api", "unknown", "server", 502), "-may_be_placed", "+server" },
    ["503"] = { failing("api", "unknown", "server", 503), "-may_be_placed", "+server" },
    ["504"] = { failing("api", "unknown", "server", 504), "-may_be_placed", "+server" },
    ["a time-out"] = { failing("transport", "unknown", "timeout"), "-may_be_placed", "+unknown" },
    ["a reset"] = { failing("transport", "unknown", "closed"), "-may_be_placed", "+unknown" },
    ["half an answer"] = { failing("transport", "unknown", "closed", 200), "-may_be_placed",
                           "+unknown" },
    ["too large"] = { failing("transport", "unknown", "too_large"), "-may_be_placed", "-lasting" },
    ["unreadable"] = { failing("parse", "unknown", "json", 200), "-may_be_placed", "+unreadable" },
    ["a 429 inside a 200"] = { failing("api", "unknown", "rate_limited", 200), "-lasting",
                               "-lasting" },
    ["cancelled"] = { failing("transport", "not_sent", "cancelled"), "-cancelled", "-cancelled" },
    ["bad data"] = { failing("invalid", "not_sent", "missing"), "-lasting", "-lasting" },
  } do
    it("after " .. id, function()
      local told = {}
      for index, dials in ipairs { true, false } do
        local again, why = retry.should(dials, row[1])
        told[index] = (again and "+" or "-") .. why
      end
      assert.same({ row[2], row[3] }, told)
    end)
  end
end)

describe("the pause before the next attempt", function()
  it("is any up to 1, 2, 4, 8 and then 16 seconds", function()
    for attempts, most in ipairs { 1, 2, 4, 8, 16, 16, 16 } do
      assert.equal(0, retry.after({}, attempts, 0, 60))
      assert.equal(most / 4, retry.after({}, attempts, 0.25, 60))
      assert.equal(most, retry.after({}, attempts, 1, 60))
    end
  end)

  it("is what the service asks for, and up to a second more", function()
    for attempts = 1, 3 do
      assert.equal(30, retry.after({ retry_after = 30 }, attempts, 0, 60))
      assert.equal(30.5, retry.after({ retry_after = 30 }, attempts, 0.5, 60))
      assert.equal(30.25, retry.after({ retry_after = 30 }, attempts, 1, 30.5))
      assert.equal(30, retry.after({ retry_after = 30 }, attempts, 1, 20))
    end
  end)

  it("is drawn anew each time, by a client of its own", function()
    local seen, different = {}, 0
    for _ = 1, 5 do
      local transport = scripted.transport { { status = 503 } }
      client_on(transport):call_details("abc", nil, { timeout = 3600, retries = 7 })
      assert.equal(7, #transport.sleeps)
      for index, most in ipairs { 1, 2, 4, 8, 16, 16, 16 } do
        local pause = transport.sleeps[index]
        assert.is_true(pause >= 0 and pause <= most)
        if not seen[pause] then different = different + 1 end
        seen[pause] = true
      end
    end
    assert.equal(35, different)
  end)

  it("is as long as Retry-After says, of a dial too", function()
    local transport = scripted.transport { { status = 429, headers = { ["retry-after"] = "7" } },
                                           {} }
    local call = assert(client_on(transport):connect(DIAL))
    assert.is_true(transport.sleeps[1] >= 7 and transport.sleeps[1] <= 8)
    assert.equal(2, exotel.response(call).attempts)
  end)

  it("is as long as X-RateLimit-Reset says, by the service's own clock", function()
    local transport = scripted.transport { { status = 429, headers = {
      date = "Sat, 21 Nov 2026 10:00:00 GMT", ["x-ratelimit-reset"] = "1795255205" } }, {} }
    assert(client_on(transport):call_details "abc")
    assert.is_true(transport.sleeps[1] >= 5 and transport.sleeps[1] <= 6, transport.sleeps[1])
  end)

  it("isn't what X-RateLimit-Reset says where the limit isn't passed", function()
    local transport = scripted.transport { { status = 503, headers = {
      date = "Sat, 21 Nov 2026 10:00:00 GMT", ["x-ratelimit-reset"] = "1795255260" } }, {} }
    assert(client_on(transport):call_details "abc")
    assert.is_true(transport.sleeps[1] <= 1)
  end)

  for name, value in pairs { ["no number"] = "soon", ["below 0"] = "-5", ["far away"] = "9e9" } do
    it("doesn't follow a Retry-After that is " .. name, function()
      local transport = scripted.transport { { status = 429,
                                               headers = { ["retry-after"] = value } }, {} }
      assert(client_on(transport):call_details "abc")
      assert.is_true(transport.sleeps[1] <= 1)
    end)
  end
end)

describe("the time that there is", function()
  it("ends the attempts when a pause would pass it", function()
    local transport = scripted.transport { { status = 429, headers = { ["retry-after"] = "60" } } }
    local _, err = client_on(transport):connect(DIAL)
    assert.same({ {}, 1, 60 }, { transport.sleeps, err.attempts, err.retry_after })
  end)

  it("is over all attempts and pauses, and each attempt is given what is left", function()
    local transport = scripted.transport { { status = 429, headers = { ["retry-after"] = "2" },
                                             seconds = 4 } }
    local _, err = client_on(transport):call_details("abc", nil, { timeout = 12, retries = 20 })
    local pause = transport.sleeps[1]
    assert.same({ 2, { pause } }, { err.attempts, transport.sleeps })
    assert.equal(12, transport.requests[1].timeout)
    assert.near(12 - 4 - pause, transport.requests[2].timeout, 1e-9)
  end)

  it("is cut by a deadline", function()
    local transport = scripted.transport { { status = 503, seconds = 4 } }
    local _, err = client_on(transport):call_details("abc", nil, { deadline = 5, retries = 20 })
    assert.equal(5, transport.requests[1].timeout)
    assert.is_true(err.attempts <= 2)
    assert.is_true(transport.clock <= 1000 + 5 + 4)
  end)

  it("is over all pages of a query, by its deadline", function()
    local page = '{"Metadata":{"Total":9,"NextPageUri":"/v1/Accounts/acme/Calls.json?After=%d"},'
      .. '"Calls":[{"Sid":"%d","DateCreated":"2026-11-02 10:00:00"}]}'
    local answers = {}
    for index = 1, 9 do answers[index] = { body = page:format(index, index), seconds = 4 } end
    local transport = scripted.transport(answers)
    function transport.time() return 1795255205 end
    local query = client_on(transport):calls({ date_created = { gte = "2026-11-01 00:00:00",
      lte = "2026-11-20 00:00:00" } }, { deadline = 10 })
    local calls = 0
    local call, err = query:next()
    while call do
      calls = calls + 1
      call, err = query:next()
    end
    assert.same({ 3, "limited", "not_sent", "deadline" },
      { calls, err.kind, err.outcome, err.reason })
    assert.same({ 10, 6, 2 }, { transport.requests[1].timeout, transport.requests[2].timeout,
                                transport.requests[3].timeout })
    assert.equal(3, #transport.requests)
  end)

  it("is that of one reading of a query, which may be read again", function()
    local transport = scripted.transport { { seconds = 4, body = '{"Metadata":{"Total":1},'
      .. '"Calls":[{"Sid":"a"}]}' } }
    local query = client_on(transport):calls({}, { deadline = 10 })
    assert.equal(1, query:total())
    transport:sleep(20)
    assert.equal("a", assert(query:all())[1].sid)
    transport:sleep(20)
    assert.equal("a", assert(query:first()).sid)
    local list = {}
    for _, request in ipairs(transport.requests) do list[#list + 1] = request.timeout end
    assert.same({ 10, 10, 10 }, list)
  end)
end)

describe("a client's retries together", function()
  it("end where the budget does, and eight successes give one back", function()
    local answers = {}
    for index = 1, 6 do answers[index] = { status = 503 } end
    for index = 7, 14 do answers[index] = {} end
    answers[15] = { status = 503 }
    local transport = scripted.transport(answers)
    local client = client_on(transport, { retry_budget = 3, timeout = 3600 })
    local function attempts()
      local _, err = client:call_details "abc"
      return err and err.attempts
    end
    assert.same({ 3, 2, 1 }, { attempts(), attempts(), attempts() })
    for _ = 1, 8 do assert.is_nil(attempts()) end
    assert.same({ 2, 1 }, { attempts(), attempts() })
  end)

  it("aren't spent by a pause that there was no time for", function()
    local transport = scripted.transport { { status = 429, headers = { ["retry-after"] = "60" } },
                                           { status = 429 }, {} }
    local client = client_on(transport, { retry_budget = 1 })
    client:call_details "abc"
    assert(client:call_details "abc")
  end)

  it("are none with a budget of 0", function()
    local transport = scripted.transport { { status = 503 } }
    client_on(transport, { retry_budget = 0 }):call_details "abc"
    assert.equal(1, #transport.requests)
  end)
end)

describe("what is told", function()
  local function watched(answers, more)
    local told, transport = {}, scripted.transport(answers)
    local all = more or {}
    for _, name in ipairs { "on_request", "on_response", "on_retry" } do
      all[name] = function(what)
        local copy = { hook = name }
        for key, value in pairs(what) do copy[key] = value end
        told[#told + 1] = copy
      end
    end
    return client_on(transport, all), told, transport
  end

  it("of each attempt, in order", function()
    local client, told = watched({ { status = 503, seconds = 2 },
      { fails = { reason = "connect", sent = false, seconds = 1 } },
      { phases = { wait = 0.5, total = 0.75 } } }, { timeout = 100 })
    assert(client:call_details "abc")
    local short = {}
    for index, one in ipairs(told) do
      assert.equal("call_details", one.operation)
      assert.is_false(one.dials)
      short[index] = table.concat({ one.hook, one.attempt, tostring(one.status), one.outcome or "",
                                    one.reason or "", one.why or "" }, " ")
    end
    assert.same({
      "on_request 1 nil   ", "on_response 1 503 unknown server ",
      "on_retry 1 503 unknown server server",
      "on_request 2 nil   ", "on_response 2 nil not_sent connect ",
      "on_retry 2 nil not_sent connect not_sent",
      "on_request 3 nil   ", "on_response 3 200 done  " }, short)
    assert.same({ { total = 2 }, { total = 1 }, { wait = 0.5, total = 0.75 } },
      { told[2].seconds, told[5].seconds, told[8].seconds })
    assert.is_number(told[3].after)
    assert.equal(100, told[1].timeout)
  end)

  it("without a token or a whole phone number", function()
    local lines = {}
    local client = watched({ { status = 400, body = '{"RestException":{"Status":400,"Message":'
      .. '"token_5678 may not ring +919876543210"}}' } },
      { logger = function(level, message) lines[#lines + 1] = level .. " " .. message end })
    client:connect(DIAL)
    assert.equal(1, #lines)
    assert.matches("^error exotel.connect: .* attempt 1, the last$", lines[1])
    assert.is_nil(lines[1]:find "token_5678")
    assert.is_nil(lines[1]:find "9876543210")
  end)

  it("to the logger: a warning for each retry, an error at the end", function()
    local lines = {}
    local transport = scripted.transport { { status = 503 } }
    client_on(transport, { logger = function(level, message)
      lines[#lines + 1] = level .. ": " .. message
    end }):call_details "abc"
    assert.equal(3, #lines)
    assert.matches("^warning: .* attempt 1, again in %d+%.%d s$", lines[1])
    assert.matches("^warning: .* attempt 2, again in %d+%.%d s$", lines[2])
    assert.matches("^error: .* attempt 3, the last$", lines[3])
  end)

  it("even to one that raises, which changes nothing", function()
    for _, name in ipairs { "on_request", "on_response", "on_retry" } do
      local lines = {}
      local transport = scripted.transport { { status = 429 }, {} }
      local call = client_on(transport, { [name] = function() error "no token_5678 here" end,
        logger = function(_, message) lines[#lines + 1] = message end }):connect(DIAL)
      assert.equal("abc", call.sid)
      assert.equal(2, #transport.requests)
      local found = false
      for _, line in ipairs(lines) do
        assert.is_nil(line:find "token_5678")
        found = found or line:find(name .. " raised: ", 1, true) ~= nil
      end
      assert.is_true(found, name)
    end
  end)

  it("not by a logger that raises", function()
    local transport = scripted.transport { { status = 503 } }
    local _, err = client_on(transport, { logger = error }):call_details "abc"
    assert.equal("server", err.reason)
  end)

  it("of settings that are no functions", function()
    assert.equal("option 'on_retry' wants a function, got a string",
      raised(function() exotel.client { on_retry = "x" } end))
  end)

  it("with seconds by phase, by libcurl", function()
    local server, told = raw.start { "send:" .. raw.answer(200, {}, scripted.CALL) }, {}
    local client = exotel.client { base_url = server.url, account_sid = "acc", api_key = "k",
      api_token = "t", proxy = false,
      on_response = function(what) told[#told + 1] = what.seconds end }
    assert(client:call_details "abc")
    for _, name in ipairs { "lookup", "connect", "wait", "read", "total" } do
      assert.is_true(told[1][name] >= 0, name)
    end
    assert.is_nil(told[1].tls)
    assert.is_true(told[1].total >= told[1].wait)
    client:close()
  end)
end)

-- What is shown of the client of another service, and what a server does to provoke it here: it
-- has read one request.
local peers = {
  { "reads an error's body by sending the request again", { "send:" .. raw.answer(400, {}, "{") } },
  { "tries other hosts after a 5xx", { "send:" .. raw.answer(502, {}, "bad gateway") } },
  { "sends again what a peer closed", { "close" } },
  { "sends again what a peer reset", { "reset" } },
  { "sends again after a time-out", { "hold" }, { timeout = 0.3 } },
  { "sends a dial again on a connection that was kept and is dead",
    { "send:" .. raw.answer(200, {}, scripted.CALL), "next", "close" }, nil, true },
}

describe("a dial of a client that", function()
  for _, row in ipairs(peers) do
    it(row[1] .. ": never here", function()
      local server = raw.start(row[2])
      local client = raw.keep(exotel.client { base_url = server.url, account_sid = "acc",
        api_key = "k", api_token = "t", proxy = false, timeout = LONG })
      if row[4] then assert(client:call_details "abc") end
      local call, err = client:connect(DIAL, row[3])
      assert.is_nil(call)
      assert.equal(1, err.attempts)
      assert.equal(1, server:count "POST")
    end)
  end
end)

describe("retries = 0", function()
  for _, row in ipairs {
    { "closes", { "close" } }, { "resets", { "reset" } },
    { "closes a connection that was kept",
      { "send:" .. raw.answer(200, {}, scripted.CALL), "next", "close" }, true },
    { "answers 503", { "send:" .. raw.answer(503, {}, "") } },
    { "answers 429", { "send:" .. raw.answer(429, { "Retry-After: 0" }, "") } },
  } do
    it("is one request on the wire, of a look-up too, when the server " .. row[1], function()
      local server = raw.start(row[2])
      local client = raw.keep(exotel.client { base_url = server.url, account_sid = "acc",
        api_key = "k", api_token = "t", proxy = false, timeout = LONG, retries = 0 })
      if row[3] then assert(client:call_details "abc") end
      local call, err = client:call_details "abc"
      assert.is_nil(call)
      assert.equal(1, err.attempts)
      assert.equal(row[3] and 2 or 1, server:count "GET")
    end)
  end
end)
