-- sandbox/operations: what each operation answers, as the service does.
--
-- Who may ask, how often, and what goes wrong with an answer is decided before and after it,
-- by sandbox/server.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local core = require "exotel.core"
local formats = require "exotel.sandbox.formats"
local forms = require "exotel.sandbox.forms"
local metadata = require "exotel.sandbox.metadata"
local refusals = require "exotel.sandbox.refusals"
local timeline = require "exotel.sandbox.timeline"

local operations = {}

operations.BALANCE = "1543.75" -- whatever calls cost
operations.CURRENCY = "INR"

-- By name. asked: { request, format, subject (the SID or number in its path), dial (its entry
-- in the journal), unreadable (why its form can't be read) }. Each returns an answer: { status,
-- body, headers, content_type }; body may be a function that waits until there is one, headers
-- and content_type nil.
local by_name = {}

local function exception(asked, status, message)
  return { status = status, body = asked.format.exception(status, message) }
end

local function record(asked, root, kind, values, absent)
  return { status = 200, body = asked.format.record(root, kind, values, absent) }
end

-- Places the call of a form, which follows the flow that it names, if there is one.
local function place(sandbox, form)
  local flow = sandbox.flows:of_url(form.Url)
  if flow then return sandbox.runs:dial(form, flow) end
  local call = sandbox.calls:place(form)
  sandbox.callbacks:watch(call)
  return call
end

-- What a dial's answer in JSON says, and no other: its Uri has the format behind "Calls".
local function add_suffix(values)
  values.uri = values.uri:gsub("/([^/]*)$", ".json/%1")
end

-- A phone may ring before the answer is there: a call is placed when it is asked for.
local function placed(sandbox, asked, call)
  local function shown(n)
    local values = sandbox.calls:record(call, n)
    if asked.format == formats.json then add_suffix(values) end
    return asked.format.record("Call", "call", values, "null")
  end
  local wait = sandbox.settings.originate_seconds or 0
  if wait == 0 then
    return { status = 200, body = shown(timeline.reached(call.steps, call.placed, call.placed)) }
  end
  return { status = 200, body = function()
    sandbox.settings.clock:sleep(wait)
    return shown(sandbox.calls:reached(call))
  end }
end

function by_name.connect(sandbox, asked)
  if asked.unreadable then return exception(asked, 400, asked.unreadable) end
  local form, wrong = forms.check(asked.dial.form)
  if not form then return exception(asked, 400, wrong) end
  local status, body, content_type, headers = refusals.of(form, asked.format)
  if status then
    return { status = status, body = body, headers = headers, content_type = content_type }
  end
  local call = place(sandbox, form)
  asked.dial.call_sid = call.sid
  return placed(sandbox, asked, call)
end

-- A query's names and values, or nil and what is wrong with it.
local function query_of(asked)
  local form, err = core.form(asked.request:query() or "")
  return form, err and err.message
end

function by_name.call_details(sandbox, asked)
  local call = sandbox.calls:find(asked.subject)
  if not call then return exception(asked, 404, "No such call.") end
  local query = query_of(asked) or {}
  return record(asked, "Call", "call",
    sandbox.calls:record(call, sandbox.calls:reached(call), query.details == "true"), "empty")
end

function by_name.calls(sandbox, asked)
  local form, wrong = query_of(asked)
  if not form then return exception(asked, 400, wrong) end
  local about, records = sandbox.bulk:page(form, asked.request:path())
  if not about then return exception(asked, 400, records) end
  return { status = 200, body = asked.format.page(about, "call", records) }
end

function by_name.number_metadata(_, asked)
  local found = metadata.find(asked.subject)
  if not found then return exception(asked, 404, "No such number.") end
  return record(asked, "Numbers", "number_metadata", found, "empty")
end

function by_name.balance(sandbox, asked)
  local settings = sandbox.settings
  return record(asked, "Account", "balance", {
    account_sid = settings.account_sid, balance = tonumber(operations.BALANCE),
    balance_text = operations.BALANCE, currency = operations.CURRENCY, pricing_plan = "sandbox",
    date_updated = clock.timestamp(settings.clock:now()),
  }, "empty")
end

--- What answers an operation: a function of the sandbox and what is asked; nil for none.
function operations.named(name)
  return by_name[name]
end

return operations
