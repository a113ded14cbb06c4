local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"

describe("exotel, first required", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  -- The phases that run Lua: what each is given, and where its answer is.
  local phases = {
    { "in a request", [[content_by_lua_block {
      ngx.print(require("exotel").parse_callback("CallSid=abc").call_sid) }]] },
    { "before the content", [[
      access_by_lua_block { ngx.ctx.sid = require("exotel").parse_callback("CallSid=abc").call_sid }
      content_by_lua_block { ngx.print(ngx.ctx.sid) }]] },
    { "in a variable", [[
      set_by_lua_block $sid { return require("exotel").parse_callback("CallSid=abc").call_sid }
      return 200 $sid;]] },
    { "in a filter", [[header_filter_by_lua_block {
        ngx.header["X-Sid"] = require("exotel").parse_callback("CallSid=abc").call_sid }
      return 200;]] },
    { "in a timer", [[content_by_lua_block {
      local sid
      ngx.timer.at(0, function()
        sid = require("exotel").parse_callback("CallSid=abc").call_sid
      end)
      for _ = 1, 2000 do
        if sid then break end
        ngx.sleep(0.01)
      end
      ngx.print(sid) }]] },
    { "in a coroutine of a request", [[content_by_lua_block {
      local thread = coroutine.create(function()
        return require("exotel").parse_callback("CallSid=abc").call_sid
      end)
      ngx.print((select(2, coroutine.resume(thread)))) }]] },
  }

  for _, phase in ipairs(phases) do
    it(phase[1] .. ", is there", function()
      server = nginx.start {
        http = "server { listen 127.0.0.1:@web@; location / { " .. phase[2] .. " } }",
      }
      local status, rest, head = posting.request(server.ports.web, "GET", "/")
      assert.equal(200, status, server:log())
      assert.truthy((head .. rest):find("abc", 1, true))
      assert.equal("", server:log())
    end)
  end

  it("as a worker starts, is there for its requests", function()
    server = nginx.start { http = [[
      init_worker_by_lua_block { require "exotel" }
      server { listen 127.0.0.1:@web@; location / { content_by_lua_block {
        ngx.print(require("exotel").parse_callback("CallSid=abc").call_sid) } } }]] }
    local _, rest = posting.request(server.ports.web, "GET", "/")
    assert.truthy(rest:find("abc", 1, true))
  end)
end)
