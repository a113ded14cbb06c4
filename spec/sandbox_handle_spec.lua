-- require "exotel.sandbox": a sandbox for a test, in a process of its own; what it is asked, and
-- that it is gone when nobody holds it any more, whatever became of its parent.
--
-- SPDX-License-Identifier: MIT

local alive = require "spec.support.alive"
local exotel = require "exotel"
local in_a_fork = require "spec.support.in_a_fork"
local lua = require "spec.support.lua"
local receiving = require "spec.support.receiving"
local sandbox = require "exotel.sandbox"
local socket = require "socket"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need
local HERE = debug.getinfo(1, "S").short_src
local EPOCH = 1795000000

local handle

local function start(options)
  handle = assert(sandbox.start(options))
  return handle
end

local function call(more)
  local params = { from = "+919876543210", to = "+919123456710", caller_id = "08039570000" }
  for name, value in pairs(more or {}) do params[name] = value end
  return params
end

-- The message of an error, which has to stand at a line of this file.
local function raised(fn, ...)
  local ok, message = exotel.pcall(fn, ...)
  assert.is_false(ok)
  local place, text = tostring(message):match "^(.-):%d+: exotel%.sandbox: (.*)$"
  assert.equal(HERE, place, tostring(message))
  return text
end

-- {=================================================================
-- Processes and ports
-- ==================================================================

local function listens(url)
  local host, port = url:match "//([^:]+):(%d+)"
  local connection = socket.connect(host, tonumber(port))
  if connection then connection:close() end
  return connection ~= nil
end

local function is_gone(url, pid)
  local stop = sys.now() + LONG
  while (pid and alive(pid) or listens(url)) and sys.now() < stop do sys.sleep(0.01) end
  return not (pid and alive(pid)) and not listens(url)
end

-- A program that starts a sandbox: its process, the sandbox's address and process id.
local function parent(chunk, program)
  local process = assert(sys.spawn { lua.name, "spec/support/parent.lua", program or "", chunk,
                                     stderr = false })
  local url = assert(process:read_line(LONG))
  return process, url, tonumber(assert(process:read_line(LONG)))
end

-- }=================================================================

after_each(function()
  if handle then handle:stop() end
  handle = nil
end)

describe("a sandbox for tests", function()
  it("runs, and is asked what happened", function()
    start { speed = 0, epoch = EPOCH, seed = 1 }
    local client = handle:client()
    local placed = assert(client:connect(call { status_callback = "http://127.0.0.1:1/",
                                                to = "+919123456701" }))
    assert.equal(EPOCH + 60, handle:advance(60))
    local dials, calls, callbacks = handle:dials(), handle:calls(), handle:callbacks()
    assert.same({ 1, 1, 3 }, { #dials, #calls, #callbacks })
    assert.same({ EPOCH, 200, placed.sid, "+919876543210" },
      { dials[1].at, dials[1].status, dials[1].call_sid, dials[1].form.From })
    assert.same({ placed.sid, "busy", "busy", 1, 0.75 }, { calls[1].sid, calls[1].status,
      calls[1].legs[2].status, calls[1].legs[1].on_call_duration, calls[1].price })
    assert.same({ EPOCH + 2.5, "connect", 1 },
      { callbacks[1].at, callbacks[1].failure, callbacks[1].attempt })
    local read = assert(client:call_details(placed, { details = true }))
    for name, value in pairs(read) do assert.same(value, calls[1][name], name) end
  end)

  it("has empty journals at first", function()
    start()
    assert.same({ {}, {}, {} }, { handle:dials(), handle:calls(), handle:callbacks() })
  end)

  it("says how a client gets to it", function()
    start { sid = "acme", key = "k", token = "t" }
    assert.same({ "acme", "k", "t" }, { handle.account_sid, handle.api_key, handle.api_token })
    assert.same({ account_sid = "acme", api_key = "k", api_token = "t", base_url = handle.url,
                  proxy = false }, handle:settings())
    assert.same({ account_sid = "acme", api_key = "k", api_token = "x", base_url = handle.url,
                  proxy = false, retries = 0 }, handle:settings { api_token = "x", retries = 0 })
    local dialled, err = handle:client({ max_dials = 0 }):connect(call())
    assert.is_nil(dialled)
    assert.equal("max_dials", err.reason)
    assert.equal("acme", assert(handle:client():balance()).account_sid)
    assert.truthy(tostring(handle):find(handle.url, 1, true))
  end)

  it("takes the options of the command line", function()
    start { history = 3, call_seconds = 7, ring_seconds = "0", speed = 100, rate_limit = 0 }
    local client = handle:client()
    assert.equal(3, client:calls({ date_created = { gte = os.time() - 150 * 86400 } }):total())
    assert(client:connect(call()))
    handle:advance(8)
    assert.equal(7, handle:calls()[1].conversation_duration)
  end)

  it("raises wrong options where it is started", function()
    for _, row in ipairs {
      { { sped = 1 }, "option 'sped' is not known (did you mean 'speed'?)" },
      { { ["ring-seconds"] = 1 },
        "option 'ring-seconds' is not known (did you mean 'ring_seconds'?)" },
      { { help = true }, "option 'help' is not known" },
      { { until_stdin_ends = true }, "option 'until_stdin_ends' is not known" },
      { { "x" }, "option '1' is not known" },
      { { speed = "fast" }, "speed wants a number from 0 to 1000000, got 'fast'" },
      { { ring_seconds = -1 }, "ring_seconds wants seconds from 0 to 1000000000, got '-1'" },
      { { port = 65536 }, "port wants a number up to 65535" },
      { { speed = print }, "option 'speed' wants a string or a number, got a function" },
      { { speed = { {} } }, "option 'speed' wants a string or a number, got a table" },
      { { lua = 5.4 }, "option 'lua' wants a string, got a number" },
      { 7, "start wants a table of options, got a number" },
    } do
      assert.equal(row[2], raised(function() sandbox.start(row[1]) end))
    end
    start()
    assert.matches("^setting 'retrys' is not known",
      raised(function() handle:client { retrys = 1 } end))
    assert.equal("client wants a table of settings, got a string",
      raised(function() handle:client "x" end))
  end)

  it("says why it didn't start", function()
    start()
    local port = tonumber(handle.url:match "%d+$")
    for _, row in ipairs {
      { { port = port }, "didn't start: cannot listen on 127%.0%.0%.1:" .. port },
      { { host = "no address" }, "didn't start: cannot listen on " },
      { { lua = "/no/such/lua" }, "didn't start: /no/such/lua: No such file" },
      { { lua = "false" }, "didn't start: it ended with exit code 1 before it listened" },
    } do
      local none, err = sandbox.start(row[1])
      assert.is_nil(none)
      assert.matches(row[2], err.message)
      assert.same({ "transport", "not_sent" }, { err.kind, err.outcome })
    end
  end)

  it("finds the Lua that runs here, or says that it doesn't", function()
    local before = arg
    _G.arg = nil
    local text = raised(function() sandbox.start() end)
    _G.arg = { [-1] = "game-engine", [0] = "main" }
    local other = raised(function() sandbox.start() end)
    _G.arg = { [0] = "main", [-1] = "-E", [-2] = lua.name }
    start()
    _G.arg = before
    assert.equal("nothing says which Lua runs here: give lua = its path", text)
    assert.equal(text, other)
  end)

  it("finds what the program that starts it has found", function()
    local paths = ("package.path, package.cpath = %q, %q"):format(package.path, package.cpath)
    local process = assert(sys.spawn { "env", "-u", "LUA_PATH", "-u", "LUA_CPATH", lua.name, "-e",
                                       paths, "spec/support/parent.lua", "", "" })
    assert.matches("^http://127%.0%.0%.1:%d+$", process:read_line(LONG))
    assert.is_string(process:read_line(LONG))
    assert.equal(0, process:wait(LONG))
    process:close()
  end)

  it("sends faults and incoming calls as forms, and flows as JSON", function()
    start { lua = "spec/support/standin.sh" }
    local FORM = "application/x-www-form-urlencoded"
    local rule = { fault = "close", every = 10, share = 0.5, placed = true, operation = "a&b" }
    local flow = { app_id = "926", applets = { { kind = "greeting", next = "b" }, { name = "b" } } }
    for _, row in ipairs {
      { "fault", rule, "faults", FORM,
        "every=10&fault=close&operation=a%26b&placed=true&share=0.5" },
      { "incoming", { from = "+919876543210", to = "08039570000", app_id = 926 }, "incoming", FORM,
        "app_id=926&From=%2B919876543210&To=08039570000" },
      { "digits", { from = "+91", digits = "1#" }, "digits", FORM, "digits=1%23&From=%2B91" },
      { "flow", flow, "flows", "application/json",
        '{"app_id":"926","applets":[{"kind":"greeting","next":"b"},{"name":"b"}]}' },
    } do
      local sent = handle[row[1]](handle, row[2])
      assert.same({ "POST", "/_sandbox/" .. row[3], row[4], row[5] },
        { sent.method, sent.path, sent.content_type, sent.body })
    end
    assert.same({ "request" }, handle:applets())
    handle:forget_faults()
    assert.same({ "DELETE /_sandbox/faults" }, handle:faults())
  end)

  it("raises what it refuses where it was asked", function()
    start { lua = "spec/support/standin.sh" }
    assert.equal("fault must be one", raised(function() handle:fault { fault = "wrong" } end))
    assert.equal("fault must be one", raised(function() handle:incoming { from = "wrong" } end))
    assert.equal("fault must be one", raised(function() handle:advance "wrong" end))
    for _, name in ipairs { "fault", "incoming", "digits", "flow" } do
      assert.matches(" wants a table, got a nil$", raised(function() handle[name](handle) end))
    end
    assert.matches("UTF%-8", raised(function() handle:flow { app_id = "\255" } end))
    for _, name in ipairs { "fault", "incoming" } do
      assert.matches(": 'x' wants a string, a number or a boolean, got a table$",
        raised(function() handle[name](handle, { x = {} }) end))
    end
    assert.equal("advance: 'seconds' wants a string, a number or a boolean, got a table",
      raised(function() handle:advance {} end))
  end)
end)

describe("a sandbox in a loop", function()
  local receiver

  before_each(function() receiver = receiving.start() end)
  after_each(function() receiver:stop() end)

  it("is asked without blocking the others", function()
    start { speed = 0 }
    local client = handle:client { transport = receiver.loop }
    local statuses = receiver:run(function()
      assert(client:connect(call { status_callback = receiver.url .. "/hook",
                                   status_callback_events = { "terminal" } }))
      handle:advance(10)
      return { handle:callbacks()[1].status, handle:calls()[1].status, #handle:dials() }
    end)
    assert.same({ 200, "completed", 1 }, statuses)
    assert.same({ "/hook", "completed" },
      { receiver.received[1].path, receiver.received[1].event.status })
  end)

  it("says where it would have to block", function()
    start()
    local text = receiver:run(function()
      return coroutine.wrap(function() return raised(function() handle:dials() end) end)()
    end)
    assert.equal("used in a coroutine of the task's own, which the loop can't resume", text)
  end)

  it("can be stopped while it is asked", function()
    start { speed = 0 }
    receiver.answer = function() handle:stop() end
    local text = receiver:run(function()
      local client = handle:client { transport = receiver.loop }
      assert(client:connect(call { status_callback = receiver.url }))
      return raised(function() handle:advance(10) end)
    end)
    assert.equal("the sandbox was stopped", text)
  end)
end)

describe("a sandbox's process", function()
  it("is gone once it was stopped, also twice", function()
    start()
    local url, pid = handle.url, handle.process:pid()
    assert.is_true(alive(pid) and listens(url))
    handle:stop()
    assert.is_false(alive(pid) or listens(url))
    handle:stop()
    assert.equal("exotel.sandbox at " .. url .. ", stopped", tostring(handle))
    for _, name in ipairs { "dials", "calls", "callbacks" } do
      assert.equal("the sandbox was stopped", raised(function() handle[name](handle) end))
    end
    assert.equal("the sandbox was stopped", raised(function() handle:advance(1) end))
  end)

  it("is gone once its handle was closed", function()
    local closed = assert(sandbox.start())
    local url, pid = closed.url, closed.process:pid()
    assert.is_true(alive(pid) and listens(url))
    getmetatable(closed).__close(closed)
    assert.is_false(alive(pid) or listens(url))
  end)

  it("is gone once its handle was collected", function()
    local function lose()
      local lost = assert(sandbox.start())
      return lost.url, lost.process:pid()
    end
    local url, pid = lose()
    collectgarbage()
    collectgarbage()
    assert.is_false(alive(pid) or listens(url))
  end)

  it("stays while a client of it is there", function()
    local client = assert(sandbox.start()):client()
    collectgarbage()
    collectgarbage()
    assert.truthy(client:balance())
  end)

  it("says how it ended", function()
    start()
    handle.process:signal "KILL"
    assert.is_true(is_gone(handle.url, handle.process:pid()))
    assert.equal("the sandbox was ended by signal 9", raised(function() handle:dials() end))
  end)

  it("belongs to the process that started it", function()
    start()
    assert.equal(0, in_a_fork(function() handle:stop() return true end))
    assert.same({}, handle:dials())
  end)

  -- What the parent does, and what takes its place: an interpreter whose own child is the
  -- sandbox ends by a signal with its parent, so that only the pipe is left to tell.
  for _, row in ipairs {
    { "ends", "" }, { "ends without closing its state", "os.exit(0)" },
    { "raises an error", "error 'x'" },
    { "is killed", "io.read()" },
    { "is killed, and there is a script in between", "io.read()", "spec/support/wrapped_lua.sh" },
    { "is killed, and has another child that goes on",
      "os.execute 'sleep 30 >&- 2>&- &' io.read()", "spec/support/wrapped_lua.sh" },
    { "ends, and there is a script in between", "", "spec/support/wrapped_lua.sh" },
  } do
    it("is gone when its parent " .. row[1], function()
      local process, url, pid = parent(row[2], row[3])
      if row[2]:find "io.read" then
        assert.is_true(alive(pid) and listens(url))
        process:signal "KILL"
      end
      process:wait(LONG)
      assert.is_true(is_gone(url, pid))
      process:close()
    end)
  end
end)

describe("exotel sandbox --until-stdin-ends", function()
  it("reads on to the end", function()
    local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0",
                                       "--until-stdin-ends" })
    local url = assert(process:read_line(LONG))
    process:write(("x"):rep(10000) .. "\n")
    assert.is_true(listens(url))
    process:close_input()
    assert.equal(0, process:wait(LONG))
    assert.is_false(listens(url))
    process:close()
  end)

  it("wants one", function()
    local process = assert(sys.spawn { "sh", "-c",
      "exec " .. lua.name .. " bin/exotel sandbox --port=0 --until-stdin-ends <&-",
      stderr = false })
    assert.equal(2, process:wait(LONG))
    process:close()
  end)

  it("isn't how the sandbox ends otherwise", function()
    local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0" })
    local url = assert(process:read_line(LONG))
    process:close_input()
    assert.same({ nil, "timeout" }, { process:wait(0.2) })
    assert.is_true(listens(url))
    process:close()
  end)
end)
