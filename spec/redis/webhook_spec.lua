-- exotel.webhook over a real Redis that doesn't answer for a while, and does later what it was
-- asked.
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local posting = require "spec.support.posting"
local redis = require "spec.support.redis"
local webhooks = require "exotel.webhook"

local SECRET = ("s3cret--"):rep(2)
local STOP, CONT = 19, 18

describe("a webhook over a Redis that stalls", function()
  local server

  before_each(function() server = redis.start() end)
  after_each(function() server:close() end)

  -- With a connection of its own, which doesn't wait for long.
  local function worker(on_event)
    return webhooks.new {
      secrets = { SECRET }, store = server:store { timeout = 0.4 }, on_event = on_event,
    }
  end

  local function post(webhook)
    local body, whole = exotel.build_callback(posting.event(1), posting.JSON)
    return (webhook:handle("POST", "secret=" .. SECRET, { ["content-type"] = whole }, body))
  end

  local function go_on()
    server.process:signal(CONT)
    assert.equal("PONG", server:say "PING")
  end

  it("handles the event once Redis answers again, whichever worker has it", function()
    local handled = 0
    local function count() handled = handled + 1 end
    local one, other = worker(count), worker(count)
    server.process:signal(STOP)
    assert.equal(503, post(one))
    go_on()
    assert.equal(200, post(other))
    assert.equal(200, post(one))
    assert.equal(1, handled)
  end)

  it("gives back the lease of what failed meanwhile, also by the first script of all", function()
    local one = worker(function()
      server.process:signal(STOP)
      error "its database is on the same disk"
    end)
    assert.equal(500, post(one))
    go_on()
    assert.equal(200, post(worker(function() end)))
  end)
end)
