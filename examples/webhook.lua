-- Prints what Exotel posts to a StatusCallback URL.
--   lua5.4 examples/webhook.lua PORT

local exotel = require "exotel"
local httpd = require "exotel.httpd"

io.stdout:setvbuf "line"
local server = assert(httpd.listen { port = tonumber(arg[1]) })
print("listening at " .. server:url())
while true do
  local request = server:poll(60)
  if request then
    local event, err = exotel.parse_callback(request:body(), request:header "content-type")
    print(event or err)
    request:respond(event and 200 or 400)
  end
end
