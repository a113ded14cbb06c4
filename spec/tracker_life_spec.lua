-- What is known of one call: which of two sources counts, when it is settled, and when the service
-- is worth asking.
--
-- SPDX-License-Identifier: MIT

local life = require "exotel.tracker.life"

local SID, AFTER = "c5797dcbaaeed7678c4062a4a3ed2f8a", 120
local PACE = { first = 60, share = 0.5, least = 60, most = 600 }

local function event(more)
  local told = { call_sid = SID, kind = "terminal", final = true, status = "completed",
                 date_updated = "2026-11-03 16:21:08" }
  for name, value in pairs(more) do told[name] = value ~= "none" and value or nil end
  return told
end

local function record(more)
  local told = { sid = SID, status = "in-progress", date_updated = "2026-11-03 16:20:00" }
  for name, value in pairs(more) do told[name] = value ~= "none" and value or nil end
  return told
end

local PRICED = { status = "completed", price = 1.5, price_text = "1.500", duration = 17,
                 date_updated = "2026-11-03 16:23:00" }

-- A call that began at 0, and what was heard of it: { seconds, "event" | "read" | "miss", more }.
local function lived(all_news)
  local known = life.new(0)
  for _, news in ipairs(all_news) do
    if news[2] == "event" then
      life.hear(known, event(news[3]), news[1])
    elseif news[2] == "read" then
      known.asked_at = news[1]
      life.read(known, record(news[3]), news[1])
    else
      known.asked_at = news[1]
      life.miss(known, news[1])
    end
  end
  return known
end

local answered = { kind = "answered", final = false, status = "in-progress",
                   date_updated = "2026-11-03 16:20:30" }

describe("of two sources", function()
  -- What came, in order; the status that counts then.
  local rows = {
    { "an event that ends the call counts more than a later record that doesn't",
      { 10, "event", {} }, { 20, "read", { date_updated = "2026-11-03 16:30:00" } }, "completed" },
    { "a record that ends it counts more than an event that doesn't",
      { 10, "read", { status = "busy" } },
      { 20, "event", { kind = "answered", final = false, status = "in-progress",
                       date_updated = "2026-11-03 16:30:00" } }, "busy" },
    { "an answered event that comes behind the terminal one changes nothing",
      { 10, "event", {} }, { 20, "event", answered }, "completed" },
    { "of two that go on the later one counts, in whatever order they come",
      { 10, "event", answered }, { 20, "read", { status = "ringing" } }, "in-progress" },
    { "and so the other way round",
      { 10, "read", { status = "ringing" } }, { 20, "event", answered }, "in-progress" },
    { "of two ends Call Details counts",
      { 10, "event", { status = "no-answer" } }, { 20, "read", PRICED }, "completed" },
    { "also when the event comes behind it, and says that it is later",
      { 10, "read", PRICED },
      { 20, "event", { status = "failed", date_updated = "2027-01-01 00:00:00" } }, "completed" },
    { "of two of one time Call Details counts",
      { 10, "event", { kind = "answered", final = false, status = "in-progress",
                       date_updated = "2026-11-03 16:20:00" } },
      { 20, "read", { status = "ringing" } }, "ringing" },
    { "of two without a time the record that came later counts",
      { 10, "read", { status = "queued", date_updated = "none" } },
      { 20, "read", { status = "ringing", date_updated = "none" } }, "ringing" },
    { "an event without a time doesn't count more than a record",
      { 10, "read", { status = "in-progress" } },
      { 20, "event", { kind = "answered", final = false, status = "ringing",
                       date_updated = "none" } }, "in-progress" },
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      assert.equal(row[4], lived({ row[2], row[3] }).call.status)
    end)
  end

  it("each fills in what the other leaves out, and nothing is taken away", function()
    local known = lived {
      { 10, "event", { custom_field = "reminder-17", recording_url = "https://x.test/1.mp3",
                       conversation_duration = 12,
                       legs = { { id = 1, status = "completed" }, { status = "no-answer" } } } },
      { 130, "read", { status = "completed", price = 1.5, price_text = "1.500", duration = 17,
                       legs = { { id = 1, on_call_duration = 17 },
                                { id = 2, status = "busy" } } } } }
    local call = known.call
    assert.same({ "reminder-17", "https://x.test/1.mp3", 12, 1.5, 17 },
      { call.custom_field, call.recording_url, call.conversation_duration, call.price,
        call.duration })
    assert.same({ { id = 1, status = "completed", on_call_duration = 17 },
                  { id = 2, status = "busy" } }, call.legs)
  end)

  it("keep what they gave to themselves", function()
    local legs = { { id = 1, status = "completed" } }
    local known = lived { { 10, "event", { legs = legs } } }
    known.call.legs[1].status = "changed"
    assert.equal("completed", legs[1].status)
  end)

  it("say nothing that isn't a call's: what an event has of its own stays out", function()
    local call = lived({ { 10, "event", { dedup_key = "abc", event_type = "terminal" } } }).call
    assert.same({ SID, nil, nil, nil, nil },
      { call.sid, call.dedup_key, call.kind, call.final, call.call_sid })
  end)

  it("can't bring in what isn't UTF-8", function()
    local call = lived({ { 10, "event", { custom_field = "a\255", from = "+919876543210" } } }).call
    assert.same({ nil, "+919876543210" }, { call.custom_field, call.from })
  end)
end)

describe("an event", function()
  local rows = {
    { "terminal", true }, { "answered", true }, { "default", true }, { "passthru", false },
    { "agent", false }, { "stream", false }, { "integration", false }, { "unknown", false },
  }
  for _, row in ipairs(rows) do
    it(("of kind %s tells of a call's state: %s"):format(row[1], tostring(row[2])), function()
      assert.equal(row[2], life.tells { kind = row[1], call_sid = SID })
    end)
  end
  it("without a SID, or with one that is none, tells of no call", function()
    for _, sid in ipairs { "", "a b", ("a"):rep(65), "../x", "5c\n" } do
      assert.is_false(life.tells { kind = "terminal", call_sid = sid ~= "" and sid or nil })
    end
  end)
end)

describe("a call is settled", function()
  -- What came, the seconds at which it is asked, and how it is settled then.
  local rows = {
    { "not while it goes on", { { 10, "read", {} } }, 14999, nil },
    { "as lost when the longest call would be over", { { 10, "read", {} } }, 15000, "lost" },
    { "as lost when nothing was ever heard of it", {}, 15000, "lost" },
    { "completely with a price and a duration", { { 10, "read", PRICED } }, 10, "complete" },
    { "not by an event alone", { { 10, "event", {} } }, 609, nil },
    { "as ended when Call Details never says so", { { 10, "event", {} } }, 610, "ended" },
    { "not by the first look, which has no price", { { 10, "read", { status = "completed" } },
      { 130, "read", { status = "completed" } } }, 131, nil },
    { "as ended when price and duration never come", { { 10, "read", { status = "completed" } },
      { 130, "read", { status = "completed" } } }, 610, "ended" },
    { "completely without a price when nobody answered and that had its time",
      { { 10, "read", { status = "busy" } }, { 190, "read", { status = "busy" } } }, 190,
      "complete" },
    { "not before that", { { 10, "read", { status = "busy" } },
      { 189, "read", { status = "busy" } } }, 200, nil },
    { "with a price at once, though nobody answered",
      { { 10, "read", { status = "failed", price = 0, duration = 0 } } }, 10, "complete" },
    { "not by an event that Call Details denies", { { 10, "event", {} }, { 130, "read", {} } },
      5000, nil },
    { "by an event that is denied, when the longest call would be over",
      { { 10, "event", {} }, { 130, "read", {} } }, 15000, "ended" },
    { "when Call Details denies it no longer",
      { { 10, "event", {} }, { 130, "read", {} }, { 400, "read", PRICED } }, 400, "complete" },
    { "as lost when the service knows no such call, and has been asked for ten minutes",
      { { 60, "miss" } }, 660, "lost" },
    { "not sooner", { { 60, "miss" }, { 600, "miss" } }, 659, nil },
    { "so counted from the first time", { { 60, "miss" }, { 600, "miss" } }, 660, "lost" },
    { "not when the service knows it after all", { { 60, "miss" }, { 300, "read", {} } }, 700,
      nil },
    { "as ended by its event, when the service knows no such call",
      { { 60, "event", {} }, { 180, "miss" } }, 660, "ended" },
    { "by a status that nobody knows, with a price",
      { { 10, "read", { status = "transferred", price = 1, duration = 2 } } }, 10, "complete" },
    { "not by a status that nobody knows, without one",
      { { 10, "read", { status = "transferred" } } }, 14000, nil },
    { "by a last event of a status that nobody knows, and its price",
      { { 10, "event", { status = "transferred" } },
        { 130, "read", { status = "transferred", price = 1, duration = 2 } } }, 130, "complete" },
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      assert.equal(row[4], life.settled(lived(row[2]), row[3], AFTER))
    end)
  end
end)

describe("the service is asked", function()
  local rows = {
    { "a while after the dial", {}, 60 },
    { "half the call's age later, at least a minute", { { 60, "read", {} } }, 120 },
    { "later, the older the call", { { 400, "read", {} } }, 600 },
    { "and every ten minutes in the end", { { 5000, "read", {} } }, 5600 },
    { "when the longest call would be over", { { 14900, "read", {} } }, 15000 },
    { "two minutes after the end, for the price", { { 100, "event", {} } }, 220 },
    { "also when it has said that itself", { { 100, "read", { status = "busy" } } }, 220 },
    { "each minute from then on", { { 100, "event", {} },
      { 220, "read", { status = "completed" } } }, 280 },
    { "as before, when it denies the end", { { 100, "event", {} }, { 220, "read", {} } }, 330 },
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      assert.equal(row[3], life.ask_at(lived(row[2]), PACE, AFTER))
    end)
  end
end)
