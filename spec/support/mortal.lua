-- mortal: runs a program in the time of a sandbox whose clock stands still, and ends it by
-- kill -9 at a given moment of its life.
--
--   lua spec/support/mortal.lua URL MOMENT PROGRAM [ARGUMENT…]
--
-- Sleeping lets the sandbox's clock jump. Moments are counted from 1: before and after each dial
-- is sent, and before and after each text is added to a file. At 0 it lives.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local curl = require "exotel.transport.curl"
local sys = require "exotel.sys"

local url, last, program = arg[1], tonumber(arg[2]), arg[3]

local perform, append = curl.perform, sys.append
local agent = curl.new { plain_http = true, proxy = false }

local function advance(seconds)
  local response = assert(perform(agent, {
    method = "POST", url = url .. "/_sandbox/advance", body = ("seconds=%.9f"):format(seconds),
    headers = { ["content-type"] = "application/x-www-form-urlencoded" }, timeout = 60,
    connect_timeout = 60,
  }))
  return assert(core.json(response.body)).now
end

local moment = 0

local function pass()
  moment = moment + 1
  if moment == last then os.execute("kill -9 " .. ("%d"):format(sys.pid())) end
end

local function mortal(fn)
  return function(...)
    pass()
    local result, err = fn(...)
    pass()
    return result, err
  end
end

function sys.time() return advance(0) end
function sys.sleep(seconds) advance(seconds) end
sys.append = mortal(append)

local dial = mortal(perform)
function curl:perform(request)
  return (request.method == "POST" and dial or perform)(self, request)
end

for index = 0, #arg do arg[index] = arg[index + 3] end -- luacheck: ignore 122
dofile(program)
