-- docs/dialling.md: its code is run, all of it, as the files that it says it is.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local guide = require "spec.support.guide"
local reconcile = require "exotel.reconcile"

-- The words in backquotes that begin the rows of a table behind a heading.
local function first_column(text, heading)
  local rows = assert(text:match("\n## " .. heading .. "\n.-\n|[^\n]*\n|%-[^\n]*\n(.-)\n\n"))
  local set = {}
  for line in (rows .. "\n"):gmatch "| ([^|]+) |[^\n]*\n" do
    for name in line:gmatch "`([%l_]+)`" do set[name] = true end
  end
  return set
end

describe("the guide to dialling", function()
  local page

  setup(function() page = guide.open "docs/dialling.md" end)
  teardown(function() page:close() end)

  it("has code that runs", function()
    assert.is_true(page:check_spec("careful_spec.lua", 2) > 4)
  end)

  it("lists what before_dial is told of a dial, and what reconcile answers", function()
    local fields = {}
    for _, row in ipairs(reconcile.rows) do fields[row[1]] = true end
    assert.same(fields, first_column(page.text, "What before_dial is told"))
    local states = {}
    for state in reconcile.answer_rows[1][2]:gmatch '"([%l_]+)"' do states[state] = true end
    assert.same(states, first_column(page.text, "What reconcile answers"))
  end)

  it("names reasons that there are", function()
    local reasons = {}
    for _, row in ipairs(errors.reasons) do reasons[row[2]] = row[1] end
    local named = 0
    for reason in page.text:gmatch "reason is `([%l_]+)`" do
      named = named + 1
      assert.is_string(reasons[reason], reason)
    end
    assert.equal(2, named)
  end)
end)
