-- retry: whether a failed request is tried again, and after how long.
--
-- Pure: it reads no clock, draws no number and sends nothing. A dial is tried again only when it
-- is proven that no byte of it left, or the service answered 429: there is no key that would
-- keep a second one from ringing.
--
-- SPDX-License-Identifier: MIT

local retry = {}

local FIRST, LONGEST = 1, 16 -- seconds; the pauses the vendor advises: 1, 2, 4, 8, 16
local GIVEN_BACK = 1 / 8     -- of a retry, by a success; exact, so that eight make one

-- Failures before anything was sent that another try may not meet.
local passing = { resolve = true, connect = true, timeout = true, closed = true, proxy = true }

local function unsent(err)
  if passing[err.reason] then return true, "not_sent" end
  return false, "lasting"
end

-- Of a transport's failure when the request may have been read.
local function maybe_sent(dials, err)
  if dials then return false, "may_be_placed" end
  if err.reason == "too_large" then return false, "lasting" end
  return true, "unknown"
end

--- Whether a failure is worth another try of the same request, and a word that says why: true
--- and "not_sent", "rate_limited", "server", "unreadable" or "unknown"; false and "lasting" (it
--- would fail alike), "may_be_placed" (a dial that may ring already) or "cancelled".
---@param dials boolean whether the request may ring a phone
---@param err exotel.error
---@return boolean again
---@return string why
function retry.should(dials, err)
  if err.reason == "cancelled" then return false, "cancelled" end
  if err.kind == "api" and err.status == 429 then return true, "rate_limited" end
  if err.kind == "transport" and err.outcome == "not_sent" then return unsent(err) end
  if err.kind == "transport" then return maybe_sent(dials, err) end
  if err.kind == "parse" or err.reason == "server" then
    if dials then return false, "may_be_placed" end
    return true, err.kind == "parse" and "unreadable" or "server"
  end
  return false, "lasting"
end

--- Seconds to wait before the next attempt. Who was told how long waits that long, and up to a
--- second more, since others were told the same, as far as half of the time behind it allows;
--- else any time from none to 1, 2, 4, 8 and then 16 seconds, so that what failed together doesn't
--- come back together.
---@param err exotel.error
---@param attempts integer how many were made
---@param share number from 0 to 1, drawn by chance
---@param left number seconds that there are
---@return number seconds
function retry.after(err, attempts, share, left)
  if err.retry_after then
    return err.retry_after + share * math.max(0, math.min(FIRST, (left - err.retry_after) / 2))
  end
  return share * math.min(FIRST * 2 ^ (attempts - 1), LONGEST)
end

--- What is left of a client's budget after a retry, or nil when there isn't enough for one.
---@param left number
---@return number? left
function retry.spent(left)
  return left >= 1 and left - 1 or nil
end

--- What is left of it after a success.
---@param left number
---@param most number
---@return number left
function retry.earned(left, most)
  return math.min(left + GIVEN_BACK, most)
end

return retry
