-- on_event: yours. What is done with an event, before Exotel is answered: an error here makes it
-- post the event again. It may come late, or never; and twice where a worker ended in the middle.
--
-- This one remembers the last status of each call for a day.

local calls = ngx.shared.calls
local DAY = 86400

return function(event)
  if not event.call_sid then return end
  -- An "answered" that comes late must not undo the end.
  local store = event.final and calls.set or calls.add
  local stored, why = store(calls, event.call_sid, event.status or "unknown", DAY)
  if not stored and why ~= "exists" then error(why, 0) end
end
