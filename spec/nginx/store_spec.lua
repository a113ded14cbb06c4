-- The store in a shared dictionary of a real nginx: the contract, many workers at one entry,
-- workers killed meanwhile, and a dictionary that is full.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.store.conformance"
local inside = require "spec.support.inside"

local WORKERS, EACH = 4, 300

local function start(options)
  return inside.start { before = "lua_shared_dict exotel 99m; lua_shared_dict small 12k;"
                                  .. "lua_shared_dict uneven 32k;",
                        workers = options and options.workers }
end

describe("a store in ngx.shared", function()
  local nginx

  setup(function() nginx = start() end)
  teardown(function() nginx:stop() end)

  for _, case in ipairs(conformance.cases) do
    it(("keeps the contract: %s, %s"):format(case.name, case.about), function()
      assert.equal("nil", nginx:run([[
        local name = ...
        local conformance = require "exotel.store.conformance"
        local store = require "exotel.store.shdict"
        return conformance.drive(function() return store.new(ngx.shared.exotel) end,
          conformance.cases[name], { sleep = ngx.sleep })]], case.name))
    end)
  end

  it("works where Lua can't wait", function()
    nginx.at = "/access"
    assert.equal("true\nvalue", nginx:run [[
      local store = require("exotel.store.shdict").new(ngx.shared.exotel)
      local added, value
      table.sort({ 1, 2 }, function()
        added, value = store:add("anywhere", "value", 60), store:get "anywhere"
      end)
      return added, value]])
    nginx.at = nil
  end)

  it("says when the dictionary is full, and pushes nothing out", function()
    assert.equal("true\nfull\nvalue", nginx:run [[
      local store = require("exotel.store.shdict").new(ngx.shared.small)
      local text, added, err = ("v"):rep(500), true, nil
      local first = store:add("first", "value", 60)
      local count = 0
      while added and count < 1000 do
        count = count + 1
        added, err = store:add("key " .. count, text, 60)
      end
      return first, err and err.reason, store:get "first"]])
  end)

  it("says so too when there is room for a change, but none to tell where it is", function()
    assert.equal("nil\nfull\na", nginx:run [[
      local store = require("exotel.store.shdict").new(ngx.shared.uneven)
      assert(store:add("large", ("v"):rep(150), 60)) -- leaves room for others as large
      local count = 0
      while store:add("key " .. count, "a", 60) do count = count + 1 end
      local swapped, err = store:swap("key 0", "a", ("b"):rep(150), 60)
      return swapped, err and err.reason, store:get "key 0"]])
  end)

  it("keeps nothing for long: an entry that changes a lot takes no more room", function()
    assert.equal("true", nginx:run [[
      local store = require("exotel.store.shdict").new(ngx.shared.exotel)
      local before
      for count = 1, 500 do
        assert(store:swap("changes", before, tostring(count), 60))
        before = tostring(count)
      end
      local short = 0
      for _, key in ipairs(ngx.shared.exotel:get_keys(0)) do
        if key:find " changes$" and ngx.shared.exotel:ttl(key) <= 60 then short = short + 1 end
      end
      -- Where to look on stands there for longer than what is found.
      local dict = ngx.shared.exotel
      return short == 499 and dict:get "from changes" == 500
        and dict:ttl "from changes" > dict:ttl "500 changes"]])
  end)

  it("raises for what is no shared dictionary", function()
    assert.equal("raised: chunk:1: exotel.store.shdict.new wants a shared dictionary, got a nil:"
      .. " nginx.conf makes one with `lua_shared_dict exotel 10m;`",
      select(2, pcall(nginx.run, nginx,
        [[local store = require("exotel.store.shdict").new(ngx.shared.absent) return store]])))
  end)
end)

describe("many workers at one entry of ngx.shared", function()
  local nginx

  before_each(function() nginx = start { workers = WORKERS } end)
  after_each(function() nginx:stop() end)

  local COUNT = [[
    local each = ...
    local store = require("exotel.store.shdict").new(ngx.shared.exotel)
    local lost, done = 0, 0
    while done < each do
      local before = store:get "count"
      local changed = store:swap("count", before, tostring(tonumber(before or "0") + 1), 60)
      if changed then done = done + 1 else lost = lost + 1 end
      if done % 20 == 0 then ngx.sleep(0) end
    end
    return ngx.worker.pid(), lost]]

  it("each change counts once", function()
    local chunks, pids = {}, {}
    for index = 1, 4 * WORKERS do chunks[index] = { COUNT, EACH } end
    for _, result in ipairs(nginx:run_all(chunks)) do pids[result:match "%d+"] = true end
    assert.is_not_nil(next(pids))
    assert.equal(tostring(4 * WORKERS * EACH), nginx:run [[
      return require("exotel.store.shdict").new(ngx.shared.exotel):get "count"]])
  end)

  -- A store whose worker kills itself before the n-th thing that it does to the dictionary.
  local MORTAL = [[
    local n, key = ...
    local ffi = require "ffi"
    pcall(ffi.cdef, "int kill(int pid, int signal);")
    local count, mortal = 0, {}
    for _, name in ipairs { "get", "safe_add", "safe_set", "expire", "ttl" } do
      mortal[name] = function(_, ...)
        count = count + 1
        if count == n then ffi.C.kill(ngx.worker.pid(), 9) end
        return ngx.shared.exotel[name](ngx.shared.exotel, ...)
      end
    end
    local store = require("exotel.store.shdict").new(mortal)
    for turn = 1, 3 do
      local before = store:get(key)
      assert(store:swap(key, before, tostring(tonumber(before or "0") + 1), 60))
      ngx.shared.small:set(key, turn)
    end
    return "whole"]]

  it("a worker that is killed between two steps leaves nothing locked, and takes no change back",
  function()
    local n, is_whole = 0, false
    while not is_whole do
      n = n + 1
      local key = "mortal " .. n
      local ran, said = pcall(nginx.run, nginx, MORTAL, n, key)
      local told, counted, free = nginx:run([[
        local key = ...
        local store = require("exotel.store.shdict").new(ngx.shared.exotel)
        local counted = store:get(key)
        return ngx.shared.small:get(key) or 0, counted or 0, store:swap(key, counted, "0", 60)]],
        key):match "^(%d+)\n(%d+)\n(%l+)$"
      told, counted = tonumber(told), tonumber(counted)
      assert.is_true(counted == told or counted == told + 1, counted .. " of " .. told)
      assert.equal("true", free)
      is_whole = ran
      assert.equal(ran, said == "whole")
    end
    assert.is_true(n > 10, n)
  end)
end)
