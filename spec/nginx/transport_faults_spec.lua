-- The sandbox's faults through the transport inside nginx: what the client says of each is what
-- the sandbox counted, and no dial was read twice.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local lua = require "spec.support.lua"
local rows = require "spec.rows.faults"
local sandbox = require "exotel.sandbox"

local LONG = 20 -- seconds that nothing here should ever need

local DIAL = [[
  local url, retries, timeout = ...
  local client = kit.client(url, { retries = retries, timeout = timeout })
  local call, err = kit.dial(client)
  return kit.spelt(call, err), call and "nil" or err.attempts
]]

local server, box

setup(function()
  box = assert(sandbox.start { speed = 100, rate_limit = 0 })
  server = inside.start { workers = 2 }
end)

teardown(function()
  server:stop()
  box:stop()
end)

-- One more rule, of a text as --fault has it.
local function rule(text)
  local given = { fault = text:match "^%S+" }
  for name, value in text:gmatch "(%l+)=(%S+)" do given[name] = value end
  box:fault(given)
end

before_each(inside.wait_for_young_connections)
after_each(function() box:forget_faults() end)

-- What is new in the sandbox's journals since this was called: the dials, and how many calls.
local function counting()
  local dials, calls = #box:dials(), #box:calls()
  return function()
    local list = {}
    for index, dial in ipairs(box:dials()) do
      if index > dials then list[#list + 1] = dial end
    end
    return list, #box:calls() - calls
  end
end

describe("a dial inside nginx that meets the fault", function()
  for _, row in ipairs(rows) do
    local text, told, status, placed = lua.unpack(row, 1, 4)
    local silent = told[3] == "timeout"

    local function dial(retries)
      return server:run(DIAL, box.url, retries, silent and 1 or LONG):match "^(.-)\n(.*)$"
    end

    it(text .. " is told truly, and was read once", function()
      local since = counting()
      rule(text)
      local said, attempts = dial(0)
      local dials, calls = since()
      assert.same({ 1, placed and 1 or 0 }, { #dials, calls })
      assert.same({ text:match "^%S+", status, placed },
        { dials[1].fault, dials[1].status, dials[1].call_sid ~= nil })
      if told == "placed" then return assert.equal("record " .. dials[1].call_sid, said) end
      local wait = text:find "seconds=7" and " 7" or ""
      assert.matches("^" .. table.concat(told, " ") .. " %d*" .. wait .. "$", said)
      assert.equal("1", attempts)
    end)

    if told[2] == "unknown" then
      it(text .. " isn't tried again, whatever the client may", function()
        local since = counting()
        rule(text .. " every=1")
        local said, attempts = dial(3)
        assert.matches("^%l+ unknown ", said)
        assert.same({ "1", 1 }, { attempts, #since() })
      end)
    end
  end

  it("is tried again after a 429, by a client that may", function()
    local since = counting()
    rule "too_many next=2 seconds=0"
    local said = server:run(DIAL, box.url, 2, LONG)
    local dials, calls = since()
    assert.same({ 429, 429, 200, 3, 1 }, { dials[1].status, dials[2].status, dials[3].status,
                                           #dials, calls })
    assert.equal("record " .. dials[3].call_sid .. "\nnil", said)
  end)
end)

describe("a query inside nginx that meets a fault", function()
  for index, text in ipairs { "close", "reset", "half", "wrong_length", "wrong_length bytes=-8",
                              "status_before", "too_many seconds=0", "too_many_bare" } do
    it(text .. " is tried again", function()
      -- A name of its own, so that it comes on a connection which is new to it.
      local name, port = ("row%d.test"):format(index), box.url:match ":(%d+)$"
      rule(text .. " operation=balance")
      assert.equal("1543.75\n2", server:run([[
        local url, resolve = ...
        local client = kit.client(url, { retries = 1, resolve = resolve, plain_http = true })
        local balance = assert(client:balance())
        return balance.balance_text, exotel.response(balance).attempts
      ]], ("http://%s:%s"):format(name, port), ("%s:%s:127.0.0.1"):format(name, port)))
    end)
  end
end)

describe("a connection inside nginx that dies when it is reused", function()
  for _, ending in ipairs { "close", "reset" } do
    it("costs a query nothing, " .. ending, function()
      rule("dies_on_reuse operation=balance every=1 ending=" .. ending)
      assert.equal("1\n1\n1", server:run([[
        local client = kit.client(..., { retries = 1, retry_budget = 0 }) -- the transport may, once
        local attempts = {}
        for index = 1, 3 do
          attempts[index] = exotel.response(assert(client:balance())).attempts
        end
        return unpack(attempts)
      ]], box.url))
    end)

    it("costs a query nothing where a second one is dead, too, " .. ending, function()
      rule("dies_on_reuse operation=balance every=1 ending=" .. ending)
      assert.equal("true\ntrue\n1", server:run([[
        local client = kit.client(..., { retries = 1, retry_budget = 0 })
        local first = ngx.thread.spawn(client.balance, client)
        local second = ngx.thread.spawn(client.balance, client) -- so that two are kept
        local _, one = ngx.thread.wait(first)
        local _, two = ngx.thread.wait(second)
        return one ~= nil, two ~= nil, exotel.response(assert(client:balance())).attempts
      ]], box.url))
    end)

    it("never makes a phone ring twice, " .. ending, function()
      rule("dies_on_reuse every=1 ending=" .. ending)
      local since = counting()
      server:run([[
        local client = kit.client(..., { retries = 3 })
        assert(client:balance())
        assert(kit.dial(client))
        assert(client:balance())
        assert(kit.dial(client))
      ]], box.url)
      local dials, calls = since()
      assert.same({ 2, 2 }, { #dials, calls })
    end)
  end
end)

describe("after all that", function()
  it("libcurl isn't mapped into any worker", function()
    local maps = server:maps()
    assert.truthy(maps:find("/exotel/core.so", 1, true))
    assert.is_nil(maps:find("curl", 1, true))
  end)
end)
