-- Dials several numbers at once and prints what became of each request.
--   lua5.4 examples/many.lua FROM CALLER_ID TO…
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"

local loop, tasks = exotel.loop(), {}
for index = 3, #arg do
  tasks[index] = loop:spawn(exotel.connect, { from = arg[1], to = arg[index], caller_id = arg[2] })
end
loop:run()
for index = 3, #arg do
  local call, err = tasks[index]:result()
  print(index - 2, call or err)
end
