-- pages/group: one query as the service takes it, whose pages are asked for one by one.
--
-- A group holds one page, and how far it was handed out. It notices pages that lead round in
-- a circle or never end, and says where to go on (`position`). Which group is asked, and in
-- which order calls of several are handed out, is the reader's.
--
-- SPDX-License-Identifier: MIT

local copy = require "exotel.copy"
local core = require "exotel.core"

local group = {}

local SPARE = 1000 -- calls beyond the total of the first page that may have ended meanwhile

local methods = {}
local metatable = { __index = methods }

local function set_of(list)
  local set = {}
  for _, item in ipairs(list or {}) do set[item] = true end
  return set
end

--- params: what each of its requests says, the group's own from here on; an `after` among
--- them is where it begins. at: where it goes on, from position(), or nil. Its fields are
--- private but for `done`, that there is no call left, and `total`, the service's, nil before
--- a page has come.
function group.new(params, at)
  at = at or { after = params.after }
  params.after = nil
  return setmetatable({
    params = params, closed = params.date_created ~= nil,
    cursor = at.after, -- of the page that is asked for next
    skipped = copy(at.seen) or {}, skip = set_of(at.seen), -- handed out before, not yet passed
    sids = copy(at.last) or {}, -- of the page as it came
    last_page = set_of(at.last), -- the same as a set
    total = at.total, count = at.count or 0, -- calls in all pages up to this one
    done = at.done ~= nil,
    page = {}, index = 0, -- of the call handed out last
    turn = 0, mark_at = 1, -- pages that have come, and how many when a cursor is remembered
  }, metatable)
end

-- What of a list isn't in a set.
local function without(list, set)
  local out = {}
  for _, item in ipairs(list) do
    if not set[item] then out[#out + 1] = item end
  end
  return out
end

--- Where the group goes on behind the call that it handed out last: { after, seen, last, total,
--- count } or { done = 1, total }. seen: the SIDs that aren't handed out again, of the page that
--- `after` leads to or pushed behind it. last: those of the page before, where that was read to
--- its end.
function methods:position()
  local at_end = self.index >= #self.page
  if self.done or at_end and self.ends then return { done = 1, total = self.total } end
  local seen = without(self.skipped, self.last_page)
  if at_end then
    return { after = self.cursor, seen = seen, last = copy(self.sids), total = self.total,
             count = self.count }
  end
  local left = {}
  for index = self.index + 1, #self.page do left[self.page[index].sid] = true end
  for _, sid in ipairs(without(self.sids, left)) do seen[#seen + 1] = sid end
  return { after = self.page_cursor, seen = seen, total = self.total, count = self.page_count }
end

-- {=================================================================
-- Whether the pages end
-- ==================================================================

local function no_end(source, reason, message)
  return nil, source.fail { kind = "parse", outcome = "unknown", reason = reason,
                            message = "the pages of calls don't end: " .. message }
end

-- A cursor that came before leads round in a circle. Only one is remembered, of a page whose
-- number is a power of two, which is enough to notice any.
local function check_cursor(self, source, after)
  if after and (after == self.cursor or after == self.mark) then
    return no_end(source, "cursor_repeated", "a page names a cursor that came before")
  end
  return true
end

local function remember_cursor(self)
  if self.turn ~= self.mark_at then return end
  self.mark, self.mark_at = self.cursor, self.turn * 2
end

local function is_known(self, calls)
  for _, call in ipairs(calls) do
    if not self.last_page[call.sid] then return false end
  end
  return true
end

local function check_end(self, source, page)
  if is_known(self, page.calls) then
    return no_end(source, "endless", "a page has only calls of the page before")
  end
  local total, count = self.total or page.total, self.count + #page.calls
  if self.closed and total and count > total + SPARE then
    return no_end(source, "endless", ("%d calls have come of a total of %d"):format(count, total))
  end
  return true
end

-- }=================================================================

-- {=================================================================
-- Asking
-- ==================================================================

-- The page's calls that weren't handed out, each once, with what the service said of the page.
local function new_calls(self, page)
  local list, here = {}, {}
  for _, call in ipairs(page.calls) do
    local sid = call.sid
    if not (here[sid] or self.skip[sid] or self.last_page[sid]) then list[#list + 1] = call end
    here[sid] = true
  end
  for name, value in pairs(page) do
    if name ~= "calls" then list[name] = value end
  end
  return list
end

-- What was handed out before and stood on the page before is passed, and can be forgotten.
local function forget_passed(self)
  self.skipped = without(self.skipped, self.last_page)
  self.skip = set_of(self.skipped)
end

local function keep_page(self, page)
  self.page, self.index = new_calls(self, page), 0
  self.total = self.total or page.total
  self.page_count, self.count = self.count, self.count + #page.calls
  forget_passed(self)
  self.sids = {}
  for index, call in ipairs(page.calls) do self.sids[index] = call.sid end
  self.last_page = set_of(self.sids)
  self.page_cursor, self.cursor = self.cursor, page.after
  self.ends = page.after == nil
  self.turn = self.turn + 1
  remember_cursor(self)
end

local function accept(self, source, page)
  if #page.calls == 0 then
    self.done = true
    return true
  end
  local ok, err = check_cursor(self, source, page.after)
  if ok then ok, err = check_end(self, source, page) end
  if not ok then return nil, err end
  keep_page(self, page)
  return true
end

-- What a request says, from the cursor on.
local function params_at(self, cursor)
  local params = copy(self.params)
  if cursor then params.after, params.before = cursor, nil end
  return params
end

-- A cursor that can't be sent is one that the service gave: the user's own was checked.
local function blame(source, err)
  if err.kind ~= "invalid" or err.field ~= "after" then return err end
  return source.fail { kind = "parse", outcome = "unknown", reason = "cursor",
                       message = "the next page can't be asked for: " .. err.message }
end

--- Whether a page must be asked for before it is known which call comes next.
function methods:wants_page()
  if self.index < #self.page then return false end
  if self.ends then self.done = true end
  return not self.done
end

--- Asks for that page: true, or nil and the error. source: as for pages.new. whole: what the
--- requests of one reading share. Other coroutines may read the group meanwhile: the first
--- answer counts.
function methods:ask(source, whole)
  local turn = self.turn
  self.page, self.index = {}, 0 -- handed out whole: two pages are never held
  local page, err = source.ask(params_at(self, self.cursor), whole)
  if self.turn ~= turn or self.done then return true end
  if not page then return nil, blame(source, err) end
  return accept(self, source, page)
end

--- What the service says is the total, by a request; or nil and the error.
function methods:ask_total(source, whole)
  local page, err = source.ask(params_at(self, self.cursor), whole)
  if not page then return nil, err end
  if type(page.total) == "number" then return page.total end
  return nil, source.fail { kind = "parse", outcome = "unknown", reason = "incomplete",
                            message = "the answer has no Total" }
end

-- }=================================================================

-- {=================================================================
-- Handing out, where no page is wanted and the group isn't done
-- ==================================================================

--- A whole number that is in the order of the calls, of the next one; a call without a time
--- follows the last. offset: the zone of its text, in seconds.
function methods:time(offset)
  local call = self.page[self.index + 1]
  if self.timed ~= call then
    local text = call.date_created
    local epoch = type(text) == "string" and core.time(text, offset)
    self.timed, self.next_time = call, epoch or self.next_time or 0
  end
  return self.next_time
end

--- The next call, which isn't held any longer.
function methods:take()
  self.index = self.index + 1
  local call = self.page[self.index]
  self.page[self.index] = false
  return call
end

--- The whole page, with what the service said of it.
function methods:take_all()
  self.index = #self.page
  return self.page
end

-- }=================================================================

return group
