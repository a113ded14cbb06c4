-- exotel.sys: clocks, sleep, polling, random bytes and child processes.
-- Nothing here asserts that something was fast, only that it came, or that it waited.
-- SPDX-License-Identifier: MIT

local alive = require "spec.support.alive"
local in_a_fork = require "spec.support.in_a_fork"
local looping = require "spec.support.looping"
local lua = require "spec.support.lua"
local socket = require "socket"
local raises = require "spec.support.raises"
local raw = require "spec.support.raw"
local read_file = require "spec.support.read_file"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that no test should ever need

local function sh(script)
  return assert(sys.spawn { "sh", "-c", script })
end

local function eventually(condition)
  local stop = sys.now() + LONG
  while sys.now() < stop do
    if condition() then return true end
    sys.sleep(0.01)
  end
  return false
end

describe("the clocks", function()
  it("count seconds, with a fraction", function()
    local before = sys.now()
    sys.sleep(0.02)
    assert.is_true(sys.now() - before >= 0.02)
    assert.is_true(math.abs(sys.time() - os.time()) < 5)
    assert.are_not.equal(sys.time() % 1, 0)
  end)

  it("don't wait for nothing", function()
    local before = sys.now()
    sys.sleep(0)
    sys.sleep(-5)
    sys.sleep(-math.huge)
    sys.sleep(0 / 0)
    assert.is_true(sys.now() - before < LONG)
    raises("number expected", sys.sleep, "soon")
  end)

  it("sleep on through signals", function()
    local p = raw.this_lua [[
      local sys = require "exotel.sys"
      io.stdout:write("ready\n") io.stdout:flush()
      local before, slept = sys.now()
      -- the interpreter's own handler for Ctrl-C raises when the sleep is over
      pcall(function() sys.sleep(0.4) sys.now() end)
      slept = sys.now() - before
      io.stdout:write(slept >= 0.4 and "all of it" or slept, "\n") io.stdout:flush()]]
    assert.are.equal("ready", p:read_line(LONG))
    sys.sleep(0.1)
    assert.is_true(p:signal("INT"))
    assert.are.equal("all of it", p:read_line(LONG))
    p:close()
  end)
end)

describe("poll", function()
  local opened = {}

  local function keep(s)
    opened[#opened + 1] = s
    return s
  end

  -- Two ends of one connection.
  local function pair()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local near = keep(assert(socket.tcp4()))
    assert(near:connect("127.0.0.1", (select(2, listener:getsockname()))))
    local far = keep(assert(listener:accept()))
    listener:close()
    return near, far
  end

  after_each(function()
    for i = #opened, 1, -1 do table.remove(opened, i):close() end
  end)

  it("says of each descriptor what is ready", function()
    local near, far = pair()
    local silent = pair()
    far:send("x")
    local n, s = near:getfd(), silent:getfd()
    assert.are.same({ "r", "w", "rw", false, "w", "w" },
      sys.poll({ n, "r", n, "w", n, "rw", s, "r", s, "w", s, "rw" }, LONG))
    assert.are.same({ false }, sys.poll({ s, "r" }, 0))
  end)

  it("wakes when one of several is ready", function()
    local silent, near, far = pair(), pair()
    local pid = assert(sys.fork())
    if pid == 0 then
      sys.sleep(0.1)
      far:send("x")
      sys.exit(0)
    end
    assert.are.same({ false, "r" },
      sys.poll({ silent:getfd(), "r", near:getfd(), "r" }, math.huge))
    assert.are.equal(0, sys.waitpid(pid, LONG))
  end)

  it("counts errors and hang-ups as ready for what is wanted", function()
    local fd = keep(assert(socket.tcp4())):getfd() -- never connected: a hang-up
    assert.are.same({ "r", "rw", "w" }, sys.poll({ fd, "r", fd, "rw", fd, "w" }, LONG))
    local near, far = pair()
    far:close()
    assert.are.same({ "r" }, sys.poll({ near:getfd(), "r" }, LONG))
  end)

  it("says which descriptor isn't open", function()
    local near, far = pair()
    local fd = near:getfd()
    near:close()
    assert.are.same({ "invalid", "w" }, sys.poll({ fd, "rw", far:getfd(), "w" }, LONG))
  end)

  it("takes many", function()
    local near, far = pair()
    far:send("x")
    local wanted, expected = {}, {}
    for i = 1, 300 do
      wanted[2 * i - 1], wanted[2 * i] = near:getfd(), "r"
      expected[i] = "r"
    end
    assert.are.same(expected, sys.poll(wanted, LONG))
  end)

  it("waits so long and no longer, and not at all for nothing", function()
    local silent = pair()
    local wanted = { silent:getfd(), "r" }
    for _, seconds in ipairs { 0, -1, -math.huge, 0 / 0 } do
      assert.are.same({ false }, sys.poll(wanted, seconds))
    end
    local before = sys.now()
    assert.are.same({ false }, sys.poll(wanted, 0.05))
    assert.are.same({}, sys.poll({}, 0.05))
    assert.is_true(sys.now() - before >= 0.1)
  end)

  it("rounds up, so that waiting for a moment takes no second call but by chance", function()
    local calls, waits = 0, 50
    for i = 1, waits do
      local moment = sys.now() + i / 100000
      repeat
        assert(sys.poll({}, moment - sys.now()))
        calls = calls + 1
      until sys.now() >= moment
    end
    assert.is_true(calls < 2 * waits, calls)
  end)

  it("comes back with nothing ready on a signal", function()
    -- In a coroutine, which the interpreter's handler for Ctrl-C doesn't end, but for LuaJIT's:
    -- that one ends what comes behind the poll.
    local p = raw.this_lua [[
      local sys = require "exotel.sys"
      local server = require "exotel.httpd".listen()
      local wanted = { server:pollfd(), "r" }
      local line
      local _, ending = pcall(coroutine.wrap(function()
        io.stdout:write("ready\n") io.stdout:flush()
        local ready, message = sys.poll(wanted, math.huge)
        line = message or #ready .. " " .. tostring(ready[1])
      end))
      io.stdout:write(line or ending:match "interrupted!$", "\n") io.stdout:flush()]]
    assert.are.equal("ready", p:read_line(LONG))
    sys.sleep(0.1)
    assert.is_true(p:signal("INT"))
    assert.are.equal(lua.is_jit and "interrupted!" or "1 false", p:read_line(LONG))
    p:close()
  end)

  it("says why the system can't", function()
    local p = sh([[ulimit -n 16; exec "/proc/$PPID/exe" -e '
      local sys = require "exotel.sys"
      local wanted = {}
      for i = 1, 100 do wanted[2 * i - 1], wanted[2 * i] = 0, "r" end
      print(select(2, sys.poll(wanted, 0)))']])
    assert.are.equal("Invalid argument", p:read_line(LONG))
    p:close()
  end)

  it("raises mistakes by their place", function()
    raises("table expected", sys.poll, 5, 0)
    raises("number expected", sys.poll, {})
    raises("number expected", sys.poll, {}, "soon")
    raises("descriptors and their events", sys.poll, { 0 }, 0)
    for _, fd in ipairs { -1, 1.5, "0", 2 ^ 31, math.huge, 0 / 0, true } do
      raises("a descriptor expected at position 3", sys.poll, { 0, "r", fd, "r" }, 0)
    end
    for _, events in ipairs { "", "wr", "x", "r\0", 1, true } do
      raises("'r', 'w' or 'rw' expected at position 4", sys.poll, { 0, "r", 0, events }, 0)
    end
  end)
end)

describe("random", function()
  it("gives as many bytes as asked, and others each time", function()
    for _, n in ipairs { 1, 16, 4096 } do assert.are.equal(n, #sys.random(n)) end
    assert.are_not.equal(sys.random(16), sys.random(16))
  end)

  it("gives a forked copy others too", function()
    local p = assert(sys.spawn { "cat" })
    assert.are.equal(0, in_a_fork(function()
      return p:write(sys.hex(sys.random(16)) .. "\n")
    end))
    local line = assert(p:read_line(LONG))
    assert.are.equal(32, #line)
    assert.are_not.equal(sys.hex(sys.random(16)), line)
    p:close()
  end)

  it("is for a bounded number of bytes", function()
    raises("1 to 4096", sys.random, 0)
    raises("1 to 4096", sys.random, 4097)
    raises("1 to 4096", sys.random, -1)
    raises("number expected", sys.random, "x")
    for _, n in ipairs { 1.5, 0 / 0, math.huge } do
      raises("number has no integer representation", sys.random, n)
    end
  end)

  it("hex writes every byte in lower case", function()
    assert.are.equal("", sys.hex(""))
    assert.are.equal("00ff0a7f80", sys.hex("\0\255\10\127\128"))
    assert.are.equal(8192, #sys.hex(("\0"):rep(4096)))
    raises("string expected", sys.hex, nil)
  end)
end)

describe("append", function()
  local folder, remove

  setup(function() folder, remove = raw.directory() end)
  teardown(function() remove() end)

  it("makes a file for its owner alone, and adds to it", function()
    local name = folder .. "/new"
    assert.is_true(sys.append(name, "one\0\n"))
    assert.is_true(sys.append(name, ""))
    assert.is_true(sys.append(name, ("two\n"):rep(1e5)))
    assert.are.equal("one\0\n" .. ("two\n"):rep(1e5), read_file(name))
    local stat = assert(sys.spawn { "stat", "-c", "%a", name })
    assert.are.equal("600", stat:read_line(LONG))
    stat:close()
  end)

  it("adds behind what others have added meanwhile", function()
    local name = folder .. "/shared"
    assert.is_true(sys.append(name, "one "))
    local other = assert(io.open(name, "a"))
    other:write "two "
    other:close()
    assert.is_true(sys.append(name, "three"))
    assert.are.equal("one two three", read_file(name))
  end)

  it("takes what can't be synced, and a name without a folder", function()
    assert.is_true(sys.append("/dev/null", "x"))
    local child = raw.child({}, ("local sys = require 'exotel.sys' "
      .. "os.remove 'exotel-spec.tmp' print(sys.append('exotel-spec.tmp', 'x'))"
      .. "os.remove 'exotel-spec.tmp'"))
    assert.are.equal("true", child)
  end)

  it("says why it can't", function()
    for name, why in pairs { ["/nowhere/x"] = "No such file or directory",
                             [folder] = "Is a directory", ["/dev/full"] = "No space left" } do
      local ok, message = sys.append(name, "x")
      assert.is_nil(ok)
      assert.matches(name .. ": " .. why, message, 1, true)
    end
    raises("NUL byte", sys.append, "a\0b", "x")
    raises("string expected", sys.append, "a")
  end)
end)

describe("a lock", function()
  local folder, remove, name

  before_each(function()
    folder, remove = raw.directory()
    name = folder .. "/file"
  end)
  after_each(function() remove() end)

  it("is had by one at a time, in this process too", function()
    local lock = assert(sys.lock(name))
    assert.is_false(sys.lock(name))
    assert.equal("false", raw.child({},
      ("print(require 'exotel.sys'.lock(%q))"):format(name)))
    lock:close()
    lock:close()
    local again = assert(sys.lock(name))
    lock:close()
    assert.is_false(sys.lock(name))
    again:close()
  end)

  it("keeps nobody out where files can't be locked", function()
    assert.equal("true", raw.child({ looping.preload "no_locks" }, ([[
      local lock = require "exotel.sys".lock
      local one, other = lock(%q), lock(%q)
      print(one and other and true)]]):format(name, name)))
    looping.stop()
  end)

  it("isn't undone by a forked copy", function()
    local lock = assert(sys.lock(name))
    assert.equal(0, in_a_fork(function()
      lock:close()
      return sys.lock(name) == false
    end))
    assert.is_false(sys.lock(name))
    lock:close()
  end)

  it("is of the file that stands at the path, which it leaves as it is", function()
    assert(sys.append(name, "bytes"))
    local lock = assert(sys.lock(name))
    assert(os.rename(name, name .. "2"))
    local other = assert(sys.lock(name))
    assert.is_false(sys.lock(name .. "2"))
    assert.equal("bytes", read_file(name .. "2"))
    lock:close()
    other:close()
  end)

  it("ends when nobody holds it any more", function()
    assert(sys.lock(name))
    collectgarbage()
    collectgarbage()
    assert(sys.lock(name)):close()
  end)

  it("says why it can't be had", function()
    for path, why in pairs { ["/nowhere/x"] = "No such file or directory",
                             [folder] = "Is a directory" } do
      local lock, message = sys.lock(path)
      assert.is_nil(lock)
      assert.matches(path .. ": " .. why, message, 1, true)
    end
    raises("NUL byte", sys.lock, "a\0b")
    raises("string expected", sys.lock)
  end)
end)

describe("fork, exit and waitpid", function()
  it("give the code, the signal, or the time", function()
    local pid = assert(sys.fork())
    if pid == 0 then sys.exit(7) end
    assert.are.equal(7, sys.waitpid(pid, LONG))

    local before = sys.pid()
    assert.are.equal(0, in_a_fork(function() return sys.pid() ~= before end))

    pid = assert(sys.fork())
    if pid == 0 then sys.sleep(LONG) sys.exit(0) end
    assert.are.same({ nil, "timeout" }, { sys.waitpid(pid, 0.01) })
    assert.are.same({ nil, "timeout" }, { sys.waitpid(pid, -1) })
    os.execute("kill -9 " .. pid)
    assert.are.same({ nil, "signal", 9 }, { sys.waitpid(pid, LONG) })
    assert.are.same({ nil, "no such child" }, { sys.waitpid(pid, LONG) })
  end)

  it("raise what is no id and no code", function()
    raises("id of a child", sys.waitpid, -1, 0)
    raises("id of a child", sys.waitpid, 0, 0)
    raises("number expected", sys.waitpid, 1)
    raises("0 to 255", sys.exit, 256)
    raises("0 to 255", sys.exit, -1)
  end)
end)

describe("spawn", function()
  it("hands over the arguments as they are", function()
    local p = assert(sys.spawn { "printf", "%s|", "a b", "", "$HOME", "*" })
    assert.are.equal("a b||$HOME|*|", p:read_line(LONG))
    assert.are.equal(0, p:wait(LONG))
    p:close()
  end)

  it("says which program is missing", function()
    local p, message = sys.spawn { "/nowhere/no-such-program", "x" }
    assert.is_nil(p)
    assert.are.equal("/nowhere/no-such-program: No such file or directory", message)
    assert.are.same({ nil, "/: Permission denied" }, { sys.spawn { "/" } })
  end)

  it("leaves no child and no descriptor behind a missing program", function()
    local function descriptors()
      collectgarbage() -- what other specs left open is not counted
      collectgarbage()
      local n, p = 0, sh("read -r begin; ls /proc/$PPID/fd")
      assert(p:write "begin\n") -- when spawn has closed its own
      while p:read_line(LONG) do n = n + 1 end
      p:close()
      return n
    end
    local before = descriptors()
    for _ = 1, 50 do assert.is_nil((sys.spawn { "/nowhere/x" })) end
    assert.is_true(descriptors() <= before) -- others may have closed some of theirs meanwhile
    local p = sh([[grep -sl "^State:.Z" $(grep -slE "^PPid:.$PPID$" /proc/[0-9]*/status)]])
    assert.are.same({ nil, "closed" }, { p:read_line(LONG) })
    p:close()
  end)

  it("raises mistakes", function()
    raises("table expected", sys.spawn, "ls")
    raises("a program expected", sys.spawn, {})
    raises("strings expected", sys.spawn, { "ls", 1 })
    raises("NUL byte", sys.spawn, { "ls", "a\0b" })
    raises("unknown option 'stder'", sys.spawn, { "ls", stder = false })
    raises("stderr: boolean", sys.spawn, { "ls", stderr = "no" })
    raises("unknown option '3'", sys.spawn, { "ls", [3] = "x" })
    raises("unknown option '1.5'", sys.spawn, { "ls", [1.5] = "x" })
    raises("unknown option '?'", sys.spawn, { "ls", [true] = "x" })
  end)

  it("can send stderr to nowhere", function()
    for option, line in pairs { [false] = "seen", [true] = "hidden" } do
      local p = sh('exec "/proc/$PPID/exe" -e \'' .. ([[
        local sys = require "exotel.sys"
        local p = sys.spawn { "sh", "-c", "echo hidden >&2; echo seen", stderr = %s }
        local line = p:read_line(20)
        p:wait(20)
        print(line)]]):format(tostring(option)) .. "' 2>&1")
      assert.are.equal(line, (p:read_line(LONG)))
      p:close()
    end
  end)

  it("gives the child none of our descriptors", function()
    local function descriptors()
      local p = sh("ls /proc/self/fd | tr '\\n' ' '")
      local line = assert(p:read_line(LONG))
      p:close()
      return line
    end
    local before = descriptors()
    local a, b = assert(sys.spawn { "cat" }), assert(sys.spawn { "cat" })
    assert.are.equal(before, descriptors())
    a:close()
    b:close()
  end)
end)

describe("a process", function()
  it("is read by the line", function()
    local p = sh("printf 'one\\n\\nthree\\r\\nlast'")
    assert.are.equal("one", p:read_line(LONG))
    assert.are.equal("", p:read_line(LONG))
    assert.are.equal("three\r", p:read_line(LONG))
    assert.are.equal("last", p:read_line(LONG))
    assert.are.same({ nil, "closed" }, { p:read_line(LONG) })
    assert.are.same({ nil, "closed" }, { p:read_line(0) })
    p:close()
  end)

  it("keeps half a line until the rest comes", function()
    local p = sh("printf ha; read x; echo lf")
    assert.are.same({ nil, "timeout" }, { p:read_line(0.05) })
    assert.are.same({ nil, "timeout" }, { p:read_line(0) })
    assert.are.same({ nil, "timeout" }, { p:read_line(-1) })
    assert.is_true(p:write("go\n"))
    assert.are.equal("half", p:read_line(LONG))
    p:close()
  end)

  it("holds lines up to 64 KiB and no longer", function()
    local p = sh("head -c 65535 /dev/zero | tr '\\0' x; echo; head -c 65537 /dev/zero")
    assert.are.equal(65535, #p:read_line(LONG))
    assert.are.same({ nil, "line too long" }, { p:read_line(LONG) })
    assert.are.same({ nil, "line too long" }, { p:read_line(LONG) })
    p:close()
  end)

  it("says that stdout is closed while it runs on", function()
    local p = sh("exec >&-; exec sleep 20")
    assert.are.same({ nil, "closed" }, { p:read_line(LONG) })
    assert.are.same({ nil, "timeout" }, { p:wait(0) })
    p:close()
  end)

  it("is written to, and told that no more comes", function()
    local p = assert(sys.spawn { "cat" })
    assert.is_true(p:write("a\0b\n"))
    assert.are.equal("a\0b", p:read_line(LONG))
    assert.is_true(p:write(""))
    p:close_input()
    p:close_input()
    assert.are.same({ nil, "closed" }, { p:write("more") })
    assert.are.equal(0, p:wait(LONG))
    p:close()
  end)

  it("does not kill us when it stopped reading", function()
    local p = sh("exec <&-; echo ready; exec sleep 20")
    assert.are.equal("ready", p:read_line(LONG))
    for _ = 1, 3 do assert.are.same({ nil, "closed" }, { p:write("x") }) end
    p:close()
  end)

  it("ends with a code, or by a signal", function()
    local p = sh("exit 3")
    assert.are.equal(3, p:wait(LONG))
    assert.are.equal(3, p:wait(0))
    assert.are.same({ nil, "No such process" }, { p:signal(15) })
    p:close()

    -- Whoever runs the specs may ignore SIGHUP or SIGINT, as nohup does.
    local function sleeping()
      local sleeper = assert(sys.spawn { "env", "--default-signal=HUP,INT", "sh", "-c",
                                         "echo; exec sleep 20" })
      assert.equal("", sleeper:read_line(LONG))
      return sleeper
    end
    for name, number in pairs { TERM = 15, KILL = 9, INT = 2 } do
      p = sleeping()
      assert.is_true(p:signal(name))
      assert.are.same({ nil, "signal", number }, { p:wait(LONG) })
      p:close()
    end
    p = sleeping()
    assert.is_true(p:signal(0))
    assert.is_true(p:signal(1))
    assert.are.same({ nil, "signal", 1 }, { p:wait(LONG) })
    raises("invalid option", p.signal, p, "HUPP")
    raises("0 to 64", p.signal, p, 65)
    p:close()
  end)

  it("does not end in time", function()
    local p = assert(sys.spawn { "sleep", "20" })
    assert.are.same({ nil, "timeout" }, { p:wait(0) })
    assert.are.same({ nil, "timeout" }, { p:wait(0.03) })
    p:close()
  end)

  it("is killed and reaped by close, by __gc and by __close", function()
    for _, name in ipairs { "close", "__gc", "__close" } do
      local p = assert(sys.spawn { "sleep", "20" })
      local pid, meta = p:pid(), debug.getmetatable(p)
      local closing = meta[name] or meta.__index[name]
      assert.is_true(alive(pid))
      closing(p)
      assert.is_false(alive(pid))
      assert.are.same({ nil, "no such child" }, { sys.waitpid(pid, 0) })
      raises("process is closed", p.pid, p)
      closing(p)
    end
  end)

  it("is killed and reaped by the collector", function()
    local p = assert(sys.spawn { "sleep", "20" })
    local pid = p:pid()
    assert.is_true(alive(pid))
    p = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.is_false(alive(pid))
  end)

  it("can't be used when closed", function()
    local p = assert(sys.spawn { "cat" })
    local methods = debug.getmetatable(p).__index
    p:close()
    local n = 0
    for name, method in pairs(methods) do
      if name ~= "close" then
        n = n + 1
        raises("process is closed", method, p, 1)
      end
      raises("exotel.sys.process", method, io.stdout, 1)
    end
    assert.are.equal(6, n)
  end)

  it("is not a forked copy's to end", function()
    local p = assert(sys.spawn { "cat" })
    assert.are.equal(0, in_a_fork(function()
      local ok = select(2, p:signal("KILL")) == "Operation not permitted"
        and select(2, p:wait(0)) == "no such child"
      p:close()
      return ok
    end))
    assert.is_true(alive(p:pid()))
    assert.is_true(p:write("still here\n"))
    assert.are.equal("still here", p:read_line(LONG))
    p:close()
  end)

  it("dies with its parent", function()
    local p = assert(sys.spawn { "cat" })
    local pid = assert(sys.fork())
    if pid == 0 then
      local grandchild = sys.spawn { "sleep", "20" }
      p:write(grandchild:pid() .. "\n")
      sys.exit(0) -- no __gc runs
    end
    assert.are.equal(0, sys.waitpid(pid, LONG))
    local grandchild = tonumber(p:read_line(LONG))
    assert.is_true(eventually(function() return not alive(grandchild) end))
    p:close()
  end)
end)
