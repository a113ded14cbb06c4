-- store/contract: the methods of a store, of the three that tell stores apart. docs/store.md says
-- what they promise.
--
-- A store brings add, get and swap, which are called with what was checked. What can be made of
-- these is made here: leases are entries whose value is a token.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"

local contract = {
  KEY_MAX = 200, -- bytes
  VALUE_MAX = 65536,
  SECONDS_MAX = 366 * 86400,
}

--- What a store does: { name, what it is given, what it returns, about }. With "?" it may be nil.
contract.operations = {
  { "add", { "key", "value", "seconds" }, "boolean? added",
    "Makes an entry: true; false when there is one already." },
  { "get", { "key" }, "string? value", "The value of an entry; nil when there is none." },
  { "swap", { "key", "before?", "value?", "seconds?" }, "boolean? swapped",
    "Changes an entry whose value is `before`, nil for none: true; false when it isn't. A `value`"
      .. " of nil deletes it." },
  { "lease", { "key", "seconds" }, "(string|false)? token",
    "A token that nobody else has; false while somebody has the lease." },
  { "renew", { "key", "token", "seconds" }, "boolean? renewed",
    "Lets a lease last for so long from now: true; false when it is over, or another's." },
  { "release", { "key", "token" }, "boolean? released",
    "Ends a lease: true; false when it is over, or another's." },
}

--- What these are given: { type, about }.
contract.values = {
  key = { "string", ("1 to %d bytes"):format(contract.KEY_MAX) },
  value = { "string", ("at most %d bytes"):format(contract.VALUE_MAX) },
  before = { "string", "the value that must be there" },
  token = { "string", "what lease gave" },
  seconds = { "number", ("its lifetime: above 0, at most %d"):format(contract.SECONDS_MAX) },
}

-- {=================================================================
-- Tokens
-- ==================================================================

local TOKEN_BYTES = 16

-- The kernel's bytes, by a file where a state has io, else by exotel.sys: or nil and a misuse.
local function random(count)
  local file = type(io) == "table" and io.open and io.open("/dev/urandom", "rb")
  local bytes = file and file:read(count)
  if file then file:close() end
  if bytes and #bytes == count then return bytes end
  local sys, err = errors.load "exotel.sys"
  if not sys then return nil, err end
  return assert(sys.random(count))
end

--- A text that nobody else has: or nil and a misuse, where nothing gives random bytes.
---@return string? token
---@return exotel.error? err
function contract.token()
  local bytes, err = random(TOKEN_BYTES)
  if not bytes then return nil, err end
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- }=================================================================

-- {=================================================================
-- Checks
-- ==================================================================

local function check_text(name, value, least, most)
  if type(value) ~= "string" then
    return ("%s wants a string, got a %s"):format(name, type(value))
  end
  if #value < least or #value > most then
    return ("%s must have %d to %d bytes, and has %d"):format(name, least, most, #value)
  end
end

local check = {}

function check.key(value) return check_text("key", value, 1, contract.KEY_MAX) end

function check.value(value) return check_text("value", value, 0, contract.VALUE_MAX) end

function check.before(value) return value ~= nil and check_text("before", value, 0,
  contract.VALUE_MAX) or nil end

function check.token(value) return check_text("token", value, 1, contract.VALUE_MAX) end

function check.seconds(value)
  if type(value) ~= "number" then
    return ("seconds wants a number, got a %s"):format(type(value))
  end
  if not (value > 0 and value <= contract.SECONDS_MAX) then
    return "seconds must be above 0 and at most a year"
  end
end

-- What each method but swap is given, in order.
local wants = {}
for _, row in ipairs(contract.operations) do wants[row[1]] = row[2] end

-- A store of the user's own may be any object.
local function wrong_in(self, name, list, given)
  if type(self) ~= "table" and type(self) ~= "userdata" then
    return errors.no_self "exotel.store"
  end
  for index, kind in ipairs(list) do
    local wrong = check[kind](given[index])
    if wrong then return errors.misuse(("store:%s: %s"):format(name, wrong)) end
  end
  return true
end

local function checked(name, implement)
  local list = wants[name]
  return errors.expose(function(self, ...)
    local right, err = wrong_in(self, name, list, { ... })
    if not right then return nil, err end
    return implement(self, ...)
  end)
end

-- }=================================================================

--- The types of options by their names, of rows { name, type }.
---@param rows table[]
---@return table<string, string> types
function contract.types(rows)
  local types = {}
  for _, row in ipairs(rows) do types[row[1]] = row[2] end
  return types
end

--- The options of a constructor, none for nil: or nil and a misuse for one that isn't known or
--- has another type.
---@param name string  the constructor, for the message
---@param given? table
---@param types table<string, string>
---@return table? options
---@return exotel.error? err
function contract.options(name, given, types)
  if given == nil then return {} end
  if type(given) ~= "table" then
    return errors.misuse(("%s wants a table of options, got a %s"):format(name, type(given)))
  end
  local names = {}
  for known in pairs(types) do names[#names + 1] = known end
  for option, value in pairs(given) do
    local wanted = types[option]
    if not wanted then
      return errors.misuse(("%s: option '%s' is not known%s"):format(name, tostring(option),
        errors.did_you_mean(option, names)))
    elseif type(value) ~= wanted then
      return errors.misuse(("%s: option '%s' wants a %s, got a %s"):format(name, option, wanted,
        type(value)))
    end
  end
  return given
end

--- An error of a store.
---@param reason "unreachable"|"full"|"protocol"
---@param message string
---@return exotel.error err
function contract.failure(reason, message)
  return errors.new { kind = "store", reason = reason, message = message }
end

--- The methods of a store, of primitives { add, get, swap }: functions of the store and what is
--- given, which return as the methods do. before: nil for nothing; value of swap: nil deletes,
--- and then there are no seconds.
---@param primitives table<string, function>
---@return table<string, function> methods  beside these lease, renew and release
function contract.methods(primitives)
  local methods = {}
  for _, name in ipairs { "add", "get" } do methods[name] = checked(name, primitives[name]) end

  methods.swap = errors.expose(function(self, key, before, value, seconds)
    local list = value == nil and { "key", "before" } or { "key", "before", "value", "seconds" }
    local right, err = wrong_in(self, "swap", list, { key, before, value, seconds })
    if not right then return nil, err end
    return primitives.swap(self, key, before, value, value ~= nil and seconds or nil)
  end)

  methods.lease = checked("lease", function(self, key, seconds)
    local token, err = contract.token()
    if not token then return nil, err end
    local added
    added, err = primitives.add(self, key, token, seconds)
    return added and token or added, err
  end)

  methods.renew = checked("renew", function(self, key, token, seconds)
    return primitives.swap(self, key, token, token, seconds)
  end)

  methods.release = checked("release", function(self, key, token)
    return primitives.swap(self, key, token)
  end)
  return methods
end

return contract
