-- sandbox/numbers: how the leg to a number ends, by the number's last two digits.
--
-- One table, read when a call is planned and by --help.
--
-- SPDX-License-Identifier: MIT

local numbers = {}

-- Digits, the status in which the leg ends, and what happens.
local rows = {
  { "01", "busy", "rings, then a busy signal" },
  { "02", "no-answer", "rings for TimeOut seconds (30 without one)" },
  { "03", "failed", "rings, then it turns out that there is no such number" },
  { "04", "canceled", "is canceled while it rings" },
}

local OTHERS = { "others", "completed", "rings, answers, and talks until the end" }

--- The status in which a leg to this number ends.
function numbers.ending(number)
  local digits = number:match "(%d%d)$"
  for _, row in ipairs(rows) do
    if row[1] == digits then return row[2] end
  end
  return OTHERS[2]
end

--- The table as text, a row a line.
function numbers.help()
  local lines = {}
  for index, row in ipairs(rows) do
    lines[index] = ("  …%-7s %-12s %s"):format(row[1], row[2], row[3])
  end
  lines[#lines + 1] = ("  %-8s %-12s %s"):format(OTHERS[1], OTHERS[2], OTHERS[3])
  return table.concat(lines, "\n") .. "\n"
end

return numbers
