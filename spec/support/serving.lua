-- serving: starts calls_server.lua from a spec, and reads what it was asked.
--
--   local server = serving.start([[ CHUNK's calls ]], [[ CHUNK's answer, or nil ]])
--   local client = server:client{ … }            -- its settings; `now`: the wall clock's time
--   … server.calls, server:targets() …
--   serving.stop()                               -- in after_each
--
-- SPDX-License-Identifier: MIT

local curl_transport = require "exotel.transport.curl"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local socket = require "socket"
local sys = require "exotel.sys"

local serving = {}

local LONG = 20 -- seconds that nothing here should ever need
local kept = {}

local server = {}
server.__index = server

local function keep(object)
  kept[#kept + 1] = object
  return object
end

--- A server with the history that the chunk `calls` returns; `answer`: the text of a function.
function serving.start(calls, answer)
  local chunk = ("local calls = (function() %s end)() return { calls = calls, answer = %s }")
    :format(calls, answer or "nil")
  local process = keep(assert(sys.spawn { lua.name, "spec/support/calls_server.lua", chunk }))
  return setmetatable({ process = process, url = assert(process:read_line(LONG)),
                        calls = assert(lua.load(calls))() }, server)
end

--- The requests since the last time, each its method, its target and its body.
function server:requests()
  local host, port = self.url:match "//([^:]+):(%d+)"
  local connection, list = assert(socket.connect(host, tonumber(port))), {}
  connection:settimeout(LONG)
  assert(connection:send "GET /log HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  local log = assert(connection:receive "*a"):match "\r\n\r\n(.*)$"
  connection:close()
  for method, target, body in log:gmatch "(%S+) (%S+) ([^\n]*)\n" do
    list[#list + 1] = { method = method, target = target, body = body }
  end
  return list
end

--- The values of a parameter in the requests since the last time, decoded; false for none.
function server:sent(name)
  local list = {}
  for index, request in ipairs(self:requests()) do
    local value = ("&" .. (request.target:match "%?(.*)$" or "")):match("&" .. name .. "=([^&]*)")
    list[index] = value and value:gsub("+", " "):gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end) or false
  end
  return list
end

--- Settings of a client of this server. now: what its clock says, in epoch seconds.
function server:settings(more)
  local all = { base_url = self.url, account_sid = "acc", api_key = "the_key_1234",
                api_token = "the_token_5678", timeout = LONG, connect_timeout = LONG, retries = 0,
                proxy = false }
  for name, value in pairs(more or {}) do all[name] = value end
  local now = all.now
  all.now = nil
  if now then
    local transport = keep(curl_transport.new(all))
    all.transport = setmetatable({ time = function() return now end, sleep = function() end },
                                 { __index = transport })
  end
  return all
end

function server:client(more)
  return keep(exotel.client(self:settings(more)))
end

--- Stops every server, and closes the clients that were made of them.
function serving.stop()
  for index, object in ipairs(kept) do
    object:close()
    kept[index] = nil
  end
end

return serving
