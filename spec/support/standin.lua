-- standin: takes the place of a sandbox's program: it prints its address and says, as JSON, what
-- it was asked; as faults, what it was asked before. What has "wrong" in it is refused, with the
-- service's exception.
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local httpd = require "exotel.httpd"
local sys = require "exotel.sys"

local server = assert(httpd.listen {})
print(server:url())
io.stdout:flush()
local before = ""

local function answer(request)
  if request:body():find "wrong" then
    return 400, '{"RestException":{"Status":400,"Message":"fault must be one"}}'
  end
  local told = core.to_json({
    method = request:method(), path = request:path(), body = request:body(),
    content_type = request:header "content-type", faults = { before }, applets = { "request" },
  }, "")
  before = request:method() .. " " .. request:path()
  return 200, told
end

while not sys.poll({ 0, "r" }, 0)[1] do -- nothing but the end of standard input can be there
  local request = server:poll(0.02)
  if request then
    local status, body = answer(request)
    request:respond(status, {}, body)
  end
end
