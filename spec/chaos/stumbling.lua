-- chaos/stumbling: a store that fails now and then, before or after it has done what it was asked.
--
--   local store = stumbling.new(another, dice, 0.001)     -- the share of operations that fail
--   store.failures                                        -- how many have
--   store:left()                                          -- leases that nobody gave back
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"

local stumbling = {}
stumbling.__index = stumbling

-- Leases that were given, less those that were given back: but for those of which nobody could
-- know, or which couldn't be given back.
local function count_lease(self, name, result, fails)
  if name == "lease" and result and not fails then self.leases = self.leases + 1 end
  if name == "release" and result then self.leases = self.leases - 1 end
end

local function fail(self, name, after)
  self.failures = self.failures + 1
  if name == "release" and not after then self.leases = self.leases - 1 end
  return nil, errors.new { kind = "store", reason = "unreachable", message = "it stumbles" }
end

for _, name in ipairs { "add", "get", "swap", "lease", "renew", "release" } do
  stumbling[name] = function(self, ...)
    local fails, after = self.dice:share() < self.share, self.dice:share() < 0.5
    if fails and not after then return fail(self, name, false) end
    local result, err = self.store[name](self.store, ...)
    count_lease(self, name, result, fails)
    if fails then return fail(self, name, true) end
    return result, err
  end
end

function stumbling:left()
  return self.leases
end

function stumbling.new(store, dice, share)
  return setmetatable({ store = store, dice = dice, share = share, failures = 0, leases = 0 },
    stumbling)
end

return stumbling
