-- conformance/server: the server that a transport is checked against. It answers as the cases
-- say, and writes down what it has read.
--
-- A real server of HTTP behind a gate, which spoils the answers; beside it an address where
-- nothing is ever said, and one where nobody is connected any more. It runs in a process of its
-- own (see conformance.start), prints its addresses, and on each line that it reads, the name of
-- a case, what it has read for that one; it ends with its standard input.
--
-- SPDX-License-Identifier: MIT

local cases = require "exotel.transport.conformance.cases"
local core = require "exotel.core"
local httpd = require "exotel.httpd"
local loop = require "exotel.transport.loop"
local poller = require "exotel.poller"
local sys = require "exotel.sys"

local server = {}

local MAX_BODY = 4000000
local FILLERS, FOREVER = 4, 86400 -- connections to the full address; seconds

local ORDER = { "gate", "silent", "full" }

-- {=================================================================
-- What it reads
-- ==================================================================

-- Fit for JSON.
local function printable(text)
  return text and (text:gsub("[^\32-\126]", "?"))
end

local function headers_of(request)
  local headers = {}
  for name, value in pairs(request:headers()) do headers[printable(name)] = printable(value) end
  return headers
end

-- How many requests of this case have come on the connection before. It is known by its port,
-- which the system gives to another one later.
local function count(self, request, name)
  local port, ports = request:peer_port(), self.ports[name] or {}
  local before, ends = ports[port] or 0, request:header "connection" == "close"
  ports[port] = not ends and before + 1 or nil
  self.ports[name] = ports
  return before
end

local function note(self, request, name, step)
  local query = request:query()
  self.seen[name] = self.seen[name] or {}
  table.insert(self.seen[name], {
    step = printable(step), method = printable(request:method()),
    query = query and "?" .. printable(query), connection = request:peer_port(),
    requests_before = count(self, request, name), username = printable(request:user()),
    password = printable(request:password()), headers = headers_of(request),
    body = cases.sum(request:body()), at = sys.now(), time = sys.time(),
  })
end

-- }=================================================================

-- {=================================================================
-- What it answers
-- ==================================================================

local function respond(self, request, answer)
  local port = request:peer_port()
  if answer.bytes then
    self.gate:raw(port, answer.bytes, answer.ending)
    request:close()
    return
  end
  if answer.slow then self.gate:slow(port, answer.slow) end
  if answer.dies then self.gate:end_on_reuse(port, "close") end
  request:respond(answer.status, answer.headers, answer.body)
end

local NOTHING = { status = 404, body = "no such case" }

local function answer(self, request)
  local name, number = request:path():match "^/([^/]+)/([^/]+)$"
  if name then note(self, request, name, number) end
  local step = name and cases[name] and cases[name][tonumber(number)]
  local given = step and step.answer or NOTHING
  if not given.after then return respond(self, request, given) end
  self.poller:after(given.after, function() respond(self, request, given) end)
end

-- }=================================================================

-- Nobody takes connections there: so many are asked for that there is room for no other.
local function fill(self)
  local url = self.full:url()
  for _ = 1, FILLERS do
    self.loop:spawn(function()
      self.loop:perform { method = "GET", url = url, timeout = FOREVER, connect_timeout = FOREVER,
                          options = { proxy = false } }
    end)
  end
end

local function open()
  local listener = assert(httpd.listen { max_body = MAX_BODY, max_connections = 256 })
  local upstream = listener:port()
  return {
    listener = listener, poller = poller.new(), loop = assert(loop.new()),
    gate = assert(sys.gate { upstream = upstream }),
    silent = assert(sys.gate { upstream = upstream }), -- these two are never stepped
    full = assert(sys.gate { upstream = upstream, backlog = 1 }),
    seen = {}, ports = {}, -- by the names of cases
  }
end

-- Standard input, by whole lines.
local function obey(self)
  local name = io.read "*l"
  if not name then return self.poller:stop() end
  print((core.to_json({ seen = self.seen[name] }, "")))
  io.stdout:flush()
  self.seen[name], self.ports[name] = nil, nil
end

--- Serves until standard input ends.
function server.run()
  local self = open()
  local stdin = { pollfd = function() return 0 end, events = function() return "r" end,
                  timeout = function() end }
  self.poller:add(self.gate, function() self.gate:step() end)
  self.poller:add(self.listener, function()
    local request = self.listener:poll(0)
    if request then answer(self, request) end
  end)
  self.poller:add(self.loop, function() self.loop:step(0) end)
  self.poller:add(stdin, function() obey(self) end)
  fill(self)
  -- Filled before anybody asks: the first requests wait there for ever.
  for _ = 1, FILLERS do self.loop:step(0.05) end
  local addresses = {}
  for index, name in ipairs(ORDER) do addresses[index] = self[name]:url() end
  print(table.concat(addresses, " "))
  io.stdout:flush()
  self.poller:run()
end

return server
