-- The store in a real Redis: the contract, by redis-lua here and by resty.redis inside nginx; what
-- scripts cost, and what becomes of errors.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.store.conformance"
local errors = require "exotel.errors"
local in_a_fork = require "spec.support.in_a_fork"
local inside = require "spec.support.inside"
local lua = require "spec.support.lua"
local redis = require "spec.support.redis"
local store = require "exotel.store.redis"
local sys = require "exotel.sys"

local LONG = 20

-- What a program of its own says first, to have redis-lua.
local REDIS_LUA = lua.name == "lua5.4"
  and 'package.preload.redis = function() return dofile "/usr/share/lua/5.3/redis.lua" end' or ""

local server

setup(function() server = redis.start() end)
teardown(function() server:close() end)

describe("a store in Redis keeps the contract", function()
  for _, case in ipairs(conformance.cases) do
    it(("%s: %s"):format(case.name, case.about), function()
      assert.is_nil(conformance.drive(function() return server:store() end, case))
    end)
  end
end)

describe("a store in Redis keeps the contract inside nginx", function()
  local nginx

  setup(function() nginx = inside.start() end)
  teardown(function() nginx:stop() end)

  for _, case in ipairs(conformance.cases) do
    it(("%s: %s"):format(case.name, case.about), function()
      assert.equal("nil", nginx:run([[
        local name, port = ...
        local conformance = require "exotel.store.conformance"
        local store = require "exotel.store.redis"
        return conformance.drive(function() return store.new { port = port } end,
          conformance.cases[name], { sleep = ngx.sleep })]], case.name, server.port))
    end)
  end

  it("on connections that are kept", function()
    local function connections()
      return tonumber(server:info "total_connections_received")
    end
    local before = connections()
    nginx:run([[
      local store = require("exotel.store.redis").new { port = ... }
      for _ = 1, 50 do store:get "a key" end]], server.port)
    assert.is_true(connections() - before < 10)
  end)

  it("and says so where it isn't let in, each time", function()
    local own = redis.start("--requirepass", "secret word")
    assert.equal("protocol\nprotocol\nnil", nginx:run([[
      local port = ...
      local wrong = require("exotel.store.redis").new { port = port, password = "a wrong one" }
      local right = require("exotel.store.redis").new { port = port, password = "secret word" }
      local _, err = wrong:get "a key"
      local _, again = wrong:get "a key"
      return err.reason, again.reason, (right:get "a key")]], own.port))
    own:close()
  end)

  it("and says so where it isn't there", function()
    assert.matches("^nil\nexotel: Redis at 127.0.0.1 port 1: connection refused %(store%)$",
      nginx:run [[return require("exotel.store.redis").new { port = 1 }:get "a key"]])
  end)
end)

describe("a store in Redis", function()
  it("calls its scripts by their digests, and sends them again when Redis has lost them", function()
    local one = server:store()
    assert.is_true(one:swap("scripted", nil, "1", LONG))
    server:say("CONFIG", "RESETSTAT")
    assert.is_true(one:swap("scripted", "1", "2", LONG))
    assert.is_nil(server:info "cmdstat_eval")
    assert.is_not_nil(server:info "cmdstat_evalsha")
    server:say("SCRIPT", "FLUSH")
    assert.is_true(one:swap("scripted", "2", "3", LONG))
    assert.is_not_nil(server:info "cmdstat_eval")
    server:say("CONFIG", "RESETSTAT")
    assert.is_true(one:swap("scripted", "3", "4", LONG))
    assert.is_nil(server:info "cmdstat_eval")
    assert.equal("4", one:get "scripted")
  end)

  it("has its keys behind a prefix, and its entries a lifetime", function()
    local one, other = server:store(), server:store { prefix = "mine " }
    assert.is_true(one:add("prefixed", "1", LONG))
    assert.is_nil(other:get "prefixed")
    assert.is_true(other:add("prefixed", "2", LONG))
    assert.equal("1", server:say("GET", "exotel:prefixed"))
    assert.equal("2", server:say("GET", "mine prefixed"))
    local left = tonumber(server:say("PTTL", "mine prefixed"))
    assert.is_true(left > 0 and left <= LONG * 1000)
  end)

  it("goes to a database, with a password and a name", function()
    local own = redis.start("--requirepass", "secret word")
    local refused = own:store()
    local _, err = refused:get "a key"
    assert.same({ "store", "protocol", nil }, { err.kind, err.reason, err.outcome })
    assert.matches("NOAUTH", err.message)
    _, err = own:store { password = "a wrong one" }:get "a key"
    assert.same({ "store", "protocol" }, { err.kind, err.reason })
    assert.matches("WRONGPASS", err.message)
    assert.is_nil(err.message:find("a wrong one", 1, true))
    _, err = own:store { password = "secret word", database = 99 }:get "a key"
    assert.equal("protocol", err.reason)
    local third = own:store { password = "secret word", database = 3 }
    assert.is_true(third:add("a key", "1", LONG))
    assert.equal("1", own:store { username = "default", password = "secret word",
                                  database = 3 }:get "a key")
    assert.is_nil(own:store { password = "secret word" }:get "a key")
    own:close()
  end)

  it("says when Redis is gone, and is there again when Redis is", function()
    local own = redis.start()
    local one = own:store()
    assert.is_true(one:add("a key", "1", LONG))
    own:stop()
    for _, ask in ipairs {
      function() return one:add("a key", "1", LONG) end,
      function() return one:get "a key" end,
      function() return one:swap("a key", "1", "2", LONG) end,
      function() return one:lease("a key", LONG) end,
      function() return one:renew("a key", "t", LONG) end,
      function() return one:release("a key", "t") end,
      function() return one:acquire("a key", 5, 0) end,
      function() return one:push("a key", 5) end,
    } do
      local value, err = ask()
      assert.is_nil(value)
      assert.is_true(errors.is(err))
      assert.same({ "store", "unreachable" }, { err.kind, err.reason })
      assert.matches("^exotel: Redis at 127.0.0.1 port %w+: co", tostring(err))
      assert.is_nil(tostring(err):find("lua", 1, true))
    end
    own:start()
    assert.is_nil((one:get "a key"))
    assert.is_true(one:add("a key", "2", LONG))
    own:stop()
    own:start()
    assert.is_true(one:add("a key", "3", LONG)) -- the kept connection's end is seen before
    own:close()
    one:close()
    one:close()
  end)

  it("is used by a process that has a thousand descriptors open", function()
    local source = ([[
      %s
      local store = require("exotel.store.redis").new { port = %d }
      local held = {}
      for index = 1, 1100 do held[index] = assert(io.open "/dev/null") end
      assert(store:add("by many", "1", 60))
      print(store:get "by many")
    ]]):format(REDIS_LUA, server.port)
    local process = assert(sys.spawn {
      "/bin/sh", "-c", 'ulimit -n 1200; exec "$@"', "sh", lua.name, "-e", source,
    })
    assert.equal("1", process:read_line(LONG))
    process:close()
  end)

  it("says nothing of a password to which Redis gives no ear", function()
    local own = redis.start("--rename-command", "AUTH", "")
    for _, options in ipairs { { password = "secret word" },
                               { username = "somebody", password = ("secret word"):rep(12) } } do
      local value, err = own:store(options):get "a key"
      assert.is_nil(value)
      assert.equal("protocol", err.reason)
      assert.matches("ERR unknown command .AUTH.", err.message)
      assert.is_nil(err.message:find("secret", 1, true))
    end
    own:close()
  end)

  it("is used in a forked copy with a connection of the copy's own", function()
    local one = server:store()
    assert.is_true(one:add("of both", "1", LONG))
    local before = server:info "total_connections_received"
    assert.equal(0, in_a_fork(function() return one:get "of both" == "1" end))
    assert.equal("1", one:get "of both")
    local after = server:info "total_connections_received"
    assert.equal(2, after - before) -- the copy's, and that by which it is asked
    one:close()
  end)

  it("gives up on one that doesn't answer", function()
    local own = redis.start()
    local one = own:store { timeout = 0.4 }
    assert.is_true(one:add("a key", "1", LONG))
    own.process:signal(19) -- SIGSTOP
    local _, err = one:get "a key"
    own.process:signal(18) -- SIGCONT
    assert.equal("unreachable", err.reason)
    assert.equal("1", one:get "a key")
    own.process:signal(19)
    assert.equal("unreachable", select(2, one:get "a key").reason)
    os.execute(("(sleep 0.1; kill -CONT %d) &"):format(own.process:pid()))
    assert.same({}, { one:get "another" }) -- and not the answer that comes too late
    own:close()
  end)

  it("says when there is no room", function()
    local own = redis.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
    for _, ask in ipairs { "add", "swap" } do
      local value, err = own:store()[ask](own:store(), "a key",
        ask == "add" and "value" or nil, ask == "add" and LONG or "value", LONG)
      assert.is_nil(value)
      assert.same({ "store", "full" }, { err.kind, err.reason })
    end
    own:close()
  end)

  it("says when what stands there is of another kind", function()
    server:say("LPUSH", "exotel:list", "1")
    local value, err = server:store():get "list"
    assert.is_nil(value)
    assert.equal("protocol", err.reason)
    assert.is_true(server:store():add("text", "not a state", LONG))
    value, err = server:store():acquire("text", 5, 0)
    assert.is_nil(value)
    assert.equal("protocol", err.reason)
  end)

  it("speaks through a function that is brought", function()
    local asked = {}
    local through = store.new { command = function(...)
      asked[#asked + 1] = table.concat({ ... }, " ")
      if #asked == 1 then return "OK" end
      if #asked == 2 then return nil end
      if #asked == 3 then return nil, "it is gone" end
      return false, "ERR wrong"
    end }
    assert.is_true(through:add("k", "v", 1.5))
    assert.is_nil(through:get "k")
    assert.equal("unreachable", select(2, through:get "k").reason)
    assert.equal("protocol", select(2, through:get "k").reason)
    assert.equal("SET exotel:k v NX PX 1500", asked[1])
  end)

  it("raises for options that aren't there", function()
    assert.error_matches(function() store.new { hst = "x" } end, "did you mean 'host'")
    assert.error_matches(function() store.new { port = "x" } end, "option 'port' wants a number")
    for _, seconds in ipairs { 0, -1, 86401, 0 / 0 } do
      assert.error_matches(function() store.new { timeout = seconds } end,
        "option 'timeout' wants seconds above 0, at most a day")
    end
  end)
end)

describe("of many processes at one entry", function()
  it("each swap counts once, and one has the lease", function()
    local source = ([[
      %s
      local store = require("exotel.store.redis").new { port = %d }
      local done = 0
      while done < 50 do
        local before = store:get "count"
        local after = tostring(tonumber(before or "0") + 1)
        if store:swap("count", before, after, 60) then done = done + 1 end
      end
      print(store:lease("one of us", 60) or "none")
    ]]):format(REDIS_LUA, server.port)
    local processes, leases = {}, 0
    for index = 1, 4 do processes[index] = assert(sys.spawn { lua.name, "-e", source }) end
    for _, process in ipairs(processes) do
      local line = assert(process:read_line(LONG))
      if line ~= "none" then leases = leases + 1 end
      process:close()
    end
    assert.equal("200", server:store():get "count")
    assert.equal(1, leases)
  end)
end)
