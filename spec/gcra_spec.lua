-- What the limiter asks of the core, over its binding: states as texts, seconds and microseconds.
-- That the limit holds is shown by spec/c/gcra_test.c.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local EPOCH = 1795500000.25 -- seconds, as a wall clock has them

describe("gcra", function()
  it("tells the interval of a limit and a burst, where there is one", function()
    assert.equal(333334, core.gcra_interval(200, 20))
    for _, wrong in ipairs { { 200, 0 }, { 200, 101 }, { 1, 1 }, { 1e15, 2 }, { -1e15, -2e15 } } do
      assert.is_nil(core.gcra_interval(wrong[1], wrong[2]))
    end
  end)

  it("gives the state behind a request, to the microsecond", function()
    assert.same({ "1795500000583334" }, { core.gcra_take(nil, EPOCH, 333334, 0) })
    assert.same({ "1795500000916668" },
      { core.gcra_take("1795500000583334", EPOCH, 333334, 333334) })
  end)

  it("gives the seconds until it is worth to ask again, after which it is", function()
    local state, wait = core.gcra_take("1795500000583334", EPOCH, 333334, 0)
    assert.same({ nil, 0.333334 }, { state, wait })
    assert.is_string(core.gcra_take("1795500000583334", EPOCH + wait, 333334, 0))
  end)

  it("takes the account up, and never less than it is", function()
    assert.equal("1795500003250000", core.gcra_push(nil, EPOCH, 3000000))
    assert.equal("1795500000350000", core.gcra_push("1795500000350000", EPOCH, 0))
  end)

  it("tells of what is no state", function()
    for _, text in ipairs { "", "-1", "1.5", "1e3", "state", "99999999999999999999" } do
      assert.is_false(core.gcra_take(text, EPOCH, 3, 0))
      assert.is_false(core.gcra_push(text, EPOCH, 3))
    end
  end)

  it("raises at what is no number of seconds or microseconds", function()
    for _, wrong in ipairs { { -1, 3, 0 }, { 0 / 0, 3, 0 }, { 1e18, 3, 0 }, { 1, 0, 0 },
                             { 1, 1.5, 0 }, { 1, 3, 1e12 }, { 1, 3, -1e12 } } do
      assert.has_error(function() core.gcra_take(nil, wrong[1], wrong[2], wrong[3]) end)
    end
    assert.has_error(function() core.gcra_push(nil, 1, -1) end)
    assert.has_error(function() core.gcra_take({}, 1, 3, 0) end)
  end)
end)
