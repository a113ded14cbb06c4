-- webhook: takes what Exotel posts to a StatusCallback URL and hands the event to on_event.lua.

local account = require "account"
local exotel = require "exotel"
local on_event = require "on_event"

local webhook = {}

-- Digests under a key that nobody else has are compared: how long that takes tells nothing.
local function digest(text)
  return ngx.hmac_sha1(account.secret, text)
end

-- What is logged in a request brings its URL along, and that has the secret; a timer has none.
local function log(message)
  ngx.timer.at(0, function() ngx.log(ngx.ERR, message) end)
end

-- A body of more than client_body_buffer_size stands in a file.
local function read_body()
  ngx.req.read_body()
  local name = ngx.req.get_body_file()
  if not name then return ngx.req.get_body_data() or "" end
  local file, err = io.open(name, "rb")
  if not file then return nil, err end
  local body = file:read "*a"
  file:close()
  return body
end

--- Answers 200 when on_event has returned. Exotel posts again what is answered otherwise, or not
--- within 15 seconds, twice at most.
function webhook.handle()
  if ngx.req.get_method() ~= "POST" then
    ngx.header["Allow"] = "POST"
    return ngx.exit(405)
  end
  if digest(ngx.var.arg_secret or "") ~= digest(account.secret) then return ngx.exit(403) end
  local body, unread = read_body()
  if not body then
    log("webhook: " .. unread)
    return ngx.exit(500)
  end
  local event, err = exotel.parse_callback(body, ngx.var.content_type)
  if not event then
    log("webhook: " .. tostring(err))
    return ngx.exit(400)
  end
  local done, wrong = pcall(on_event, event)
  if not done then
    log(("webhook: %s: on_event: %s"):format(tostring(event), tostring(wrong)))
    return ngx.exit(500)
  end
  return ngx.exit(200)
end

return webhook
