-- sandbox/control: the pages under /_sandbox, where a test asks what happened and says what
-- shall.
--
-- They want no credentials, have no limit, and meet no fault. What they answer is JSON.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local faults = require "exotel.sandbox.faults"
local fields = require "exotel.sandbox.fields"
local flows = require "exotel.sandbox.flows"
local formats = require "exotel.sandbox.formats"
local journal = require "exotel.sandbox.journal"

local control = {}

local pages = {} -- by method and path: each gives a status and a body, or
-- nothing and answers the request itself

local MOST_SECONDS = 1000000000 -- of one step

pages["GET /_sandbox/dials"] = function(sandbox)
  return 200, sandbox.dials:json()
end

pages["GET /_sandbox/callbacks"] = function(sandbox)
  return 200, sandbox.attempts:json()
end

-- As Call Details shows them; or, with the query names=lua, as this library's records.
pages["GET /_sandbox/calls"] = function(sandbox, request)
  local items, in_lua = {}, request:query() == "names=lua"
  for index, call in ipairs(sandbox.calls.list) do
    local record = sandbox.calls:record(call, sandbox.calls:reached(call), true)
    items[index] = in_lua and assert(core.to_json(record, ""))
      or formats.json.record("Call", "call", record, "empty")
  end
  return 200, journal.wrap("calls", items)
end

local OK = '{"ok":true}'

local function refuse(wrong)
  return 400, formats.json.exception(400, wrong)
end

pages["GET /_sandbox/applets"] = function(sandbox)
  return 200, sandbox.asked:json()
end

pages["GET /_sandbox/flows"] = function(sandbox)
  local names = sandbox.flows:names()
  for index, name in ipairs(names) do names[index] = assert(core.to_json({ app_id = name }, "")) end
  return 200, journal.wrap("flows", names)
end

-- One flow, as a form; or one or several as JSON.
local function flows_of(request)
  if (request:header "content-type" or ""):lower():find("json", 1, true) then
    return flows.decode(request:body())
  end
  local form, err = core.form(request:body())
  if form then return { form } end
  return nil, err.message
end

pages["POST /_sandbox/flows"] = function(sandbox, request)
  local list, wrong = flows_of(request)
  for _, given in ipairs(list or {}) do
    local flow
    flow, wrong = flows.read(given)
    if not flow then break end
  end
  if wrong then return refuse(wrong) end
  for _, given in ipairs(list) do sandbox.flows:add(given) end
  return 200, OK
end

pages["POST /_sandbox/digits"] = function(sandbox, request)
  local form, wrong = fields.form(request, { From = { "text" }, digits = { "digits" } })
  if not form then return refuse(wrong) end
  sandbox.keys:add(form.From, form.digits or "")
  return 200, OK
end

local INCOMING = { From = { "text", true }, To = { "text", true }, app_id = { "text", true } }

pages["POST /_sandbox/incoming"] = function(sandbox, request)
  local form, wrong = fields.form(request, INCOMING)
  if not form then return refuse(wrong) end
  local flow = sandbox.flows.by_app_id[form.app_id]
  if not flow then return refuse "app_id wants a flow: POST /_sandbox/flows tells of one" end
  local call = sandbox.runs:receive(form.From, form.To, flow)
  return 200, assert(core.to_json({ ok = true, call_sid = call.sid }, ""))
end

-- The seconds of a form that has nothing else, or nil and what is wrong.
local function seconds_of(request)
  local form, err = core.form(request:body())
  if not form then return nil, err.message end
  for name in pairs(form) do
    if name ~= "seconds" then
      return nil, ("'%s' is not known (did you mean 'seconds'?)"):format(name)
    end
  end
  local seconds = type(form.seconds) == "string" and tonumber(form.seconds)
  if seconds and seconds >= 0 and seconds <= MOST_SECONDS then return seconds end
  return nil, ("seconds must be a number from 0 to %d"):format(MOST_SECONDS)
end

-- Answered when all that was due is done.
pages["POST /_sandbox/advance"] = function(sandbox, request)
  local seconds, wrong = seconds_of(request)
  if not seconds then return refuse(wrong) end
  local clock = sandbox.settings.clock
  clock:advance(seconds, function()
    local told = { ok = true, now = clock:now() }
    request:respond(200, { ["content-type"] = formats.json.content_type }, core.to_json(told, ""))
  end)
end

pages["GET /_sandbox/faults"] = function(sandbox)
  return 200, sandbox.faults:json()
end

pages["POST /_sandbox/faults"] = function(sandbox, request)
  local rule, wrong = faults.read(request:body())
  if not rule then return refuse(wrong) end
  sandbox.faults:add(rule)
  return 200, OK
end

pages["DELETE /_sandbox/faults"] = function(sandbox)
  sandbox.faults:clear()
  return 200, OK
end

--- What a request that belongs to no operation is answered: a status and a body, or
--- nothing when its page will answer it.
function control.answer(sandbox, request)
  local page = pages[request:method() .. " " .. request:path()]
  if page then return page(sandbox, request) end
  return 404, formats.json.exception(404, "No such page.")
end

return control
