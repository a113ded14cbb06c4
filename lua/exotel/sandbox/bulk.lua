-- sandbox/bulk: which calls a bulk query leaves, and which of them stand on a page.
--
-- Calls have positions: those of the past from 1, then those that were placed, in their
-- order. What a query leaves is a sequence of positions that rise, as it does in time; a
-- page is a piece of one, read forwards or backwards.
--
-- SPDX-License-Identifier: MIT

local queries = require "exotel.sandbox.queries"

local bulk = {}
bulk.__index = bulk

--- settings: calls; clock.
function bulk.new(settings)
  return setmetatable({ settings = settings, calls = settings.calls }, bulk)
end

-- {=================================================================
-- Sequences: { n, at(k), below(position) -> how many are below it }
-- ==================================================================

-- All positions from `low` to `high`.
local function interval(low, high)
  local n = math.max(0, high - low + 1)
  return {
    n = n,
    at = function(k) return low + k - 1 end,
    below = function(position) return math.max(0, math.min(n, position - low)) end,
  }
end

local function listed(positions)
  return {
    n = #positions,
    at = function(k) return positions[k] end,
    below = function(position)
      local low, high = 0, #positions
      while low < high do
        local middle = math.floor((low + high + 1) / 2)
        if positions[middle] < position then low = middle else high = middle - 1 end
      end
      return low
    end,
  }
end

-- One behind the other.
local function joined(a, b)
  return {
    n = a.n + b.n,
    at = function(k) return k <= a.n and a.at(k) or b.at(k - a.n) end,
    below = function(position) return a.below(position) + b.below(position) end,
  }
end

-- }=================================================================

-- {=================================================================
-- What a query leaves
-- ==================================================================

function bulk:takes(asked, call)
  local created = math.floor(call.placed)
  if created < asked.first or created > asked.last then return false end
  if not self.calls:has_ended(call) then return false end
  return #asked.tests == 0 or queries.takes(asked, self.calls:facts(call))
end

-- Those of the past. They never change, so the last scan is kept for the next page.
function bulk:past(asked)
  local history = self.calls.settings.history
  local low, high = history:before(asked.first) + 1, history:before(asked.last + 1)
  if #asked.tests == 0 then return interval(low, high) end
  local key = ("%d %d\n%s"):format(low, high, asked.key)
  if self.scanned_key ~= key then
    local positions = {}
    for position = low, high do
      if self:takes(asked, history:call(position)) then
        positions[#positions + 1] = position
      end
    end
    self.scanned_key, self.scanned = key, listed(positions)
  end
  return self.scanned
end

function bulk:placed(asked)
  local positions = {}
  for _, call in ipairs(self.calls.list) do
    if self:takes(asked, call) then positions[#positions + 1] = call.position end
  end
  return listed(positions)
end

function bulk:named(asked)
  local positions, seen = {}, {}
  for _, sid in ipairs(asked.sids) do
    local call = not seen[sid] and self.calls:find(sid)
    seen[sid] = true
    if call and self:takes(asked, call) then positions[#positions + 1] = call.position end
  end
  table.sort(positions)
  return listed(positions)
end

function bulk:left(asked)
  if asked.sids then return self:named(asked) end
  return joined(self:past(asked), self:placed(asked))
end

-- }=================================================================

-- {=================================================================
-- Pages
-- ==================================================================

-- The position of the cursor that is asked for, nil for none; false when it is no call's.
function bulk:cursor_position(asked)
  local cursor = asked.before or asked.after
  if not cursor then return nil end
  local call = self.calls:find(cursor.sid)
  return call and math.floor(call.placed) == cursor.epoch and call.position or false
end

-- The piece of the sequence that is asked for, as its first and last place in it.
local function piece(asked, sequence, position)
  local rising = asked.ascending == not asked.before -- on from the cursor
  if rising then
    local first = (position and sequence.below(position + 1) or 0) + 1
    return first, math.min(sequence.n, first + asked.size - 1)
  end
  local last = position and sequence.below(position) or sequence.n
  return math.max(1, last - asked.size + 1), last
end

function bulk:calls_of(asked, sequence, first, last)
  local list = {}
  for k = first, last do list[#list + 1] = self.calls:at(sequence.at(k)) end
  if asked.ascending then return list end
  for k = 1, math.floor(#list / 2) do
    list[k], list[#list - k + 1] = list[#list - k + 1], list[k]
  end
  return list
end

-- Whether there is a page before and after that piece, as it is read.
local function neighbours(asked, sequence, first, last)
  local below, above = first > 1, last < sequence.n
  if first > last then return false, false end
  if asked.ascending then return below, above end
  return above, below
end

local function addresses(asked, path, list, before, after)
  local address = path .. "?" .. asked.spelt
  return address,
    before and ("%s&Before=%s"):format(address, queries.cursor(list[1])) or nil,
    after and ("%s&After=%s"):format(address, queries.cursor(list[#list])) or nil
end

--- The page that a query's form asks for: what is said of it, and its records; or nil and
--- the service's message. path: of the query's own address.
function bulk:page(form, path)
  local asked, wrong = queries.read(form, self.settings.clock:now())
  if not asked then return nil, wrong end
  local position = self:cursor_position(asked)
  if position == false then
    return nil, ("Invalid '%s': it is no cursor."):format(asked.before and "Before" or "After")
  end
  local sequence = self:left(asked)
  local first, last = piece(asked, sequence, position)
  local list = self:calls_of(asked, sequence, first, last)
  local here, before, after = addresses(asked, path, list,
    neighbours(asked, sequence, first, last))
  local records = {}
  for index, call in ipairs(list) do records[index] = self.calls:finished(call, asked.details) end
  return { { "Total", sequence.n }, { "PageSize", #list }, { "FirstPageUri", here },
           { "PrevPageUri", before }, { "NextPageUri", after } }, records
end

-- }=================================================================

return bulk
