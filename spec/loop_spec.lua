-- exotel.loop: tasks, stepping, mistakes, closing. What becomes of requests stands in
-- loop_request_spec.lua; collection, forks and pollers in loop_process_spec.lua. Requests go to
-- a server in this process that holds them until a row answers, so that a row decides what is
-- in flight when.
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local sys = require "exotel.sys"
local looping = require "spec.support.looping"
local lua = require "spec.support.lua"
local raw = require "spec.support.raw"

local LONG, SID = looping.LONG, looping.SID
local dial, get, finish = looping.dial, looping.get, looping.finish
local run, dialling = looping.run, looping.dialling

after_each(looping.stop)

-- Raises at the line of the function itself, with this in its message.
local function raises(pattern, fn, ...)
  local fine, message = exotel.pcall(fn, ...)
  assert.is_false(fine)
  assert.matches(pattern, message)
  assert.matches("^[^\n]*loop_spec.lua:%d+: ", message)
end

describe("a task", function()
  it("is given its arguments, and gives its results, nils and all", function()
    local loop = looping.loop()
    local task = loop:spawn(function(...) return select("#", ...), ... end, 1, nil, "x", nil)
    assert.is_false(task:done())
    assert.equal(0, select("#", task:result()))
    assert.is_true(loop:run())
    assert.is_true(task:done())
    assert.equal(5, select("#", task:result()))
    assert.same({ 4, 1, nil, "x", nil }, { task:result() })
    assert.equal(0, select("#", run(loop, function() end)))
  end)

  it("tells on_error of each that raised, and not of one that returned an error", function()
    local told = {}
    local watched = looping.loop {
      on_error = function(err, task) told[#told + 1] = { err, task } end,
    }
    local first = watched:spawn(error, "one", 0)
    watched:spawn(function() return nil, "no error of the task" end)
    local third = watched:spawn(error, "three", 0)
    assert.is_true(watched:run())
    assert.same(2, #told)
    assert.equal("one", told[1][1])
    assert.equal(first, told[1][2])
    assert.equal("three", told[2][1])
    assert.equal(third, told[2][2])
  end)

  it("hands what on_error raises to the step's caller, and loses no other task", function()
    local watched = looping.loop { on_error = function(err) error(err, 0) end }
    local first, second = watched:spawn(error, "one", 0), watched:spawn(function() return 2 end)
    local ok, message = pcall(watched.step, watched, 0)
    assert.is_false(ok)
    assert.equal("one", message)
    assert.is_true(first:done())
    assert.equal(0, watched:step(0))
    assert.equal(2, second:result())
  end)

  it("gives nil and what it raised: text, a table, an error object, nil", function()
    local loop = looping.loop()
    local object = select(2, looping.client("http://127.0.0.1:1"):connect {})
    for _, value in ipairs { "text", { 1 }, object, 7 } do
      local results = lua.pack(run(loop, function() error(value, 0) end))
      assert.same({ 2, nil, value }, { results.n, results[1], results[2] })
      assert.equal(value, select(2, loop:run()))
    end
    assert.same({ n = 2 }, lua.pack(run(loop, function() error(nil) end)))
    assert.same({ n = 2 }, lua.pack(loop:run()))
    assert.is_true(loop:run())
  end)

  it("that raises is the first that run tells of, and harms no other", function()
    local loop = looping.loop()
    local other = loop:spawn(function() loop:sleep(0.02) return "unharmed" end)
    local first = loop:spawn(function() loop:sleep(0.001) error "first" end)
    loop:spawn(function() loop:sleep(0.01) error "second" end)
    local fine, err = loop:run()
    assert.is_nil(fine)
    assert.matches("loop_spec.lua:%d+: first$", err)
    assert.equal(err, select(2, first:result()))
    assert.equal("unharmed", (other:result()))
    assert.is_true(loop:run())
  end)

  if lua.closing then
    it("closes its variables when it raises", function()
      local loop, closed = looping.loop(), nil
      run(loop, function()
        lua.closing(setmetatable({}, { __close = function(_, err) closed = err end }),
          function(variable)
            loop:sleep(0)
            error("raised " .. type(variable), 0)
          end)
      end)
      assert.equal("raised table", closed)
    end)
  end

  it("spawns others, which run from the next step on", function()
    local loop, seen = looping.loop(), {}
    loop:spawn(function()
      seen[#seen + 1] = "first"
      loop:spawn(function() seen[#seen + 1] = "second" end)
    end)
    assert.equal(1, loop:step())
    assert.same({ "first" }, seen)
    assert.equal(0, loop:step())
    assert.same({ "first", "second" }, seen)
  end)

  it("gives way by a yield of its own, to those of its step and to the network", function()
    local loop, server, order = looping.loop(), looping.server(), {}
    local stop = false
    loop:spawn(function() while not stop do coroutine.yield "anything" end end)
    for index = 1, 3 do
      loop:spawn(function()
        for _ = 1, 2 do
          order[#order + 1] = index
          coroutine.yield(index)
        end
      end)
    end
    for _ = 1, 3 do loop:step() end
    assert.same({ 1, 2, 3, 1, 2, 3 }, order)
    local task = dialling(loop, server)
    server:answer()
    finish(loop, task)
    stop = true
    assert.is_true(loop:run())
  end)

  it("sleeps while the others go on, and wakes in order", function()
    local loop, woken = looping.loop(), {}
    for _, ms in ipairs { 30, 10, 20, 0, -1 } do
      loop:spawn(function() loop:sleep(ms / 1000) woken[#woken + 1] = ms end)
    end
    local before = sys.now()
    assert.is_true(loop:run())
    assert.same({ 0, -1, 10, 20, 30 }, woken)
    assert.is_true(sys.now() - before >= 0.03)
  end)

  it("is one of thousands, and all are done", function()
    local loop, server, count = looping.loop(), looping.server(), 0
    local client = looping.client(server.url, { transport = loop })
    local tasks = {}
    for index = 1, 2000 do
      tasks[index] = loop:spawn(function()
        loop:sleep(index % 7 / 1000)
        if index % 20 == 0 then assert(get(client, "c" .. index).sid == "c" .. index) end
        count = count + 1
      end)
    end
    server:serve(loop, lua.unpack(tasks))
    assert.equal(2000, count)
    assert.is_true(loop:run())
    assert.equal("exotel.loop: 0 tasks, 0 requests in flight", tostring(loop))
  end)

  it("outlives a loop of another inside it", function()
    local outer, server = looping.loop(), looping.server()
    local held = dialling(outer, server)
    local task = outer:spawn(function()
      local inner = looping.loop()
      local client = looping.client("http://127.0.0.1:1", { transport = inner })
      local asked = inner:spawn(function() return get(client) end)
      assert(inner:run())
      return select(2, asked:result()).reason, outer:check()
    end)
    finish(outer, task)
    assert.same({ "connect" }, { task:result() })
    server:answer()
    finish(outer, held)
    assert.equal(SID, held:result().sid)
  end)

  if coroutine.close then -- else nobody can close it
    it("whose coroutine was closed from outside is done, and its dial is unknown", function()
      local loop, server = looping.loop(), looping.server()
      local client, thread = looping.client(server.url, { transport = loop }), nil
      local task = loop:spawn(function()
        thread = coroutine.running()
        return dial(client)
      end)
      server:wait_for(loop, 1)
      assert.is_true(coroutine.close(thread))
      assert.is_false(task:done())
      server:answer()
      finish(loop, task)
      local call, err = task:result()
      assert.is_nil(call)
      assert.same({ "transport", "unknown", "dead" }, { err.kind, err.outcome, err.reason })
      assert.equal(err, select(2, loop:run()))
      assert.equal(1, server:count "POST")
    end)

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
  end

  it("gets its own answer, whoever resumes its coroutine meanwhile", function()
    local loop, server = looping.loop(), looping.server()
    local client, thread = looping.client(server.url, { transport = loop }), nil
    local task = loop:spawn(function()
      thread = coroutine.running()
      loop:sleep(0.02)
      return dial(client)
    end)
    loop:step()
    for _ = 1, 3 do assert.is_true(coroutine.resume(thread, true, "junk", {})) end
    server:wait_for(loop, 1)
    server:answer()
    for _ = 1, 3 do assert.is_true(coroutine.resume(thread, { status = 200, body = "" })) end
    finish(loop, task)
    assert.equal(SID, task:result().sid)
    assert.equal(1, server:count "POST")
  end)
end)

describe("a task that somebody else resumes", function()
  it("may step the loop, which then can't resume it, and nothing is lost", function()
    local loop, thread = looping.loop(), nil
    local task = loop:spawn(function()
      thread = coroutine.running()
      coroutine.yield()
      return pcall(loop.step, loop)
    end)
    local other = loop:spawn(function() loop:sleep(0.001) return "other" end)
    loop:step()
    assert.is_true(coroutine.resume(thread))
    assert.is_true(loop:run())
    local fine, message = task:result()
    assert.same({ false, "other" }, { fine, other:result() })
    assert.matches("cannot resume %a.* coroutine", message)
  end)
end)

describe("step", function()
  it("never waits by itself, and counts the tasks that are left", function()
    local loop, server = looping.loop(), looping.server()
    local before = sys.now()
    assert.equal(0, loop:step())
    local task = dialling(loop, server)
    loop:spawn(function() loop:sleep(LONG) end)
    for _ = 1, 100 do assert.equal(2, loop:step(0)) end
    assert.is_true(sys.now() - before < LONG / 2)
    server:answer()
    finish(loop, task)
    assert.equal(1, loop:step())
  end)

  it("of seconds wakes when a timer is due, and when an answer is there", function()
    local loop = looping.loop()
    local before = sys.now()
    local task = loop:spawn(function() loop:sleep(0.05) end)
    loop:step()
    loop:step(LONG)
    assert.is_true(task:done())
    assert.is_true(sys.now() - before >= 0.05)
    local client = looping.client(raw.start { "drip:" .. raw.answer(200, {}, looping.CALL) }.url,
                                  { transport = loop })
    task = loop:spawn(function() return get(client) end)
    while loop:step(LONG) > 0 do assert.is_true(sys.now() - before < LONG) end
    assert.equal(SID, task:result().sid)
  end)

  it("leaves to the next what is over its budget, and all run in the end", function()
    local loop, runs, seen = looping.loop(), 0, {}
    for index = 1, 20 do
      loop:spawn(function()
        runs, seen[index] = runs + 1, true
        sys.sleep(0.002)
      end)
    end
    assert.equal(19, loop:step(0, 1e-6))
    assert.equal(1, runs)
    local steps = 1
    repeat steps = steps + 1 until loop:step(0, 1e-6) == 0
    assert.equal(20, steps)
    assert.equal(20, #seen)
  end)

  it("counts no waiting in its budget", function()
    local loop, woken = looping.loop(), 0
    local at = sys.now() + 1.5 -- for all of them, however long it takes to begin
    for _ = 1, 50 do
      loop:spawn(function() loop:sleep(math.max(at - sys.now(), 0)) woken = woken + 1 end)
    end
    loop:step()
    while woken == 0 do
      loop:step(LONG, 1.2) -- enough for the work on a machine that does other things, too
    end
    assert.is_true(woken > 1)
  end)

  it("with a budget still brings in what the network has", function()
    local loop, server = looping.loop { requests_in_flight = 40 }, looping.server()
    local client, tasks = looping.client(server.url, { transport = loop }), {}
    for index = 1, 40 do tasks[index] = loop:spawn(function() return get(client) end) end
    local stop = sys.now() + LONG
    repeat loop:step(0, 1e-6) until server:take() == 40 or sys.now() > stop
    server:answer()
    repeat server:take() until loop:step(0, 1e-6) == 0 or sys.now() > stop
    for _, task in ipairs(tasks) do assert.equal(SID, task:result().sid) end
  end)
end)

describe("a mistake raises at the caller's line:", function()
  it("a client of a loop outside of its tasks", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    raises("exotel.connect: used outside a function of this loop's spawn", function()
      return (client:connect { from = "+919876543210", to = "+919123456789",
                               caller_id = "08039570000" })
    end)
    raises("exotel.call_details: used outside", function() return (client:call_details(SID)) end)
    raises("used outside", function() loop:sleep(0) end)
    raises("used outside", function() loop:perform(looping.request(server.url)) end)
    local other = looping.loop()
    assert.matches("used outside a function of this loop's spawn",
      select(2, run(other, function() return (client:call_details(SID)) end)))
    assert.equal(0, server:take())
  end)

  it("a client in a coroutine inside a task", function()
    local loop, server = looping.loop(), looping.server()
    for _, transport in ipairs { loop, false } do
      local client = looping.client(server.url, { transport = transport or nil })
      local _, err = run(loop, function()
        return coroutine.wrap(function() return (client:call_details(SID)) end)()
      end)
      assert.matches("loop_spec.lua:%d+: exotel.call_details: used in a coroutine of the task's"
        .. " own", err)
    end
    assert.equal(0, server:take())
  end)

  it("a dial where Lua can't yield, and it isn't made", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop, max_dials = 1 })
    local task = loop:spawn(function()
      local _, sorting = exotel.pcall(table.sort, { 1, 2 }, function() return (dial(client)) end)
      local _, sleeping = exotel.pcall(string.gsub, "x", "x", function() loop:sleep(1) end)
      local collected
      lua.finalized(function() collected = select(2, exotel.pcall(dial, client)) end)
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

  if lua.closing then
    it("a dial by a to-be-closed variable of a task that has ended", function()
      local server, said = looping.server(), {}
      local client = looping.client(server.url) -- which elsewhere would block
      local function work(loop, seconds)
        local function say() said[#said + 1] = select(2, pcall(dial, client)) end
        lua.closing(setmetatable({}, { __close = say }), function(variable)
          while type(variable) == "table" do
            loop:sleep(seconds)
            if seconds == 0 then error "raised" end
          end
        end)
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
  end

  it("stepping, running or preparing inside a task", function()
    local loop = looping.loop()
    for _, name in ipairs { "step", "run", "prepare" } do
      raises("the loop is being stepped", function()
        local _, err = run(loop, function() loop[name](loop) end)
        error(err, 0)
      end)
    end
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

  it("options that aren't known, or out of range", function()
    for _, row in ipairs {
      { "exotel.loop wants a table of options, got a number", 5 },
      { "option 'dials_in_fligt' is not known %(did you mean 'dials_in_flight'%?%)",
        { dials_in_fligt = 1 } },
      { "option '1' is not known", { "x" } },
      { "requests_in_flight must be a whole number from 1 to 1000", { requests_in_flight = 0 } },
      { "on_error wants a function, got a boolean", { on_error = true } },
      { "requests_in_flight must be", { requests_in_flight = 1001 } },
      { "requests_in_flight must be", { requests_in_flight = "5" } },
      { "dials_in_flight must be", { dials_in_flight = 1.5 } },
      { "dials_in_flight must be", { dials_in_flight = 0 / 0 } },
    } do
      raises(row[1], function() return (exotel.loop(row[2])) end)
    end
    looping.loop { requests_in_flight = 1000, dials_in_flight = 1 }
  end)

  it("anything with a loop that is closed, but closing", function()
    local loop = looping.loop()
    loop:close()
    for name, argument in pairs { spawn = print, step = 0, run = false, prepare = false,
                                  pollfd = false, timeout = false } do
      raises("the loop is closed", function() loop[name](loop, argument or nil) end)
    end
    loop:close()
  end)
end)

describe("a client without a transport of its own", function()
  it("takes the loop inside a task, and blocks outside", function()
    local loop, other = looping.loop(), looping.loop()
    local server = raw.start { looping.placed }
    local client = looping.client(server.url)
    assert.equal(SID, assert(get(client)).sid)
    for _, one in ipairs { loop, other, loop } do
      local task = one:spawn(function() return get(client) end)
      one:step()
      assert.is_false(task:done())
      finish(one, task)
      assert.equal(SID, task:result().sid)
    end
    assert.equal(SID, assert(get(client)).sid)
    assert.equal(3, select(2, server:requests())) -- the blocking one's, and one of each loop
    client:close()
  end)
end)

describe("closing a loop", function()
  it("tells each task: unknown in flight, not_sent in the queue, and ends the rest", function()
    local loop, server = looping.loop { requests_in_flight = 1 }, looping.server()
    local client = looping.client(server.url, { transport = loop })
    local heard, closed = {}, false
    for index = 1, 2 do
      loop:spawn(function()
        local _, err = dial(client)
        heard[index] = { err.outcome, err.reason }
      end)
    end
    local stubborn = loop:spawn(function()
      local function stay() while loop do loop:sleep(LONG) end end
      if not lua.closing then stay() end
      lua.closing(setmetatable({}, { __close = function() closed = true end }), stay)
    end)
    server:wait_for(loop, 1)
    local unstarted = loop:spawn(function() heard[3] = true end)
    loop:close()
    assert.same({ { "unknown", "cancelled" }, { "not_sent", "cancelled" } }, heard)
    assert.equal(lua.closing ~= nil, closed)
    local _, err = stubborn:result()
    assert.same({ true, "cancelled", "unknown" }, { stubborn:done(), err.reason, err.outcome })
    assert.equal("not_sent", select(2, unstarted:result()).outcome)
    assert.is_false(stubborn:cancel())
    server:take()
    assert.equal(1, #server.held)
  end)

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

  it("in a task is done at the end of the step", function()
    local loop, server = looping.loop(), looping.server()
    local held = dialling(loop, server)
    local task = loop:spawn(function()
      loop:close()
      loop:close()
      return "goes on"
    end)
    local after = loop:spawn(function() return "too" end)
    assert.equal(0, loop:step())
    assert.same({ "goes on", "too", "unknown" },
      { task:result(), after:result(), select(2, held:result()).outcome })
    raises("the loop is closed", function() loop:step() end)
  end)

  it("in a task ends a run", function()
    local loop = looping.loop()
    loop:spawn(function() loop:close() end)
    loop:spawn(function() loop:sleep(LONG) end)
    assert.is_true(loop:run())
  end)

  it("twice, by a variable, with nothing in it", function()
    local kept = exotel.loop()
    if lua.closing then lua.closing(kept, function() end) else kept:close() end
    raises("the loop is closed", function() kept:step() end)
    kept:close()
  end)
end)
