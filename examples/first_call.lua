-- Connects two numbers and waits until the call is over.
--   lua5.4 examples/first_call.lua FROM TO CALLER_ID
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"

local call = exotel.assert(exotel.connect { from = arg[1], to = arg[2], caller_id = arg[3] })
print("placed: " .. call.status)
call = exotel.assert(exotel.wait(call, { complete = false })) -- its price takes two minutes more
print(call)
for _, leg in ipairs(call.legs or {}) do print("leg " .. leg.id .. ": " .. leg.status) end
