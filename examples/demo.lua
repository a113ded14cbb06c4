-- What `make demo` runs: starts a sandbox of Exotel, dials through it, hears by StatusCallback
-- what becomes of the call, reads its settled record, and prints it. The sandbox is a process
-- of its own; all else happens here, in one poller. Account, key and numbers are made up.

local exotel = require "exotel"
local httpd = require "exotel.httpd"
local poller = require("exotel.poller").new()
local sys = require "exotel.sys"

local sandbox = assert(sys.spawn { arg[-1], "bin/exotel", "sandbox", "--port", "0",
                                   "--speed", "4" })
local base_url = assert(sandbox:read_line(10), "the sandbox did not start")
print("sandbox at  " .. base_url)

local loop = exotel.loop { on_error = function(err) error(err, 0) end }
local client = exotel.client {
  account_sid = "sandbox", api_key = "sandbox_key", api_token = "sandbox_token",
  base_url = base_url, transport = loop,
}
local server = assert(httpd.listen())
local settled

-- Duration and price are known some time after the end.
local function read_record(event)
  repeat
    loop:sleep(0.5)
    settled = exotel.assert(client:call_details(event, { details = true }))
  until settled.price
  poller:stop()
end

local function legs_of(event)
  local list = {}
  for index, leg in ipairs(event.legs) do list[index] = leg.status or "not rung yet" end
  return table.concat(list, ", ")
end

local function receive()
  local request = server:poll(0)
  if not request then return end
  local event = exotel.assert(
    exotel.parse_callback(request:body(), request:header "content-type"))
  request:respond(200)
  print(("received    %s, legs: %s"):format(tostring(event), legs_of(event)))
  if event.final then loop:spawn(read_record, event) end
end

local function dial()
  local call = exotel.assert(client:connect {
    from = "+91 98765 43210", to = "+91 91234 56789", caller_id = "080-3957-0000",
    record = true, custom_field = "order 1042", status_callback = server:url() .. "/exotel",
    status_callback_events = { "answered", "terminal" },
  })
  print("placed      " .. call.sid .. "  " .. call.status)
end

poller:add(server, receive)
poller:add(loop, function() loop:step(0) end)
poller:after(30, function() error("the call did not settle within 30 seconds", 0) end)
loop:spawn(dial)
poller:run()

print()
for _, field in ipairs(exotel.fields "call") do
  local value = not field.list and settled[field.lua]
  if field.lua == "price" then value = settled.price_text end
  if value then print(("%-22s %s"):format(field.lua, value)) end
end
for index, leg in ipairs(settled.legs) do
  print(("legs[%d]                %s, %d s"):format(index, leg.status, leg.on_call_duration))
end

server:close()
loop:close()
sandbox:close()
