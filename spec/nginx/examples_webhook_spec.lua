local exotel = require "exotel"
local lua = require "spec.support.lua"
local mounted = require "spec.support.mounted"
local posting = require "spec.support.posting"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need

-- What on_event.lua is here: a line in a file for each event that Lua was given, with where its
-- body was and who took it. No lock is needed: a line this short is appended whole.
local KEEPING = [[
local exotel = require "exotel"
return function(event)
  if event.custom_field == "wrong" then error("no such thing") end
  local where = ngx.req.get_body_file() and "file" or "memory"
  local file = assert(io.open("@directory@/events", "a"))
  file:setvbuf("full", 1048576)
  local json = exotel.build_callback(event, "application/json")
  file:write(where, " ", ngx.worker.pid(), " ", json, "\n")
  file:close()
end
]]

local TYPES = { posting.JSON, posting.FORM, posting.MULTIPART }

describe("the example's webhook", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  local function start(options)
    options = options or {}
    options.files = options.files or { ["on_event.lua"] = KEEPING }
    server = mounted.start(options)
  end

  -- What was kept: a list of { where, pid, event }.
  local function kept()
    local list = {}
    for where, pid, json in server:read("events"):gmatch "(%a+) (%d+) (.-)\n" do
      list[#list + 1] = { where = where, pid = tonumber(pid),
                          event = assert(exotel.parse_callback(json, posting.JSON)) }
    end
    return list
  end

  -- All that was sent came back, in each field.
  local function assert_same(sent, got)
    for name, value in pairs(sent) do
      if type(value) == "table" then
        assert_same(value, got[name])
      else
        assert.equal(value, got[name], name)
      end
    end
  end

  local function until_logged(name, text)
    local stop = sys.now() + LONG
    while not server:read(name):find(text, 1, true) and sys.now() < stop do sys.sleep(0.01) end
    return server:read(name)
  end

  it("takes a thousand of each content type, and loses none", function()
    start()
    local number, sent = 0, {}
    for _, content_type in ipairs(TYPES) do
      for _ = 1, 1000 do
        number = number + 1
        local event = posting.event(number)
        sent[event.call_sid] = event
        assert.equal(200, (mounted.post(server, event, content_type)))
      end
    end
    local list = kept()
    assert.equal(3000, #list)
    for _, one in ipairs(list) do
      assert_same(assert(sent[one.event.call_sid]), one.event)
      assert.equal("terminal", one.event.kind)
      sent[one.event.call_sid] = nil
    end
    assert.is_nil(next(sent))
    assert.equal("", server:log())
    assert.equal("", server:read "logs/webhook_error.log")
  end)

  it("hands over once what comes three times, to any worker and in any encoding", function()
    start { workers = 2 }
    for number = 1, 20 do
      for _, content_type in ipairs(TYPES) do
        assert.equal(200, (mounted.post(server, posting.event(number), content_type)))
      end
      assert.equal(number, #kept())
    end
  end)

  it("has events come again where there is no room to remember them", function()
    start { changes = { ["lua_shared_dict events 10m;"] = "lua_shared_dict events 12k;" } }
    local number = 0
    local status
    repeat
      number = number + 1
      status = mounted.post(server, posting.event(number), posting.FORM)
    until status ~= 200 or number == 1000
    assert.equal(503, status)
    assert.truthy(until_logged("logs/webhook_error.log", "no memory"))
  end)

  it("reads a body from memory, and from the file that nginx put it into", function()
    local name = "client_body_buffer_size 16k;"
    for where, changes in pairs {
      memory = { [name] = "client_body_buffer_size 128k;" }, file = { [name] = name },
    } do
      start { changes = changes }
      for number, content_type in ipairs(TYPES) do
        local event = posting.event(number)
        event.custom_field = event.custom_field .. ("0123456789abcdef"):rep(4000)
        assert.equal(200, (mounted.post(server, event, content_type)))
        local one = kept()[number]
        assert.equal(where, one.where)
        assert_same(event, one.event)
      end
      server:stop()
    end
  end)

  it("answers what isn't a webhook of this account by its status", function()
    start()
    local path = server.hook:match "^[^?]*"
    local event, body = posting.event(1), '{"CallSid":"1"}'
    local function status(...) return (mounted.request(server, ...)) end
    assert.equal(403, status("POST", path, nil, body))
    assert.equal(403, status("POST", path .. "?secret=", nil, body))
    assert.equal(403, status("POST", server.hook .. "0", nil, body))
    assert.equal(403, status("POST", server.hook:sub(1, -2), nil, body))
    assert.equal(400, status("POST", server.hook, { ["Content-Type"] = posting.JSON }, "{"))
    assert.equal(413, status("POST", server.hook, nil, ("a"):rep(1048577)))
    assert.equal(404, status("POST", "/exotel", nil, body))
    local got, _, head = mounted.request(server, "GET", server.hook)
    assert.equal(405, got)
    assert.truthy(head:find("\r\nAllow: POST\r\n", 1, true))
    event.custom_field = "wrong"
    assert.equal(500, (mounted.post(server, event, posting.FORM)))
    assert.equal(0, #kept())
    event.custom_field = "right"
    assert.equal(200, (mounted.post(server, event, posting.FORM)))
    assert.equal(1, #kept())
  end)

  it("keeps the secret out of the access log, and out of what Lua logs", function()
    start()
    local wrong = posting.event(1)
    wrong.custom_field = "wrong"
    local long = posting.event(2)
    long.custom_field = ("0"):rep(100000)
    assert.equal(200, (mounted.post(server, posting.event(3), posting.FORM)))
    assert.equal(200, (mounted.post(server, long, posting.FORM)))
    assert.equal(500, (mounted.post(server, wrong, posting.FORM)))
    assert.equal(400, (mounted.request(server, "POST", server.hook,
                                       { ["Content-Type"] = posting.JSON }, "{")))
    assert.equal(405, (mounted.request(server, "GET", server.hook)))
    assert.equal(404, (mounted.request(server, "GET", "/other?secret=" .. mounted.SECRET)))
    local access = until_logged("logs/access.log", "/other")
    assert.equal(6, select(2, access:gsub("\n", "\n")))
    assert.falsy(access:find(mounted.SECRET, 1, true))
    local said = until_logged("logs/webhook_error.log", "not JSON")
    assert.truthy(said:find("event terminal of call " .. wrong.call_sid, 1, true))
    assert.truthy(said:find("on_event.lua:3: no such thing", 1, true))
    assert.truthy(said:find("parse_callback: not JSON", 1, true))
    assert.falsy(said:find(mounted.SECRET, 1, true))
    assert.equal("", server:log())
  end)

  it("leaves to nginx what it writes into the webhook's own error log: the whole URL", function()
    start()
    assert.equal(413, (mounted.request(server, "POST", server.hook, nil, ("a"):rep(1048577))))
    local said = until_logged("logs/webhook_error.log", "too large body")
    assert.truthy(said:find(mounted.SECRET, 1, true))
    assert.equal("", server:log())
    assert.falsy(until_logged("logs/access.log", " 413 "):find(mounted.SECRET, 1, true))
  end)

  it("remembers the last status of a call, over a reload and against what comes late", function()
    start { files = {}, workers = 2 }
    local event = posting.event(1)
    local function told(sid)
      local status, rest = mounted.request(server, "GET", "/click-to-call?sid=" .. sid)
      return status, rest:match "\r\n(.-)\n"
    end
    assert.equal(404, (told(event.call_sid)))
    event.event_type, event.status = "answered", "in-progress"
    assert.equal(200, (mounted.post(server, event, posting.FORM)))
    assert.same({ 200, "in-progress" }, { told(event.call_sid) })
    event.event_type, event.status = "terminal", "completed"
    assert.equal(200, (mounted.post(server, event, posting.FORM)))
    assert.same({ 200, "completed" }, { told(event.call_sid) })
    event.event_type, event.status = "answered", "in-progress"
    event.conversation_duration = 61 -- so that it is another than the first
    assert.equal(200, (mounted.post(server, event, posting.FORM)))
    server:reload()
    assert.same({ 200, "completed" }, { told(event.call_sid) })
  end)

  it("loses nothing while nginx is told to reload", function()
    start { workers = 2 }
    local posters, sent, answered = {}, 0, {}
    for index, content_type in ipairs(TYPES) do
      posters[index] = assert(sys.spawn { lua.name, "spec/support/posting.lua",
        tostring(server.ports.web), server.hook, content_type, tostring(index * 1000000),
        server.directory .. "/stop" })
    end
    -- Takes a line of a poster: false when there is none so soon.
    local function read_from(poster, seconds)
      local line = poster:read_line(seconds)
      if not line then return false end
      local number, status = line:match "^(%d+)\t(%d+)$"
      assert.equal("200", status)
      answered[tonumber(number)], sent = true, sent + 1
      return true
    end
    -- Reads on until one of these workers has taken a webhook.
    local function until_taken(workers)
      local stop = sys.now() + LONG
      repeat
        assert(sys.now() < stop)
        for _ = 1, 50 do -- whose pipes mustn't fill up
          for _, poster in ipairs(posters) do read_from(poster, 0.01) end
        end
        local text = server:read "events"
      until text:find(" " .. workers[1] .. " {", 1, true)
        or text:find(" " .. workers[2] .. " {", 1, true)
    end
    local generations, last = {}, 6
    for generation = 1, last do
      local workers = server:workers()
      for _, pid in ipairs(workers) do generations[pid] = generation end
      until_taken(workers)
      if generation < last then server:reload() end
    end
    assert(io.open(server.directory .. "/stop", "w")):close()
    for _, poster in ipairs(posters) do
      while read_from(poster, LONG) do end
      assert.equal(0, poster:wait(LONG))
      poster:close()
    end
    local list, took = kept(), {}
    assert.equal(sent, #list)
    for _, one in ipairs(list) do
      local number = tonumber(one.event.custom_field:match "^number (%d+)")
      assert.is_true(answered[number])
      answered[number] = nil
      assert_same(posting.event(number), one.event)
      took[generations[one.pid]] = true
    end
    assert.same({ true, true, true, true, true, true }, took)
    assert.equal("", server:log())
  end)

  it("doesn't start with a setting missing, and says which", function()
    for _, name in ipairs { "VOICE_SECRET", "VOICE_URL", "VOICE_CALLER_ID", "EXOTEL_API_TOKEN" } do
      local ok, message = pcall(start, { environment = { [name] = false } })
      assert.is_false(ok)
      assert.truthy(message:find(name, 1, true), message)
    end
    local ok, message = pcall(start, { environment = { VOICE_SECRET = "with & and more of it" } })
    assert.is_false(ok)
    assert.truthy(message:find("VOICE_SECRET", 1, true), message)
  end)
end)
