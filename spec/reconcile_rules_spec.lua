-- What became of a dial, decided from what is known: the minutes, the numbers, the calls that are
-- others', and how long there may be none without its meaning anything.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local reconcile = require "exotel.reconcile"

local OFFSET = 19800
local AT = 1795000020 -- the first second of a minute
local FROM, TO = "+919876543210", "+919123456789"

local function dial_with(more)
  local given = { from = FROM, to = TO, began = AT, latest = AT + 10, reference = "mine" }
  for name, value in pairs(more or {}) do given[name] = value ~= "none" and value or nil end
  return assert(reconcile.read(given))
end

local function call_with(more)
  local call = { sid = "c1", from = FROM, to = TO, date_created = core.date(AT + 1, OFFSET),
                 direction = "outbound-api" }
  for name, value in pairs(more or {}) do call[name] = value ~= "none" and value or nil end
  return call
end

describe("the minutes of a dial", function()
  -- When it may have left, and the first and the last second that count.
  local rows = {
    { "within one", AT + 10, AT + 20, AT - 60, AT + 119 },
    { "from its first second to its last", AT, AT + 59, AT - 60, AT + 119 },
    { "to the first second of the next", AT, AT + 60, AT - 60, AT + 179 },
    { "from the last second of the one before", AT - 1, AT, AT - 120, AT + 119 },
    { "with fractions", AT + 59.999, AT + 60.001, AT - 60, AT + 179 },
  }
  for _, row in ipairs(rows) do
    it("are those in which it left, and one on either side: " .. row[1], function()
      assert.same({ row[4], row[5] },
        { reconcile.window(dial_with { began = row[2], latest = row[3] }) })
    end)
  end

  it("end a minute after it began, where nothing says when it left", function()
    local dial = dial_with { latest = "none" }
    assert.equal(AT + 60, dial.latest)
    assert.equal(AT, dial_with({ latest = AT - 5 }).latest)
  end)
end)

describe("a call", function()
  -- What the dial and the call have that others haven't, and whether it may be the dial's.
  local rows = {
    { "of its numbers and its minute", {}, {}, true },
    { "to a national number", {}, { from = "09876543210", to = "9123456789" }, true },
    { "of a dial to national numbers", { from = "098765-43210", to = "9123456789" }, {}, true },
    { "without the plus", {}, { from = "919876543210" }, true },
    { "of another first number", {}, { from = "+919876543211" }, false },
    { "of another second number", {}, { to = "+919123456788" }, false },
    { "of its numbers the other way round", {}, { from = TO, to = FROM }, false },
    { "of another country with the same last ten digits", {}, { from = "+19876543210" }, true },
    { "to a number of eight digits in its country", { to = "+6561234567" },
      { to = "61234567" }, true },
    { "to a short number", { to = "1098" }, { to = "1098" }, true },
    { "to another short number with the same end", { to = "1098" }, { to = "198" }, false },
    { "without its first number", {}, { from = "none" }, false },
    { "without its second number", {}, { to = "none" }, false },
    { "of a flow, whatever the second number", { to = "none" }, { to = "08039570000" }, true },
    { "of a flow without a second number", { to = "none" }, { to = "none" }, true },
    { "of a flow to another number", { to = "none" }, { from = TO }, false },
    { "that came in", { to = "none" }, { direction = "inbound" }, false },
    { "that came in, as applets say", { to = "none" }, { direction = "incoming" }, false },
    { "out of a flow", { to = "none" }, { direction = "outbound-dial" }, true },
    { "without a direction", {}, { direction = "none" }, true },
    { "to a SIP address", { to = "sip:agent@exotel.com" }, { to = "sip:Agent@exotel.com" }, true },
    { "to another SIP address", { to = "sip:agent1234567@exotel.com" },
      { to = "sip:other1234567@exotel.com" }, false },
    { "of the first second", {}, { date_created = core.date(AT - 60, OFFSET) }, true },
    { "of the second before", {}, { date_created = core.date(AT - 61, OFFSET) }, false },
    { "of the last second", {}, { date_created = core.date(AT + 119, OFFSET) }, true },
    { "of the second behind", {}, { date_created = core.date(AT + 120, OFFSET) }, false },
    { "without a time", {}, { date_created = "none" }, true },
  }
  for _, row in ipairs(rows) do
    it((row[4] and "may be the dial's: " or "isn't the dial's: ") .. row[1], function()
      assert.equal(row[4], reconcile.is_candidate(dial_with(row[2]), call_with(row[3]), OFFSET))
    end)
  end

  it("is read in the zone that is said", function()
    local utc = call_with { date_created = core.date(AT, 0) }
    assert.is_true(reconcile.is_candidate(dial_with(), utc, 0))
    assert.is_false(reconcile.is_candidate(dial_with(), utc, OFFSET))
  end)
end)

local function owners(set)
  return function(sid) return set[sid] end
end

describe("a dial", function()
  local one, two = call_with { sid = "c1" }, call_with { sid = "c2" }

  -- The candidates, the calls that are known, seconds since it left at the latest; what comes.
  local SETTLED = 14400 + 2 * 60 + 300
  local rows = {
    { "placed by the one call", { one }, {}, 0, { state = "placed", call = one } },
    { "placed, however late", { one }, {}, 1e6, { state = "placed", call = one } },
    { "ambiguous between two", { one, two }, {}, 0,
      { state = "ambiguous", candidates = { one, two } } },
    { "ambiguous, however late", { one, two }, {}, 1e6,
      { state = "ambiguous", candidates = { one, two } } },
    { "placed by the one that isn't another's", { one, two }, { c1 = "other" }, 0,
      { state = "placed", call = two } },
    { "placed by the one that isn't named", { one, two }, { c2 = true }, 0,
      { state = "placed", call = one } },
    { "placed by its own, among others", { one, two }, { c2 = "mine" }, 0,
      { state = "placed", call = two } },
    { "unknown where the one is another's", { one }, { c1 = "other" }, 0,
      { state = "unknown", ask_again_at = AT + 10 + 60 } },
    { "unknown at once", {}, {}, 0, { state = "unknown", ask_again_at = AT + 70 } },
    { "unknown, and asked again the later", {}, {}, 990,
      { state = "unknown", ask_again_at = AT + 1500 } },
    { "unknown, and asked again when it must have ended", {}, {}, 14000,
      { state = "unknown", ask_again_at = AT + 10 + SETTLED } },
    { "unknown a second before that", {}, {}, SETTLED - 1,
      { state = "unknown", ask_again_at = AT + 10 + SETTLED } },
    { "not placed from then on", {}, {}, SETTLED, { state = "not_placed" } },
    { "not placed where the one is another's", { one }, { c1 = "other" }, SETTLED,
      { state = "not_placed" } },
  }
  for _, row in ipairs(rows) do
    it("is " .. row[1], function()
      local expected = row[5]
      expected.reference = "mine"
      local now = AT + 10 + row[4]
      assert.same(expected, reconcile.decide(dial_with(), row[2], owners(row[3]), now))
    end)
  end

  it("is unknown before it began, by a clock that was set back", function()
    local found = reconcile.decide(dial_with(), {}, owners {}, AT - 100)
    assert.same({ "unknown", AT - 40 }, { found.state, found.ask_again_at })
  end)

  -- What it asked for, and how long after it left a call of it must be over.
  local limits = {
    { "nothing", {}, 14400 + 120 + 300 },
    { "a time limit", { time_limit = 60 }, 60 + 120 + 300 },
    { "ringing times", { ring_timeout = 20 }, 14400 + 40 + 300 },
    { "both", { time_limit = 60, ring_timeout = 20 }, 60 + 40 + 300 },
  }
  for _, row in ipairs(limits) do
    it("has ended, rings included, where it asked for " .. row[1], function()
      assert.equal(AT + 10 + row[3], reconcile.settled_at(dial_with(row[2])))
    end)
  end

  it("that has no reference has no call of its own", function()
    local dial = dial_with { reference = "none" }
    assert.same({ state = "placed", call = one }, reconcile.decide(dial, { one }, owners {}, AT))
  end)
end)

describe("what is told of a dial", function()
  -- The fields beside from, to and began; the error's field and reason.
  local wrong = {
    { "no first number", { from = "none" }, "from", "missing" },
    { "a first number that is none", { from = "nobody" }, "from", "phone" },
    { "a second number that is none", { to = "" }, "to", "phone" },
    { "no time", { began = "none" }, "began", "missing" },
    { "no number for a time", { began = 0 / 0 }, "began", "range" },
    { "a time without end", { latest = math.huge }, "latest", "range" },
    { "less than no seconds", { time_limit = -1 }, "time_limit", "range" },
  }
  for _, row in ipairs(wrong) do
    it("can't have " .. row[1], function()
      local given = { from = FROM, to = TO, began = AT }
      for name, value in pairs(row[2]) do given[name] = value ~= "none" and value or nil end
      local dial, err = reconcile.read(given)
      assert.is_nil(dial)
      assert.same({ "invalid", "not_sent", row[3], row[4], "reconcile" },
        { err.kind, err.outcome, err.field, err.reason, err.operation })
    end)
  end

  local misuses = {
    { { frm = FROM }, "option 'frm' is not known (did you mean 'from'?)" },
    { { began = "2026-11-21" }, "option 'began' wants a number, got a string" },
    { { from = 98 }, "option 'from' wants a string, got a number" },
  }
  for _, row in ipairs(misuses) do
    it("is a mistake: " .. row[2], function()
      local _, err = reconcile.read(row[1])
      assert.same({ "misuse", "exotel.reconcile: " .. row[2] }, { err.kind, err.message })
    end)
  end

  it("may be a whole request, as before_dial has it", function()
    assert(reconcile.read { from = FROM, began = AT, operation = "connect", method = "POST",
      dials = true, mode = "flow", url = "https://x/", headers = {}, body = "" })
  end)
end)

describe("the memory of calls", function()
  local HOURS = 3600

  it("knows whose they are, until no dial can be theirs any more", function()
    local memory = reconcile.memory()
    reconcile.remember(memory, "c1", "one", 0)
    for hour = 1, 5 do reconcile.remember(memory, "other" .. hour, "x", hour * HOURS) end
    assert.equal("one", reconcile.owner(memory, "c1"))
    assert.is_nil(reconcile.owner(memory, "c2"))
  end)

  it("doesn't grow for ever", function()
    local memory = reconcile.memory()
    for hour = 1, 48 do reconcile.remember(memory, "c" .. hour, "x", hour * HOURS) end
    local kept = 0
    for hour = 1, 48 do kept = kept + (reconcile.owner(memory, "c" .. hour) and 1 or 0) end
    assert.is_true(kept >= 6 and kept <= 12, kept)
  end)
end)
