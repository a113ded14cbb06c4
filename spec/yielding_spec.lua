-- Waiting for a loop's answer where some Luas can't yield: across pcall, in the iterator of a
-- `for`. What a Lua can do is done; what it can't is refused, with what to use there.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local looping = require "spec.support.looping"
local lua = require "spec.support.lua"
local serving = require "spec.support.serving"

local LONG_PCALL = "used in pcall, across which this Lua can't yield: exotel.pcall works"
local IN_FOR = "used in the iterator of a `for`, where this Lua can't yield: query:next() works,"
  .. " and so does what query:pages() returns, called by itself"

local SID = looping.SID

after_each(function()
  looping.stop()
  serving.stop()
end)

-- What fn(client, loop) returns in a task, while a server answers every request.
local function in_task(fn)
  local loop, server = looping.loop(), looping.server()
  local client = looping.client(server.url, { transport = loop })
  local task = loop:spawn(fn, client, loop)
  server:serve(loop, task)
  return server, task:result()
end

local function sid_of(client) return assert(looping.get(client)).sid end

describe("pcall around a request in a task", function()
  it("waits, or is refused by the name of exotel.pcall, and nothing was sent", function()
    local server, ok, result = in_task(function(client) return pcall(looping.dial, client) end)
    if lua.is_5_1 then
      assert.is_false(ok)
      assert.matches(LONG_PCALL, result, 1, true)
      assert.equal(0, server:count "POST")
    else
      assert.same({ true, SID, 1 }, { ok, result.sid, server:count "POST" })
    end
  end)

  it("is refused where it stands around exotel.pcall, too", function()
    local server, ok, ran, result = in_task(function(client)
      return pcall(exotel.pcall, sid_of, client)
    end)
    assert.is_true(ok)
    assert.equal(not lua.is_5_1, ran)
    if ran then assert.equal(SID, result) else assert.matches(LONG_PCALL, result, 1, true) end
    assert.equal(lua.is_5_1 and 0 or 1, server:count "GET")
  end)
end)

describe("exotel.pcall", function()
  it("gives what the function returns, nils and all, or what it raises", function()
    local object = {}
    for _, call in ipairs {
      function(fn, ...) return fn(...) end,
      function(fn, ...) return coroutine.wrap(fn)(...) end,
    } do
      assert.same({ n = 4, true, 1, nil, nil },
        lua.pack(call(exotel.pcall, function(...) return ... end, 1, nil, nil)))
      assert.same({ n = 1, true }, lua.pack(call(exotel.pcall, function() end)))
      assert.same({ n = 2, false, "text" }, lua.pack(call(exotel.pcall, error, "text", 0)))
      assert.equal(object, select(2, call(exotel.pcall, error, object)))
      assert.is_false((call(exotel.pcall, nil)))
      assert.same({ true, 3 }, { call(exotel.pcall, math.max, 1, 3) })
    end
  end)

  it("passes yields out and what they are answered in, nils and all", function()
    local wrapped = coroutine.wrap(function(...)
      return exotel.pcall(function(...)
        local first = lua.pack(coroutine.yield(...))
        local second = lua.pack(coroutine.yield(lua.unpack(first, 1, first.n)))
        error(second, 0)
      end, ...)
    end)
    assert.same({ n = 3, 1, nil, nil }, lua.pack(wrapped(1, nil, nil)))
    assert.same({ n = 2, nil, nil }, lua.pack(wrapped(nil, nil)))
    assert.same({ n = 2, false, { n = 2, "x", nil } }, lua.pack(wrapped("x", nil)))
  end)

  it("waits for requests, one in another, and gives their errors", function()
    local server, results = in_task(function(client, loop)
      local results = lua.pack(exotel.pcall(function()
        local ran, inner = exotel.pcall(sid_of, client)
        loop:sleep(0.001)
        local failed, text = exotel.pcall(function()
          sid_of(client)
          error("raised behind a request", 0)
        end)
        return ran, inner, failed, text, sid_of(client)
      end))
      results[#results + 1] = sid_of(client)
      return results
    end)
    assert.same({ n = 6, true, true, SID, false, "raised behind a request", SID, SID }, results)
    assert.equal(4, server:count "GET")
  end)

  it("leaves a coroutine of the task's own refused", function()
    local _, ran, text = in_task(function(client)
      return exotel.pcall(coroutine.wrap(function() return sid_of(client) end))
    end)
    assert.is_false(ran)
    assert.matches("used in a coroutine of the task's own", text, 1, true)
  end)

  it("can be cancelled in the middle", function()
    local loop, server = looping.loop(), looping.server()
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function()
      local _, _, err = exotel.pcall(looping.dial, client)
      return err.reason, err.outcome
    end)
    server:wait_for(loop, 1)
    assert.is_true(task:cancel())
    looping.finish(loop, task)
    assert.same({ "cancelled", "unknown" }, { task:result() })
  end)
end)

describe("a `for` in a task", function()
  local CALLS = [[
    local list = {}
    for index = 1, 150 do
      list[index] = { sid = ("c%05d"):format(index), epoch = 1793000000 + index,
                      from = "+919876543210", to = "+919123456789" }
    end
    return list]]

  -- What fn(query) returns in a task.
  local function read(fn)
    local server = serving.start(CALLS)
    local loop = looping.loop()
    local client = server:client { transport = loop }
    local task = loop:spawn(function() return fn(client:calls {}) end)
    loop:run()
    return task:result()
  end

  local function refused_or(count, result, err)
    if not lua.is_5_1 then return assert.equal(count, result, tostring(err)) end
    assert.is_nil(result)
    assert.matches("^[^\n]*yielding_spec.lua:%d+: exotel.calls: ", err)
    assert.matches(IN_FOR, err, 1, true)
  end

  it("over a query waits, or is refused by the name of next", function()
    refused_or(150, read(function(query)
      local count = 0
      for _ in query do count = count + 1 end
      return count
    end))
  end)

  it("over its pages waits, or is refused by their name", function()
    refused_or(2, read(function(query)
      local count = 0
      for _ in query:pages() do count = count + 1 end
      return count
    end))
  end)

  it("isn't needed: next gives the calls, and pages' function the pages", function()
    assert.equal(150, read(function(query)
      local count = 0
      while query:next() do count = count + 1 end
      return count
    end))
    assert.equal(2, read(function(query)
      local count, next_page = 0, query:pages()
      while next_page() do count = count + 1 end
      return count
    end))
  end)
end)
