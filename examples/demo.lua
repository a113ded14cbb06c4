-- What `make demo` runs: starts a sandbox, places a call on it, prints the call's record,
-- and stops the sandbox. The account, the key and the numbers are made up.

local exotel = require "exotel"
local sys = require "exotel.sys"

local sandbox = assert(sys.spawn { "bin/exotel", "sandbox", "--port", "0", "--call-seconds", "1" })
local base_url = assert(sandbox:read_line(10), "the sandbox did not start")
print("sandbox at  " .. base_url)

exotel.configure {
  account_sid = "sandbox", api_key = "sandbox_key", api_token = "sandbox_token",
  base_url = base_url,
}

local call = exotel.assert(exotel.connect {
  from = "+91 98765 43210", to = "+91 91234 56789", caller_id = "080-3957-0000",
  record = true, custom_field = "order 1042",
})
print("placed      " .. call.sid .. "  " .. call.status)

repeat
  sys.sleep(0.25)
  call = exotel.assert(exotel.call_details(call, { details = true }))
  print("read        " .. call.sid .. "  " .. call.status)
until call.status == "completed"

print()
for _, field in ipairs(exotel.fields "call") do
  local value = not field.list and call[field.lua]
  if field.lua == "price" then value = call.price_text end
  if value then print(("%-22s %s"):format(field.lua, value)) end
end
for index, leg in ipairs(call.legs) do
  print(("legs[%d]                %s, %d s"):format(index, leg.status, leg.on_call_duration))
end

sandbox:close()
