-- chaos/verdict: whether each call of a world (see settle.lua) was settled, once and as it was.
--
-- What takers were handed is held against what the sandbox itself has: its calls, the dials that
-- it read, the faults that struck.
--
-- SPDX-License-Identifier: MIT

local verdict = {}

-- What a call that was handed out has in common with the sandbox's record of it.
local told = { "status", "price", "duration", "end_time", "from", "to", "direction" }

-- {=================================================================
-- What was true
-- ==================================================================

-- By SID the reference that its dial carried, and by reference the SID.
local function dials_of(box)
  local references, sids = {}, {}
  for _, read in ipairs(box:dials()) do
    if read.call_sid then
      references[read.call_sid] = read.form.CustomField
      sids[read.form.CustomField] = read.call_sid
    end
  end
  return references, sids
end

local function strikes_of(box)
  local strikes = {}
  for _, rule in ipairs(box:faults()) do
    strikes[rule.fault] = (strikes[rule.fault] or 0) + rule.struck
  end
  return strikes
end

-- }=================================================================

-- {=================================================================
-- Calls
-- ==================================================================

-- Of a call that was placed, what was wrong with how it was handed out; nil for nothing.
local function wrong_with(note, record, reference)
  if note.call.settled ~= "complete" then return "is " .. tostring(note.call.settled) end
  if note.call.reference and note.call.reference ~= reference then return "reference" end
  for _, name in ipairs(told) do
    if note.call[name] ~= record[name] then return name end
  end
end

local function judge_calls(box, notes, references)
  local found = { calls = 0, missing = 0, repeated = 0, wrong = 0, nameless = 0 }
  for _, record in ipairs(box:calls()) do
    local note = notes[record.sid]
    found.calls = found.calls + 1
    if not note or note.done == 0 then
      found.missing = found.missing + 1
    else
      local wrong = wrong_with(note, record, references[record.sid])
      found.wrong, found.what = found.wrong + (wrong and 1 or 0), wrong or found.what
      found.repeated = found.repeated + (note.done > 1 and 1 or 0)
      found.nameless = found.nameless + (note.call.reference and 0 or 1)
    end
  end
  return found
end

-- }=================================================================

-- {=================================================================
-- Dials
-- ==================================================================

local function is_done(note)
  return note ~= nil and note.done == 1
end

-- Dials of which nobody knew: how many of them were calls, and weren't; and of how many that was
-- not what was handed out.
local function judge_unknown(list, notes, sids)
  local found = { calls = 0, not_placed = 0, wrong = 0 }
  for _, entry in ipairs(list) do
    if entry.err and entry.err.outcome == "unknown" then
      local sid, note = sids[entry.err.reference], notes["dial " .. entry.err.reference]
      local what = sid and "calls" or "not_placed"
      local right = sid and is_done(notes[sid]) and note == nil
        or not sid and is_done(note) and note.call.settled == "not_placed"
      found[what], found.wrong = found[what] + 1, found.wrong + (right and 0 or 1)
    end
  end
  return found
end

-- Dials that were told not to have rung, for other reasons than that the tracker couldn't write
-- them down: how many, and how many of these were followed nevertheless.
local function judge_failed(list, notes)
  local found = { dials = 0, followed = 0 }
  for _, entry in ipairs(list) do
    local err = entry.err
    if err and err.outcome ~= "unknown" and err.reason ~= "tracker" then
      found.dials = found.dials + 1
      found.followed = found.followed + (notes["dial " .. err.reference] and 1 or 0)
    end
  end
  return found
end

-- Of what was handed out, that which the sandbox knows nothing of, or knows better.
local function count_strangers(notes, references, sids)
  local strangers, last = 0, nil
  for id, note in pairs(notes) do
    local reference = id:match "^dial (.*)$"
    local known = references[id] or reference and not sids[reference]
      and note.call.settled == "not_placed"
    if not known then strangers, last = strangers + 1, ("%s: %s"):format(id, note.call.settled) end
  end
  return strangers, last
end

-- }=================================================================

local function count_repeated(handled)
  local repeated = 0
  for _, times in pairs(handled) do repeated = repeated + (times > 1 and 1 or 0) end
  return repeated
end

local function in_brackets(text)
  return text and (" (%s)"):format(text) or ""
end

local function demand_settled(world, list, demand)
  local notes = world.ledger.notes
  local references, sids = dials_of(world.box)
  local calls = judge_calls(world.box, notes, references)
  local unknown = judge_unknown(list, notes, sids)
  demand(calls.missing == 0, "calls that were never settled: %d of %d", calls.missing,
    calls.calls)
  demand(calls.repeated == 0, "calls that were settled twice: %d", calls.repeated)
  demand(calls.wrong == 0, "calls handed out otherwise than they were: %d%s", calls.wrong,
    in_brackets(calls.what))
  demand(calls.nameless <= world.stumbling.failures,
    "of these without their dial's name: %d, at most the %d failures of the store",
    calls.nameless, world.stumbling.failures)
  demand(unknown.wrong == 0,
    "dials of unknown outcome, of which %d were calls and %d weren't placed, told wrongly: %d",
    unknown.calls, unknown.not_placed, unknown.wrong)
  local failed = judge_failed(list, notes)
  demand(failed.followed <= failed.dials / 2,
    "dials that failed: %d; followed since the store failed too: %d, at most half", failed.dials,
    failed.followed)
  local strangers, last = count_strangers(notes, references, sids)
  demand(strangers == 0, "handed out, but not true: %d%s", strangers, in_brackets(last))
end

local function demand_leases(world, demand)
  local ledger = world.ledger
  demand(ledger.died > 0 and ledger.too_late > 0 and ledger.again > 0,
    "takers who died: %d, were too late: %d; calls handed out again: %d", ledger.died,
    ledger.too_late, ledger.again)
  demand(ledger.unmarked == 0, "of these not marked so: %d", ledger.unmarked)
  demand(ledger.early <= world.stumbling.failures,
    "marked so the first time: %d, at most the %d failures of the store", ledger.early,
    world.stumbling.failures)
  demand(ledger.shared == 0, "calls that two takers had at a time: %d", ledger.shared)
  demand(ledger.after_done == 0, "calls handed out after they were done: %d", ledger.after_done)
  demand(ledger.failed == 0, "calls that their takers couldn't finish: %d", ledger.failed)
  demand(ledger.outlived == 0, "calls done by takers who were too late: %d", ledger.outlived)
  demand(ledger.renewed > 0 and ledger.not_renewed == 0,
    "leases renewed: %d, and in vain: %d", ledger.renewed, ledger.not_renewed)
  local gone = ledger.died + ledger.too_late
  demand(world.stumbling:left() == gone, "leases not given back: %d, by those who died or were"
    .. " too late: %d", world.stumbling:left(), gone)
end

local function demand_chaos(world, demand)
  local strikes, counts = strikes_of(world.box), world.webhook:counts()
  for _, name in ipairs { "lost", "doubled", "late", "out_of_order", "other_type" } do
    demand((strikes[name] or 0) > 0, "StatusCallbacks %s: %d, more than 0", name,
      strikes[name] or 0)
  end
  demand(counts.failed > 0 and counts.store_failed > 0 and counts.repeated > 0,
    "events: %d; answered 500: %d, 503: %d; known again: %d", counts.received, counts.failed,
    counts.store_failed, counts.repeated)
  local repeated = count_repeated(world.handled)
  demand(repeated == 0, "events handled twice: %d", repeated)
end

--- Says by demand(holds, text, …) what became of the dials in a list.
function verdict.give(world, list, demand)
  demand_chaos(world, demand)
  demand_settled(world, list, demand)
  demand_leases(world, demand)
  local counts = world:counts()
  demand(counts.going == 0 and counts.settled == 0, "still open: %d, and not taken: %d",
    counts.going, counts.settled)
end

return verdict
