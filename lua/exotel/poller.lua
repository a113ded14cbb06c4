-- poller: several sources and timers, waited for together.
--
--   local poller = require("exotel.poller").new()
--   poller:add(server, function(ready) … ready:poll(0) … end)
--   poller:after(2, function() … end)
--   poller:run()
--
-- A source is any object with three methods, as cqueues has them:
--   pollfd() -> a descriptor
--   events() -> what is waited for on it: "r" (it can be read), "w" or "rw"
--   timeout() -> seconds until the source is due anyway, 0 for now; nil for never
-- They are asked anew before each wait. A server of exotel.httpd is one.
--
-- What is due is put into a queue, and taken out before it is called: a callback that raises
-- leaves the others there, for the next step.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local sys = require "exotel.sys"
local timers = require "exotel.timers"

local poller = {}

local methods = {}
local metatable = { __name = "exotel.poller", __index = methods }
methods[metatable] = true

local known_events = { r = true, w = true, rw = true }

local timer_methods = {}
local timer_metatable = { __name = "exotel.poller.timer", __index = timer_methods }
timer_methods[timer_metatable] = true

--- Keeps the timer's function from being called. Nothing happens when it was called, or
--- cancelled, before.
function timer_methods:cancel()
  errors.check_self(self, timer_metatable)
  self.live = false
  self.timers:remove(self)
end

-- {=================================================================
-- Waiting
-- ==================================================================

local function ask(source)
  return source:pollfd(), source:events(), source:timeout()
end

local function is_descriptor(fd)
  return type(fd) == "number" and fd >= 0 and fd <= 0x7fffffff and fd % 1 == 0
end

local function unusable(source, why)
  return nil, ("poller: %s %s"):format(tostring(source), why)
end

-- A source's descriptor, events and timeout: or nil and a message that names it.
local function ask_safely(source)
  local ok, fd, events, timeout = pcall(ask, source)
  if not ok then return unusable(source, "can't be polled: " .. tostring(fd)) end
  if not is_descriptor(fd) then return unusable(source, "has no descriptor for pollfd") end
  if not known_events[events] then return unusable(source, "has no 'r', 'w' or 'rw' for events") end
  if timeout ~= nil and type(timeout) ~= "number" then
    return unusable(source, "has neither seconds nor nil for timeout")
  end
  return fd, events, timeout
end

-- What is asked of sys.poll, and until when: or nil and a message.
local function prepare(self, seconds)
  local now = sys.now()
  local timer = self.timers:first()
  local deadline = math.min(now + (seconds or math.huge), timer and timer.time or math.huge)
  local asked = { wanted = {}, times = {}, entries = {} }
  for index, entry in ipairs(self.entries) do
    local fd, events, timeout = ask_safely(entry.source)
    if not fd then return nil, events end
    asked.entries[index] = entry
    asked.wanted[2 * index - 1], asked.wanted[2 * index] = fd, events
    asked.times[index] = now + (timeout or math.huge)
    deadline = math.min(deadline, asked.times[index])
  end
  asked.deadline = deadline
  return asked
end

local function queue(self, entry)
  self.due[self.last + 1] = entry
  self.last = self.last + 1
end

-- Fills the queue with the timers and sources that are due: or nil and a message.
local function wait(self, seconds)
  local asked, message = prepare(self, seconds)
  if not asked then return nil, message end
  local ready
  ready, message = sys.poll(asked.wanted, asked.deadline - sys.now())
  if not ready then return nil, "poller: " .. message end
  for index, entry in ipairs(asked.entries) do
    if ready[index] == "invalid" then
      return unusable(entry.source, "has a descriptor that isn't open")
    end
  end
  local now = sys.now()
  local timer = self.timers:first()
  while timer and timer.time <= now do
    queue(self, timer)
    self.timers:remove(timer)
    timer = self.timers:first()
  end
  for index, entry in ipairs(asked.entries) do
    if ready[index] or asked.times[index] <= now then queue(self, entry) end
  end
  return true
end

-- Calls what is in the queue. Taken out first, whatever the callback does.
local function call_due(self)
  local ran = 0
  while self.first <= self.last do
    local entry = self.due[self.first]
    self.due[self.first] = nil
    self.first = self.first + 1
    if entry.live then
      ran = ran + 1
      entry.live = entry.source ~= nil
      entry.call(entry.source)
    end
  end
  self.first, self.last = 1, 0
  return ran
end

local function is_idle(self)
  return #self.entries == 0 and not self.timers:first() and self.first > self.last
end

local function step(self, seconds)
  if seconds == nil and is_idle(self) then return 0 end
  if self.first > self.last then
    local ok, message = wait(self, seconds)
    if not ok then return nil, message end
  end
  return call_due(self)
end

-- Whether until_true() was true: or nil and a message.
local function run(self, until_true)
  while not self.stopped do
    if until_true and until_true() then return true end
    if is_idle(self) then return false end
    local ran, message = step(self)
    if not ran then return nil, message end
  end
  return false
end

-- }=================================================================

local function find(self, source)
  for index, entry in ipairs(self.entries) do
    if rawequal(entry.source, source) then return index end
  end
end

local function check_source(source)
  local kind = type(source)
  if kind ~= "table" and kind ~= "userdata" then
    return "a source wants to be an object, got a " .. kind
  end
  for _, name in ipairs { "pollfd", "events", "timeout" } do
    if type(source[name]) ~= "function" then return "a source wants a method " .. name end
  end
end

--- From now on calls on_ready(source) whenever the source's descriptor is ready, or its
--- timeout has come: once a step at most. As with any poller it may have been read dry
--- meanwhile, so on_ready should ask without waiting. Returns the source; raises when it is
--- here already.
---@param source table
---@param on_ready fun(source: table)
---@return table source
function methods:add(source, on_ready)
  errors.check_self(self, metatable)
  local wrong = check_source(source)
  if not wrong and type(on_ready) ~= "function" then
    wrong = "on_ready wants a function, got a " .. type(on_ready)
  elseif not wrong and find(self, source) then
    wrong = tostring(source) .. " is added already"
  end
  if wrong then error("poller:add: " .. wrong, 2) end
  table.insert(self.entries, { source = source, call = on_ready, live = true })
  return source
end

--- Forgets a source, also one that is due in this very step. To be done before a source is
--- closed. Returns whether it was here.
---@param source table
---@return boolean removed
function methods:remove(source)
  errors.check_self(self, metatable)
  local index = find(self, source)
  if not index then return false end
  table.remove(self.entries, index).live = false
  return true
end

--- Calls on_time() once, in that many seconds or as soon after as a step comes; 0, less and
--- NaN mean the next step. Timers are called in the order of their times, and of their
--- making. Returns the timer, which has the method cancel().
---@param seconds number
---@param on_time fun()
---@return exotel.poller.timer timer
function methods:after(seconds, on_time)
  errors.check_self(self, metatable)
  if type(seconds) ~= "number" then
    error("poller:after: seconds wants a number, got a " .. type(seconds), 2)
  elseif type(on_time) ~= "function" then
    error("poller:after: on_time wants a function, got a " .. type(on_time), 2)
  end
  local time = sys.now() + (seconds > 0 and seconds or 0)
  local timer = { call = on_time, live = true, timers = self.timers }
  return self.timers:add(time, setmetatable(timer, timer_metatable))
end

--- Waits until something is due, and calls all that is: timers first, then the sources in
--- the order of their adding. What callbacks make due waits for the next step.
-- seconds: how long to wait at most; 0, less and NaN never wait, nil waits until something is
-- due. A signal ends the wait early, and so does an hour.
-- Returns how many callbacks were called: 0 at once for nil when there is no source and no
-- timer. An error of a callback goes to the caller as it is, and what wasn't called is called
-- by the next step, before anything else is waited for. Raises when a source can't be polled,
-- because it was closed for one; it stays until it is removed.
---@param seconds? number
---@return integer called
function methods:step(seconds)
  errors.check_self(self, metatable)
  if seconds ~= nil and type(seconds) ~= "number" then
    error("poller:step: seconds wants a number, got a " .. type(seconds), 2)
  end
  if seconds ~= seconds then seconds = 0 end -- NaN
  local ran, message = step(self, seconds)
  if not ran then error(message, 2) end
  return ran
end

--- Steps until until_true(), asked before each step, is true; until no source and no timer
--- is left; or until stop() was called, and the rest of that step. Returns whether
--- until_true() was true. Raises as step() does, and can then be called again.
---@param until_true? fun(): boolean
---@return boolean reached
function methods:run(until_true)
  errors.check_self(self, metatable)
  if until_true ~= nil and type(until_true) ~= "function" then
    error("poller:run: until_true wants a function, got a " .. type(until_true), 2)
  end
  local before = self.stopped -- a run that this one is inside may have been stopped
  self.stopped = false
  local reached, message = run(self, until_true)
  self.stopped = before
  if reached == nil then error(message, 2) end
  return reached
end

--- Lets run(), whose step is going on, return after it.
function methods:stop()
  errors.check_self(self, metatable)
  self.stopped = true
end

--- A poller without sources and timers.
---@return exotel.poller poller
function poller.new()
  return setmetatable({
    entries = {}, -- the sources, as added: { source, call, live }
    timers = timers.new(),
    due = {}, first = 1, last = 0, -- the queue
    stopped = false,
  }, metatable)
end

return poller
