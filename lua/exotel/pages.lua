-- pages: a query over finished calls, however many pages, months and groups it takes.
--
-- The service gives a page at a time, of at most a month, for at most so many numbers and SIDs
-- at once. A query that asks for more is cut: its range into months, its lists into groups, of
-- which each month asks in turn and whose calls are merged in their order. What is held is one
-- page a group. Here are the query that users hold and its making; pages/ has what it stands
-- on. How a page is asked for and read is the client's (`source`).
--
-- SPDX-License-Identifier: MIT

local asked = require "exotel.pages.asked"
local compat = require "exotel.compat"
local errors = require "exotel.errors"
local reader = require "exotel.pages.reader"
local resume = require "exotel.pages.resume"

local pages = {}

-- By query: { source, filter, resume (as resume.read gives it, or nil), reader (what next goes
-- on with, once it was called) }, or { err }: what the first reading says is wrong.
local get_state, set_state = compat.aside()

-- {=================================================================
-- The query object
-- ==================================================================

local methods = {}
local metatable = { __name = "exotel.query", __index = methods }

function metatable.__tostring()
  return "exotel.query of calls"
end

-- Who takes a query for a list would find it empty. Where ipairs looks into it, which has no line
-- of its own, the line is its caller's.
local function no_list()
  local _, place = pcall(error, "", 4)
  error("a query is no list: `for call in query do` reads it, query:all() gives a list",
    place == "" and 4 or 3)
end

function metatable.__len() no_list() end

setmetatable(methods, { __index = function(_, name)
  if type(name) == "number" then no_list() end
end })

local function state_of(query)
  local state = get_state(query)
  if state then return state end
  return errors.no_self "exotel.query"
end

local function new_reader(state, page_size)
  if state.err then return nil, state.err end
  return reader.new(state, page_size)
end

-- A way through the query that is nobody else's.
local function begin(query, page_size)
  local state, err = state_of(query)
  if not state then return nil, err end
  return new_reader(state, page_size)
end

--- The next call; nil at the end; nil and the error. Reads the query once: behind its end
--- there is nothing, and an error stays. err.resume goes on: exotel.calls{ resume = … }.
---@return exotel.call? call
---@return exotel.error? err
local function next_call(query)
  local state, err = state_of(query)
  if not state then return nil, err end
  if not state.reader then
    state.reader, err = new_reader(state)
    if not state.reader then return nil, err end
  end
  return state.reader:next()
end

methods.next = errors.expose(next_call)

--- A `for` over the query calls it: as next, but an error is raised, as by io.lines, so that
--- a page that failed never looks like the end.
---@overload fun(): exotel.call?
function metatable.__call(query)
  local call, err = next_call(query)
  if call == nil and err then errors.raise(err, 2) end
  return call
end

--- An iterator over the pages, from the beginning: each a list of calls with the fields of the
--- service's page (total, page_size, …). A query in several groups makes its own pages, whose
--- total is that of all groups in a month. Raises as a `for` over the query does.
---@return fun(): exotel.page|nil pages
function methods:pages()
  local state, err = state_of(self)
  if not state then error(err.message, 2) end
  local own
  return function()
    local page, failure
    if not own then own, failure = new_reader(state) end
    if own then page, failure = own:page() end
    if page == nil and failure then errors.raise(failure, 2) end
    return page
  end
end

--- All calls, from the beginning, as a list; or nil and the error, whose resume begins there
--- too, since no call was handed out.
---@return exotel.call[]? calls
---@return exotel.error? err
methods.all = errors.expose(function(query)
  local own, err = begin(query)
  if not own then return nil, err end
  local list = {}
  local call
  repeat
    call, err = own:next()
    list[#list + 1] = call
  until not call
  if not err then return list end
  if err.resume then err.resume = own.beginning end
  return nil, err
end)

--- The first call of all, asked for alone; nil when there is none; nil and the error. Of a
--- query that was resumed: the next one, asked for with its page, since others of that page
--- may have been handed out.
---@return exotel.call? call
---@return exotel.error? err
methods.first = errors.expose(function(query)
  local state, err = state_of(query)
  local own
  if state then own, err = new_reader(state, not state.resume and 1 or nil) end
  if not own then return nil, err end
  return own:next()
end)

--- How many calls there are, by a request a group and month; or nil and the error. Of a query
--- that was resumed: in the months that are left, the one that it stopped in counted whole.
---@return integer? total
---@return exotel.error? err
methods.total = errors.expose(function(query)
  local own, err = begin(query, 1)
  if not own then return nil, err end
  return own:total()
end)

-- }=================================================================

-- {=================================================================
-- Making one
-- ==================================================================

local function bad_resume(source)
  return source.fail { kind = "invalid", outcome = "not_sent", reason = "resume",
                       field = "resume", message = "resume is not what an error of a query held" }
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
  local at = resume.read(source, filter.resume)
  if not at then return { err = bad_resume(source) } end
  return { source = source, filter = at.filter, resume = at }
end

local function state_from_filter(source, filter)
  local ok, err = asked.check(source, filter)
  if ok then return { source = source, filter = asked.named(filter) } end
  if err.kind == "misuse" then return nil, err end
  return { err = err }
end

--- A query, of which nothing has been sent: or nil and a misuse. What is wrong with the data
--- comes from its first reading. source: { check(params) -> true or nil, err; ask(params,
--- whole) -> page or nil, err, whole being a table that the requests of one reading share;
--- now() -> epoch seconds, or nil without a clock, or nil, err; fail(fields) -> err; offset,
--- seconds }.
function pages.new(source, filter)
  local from = filter.resume ~= nil and state_from_resume or state_from_filter
  local state, err = from(source, filter)
  if not state then return nil, err end
  local query = setmetatable({}, metatable)
  set_state(query, state)
  return query
end

-- }=================================================================

return pages
