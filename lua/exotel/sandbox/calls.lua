-- sandbox/calls: the calls of a sandbox and how they go on.
--
-- A call is in progress for some seconds and then completed. What it looks like is worked
-- out from the clock whenever somebody asks, so nothing has to run in between.
--
-- SPDX-License-Identifier: MIT

local calls = {}
calls.__index = calls

local OFFSET = 19800 -- the service prints +05:30
local PRICE = "0.750"

local function timestamp(epoch)
  return os.date("!%Y-%m-%d %H:%M:%S", math.floor(epoch) + OFFSET)
end

--- settings: account_sid, call_seconds, now (epoch seconds), random(n), hex(bytes).
function calls.new(settings)
  return setmetatable({ settings = settings, by_sid = {} }, calls)
end

--- Places the call of a dial's form. Returns its SID.
function calls:place(form)
  local settings = self.settings
  local sid = settings.hex(settings.random(16))
  self.by_sid[sid] = { sid = sid, form = form, began = settings.now() }
  return sid
end

local function base_record(call, account_sid)
  local began = timestamp(call.began)
  return {
    sid = call.sid, account_sid = account_sid, date_created = began, date_updated = began,
    to = call.form.To, from = call.form.From, phone_number_sid = call.form.CallerId,
    status = "in-progress", start_time = began, direction = "outbound-api",
    uri = ("/v1/Accounts/%s/Calls/%s"):format(account_sid, call.sid),
  }
end

local function add_end(record, call, seconds)
  local ended = call.began + seconds
  record.status = "completed"
  record.date_updated, record.end_time = timestamp(ended), timestamp(ended)
  record.duration = math.ceil(seconds)
  record.price, record.price_text = tonumber(PRICE), PRICE
  record.answered_by = "human"
end

local function add_details(record, completed)
  local status = completed and "completed" or "in-progress"
  local seconds = record.duration or 0
  record.conversation_duration = seconds
  record.legs = { { id = 1, status = status, on_call_duration = seconds } }
  if record.to then
    record.legs[2] = { id = 2, status = status, on_call_duration = seconds }
  end
end

--- The record of a call as it is now, or nil. details: with its legs.
function calls:read(sid, details)
  local call = self.by_sid[sid]
  if not call then return nil end
  local settings = self.settings
  local record = base_record(call, settings.account_sid)
  local completed = settings.now() - call.began >= settings.call_seconds
  if completed then add_end(record, call, settings.call_seconds) end
  if details then add_details(record, completed) end
  return record
end

return calls
