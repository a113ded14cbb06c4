-- exotel.curl: what the agent lets libcurl do and what not, seen from the other end: a server
-- that counts and repeats what it read, or a real nginx with TLS. One `it` for each row of the
-- checklist of settings that can be seen from outside.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local curl = require "exotel.curl"
local exotel = require "exotel"
local sys = require "exotel.sys"
local in_a_fork = require "spec.support.in_a_fork"
local raises = require "spec.support.raises"
local raw = require "spec.support.raw"
local tls = require "spec.support.tls"

local LONG = 20 -- seconds that nothing here should ever need
local SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
local ok = "send:" .. raw.answer(200, {}, "fine")

local function perform(agent, url, more)
  local request = { method = "GET", url = url, timeout = LONG, connect_timeout = LONG }
  for name, value in pairs(more or {}) do request[name] = value end
  local response, failure = agent:perform(request)
  if response then response.headers = core.headers(response.head) end
  return response, failure
end

-- Fails before anything left, for this reason.
local function refuses(reason, agent, url, more)
  local response, failure = perform(agent, url, more)
  assert.is_nil(response)
  assert.same({ reason, false }, { failure.reason, failure.sent })
  assert.is_nil(failure.status)
  return failure
end

local function client_of(url, settings)
  local all = { base_url = url, account_sid = "acc", api_key = "the_key", api_token = "the_token",
                timeout = LONG, retries = 0, proxy = false }
  for name, value in pairs(settings or {}) do all[name] = value end
  return exotel.client(all)
end

local function dial(client)
  return client:connect { from = "+919876543210", to = "+919123456789",
                          caller_id = "08039570000" }
end

-- The request as a server read it.
local function echoed(more, options)
  local url = raw.start { "echo" }.url .. "/x"
  return assert(perform(curl.agent(options or {}), url, more)).body
end

-- A program for raw.child: GETs URL with the agent's OPTIONS, and says what came of it.
local function get_in_child(environment, url, options)
  return raw.child(environment, ([[
    local response, failure = require "exotel.curl".agent(%s):perform {
      method = "GET", url = %q, timeout = 20, connect_timeout = 20 }
    if response then print(response.status) print((response.body:gsub("\r", ""))) end
    if failure then print(failure.reason, failure.sent, failure.status) end]]):format(
    options or "{}", url))
end

after_each(raw.stop)

describe("a request is", function()
  it("what it was meant to be, in HTTP/1.1", function()
    assert.equal("GET /x HTTP/1.1", echoed():match "^[^\r]*")
    local body = echoed { method = "POST", body = "a=1&b=\0" }
    assert.equal("POST /x HTTP/1.1", body:match "^[^\r]*")
    assert.matches("\r\n\r\na=1&b=%z$", body)
    assert.matches("\r\nContent%-Length: 7\r\n", body)
  end)

  it("without a body in its answer when it is a HEAD", function()
    local server = raw.start { "send:" .. raw.answer(200, {}, "fine"):gsub("fine$", "") }
    local agent = curl.agent {}
    local response = assert(perform(agent, server.url, { method = "HEAD" }))
    assert.same({ 200, "", "4" }, { response.status, response.body,
                                    response.headers["content-length"] })
    assert.equal("HEAD", server:requests()[1].method)
    agent:close()
  end)

  it("in HTTP/1.1 with a server that offers HTTP/2", function()
    local nginx = tls.start()
    local response = perform(curl.agent { ca_file = nginx.ca_file, proxy = false }, nginx.http2)
    local log = nginx:log("http2", 1)
    nginx:stop()
    assert.equal(200, response.status)
    assert.equal("HTTP/1.1", log[1].protocol)
  end)

  it("a POST with an empty body too", function()
    local body = echoed { method = "POST" }
    assert.matches("^POST .*\r\nContent%-Length: 0\r\n.*\r\n\r\n$", body)
  end)

  it("sent without Expect, also with a body of 2 MB", function()
    for _, size in ipairs { 10, 2000000 } do
      local sent = raw.body(size)
      local body = echoed { method = "POST", body = sent }
      assert.is_nil(body:lower():find("\r\nexpect:", 1, true))
      assert.is_true(sent == body:sub(-size))
    end
  end)

  it("given the headers, each once, and no others", function()
    local names = {}
    local head = echoed({ username = "k", headers = { accept = "application/json",
      ["user-agent"] = "mine/1" } }, { user_agent = "agent/1" })
    for name in head:gmatch "\r\n([^:\r]+):" do names[#names + 1] = name:lower() end
    table.sort(names)
    assert.same({ "accept", "authorization", "host", "user-agent" }, names)
    assert.matches("\r\naccept: application/json\r\n", head)
    assert.matches("\r\nuser%-agent: mine/1\r\n", head)
    assert.matches("\r\nUser%-Agent: agent/1\r\n", echoed({}, { user_agent = "agent/1" }))
    assert.is_nil(echoed():lower():find "user%-agent")
  end)

  it("the client's with its own User-Agent, Accept and Authorization", function()
    local server = raw.start { "echo" }
    local _, err = dial(client_of(server.url)) -- the echo is no record
    assert.equal("parse", err.kind)
    local head = exotel.response(err).body
    assert.matches("^POST /v1/Accounts/acc/Calls/connect%S* HTTP/1.1\r\n", head)
    assert.matches("\r\nuser%-agent: lua%-exotel/" .. exotel._VERSION:gsub("%p", "%%%0"), head)
    assert.matches("\r\naccept: application/json\r\n", head)
    assert.matches("\r\nAuthorization: Basic dGhlX2tleTp0aGVfdG9rZW4=\r\n", head)
    assert.matches("\r\ncontent%-type: application/x%-www%-form%-urlencoded\r\n", head)
  end)

  it("given nothing of the one before", function()
    local server, agent = raw.start { "echo" }, curl.agent {}
    local requests = {
      {}, { headers = { a = "b" } }, { headers = { a = "b" } }, { headers = { a = "bc" } },
      { headers = { a = "b" } }, { headers = { ab = "b" } }, { headers = { a = "b", c = "d" } },
      { headers = { c = "d" } }, { username = "u", password = "p" }, {},
      { username = "u", password = "p" }, { username = "u", password = "q" },
      { username = "v", password = "q" }, { username = "v" }, {}, { headers = { a = "" } },
      { headers = {} }, { method = "POST", body = "x", headers = { a = "b" } },
      { headers = { a = "b" } }, { method = "HEAD" }, {}, { send_once = true }, {},
      { username = "u", password = "p", headers = { authorization = "own" } },
      { username = "u", password = "p" }, { username = "u", password = "pp" },
      { username = "u:p", password = "" }, { username = "u:", password = "p" },
      { username = "u", password = ":p" }, { username = "uu", password = "p" },
      { headers = { Authorization = "own" } },
    }
    for _, more in ipairs(requests) do
      local alone = assert(perform(curl.agent {}, server.url, more)).body
      assert.equal(alone, assert(perform(agent, server.url, more)).body)
    end
  end)

  it("given its own time", function()
    local server, agent = raw.start { ok, "next", "hold", "next", ok, "next", "hold" },
      curl.agent {}
    for _ = 1, 2 do
      assert(perform(agent, server.url))
      local _, failure = perform(agent, server.url, { timeout = 0.2, connect_timeout = 0.1 })
      assert.same({ "timeout", true }, { failure.reason, failure.sent })
      assert.is_true(failure.seconds < LONG / 2)
    end
  end)

  it("authorized by Basic at once, also where the key has a colon", function()
    local server = raw.start { "echo" }
    local response = assert(perform(curl.agent {}, server.url,
      { username = "a:b", password = "c" }))
    assert.matches("\r\nAuthorization: Basic YTpiOmM=\r\n", response.body)
    assert.equal(1, #server:requests())
    assert.is_nil(echoed():find("Authorization", 1, true))
    local own = echoed { username = "a", headers = { auTHorization = "own" } }
    assert.matches("\r\nauTHorization: own\r\n", own)
    assert.equal(1, select(2, own:lower():gsub("\r\nauthorization:", "")))
  end)

  it("not authorized by a .netrc", function()
    local home, remove = raw.directory()
    local file = assert(io.open(home .. "/.netrc", "w"))
    file:write "default login netrc password netrc\n"
    file:close()
    local said = get_in_child({ "HOME=" .. home }, raw.start { "echo" }.url)
    remove()
    assert.matches("^200\nGET /", said)
    assert.is_nil(said:find("Authorization", 1, true))
  end)
end)

describe("an answer", function()
  local function headers_of(...)
    local bytes = raw.answer(200, { ... }, "fine")
    return assert(perform(curl.agent {}, raw.start { "send:" .. bytes }.url)).headers
  end

  it("has its headers by lower-case names, repeated ones joined", function()
    local headers = headers_of("X-One:  a b\t", "SET-COOKIE: a=1", "Set-Cookie: b=2", "x-one:c",
                               "X-Empty:")
    assert.equal("a b, c", headers["x-one"])
    assert.equal("a=1, b=2", headers["set-cookie"])
    assert.equal("", headers["x-empty"])
    assert.equal("4", headers["content-length"])
  end)

  it("has no header made of a folded line, or of a name with a blank", function()
    local headers = headers_of("X-Fold: one\r\n two: three\r\n\tfour: five", "X-Blank : y",
                               "X-After: x")
    assert.matches("^one", headers["x-fold"])
    assert.equal("x", headers["x-after"])
    for name in pairs(headers) do assert.matches("^[%w%-]+$", name) end
    assert.is_nil(headers.two)
    assert.is_nil(headers.four)
  end)

  it("is the last one: 100-continue before it leaves nothing behind", function()
    local server = raw.start { "send:HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n", ok }
    local response = assert(perform(curl.agent {}, server.url))
    assert.same({ 200, "fine" }, { response.status, response.body })
    assert.same({ ["content-length"] = "4" }, response.headers)
  end)

  it("comes whole, to the last byte", function()
    local server = raw.start { "send:HTTP/1.1 200 OK\r\nContent-Length: 1000003\r\n\r\n",
                               "body:1000003" }
    assert.is_true(raw.body(1000003) == assert(perform(curl.agent {}, server.url)).body)
  end)

  it("comes whole in chunks, with every byte there is", function()
    local server = raw.start { "send:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      .. "5\r\nab\r\n\255\r\n3;x=y\r\ncde\r\n0\r\n\r\n" }
    assert.equal("ab\r\n\255cde", assert(perform(curl.agent {}, server.url)).body)
  end)

  it("that redirects is handed back, and nothing is sent to where it points", function()
    local other = raw.start { ok }
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      local server = raw.start { "send:" .. raw.answer(status, { "Location: " .. other.url }) }
      local response = assert(perform(curl.agent {}, server.url, { username = "k" }))
      assert.same({ status, other.url }, { response.status, response.headers.location })
      assert.equal(1, #server:requests())
    end
    assert.equal(0, select(2, other:requests()))
  end)

  it("sets no cookies", function()
    local server = raw.start { "send:" .. raw.answer(200, { "Set-Cookie: a=1" }), "next", "echo" }
    local agent = curl.agent {}
    assert(perform(agent, server.url))
    assert.is_nil(assert(perform(agent, server.url)).body:find "[Cc]ookie")
  end)
end)

describe("the cap", function()
  local function get(bytes, options)
    return perform(curl.agent(options), raw.start { "send:" .. bytes, "close" }.url)
  end

  local function too_large(response, failure)
    assert.is_nil(response)
    assert.same({ "too_large", true, 200 }, { failure.reason, failure.sent, failure.status })
  end

  it("of the body ends it one byte later, with and without a length", function()
    local chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    local open = "HTTP/1.1 200 OK\r\n\r\n%.0s%s"
    local plain = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    for _, format in ipairs { chunked, open, plain } do
      local response = assert(get(format:format(1000, raw.body(1000)), { max_body = 1000 }))
      assert.equal(1000, #response.body)
      too_large(get(format:format(1001, raw.body(1001)), { max_body = 1000 }))
    end
  end)

  it("of the body is the client's max_response", function()
    local server = raw.start { "send:" .. raw.answer(200, {}, ("x"):rep(3000)) }
    local _, err = client_of(server.url, { max_response = 2000 }):call_details(SID)
    assert.same({ "too_large", 200 }, { err.reason, err.status })
    _, err = client_of(server.url, { max_response = 4000 }):call_details(SID)
    assert.equal("parse", err.kind)
  end)

  it("of the headers counts their bytes", function()
    local head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: "
    assert(get(head .. ("x"):rep(900) .. "\r\n\r\n", { max_headers = 1000 }))
    too_large(get(head .. ("x"):rep(1000) .. "\r\n\r\n", { max_headers = 1000 }))
  end)

  it("of one line of them is libcurl's, which tells of it as of want of memory", function()
    local server = raw.start { "send:HTTP/1.1 200 OK\r\nX: ", "endless:long and " }
    local response, failure = perform(curl.agent {}, server.url)
    assert.is_nil(response)
    assert.is_true(failure.sent)
    assert.matches("a line of the answer's headers is too long", failure.message, 1, true)
  end)

  it("of the headers counts their lines", function()
    local head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
    assert(get(head .. ("X: y\r\n"):rep(150) .. "\r\n", {}))
    too_large(get(head .. ("X: y\r\n"):rep(250) .. "\r\n", {}))
  end)

  it("ends what would never end", function()
    for _, head in ipairs { "", "\r\n" } do -- headers, and a body
      local server = raw.start { "send:HTTP/1.1 200 OK\r\nX: y\r\n" .. head, "endless:X: y\r\n" }
      local response, failure = perform(curl.agent { max_body = 10000 }, server.url)
      too_large(response, failure)
      assert.is_true(failure.seconds < LONG / 2)
      assert.is_true(server:ended()[1])
    end
  end)

  it("isn't used up by what came before", function()
    local early = ("HTTP/1.1 103 Early Hints\r\nX: %s\r\n\r\n"):format(("x"):rep(600))
    assert(get(early:rep(3) .. "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      { max_headers = 1000 }))
    local server = raw.start { "send:" .. raw.answer(200, {}, raw.body(800)) }
    local agent = curl.agent { max_body = 1000 }
    for _ = 1, 3 do assert.equal(800, #assert(perform(agent, server.url)).body) end
  end)
end)

describe("an address is refused", function()
  it("for its scheme", function()
    local agent = curl.agent { proxy = false, plain_http = true }
    for _, url in ipairs { "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
                           "dict://127.0.0.1/", "smtp://127.0.0.1/", "HTTP://127.0.0.1/",
                           "127.0.0.1/" } do
      refuses("address", agent, url)
    end
  end)

  it("when it has credentials in it", function()
    local server = raw.start { ok }
    refuses("other", curl.agent {}, (server.url:gsub("//", "//user:pass@")))
    assert.equal(0, select(2, server:requests()))
    assert(perform(curl.agent {}, server.url))
  end)

  it("as by an agent that never had another, and what comes behind it isn't", function()
    local server = raw.start { ok }
    local agent = curl.agent {}
    for _, wrong in ipairs { (server.url:gsub("//", "//user:pass@")), server.url .. ":1/x",
                             server.url .. "/a b", "http://" } do
      local _, failure = perform(curl.agent {}, wrong)
      assert(perform(agent, server.url .. "/x"))
      assert.equal(failure.message, refuses(failure.reason, agent, wrong).message)
      assert(perform(agent, server.url .. "/y"))
    end
    local requests = server:requests()
    assert.same({ 8, "/y" }, { #requests, requests[8].path })
  end)

  it("when it is plain http to what isn't loopback", function()
    local agent = curl.agent { resolve = "example.test:80:192.0.2.1" }
    refuses("address", agent, "http://example.test/")
    refuses("address", curl.agent {}, "http://192.0.2.1/")
    refuses("address", curl.agent {}, "http://[2001:db8::1]/")
  end)

  it("not when plain http comes to loopback, by whatever name", function()
    local server = raw.start { ok }
    local agent = curl.agent { resolve = ("example.test:%d:127.0.0.1"):format(server.port) }
    local url = "http://example.test:" .. server.port
    assert.equal("fine", assert(perform(agent, url)).body)
  end)

  it("not when the name has another address, which is loopback", function()
    local server = raw.start { ok }
    local agent = curl.agent { resolve = ("example.test:%d:192.0.2.1,127.0.0.1"):format(
      server.port) }
    local url = "http://example.test:" .. server.port
    local response = assert(perform(agent, url, { method = "POST", send_once = true }))
    assert.equal("fine", response.body)
  end)

  it("by the client when it is plain http to a name, unless plain_http allows it", function()
    local server = raw.start { "send:" .. raw.answer(200, {}, '{"Call":{"Sid":"x"}}') }
    local url = "http://example.test:" .. server.port
    local resolve = ("example.test:%d:127.0.0.1"):format(server.port)
    assert.has_error(function() client_of(url, { resolve = resolve }) end,
      "the address is plain http to a host that isn't loopback: credentials would travel "
      .. "readable; plain_http = true allows it")
    assert(client_of(url, { resolve = resolve, plain_http = true }):call_details(SID))
    assert.equal(1, #server:requests())
  end)
end)

describe("an address", function()
  it("is the request's own, whatever the one before it was", function()
    local here, there, agent = raw.start { "echo" }, raw.start { "echo" }, curl.agent {}
    local paths = { "/v1/Calls/a.json", "/v1/Calls/b.json", "/v1/Calls.json?Sid=%2Ba%2b&To",
                    "/v1/Calls/c.json", "/v1/Calls/c.json#d", "/v1/Calls/c.json", "", "/", "?a=b",
                    "//x", "/x%2F%2f", "/x/", "/.x", "/a/../b", "/a/./b", "/a/b/..", "/...",
                    "/~x", "/a;b=c", "/a:b@c", "/x.json", "/x_-9", "/caf\195\169", "/x\\y" }
    for index, path in ipairs(paths) do
      local url = (index % 5 == 0 and there or here).url .. path
      local alone = assert(perform(curl.agent {}, url)).body
      assert.equal(alone, assert(perform(agent, url)).body)
      assert.equal(alone, assert(perform(agent, url)).body)
    end
    for _, path in ipairs { "/v1/Calls/b.json", "/v1/Calls.json?Sid=%2Ba%2b&To", "/x%2F%2f" } do
      local line = "GET " .. path .. " HTTP/1.1"
      assert.equal(line, assert(perform(agent, here.url .. path)).body:match "^[^\r]*")
    end
  end)

  it("has its own origin, where another's begins alike", function()
    local server = raw.start { "echo" }
    local long = ("example.test:%d"):format(server.port)
    local agent = curl.agent { resolve = long .. ":127.0.0.1" }
    assert(perform(agent, "http://" .. long .. "/a"))
    refuses("connect", agent, "http://127.0.0.1:1/a")
    for _, path in ipairs { "/b", "?b", "/b" } do
      local body = assert(perform(agent, "http://" .. long .. path)).body
      assert.matches("\r\nHost: " .. long:gsub("%p", "%%%0") .. "\r\n", body)
    end
    local _, failure = perform(agent, "http://" .. long .. "1/a")
    assert.is_false(failure.sent)
    assert.equal(4, #server:requests())
  end)

  it("is a proxy's to read as well", function()
    local proxy = raw.start { ok }
    local agent = curl.agent { proxy = proxy.url, plain_http = true }
    local given, read = {}, {}
    for index, path in ipairs { "/a", "/b?c=%2B", "/d" } do
      given[index] = "http://example.test" .. path
      assert(perform(agent, given[index]))
    end
    for index, request in ipairs(proxy:requests()) do read[index] = request.path end
    assert.same(given, read)
  end)

  it("is what a question is sent to again, when its connection turns out dead", function()
    local server, agent = raw.start { ok, "next", "close", "next", "echo" }, curl.agent {}
    assert(perform(agent, server.url .. "/first"))
    local body = assert(perform(agent, server.url .. "/second")).body
    assert.equal("GET /second HTTP/1.1", body:match "^[^\r]*")
    local requests, connections = server:requests()
    assert.same({ "/first", "/second", "/second" },
      { requests[1].path, requests[2].path, requests[3].path })
    assert.equal(2, connections)
  end)
end)

it("plain_http lets the client's requests go to any host, here by a proxy", function()
  local proxy = raw.start { "send:" .. raw.answer(200, {}, '{"Call":{"Sid":"x"}}') }
  local client = client_of("http://example.test", { plain_http = true, proxy = proxy.url })
  assert(client:call_details(SID))
  assert.matches("^http://example.test/v1/", proxy:requests()[1].path)
end)

describe("a mistake raises", function()
  it("for CR, LF and NUL in method, url, name, password and headers", function()
    local server = raw.start { ok }
    local agent = curl.agent {}
    for _, bad in ipairs { "\r", "\n", "\r\nX-Bad: 1", "\0", "\0x" } do
      local text = "a" .. bad .. "b"
      raises("method has a CR, LF or NUL", perform, agent, server.url, { method = text })
      raises("url has a CR, LF or NUL", perform, agent, server.url .. "/" .. text)
      raises("username has a CR", perform, agent, server.url, { username = text })
      raises("password has a CR", perform, agent, server.url,
        { username = "k", password = text })
      raises("header has a CR", perform, agent, server.url, { headers = { x = text } })
      raises("header has a CR", perform, agent, server.url, { headers = { [text] = "x" } })
      for _, name in ipairs { "user_agent", "ca_file", "proxy", "resolve" } do
        raises(name .. " has a CR", curl.agent, { [name] = text })
      end
    end
    assert.equal(0, select(2, server:requests()))
  end)

  it("for wrong types and for more headers than fit", function()
    local agent = curl.agent {}
    raises("method and url", agent.perform, agent, { timeout = 1, connect_timeout = 1 })
    raises("url wants a string", perform, agent, 1)
    raises("body wants a string", perform, agent, "http://127.0.0.1:1", { body = 1 })
    raises("headers are strings", perform, agent, "http://127.0.0.1:1", { headers = { x = 1 } })
    raises("table expected", perform, agent, "http://127.0.0.1:1", { headers = "x" })
    local many = {}
    for index = 1, 33 do many["x" .. index] = "y" end
    raises("more than 32 headers", perform, agent, "http://127.0.0.1:1", { headers = many })
    raises("max_body", curl.agent, { max_body = 0 })
    raises("table expected", curl.agent)
  end)

  it("for a time-out that would never end", function()
    local agent = curl.agent {}
    for _, seconds in ipairs { 0, -1, 0 / 0, math.huge, 1e9 } do
      raises("timeout must be above 0", perform, agent, "http://127.0.0.1:1", { timeout = seconds })
      raises("connect_timeout must be above 0", perform, agent, "http://127.0.0.1:1",
        { connect_timeout = seconds })
    end
    raises("timeout must be above 0", agent.perform, agent,
      { method = "GET", url = "http://127.0.0.1:1" })
    raises("timeout wants a number", perform, agent, "http://127.0.0.1:1", { timeout = "1" })
  end)
end)

describe("a time-out", function()
  it("ends a request that gets no answer", function()
    local before = sys.now()
    local response, failure = perform(curl.agent {}, raw.start { "hold" }.url, { timeout = 0.3 })
    assert.is_nil(response)
    assert.same({ "timeout", true }, { failure.reason, failure.sent })
    local seconds = sys.now() - before
    assert.is_true(seconds > 0.2 and seconds < LONG / 2)
    assert.is_true(failure.seconds > 0.2)
  end)

  it("below a millisecond is one, not none", function()
    local response, failure = perform(curl.agent {}, raw.start { "hold" }.url, { timeout = 1e-9 })
    assert.is_nil(response)
    assert.equal("timeout", failure.reason)
  end)

  it("of the connection covers the TLS handshake", function()
    local url = raw.start { ok }.url:gsub("http:", "https:")
    refuses("timeout", curl.agent { proxy = false }, url, { connect_timeout = 0.3 })
  end)
end)

describe("a proxy of the environment", function()
  local function variables(url)
    local list = {}
    for _, name in ipairs { "http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY",
                            "all_proxy" } do
      list[#list + 1] = name .. "=" .. url
    end
    return list
  end

  local denies = { "send:" .. raw.answer(407, { "Proxy-Authenticate: Basic realm=x" }, "no") }

  it("isn't used for http to loopback", function()
    local server, proxy = raw.start { ok }, raw.start(denies)
    assert.equal("200\nfine", (get_in_child(variables(proxy.url), server.url)))
    assert.equal(0, select(2, proxy:requests()))
  end)

  it("is used for https, and its 407 isn't the service's", function()
    local proxy = raw.start(denies)
    local said = get_in_child(variables(proxy.url), "https://api.example.test/")
    assert.equal("proxy\tfalse\tnil", said)
    local requests = proxy:requests()
    assert.equal(1, #requests)
    assert.same({ "CONNECT", "api.example.test:443" }, { requests[1].method, requests[1].path })
  end)

  it("is used for http that plain_http allows", function()
    local proxy = raw.start { ok }
    local said = get_in_child(variables(proxy.url), "http://api.example.test/",
      "{ plain_http = true }")
    assert.equal("200\nfine", said)
    assert.equal("http://api.example.test/", proxy:requests()[1].path)
  end)

  it("isn't used when proxy is false", function()
    local proxy = raw.start(denies)
    local said = get_in_child(variables(proxy.url), "https://nowhere.invalid/",
      "{ proxy = false }")
    assert.equal("resolve\tfalse\tnil", said)
    assert.equal(0, select(2, proxy:requests()))
  end)

  it("isn't used when proxy names another one", function()
    local proxy, other = raw.start(denies), raw.start(denies)
    get_in_child(variables(proxy.url), "https://api.example.test/",
      ("{ proxy = %q }"):format(other.url))
    assert.same({ 0, 1 }, { #proxy:requests(), #other:requests() })
  end)
end)

describe("a proxy", function()
  for name, steps in pairs { ["refuses"] = { "send:" .. raw.answer(407) },
                             ["fails"] = { "send:" .. raw.answer(503) },
                             ["closes"] = { "close" } } do
    it("that " .. name .. " leaves a dial not sent", function()
      local proxy = raw.start(steps)
      local call, err = dial(client_of("https://api.example.test", { proxy = proxy.url }))
      assert.is_nil(call)
      assert.same({ "transport", "not_sent", "proxy" }, { err.kind, err.outcome, err.reason })
      assert.is_nil(err.status)
      assert.same({ "CONNECT" }, { proxy:requests()[1].method })
    end)
  end

  it("that lets through and closes leaves a dial not sent", function()
    local proxy = raw.start { "send:HTTP/1.1 200 OK\r\n\r\n", "close" }
    local call, err = dial(client_of("https://api.example.test", { proxy = proxy.url }))
    assert.is_nil(call)
    assert.equal("not_sent", err.outcome)
    assert.is_nil(err.status)
  end)

  it("whose address can't be used has its password in no message", function()
    for _, proxy in ipairs { "odd://me:the_password@proxy.test", "http://me:the_password@a b",
                             "http://me:" .. ("the_password"):rep(50) .. "@" } do
      local _, err = dial(client_of("https://api.example.test", { proxy = proxy }))
      assert.same({ "transport", "not_sent" }, { err.kind, err.outcome })
      assert.matches("the proxy's address is none that can be used", err.message, 1, true)
      assert.is_nil(err.message:find("the_password", 1, true))
    end
  end)

  it("is given no credentials of the account", function()
    local text = raw.child({}, [[
      local socket, sys = require "socket", require "exotel.sys"
      local proxy = assert(socket.bind("127.0.0.1", 0))
      local url = "http://127.0.0.1:" .. select(2, proxy:getsockname())
      local pid = sys.fork()
      if pid == 0 then
        require "exotel.curl".agent { proxy = url }:perform { method = "GET", timeout = 20,
          connect_timeout = 20, url = "https://api.example.test/", username = "the_key",
          password = "the_token", headers = { ["x-secret"] = "1" } }
        sys.exit(0)
      end
      local peer = proxy:accept()
      repeat
        local line = peer:receive "*l"
        print(line)
      until not line or line == ""
      peer:close()
      sys.waitpid(pid, 20)]])
    assert.matches("^CONNECT api.example.test:443 HTTP/1.1\n", text)
    assert.is_nil(text:lower():find "authorization")
    assert.is_nil(text:lower():find "x%-secret")
  end)
end)

describe("TLS", function()
  local nginx
  setup(function() nginx = tls.start() end)
  teardown(function() nginx:stop() end)
  before_each(function() nginx:clear() end)

  local function agent()
    return curl.agent { ca_file = nginx.ca_file, proxy = false }
  end

  it("trusts the CA of ca_file, and without it no CA of ours", function()
    assert.equal(200, assert(perform(agent(), nginx.good)).status)
    refuses("tls", curl.agent { proxy = false }, nginx.good)
    refuses("tls", curl.agent { proxy = false, ca_file = "/nowhere/ca.pem" }, nginx.good)
  end)

  it("which a server doesn't speak, as to an address without its http://, isn't told as one that"
    .. " isn't trusted", function()
    local _, err = client_of((nginx.plain:gsub("^http://", ""))):call_details(SID)
    assert.same({ "tls", "not_sent" }, { err.reason, err.outcome })
    assert.truthy(err.message:find("no TLS is spoken there", 1, true), err.message)
    assert.is_nil(err.message:find("ca_file", 1, true), err.message)
  end)

  it("refuses a certificate by itself, of another host, and expired", function()
    for _, name in ipairs { "self_signed", "other_host", "expired" } do
      refuses("tls", agent(), nginx[name])
    end
  end)

  it("checks the name that was asked for, not the address", function()
    local port = nginx.ports.good
    local named = curl.agent { ca_file = nginx.ca_file, proxy = false,
                               resolve = ("api.example.test:%d:127.0.0.1"):format(port) }
    assert.equal(200, assert(perform(named, "https://api.example.test:" .. port)).status)
    local wrong = curl.agent { ca_file = nginx.ca_file, proxy = false,
                               resolve = ("evil.example.test:%d:127.0.0.1"):format(port) }
    refuses("tls", wrong, "https://evil.example.test:" .. port)
  end)

  it("isn't made to trust others by the environment", function()
    for _, entry in ipairs { "SSL_CERT_FILE=" .. nginx.ca_file, "CURL_CA_BUNDLE=" .. nginx.ca_file,
                             "SSL_CERT_DIR=" .. nginx.directory } do
      assert.equal("tls\tfalse\tnil", (get_in_child({ entry }, nginx.good, "{ proxy = false }")))
    end
  end)

  it("below 1.2 is refused, even where OpenSSL would do it", function()
    local path = nginx.directory .. "/openssl.cnf"
    local file = assert(io.open(path, "w"))
    file:write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
      .. "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
    file:close()
    local trusting = ("{ proxy = false, ca_file = %q }"):format(nginx.ca_file)
    local environment = { "OPENSSL_CONF=" .. path }
    assert.equal("tls\tfalse\tnil", (get_in_child(environment, nginx.old, trusting)))
    assert.matches("^200\n", (get_in_child(environment, nginx.tls12, trusting)))
    local control = assert(sys.spawn { "curl", "-sk", "--noproxy", "*", "--tlsv1.1", "--tls-max",
      "1.1", "--ciphers", "ALL:@SECLEVEL=0", "-o", "/dev/null", "-w", "%{http_code}\n", nginx.old })
    assert.equal("200", control:read_line(LONG)) -- the server does speak 1.1
    control:close()
  end)

  it("writes its keys nowhere, and leaves SSLKEYLOGFILE as it was", function()
    local path = nginx.directory .. "/keys"
    local said = raw.child({ "SSLKEYLOGFILE=" .. path }, ([[
      local agent = require "exotel.curl".agent { proxy = false, ca_file = %q }
      print(assert(agent:perform { method = "GET", url = %q, timeout = 20,
        connect_timeout = 20 }).status)
      agent:close()
      print(os.getenv "SSLKEYLOGFILE")]]):format(nginx.ca_file, nginx.good))
    assert.equal("200\n" .. path, said)
    assert.is_nil((io.open(path)))
  end)

  it("is resumed by a client's dials, each on a fresh connection", function()
    for _, name in ipairs { "good", "tls12" } do
      local client = client_of(nginx[name], { ca_file = nginx.ca_file })
      for _ = 1, 4 do assert(dial(client)) end
      local seen = {}
      for index, entry in ipairs(nginx:log(name, 4)) do
        assert.same({ "POST", 1, index > 1 }, { entry.method, entry.requests, entry.reused })
        assert.is_nil(seen[entry.connection])
        seen[entry.connection] = true
      end
    end
  end)

  it("and plain HTTP carry a thousand questions of a client on one connection", function()
    for _, name in ipairs { "good", "plain" } do
      local client = client_of(nginx[name], { ca_file = nginx.ca_file })
      for _ = 1, 1000 do assert(client:call_details(SID)) end
      local log = nginx:log(name, 1000)
      assert.equal(1000, #log)
      for index, entry in ipairs(log) do
        assert.same({ "GET", index, false }, { entry.method, entry.requests, entry.reused })
      end
    end
  end)

  it("after a fork is the child's own, and the parent's goes on", function()
    local mine = agent()
    assert(perform(mine, nginx.good))
    assert.equal(0, in_a_fork(function()
      local fine = perform(mine, nginx.good).status == 200
        and perform(mine, nginx.good).status == 200
      mine:close()
      return fine
    end))
    assert(perform(mine, nginx.good))
    local log = nginx:log("good", 4)
    assert.same({ 1, 1, 2, 2 }, { log[1].requests, log[2].requests, log[3].requests,
                                  log[4].requests })
    assert.equal(log[1].connection, log[4].connection)
    assert.equal(log[2].connection, log[3].connection)
    assert.are_not.equal(log[1].connection, log[2].connection)
  end)

  it("isn't said goodbye to by a child that only closes", function()
    local mine = agent()
    assert(perform(mine, nginx.good))
    assert.equal(0, in_a_fork(function()
      mine:close()
      collectgarbage()
      return true
    end))
    assert(perform(mine, nginx.good))
    local log = nginx:log("good", 2)
    assert.equal(log[1].connection, log[2].connection)
  end)

  -- Older libcurls write with OpenSSL's write(), which raises SIGPIPE where send() needn't.
  it("outlives a server that closes in the middle, where writing raises SIGPIPE", function()
    local source, shim = nginx.directory .. "/shim.c", nginx.directory .. "/shim.so"
    local file = assert(io.open(source, "w"))
    file:write("#include <unistd.h>\n#include <sys/socket.h>\n"
      .. "ssize_t send(int fd, const void *p, size_t n, int flags) {\n"
      .. "  (void)flags;\n  return write(fd, p, n);\n}\n")
    file:close()
    local compiler = assert(sys.spawn { "cc", "-shared", "-fPIC", "-o", shim, source })
    assert.equal(0, compiler:wait(LONG))
    compiler:close()
    local said, code, signal = raw.child({ "LD_PRELOAD=" .. shim }, ([[
      local agent = require "exotel.curl".agent { proxy = false, ca_file = %q }
      for _ = 1, 5 do
        local _, failure = agent:perform { method = "POST", url = %q, body = ("x"):rep(3e6),
          timeout = 20, connect_timeout = 20 }
        if not failure or not failure.sent then print "no failure" end
      end
      agent:close()
      print "alive"]]):format(nginx.ca_file, nginx.silent))
    assert.same({ "alive", 0 }, { said, code, signal })
  end)
end)

describe("an agent", function()
  it("uses its connection again, unless a fresh one is asked for", function()
    local server, agent = raw.start { ok }, curl.agent {}
    local made = {}
    for index, fresh in ipairs { false, false, true, true, false } do
      made[index] = assert(perform(agent, server.url, { fresh_connection = fresh })).connections
    end
    assert.same({ 1, 0, 1, 1, 0 }, made)
    assert.equal(3, select(2, server:requests()))
  end)

  it("keeps few connections, however many dials there were", function()
    local server, agent = raw.start { ok }, curl.agent {}
    for _ = 1, 30 do assert(perform(agent, server.url, { fresh_connection = true })) end
    local ended = 0
    for _ in pairs(server:ended()) do ended = ended + 1 end
    assert.is_true(ended >= 20)
  end)

  it("is used in a forked child with a connection of the child's own", function()
    local server, agent = raw.start { ok }, curl.agent {}
    assert(perform(agent, server.url))
    assert.equal(0, in_a_fork(function()
      local response = perform(agent, server.url)
      return response.body == "fine" and response.connections == 1
        and perform(agent, server.url).connections == 0
    end))
    assert.equal(0, assert(perform(agent, server.url)).connections)
    local requests, connections = server:requests()
    assert.equal(2, connections)
    local numbers = {}
    for index, request in ipairs(requests) do numbers[index] = request.connection end
    assert.same({ 1, 2, 2, 1 }, numbers)
    assert.is_nil(server:ended()[1])
  end)

  it("that was closed in a forked child still works in the parent", function()
    local server, agent = raw.start { ok }, curl.agent {}
    assert(perform(agent, server.url))
    assert.equal(0, in_a_fork(function() agent:close() return true end))
    assert.equal(0, assert(perform(agent, server.url)).connections)
  end)

  it("gives no TCP socket to programs that are started", function()
    local server, agent = raw.start { ok }, curl.agent {}
    assert(perform(agent, server.url))
    assert(perform(agent, server.url, { fresh_connection = true }))
    -- Those of a child that are in the kernel's list of TCP sockets.
    local child = io.popen([[for fd in /proc/self/fd/*; do readlink "$fd"; done |
      sed -n 's/^socket:.\([0-9]*\).$/ \1 /p' | grep -F -c -f - /proc/net/tcp]])
    local count = child:read "*l"
    child:close()
    assert.equal("0", count)
  end)

  it("leaves the signals of its host as they were", function()
    local said = raw.child({}, ([[
      local agent = require "exotel.curl".agent {}
      for _ = 1, 2 do
        for line in io.lines "/proc/self/status" do
          if line:find "^SigBlk" then print(line) end
        end
        agent:perform { method = "GET", url = %q, timeout = 20, connect_timeout = 20 }
      end]]):format(raw.start { "reset" }.url))
    local before, after = said:match "^(SigBlk:%s+%x+)\n(SigBlk:%s+%x+)$"
    assert.is_string(before)
    assert.equal(before, after)
  end)

  it("is closed twice without harm, and not used after", function()
    local server, agent = raw.start { ok }, curl.agent {}
    assert(perform(agent, server.url))
    agent:close()
    agent:close()
    assert.is_true(server:ended()[1])
    raises("the agent is closed", perform, agent, server.url)
    curl.agent({}):close() -- one that never made a connection
  end)

  it("isn't used when it was closed while its request was read", function()
    local agent = curl.agent {}
    local request = setmetatable({}, { __index = function(_, name)
      agent:close()
      return ({ method = "GET", url = "http://127.0.0.1:1", timeout = 1,
                connect_timeout = 1 })[name]
    end })
    raises("the agent is closed", agent.perform, agent, request)
  end)

  it("can't be used with another's self", function()
    local agent = curl.agent {}
    local request = { method = "GET", url = "http://127.0.0.1:1", timeout = 1,
                      connect_timeout = 1 }
    for _, other in ipairs { io.stdout, {}, "agent" } do
      for _, method in ipairs { agent.perform, agent.close } do
        raises("exotel.curl.agent", method, other, request)
      end
    end
  end)

  it("ends its connections when it is collected", function()
    local server = raw.start { ok }
    assert(perform(curl.agent {}, server.url))
    collectgarbage()
    collectgarbage()
    assert.is_true(server:ended()[1])
  end)

  it("names libcurl's version", function()
    local version, timed = curl.version()
    assert.matches("^%d+%.%d+%.%d+", version)
    assert.is_boolean(timed)
  end)
end)

describe("a client", function()
  local steps = { "send:" .. raw.answer(200, {}, ('{"Call":{"Sid":"%s"}}'):format(SID)) }

  it("ends its connections when it is collected", function()
    local server = raw.start(steps)
    assert(client_of(server.url):call_details(SID))
    collectgarbage()
    collectgarbage()
    assert.is_true(server:ended()[1])
  end)

  it("ends its connections when it is closed, and opens others when it is used again", function()
    local server = raw.start(steps)
    local client = client_of(server.url)
    assert(client:call_details(SID))
    client:close()
    client:close()
    assert.is_true(server:ended()[1])
    assert(client:call_details(SID))
    assert.equal(2, select(2, server:requests()))
  end)

  it("shares no connection with another", function()
    local server = raw.start(steps)
    local a, b = client_of(server.url), client_of(server.url)
    assert(a:call_details(SID))
    assert(b:call_details(SID))
    assert(a:call_details(SID))
    assert.equal(2, select(2, server:requests()))
  end)
end)
