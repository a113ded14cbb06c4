-- pages/reader: one way through all the calls of a query, from its beginning or from where
-- an error stopped it.
--
-- It goes through the months one by one, asks every group of a month, and merges their calls
-- in the order of their time. How a page is asked for is the group's, what is asked for is
-- the query's. Nothing is read behind an error.
--
-- SPDX-License-Identifier: MIT

local asked = require "exotel.pages.asked"
local copy = require "exotel.copy"
local group = require "exotel.pages.group"
local months = require "exotel.pages.months"
local resume = require "exotel.pages.resume"

local reader = {}

local PAGE_SIZE = 100

local methods = {}
local metatable = { __index = methods }

local function position(self)
  local places
  for index, one in ipairs(self.groups or {}) do
    places = places or {}
    places[index] = one:position()
  end
  return resume.write(self.filter, self.month, self.rest, places)
end

-- {=================================================================
-- Months and their groups
-- ==================================================================

-- What each request of a group says: of long lists only its part, which all months share.
local function params_of(self, combination, month)
  local params = {}
  for name, value in pairs(self.filter) do params[name] = combination[name] or copy(value) end
  params.date_created = month.from and { gte = month.from, lte = month.to }
  params.page_size = self.page_size
  return params
end

local function open_month(self, month, places)
  local groups = {}
  for index, combination in ipairs(self.combinations) do
    groups[index] = group.new(params_of(self, combination, month), places and places[index])
  end
  self.month, self.groups = month, groups
end

-- Sees to it that a month is open, unless all have been read.
local function open_next(self)
  if self.groups or not self.rest then return end
  local month
  month, self.rest = months.next(self.rest, self.source.offset, self.ascending)
  open_month(self, month)
end

local function close_month(self)
  self.groups, self.month = nil, nil
end

-- }=================================================================

-- {=================================================================
-- Making one
-- ==================================================================

local function start(self, query)
  local at = query.resume
  if at then
    self.rest = at.rest
    if at.month then open_month(self, at.month, at.groups) end
    return true
  end
  local err
  self.rest, err = months.close(query.source, query.filter.date_created)
  return self.rest ~= nil, err
end

-- A cursor is one of one query.
local function check_cursors(self, query)
  local name = query.filter.after and "after" or query.filter.before and "before"
  if not name or not self.rest then return true end
  local _, more = months.next(self.rest, query.source.offset, self.ascending)
  if #self.combinations == 1 and not more then return true end
  return nil, query.source.fail {
    kind = "invalid", outcome = "not_sent", reason = "conflict", field = name,
    message = name .. " is a cursor of one query, and this is more than one: a range over a"
      .. " month, or a list over what one request takes",
  }
end

--- Stands before the first call of a query, or is where err.resume was; or nil and the error.
--- query: { source, filter, resume }: source as for pages.new, filter as asked.named and
--- resume as resume.read gives it, or nil. page_size: nil for the query's. Its field `beginning`
--- is the err.resume of before the first call; the others are private.
function reader.new(query, page_size)
  local self = setmetatable({
    source = query.source, filter = query.filter,
    combinations = asked.combine(query.filter), ascending = asked.is_ascending(query.filter),
    page_size = page_size or query.filter.page_size or PAGE_SIZE,
    whole = {}, -- what its requests share: when its deadline is
  }, metatable)
  local ok, err = start(self, query)
  if ok then ok, err = check_cursors(self, query) end
  if not ok then return nil, err end
  self.beginning = position(self)
  return self
end

-- }=================================================================

-- {=================================================================
-- Reading
-- ==================================================================

-- A programmer's mistake is none of the query's. Of several errors, of coroutines that read at
-- once, the first one counts.
local function stop(self, err)
  if err.kind == "misuse" then return nil, err end
  if self.err then return nil, self.err end
  if err.kind ~= "invalid" then err.resume = position(self) end
  self.err = err
  return nil, err
end

local function first_without_page(self)
  for _, one in ipairs(self.groups) do
    if one:wants_page() then return one end
  end
end

-- The group whose next call comes first; nil when none has any.
local function first_group(self)
  local best, best_time
  for _, one in ipairs(self.groups) do
    if not one.done then
      local time = #self.groups > 1 and one:time(self.source.offset) or 0
      local before = best and time ~= best_time and (time < best_time) == self.ascending
      if not best or before then best, best_time = one, time end
    end
  end
  return best
end

-- The group that hands out the next call, in the first month that has one; nil at the end.
-- While a page is asked for other coroutines may read on, so everything is looked at anew.
local function advance(self)
  while not self.err do
    open_next(self)
    if not self.groups then return nil end
    local asking = first_without_page(self)
    if asking then
      local ok, err = asking:ask(self.source, self.whole)
      if not ok then return stop(self, err) end
    else
      local first = first_group(self)
      if first then return first end
      close_month(self)
    end
  end
  return nil, self.err
end

--- The next call; nil at the end; nil and the error, from then on.
function methods:next()
  local first, err = advance(self)
  if not first then return nil, err end
  return first:take()
end

-- Calls of several groups: as many as make a page, less where an error or the end comes.
local function merge_page(self)
  local list, size = { total = 0 }, tonumber(self.page_size) -- which may be given as text
  for _, one in ipairs(self.groups) do list.total = list.total + (one.total or 0) end
  local groups = self.groups
  while #list < size do
    local first = advance(self)
    if not first or self.groups ~= groups then break end -- another month has its own total
    list[#list + 1] = first:take()
  end
  list.page_size = #list
  return list
end

--- The next page, a list of calls with the fields of the service's; nil at the end; nil and
--- the error.
function methods:page()
  local first, err = advance(self)
  if not first then return nil, err end
  if #self.groups > 1 then return merge_page(self) end
  return first:take_all()
end

--- How many calls there are in the months that are left, by a request a group and month; or
--- nil and the error. There is nothing to read behind it.
function methods:total()
  local sum = 0
  open_next(self)
  while self.groups do
    for _, one in ipairs(self.groups) do
      local total, err = one:ask_total(self.source, self.whole)
      if not total then return nil, err end
      sum = sum + total
    end
    close_month(self)
    open_next(self)
  end
  return sum
end

-- }=================================================================

return reader
