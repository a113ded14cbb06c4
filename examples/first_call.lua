-- Connects two numbers and waits until the call is completed.
--   lua5.4 examples/first_call.lua FROM TO CALLER_ID
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"
local sys = require "exotel.sys"

local call = exotel.assert(exotel.connect { from = arg[1], to = arg[2], caller_id = arg[3] })
print("placed", call.sid, call.status)
while call.status ~= "completed" do
  sys.sleep(0.5)
  call = exotel.assert(exotel.call_details(call, { details = true }))
end
print("ended", call.status, call.duration .. " s", "price " .. call.price_text)
for _, leg in ipairs(call.legs) do print("leg " .. leg.id, leg.status, leg.on_call_duration .. " s") end
