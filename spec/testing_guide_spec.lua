-- docs/testing.md: its code is run, all of it, as the files that it says it is.
--
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local PAGE = "docs/testing.md"

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

describe("the guide's code", function()
  local page

  setup(function() page = guide.open(PAGE) end)
  teardown(function() page:close() end)

  it("runs", function()
    local spec = assert(page.files["reminder_spec.lua"])
    local wanted = count(spec, "\n  it%(")
    for _, code in ipairs(page.blocks) do
      assert.matches("^it%(", code) -- or nothing would run it
      wanted = wanted + count("\n" .. code, "\nit%(")
    end
    assert.equal(count(page.text, "\n```%l"), #page.blocks + 2)
    page.files["reminder_spec.lua"] = spec:gsub("\nend%)\n$", function()
      return "\n" .. table.concat(page.blocks, "\n") .. "end)\n"
    end)
    page:write()
    local output, code = page:run { "busted", "--lua=" .. lua.name, "-o", "TAP",
                                    "reminder_spec.lua" }
    assert.equal(0, code, output)
    assert.equal(wanted, count("\n" .. output, "\nok %d"), output)
    assert.is_true(wanted > 2 and count(output, "SKIP") == 0)
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
