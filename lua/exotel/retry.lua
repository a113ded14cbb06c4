-- retry: whether a failed request is tried again, and after how long.
--
-- Pure: it reads no clock and sends nothing. A dial is tried again only when it is proven
-- that no byte of it left, or the service answered 429: there is no key that would keep a
-- second one from ringing.
--
-- SPDX-License-Identifier: MIT

local retry = {}

local FIRST, LONGEST = 1, 16 -- seconds; the pauses the vendor advises: 1, 2, 4, 8, 16

-- Failures before anything was sent that another try may not meet.
local passing = { resolve = true, connect = true, timeout = true, closed = true, proxy = true }

local function may_repeat(dials, err)
  if err.reason == "cancelled" then return false end
  if err.kind == "api" and err.status == 429 then return true end
  if err.kind == "transport" and err.outcome == "not_sent" then
    return passing[err.reason] or false
  end
  if dials then return false end
  if err.kind == "transport" then return err.reason ~= "too_large" end
  return err.kind == "parse" or err.reason == "server"
end

--- Seconds to wait before the next attempt, or nil when there is none.
-- dials: whether the request rings a phone. attempts: how many were made.
function retry.delay(dials, err, attempts, retries)
  if attempts > retries or not may_repeat(dials, err) then return nil end
  return err.retry_after or math.min(FIRST * 2 ^ (attempts - 1), LONGEST)
end

return retry
