-- pages/resume: the table in err.resume, by which a query goes on in another program.
--
-- It holds strings, numbers and tables alone, and no credentials:
--   { version, filter, month, rest, groups }
-- filter: what is asked for, without its range. month: the range that is being read, with
-- the place of each of its groups in `groups`; nil before the first. rest: the range behind
-- it, nil when there is none. It may come back from a file that anybody wrote, so it is
-- looked at here in every part, and nothing of the user's table is kept.
--
-- SPDX-License-Identifier: MIT

local asked = require "exotel.pages.asked"
local copy = require "exotel.copy"

local resume = {}

local VERSION = 1

local EARLIEST, LATEST = -62135596800, 253402300799 -- the years 1 to 9999
local MOST = 2 ^ 53 -- calls: what a number of any Lua counts

-- The filter in strings, numbers and tables.
local function plain(filter)
  local out = {}
  for name, value in pairs(filter) do
    out[name] = type(value) == "boolean" and tostring(value) or copy(value)
  end
  out.date_created = nil -- its ends stand beside it
  return out
end

--- The table. filter: as asked.named gives it. month, rest: ranges, or nil. groups: what the
--- position() of each group is, or nil.
function resume.write(filter, month, rest, groups)
  return { version = VERSION, filter = plain(filter), month = copy(month), rest = copy(rest),
           groups = groups }
end

local function is_epoch(value)
  return type(value) == "number" and value >= EARLIEST and value <= LATEST and value % 1 == 0
end

-- A range without ends is that of a query without date_created.
local function is_range(value)
  if value == nil then return true end
  if type(value) ~= "table" then return false end
  if value.from == nil and value.to == nil then return true end
  return is_epoch(value.from) and is_epoch(value.to) and value.from <= value.to
end

local function is_count(value)
  return value == nil or type(value) == "number" and value >= -MOST and value <= MOST
    and value % 1 == 0
end

local function is_sids(value)
  if value == nil then return true end
  if type(value) ~= "table" then return false end
  for _, sid in ipairs(value) do
    if type(sid) ~= "string" then return false end
  end
  return true
end

local function is_place(value)
  return type(value) == "table" and (value.after == nil or type(value.after) == "string")
    and is_sids(value.seen) and is_sids(value.last)
    and is_count(value.total) and is_count(value.count)
end

local function is_groups(value)
  if value == nil then return true end
  if type(value) ~= "table" then return false end
  for _, place in ipairs(value) do
    if not is_place(place) then return false end
  end
  return true
end

-- Whether a table is what write() made.
local function is_written(at)
  return at.version == VERSION and type(at.filter) == "table" and at.filter.resume == nil
    and at.filter.date_created == nil and is_range(at.month) and is_range(at.rest)
    and (at.month == nil) == (at.groups == nil) and (at.month or at.rest) ~= nil
    and is_groups(at.groups)
end

local function read_range(range)
  return range and { from = range.from, to = range.to }
end

local function read_sids(list)
  local out = {}
  for index, sid in ipairs(list or {}) do out[index] = sid end
  return out
end

local function read_place(place)
  return { after = place.after, seen = read_sids(place.seen), last = read_sids(place.last),
           total = place.total, count = place.count, done = place.done }
end

--- { filter, month, rest, groups } of such a table, or nil when it is none. source: as for
--- pages.new.
function resume.read(source, at)
  if not is_written(at) or not asked.check(source, at.filter) then return nil end
  local filter, groups = asked.named(at.filter), at.groups and {}
  for index, place in ipairs(at.groups or {}) do groups[index] = read_place(place) end
  if groups and #groups ~= #asked.combine(filter) then return nil end
  return { filter = filter, month = read_range(at.month), rest = read_range(at.rest),
           groups = groups }
end

return resume
