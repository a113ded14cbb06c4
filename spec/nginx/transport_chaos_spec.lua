-- A chaos run through the handlers of a real nginx (spec/chaos/run.lua): so many dials as
-- EXOTEL_CHAOS_DIALS says, or 2,000; and one of a client that rings phones twice, which must be
-- seen.
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local DIALS = os.getenv "EXOTEL_CHAOS_DIALS" or "2000"
local LONG = 600 -- seconds that a run never needs

-- What a run prints, and its exit code.
local function run(...)
  return finish(assert(sys.spawn { lua.name, "spec/chaos/run.lua", "--nginx", ... }), LONG)
end

describe("a chaos run inside nginx", function()
  it("rings no phone twice, tells no outcome wrongly, and loads no libcurl", function()
    local output, code = run("--dials", DIALS, "--seed", "11")
    assert.equal(0, code, output)
    for _, text in ipairs { "ok      phones rung twice: 0", "ok      outcomes told wrongly: 0",
                            "ok      dials not accounted for: 0",
                            "ok      libcurl isn't mapped into a worker" } do
      assert.truthy(output:find(text, 1, true), output)
    end
    local dials, rung = output:match "\nall +(%d+) +(%d+) "
    assert.equal(DIALS, dials)
    print(("\n%d dials through nginx: %d phones rang, none twice"):format(dials, rung))
  end)

  it("sees what a naive client does", function()
    local output, code = run("--dials", "200", "--naive")
    assert.equal(0, code, output)
    assert.is_true(tonumber(output:match "rang twice: (%d+)") > 0, output)
  end)
end)
