-- sandbox/server: what a sandbox answers, request by request.
--
-- It reads the same tables as the client: which path is which operation, and what a call
-- must bring. Every dial that arrives is written down, whatever comes of it.
--
-- SPDX-License-Identifier: MIT

local calls = require "exotel.sandbox.calls"
local core = require "exotel.core"

local server = {}
server.__index = server

local operations = {}
for _, operation in ipairs(core.api().operations) do operations[operation.name] = operation end

--- settings: account_sid, api_key, api_token, call_seconds, now, random, hex.
function server.new(settings)
  return setmetatable({ settings = settings, calls = calls.new(settings), dials = {} }, server)
end

local function json(value)
  return assert(core.to_json(value, ""))
end

local function exception(status, message)
  return status, json { RestException = { Status = status, Message = message } }
end

local function call_answer(record, absent)
  return 200, '{"Call":' .. assert(core.to_json(record, "call", true, absent)) .. "}"
end

-- The mode that a form asks for, as the service tells it.
local function mode_of(form)
  if form.Url then return "flow" end
  if form.To then return "numbers" end
  if form.StreamUrl then return "stream" end
  return "numbers"
end

local function missing(form, mode)
  for _, parameter in ipairs(operations.connect.parameters) do
    if parameter.required[mode] and not form[parameter.name] then return parameter.name end
  end
end

function server:connect(form)
  local mode = mode_of(form)
  local name = missing(form, mode)
  if name then return exception(400, ("The '%s' parameter is required."):format(name)) end
  if mode == "flow" and form.StatusCallbackEvents then
    return exception(400, "Invalid Call Parameters: Invalid 'StatusCallbackEvents' specified")
  end
  local sid = self.calls:place(form)
  return call_answer(self.calls:read(sid), "null")
end

function server:read_dial(request)
  local form, err = core.form(request:body())
  local dial = { at = self.settings.now(), form = form or {}, bytes = #request:body() }
  self.dials[#self.dials + 1] = dial
  return dial, err
end

function server:allowed(request, account_sid)
  local settings = self.settings
  if request:user() ~= settings.api_key or request:password() ~= settings.api_token then
    return exception(401, "Authentication failed. Verify your API key and token.")
  end
  if account_sid ~= settings.account_sid then
    return exception(404, "No such account.")
  end
end

function server:operation(request, name, call_sid)
  if name == "connect" then
    local dial, err = self:read_dial(request)
    if err then return exception(400, err.message) end
    local status, body = self:connect(dial.form)
    dial.status = status
    return status, body
  end
  local query = request:query() and core.form(request:query()) or {}
  local record = self.calls:read(call_sid, query.details == "true")
  if record then return call_answer(record, "empty") end
  return exception(404, "No such call.")
end

-- Where a test asks what arrived.
function server:journal(path)
  if path ~= "/_sandbox/dials" then return exception(404, "No such page.") end
  return 200, json { count = #self.dials, dials = self.dials }
end

function server:decide(request)
  local path = request:path()
  if path:sub(1, 10) == "/_sandbox/" then return self:journal(path) end
  local name, account_sid, call_sid, xml = core.match(request:method(), path)
  if not name then return exception(404, "No such page.") end
  local status, body = self:allowed(request, account_sid)
  if status then
    if name == "connect" then self:read_dial(request).status = status end
    return status, body
  end
  if xml then return exception(406, "This sandbox answers in JSON: put .json behind the path.") end
  return self:operation(request, name, call_sid)
end

--- Answers one request of exotel.httpd.
function server:answer(request)
  local status, body = self:decide(request)
  request:respond(status, { ["content-type"] = "application/json" }, body)
end

return server
