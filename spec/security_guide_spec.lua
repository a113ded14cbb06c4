-- docs/security.md: its code is run, all of it, and what it lists is what there is.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local guide = require "spec.support.guide"
local settings = require "exotel.settings"

describe("the guide to security", function()
  local page

  setup(function() page = guide.open "docs/security.md" end)
  teardown(function() page:close() end)

  it("has code that runs", function()
    assert.is_true(page:check_spec("security_spec.lua", 2) > 8)
  end)

  it("names the variables of the environment, all of them", function()
    local named, known = {}, {}
    for name in page.text:gmatch "`(EXOTEL_[%u_]+)`" do named[name] = true end
    for _, row in ipairs(settings.rows) do if row.env then known[row.env] = true end end
    assert.same(known, named)
  end)

  -- The number in the row of the table that begins so.
  local function most(row)
    return tonumber((assert(page.text:match("\n| " .. row .. " | (%d+)"), row)))
  end

  it("says the limits of what is parsed, to the last one that is let in", function()
    local form = "application/x-www-form-urlencoded"
    local function fits(body, content_type)
      local event, err = exotel.parse_callback(body, content_type or form)
      return event ~= nil or err.reason
    end
    local function pairs_of(count)
      local list = {}
      for index = 1, count do list[index] = ("a%d=b"):format(index) end
      return table.concat(list, "&")
    end
    for _, row in ipairs {
      { "a webhook's body", function(n) return "a=" .. ("x"):rep(n - 2) end },
      { "its fields", pairs_of },
      { "a field's name", function(n) return ("n"):rep(n) .. "=b" end },
      { "a position in a list", function(n) return ("a[%d]=b"):format(n) end },
      { "levels in it", function(n) return "a" .. ("[b]"):rep(n - 1) .. "=c" end },
      { "levels in it", function(n)
        return ('{"a":'):rep(n) .. "1" .. ("}"):rep(n)
      end, "application/json" },
    } do
      local count = most(row[1])
      assert.is_true(fits(row[2](count), row[3]), row[1])
      assert.equal("limit", fits(row[2](count + 1), row[3]), row[1])
    end
  end)
end)
