-- export: what memory it takes to read CALLS finished calls with details one after the other,
-- over HTTP from `exotel sandbox` in a process of its own: Lua's heap, garbage included, and the
-- resident set of this process. The baseline is taken when the first page was read, after a
-- collection; from then on Lua alone collects, and both are sampled every PAGE calls.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local sys = require "exotel.sys"

local CALLS, PAGE = 100000, 100
local QUARTER = CALLS // 4 -- of which each has its own highest sample
local SECONDS = 151 * 86400 -- the sandbox's calls are of the last 150 days
local LONG = 20 -- seconds in which a sandbox starts

local sandbox = assert(sys.spawn { arg[-1], "bin/exotel", "sandbox", "--port", "0",
                                   "--rate-limit", "0", "--history", tostring(CALLS) })
local client = exotel.client {
  base_url = assert(sandbox:read_line(LONG)), account_sid = "sandbox", api_key = "sandbox_key",
  api_token = "sandbox_token", proxy = false,
}

-- A line of /proc/self/status, in KiB: VmRSS is what is resident, VmHWM the most that ever was.
local function status(name)
  local file, value = assert(io.open "/proc/self/status"), nil
  for line in file:lines() do
    value = line:match("^" .. name .. ":%s*(%d+) kB$")
    if value then break end
  end
  file:close()
  return tonumber(value)
end

local function memory()
  return { heap = collectgarbage "count", resident = status "VmRSS" }
end

local base
local most = { heap = 0, resident = 0 } -- above the baseline, in this quarter
local quarters = {}

local function sample()
  for name, value in pairs(memory()) do
    most[name] = math.max(most[name], value - base[name])
  end
end

local now, count = math.floor(sys.time()), 0
local began, cpu_began = sys.now(), os.clock()
for call in client:calls {
  details = true, page_size = PAGE, date_created = { gte = now - SECONDS, lte = now },
} do
  assert(call.sid and call.legs, "not a call with details")
  count = count + 1
  if count == 1 then
    collectgarbage()
    base = memory()
  elseif count % PAGE == 1 then
    sample()
  end
  if count % QUARTER == 0 then
    quarters[#quarters + 1], most = most, { heap = 0, resident = 0 }
  end
end
local seconds, cpu = sys.now() - began, os.clock() - cpu_began
local peak = status "VmHWM"
sandbox:close()
assert(count == CALLS, ("%d calls came"):format(count))

print(("%d calls with details, %d a page: %.1f s, of which %.1f s are CPU of the client")
  :format(CALLS, PAGE, seconds, cpu))
print(("%-30s %12s %12s"):format("KiB", "Lua heap", "resident"))
print(("%-30s %12.0f %12d"):format("after the first page", base.heap, base.resident))
for index, quarter in ipairs(quarters) do
  local name = ("most above it, to call %d"):format(index * QUARTER)
  print(("%-30s %12.0f %12d"):format(name, quarter.heap, quarter.resident))
end
print(("%-30s %12s %12d"):format("most above it, by the kernel", "", peak - base.resident))
