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

describe("core.json", function()
  local number_type = math.type or function() end -- of the Luas that have two

  for _, row in ipairs {
    { '{"a":[1,-2.5,true,false,"x",{},[]],"b":{"c":"\\u00e9"},"d":""}',
      { a = { 1, -2.5, true, false, "x", {}, {} }, b = { c = "\195\169" }, d = "" } },
    { '{"a":null,"b":[null,2]}', { b = { [2] = 2 } } },
    { '{"a":1,"A":2,"a":3}', { a = 1, A = 2 } },
    { "[1e2,9007199254740992,0.1,-0.0]", { 100, 9007199254740992, 0.1, 0 } },
    { ' "text" ', "text" }, { "17", 17 }, { "false", false },
  } do
    it("reads " .. row[1], function() assert.same(row[2], core.json(row[1])) end)
  end

  it("gives integers where numbers are whole, and floats beyond 2^53", function()
    local list = core.json "[3,3.0,3.5,9007199254740993,1e300]"
    local types = {}
    for index, number in ipairs(list) do types[index] = number_type(number) end
    assert.same(number_type(3) and { "integer", "integer", "float", "integer", "float" } or {},
      types)
  end)

  it("reads null as nil without an error", function()
    assert.same({ 1, nil }, { select("#", core.json "null"), (core.json "null") })
  end)

  it("refuses what the guard refuses, with its place", function()
    for _, row in ipairs { { "", 1 }, { "{", 2 }, { '{"a":1,}', 8 }, { "[01]", 2 }, { "1 2", 3 },
                           { '"\\u0000"', 2 }, { ("["):rep(40), 33 } } do
      local value, err = core.json(row[1])
      assert.is_nil(value)
      assert.same({ "parse", "json", row[2] }, { err.kind, err.reason, err.position }, row[1])
    end
  end)
end)
