-- webhook: takes what Exotel posts to a StatusCallback URL and hands each event to on_event.lua,
-- once.

local account = require "account"
local mounted = require "exotel.webhook.nginx"
local on_event = require "on_event"
local shdict = require "exotel.store.shdict"
local webhooks = require "exotel.webhook"

local webhook = {}

-- What is logged in a request brings its URL along, and that has the secret; a timer has none.
local function log(message)
  ngx.timer.at(0, function() ngx.log(ngx.ERR, "webhook: ", message) end)
end

local taker = webhooks.new {
  secrets = { account.secret },
  store = shdict.new(ngx.shared.events),
  on_event = on_event,
  on_reject = function(_, err) log(tostring(err)) end,
  on_error = function(err, event) log(("%s: %s"):format(tostring(event), tostring(err))) end,
}

--- Answers 200 when on_event has returned. Exotel posts again what is answered otherwise, or not
--- within 15 seconds, twice at most.
function webhook.handle()
  if ngx.req.get_method() ~= "POST" then -- as applets ask, of which this site has none
    ngx.header["Allow"] = "POST"
    return ngx.exit(405)
  end
  mounted.handle(taker)
end

return webhook
