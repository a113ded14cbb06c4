-- tiny_store: a store for specs, with a clock that they set, and failures that they ask for.
--
--   local store = tiny_store.new()
--   store.clock = 60                          -- seconds; entries end by it
--   store.fail = { add = true }               -- these answer nil and an error
--   store.lose = { lease = true }             -- these are carried out, and answer so as well
--   store.before = function(name, key) end    -- called before each operation: may yield
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"

local tiny_store = {}
tiny_store.__index = tiny_store

function tiny_store.new()
  return setmetatable({ clock = 0, entries = {}, tokens = 0, fail = {}, lose = {} }, tiny_store)
end

local function find(self, key)
  local entry = self.entries[key]
  if entry and entry.till <= self.clock then
    self.entries[key], entry = nil, nil
  end
  return entry
end

local operations = {}

function operations.add(self, key, value, seconds)
  assert(type(key) == "string" and #key <= 200 and #value <= 65536 and seconds > 0)
  if find(self, key) then return false end
  self.entries[key] = { value = value, till = self.clock + seconds }
  return true
end

function operations.get(self, key)
  local entry = find(self, key)
  return entry and entry.value
end

function operations.lease(self, key, seconds)
  self.tokens = self.tokens + 1
  local token = ("token %d"):format(self.tokens)
  return operations.add(self, key, token, seconds) and token
end

function operations.release(self, key, token)
  local entry = find(self, key)
  if not entry or entry.value ~= token then return false end
  self.entries[key] = nil
  return true
end

for name, operation in pairs(operations) do
  tiny_store[name] = function(self, key, ...)
    if self.before then self.before(name, key) end
    if self.lose[name] then operation(self, key, ...) end
    if self.fail[name] or self.lose[name] then
      return nil, errors.new { kind = "store", reason = "unreachable", message = "it is gone" }
    end
    return operation(self, key, ...)
  end
end

return tiny_store
