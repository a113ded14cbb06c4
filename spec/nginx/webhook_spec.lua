-- exotel.webhook.nginx: a webhook in a real nginx, with two workers over one shared dictionary.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"
local sys = require "exotel.sys"

local LONG = 60 -- seconds that nothing here should ever need
local SECRET = ("s3cret--"):rep(2)

-- Each event is a line in a file, with who took it and where its body was: written before and
-- behind what the custom field asks for.
local WEBHOOK = [[
local applet = require "exotel.applet"
local function note(what, event)
  local file = assert(io.open("@directory@/events", "a"))
  file:write(what, " ", ngx.worker.pid(), " ", event.call_sid, " ",
    ngx.req.get_body_file() and "file" or "memory", "\n")
  file:close()
end
local settings = {
  secrets = { "@secret@" }, store = require("exotel.store.shdict").new(ngx.shared.seen),
  on_event = function(event, request)
    note("begun", event)
    local asked = event.custom_field or ""
    if asked:find "^slow" then ngx.sleep(tonumber(asked:match "%d+%.?%d*")) end
    if asked:find "^die" then
      local begun = io.open "@directory@/died"
      if not begun then
        assert(io.open("@directory@/died", "w")):close()
        ngx.sleep(60)
      end
      if begun then begun:close() end
    end
    if asked == "wrong" then error "no such thing" end
    if asked == "exit" then ngx.exit(500) end
    note("done", event)
    if event.kind == "passthru" then
      return applet.switch(("%s %d"):format(request.path, ngx.worker.pid()))
    end
  end,
  on_reject = function(body)
    local file = assert(io.open("@directory@/rejected", "w"))
    file:write(body)
    file:close()
  end,
  hold = @hold@, answer_first = @answer_first@,
}
return require("exotel.webhook").new(settings)
]]

local HTTP = [[
  lua_shared_dict seen 1m;
  client_body_buffer_size 16k;
  client_max_body_size @most@;
  init_by_lua_block {
    package.path = "@directory@/?.lua;" .. package.path
    require "webhook"
  }
  server {
    listen 127.0.0.1:@web@ reuseport;
    location / {
      content_by_lua_block { require("exotel.webhook.nginx").handle(require "webhook") }
    }
    location = /none {
      content_by_lua_block {
        local _, message = pcall(function() require("exotel.webhook.nginx").handle(true) end)
        ngx.print(message)
      }
    }
  }
]]

describe("a webhook in nginx", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  local function start(options)
    local words = { secret = SECRET, hold = 60, answer_first = "false", most = "2m" }
    for name, value in pairs(options or {}) do words[name] = tostring(value) end
    server = nginx.start { http = HTTP, workers = 2, words = words,
                           files = { ["webhook.lua"] = WEBHOOK } }
  end

  local TARGET = "/exotel?secret=" .. SECRET

  local function post(event, content_type)
    return (posting.post(server.ports.web, TARGET, event, content_type or posting.JSON))
  end

  local function request(...) return posting.request(server.ports.web, ...) end

  -- The lines that were noted: { what, pid, sid, where }.
  local function noted()
    local list = {}
    for what, pid, sid, where in server:read("events"):gmatch "(%a+) (%d+) (%a+) (%a+)\n" do
      list[#list + 1] = { what = what, pid = tonumber(pid), sid = sid, where = where }
    end
    return list
  end

  local function until_noted(what)
    local stop = sys.now() + LONG
    repeat
      for _, one in ipairs(noted()) do
        if one.what == what then return one end
      end
      sys.sleep(0.01)
    until sys.now() > stop
    error("nothing " .. what)
  end

  -- A request that is sent and not waited for: its connection.
  local function begin(event)
    local body, whole = exotel.build_callback(event, posting.JSON)
    local peer = posting.connect(server.ports.web)
    assert(peer:send(posting.bytes("POST", TARGET, { ["Content-Type"] = whole,
                                                     Connection = "close" }, body)))
    return peer
  end

  local function status_of(peer)
    local text, why, part = peer:receive "*a"
    peer:close()
    text = text or part
    return tonumber(text:match "^HTTP/1.1 (%d+)"), why
  end

  it("takes events in each encoding, from memory and from a file, once each", function()
    start()
    for number, content_type in ipairs { posting.JSON, posting.FORM, posting.MULTIPART } do
      for _, text in ipairs { "short", ("long "):rep(20000) } do
        local event = posting.event(number)
        event.custom_field = text
        for _ = 1, 3 do assert.equal(200, post(event, content_type)) end
      end
    end
    local list = noted()
    assert.equal(12, #list)
    for index, one in ipairs(list) do
      assert.equal((index - 1) % 4 < 2 and "memory" or "file", one.where, index)
    end
    assert.equal("", server:log():gsub("[^\n]* a client request body is buffered [^\n]*\n", ""))
  end)

  it("handles an event once that comes three times at once to two workers", function()
    start()
    local pids = {}
    for number = 1, 20 do
      local event, peers, statuses = posting.event(number), {}, {}
      event.custom_field = "slow 0.05"
      for index = 1, 3 do peers[index] = begin(event) end
      for index = 1, 3 do statuses[index] = status_of(peers[index]) end
      table.sort(statuses)
      assert.equal(200, statuses[1])
      assert.is_true(statuses[2] == 503 or statuses[2] == 200)
      assert.equal(200, post(event)) -- whoever was sent away comes again
    end
    local done = {}
    for _, one in ipairs(noted()) do
      if one.what == "done" then
        assert.is_nil(done[one.sid])
        done[one.sid], pids[one.pid] = true, true
      end
    end
    for number = 1, 20 do assert.is_true(done[posting.event(number).call_sid]) end
    local workers = 0
    for _ in pairs(pids) do workers = workers + 1 end
    assert.equal(2, workers) -- both had some
  end)

  it("hands an event to the other worker when the first is killed in the middle", function()
    start { hold = 1 }
    local event = posting.event(1)
    event.custom_field = "die"
    local peer = begin(event)
    local victim = until_noted "begun".pid
    assert.equal(503, post(event))
    assert.is_true(os.execute("kill -9 " .. victim) ~= nil)
    assert.is_nil((status_of(peer)))
    local stop = sys.now() + LONG
    while post(event) == 503 and sys.now() < stop do sys.sleep(0.05) end
    assert.equal(200, post(event))
    local count = { begun = 0, done = 0 }
    for _, one in ipairs(noted()) do count[one.what] = count[one.what] + 1 end
    assert.same({ begun = 2, done = 1 }, count)
  end)

  it("answers 500 and takes the event again when the function fails", function()
    start()
    local event = posting.event(1)
    event.custom_field = "wrong"
    for _ = 1, 2 do assert.equal(500, post(event)) end
    local count = 0
    for _, one in ipairs(noted()) do count = count + (one.what == "begun" and 1 or 0) end
    assert.equal(2, count)
  end)

  it("keeps the event from others for a while where the function ends the request", function()
    start()
    local event = posting.event(1)
    event.custom_field = "exit"
    assert.equal(500, post(event))
    assert.equal(503, post(event))
    assert.equal(1, #noted())
  end)

  it("gives an applet the same answer again, from whichever worker", function()
    start()
    local query = "&CallSid=abc&CallFrom=09876543210&flow_id=926"
    local _, first, head = request("GET", "/menu?secret=" .. SECRET .. query)
    assert.truthy(first:find('^{"select":"/menu %d+"}$'), first)
    assert.truthy(head:lower():find("\r\ncontent-type: text/plain\r\n", 1, true), head)
    for _ = 1, 20 do
      local status, again = request("GET", "/menu?secret=" .. SECRET .. query)
      assert.same({ 200, first }, { status, again })
    end
    local _, other = request("GET", "/other?secret=" .. SECRET .. query)
    assert.truthy(other:find("/other", 1, true), other)
    local status, rest = request("HEAD", "/menu?secret=" .. SECRET .. query)
    assert.same({ 200, "" }, { status, rest })
  end)

  it("refuses what isn't for it, and hands over what it can't read", function()
    start()
    local function status(...) return (request(...)) end
    assert.equal(403, status("POST", "/exotel", nil, "CallSid=1"))
    assert.equal(403, status("POST", TARGET .. "0", nil, "CallSid=1"))
    assert.equal(405, status("DELETE", TARGET))
    assert.equal(413, status("POST", TARGET, nil, ("a"):rep(1048577)))
    assert.equal(400, status("POST", TARGET, { ["Content-Type"] = posting.JSON }, "{\255"))
    assert.equal("{\255", server:read "rejected")
    local _, rest, head = request("DELETE", TARGET)
    assert.truthy(head:lower():find("\r\nallow: get, head, post\r\n", 1, true), head)
    assert.equal("", rest)
    assert.equal(0, #noted())
  end)

  -- One of chunks, which says nothing of its length: nginx takes what client_max_body_size lets it.
  it("doesn't read the whole of a file that is too long", function()
    start { most = "1g" }
    local function most_memory()
      local most = 0
      for _, pid in ipairs(server:workers()) do
        for line in io.lines(("/proc/%d/status"):format(pid)) do
          most = math.max(most, tonumber(line:match "^VmHWM:%s*(%d+) kB") or 0)
        end
      end
      return most
    end
    assert.equal(200, post(posting.event(1)))
    local before, chunk = most_memory(), "100000\r\n" .. ("a"):rep(1048576) .. "\r\n"
    local peer = posting.connect(server.ports.web)
    assert(peer:send(posting.bytes("POST", TARGET, { ["Transfer-Encoding"] = "chunked",
                                                     Connection = "close" })))
    for _ = 1, 64 do assert(peer:send(chunk)) end
    assert(peer:send "0\r\n\r\n")
    assert.equal(413, (status_of(peer)))
    assert.is_true(most_memory() - before < 16384, most_memory() - before)
  end)

  it("answers first, where it is told to", function()
    start { answer_first = true }
    local event = posting.event(1)
    event.custom_field = "slow 1"
    local peer = begin(event)
    assert.equal("HTTP/1.1 200 OK", peer:receive "*l")
    for _, one in ipairs(noted()) do assert.equal("begun", one.what) end
    assert.equal(503, post(event))
    until_noted "done"
    peer:close()
    assert.equal(200, post(event))
    assert.equal(2, #noted())
  end)

  it("says at its caller's line that it was given no webhook", function()
    start()
    local _, text = request("GET", "/none")
    assert.truthy(text:find("content_by_lua%([^)]*%):2: exotel.webhook.nginx.handle wants a"
      .. " webhook, got a boolean"), text)
  end)

  it("says elsewhere what it is for", function()
    local mounted = require "exotel.webhook.nginx"
    assert.has_error(function() mounted.handle {} end,
      "exotel.webhook.nginx.handle is for a handler of nginx")
  end)

  it("takes nothing of this library but exotel.core", function()
    start()
    post(posting.event(1))
    local found = {}
    for _, pid in ipairs(server:workers()) do
      for line in io.lines(("/proc/%d/maps"):format(pid)) do
        found[line:match "/exotel/([%l_]+)%.so" or "none"] = true
      end
    end
    assert.same({ core = true, none = true }, found)
  end)
end)
