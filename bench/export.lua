-- export: what memory it takes to read CALLS finished calls with details one after the other,
-- over HTTP from `exotel sandbox` in a process of its own: Lua's heap, garbage included, and the
-- process's resident set. Nothing is collected but by Lua itself, after the baseline, which is
-- taken when the first page was read. Both are sampled when a page has come.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local sys = require "exotel.sys"

local CALLS, PAGE = 100000, 100
local ROWS = 4 -- stretches of the same length: each has its own highest sample
local DAYS = 151 -- the sandbox's calls are of 150
local LONG = 20 -- seconds in which a sandbox starts

local sandbox = assert(sys.spawn { arg[-1], "bin/exotel", "sandbox", "--port", "0",
                                   "--rate-limit", "0", "--history", tostring(CALLS) })
local client = exotel.client {
  base_url = assert(sandbox:read_line(LONG)), account_sid = "sandbox", api_key = "sandbox_key",
  api_token = "sandbox_token", proxy = false,
}

-- A line of /proc/self/status, in KiB: VmRSS is what is resident, VmHWM the most that ever was.
local function status(name)
  local file = assert(io.open "/proc/self/status")
  for line in file:lines() do
    local value = line:match("^" .. name .. ":%s*(%d+) kB$")
    if value then
      file:close()
      return tonumber(value)
    end
  end
end

local columns = { "Lua heap", "resident" }
local read = { function() return collectgarbage "count" end,
               function() return status "VmRSS" end }

local base, highest, rows = {}, { 0, 0 }, {}

local function sample()
  for column, value in ipairs(read) do
    highest[column] = math.max(highest[column], value() - base[column])
  end
end

local now, began, cpu = math.floor(sys.time()), sys.now(), os.clock()
local n = 0
for call in client:calls {
  details = true, page_size = PAGE, date_created = { gte = now - DAYS * 86400, lte = now },
} do
  n = n + 1
  assert(call.sid and call.legs, "not a call with details")
  if n == 1 then
    collectgarbage()
    for column, value in ipairs(read) do base[column] = value() end
  elseif n % PAGE == 1 then
    sample()
  end
  if n % (CALLS // ROWS) == 0 then
    rows[#rows + 1], highest = highest, { 0, 0 }
  end
end
began, cpu = sys.now() - began, os.clock() - cpu
local most = status "VmHWM" - base[2]
sandbox:close()
assert(n == CALLS, ("%d calls came"):format(n))

print(("%d calls with details, %d a page: %.1f s, of which the client's CPU %.1f s")
  :format(CALLS, PAGE, began, cpu))
print(("%-30s %12s %12s"):format("KiB", table.unpack(columns)))
print(("%-30s %12.0f %12d"):format("after the first page", base[1], base[2]))
for index, row in ipairs(rows) do
  local name = ("most above it, to call %d"):format(index * CALLS // ROWS)
  print(("%-30s %12.0f %12d"):format(name, row[1], row[2]))
end
print(("%-30s %12s %12d"):format("most above it, by the kernel", "", most))
