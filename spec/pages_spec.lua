-- Queries over calls, against a server that answers them as the pages say and refuses what
-- they forbid.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local curl_transport = require "exotel.transport.curl"
local exotel = require "exotel"
local errors = require "exotel.errors"
local lua = require "spec.support.lua"
local serving = require "spec.support.serving"
local sys = require "exotel.sys"
local raised = require "spec.support.raised"

local IST = 19800

local function epoch(text) return (assert(core.time(text, IST))) end

local NOW = epoch "2026-12-10 12:00:00"

after_each(serving.stop)

-- Calls a minute apart, the first at 2026-11-01 00:00:00.
local MINUTES = [[
  local list = {}
  for n = 1, COUNT do
    list[n] = { sid = ("c%05d"):format(n), epoch = START + n * 60, from = "+919876543210",
                to = "+919123456789" }
  end
  return list
]]

local function minutes(count, start)
  return (MINUTES:gsub("COUNT", count):gsub("START", start or epoch "2026-11-01 00:00:00"))
end

-- Calls of six months, three in an hour now and then, from and to many numbers; and calls at the
-- very edges of the months.
local MANY = [[
  local core, list = require "exotel.core", {}
  local function add(at, n)
    list[#list + 1] = { sid = ("d%05d"):format(#list + 1), epoch = at,
                        from = ("+9198765%05d"):format(n % 12),
                        to = ("+9191234%05d"):format(n % 7) }
  end
  for n = 1, 400 do add(core.time("2026-08-20 00:00:00", 19800) + n * 22000 - n % 3 * 21990, n) end
  for month = 9, 11 do
    local begin = core.time(("2026-%02d-01 00:00:00"):format(month), 19800)
    add(begin - 1, month)
    add(begin, month)
  end
  return list
]]

local RANGE = { gte = "2026-08-15", lte = "2026-12-05" }

local function from_numbers(n)
  local list = {}
  for index = 0, n - 1 do list[index + 1] = ("+9198765%05d"):format(index) end
  return list
end

local function to_numbers(n)
  local list = {}
  for index = 0, n - 1 do list[index + 1] = ("+9191234%05d"):format(index) end
  return list
end

-- The SIDs of the calls that a function chooses, in the order of their time.
local function sids_of(calls, chosen, ascending)
  local list = {}
  for _, call in ipairs(calls) do
    if not chosen or chosen(call) then list[#list + 1] = call end
  end
  table.sort(list, function(a, b)
    if not ascending then a, b = b, a end
    return a.epoch < b.epoch or a.epoch == b.epoch and a.sid < b.sid
  end)
  for index, call in ipairs(list) do list[index] = call.sid end
  return list
end

local function sids(list)
  local out = {}
  for index, call in ipairs(list) do out[index] = call.sid end
  return out
end

-- Two lists of SIDs, of which a difference is told briefly.
local function same_calls(expected, got)
  for index = 1, math.max(#expected, #got) do
    assert.equal(expected[index], got[index], ("call %d of %d"):format(index, #expected))
  end
end

-- What a `for` raises of an error: the error, or on a Lua whose program prints no objects its
-- text.
local function is_raised_as(value, err)
  if _VERSION ~= "Lua 5.1" then return rawequal(value, err) end
  return type(value) == "string" and value:find(tostring(err), 1, true) ~= nil
end

local function read_all(query)
  local list = {}
  for call in query do list[#list + 1] = call.sid end
  return list
end

-- By next, until the end or an error.
local function read_next(query)
  local list = {}
  while true do
    local call, err = query:next()
    if not call then return list, err end
    list[#list + 1] = call.sid
  end
end

-- A table as Lua, of strings, numbers and tables alone.
local function write(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) == "number" then return ("%d"):format(value) end
  assert.equal("table", type(value))
  assert.is_nil(getmetatable(value))
  local parts = {}
  for name, item in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(write(name), write(item))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Through a file and back.
local function kept(resume)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write("return " .. write(resume))
  file:close()
  local again = assert(loadfile(name))()
  os.remove(name)
  return again
end

local FAIL_AT = "function(number) if number == %d then return 500, '' end end"

describe("a query", function()
  it("is made without sending anything", function()
    local server = serving.start(minutes(1))
    local query = server:client():calls { from = "+919876543210" }
    assert.equal("exotel.query of calls", tostring(query))
    assert.same({}, server:requests())
  end)

  it("raises where it is taken for a list, which it would seem to be without a call", function()
    local query = serving.start(minutes(1)):client():calls {}
    local NO_LIST = "a query is no list: `for call in query do` reads it, query:all() gives a list"
    assert.equal(NO_LIST, raised(function() return query[1] end))
    assert.is_nil(query.first_page)
    if lua.name ~= "lua5.1" and not lua.is_jit then -- there a table's own length counts
      assert.equal(NO_LIST, raised(function() return #query end))
    end
    if _VERSION >= "Lua 5.3" then -- there ipairs looks where query[1] does
      assert.equal(NO_LIST, raised(function() for _ in ipairs(query) do error "one" end end))
    end
  end)

  it("raises a programmer's mistake at the caller's line, when it is made", function()
    local client = serving.start(minutes(1)):client()
    assert.equal("exotel.calls: option 'directon' is not known (did you mean 'direction'?)",
      raised(function() client:calls { directon = "inbound" } end))
    assert.equal("exotel.calls: option 'from' wants a string or a list of strings, got a number",
      raised(function() client:calls { from = 5 } end))
    assert.equal("exotel.calls: option 'sid' wants a list of strings, got a table with holes or"
      .. " names", raised(function() client:calls { sid = { "a", x = "b" } } end))
    assert.truthy(raised(function() client:calls { from = { "+919876543210", 7 } } end)
      :find("option 'from' wants", 1, true))
    local many = from_numbers(12)
    many[9] = true
    assert.equal("exotel.calls: option 'from' wants a string or a list of strings, got a boolean",
      raised(function() client:calls { from = many } end))
    assert.truthy(raised(function() client:calls { sid = { "a" }, Sid = { "b" } } end)
      :find("option 'sid' is given twice, as 'Sid' and as 'sid'", 1, true))
    assert.truthy(raised(function() client:calls { date_created = { gt = 5, gtx = 1 } } end)
      :find("option 'date_created' has no operator 'gtx'", 1, true))
    assert.truthy(raised(function() client:calls({}, { page_size = 5 }) end)
      :find("option 'page_size' of the second table is not known", 1, true))
    assert.equal("exotel.calls wants a table of options, got a nil",
      raised(function() client:calls() end))
    assert.equal("exotel.calls: option 'sort' can't stand beside resume, which has the whole query",
      raised(function() client:calls { resume = {}, sort = "asc" } end))
    assert.equal("exotel.calls: option 'resume' wants a table, got a string",
      raised(function() client:calls { resume = "x" } end))
    assert.equal("a method of exotel.query wants its object before the colon",
      raised(function() client:calls({}).next() end))
  end)

  it("keeps an error of the data for the first reading, whatever reads first", function()
    local server = serving.start(minutes(1))
    local rows = {
      { { from = "09876543210" }, "from", "e164" },
      { { sid = { "a", "b/c" } }, "sid", "sid" },
      { { page_size = 101 }, "page_size", "range" },
      { { date_created = { gte = "2026-12-01", lte = "2026-11-01" } }, "date_created", "range" },
      { { date_created = { gt = "2026-12-01" } }, "date_created", "operator" },
      { { date_created = {} }, "date_created", "empty" },
      { { from = {} }, "from", "empty" },
      { { from = "" }, "from", "empty" },
      { { resume = {} }, "resume", "resume" },
    }
    for _, row in ipairs(rows) do
      local function check(value, err)
        assert.is_nil(value)
        assert.same({ "invalid", "not_sent", row[2], row[3], "calls" },
          { err.kind, err.outcome, err.field, err.reason, err.operation })
      end
      local query = server:client { now = NOW }:calls(row[1])
      check(query:next())
      check(query:next())
      check(query:all())
      check(query:first())
      check(query:total())
      for _, reading in ipairs { query, query:pages() } do
        local ok, err = pcall(function() for _ in reading do error "it has a call" end end)
        assert.is_false(ok)
        assert.is_true(is_raised_as(err, select(2, query:next())), tostring(err))
      end
    end
    assert.same({}, server:requests())
  end)

  it("names the place of what is wrong in a long list", function()
    local server = serving.start(minutes(1))
    local numbers = from_numbers(12)
    numbers[8] = "12"
    local _, err = server:client():calls({ from = numbers }):next()
    assert.equal("from", err.field)
    assert.truthy(err.message:find("items from 6 on: from[3]", 1, true), err.message)
  end)
end)

describe("reading", function()
  it("goes on over pages by itself, a hundred calls each, every call once", function()
    local server = serving.start(minutes(250))
    local expected = sids_of(server.calls)
    same_calls(expected, read_all(server:client():calls {}))
    local requests = server:requests()
    assert.equal(3, #requests)
    for _, request in ipairs(requests) do
      assert.truthy(request.target:find("^/v1/Accounts/acc/Calls%.json%?.*PageSize=100"))
    end
    same_calls(expected, read_all(server:client():calls {}))
    local cursors = server:sent "After"
    assert.same({ false, core.base64(("%d,c00151"):format(server.calls[151].epoch)),
                  core.base64(("%d,c00051"):format(server.calls[51].epoch)) }, cursors)
  end)

  it("takes the page size and the order that are asked for", function()
    local server = serving.start(minutes(30))
    local query = server:client():calls { page_size = 20, sort = "asc" }
    same_calls(sids_of(server.calls, nil, true), read_all(query))
    assert.same({ "20", "20" }, server:sent "PageSize")
    same_calls(sids_of(server.calls, nil, true),
      read_all(server:client():calls { PageSize = 20, SortBy = "DateCreated:asc" }))
    assert.same({ "DateCreated:asc", "DateCreated:asc" }, server:sent "SortBy")
  end)

  it("gives the calls as records, which know what they came from", function()
    local server = serving.start(minutes(3))
    local client = server:client()
    local call = assert(client:calls({}):next())
    assert.same({ "c00003", "completed", 17, 0.75 },
      { call.sid, call.status, call.duration, call.price })
    assert.equal("call c00003 completed from +XXXXXXXXX210 to +XXXXXXXXX789 17 s", tostring(call))
    local response = client:response(call)
    assert.same({ 200, 1, "table" },
      { response.status, response.attempts, type(response.headers) })
    assert.is_nil(response.body) -- which is its page's
  end)

  it("by for raises the error as it is, so that a failed third page isn't the end", function()
    local server = serving.start(minutes(250), FAIL_AT:format(3))
    local count, query = 0, server:client():calls {}
    local ok, raised_of_it = pcall(function()
      for _ in query do count = count + 1 end
    end)
    local _, err = query:next()
    assert.is_false(ok)
    assert.is_true(is_raised_as(raised_of_it, err))
    assert.same({ "api", "server", 500, 200 }, { err.kind, err.reason, err.status, count })
  end)

  it("by next gives nil at the end, and nil and the error, which stays", function()
    local server = serving.start(minutes(120))
    local query = server:client():calls {}
    assert.equal(120, #read_next(query))
    assert.same({ n = 2 }, lua.pack(query:next()))
    assert.equal(2, #server:requests())
    server = serving.start(minutes(120), FAIL_AT:format(2))
    query = server:client():calls {}
    local list, err = read_next(query)
    assert.same({ 100, "server" }, { #list, err.reason })
    local _, again = query:next()
    assert.equal(err, again)
    assert.equal(2, #server:requests())
  end)

  it("by next goes on where a for was left", function()
    local query = serving.start(minutes(5)):client():calls { sort = "asc" }
    for call in query do
      if call.sid == "c00002" then break end
    end
    assert.equal("c00003", query:next().sid)
  end)

  it("by pages gives lists with the fields of the page, from the beginning", function()
    local server = serving.start(minutes(250))
    local query, list, sizes = server:client():calls {}, {}, {}
    query:next()
    for page in query:pages() do
      for _, call in ipairs(page) do list[#list + 1] = call.sid end
      sizes[#sizes + 1] = #page
      assert.same({ 250, #page }, { page.total, page.page_size })
      assert.equal(#sizes < 3, page.after ~= nil)
      assert.truthy(page.first_page_uri)
    end
    assert.same({ 100, 100, 50 }, sizes)
    same_calls(sids_of(server.calls), list)
    assert.equal("c00249", query:next().sid)
  end)

  it("by pages raises the error", function()
    local server, count = serving.start(minutes(250), FAIL_AT:format(3)), 0
    local ok, err = pcall(function()
      for page in server:client():calls({}):pages() do count = count + #page end
    end)
    assert.same({ false, _VERSION ~= "Lua 5.1", 200 }, { ok, errors.is(err), count })
    assert.matches("answered 500", tostring(err))
  end)

  it("by all gives the list, each time from the beginning, or nil and the error", function()
    local server = serving.start(minutes(150), FAIL_AT:format(6))
    local query = server:client():calls {}
    query:next()
    same_calls(sids_of(server.calls), sids(assert(query:all())))
    same_calls(sids_of(server.calls), sids(assert(query:all())))
    local list, err = query:all()
    assert.same({ nil, "server" }, { list, err.reason })
  end)

  it("by all gives an empty list, and by pages none, where there is nothing", function()
    local query = serving.start(minutes(0)):client():calls {}
    assert.same({}, query:all())
    for _ in query:pages() do error "it has a page" end
    assert.is_nil(query:next())
  end)

  it("by first asks for one call alone", function()
    local server = serving.start(minutes(150))
    local query = server:client():calls {}
    assert.equal("c00150", query:first().sid)
    assert.equal("c00150", query:first().sid)
    assert.same({ "1", "1" }, server:sent "PageSize")
    assert.equal("c00001", server:client():calls({ sort = "asc" }):first().sid)
  end)

  it("by first gives nil where there is none, and nil and the error", function()
    local query = serving.start(minutes(0)):client():calls {}
    assert.same({ n = 2 }, lua.pack(query:first()))
    query = serving.start(minutes(1), FAIL_AT:format(1)):client():calls {}
    local call, err = query:first()
    assert.same({ nil, "server" }, { call, err.reason })
  end)

  it("by total asks for the smallest page, or gives nil and the error", function()
    local server = serving.start(minutes(150), FAIL_AT:format(3))
    local query = server:client():calls {}
    assert.equal(150, query:total())
    assert.equal(150, query:total())
    local total, err = query:total()
    assert.same({ nil, "server" }, { total, err.reason })
    assert.same({ "1", "1", "1" }, server:sent "PageSize")
  end)

  it("by total is an error where the service says none", function()
    local server = serving.start(minutes(1), [[function(_, _, page)
      local document = page()
      document.Metadata.Total = nil
      return 200, document
    end]])
    local total, err = server:client():calls({}):total()
    assert.same({ nil, "parse", "incomplete" }, { total, err.kind, err.reason })
  end)

  it("reads XML as well, where that is asked for", function()
    local server = serving.start(minutes(1), [[function(number)
      local next = number == 1 and "/v1/Accounts/acc/Calls?PageSize=1&amp;After=abc%3D%3D" or ""
      return 200, "<TwilioResponse><Metadata><Total>2</Total><NextPageUri>" .. next
        .. "</NextPageUri></Metadata><Call><Sid>x" .. number .. "</Sid></Call></TwilioResponse>"
    end]])
    local list = {}
    for call in server:client():calls({}, { format = "xml" }) do list[#list + 1] = call.sid end
    assert.same({ "x1", "x2" }, list)
    local requests = server:requests()
    assert.truthy(requests[2].target:find("^/v1/Accounts/acc/Calls%?.*After=abc%%3D%%3D"))
  end)

  it("tries a page again as any GET, by the settings and the second table", function()
    local server = serving.start(minutes(150), FAIL_AT:format(2))
    assert.equal(150, #read_all(server:client { now = NOW, retries = 1 }:calls {}))
    assert.equal(3, #server:requests())
    server = serving.start(minutes(150), FAIL_AT:format(2))
    assert.equal(150, #read_all(server:client { now = NOW }:calls({}, { retries = 1 })))
  end)

  it("starts at a cursor that is given", function()
    local server = serving.start(minutes(250))
    local client, cursor = server:client(), nil
    for page in client:calls({}):pages() do cursor = cursor or page.after end
    assert.equal("c00150", client:calls({ after = cursor }):next().sid)
    assert.equal(150, #read_all(client:calls { after = cursor }))
    local _, err = client:calls({ after = cursor, from = from_numbers(6) }):next()
    assert.same({ "invalid", "after", "conflict" }, { err.kind, err.field, err.reason })
  end)

  it("holds one page, however many there are", function()
    local server = serving.start(minutes(1500))
    local alive, count = setmetatable({}, { __mode = "k" }), 0
    for call in server:client():calls {} do
      alive[call], count = true, count + 1
      if count == 1450 then break end
    end
    call = nil -- luacheck: ignore 111
    collectgarbage()
    collectgarbage()
    local held = 0
    for _ in pairs(alive) do held = held + 1 end
    assert.is_true(held <= 200, held .. " calls are held")
  end)

  it("holds no page while it asks for the next one", function()
    local server = serving.start(minutes(250))
    local settings = server:settings()
    local curl, alive, held = curl_transport.new(settings), setmetatable({}, { __mode = "k" }), {}
    settings.transport = setmetatable({ perform = function(_, request)
      collectgarbage()
      collectgarbage()
      held[#held + 1] = 0
      for _ in pairs(alive) do held[#held] = held[#held] + 1 end
      return curl:perform(request)
    end }, { __index = curl })
    for call in exotel.client(settings):calls {} do alive[call] = true end
    assert.equal(3, #held)
    for index, calls in ipairs(held) do
      assert.is_true(calls <= 2, ("%d calls are held at request %d"):format(calls, index))
    end
  end)
end)

describe("a range", function()
  local function ranges(date_created, more)
    local server = serving.start(minutes(0))
    local filter = { date_created = date_created }
    for name, value in pairs(more or {}) do filter[name] = value end
    local list, err = server:client({ now = NOW }):calls(filter):all()
    return list and server:sent "DateCreated" or err, err
  end

  it("is cut into calendar months whose seconds don't overlap, in the order asked for", function()
    local expected = {
      "gte:2026-12-01 00:00:00;lte:2026-12-05 23:59:59",
      "gte:2026-11-01 00:00:00;lte:2026-11-30 23:59:59",
      "gte:2026-10-01 00:00:00;lte:2026-10-31 23:59:59",
      "gte:2026-09-15 10:30:00;lte:2026-09-30 23:59:59",
    }
    local range = { gte = "2026-09-15 10:30:00", lte = "2026-12-05" }
    assert.same(expected, ranges(range))
    assert.same(expected, ranges "gte:2026-09-15 10:30:00;lte:2026-12-05 23:59:59")
    assert.same(expected, ranges { gte = epoch "2026-09-15 10:30:00",
                                   lte = epoch "2026-12-05 23:59:59" })
    assert.same({ expected[4], expected[3], expected[2], expected[1] },
      ranges(range, { sort = "asc" }))
  end)

  it("that isn't longer than a month stays whole", function()
    assert.same({ "gte:2026-10-15 00:00:00;lte:2026-11-14 23:59:59" },
      ranges { gte = "2026-10-15", lte = "2026-11-14" })
    assert.same({ "gte:2026-11-01 00:00:00;lte:2026-11-15 00:00:00",
                  "gte:2026-10-15 00:00:00;lte:2026-10-31 23:59:59" },
      ranges { gte = "2026-10-15", lte = "2026-11-15 00:00:00" })
    assert.same({ "gte:2026-11-07 07:07:07;lte:2026-11-07 07:07:07" },
      ranges { gte = "2026-11-07 07:07:07", lte = "2026-11-07 07:07:07" })
  end)

  it("is closed at now and at six months before now", function()
    assert.same({ "gte:2026-12-01 00:00:00;lte:2026-12-10 12:00:00",
                  "gte:2026-11-05 00:00:00;lte:2026-11-30 23:59:59" },
      ranges { gte = "2026-11-05" })
    assert.same({ "gte:2026-07-01 00:00:00;lte:2026-07-20 23:59:59",
                  "gte:2026-06-10 12:00:00;lte:2026-06-30 23:59:59" },
      ranges { lte = "2026-07-20" })
    assert.same({ "gte:2026-12-11 00:00:00;lte:2026-12-11 00:00:00" },
      ranges { gte = "2026-12-11" })
  end)

  it("that isn't given isn't sent", function()
    assert.same({ false }, ranges(nil))
    assert.same({ false }, ranges(nil, { sid = "a" }))
  end)

  it("that ends in the far future ends a month from now", function()
    local list = ranges { gte = "2026-12-01", lte = "9999-12-31" }
    assert.same({ "gte:2027-01-01 00:00:00;lte:2027-01-10 12:00:00",
                  "gte:2026-12-01 00:00:00;lte:2026-12-31 23:59:59" }, list)
  end)

  it("that is older than six months is refused, with the limit", function()
    for _, row in ipairs { { { gte = "2026-06-10 11:59:59" }, "gte is 2026-06-10 11:59:59" },
                           { { gte = "2020-01-01", lte = "2026-12-01" },
                             "gte is 2020-01-01 00:00:00" },
                           { { lte = "2026-06-10 11:59:59" }, "lte is 2026-06-10 11:59:59" } } do
      local err = ranges(row[1])
      assert.same({ "invalid", "not_sent", "date_created", "too_old" },
        { err.kind, err.outcome, err.field, err.reason })
      assert.equal(("date_created.%s: the service keeps the calls of 6 months, those from"
        .. " 2026-06-10 12:00:00 on"):format(row[2]), err.message)
    end
    assert.equal(7, #ranges { gte = "2026-06-10 12:00:00" })
  end)

  it("counts by the wall clock, and in the client's zone", function()
    local server = serving.start(minutes(0))
    local before = os.time()
    local query = server:client { time_offset = 0 }:calls { date_created = { gte = before - 60 } }
    assert.same({}, query:all())
    local first, last = server:sent("DateCreated")[1]:match "^gte:(.-);lte:(.*)$"
    assert.equal(before - 60, core.time(first, 0))
    local to = core.time(last, 0)
    assert.is_true(to >= before and to <= os.time())
  end)

  it("gives the calls of all months once, in order", function()
    local server = serving.start(MANY)
    for _, order in ipairs { "desc", "asc" } do
      local query = server:client({ now = NOW }):calls { date_created = RANGE, sort = order }
      same_calls(sids_of(server.calls, nil, order == "asc"), read_all(query))
      assert.equal(#server.calls, query:total())
      assert.equal(sids_of(server.calls, nil, order == "asc")[1], query:first().sid)
    end
  end)
end)

describe("a long list", function()
  it("of numbers goes in groups of five, of SIDs in groups of twenty", function()
    local server = serving.start(MANY)
    local client = server:client()
    assert.equal(#server.calls, client:calls({ from = from_numbers(12) }):total())
    local all = from_numbers(12)
    assert.same({ table.concat(all, ",", 1, 5), table.concat(all, ",", 6, 10),
                  table.concat(all, ",", 11, 12) }, server:sent "From")
    local chosen = {}
    for index = 1, 45 do chosen[index] = server.calls[index].sid end
    assert.equal(45, client:calls({ sid = chosen }):total())
    assert.same({ table.concat(chosen, ",", 1, 20), table.concat(chosen, ",", 21, 40),
                  table.concat(chosen, ",", 41, 45) }, server:sent "Sid")
    assert.equal(45, client:calls({ Sid = table.concat(chosen, ",") }):total())
    assert.equal(3, #server:requests())
    client:calls({ phone_number = from_numbers(7) }):total()
    assert.equal(2, #server:requests())
  end)

  it("in several filters makes the product", function()
    local server = serving.start(MANY)
    local query = server:client():calls { from = from_numbers(12), to = to_numbers(6) }
    local function chosen(call) return call.to ~= "+919123400006" end
    assert.equal(#sids_of(server.calls, chosen), query:total())
    local all, to = from_numbers(12), to_numbers(6)
    local groups = {}
    for _, request in ipairs(server:requests()) do
      groups[#groups + 1] = core.form(request.target:match "%?(.*)$")
    end
    assert.equal(6, #groups)
    for index, group in ipairs(groups) do
      local first = (index - 1) % 3 * 5 + 1
      local first_to = math.floor((index - 1) / 3) * 5 + 1
      assert.equal(table.concat(all, ",", first, math.min(12, first + 4)), group.From)
      assert.equal(table.concat(to, ",", first_to, math.min(6, first_to + 4)), group.To)
    end
  end)

  it("is asked for without its repeats, in whatever spelling", function()
    local server = serving.start(MANY)
    local numbers = from_numbers(5)
    numbers[6], numbers[7] = "+91 98765 00000", numbers[3]
    assert.equal(#sids_of(server.calls, function(call)
      return tonumber(call.from:sub(-5)) < 5
    end), #server:client():calls({ from = numbers }):all())
    local sent = server:sent "From"
    assert.same({ table.concat(numbers, ",", 1, 5), table.concat(numbers, ",", 1, 5) },
      { sent[1], sent[#sent] })
    server:client():calls({ sid = { "a", "b", "a" } }):all()
    assert.same({ "a,b" }, server:sent "Sid")
  end)

  it("gives each call once, in the order asked for, over groups, pages and months", function()
    local server = serving.start(MANY)
    local client = server:client { now = NOW }
    for _, order in ipairs { "desc", "asc" } do
      local expected = sids_of(server.calls, nil, order == "asc")
      for _, size in ipairs { 100, 3 } do
        local query = client:calls { from = from_numbers(12), to = to_numbers(7), sort = order,
                                     date_created = RANGE, page_size = size }
        local list, times = {}, {}
        for call in query do
          list[#list + 1], times[#times + 1] = call.sid, call.date_created
        end
        for index = 2, #times do
          local a, b = times[index - 1], times[index]
          assert.is_true(order == "asc" and a <= b or order == "desc" and a >= b)
        end
        table.sort(list)
        local sorted = { lua.unpack(expected) }
        table.sort(sorted)
        same_calls(sorted, list)
      end
    end
  end)

  it("gives pages of its own, with the total of all groups", function()
    local server = serving.start(MANY)
    local query = server:client({ now = NOW }):calls {
      from = from_numbers(12), page_size = 30, sort = "asc",
      date_created = { gte = "2026-09-01", lte = "2026-10-31" } }
    local months, sum = {}, 0
    for page in query:pages() do
      assert.is_true(#page > 0 and #page <= 30)
      assert.equal(#page, page.page_size)
      local month = page[1].date_created:sub(1, 7)
      assert.equal(month, page[#page].date_created:sub(1, 7))
      months[month] = page.total
      sum = sum + #page
    end
    local function in_month(month)
      return #sids_of(server.calls, function(call)
        return core.date(call.epoch, IST):sub(1, 7) == month
      end)
    end
    assert.same({ ["2026-09"] = in_month "2026-09", ["2026-10"] = in_month "2026-10" }, months)
    assert.equal(months["2026-09"] + months["2026-10"], sum)
  end)

  it("takes the size of such a page as text too", function()
    local server, sizes = serving.start(MANY), {}
    for page in server:client():calls({ from = from_numbers(12), page_size = "30" }):pages() do
      sizes[#sizes + 1] = #page
    end
    assert.equal(30, sizes[1])
    assert.equal("30", server:sent("PageSize")[1])
  end)

  it("holds one page a group", function()
    local server = serving.start((minutes(3000):gsub('"%+919876543210"',
      '("+9198765%%05d"):format(n %% 12)')))
    assert.equal("+919876500001", server.calls[1].from)
    local alive, count = setmetatable({}, { __mode = "k" }), 0
    for call in server:client():calls { from = from_numbers(12), page_size = 50 } do
      alive[call], count = true, count + 1
      if count == 2500 then break end
    end
    collectgarbage()
    collectgarbage()
    local held = 0
    for _ in pairs(alive) do held = held + 1 end
    assert.is_true(held <= 300, held .. " calls are held")
  end)
end)

describe("err.resume", function()
  local function resumed(server, err)
    return server:client({ now = NOW }):calls { resume = kept(err.resume) }
  end

  it("goes on right behind the last call, through a file", function()
    local server = serving.start(minutes(250), FAIL_AT:format(3))
    local list, err = read_next(server:client():calls {})
    assert.equal(200, #list)
    local rest, failure = read_next(resumed(server, err))
    assert.is_nil(failure)
    same_calls(sids_of(server.calls, function(call) return call.sid <= "c00050" end), rest)
  end)

  local RICH = { from = from_numbers(12), to = to_numbers(7), sort = "asc", details = true,
                 date_created = RANGE, page_size = 3, duration = { gte = 1 } }

  local FAIL_EACH = [[(function()
    local failing = %d
    return function(number)
      if number %% failing == 0 then return 500, "" end
    end
  end)()]]

  it("leaves nothing out and gives nothing twice, wherever the errors are", function()
    for _, every in ipairs { 7, 11, 31 } do -- six groups need six answers
      for _, order in ipairs { "asc", "desc" } do
        local server = serving.start(MANY, FAIL_EACH:format(every))
        RICH.sort = order
        local client = server:client { now = NOW }
        local query, all, seen, failures = client:calls(RICH), {}, {}, 0
        repeat
          local list, err = read_next(query)
          for _, sid in ipairs(list) do
            assert.is_nil(seen[sid], sid)
            seen[sid], all[#all + 1] = true, sid
          end
          if err then
            failures = failures + 1
            assert.is_true(failures < 500)
            assert.equal("server", err.reason)
            query = client:calls { resume = kept(err.resume) }
          end
        until not err
        assert.is_true(failures > 1)
        table.sort(all)
        local expected = sids_of(server.calls)
        table.sort(expected)
        same_calls(expected, all)
      end
    end
  end)

  it("gives a call that two pages have once, with the error between them", function()
    local server = serving.start(minutes(250), [[function(number, filter, page)
      if number == 2 or number == 3 then return 500, "" end
      local document = page()
      if number == 4 then
        table.insert(document.Calls, 1, { Sid = "c00151", Status = "completed" })
      end
      return 200, document
    end]])
    local all, err = read_next(server:client():calls {})
    for _ = 1, 2 do
      local query = resumed(server, err)
      local list
      list, err = read_next(query)
      for _, sid in ipairs(list) do all[#all + 1] = sid end
    end
    assert.is_nil(err)
    same_calls(sids_of(server.calls), all)
  end)

  it("keeps the total of groups that were read to their end", function()
    local server = serving.start(MANY, FAIL_AT:format(5))
    local chosen, newest, sum = {}, sids_of(server.calls), 0
    for index = 1, 45 do chosen[index] = newest[index] end
    local query = server:client():calls { sid = chosen, page_size = 10 }
    local list, err = read_next(query)
    assert.equal(1, err.resume.groups[1].done) -- its two pages and two others have come
    for page in resumed(server, err):pages() do
      assert.equal(45, page.total)
      sum = sum + #page
    end
    assert.equal(45, #list + sum)
  end)

  it("in the middle of a page is asked for its first call with the rest of the page", function()
    local server = serving.start((minutes(900):gsub('"%+919876543210"',
      '("+9198765%%05d"):format(n %% 12)')), FAIL_AT:format(5))
    local _, err = read_next(server:client():calls { from = from_numbers(12) })
    server:requests()
    local query = resumed(server, err)
    local first = assert(query:first())
    assert.equal(3, #server:requests())
    assert.equal(first.sid, query:next().sid)
  end)

  it("names no more SIDs than a page has, however often it is gone on with", function()
    local server = serving.start((minutes(3000):gsub('"%+919876543210"',
      '("+9198765%%05d"):format(n %% 12)')), FAIL_EACH:format(7))
    local query, all, most, failures = server:client():calls { from = from_numbers(12) }, {}, 0, 0
    repeat
      local list, err = read_next(query)
      for _, sid in ipairs(list) do all[#all + 1] = sid end
      for _, group in ipairs(err and err.resume.groups or {}) do
        most = math.max(most, #(group.seen or {}))
      end
      if err then query, failures = resumed(server, err), failures + 1 end
    until not err
    assert.is_true(failures > 5)
    assert.is_true(most > 0 and most < 100, most .. " SIDs")
    table.sort(all)
    same_calls(sids_of(server.calls, nil, true), all)
  end)

  it("asks for the same again: every filter, the order, details", function()
    local server = serving.start(MANY, FAIL_AT:format(2))
    RICH.sort = "asc"
    local _, err = read_next(server:client({ now = NOW }):calls(RICH))
    local before = server:requests()
    resumed(server, err):next()
    local after = server:requests()
    assert.same(before, { after[1], after[2] })
    assert.truthy(after[1].target:find("details=true", 1, true))
    assert.truthy(after[1].target:find("Duration=gte:1s", 1, true))
  end)

  it("keeps the ends that were closed at the time", function()
    local server = serving.start(minutes(10), FAIL_AT:format(1))
    local _, err = server:client({ now = NOW }):calls({ date_created = { gte = "2026-12-01" } })
      :next()
    server:client({ now = NOW + 5000 }):calls({ resume = err.resume }):next()
    assert.same({ "gte:2026-12-01 00:00:00;lte:2026-12-10 12:00:00",
                  "gte:2026-12-01 00:00:00;lte:2026-12-10 12:00:00" }, server:sent "DateCreated")
  end)

  it("goes on after all, of what it has handed out", function()
    local server = serving.start(minutes(250), FAIL_AT:format(3))
    local _, err = server:client():calls({}):all()
    same_calls(sids_of(server.calls), read_all(resumed(server, err)))
  end)

  if _VERSION ~= "Lua 5.1" then -- where pages raise a text, which has no resume
    it("goes on after pages, of what they have handed out", function()
      local server = serving.start(MANY, FAIL_AT:format(20))
      local list, failure = {}, nil
      local ok = pcall(function()
        local query = server:client({ now = NOW }):calls(RICH)
        local pages = query:pages()
        repeat
          local read, page = pcall(pages)
          if not read then failure = page end
          for _, call in ipairs(read and page or {}) do list[#list + 1] = call.sid end
        until not read or not page
      end)
      assert.is_true(ok)
      assert.is_true(#list > 0 and failure.reason == "server")
      for _, sid in ipairs(read_next(resumed(server, failure))) do list[#list + 1] = sid end
      table.sort(list)
      local expected = sids_of(server.calls)
      table.sort(expected)
      same_calls(expected, list)
    end)
  end

  it("may be read in every way, from where it stopped", function()
    local server = serving.start(minutes(250), FAIL_AT:format(2))
    local _, err = read_next(server:client():calls {})
    assert.equal(150, #resumed(server, err):all())
    assert.equal("c00150", resumed(server, err):first().sid)
    assert.equal(250, resumed(server, err):total())
    local query = resumed(server, err)
    assert.equal(150, #query:all())
    assert.equal(150, #read_all(query))
  end)

  it("has no secret, and isn't there when nothing can be gone on with", function()
    local server = serving.start(minutes(150), FAIL_AT:format(2))
    local client = server:client()
    local _, err = read_next(client:calls { from = "+919876543210" })
    local text = write(err.resume)
    for _, secret in ipairs { "the_key_1234", "the_token_5678",
                              core.base64 "the_key_1234:the_token_5678" } do
      assert.is_nil(text:find(secret, 1, true))
    end
    assert.is_nil(tostring(err):find("9876543210", 1, true))
    local _, invalid = client:calls({ from = "x" }):next()
    assert.is_nil(invalid.resume)
  end)

  it("that isn't one is refused, whatever it is", function()
    local server = serving.start(minutes(150), FAIL_AT:format(2))
    local client = server:client { now = NOW }
    local function fresh()
      return { version = 1, filter = { from = from_numbers(6) }, month = { from = 1, to = 2 },
               rest = { from = 1, to = 2 }, groups = { {}, { after = "x" } } }
    end
    local HUGE, NAN = math.huge, 0 / 0
    local changes = {
      version = { 2, "1", false }, filter = { 5, { from = "x" }, { nothing = 1 }, { sid = {} },
        { resume = {} }, { date_created = { gte = 5 } }, { from = { from = 1 } } },
      month = { 5, { from = 2, to = 1 }, { from = 1 }, { to = 1 }, { from = "1", to = "2" },
        { from = 1.5, to = 2 }, { from = -HUGE, to = HUGE }, { from = NAN, to = NAN },
        { from = 1, to = 1e18 } },
      rest = { 5, { from = 2, to = 1 }, { from = 1, to = 1e300 } },
      groups = { 5, {}, { {} }, { {}, {}, {} }, { {}, 5 }, { {}, { after = 5 } },
        { {}, { seen = 5 } }, { {}, { seen = { 5 } } }, { {}, { total = "x" } },
        { {}, { last = 5 } }, { {}, { last = { 5 } } },
        { {}, { count = {} } }, { {}, { total = 5.5 } }, { {}, { count = 1e300 } },
        { {}, { count = -1e300 } }, { {}, { total = NAN } } },
    }
    for name, values in pairs(changes) do
      for index, value in ipairs(values) do
        local at = fresh()
        at[name] = value
        local call, err = client:calls({ resume = at }):next()
        assert.is_nil(call)
        assert.same({ "invalid", "resume", "resume" }, { err.kind, err.field, err.reason },
          name .. " " .. index)
      end
      local at = fresh()
      if name ~= "rest" then
        at[name] = nil
        local _, err = client:calls({ resume = at }):next()
        assert.equal("resume", err.reason, name)
      end
    end
    assert.same({}, server:requests())
    local _, err = client:calls({ resume = fresh() }):next()
    assert.equal("bad_request", err.reason == "server" and "bad_request" or err.reason)
  end)
end)

describe("the end of the pages", function()
  local function read(answer, filter, count)
    local server = serving.start(minutes(count or 250), answer)
    local list, err = read_next(server:client({ now = NOW }):calls(filter or {}))
    return list, err, server
  end

  local function assert_error(err, reason)
    assert.same({ "parse", "unknown", reason, "calls" },
      { err.kind, err.outcome, err.reason, err.operation })
  end

  it("is an error where a page repeats a cursor", function()
    local list, err, server = read [[function(number, filter, page)
      local document = page()
      for index, call in ipairs(document.Calls) do call.Sid = ("n%dx%d"):format(number, index) end
      document.Metadata.NextPageUri = "/v1/Accounts/acc/Calls.json?After=again"
      return 200, document
    end]]
    assert_error(err, "cursor_repeated")
    assert.same({ 100, 2 }, { #list, #server:requests() })
  end)

  it("is an error where the cursors lead round in a circle", function()
    local _, err, server = read([[(function()
      return function(number, filter, page)
        local document = page { After = nil }
        for index, call in ipairs(document.Calls) do
          call.Sid = ("n%dx%d"):format(number, index)
        end
        document.Metadata.NextPageUri = "/x?After=cursor" .. (number < 3 and number or number % 5)
        return 200, document
      end
    end)()]], {})
    assert_error(err, "cursor_repeated")
    assert.is_true(#server:requests() < 20)
  end)

  it("is an error where a page has only calls of the page before", function()
    local list, err, server = read [[function(number, filter, page)
      filter.After = nil
      local document = page()
      document.Metadata.NextPageUri = "/x?After=cursor" .. number
      return 200, document
    end]]
    assert_error(err, "endless")
    assert.same({ 100, 2 }, { #list, #server:requests() })
  end)

  it("is an error where more comes than the total and a thousand, in a range", function()
    local endless = [[function(number, filter, page)
      filter.After = nil
      local document = page()
      for index, call in ipairs(document.Calls) do call.Sid = ("n%dx%d"):format(number, index) end
      document.Metadata.NextPageUri = "/x?After=cursor" .. number
      if number == 15 then return 500, "" end
      return 200, document
    end]]
    local range = { date_created = { gte = "2026-11-01", lte = "2026-11-30" } }
    local list, err, server = read(endless, range)
    assert_error(err, "endless")
    assert.same({ 1200, 13 }, { #list, #server:requests() })
    local _, open = read(endless, {})
    assert.equal("server", open.reason)
  end)

  it("gives a call that a page has twice once", function()
    local list, err, server = read [[function(number, filter, page)
      local document = page()
      table.insert(document.Calls, document.Calls[1])
      return 200, document
    end]]
    assert.is_nil(err)
    same_calls(sids_of(server.calls), list)
  end)

  it("gives a call that two pages have once", function()
    local list, err, server = read [[function(number, filter, page)
      local document = page()
      if number == 2 then
        local first = { Sid = "c00151", Status = "completed" }
        table.insert(document.Calls, 1, first)
      end
      return 200, document
    end]]
    assert.is_nil(err)
    same_calls(sids_of(server.calls), list)
  end)

  it("is an empty page, also one that names another", function()
    local list, err, server = read [[function(number, filter, page)
      local document = page()
      if number == 2 then document.Calls = {} end
      return 200, document
    end]]
    assert.is_nil(err)
    assert.same({ 100, 2 }, { #list, #server:requests() })
  end)

  it("is a page without a next one, in every spelling", function()
    for _, spelling in ipairs { "nil", '""', '"null"' } do
      local list, err = read(([[function(number, filter, page)
        local document = page()
        if number == 2 then document.Metadata.NextPageUri = %s end
        return 200, document
      end]]):format(spelling))
      assert.same({ 200, nil }, { #list, err }, spelling)
    end
  end)

  it("is found behind the cursor alone: an address elsewhere is never asked", function()
    local evil = serving.start(minutes(1))
    for _, uri in ipairs { evil.url .. "/v1/Accounts/acc/Calls.json?PageSize=1&After=",
                           "https://evil.example/x?After=", "//evil.example/x?After=",
                           "http://k:t@evil.example/../../y?After=", "?After=" } do
      local list, err, server = read(([[function(number, filter, page)
        local document = page()
        local next = document.Metadata.NextPageUri
        if next then document.Metadata.NextPageUri = %q .. next:match "After=(.*)$" end
        return 200, document
      end]]):format(uri))
      assert.is_nil(err)
      same_calls(sids_of(server.calls), list)
      local requests = server:requests()
      assert.equal(3, #requests)
      for _, request in ipairs(requests) do
        assert.equal("/v1/Accounts/acc/Calls.json", request.target:match "^[^?]*")
        assert.truthy(request.target:find("PageSize=100", 1, true))
      end
    end
    assert.same({}, evil:requests())
  end)

  it("is found where the address has &amp; for &", function()
    local list, err, server = read [[function(number, filter, page)
      local document = page()
      local next = document.Metadata.NextPageUri
      document.Metadata.NextPageUri = next and next:gsub("&", "&amp;")
      return 200, document
    end]]
    assert.is_nil(err)
    same_calls(sids_of(server.calls), list)
  end)

  it("is an error where the next page has a cursor that can't be sent", function()
    local list, err = read [[function(number, filter, page)
      local document = page()
      document.Metadata.NextPageUri = "/x?After=" .. ("x"):rep(1100)
      return 200, document
    end]]
    assert_error(err, "cursor")
    assert.equal(100, #list)
    assert.truthy(err.resume)
  end)

  it("is an error where the next page has no cursor", function()
    local list, err = read [[function(number, filter, page)
      local document = page()
      document.Metadata.NextPageUri = "/x?Page=2"
      return 200, document
    end]]
    assert.same({ 0, "parse" }, { #list, err.kind })
  end)
end)

describe("examples/export.lua", function()
  it("writes the calls of a month as CSV lines", function()
    local month = os.date("!%Y-%m", os.time() - 30 * 86400)
    local server = serving.start(minutes(150, epoch(month .. "-01 00:00:00") - 60 * 20))
    local process = assert(sys.spawn { "env", "EXOTEL_ACCOUNT_SID=acc", "EXOTEL_API_KEY=key",
      "EXOTEL_API_TOKEN=token", "EXOTEL_BASE_URL=" .. server.url, lua.name,
      "examples/export.lua", month })
    local lines = {}
    for line in function() return process:read_line(20) end do lines[#lines + 1] = line end
    assert.equal(0, process:wait(20))
    process:close()
    assert.equal('"sid","date_created","from","to","status","duration","price_text"', lines[1])
    assert.equal(('"c00020","%s-01 00:00:00","+919876543210","+919123456789","completed","17",'
      .. '"0.750"'):format(month), lines[2])
    assert.equal(1 + 131, #lines)
    assert.truthy(server:sent("DateCreated")[1]:find(
      ("^gte:%s%%-01 00:00:00;lte:%s%%-[23]%%d 23:59:59$"):format(
        (month:gsub("%-", "%%-")), (month:gsub("%-", "%%-")))))
  end)
end)

describe("a query in a loop", function()
  -- One query that three tasks read at once: what they got together, and their errors.
  local function read_shared(server, filter)
    local loop = exotel.loop()
    local query, list, errs = server:client({ transport = loop }):calls(filter), {}, {}
    local tasks = {}
    for index = 1, 3 do
      tasks[index] = loop:spawn(function()
        local call, err = query:next()
        while call do
          list[#list + 1] = call.sid
          call, err = query:next()
        end
        errs[#errs + 1] = err
        return true
      end)
    end
    loop:run()
    for _, task in ipairs(tasks) do assert.is_true(task:result()) end
    loop:close()
    return list, errs
  end

  it("waits without blocking the others, and raises outside", function()
    local server = serving.start(minutes(250))
    local loop = exotel.loop()
    local client = server:client { transport = loop }
    local tasks = {}
    for index = 1, 3 do
      tasks[index] = loop:spawn(function() return read_next(client:calls {}) end)
    end
    -- one query that three tasks read: each call goes to one of them
    local query, shared = client:calls {}, {}
    for index = 4, 6 do
      tasks[index] = loop:spawn(function()
        for _, sid in ipairs((read_next(query))) do shared[#shared + 1] = sid end
      end)
    end
    loop:run()
    for index = 1, 3 do same_calls(sids_of(server.calls), (tasks[index]:result())) end
    table.sort(shared)
    same_calls(sids_of(server.calls, nil, true), shared)
    query = client:calls {}
    assert.truthy(raised(function() query:next() end):find("outside a function", 1, true))
    assert.truthy(raised(function() for _ in query do error "it has a call" end end)
      :find("outside a function", 1, true))
    loop:close()
  end)

  it("ends for all of the tasks that read it, also by an empty page", function()
    local list, errs = read_shared(serving.start(minutes(0)), {})
    assert.same({ {}, {} }, { list, errs })
    local server = serving.start(MANY)
    list, errs = read_shared(server, { from = from_numbers(12), page_size = 3 })
    assert.same({}, errs)
    table.sort(list)
    local expected = sids_of(server.calls)
    table.sort(expected)
    same_calls(expected, list)
  end)

  it("hands out nothing to any task behind the error that one has seen", function()
    local server = serving.start(minutes(250),
      "function(number) if number % 4 == 0 then return 500, '' end end")
    local all, failures, filter = {}, 0, { page_size = 20 }
    repeat
      local list, errs = read_shared(server, filter)
      for _, sid in ipairs(list) do all[#all + 1] = sid end
      for index = 2, #errs do assert.equal(errs[1], errs[index]) end
      assert.is_true(#errs == 0 or #errs == 3)
      failures, filter = failures + #errs, errs[1] and { resume = errs[1].resume }
      assert.is_true(failures < 300)
    until not filter
    assert.is_true(failures > 0)
    table.sort(all)
    same_calls(sids_of(server.calls, nil, true), all)
  end)
end)
