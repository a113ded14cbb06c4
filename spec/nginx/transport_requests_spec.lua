-- The transport inside nginx: what each operation comes to, and which connections requests go
-- on. A server in the same nginx answers with the number of the connection that it was asked on;
-- others count what they read.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local raw = require "spec.support.raw"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"
local tls = require "spec.support.tls"

local CALL = '{"Call":{"Sid":"c5"}}'
local answered = "send:" .. raw.answer(200, {}, CALL)

-- The SID that a call has there is the connection's number, or what the path or the form says.
local peers = [[
    server {
      listen 127.0.0.1:@peer@; listen 127.0.0.2:@peer@;
      default_type application/json; keepalive_requests 100000;
      location / { return 200 '{"Call":{"Sid":"$connection"}}'; }
      location ~ ^/v1/Accounts/brief/ {
        keepalive_timeout 0;
        return 200 '{"Call":{"Sid":"$connection"}}';
      }
      location ~ ^/v1/Accounts/late/Calls/(?<asked>.*)\.json {
        content_by_lua_block {
          ngx.req.read_body()
          ngx.sleep(math.random() / 10)
          local dialled = ngx.req.get_post_args().CustomField
          ngx.print('{"Call":{"Sid":"', dialled or ngx.var.asked, '"}}')
        }
      }
    }
]]

local server, peer

setup(function()
  server = inside.start { before = peers, ports = { "web", "peer" } }
  peer = "http://127.0.0.1:" .. server.nginx.ports.peer
end)

teardown(function() server:stop() end)

before_each(inside.wait_for_young_connections)
after_each(raw.stop)

local GET = [[local url, more = ... return kit.spelt(kit.client(url, more):call_details "x")]]
local DIAL = [[local url, more = ... return kit.spelt(kit.dial(kit.client(url, more)))]]

describe("inside nginx", function()
  it("each operation works, and libcurl isn't loaded", function()
    local box = assert(sandbox.start { speed = 0, rate_limit = 0 })
    local said = server:run([[
      local client = kit.client(...)
      local call = assert(kit.dial(client))
      local same = assert(client:call_details(call, { details = true }))
      local sent = assert(client:send { path = "Balance.json" })
      local posted = assert(client:send { path = "Calls/connect.json", form = {
        From = "+919876543211", To = "+919123456710", CallerId = "08039570000" } })
      return call.sid == same.sid, call.status, assert(client:balance()).balance_text,
        assert(client:number_metadata "08039570000").circle ~= nil, sent.status, posted.status,
        type(exotel.response(call).seconds), exotel.response(call).attempts
    ]], box.url)
    assert.same({ "true\nqueued\n1543.75\ntrue\n200\n200\nnumber\n1", 2 }, { said, #box:dials() })
    box:stop()
    assert.is_nil(server:maps():find("curl", 1, true))
  end)

  it("pages are read one after the other, also by a for", function()
    local box = assert(sandbox.start { speed = 0, rate_limit = 0, history = 2000 })
    local said = server:run([[
      local client, seen = kit.client(...), {}
      for call in client:calls{ page_size = 100 } do
        assert(not seen[call.sid])
        seen[call.sid], seen[#seen + 1] = true, call.sid
      end
      return client:calls{}:total(), #seen, #assert(client:calls{}:all())
    ]], box.url)
    box:stop()
    local total = assert(tonumber(said:match "^%d+"))
    assert.is_true(total > 300)
    assert.equal(("%d\n%d\n%d"):format(total, total, total), said)
  end)

  it("a transport of the user's own wins", function()
    assert.equal("record own", server:run [[
      local own = { sleep = ngx.sleep, now = ngx.now }
      function own.perform()
        return { status = 200, headers = {}, body = '{"Call":{"Sid":"own"}}' }
      end
      return kit.spelt(kit.client("https://api.exotel.com", { transport = own }):call_details "x")
    ]])
  end)

  it("what nginx can't follow is refused when the client is made", function()
    for name, value in pairs { ca_file = "/etc/ssl/certs/ca-certificates.crt",
                               proxy = "http://127.0.0.1:3128", resolve = "h:1:elsewhere.test" } do
      local ran, message = pcall(server.run, server, GET, peer, { [name] = value })
      assert.is_false(ran)
      assert.matches("/kit%.lua:%d+: inside nginx " .. name, message)
    end
    assert.matches("^record", server:run(GET, peer, { proxy = false }))
  end)

  it("requests at the same time don't mix their answers", function()
    local chunks = {}
    for index = 1, 200 do
      chunks[index] = { [[
        local index, url, dials = ...
        local client = kit.shared(url, { account_sid = "late" })
        if not dials then return kit.spelt(client:call_details(index)) end
        return kit.spelt(kit.dial(client, { custom_field = index }))
      ]], ("n%d"):format(index), peer, index % 2 == 0 }
    end
    for index, said in ipairs(server:run_all(chunks)) do
      assert.equal("record n" .. index, said)
    end
  end)

  it("a client's fuses and pauses hold", function()
    local counter = raw.start { "send:" .. raw.answer(503, {}, "{}"), "next", answered }
    assert.equal("record c5\nlimited not_sent max_dials ", server:run([[
      local client = kit.client(..., { max_dials = 1, retries = 1 })
      local got = kit.spelt(client:call_details "x") -- after a pause
      kit.dial(client)
      return got, kit.spelt(kit.dial(client))
    ]], counter.url))
    assert.same({ 2, 1 }, { counter:count "GET", counter:count "POST" })
  end)
end)

describe("what is told inside nginx", function()
  it("has the seconds of each phase", function()
    assert.equal("connect read total wait\nread total wait", server:run([[
      local told = {}
      local client = exotel.client { base_url = ..., account_sid = "sandbox", api_key = "k",
        api_token = "t", on_response = function(what)
          local names = {}
          for name, seconds in pairs(what.seconds) do
            if seconds < 0 then error(name) end
            names[#names + 1] = name
          end
          table.sort(names)
          told[#told + 1] = table.concat(names, " ")
        end }
      client:call_details "x"
      client:call_details "y"
      return told[1], told[2]
    ]], raw.start { answered }.url))
  end)
end)

describe("retries = 0 inside nginx", function()
  it("is one request on the wire, where a kept connection is dead", function()
    local counter = raw.start { answered, "next", "close" }
    assert.equal("record c5\ntransport unknown closed ", server:run([[
      local client = kit.client(..., { retries = 0 })
      return kit.spelt(client:call_details "x"), kit.spelt(client:call_details "y")
    ]], counter.url))
    local _, connections = counter:requests()
    assert.same({ 2, 1 }, { counter:count "GET", connections })
  end)
end)

describe("a connection inside nginx", function()
  it("serves one look-up after the other, of all requests of a worker", function()
    local first = server:run(GET, peer)
    for _ = 1, 20 do assert.equal(first, server:run(GET, peer)) end
    assert.equal(first .. "\n" .. first, server:run([[
      local client = kit.client(...)
      return kit.spelt(client:call_details "x"), kit.spelt(client:call_details "y")
    ]], peer))
  end)

  it("isn't taken again for ever, so that a moved address is noticed", function()
    assert.equal("true\ntrue\nfalse", server:run([[
      local clock, client = require "resty.core.time", kit.client(...)
      local monotonic_time, shift = clock.monotonic_time, 0
      function clock.monotonic_time() return math.floor(monotonic_time() / 600) * 600 + shift end
      local first, same = client:call_details("x").sid, {}
      for index, seconds in ipairs { 1, 599, 600 } do
        shift = seconds
        same[index] = client:call_details("x").sid == first
      end
      clock.monotonic_time = monotonic_time
      return unpack(same)
    ]], peer))
  end)

  it("of a dial is its own", function()
    local counter = raw.start { answered }
    server:run([[
      local client = kit.client(...)
      assert(client:call_details "x")
      assert(kit.dial(client))
      assert(client:call_details "x")
      assert(kit.dial(client))
      assert(client:call_details "x")
    ]], counter.url)
    local seen = {}
    for index, request in ipairs((counter:requests())) do
      seen[index] = ("%s %d"):format(request.method, request.connection)
    end
    assert.same({ "GET 1", "POST 2", "GET 1", "POST 3", "GET 1" }, seen)
    local stop = sys.now() + 20
    repeat local ended = counter:ended() until ended[2] and ended[3] or sys.now() > stop
    assert.same({ [2] = true, [3] = true }, counter:ended())
  end)

  it("of a dial asks to be ended", function()
    local echo = raw.start { "echo" }
    local CLOSES = [[
      local url, dials = ...
      local client = kit.client(url)
      local _, err = (dials and kit.dial or client.call_details)(client, not dials and "x" or nil)
      return exotel.response(err).body:match "\r\nConnection: (%S+)\r\n"
    ]]
    assert.same({ "close", "keep-alive" },
      { server:run(CLOSES, echo.url, true), server:run(CLOSES, echo.url, false) })
  end)

  it("isn't another's, where anything differs", function()
    local port, seen = server.nginx.ports.peer, {}
    local function named(name, address)
      return { ("http://%s:%d"):format(name, port),
               { plain_http = true, resolve = ("%s:%d:%s"):format(name, port, address) } }
    end
    local cases = {
      { peer }, { "http://localhost:" .. port }, { "http://127.0.0.2:" .. port },
      named("a.test", "127.0.0.1"), named("b.test", "127.0.0.1"), named("a.test", "127.0.0.2"),
    }
    for _ = 1, 2 do
      for index, case in ipairs(cases) do
        local said = server:run(GET, case[1], case[2])
        assert.matches("^record %d+$", said)
        assert.equal(index, seen[said] or index)
        seen[said] = index
      end
    end
    local count = 0
    for _ in pairs(seen) do count = count + 1 end
    assert.equal(#cases, count)
  end)

  it("without TLS isn't taken where there must be some", function()
    local counter = raw.start { answered, "next", "close" }
    assert.equal("record c5", server:run(GET, counter.url))
    local secure = counter.url:gsub("^http:", "https:")
    assert.equal("transport not_sent timeout ", server:run(GET, secure, { connect_timeout = 0.2 }))
    assert.same({ 1, 0 }, { counter:count "GET", counter:count "POST" })
  end)

  it("isn't the one of other code to the same address", function()
    local other = server:run([[
      local sock = ngx.socket.tcp()
      assert(sock:connect("127.0.0.1", ...))
      assert(sock:send "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      local number = assert(sock:receiveuntil '"Sid":"')() and sock:receiveuntil '"' ()
      assert(sock:receive(2))
      assert(sock:setkeepalive())
      return "record " .. number
    ]], server.nginx.ports.peer)
    assert.matches("^record %d+$", other)
    for _ = 1, 3 do assert.not_equal(other, server:run(GET, peer)) end
  end)

  it("isn't kept where it can't be used again", function()
    for name, steps in pairs {
      ["the server ends it"] = { "send:" .. raw.answer(200, { "Connection: close" }, CALL) },
      ["of HTTP/1.0"] = { "send:HTTP/1.0 200 OK\r\nContent-Length: " .. #CALL .. "\r\n\r\n"
        .. CALL },
      ["something stands behind the answer"] = { answered .. "HTTP/1.1 200 OK\r\n" },
      ["the answer is too large"] = { "body:0", "send:" .. raw.answer(200, {}, (" "):rep(3000)) },
      ["the answer is no HTTP"] = { "send:HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n" },
    } do
      local counter = raw.start(steps)
      for _ = 1, 2 do server:run(GET, counter.url, { max_response = 2000 }) end
      local requests, connections = counter:requests()
      assert.same({ 2, 2 }, { #requests, connections }, name)
    end
  end)

  it("isn't kept where nginx is to keep none", function()
    local sparing = inside.start { more = "lua_socket_pool_size 0;" }
    local counter = raw.start { answered }
    for _ = 1, 2 do assert.equal("record c5", sparing:run(GET, counter.url)) end
    sparing:stop()
    assert.equal(2, select(2, counter:requests()))
  end)

  it("isn't kept when its request was given up", function()
    local counter = raw.start { "hold" }
    for _ = 1, 2 do
      assert.equal("transport unknown timeout ", server:run(GET, counter.url, { timeout = 0.1 }))
    end
    assert.equal(2, select(2, counter:requests()))
  end)
end)

-- What a server does with the second request of a connection; then what became of a look-up, and
-- on which connections it was read.
local endings = {
  { "dies", { "close", "next", answered }, "record c5", { 1, 1, 2 } },
  { "is reset", { "reset", "next", answered }, "record c5", { 1, 1, 2 } },
  { "dies, and the next one too", { "close" }, "transport unknown closed ", { 1, 1, 2 } },
  { "dies in its answer", { "send:HTTP/1.1 200", "close" }, "transport unknown closed ", { 1, 1 } },
  { "is silent", { "hold" }, "transport unknown timeout ", { 1, 1 } },
  { "talks nonsense", { "send:nonsense\r\n\r\n" }, "transport unknown protocol ", { 1, 1 } },
}

describe("a look-up whose old connection", function()
  for _, row in ipairs(endings) do
    it(("%s is %s"):format(row[1], row[3]), function()
      local steps = { answered, "next" }
      for _, step in ipairs(row[2]) do steps[#steps + 1] = step end
      local counter = raw.start(steps)
      assert.equal("record c5", server:run(GET, counter.url))
      local settings = { timeout = row[2][1] == "hold" and 0.2 or 20, retries = 1,
                         retry_budget = 0 } -- the transport may, and the client doesn't
      assert.equal(row[3], server:run(GET, counter.url, settings))
      local connections = {}
      for index, request in ipairs((counter:requests())) do
        connections[index] = request.connection
      end
      assert.same(row[4], connections)
    end)
  end

  it("was new isn't sent again", function()
    local counter = raw.start { "close" }
    assert.equal("transport unknown closed ", server:run(GET, counter.url))
    assert.equal(1, counter:count "GET")
  end)
end)

describe("a dial after look-ups", function()
  for _, ending in ipairs { "close", "reset" } do
    it("is read once by a server that ends what is used again, by " .. ending, function()
      local counter = raw.start { answered, "next", ending }
      assert.equal("record c5", server:run(GET, counter.url))
      assert.equal("transport unknown closed ", server:run(DIAL, counter.url, { retries = 3 }))
      assert.same({ 1, 1 }, { counter:count "GET", counter:count "POST" })
    end)
  end
end)

describe("TLS inside nginx", function()
  local secure, trusting

  setup(function()
    secure = tls.start()
    trusting = inside.start { trusted = secure.ca_file }
  end)

  teardown(function()
    trusting:stop()
    secure:stop()
  end)

  it("is resumed: by a dial's own connection, and kept by look-ups", function()
    local port = secure.ports.tls12
    trusting:run([[
      local client = kit.client(...)
      for _ = 1, 2 do assert(kit.dial(client)) end
      for _ = 1, 3 do assert(client:call_details "x") end
    ]], "https://api.example.test:" .. port,
      { resolve = ("api.example.test:%d:127.0.0.1"):format(port) })
    local list, connections = secure:log("tls12", 5), {}
    assert.equal(5, #list)
    for index, request in ipairs(list) do
      connections[request.connection] = true
      assert.equal(index > 1, request.reused)
    end
    assert.same({ list[3].connection, list[3].connection },
      { list[4].connection, list[5].connection })
    local count = 0
    for _ in pairs(connections) do count = count + 1 end
    assert.equal(3, count)
  end)

  it("isn't shared with what was opened for another name", function()
    local port, seen = secure.ports.good, {}
    for _, name in ipairs { "api.example.test", "other.example.test" } do
      seen[name] = trusting:run(GET, ("https://%s:%d"):format(name, port),
        { resolve = ("%s:%d:127.0.0.1"):format(name, port) })
    end
    assert.matches("^record", seen["api.example.test"])
    assert.equal("transport not_sent tls ", seen["other.example.test"])
  end)
end)
