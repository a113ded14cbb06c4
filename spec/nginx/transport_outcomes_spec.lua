-- The transport inside nginx, where something goes wrong: what became of the request is told
-- truly, a dial is read once at most, and where a directive of nginx is missing the message
-- names it.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local name_server = require "spec.support.name_server"
local raw = require "spec.support.raw"
local responses = require "spec.rows.responses"
local tls = require "spec.support.tls"

local MAX_BODY = 3000 -- as the rows have it
local CALL = '{"Call":{"Sid":"c5"}}'

local BOTH = [[
  local url, more = ...
  local client = kit.client(url, more)
  return kit.told(client:call_details "x"), kit.told(kit.dial(client))
]]

-- What comes of a look-up and a dial: each as in the rows, and its message.
local function ask(server, url, more)
  local read, read_message, dialled, message = server:run(BOTH, url, more)
    :match "^(%C+)\n?(%C*)\n(%C+)\n?(%C*)$"
  return { read = read, dialled = dialled, messages = { read_message, message } }
end

local server, names, name_port

setup(function()
  names, name_port = name_server.start()
  server = inside.start { resolver = "127.0.0.1:" .. name_port }
end)

teardown(function()
  server:stop()
  names:close()
end)

after_each(raw.stop)

-- {=================================================================
-- What is never sent
-- ==================================================================

-- What both come to; what both messages have, and what neither has.
local function check_unsent(told, reason, text, none)
  local expected = "transport not_sent " .. reason .. " "
  assert.same({ expected, expected }, { told.read, told.dialled })
  for _, message in ipairs(told.messages) do
    assert.truthy(message:find(text, 1, true), message)
    assert.is_nil(message:find(none or "ca_file", 1, true), message)
    assert.is_nil(message:find("may have been placed", 1, true), message)
  end
end

describe("inside nginx nothing is sent", function()
  it("where nobody listens", function()
    check_unsent(ask(server, "http://127.0.0.1:1"), "connect",
      "127.0.0.1 port 1: connection refused")
  end)

  it("to a name that doesn't exist", function()
    check_unsent(ask(server, "https://nowhere.invalid"), "resolve", "Host not found", "`resolver`")
  end)

  it("to a name whose address nobody tells in time", function()
    -- nginx itself would wait for 30 seconds, and say that it could not be resolved.
    check_unsent(ask(server, "https://api.silent", { connect_timeout = 0.2 }), "timeout",
      "api.silent port 443: no connection within the time-out - the directive `resolver` names")
    check_unsent(ask(server, "https://other.silent", { timeout = 0.2 }), "timeout", "other.silent")
  end)

  it("where no name can be looked up: that names the directive", function()
    local lost = inside.start()
    check_unsent(ask(lost, "https://api.exotel.com"), "resolver",
      'no resolver defined to resolve "api.exotel.com" - the directive `resolver`')
    local counter = raw.start { "send:" .. raw.answer(200, {}, CALL) }
    assert.equal("record c5", ask(lost, "http://localhost:" .. counter.port).read)
    check_unsent(ask(lost, "https://api.test:" .. counter.port,
      { resolve = "api.test:1:127.0.0.1" }), "resolver", "no resolver defined") -- another port's
    lost:stop()
  end)

  it("in plain http to what isn't loopback, whatever its name was resolved to", function()
    local counter = raw.start { "send:" .. raw.answer(200, {}, CALL) }
    local url = "http://api.test:" .. counter.port
    assert.equal("record c5", ask(server, url, { plain_http = true }).read)
    for _, resolve in ipairs { "192.0.2.1", "[2001:db8::1]" } do
      check_unsent(ask(server, "http://localhost:80", { resolve = "localhost:80:" .. resolve }),
        "address", "plain http goes to a loopback address only")
    end
    check_unsent(ask(server, "http://127.0.0.999"), "address", "loopback address only")
    assert.error_matches(function() ask(server, url) end, "plain http")
    assert.same({ 1, 1 }, { counter:count "GET", counter:count "POST" })
  end)

  it("where the connection was there too late, since others kept the worker busy", function()
    local counter = raw.start { "send:" .. raw.answer(200, {}, CALL) }
    for _, ask_late in ipairs { 'client:call_details "x"', "kit.dial(client)" } do
      local said = server:run([[
        local tcp = ngx.socket.tcp
        function ngx.socket.tcp()
          local sock, busy = tcp(), {}
          function busy:connect(...)
            local connected, why = sock:connect(...)
            local stop = os.clock() + 0.2
            repeat until os.clock() > stop
            return connected, why
          end
          return setmetatable(busy, { __index = function(_, name)
            return function(_, ...) return sock[name](sock, ...) end
          end })
        end
        local client = kit.client(..., { timeout = 0.1 })
        local _, said = pcall(function() return kit.told(]] .. ask_late .. [[) end)
        ngx.socket.tcp = tcp
        return said
      ]], counter.url)
      assert.matches("^transport not_sent timeout \n.* no connection within the time%-out$", said)
    end
    assert.same({}, (counter:requests()))
  end)

  it("where TLS is never answered", function()
    local counter = raw.start { "hold" }
    check_unsent(ask(server, "https://api.test:" .. counter.port, { connect_timeout = 0.2 }),
      "timeout", "no connection within the time-out")
    assert.same({}, (counter:requests()))
  end)
end)

-- An address of tls.lua; what the message says, and no more of nginx's directives.
local HINT = "lua_ssl_"
local TRUST = "lua_ssl_trusted_certificate names the certificates that nginx trusts"

describe("inside nginx nothing is sent over TLS", function()
  local secure, trusting, trusting_deep

  setup(function()
    secure = tls.start()
    trusting = inside.start { trusted = secure.ca_file }
    trusting_deep = inside.start { trusted = secure.ca_file, more = "lua_ssl_verify_depth 2;" }
  end)

  teardown(function()
    trusting:stop()
    trusting_deep:stop()
    secure:stop()
  end)

  local function ask_securely(from, name, host)
    host = host or "api.example.test"
    local port = secure.ports[name]
    return ask(from, ("https://%s:%d"):format(host, port),
      { resolve = ("%s:%d:127.0.0.1"):format(host, port) })
  end

  it("where nginx trusts no certificate: that names the directive", function()
    check_unsent(ask_securely(server, "good"), "tls", TRUST)
    assert.matches("^record", ask_securely(trusting, "good").dialled)
  end)

  for name, text in pairs { self_signed = TRUST, expired = "certificate has expired",
                            other_host = "certificate host mismatch" } do
    it("where the certificate is " .. name, function()
      for _ = 1, 5 do -- a handshake may be over at once, or after a wait
        check_unsent(ask_securely(trusting, name), "tls", text, text ~= TRUST and HINT)
      end
    end)
  end

  it("where the chain is too long: that names the directive", function()
    check_unsent(ask_securely(trusting, "deep"), "tls", "lua_ssl_verify_depth")
    assert.matches("^record", ask_securely(trusting_deep, "deep").dialled)
  end)

  it("where the peer speaks no TLS that nginx does", function()
    for _, name in ipairs { "old", "plain" } do
      check_unsent(ask_securely(trusting, name), "tls", "lua_ssl_protocols")
    end
  end)

  it("to an address: nginx compares names only", function()
    check_unsent(ask(trusting, "https://127.0.0.1:" .. secure.ports.good), "tls",
      "never with an address")
  end)

  it("before or after a failure with anything left of it", function()
    for _ = 1, 3 do
      check_unsent(ask_securely(trusting, "self_signed"), "tls", TRUST)
      check_unsent(ask_securely(trusting, "plain"), "tls",
        ("port %d: handshake failed"):format(secure.ports.plain))
      assert.matches("^record", ask_securely(trusting, "tls12").dialled)
      check_unsent(ask_securely(trusting, "tls12", "wrong.example.test"), "tls", "host mismatch")
    end
    assert.equal(6, #secure:log("tls12", 6)) -- those that were answered
  end)
end)

-- }=================================================================

-- {=================================================================
-- What is sent
-- ==================================================================

describe("the answer inside nginx", function()
  for _, row in ipairs(responses.rows) do
    it(row.id, function()
      local steps = { "send:" .. row.bytes }
      if not row.open then steps[2] = "close" end
      local counter = raw.start(steps)
      local told = ask(server, counter.url, { max_response = MAX_BODY })
      assert.same({ row.what, row.what }, { told.read, told.dialled })
      assert.same({ 1, 1 }, { counter:count "GET", counter:count "POST" })
    end)
  end
end)

local DIALS_THRICE = [[
  local url, timeout = ...
  local client = kit.client(url, { retries = 3, timeout = timeout })
  return kit.told(kit.dial(client))
]]

local head = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"

-- What the server does once it has read the dial, and the reason.
local unknowns = {
  { "closes", { "close" }, "closed" },
  { "resets", { "reset" }, "closed" },
  { "is silent", { "hold" }, "timeout", 0.2 },
  { "sends half an answer", { "send:" .. head .. "{", "close" }, "closed" },
  { "resets in the answer", { "send:" .. head .. "{", "reset" }, "closed" },
  { "stops in the answer", { "send:" .. head .. "{", "hold" }, "timeout", 0.2 },
  { "never ends its answer", { "drip:" .. head .. (" "):rep(4000) }, "timeout", 0.5 },
  { "answers 503", { "send:" .. raw.answer(503, { "Retry-After: 0" }, "{}") }, "server" },
  { "redirects", { "send:" .. raw.answer(307, { "Location: /again" }) }, "redirect" },
  { "says what can't be read", { "send:" .. raw.answer(200, {}, "<html>") }, "json" },
}

describe("a dial whose server", function()
  for _, row in ipairs(unknowns) do
    it(("%s is unknown, and was read once"):format(row[1]), function()
      local counter = raw.start(row[2])
      local said = server:run(DIALS_THRICE, counter.url, row[4] or 20)
      assert.matches("^%l+ unknown " .. row[3] .. " ", said)
      assert.truthy(said:find("may have been placed", 1, true))
      assert.equal(1, counter:count "POST")
    end)
  end

  it("is busy is tried again, and then placed once", function()
    local counter = raw.start { "send:" .. raw.answer(429, { "Retry-After: 0" }, "{}"), "next",
                                "send:" .. raw.answer(200, {}, CALL) }
    assert.equal("record c5", server:run(DIALS_THRICE, counter.url, 20))
    assert.equal(2, counter:count "POST")
  end)

  it("isn't there yet is tried again", function()
    assert.equal("transport not_sent connect \n2", server:run [[
      local call, err = kit.dial(kit.client("http://127.0.0.1:1", { retries = 1 }))
      return kit.spelt(call, err), err.attempts
    ]])
  end)
end)

describe("a request whose sending fails", function()
  it("is unknown: some of it may have left", function()
    -- What is sent here fits into the kernel's buffers, so the connection is closed just before.
    assert.equal("transport unknown closed \n1", server:run([[
      local tcp = ngx.socket.tcp
      function ngx.socket.tcp()
        local sock, failing = tcp(), {}
        function failing:send(...)
          sock:close()
          return sock:send(...)
        end
        return setmetatable(failing, { __index = function(_, name)
          return function(_, ...) return sock[name](sock, ...) end
        end })
      end
      local call, err = kit.dial(kit.client(..., { retries = 3 }))
      ngx.socket.tcp = tcp
      return kit.spelt(call, err), err.attempts
    ]], raw.start({ "close" }).url))
  end)
end)

describe("an answer that stops", function()
  it("has no new time-out from each of its pieces", function()
    local counter = raw.start { "drip:HTTP/1.1 200 OK\r\n" .. ("X: y\r\n"):rep(5), "hold" }
    local seconds = tonumber(server:run([[
      local client = kit.client(..., { timeout = 3 })
      local began = ngx.now()
      assert(not client:call_details "x")
      return ngx.now() - began
    ]], counter.url))
    assert.is_true(seconds < 4.5) -- else it is more than five
  end)
end)

describe("an answer without an end", function()
  it("ends at the limit, and with the connection", function()
    local counter = raw.start { "send:HTTP/1.1 200 OK\r\n\r\n", "endless:" .. (" "):rep(1000) }
    local told = ask(server, counter.url, { max_response = 100000 })
    local expected = "transport unknown too_large 200"
    assert.same({ expected, expected }, { told.read, told.dialled })
  end)
end)

-- }=================================================================
