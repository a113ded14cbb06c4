-- exotel.httpd: the embedded server, asked over real sockets.
-- Server and client share this process, so a client is stepped beside the server: it
-- sends and reads what it can, never waits. Nothing asserts that something was fast.
-- SPDX-License-Identifier: MIT

local httpd = require "exotel.httpd"
local in_a_fork = require "spec.support.in_a_fork"
local raises = require "spec.support.raises"
local raw = require "spec.support.raw"
local socket = require "socket"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that no test should ever need

-- Servers and clients of the running test, and the requests that came in it.
local opened, arrived = {}, {}

local function listen(options)
  local server = assert(httpd.listen(options))
  opened[#opened + 1] = server
  return server
end

-- A client that will send `bytes`, and collects what comes back.
local function client(server, bytes)
  local host = server:url():match("//%[?([^]]-)%]?:%d+$")
  local s = assert((host:find(":", 1, true) and socket.tcp6 or socket.tcp4)())
  s:settimeout(LONG)
  assert(s:connect(host, server:port()))
  s:settimeout(0)
  local c = { socket = s, out = bytes or "", got = "", closed = false }
  opened[#opened + 1] = s
  return c
end

local function step(c)
  if c.out ~= "" then
    local sent, _, part = c.socket:send(c.out)
    c.out = c.out:sub((sent or part or 0) + 1)
  end
  local all, why, part = c.socket:receive(65536)
  c.got = c.got .. (all or part or "")
  c.closed = c.closed or why == "closed"
end

-- Runs server and client until `done` gives something, which it returns.
local function run(server, c, done)
  local stop = sys.now() + LONG
  while sys.now() < stop do
    if c then step(c) end
    arrived[#arrived + 1] = server:poll(0.005)
    local result = done()
    if result then return result end
  end
  error("nothing came of it; the client got: " .. (c and c.got or ""), 2)
end

local function request_of(server, c)
  if arrived[1] then return table.remove(arrived, 1) end
  return run(server, c, function() return table.remove(arrived, 1) end)
end

-- A request, got the way another poller would: polling only when told to.
local function wait_and_poll(server)
  local fd = { getfd = function() return server:pollfd() end }
  for _ = 1, 100 do
    local timeout = server:timeout()
    if timeout ~= 0 then
      local ready = socket.select({ fd }, nil, math.min(timeout or LONG, LONG))
      assert.are.equal(fd, ready[1]) -- and not the time
    end
    local request = server:poll(0)
    if request then return request end
  end
end

-- Takes one whole answer off what the client got.
local function take(c)
  local head, rest = c.got:match("^(.-\r\n)\r\n(.*)$")
  if not head then return end
  local answer = { status = tonumber(head:match("^HTTP/1%.1 (%d%d%d) ")), head = head }
  local n = answer.status >= 200 and tonumber(head:match("\r\nContent%-Length: (%d+)")) or 0
  if #rest < n then return end
  answer.body, c.got = rest:sub(1, n), rest:sub(n + 1)
  return answer
end

local function answer_of(server, c)
  return run(server, c, function() return take(c) end)
end

local function closed(server, c)
  return run(server, c, function() return c.closed end)
end

local function get(path, ...)
  local lines = { "GET " .. path .. " HTTP/1.1", "Host: x", ... }
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function post(body, ...)
  return get("/", "Content-Length: " .. #body, ...):gsub("^GET", "POST") .. body
end

local function chunked(body, ...)
  return get("/", "Transfer-Encoding: chunked", ...):gsub("^GET", "POST")
    .. ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body)
end

local function ask(server, bytes)
  local c = client(server, bytes)
  return request_of(server, c), c
end

local function sweep()
  collectgarbage()
  collectgarbage()
end

-- Without the sanitizer that may be loaded into us.
local function curl(...)
  return assert(sys.spawn { "env", "-u", "LD_PRELOAD", "curl", "-s", ... })
end

after_each(function()
  arrived = {}
  for i = #opened, 1, -1 do
    opened[i]:close()
    opened[i] = nil
  end
  sweep()
end)

describe("listen", function()
  it("chooses a port and says where it is", function()
    local server = listen()
    assert.is_true(server:port() > 0)
    assert.are.equal("http://127.0.0.1:" .. server:port(), server:url())
    assert.are_not.equal(server:port(), listen { port = 0 }:port())
    assert.matches("^%d+%.%d+", httpd.version())
  end)

  it("takes the port it is given, when it is free", function()
    local first = listen()
    local port = first:port()
    local server, message = httpd.listen { port = port }
    assert.is_nil(server)
    assert.matches("^cannot listen on 127%.0%.0%.1:" .. port .. ": .*in use", message)
    first:close()
    assert.are.equal(port, listen { port = port }:port())
  end)

  it("speaks IPv6", function()
    local server = httpd.listen { host = "::1" }
    if not server then return pending("no IPv6 here") end
    opened[#opened + 1] = server
    assert.are.equal("http://[::1]:" .. server:port(), server:url())
    local request, c = ask(server, get("/six"))
    request:respond(200, {}, request:path())
    assert.are.equal("/six", answer_of(server, c).body)
  end)

  it("takes no names", function()
    for _, host in ipairs { "localhost", "", "256.0.0.1", ("1"):rep(300) } do
      local server, message = httpd.listen { host = host }
      assert.is_nil(server)
      assert.matches("not a numeric address$", message)
    end
    assert.is_nil((httpd.listen { host = "192.0.2.1" })) -- nobody's address
  end)

  it("raises mistakes by name", function()
    raises("unknown option 'prot'", httpd.listen, { prot = 80 })
    raises("unknown option %(number%)", httpd.listen, { 80 })
    raises("table expected", httpd.listen, 80)
    raises("host: string expected", httpd.listen, { host = 127 })
    raises("host: NUL", httpd.listen, { host = "::1\0" })
    for name, range in pairs {
      port = { -1, 65536 }, max_connections = { 0, 65537 }, max_header = { 1023, 2 ^ 24 + 1 },
      max_body = { -1, 2 ^ 30 + 1 }, idle_timeout = { 0, 86401 },
    } do
      for _, n in ipairs(range) do
        raises(name .. ": out of range", httpd.listen, { [name] = math.floor(n) })
      end
      raises(name .. ": integer expected", httpd.listen, { [name] = 1.5 })
      raises(name .. ": integer expected", httpd.listen, { [name] = "80" })
    end
  end)
end)

describe("a request", function()
  it("shows the target as it was sent", function()
    local server = listen()
    for _, row in ipairs {
      { "/", nil }, { "/?", "" }, { "/v1/Accounts/a%2Fb/%7e/", nil },
      { "/a?b=%20+c&b=%zz&&d", "b=%20+c&b=%zz&&d" }, { "/a?b?c#d", "b?c#d" },
      { "//x/../y", nil }, { "/%00", nil }, { "/?%00=%00", "%00=%00" },
      { "http://other/x?y", "y" },
    } do
      local request = ask(server, get(row[1]))
      assert.are.equal((row[1]:gsub("%?.*", "")), request:path())
      assert.are.equal(row[2], request:query())
      request:respond(200)
    end
  end)

  it("shows the method", function()
    local server = listen()
    for _, method in ipairs { "GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW" } do
      local request, c = ask(server, (get("/"):gsub("GET", method)))
      assert.are.equal(method, request:method())
      request:respond(200, {}, "body")
      assert.are.equal(200, run(server, c, function()
        return tonumber(c.got:match("^HTTP/1.1 (%d+).-\r\n\r\n"))
      end))
      if method == "HEAD" then
        assert.matches("Content%-Length: 4\r\n\r\n$", c.got)
      end
    end
  end)

  it("shows headers, whatever their case, and repeated ones joined", function()
    local request = ask(listen(), get("/", "X-One: \t a b\t ", "X-Two: 1", "x-ONE: c", "Empty:",
      "X-Two: 2", "X-Two: 3"))
    assert.are.equal("a b, c", request:header("x-one"))
    assert.are.equal("a b, c", request:header("X-oNe"))
    assert.are.equal("", request:header("empty"))
    assert.is_nil(request:header("x-on"))
    assert.is_nil(request:header("x-one\0"))
    assert.is_nil(request:header(""))
    assert.are.same(
      { host = "x", ["x-one"] = "a b, c", ["x-two"] = "1, 2, 3", empty = "" },
      request:headers())
    raises("string expected", request.header, request)
  end)

  it("needs no header at all", function()
    local request = ask(listen(), "GET / HTTP/1.0\r\n\r\n")
    assert.are.same({}, request:headers())
    assert.are.equal("", request:body())
  end)

  it("holds many headers", function()
    local lines = {}
    for i = 1, 100 do lines[i] = ("X-%d: %d"):format(i, i) end
    local request = ask(listen(), get("/", table.concat(lines, "\r\n")))
    for i = 1, 100 do assert.are.equal(tostring(i), request:header("x-" .. i)) end
  end)

  it("holds the body, byte for byte", function()
    local server = listen()
    local every = {}
    for i = 0, 255 do every[#every + 1] = string.char(i) end
    local bytes = table.concat(every):rep(1024)
    for _, body in ipairs { "", "\0", "a=b", bytes } do
      local request = ask(server, post(body))
      assert.is_true(body == request:body())
      request = ask(server, post(body, "Content-Type: application/x-www-form-urlencoded"))
      assert.is_true(body == request:body())
    end
    assert.is_true(bytes == ask(server, chunked(bytes)):body())
  end)

  it("reads a body that comes in pieces", function()
    local server = listen()
    local c = client(server, post("one two"):sub(1, -4))
    for _ = 1, 20 do
      step(c)
      assert.is_nil(server:poll(0.001))
    end
    c.out = "two"
    assert.are.equal("one two", request_of(server, c):body())
  end)

  it("shows who asks, by Basic", function()
    local server = listen()
    for _, row in ipairs {
      { "a2V5OnRva2Vu", "key", "token" }, { "OnRva2Vu", "", "token" },
      { "a2V5Og==", "key", "" }, { "a2V5OmE6Yg==", "key", "a:b" }, -- key:a:b
      { "a2V5", nil, nil }, { "", nil, nil }, { "&&&&", nil, nil },
    } do
      local request = ask(server, get("/", "Authorization: Basic " .. row[1]))
      assert.are.equal(row[2], request:user())
      assert.are.equal(row[3], request:password())
    end
    local request = ask(server, get("/", "Authorization: Bearer a2V5OnRva2Vu"))
    assert.is_nil(request:user())
    assert.is_nil(request:password())
    assert.is_nil(ask(server, get("/")):user())
  end)

  it("comes from curl as well", function()
    local server = listen()
    local p = curl("-u", "key:to ken", "-d", "From=%2B91", server:url() .. "/a?b=c")
    local request = request_of(server)
    assert.are.same({ "POST", "/a", "b=c", "From=%2B91", "key", "to ken" },
      { request:method(), request:path(), request:query(), request:body(),
        request:user(), request:password() })
    assert.are.equal("*/*", request:header("Accept"))
    request:respond(200, {}, "fine\n")
    assert.are.equal("fine", run(server, nil, function() return p:read_line(0.01) end))
    p:close()
  end)
end)

describe("an answer", function()
  it("carries status, headers and body", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    assert.is_true(request:respond(201,
      { ["Content-Type"] = "text/plain", ["X-N"] = 42, ["Retry-After"] = "7" }, "a\0b"))
    local answer = answer_of(server, c)
    assert.are.equal(201, answer.status)
    assert.are.equal("a\0b", answer.body)
    assert.matches("\r\nContent%-Type: text/plain\r\n", answer.head)
    assert.matches("\r\nX%-N: 42\r\n", answer.head)
    assert.matches("\r\nRetry%-After: 7\r\n", answer.head)
  end)

  it("can be bare, or large", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    request:respond(204)
    assert.are.equal(204, answer_of(server, c).status)
    local body = ("0123456789abcdef"):rep(2 ^ 16)
    request, c = ask(server, get("/"))
    request:respond(599, nil, body)
    local answer = answer_of(server, c)
    assert.are.equal(599, answer.status)
    assert.is_true(body == answer.body)
  end)

  it("is given once", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    assert.is_true(request:respond(200, {}, "first"))
    raises("answered already", request.respond, request, 200, {}, "second")
    assert.are.equal("first", answer_of(server, c).body)
    raises("answered already", request.respond, request, 200, {}, "third")
  end)

  it("raises what HTTP can't carry, and can then be given rightly", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    for _, status in ipairs { 199, 600, 0, -200 } do
      raises("200 to 599", request.respond, request, status)
    end
    for name, value in pairs {
      ["X-A"] = "b\r\nX-C: d", ["X-B"] = "b\n", ["X-C"] = "\r", ["X-D"] = "a\0b", ["X-E"] = "",
      ["X-T"] = "a\tb", ["X\r\nY"] = "a", ["X: Y"] = "a", ["X Y"] = "a", ["X\0"] = "a",
      [""] = "a", ["X-\195\164"] = "a", ["content-length"] = "5",
      ["Transfer-Encoding"] = "chunked", ["connection"] = "keep-alive",
    } do
      local ok, message = pcall(request.respond, request, 200, { Good = "x", [name] = value })
      assert.is_false(ok)
      assert.is_truthy(message:find("header '" .. name:gsub("%z.*", "") .. "", 1, true))
    end
    raises("names are strings", request.respond, request, 200, { "a" })
    raises("values are strings", request.respond, request, 200, { a = {} })
    raises("table expected", request.respond, request, 200, "text")
    raises("string expected", request.respond, request, 200, {}, {})
    raises("number expected", request.respond, request, "ok")
    assert.is_true(request:respond(200, { Connection = "close" }, "right"))
    assert.are.equal("right", answer_of(server, c).body)
    assert.is_true(closed(server, c))
  end)

  it("is 500 for a request that was let go", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    request:close()
    assert.are.equal(500, answer_of(server, c).status)

    request, c = ask(server, get("/"))
    assert.are.equal("/", request:path())
    request = nil -- luacheck: ignore 311
    sweep()
    assert.are.equal(500, answer_of(server, c).status)
  end)

  it("says that the client is gone", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    c.socket:close()
    assert.are.same({ nil, "gone" }, { request:respond(200, {}, "late") })
    raises("answered already", request.respond, request, 200)
    assert.is_nil(server:poll(0.02))

    request, c = ask(server, get("/"))
    c.socket:setoption("linger", { on = true, timeout = 0 }) -- a reset
    c.socket:close()
    assert.are.same({ nil, "gone" }, { request:respond(200, {}, ("x"):rep(2 ^ 22)) })
    assert.is_nil(server:poll(0.02))
    assert.are.equal("/", request:path())

    request, c = ask(server, get("/still"))
    assert.is_true(request:respond(200, {}, "works"))
    assert.are.equal("works", answer_of(server, c).body)
  end)

  it("reaches a client that only stopped sending", function()
    local server = listen()
    local c = client(server, get("/"))
    step(c)
    c.socket:shutdown("send")
    local request = request_of(server, c)
    assert.are.same({ nil, "gone" }, { request:respond(200, {}, "here") })
    assert.are.equal("here", answer_of(server, c).body)
  end)

  it("follows on a connection kept alive", function()
    local server = listen()
    local request, c = ask(server, get("/1"))
    request:respond(200, {}, "one")
    assert.are.equal("one", answer_of(server, c).body)
    c.out = post("two")
    local second = request_of(server, c)
    assert.are.equal("two", second:body())
    assert.are.equal("", request:body())
    assert.are.equal("/1", request:path())
    second:respond(200, {}, "2")
    assert.are.equal("2", answer_of(server, c).body)
    assert.is_false(c.closed)
    c.out = get("/3") .. get("/4") -- at once
    for i = 3, 4 do
      request = request_of(server, c)
      assert.are.equal("/" .. i, request:path())
      request:respond(200, {}, request:path())
      assert.are.equal("/" .. i, answer_of(server, c).body)
    end
  end)

  it("lets curl use its connection twice", function()
    local server = listen()
    local u = server:url()
    local p = curl("-w", "%{num_connects}\\n", u .. "/1", u .. "/2")
    for i = 1, 2 do
      local request = request_of(server)
      assert.are.equal("/" .. i, request:path())
      request:respond(200, {}, "connects ")
    end
    for i = 1, 2 do
      assert.are.equal("connects " .. 2 - i,
        run(server, nil, function() return p:read_line(0.01) end))
    end
    p:close()
  end)

  it("may come in any order", function()
    local server = listen()
    local clients, requests = {}, {}
    for i = 1, 20 do clients[i] = client(server, get("/" .. i)) end
    for i = 1, 20 do requests[i] = request_of(server, clients[i]) end
    for i = 20, 1, -1 do requests[i]:respond(200, {}, requests[i]:path()) end
    for i = 1, 20 do assert.are.equal("/" .. i, answer_of(server, clients[i]).body) end
  end)
end)

describe("a cap", function()
  it("on the body answers 413 and keeps nothing", function()
    local server = listen { max_body = 1000 }
    local fits, over = ("x"):rep(1000), ("x"):rep(1001)
    assert.are.equal(fits, ask(server, post(fits)):body())
    assert.are.equal(fits, ask(server, chunked(fits)):body())
    for _, bytes in ipairs { post(over), chunked(over), post(over:rep(500)),
      chunked(over:rep(500)) } do
      local c = client(server, bytes)
      assert.are.equal(413, answer_of(server, c).status)
      assert.are.equal(0, #arrived)
    end
    local c = client(server, post(over))
    assert.are.equal(413, answer_of(server, c).status)
    c.out = post("then this")
    assert.are.equal("then this", request_of(server, c):body())
  end)

  it("on the body can be none at all", function()
    local server = listen { max_body = 0 }
    assert.are.equal("", ask(server, post("")):body())
    assert.are.equal(413, answer_of(server, client(server, post("x"))).status)
  end)

  it("on the body is said before a careful client sends it", function()
    local server = listen { max_body = 10 }
    local c = client(server, post("", "Expect: 100-continue"):gsub("Length: 0", "Length: 11"))
    assert.are.equal(413, answer_of(server, c).status)
    assert.is_true(closed(server, c))
    c = client(server, post("", "Expect: 100-continue"):gsub("Length: 0", "Length: 10"))
    assert.are.equal(100, answer_of(server, c).status)
    c.out = "0123456789"
    assert.are.equal("0123456789", request_of(server, c):body())
  end)

  it("on the body ends a sender that never does", function()
    local server = listen { max_body = 10 }
    local c = client(server, post(""):gsub("Length: 0", "Length: 99999999999"))
    assert.are.equal(413, answer_of(server, c).status)
    assert.is_true(closed(server, c))
    c = client(server, chunked(("x"):rep(2 ^ 23)))
    assert.is_true(closed(server, c))
    assert.are.equal("", c.got)
  end)

  it("on the header answers 431, or 414", function()
    local server = listen { max_header = 2048 }
    assert.are.equal(1500, #ask(server, get("/", "X: " .. ("y"):rep(1500))):header("x"))
    for status, bytes in pairs { [431] = get("/", "X: " .. ("y"):rep(2048)),
      [414] = get("/" .. ("y"):rep(2048)) } do
      local c = client(server, bytes)
      assert.are.equal(status, answer_of(server, c).status)
      assert.is_true(closed(server, c))
      assert.are.equal(0, #arrived)
    end
  end)

  it("on connections makes the next one wait", function()
    local server = listen { max_connections = 2 }
    local one, c1 = ask(server, get("/1"))
    local two, c2 = ask(server, get("/2"))
    local c3 = client(server, get("/3"))
    for _ = 1, 20 do
      step(c3)
      assert.is_nil(server:poll(0.002))
    end
    assert.is_false(c3.closed)
    one:respond(200, { Connection = "close" }, "1")
    assert.are.equal("1", answer_of(server, c1).body)
    local three = request_of(server, c3)
    assert.are.equal("/3", three:path())
    two:respond(200, {}, "2")
    three:respond(200, {}, "3")
    assert.are.equal("2", answer_of(server, c2).body)
    assert.are.equal("3", answer_of(server, c3).body)
  end)

  it("on connections tells its poller of the next one, however the last one left", function()
    local server = listen { max_connections = 1 }
    local one, c1 = ask(server, get("/1"))
    step(client(server, get("/2")))
    one:respond(200)
    answer_of(server, c1)
    c1.socket:setoption("linger", { on = true, timeout = 0 })
    c1.socket:close()
    assert.are.equal("/2", wait_and_poll(server):path())
  end)

  it("on idle time ends connections that say nothing, not those that wait for us", function()
    local server = listen { idle_timeout = 1 }
    local waiting, c = ask(server, get("/"))
    local silent, half = client(server), client(server, "GET / HTTP/1.1\r\nHo")
    step(half)
    assert.is_true(closed(server, silent))
    assert.is_true(closed(server, half))
    assert.is_true(waiting:respond(200, {}, "at last"))
    assert.are.equal("at last", answer_of(server, c).body)
  end)

  it("is not needed against nonsense", function()
    local server = listen { idle_timeout = 1 }
    for _, bytes in ipairs { "\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n",
      ("\0"):rep(100) .. "\r\n\r\n",
      post("x"):gsub("Length: 1", "Length: -1"), post("x"):gsub("Length: 1", "Length: x"),
      chunked("x"):gsub("\r\n1\r\n", "\r\nzz\r\n"), "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n" } do
      local c = client(server, bytes)
      assert.is_true(closed(server, c))
      assert.are.equal(0, #arrived)
    end
    assert.are.equal("/", ask(server, get("/")):path())
  end)

  it("is not needed against requests that end in two places", function()
    local server = listen()
    for _, bytes in ipairs { post("x", "Content-Length: 2"), post("x", "Content-Length: 1"),
      post("x", "Content-Length : 2"), post("x", "X Y: 2"), get("/", "X : y"),
      chunked("x", "Content-Length: 1") } do
      local c = client(server, bytes .. get("/smuggled"))
      assert.are.equal(400, answer_of(server, c).status)
      assert.is_true(closed(server, c))
      assert.are.equal(0, #arrived)
    end
  end)
end)

describe("poll", function()
  it("waits no longer than it is told, and not at all by default", function()
    local server = listen()
    local before = sys.now()
    for _, seconds in ipairs { 0, -1, -math.huge, 0 / 0 } do
      assert.is_nil(server:poll(seconds))
    end
    assert.is_nil(server:poll())
    assert.is_true(sys.now() - before < LONG)
    before = sys.now()
    assert.is_nil(server:poll(0.05))
    assert.is_true(sys.now() - before >= 0.05)
    raises("number expected", server.poll, server, "soon")
  end)

  it("comes back with the request, however long it may wait", function()
    local server = listen()
    step(client(server, get("/")))
    assert.are.equal("/", server:poll(math.huge):path())
    local p = curl(server:url())
    assert.are.equal("/", server:poll(LONG):path())
    p:close()
  end)

  it("comes back on a signal, so that Ctrl-C works", function()
    local p = raw.this_lua [[
      local httpd = require "exotel.httpd"
      local server = httpd.listen()
      io.stdout:write("ready\n") io.stdout:flush()
      local ok, message = pcall(function() server:poll(1000) server:port() end)
      io.stdout:write(ok and "went on" or message:match("interrupted"), "\n")]]
    assert.are.equal("ready", p:read_line(LONG))
    sys.sleep(0.1)
    assert.is_true(p:signal("INT"))
    assert.are.equal("interrupted", p:read_line(LONG))
    p:close()
  end)

  it("can be left to another poller", function()
    local server = listen()
    assert.are.equal("r", server:events())
    local c = client(server, get("/1") .. get("/2"))
    step(c)
    local request = wait_and_poll(server)
    assert.are.equal("/1", request:path())
    assert.is_nil(server:timeout())
    request:respond(200)
    assert.are.equal(0, server:timeout())
    assert.are.equal("/2", wait_and_poll(server):path())
  end)

  it("tells another poller of requests that are in already", function()
    local server = listen()
    for i = 1, 5 do step(client(server, get("/" .. i))) end
    local requests = {}
    for i = 1, 5 do requests[i] = wait_and_poll(server) end
    assert.are.equal(5, #requests)
  end)

  it("says when connections will have been idle too long", function()
    local server = listen { idle_timeout = 7 }
    assert.is_nil(server:timeout())
    client(server)
    local timeout = run(server, nil, function()
      return server:timeout() and server:timeout() > 0 and server:timeout()
    end)
    assert.is_true(timeout <= 8)
  end)
end)

describe("the end", function()
  it("of a server answers 503 to whom it owes something", function()
    local server = listen()
    local taken, c1 = ask(server, get("/taken"))
    local c2, c3 = client(server, get("/queued")), client(server, get("/half"):sub(1, -5))
    step(c2)
    step(c3)
    local first = server:poll(0.1) -- and c3 is in the middle
    server:close()
    server:close()
    for _, c in ipairs { c1, c2 } do
      c.socket:settimeout(LONG)
      step(c)
      assert.are.equal(503, take(c).status)
    end
    c3.socket:settimeout(LONG)
    step(c3)
    assert.is_true(c3.closed)
    assert.are.equal("/taken", taken:path())
    assert.are.same({ nil, "gone" }, { taken:respond(200, {}, "late") })
    raises("answered already", taken.respond, taken, 200)
    assert.are.equal("/queued", first:path())
    first:close()
  end)

  it("of a server sends the answers it was given", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    assert.is_true(request:respond(200, {}, ("x"):rep(10000)))
    server:close()
    c.socket:settimeout(LONG)
    step(c)
    assert.are.equal(10000, #take(c).body)
  end)

  it("of a server does not wait for requests nobody took", function()
    local server = listen()
    for i = 1, 3 do step(client(server, get("/" .. i))) end
    request_of(server):close()
    server:close()
  end)

  it("comes in any order, by the collector too", function()
    for _, order in ipairs { "server first", "request first", "both", "answered" } do
      local server = assert(httpd.listen())
      local request, c = ask(server, get("/" .. order:gsub(" ", "")))
      local extra = client(server, get("/extra"))
      step(extra)
      server:poll(0.01)
      if order == "answered" then request:respond(200, {}, "x") end
      if order == "request first" then request = nil end
      if order == "server first" or order == "answered" then server = nil end
      sweep()
      if request then assert.matches("^/", request:path()) end
      if order == "request first" then assert.are.equal(500, answer_of(server, c).status) end
      server, request = nil, nil -- luacheck: ignore 311
      sweep()
    end
  end)

  it("comes with the state's", function()
    local p = raw.this_lua [[
      local httpd, socket = require "exotel.httpd", require "socket"
      server = httpd.listen()
      clients, requests = {}, {}
      for i = 1, 6 do
        clients[i] = socket.connect("127.0.0.1", server:port())
        clients[i]:send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      end
      for i = 1, 4 do requests[i] = server:poll(20) end
      requests[1]:respond(200)
      requests[2] = nil
      print(#requests)]]
    assert.is_truthy(p:read_line(LONG))
    assert.are.equal(0, p:wait(LONG))
    p:close()
  end)

  it("is the end of use", function()
    for _, closing in ipairs { "close", "__gc", "__close" } do
      local server = listen()
      local request = ask(server, get("/"))
      for object, n in pairs { [server] = 6, [request] = 10 } do
        local meta = debug.getmetatable(object)
        local close = meta[closing] or meta.__index[closing]
        close(object)
        close(object)
        for name, method in pairs(meta.__index) do
          if name ~= "close" then
            n = n - 1
            raises("is closed", method, object, 200, {}, "")
          end
          raises("exotel.httpd.%a+ expected", method, io.stdout)
        end
        assert.are.equal(0, n)
      end
    end
  end)

  it("is not a forked copy's to make", function()
    local server = listen()
    local request, c = ask(server, get("/"))
    local idle = client(server, get("/idle"))
    request_of(server, idle):respond(200, {}, "1")
    answer_of(server, idle)
    assert.are.equal(0, in_a_fork(function()
      local ok, message = pcall(server.poll, server, 0)
      local ok2, message2 = pcall(request.respond, request, 200)
      request:close()
      server:close()
      sweep()
      return not ok and message:find("process that opened it")
        and not ok2 and message2:find("process that opened it")
    end))
    assert.is_true(request:respond(200, {}, "the original's"))
    assert.are.equal("the original's", answer_of(server, c).body)
    idle.out = get("/again")
    request_of(server, idle):respond(200, {}, "2")
    assert.are.equal("2", answer_of(server, idle).body)
    local fresh
    fresh, c = ask(server, get("/fresh"))
    fresh:respond(200, {}, "3")
    assert.are.equal("3", answer_of(server, c).body)
  end)
end)
