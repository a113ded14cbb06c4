-- pages/months: a range of time, closed at its open ends and cut into months.
--
-- A range is { from, to } in epoch seconds, both within it, or empty when a query has none.
-- The service takes at most a month at once, and keeps calls for six. Nothing is sent here.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local months = {}

local KEPT = 6 -- months for which the service keeps calls

local function date(source, epoch)
  return core.date(epoch, source.offset) or "?"
end

local function too_old(source, place, epoch, limit)
  local message = ("%s is %s: the service keeps the calls of %d months, those from %s on"):format(
    place, date(source, epoch), KEPT, date(source, limit))
  return nil, source.fail { kind = "invalid", outcome = "not_sent", reason = "too_old",
                            field = "date_created", message = message }
end

local function no_clock(source)
  return nil, source.fail { kind = "invalid", outcome = "not_sent", reason = "clock",
                            field = "date_created", message = "there is no clock that says"
                              .. " what six months ago is: bring a transport with time()" }
end

--- The range that date_created asks for, its open ends closed at now and at six months ago: or
--- nil and the error. value: as the option is given, or nil. source: as for pages.new.
function months.close(source, value)
  if value == nil then return {} end
  local span, failure = core.span(value, source.offset)
  if not span then return nil, source.fail(failure) end
  local now, err = source.now()
  if err then return nil, err end
  local limit = now and core.month_later(now, -KEPT, source.offset)
  local latest = now and core.month_later(now, 1, source.offset) -- no call is of the future
  if not limit or not latest then return no_clock(source) end
  local from = span.from or limit
  local to = span.to or now
  if from < limit then return too_old(source, "date_created.gte", from, limit) end
  if to < limit then return too_old(source, "date_created.lte", to, limit) end
  return { from = from, to = math.max(from, math.min(to, latest)) }
end

--- The next part of a range, within a calendar month, and what is left, nil when it is
--- nothing. A range that isn't longer than a month stays whole. offset: the zone, in seconds.
function months.next(range, offset, ascending)
  local later = range.from and core.month_later(range.from, 1, offset)
  if not later or range.to < later then return range, nil end
  if ascending then
    local next_begin = core.month_begin(range.from, 1, offset)
    return { from = range.from, to = next_begin - 1 }, { from = next_begin, to = range.to }
  end
  local begin = core.month_begin(range.to, 0, offset)
  return { from = begin, to = range.to }, { from = range.from, to = begin - 1 }
end

return months
