-- exotel.webhook: what a request is answered, once or again, whatever fails, and in any order.
--
-- SPDX-License-Identifier: MIT

local applet = require "exotel.applet"
local errors = require "exotel.errors"
local exotel = require "exotel"
local limiter = require "exotel.limiter"
local lua = require "spec.support.lua"
local memory = require "exotel.store.memory"
local posting = require "spec.support.posting"
local raised = require "spec.support.raised"
local sandbox = require "exotel.sandbox"
local tiny_store = require "spec.support.tiny_store"
local webhooks = require "exotel.webhook"

local SECRET, OLD, OTHER = ("current-"):rep(4), ("previous"):rep(4), ("another-"):rep(4)
local QUERY = "secret=" .. SECRET
local JSON, FORM = posting.JSON, posting.FORM

local store, seen, rejected, told

before_each(function()
  store, seen, rejected, told = tiny_store.new(), {}, {}, {}
end)

-- A webhook over the store. on_event: what is done beside being written down.
local function new(more, on_event)
  local settings = {
    secrets = { SECRET }, store = store,
    on_event = function(event, request)
      seen[#seen + 1] = { event = event, request = request }
      if on_event then return on_event(event, request) end
    end,
    on_reject = function(...) rejected[#rejected + 1] = { ... } end,
    on_error = function(err, event) told[#told + 1] = { err = err, event = event } end,
  }
  for name, value in pairs(more or {}) do settings[name] = value end
  return webhooks.new(settings)
end

local function post(webhook, event, content_type, query)
  local body, whole = exotel.build_callback(event, content_type or JSON)
  return webhook:handle("POST", query or QUERY, { ["content-type"] = whole }, body, "/exotel")
end

local asked = { call_sid = "5c", call_from = "09876543210", flow_id = "926", digits = "1",
                current_time = "2026-11-03 16:21:08" }

local function ask(webhook, more, method, path)
  local event = {}
  for name, value in pairs(asked) do event[name] = value end
  for name, value in pairs(more or {}) do event[name] = value end
  local query = exotel.build_callback(event, FORM)
  return webhook:handle(method or "GET", QUERY .. "&" .. query, {}, "", path or "/menu")
end

describe("a webhook", function()
  it("hands over an event, in each encoding, without the secret", function()
    local webhook = new()
    for number, content_type in ipairs { JSON, FORM, posting.MULTIPART } do
      local status, headers, body = post(webhook, posting.event(number), content_type)
      assert.same({ 200, {}, "" }, { status, headers, body })
      local event, request = seen[number].event, seen[number].request
      assert.same({ "terminal", posting.event(number).call_sid, nil },
        { event.kind, event.call_sid, event.secret })
      assert.same({ "POST", "/exotel", "" }, { request.method, request.path, request.query })
      assert.truthy(#request.body > 100)
    end
    assert.equal(3, webhook:counts().handled)
  end)

  it("merges the query into the event, but for the secret", function()
    local webhook = new { parameter = "k y" }
    local event = { call_sid = "5c", event_type = "terminal", status = "busy" }
    assert.equal(200, (post(webhook, event, JSON, "order=7&k+y=" .. SECRET .. "&k%20y=x")))
    assert.same({ "7", nil }, { seen[1].event.order, seen[1].event["k y"] })
    assert.equal("order=7", seen[1].request.query)
    assert.is_nil(seen[1].event.repeated)
  end)

  it("lets nobody in without a secret", function()
    local webhook = new { secrets = { SECRET, OLD } }
    local body = '{"CallSid":"5c","Status":"busy"}'
    for _, query in ipairs { "", "secret=", "secret", "secret=" .. OTHER, QUERY .. "x",
                             QUERY:sub(1, -2), "Secret=" .. SECRET, "secret=x&" .. QUERY } do
      assert.equal(403, (webhook:handle("POST", query, {}, body)), query)
    end
    assert.equal(403, (webhook:handle("POST", nil, {}, body)))
    assert.equal(0, #seen)
    assert.equal(9, webhook:counts().forbidden)
    assert.equal(200, (webhook:handle("POST", QUERY, {}, body)))
    assert.equal(200, (webhook:handle("POST", "a=b&secret=" .. OLD, {}, body)))
  end)

  it("takes the next secret while the one before still counts, and makes URLs with it", function()
    local webhook = new { secrets = { "new & more of it +++", SECRET } }
    assert.equal("https://voice.example.com/exotel?secret=new%20%26%20more%20of%20it%20%2B%2B%2B",
      webhook:url "https://voice.example.com/exotel")
    assert.equal("http://x.test/?a=b&secret=new%20%26%20more%20of%20it%20%2B%2B%2B",
      webhook:url "http://x.test/?a=b")
    local event = posting.event(1)
    assert.equal(200, (post(webhook, event)))
    local query = webhook:url("https://x.test/"):match "%?(.*)$"
    assert.equal(200, (post(webhook, event, FORM, query)))
    assert.equal(1, #seen) -- the secret is no part of what an event says
  end)

  it("makes no URL of what is none", function()
    local webhook = new()
    for _, base in ipairs { "voice.example.com", "", "ftp://x.test/", "http://x.test/#a",
                            "http://x.test/a b" } do
      local message = raised(function() webhook:url(base) end)
      assert.truthy(message:find("webhook:url wants an http or https address", 1, true), message)
    end
    assert.truthy(raised(function() webhook:url(nil) end))
  end)

  it("answers other methods 405, and bodies that are too long 413", function()
    local webhook = new { max_body = 100 }
    local status, headers = webhook:handle("PUT", QUERY, {}, "")
    assert.same({ 405, "GET, HEAD, POST" }, { status, headers.allow })
    local body = '{"CallSid":"' .. ("x"):rep(86) .. '"}'
    assert.equal(100, #body)
    assert.equal(200, (webhook:handle("POST", QUERY, {}, body)))
    assert.equal(413, (webhook:handle("POST", QUERY, {}, body .. " ")))
    assert.equal(413, (webhook:handle("POST", QUERY, { ["Content-Length"] = "101" }, function()
      error "it is read"
    end)))
    assert.same({ 1, 2 }, { webhook:counts().method, webhook:counts().too_large })
  end)

  it("reads a body only for those who know the secret", function()
    local webhook, reads = new { max_body = 1000 }, 0
    local function read(max_body)
      assert.equal(1000, max_body)
      reads = reads + 1
      return '{"CallSid":"5c"}'
    end
    assert.equal(403, (webhook:handle("POST", "secret=x", {}, read)))
    assert.equal(0, reads)
    assert.equal(200, (webhook:handle("POST", QUERY, {}, read)))
    assert.equal("5c", seen[1].event.call_sid)
    assert.equal(500, (webhook:handle("POST", QUERY, {}, function() return nil, "no file" end)))
    assert.same({ "no file" }, { told[1].err })
    assert.is_nil(told[1].event)
    assert.equal(1, webhook:counts().unread)
  end)

  it("answers a wrong method and a body said to be too long alike, whoever sends them", function()
    local webhook = new()
    for _, query in ipairs { "secret=x", QUERY } do
      assert.equal(405, (webhook:handle("PUT", query, {}, "")))
      assert.equal(413, (webhook:handle("POST", query, { ["content-length"] = "1048577" }, "")))
    end
    assert.equal(403, (webhook:handle("POST", "secret=x", {}, ("x"):rep(1048577))))
  end)

  it("answers 400 to what can't be read, counts it, and hands over its bytes", function()
    local webhook = new()
    local body = '{"CallSid":\255'
    assert.equal(400, (webhook:handle("POST", QUERY .. "&a=1", { ["content-type"] = JSON }, body)))
    assert.equal(body, rejected[1][1])
    assert.same({ "parse", "json", 12 }, { rejected[1][2].kind, rejected[1][2].reason,
      rejected[1][2].position })
    assert.equal("a=1", rejected[1][3].query)
    assert.equal(400, (webhook:handle("GET", QUERY, {}, "")))
    assert.same({ 2, 0 }, { webhook:counts().rejected, #seen })
    webhook = new { on_reject = function() error "the hook's own" end }
    assert.equal(400, (webhook:handle("GET", QUERY)))
    assert.equal(1, webhook:counts().hook_failed)
  end)

  it("finds headers in any case, and one of several", function()
    local webhook = new()
    local body, content_type = exotel.build_callback(posting.event(1), posting.MULTIPART)
    assert.equal(200, (webhook:handle("POST", QUERY, { ["Content-TYPE"] = { content_type, "a/b" } },
      body)))
    assert.equal(posting.event(1).call_sid, seen[1].event.call_sid)
  end)

  it("keeps its secrets to itself", function()
    local webhook = new()
    local function search(value, depth)
      if type(value) == "string" then assert.is_nil(value:find(SECRET, 1, true)) end
      if type(value) == "table" and depth < 5 then
        for key, item in pairs(value) do
          search(key, depth + 1)
          search(item, depth + 1)
        end
      end
    end
    search(webhook, 0)
    post(webhook, posting.event(1))
    search(seen, 0)
    assert.equal("webhook, 1 requests", tostring(webhook))
  end)
end)

describe("an event", function()
  it("is handled once, however often it comes, in any encoding", function()
    local webhook = new()
    for _, content_type in ipairs { JSON, FORM, JSON, posting.MULTIPART } do
      assert.equal(200, (post(webhook, posting.event(1), content_type)))
    end
    assert.equal(1, #seen)
    assert.same({ 1, 3 }, { webhook:counts().handled, webhook:counts().repeated })
    store.clock = 3599
    post(webhook, posting.event(1))
    assert.equal(1, #seen)
    store.clock = 3601
    post(webhook, posting.event(1))
    assert.equal(2, #seen)
  end)

  it("is another where anything in it differs, and at another path", function()
    local webhook = new()
    local event = posting.event(1)
    post(webhook, event)
    event.status = "completed "
    post(webhook, event)
    local body, whole = exotel.build_callback(posting.event(1), JSON)
    webhook:handle("POST", QUERY, { ["content-type"] = whole }, body, "/other")
    assert.equal(3, #seen)
  end)

  it("comes again when its function fails", function()
    local fail = true
    local webhook = new(nil, function() if fail then error({ reason = "mine" }, 0) end end)
    local status, headers, body = post(webhook, posting.event(1))
    assert.same({ 500, {}, "" }, { status, headers, body })
    assert.same({ "mine", posting.event(1).call_sid },
      { told[1].err.reason, told[1].event.call_sid })
    assert.equal(500, (post(webhook, posting.event(1))))
    fail = false
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.equal(3, #seen)
    assert.same({ 2, 1, 1 }, { webhook:counts().failed, webhook:counts().handled,
      webhook:counts().repeated })
  end)

  it("comes again when its worker dies in the middle, once its time is over", function()
    local webhook = new(nil, function() coroutine.yield() end)
    local dead = coroutine.create(function() return post(webhook, posting.event(1)) end)
    assert.is_true(coroutine.resume(dead)) -- and never again
    local survivor = new()
    local status, headers = post(survivor, posting.event(1))
    assert.same({ 503, "5" }, { status, headers["retry-after"] })
    store.clock = 59
    assert.equal(503, (post(survivor, posting.event(1))))
    store.clock = 61
    assert.equal(200, (post(survivor, posting.event(1))))
    assert.equal(2, #seen)
    assert.equal(200, (post(survivor, posting.event(1))))
    assert.equal(2, #seen)
  end)

  -- Every order in which three deliveries can take their steps in the store.
  it("is handled once when it comes three times at once, in any order of their steps", function()
    local runs, busy = 0, 0
    local function try(order)
      store, seen = tiny_store.new(), {}
      store.before = function() coroutine.yield() end
      local workers, statuses = { new(), new() }, {}
      local threads = {}
      for index = 1, 3 do
        threads[index] = coroutine.create(function()
          statuses[index] = post(workers[index % 2 + 1], posting.event(1))
        end)
      end
      local function step(index)
        if coroutine.status(threads[index]) == "suspended" then
          assert(coroutine.resume(threads[index]))
        end
      end
      for at = 1, #order do step(tonumber(order:sub(at, at))) end
      for index = 1, 3 do
        while coroutine.status(threads[index]) ~= "dead" do step(index) end
      end
      assert.equal(1, #seen, order)
      table.sort(statuses)
      assert.equal(200, statuses[1], order)
      for index = 2, 3 do
        assert.is_true(statuses[index] == 200 or statuses[index] == 503, order)
        busy = busy + (statuses[index] == 503 and 1 or 0)
      end
      runs = runs + 1
    end
    local function orders(text)
      if #text == 6 then return try(text) end
      for index = 1, 3 do orders(text .. index) end
    end
    orders ""
    assert.equal(729, runs)
    assert.is_true(busy > 0)
  end)

  it("is never said to be done before it is", function()
    local slow = new(nil, function()
      coroutine.yield()
      error "late"
    end)
    local first = coroutine.create(function() return post(slow, posting.event(1)) end)
    assert(coroutine.resume(first))
    assert.equal(503, (post(new(), posting.event(1))))
    local _, status = coroutine.resume(first)
    assert.equal(500, status)
    assert.equal(200, (post(new(), posting.event(1))))
  end)

  it("is handed over in the order in which it comes, with what tells the true one", function()
    local webhook = new()
    local sid = posting.event(1).call_sid
    local terminal = { call_sid = sid, event_type = "terminal", status = "completed" }
    local answered = { call_sid = sid, event_type = "answered", status = "in-progress" }
    for _, event in ipairs { terminal, answered, terminal, answered } do
      assert.equal(200, (post(webhook, event)))
    end
    assert.equal(2, #seen)
    assert.same({ "terminal", true }, { seen[1].event.kind, seen[1].event.final })
    assert.same({ "answered", false }, { seen[2].event.kind, seen[2].event.final })
  end)

  it("comes again later when the store is gone, and isn't handled meanwhile", function()
    local webhook = new()
    for _, name in ipairs { "lease", "get" } do
      store.fail = { [name] = true }
      local status, headers = post(webhook, posting.event(1))
      assert.same({ 503, "5", 0 }, { status, headers["retry-after"], #seen }, name)
      assert.equal("store", told[#told].err.kind)
    end
    store.fail = {}
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.same({ 1, 2 }, { #seen, webhook:counts().store_failed })
  end)

  it("comes again as soon as the store answers, which did all it was asked meanwhile", function()
    local webhook = new()
    store.lose = { add = true, get = true, lease = true, release = true }
    for _ = 1, 2 do assert.equal(503, (post(webhook, posting.event(1)))) end
    store.lose = {}
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.equal(1, #seen)
  end)

  it("isn't handled again by who was slow to begin, and has the lease when it is over", function()
    store.before = function(name) if name == "lease" then coroutine.yield() end end
    local slow = coroutine.create(function() return post(new(), posting.event(1)) end)
    assert(coroutine.resume(slow))
    store.before = nil
    assert.equal(200, (post(new(), posting.event(1))))
    store.clock = 61
    local ran, status = coroutine.resume(slow)
    assert.same({ true, 200, 1 }, { ran, status, #seen })
  end)

  it("is done when it was handled, also where the store can't confirm it", function()
    local webhook = new(nil, function() store.fail = { add = true } end)
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.same({ "store", 1 }, { told[1].err.kind, webhook:counts().handled })
    assert.equal(503, (post(webhook, posting.event(1)))) -- until its lease is over
  end)

  it("isn't hurt by a hook that fails", function()
    local webhook = new({ on_error = function() error "the hook's own" end },
      function() error "mine" end)
    assert.equal(500, (post(webhook, posting.event(1))))
    assert.equal(1, webhook:counts().hook_failed)
  end)

  it("by HEAD is none", function()
    local webhook = new()
    assert.equal(200, (webhook:handle("HEAD", QUERY .. "&CallSid=5c&Status=busy")))
    assert.equal(0, #seen)
  end)

  it("may wait in its function, on every Lua", function()
    local webhook = new(nil, function() coroutine.yield "waiting" end)
    local thread = coroutine.create(function() return post(webhook, posting.event(1)) end)
    assert.same({ true, "waiting" }, { coroutine.resume(thread) })
    local ran, status = coroutine.resume(thread)
    assert.same({ true, 200 }, { ran, status }, lua.name)
  end)
end)

describe("answer_first", function()
  it("leaves the function for behind the answer", function()
    local webhook = new { answer_first = true }
    local status, headers, body, after = post(webhook, posting.event(1))
    assert.same({ 200, {}, "", 0 }, { status, headers, body, #seen })
    assert.equal(503, (post(webhook, posting.event(1)))) -- it isn't done yet
    after()
    assert.equal(1, #seen)
    local again, _, _, none = post(webhook, posting.event(1))
    assert.same({ 200, nil, 1 }, { again, none, #seen })
  end)

  it("tells what is lost", function()
    local webhook = new({ answer_first = true }, function() error "mine" end)
    local _, _, _, after = post(webhook, posting.event(1))
    after()
    assert.truthy(tostring(told[1].err):find("mine", 1, true))
    assert.equal(1, webhook:counts().failed)
  end)

  it("isn't for applets", function()
    local webhook = new({ answer_first = true }, function() return applet.switch "sales" end)
    local status, _, body, after = ask(webhook)
    assert.same({ 200, '{"select":"sales"}', nil }, { status, body, after })
  end)
end)

describe("a webhook's tracker", function()
  local heard, answer, order

  local tracker = {}

  function tracker.heard(self, event)
    assert(self == tracker)
    heard[#heard + 1], order[#order + 1] = event, "heard"
    if answer == "raise" then error "its own" end
    if answer == "gone" then
      return nil, errors.new { kind = "store", reason = "unreachable", message = "it is gone" }
    end
    return answer
  end

  local function note() order[#order + 1] = "on_event" end

  before_each(function() heard, answer, order = {}, true, {} end)

  it("is told of each event once, before on_event, whether it says anything of a call or not",
    function()
      local webhook = new({ tracker = tracker }, note)
      for _ = 1, 2 do assert.equal(200, (post(webhook, posting.event(1)))) end
      answer = false
      assert.equal(200, (post(webhook, posting.event(2))))
      assert.same({ "heard", "on_event", "heard", "on_event" }, order)
      assert.same({ posting.event(1).call_sid, "terminal" }, { heard[1].call_sid, heard[1].kind })
      assert.equal(2, webhook:counts().handled)
    end)

  it("is told again of what it couldn't keep, and on_event of nothing before", function()
    local webhook = new({ tracker = tracker }, note)
    answer = "gone"
    local status, headers = post(webhook, posting.event(1))
    assert.same({ 503, "5", 0 }, { status, headers["retry-after"], #seen })
    assert.same({ "unreachable", posting.event(1).call_sid },
      { told[1].err.reason, told[1].event.call_sid })
    answer = true
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.same({ "heard", "heard", "on_event" }, order)
    assert.same({ 1, 0, 1 }, { webhook:counts().store_failed, webhook:counts().failed,
      webhook:counts().handled })
  end)

  it("may raise, and is told again", function()
    local webhook = new({ tracker = tracker }, note)
    answer = "raise"
    assert.equal(500, (post(webhook, posting.event(1))))
    assert.truthy(tostring(told[1].err):find("its own", 1, true))
    answer = true
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.same({ 1, 1 }, { webhook:counts().failed, #seen })
  end)

  it("is told behind the answer, with answer_first", function()
    local webhook = new({ tracker = tracker, answer_first = true }, note)
    local status, _, _, after = post(webhook, posting.event(1))
    assert.same({ 200, 0 }, { status, #heard })
    answer = "gone"
    after()
    assert.same({ { "heard" }, "unreachable" }, { order, told[1].err.reason })
    _, _, _, after = post(webhook, posting.event(1)) -- which isn't done
    answer = true
    after()
    assert.same({ "heard", "heard", "on_event" }, order)
  end)

  it("does without on_event", function()
    local webhook = webhooks.new { secrets = { SECRET }, store = store, tracker = tracker }
    assert.equal(200, (post(webhook, posting.event(1))))
    assert.equal(1, #heard)
    assert.same({ 200, {}, "" }, { ask(webhook) })
  end)

  it("is told nothing of what applets ask", function()
    local webhook = new { tracker = tracker }
    assert.equal(200, (ask(webhook)))
    assert.same({ 0, 1 }, { #heard, #seen })
  end)
end)

describe("a webhook's client", function()
  local ended, answer

  local client = {}

  function client.call_ended(self, event)
    assert(self == client)
    ended[#ended + 1] = event.call_sid or "nobody's"
    if answer == "raise" then error "its own" end
    if answer == "gone" then
      return nil, errors.new { kind = "store", reason = "unreachable", message = "it is gone" }
    end
    return true
  end

  before_each(function() ended, answer = {}, nil end)

  it("is told of a call's end once, when on_event has run, and of nothing else", function()
    local before
    local webhook = new({ client = client }, function() before = #ended end)
    local sid = posting.event(1).call_sid
    post(webhook, { call_sid = sid, event_type = "answered", status = "in-progress" })
    ask(webhook)
    post(webhook, { event_type = "terminal", status = "busy" }) -- of which call, nobody says
    assert.same({ {}, 3 }, { ended, #seen })
    for _ = 1, 2 do post(webhook, posting.event(1)) end
    assert.same({ { sid }, 0, 4 }, { ended, before, #seen })
  end)

  it("is told of it also when on_event fails: the call is over", function()
    local webhook = new({ client = client }, function() error "mine" end)
    for _ = 1, 2 do assert.equal(500, (post(webhook, posting.event(1)))) end
    assert.equal(2, #ended)
  end)

  it("may fail, which is told, and changes no answer", function()
    local webhook = new { client = client }
    answer = "gone"
    assert.equal(200, (post(webhook, posting.event(1))))
    answer = "raise"
    assert.equal(200, (post(webhook, posting.event(2))))
    assert.equal("unreachable", told[1].err.reason)
    assert.truthy(tostring(told[2].err):find("its own", 1, true))
    local counts = webhook:counts()
    assert.same({ 2, 1, 1, 0 },
      { counts.handled, counts.store_failed, counts.hook_failed, counts.failed })
  end)

  it("is told behind the answer, with answer_first", function()
    local webhook = new { client = client, answer_first = true }
    local _, _, _, after = post(webhook, posting.event(1))
    assert.same({}, ended)
    after()
    assert.equal(1, #ended)
  end)
end)

describe("a client on the sandbox that may have one call in progress", function()
  local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000",
                 status_callback = "http://127.0.0.1:1/", status_callback_events = { "terminal" } }
  local service, client, webhook

  before_each(function()
    service = assert(sandbox.start { speed = 0 })
    client = service:client { limiter = limiter.new { calls = 1, store = memory.new() } }
    webhook = new { client = client }
  end)

  after_each(function() service:stop() end)

  local function bring(posted, to)
    return (to:handle("POST", QUERY, { ["content-type"] = posted.content_type }, posted.body))
  end

  local function refused()
    local call, err = client:connect(DIAL)
    assert.is_nil(call)
    assert.same({ "calls", "not_sent" }, { err.reason, err.outcome })
  end

  it("makes the next when the webhook has heard the end of the first, and never two", function()
    local first = assert(client:connect(DIAL))
    refused()
    service:advance(60)
    refused() -- the call is over, but nobody said so
    local posted = service:callbacks()[1]
    assert.equal(200, bring(posted, webhook))
    assert.same({ first.sid, true }, { seen[1].event.call_sid, seen[1].event.final })
    assert(client:connect(DIAL))
    assert.equal(200, bring(posted, webhook)) -- of the first, again
    store = tiny_store.new()
    assert.equal(200, bring(posted, new { client = client })) -- to one that doesn't know it
    assert.equal(2, #seen)
    refused()
    assert.equal(2, #service:dials())
  end)
end)

describe("what an applet asks", function()
  local count

  local function numbered()
    count = count + 1
    return applet.switch(("case %d"):format(count))
  end

  before_each(function() count = 0 end)

  it("is answered by the function's reply", function()
    local webhook = new(nil, function(event)
      return applet.gather { gather_prompt = { text = "You pressed " .. event.digits } }
    end)
    local status, headers, body = ask(webhook)
    assert.same({ 200, "application/json", '{"gather_prompt":{"text":"You pressed 1"}}' },
      { status, headers["content-type"], body })
    webhook = new(nil, function() return applet.passthru "b" end)
    status, headers, body = ask(webhook, { digits = "2" })
    assert.same({ 302, {}, "" }, { status, headers, body })
    webhook = new(nil, function() end)
    assert.same({ 200, {}, "" }, { ask(webhook, { digits = "3" }) })
  end)

  it("is given the same answer again, and never none", function()
    local webhook = new(nil, numbered)
    for _ = 1, 3 do
      local status, headers, body = ask(webhook)
      assert.same({ 200, "text/plain", '{"select":"case 1"}' },
        { status, headers["content-type"], body })
    end
    assert.equal(1, #seen)
    local _, _, body = ask(new(nil, numbered)) -- by another worker
    assert.equal('{"select":"case 1"}', body)
    store.clock = 61
    _, _, body = ask(webhook)
    assert.equal('{"select":"case 2"}', body)
  end)

  it("is asked by HEAD and by GET, and answered once", function()
    local webhook = new(nil, function() return applet.greeting "Welcome" end)
    local status, headers = ask(webhook, nil, "HEAD")
    assert.same({ 200, "text/plain", 1 }, { status, headers["content-type"], #seen })
    local _, _, body = ask(webhook, nil, "GET")
    assert.same({ "Welcome", 1 }, { body, #seen })
  end)

  it("is another question at another path, at another time, and with other digits", function()
    local webhook = new(nil, numbered)
    ask(webhook)
    ask(webhook, nil, "GET", "/other")
    ask(webhook, { digits = "2" })
    local _, _, body = ask(webhook, { current_time = "2026-11-03 16:21:09" })
    assert.same({ 4, '{"select":"case 4"}' }, { #seen, body })
  end)

  it("gets one answer when it comes twice at once, though both ask the function", function()
    local webhook = new(nil, function()
      local reply = numbered()
      coroutine.yield()
      return reply
    end)
    local threads, bodies = {}, {}
    for index = 1, 2 do
      threads[index] = coroutine.create(function() return ask(webhook) end)
      assert(coroutine.resume(threads[index]))
    end
    for index = 2, 1, -1 do
      local _, _, _, body = coroutine.resume(threads[index])
      bodies[index] = body
    end
    assert.same({ '{"select":"case 2"}', '{"select":"case 2"}' }, bodies)
  end)

  it("is asked again when the function failed, or returned no reply", function()
    local reply = { status = 200, headers = {}, body = "" }
    local webhook = new(nil, function()
      if reply == "raise" then error "mine" end
      return reply
    end)
    assert.equal(500, (ask(webhook)))
    assert.equal("on_event returned no reply of exotel.applet", told[1].err)
    reply = "raise"
    assert.equal(500, (ask(webhook)))
    reply = applet.passthru "b"
    assert.equal(302, (ask(webhook)))
    assert.same({ 3, 2 }, { #seen, webhook:counts().failed })
  end)

  it("is asked again when the reply couldn't be built, which is told", function()
    local number = "nobody"
    local webhook = new(nil, function() return applet.dial_whom { number } end)
    assert.equal(500, (ask(webhook)))
    assert.same({ "invalid", asked.call_sid }, { told[1].err.kind, told[1].event.call_sid })
    number = "09876543210"
    local status, _, body = ask(webhook)
    assert.same({ 200, number, 1 }, { status, body, webhook:counts().failed })
  end)

  it("is answered when the store is gone, too", function()
    local webhook = new(nil, numbered)
    store.fail = { get = true, add = true, lease = true, release = true }
    local status, _, body = ask(webhook)
    assert.same({ 200, '{"select":"case 1"}' }, { status, body })
    assert.same({ 2, 2 }, { #told, webhook:counts().store_failed })
  end)

  it("is no agent's event: that is handled once", function()
    local webhook = new()
    for _ = 1, 2 do
      local status = ask(webhook, { agent_status = "busy", event_type = "Dial" })
      assert.equal(200, status)
    end
    assert.same({ 1, "agent" }, { #seen, seen[1].event.kind })
  end)
end)

describe("a webhook's settings", function()
  local function with(more)
    local settings = { secrets = { SECRET }, store = store, on_event = function() end }
    for name, value in pairs(more) do settings[name] = value end
    return function() return webhooks.new(settings) end
  end

  for _, row in ipairs {
    { { secret = SECRET }, "setting 'secret' is not known (did you mean 'secrets'?)" },
    { { secrets = SECRET },
      "setting 'secrets' wants a list of 1 to 8 strings of at least 16 bytes" },
    { { secrets = {} }, "setting 'secrets' wants a list" },
    { { secrets = { "too short" } }, "setting 'secrets' wants a list" },
    { { store = {} }, "setting 'store' wants a store" },
    { { on_event = "x" }, "setting 'on_event' wants a function" },
    { { tracker = {} }, "setting 'tracker' wants a tracker" },
    { { client = { heard = print } }, "setting 'client' wants a client" },
    { { on_reject = 1 }, "setting 'on_reject' wants a function" },
    { { answer_first = 1 }, "setting 'answer_first' wants true or false" },
    { { max_body = 1048577 }, "setting 'max_body' wants a whole number, of 1024 KiB at most" },
    { { hold = 0 }, "setting 'hold' wants a number above 0" },
    { { remember = -1 }, "setting 'remember' wants a number above 0" },
    { { remember = 367 * 86400 },
      "setting 'remember' wants a number above 0, at most a year" },
    { { remember_answers = "1" }, "setting 'remember_answers' wants a number above 0" },
    { { parameter = "" }, "setting 'parameter' wants a name" },
  } do
    it("are refused: " .. row[2], function()
      local ran, message = pcall(with(row[1]))
      assert.is_false(ran)
      assert.truthy(message:find("exotel.webhook.new: " .. row[2], 1, true), message)
      assert.is_nil(message:find(SECRET, 1, true))
    end)
  end

  it("must be there", function()
    for _, name in ipairs { "secrets", "store", "on_event" } do
      local settings = { secrets = { SECRET }, store = store, on_event = function() end }
      settings[name] = nil
      assert.equal(("exotel.webhook.new: setting '%s' is missing"):format(name),
        raised(function() webhooks.new(settings) end))
    end
    assert.equal("exotel.webhook.new: a table of settings is wanted, got a nil",
      raised(function() webhooks.new() end))
  end)
end)
