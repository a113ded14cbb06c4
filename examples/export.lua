-- Writes the finished calls of a month as CSV lines, the oldest first.
--   lua5.4 examples/export.lua 2026-11 >november.csv
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"

local columns = { "sid", "date_created", "from", "to", "status", "duration", "price_text" }

local function write_line(values)
  local cells = {}
  for index = 1, #columns do
    cells[index] = '"' .. tostring(values[index] or ""):gsub('"', '""') .. '"'
  end
  io.write(table.concat(cells, ","), "\n")
end

local year, month = (arg[1] or ""):match "^(%d%d%d%d)-(%d%d)$"
if not year then error("a month like 2026-11 is wanted", 0) end
local last_day = os.date("%d", os.time { year = year, month = month + 1, day = 0 })

write_line(columns)
for call in exotel.calls {
  date_created = { gte = arg[1] .. "-01", lte = arg[1] .. "-" .. last_day }, sort = "asc",
} do
  local values = {}
  for index, name in ipairs(columns) do values[index] = call[name] end
  write_line(values)
end
