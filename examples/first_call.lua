-- Connects two numbers and waits until the call is over.
--   lua5.4 examples/first_call.lua FROM TO CALLER_ID
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"
local sys = require "exotel.sys"

local going_on = { queued = true, ringing = true, ["in-progress"] = true }
local call = exotel.assert(exotel.connect { from = arg[1], to = arg[2], caller_id = arg[3] })
print("placed: " .. call.status)
while going_on[call.status] do
  sys.sleep(2)
  call = exotel.assert(exotel.call_details(call, { details = true }))
end
print(call)
for _, leg in ipairs(call.legs or {}) do print("leg " .. leg.id .. ": " .. leg.status) end
