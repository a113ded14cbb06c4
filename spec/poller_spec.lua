-- exotel.poller: servers, sockets and timers in one wait.
-- Sources are real: servers of exotel.httpd, and sockets that a forked copy, a child or this
-- process writes to. How often a source is asked is counted; how long something took is
-- never asserted, only that it came, or that it waited.
-- SPDX-License-Identifier: MIT

local exotel_poller = require "exotel.poller"
local httpd = require "exotel.httpd"
local lua = require "spec.support.lua"
local raises = require "spec.support.raises"
local raw = require "spec.support.raw"
local read_file = require "spec.support.read_file"
local socket = require "socket"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that no test should ever need

local opened, poller, noted = {}, nil, nil

before_each(function()
  poller, noted = exotel_poller.new(), {}
end)

after_each(function()
  for i = #opened, 1, -1 do table.remove(opened, i):close() end
  raw.stop()
end)

local function keep(object)
  opened[#opened + 1] = object
  return object
end

local function listen(options)
  return keep(assert(httpd.listen(options)))
end

-- Two ends of one connection.
local function pair()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local near = keep(assert(socket.tcp4()))
  assert(near:connect("127.0.0.1", (select(2, listener:getsockname()))))
  local far = keep(assert(listener:accept()))
  listener:close()
  near:settimeout(0)
  return near, far
end

-- A socket as a source that counts how often it is asked.
local function source_of(s, events)
  return {
    socket = s, asked = 0, wanted = events or "r", due = nil,
    pollfd = function(self)
      self.asked = self.asked + 1
      return self.socket:getfd()
    end,
    events = function(self) return self.wanted end,
    timeout = function(self) return self.due end,
  }
end

-- A source that is ready for good, one that never is, and the other end of that one.
local function ready_source()
  local near, far = pair()
  assert(far:send("x"))
  local source = source_of(near)
  assert(sys.poll({ near:getfd(), "r" }, LONG)[1])
  return source
end

local function silent_source()
  local near, far = pair()
  return source_of(near), far
end

-- A function that notes its name.
local function note(name, also)
  return function()
    noted[#noted + 1] = name
    if also then also() end
  end
end

-- A poller whose clock is moved by hand, and the function that moves it.
local function by_hand()
  local moment = 5
  local clock = setmetatable({ now = function() return moment end }, { __index = sys })
  local source = read_file "lua/exotel/poller.lua"
  local function find(name) return name == "exotel.sys" and clock or require(name) end
  local alone = setmetatable({ require = find }, { __index = _G })
  local made = assert(lua.load(source, "@lua/exotel/poller.lua", alone))().new()
  return made, function(seconds) moment = moment + seconds end
end

-- Answers whatever comes with the server's name, as a listener would.
local function answering(name)
  return function(server)
    for request in function() return server:poll(0) end do
      noted[#noted + 1] = name .. request:path()
      request:respond(200, {}, name)
      request:close()
    end
  end
end

local function ask(server, path)
  return assert(sys.spawn { "env", "-u", "LD_PRELOAD", "curl", "-s", "--noproxy", "*",
                            "-w", "\\n", server:url() .. path })
end

describe("a poller", function()
  it("serves two servers and a timer at once", function()
    local one, two = listen(), listen()
    poller:add(one, answering "one")
    poller:add(two, answering "two")
    local children = {}
    for i = 1, 3 do
      children[#children + 1] = keep(ask(one, "/" .. i))
      children[#children + 1] = keep(ask(two, "/" .. i))
    end
    local ticks = 0
    local function tick()
      ticks = ticks + 1
      if ticks < 5 then poller:after(0.01, tick) end
    end
    tick()
    assert.is_true(poller:run(function() return #noted == 6 and ticks == 5 end))
    local ended = 0 -- when they have read their answers
    local function look()
      ended = 0
      for _, child in ipairs(children) do if child:wait(0) == 0 then ended = ended + 1 end end
      if ended < 6 then poller:after(0.01, look) end
    end
    look()
    assert.is_true(poller:run(function() return ended == 6 end))
    for i, child in ipairs(children) do
      assert.are.equal(i % 2 == 1 and "one" or "two", child:read_line(LONG))
    end
    table.sort(noted)
    assert.are.same({ "one/1", "one/2", "one/3", "two/1", "two/2", "two/3" }, noted)
  end)

  it("wakes for what comes while it waits", function()
    local source, far = silent_source()
    poller:add(source, note("came", function() poller:remove(source) end))
    local pid = assert(sys.fork())
    if pid == 0 then
      sys.sleep(0.1)
      far:send("x")
      sys.exit(0)
    end
    assert.are.equal(1, poller:step())
    assert.are.same({ "came" }, noted)
    assert.are.equal(0, sys.waitpid(pid, LONG))
  end)

  it("waits for a socket that can be written, or both", function()
    for _, events in ipairs { "w", "rw" } do
      local source = silent_source()
      source.wanted = events
      poller:add(source, note(events))
      assert.are.equal(1, poller:step(LONG))
      poller:remove(source)
    end
    assert.are.same({ "w", "rw" }, noted)
  end)

  it("reads what a server says behind a client's socket", function()
    local server = raw.start { "send:" .. raw.answer(200, {}, "hello"), "close" }
    local s = keep(assert(socket.tcp4()))
    assert(s:connect("127.0.0.1", server.port))
    s:settimeout(0)
    local out, got = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""
    local source = source_of(s, "w")
    poller:add(source, function()
      if out ~= "" then
        out = out:sub(assert(s:send(out)) + 1)
        source.wanted = "r"
        return
      end
      local all, why, part = s:receive(65536)
      got = got .. (all or part)
      if why == "closed" then poller:remove(source) end
    end)
    assert.is_false(poller:run())
    assert.matches("^HTTP/1.1 200 OK.*\r\n\r\nhello$", got)
  end)

  it("gives the callback its source, and add returns it", function()
    local source, given = ready_source(), nil
    assert.are.equal(source, poller:add(source, function(...) given = { ... } end))
    assert.are.equal(1, poller:step(0))
    assert.are.equal(1, #given)
    assert.are.equal(source, given[1])
  end)

  it("asks for descriptor, events and timeout before each wait", function()
    local source = silent_source()
    poller:add(source, note "due")
    assert.are.equal(0, poller:step(0))
    source.wanted = "w"
    assert.are.equal(1, poller:step(0))
    source.wanted, source.due = "r", 0
    assert.are.equal(1, poller:step(0))
    source.due = nil
    assert.are.equal(0, poller:step(0))
    source.socket = ready_source().socket
    assert.are.equal(1, poller:step(0))
    assert.are.equal(5, source.asked)
  end)

  it("calls every ready source once a step, in the order of adding", function()
    for _, name in ipairs { "a", "b", "c", "d" } do poller:add(ready_source(), note(name)) end
    poller:add(silent_source(), note "silent")
    assert.are.equal(4, poller:step(LONG))
    assert.are.equal(4, poller:step(LONG))
    assert.are.same({ "a", "b", "c", "d", "a", "b", "c", "d" }, noted)
  end)

  it("calls a source whose descriptor is ready and whose timeout is 0 once", function()
    local source = ready_source()
    source.due = 0
    poller:add(source, note "once")
    assert.are.equal(1, poller:step())
    assert.are.same({ "once" }, noted)
  end)

  it("calls a source when its timeout has come, and not before", function()
    local source = silent_source()
    source.due = 1000
    poller:add(source, note "due")
    assert.are.equal(0, poller:step(0.01))
    source.due = 0.05
    local before = sys.now()
    assert.are.equal(1, poller:step())
    assert.is_true(sys.now() - before >= 0.05)
    source.due = -1
    assert.are.equal(1, poller:step())
    source.due = math.huge
    assert.are.equal(0, poller:step(0))
    assert.are.equal(4, source.asked)
  end)

  it("lets a source with timeout 0 keep nothing else from its turn", function()
    local hasty, source = silent_source(), ready_source()
    hasty.due = 0
    poller:add(hasty, note "hasty")
    poller:add(source, note "ready")
    poller:after(0, note "timer")
    assert.are.equal(3, poller:step())
    assert.are.equal(2, poller:step())
    assert.are.same({ "timer", "hasty", "ready", "hasty", "ready" }, noted)
  end)

  it("takes servers that answer later, and closes idle connections in time", function()
    local server = listen { idle_timeout = 1 }
    poller:add(server, answering "it")
    local host = keep(assert(socket.tcp4()))
    assert(host:connect("127.0.0.1", server:port()))
    host:settimeout(0)
    local closed
    poller:add(source_of(host), function()
      closed = select(2, host:receive(1)) == "closed"
    end)
    assert.is_true(poller:run(function() return closed end)) -- by the server's timeout alone
    local later
    poller:remove(server)
    poller:add(server, function()
      local request = server:poll(0)
      if request then poller:after(0.02, function() request:respond(200, {}, "later") end) end
    end)
    local child = keep(ask(server, "/"))
    local function look()
      later = child:read_line(0)
      if not later then poller:after(0.01, look) end
    end
    look()
    poller:run(function() return later end)
    assert.are.equal("later", later)
  end)
end)

describe("add and remove", function()
  it("raise mistakes where they are made", function()
    local source = ready_source()
    poller:add(source, note "x")
    raises("^spec/poller_spec.lua:%d+: poller:add: table: .* is added already",
      function() poller:add(source, note "y") end)
    raises("a source wants to be an object, got a number", poller.add, poller, 5, print)
    raises("on_ready wants a function, got a nil", poller.add, poller, ready_source())
    for _, name in ipairs { "pollfd", "events", "timeout" } do
      local lacking = ready_source()
      lacking[name] = nil
      raises("a source wants a method " .. name, poller.add, poller, lacking, print)
    end
    assert.are.equal(1, poller:step(0))
    assert.are.same({ "x" }, noted)
  end)

  it("let a source go, and come again", function()
    local source = ready_source()
    poller:add(source, note "first")
    assert.is_true(poller:remove(source))
    assert.is_false(poller:remove(source))
    assert.are.equal(0, poller:step(0))
    poller:add(source, note "second")
    assert.are.equal(1, poller:step(0))
    assert.are.same({ "second" }, noted)
  end)

  it("in a callback count at once for what is removed, next time for what is added", function()
    local a, b, c, d = ready_source(), ready_source(), ready_source(), ready_source()
    poller:add(a, note("a", function()
      poller:remove(b)
      poller:remove(c)
      poller:add(c, note "c again")
      if #noted == 1 then poller:add(d, note "d") end
    end))
    poller:add(b, note "b")
    poller:add(c, note "c")
    assert.are.equal(1, poller:step(LONG))
    assert.are.same({ "a" }, noted)
    poller:remove(a)
    assert.are.equal(2, poller:step(LONG))
    assert.are.same({ "a", "c again", "d" }, noted)
  end)

  it("of itself, in its own callback", function()
    local a, b = ready_source(), ready_source()
    poller:add(a, note("a", function() poller:remove(a) end))
    poller:add(b, note("b", function() poller:remove(b) end))
    assert.is_false(poller:run())
    assert.are.same({ "a", "b" }, noted)
  end)
end)

describe("a source that can't be polled", function()
  it("is named when it was closed, each time until it is removed", function()
    local server = listen()
    poller:add(server, note "server")
    server:close()
    for _ = 1, 2 do
      raises("^spec/poller_spec.lua:%d+: poller: .* can't be polled: .*"
        .. "server is closed", function() poller:step(LONG) end)
      raises("^spec/poller_spec.lua:%d+: poller: .* can't be polled",
        function() poller:run() end)
    end
    poller:remove(server)
    assert.is_false(poller:run())
    assert.are.same({}, noted)
  end)

  it("is named when its descriptor isn't open", function()
    local source = ready_source()
    local fd = source.socket:getfd()
    source.pollfd = function() return fd end
    source.socket:close()
    setmetatable(source, { __tostring = function() return "the source" end })
    poller:add(source, note "source")
    poller:after(0, note "timer")
    raises("poller: the source has a descriptor that isn't open", poller.step, poller, LONG)
    poller:remove(source)
    assert.are.equal(1, poller:step())
    assert.are.same({ "timer" }, noted)
  end)

  it("is named when what it says is no descriptor, events or timeout", function()
    local named = { __tostring = function() return "the source" end }
    for name, row in pairs {
      pollfd = { "the source has no descriptor", -1, 1.5, 2 ^ 31, "5", false },
      events = { "the source has no 'r', 'w' or 'rw'", "", "wr", 5, false },
      timeout = { "the source has neither seconds nor nil", "soon", false },
    } do
      for i = 2, #row do
        local source = setmetatable(ready_source(), named)
        source[name] = function() return row[i] end
        poller:add(source, note "source")
        raises(row[1], poller.step, poller, LONG)
        poller:remove(source)
      end
    end
    assert.are.same({}, noted)
  end)

  it("can be one of too many for the system", function()
    local p = keep(assert(sys.spawn { "sh", "-c",
      'ulimit -n 16; exec "/proc/$PPID/exe" -e "$0"', [[
      local poller = require("exotel.poller").new()
      for _ = 1, 100 do
        poller:add({ pollfd = function() return 0 end, events = function() return "r" end,
                     timeout = function() end }, print)
      end
      print((select(2, pcall(poller.step, poller, 0))))]] }))
    assert.are.equal("poller: Invalid argument", p:read_line(LONG))
  end)
end)

describe("timers", function()
  it("come in the order of their times", function()
    local by, pass = by_hand()
    local expected = {}
    for _, i in ipairs { 7, 3, 9, 1, 5, 8, 2, 6, 4, 0 } do
      expected[#expected + 1] = i
      by:after(i, note(i))
    end
    table.sort(expected)
    pass(4)
    assert.are.equal(5, by:step(0))
    pass(5)
    assert.are.equal(5, by:step(0))
    assert.are.same(expected, noted)
  end)

  it("of one time come in the order of their making", function()
    local by = by_hand()
    local expected, timers = {}, {}
    for i = 1, 40 do timers[i] = by:after(0, note(i)) end
    for i = 1, 40 do
      if i % 3 == 0 then timers[i]:cancel() else expected[#expected + 1] = i end
    end
    assert.are.equal(#expected, by:step(0))
    assert.are.same(expected, noted)
  end)

  it("come in order whatever is cancelled between them", function()
    local by, pass = by_hand()
    local expected, timers = {}, {}
    for i = 1, 200 do
      local at = i * 37 % 50 -- each time four times
      local timer = by:after(at, note(at))
      if i * 53 % 7 < 2 then
        timers[#timers + 1] = timer
      else
        expected[#expected + 1] = at
      end
      if i % 20 == 0 then
        while timers[1] do table.remove(timers, i % #timers + 1):cancel() end
      end
    end
    table.sort(expected)
    pass(50)
    assert.are.equal(#expected, by:step(0))
    assert.are.same(expected, noted)
  end)

  it("come in order when the last takes a cancelled one's place among later ones", function()
    local by, pass = by_hand()
    local timers = {}
    for _, at in ipairs { 1, 20, 2, 21, 22, 50, 3, 30, 31, 32, 33, 60, 61, 62, 4 } do
      timers[at] = by:after(at, note(at))
    end
    timers[30]:cancel()
    pass(99)
    assert.are.equal(14, by:step(0))
    assert.are.same({ 1, 2, 3, 4, 20, 21, 22, 31, 32, 33, 50, 60, 61, 62 }, noted)
  end)

  it("wait as long as they were told, and come once", function()
    local before = sys.now()
    poller:after(0.05, note "timer")
    local late = poller:after(1000, note "late")
    assert.are.equal(1, poller:step())
    assert.is_true(sys.now() - before >= 0.05)
    assert.are.equal(0, poller:step(0.01))
    late:cancel()
    assert.are.equal(0, poller:step())
    assert.are.same({ "timer" }, noted)
  end)

  it("made in a callback wait for the next step, so that a step ends", function()
    local function again()
      noted[#noted + 1] = #noted + 1
      poller:after(0, again)
      poller:after(-5, note "past")
      poller:after(0 / 0, note "nan")
    end
    poller:after(0, again)
    assert.are.equal(1, poller:step())
    assert.are.same({ 1 }, noted)
    assert.are.equal(3, poller:step())
    assert.are.same({ 1, 2, "past", "nan" }, noted)
  end)

  it("can be cancelled, before, after, in a callback and twice", function()
    local early = poller:after(0, note "early")
    early:cancel()
    early:cancel()
    assert.are.equal(0, poller:step(0))
    local a, b
    a = poller:after(0, note("a", function()
      b:cancel()
      a:cancel()
    end))
    b = poller:after(0, note "b")
    poller:after(0, note "c")
    assert.are.equal(2, poller:step(0))
    a:cancel()
    poller:after(0, note "d")
    assert.is_false(poller:run())
    assert.are.same({ "a", "c", "d" }, noted)
  end)

  it("that were cancelled are not waited for", function()
    poller:after(1000, note "late"):cancel()
    assert.is_false(poller:run())
    assert.are.equal(0, poller:step())
  end)

  it("can take a source away that is due with them", function()
    local source = ready_source()
    poller:add(source, note "source")
    poller:after(0, note("timer", function() poller:remove(source) end))
    assert.are.equal(1, poller:step(LONG))
    assert.are.same({ "timer" }, noted)
  end)

  it("raise mistakes where they are made", function()
    raises("^spec/poller_spec.lua:%d+: poller:after: seconds wants a number, got a string",
      function() poller:after("soon", print) end)
    raises("on_time wants a function, got a nil", poller.after, poller, 1)
  end)

  it("don't keep the poller spinning: it sleeps until one is due", function()
    local source = silent_source() -- asked once a step
    poller:add(source, note "source")
    for i = 1, 5 do
      poller:after(i / 50, note(i, i == 5 and function() poller:remove(source) end or nil))
    end
    assert.is_false(poller:run())
    assert.are.same({ 1, 2, 3, 4, 5 }, noted)
    -- one step a timer, and room for a clock that is a little behind the kernel's
    assert.is_true(source.asked <= 10, source.asked)
  end)
end)

describe("step", function()
  it("waits so long at most, and never for 0, less and NaN", function()
    poller:add(silent_source(), note "source")
    poller:after(1000, note "late")
    for _, seconds in ipairs { 0, -1, -math.huge, 0 / 0 } do
      assert.are.equal(0, poller:step(seconds))
    end
    local before = sys.now()
    assert.are.equal(0, poller:step(0.05))
    assert.is_true(sys.now() - before >= 0.05)
    raises("^spec/poller_spec.lua:%d+: poller:step: seconds wants a number, got a string",
      function() poller:step("soon") end)
  end)

  it("is over at once when there is nothing to wait for, unless it is told to wait", function()
    assert.are.equal(0, poller:step())
    local before = sys.now()
    assert.are.equal(0, poller:step(0.05))
    assert.is_true(sys.now() - before >= 0.05)
  end)

  it("can be called in a callback: each is called once", function()
    poller:add(ready_source(), note("a", function()
      if #noted == 1 then assert.are.equal(2, poller:step(0)) end
    end))
    poller:add(ready_source(), note "b")
    poller:add(ready_source(), note "c")
    assert.are.equal(1, poller:step(0))
    assert.are.same({ "a", "b", "c" }, noted)
    assert.are.equal(3, poller:step(0))
    assert.are.same({ "a", "b", "c", "a", "b", "c" }, noted)
  end)

  it("can be left in the middle by a coroutine", function()
    local stepping = coroutine.wrap(function() return poller:step(0) end)
    poller:after(0, note("a", coroutine.yield))
    poller:after(0, note "b")
    stepping()
    assert.are.same({ "a" }, noted)
    assert.are.equal(2, stepping())
    assert.are.same({ "a", "b" }, noted)
  end)
end)

describe("an error in a callback", function()
  local why = setmetatable({}, { __tostring = function() return "why" end })
  local function fail() error(why) end

  it("goes to the caller as it is, and what wasn't called stays due", function()
    poller:after(0, note("t1", fail))
    poller:after(0, note "t2")
    poller:add(ready_source(), note("s1", fail))
    local drained, removed = ready_source(), ready_source()
    poller:add(drained, note "s2")
    poller:add(removed, note "removed")
    for _ = 1, 2 do
      local ok, got = pcall(poller.step, poller, LONG)
      assert.is_false(ok)
      assert.are.equal(why, got)
    end
    assert.are.same({ "t1", "t2", "s1" }, noted)
    drained.socket:receive(1) -- it was due all the same
    poller:remove(removed)
    assert.are.equal(1, poller:step(LONG))
    assert.are.same({ "t1", "t2", "s1", "s2" }, noted)
  end)

  it("each time keeps the others from nothing", function()
    poller:add(ready_source(), note("bad", fail))
    poller:add(ready_source(), note "good")
    poller:after(0, note "timer")
    for _ = 1, 6 do pcall(poller.step, poller, 0) end
    assert.are.same({ "timer", "bad", "good", "bad", "good", "bad", "good" }, noted)
  end)

  it("goes through run, which goes on when it is called again", function()
    for i = 1, 5 do poller:after(i / 1000, note(i, i % 2 == 0 and fail or nil)) end
    assert.are.equal(why, select(2, pcall(poller.run, poller)))
    assert.are.equal(why, select(2, pcall(poller.run, poller)))
    assert.is_false(poller:run())
    assert.are.same({ 1, 2, 3, 4, 5 }, noted)
  end)

  it("leaves what is due to run, which isn't over before it is called", function()
    poller:after(0, note("a", fail))
    poller:after(0, note "b")
    assert.is_false((pcall(poller.run, poller)))
    assert.is_false(poller:run())
    assert.are.same({ "a", "b" }, noted)
  end)
end)

describe("run", function()
  it("ends when nothing is left", function()
    assert.is_false(poller:run())
    assert.is_false(poller:run(function() return false end))
  end)

  it("asks before each step whether it is over", function()
    local source, asked = ready_source(), 0
    poller:add(source, note "ready")
    assert.is_true(poller:run(function() return true end))
    assert.are.same({}, noted)
    assert.is_true(poller:run(function()
      asked = asked + 1
      return asked == 4
    end))
    assert.are.same({ "ready", "ready", "ready" }, noted)
    raises("until_true wants a function, got a number", poller.run, poller, 5)
  end)

  it("ends after the step whose callback stopped it, and can be called again", function()
    local function stop() poller:stop() end
    poller:add(ready_source(), note("a", stop))
    poller:add(ready_source(), note "b")
    poller:after(1000, note "late")
    assert.is_false(poller:run())
    assert.are.same({ "a", "b" }, noted)
    assert.is_false(poller:run(function() return false end))
    assert.are.same({ "a", "b", "a", "b" }, noted)
  end)

  it("isn't stopped by what was said before it", function()
    poller:after(0, note("step", function() poller:stop() end))
    assert.are.equal(1, poller:step(0))
    poller:after(0, note "run")
    assert.is_false(poller:run())
    assert.are.same({ "step", "run" }, noted)
  end)

  it("in a callback can be stopped alone", function()
    local source = ready_source()
    poller:after(0, note("outer", function()
      poller:add(source, note("inner", function() poller:stop() end))
      poller:run()
      poller:remove(source)
      poller:after(0, note "after it")
    end))
    assert.is_false(poller:run())
    assert.are.same({ "outer", "inner", "after it" }, noted)
  end)

  it("stays stopped whatever another callback of its step runs", function()
    poller:after(0, note("stop", function() poller:stop() end))
    poller:after(0, note("inner", function() poller:run(function() return true end) end))
    poller:after(5, note "late")
    assert.is_false(poller:run())
    assert.are.same({ "stop", "inner" }, noted)
  end)
end)

describe("a signal", function()
  local function interrupted(program)
    local p = keep(raw.this_lua(program))
    assert.are.equal("ready", p:read_line(LONG))
    sys.sleep(0.1)
    assert.is_true(p:signal("INT"))
    return p
  end

  it("ends the program that waits, by Ctrl-C, and can be survived", function()
    local p = interrupted [[
      local poller = require("exotel.poller").new()
      local server = require("exotel.httpd").listen()
      poller:add(server, print)
      io.stdout:write("ready\n") io.stdout:flush()
      local ok, message = pcall(poller.run, poller)
      io.stdout:write(message:match "interrupted", "\n")
      poller:remove(server)
      poller:after(0.01, function() io.stdout:write("the timer\n") end)
      io.stdout:write(tostring(poller:run()), "\n")]]
    assert.are.equal("interrupted", p:read_line(LONG))
    assert.are.equal("the timer", p:read_line(LONG))
    assert.are.equal("false", p:read_line(LONG))
  end)

  it("ends the step with nothing called", function()
    -- In a coroutine, which the interpreter's handler for Ctrl-C doesn't end, but for LuaJIT's:
    -- that one ends what comes behind the step.
    local p = interrupted [[
      local poller = require("exotel.poller").new()
      local server = require("exotel.httpd").listen()
      poller:add(server, print)
      local timer, out = poller:after(1000, print), {}
      local _, ending = pcall(coroutine.wrap(function()
        io.stdout:write("ready\n") io.stdout:flush()
        out[1] = poller:step()
        poller:after(0.01, function()
          timer:cancel()
          poller:remove(server)
        end)
        out[2] = tostring(poller:run())
      end))
      out[1] = out[1] or ending:match "interrupted!$"
      io.stdout:write(table.concat(out, " "), "\n")]]
    assert.are.equal(lua.is_jit and "interrupted!" or "0 false", p:read_line(LONG))
  end)
end)
