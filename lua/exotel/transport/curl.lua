-- transport/curl: the blocking transport, by libcurl.
--
-- A transport is a table with three functions, called as methods:
--   perform(self, request) -> { status, headers, body, seconds }, header names lower case;
--     or nil, { reason, message, sent }, where sent = false is proof that no byte of the
--     request left, and anything else counts as sent.
--     request: { method, url, username, password, headers, body, timeout,
--     connect_timeout, fresh_connection, send_once }, times in seconds.
--   sleep(self, seconds)
--   now(self) -> seconds on a clock that never goes back
-- and, where it makes sense, two more:
--   check(self, request) -> why it can't be made here, or nil: the client raises that at its
--     caller's line, before anything is sent. request: the client's own, with `dials`
--   bind(self, settings) -> the transport as one client uses it, with that client's settings
-- A response or failure may say `waited`: seconds in the transport's own queue, which don't
-- count towards the time-out. A failure of reason "tls" may say `hint`: the end of its message,
-- in place of the one that speaks of ca_file. Anyone can bring a transport as the setting
-- `transport`.
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

function transport:now() -- luacheck: ignore 212
  return sys.now()
end

--- Closes the connections. The transport can't be used after it.
function transport:close()
  self.agent:close()
end

return transport
