-- exotel.loop: what becomes of the requests that it carries: the same as by the blocking
-- transport, whatever the server does, and however many there are.
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local sys = require "exotel.sys"
local looping = require "spec.support.looping"
local raw = require "spec.support.raw"
local tls = require "spec.support.tls"

local LONG, SID, placed = looping.LONG, looping.SID, looping.placed
local dial, get, finish = looping.dial, looping.get, looping.finish

after_each(looping.stop)

local function run(loop, fn, ...)
  local task = loop:spawn(fn, ...)
  finish(loop, task)
  return task:result()
end

-- Nothing is in flight, for the loop and for libcurl.
local function assert_idle(loop)
  assert.same({ 0, 0 }, { loop.in_flight, loop.dials_now })
  assert.is_nil(next(loop.jobs))
  assert.is_nil(loop:timeout())
end

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
                           { headers = { x = 1 } } } do
      local _, failure = run(loop, loop.perform, loop, looping.request("http://127.0.0.1:1", bad))
      assert.same({ "other", false }, { failure.reason, failure.sent })
    end
    assert_idle(loop)
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
end)
