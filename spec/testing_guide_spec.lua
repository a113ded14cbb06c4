-- docs/testing.md: its code is run, all of it, as the files that it says it is.
--
-- SPDX-License-Identifier: MIT

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
    local help = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--help" })
    local options = {}
    repeat
      local line = help:read_line(20)
      local name = line and line:match "^  %-%-([%w-]+)"
      if name then options[name:gsub("-", "_")], options[name] = true, true end
    until not line
    help:close()
    for name in page.text:gmatch "`([%l_]+) = [^`]*`" do
      assert.is_true(name == "lua" or options[name] or false, name)
    end
    for name in page.text:gmatch "%-%-([%l-]+)" do assert.is_true(options[name] or false, name) end
  end)
end)
