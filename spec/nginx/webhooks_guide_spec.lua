-- docs/webhooks.md: what it puts into nginx is run there. The rest of its code is run by
-- spec/webhooks_guide_spec.lua.
--
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"

local SECRET = ("s3cret--"):rep(2)

local HTTP = [[
  lua_shared_dict events 1m;
  lua_shared_dict calls 1m;
  init_by_lua_block {
    package.path = "@directory@/?.lua;" .. package.path
    require "site"
  }
  server {
    listen 127.0.0.1:@web@;
    location = /kept { content_by_lua_block { ngx.say(ngx.shared.calls:get(ngx.var.arg_sid)) } }
    @guide@
  }
]]

describe("the guide to webhooks, in nginx,", function()
  local page, server

  setup(function() page = guide.open "docs/webhooks.md" end)
  teardown(function() page:close() end)
  after_each(function() server:stop() end)

  it("has a site of two workers that handles each event once", function()
    local blocks = {}
    for block in page.text:gmatch "\n```nginx\n(.-\n)```\n" do blocks[#blocks + 1] = block end
    assert.equal(1, #blocks)
    server = nginx.start { http = HTTP, workers = 2, words = { guide = blocks[1] },
      environment = { "VOICE_SECRET=" .. SECRET },
      files = { ["hook.lua"] = page.files["hook.lua"], ["site.lua"] = page.files["site.lua"] } }
    for number = 1, 20 do
      local event = posting.event(number)
      for _, content_type in ipairs { posting.JSON, posting.FORM, posting.MULTIPART } do
        assert.equal(200, (posting.post(server.ports.web, "/exotel?secret=" .. SECRET, event,
          content_type)))
      end
      local _, rest = posting.request(server.ports.web, "GET", "/kept?sid=" .. event.call_sid)
      assert.truthy(rest:find(event.status, 1, true), rest)
    end
    assert.equal(403, (posting.post(server.ports.web, "/exotel", posting.event(1), posting.JSON)))
    assert.equal("", server:log())
  end)
end)
