-- exotel.webhook.httpd: a webhook on a server in this process, asked over real connections.
--
-- SPDX-License-Identifier: MIT

local applet = require "exotel.applet"
local exotel = require "exotel"
local httpd = require "exotel.httpd"
local mounted = require "exotel.webhook.httpd"
local poller = require "exotel.poller"
local posting = require "spec.support.posting"
local raised = require "spec.support.raised"
local sys = require "exotel.sys"
local tiny_store = require "spec.support.tiny_store"
local webhooks = require "exotel.webhook"

local LONG = 20 -- seconds that nothing here should ever need
local SECRET = ("s3cret++"):rep(2)

describe("a webhook on a server of exotel.httpd", function()
  local server, webhook, seen, peers, on_event, order

  local function start(more)
    seen, order, on_event = {}, {}, nil
    local settings = {
      secrets = { SECRET }, store = tiny_store.new(),
      on_event = function(event, request)
        seen[#seen + 1] = { event = event, request = request }
        order[#order + 1] = "handled"
        return on_event and on_event(event, request)
      end,
    }
    for name, value in pairs(more or {}) do settings[name] = value end
    webhook = webhooks.new(settings)
  end

  before_each(function()
    server, peers = assert(httpd.listen {}), {}
    start()
  end)

  after_each(function()
    for _, peer in ipairs(peers) do peer:close() end
    server:close()
  end)

  local function send(method, target, headers, body)
    local peer = posting.connect(server:port())
    peers[#peers + 1] = peer
    headers = headers or {}
    headers.Connection = "close"
    assert(peer:send(posting.bytes(method, target, headers, body)))
    return peer
  end

  local function target(path) return webhook:url("http://x" .. path):sub(9) end

  local function post(event, content_type, path)
    local body, whole = exotel.build_callback(event, content_type)
    return send("POST", target(path or "/hook"), { ["Content-Type"] = whole }, body)
  end

  -- Serves until the answer is there: its status, its headers in one text, its body.
  local function answered(peer)
    local text, stop = "", sys.now() + LONG
    peer:settimeout(0)
    repeat
      mounted.step(webhook, server, 0.01)
      local all, why, part = peer:receive "*a"
      text = text .. (all or part)
      if all or why == "closed" then
        local status, head, body = text:match "^HTTP/1.1 (%d+)(.-\r\n)\r\n(.*)$"
        return tonumber(status), head:lower(), body
      end
    until sys.now() > stop
    error "no answer"
  end

  it("takes events in each encoding, once each", function()
    for number, content_type in ipairs { posting.JSON, posting.FORM, posting.MULTIPART } do
      for _ = 1, 2 do
        assert.equal(200, (answered(post(posting.event(number), content_type))))
      end
      assert.equal(posting.event(number).call_sid, seen[number].event.call_sid)
    end
    assert.equal(3, #seen)
    assert.equal("/hook", seen[1].request.path)
  end)

  it("raises at the caller's line where there is no webhook", function()
    assert.equal("exotel.webhook.httpd.step wants a webhook, got a nil",
      raised(function() mounted.step(nil, server, 0) end))
    assert.equal("exotel.webhook.httpd.answer wants a webhook, got a boolean",
      raised(function() mounted.answer(true) end))
    assert.equal("a method of exotel.webhook wants its object before the colon",
      raised(function() webhook.handle("POST", "secret=" .. SECRET) end))
    assert.equal("a method of exotel.webhook wants its object before the colon",
      raised(function() webhook.counts() end))
  end)

  it("answers what applets ask, by the path", function()
    on_event = function(_, request)
      if request.path == "/choice" then return applet.passthru "b" end
      return applet.greeting "Welcome"
    end
    local query = "&CallSid=5c&CallFrom=09876543210&flow_id=926"
    local status, head, body = answered(send("GET", target "/greeting" .. query))
    assert.same({ 200, "Welcome" }, { status, body })
    assert.truthy(head:find("\r\ncontent-type: text/plain\r\n", 1, true), head)
    for _, row in ipairs { { "HEAD", "/greeting", 200 }, { "GET", "/choice", 302 } } do
      status, head, body = answered(send(row[1], target(row[2]) .. query))
      assert.same({ row[3], "" }, { status, body }, head)
    end
    assert.equal(2, #seen)
  end)

  it("refuses what isn't for it", function()
    assert.equal(403, (answered(send("POST", "/hook?secret=x", {}, "CallSid=5c"))))
    assert.equal(403, (answered(send("POST", "/hook", {}, "CallSid=5c"))))
    assert.equal(400, (answered(send("POST", target "/hook", {}, ""))))
    local status, head = answered(send("DELETE", target "/hook"))
    assert.equal(405, status)
    assert.truthy(head:find("\r\nallow: get, head, post\r\n", 1, true), head)
    assert.equal(0, #seen)
  end)

  it("answers 500 when the function fails, and takes the event again", function()
    on_event = function() error "mine" end
    assert.equal(500, (answered(post(posting.event(1), posting.JSON))))
    on_event = nil
    assert.equal(200, (answered(post(posting.event(1), posting.JSON))))
    assert.equal(2, #seen)
  end)

  it("has sent the answer when the function is called, with answer_first", function()
    start { answer_first = true }
    local peer = post(posting.event(1), posting.JSON)
    on_event = function()
      peer:settimeout(LONG)
      order[#order + 1] = peer:receive "*l"
    end
    assert.is_true(mounted.step(webhook, server, LONG))
    assert.same({ "handled", "HTTP/1.1 200 OK" }, order)
  end)

  it("stands in a poller beside others", function()
    local waiting = poller.new()
    waiting:add(server, function() mounted.step(webhook, server, 0) end)
    local peer = post(posting.event(1), posting.JSON)
    local timer = waiting:after(LONG, function() error "nothing came" end)
    waiting:run(function() return #seen == 1 end)
    timer:cancel()
    assert.equal(200, (answered(peer)))
  end)

  it("waits as long as it is told, and says whether there was a request", function()
    assert.is_false(mounted.step(webhook, server))
    assert.is_false(mounted.step(webhook, server, 0.01))
    post(posting.event(1), posting.JSON)
    assert.is_true(mounted.step(webhook, server, LONG))
  end)
end)
