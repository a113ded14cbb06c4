-- exotel.loop: tasks, stepping, closing, forking, pollers. What becomes of requests stands in
-- loop_request_spec.lua. Requests go to a server in this process that holds them until a row
-- answers, so that a row decides what is in flight when.
-- SPDX-License-Identifier: MIT

local cqueues = require "cqueues"
local exotel = require "exotel"
local socket = require "socket"
local sys = require "exotel.sys"
local looping = require "spec.support.looping"
local raw = require "spec.support.raw"

local LONG, SID = looping.LONG, looping.SID
local dial, get, finish = looping.dial, looping.get, looping.finish

after_each(looping.stop)

-- Raises at the line of the function itself, with this in its message.
local function raises(pattern, fn, ...)
  local fine, message = pcall(fn, ...)
  assert.is_false(fine)
  assert.matches(pattern, message)
  assert.matches("^[^\n]*loop_spec.lua:%d+: ", message)
end

-- What fn returns as a task of its own, and the task.
local function run(loop, fn, ...)
  local task = loop:spawn(fn, ...)
  finish(loop, task)
  return task:result()
end

-- A task that has a dial in flight at this server, held there.
local function dialling(loop, server, settings)
  settings = settings or {}
  settings.transport = loop
  local client = looping.client(server.url, settings)
  local task = loop:spawn(function() return dial(client) end)
  server:wait_for(loop, #server.held + 1)
  return task
end

describe("a task", function()
  it("whose coroutine was closed while its dial waited for its turn never dials", function()
    local loop, server = looping.loop { requests_in_flight = 1 }, looping.server()
    local first, thread = dialling(loop, server), nil
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function()
      thread = coroutine.running()
      return dial(client)
    end)
    loop:step()
    coroutine.close(thread)
    server:answer()
    finish(loop, first, task)
    assert.equal("not_sent", select(2, task:result()).outcome)
    assert.equal(1, server:count "POST")
  end)
end)

describe("step", function()
  it("counts no waiting in its budget", function()
    local loop, woken = looping.loop(), 0
    for _ = 1, 50 do
      loop:spawn(function() loop:sleep(0.05) woken = woken + 1 end)
    end
    loop:step()
    loop:step(LONG, 0.04)
    assert.is_true(woken > 10)
  end)
end)

describe("a mistake raises at the caller's line:", function()
  it("a dial where Lua can't yield, and it isn't made", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop, max_dials = 1 })
    local task = loop:spawn(function()
      local _, sorting = pcall(table.sort, { 1, 2 }, function() return (dial(client)) end)
      local _, sleeping = pcall(string.gsub, "x", "x", function() loop:sleep(1) end)
      local collected
      setmetatable({}, { __gc = function() collected = select(2, pcall(dial, client)) end })
      collectgarbage()
      collectgarbage()
      loop:sleep(0.01)
      return sorting, sleeping, collected, dial(client)
    end)
    server:wait_for(loop, 1)
    server:answer()
    finish(loop, task)
    local sorting, sleeping, collected, call = task:result()
    for _, message in ipairs { sorting, sleeping, collected } do
      assert.matches("used where Lua can't yield", message)
    end
    assert.equal(SID, call.sid)
    assert.equal(1, server:count "POST")
  end)

  it("a dial by a to-be-closed variable of a task that has ended", function()
    local server, said = looping.server(), {}
    local client = looping.client(server.url) -- which elsewhere would block
    local function work(loop, seconds)
      local variable <close> = setmetatable({}, { __close = function()
        said[#said + 1] = select(2, pcall(dial, client))
      end })
      while type(variable) == "table" do
        loop:sleep(seconds)
        if seconds == 0 then error "raised" end
      end
    end
    local loop = looping.loop()
    run(loop, work, loop, 0)
    loop:spawn(work, loop, LONG)
    loop:step()
    loop:close()
    assert.equal(2, #said)
    for _, message in ipairs(said) do assert.matches("used where Lua can't yield", message) end
    assert.equal(0, server:take())
  end)

  it("spawn without a function, strange seconds, no request", function()
    local loop = looping.loop()
    raises("loop:spawn wants a function, got a nil", function() loop:spawn() end)
    raises("loop:spawn wants a function, got a table", function() loop:spawn {} end)
    for _, bad in ipairs { -1, 0 / 0, "1", {}, false } do
      raises("loop:step wants seconds from 0", function() loop:step(bad) end)
      raises("loop:step's budget wants seconds from 0", function() loop:step(0, bad) end)
    end
    raises("loop:perform wants a request as a table, got a string", function()
      loop:perform "x"
    end)
    for _, bad in ipairs { "1", {}, false } do
      raises("loop:sleep wants seconds", function() loop:sleep(bad) end)
    end
    raises("loop:sleep wants seconds, got a nil", function() loop:sleep() end)
  end)
end)

describe("closing a loop", function()
  it("leaves a task the answer that is there, and is heard of at the next request", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function()
      local call = dial(client)
      return call and call.sid, select(2, get(client)).reason
    end)
    server:wait_for(loop, 1)
    server:answer()
    local stop = sys.now() + LONG
    repeat -- until the answer is there, and not yet the task's
      server:take()
      loop.multi:step(0.002, 64)
    until loop.multi:timeout() == 0 or sys.now() > stop
    loop:close()
    assert.same({ SID, "cancelled" }, { task:result() })
    assert.equal(1, server:take())
  end)
end)

describe("a forked process", function()
  -- The exit code of a forked copy that runs `check`: 0 if it returned true.
  local function in_a_fork(check)
    local pid = assert(sys.fork())
    if pid == 0 then
      local fine, held = pcall(check)
      sys.exit(fine and held and 0 or 1)
    end
    return sys.waitpid(pid, LONG)
  end

  local function refuses(loop, task)
    for name, argument in pairs { spawn = print, step = 0, run = false, prepare = false,
                                  pollfd = false, timeout = false } do
      local fine, message = pcall(function() loop[name](loop, argument or nil) end)
      if fine or not message:find("loop_spec.lua:%d+: the loop belongs to the process") then
        return false
      end
    end
    local fine, message = pcall(function() task:cancel() end)
    return not fine and message:find("loop_spec.lua:%d+: the loop belongs") ~= nil
  end

  it("can only close its copy, and the parent's dial ends well", function()
    local loop, server = looping.loop(), looping.server()
    local task = dialling(loop, server)
    assert.equal(0, in_a_fork(function() return refuses(loop, task) end))
    assert.equal(0, in_a_fork(function()
      loop:close()
      loop:close()
      collectgarbage()
      return true
    end))
    server:answer()
    finish(loop, task)
    assert.equal(SID, task:result().sid)
    assert.equal(1, server:count "POST")
    local again = dialling(loop, server)
    server:answer(2)
    finish(loop, again)
    assert.equal(SID, again:result().sid)
  end)

  it("made inside a task asks nobody, and the parent's task goes on", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function()
      local pid = sys.fork()
      if pid == 0 then
        local fine, message = pcall(dial, client)
        sys.exit(not fine and message:find "belongs to the process" and 0 or 1)
      end
      return sys.waitpid(pid, LONG), dial(client)
    end)
    server:wait_for(loop, 1)
    server:answer()
    finish(loop, task)
    local code, call = task:result()
    assert.same({ 0, SID, 1 }, { code, call.sid, server:count "POST" })
  end)
end)

it("without a descriptor left a loop is nil and an error", function()
  local program = [[
    local exotel = require "exotel"
    require "exotel.loop"
    local files = {}
    for file in function() return (io.open "/dev/null") end do files[#files + 1] = file end
    local loop, err = exotel.loop()
    print(loop, err.kind, err.outcome, err.reason, err.message)
    for _, file in ipairs(files) do file:close() end
    print(exotel.loop())]]
  local child = assert(sys.spawn { "sh", "-c", 'ulimit -n 40 && exec lua5.4 -e "$0"', program })
  local first, second = child:read_line(LONG), child:read_line(LONG)
  assert.equal(0, child:wait(LONG))
  child:close()
  assert.equal("nil\ttransport\tnot_sent\tsystem\tno loop: Too many open files", first)
  assert.equal("exotel.loop: 0 tasks, 0 requests in flight", second)
end)
