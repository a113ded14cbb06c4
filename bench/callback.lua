-- callback: what exotel.parse_callback costs, beside the decoders people would use instead and
-- beside the floor (bench/floor.c). All take turns in one run, so that a busy machine slows
-- them alike; the figures to trust are the ratios.
--
-- SPDX-License-Identifier: MIT

local cjson = require "cjson"
local dkjson = require "dkjson"
local exotel = require "exotel"
local floor = require "floor"
local socket_url = require "socket.url"

local ROUNDS, CALLS = 31, 400

local event = floor()
event.dedup_key, event.kind, event.final = nil, nil, nil
local json = exotel.build_callback(event, "application/json")
local form = exotel.build_callback(event, "application/x-www-form-urlencoded")
local multipart, multipart_type = exotel.build_callback(event, "multipart/form-data")

-- Pairs by LuaSocket's unescape: what a script without a decoder of its own does.
local function socket_form(body)
  local out = {}
  for name, value in body:gmatch "([^&=]+)=([^&]*)" do
    out[socket_url.unescape(name)] = socket_url.unescape(value)
  end
  return out
end

local rows = {
  { "floor: the table alone", floor },
  { "JSON, lua-cjson's bare decode", function() return cjson.decode(json) end },
  { "JSON, dkjson's bare decode", function() return dkjson.decode(json) end },
  { "JSON, parse_callback", function() return exotel.parse_callback(json, "application/json") end },
  { "form, LuaSocket's unescape", function() return socket_form(form) end },
  { "form, parse_callback", function()
    return exotel.parse_callback(form, "application/x-www-form-urlencoded")
  end },
  { "multipart, parse_callback", function()
    return exotel.parse_callback(multipart, multipart_type)
  end },
}

local function seconds_of(run)
  local began = os.clock()
  for _ = 1, CALLS do run() end
  return (os.clock() - began) / CALLS
end

for _, row in ipairs(rows) do row.times = {} end
for _ = 1, ROUNDS do
  for _, row in ipairs(rows) do
    collectgarbage()
    row.times[#row.times + 1] = seconds_of(row[2])
  end
end
for _, row in ipairs(rows) do
  table.sort(row.times)
  row.median = row.times[(ROUNDS + 1) // 2]
end

local bare, base = rows[2].median, rows[1].median
print(("one webhook of %d (JSON), %d (form), %d (multipart) bytes; medians of %d rounds")
  :format(#json, #form, #multipart, ROUNDS))
print(("%-32s %8s %10s %12s"):format("", "us", "of floor", "of lua-cjson"))
for _, row in ipairs(rows) do
  print(("%-32s %8.2f %10.2f %12.2f"):format(row[1], row.median * 1e6, row.median / base,
    row.median / bare))
end
