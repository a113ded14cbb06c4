-- The contract of stores: memory keeps it, and so does one of a user's own; one that breaks it is
-- found out, by each case. Redis's and ngx.shared's are in spec/redis and spec/nginx.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.store.conformance"
local contract = require "exotel.store.contract"
local errors = require "exotel.errors"
local memory = require "exotel.store.memory"
local raised = require "spec.support.raised"

-- A clock that only sleeping moves.
local function virtual()
  local clock = { time = 1000 }
  function clock.now() return clock.time end
  function clock.sleep(seconds) clock.time = clock.time + seconds end
  return clock
end

-- A store in a table, as a user might write it, without this library's help.
local function own_store(clock)
  local entries, own = {}, {}

  local function want(ok, level) if not ok then error("wrong", level + 1) end end
  local function text(value, least, most)
    want(type(value) == "string" and #value >= least and #value <= most, 3)
  end
  local function lasts(seconds) want(type(seconds) == "number" and seconds > 0, 3) end
  local function live(key)
    local entry = entries[key]
    return entry and entry.till > clock.now() and entry.value or nil
  end

  function own.add(self, key, value, seconds)
    text(key, 1, 200) text(value, 0, 65536) lasts(seconds)
    return own.swap(self, key, nil, value, seconds)
  end
  function own.get(_, key)
    text(key, 1, 200)
    return live(key)
  end
  function own.swap(_, key, before, value, seconds)
    text(key, 1, 200) text(before or "", 0, 65536) text(value or "", 0, 65536)
    if value then lasts(seconds) end
    if live(key) ~= before then return false end
    entries[key] = value and { value = value, till = clock.now() + seconds } or nil
    return true
  end
  function own.lease(self, key, seconds)
    text(key, 1, 200) lasts(seconds)
    local token = contract.token()
    return own.add(self, key, token, seconds) and token
  end
  function own.renew(self, key, token, seconds)
    text(key, 1, 200) text(token, 1, 100) lasts(seconds)
    return own.swap(self, key, token, token, seconds)
  end
  function own.release(self, key, token)
    text(key, 1, 200) text(token, 1, 100)
    return own.swap(self, key, token)
  end
  return own
end

describe("the contract of stores is kept", function()
  for _, case in ipairs(conformance.cases) do
    it(("by memory: %s, %s"):format(case.name, case.about), function()
      local clock = virtual()
      local store = memory.new { now = clock.now }
      assert.is_nil(conformance.drive(function() return store end, case, clock))
    end)
  end

  it("by memory on the process's own clock", function()
    local store = memory.new()
    assert.same({}, conformance.check(function() return store end))
  end)

  it("by a user's own", function()
    local clock = virtual()
    local store = own_store(clock)
    assert.same({}, conformance.check(function() return store end, clock))
  end)
end)

-- Each breaks one thing: { what, the function in whose place, how, the cases that find it }.
local broken = {
  { "puts over what is there", "add", function(add)
    return function(self, key, value, seconds)
      local before = self:get(key)
      if not before then return add(self, key, value, seconds) end
      return self:swap(key, before, value, seconds)
    end
  end, { "add.once", "swap.nothing" } },
  { "never forgets", "add", function(add)
    return function(self, key, value, seconds)
      return add(self, key, value, seconds and seconds < 1 and seconds > 0 and 9 or seconds)
    end
  end, { "add.lifetime" } },
  { "counts whole seconds", "add", function(add)
    return function(self, key, value, seconds)
      if type(seconds) == "number" and seconds < 1 and seconds > 0 then return true end
      return add(self, key, value, seconds)
    end
  end, { "add.fraction", "add.lifetime" } },
  { "ends values at a NUL", "get", function(get)
    return function(self, key)
      local value = get(self, key)
      return value and value:match "^[^%z]*"
    end
  end, { "bytes" } },
  { "cuts long values", "get", function(get)
    return function(self, key)
      local value = get(self, key)
      return value and value:sub(1, 60000)
    end
  end, { "sizes" } },
  { "cuts keys at a blank", "get", function(get)
    return function(self, key)
      return get(self, type(key) == "string" and key:match "^(.-) 1$" or key)
    end
  end, { "keys" } },
  { "swaps whatever is there", "swap", function(swap)
    return function(self, key, _, value, seconds)
      return swap(self, key, self:get(key), value, seconds)
    end
  end, { "swap.changes", "swap.nothing", "swap.deletes" } },
  { "doesn't delete", "swap", function(swap)
    return function(self, key, before, value, seconds)
      return swap(self, key, before, value or before, seconds or 60)
    end
  end, { "swap.deletes", "mistakes" } },
  { "keeps the old lifetime", "swap", function(swap)
    return function(self, key, before, value, seconds)
      return swap(self, key, before, value, seconds and seconds < 1 and 60 or seconds)
    end
  end, { "swap.lifetime" } },
  { "gives one token to all", "lease", function()
    return function(self, key, seconds)
      return self:add(key, "token", seconds) and "token"
    end
  end, { "lease.one" } },
  { "renews nothing", "renew", function()
    return function() return true end
  end, { "lease.renewed", "lease.lifetime", "mistakes" } },
  { "hides what others put", "get", function(get, store)
    return function(self, key)
      return self ~= store and get(self, key) or nil
    end
  end, { "add.shared", "add.once" } },
}

describe("a store is found out that", function()
  for _, row in ipairs(broken) do
    it(row[1], function()
      for _, name in ipairs(row[4]) do
        local clock = virtual()
        local store = memory.new { now = clock.now }
        local wrong = setmetatable({}, { __index = store })
        wrong[row[2]] = row[3](store[row[2]], wrong)
        assert.is_string(conformance.drive(function() return wrong end,
          conformance.cases[name], clock), name)
      end
    end)
  end

  it("breaks any of it: each case has found something", function()
    local found = {}
    for _, row in ipairs(broken) do
      for _, name in ipairs(row[4]) do found[name] = true end
    end
    for _, case in ipairs(conformance.cases) do assert.is_true(found[case.name], case.name) end
  end)
end)

describe("a store in memory", function()
  it("says when it is full, and has room again when entries end", function()
    local clock = virtual()
    local store = memory.new { most = 2, now = clock.now }
    assert.is_true(store:add("a", "1", 10))
    assert.is_true(store:add("b", "1", 20))
    for _, given in ipairs { { "add", "1", 10 }, { "swap", nil, "1", 10 } } do
      local made, err = store[given[1]](store, "c", given[2], given[3], given[4])
      assert.is_nil(made)
      assert.is_true(errors.is(err))
      assert.same({ "store", "full" }, { err.kind, err.reason })
      assert.equal("exotel: there are 2 entries already (store)", tostring(err))
    end
    assert.is_true(store:swap("a", "1", "2", 10))
    clock.sleep(10)
    assert.is_true(store:add("c", "1", 10))
  end)

  it("keeps nothing of what is over", function()
    local clock = virtual()
    local store = memory.new { now = clock.now }
    for index = 1, 1000 do store:add("key " .. index, ("v"):rep(100), 1 + index / 1000) end
    clock.sleep(2)
    store:get "any"
    assert.is_nil(next(store.entries))
    assert.is_nil(store.lifetimes:first())
    assert.equal(0, store.count)
  end)

  it("raises for options that aren't there, and says what each method wants", function()
    assert.equal("exotel.store.memory: option 'mast' is not known (did you mean 'most'?)",
      raised(function() memory.new { mast = 1 } end))
    assert.equal("exotel.store.memory wants a table of options, got a number",
      raised(function() memory.new(5) end))
    local store = memory.new()
    assert.equal("store:add: key must have 1 to 200 bytes, and has 201",
      raised(function() store:add(("k"):rep(201), "v", 1) end))
    assert.equal("store:add: seconds must be above 0 and at most a year",
      raised(function() store:add("k", "v", 0) end))
    assert.equal("store:swap: value wants a string, got a number",
      raised(function() store:swap("k", nil, 5, 1) end))
  end)
end)

describe("a token", function()
  it("is nobody else's", function()
    local seen = {}
    for _ = 1, 1000 do
      local token = contract.token()
      assert.matches("^" .. ("%x"):rep(32) .. "$", token)
      assert.is_nil(seen[token])
      seen[token] = true
    end
  end)
end)
