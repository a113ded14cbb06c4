-- exotel.tracker in a real nginx: its workers share one, in a dictionary.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local sandbox = require "exotel.sandbox"

local DIALS = 24

-- The same in each handler. Seconds are short, as the sandbox's are.
local TRACKER = [[
  local url = ...
  local tracker = require("exotel.tracker").new {
    store = require("exotel.store.shdict").new(ngx.shared.exotel),
    first = 0.5, longest = 1, price_after = 0.5,
  }
  local client = kit.client(url, { tracker = tracker })
]]

describe("a tracker in nginx", function()
  local nginx, service

  setup(function()
    nginx = inside.start { workers = 2,
                           before = "lua_shared_dict exotel 10m; lua_shared_dict large 10m;" }
    service = assert(sandbox.start { speed = 100, settle_seconds = 1, rate_limit = 0 })
  end)

  teardown(function()
    service:stop()
    nginx:stop()
  end)

  local function run_all(count, chunk)
    local list = {}
    for index = 1, count do list[index] = { TRACKER .. chunk, service.url, index } end
    return nginx:run_all(list)
  end

  it("hands each call that its workers have dialled to one of them, once", function()
    for _, said in ipairs(run_all(DIALS, [[
      local index = select(2, ...)
      local number = ("+91987654%02d10"):format(index)
      return tostring(kit.dial(client, { from = number }, { reference = "dial-" .. index }))
    ]])) do assert.matches("^call %x+ ", said) end

    -- What a worker would do in a timer, for as long as anything is open.
    local taken, count = {}, 0
    for _, said in ipairs(run_all(4, [[
      local stop, list = ngx.now() + 40, {}
      repeat
        local pause = exotel.assert(tracker:poll(client))
        local call = exotel.assert(tracker:take() or {})
        while call.sid do
          list[#list + 1] = ("%s %s %s %s"):format(call.sid, call.reference, call.settled,
            call.status)
          assert(tracker:done(call) == true)
          call = exotel.assert(tracker:take() or {})
        end
        local counts = exotel.assert(tracker:counts())
        ngx.sleep(math.min(pause, 0.3))
      until counts.going + counts.settled == 0 or ngx.now() > stop
      return table.concat(list, "\n")
    ]])) do
      for sid, reference, settled, status in said:gmatch "(%x+) (%S+) (%S+) (%S+)" do
        assert.is_nil(taken[sid], said)
        taken[sid], count = { reference = reference, settled = settled, status = status },
          count + 1
      end
    end
    assert.equal(DIALS, count)
    for _, call in ipairs(service:calls()) do
      assert.same({ "complete", call.status }, { taken[call.sid].settled, taken[call.sid].status })
    end
    assert.equal("0 0", nginx:run(TRACKER .. [[
      local counts = tracker:counts()
      return counts.going .. " " .. counts.settled]], service.url))
  end)

  it("hears an event in one worker, and another one's wait ends with it", function()
    local said = run_all(2, [[
      local index = select(2, ...)
      local sid = ("f"):rep(32)
      if index == 1 then
        ngx.sleep(0.5)
        return tracker:heard { call_sid = sid, kind = "terminal", final = true, status = "busy" }
      end
      local call, err = client:wait({ sid = sid, status = "in-progress" }, { timeout = 10,
        complete = false })
      return call and call.status or err
    ]])
    assert.same({ "true", "busy" }, said)
  end)

  it("has room in 10 MB for a thousand calls under way, and 200 dials a minute", function()
    local said = nginx:run([[
      local tracker = require("exotel.tracker").new {
        store = require("exotel.store.shdict").new(ngx.shared.large), name = "many",
      }
      local function all(first, last, act)
        for index = first, last do exotel.assert(act(("%032d"):format(index))) end
      end
      all(1, 1000, function(sid) return tracker:follow(sid) end)
      all(1001, 1200, function(sid)
        return tracker:begins(sid, { began = 1, latest = 2, from = "+919876543210" })
      end)
      all(1001, 1200, function(sid)
        local call = { sid = sid, status = "queued", from = "+919876543210" }
        return tracker:ended(sid, call)
      end)
      all(1001, 1200, function(sid)
        return tracker:heard { call_sid = sid, kind = "terminal", final = true,
          status = "completed", custom_field = sid }
      end)
      all(1001, 1200, function(sid)
        return tracker:follow { sid = sid, status = "completed", price = 1.5, duration = 17 }
      end)
      for _ = 1, 200 do exotel.assert(tracker:done(exotel.assert(tracker:take()))) end
      local counts = tracker:counts()
      return counts.going .. " " .. counts.settled
    ]])
    assert.equal("1000 0", said)
  end)
end)
