-- callback: what exotel.parse_callback costs, beside the decoders people would use instead and
-- beside the floor (bench/floor.c): instructions, counted by callgrind, and microseconds. The
-- rows take turns, so that a busy machine slows them alike; the figures to trust are the
-- instructions and the ratios.
--
-- lua bench/callback.lua count ROW: what runs under callgrind.
--
-- SPDX-License-Identifier: MIT

local cjson = require "cjson"
local dkjson = require "dkjson"
local exotel = require "exotel"
local floor = require "floor"
local measure = require "bench.measure"
local socket_url = require "socket.url"

local ROUNDS, CALLS = 31, 400
local COUNTS, COUNTED_CALLS = 5, 300 -- Lua's hashes differ from run to run: the median counts
local FORM, JSON = "application/x-www-form-urlencoded", "application/json"

local metatable = getmetatable(exotel.parse_callback "a=1")
local floor_event = floor.event(metatable)

local event = floor_event()
event.dedup_key, event.kind, event.final = nil, nil, nil
local json = exotel.build_callback(event, JSON)
local form = exotel.build_callback(event, FORM)
local multipart, multipart_type = exotel.build_callback(event, "multipart/form-data")

-- Pairs by LuaSocket's unescape: what a script without a decoder of its own does.
local function socket_form(body)
  local out = {}
  for name, value in body:gmatch "([^&=]+)=([^&]*)" do
    out[socket_url.unescape(name)] = socket_url.unescape(value)
  end
  return out
end

-- The form in as many orders of its pairs as are more than the module remembers, in turns: none is
-- like one of those before it.
local function in_orders(body, orders)
  local bodies, at = {}, 0
  for index = 1, orders do
    bodies[index] = body
    body = body:gsub("^([^&]*)&(.*)$", "%2&%1")
  end
  return function()
    at = at % orders + 1
    return exotel.parse_callback(bodies[at], FORM)
  end
end

-- ours: it must be the floor's event. slow: far from every other row, so one count will do.
local rows = {
  { name = "floor: the table alone", run = floor_event },
  { name = "JSON, lua-cjson's bare decode", run = function() return cjson.decode(json) end },
  { name = "JSON, dkjson's bare decode", run = function() return dkjson.decode(json) end,
    slow = true },
  { name = "JSON, parse_callback", run = function() return exotel.parse_callback(json, JSON) end,
    ours = true },
  { name = "form, LuaSocket's unescape", run = function() return socket_form(form) end,
    slow = true },
  { name = "form, parse_callback", run = function() return exotel.parse_callback(form, FORM) end,
    ours = true },
  { name = "form in 6 orders, parse_callback", run = in_orders(form, 6), ours = true },
  { name = "multipart, parse_callback", run = function()
    return exotel.parse_callback(multipart, multipart_type)
  end, ours = true },
}

if arg[1] == "count" then
  local run = rows[tonumber(arg[2])].run
  for _ = 1, COUNTED_CALLS do run() end -- until the collector runs as it will
  floor.repeated(run, COUNTED_CALLS)
  return
end

-- What is compared must be the same.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  if getmetatable(a) ~= getmetatable(b) then return false end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

for _, row in ipairs(rows) do
  assert(not row.ours or same(row.run(), floor_event()), row.name .. ": not the floor's event")
end

for index, row in ipairs(rows) do
  row.count = measure.instructions(index, row.slow and 1 or COUNTS) / COUNTED_CALLS
  row.times = {}
end

local function repeated(run)
  for _ = 1, CALLS do run() end
end

for _ = 1, ROUNDS do
  for _, row in ipairs(rows) do
    collectgarbage()
    row.times[#row.times + 1] = measure.seconds(repeated, row.run) / CALLS
  end
end
for _, row in ipairs(rows) do row.time = measure.median(row.times) end

local base, bare = rows[1], rows[2]
print(("one webhook of %d (JSON), %d (form), %d (multipart) bytes")
  :format(#json, #form, #multipart))
print(("instructions by callgrind, medians of %d runs; us, medians of %d rounds")
  :format(COUNTS, ROUNDS))
local heads = { "instructions", "of floor", "of lua-cjson", "us", "of floor", "of lua-cjson" }
print(("%-32s %10s %9s %13s %8s %9s %13s"):format("", table.unpack(heads)))
for _, row in ipairs(rows) do
  print(("%-32s %10.0f %9.2f %13.2f %8.2f %9.2f %13.2f"):format(row.name,
    row.count, row.count / base.count, row.count / bare.count,
    row.time * 1e6, row.time / base.time, row.time / bare.time))
end
