-- A dot where a colon should stand: every method of every object that users get hold of says so,
-- at its caller's line.
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local exotel = require "exotel"
local httpd = require "exotel.httpd"
local limiter = require "exotel.limiter"
local memory = require "exotel.store.memory"
local nginx = require "exotel.nginx"
local poller = require "exotel.poller"
local raised = require "spec.support.raised"
local redis = require "exotel.store.redis"
local sandbox = require "exotel.sandbox"
local shdict = require "exotel.store.shdict"
local tracker = require "exotel.tracker"
local webhook = require "exotel.webhook"

local SETTINGS = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678" }

local of_stores = {}
for _, row in ipairs(contract.operations) do of_stores[row[1]] = true end

-- A store of a dictionary that nobody asks.
local function new_shdict()
  nginx.api = { now = os.time, update_time = function() end }
  local store = shdict.new { safe_add = function() end }
  nginx.api = nil
  return store
end

-- By their classes; what users call on them stands in the metatables.
local function objects()
  local client, loop, timers = exotel.client(SETTINGS), exotel.loop(), poller.new()
  local handle = assert(sandbox.start())
  handle:stop()
  local turns = limiter.new { store = memory.new() }
  return {
    ["exotel.client"] = client,
    ["exotel.query"] = client:calls { sid = "c5797dcbaaeed7678c40" },
    ["exotel.loop"] = loop,
    ["exotel.task"] = loop:spawn(function() end),
    ["exotel.poller"] = timers,
    ["exotel.poller.timer"] = timers:after(1, function() end),
    ["exotel.webhook"] = webhook.new { secrets = { ("s"):rep(16) }, store = memory.new(),
                                       on_event = function() end },
    ["exotel.tracker"] = tracker.new { store = memory.new() },
    ["exotel.limiter"] = turns,
    ["exotel.limiter.gate"] = turns:bind "acme",
    ["exotel.store.memory"] = memory.new(),
    ["exotel.store.redis"] = redis.new { command = function() end },
    ["exotel.store.shdict"] = new_shdict(),
    ["exotel.sandbox"] = handle,
  }
end

local function methods_of(metatable)
  local list = {}
  for name, method in pairs(metatable.__index) do
    if type(name) == "string" and type(method) == "function" then list[name] = method end
  end
  assert.truthy(next(list), "no methods")
  return list
end

describe("a method without its object", function()
  for class, object in pairs(objects()) do
    it("is told of at the caller's line, in " .. class, function()
      assert.equal(class, getmetatable(object).__name)
      for name, method in pairs(methods_of(getmetatable(object))) do
        local is_common = class:find "^exotel%.store%." and of_stores[name]
        local wants = ("a method of %s wants its object before the colon"):format(
          is_common and "exotel.store" or class)
        assert.equal(wants, raised(function() method() end), name)
        assert.equal(wants, raised(function() method(0) end), name)
        assert.equal(wants, raised(function() method("key", "value", 60) end), name)
        if not is_common then
          assert.equal(wants, raised(function() method({}) end), name)
        end
      end
    end)
  end

  for _, class in ipairs { "exotel.httpd.server", "exotel.httpd.request" } do
    it("is told of at the caller's line, in " .. class, function()
      assert.is_function(httpd.listen)
      for name, method in pairs(methods_of(debug.getregistry()[class])) do
        assert.truthy(raised(function() method() end):find(class, 1, true), name)
        assert.truthy(raised(function() method(0) end):find(class, 1, true), name)
      end
    end)
  end
end)

describe("what stands in for an object", function()
  local function stand_in(object)
    return setmetatable({}, { __index = object })
  end

  it("has its methods", function()
    assert.is_number(stand_in(exotel.loop()):pollfd())
    assert.equal(0, stand_in(poller.new()):step(0))
    assert.equal(0, stand_in(stand_in(limiter.new())):bind("acme"):acquire(1, 0, "dial"))
    assert.is_number(stand_in(memory.new()):now())
    assert.equal(1e9, stand_in(exotel.client(SETTINGS)):time "2001-09-09 07:16:40")
  end)
end)
