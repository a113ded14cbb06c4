-- store/shdict: a store for all workers of an nginx, in one of its shared dictionaries.
--
--   lua_shared_dict exotel 10m;                                             -- in nginx.conf
--   local store = require("exotel.store.shdict").new(ngx.shared.exotel)
--
-- docs/store.md says what a store is. Nothing here yields, so it works in every phase.
--
-- A shared dictionary has no compare-and-swap, but its `add` is atomic. So what an entry is at
-- first is kept as "1 key", what it is after the next change as "2 key", and so on: who adds the
-- next number has made the change. A worker that ends between any two of these leaves nothing
-- locked and nothing half done. "from key" has a number from which to look on: never more than the
-- one that holds, and who finds that it is less puts it right. What was replaced or is over stays
-- for a while, so that who is slow finds that he comes too late.
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local errors = require "exotel.errors"
local nginx = require "exotel.nginx"

local shdict = {}

local LATE = 60 -- seconds: no worker stands still for as long between finding and changing

local function hint(key) return "from " .. key end

local function numbered(key, number) return ("%d %s"):format(number, key) end

-- Takes the room by which `tell` will tell of the next number, where it isn't taken: who couldn't
-- be told of that would look for it in vain once those before it are gone.
local function take_room(self, key, number, seconds)
  local left = self.dict:ttl(numbered(key, number)) or 0
  local taken, why = self.dict:safe_add(hint(key), number, math.max(left, seconds + LATE) + LATE)
  return taken or why == "exists", why
end

-- Tells from which number to look on. It must stay for longer than what it leads to.
local function tell(self, key, number)
  local left = self.dict:ttl(numbered(key, number)) or 0
  self.dict:safe_set(hint(key), number, left + LATE)
end

-- The number that was added last, 0 for none, and the value, nil where there is none now.
local function find(self, key)
  local dict = self.dict
  local told = dict:get(hint(key)) or 0
  local number, held = told, told > 0 and dict:get(numbered(key, told)) or nil
  local following = dict:get(numbered(key, number + 1))
  while following do
    number, held = number + 1, following
    following = dict:get(numbered(key, number + 1))
  end
  if number > 1 and number > told then tell(self, key, number) end
  local space = held and held:find(" ", 1, true)
  if space and tonumber(held:sub(1, space - 1)) > self:now() then
    return number, held:sub(space + 1)
  end
  return number, nil
end

local function full(why)
  return nil, contract.failure("full", "the shared dictionary has " .. tostring(why))
end

-- Makes a change, unless another one was made since `number` was found. seconds: 0 deletes.
local function follow(self, key, number, value, seconds)
  if number > 0 and seconds > 0 then
    local taken, why = take_room(self, key, number, seconds)
    if not taken then return full(why) end
  end
  local till = seconds > 0 and self:now() + seconds or 0
  local added, why = self.dict:safe_add(numbered(key, number + 1),
    ("%.3f %s"):format(till, value), seconds + LATE)
  if why == "exists" then return false end
  if not added then return full(why) end
  if number > 0 then
    tell(self, key, number + 1)
    self.dict:expire(numbered(key, number), LATE)
  end
  return true
end

local methods = contract.methods {
  add = function(self, key, value, seconds)
    local number, found = find(self, key)
    if found then return false end
    return follow(self, key, number, value, seconds)
  end,

  get = function(self, key)
    local _, value = find(self, key)
    return value
  end,

  swap = function(self, key, before, value, seconds)
    local number, found = find(self, key)
    if found ~= before then return false end
    if value ~= nil then return follow(self, key, number, value, seconds) end
    return not found or follow(self, key, number, "", 0)
  end,
}

local metatable = { __name = "exotel.store.shdict", __index = methods }
methods[metatable] = true

--- Seconds on a clock that all workers share.
---@return number seconds
function methods:now()
  errors.check_self(self, metatable)
  return self.clock()
end

--- A store in a shared dictionary, which should be its own: what others put there may push its
--- entries out.
---@param dict table one of ngx.shared
---@return exotel.store store
shdict.new = errors.expose(function(dict)
  if not nginx.api then return errors.misuse "exotel.store.shdict works inside nginx only" end
  if type(dict) ~= "table" or type(dict.safe_add) ~= "function" then
    return errors.misuse("exotel.store.shdict.new wants a shared dictionary, got a " .. type(dict)
      .. ": nginx.conf makes one with `lua_shared_dict exotel 10m;`")
  end
  return setmetatable({ dict = dict, clock = nginx.clock() }, metatable)
end)

return shdict
