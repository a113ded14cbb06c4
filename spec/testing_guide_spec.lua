-- docs/testing.md: its code is run, all of it, as the files that it says it is.
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local PAGE = "docs/testing.md"

describe("the guide's code", function()
  local page

  setup(function() page = guide.open(PAGE) end)
  teardown(function() page:close() end)

  it("runs", function()
    assert.is_true(page:check_spec("reminder_spec.lua", 2) > 2)
  end)

  it("stands in the page's other words as it is", function()
    local help = finish(assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--help" }), 20)
    local options = {}
    for name in ("\n" .. help):gmatch "\n  %-%-([%w-]+)" do
      options[name:gsub("-", "_")], options[name] = true, true
    end
    for name in page.text:gmatch "`([%l_]+) = [^`]*`" do
      assert.is_true(name == "lua" or options[name] or false, name)
    end
    for name in page.text:gmatch "%-%-([%l-]+)" do assert.is_true(options[name] or false, name) end
  end)
end)
