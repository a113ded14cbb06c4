-- calls_server: answers queries over calls as the pages of the service document it, on a
-- history that it makes up; whatever the pages forbid is answered 400.
--
--   lua5.4 spec/support/calls_server.lua CHUNK
--
-- CHUNK is Lua that returns { calls = { { sid, epoch, from, to }, … }, answer = function or
-- nil }: answer(number, filter, page) is asked of each request first, and may return status,
-- body (a table is made JSON) and headers, or nil for what would be answered. `page` makes the
-- document that would be. It prints its address. A GET of /log is answered with a line for
-- each request since the last such: its method, its target, its body. The end of stdin ends
-- the program. serving.lua is the other end.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local httpd = require "exotel.httpd"
local sys = require "exotel.sys"

local IST = 19800

io.stdout:setvbuf "line"
local history = assert((loadstring or load)(arg[1]))() -- luacheck: ignore 113

local function json(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif type(value) ~= "table" then
    return value == nil and "null" or tostring(value)
  end
  local parts = {}
  if value[1] ~= nil or next(value) == nil then
    for index, item in ipairs(value) do parts[index] = json(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name, item in pairs(value) do parts[#parts + 1] = json(name) .. ":" .. json(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function has(list, value)
  return not list or ("," .. list .. ","):find("," .. value .. ",", 1, true) ~= nil
end

local function count(list)
  return list and select(2, list:gsub(",", ",")) + 1 or 0
end

-- What the pages say of one request.
local function is_allowed(filter, from, to)
  local size = tonumber(filter.PageSize or 50)
  if filter.DateCreated and not (from and to and from <= to and to - from <= 31 * 86400) then
    return false
  end
  for _, name in ipairs { "From", "To", "PhoneNumber" } do
    if count(filter[name]) > 5 then return false end
  end
  return count(filter.Sid) <= 20 and size >= 1 and size <= 100
end

local function cursor_of(call)
  return core.base64(("%d,%s"):format(call.epoch, call.sid))
end

local function matching(filter, from, to)
  local list = {}
  for _, call in ipairs(history.calls) do
    if (not from or call.epoch >= from and call.epoch <= to) and has(filter.Sid, call.sid)
      and has(filter.From, call.from) and has(filter.To, call.to) then
      list[#list + 1] = call
    end
  end
  local ascending = filter.SortBy == "DateCreated:asc"
  table.sort(list, function(a, b)
    if not ascending then a, b = b, a end
    return a.epoch < b.epoch or a.epoch == b.epoch and a.sid < b.sid
  end)
  return list
end

local function record(call)
  local made = core.date(call.epoch, IST)
  return { Sid = call.sid, DateCreated = made, DateUpdated = made, AccountSid = "acc",
           From = call.from, To = call.to, Status = call.status or "completed", Duration = "17",
           Price = "0.750", Direction = "outbound-api", StartTime = made, EndTime = "",
           ParentCallSid = "", RecordingUrl = "" }
end

local function encode(text)
  return (text:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The document of one page.
local function page_of(filter, from, to)
  local size, list, page, start = tonumber(filter.PageSize or 50), matching(filter, from, to), {}, 1
  for index, call in ipairs(list) do
    if filter.After == cursor_of(call) then start = index + 1 end
  end
  for index = start, math.min(#list, start + size - 1) do page[#page + 1] = record(list[index]) end
  local uri = ("/v1/Accounts/acc/Calls.json?PageSize=%d"):format(size)
  local last = list[start + #page - 1]
  local next_uri = start + #page <= #list and uri .. "&After=" .. encode(cursor_of(last)) or nil
  return { Calls = page, Metadata = { Total = #list, PageSize = #page, FirstPageUri = uri,
                                      NextPageUri = next_uri } }
end

local function answer(number, target)
  local query = target:match "%?(.*)$" or ""
  local filter = core.form(query)
  local from, to
  if filter.DateCreated then
    local first, last = filter.DateCreated:match "^gte:([^;]+);lte:([^;]+)$"
    from, to = core.time(first or "x", IST), core.time(last or "x", IST)
  end
  local function page(changed)
    for name, value in pairs(changed or {}) do filter[name] = value end
    return page_of(filter, from, to)
  end
  local status, body, headers
  if history.answer then status, body, headers = history.answer(number, filter, page) end
  if status then return status, type(body) == "table" and json(body) or body, headers end
  if not is_allowed(filter, from, to) then
    return 400, '{"RestException":{"Status":400,"Message":"the pages forbid it"}}'
  end
  return 200, json(page_of(filter, from, to))
end

local server = assert(httpd.listen {})
print(server:url())
local requests, log = 0, {}
while true do
  local request = server:poll(0.02)
  if request then
    local target = request:path() .. (request:query() and "?" .. request:query() or "")
    if target == "/log" then
      request:respond(200, {}, table.concat(log))
      log = {}
    else
      requests = requests + 1
      log[#log + 1] = ("%s %s %s\n"):format(request:method(), target, request:body())
      local status, body, headers = answer(requests, target)
      request:respond(status, headers or {}, body or "")
    end
  end
  if sys.poll({ 0, "r" }, 0)[1] then os.exit(0) end
end
