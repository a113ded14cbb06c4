-- sandbox/queries: whether the query of a bulk request is one that the service would take,
-- and what it asks for.
--
-- It reads the rows of core.api, as the client does. Where the service is known to take
-- less, or more, than what the client may be given, that stands here.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local clock = require "exotel.sandbox.clock"
local compat = require "exotel.compat"
local core = require "exotel.core"

local queries = {}

local DAY = 86400
local DEFAULT_DAYS = 31 -- without DateCreated
local OLDEST_MONTHS = 6
local SIDS = 100        -- 20 are recommended, and what the client sends
local PAGE_SIZE = 50
local operators = { "gte", "lte", "eq" } -- gt and lt are the client's own

local parameters = api.by_name.calls.parameters

--- A number as filters are compared with it: E.164, where it can be told what that is.
function queries.canonical(number)
  if number:sub(1, 1) == "+" then return number end
  return core.e164(number, "91") or number
end

-- {=================================================================
-- Values, by their parameter's type: what is asked, or nil and what is wrong with it
-- ==================================================================

local readers = {}

-- A set of the items, each of which `check` must take.
local function read_items(parameter, text, most, check)
  local list, set = core.items(text), {}
  if most and #list > most then
    return nil, ("has %d items, over the limit of %d"):format(#list, most)
  end
  for _, item in ipairs(list) do
    local wrong = check(item)
    if wrong then return nil, wrong end
    set[item] = true
  end
  return { field = parameter.lua, set = set, list = list }
end

function readers.sids(parameter, text)
  return read_items(parameter, text, SIDS, function(item)
    return not item:find "^%w+$" and "has what is no SID" or nil
  end)
end

function readers.numbers(parameter, text)
  return read_items(parameter, text, parameter.most, function(item)
    return core.e164(item, "") ~= item and "has a number that is not in E.164 format" or nil
  end)
end

function readers.words(parameter, text)
  return read_items(parameter, text, nil, function(item)
    return item == "" and "has an empty item" or nil
  end)
end

-- The ends of a range, each read by `read`.
local function read_range(parameter, text, read, wanted)
  local given, err = core.range("calls", parameter.name, text)
  if not given then return nil, err.message end
  local ends = { field = parameter.lua }
  for _, operator in ipairs(operators) do
    if given[operator] then
      ends[operator] = read(given[operator])
      if not ends[operator] then return nil, wanted end
      given[operator] = nil
    end
  end
  if next(given) then return nil, ("has no operator '%s'"):format((next(given))) end
  return ends
end

function readers.seconds(parameter, text)
  return read_range(parameter, text, function(value)
    return compat.tointeger(value:match "^(%d+)s$")
  end, "wants seconds like 10s")
end

function readers.price(parameter, text)
  return read_range(parameter, text, function(value)
    return tonumber(value:match "^%d+%.?%d*$")
  end, "wants a decimal like 0.10")
end

function readers.times(parameter, text)
  return read_range(parameter, text, clock.epoch_of, "wants a time like 2019-01-31 23:59:59")
end

function readers.integer(parameter, text)
  local number = compat.tointeger(text:match "^%d+$")
  if number and number >= parameter.min and number <= parameter.max then return number end
  return nil, ("wants a whole number from %d to %d"):format(parameter.min, parameter.max)
end

function readers.boolean(_, text)
  if text == "true" or text == "false" then return text end
  return nil, "wants true or false"
end

function readers.sort(parameter, text)
  for _, choice in ipairs(parameter.choices) do
    if text == choice then return text end
  end
  return nil, "wants " .. table.concat(parameter.choices, " or ")
end

function readers.cursor(_, text)
  local epoch, sid = (core.unbase64(text) or ""):match "^(%d+),(%w+)$"
  if not epoch then return nil, "is no cursor" end
  return { epoch = compat.tointeger(epoch), sid = sid }
end

--- The cursor of a call: where Before and After begin.
function queries.cursor(call)
  return core.base64(("%d,%s"):format(math.floor(call.placed), call.sid))
end

-- }=================================================================

-- {=================================================================
-- The time that is asked about
-- ==================================================================

-- The last seconds of the month before `last`, but none of those that are too old.
local function month_before(last, oldest)
  return math.max(oldest, clock.months_later(last, -1))
end

-- The first and the last second, or nil and what is wrong with them.
local function window(asked, now)
  local oldest = clock.day_of(clock.months_later(now, -OLDEST_MONTHS))
  if not asked then return { now - DEFAULT_DAYS * DAY, now } end
  local last = asked.lte or now
  local first = asked.gte or month_before(last, oldest)
  if first > last then return nil, "leaves nothing between its ends" end
  if first < oldest then
    return nil, ("begins more than %d months ago"):format(OLDEST_MONTHS)
  end
  local month_later = clock.months_later(first, 1)
  if month_later and last > month_later then return nil, "is longer than a month" end
  return { first, last }
end

-- }=================================================================

-- {=================================================================
-- Whether a call is asked for
-- ==================================================================

local function is_within(ends, value)
  return value ~= nil and (not ends.gte or value >= ends.gte)
    and (not ends.lte or value <= ends.lte) and (not ends.eq or value == ends.eq)
end

local tests = {}

function tests.numbers(set) return function(value)
  return value ~= nil and set.set[queries.canonical(value)] ~= nil
end end

function tests.words(set) return function(value) return set.set[value] ~= nil end end

function tests.seconds(ends) return function(value) return is_within(ends, value) end end

tests.price = tests.seconds

local function add_test(asked, parameter, text, value)
  local make = tests[parameter.type]
  if not make then return end
  asked.tests[#asked.tests + 1] = { field = parameter.lua, holds = make(value) }
  asked.key = ("%s%s=%s\n"):format(asked.key, parameter.name, text)
end

--- Whether a call's facts are such that the filters leave it, those on time and SID apart.
function queries.takes(asked, facts)
  for _, test in ipairs(asked.tests) do
    if not test.holds(facts[test.field]) then return false end
  end
  return true
end

-- }=================================================================

-- What was sent, read by name; nil and the service's message.
local function read_all(form, asked)
  local values = {}
  for _, parameter in ipairs(parameters) do
    local name, text = parameter.name, form[parameter.name]
    if text ~= nil then
      local value, wrong = nil, "is given as a list"
      if type(text) == "string" then value, wrong = readers[parameter.type](parameter, text) end
      if value == nil then return nil, ("Invalid '%s': it %s."):format(name, wrong) end
      values[name] = value
      add_test(asked, parameter, text, value)
    end
  end
  return values
end

-- What the addresses of pages repeat of a query, encoded, as the pages write it: colons
-- stand for themselves in SortBy alone.
local function spell(form, values)
  local parts = { ("PageSize=%d"):format(values.PageSize or PAGE_SIZE) }
  local function add(name, text) parts[#parts + 1] = name .. "=" .. text end
  local function add_given(name)
    if form[name] then add(name, (core.encode(form[name]):gsub("%%20", "+"))) end
  end
  for _, parameter in ipairs(parameters) do
    if parameter.operators or tests[parameter.type] or parameter.type == "sids" then
      add_given(parameter.name)
    end
  end
  add("SortBy", values.SortBy or "DateCreated:desc")
  for _, name in ipairs { "details", "NumbersMetadata", "RecordingUrlValidity" } do
    add_given(name)
  end
  return table.concat(parts, "&")
end

--- What a query asks for: { first, last (epoch seconds, both included), sids (a list, or
--- nil), tests and key (equal keys have equal tests), size, ascending, details, before and
--- after (cursors: { epoch, sid }), spelt }; or nil and the service's message. now: epoch
--- seconds.
function queries.read(form, now)
  local asked = { tests = {}, key = "" }
  local values, wrong = read_all(form, asked)
  if not values then return nil, wrong end
  if values.Before and values.After then
    return nil, "Only one of 'Before' and 'After' can be given."
  end
  local between
  between, wrong = window(values.DateCreated, math.floor(now))
  if not between then return nil, ("Invalid 'DateCreated': it %s."):format(wrong) end
  asked.first, asked.last = between[1], between[2]
  asked.sids = values.Sid and values.Sid.list
  asked.size, asked.ascending = values.PageSize or PAGE_SIZE, values.SortBy == "DateCreated:asc"
  asked.details = values.details == "true"
  asked.before, asked.after = values.Before, values.After
  asked.spelt = spell(form, values)
  return asked
end

return queries
