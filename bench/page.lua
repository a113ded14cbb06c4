-- page: what reading a page of 100 calls with details costs, beside lua-cjson's bare decode of
-- the same bytes: instructions, counted by callgrind. The calls are S003's sample, each with
-- identifiers and durations of its own.
--
-- lua bench/page.lua count ROW: what runs under callgrind.
--
-- SPDX-License-Identifier: MIT

local cjson = require "cjson"
local core = require "exotel.core"
local exotel = require "exotel"
local floor = require "floor"
local measure = require "bench.measure"

local CALLS = 100
local COUNTS, COUNTED_CALLS = 3, 20 -- Lua's hashes differ from run to run: the median counts

-- The sample with its one call, which `pattern` finds, in CALLS variations.
local function page(sample, pattern, between)
  local head, call, tail = sample:match("^(.-)(" .. pattern .. ")(.*)$")
  local calls = {}
  for i = 1, CALLS do
    local sid = ("%032x"):format(i * 0x9E3779B97F4A7C15 & 0x7FFFFFFFFFFFFFFF)
    calls[i] = call:gsub("b6cfaf5f%x+", sid):gsub("0XXXXX30240", ("0%010d"):format(9876500000 + i))
      :gsub("16:00:09", ("16:%02d:%02d"):format(i // 60, i % 60))
  end
  return head .. table.concat(calls, between) .. tail
end

local json = page(measure.fixture "S003.calls.details.json", '{ "Sid".*} }', ", ")
local xml = page(measure.fixture "S003.calls.details.xml", "<Call>.*</Call>", " ")

local rows = {
  { name = "JSON, lua-cjson's bare decode", run = function() return cjson.decode(json) end },
  { name = "JSON, core.read", run = function() return core.read("calls", 200, nil, json) end },
  { name = "JSON, exotel.read", run = function() return exotel.read("calls", 200, nil, json) end },
  { name = "XML, exotel.read", run = function() return exotel.read("calls", 200, nil, xml) end },
}

if arg[1] == "count" then
  local run = rows[tonumber(arg[2])].run
  for _ = 1, COUNTED_CALLS do run() end -- until the collector runs as it will
  floor.repeated(run, COUNTED_CALLS)
  return
end

-- What is compared must be the whole page.
local decoded = cjson.decode(json)
for index = 2, #rows do
  local calls = assert(rows[index].run()).calls
  assert(#calls == CALLS and #decoded.Calls == CALLS, rows[index].name)
  for i, call in ipairs(calls) do
    assert(call.sid == decoded.Calls[i].Sid and call.to == decoded.Calls[i].To
      or index == #rows, rows[index].name)
    assert(#call.legs == 2 and call.legs[2].on_call_duration, rows[index].name)
  end
end

for index, row in ipairs(rows) do
  row.count = measure.instructions(index, COUNTS) / COUNTED_CALLS
end

print(("one page of %d calls with details, %d (JSON), %d (XML) bytes"):format(CALLS, #json, #xml))
print(("%-30s %12s %13s"):format("", "instructions", "of lua-cjson"))
for _, row in ipairs(rows) do
  print(("%-30s %12.0f %13.2f"):format(row.name, row.count, row.count / rows[1].count))
end
