-- sys.gate: the relay, between real sockets. Client, gate and server share this process, so
-- that each order comes at a known place. Nothing asserts that something was fast.
--
-- SPDX-License-Identifier: MIT

local httpd = require "exotel.httpd"
local poller = require "exotel.poller"
local socket = require "socket"
local sys = require "exotel.sys"
local in_a_fork = require "spec.support.in_a_fork"
local lua = require "spec.support.lua"
local raises = require "spec.support.raises"
local wire = require "spec.support.wire"

local LONG = 20 -- seconds that nothing here should ever need

local gate, listener
local opened = {}

local function keep(object)
  opened[#opened + 1] = object
  return object
end

local function open(options)
  local all = { upstream = tonumber((select(2, listener:getsockname()))) }
  for name, value in pairs(options or {}) do all[name] = value end
  gate = keep(assert(sys.gate(all)))
  return gate
end

local function step() assert(gate:step()) end

-- Steps until done() gives something, which it returns.
local function run(done)
  local stop = sys.now() + LONG
  repeat
    step()
    local result = done()
    if result then return result end
  until sys.now() > stop
  error("nothing came of it", 2)
end

-- A client, and the server's end of its connection: { socket, port, got, ended }.
local function connect()
  local client = wire.connect(gate:port(), step)
  local accepted = run(function() return listener:accept() end)
  accepted:settimeout(0)
  keep(accepted)
  return client, { socket = accepted, got = "",
                   port = tonumber((select(2, accepted:getpeername()))) }
end

local function take(server)
  local data, why, partial = server.socket:receive(65536)
  server.got = server.got .. (data or partial)
  server.ended = server.ended or why == "closed"
end

local function gets(server, n)
  return run(function()
    take(server)
    return #server.got >= n or server.ended
  end)
end

-- Sends all of it, with the gate going on.
local function sends(server, bytes)
  local at = 1
  run(function()
    local last, _, partial = server.socket:send(bytes, at)
    at = (last or partial) + 1
    return at > #bytes
  end)
end

-- What doesn't repeat, so that no piece can stand for another.
local function noise(n)
  local pieces = {}
  for index = 1, math.ceil(n / 4096) do pieces[index] = assert(sys.random(4096)) end
  return table.concat(pieces):sub(1, n)
end

-- Counted once this process has closed what it starts the child with.
local function descriptors()
  local n = 0
  local process = assert(sys.spawn { "sh", "-c", "read go; ls /proc/$PPID/fd" })
  assert(process:write "go\n")
  while process:read_line(LONG) do n = n + 1 end
  process:close()
  return n
end

-- As open() takes them; nil when the descriptor isn't open.
local function flags_of(fd)
  local file = io.open("/proc/self/fdinfo/" .. fd)
  if not file then return nil end
  local flags = file:read("*a"):match "flags:%s*(%d+)"
  file:close()
  return tonumber(flags, 8)
end

describe("A gate", function()
  before_each(function()
    listener = keep(assert(socket.bind("127.0.0.1", 0, 2048)))
    listener:settimeout(0)
  end)

  after_each(function()
    wire.stop()
    for index = #opened, 1, -1 do
      opened[index]:close()
      opened[index] = nil
    end
  end)

  it("listens where it is told, and says where", function()
    open()
    assert.equal("http://127.0.0.1:" .. gate:port(), gate:url())
    assert.equal("r", gate:events())
    assert.is_nil(gate:timeout())
    assert.equal(0, gate:connections())
    local taken, message = sys.gate { upstream = 1, port = gate:port() }
    assert.is_nil(taken)
    assert.equal(("cannot listen on 127.0.0.1:%d: Address already in use"):format(gate:port()),
      message)
    assert.equal("cannot listen on nowhere:0: not a numeric address",
      select(2, sys.gate { upstream = 1, host = "nowhere" }))
    local six = sys.gate { upstream = 1, host = "::1" }
    if six then assert.matches("^http://%[::1%]:%d+$", keep(six):url()) end
  end)

  it("raises for what a program does wrong", function()
    raises("upstream: integer expected", sys.gate, {})
    raises("upstream: out of range", sys.gate, { upstream = 65536 })
    raises("max_connections: out of range", sys.gate, { upstream = 1, max_connections = 0 })
    raises("backlog: out of range", sys.gate, { upstream = 1, backlog = -1 })
    raises("unknown option 'upstrem'", sys.gate, { upstrem = 1 })
    open()
    raises("0 to 65535 expected", gate.raw, gate, 65536, "", "close")
    raises("invalid option 'end'", gate.raw, gate, 1, "", "end")
    raises("0 or more expected", gate.limit, gate, 1, -1, "close")
    raises("more than 0 expected", gate.slow, gate, 1, 0)
    raises("more than 0 expected", gate.slow, gate, 1, 0 / 0)
    gate:close()
    gate:close()
    raises("gate is closed", gate.step, gate)
  end)

  it("says of a connection that isn't there that it is gone", function()
    open()
    local client, server = connect()
    client:leave()
    run(function()
      take(server)
      return server.ended
    end)
    server.socket:close()
    run(function() return gate:connections() == 0 end)
    for name, arguments in pairs { raw = { "", "close" }, limit = { 1, "close" }, slow = { 1 },
                                   end_on_reuse = { "close" } } do
      local done, why = gate[name](gate, server.port, lua.unpack(arguments))
      assert.is_nil(done)
      assert.equal("gone", why)
    end
  end)

  it("that isn't stepped lets few be connected where its backlog says so", function()
    for backlog, wanted in pairs { [0] = 8, 2 } do
      open { backlog = backlog > 0 and 1 or nil }
      local connected, descriptors_of = 0, {}
      for index = 1, 8 do
        local client = keep(assert(socket.tcp()))
        client:settimeout(0)
        client:connect("127.0.0.1", gate:port())
        descriptors_of[2 * index - 1], descriptors_of[2 * index] = client:getfd(), "w"
      end
      sys.sleep(0.3)
      for _, ready in ipairs(sys.poll(descriptors_of, 0)) do
        connected = connected + (ready and 1 or 0)
      end
      assert.equal(wanted, connected)
    end
  end)

  it("carries bytes as they are, both ways at once, more than any buffer holds", function()
    open()
    local client, server = connect()
    local up, down = noise(3000000), noise(3000001)
    local sent, received, at, back = 0, {}, 1, 0
    run(function()
      local last, _, partial = client.socket:send(up, sent + 1)
      sent = last or partial
      take(server)
      last, _, partial = server.socket:send(down, at)
      at = (last or partial) + 1
      local data, _, rest = client.socket:receive(65536)
      received[#received + 1] = data or rest
      back = back + #received[#received]
      return #server.got == #up and back == #down
    end)
    assert.is_true(up == server.got)
    assert.is_true(down == table.concat(received))
  end)

  it("holds a writer back whose reader is slow", function()
    open()
    local client, server = connect()
    local bytes, sent, still = noise(65536), 0, 0
    run(function()
      local last, _, partial = client.socket:send(bytes)
      local n = last or partial
      sent, still = sent + n, n > 0 and 0 or still + 1
      return still > 100 -- rounds of the gate without room for a byte
    end)
    assert.is_true(sent < 30000000)
    local got = 0 -- counted, not kept: it is long
    run(function()
      local data, _, partial = server.socket:receive(65536)
      got = got + #(data or partial)
      return got >= sent
    end)
    assert.equal(sent, got)
  end)

  it("carries an answer to a client that has closed its half", function()
    open()
    local client, server = connect()
    client:send "question"
    client:finish()
    run(function()
      take(server)
      return server.ended
    end)
    assert.equal("question", server.got)
    sends(server, "answer")
    server.socket:close()
    client:read()
    assert.equal("answer", client.got)
    assert.equal("close", client.ended)
    local began = sys.now()
    run(function() return gate:connections() == 0 end)
    assert.is_true(sys.now() - began < 4) -- not after the time that a client is given to close
  end)

  it("gives a client some seconds to close after the server did", function()
    open()
    local client, server = connect()
    server.socket:close()
    client:read()
    assert.is_true(gate:timeout() > 3)
    assert.equal(1, gate:connections())
    run(function() return gate:connections() == 0 end)
    client.socket:send "x"
    client.ended = nil
    client:read()
    assert.equal("reset", client.ended)
  end)

  it("carries what comes after a server has closed its half", function()
    open()
    local client, server = connect()
    sends(server, "greeting")
    server.socket:shutdown "send"
    client:read()
    assert.equal("greeting", client.got)
    assert.equal("close", client.ended)
    client:send "late"
    client:finish()
    run(function()
      take(server)
      return server.ended
    end)
    assert.equal("late", server.got)
    run(function() return gate:connections() == 0 end)
  end)

  it("passes a RST on, behind what was sent before it", function()
    open()
    local client, server = connect()
    sends(server, "partial")
    server.socket:setoption("linger", { on = true, timeout = 0 })
    server.socket:close()
    client:read()
    assert.equal("partial", client.got)
    assert.equal("reset", client.ended)

    client, server = connect()
    client:send "x"
    gets(server, 1)
    client:leave "reset"
    run(function() return server.socket:getoption "error" or nil end)
    assert.equal(0, gate:connections())
  end)

  it("resets who comes when nobody listens upstream", function()
    local silent = assert(socket.tcp()) -- it has the port, and doesn't listen
    assert(silent:bind("127.0.0.1", 0))
    open { upstream = tonumber((select(2, silent:getsockname()))) }
    local client = wire.connect(gate:port(), step):read()
    assert.equal("reset", client.ended)
    assert.equal(0, gate:connections())
    silent:close()
  end)

  it("lets 1024 connections through at once, and leaves nothing open", function()
    collectgarbage()
    local before = descriptors()
    open { max_connections = 1024 }
    local pairs_of = {}
    for index = 1, 1024 do
      local client, server = connect()
      client:send(tostring(index))
      pairs_of[index] = { client, server }
    end
    assert.equal(1024, gate:connections())
    for index = 1024, 1, -1 do
      local client, server = lua.unpack(pairs_of[index])
      gets(server, #tostring(index))
      assert.equal(tostring(index), server.got)
      sends(server, "=" .. index)
      server.socket:close()
      client:read()
      assert.equal("=" .. index, client.got)
      client:leave()
    end
    run(function() return gate:connections() == 0 end)
    gate:close()
    for index = #opened, 2, -1 do opened[index]:close() end
    wire.stop()
    collectgarbage()
    assert.equal(before, descriptors())
  end)

  it("lets those wait that are more than it takes", function()
    open { max_connections = 1 }
    local client, server = connect()
    local other = wire.connect(gate:port(), step)
    other:send "next"
    for _ = 1, 50 do step() end
    assert.is_nil((listener:accept()))
    assert.same({ false }, sys.poll({ gate:pollfd(), "r" }, 0)) -- there is nothing to do
    client:leave()
    server.socket:close()
    local accepted = keep(run(function() return listener:accept() end))
    accepted:settimeout(0)
    local got = { socket = accepted, got = "" }
    gets(got, 4)
    assert.equal("next", got.got)
  end)

  it("makes no client of the sandbox fail when there are few descriptors", function()
    local sandbox = assert(sys.spawn { "sh", "-c",
      "ulimit -n 300; exec " .. lua.name .. " bin/exotel sandbox --port=0 --rate-limit=0" })
    keep(sandbox)
    local port = tonumber(assert(sandbox:read_line(LONG)):match ":(%d+)$")
    local clients = {}
    for index = 1, 60 do
      clients[index] = wire.connect(port)
      clients[index]:send "GET /_sandbox/dials HTTP/1.1\r\nHost: h\r\n\r\n"
    end
    for _, client in ipairs(clients) do
      assert.equal(200, (client:answer()))
      client:leave()
    end
  end)

  it("gives its descriptors to no program that is started", function()
    local CLOEXEC = 0x80000
    local known = {}
    for fd = 0, 1023 do known[fd] = flags_of(fd) ~= nil end
    open()
    local client, server = connect()
    known[client.socket:getfd()], known[server.socket:getfd()] = true, true
    local own = 0
    for fd = 0, 1023 do
      local flags = not known[fd] and flags_of(fd)
      if flags then
        own = own + 1
        assert.equal(1, math.floor(flags / CLOEXEC) % 2)
      end
    end
    assert.equal(4, own) -- to listen, the set, and two of a connection
  end)

  it("is left alone by a forked copy that closes it", function()
    open()
    local client, server = connect()
    assert.equal(0, in_a_fork(function()
      local ok, message = pcall(gate.step, gate)
      gate:close()
      return not ok and message:find("belongs to the process that opened it", 1, true)
    end))
    client:send "still"
    gets(server, 5)
    assert.equal("still", server.got)
    sends(server, "here")
    client:read(function() return #client.got == 4 end)
    assert.equal("here", client.got)
  end)

  it("is a source for the poller", function()
    open()
    local loop = poller.new()
    loop:add(gate, step)
    local client = wire.connect(gate:port(), function() end)
    local accepted
    loop:run(function()
      accepted = accepted or listener:accept()
      return accepted
    end)
    keep(accepted)
    client:send "x"
    accepted:settimeout(0)
    loop:run(function() return (accepted:receive(1)) end)
  end)

  it("stands in front of exotel.httpd, whose requests tell the port for orders", function()
    local server = keep(assert(httpd.listen()))
    open { upstream = server:port() }
    local request
    local client = wire.connect(gate:port(), function()
      step()
      request = request or server:poll(0)
    end)
    client:send "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    client:read(function() return request end)
    assert.is_true(gate:raw(request:peer_port(), "raw bytes", "close"))
    assert.same({ nil, "gone" }, { request:respond(200) })
    client:read()
    assert.equal("raw bytes", client.got)
  end)

  -- Each order is given after a request, as it is used.
  describe("told to", function()
    local client, server

    before_each(function()
      open()
      client, server = connect()
      client:send "request"
      gets(server, 7)
    end)

    for _, ending in ipairs { "close", "reset" } do
      it("send raw bytes and " .. ending .. " does, and the server is rid of it", function()
        local bytes = noise(3000000):rep(6) -- more than the system's buffers
        assert.is_true(gate:raw(server.port, bytes, ending))
        gets(server, 8)
        assert.is_true(server.ended)
        assert.equal(1, gate:connections()) -- the client has yet to read
        local pieces, n = {}, 0
        run(function()
          local data, _, partial = client.socket:receive(65536)
          pieces[#pieces + 1] = data or partial
          n = n + #pieces[#pieces]
          return n > #bytes - 140000
        end)
        client:read()
        assert.is_true(bytes == table.concat(pieces) .. client.got)
        assert.equal(ending, client.ended)
        assert.equal(0, gate:connections())
      end)

      it("send nothing and " .. ending .. " does so", function()
        assert.is_true(gate:raw(server.port, "", ending))
        client:read()
        assert.equal("", client.got)
        assert.equal(ending, client.ended)
        assert.equal(0, gate:connections())
      end)

      for _, n in ipairs { 0, 1, 5, 11 } do
        it(("let %d bytes pass and %s does"):format(n, ending), function()
          assert.is_true(gate:limit(server.port, n, ending))
          if n > 0 then sends(server, "hello world") end
          client:read()
          assert.equal(("hello world"):sub(1, n), client.got)
          assert.equal(ending, client.ended)
          gets(server, 8)
          assert.is_true(server.ended)
        end)
      end

      it("let more bytes pass than there are: a server that closes ends it, " .. ending,
        function()
          gate:limit(server.port, 100, ending)
          sends(server, "short")
          server.socket:close()
          client:read()
          assert.equal("short", client.got)
          assert.equal(ending, client.ended)
        end)

      it("end when it is reused, by " .. ending .. ": the server never sees why", function()
        assert.is_true(gate:end_on_reuse(server.port, ending))
        sends(server, "answer")
        client:read(function() return client.got == "answer" end)
        assert.is_nil(client.ended)
        client:send "again"
        client:read()
        assert.equal(ending, client.ended)
        gets(server, 8)
        assert.equal("request", server.got)
        assert.is_true(server.ended)
      end)

      it("let many bytes pass slowly read, and then " .. ending, function()
        local bytes = noise(4000000)
        gate:limit(server.port, 3999999, ending)
        local at, pieces, n, round = 1, {}, 0, 0
        run(function()
          local last, _, partial = server.socket:send(bytes, at)
          at = (last or partial or at - 1) + 1
          round = round + 1
          if round % 4 > 0 then return false end -- the client lags behind
          local data, _, rest = client.socket:receive(40000)
          pieces[#pieces + 1] = data or rest
          n = n + #pieces[#pieces]
          return n > 3900000
        end)
        client:read()
        assert.is_true(bytes:sub(1, -2) == table.concat(pieces) .. client.got)
        assert.equal(ending, client.ended)
      end)
    end

    it("end when it is reused lets a client go that doesn't", function()
      gate:end_on_reuse(server.port, "reset")
      sends(server, "answer")
      client:read(function() return client.got == "answer" end)
      client:finish()
      run(function()
        take(server)
        return server.ended
      end)
      server.socket:close()
      client:read()
      assert.equal("close", client.ended)
    end)

    it("hold does, and drops what comes, until the client goes", function()
      assert.is_true(gate:raw(server.port, "begun", "hold"))
      client:read(function() return client.got == "begun" end)
      client:send(noise(1000000))
      for _ = 1, 50 do client:take() end
      assert.is_nil(client.ended)
      assert.equal(1, gate:connections())
      assert.is_nil(gate:timeout())
      client:leave()
      run(function() return gate:connections() == 0 end)
      assert.is_nil((gate:raw(server.port, "", "close")))
    end)

    it("hold doesn't hold a client that has closed its half", function()
      client:finish()
      gets(server, 8)
      assert.is_true(gate:raw(server.port, "begun", "hold"))
      client:read()
      assert.same({ "begun", "close" }, { client.got, client.ended })
    end)

    it("be slow passes so many bytes a second, and all of them", function()
      local began = sys.now()
      assert.is_true(gate:slow(server.port, 100))
      sends(server, ("x"):rep(41))
      client:read(function() return #client.got > 0 end)
      assert.is_true(#client.got < 41)
      assert.is_true(gate:timeout() <= 0.01)
      client:read(function() return #client.got == 41 end)
      assert.is_true(sys.now() - began >= 0.4)
      client:send "on"
      gets(server, 9)
      assert.equal("requeston", server.got)
    end)

    it("be slow has nothing to wait for once all has passed, nor when the client left", function()
      gate:slow(server.port, 1000)
      sends(server, "abc")
      client:read(function() return client.got == "abc" end)
      assert.is_nil(gate:timeout())
      sends(server, ("x"):rep(1000))
      client:leave "reset"
      run(function() return gate:connections() == 0 end)
      assert.is_nil(gate:timeout())
    end)
  end)
end)
