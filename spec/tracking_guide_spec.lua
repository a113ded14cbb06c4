-- docs/tracking.md: its code is run, all of it. What it says of nginx is run in
-- spec/nginx/tracking_guide_spec.lua.
--
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local sandbox = require "exotel.sandbox"
local tracker = require "exotel.tracker"

describe("the guide to tracking", function()
  local page

  setup(function() page = guide.open "docs/tracking.md" end)
  teardown(function() page:close() end)

  it("has code that runs", function()
    assert.is_true(page:check_spec("follow_spec.lua", 5) > 5)
  end)

  it("has a script that waits for its call", function()
    local service = assert(sandbox.start { speed = 50, settle_seconds = 1 })
    page:write()
    local output, code = page:run { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
      "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
      "EXOTEL_BASE_URL=" .. service.url, lua.name, "one_call.lua", "+919876543210",
      "+919123456789", "08039570000" }
    local call = service:client():call_details(service:calls()[1].sid)
    service:stop()
    assert.same({ ("completed\t%d\t%s"):format(call.duration, call.price_text), 0 },
      { output, code })
  end)

  it("lists how a call can be settled, and the seconds that hold by default", function()
    local settled = {}
    local body = assert(page.text:match "\n| `settled` |[^\n]*\n|%-[^\n]*\n(.-\n)\n")
    for word in body:gmatch "| `([%l_]+)` |[^\n]*\n" do settled[#settled + 1] = word end
    local type_text = tracker.handed[1][2]
    assert.equal(type_text, '"' .. table.concat(settled, '"|"') .. '"')
    for _, row in ipairs(tracker.settings) do
      local said = page.text:match("`" .. row[1] .. "`[^`]-%((%d+)%)")
      if said then assert.equal(tonumber(said), row[6], row[1]) end
    end
  end)
end)
