-- A dial rings a person's phone: whatever the server does, it has read the dial once, and the
-- error says truly what became of it. The servers here count what they read.
-- SPDX-License-Identifier: MIT

local curl = require "exotel.curl"
local curl_transport = require "exotel.transport.curl"
local exotel = require "exotel"
local socket = require "socket"
local sys = require "exotel.sys"
local raw = require "spec.support.raw"
local tls = require "spec.support.tls"

local SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
local CALL = ('{"Call":{"Sid":"%s","Status":"in-progress"}}'):format(SID)
local RETRIES = 3

local answer = raw.answer
local placed = "send:" .. answer(200, {}, CALL)

local function answers(...)
  return { "send:" .. answer(...) }
end

-- A head of my own making, and the whole CALL behind it.
local function head(lines)
  return { "send:" .. lines .. "\r\n\r\n" .. CALL, "close" }
end

local pauses

before_each(function() pauses = {} end)
after_each(raw.stop)

local function settings_of(url, settings)
  local all = { base_url = url, account_sid = "acc", api_key = "the_key", api_token = "the_token",
                timeout = 20, connect_timeout = 20, retries = RETRIES, proxy = false }
  for name, value in pairs(settings or {}) do all[name] = value end
  return all
end

local function note(_, seconds)
  pauses[#pauses + 1] = seconds
end

-- A client whose transport is curl's but for its sleep: the pauses between attempts are noted
-- and not waited for, so that no time-out hides an attempt that was about to be made.
local function client_of(url, settings, sleep)
  local all = settings_of(url, settings)
  all.transport = setmetatable({ sleep = sleep or note },
                               { __index = raw.keep(curl_transport.new(all)) })
  return exotel.client(all)
end

local function dial(client)
  return client:connect { from = "+919876543210", to = "+919123456789",
                          caller_id = "08039570000" }
end

-- The pauses were so many, each from the least to the most seconds.
local function waited(...)
  local bounds = { ... }
  assert.equal(#bounds / 2, #pauses)
  for index, pause in ipairs(pauses) do
    assert.is_true(pause >= bounds[2 * index - 1] and pause <= bounds[2 * index], pause)
  end
end

-- Dials at a server that takes these steps: the error, and how often it read the dial.
local function fail_to_dial(steps, settings)
  local server = raw.start(steps)
  local call, err = dial(client_of(server.url, settings))
  assert.is_nil(call)
  return err, server:count "POST"
end

describe("a dial", function()
  it("that is answered was read once", function()
    local server = raw.start { placed }
    assert.equal(SID, assert(dial(client_of(server.url))).sid)
    assert.equal(1, server:count "POST")
  end)

  it("is placed once when 100-continue and early hints come first", function()
    local server = raw.start { "send:HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
      .. "Link: x\r\n\r\n", placed }
    assert.equal(SID, assert(dial(client_of(server.url))).sid)
    assert.equal(1, server:count "POST")
  end)
end)

-- What the server does once it has read the dial; kind and reason of the error, its status.
local unknowns = {
  { "closes", { "close" }, "transport", "closed" },
  { "resets", { "reset" }, "transport", "closed" },
  { "sends half an answer", head "HTTP/1.1 200 OK\r\nContent-Length: 500",
    "transport", "closed", 200 },
  { "sends half a status line", { "send:HTTP/1.", "close" }, "transport", "closed" },
  { "sends half a head", { "send:HTTP/1.1 200 OK\r\nContent-Le", "close" } },
  { "sends half the head of a 404", { "send:HTTP/1.1 404 Not Found\r\nContent-Le", "close" } },
  { "sends half the head of a 429", { "send:HTTP/1.1 429 No\r\nX-Ra: 1\r\n", "close" } },
  { "speaks HTTP/0.9", { "send:<html>placed</html>\n", "close" }, "transport", "protocol" },
  { "sends garbage", { "send:\1\2\255\r\n\r\n", "close" }, "transport", "protocol" },
  { "speaks HTTP/1.7", head "HTTP/1.7 200 OK", "transport", "protocol" },
  { "sends no number for a status", head "HTTP/1.1 OK OK", "transport" },
  { "sends a header without a colon", head "HTTP/1.1 200 OK\r\nnothing",
    "transport", "protocol", 200 },
  { "sends a length that is no number", head "HTTP/1.1 200 OK\r\nContent-Length: abc",
    "transport", "protocol", 200 },
  { "sends two lengths, the last too long",
    head(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: 500"):format(#CALL)),
    "transport", "closed", 200 },
  { "sends two lengths, the last too short",
    head(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: 5"):format(#CALL)),
    "parse", "json", 200 },
  { "sends chunks that are none", head "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
    "transport", nil, 200 },
  { "sends half a chunk", { "send:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n"
    .. CALL, "close" }, "transport", "closed", 200 },
  { "sends chunks without the last", { "send:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    .. ("%x\r\n%s\r\n"):format(#CALL, CALL), "close" }, "transport", "closed", 200 },
  { "answers 500", answers(500, {}, "{}"), "api", "server", 500 },
  { "answers 502", answers(502, {}, "<html>Bad Gateway</html>"), "api", "server", 502 },
  { "answers 503 and when to come again", answers(503, { "Retry-After: 0" }, "{}"),
    "api", "server", 503 },
  { "answers 504", answers(504), "api", "server", 504 },
  { "redirects to itself", answers(302, { "Location: /v1/Accounts/acc/Calls/connect" }),
    "api", "redirect", 302 },
  { "redirects with 307", answers(307, { "Location: /again" }), "api", "redirect", 307 },
  { "redirects with 308", answers(308, { "Location: /again" }), "api", "redirect", 308 },
  { "answers 200 with broken JSON", answers(200, {}, '{"Call":{"Sid":'), "parse", "json", 200 },
  { "answers 200 with a page", answers(200, {}, "<html>OK</html>"), "parse", "json", 200 },
  { "answers 200 with nothing", answers(200), "parse", "json", 200 },
  { "answers 200 without a Sid", answers(200, {}, '{"Call":{"Status":"queued"}}'),
    "parse", "incomplete", 200 },
  { "answers 204", { "send:HTTP/1.1 204 No Content\r\n\r\n" }, "parse", nil, 204 },
  { "answers a status that nobody knows", answers(999, {}, CALL), "api", "unexpected", 999 },
  { "sends half of a 400", head "HTTP/1.1 400 Bad Request\r\nContent-Length: 500",
    "transport", "closed", 400 },
  { "sends half of a 429", head "HTTP/1.1 429 No\r\nRetry-After: 0\r\nContent-Length: 500",
    "transport", "closed", 429 },
  { "sends a header of 90 kB", answers(200, { "X: " .. ("x"):rep(9e4) }, CALL),
    "transport", "too_large", 200 },
  { "sends a header of 120 kB", answers(200, { "X: " .. ("x"):rep(12e4) }, CALL), "transport" },
  { "sends 250 headers", answers(200, { ("X: 1\r\n"):rep(249) .. "X: 1" }, CALL),
    "transport", "too_large", 200 },
  { "sends headers for ever", { "send:HTTP/1.1 200 OK\r\n", "endless:X: y\r\n" },
    "transport", "too_large", 200 },
  { "sends a body for ever", { "send:HTTP/1.1 200 OK\r\n\r\n", "endless:" .. raw.body(8192) },
    "transport", "too_large", 200 },
  { "sends chunks for ever", { "send:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "endless:2000\r\n" .. raw.body(8192) .. "\r\n" }, "transport", "too_large", 200 },
  { "sends 100-continue for ever", { "endless:HTTP/1.1 100 Continue\r\n\r\n" }, "transport" },
  { "holds still", { "hold" }, "transport", "timeout", nil, { timeout = 0.5 } },
  { "stops in the middle", { "send:HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "hold" },
    "transport", "timeout", 200, { timeout = 0.5 } },
  { "answers byte by byte", { "drip:" .. answer(200, {}, CALL) }, "transport", "timeout", nil,
    { timeout = 0.5 } },
}

describe("a dial is unknown and was read once when the server", function()
  for _, row in ipairs(unknowns) do
    local name, steps, kind, reason, status, settings = row[1], row[2], row[3], row[4], row[5],
      row[6]
    it(name, function()
      local err, count = fail_to_dial(steps, settings)
      assert.equal(1, count)
      assert.equal("unknown", err.outcome)
      if kind then assert.equal(kind, err.kind) end
      if reason then assert.equal(reason, err.reason) end
      if status then assert.equal(status, err.status) end
      assert.equal(1, err.attempts)
      assert.same({}, pauses)
    end)
  end

  it("closes without an answer behind TLS", function()
    local nginx = tls.start()
    local client = client_of(nginx.silent, { ca_file = nginx.ca_file })
    local call, err = dial(client)
    local log = nginx:log("silent", 1)
    nginx:stop()
    assert.is_nil(call)
    assert.same({ "unknown", "closed", 1 }, { err.outcome, err.reason, err.attempts })
    assert.equal(1, #log)
    assert.equal("POST", log[1].method)
  end)
end)

describe("a dial is rejected", function()
  local statuses = { [400] = "bad_request", [401] = "auth", [402] = "payment",
                     [403] = "forbidden", [404] = "not_found", [407] = "proxy",
                     [409] = "conflict", [417] = "rejected", [421] = "rejected" }
  for status, reason in pairs(statuses) do
    it(("and was read once when a whole %d comes"):format(status), function()
      local err, count = fail_to_dial(answers(status, { "WWW-Authenticate: Digest realm=a, nonce=b",
        "Proxy-Authenticate: Basic realm=a", "Retry-After: 0" }, "{}"))
      assert.equal(1, count)
      assert.same({ "api", "rejected", reason, status, 1 },
        { err.kind, err.outcome, err.reason, err.status, err.attempts })
    end)
  end

  it("when 429 comes each time, and was made so often as asked", function()
    local err, count = fail_to_dial(answers(429, { "Retry-After: 2" }, "{}"))
    assert.equal(1 + RETRIES, count)
    assert.same({ "api", "rejected", "rate_limited", 429, 2, 1 + RETRIES },
      { err.kind, err.outcome, err.reason, err.status, err.retry_after, err.attempts })
    waited(2, 3, 2, 3, 2, 3)
  end)

  it("when 429 asks to wait for longer than the time-out", function()
    local err, count = fail_to_dial(answers(429, { "Retry-After: 3600" }, "{}"))
    assert.equal(1, count)
    assert.same({ "rejected", 3600 }, { err.outcome, err.retry_after })
    assert.same({}, pauses)
  end)

  it("not by a 429 that went by: then the call is placed", function()
    local server = raw.start { "send:" .. answer(429, { "Retry-After: 1" }), "next",
                               "send:" .. answer(429), "next", placed }
    assert.equal(SID, assert(dial(client_of(server.url))).sid)
    assert.equal(3, server:count "POST")
    waited(1, 2, 0, 2) -- as told, then up to what the vendor advises
  end)

  it("but unknown when a dial after a 429 gets no answer", function()
    local err, count = fail_to_dial { "send:" .. answer(429), "next", "close" }
    assert.equal(2, count)
    assert.same({ "unknown", "closed", 2 }, { err.outcome, err.reason, err.attempts })
  end)
end)

it("a dial after 429 waits as long as Retry-After says", function()
  local server = raw.start { "send:" .. answer(429, { "Retry-After: 1" }), "next", placed }
  local before = sys.now()
  assert(dial(exotel.client(settings_of(server.url))))
  assert.is_true(sys.now() - before >= 1)
  assert.equal(2, server:count "POST")
end)

describe("a dial is not sent", function()
  local nginx
  setup(function() nginx = tls.start() end)
  teardown(function() nginx:stop() end)
  local function fails(client)
    local call, err = dial(client)
    assert.is_nil(call)
    assert.same({ "transport", "not_sent" }, { err.kind, err.outcome })
    assert.is_nil(err.status)
    return err
  end

  -- A port where nobody listens, nor will, and what holds it.
  local function closed_port()
    local holder = assert(socket.tcp())
    assert(holder:bind("127.0.0.1", 0))
    return select(2, holder:getsockname()), holder
  end

  it("when the port is closed, and is tried again", function()
    local port, holder = closed_port()
    local err = fails(client_of("http://127.0.0.1:" .. port))
    holder:close()
    assert.same({ "connect", 1 + RETRIES }, { err.reason, err.attempts })
    waited(0, 1, 0, 2, 0, 4)
  end)

  it("and is placed when the port opens meanwhile", function()
    local port, holder = closed_port()
    local server
    local client = client_of("http://127.0.0.1:" .. port, {}, function()
      holder:close()
      server = server or raw.start { "port:" .. port, placed }
    end)
    local call = assert(dial(client))
    assert.equal(SID, call.sid)
    assert.equal(2, exotel.response(call).attempts)
    assert.equal(1, server:count "POST")
  end)

  it("when the host has no address", function()
    local err = fails(client_of("https://nowhere.invalid"))
    assert.same({ "resolve", 1 + RETRIES }, { err.reason, err.attempts })
  end)

  it("when nobody takes the connection in time", function()
    local full = assert(socket.tcp())
    assert(full:bind("127.0.0.1", 0))
    assert(full:listen(0))
    local port = tonumber((select(2, full:getsockname())))
    local waiting = {}
    for index = 1, 4 do -- one fills the queue; of the others no SYN is answered
      waiting[index] = socket.tcp()
      waiting[index]:settimeout(0)
      waiting[index]:connect("127.0.0.1", port)
    end
    local err = fails(client_of("http://127.0.0.1:" .. port, { connect_timeout = 0.3 }))
    for _, peer in ipairs(waiting) do peer:close() end
    full:close()
    assert.same({ "timeout", 1 + RETRIES }, { err.reason, err.attempts })
  end)

  it("when the TLS handshake isn't answered in time", function()
    local server = raw.start { placed } -- it waits for a request that it can read
    local err = fails(client_of(server.url:gsub("http:", "https:"), { connect_timeout = 0.3 }))
    assert.same({ "timeout", 1 + RETRIES }, { err.reason, err.attempts })
    local requests, connections = server:requests()
    assert.same({ 0, 1 + RETRIES }, { #requests, connections })
  end)

  for name, why in pairs { self_signed = "signed by itself", other_host = "another host's",
                           expired = "expired" } do
    it("when the certificate is " .. why .. ", and isn't tried again", function()
      local err = fails(client_of(nginx[name], { ca_file = nginx.ca_file }))
      assert.same({ "tls", 1 }, { err.reason, err.attempts })
      assert.matches("ca_file", err.message)
      nginx:clear()
      assert(dial(client_of(nginx.good, { ca_file = nginx.ca_file }))) -- the same CA can do
      nginx:log("good", 1)
      assert.equal(0, #nginx:log(name, 0))
    end)
  end

  it("when the CA is nobody's, and isn't tried again", function()
    local err = fails(client_of(nginx.good))
    assert.same({ "tls", 1 }, { err.reason, err.attempts })
    assert.same({}, pauses)
  end)
end)

describe("a question", function()
  for name, steps in pairs { ["a closed connection"] = { "close" }, ["504"] = answers(504),
                             ["half an answer"] = head "HTTP/1.1 200 OK\r\nContent-Length: 500",
                             ["429"] = answers(429) } do
    it("is asked again after " .. name, function()
      local server = raw.start(steps)
      local call, err = client_of(server.url):call_details(SID)
      assert.is_nil(call)
      assert.equal(1 + RETRIES, err.attempts)
      assert.equal(1 + RETRIES, server:count "GET")
      waited(0, 1, 0, 2, 0, 4)
    end)
  end

  it("is answered when one of its attempts is", function()
    local server = raw.start { "close", "next", "send:" .. answer(503), "next", placed }
    assert.equal(SID, assert(client_of(server.url):call_details(SID)).sid)
    assert.equal(3, server:count "GET")
  end)

  it("is asked once after a whole 404, and after an answer that is too large", function()
    for _, steps in ipairs { answers(404), { "send:HTTP/1.1 200 OK\r\n", "endless:X: y\r\n" } } do
      local server = raw.start(steps)
      assert.is_nil((client_of(server.url):call_details(SID)))
      assert.equal(1, server:count "GET")
    end
  end)
end)

-- libcurl sends a POST again by itself when a connection that was used before dies without an
-- answer. The server answers the first request and closes at the second.
describe("the replay trap", function()
  local then_close = { placed, "next", "close" }

  -- The POSTs that the server read after the connection was warmed, and the failure.
  local function warmed_post(options)
    local server, agent = raw.start(then_close), curl.agent {}
    local request = { method = "GET", url = server.url .. "/", timeout = 20, connect_timeout = 20 }
    assert(agent:perform(request))
    request.method, request.body = "POST", "From=1"
    for name, value in pairs(options) do request[name] = value end
    local response, failure = agent:perform(request)
    assert.is_nil(response)
    agent:close()
    return server:count "POST", failure
  end

  it("is real: without a guard the server reads the POST twice", function()
    local count = warmed_post {}
    assert.equal(2, count)
  end)

  it("is shut by send_once: read once, and the failure says that it was sent", function()
    local count, failure = warmed_post { send_once = true }
    assert.equal(1, count)
    assert.same({ "repeated", true }, { failure.reason, failure.sent })
  end)

  it("is shut by fresh_connection: read once", function()
    local count, failure = warmed_post { fresh_connection = true }
    assert.equal(1, count)
    assert.same({ "closed", true }, { failure.reason, failure.sent })
  end)

  it("doesn't catch the client's dial after a question", function()
    local server = raw.start(then_close)
    local client = client_of(server.url)
    assert(client:call_details(SID))
    local call, err = dial(client)
    assert.is_nil(call)
    assert.same({ "unknown", "closed", 1 }, { err.outcome, err.reason, err.attempts })
    local requests = server:requests()
    assert.equal(2, #requests)
    assert.same({ "GET", "POST" }, { requests[1].method, requests[2].method })
    assert.are_not.equal(requests[1].connection, requests[2].connection)
  end)

  it("doesn't catch the client's dial after a dial", function()
    local server = raw.start(then_close)
    local client = client_of(server.url)
    assert(dial(client))
    local call, err = dial(client)
    assert.is_nil(call)
    assert.equal("unknown", err.outcome)
    assert.equal(2, server:count "POST")
  end)
end)
