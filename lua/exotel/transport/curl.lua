-- transport/curl: the blocking transport, by libcurl.
--
-- What a transport is, and what it promises, stands in docs/transport.md.
--
-- SPDX-License-Identifier: MIT

local curl = require "exotel.curl"
local sys = require "exotel.sys"

local transport = {}
transport.__index = transport

--- A transport with its own connections, which are opened when they are first needed.
function transport.new(settings)
  local agent = curl.agent {
    ca_file = settings.ca_file,
    proxy = settings.proxy,
    user_agent = settings.user_agent,
    resolve = settings.resolve,
    plain_http = settings.plain_http,
    max_body = settings.max_response,
  }
  return setmetatable({ agent = agent }, transport)
end

function transport:perform(request)
  return self.agent:perform(request)
end

function transport:sleep(seconds) -- luacheck: ignore 212
  sys.sleep(seconds)
end

transport.now = sys.now

--- Closes the connections. The transport can't be used after it.
function transport:close()
  self.agent:close()
end

return transport
