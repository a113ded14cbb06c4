-- The limit inside nginx: with a dictionary `exotel` all workers share the account's, by
-- themselves; workers killed meanwhile; a 429 of one; and what is waited for stops nobody else.
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local WORKERS = 4

local function lines_of(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

describe("inside nginx with a dictionary `exotel`", function()
  local nginx, service

  before_each(function()
    service = assert(sandbox.start { speed = 0, rate_limit = 0 })
    nginx = inside.start { before = "lua_shared_dict exotel 9m; lua_shared_dict seen 9m;",
                           workers = WORKERS }
  end)
  after_each(function()
    nginx:stop()
    service:stop()
  end)

  it("the workers' clients have one limit of 200 together, without being told", function()
    local chunks = {}
    for index = 1, 40 do
      chunks[index] = { [[
        local client = kit.client(..., { max_wait = 0 })
        local call, err = kit.dial(client)
        return call and "placed" or kit.spelt(call, err)]],
        service.url }
    end
    local placed, began = 0, sys.now()
    for _, result in ipairs(nginx:run_all(chunks)) do
      if result == "placed" then
        placed = placed + 1
      else
        assert.matches("^limited not_sent rate", result)
      end
    end
    local most = 20 + (sys.now() - began) / (60 / 180) + 1
    assert.is_true(placed >= 20 and placed <= most, placed)
    assert.equal(placed, #service:dials())
  end)

  it("what waits for its turn stops nobody else", function()
    local chunks = {}
    for index = 1, 30 do
      chunks[index] = { [[
        local call, err = kit.dial(kit.client(..., { max_wait = 20 }))
        return kit.spelt(call, err)]], service.url }
    end
    for _, result in ipairs(nginx:run_all(chunks)) do assert.matches("^record ", result) end
    assert.equal(30, #service:dials())
  end)

  it("limit = false counts nothing, and another account has a limit of its own", function()
    assert.equal("true\ntrue\nlimited", nginx:run([[
      local url, placed = ..., true
      local own = kit.client(url, { limit = false })
      for _ = 1, 50 do placed = placed and kit.dial(own) ~= nil end
      local counted = kit.client(url, { max_wait = 0 })
      local first, err = 0
      for _ = 1, 40 do
        local call, why = kit.dial(counted)
        if call then first = first + 1 else err = why end
      end
      return placed, first >= 20 and first < 30, err.kind]], service.url))
  end)

  it("a 429 of one worker shuts them all", function()
    assert.equal("done", nginx:run [[
      require("exotel.limiter").new():bind("sandbox"):hold(100)
      return "done"]])
    local chunks = {}
    for index = 1, 12 do
      chunks[index] = { [[return kit.spelt(kit.dial(kit.client(..., { max_wait = 1 })))]],
                        service.url }
    end
    for _, result in ipairs(nginx:run_all(chunks)) do
      assert.matches("^limited not_sent rate", result)
    end
    assert.equal(0, #service:dials())
  end)

  -- Killed from outside, one might be at work on the dictionary: that breaks it, whatever is in it.
  it("workers that are killed take nothing with them, and no more turns are had", function()
    local TAKE = [[
      local ffi = require "ffi"
      pcall(ffi.cdef, "int kill(int pid, int signal);")
      ngx.timer.at(0, function()
        local gate = require("exotel.limiter").new { limit = 60000 }:bind "many"
        local turn, delay
        while ngx.shared.seen:get "go on" do
          delay, turn = gate:acquire(1, nil, "dial", turn)
          if ngx.shared.seen:get "victim" == ngx.worker.pid() then
            ffi.C.kill(ngx.worker.pid(), 9)
          end
          if delay == 0 then
            turn = nil
            ngx.update_time()
            local number = ngx.shared.seen:incr("turns", 1, 0)
            ngx.shared.seen:set("turn " .. number, require("exotel.nginx").clock()())
          else
            ngx.sleep(math.max(delay or 0, 0.001))
          end
        end
      end)
      return ngx.worker.pid()]]
    nginx:run [[ngx.shared.seen:set("go on", true)]]
    for _ = 1, 10 do
      for _ = 1, 4 do nginx:run(TAKE) end
      local pid = nginx:run(TAKE)
      sys.sleep(0.1)
      pcall(nginx.run, nginx, [[ngx.shared.seen:set("victim", ...)]], tonumber(pid))
      local stop = sys.now() + 20
      repeat
        sys.sleep(0.02)
        local workers = nginx.nginx:workers()
        local is_gone = #workers == WORKERS
        for _, worker in ipairs(workers) do is_gone = is_gone and worker ~= tonumber(pid) end
      until is_gone or sys.now() > stop
    end
    nginx:run [[ngx.shared.seen:delete "go on"]]
    sys.sleep(0.3)
    local times = {}
    for index, line in ipairs(lines_of(nginx:run [[
      local list = {}
      for number = 1, ngx.shared.seen:get "turns" do
        list[#list + 1] = ngx.shared.seen:get("turn " .. number)
      end
      return table.concat(list, "\n")]])) do times[index] = tonumber(line) end
    table.sort(times)
    assert.is_true(#times > 6000, #times)
    local interval, slack = 60 / 54000, 0.02
    for first = 1, #times, 100 do
      for last = first, #times, 7 do
        local most = 6000 + (times[last] - times[first] + slack) / interval + 1
        if last - first + 1 > most then
          error(("%d turns in %g seconds"):format(last - first + 1, times[last] - times[first]))
        end
      end
    end
  end)
end)

describe("inside nginx without a dictionary `exotel`", function()
  it("nothing is counted, and a limit that is asked for is the worker's", function()
    local service = assert(sandbox.start { speed = 0, rate_limit = 0 })
    local nginx = inside.start()
    assert.equal("true\nlimited", nginx:run([[
      local url, placed = ..., true
      local own = kit.client(url)
      for _ = 1, 50 do placed = placed and kit.dial(own) ~= nil end
      local counted, err = kit.client(url, { limit = 200, max_wait = 0 })
      for _ = 1, 40 do
        local _, why = kit.dial(counted)
        err = err or why
      end
      return placed, err.kind]], service.url))
    nginx:stop()
    service:stop()
  end)
end)
