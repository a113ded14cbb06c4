-- on_sandbox: what the specs of a sandbox's calls share. A sandbox in a process of its own, and
-- a real server in this one, which answers what the sandbox asks as a spec says.
--
--   local on = on_sandbox.start("--speed", "100")
--   on:answer("/menu", 200, '{"select":"sales"}', "text/plain")
--   on:flow { app_id = "926", applets = { { kind = "passthru", url = on:url "/menu" } } }
--   on:asked("/menu", 1)          -- the requests to that path, once there are so many
--   on:stop()
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local dkjson = require "dkjson"
local exotel = require "exotel"
local httpd = require "exotel.httpd"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"
local transport = require "exotel.transport.curl"

local on_sandbox = {}
on_sandbox.__index = on_sandbox

local LONG = 20 -- seconds that nothing here should ever need

on_sandbox.CALLER_ID = "08039570000"

--- A sandbox with these options, a client of it, and a server for what it asks.
function on_sandbox.start(...)
  local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0",
                                     "--rate-limit", "0", ... })
  local self = setmetatable({ process = process, base_url = assert(process:read_line(LONG)) },
    on_sandbox)
  self.client = exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                                api_token = "sandbox_token", base_url = self.base_url }
  self.agent = transport.new { plain_http = true }
  self.receiver = assert(httpd.listen {})
  self.answers, self.requests, self.held = {}, {}, {}
  return self
end

function on_sandbox:stop()
  self.process:close()
  self.client:close()
  self.agent:close()
  self.receiver:close()
end

--- The address of a path of this process's server.
function on_sandbox:url(path) return self.receiver:url() .. path end

--- Sets what a path is answered: a status (0: nothing, ever), a body and its type. Several such
--- are given in turn, the last one again and again.
function on_sandbox:answer(path, status, body, content_type)
  local list = self.answers[path] or {}
  self.answers[path] = list
  list[#list + 1] = { status, body or "", content_type or "text/plain" }
end

local function take(self, request)
  local path = request:path()
  local list = self.answers[path] or { { 200, "", "text/plain" } }
  local answer = #list > 1 and request:method() ~= "HEAD" and table.remove(list, 1) or list[1]
  table.insert(self.requests, {
    path = path, method = request:method(), query = request:query() or "",
    version = request:header "exotel-version", body = request:body(),
    content_type = request:header "content-type",
  })
  if answer[1] == 0 then
    table.insert(self.held, request)
    return
  end
  request:respond(answer[1], { ["content-type"] = answer[3] }, answer[2])
end

--- Serves until `done` gives something, which it returns.
function on_sandbox:serve(done)
  local stop = sys.now() + LONG
  repeat
    local result = done()
    if result then return result end
    local request = self.receiver:poll(0.01)
    if request then take(self, request) end
  until sys.now() > stop
  error("nothing came of it", 2)
end

--- The requests to a path, once there are n: each with its event.
function on_sandbox:asked(path, n)
  return self:serve(function()
    local list = {}
    for _, one in ipairs(self.requests) do
      if one.path == path then
        local body = one.body ~= "" and one.body or one.query
        one.event = assert(exotel.parse_callback(body, one.content_type))
        list[#list + 1] = one
      end
    end
    return #list >= n and list
  end)
end

--- A request to the sandbox, past the client: its answer.
function on_sandbox:request(method, path, more)
  local request = { method = method, url = self.base_url .. path, timeout = LONG,
                    connect_timeout = LONG }
  for name, value in pairs(more or {}) do request[name] = value end
  local response = assert(self.agent:perform(request))
  response.headers = core.headers(response.head)
  return response
end

--- A POST of a form, a table of texts, or of a body with its type.
function on_sandbox:post(path, form, content_type)
  local body = form
  if type(form) == "table" then
    local list = {}
    for name, value in pairs(form) do
      list[#list + 1] = core.encode(name) .. "=" .. core.encode(value)
    end
    body = table.concat(list, "&")
  end
  return self:request("POST", path, { body = body, headers = {
    ["content-type"] = content_type or "application/x-www-form-urlencoded" } })
end

--- Gives the sandbox a flow.
function on_sandbox:flow(flow)
  local response = self:post("/_sandbox/flows", dkjson.encode(flow), "application/json")
  assert(response.status == 200, response.body)
end

--- A page under /_sandbox, as a list.
function on_sandbox:journal(name)
  local response = self:request("GET", "/_sandbox/" .. name)
  assert(response.status == 200, response.body)
  local page = assert(dkjson.decode(response.body))
  assert(page.count == #page[name])
  return page[name]
end

--- What the journal of applets has of a call, in its order.
function on_sandbox:applets(call)
  local list = {}
  for _, one in ipairs(self:journal "applets") do
    if one.call_sid == call.sid then list[#list + 1] = one end
  end
  return list
end

--- A call into a flow.
function on_sandbox:dial(app_id, more)
  local params = { from = "+919876543210", caller_id = self.CALLER_ID, app_id = app_id }
  for name, value in pairs(more or {}) do params[name] = value end
  return assert(self.client:connect(params))
end

--- A call that comes in from a number.
function on_sandbox:incoming(app_id, from)
  local response = self:post("/_sandbox/incoming",
    { From = from or "+919876543210", To = self.CALLER_ID, app_id = app_id })
  assert(response.status == 200, response.body)
  return { sid = assert(dkjson.decode(response.body)).call_sid }
end

--- The record of a call that has ended and settled.
function on_sandbox:settled(call)
  return self:serve(function()
    local record = assert(self.client:call_details(call, { details = true }))
    return record.end_time and record
  end)
end

return on_sandbox
