#!/usr/bin/env lua5.4
-- standin: takes the place of a sandbox's program: it prints its address and says, as JSON, what
-- it was asked. What has "wrong" in it is refused, with the service's exception.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local httpd = require "exotel.httpd"
local sys = require "exotel.sys"

local server = assert(httpd.listen {})
print(server:url())
io.stdout:flush()
while not sys.poll({ 0, "r" }, 0)[1] do -- nothing but the end of standard input can be there
  local request = server:poll(0.02)
  if request and request:body():find "wrong" then
    request:respond(400, {}, '{"RestException":{"Status":400,"Message":"fault must be one"}}')
  elseif request then
    request:respond(200, {}, core.to_json({
      method = request:method(), path = request:path(), body = request:body(),
      content_type = request:header "content-type",
    }, ""))
  end
end
