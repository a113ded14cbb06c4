-- sandbox/history: calls of the past, made up by their number.
--
-- The n-th of them is worked out when somebody asks for it, and always the same: its place
-- in time, its parties, how long it rang and was talked. How it ended says the timeline, as
-- of every call. So a hundred thousand of them take no memory.
--
-- SPDX-License-Identifier: MIT

local timeline = require "exotel.sandbox.timeline"

local history = {}
history.__index = history

local SPAN = 150 * 86400 -- seconds
local REST = 3600        -- before the sandbox began: the last call has ended by then

history.MOST = 10000000

local directions = { [0] = "outbound-api", "inbound", "outbound-dial" }

--- count: how many calls; now: when the sandbox began, in epoch seconds.
function history.new(count, now)
  return setmetatable({ count = count, first = math.floor(now) - SPAN, span = SPAN - REST },
    history)
end

--- The rule, as text.
function history.help()
  return ([[
Call n of --history N was created n/N through the last %d days. It has the SID n in 32
hexadecimal digits; From +919876 and n %% 1000 in 4 digits and 10; To +9191234 and n // 10 %% 100
in 3 digits and 0 and n %% 10, which chooses its end as above; PhoneNumber +9180395700 and n %% 7
in 2 digits; the Direction inbound, outbound-dial or outbound-api for n %% 3 = 1, 2 or 0. Each
leg rings 1 + n %% 13 seconds, a conversation takes 10 + n %% 291; every second one is recorded.
]]):format(SPAN / 86400)
end

--- When call n was placed, in epoch seconds.
function history:placed(n)
  return self.first + math.floor((n - 1) * self.span / self.count)
end

--- How many calls were placed before that epoch second.
function history:before(epoch)
  if self.count == 0 then return 0 end
  local n = math.ceil((epoch - self.first) * self.count / self.span)
  return math.max(0, math.min(n, self.count))
end

local function sid_of(n) return ("%032x"):format(n) end

--- The number of the call with that SID, or nil.
function history:find(sid)
  local n = #sid == 32 and sid:find "^0+%x+$" and tonumber(sid, 16)
  if n and n >= 1 and n <= self.count and sid == sid_of(n) then return n end
end

--- Call n, in the shape of sandbox/calls.
function history:call(n)
  local form = {
    From = ("+919876%04d10"):format(n % 1000),
    To = ("+9191234%03d%02d"):format(math.floor(n / 10) % 100, n % 10),
    CallerId = ("+9180395700%02d"):format(n % 7),
    Record = n % 2 == 0 and "true" or nil,
  }
  return {
    sid = sid_of(n), position = n, form = form, placed = self:placed(n),
    direction = directions[n % 3],
    steps = timeline.plan(form, { queue = 0, ring = 1 + n % 13, call = 10 + n % 291 }),
  }
end

return history
