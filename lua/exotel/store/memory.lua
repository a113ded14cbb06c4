-- store/memory: a store for one process, in its memory.
--
--   local store = require("exotel.store.memory").new()
--
-- docs/store.md says what a store is. It ends with the state that made it: what must outlive
-- that, or is shared by processes, wants one of the others.
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local errors = require "exotel.errors"
local nginx = require "exotel.nginx"
local timers = require "exotel.timers"

local memory = {}

local MOST = 100000 -- entries

--- What memory.new is given: { name, type, lua =, default =, about = }.
memory.options = {
  { "most", "number", lua = "integer", default = MOST, about = "how many entries it may have" },
  { "now", "function", lua = "fun(): number",
    about = "gives seconds, instead of the process's clock" },
}

local types = contract.types(memory.options)

-- Seconds on a clock that isn't set back where there is one, else the time of day.
local function clock()
  if nginx.api then return nginx.clock() end
  local found, sys = pcall(require, "exotel.sys")
  return found and sys.now or type(os) == "table" and os.time or nil
end

local function forget(self, entry)
  self.lifetimes:remove(entry)
  self.entries[entry.key] = nil
  self.count = self.count - 1
end

-- Forgets what is over. What found no memory may have a lifetime, and be no entry.
local function expire(self)
  local now = self.clock()
  local first = self.lifetimes:first()
  while first and first.time <= now do
    if self.entries[first.key] == first then
      forget(self, first)
    else
      self.lifetimes:remove(first)
    end
    first = self.lifetimes:first()
  end
  return now
end

local function find(self, key)
  local now = expire(self)
  local entry = self.entries[key]
  return entry, now
end

local function put(self, key, value, till)
  if self.count >= self.most then
    return nil, contract.failure("full", ("there are %d entries already"):format(self.count))
  end
  self.entries[key] = self.lifetimes:add(till, { key = key, value = value })
  self.count = self.count + 1
  return true
end

-- Takes no memory: an entry that found none for what it becomes would be lost.
local function change(self, entry, value, till)
  self.lifetimes:remove(entry)
  entry.value = value
  self.lifetimes:add(till, entry)
  return true
end

local methods = contract.methods {
  add = function(self, key, value, seconds)
    local entry, now = find(self, key)
    if entry then return false end
    return put(self, key, value, now + seconds)
  end,

  get = function(self, key)
    local entry = find(self, key)
    return entry and entry.value or nil
  end,

  swap = function(self, key, before, value, seconds)
    local entry, now = find(self, key)
    if (entry and entry.value) ~= before then return false end
    if entry and value then return change(self, entry, value, now + seconds) end
    if value then return put(self, key, value, now + seconds) end
    if entry then forget(self, entry) end
    return true
  end,
}

local metatable = { __name = "exotel.store.memory", __index = methods }
methods[metatable] = true

--- Seconds on the clock by which its entries end.
---@return number seconds
function methods:now()
  errors.check_self(self, metatable)
  return self.clock()
end

--- An empty store.
---@param options? exotel.store.memory.options
---@return exotel.store.memory store
memory.new = errors.expose(function(options)
  local given, err = contract.options("exotel.store.memory", options, types)
  if not given then return nil, err end
  local now = given.now or clock()
  if not now then return errors.misuse "exotel.store.memory: this state has no clock: give now" end
  return setmetatable({
    entries = {}, lifetimes = timers.new(), count = 0, most = given.most or MOST, clock = now,
  }, metatable)
end)

return memory
