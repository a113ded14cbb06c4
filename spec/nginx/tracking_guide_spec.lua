-- docs/tracking.md: what it puts into nginx is run there. The rest of its code is run by
-- spec/tracking_guide_spec.lua.
--
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 40 -- seconds that nothing here should ever need

local HTTP = [[
  lua_shared_dict exotel 10m;
  lua_shared_dict calls 1m;
  init_by_lua_block {
    package.path = "@directory@/?.lua;" .. package.path
    require "site"
  }
  @guide@
  server {
    listen 127.0.0.1:@web@;
    location = /dial { content_by_lua_block {
      local call, err = require("site").client:connect {
        from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
      ngx.say(call and call.sid or tostring(err))
    } }
    location = /kept { content_by_lua_block { ngx.say(ngx.shared.calls:get(ngx.var.arg_sid)) } }
  }
]]

describe("the guide to tracking, in nginx,", function()
  local page, server, service

  setup(function()
    page = guide.open "docs/tracking.md"
    service = assert(sandbox.start { speed = 100, settle_seconds = 1 })
  end)

  teardown(function()
    page:close()
    service:stop()
    server:stop()
  end)

  -- What is found in the answer, which comes in chunks.
  local function ask(path, pattern)
    local _, rest = posting.request(server.ports.web, "GET", path)
    return rest:match(pattern)
  end

  it("has a site whose workers follow each call to its end", function()
    local block = page.text:match "\n```nginx\n(.-\n)```\n"
    -- A minute until the first question is long here.
    local follow, quicker = page.files["follow.lua"]:gsub("{ store = store, now = now }",
      "{ store = store, now = now, first = 0.2, price_after = 0.2 }")
    assert.equal(1, quicker)
    server = nginx.start { http = HTTP, workers = 2, words = { guide = block },
      environment = { "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
        "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
        "EXOTEL_BASE_URL=" .. service.url },
      files = { ["follow.lua"] = follow, ["site.lua"] = page.files["site.lua"] } }
    local sids, stop = {}, sys.now() + LONG
    for index = 1, 5 do
      sids[index] = assert(ask("/dial", ("%x"):rep(32)))
    end
    for _, sid in ipairs(sids) do
      local path = "/kept?sid=" .. sid
      while not ask(path, "complete") and sys.now() < stop do sys.sleep(0.1) end
      assert.truthy(ask(path, "complete"))
    end
    assert.equal("", server:log())
  end)
end)
