-- The sandbox: bulk queries over calls of the past and of today, numbers and the balance, in
-- both formats, and the limit of requests. A sandbox runs in a process of its own and is asked
-- by plain HTTP; its documents are read by readers that are not ours.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local core = require "exotel.core"
local dkjson = require "dkjson"
local exotel = require "exotel"
local history = require "exotel.sandbox.history"
local limit = require "exotel.sandbox.limit"
local lua = require "spec.support.lua"
local same = require "spec.support.same"
local sys = require "exotel.sys"
local transport = require "exotel.transport.curl"

local LONG = 20 -- seconds that nothing here should ever need
local CALLS = "/v1/Accounts/sandbox/Calls"
local DAY = 86400
local HISTORY = 3000

local agent

local function start(...)
  local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0", ... })
  return process, assert(process:read_line(LONG))
end

local function ask(url, more)
  local request = { method = "GET", url = url, username = "sandbox_key",
                    password = "sandbox_token", timeout = LONG, connect_timeout = LONG }
  for name, value in pairs(more or {}) do request[name] = value end
  local response = assert(agent:perform(request))
  response.headers = core.headers(response.head)
  return response
end

setup(function() agent = transport.new { plain_http = true } end)
teardown(function() agent:close() end)

-- {=================================================================
-- Readers
-- ==================================================================

local entities = { lt = "<", gt = ">", amp = "&", ["#13"] = "\r" }

-- The elements from `at` on, up to an end tag or the text's end, as a list of { name, content },
-- content being a text or such a list; and where they end.
local function read_elements(text, at)
  local list = {}
  while true do
    local name, empty, from = text:match("^<([%a_][%w_.-]*)(/?)>()", at)
    if not name then return list, at end
    local content = ""
    if empty == "" then
      content, from = text:match("^([^<]*)()", from)
      if text:find("^<[^/]", from) then
        assert.equal("", content)
        content, from = read_elements(text, from)
      else
        content = content:gsub("&(#?%w+);", entities)
      end
      from = assert(text:match("^</" .. name:gsub("%p", "%%%0") .. ">()", from), name)
    end
    list[#list + 1] = { name, content }
    at = from
  end
end

local function read_xml(body)
  local head = '<?xml version="1.0" encoding="UTF-8"?>\n'
  assert.equal(head, body:sub(1, #head))
  local list, stop = read_elements(body, #head + 1)
  assert.equal("\n", body:sub(stop))
  assert.same({ 1, "TwilioResponse" }, { #list, list[1][1] })
  return list[1][2]
end

-- A JSON answer in the shape that read_xml gives, in the order of XML's names.
local function as_xml(name, value)
  if value == dkjson.null then return { { name, "" } } end
  if type(value) ~= "table" then return { { name, tostring(value) } } end
  local list, out = {}, {}
  if #value == 0 then
    for key, item in pairs(value) do
      for _, element in ipairs(as_xml(key, item)) do list[#list + 1] = element end
    end
    return { { name, list } }
  end
  for _, item in ipairs(value) do
    if name == "Calls" then
      out[#out + 1] = as_xml("Call", item)[1]
    else
      list[#list + 1] = as_xml(next(item))[1]
    end
  end
  return name == "Calls" and out or { { name, list } }
end

local function sorted(list)
  if type(list) ~= "table" then return list end
  local out = {}
  for index, element in ipairs(list) do out[index] = { element[1], sorted(element[2]), index } end
  table.sort(out, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[3] < b[3]
  end)
  for _, element in ipairs(out) do element[3] = nil end
  return out
end

local function read_json(body)
  return (assert(dkjson.decode(body, 1, dkjson.null)))
end

-- The path of a JSON answer as one of XML.
local function xml_path(path) return (path:gsub("%.json", "", 1)) end

-- The names of a document's elements, in their order, each with those within it.
local function names(list)
  local out = {}
  for index, element in ipairs(list) do
    local inner = type(element[2]) == "table" and "(" .. names(element[2]) .. ")" or ""
    out[index] = element[1] .. inner
  end
  return table.concat(out, " ")
end

-- The names that JSON has for them: there a page's calls are a list, without a name each.
local function json_names(spelt)
  local flat = spelt:gsub("[()]", " "):gsub(" +", " "):gsub(" $", "")
  return (flat:gsub("PageUri Call ", "PageUri Calls "):gsub(" Call ", " "))
end

-- All of a document as text, its names sorted; without what the clock shows.
local function fresh(list)
  return (dkjson.encode(sorted(list)):gsub('"DateUpdated","[^"]*"', ""))
end

local function names_in_json(body)
  local out = {}
  for name in body:gmatch '"(%w+)":' do out[#out + 1] = name end
  return table.concat(out, " ")
end

-- }=================================================================

describe("the sandbox's bulk queries", function()
  local sandbox, base_url, client
  local all = {} -- the records of the last 31 days, the newest first
  local recent = {} -- of 28 days, which no month is too short for

  local function get(path)
    local response = ask(base_url .. path)
    assert.equal(200, response.status, path .. "\n" .. response.body:sub(1, 500))
    return read_json(response.body), response
  end

  local function encode(text) return (text:gsub("[^%w]", function(c)
    return ("%%%02X"):format(c:byte())
  end)) end

  local function query(filters)
    local parts = {}
    for name, value in pairs(filters) do parts[#parts + 1] = name .. "=" .. encode(value) end
    return CALLS .. ".json?" .. table.concat(parts, "&")
  end

  -- All pages from `path` on, by the addresses that they name: each a list of records.
  local function walk(path, neighbour)
    local pages = {}
    while path and path ~= dkjson.null do
      local page = get(path)
      assert.equal(#page.Calls, page.Metadata.PageSize)
      pages[#pages + 1] = page
      path = page.Metadata[neighbour or "NextPageUri"]
      assert.is_true(#pages < HISTORY) -- they end
    end
    return pages
  end

  local function records_of(pages)
    local list = {}
    for _, page in ipairs(pages) do
      for _, record in ipairs(page.Calls) do list[#list + 1] = record end
    end
    return list
  end

  local function sids(records)
    local list = {}
    for index, record in ipairs(records) do list[index] = record.Sid end
    return list
  end

  local function reversed(list)
    local out = {}
    for index = #list, 1, -1 do out[#out + 1] = list[index] end
    return out
  end

  local function epoch(text) return assert(core.time(text, 19800)) end

  setup(function()
    sandbox, base_url = start("--history", tostring(HISTORY), "--rate-limit", "0")
    client = exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                             api_token = "sandbox_token", base_url = base_url }
    all = records_of(walk(CALLS .. ".json?PageSize=100&details=true"))
    recent = {}
    for _, record in ipairs(all) do
      if epoch(record.DateCreated) > epoch(all[1].DateCreated) - 28 * DAY then
        recent[#recent + 1] = record
      end
    end
  end)

  teardown(function()
    sandbox:close()
    client:close()
  end)

  -- {=================================================================
  -- Calls of the past
  -- ==================================================================

  it("find the calls of the last 31 days, the newest first", function()
    assert.is_true(math.abs(#all - HISTORY * 31 / 150) < 2)
    local oldest, newest = epoch(all[#all].DateCreated), epoch(all[1].DateCreated)
    assert.is_true(newest < sys.time() - 3600 + 1)
    assert.is_true(oldest >= sys.time() - 31 * DAY - LONG)
    for index = 2, #all do
      assert.is_true(all[index].DateCreated <= all[index - 1].DateCreated)
      assert.equal(tonumber(all[index - 1].Sid, 16) - 1, tonumber(all[index].Sid, 16))
    end
    assert.equal(HISTORY, tonumber(all[1].Sid, 16))
  end)

  it("make calls of the past by the rule that --help states", function()
    local ends = { [1] = "busy", [2] = "no-answer", [3] = "failed", [4] = "canceled" }
    local directions = { [0] = "outbound-api", "inbound", "outbound-dial" }
    for _, record in ipairs(all) do
      local n = tonumber(record.Sid, 16)
      local ring, talk = 1 + n % 13, 10 + n % 291
      local ending = ends[n % 10] or "completed"
      assert.equal(("+919876%04d10"):format(n % 1000), record.From)
      assert.equal(("+9191234%03d0%d"):format(math.floor(n / 10) % 100, n % 10), record.To)
      assert.equal(("+9180395700%02d"):format(n % 7), record.PhoneNumber)
      assert.equal(record.PhoneNumber, record.PhoneNumberSid)
      assert.equal(directions[n % 3], record.Direction)
      assert.equal(ending, record.Status)
      local talked = ending == "completed" and talk or 0
      local second = ending == "no-answer" and 30 or ring -- rung for
      assert.equal(talked, record.Details.ConversationDuration)
      assert.equal(tostring(ring + second + talked), record.Duration)
      assert.equal(("%.3f"):format(math.ceil((second + talked) / 60) * 0.75), record.Price)
      assert.equal(n % 2 == 0 and talked > 0 and ("%s/exotelrecordings/sandbox/%s.mp3"):format(
        base_url, record.Sid) or "", record.RecordingUrl)
      assert.equal(epoch(record.StartTime) + ring + second + talked, epoch(record.EndTime))
    end
  end)

  it("show a call of the past as Call Details does", function()
    for _, details in ipairs { "", "?details=true" } do
      local record = get(CALLS .. "/" .. all[7].Sid .. ".json" .. details).Call
      local listed = get(query { Sid = all[7].Sid } .. details:gsub("?", "&")).Calls[1]
      assert.equal(details ~= "", record.Details ~= nil)
      listed.PhoneNumber = nil -- only a bulk answer has it
      assert.same(record, listed)
    end
    assert.equal(404, ask(base_url .. CALLS .. ("/%032x.json"):format(HISTORY + 1)).status)
    assert.equal(404, ask(base_url .. CALLS .. ("/%032x.json"):format(0)).status)
  end)

  it("answer from ten million calls of the past", function()
    local large, url = start("--history=10000000", "--rate-limit=0")
    local first = read_json(ask(url .. CALLS .. ".json?PageSize=1").body)
    local last = read_json(ask(url .. first.Metadata.NextPageUri).body)
    large:close()
    assert.equal(10000000, tonumber(first.Calls[1].Sid, 16))
    assert.equal(9999999, tonumber(last.Calls[1].Sid, 16))
    local days = 10000000 / (150 * DAY - 3600) * (31 * DAY - 3600)
    assert.is_true(math.abs(first.Metadata.Total - days) < LONG)
  end)

  -- }=================================================================

  -- {=================================================================
  -- Filters
  -- ==================================================================

  local function one_of(name, ...)
    local set = {}
    for _, value in ipairs { ... } do set[value] = true end
    return function(record) return set[record[name]] == true end
  end

  local function both(a, b) return function(record) return a(record) and b(record) end end

  local function within(name, low, high)
    return function(record)
      local number = tonumber(record[name])
      return number >= low and number <= high
    end
  end

  for _, row in ipairs {
    { { Status = "busy" }, one_of("Status", "busy") },
    { { Status = "failed,no-answer,busy,canceled" },
      one_of("Status", "failed", "no-answer", "busy", "canceled") },
    { { Status = "ended" }, one_of("Status", "ended"), none = true },
    { { Direction = "inbound" }, one_of("Direction", "inbound") },
    { { Direction = "outbound-dial,inbound" }, one_of("Direction", "inbound", "outbound-dial") },
    { { From = "+919876095010" }, one_of("From", "+919876095010") },
    { { To = "+919123400000,+919123403500" }, one_of("To", "+919123400000", "+919123403500") },
    { { PhoneNumber = "+918039570003" }, one_of("PhoneNumber", "+918039570003") },
    { { PhoneNumber = "+918039570000,+918039570001,+918039570002,+918039570003,+918039570004" },
      one_of("PhoneNumber", "+918039570000", "+918039570001", "+918039570002", "+918039570003",
        "+918039570004") },
    { { Duration = "gte:100s;lte:200s" }, within("Duration", 100, 200) },
    { { Duration = "lte:200s;gte:100s" }, within("Duration", 100, 200) },
    { { Duration = "gte:100s" }, within("Duration", 100, 1e9) },
    { { Duration = "lte:20s" }, within("Duration", 0, 20) },
    { { Duration = "eq:40s" }, within("Duration", 40, 40) },
    { { Duration = "40s" }, within("Duration", 40, 40) },
    { { Price = "gte:1.50;lte:2.25" }, within("Price", 1.5, 2.25) },
    { { Price = "eq:0.75" }, within("Price", 0.75, 0.75) },
    { { Price = "3" }, within("Price", 3, 3) },
    { { Price = "lte:0.749" }, within("Price", 0, 0.749), none = true },
    { { Status = "completed", Direction = "inbound" },
      both(one_of("Status", "completed"), one_of("Direction", "inbound")) },
    { { Status = "completed", Duration = "gte:100s", Price = "lte:2.25" },
      both(one_of("Status", "completed"),
        both(within("Duration", 100, 1e9), within("Price", 0, 2.25))) },
  } do
    local title = {}
    for name, value in pairs(row[1]) do title[#title + 1] = name .. "=" .. value end
    table.sort(title)
    it("filter by " .. table.concat(title, " and "), function()
      local wanted = {}
      for _, record in ipairs(recent) do
        if row[2](record) then wanted[#wanted + 1] = record end
      end
      assert.equal(row.none or false, #wanted == 0)
      assert.is_true(#wanted < #recent)
      row[1].PageSize, row[1].details = "100", "true"
      row[1].DateCreated = ("gte:%s;lte:%s"):format(recent[#recent].DateCreated,
        recent[1].DateCreated)
      local pages = walk(query(row[1]))
      assert.equal(#wanted, pages[1].Metadata.Total)
      same(wanted, records_of(pages))
    end)
  end

  it("find SIDs, in the order of time, each once", function()
    local list = { all[40].Sid, all[3].Sid, "c5797dcbaaeed7678c4062a4a3ed2f8b", all[90].Sid,
                   all[3].Sid }
    local page = get(query { Sid = table.concat(list, ",") })
    assert.same({ all[3].Sid, all[40].Sid, all[90].Sid }, sids(page.Calls))
    assert.equal(3, page.Metadata.Total)
    page = get(query { Sid = table.concat(list, ","), SortBy = "DateCreated:asc", PageSize = "2" })
    assert.same({ all[90].Sid, all[40].Sid }, sids(page.Calls))
    assert.same({ all[3].Sid }, sids(get(page.Metadata.NextPageUri).Calls))
    local busy = get(query { Sid = table.concat(sids { lua.unpack(all, 1, 100) }, ","),
                             Status = "busy", PageSize = "100" })
    assert.equal(10, busy.Metadata.Total)
  end)

  it("find a SID beyond the 31 days only with DateCreated", function()
    local n = HISTORY / 2
    local sid = ("%032x"):format(n)
    assert.equal(0, get(query { Sid = sid }).Metadata.Total)
    local created = epoch(get(CALLS .. "/" .. sid .. ".json").Call.DateCreated)
    local range = ("gte:%s;lte:%s"):format(clock.timestamp(created), clock.timestamp(created))
    assert.same({ sid }, sids(get(query { Sid = sid, DateCreated = range }).Calls))
    assert.same({ sid }, sids(get(query { DateCreated = range }).Calls))
  end)

  it("take the ends of DateCreated in, to the second", function()
    local low, high = epoch(all[30].DateCreated), epoch(all[10].DateCreated)
    local function found(first, last)
      local page = get(query { PageSize = "100", DateCreated = ("gte:%s;lte:%s"):format(
        clock.timestamp(first), clock.timestamp(last)) })
      assert.equal(#page.Calls, page.Metadata.Total)
      return sids(page.Calls)
    end
    assert.same(sids { lua.unpack(all, 10, 30) }, found(low, high))
    assert.same(sids { lua.unpack(all, 11, 29) }, found(low + 1, high - 1))
    local open = get(query { PageSize = "100", DateCreated = "gte:" .. clock.timestamp(high) })
    assert.same(sids { lua.unpack(all, 1, 10) }, sids(open.Calls))
  end)

  it("take a month up to an end without a beginning", function()
    local last = epoch(all[#all].DateCreated)
    local page = get(query { PageSize = "100", DateCreated = "lte:" .. clock.timestamp(last),
                             SortBy = "DateCreated:asc" })
    local oldest = epoch(page.Calls[1].DateCreated)
    assert.is_true(oldest >= clock.months_later(last, -1))
    assert.is_true(oldest - clock.months_later(last, -1) < 150 * DAY / HISTORY + 1)
    local n = tonumber(all[#all].Sid, 16) - tonumber(page.Calls[1].Sid, 16) + 1
    assert.equal(n, page.Metadata.Total)
  end)

  it("reach back to the first call in pieces of a month", function()
    local list, last = {}, epoch(all[1].DateCreated)
    for _ = 1, 6 do
      local first = math.max(clock.months_later(last, -1) + 1, sys.time() - 152 * DAY)
      local pages = walk(query { PageSize = "100", DateCreated = ("gte:%s;lte:%s"):format(
        clock.timestamp(first), clock.timestamp(last)) })
      for _, record in ipairs(records_of(pages)) do list[#list + 1] = record.Sid end
      last = first - 1
      if #list == HISTORY then break end
    end
    assert.equal(HISTORY, #list)
    for index, sid in ipairs(list) do
      assert.equal(HISTORY + 1 - index, tonumber(sid, 16))
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- Pages
  -- ==================================================================

  it("have pages of 50, of 100 at most", function()
    assert.equal(50, get(CALLS .. ".json").Metadata.PageSize)
    assert.equal(100, get(CALLS .. ".json?PageSize=100").Metadata.PageSize)
    assert.equal(1, #get(CALLS .. ".json?PageSize=1").Calls)
  end)

  it("lead through all pages and back, in both orders", function()
    for _, sort in ipairs { "DateCreated:desc", "DateCreated:asc" } do
      local wanted = sids(recent)
      if sort == "DateCreated:asc" then wanted = reversed(wanted) end
      local pages = walk(query { PageSize = "33", SortBy = sort,
        DateCreated = ("gte:%s;lte:%s"):format(recent[#recent].DateCreated,
          recent[1].DateCreated) })
      assert.equal(math.ceil(#recent / 33), #pages)
      assert.same(wanted, sids(records_of(pages)))
      for _, page in ipairs(pages) do
        assert.equal(#recent, page.Metadata.Total)
        assert.equal(pages[1].Metadata.FirstPageUri, page.Metadata.FirstPageUri)
      end
      assert.equal(dkjson.null, pages[1].Metadata.PrevPageUri)
      assert.equal(dkjson.null, pages[#pages].Metadata.NextPageUri)
      local back = walk(pages[#pages].Metadata.PrevPageUri, "PrevPageUri")
      assert.equal(#pages - 1, #back)
      for index, page in ipairs(back) do
        assert.same(pages[#pages - index].Calls, page.Calls)
      end
      same(pages[1], get(pages[1].Metadata.FirstPageUri))
    end
  end)

  it("name their pages as the samples do, by cursors that hold a time and a SID", function()
    local asked = "DateCreated=gte:%s;lte:%s&Status=completed,busy&PageSize=2&details=true"
    asked = asked:format(recent[#recent].DateCreated, recent[1].DateCreated):gsub(" ", "+")
    local function spelt(text) return (text:gsub("[:;]", { [":"] = "%3A", [";"] = "%3B" })) end
    for _, path in ipairs { CALLS .. ".json", CALLS } do
      local body = ask(base_url .. path .. "?" .. asked .. "&RecordingUrlValidity=5&New=1").body
      body = body:gsub("&amp;", "&")
      local first = path .. "?PageSize=2&" .. spelt(asked:match "DateCreated=[^&]+")
        .. "&Status=completed%2Cbusy&SortBy=DateCreated:desc&details=true&RecordingUrlValidity=5"
      assert.truthy(body:find(first .. '"', 1, true) or body:find(first .. "<", 1, true), body)
      local cursor = body:match("[?&]After=([%w=]+)[\"<]")
      assert.truthy(body:find(first .. "&After=" .. cursor, 1, true))
      local created, sid = core.unbase64(cursor):match "^(%d+),(%x+)$"
      local shown = {}
      for one in body:gmatch "Sid\"?[:>]\"?(%x+)" do
        if #one == 32 then shown[#shown + 1] = one end
      end
      assert.same({ 2, sid }, { #shown, shown[2] })
      assert.equal(clock.timestamp(tonumber(created)),
        get(CALLS .. "/" .. sid .. ".json").Call.DateCreated)
    end
  end)

  it("end where nothing is left", function()
    local page = get(query { From = "+14155550100" })
    assert.same({ Metadata = { Total = 0, PageSize = 0, PrevPageUri = dkjson.null,
      NextPageUri = dkjson.null, FirstPageUri = CALLS
        .. ".json?PageSize=50&From=%2B14155550100&SortBy=DateCreated:desc" }, Calls = {} }, page)
    local body = ask(base_url .. CALLS .. "?From=%2B14155550100").body
    same({ { "Metadata", { { "Total", "0" }, { "PageSize", "0" }, { "FirstPageUri", CALLS
      .. "?PageSize=50&From=%2B14155550100&SortBy=DateCreated:desc" }, { "PrevPageUri", "" },
      { "NextPageUri", "" } } } }, read_xml(body))
    local oldest = core.base64(("%d,%032x"):format(
      epoch(get(CALLS .. ("/%032x.json"):format(1)).Call.DateCreated), 1))
    page = get(query { After = oldest })
    assert.same({ {}, dkjson.null, dkjson.null },
      { page.Calls, page.Metadata.PrevPageUri, page.Metadata.NextPageUri })
  end)

  -- }=================================================================

  -- {=================================================================
  -- What is refused
  -- ==================================================================

  local function days_ago(days) return clock.timestamp(sys.time() - days * DAY) end

  local number = "+919876543210"

  for _, row in ipairs {
    { "six numbers", { To = (number .. ","):rep(5) .. number }, "'To': it has 6 items" },
    { "six callers", { From = (number .. ","):rep(5) .. number }, "'From': it has 6 items" },
    { "six ExoPhones", { PhoneNumber = (number .. ","):rep(5) .. number }, "'PhoneNumber'" },
    { "a number that isn't E.164", { To = "09876543210" }, "'To': .*E%.164" },
    { "an empty number", { From = number .. "," }, "'From': .*E%.164" },
    { "101 SIDs", { Sid = ("c5,"):rep(100) .. "c5" }, "'Sid': it has 101 items" },
    { "a SID with a blank", { Sid = "c5, d6" }, "'Sid'" },
    { "an empty status", { Status = "busy,,failed" }, "'Status'" },
    { "a range over a month", function()
      return { DateCreated = ("gte:%s;lte:%s"):format(days_ago(40), days_ago(8)) }
    end, "'DateCreated': it is longer than a month" },
    { "a beginning over a month ago", function()
      return { DateCreated = "gte:" .. days_ago(40) }
    end, "'DateCreated': it is longer than a month" },
    { "what is older than six months", function()
      return { DateCreated = ("gte:%s;lte:%s"):format(days_ago(190), days_ago(180)) }
    end, "'DateCreated': it begins more than 6 months ago" },
    { "a range the wrong way round", function()
      return { DateCreated = ("gte:%s;lte:%s"):format(days_ago(8), days_ago(9)) }
    end, "'DateCreated': it leaves nothing" },
    { "a date alone", { DateCreated = "gte:2026-11-01" }, "'DateCreated': it wants a time" },
    { "a day that isn't there", { DateCreated = "gte:2026-02-30 00:00:00" }, "wants a time" },
    { "another spelling of time", { DateCreated = "gte:2026-11-01T00:00:00Z" }, "wants a time" },
    { "a time without operator", function() return { DateCreated = days_ago(1) } end,
      "'DateCreated': .*needs an operator" },
    { "eq of a time", function() return { DateCreated = "eq:" .. days_ago(1) } end,
      "'DateCreated': .*gte and lte only" },
    { "an unknown operator", { Duration = "above:10s" }, "'Duration': .*no operator 'above'" },
    { "gt", { Duration = "gt:10s" }, "'Duration': .*no operator 'gt'" },
    { "lt", { Duration = "gte:1s;lt:10s" }, "'Duration': .*no operator 'lt'" },
    { "an operator twice", { Duration = "gte:1s;gte:2s" }, "'Duration': .*twice" },
    { "seconds without a unit", { Duration = "gte:10" }, "'Duration': it wants seconds" },
    { "another unit", { Duration = "10m" }, "'Duration': it wants seconds" },
    { "an empty part", { Duration = "gte:10s;" }, "'Duration': it wants seconds" },
    { "a price that is none", { Price = "gte:cheap" }, "'Price': it wants a decimal" },
    { "a negative price", { Price = "-1" }, "'Price': it wants a decimal" },
    { "a page of none", { PageSize = "0" }, "'PageSize': .*from 1 to 100" },
    { "a page over 100", { PageSize = "101" }, "'PageSize': .*from 1 to 100" },
    { "a page of half a call", { PageSize = "1.5" }, "'PageSize'" },
    { "another order", { SortBy = "Duration:asc" }, "'SortBy': it wants DateCreated:asc or" },
    { "details that are neither", { details = "yes" }, "'details': it wants true or false" },
    { "addresses for hours", { RecordingUrlValidity = "61" }, "'RecordingUrlValidity'" },
    { "a cursor that is none", { After = "page 2" }, "'After': it is no cursor" },
    { "a cursor without a SID", { Before = core.base64 "1577984407" }, "'Before': it is no cur" },
    { "a cursor to no call", { After = core.base64 "1577984407,06d8fb407eef" }, "'After': it is" },
    { "a cursor with another time", { Before = core.base64(("1,%032x"):format(7)) }, "'Before': " },
    { "both cursors", { Before = core.base64 "1,a", After = core.base64 "1,b" }, "Only one of" },
    { "a list by brackets", { ["Status[0]"] = "busy" }, "'Status': it is given as a list" },
  } do
    it("refuse " .. row[1], function()
      local filters = type(row[2]) == "function" and row[2]() or row[2]
      local path = query(filters)
      local response = ask(base_url .. path)
      assert.equal(400, response.status, response.body:sub(1, 500))
      local exception = read_json(response.body).RestException
      assert.equal(400, exception.Status)
      assert.matches(row[3], exception.Message)
      local in_xml = ask(base_url .. xml_path(path))
      assert.equal(400, in_xml.status)
      same({ { "RestException", { { "Status", "400" }, { "Message", exception.Message } } } },
        read_xml(in_xml.body))
    end)
  end

  it("take what is just within the limits", function()
    for _, filters in ipairs {
      { To = (number .. ","):rep(4) .. number }, { Sid = ("c5,"):rep(99) .. "c5" },
      { PageSize = "100" }, { RecordingUrlValidity = "60" }, { NumbersMetadata = "true" },
      { details = "false" }, { Status = "ended" }, { Duration = "gte:0s;lte:999999s" },
      { DateCreated = ("gte:%s;lte:%s"):format(days_ago(58), days_ago(30)) },
      { DateCreated = ("gte:%s;lte:%s"):format(days_ago(180), days_ago(179)) },
      { DateCreated = ("gte:%s;lte:%s"):format(days_ago(1), days_ago(-1)) }, { Unknown = "1" },
      { DateCreated = "gte:9999-12-01 00:00:00;lte:9999-12-31 23:59:59" },
      { Price = "", Status = "" },
    } do
      get(query(filters))
    end
  end)

  -- }=================================================================

  -- {=================================================================
  -- Calls of today
  -- ==================================================================

  it("find a call once it has ended, by its numbers in E.164", function()
    local busy, url = start("--speed", "20", "--rate-limit", "0", "--call-seconds", "1e6",
      "--settle-seconds", "0")
    local caller = exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                                   api_token = "sandbox_token", base_url = url }
    local function found(filters)
      return sids(read_json(ask(url .. query(filters)).body).Calls)
    end
    local endless = assert(caller:connect { from = "+919876543210", to = "+919123456789",
                                            caller_id = "+918039570001" })
    local first = assert(caller:connect { from = "098765 43210", to = "+919123456701",
                                          caller_id = "080-3957-0000" })
    local second = assert(caller:connect { from = "+919876543210", to = "+919123456789",
                                           caller_id = "+918039570001", time_limit = 40 })
    local stop = sys.now() + LONG
    repeat until #found {} == 2 or sys.now() > stop
    assert.same({ second.sid, first.sid }, found {})
    assert.same({}, found { Sid = endless.sid })
    assert.same({ first.sid, second.sid }, found { SortBy = "DateCreated:asc" })
    local told = read_json(ask(url .. query { Sid = first.sid }).body).Calls[1]
    assert.same({ "+918039570000", "08039570000" }, { told.PhoneNumber, told.PhoneNumberSid })
    assert.same({ second.sid, first.sid }, found { From = "+919876543210" })
    assert.same({ first.sid }, found { PhoneNumber = "+918039570000" })
    assert.same({ first.sid }, found { Status = "busy", Direction = "outbound-api" })
    assert.same({ second.sid }, found { Duration = "gte:40s" })
    assert.same({ second.sid }, found { Sid = second.sid })
    assert.same({}, found { Direction = "inbound" })
    busy:close()
    caller:close()
  end)

  it("lead from calls of the past to those of today", function()
    local mixed, url = start("--speed", "100", "--rate-limit", "0", "--history", "300")
    local caller = exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
                                   api_token = "sandbox_token", base_url = url }
    local placed = {}
    for index = 1, 5 do
      placed[index] = assert(caller:connect { from = "+919876543210", to = "+919123456701",
                                              caller_id = "08039570001" }).sid
    end
    caller:close()
    local function read(path) return read_json(ask(url .. path).body) end
    local stop = sys.now() + LONG
    repeat until read(query { From = "+919876543210" }).Metadata.Total == 5 or sys.now() > stop
    for _, sort in ipairs { "asc", "desc" } do
      local path, list = query { PageSize = "3", SortBy = "DateCreated:" .. sort }, {}
      repeat
        local page = read(path)
        for _, record in ipairs(page.Calls) do list[#list + 1] = record.Sid end
        path = page.Metadata.NextPageUri
      until path == dkjson.null or #list > 300
      if sort == "desc" then list = reversed(list) end
      assert.same(placed, { lua.unpack(list, #list - 4) })
      for index = 1, #list - 5 do
        assert.equal(300 - (#list - 5) + index, tonumber(list[index], 16))
      end
    end
    mixed:close()
  end)

  -- }=================================================================

  -- {=================================================================
  -- Both formats
  -- ==================================================================

  local FIELDS = "Sid ParentCallSid DateCreated DateUpdated AccountSid To From PhoneNumberSid "
    .. "Status StartTime EndTime Duration Price Direction AnsweredBy ForwardedFrom CallerName "
    .. "Uri RecordingUrl"
  local LISTED = FIELDS:gsub("From ", "From PhoneNumber ", 1)
  local DETAILS = " Details(ConversationDuration Leg1Status Leg2Status Legs("
    .. "Leg(Id OnCallDuration) Leg(Id OnCallDuration)))"
  local PAGE = "Metadata(Total PageSize FirstPageUri PrevPageUri NextPageUri)"

  for _, row in ipairs {
    { "a call", CALLS .. ("/%032x.json"):format(7), "Call(" .. FIELDS .. ")" },
    { "a call with its legs", CALLS .. ("/%032x.json?details=true"):format(7),
      "Call(" .. FIELDS .. DETAILS .. ")" },
    { "a page", CALLS .. ".json?PageSize=2",
      PAGE .. " Call(" .. LISTED .. ") Call(" .. LISTED .. ")" },
    { "a page with legs", CALLS .. ".json?PageSize=1&details=true",
      PAGE .. " Call(" .. LISTED .. DETAILS .. ")" },
    { "a number", "/v1/Accounts/sandbox/Numbers/%2B919876543210.json",
      "Numbers(PhoneNumber Circle CircleName Type Operator OperatorName DND)" },
    { "the balance", "/v1/Accounts/sandbox/Balance.json",
      "Account(AccountSid BalanceData(Balance Currency PricingPlan DateUpdated))" },
    { "a refusal", CALLS .. "/none.json", "RestException(Status Message)" },
  } do
    it("and all else answer the same in JSON and XML: " .. row[1], function()
      local in_json = ask(base_url .. row[2])
      local in_xml = ask(base_url .. xml_path(row[2]))
      assert.equal(in_json.status, in_xml.status)
      assert.equal("application/json", in_json.headers["content-type"])
      assert.equal("application/xml", in_xml.headers["content-type"])
      local elements = read_xml(in_xml.body)
      assert.equal(row[3], names(elements))
      assert.equal(json_names(row[3]), names_in_json(in_json.body))
      local expected = as_xml("", read_json(in_json.body:gsub("%.json%?", "?")))[1][2]
      assert.equal(fresh(expected), fresh(elements))
    end)
  end

  it("answer a dial in XML, nothing being an element that is empty", function()
    local response = ask(base_url .. CALLS .. "/connect", { method = "POST",
      headers = { ["content-type"] = "application/x-www-form-urlencoded" },
      body = "From=%2B919876543210&To=%2B919123456789&CallerId=08039570000" })
    assert.equal(200, response.status)
    local elements = read_xml(response.body)
    assert.equal("Call(" .. FIELDS .. ")", names(elements))
    assert.truthy(response.body:find("<EndTime/><Duration/><Price/>", 1, true))
    local sid = response.body:match "<Sid>(%x+)</Sid>"
    response = ask(base_url .. CALLS .. "/" .. sid)
    assert.truthy(response.body:find("<EndTime></EndTime><Duration></Duration>", 1, true))
    local refused = ask(base_url .. CALLS .. "/connect", { method = "POST", body = "To=1" })
    assert.equal(400, refused.status)
    same({ { "RestException", { { "Status", "400" },
      { "Message", "The 'From' parameter is required." } } } }, read_xml(refused.body))
    local stranger = ask(base_url .. CALLS, { password = "other" })
    assert.equal(401, stranger.status)
    assert.equal("401", read_xml(stranger.body)[1][2][1][2])
  end)

  -- }=================================================================

  describe("and its numbers", function()
    for _, row in ipairs {
      { "+919876543210", "09876543210", "Mobile", "Yes" },
      { "09876543211", "09876543211", "Mobile", "No" },
      { "9876543219", "09876543219", "Mobile", "Unavailable" },
      { "+914012345678", "04012345678", "Landline", "Yes" },
      { "+915999999999", "05999999999", "Landline", "Unavailable" },
      { "+916000000001", "06000000001", "Mobile", "No" },
    } do
      it("know " .. row[1], function()
        local found = get("/v1/Accounts/sandbox/Numbers/" .. encode(row[1]) .. ".json").Numbers
        assert.same({ row[2], row[3], row[4] }, { found.PhoneNumber, found.Type, found.DND })
        assert.equal(exotel.circles[found.Circle], found.CircleName)
        assert.equal(exotel.operators[found.Operator], found.OperatorName)
      end)
    end

    it("go through all circles and operators by the first digits", function()
      local circles, operators = {}, {}
      for series = 6000, 6000 + 29 * 18 - 1 do
        local found = get(("/v1/Accounts/sandbox/Numbers/0%d123456.json"):format(series)).Numbers
        circles[found.Circle], operators[found.Operator] = true, true
        if series < 6029 then circles[#circles + 1] = found.Circle end
      end
      for code in pairs(exotel.circles) do assert.is_true(circles[code], code) end
      for code in pairs(exotel.operators) do assert.is_true(operators[code], code) end
      local first = 6000 % 29 -- which of the alphabet's order number 6000 has
      for index = 2, 29 do
        if (first + index - 1) % 29 ~= 0 then
          assert.is_true(circles[index - 1] < circles[index])
        end
      end
    end)

    for _, unknown in ipairs { "12", "+14155550100", "98765", "number", "+91987654321",
                               "sip:a@example.com", "+9198765432100" } do
      it("don't know " .. unknown, function()
        local response = ask(base_url .. "/v1/Accounts/sandbox/Numbers/" .. encode(unknown)
          .. ".json")
        assert.equal(404, response.status)
        assert.equal("No such number.", read_json(response.body).RestException.Message)
      end)
    end
  end)

  it("and the balance is what --help says", function()
    local account = get("/v1/Accounts/sandbox/Balance.json").Account
    assert.equal("sandbox", account.AccountSid)
    assert.is_true(math.abs(epoch(account.BalanceData.DateUpdated) - sys.time()) < LONG)
    account.BalanceData.DateUpdated = nil
    assert.same({ Balance = "1543.75", Currency = "INR", PricingPlan = "sandbox" },
      account.BalanceData)
  end)
end)

describe("the sandbox's limit", function()
  local function told(response)
    local headers = response.headers
    return { response.status, headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"] }
  end

  it("is 200 requests a minute, and told of in every answer", function()
    local sandbox, url = start()
    local path = url .. "/v1/Accounts/sandbox/Balance.json"
    for left = 199, 0, -1 do
      assert.same({ 200, "200", tostring(left) }, told(ask(path)))
    end
    local asked_at = sys.time()
    local response = ask(path)
    assert.same({ 429, "200", "0" }, told(response))
    local wait = tonumber(response.headers["retry-after"])
    assert.is_true(wait >= 1 and wait <= 60)
    local reset = tonumber(response.headers["x-ratelimit-reset"])
    assert.is_true(reset >= asked_at + wait - 1 and reset <= sys.time() + wait + 1)
    assert.same({ Status = 429, Message = "Rate limit exceeded. Max 200 requests per minute." },
      read_json(response.body).RestException)
    sandbox:close()
  end)

  it("counts neither strangers nor a test's own questions", function()
    local sandbox, url = start("--rate-limit", "1")
    local path = url .. "/v1/Accounts/sandbox/Balance"
    for _, row in ipairs {
      { "/_sandbox/calls", {}, 200 }, { "/v1/Accounts/sandbox/Balance", { password = "x" }, 401 },
      { "/v1/Accounts/other/Balance", {}, 404 }, { "/none", {}, 404 },
    } do
      assert.same({ row[3] }, told(ask(url .. row[1], row[2])))
    end
    assert.same({ 200, "1", "0" }, told(ask(path)))
    local refused = ask(path)
    assert.same({ 429, "1", "0" }, told(refused))
    assert.equal("429", read_xml(refused.body)[1][2][1][2])
    assert.same({ 200 }, told(ask(url .. "/_sandbox/calls")))
    sandbox:close()
  end)

  it("refuses dials, which are written down and place no call", function()
    local sandbox, url = start("--rate-limit", "1")
    local client = exotel.client { account_sid = "sandbox", api_key = "sandbox_key",
      api_token = "sandbox_token", base_url = url, retries = 0 }
    local params = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
    assert(client:connect(params))
    local call, err = client:connect(params)
    assert.is_nil(call)
    assert.same({ 429, "rate_limited", "rejected" }, { err.status, err.reason, err.outcome })
    assert.is_true(err.retry_after >= 1 and err.retry_after <= 60)
    local dials = read_json(ask(url .. "/_sandbox/dials").body)
    assert.same({ 2, 200, 429 }, { dials.count, dials.dials[1].status, dials.dials[2].status })
    assert.equal(1, read_json(ask(url .. "/_sandbox/calls").body).count)
    client:close()
    sandbox:close()
  end)

  it("opens again when its clock says so", function()
    local sandbox, url = start("--rate-limit", "1", "--speed", "20")
    local path = url .. "/v1/Accounts/sandbox/Balance.json"
    assert.equal(200, ask(path).status)
    local wait = tonumber(ask(path).headers["retry-after"]) -- real seconds
    assert.is_true(wait >= 1 and wait <= 3)
    sys.sleep(wait)
    assert.equal(200, ask(path).status)
    sandbox:close()
  end)

  it("is none with 0", function()
    local sandbox, url = start("--rate-limit", "0")
    for _ = 1, 201 do
      assert.same({ 200 }, told(ask(url .. "/v1/Accounts/sandbox/Balance.json")))
    end
    sandbox:close()
  end)

  it("holds in any 60 seconds, whenever requests come", function()
    local now, admitted = 1000, {}
    local gate = limit.new { most = 5, clock = { now = function() return now end,
      real = function(_, seconds) return seconds end, real_epoch = function(_, at) return at end } }
    for step = 1, 500 do
      now = now + step * 7 % 11
      local yes, headers = gate:take()
      if yes then
        admitted[#admitted + 1] = now
        if admitted[#admitted - 5] then
          assert.is_true(now - admitted[#admitted - 5] >= 60)
        end
        assert.is_nil(headers["retry-after"])
      else
        local first = admitted[#admitted - 4]
        assert.is_true(now - first < 60)
        assert.equal(tostring(first + 60 - now), headers["retry-after"])
        assert.equal(tostring(first + 60), headers["x-ratelimit-reset"])
      end
    end
    assert.is_true(#admitted > 100)
  end)

  it("is told of in real seconds, whatever the clock's speed", function()
    local real = 50
    local fast = clock.new { epoch = 1000, speed = 10, now = function() return real end,
                             sleep = error }
    local gate = limit.new { most = 1, clock = fast }
    gate:take()
    real = real + 1
    local _, headers = gate:take()
    assert.same({ "5", "1006" }, { headers["retry-after"], headers["x-ratelimit-reset"] })
  end)
end)

describe("calls of the past", function()
  it("are found by their time without looking at all of them", function()
    for _, count in ipairs { 0, 1, 2, 7, 1000 } do
      local past = history.new(count, 1800000000)
      local last = past.first + past.span
      local seen = 0
      for n = 1, count do
        local placed = past:placed(n)
        assert.is_true(placed >= past.first and placed < last)
        if n > 1 then assert.is_true(placed >= past:placed(n - 1)) end
      end
      for _, epoch in ipairs { past.first - 1, past.first, past.first + 1, last, last + DAY } do
        local n = 0
        while n < count and past:placed(n + 1) < epoch do n = n + 1 end
        assert.equal(n, past:before(epoch))
      end
      for n = 1, math.min(count, 50) do
        local placed = past:placed(n)
        assert.same({ n - 1, n }, { past:before(placed), past:before(placed + 1) })
        seen = seen + 1
      end
      assert.equal(math.min(count, 50), seen)
    end
  end)

  it("may be many in a second", function()
    local past = history.new(history.MOST, 1800000000)
    for _, n in ipairs { 1, 2, 3, 999999, 5000000, history.MOST } do
      local placed = past:placed(n)
      local before = past:before(placed)
      assert.is_true(before < n)
      assert.is_true(before == 0 or past:placed(before) < placed)
      assert.equal(placed, past:placed(before + 1))
    end
  end)

  it("have SIDs of their own", function()
    local past = history.new(300, 1800000000)
    for n = 1, 300 do assert.equal(n, past:find(past:call(n).sid)) end
    for _, sid in ipairs { ("%032x"):format(0), ("%032x"):format(301), ("%032X"):format(171),
                           ("%031x"):format(7), ("f"):rep(32), "7", "" } do
      assert.is_nil(past:find(sid), sid)
    end
  end)

  it("are limited to what their number can be", function()
    for _, option in ipairs { "--history=10000001", "--history=-1", "--rate-limit=-1",
                              "--rate-limit=often" } do
      local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0", option,
                                         stderr = false })
      assert.equal(2, process:wait(LONG), option)
      process:close()
    end
  end)
end)

describe("the sandbox's months", function()
  for _, row in ipairs {
    { "2026-11-21 10:48:33", 1, "2026-12-21 10:48:33" },
    { "2026-12-31 00:00:00", 1, "2027-01-31 00:00:00" },
    { "2026-01-31 23:59:59", 1, "2026-02-28 23:59:59" },
    { "2028-01-31 00:00:00", 1, "2028-02-29 00:00:00" },
    { "2026-03-31 01:00:00", -1, "2026-02-28 01:00:00" },
    { "2026-08-31 01:00:00", -6, "2026-02-28 01:00:00" },
    { "2026-01-01 01:00:00", -6, "2025-07-01 01:00:00" },
    { "2026-01-01 00:30:00", -1, "2025-12-01 00:30:00" }, -- another day in UTC
  } do
    it(("find %s %+d months"):format(row[1], row[2]), function()
      local epoch = clock.epoch_of(row[1])
      assert.equal(row[3], clock.timestamp(clock.months_later(epoch, row[2])))
    end)
  end

  it("have days that begin at midnight", function()
    for _, time in ipairs { "2026-01-01 00:00:00", "2026-01-01 05:29:59", "2026-01-01 23:59:59" } do
      assert.equal("2026-01-01 00:00:00", clock.timestamp(clock.day_of(clock.epoch_of(time))))
    end
  end)
end)
