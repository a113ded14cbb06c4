-- exotel.tracker by real processes on one real Redis: one is killed between hand-out and done, all
-- of them end and begin again, many take at a time.
-- SPDX-License-Identifier: MIT

local curl = require "exotel.transport.curl"
local lua = require "spec.support.lua"
local redis = require "spec.support.redis"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"
local trackers = require "exotel.tracker"

local LONG = 30

local server

before_each(function() server = redis.start() end)
after_each(function() server:close() end)

local function new(more)
  local settings = { store = server:store() }
  for name, value in pairs(more or {}) do settings[name] = value end
  return trackers.new(settings)
end

local function ended(index)
  return { sid = ("%032d"):format(index), status = "completed", price = 1.5, price_text = "1.500",
           duration = 17 }
end

-- A process with a tracker that runs a text.
local HEAD = [[
%s
local exotel, sys = require "exotel", require "exotel.sys"
local redis = require "exotel.store.redis"
local tracker = require("exotel.tracker").new {
  store = redis.new { port = %d }, hold = %g,
}
io.stdout:setvbuf "line"
]]

local function process(hold, text)
  local preload = lua.name == "lua5.4"
    and 'package.preload.redis = function() return dofile "/usr/share/lua/5.3/redis.lua" end' or ""
  return assert(sys.spawn { lua.name, "-e", HEAD:format(preload, server.port, hold) .. text })
end

-- Takes what there is, and says so: "SID again", then "done SID", until nothing has come for long.
local TAKER = [[
local idle = sys.now()
while sys.now() - idle < %g do
  local call = exotel.assert(tracker:take() or {})
  if call.sid then
    idle = sys.now()
    print(("took %%s %%s %%.6f"):format(call.sid, tostring(call.again), sys.now()))
    sys.sleep(%g)
    print(("done %%s %%s %%.6f"):format(call.sid, tostring(tracker:done(call)), sys.now()))
  else
    sys.sleep(0.01)
  end
end
]]

local function taker(hold, patience, work) return process(hold, TAKER:format(patience, work)) end

local function read_all(from)
  local list = {}
  for line in function() return from:read_line(LONG) end do list[#list + 1] = line end
  from:wait(LONG)
  from:close()
  return list
end

describe("workers with one tracker in a real Redis", function()
  it("hand a call out again, marked, when one was killed before it was done", function()
    assert.is_true(new():follow(ended(1)))
    local killed = taker(1, LONG, LONG)
    local took = killed:read_line(LONG)
    assert.matches("^took 0+1 nil ", took)
    local other = taker(1, 3, 0)
    sys.sleep(0.3)
    killed:signal "KILL"
    killed:wait(LONG)
    killed:close()
    local lines = read_all(other)
    assert.equal(2, #lines, table.concat(lines, "\n"))
    assert.matches("^took 0+1 true ", lines[1])
    assert.matches("^done 0+1 true ", lines[2])
    -- Never two at a time: not before the first one's lease had ended.
    local first, second = took:match "(%S+)$", lines[1]:match "(%S+)$"
    assert.is_true(tonumber(second) - tonumber(first) > 0.9)
    assert.same({ going = 0, settled = 0 }, new():counts())
  end)

  it("each have their own, and every call is had once", function()
    local tracker = new()
    for index = 1, 60 do assert.is_true(tracker:follow(ended(index))) end
    local workers, seen, count = {}, {}, 0
    for index = 1, 4 do workers[index] = taker(LONG, 1, 0.005) end
    for _, worker in ipairs(workers) do
      for _, line in ipairs(read_all(worker)) do
        local what, sid, said = line:match "^(%l+) (%d+) (%l+) "
        assert.equal(what == "took" and "nil" or "true", said, line)
        assert.is_nil(seen[what .. sid], line)
        seen[what .. sid], count = true, count + 1
      end
    end
    assert.equal(120, count)
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("have each once also when some are killed all the time", function()
    local tracker, CALLS = new(), 40
    for index = 1, CALLS do assert.is_true(tracker:follow(ended(index))) end
    local leases, done = {}, {}
    local function note(lines)
      for _, line in ipairs(lines) do
        local what, sid, said, at = line:match "^(%l+) (%d+) (%l+) ([%d.]+)$"
        if what == "took" then
          leases[#leases + 1] = { sid = sid, at = tonumber(at), again = said == "true" }
        elseif what == "done" and said == "true" then
          assert.is_nil(done[sid], "done twice: " .. line)
          done[sid] = tonumber(at)
        end
      end
    end
    for _ = 1, 8 do
      local one, other = taker(1, LONG, 0.02), taker(1, LONG, 0.02)
      sys.sleep(0.15)
      one:signal "KILL"
      other:signal "KILL"
      note(read_all(one))
      note(read_all(other))
    end
    note(read_all(taker(1, 2.5, 0)))
    table.sort(leases, function(a, b) return a.at < b.at end)
    local last = {}
    for _, lease in ipairs(leases) do
      local before = last[lease.sid]
      if before then
        assert.is_true(lease.again, lease.sid)
        assert.is_true(lease.at - before.at > 0.9, "two had it")
        assert.is_true(not done[lease.sid] or done[lease.sid] >= before.at, "had though done")
      end
      last[lease.sid] = lease
    end
    for index = 1, CALLS do assert.truthy(last[ended(index).sid], index) end
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)
end)

describe("a program that is killed and begins again", function()
  local DIALLER = [[
local client = exotel.client {
  account_sid = "%s", api_key = "%s", api_token = "%s", base_url = "%s", tracker = tracker,
}
client:connect({ from = "%s", to = "+919123456789", caller_id = "08039570000", time_limit = 60 },
  { reference = "reminder-17" })
]]
  local PLACED_IN_SILENCE, SILENT = "+919876543225", "+919876543222"

  local service

  before_each(function() service = assert(sandbox.start { speed = 0, rate_limit = 0 }) end)
  after_each(function() service:stop() end)

  -- A process that is killed when the sandbox has read its dial, and hasn't answered.
  local function dial_and_die(number)
    local dialler = process(60, DIALLER:format(service.account_sid, service.api_key,
      service.api_token, service.url, number))
    local stop = sys.now() + LONG
    while #service:dials() == 0 and sys.now() < stop do sys.sleep(0.02) end
    dialler:signal "KILL"
    dialler:wait(LONG)
    dialler:close()
  end

  -- What a program that knows nothing but the Redis comes to hand out.
  local function find()
    local now = service:advance(0)
    local transport = setmetatable({ time = function() return now end },
                                   { __index = curl.new { proxy = false } })
    local client = service:client { transport = transport }
    local tracker = new { now = function() return now end }
    for _ = 1, 40 do
      now = service:advance(30)
      assert(tracker:poll(client))
      local call = tracker:take()
      if call then
        assert.is_true(tracker:done(call))
        return call, tracker:counts()
      end
    end
  end

  it("has the call of a dial whose answer it never read", function()
    dial_and_die(PLACED_IN_SILENCE)
    assert.same({ going = 1, settled = 0 }, new():counts())
    local call, left = find()
    assert.same({ service:calls()[1].sid, "complete", "reminder-17", nil },
      { call.sid, call.settled, call.reference, call.again })
    assert.same({ going = 0, settled = 0 }, left)
    assert.equal(1, #service:dials())
  end)

  it("has the dial, where none was placed", function()
    dial_and_die(SILENT)
    local call = find()
    assert.same({ "not_placed", "reminder-17" }, { call.settled, call.reference })
    assert.equal(0, #service:calls())
  end)
end)
