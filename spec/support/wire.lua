-- wire: a client that sends bytes and reads what comes back, byte for byte, and how it ended.
--
--   local client = wire.connect(port)
--   client:send "GET / HTTP/1.1\r\n\r\n"
--   client:read(function() … end)     -- until that is true, or the end; steps what is given
--   client.got, client.ended          -- "close", "reset", or nil while it is open
--   wire.stop()                       -- in after_each
--
-- LuaSocket says "closed" of both endings. So whether an error waits is asked before each
-- read, of which there is one for each time that there is something to read.
--
-- SPDX-License-Identifier: MIT

local socket = require "socket"
local sys = require "exotel.sys"

local wire = {}

local LONG = 20 -- seconds that nothing here should ever need
local opened = {}

local client = {}
client.__index = client

--- A connection to 127.0.0.1. between: called while there is nothing to read, for a server
--- that lives in this process.
function wire.connect(port, between)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:settimeout(0)
  local self = setmetatable({ socket = connection, got = "", between = between }, client)
  opened[#opened + 1] = self
  return self
end

--- Sends all of it, and reads meanwhile what comes.
function client:send(bytes)
  local at, stop = 1, sys.now() + LONG
  while at <= #bytes do
    assert(sys.now() < stop, "it can't be sent")
    local last, why, partial = self.socket:send(bytes, at, math.min(#bytes, at + 65535))
    at = (last or partial) + 1
    if not last and why == "closed" then return end
    self:take()
  end
end

-- One read of the system's, if there is anything.
function client:take()
  local pieces = {}
  repeat
    if not self.socket:dirty() then
      local ready = sys.poll({ self.socket:getfd(), "r" }, self.between and 0 or 0.01)[1]
      if self.between then self.between() end
      if not ready then break end
      if self.socket:getoption "error" then self.failed = true end
    end
    local byte, why, partial = self.socket:receive(1)
    pieces[#pieces + 1] = byte or partial
    if why == "closed" then self.ended = self.failed and "reset" or "close" end
  until self.ended or not self.socket:dirty()
  self.got = self.got .. table.concat(pieces)
end

--- Reads until done() is true, or to the end without it. Returns the client.
function client:read(done)
  local stop = sys.now() + LONG
  while not self.ended and not (done and done(self)) do
    assert(sys.now() < stop, "nothing came of it; up to then: " .. self.got)
    self:take()
  end
  return self
end

--- Reads one whole answer of HTTP; its status, its head and its body. nil: it isn't whole.
function client:answer()
  local status, head, body
  self:read(function()
    head, body = self.got:match "^(.-\r\n)\r\n(.*)$"
    return head and #body >= (tonumber(head:lower():match "\r\ncontent%-length: (%d+)") or 0)
  end)
  if self.ended and not (head and #body >= (tonumber(head:lower():match
      "\r\ncontent%-length: (%d+)") or 0)) then
    return nil
  end
  status, self.got = tonumber(head:match "^HTTP/1%.1 (%d%d%d)"), ""
  return status, head, body
end

--- Says that nothing more comes; what comes from there is still read.
function client:finish()
  self.socket:shutdown "send"
end

--- Goes, in order or with a RST.
function client:leave(how)
  if how == "reset" then self.socket:setoption("linger", { on = true, timeout = 0 }) end
  self.socket:close()
end

function wire.stop()
  for index, one in ipairs(opened) do
    one.socket:close()
    opened[index] = nil
  end
end

return wire
