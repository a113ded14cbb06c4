-- sandbox/control: the pages under /_sandbox, where a test asks what happened and says what
-- shall.
--
-- They want no credentials, have no limit, and meet no fault. What they answer is JSON.
--
-- SPDX-License-Identifier: MIT

local formats = require "exotel.sandbox.formats"
local journal = require "exotel.sandbox.journal"

local control = {}

local pages = {} -- by method and path: each gives a status and a body

pages["GET /_sandbox/dials"] = function(sandbox)
  return 200, sandbox.dials:json()
end

pages["GET /_sandbox/callbacks"] = function(sandbox)
  return 200, sandbox.attempts:json()
end

pages["GET /_sandbox/calls"] = function(sandbox)
  local items = {}
  for index, call in ipairs(sandbox.calls.list) do
    local record = sandbox.calls:record(call, sandbox.calls:reached(call), true)
    items[index] = formats.json.record("Call", "call", record, "empty")
  end
  return 200, journal.wrap("calls", items)
end

--- What a request that belongs to no operation is answered: a status and a body.
function control.answer(sandbox, request)
  local page = pages[request:method() .. " " .. request:path()]
  if page then return page(sandbox, request) end
  return 404, formats.json.exception(404, "No such page.")
end

return control
