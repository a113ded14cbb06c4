-- What a worker of nginx does while a dial is held: everything else.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local OTHERS = 200
local BYTES = 250 -- a second, of an answer of some 600: it takes two seconds at least

describe("a worker whose dial is held", function()
  local server, box

  setup(function()
    box = assert(sandbox.start { rate_limit = 0 })
    server = inside.start()
  end)

  teardown(function()
    server:stop()
    box:stop()
  end)

  it(("answers %d other requests before that dial is"):format(OTHERS), function()
    box:fault { fault = "slow", bytes = BYTES, operation = "connect" }
    assert.equal(1, #server.nginx:workers())
    local loop, ended, slowest = inside.loop(), {}, 0
    local held
    local dial = loop:spawn(function()
      local began = sys.now()
      local said = server:run_in(loop, [[
        return kit.spelt(kit.dial(kit.shared(...)))
      ]], box.url)
      ended[#ended + 1], held = "dial", sys.now() - began
      return said
    end)

    -- Every other one makes a request of its own meanwhile, by the same client.
    local function ask(index)
      local began = sys.now()
      local said = server:run_in(loop, [[
        local url, asks = ...
        return asks and kit.spelt(kit.shared(url):balance()) or "nothing"
      ]], box.url, index % 2 == 0)
      assert(said == (index % 2 == 0 and "record 1543.75" or "nothing"), said)
      ended[#ended + 1], slowest = "other", math.max(slowest, sys.now() - began)
    end

    loop:spawn(function()
      while #box:dials() == 0 do loop:sleep(0.01) end -- it was read; its answer goes on
      for index = 1, OTHERS do loop:spawn(ask, index) end
    end)
    assert(loop:run())
    local said = assert(dial:result())
    loop:close()

    local expected = {}
    for index = 1, OTHERS do expected[index] = "other" end
    expected[OTHERS + 1] = "dial"
    assert.same(expected, ended)
    assert.equal("record " .. box:dials()[1].call_sid, said)
    assert.equal(1, #box:dials())
    assert.is_true(held >= 2)
    print(("\n%d requests while a dial was held for %.1f s: the slowest took %.0f ms"):format(
      OTHERS, held, slowest * 1000))
  end)

  it("answers dials side by side: all that are held end together", function()
    box:fault { fault = "slow", bytes = BYTES, operation = "connect", every = 1 }
    local chunks, before = {}, #box:dials()
    for index = 1, 50 do
      chunks[index] = { [[
        local url, number = ...
        return kit.spelt(kit.dial(kit.shared(url), { from = number }))
      ]], box.url, ("+91987%05d70"):format(index) }
    end
    local began = sys.now()
    local results = server:run_all(chunks)
    local seconds = sys.now() - began
    assert.is_true(seconds < 50, "one after the other they take a hundred seconds")
    local sids = {}
    for index, dial in ipairs(box:dials()) do
      if index > before then sids["record " .. dial.call_sid] = dial.form.From end
    end
    for index, said in ipairs(results) do assert.equal(chunks[index][3], sids[said]) end
    assert.equal(before + 50, #box:dials())
  end)
end)

