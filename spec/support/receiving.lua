-- receiving: a server for StatusCallbacks in the spec's own process, beside the code that asks
-- the sandbox: both wait in one poller.
--
--   local receiver = receiving.start(function(request, n) return 200 end)   -- n: the n-th
--   … receiver:run(function() … sandbox:advance(60) … end)                  -- its results
--   … receiver.received, a list of { path, event } …
--   receiver:stop()
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local httpd = require "exotel.httpd"
local lua = require "spec.support.lua"
local poller = require "exotel.poller"

local receiving = {}
receiving.__index = receiving

local LONG = 60 -- seconds that nothing here should ever need

local function take(self)
  local request = self.server:poll(0)
  if not request then return end
  local event = assert(exotel.parse_callback(request:body(), request:header "content-type"))
  self.received[#self.received + 1] = { path = request:path(), event = event }
  local status = self.answer(request, #self.received)
  if status then request:respond(status) else self.held[#self.held + 1] = request end
end

--- answer(request, n) gives the status of the n-th; nil for no answer.
function receiving.start(answer)
  local self = setmetatable({
    server = assert(httpd.listen {}), received = {}, held = {},
    answer = answer or function() return 200 end,
    loop = assert(exotel.loop()), poller = poller.new(),
  }, receiving)
  self.url = self.server:url()
  self.poller:add(self.server, function() take(self) end)
  self.poller:add(self.loop, function() self.loop:step(0) end)
  return self
end

--- Runs fn as a task, while what comes is taken. Returns its results, or raises its error.
function receiving:run(fn)
  local task = self.loop:spawn(fn)
  local timer = self.poller:after(LONG, function() error "nothing came of it" end)
  self.poller:run(function() return task:done() end)
  timer:cancel()
  local results = lua.pack(task:result())
  if results[1] == nil and results[2] ~= nil then error(results[2], 0) end
  return lua.unpack(results, 1, results.n)
end

function receiving:stop()
  self.held = {}
  self.loop:close()
  self.server:close()
end

return receiving
