-- The store in a shared dictionary of a real nginx: the contract, many workers at one entry,
-- workers killed meanwhile, and a dictionary that is full.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.store.conformance"
local inside = require "spec.support.inside"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local WORKERS, EACH = 4, 300

local function start(options)
  return inside.start { before = "lua_shared_dict exotel 99m; lua_shared_dict small 12k;",
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

  -- Those who count say of each change that they have made it; killed, they may miss the last.
  it("a worker that is killed leaves nothing locked, and takes no change back", function()
    local TOLD = [[
      local store = require("exotel.store.shdict").new(ngx.shared.exotel)
      local dict = ngx.shared.small
      ngx.timer.at(0, function()
        while dict:get "go on" do
          local before = store:get "count"
          if store:swap("count", before, tostring(tonumber(before or "0") + 1), 60) then
            dict:incr("told", 1, 0)
          end
          if math.random(50) == 1 then ngx.sleep(0) end
        end
      end)
      return ngx.worker.pid()]]
    nginx:run [[ngx.shared.small:set("go on", true)]]
    local killed = 0
    for _ = 1, 12 do
      local pid = tonumber(nginx:run(TOLD))
      sys.sleep(0.05)
      os.execute("kill -9 " .. pid)
      killed = killed + 1
      local stop = sys.now() + 20
      while #nginx.nginx:workers() < WORKERS and sys.now() < stop do sys.sleep(0.02) end
    end
    nginx:run [[ngx.shared.small:delete "go on"]]
    sys.sleep(0.3)
    local told, counted, free = lua.unpack((function(text)
      local list = {}
      for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
      return list
    end)(nginx:run [[
      local store = require("exotel.store.shdict").new(ngx.shared.exotel)
      local counted = store:get "count"
      return ngx.shared.small:get "told", counted, store:swap("count", counted, "0", 60)]]))
    told, counted = tonumber(told), tonumber(counted)
    assert.is_true(told > 100, told)
    assert.is_true(counted >= told and counted <= told + killed, counted .. " of " .. told)
    assert.equal("true", free)
  end)
end)
