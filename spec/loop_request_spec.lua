-- exotel.loop: what becomes of the requests that it carries: the same as by the blocking
-- transport, whatever the server does, and however many there are.
-- SPDX-License-Identifier: MIT

local curl = require "exotel.curl"
local exotel = require "exotel"
local sys = require "exotel.sys"
local in_a_fork = require "spec.support.in_a_fork"
local looping = require "spec.support.looping"
local lua = require "spec.support.lua"
local raw = require "spec.support.raw"
local read_file = require "spec.support.read_file"
local tls = require "spec.support.tls"

local LONG, SID, placed = looping.LONG, looping.SID, looping.placed
local dial, get, finish, run = looping.dial, looping.get, looping.finish, looping.run

after_each(looping.stop)

-- Nothing is in flight, for the loop and for libcurl.
local function assert_idle(loop)
  assert.same({ 0, 0 }, { loop.in_flight, loop.dials_now })
  assert.is_nil(next(loop.jobs))
  assert.is_nil(loop:timeout())
end

describe("connections:", function()
  it("questions one after the other take one, and at once one each", function()
    local loop, server = looping.loop(), raw.start { placed }
    local client = looping.client(server.url, { transport = loop })
    for _ = 1, 3 do assert.equal(SID, run(loop, get, client).sid) end
    assert.equal(1, select(2, server:requests()))
    local tasks = {}
    for index = 1, 4 do tasks[index] = loop:spawn(get, client) end
    finish(loop, lua.unpack(tasks))
    assert.equal(7, #server:requests())
    assert.is_true(select(2, server:requests()) <= 4)
  end)

  it("a question is asked again where its old connection died", function()
    local loop = looping.loop()
    local server = raw.start { placed, "next", "close", "next", placed }
    local client = looping.client(server.url, { transport = loop, retries = 1, retry_budget = 0 })
    for _ = 1, 2 do assert.equal(SID, run(loop, get, client).sid) end
    assert.equal(3, server:count "GET")
  end)

  it("a dial takes a fresh one, closed after it, and is never read twice", function()
    local loop, server = looping.loop(), raw.start { placed, "next", placed, "next", "close" }
    local client = looping.client(server.url, { transport = loop, retries = 3 })
    assert.equal(SID, run(loop, get, client).sid)
    assert.equal(SID, run(loop, dial, client).sid)
    local call, err = run(loop, dial, client)
    assert.is_nil(call)
    assert.same({ "unknown", "closed", 1 }, { err.outcome, err.reason, err.attempts })
    local requests, connections = server:requests()
    assert.same({ 3, 3, 2 }, { #requests, connections, server:count "POST" })
    assert.is_true(server:ended()[2])
    assert_idle(loop)
  end)

  it("those of many dials don't pile up", function()
    local loop, server = looping.loop(), raw.start { placed }
    local client, tasks = looping.client(server.url, { transport = loop }), {}
    for index = 1, 40 do tasks[index] = loop:spawn(dial, client) end
    finish(loop, lua.unpack(tasks))
    local ended = 0
    for _ in pairs(server:ended()) do ended = ended + 1 end
    assert.same({ 40, 40 }, { server:count "POST", ended })
  end)
end)

describe("many at once", function()
  it("are answered in any order, each to its own task", function()
    local loop, server = looping.loop(), looping.server()
    local client, tasks = looping.client(server.url, { transport = loop }), {}
    for index = 1, 30 do tasks[index] = loop:spawn(get, client, "c" .. index) end
    server:wait_for(loop, 30)
    for index = 30, 1, -1 do server:answer((index * 7) % 30 + 1) end
    finish(loop, lua.unpack(tasks))
    for index, task in ipairs(tasks) do assert.equal("c" .. index, task:result().sid) end
    assert_idle(loop)
  end)

  it("may be more than the handles that are kept", function()
    local loop, server = looping.loop { requests_in_flight = 200 }, looping.server()
    local client = looping.client(server.url, { transport = loop })
    for round = 1, 2 do
      local tasks = {}
      for index = 1, 200 do tasks[index] = loop:spawn(get, client, "c" .. index) end
      server:wait_for(loop, round * 200)
      for index = #server.held - 199, #server.held do server:answer(index) end
      finish(loop, lua.unpack(tasks))
      for index, task in ipairs(tasks) do assert.equal("c" .. index, task:result().sid) end
    end
    assert_idle(loop)
  end)
end)

describe("the outcome is the blocking transport's", function()
  local nginx
  setup(function() nginx = tls.start() end)
  teardown(function() nginx:stop() end)

  local function tls_server(name)
    return function() return nginx[name], { ca_file = nginx.ca_file } end
  end

  local function address(url, settings)
    return function() return url, settings end
  end

  -- What the server does, or an address; then outcome, reason and status.
  local rows = {
    { "refused", address "http://127.0.0.1:1", "not_sent", "connect" },
    { "no such host", address "https://nowhere.invalid", "not_sent", "resolve" },
    { "a certificate by itself", tls_server "self_signed", "not_sent", "tls" },
    { "a certificate that expired", tls_server "expired", "not_sent", "tls" },
    { "no connection in time", function()
      return looping.full_listener(), { connect_timeout = 0.3 }
    end, "not_sent", "timeout" },
    { "no handshake in time", function()
      return (raw.start { "hold" }.url:gsub("http:", "https:")), { connect_timeout = 0.3 }
    end, "not_sent", "timeout" },
    { "no answer in time", { "hold" }, "unknown", "timeout", nil, { timeout = 0.3 } },
    { "half an answer in time", { "send:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "hold" },
      "unknown", "timeout", 200, { timeout = 0.3 } },
    { "a reset", { "reset" }, "unknown", "closed" },
    { "a close", { "close" }, "unknown", "closed" },
    { "a close behind TLS", tls_server "silent", "unknown", "closed" },
    { "half an answer", { "send:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "close" },
      "unknown", "closed", 200 },
    { "half a head", { "send:HTTP/1.1 200 OK\r\nContent-Le", "close" }, "unknown", nil, 200 },
    { "garbage", { "send:\1\2\255\r\n\r\n", "close" }, "unknown", "protocol" },
    { "a body for ever", { "send:HTTP/1.1 200 OK\r\n\r\n", "endless:" .. raw.body(8192) },
      "unknown", "too_large", 200, { max_response = 100000 } },
    { "500", { "send:" .. raw.answer(500, {}, "{}") }, "unknown", "server", 500 },
    { "503", { "send:" .. raw.answer(503, { "Retry-After: 0" }) }, "unknown", "server", 503 },
    { "400", { "send:" .. raw.answer(400, {}, "{}") }, "rejected", "bad_request", 400 },
    { "no record", { "send:" .. raw.answer(200, {}, "{}") }, "unknown", nil, 200 },
  }

  for _, row in ipairs(rows) do
    local name, where, outcome, reason, status, more =
      row[1], row[2], row[3], row[4], row[5], row[6]
    it("for " .. name, function()
      local server, url, settings
      if type(where) == "table" then
        server = raw.start(where)
        url, settings = server.url, more or {}
      else
        url, settings = where()
        settings = settings or {}
      end
      local _, blocking = dial(looping.client(url, settings))
      local loop = looping.loop()
      settings.transport = loop
      local call, err = run(loop, dial, looping.client(url, settings))
      assert.is_nil(call)
      for _, field in ipairs { "kind", "outcome", "reason", "status", "attempts" } do
        assert.equal(blocking[field], err[field])
      end
      assert.same({ outcome, status, 1 }, { err.outcome, err.status, err.attempts })
      if reason then assert.equal(reason, err.reason) end
      if server then assert.equal(2, server:count "POST") end
      assert_idle(loop)
    end)
  end

  it("for an address that libcurl won't take", function()
    local loop = looping.loop()
    local request = looping.request("http://127.0.0.1:1/" .. ("x"):rep(8000001))
    for _ = 1, 2 do
      local response, failure = run(loop, loop.perform, loop, request)
      assert.is_nil(response)
      assert.same({ "other", false }, { failure.reason, failure.sent })
    end
    for _, bad in ipairs { { method = 7 }, { url = "http://a\nb" }, { timeout = 0 },
                           { headers = { x = 1 } }, { leave_by = "soon" } } do
      local _, failure = run(loop, loop.perform, loop, looping.request("http://127.0.0.1:1", bad))
      assert.same({ "other", false }, { failure.reason, failure.sent })
    end
    assert_idle(loop)
  end)
end)

it("a request that may leave up to some time has no longer to connect", function()
  local url = raw.start { "hold" }.url:gsub("http:", "https:")
  local loop = looping.loop()
  local _, failure = run(loop, loop.perform, loop, looping.request(url, {
    timeout = 2 * LONG, connect_timeout = 2 * LONG, leave_by = sys.now() + 0.3 }))
  assert.same({ "timeout", false }, { failure.reason, failure.sent })
  assert_idle(loop)
end)

it("a request's metamethod may close what would carry it", function()
  for _, name in ipairs { "start", "prepare" } do
    local multi = curl.multi()
    local closing = setmetatable({}, { __index = function() multi:close() end })
    local fine, message = pcall(function()
      if name == "start" then
        multi:start(1, looping.request "http://127.0.0.1:1", closing)
      else
        multi:prepare(closing, 1)
      end
    end)
    assert.is_false(fine)
    assert.matches("the loop is closed", message)
  end
end)

describe("a dial that is answered 429", function()
  it("is made again after Retry-After, and the others go on meanwhile", function()
    local loop = looping.loop()
    local server = raw.start { "send:" .. raw.answer(429, { "Retry-After: 1" }, "{}"), "next",
                               placed }
    local client, ticks = looping.client(server.url, { transport = loop, retries = 1 }), 0
    local task = loop:spawn(function() return dial(client), sys.now() end)
    loop:spawn(function()
      while not task:done() do
        loop:sleep(0.01)
        ticks = ticks + 1
      end
    end)
    local before = sys.now()
    assert.is_true(loop:run())
    local call, at = task:result()
    assert.same({ SID, 2 }, { call.sid, server:count "POST" })
    assert.is_true(at - before >= 1)
    assert.is_true(ticks >= 10)
  end)
end)

describe("the cap", function()
  it("of requests holds, and all are answered in the end", function()
    local loop, server = looping.loop { requests_in_flight = 2 }, looping.server()
    local client, tasks = looping.client(server.url, { transport = loop }), {}
    for index = 1, 6 do tasks[index] = loop:spawn(get, client, "c" .. index) end
    for answered = 0, 4 do
      server:wait_for(loop, answered + 2)
      for _ = 1, 20 do
        loop:step(0.001)
        assert.equal(answered + 2, server:take())
      end
      assert.equal(2, loop.in_flight)
      server:answer(answered + 1)
    end
    server:answer(6)
    finish(loop, lua.unpack(tasks))
    for index, task in ipairs(tasks) do assert.equal("c" .. index, task:result().sid) end
    assert_idle(loop)
  end)

  it("of dials holds, while questions go on", function()
    local loop, server = looping.loop { requests_in_flight = 9, dials_in_flight = 2 },
      looping.server()
    local client, dials = looping.client(server.url, { transport = loop }), {}
    for index = 1, 5 do dials[index] = loop:spawn(dial, client) end
    server:wait_for(loop, 2)
    for index = 1, 10 do
      local task = loop:spawn(get, client)
      server:wait_for(loop, 2 + index)
      assert.equal(2, server:count "POST")
      server:answer(2 + index)
      finish(loop, task)
    end
    assert.same({ 2, 2 }, { loop.in_flight, loop.dials_now })
    server:answer(1)
    server:wait_for(loop, 13)
    server:answer(2)
    server:answer(13)
    server:serve(loop, dials[1], dials[2], dials[3], dials[4], dials[5])
    for _, task in ipairs(dials) do assert.equal(SID, task:result().sid) end
    assert.equal(5, server:count "POST")
    assert_idle(loop)
  end)

  it("lets a dial go before the questions that wait", function()
    local loop, server = looping.loop { requests_in_flight = 1 }, looping.server()
    local client = looping.client(server.url, { transport = loop })
    local tasks = { loop:spawn(get, client), loop:spawn(get, client), loop:spawn(dial, client) }
    loop:step()
    server:serve(loop, tasks[1], tasks[2], tasks[3])
    assert.equal("POST", server.held[1]:method())
  end)

  it("has a queue whose waiting is no part of a time-out, nor of the time for retries", function()
    local loop, server = looping.loop { requests_in_flight = 1 }, looping.server()
    local client = looping.client(server.url, { transport = loop, retries = 1 })
    local held = loop:spawn(dial, client)
    local queued = loop:spawn(get, client, "c1", { timeout = 0.6 })
    server:wait_for(loop, 1)
    local stop = sys.now() + 1.2
    while sys.now() < stop do loop:step(0.01) end
    server:answer(1)
    server:wait_for(loop, 2)
    server:answer(2, 429, { ["retry-after"] = "0" })
    server:wait_for(loop, 3)
    server:answer(3)
    finish(loop, held, queued)
    assert.equal(SID, held:result().sid)
    assert.equal("c1", queued:result().sid)
    assert.equal(2, exotel.client(
      { account_sid = "a", api_key = "k", api_token = "t" }):response(queued:result()).attempts)
  end)

  it("isn't worn out by requests that never began or were given up", function()
    local loop = looping.loop { requests_in_flight = 2, dials_in_flight = 1 }
    local server = looping.server()
    local client = looping.client(server.url, { transport = loop })
    for round = 1, 5 do
      local bad = looping.request("http://127.0.0.1:1/" .. ("x"):rep(8000001), { send_once = true })
      run(loop, loop.perform, loop, bad)
      local tasks = {}
      for index = 1, 4 do tasks[index] = loop:spawn(index % 2 == 0 and get or dial, client) end
      server:wait_for(loop, round * 2)
      for _, task in ipairs(tasks) do task:cancel() end
      finish(loop, lua.unpack(tasks))
      assert_idle(loop)
    end
    assert.equal(10, server:take())
  end)
end)

describe("cancelling", function()
  -- Cancels a dial when `there` says so: its error.
  local function cancel_at(url, settings, there)
    local loop = looping.loop()
    settings.transport = loop
    local task = loop:spawn(dial, looping.client(url, settings))
    local stop = sys.now() + LONG
    repeat loop:step(0.005) until there(loop) or sys.now() > stop
    assert.is_false(task:done())
    assert.is_true(task:cancel())
    assert.is_false(task:cancel())
    finish(loop, task)
    assert_idle(loop)
    local call, err = task:result()
    assert.is_nil(call)
    assert.same({ "transport", "cancelled", 1 }, { err.kind, err.reason, err.attempts })
    return err
  end

  -- After so many steps.
  local function steps(n)
    return function()
      n = n - 1
      return n == 0
    end
  end

  it("before it begins keeps the function from running", function()
    local loop, ran = looping.loop(), false
    local task = loop:spawn(function() ran = true end)
    local other = loop:spawn(function() loop:sleep(0.01) return "done" end)
    assert.is_true(task:cancel())
    assert.is_true(task:done())
    local result, err = task:result()
    assert.is_nil(result)
    assert.same({ "transport", "not_sent", "cancelled" }, { err.kind, err.outcome, err.reason })
    assert.is_false(task:cancel())
    assert.is_true(loop:run())
    assert.same({ false, "done" }, { ran, other:result() })
    assert.equal("exotel.loop: 0 tasks, 0 requests in flight", tostring(loop))
  end)

  it("in the queue leaves a dial not sent", function()
    local loop, server = looping.loop { dials_in_flight = 1 }, looping.server()
    local client = looping.client(server.url, { transport = loop, max_dials = 2 })
    local held, queued = loop:spawn(dial, client), loop:spawn(dial, client)
    server:wait_for(loop, 1)
    assert.is_true(queued:cancel())
    finish(loop, queued)
    local _, err = queued:result()
    assert.same({ "not_sent", "cancelled" }, { err.outcome, err.reason })
    local another = loop:spawn(dial, client) -- of max_dials none was used up by it
    server:answer(1)
    server:wait_for(loop, 2)
    server:answer(2)
    finish(loop, held, another)
    assert.same({ SID, SID, 2 }, { held:result().sid, another:result().sid, server:take() })
  end)

  it("while it connects leaves a dial not sent", function()
    assert.equal("not_sent", cancel_at(looping.full_listener(), {}, steps(20)).outcome)
  end)

  it("in a handshake that isn't answered leaves a dial not sent", function()
    local url = raw.start { "hold" }.url:gsub("http:", "https:")
    assert.equal("not_sent", cancel_at(url, {}, steps(40)).outcome)
  end)

  it("in flight leaves a dial unknown, which was read once", function()
    local server = raw.start { "hold" }
    local err = cancel_at(server.url, { retries = 3 }, function()
      return server:count "POST" == 1
    end)
    assert.equal("unknown", err.outcome)
    assert.matches("the call may have been placed", err.message)
    assert.equal(1, server:count "POST")
    assert.is_true(server:ended()[1])
  end)

  it("wakes a sleep, and one before a retry ends the request", function()
    local loop = looping.loop()
    local task = loop:spawn(function() loop:sleep(LONG) return "woken" end)
    loop:step()
    task:cancel()
    assert.equal(0, loop:step())
    assert.equal("woken", (task:result()))
    local server = raw.start { "send:" .. raw.answer(429, { "Retry-After: 9" }, "{}") }
    task = loop:spawn(dial, looping.client(server.url, { transport = loop, retries = 3 }))
    looping.step_until(loop, function() return loop.timers:first() end)
    task:cancel()
    finish(loop, task)
    local err = select(2, task:result())
    assert.same({ "not_sent", "cancelled" }, { err.outcome, err.reason })
    assert.equal(1, server:count "POST")
    assert.is_nil(loop.timers:first())
  end)

  it("takes no answer away that is there, and is nothing for a task that is done", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local first = loop:spawn(get, client)
    server:wait_for(loop, 1)
    local task = loop:spawn(function() return dial(client), select(2, get(client)).reason end)
    server:wait_for(loop, 2)
    server:answer()
    local stop = sys.now() + LONG
    repeat -- until both answers are there, and neither is a task's yet
      server:take()
      loop.multi:step(0.002, 64)
    until loop.multi:timeout() == 0 or sys.now() > stop
    for _ = 1, 20 do
      server:take()
      loop.multi:step(0.002, 64)
    end
    assert.is_true(task:cancel())
    finish(loop, first, task)
    local call, reason = task:result()
    assert.same({ SID, SID, "cancelled", 2 },
      { first:result().sid, call.sid, reason, server:take() })
    assert.same({ false, false }, { task:cancel(), first:cancel() })
  end)

  it("keeps later requests from being sent, and a task that goes on stops nobody", function()
    local loop, server = looping.loop(), looping.server()
    local client, tries, stop = looping.client(server.url, { transport = loop }), 0, false
    local forever = loop:spawn(function()
      while not stop do
        local _, err = dial(client)
        assert(err.outcome == (tries == 0 and "unknown" or "not_sent"))
        assert(err.reason == "cancelled")
        loop:sleep(LONG)
        tries = tries + 1
      end
      return "done"
    end)
    server:wait_for(loop, 1)
    forever:cancel()
    local other = loop:spawn(get, client)
    server:wait_for(loop, 2)
    server:answer(2)
    finish(loop, other)
    assert.equal(SID, other:result().sid)
    looping.step_until(loop, function() return tries > 5 end)
    stop = true
    finish(loop, forever)
    assert.equal("done", (forever:result()))
    assert.same({ 2, 1 }, { server:take(), server:count "POST" })
  end)

  it("in the moment that its request begins keeps it from being sent", function()
    local loop, server = looping.loop(), looping.server()
    local task
    local request = looping.request(server.url, { url = false, send_once = true })
    request.url = nil
    setmetatable(request, { __index = function(_, name)
      if name ~= "url" then return nil end
      task:cancel()
      return server.url
    end })
    task = loop:spawn(loop.perform, loop, request)
    finish(loop, task)
    local _, failure = task:result()
    assert.same({ "cancelled", false, 0 }, { failure.reason, failure.sent, server:take() })
    assert_idle(loop)
  end)

  it("itself is heard of at the next request", function()
    local loop = looping.loop()
    local client = looping.client("http://127.0.0.1:1", { transport = loop })
    local task
    task = loop:spawn(function()
      assert(task:cancel())
      loop:sleep(LONG)
      return select(2, dial(client)).reason
    end)
    finish(loop, task)
    assert.equal("cancelled", (task:result()))
  end)
end)

describe("while a name is looked up", function()
  -- What a child says whose look-ups take five seconds: an outcome, and "soon" or "late".
  local function in_child(action, more)
    return raw.child({ looping.preload "slow_lookup" }, ([[
      local exotel, sys = require "exotel", require "exotel.sys"
      local loop = exotel.loop()
      local client = exotel.client { base_url = "https://slow.example.test", account_sid = "a",
        api_key = "k", api_token = "t", transport = loop, proxy = false, retries = 0, %s }
      local task = loop:spawn(function()
        return client:connect { from = "+919876543210", to = "+919123456789",
                                caller_id = "08039570000" }
      end)
      for _ = 1, 20 do loop:step(0.01) end
      assert(not task:done() and loop.in_flight == 1)
      local before = sys.now()
      %s
      local seconds = sys.now() - before
      local _, err = task:result()
      print(err.outcome, err.reason, seconds < 2 and "soon" or "late")]]):format(more or "",
        action))
  end

  it("cancelling doesn't block", function()
    assert.same({ "not_sent\tcancelled\tsoon", 0 },
      { in_child "task:cancel() loop:step() loop:close()" })
  end)

  it("closing doesn't block", function()
    assert.same({ "not_sent\tcancelled\tsoon", 0 }, { in_child "loop:close()" })
  end)

  it("a time-out doesn't block", function()
    assert.same({ "not_sent\ttimeout\tsoon", 0 },
      { in_child("loop:run() loop:close()", "timeout = 0.5") })
  end)
end)

describe("TLS", function()
  local nginx
  setup(function() nginx = tls.start() end)
  teardown(function() nginx:stop() end)
  before_each(function() nginx:clear() end)

  -- A copy of the CA's certificate that may be removed.
  local function copy_of_ca()
    local path = nginx.directory .. "/copy.pem"
    local file = assert(io.open(path, "w"))
    file:write(read_file(nginx.ca_file))
    file:close()
    return path
  end

  it("certificates are kept by prepare, and not needed again", function()
    for _, prepared in ipairs { true, false } do
      local loop, path = looping.loop(), copy_of_ca()
      local client = looping.client(nginx.good, { transport = loop, ca_file = path })
      if prepared then loop:prepare() end
      assert(os.remove(path))
      local call, err = run(loop, dial, client)
      if prepared then
        assert.equal(SID, call.sid)
      else
        assert.same({ "not_sent", "tls" }, { err.outcome, err.reason })
      end
    end
  end)

  it("is prepared also while a request is in flight, twice, and without a file", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(dial, client)
    server:wait_for(loop, 1)
    server:answer()
    server:take()
    loop:prepare()
    loop:prepare()
    finish(loop, task)
    assert.equal(SID, task:result().sid)
    looping.client(server.url, { transport = loop, ca_file = "/nowhere/ca.pem" })
    loop:prepare()
    assert_idle(loop)
  end)

  it("sessions are resumed by later dials, each on a connection of its own", function()
    for _, name in ipairs { "good", "tls12" } do
      local loop = looping.loop()
      local client = looping.client(nginx[name], { transport = loop, ca_file = nginx.ca_file })
      loop:prepare()
      for _ = 1, 3 do assert.equal(SID, run(loop, dial, client).sid) end
      local seen = {}
      for index, entry in ipairs(nginx:log(name, 3)) do
        assert.same({ "POST", 1, index > 1 }, { entry.method, entry.requests, entry.reused })
        assert.is_nil(seen[entry.connection])
        seen[entry.connection] = true
      end
    end
  end)

  it("connections that are kept outlive a forked copy that closes", function()
    local loop = looping.loop()
    local client = looping.client(nginx.good, { transport = loop, ca_file = nginx.ca_file })
    assert.equal(SID, run(loop, get, client).sid)
    assert.equal(0, in_a_fork(function()
      loop:close()
      collectgarbage()
      return true
    end))
    assert.equal(SID, run(loop, get, client).sid)
    local log = nginx:log("good", 2)
    assert.same({ 1, 2, log[1].connection },
      { log[1].requests, log[2].requests, log[2].connection })
  end)

  it("outlives servers that close in the middle, where writing raises SIGPIPE", function()
    local said, code, signal = raw.child({ looping.preload "plain_write" }, ([[
      local exotel = require "exotel"
      local loop = exotel.loop()
      local function post()
        return loop:perform { method = "POST", url = %q, body = ("x"):rep(3e6), timeout = 20,
          connect_timeout = 20, options = { proxy = false, ca_file = %q } }
      end
      local tasks = {}
      for index = 1, 5 do tasks[index] = loop:spawn(post) end
      assert(loop:run())
      for _, task in ipairs(tasks) do
        local _, failure = task:result()
        if not failure or not failure.sent then print "no failure" end
      end
      local last = loop:spawn(post)
      for _ = 1, 5 do loop:step(0.002) end
      last:cancel()
      loop:close()
      print "alive"]]):format(nginx.silent, nginx.ca_file))
    assert.same({ "alive", 0 }, { said, code, signal })
  end)
end)

describe("where libcurl's driving fails", function()
  it("a dial that was sent is unknown, one that wasn't not_sent, and what follows works", function()
    local server = raw.start { "hold" }
    local said, code = raw.child({ looping.preload "failing_epoll", "EPOLL_FAILS_AT=3" }, ([[
      local exotel = require "exotel"
      local loop = exotel.loop()
      local function client(url)
        return exotel.client { base_url = url, account_sid = "a", api_key = "k",
          api_token = "t", transport = loop, proxy = false, retries = 0 }
      end
      local function dial(object)
        return object:connect { from = "+919876543210", to = "+919123456789",
                                caller_id = "08039570000" }
      end
      local object, tasks = client(%q), {}
      for index = 1, 2 do tasks[index] = loop:spawn(dial, object) end
      for _ = 1, 20 do loop:step(0.01) end
      tasks[3] = loop:spawn(dial, object)
      loop:run()
      for _, task in ipairs(tasks) do
        local _, err = task:result()
        print(err.outcome, err.reason)
      end
      tasks[4] = loop:spawn(dial, client "http://127.0.0.1:1")
      loop:run()
      print(select(2, tasks[4]:result()).reason, loop.in_flight, loop.dials_now, (loop:timeout()))
      loop:close()]]):format(server.url))
    assert.equal(0, code)
    assert.equal("unknown\tother\nunknown\tother\nnot_sent\tother\nconnect\t0\t0\tnil", said)
    assert.equal(2, server:count "POST")
  end)
end)
