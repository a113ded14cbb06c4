-- looping: what the specs of loops share. A server in this very process, which holds every
-- request until a spec answers it, so that what is in flight when is no matter of luck.
--
--   local server = looping.server()
--   local loop = looping.loop()
--   local client = looping.client(server.url, { transport = loop })
--   local task = loop:spawn(function() return looping.dial(client) end)
--   server:wait_for(loop, 1)          -- steps the loop until one request is held
--   server:answer(1)                  -- or server.held[1]:respond(…)
--   looping.finish(loop, task)
--   looping.run(loop, looping.get, client)   -- the whole of a task: what it returned
--   looping.stop()                    -- in after_each: all that was made here
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local httpd = require "exotel.httpd"
local socket = require "socket"
local sys = require "exotel.sys"
local raw = require "spec.support.raw"

local looping = {}

looping.LONG = 20 -- seconds that nothing here should ever need
looping.SID = "c5797dcbaaeed7678c4062a4a3ed2f8a"
looping.CALL = ('{"Call":{"Sid":"%s","Status":"in-progress"}}'):format(looping.SID)
looping.placed = "send:" .. raw.answer(200, {}, looping.CALL) -- a step of raw_server.lua

local made = {}

local function keep(object)
  made[#made + 1] = object
  return object
end

--- A loop that looping.stop() closes.
function looping.loop(options)
  return keep(assert(exotel.loop(options)))
end

function looping.client(url, settings)
  local all = { base_url = url, account_sid = "acc", api_key = "the_key", api_token = "the_token",
                timeout = looping.LONG, connect_timeout = looping.LONG, retries = 0,
                proxy = false }
  for name, value in pairs(settings or {}) do all[name] = value end
  return exotel.client(all)
end

function looping.dial(client, how)
  return client:connect({ from = "+919876543210", to = "+919123456789",
                          caller_id = "08039570000" }, how)
end

function looping.get(client, sid, how)
  return client:call_details(sid or looping.SID, nil, how)
end

--- A request for loop:perform().
function looping.request(url, more)
  local request = { method = "GET", url = url, timeout = looping.LONG,
                    connect_timeout = looping.LONG, options = { proxy = false } }
  for name, value in pairs(more or {}) do request[name] = value end
  return request
end

--- Steps until the condition holds; the servers of this process do their part meanwhile.
function looping.step_until(loop, condition)
  local stop = sys.now() + looping.LONG
  while not condition() do
    assert(sys.now() < stop, "it didn't come to pass")
    for _, object in ipairs(made) do
      if object.take then object:take() end
    end
    loop:step(0.002)
  end
end

local function all_done(tasks)
  for _, task in ipairs(tasks) do
    if not task:done() then return false end
  end
  return true
end

--- Steps until these tasks are done.
function looping.finish(loop, ...)
  local tasks = { ... }
  looping.step_until(loop, function() return all_done(tasks) end)
end

--- What fn returns as a task of its own.
function looping.run(loop, fn, ...)
  local task = loop:spawn(fn, ...)
  looping.finish(loop, task)
  return task:result()
end

local server = {}
server.__index = server

--- A server whose requests are held, in the list `held`, until they are answered.
function looping.server()
  local listener = assert(httpd.listen { max_connections = 500 })
  return keep(setmetatable({ listener = listener, url = listener:url(), held = {},
                             answered = {} }, server))
end

--- Takes in what has arrived. Returns how many requests that makes, answered or not.
function server:take()
  for request in function() return self.listener:poll(0) end do
    table.insert(self.held, request)
  end
  return #self.held
end

--- Steps the loop until `n` requests have arrived in all.
function server:wait_for(loop, n)
  looping.step_until(loop, function() return self:take() >= n end)
end

--- Answers the n-th request with a call; nil: all that aren't answered yet.
function server:answer(n, status, headers)
  self:take()
  for index = n or 1, n or #self.held do
    local request = self.held[index]
    local sid = request:method() == "GET" and request:path():match "Calls/([^/.]+)%.json$"
    if not self.answered[index] then
      request:respond(status or 200, headers, (looping.CALL:gsub(looping.SID, sid or "%0")))
    end
    self.answered[index] = true
  end
end

--- Answers all that comes, until these tasks are done.
function server:serve(loop, ...)
  local tasks = { ... }
  looping.step_until(loop, function()
    self:answer()
    return all_done(tasks)
  end)
end

--- A task that has a dial in flight at this server, held there.
function looping.dialling(loop, at)
  local client = looping.client(at.url, { transport = loop })
  local task = loop:spawn(function() return looping.dial(client) end)
  at:wait_for(loop, #at.held + 1)
  return task
end

--- How many requests with this method have arrived.
function server:count(method)
  self:take()
  local n = 0
  for _, request in ipairs(self.held) do n = n + (request:method() == method and 1 or 0) end
  return n
end

function server:close()
  self.listener:close()
end

-- A listener that never accepts, and whose queue is full: connecting to it takes for ever.
function looping.full_listener()
  local listener = assert(socket.tcp())
  assert(listener:bind("127.0.0.1", 0))
  assert(listener:listen(0))
  local port = select(2, listener:getsockname())
  keep { close = function() listener:close() end }
  for _ = 1, 4 do
    local filler = assert(socket.tcp())
    filler:settimeout(0)
    filler:connect("127.0.0.1", port)
    keep { close = function() filler:close() end }
  end
  return "http://127.0.0.1:" .. port
end

--- Compiles spec/support/NAME.c. Returns what makes raw.child preload it: "LD_PRELOAD=…".
function looping.preload(name)
  local directory, remove = raw.directory()
  keep { close = remove }
  local library = ("%s/%s.so"):format(directory, name)
  local compiler = assert(sys.spawn { "cc", "-shared", "-fPIC", "-o", library,
                                      ("spec/support/%s.c"):format(name) })
  assert(compiler:wait(looping.LONG) == 0, "it doesn't compile")
  compiler:close()
  return "LD_PRELOAD=" .. library
end

--- Closes all that was made here, the last first, and stops the servers of raw.
function looping.stop()
  for index = #made, 1, -1 do
    made[index]:close()
    made[index] = nil
  end
  raw.stop()
end

return looping
