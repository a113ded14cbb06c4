-- chaos/plan: which dials a chaos run makes, and what befalls each of them.
--
-- Every dial calls a number of its own, whose last two digits ask the sandbox for a fault
-- (`exotel sandbox --help` lists them). The order is shuffled by the seed alone.
--
-- SPDX-License-Identifier: MIT

local dice = require "exotel.dice"

local plan = {}

local SHARE = 0.012 -- of all dials, for each fault

local answered, unanswered = "70", { "01", "02", "03", "04" }

--- The faults: name; the digits that ask for it. `endings`: other digits, of each eighth such dial,
--- whose call nobody answers. `reuse`: the dial comes after a look-up whose connection dies when it
--- is used again. `deaf`: nobody listens where it is sent.
plan.faults = {
  { name = "none", digits = answered, endings = unanswered },
  { name = "close", digits = "20" },
  { name = "reset", digits = "21" },
  { name = "silent", digits = "22" },
  { name = "close, placed", digits = "23" },
  { name = "reset, placed", digits = "24" },
  { name = "silent, placed", digits = "25" },
  { name = "half an answer", digits = "26" },
  { name = "wrong length", digits = "27" },
  { name = "slow", digits = "28" },
  { name = "5xx before placing", digits = "29" },
  { name = "5xx after placing", digits = "30" },
  { name = "429, Retry-After", digits = "31" },
  { name = "429 alone", digits = "32" },
  { name = "dies when reused", digits = "33", reuse = true },
  { name = "nobody listens", digits = "71", deaf = true },
}

local function digits_of(fault, place)
  local turn = place / 8
  if not fault.endings or turn % 1 ~= 0 then return fault.digits end
  return fault.endings[turn % #fault.endings + 1]
end

local function shuffle(list, random)
  for index = #list, 2, -1 do
    local other = 1 + math.floor(random:share() * index)
    list[index], list[other] = list[other], list[index]
  end
end

--- So many dials, in an order that the seed gives: a list of { number, fault }. Each fault
--- has at least a hundredth of them.
function plan.dials(count, seed)
  local list, random = {}, dice.new(seed)
  local each = math.ceil(count * SHARE)
  local rest = count - each * (#plan.faults - 1)
  assert(rest > 0, "too few dials")
  for index, fault in ipairs(plan.faults) do
    for _ = 1, index == 1 and rest or each do
      local digits = digits_of(fault, #list)
      list[#list + 1] = { number = ("+919%07d%s"):format(#list, digits), fault = fault }
    end
  end
  shuffle(list, random)
  return list
end

return plan
