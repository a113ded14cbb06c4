-- dialling: what a dial is known by beside what is sent: its reference, and who is told of it
-- before it leaves.
--
-- Nothing is sent here, and no clock is read; random bytes are asked for. What became of a dial
-- is reconcile.lua's.
--
-- SPDX-License-Identifier: MIT

local copy = require "exotel.copy"
local core = require "exotel.core"
local errors = require "exotel.errors"
local nginx = require "exotel.nginx"
local yielding = require "exotel.yielding"

local dialling = {}

local RANDOM = 12 -- bytes: no two dials of anybody have the same

-- {=================================================================
-- References
-- ==================================================================

local function system_bytes()
  local sys = errors.load "exotel.sys"
  return sys and sys.random(RANDOM)
end

local function device_bytes()
  local device = type(io) == "table" and io.open and io.open("/dev/urandom", "rb")
  if not device then return nil end
  local bytes = device:read(RANDOM)
  device:close()
  return bytes
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local made = 0

-- Where nothing is random: the time, a place in memory, and how many there were.
local function counted_reference(now)
  made = made + 1
  local place = tostring {}:gsub("[^%x]", "")
  return ("%.0f-%s-%d"):format((now or 0) * 1000, place, made)
end

-- The first that gives any, or false. Inside nginx no handler loads a module.
local function find_source()
  if not nginx.api and system_bytes() then return system_bytes end
  return device_bytes() and device_bytes or false
end

local make_bytes

--- A reference that no other dial has. now: epoch seconds, or nil.
function dialling.new_reference(now)
  if make_bytes == nil then make_bytes = find_source() end
  local bytes = make_bytes and make_bytes()
  return bytes and hex(bytes) or counted_reference(now)
end

-- }=================================================================

-- {=================================================================
-- What is asked
-- ==================================================================

-- What was given for a parameter, under any of its names.
local function given(params, row)
  local value = type(params.extra) == "table" and params.extra[row.name] or nil
  if value == nil then value = params[row.lua] end
  if value == nil then value = params[row.name] end
  return value
end

local function row_named(operation, name)
  for _, row in ipairs(operation.parameters) do
    if row.lua == name then return row end
  end
end

--- The parameters of a dial with its reference in custom_field, where the operation has that and
--- nothing else was given for it. operation: its row.
function dialling.carry(operation, params, reference)
  local row = row_named(operation, "custom_field")
  if not row or given(params, row) ~= nil then return params end
  local carrying = {}
  for name, value in pairs(params) do carrying[name] = value end
  carrying.custom_field = reference
  return carrying
end

--- Notes in a dial's request how long its call may take, and the custom_field that was given for
--- it, which its events bring back in the place of its reference: as it is sent, also a number.
--- A 0, which `extra` sends, may mean without end: it says nothing of how long.
function dialling.note(request, operation, params)
  local custom = row_named(operation, "custom_field")
  if custom and given(params, custom) ~= nil then
    local sent = core.form(request.body) -- nil, if there are more fields than it reads
    request.custom_field = sent and sent[custom.name]
  end
  for _, name in ipairs { "time_limit", "ring_timeout" } do
    local row = row_named(operation, name)
    local seconds = row and tonumber(given(params, row))
    if seconds ~= 0 then request[name] = seconds end
  end
end

-- }=================================================================

-- {=================================================================
-- before_dial
-- ==================================================================

local function is_memory(message)
  return type(message) == "string" and message:find "not enough memory$" ~= nil
end

--- Lets a tracker write a dial down: true, or nil and why the dial isn't to be sent.
function dialling.track(tracker, request)
  local ran, begun, why = yielding.pcall(tracker.begins, tracker, request.reference,
    copy(request))
  if ran and begun then return true end
  if not ran and is_memory(begun) then error(begun, 0) end
  return nil, "the tracker hasn't written it down: " .. tostring(not ran and begun or why)
end

--- Calls before_dial with the reference of a request and a copy of it: true, or nil and why the
--- dial isn't to be sent. It refuses by false, by nil and an error, or by raising.
function dialling.announce(before_dial, request)
  local ran, answer, why = yielding.pcall(before_dial, request.reference, copy(request))
  if not ran then
    if is_memory(answer) then error(answer, 0) end
    return nil, "before_dial raised: " .. tostring(answer)
  end
  if answer == false or answer == nil and why ~= nil then
    return nil, "before_dial refused: " .. tostring(why ~= nil and why or answer)
  end
  return true
end

-- }=================================================================

return dialling
