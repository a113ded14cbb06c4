-- HTTP/1.1 of exotel.core: one table of answers, well and badly made, sent by a server of raw
-- bytes over libcurl and over a transport of the core's reader and a plain socket: the same
-- record, kind, outcome, reason and status for the same bytes, but for what rows/responses.lua
-- lists with its reason. What the bytes are in detail is spec/c/http1_test.c's.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"
local raw = require "spec.support.raw"
local responses = require "spec.rows.responses"
local socket = require "socket"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need
local SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
local MAX_BODY = 3000

-- {=================================================================
-- A transport of the core's HTTP and a socket, that blocks
-- ==================================================================

-- Reads what comes until the answer is whole or refused; "closed" is told to the reader too.
local function read_answer(peer, reader)
  local state, more
  repeat
    assert(sys.poll({ peer:getfd(), "r" }, LONG)[1], "nothing came")
    local data, why, partial = peer:receive(65536)
    local got = data or partial
    state, more = reader:feed(got)
    if state == "more" and why == "closed" then state, more = reader:finish() end
  until state ~= "more"
  return state, more
end

local plain = {}

function plain.perform(_, request)
  local where = assert(core.address(request.url))
  local bytes = assert(core.http1_request(request))
  local peer = assert(socket.connect(where.host, where.port))
  assert(peer:send(bytes))
  peer:settimeout(0)
  local reader = core.http1_reader { max_body = MAX_BODY }
  local state, failure = read_answer(peer, reader)
  peer:close()
  local response = state and reader:response()
  reader:close()
  if response then return response end
  failure.sent = true
  return nil, failure
end

function plain.sleep() end

function plain.now()
  return sys.now()
end

-- }=================================================================

local function client_of(url, transport)
  return exotel.client { base_url = url, account_sid = "acc", api_key = "key", api_token = "token",
    timeout = LONG, retries = 0, proxy = false, max_response = MAX_BODY, transport = transport }
end

-- Asks a new client, and closes it, and with it the connections that libcurl kept.
local function asked(ask, url, transport)
  local client = client_of(url, transport)
  local record, err = ask(client)
  client:close()
  return record, err
end

-- What came of it, in the form of the rows.
local function spelt(record, err)
  if record then return "record " .. record.sid end
  local wait = err.retry_after and (" %d"):format(err.retry_after) or ""
  return ("%s %s %s %s"):format(err.kind, err.outcome, err.reason, err.status or "") .. wait
end

local questions = {
  call_details = function(client) return client:call_details(SID) end,
  connect = function(client)
    return client:connect { from = "+919876543210", to = "+919123456789",
                            caller_id = "08039570000" }
  end,
}

after_each(raw.stop)

describe("the answer", function()
  for _, row in ipairs(responses.rows) do
    it(row.id, function()
      local steps = { "send:" .. row.bytes }
      if not row.open then steps[2] = "close" end
      local url = raw.start(steps).url
      local difference = responses.differences[row.id] or { what = row.what }
      for name, ask in pairs(questions) do
        assert.equal(row.what, spelt(asked(ask, url, plain)), name .. ", http1")
        assert.equal(difference.what, spelt(asked(ask, url)), name .. ", libcurl")
      end
    end)
  end

  local HEAD = "HTTP/1.1 200 OK\r\n"

  -- In a child, for libcurl 7.83 to 8.1.0 frees twice what it has of the answer before.
  for name, run in pairs { libcurl = "ask()", ["a loop"] = [[
    local loop = exotel.loop()
    loop:spawn(ask)
    exotel.assert(loop:run())]] } do
    it("with a folded line first is refused where one came before, by " .. name, function()
      local url = raw.start { "send:" .. raw.answer(200, { "X-A: b" }, '{"Call":{"Sid":"c5"}}'),
        "next", "send:" .. HEAD .. "\tX-A: b\r\nContent-Length: 0\r\n\r\n", "close",
        "next", "send:" .. raw.answer(200, {}, '{"Call":{"Sid":"c6"}}') }.url
      assert.equal("c5 protocol 200 c6", raw.child({}, ([[
        local exotel = require "exotel"
        local client = exotel.client { base_url = %q, account_sid = "acc", api_key = "key",
          api_token = "token", retries = 0, proxy = false }
        local function ask()
          local first, none, err = assert(client:call_details "x"), client:call_details "x"
          local third = exotel.assert(client:call_details "x")
          io.write(first.sid, " ", none or err.reason, " ", err.status, " ", third.sid)
        end
        ]]):format(url) .. run))
    end)
  end

  it("differs only where a row says so, and why", function()
    local known = {}
    for _, row in ipairs(responses.rows) do
      assert.is_nil(known[row.id], row.id)
      known[row.id] = row
    end
    for id, difference in pairs(responses.differences) do
      assert.not_equal(known[id].what, difference.what)
      assert.matches("^%l", difference.why)
    end
  end)
end)

describe("a request", function()
  -- The lines of the head that a server read, sorted, and the body.
  local function read_by_server(transport, ask)
    local url = raw.start { "echo" }.url
    local _, err = asked(ask, url, transport) -- the echo is no record
    local answer = exotel.response(err).body
    local lines, body = {}, answer:match "\r\n\r\n(.*)$"
    for line in answer:match("^(.-\r\n)\r\n"):gmatch "(.-)\r\n" do
      lines[#lines + 1] = line:gsub(url:match "//(.*)$", "HOST")
    end
    table.sort(lines)
    return lines, body
  end

  for name, ask in pairs {
    call_details = function(client) return client:call_details(SID, { details = true }) end,
    connect = function(client)
      return client:connect { from = "+919876543210", to = "+919123456789",
                              caller_id = "08039570000", custom_field = "a b&c\r\n" }
    end,
  } do
    it("of " .. name .. " is libcurl's, and says what becomes of the connection", function()
      local lines, body = read_by_server(plain, ask)
      local by_libcurl, body_by_libcurl = read_by_server(nil, ask)
      table.insert(by_libcurl, "Connection: keep-alive")
      table.sort(by_libcurl)
      assert.same(by_libcurl, lines)
      assert.equal(body_by_libcurl, body)
    end)
  end

  local function built(more)
    local request = { method = "GET", url = "http://h/a" }
    for name, value in pairs(more or {}) do request[name] = value end
    return core.http1_request(request)
  end

  it("can end its connection", function()
    assert.equal("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", built { close = true })
  end)

  it("has any bytes in its body, and nothing but them behind its head", function()
    local body = "\0\255\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    assert.equal(("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nConnection: keep-alive"
      .. "\r\n\r\n"):format(#body) .. body, built { method = "POST", body = body })
  end)

  it("is refused where it could be read as two", function()
    for field, more in pairs {
      method = { method = "GET / HTTP/1.1\r\n\r\nPOST" },
      url = { url = "http://h/a HTTP/1.1\r\nX: y" },
      headers = { headers = { ["x-a"] = "b\r\n\r\nGET /b HTTP/1.1" } },
    } do
      local bytes, err = built(more)
      assert.is_nil(bytes)
      assert.same({ "invalid", "not_sent", field }, { err.kind, err.outcome, err.field })
      assert.is_string(err.message)
    end
    for _, name in ipairs { "host", "CONTENT-LENGTH", "transfer-encoding", "connection", "a\0b" } do
      assert.is_nil((built { headers = { [name] = "1" } }))
    end
  end)

  it("of wrong types raises", function()
    for pattern, more in pairs {
      ["url wants a string, got number"] = { url = 1 },
      ["body wants a string, got table"] = { body = {} },
      ["headers are strings by name"] = { headers = { "x" } },
      ["table expected"] = { headers = "x" },
    } do
      assert.error_matches(function() built(more) end, pattern)
    end
    assert.error_matches(function() core.http1_request { method = "GET" } end, "method and url")
    assert.error_matches(core.http1_request, "table expected")
    assert.equal("GET", built():match "^%u+") -- what raised left nothing behind
  end)

  it("goes to an address", function()
    assert.same({ host = "::1", port = 443, https = true, loopback = true },
      core.address "https://[::1]/a")
    assert.same({ host = "api.exotel.com", port = 8080, https = false, loopback = false },
      core.address "http://api.exotel.com:8080")
    assert.same({ nil, "has credentials in it", 1 }, { core.address "https://a:b@h/" })
    assert.same({ nil, "has a byte that must be percent-encoded", 11 },
      { core.address "https://h/ " })
    assert.error_matches(function() core.address(nil) end, "string expected")
  end)
end)

describe("a reader", function()
  local head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: 1\r\nx-a: 2\r\n\r\n"

  it("tells more from done, and what stands behind", function()
    local reader = core.http1_reader {}
    assert.equal("more", reader:feed "")
    assert.equal("more", reader:feed(head .. "ab"))
    assert.same({ "done", "" }, { reader:feed "c" })
    assert.same({ "done", "" }, { reader:feed "" })
    local response = reader:response()
    assert.same({ ["content-length"] = "3", ["x-a"] = "1, 2" }, core.headers(response.head))
    response.head = nil
    assert.same({ status = 200, body = "abc", keep_alive = true }, response)
    reader = core.http1_reader {}
    assert.same({ "done", "rest" }, { reader:feed(head .. "abcrest") })
    assert.is_false(reader:response().keep_alive)
  end)

  it("of a HEAD waits for no body", function()
    local reader = core.http1_reader { head = true }
    assert.equal("done", (reader:feed(head)))
    assert.equal("", reader:response().body)
  end)

  it("says where it stopped, for good", function()
    local reader = core.http1_reader {}
    local _, failure = reader:feed(head:gsub("\r\nX", "\nX"))
    assert.same({ reason = "protocol", status = 200,
                  message = "a line ends with a bare LF (byte 18 of the answer)" }, failure)
    assert.same({ nil, failure }, { reader:feed(head .. "abc") })
    assert.same({ nil, failure }, { reader:finish() })
  end)

  it("takes the end for a body's only where nothing else ends it", function()
    local reader = core.http1_reader {}
    assert.equal("more", reader:feed "HTTP/1.1 200 OK\r\n\r\nabc")
    assert.equal("done", (reader:finish()))
    assert.equal("abc", reader:response().body)
    reader = core.http1_reader {}
    reader:feed(head)
    assert.equal("closed", select(2, reader:finish()).reason)
  end)

  it("has limits", function()
    local function reason(options, bytes)
      local state, failure = core.http1_reader(options):feed(bytes)
      return state or failure.reason
    end
    assert.equal("done", reason({ max_body = 3 }, head .. "abc"))
    assert.equal("too_large", reason({ max_body = 2 }, head .. "abc"))
    assert.equal("done", reason({ max_headers = #head - 17 }, head .. "abc"))
    assert.equal("too_large", reason({ max_headers = #head - 18 }, head .. "abc"))
    local most = require("exotel.settings").default "max_response"
    local long = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    assert.equal("too_large", reason({}, long:format(most + 1)))
    assert.equal("more", reason({}, long:format(most)))
    for _, wrong in ipairs { 0, -1, 2e9, 0 / 0 } do
      assert.error_matches(function() core.http1_reader { max_body = wrong } end,
        "max_body must be")
    end
    assert.error_matches(function() core.http1_reader { max_body = "1" } end, "wants a number")
    assert.error_matches(core.http1_reader, "table expected")
  end)

  it("gives its answer once, when it is whole, and not when it is closed", function()
    local reader = core.http1_reader {}
    reader:feed(head)
    assert.error_matches(function() reader:response() end, "the answer isn't whole")
    reader:feed "abc"
    reader:response()
    for _, name in ipairs { "feed", "finish", "response" } do
      assert.error_matches(function() reader[name](reader, "") end, "its answer was taken")
    end
    reader:close()
    reader:close()
    assert.error_matches(function() reader.feed(io.stdout, "") end, "exotel.core.http1_reader")
    assert.error_matches(function() core.http1_reader({}):feed(1) end, "string expected")
  end)

  -- In a child, where little else is collected each time.
  it("is safe from finalizers that close it while it gives its answer", function()
    assert.equal("20 whole answers, closed meanwhile", raw.child({}, [[
      local core = require "exotel.core"
      local lua = require "spec.support.lua"

      -- Called by a finalizer, so many collections later.
      local function later(collections, fn)
        lua.finalized(function()
          if collections == 0 then return fn() end
          later(collections - 1, fn)
        end)
      end

      local lines, whole, closed_meanwhile = {}, 0, 0
      for index = 1, 150 do lines[index] = ("X-%d: %s\r\n"):format(index, ("y"):rep(99)) end
      local bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n" .. table.concat(lines)
        .. "\r\n" .. ("z"):rep(100000)
      for collections = 1, 20 do
        local reader, closed = core.http1_reader {}, false
        reader:feed(bytes)
        collectgarbage()
        collectgarbage "stop"
        later(collections, function()
          reader:close()
          closed = true
        end)
        -- From here each step of the collector is a whole collection.
        if lua.name == "lua5.4" then
          collectgarbage("incremental", 1, 1000, 30)
        else
          collectgarbage("setpause", 1)
          collectgarbage("setstepmul", 1e6)
        end
        collectgarbage "restart"
        local response = reader:response()
        if closed then closed_meanwhile = closed_meanwhile + 1 end
        local last = core.headers(response.head)["x-150"]
         if last == ("y"):rep(99) and response.body == ("z"):rep(100000) then
          whole = whole + 1
        end
      end
      print(whole .. " whole answers" .. (closed_meanwhile > 0 and ", closed meanwhile" or ""))
    ]]))
  end)
end)
