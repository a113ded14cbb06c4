-- Runs the rows of the JSON guard through core.read, as the body of a call's details.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local rows = require "spec.rows.json"

local function run(row)
  local record, err = core.read("call_details", 200, nil, row.body)
  if row.record then
    assert.same(row.record, record, err and err.message)
    return
  end
  assert.is_nil(record)
  assert.same({
    kind = "parse", outcome = "unknown", reason = "json", status = 200, position = row.position,
    message = ("Exotel answered 200 with what can't be read (not JSON at byte %d: %s)"):format(
      row.position, row.why),
  }, err)
end

describe("the JSON guard", function()
  local seen = {}
  for _, row in ipairs(rows) do
    it((row.id:gsub("%c", function(c) return ("\\%d"):format(c:byte()) end)), function()
      assert.is_nil(seen[row.id], "the id stands twice")
      seen[row.id] = true
      run(row)
    end)
  end
end)
