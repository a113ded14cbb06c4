-- exotel.loop in its process: collection in any order, finalizers, forks, pollers, the end of a
-- program, and of descriptors.
-- SPDX-License-Identifier: MIT

local cqueues = require "cqueues"
local exotel = require "exotel"
local socket = require "socket"
local sys = require "exotel.sys"
local in_a_fork = require "spec.support.in_a_fork"
local looping = require "spec.support.looping"
local lua = require "spec.support.lua"
local raw = require "spec.support.raw"

local LONG, SID = looping.LONG, looping.SID
local dial, get, finish = looping.dial, looping.get, looping.finish
local run, dialling = looping.run, looping.dialling

after_each(looping.stop)

describe("collection", function()
  it("between every step changes nothing", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function(mine)
      local sids = {}
      for index = 1, 3 do sids[index] = assert(get(mine, "c" .. index)).sid end
      return table.concat(sids, " ")
    end, client)
    client = nil -- luacheck: ignore 311
    looping.step_until(loop, function()
      collectgarbage()
      server:answer()
      return task:done()
    end)
    assert.equal("c1 c2 c3", (task:result()))
  end)

  it("of a loop, its clients and tasks, with all in flight, in any order", function()
    local server = looping.server()
    for order = 1, 6 do
      local loop = exotel.loop { dials_in_flight = 1 }
      local client = looping.client(server.url, { transport = loop })
      local first = #server.held
      local task = loop:spawn(function() return dial(client) end)
      loop:spawn(function() return dial(client) end)
      loop:spawn(function() loop:sleep(LONG) end)
      server:wait_for(loop, first + 1)
      local kept = { loop, client, task } -- luacheck: ignore 241
      local dropped = setmetatable({ loop }, { __mode = "v" })
      loop, client, task = nil, nil, nil -- luacheck: ignore 311
      for _, index in ipairs(({ { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 },
                                { 3, 2, 1 } })[order]) do
        kept[index] = nil
        collectgarbage()
      end
      collectgarbage()
      assert.is_nil(dropped[1])
    end
    assert.equal(6, server:count "POST")
  end)

  it("of a client without a transport lets its loops go", function()
    local server = raw.start { looping.placed }
    local client = looping.client(server.url)
    local loop = exotel.loop()
    local dropped = setmetatable({ loop }, { __mode = "v" })
    assert.equal(SID, run(loop, get, client).sid)
    loop = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.is_nil(dropped[1])
    assert.is_true(server:ended()[1])
  end)

  it("at the end of a program, whatever is in flight, in the order that Lua likes", function()
    local server = raw.start { "hold" }
    for _, last in ipairs { "", "loop:close()", "os.exit(0, true)", "client:close() task:cancel()",
                            "thing = setmetatable({}, { __gc = function() loop:close() end })" } do
      local said, code, signal = raw.child({}, ([[
        local exotel = require "exotel"
        loop = exotel.loop()
        client = exotel.client { base_url = %q, account_sid = "a", api_key = "k",
          api_token = "t", transport = loop, proxy = false }
        for _ = 1, 3 do
          task = loop:spawn(function() return client:call_details "c1" end)
        end
        for _ = 1, 20 do loop:step(0.005) end
        print(loop)
        %s]]):format(server.url, last))
      assert.same({ "exotel.loop: 3 tasks, 3 requests in flight", 0 }, { said, code, signal })
    end
  end)

  it("by valgrind's account loses nothing and touches nothing that is gone", function()
    local server = raw.start { "hold" }
    local checker = assert(sys.spawn { "env", "PYTHONMALLOC=x", "valgrind", "-q",
      "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite", lua.name, "-e",
      ([[
        local exotel = require "exotel"
        local loop = exotel.loop { requests_in_flight = 3, dials_in_flight = 2 }
        local client = exotel.client { base_url = %q, account_sid = "a", api_key = "k",
          api_token = "t", transport = loop, proxy = false }
        local tasks = {}
        for index = 1, 6 do
          tasks[index] = loop:spawn(function()
            return index %% 2 == 0 and client:call_details "c1" or client:connect {
              from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
          end)
        end
        for _ = 1, 20 do loop:step(0.01) end
        tasks[1]:cancel()
        tasks[6]:cancel()
        for _ = 1, 5 do loop:step(0.01) end
        local other = exotel.loop()
        other:spawn(function() return loop end)
        print(loop)]]):format(server.url) })
    assert.equal("exotel.loop: 4 tasks, 3 requests in flight", checker:read_line(2 * LONG))
    assert.equal(0, checker:wait(2 * LONG))
    checker:close()
  end)
end)

describe("a finalizer", function()
  it("may spawn, cancel and close, in the middle of a step", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function() return dial(client) end)
    local spawned, stepped
    local count = collectgarbage "count"
    loop:spawn(function()
      lua.finalized(function()
        task:cancel()
        stepped = select(2, pcall(loop.step, loop))
        spawned = loop:spawn(function() return count end)
        loop:close()
      end)
      collectgarbage()
      collectgarbage()
    end)
    loop:step()
    assert.matches("the loop is being stepped", stepped)
    assert.is_true(spawned:done())
    assert.equal("not_sent", select(2, task:result()).outcome)
    assert.equal(0, server:take())
  end)
end)

describe("a forked process", function()
  local function refuses(loop, task)
    for name, argument in pairs { spawn = print, step = 0, run = false, prepare = false,
                                  pollfd = false, timeout = false } do
      local fine, message = pcall(function() loop[name](loop, argument or nil) end)
      if fine or not message:find("loop_process_spec.lua:%d+: the loop belongs to the process") then
        return false
      end
    end
    local fine, message = pcall(function() task:cancel() end)
    return not fine and message:find("loop_process_spec.lua:%d+: the loop belongs") ~= nil
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
      local code = in_a_fork(function()
        local fine, message = pcall(dial, client)
        return not fine and message:find "belongs to the process"
      end)
      return code, dial(client)
    end)
    server:wait_for(loop, 1)
    server:answer()
    finish(loop, task)
    local code, call = task:result()
    assert.same({ 0, SID, 1 }, { code, call.sid, server:count "POST" })
  end)
end)

describe("a poller", function()
  -- Steps only when the descriptor is ready or the time has come. Returns how often.
  local function poll(loop, server)
    local pollable = { getfd = function() return loop:pollfd() end,
                       dirty = function() return false end }
    local listener = { getfd = function() return server.listener:pollfd() end,
                       dirty = function() return false end }
    local steps, stop = 0, sys.now() + LONG
    assert.equal("r", loop:events())
    repeat
      local timeout, till = loop:timeout(), sys.now()
      till = till + (timeout or LONG)
      local ready = socket.select({ pollable, listener }, nil,
        math.min(timeout or LONG, server.listener:timeout() or LONG))
      if ready[pollable] or sys.now() >= till then
        steps = steps + 1
        if loop:step() == 0 then return steps end
      end
      server:answer()
    until sys.now() > stop
  end

  it("is told when to step: at once, for an answer, at a time, never", function()
    local loop, server = looping.loop(), looping.server()
    assert.same({ n = 1 }, lua.pack(loop:timeout())) -- nil, and not nothing
    local task = loop:spawn(function() loop:sleep(LONG) end)
    assert.equal(0, loop:timeout())
    loop:step()
    assert.is_true(loop:timeout() > 0 and loop:timeout() <= LONG)
    task:cancel()
    assert.equal(0, loop:timeout())
    loop:step()
    assert.is_nil(loop:timeout())
    local held = dialling(loop, server)
    local pollable = { getfd = function() return loop:pollfd() end,
                       dirty = function() return false end }
    assert.same({}, (socket.select({ pollable }, nil, 0)))
    server:answer()
    for _ = 1, 10 do server:take() end
    assert.equal(pollable, socket.select({ pollable }, nil, LONG)[1])
    finish(loop, held)
    local given_up = dialling(loop, server)
    given_up:cancel()
    assert.equal(0, loop:timeout()) -- libcurl has nothing to say of it, the loop has
    finish(loop, given_up)
  end)

  it("finishes everything in few steps", function()
    local loop, server = looping.loop(), looping.server()
    local client, tasks = looping.client(server.url, { transport = loop }), {}
    for index = 1, 5 do
      tasks[index] = loop:spawn(function()
        loop:sleep(index / 100)
        assert(dial(client))
        loop:sleep(0.01)
        return get(client)
      end)
    end
    local steps = poll(loop, server)
    for _, task in ipairs(tasks) do assert.equal(SID, task:result().sid) end
    assert.is_true(steps < 300)
  end)

  it("of cqueues steps it, while another coroutine of the controller goes on", function()
    local loop, server = looping.loop(), looping.server()
    local client, controller = looping.client(server.url, { transport = loop }), cqueues.new()
    local task = loop:spawn(function()
      loop:sleep(0.01)
      return dial(client)
    end)
    local ticks, steps = 0, 0
    controller:wrap(function()
      while loop:step() > 0 do
        cqueues.poll(loop)
        steps = steps + 1
      end
    end)
    controller:wrap(function()
      repeat
        cqueues.sleep(0.005)
        ticks = ticks + 1
      until server:take() == 1 and ticks >= 30
      server:answer()
      repeat
        cqueues.sleep(0.005)
        server:take()
      until task:done()
    end)
    assert(controller:loop(LONG))
    assert.is_true(controller:empty())
    assert.equal(SID, task:result().sid)
    assert.is_true(ticks >= 30)
    assert.is_true(steps < 60)
  end)
end)

it("without a descriptor left a loop is nil and an error", function()
  local program = [[
    local exotel = require "exotel"
    require "exotel.transport.loop"
    local files = {}
    for file in function() return (io.open "/dev/null") end do files[#files + 1] = file end
    local loop, err = exotel.loop()
    print(loop, err.kind, err.outcome, err.reason, err.message)
    for _, file in ipairs(files) do file:close() end
    print(exotel.loop())]]
  local child = assert(sys.spawn { "sh", "-c", 'ulimit -n 40 && exec "$1" -e "$0"', program,
                                   lua.name })
  local first, second = child:read_line(LONG), child:read_line(LONG)
  assert.equal(0, child:wait(LONG))
  child:close()
  assert.equal("nil\ttransport\tnot_sent\tsystem\tno loop: Too many open files", first)
  assert.equal("exotel.loop: 0 tasks, 0 requests in flight", second)
end)
