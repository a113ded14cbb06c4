-- A phone menu: a flow of a Greeting, a Gather, a Switch, a Connect and a Passthru, whose URLs are
-- answered here. It prints them, to be put into the flow.
--   lua5.4 examples/ivr.lua SECRET [PORT [ADDRESS]]     ADDRESS: where Exotel reaches this server
-- On the sandbox somebody calls, and presses 1:
--   lua5.4 examples/ivr.lua 0123456789abcdef 8090 &
--   bin/exotel sandbox --flow examples/ivr_flow.json &
--   curl -d digits=1 http://127.0.0.1:8080/_sandbox/digits
--   curl -d From=%2B919876543210 -d To=08039570000 -d app_id=926 \
--     http://127.0.0.1:8080/_sandbox/incoming

local applet = require "exotel.applet"
local httpd = require "exotel.httpd"
local memory = require "exotel.store.memory"
local mounted = require "exotel.webhook.httpd"
local webhooks = require "exotel.webhook"

local teams = {
  ["1"] = { case = "sales", numbers = { "+919123456701", "+919123456710" } },
  ["2"] = { case = "support", numbers = { "+919123456702" } },
}

local paths = { "/welcome", "/menu", "/team", "/agents", "/missed" }
local answers = {}

answers["/welcome"] = function() return applet.greeting "Welcome to Acme." end

answers["/menu"] = function()
  return applet.gather {
    gather_prompt = { text = "Press 1 for sales and 2 for support." },
    max_input_digits = 1, input_timeout = 6, repeat_menu = 2,
  }
end

-- The Switch goes on with the case of this name.
answers["/team"] = function(asked)
  local team = teams[asked.digits]
  return applet.switch(team and team.case or "nobody")
end

answers["/agents"] = function(asked)
  local team = teams[asked.digits]
  return applet.connect {
    destination = { numbers = team and team.numbers or {} },
    max_ringing_duration = 20, record = true,
  }
end

-- Choice A thanks and hangs up, choice B takes a voicemail.
answers["/missed"] = function(asked)
  return applet.passthru(asked.dial_call_status == "completed" and "a" or "b")
end

io.stdout:setvbuf "line"
local server = assert(httpd.listen { port = tonumber(arg[2]) })
local webhook = webhooks.new {
  secrets = { arg[1] }, store = memory.new(),
  on_event = function(asked, request)
    local answer = answers[request.path]
    if not answer then error("nothing is known of " .. tostring(request.path)) end
    local reply, err = answer(asked)
    print(request.path, asked, reply or err)
    return reply
  end,
  on_error = print,
}
for _, path in ipairs(paths) do print(webhook:url((arg[3] or server:url()) .. path)) end
while true do mounted.step(webhook, server, 60) end
