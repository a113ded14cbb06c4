-- The short form of `make chaos`: a run of a few hundred dials, and one of a client that rings
-- phones twice, which must be seen.
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local LONG = 120 -- seconds that a run never needs

-- What a run prints, and its exit code.
local function run(...)
  return finish(assert(sys.spawn { lua.name, "spec/chaos/run.lua", ... }), LONG)
end

describe("a chaos run", function()
  it("rings no phone twice, tells no outcome wrongly, and settles every call", function()
    local output, code = run("--dials", "400", "--seed", "7")
    assert.equal(0, code, output)
    for _, text in ipairs { "ok      phones rung twice: 0", "ok      outcomes told wrongly: 0",
                            "ok      dials not accounted for: 0",
                            "ok      calls that were never settled: 0 of 3",
                            "ok      calls handed out otherwise than they were: 0",
                            "ok      calls that two takers had at a time: 0",
                            "ok      still open: 0, and not taken: 0" } do
      assert.truthy(output:find(text, 1, true), output)
    end
    local rows = 0
    for dials in output:gmatch "\n[%w, -]- +(%d+)[ %d]*%f[\n]" do
      rows = rows + 1
      assert.is_true(tonumber(dials) >= 5, output)
    end
    assert.equal(17, rows, output)
  end)

  it("sees what a naive client does", function()
    local output, code = run("--dials", "200", "--naive")
    assert.equal(0, code, output)
    assert.is_true(tonumber(output:match "rang twice: (%d+)") > 0, output)
    assert.is_true(tonumber(output:match "\nall +%d+.- (%d+) +%d+\n") > 0, output)
  end)
end)
