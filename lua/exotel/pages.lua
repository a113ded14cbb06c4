-- pages: a query over finished calls, however many pages, months and groups it takes.
--
-- The service gives a page at a time, of at most a month, for at most so many numbers and SIDs
-- at once. A query that asks for more is cut here: its range into months, its lists into
-- groups, of which each month asks in turn and whose calls are merged in their order. What
-- is held is one page a group. How a page is asked for and read is the client's (`source`).
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local errors = require "exotel.errors"

local pages = {}

local PAGE_SIZE = 100
local MONTHS = 6 -- for which the service keeps calls
local SPARE = 1000 -- calls beyond the total of the first page that may have ended meanwhile
local VERSION = 1 -- of the table in err.resume

local EARLIEST, LATEST = -62135596800, 253402300799 -- the years 1 to 9999

local options = {} -- the rows of the operation, and each under its names
for _, operation in ipairs(core.api().operations) do
  if operation.name == "calls" then options = operation.parameters end
end
local option_named = {}
for _, row in ipairs(options) do
  option_named[row.lua], option_named[row.name] = row, row
end

-- {=================================================================
-- What is asked for
-- ==================================================================

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

-- Whether a row's list is cut into groups; of words a request takes all that there are.
local function is_grouped(row)
  return row ~= nil and (row.type == "sids" or row.type == "numbers")
end

-- The items of a list, or nil when it is none: what is wrong with it says the core.
local function items_of(value)
  if type(value) == "string" then return core.items(value) end
  if type(value) ~= "table" or #value == 0 then return nil end
  local n = 0
  for _ in pairs(value) do n = n + 1 end
  return n == #value and value or nil
end

local function cut(items, size)
  local groups = {}
  for index, item in ipairs(items) do
    if index % size == 1 then groups[#groups + 1] = {} end
    table.insert(groups[#groups], item)
  end
  return groups
end

-- Two spellings of one number are one.
local function without_repeats(row, items)
  local out, known = {}, {}
  for _, item in ipairs(items) do
    local spelling = row.type == "numbers" and core.phone(item) or item
    if not known[spelling] then out[#out + 1] = item end
    known[spelling] = true
  end
  return out
end

-- Checks what is asked for without sending it, each list in the parts that one request takes.
-- Returns true, or nil and the error of the core.
local function check(source, filter)
  local first, lists = {}, {}
  for name, value in pairs(filter) do
    local row = option_named[name]
    local items = is_grouped(row) and items_of(value)
    lists[name] = items and cut(items, row.most)
    first[name] = items and #items > row.most and lists[name][1] or value
  end
  local ok, err = source.check(first)
  for _, row in ipairs(options) do
    local name = lists[row.lua] and row.lua or row.name
    for index = 2, ok and #(lists[name] or {}) or 0 do
      ok, err = source.check { [name] = lists[name][index] }
      if not ok and err.kind ~= "misuse" then
        err.message = ("items from %d on: %s"):format((index - 1) * row.most + 1, err.message)
      end
      if not ok then return nil, err end
    end
  end
  return ok, err
end

-- What was checked, under its Lua names, its lists of any length and without repeats.
local function named(filter)
  local out = {}
  for _, row in ipairs(options) do
    local value = filter[row.lua]
    if value == nil then value = filter[row.name] end
    if is_grouped(row) and value ~= nil then
      out[row.lua] = without_repeats(row, items_of(value))
    else
      out[row.lua] = copy(value)
    end
  end
  return out
end

-- Every combination of the groups of each list: what a request gives beside the rest.
local function combine(filter)
  local combinations = { {} }
  for _, row in ipairs(options) do
    local items = is_grouped(row) and filter[row.lua]
    if items then
      local more = {}
      for _, combination in ipairs(combinations) do
        for _, group in ipairs(cut(items, row.most)) do
          local longer = copy(combination)
          longer[row.lua] = group
          more[#more + 1] = longer
        end
      end
      combinations = more
    end
  end
  return combinations
end

local function is_ascending(filter)
  return type(filter.sort) == "string" and filter.sort:lower():find "asc$" ~= nil
end

-- }=================================================================

-- {=================================================================
-- Months
-- ==================================================================

local function date(source, epoch)
  return core.date(epoch, source.offset) or "?"
end

local function too_old(source, place, epoch, limit)
  local message = ("%s is %s: the service keeps the calls of %d months, those from %s on"):format(
    place, date(source, epoch), MONTHS, date(source, limit))
  return nil, source.fail { kind = "invalid", outcome = "not_sent", reason = "too_old",
                            field = "date_created", message = message }
end

-- The range of a query with its open ends closed, { from, to }: empty when it has no range.
local function close_range(source, filter)
  if filter.date_created == nil then return {} end
  local span, failure = core.span(filter.date_created, source.offset)
  if not span then return nil, source.fail(failure) end
  local now = source.now()
  local limit = now and core.month_later(now, -MONTHS, source.offset)
  local latest = now and core.month_later(now, 1, source.offset) -- no call is of the future
  if not limit or not latest then
    return nil, source.fail { kind = "invalid", outcome = "not_sent", reason = "clock",
                              field = "date_created", message = "there is no clock that says"
                                .. " what six months ago is: bring a transport with time()" }
  end
  local from = span.from or limit
  local to = span.to or now
  if from < limit then return too_old(source, "date_created.gte", from, limit) end
  if to < limit then return too_old(source, "date_created.lte", to, limit) end
  return { from = from, to = math.max(from, math.min(to, latest)) }
end

-- The next part of a range, within a calendar month, and what is left. A range that isn't
-- longer than a month stays whole.
local function next_month(source, range, ascending)
  local later = range.from and core.month_later(range.from, 1, source.offset)
  if not later or range.to < later then return range, nil end
  if ascending then
    local next_begin = core.month_begin(range.from, 1, source.offset)
    return { from = range.from, to = next_begin - 1 }, { from = next_begin, to = range.to }
  end
  local begin = core.month_begin(range.to, 0, source.offset)
  return { from = begin, to = range.to }, { from = range.from, to = begin - 1 }
end

-- }=================================================================

-- {=================================================================
-- A group: one query of the service's, with one of its pages
-- ==================================================================

local function set_of(list)
  local set = {}
  for _, item in ipairs(list or {}) do set[item] = true end
  return set
end

-- at: where it goes on, from err.resume.
local function new_group(reader, combination, month, at)
  local params = copy(reader.filter)
  for name, list in pairs(combination) do params[name] = list end
  params.date_created = month.from and { gte = month.from, lte = month.to }
  params.page_size = reader.page_size or params.page_size or PAGE_SIZE
  params.after = nil
  at = at or { after = reader.filter.after }
  return {
    params = params, closed = month.from ~= nil,
    cursor = at.after, -- of the page that is asked for next
    skipped = copy(at.seen) or {}, skip = set_of(at.seen), -- handed out before
    total = at.total, count = at.count or 0, -- calls in all pages up to this one
    done = at.done ~= nil,
    page = {}, index = 0, -- of the call handed out last
    turn = 0, mark_at = 1, -- pages that have come, and how many when a cursor is remembered
  }
end

-- Where a group goes on, for err.resume.
local function position_of(group)
  if group.done then return { done = 1 } end
  local seen = copy(group.skipped)
  if group.index >= #group.page then
    return { after = group.cursor, seen = seen, total = group.total, count = group.count }
  end
  for index = 1, group.index do seen[#seen + 1] = group.page[index].sid end
  return { after = group.page_cursor, seen = seen, total = group.total,
           count = group.page_count }
end

local function no_end(source, reason, message)
  return nil, source.fail { kind = "parse", outcome = "unknown", reason = reason,
                            message = "the pages of calls don't end: " .. message }
end

-- A cursor that came before leads round in a circle. Only one is remembered, of a page whose
-- number is a power of two, which is enough to notice any.
local function check_cursor(source, group, after)
  if after and (after == group.cursor or after == group.mark) then
    return no_end(source, "cursor_repeated", "a page names a cursor that came before")
  end
  return true
end

local function remember_cursor(group)
  if group.turn ~= group.mark_at then return end
  group.mark, group.mark_at = group.cursor, group.turn * 2
end

local function is_known(group, calls)
  for _, call in ipairs(calls) do
    if call.sid == nil or not group.last_page[call.sid] then return false end
  end
  return true
end

local function check_end(source, group, page)
  if group.last_page and is_known(group, page.calls) then
    return no_end(source, "endless", "a page has only calls of the page before")
  end
  local total, count = group.total or page.total, group.count + #page.calls
  if group.closed and total and count > total + SPARE then
    return no_end(source, "endless", ("%d calls have come of a total of %d"):format(count, total))
  end
  return true
end

-- The page's calls that weren't handed out, with what the service said of the page.
local function new_calls(group, page)
  local list = {}
  for _, call in ipairs(page.calls) do
    local known = call.sid ~= nil
      and (group.skip[call.sid] or group.last_page and group.last_page[call.sid])
    if not known then list[#list + 1] = call end
  end
  for name, value in pairs(page) do
    if name ~= "calls" then list[name] = value end
  end
  return list
end

local function take_page(source, group, page)
  if #page.calls == 0 then
    group.done = true
    return true
  end
  local ok, err = check_cursor(source, group, page.after)
  if ok then ok, err = check_end(source, group, page) end
  if not ok then return nil, err end
  group.page, group.index = new_calls(group, page), 0
  group.total = group.total or page.total
  group.page_count, group.count = group.count, group.count + #page.calls
  group.last_page = {}
  for _, call in ipairs(page.calls) do
    if call.sid ~= nil then group.last_page[call.sid] = true end
  end
  group.page_cursor, group.cursor = group.cursor, page.after
  group.ends = page.after == nil
  group.turn = group.turn + 1
  remember_cursor(group)
  return true
end

-- A cursor that the service gave and that can't be sent is the service's mistake.
local function blame(source, err, cursor)
  if err.kind ~= "invalid" or err.field ~= "after" or cursor == nil then return err end
  return source.fail { kind = "parse", outcome = "unknown", reason = "cursor",
                       message = "the next page can't be asked for: " .. err.message }
end

local function ask(source, group)
  local turn, params = group.turn, copy(group.params)
  if group.cursor then params.after, params.before = group.cursor, nil end
  local page, err = source.ask(params)
  if group.turn ~= turn then return true end -- somebody else's coroutine has asked meanwhile
  if not page then return nil, blame(source, err, group.turn > 0 and group.cursor) end
  return take_page(source, group, page)
end

-- Sees to it that the group has a call to hand out, unless it is done.
local function fill(source, group)
  while not group.done and group.index >= #group.page do
    if group.ends then
      group.done = true
    else
      local ok, err = ask(source, group)
      if not ok then return nil, err end
    end
  end
  return true
end

-- }=================================================================

-- {=================================================================
-- A reader: one way through all of it
-- ==================================================================

local reader_methods = {}
local reader_metatable = { __index = reader_methods }

-- What err.resume holds: strings, numbers and tables alone.
local function position(reader)
  local groups
  for index, group in ipairs(reader.groups or {}) do
    groups = groups or {}
    groups[index] = position_of(group)
  end
  return { version = VERSION, filter = copy(reader.plain), month = copy(reader.month),
           rest = copy(reader.rest), groups = groups }
end

local function plain(filter)
  local out = {}
  for name, value in pairs(filter) do
    out[name] = type(value) == "boolean" and tostring(value) or copy(value)
  end
  out.date_created = nil -- its ends stand beside it
  return out
end

local function open_month(reader, month, places)
  local groups = {}
  for index, combination in ipairs(reader.combinations) do
    groups[index] = new_group(reader, combination, month, places and places[index])
  end
  reader.month, reader.groups = month, groups
end

local function start(reader, query)
  local at = query.resume
  if at then
    reader.rest = at.rest
    if at.month then open_month(reader, at.month, at.groups) end
    return true
  end
  local err
  reader.rest, err = close_range(query.source, query.filter)
  return reader.rest ~= nil, err
end

-- A cursor is one of one query.
local function check_cursors(reader, query)
  local name = query.filter.after and "after" or query.filter.before and "before"
  if not name or not reader.rest then return true end
  local _, more = next_month(query.source, reader.rest, reader.ascending)
  if #reader.combinations == 1 and not more then return true end
  return nil, query.source.fail {
    kind = "invalid", outcome = "not_sent", reason = "conflict", field = name,
    message = name .. " is a cursor of one query, and this is more than one: a range over a"
      .. " month, or a list over what one request takes",
  }
end

-- Stands before the first call, or is where err.resume was. page_size: nil for the query's.
local function new_reader(query, page_size)
  if query.err then return nil, query.err end
  local reader = setmetatable({
    source = query.source, filter = query.filter, plain = plain(query.filter),
    combinations = combine(query.filter), ascending = is_ascending(query.filter),
    page_size = page_size,
  }, reader_metatable)
  local ok, err = start(reader, query)
  if ok then ok, err = check_cursors(reader, query) end
  if not ok then return nil, err end
  reader.beginning = position(reader)
  return reader
end

-- Nothing is read behind an error; a programmer's mistake is none of the query's.
local function stop(reader, err)
  if err.kind == "misuse" then return nil, err end
  if err.kind ~= "invalid" then err.resume = position(reader) end
  reader.err = err
  return nil, err
end

-- Whole numbers that are in the order of the calls; a call without a time follows the last.
local function time_of(reader, group)
  local call = group.page[group.index + 1]
  if group.timed ~= call then
    local text = call.date_created
    local epoch = type(text) == "string" and core.time(text, reader.source.offset)
    group.timed, group.time = call, epoch or group.time or 0
  end
  return group.time
end

-- The group whose next call comes first; nil when none has any.
local function first_group(reader)
  local best, best_time
  for _, group in ipairs(reader.groups) do
    if not group.done then
      local time = #reader.groups > 1 and time_of(reader, group) or 0
      local before = best and time ~= best_time and (time < best_time) == reader.ascending
      if not best or before then best, best_time = group, time end
    end
  end
  return best
end

-- The group that hands out the next call, in the first month that has one; nil at the end.
function reader_methods:advance()
  if self.err then return nil, self.err end
  while self.groups or self.rest do
    if not self.groups then
      local month
      month, self.rest = next_month(self.source, self.rest, self.ascending)
      open_month(self, month)
    end
    for _, group in ipairs(self.groups) do
      local ok, err = fill(self.source, group)
      if not ok then return stop(self, err) end
    end
    local group = first_group(self)
    if group then return group end
    self.groups, self.month = nil, nil
  end
end

local function take_call(group)
  group.index = group.index + 1
  return group.page[group.index]
end

function reader_methods:next()
  local group, err = self:advance()
  if not group then return nil, err end
  return take_call(group)
end

-- Calls of several groups: as many as make a page, less where an error or the end comes.
local function merge_page(reader, size)
  local list = { total = 0 }
  for _, group in ipairs(reader.groups) do list.total = list.total + (group.total or 0) end
  local groups = reader.groups
  while #list < size do
    local group = reader:advance()
    if not group or reader.groups ~= groups then break end -- another month has its own total
    list[#list + 1] = take_call(group)
  end
  list.page_size = #list
  return list
end

function reader_methods:page()
  local group, err = self:advance()
  if not group then return nil, err end
  if #self.groups > 1 then return merge_page(self, group.params.page_size) end
  group.index = #group.page
  return group.page
end

-- }=================================================================

-- {=================================================================
-- The query object
-- ==================================================================

local states = setmetatable({}, { __mode = "k" }) -- by query

local methods = {}
local metatable = { __name = "exotel.query", __index = methods }

function metatable.__tostring()
  return "exotel.query of calls"
end

local function state_of(query)
  local state = states[query]
  if state then return state end
  return errors.misuse "a method of a query wants the query before the colon"
end

local function next_call(query)
  local state, err = state_of(query)
  if not state then return nil, err end
  if not state.reader then
    state.reader, err = new_reader(state)
    if not state.reader then return nil, err end
  end
  return state.reader:next()
end

--- The next call; nil at the end; nil and the error. Reads the query once: behind its end
--- there is nothing, and an error stays. err.resume goes on: exotel.calls{ resume = … }.
methods.next = errors.expose(next_call)

--- What a `for` over the query calls: as next, but an error is raised, as by io.lines, so that
--- a page that failed never looks like the end.
function metatable.__call(query)
  local call, err = next_call(query)
  if call == nil and err then errors.raise(err, 2) end
  return call
end

--- An iterator over the pages, from the beginning: each a list of calls with the fields of the
--- service's page (total, page_size, …). A query in several groups makes its own pages, whose
--- total is that of all groups in a month. Raises as a `for` over the query does.
function methods:pages()
  local state, err = state_of(self)
  if not state then error(err.message, 2) end
  local reader
  return function()
    local page, failure
    if not reader then reader, failure = new_reader(state) end
    if reader then page, failure = reader:page() end
    if page == nil and failure then errors.raise(failure, 2) end
    return page
  end
end

--- All calls, from the beginning, as a list; or nil and the error, whose resume begins there
--- too, since no call was handed out.
methods.all = errors.expose(function(query)
  local state, err = state_of(query)
  local reader, call
  if state then reader, err = new_reader(state) end
  if not reader then return nil, err end
  local list = {}
  repeat
    call, err = reader:next()
    list[#list + 1] = call
  until not call
  if not err then return list end
  if err.resume then err.resume = reader.beginning end
  return nil, err
end)

--- The first call of all, asked for alone; nil when there is none; nil and the error.
methods.first = errors.expose(function(query)
  local state, err = state_of(query)
  local reader
  if state then reader, err = new_reader(state, 1) end
  if not reader then return nil, err end
  return reader:next()
end)

-- What the service says is the total of one group.
local function total_of(reader, group)
  local params = copy(group.params)
  params.after = group.cursor
  if params.after then params.before = nil end
  local page, err = reader.source.ask(params)
  if not page then return nil, err end
  if type(page.total) == "number" then return page.total end
  return nil, reader.source.fail { kind = "parse", outcome = "unknown", reason = "incomplete",
                                   message = "the answer has no Total" }
end

--- How many calls there are, by a request a group and month; or nil and the error. Of a query
--- that was resumed: in the months that are left, the one that it stopped in counted whole.
methods.total = errors.expose(function(query)
  local state, err = state_of(query)
  local reader
  if state then reader, err = new_reader(state, 1) end
  if not reader then return nil, err end
  local sum = 0
  while reader.groups or reader.rest do
    if not reader.groups then
      local month
      month, reader.rest = next_month(reader.source, reader.rest, reader.ascending)
      open_month(reader, month)
    end
    for _, group in ipairs(reader.groups) do
      local total
      total, err = total_of(reader, group)
      if not total then return nil, err end
      sum = sum + total
    end
    reader.groups = nil
  end
  return sum
end)

-- }=================================================================

-- {=================================================================
-- Making one
-- ==================================================================

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

local function is_place(value)
  if type(value) ~= "table" then return false end
  for _, sid in ipairs(type(value.seen) == "table" and value.seen or {}) do
    if type(sid) ~= "string" then return false end
  end
  return (value.after == nil or type(value.after) == "string")
    and (value.seen == nil or type(value.seen) == "table")
    and (value.total == nil or type(value.total) == "number")
    and (value.count == nil or type(value.count) == "number")
end

-- Whether a table is what err.resume held; it may come from a file that anybody wrote.
local function is_position(at)
  if at.version ~= VERSION or type(at.filter) ~= "table" or at.filter.resume ~= nil
    or at.filter.date_created ~= nil or not is_range(at.month) or not is_range(at.rest)
    or (at.month == nil) ~= (at.groups == nil) or not (at.month or at.rest) then
    return false
  end
  if at.groups == nil then return true end
  if type(at.groups) ~= "table" then return false end
  for _, place in ipairs(at.groups) do
    if not is_place(place) then return false end
  end
  return true
end

local function bad_resume(source)
  return source.fail { kind = "invalid", outcome = "not_sent", reason = "resume",
                       field = "resume", message = "resume is not what an error of a query held" }
end

local function read_range(range)
  return range and { from = range.from, to = range.to }
end

local function read_place(place)
  local seen = {}
  for index, sid in ipairs(place.seen or {}) do seen[index] = sid end
  return { after = place.after, seen = seen, total = place.total, count = place.count,
           done = place.done }
end

-- The state of a query that goes on, or nil when the table isn't one of ours.
local function resumed(source, at)
  if not is_position(at) or not check(source, at.filter) then return nil end
  local filter, groups = named(at.filter), at.groups and {}
  for index, place in ipairs(at.groups or {}) do groups[index] = read_place(place) end
  if groups and #groups ~= #combine(filter) then return nil end
  return { source = source, filter = filter,
           resume = { month = read_range(at.month), rest = read_range(at.rest), groups = groups } }
end

local function state_from_resume(source, filter)
  for name in pairs(filter) do
    if name ~= "resume" then
      return errors.misuse(("exotel.calls: option '%s' can't stand beside resume, which has the"
        .. " whole query"):format(tostring(name)))
    end
  end
  if type(filter.resume) ~= "table" then
    return errors.misuse(("exotel.calls: option 'resume' wants a table, got a %s"):format(
      type(filter.resume)))
  end
  return resumed(source, filter.resume) or { err = bad_resume(source) }
end

local function state_from_filter(source, filter)
  local ok, err = check(source, filter)
  if ok then return { source = source, filter = named(filter) } end
  if err.kind == "misuse" then return nil, err end
  return { err = err }
end

--- A query, of which nothing has been sent: or nil and a misuse. What is wrong with the data
--- comes from its first reading. source: { check(params) -> true or nil, err; ask(params) ->
--- page or nil, err; now() -> epoch seconds or nil; fail(fields) -> err; offset, seconds }.
function pages.new(source, filter)
  local from = filter.resume ~= nil and state_from_resume or state_from_filter
  local state, err = from(source, filter)
  if not state then return nil, err end
  local query = setmetatable({}, metatable)
  states[query] = state
  return query
end

-- }=================================================================

return pages
