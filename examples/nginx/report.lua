-- report: GET ?month=2026-11 gives the finished calls of a month as CSV, a page as it comes.

local account = require "account"

local report = {}

local PAGE = 100 -- calls that Exotel gives at a time
local columns = { "sid", "date_created", "from", "to", "status", "duration", "price_text" }

local function line(values)
  local cells = {}
  for index = 1, #columns do
    cells[index] = '"' .. tostring(values[index] or ""):gsub('"', '""') .. '"'
  end
  return table.concat(cells, ",") .. "\n"
end

local function line_of(call)
  local values = {}
  for index, name in ipairs(columns) do values[index] = call[name] end
  return line(values)
end

-- The calls of a month, or nil where there is no such month.
local function query_of(text)
  local year, month = text:match "^(%d%d%d%d)%-(%d%d)$"
  if not year or tonumber(month) < 1 or tonumber(month) > 12 then return nil end
  local last_day = os.date("%d", os.time { year = year, month = month + 1, day = 0 })
  return account.client:calls {
    date_created = { gte = text .. "-01", lte = text .. "-" .. last_day }, sort = "asc",
  }
end

-- Lines of up to a page of calls; the error that ended them early, and whether there are no more.
local function next_lines(query)
  local list = {}
  for index = 1, PAGE do
    local call, err = query:next()
    if not call then return list, err, true end
    list[index] = line_of(call)
  end
  return list
end

local function fail(err)
  ngx.log(ngx.ERR, "report: ", tostring(err))
  -- A report that has begun and ends without its last chunk isn't taken for a whole one.
  if ngx.headers_sent then return ngx.exit(ngx.ERROR) end
  ngx.exit(err.kind == "invalid" and 400 or 502)
end

function report.handle()
  if ngx.req.get_method() ~= "GET" then
    ngx.header["Allow"] = "GET"
    return ngx.exit(405)
  end
  local query = query_of(ngx.var.arg_month or "")
  if not query then return ngx.exit(400) end
  local list, err, done = next_lines(query)
  if err then return fail(err) end
  ngx.header["Content-Type"] = "text/csv"
  ngx.print(line(columns))
  repeat
    -- What can't be sent has nobody who reads it.
    if not ngx.print(list) or not ngx.flush(true) then return end
    if done then return end
    list, err, done = next_lines(query)
  until err
  fail(err)
end

return report
