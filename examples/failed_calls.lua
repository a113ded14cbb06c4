-- Prints the calls of some days that nobody answered, the newest first.
--   lua5.4 examples/failed_calls.lua 2026-11-01 2026-11-07
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"

for call in exotel.calls {
  date_created = { gte = arg[1], lte = arg[2] },
  status = { "failed", "busy", "no-answer" },
} do
  print(call.date_created, call)
end
