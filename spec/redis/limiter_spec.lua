-- The limiter over a real Redis: one account's turns for many processes, with some of them killed,
-- and with the Redis killed and begun again.
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local limiter = require "exotel.limiter"
local lua = require "spec.support.lua"
local redis = require "spec.support.redis"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 30
local LIMIT, BURST = 6000, 600
local INTERVAL = 60 / (LIMIT - BURST)

local server

before_each(function() server = redis.start() end)
after_each(function() server:close() end)

local function gate(options)
  local given = { store = server:store { timeout = 0.5 }, limit = LIMIT, hosts = 3 }
  for name, value in pairs(options or {}) do given[name] = value end
  return limiter.new(given):bind "acme"
end

-- A process that takes turns for a while; it prints when it had each.
local SOURCE = [[
%s
local limiter, sys = require "exotel.limiter", require "exotel.sys"
local gate = limiter.new { store = require("exotel.store.redis").new { port = %d }, limit = %d }
  :bind "acme"
local stop, turn, delay = sys.now() + %g, nil, nil
io.stdout:setvbuf "line"
while sys.now() < stop do
  delay, turn = gate:acquire(1, nil, "dial", turn)
  if delay == 0 then
    print(("%%.6f"):format(sys.now()))
    turn = nil
  elseif delay then
    sys.sleep(delay)
  else
    turn = nil
  end
end
]]

local function taker(seconds)
  local preload = lua.name == "lua5.4"
    and 'package.preload.redis = function() return dofile "/usr/share/lua/5.3/redis.lua" end' or ""
  return assert(sys.spawn { lua.name, "-e",
    SOURCE:format(preload, server.port, LIMIT, seconds) })
end

local function times_of(process, times)
  repeat
    local line = process:read_line(LONG)
    times[#times + 1] = tonumber(line)
  until not line
  process:close()
end

describe("one account's turns in a real Redis", function()
  it("are those of a burst and an interval, for many processes, with some of them killed",
  function()
    local processes, times = {}, {}
    for index = 1, 6 do processes[index] = taker(index % 2 == 0 and 60 or 3) end
    sys.sleep(1.5)
    for index = 2, 6, 2 do processes[index]:signal "KILL" end
    for _, process in ipairs(processes) do times_of(process, times) end
    table.sort(times)
    -- What was printed was had a moment before: by the machine's leisure, not the server's clock.
    local slack = 0.2
    for first = 1, #times, 50 do
      for last = first, #times do
        local most = BURST + (times[last] - times[first] + slack) / INTERVAL + 1
        if last - first + 1 > most then
          error(("%d turns in %g seconds"):format(last - first + 1, times[last] - times[first]))
        end
      end
    end
    assert.is_true(#times >= BURST + 1.4 / INTERVAL, #times)
  end)

  it("stand in one entry, which ends by itself", function()
    assert.equal(0, (gate():acquire(1, 0, "dial")))
    assert.equal("1", server:say "DBSIZE")
    local left = tonumber(server:say("PTTL", "exotel:turns of acme"))
    assert.is_true(left > 60000 and left < 200000)
  end)

  it("are shut for all by the 429 of one", function()
    local one, other = gate(), gate()
    one:hold(20)
    local delay, err = other:acquire(1, 5, "dial")
    assert.is_nil(delay)
    assert.is_true(err.retry_after > 19 and err.retry_after < 21)
    delay = other:acquire(1, 30, "dial")
    assert.is_true(delay > 19 and delay < 21)
  end)

  it("go on with a share when it is killed, and with all of it once it is back", function()
    local now = 1000
    local one = gate { now = function() return now end }
    for _ = 1, 10 do assert.equal(0, (one:acquire(1, 0, "dial"))) end
    server:stop()
    assert.is_nil((one:acquire(1, 0, "dial"))) -- no burst
    local had = 0
    for _ = 1, 400 do
      now = now + INTERVAL / 4
      if (one:acquire(1, 0, "dial")) then had = had + 1 end
    end
    assert.is_true(had >= 30 and had <= 34, had) -- a third of 100 intervals
    assert.matches("one in 3 while the store is lost %(Redis at 127.0.0.1 port %d+: ",
      select(2, one:acquire(1, 0, "dial")).message)
    server:start()
    now = now + 5
    assert.is_nil((one:acquire(1, 0, "dial"))) -- no burst here either
    sys.sleep(5 * INTERVAL)
    assert.equal(0, (one:acquire(1, 0, "dial")))
    assert.equal("1", server:say "DBSIZE")
  end)

  it("are what the guide's fleet asks for", function()
    local page, service = guide.open "docs/limits.md", assert(sandbox.start { speed = 0 })
    page:write()
    local path = lua.name == "lua5.4" and "/usr/share/lua/5.3/?.lua" or ""
    local output, code = page:run { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
      "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
      "EXOTEL_BASE_URL=" .. service.url, "REDIS_HOST=127.0.0.1", "REDIS_PORT=" .. server.port,
      lua.name, "-e", ("package.path = package.path .. ';%s' dofile 'fleet.lua'"):format(path) }
    assert.same({ service:client():balance().balance_text, 0 }, { output, code })
    assert.equal("1", server:say("EXISTS", "exotel:turns of " .. service.account_sid))
    service:stop()
    page:close()
  end)
end)
