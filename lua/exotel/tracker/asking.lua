-- asking: what a tracker asks the service: Call Details of the calls that it follows, and for the
-- calls of dials whose outcome nobody knows. When, stands in the entries; the client is given.
--
-- SPDX-License-Identifier: MIT

local entries = require "exotel.tracker.entries"
local life = require "exotel.tracker.life"
local reconcile = require "exotel.reconcile"

local asking = {}

local ASKING = 60     -- seconds for which what is asked about is left to who asks
local LATER = 30      -- seconds until something that couldn't be asked is asked again
local PAUSE_MOST = 60 -- seconds: another process may have dialled
local ANSWERED = 60   -- seconds for which an answer says that the account isn't refused
local REFUSALS = 3    -- in one poll, until they are taken for the account's
local SKEW = 60       -- seconds by which clocks differ

-- What is wrong with the account, or on the way to it, is wrong with every question, and says
-- nothing of a call.
local stops = { auth = true, payment = true, proxy = true }

-- Whether it was the question that was refused, and others may be answered.
local function is_refusal(err)
  return err.outcome == "rejected" and err.status ~= 429 and not stops[err.reason]
end

-- Whether others are answered.
local function is_answered(self)
  return self.answered_at ~= nil and math.abs(self.now() - self.answered_at) < ANSWERED
end

-- Whether an error says of a call that the service knows no such one, or won't tell: what is
-- forbidden while others are answered, as another account's.
local function is_of_call(self, err)
  return is_refusal(err) and (err.reason ~= "forbidden" or is_answered(self))
end

-- What the poll heeds, if this does: nobody has a turn, or an answer, or it is refused.
local function heeded(err)
  local is_heeded = stops[err.reason] or err.kind == "limited" or err.outcome == "rejected"
  return is_heeded and err or nil
end

-- It is asked again later: true, nil, and the error where the poll heeds it; or nil and the store's
-- error.
local function put_off(self, id, err)
  local heed = heeded(err)
  local done, why = entries.put_off(self, id, err.retry_after or LATER,
    not heed and is_answered(self))
  if not done then return nil, why end
  return true, nil, heed
end

-- A call is over: its place among those in progress is given back. An error when it can't be.
local function give_back(client, sid, reference)
  local _, err = client:call_ended { sid = sid, reference = reference }
  return err
end

-- The dial of a line of the index, where its call is sought; or false.
local function dial_of(self, line)
  if line.dial == nil then
    local entry = line.step == "seek" and self.book:get(line.id)
    local is_sought = entry and entry.step == "seek"
    line.dial = is_sought and entries.sought(entries.reference_of(line.id), entry) or false
  end
  return line.dial
end

-- Whether a call may be one that is sought, by its numbers: then it gets its dial's reference soon.
local function may_be_sought(self, call, known, lines)
  local told = { from = call.from, to = call.to, direction = call.direction }
  for _, line in ipairs(lines) do
    local dial = dial_of(self, line)
    if dial and dial.began <= known.began + SKEW and reconcile.is_candidate(dial, told, 0) then
      return true
    end
  end
  return false
end

-- Call Details of a call of which so much is known. True, or nil and the store's error; or true and
-- why the call holds its place; then what the poll heeds.
local function ask(self, client, sid, known, lines)
  local call, err = client:call_details(sid, { details = true })
  if call then
    self.answered_at = self.now()
    local over = known.ended or life.is_over(call)
    local holding = over and give_back(client, sid, known.reference) or nil
    local waits = over and not known.reference and may_be_sought(self, call, known, lines)
    local done, why = entries.learn(self, sid, function(entry, now)
      entry.asked_at = now
      entry.held = holding ~= nil or waits and not entry.reference or nil
      life.read(entry, call, now)
    end)
    return done, why or holding
  elseif is_of_call(self, err) then
    return entries.learn(self, sid, function(entry, now)
      entry.asked_at = now
      life.miss(entry, now)
    end)
  end
  return put_off(self, sid, err)
end

-- Whether a call is known to be of another dial: whose events bring back `brings`, where that isn't
-- its reference. entry: the call's, or nil.
local function is_others(entry, reference, brings)
  local other = entry and entry.reference
  return other ~= nil and other ~= reference and other ~= brings
end

-- The same by its SID, or the reference itself for one that is the dial's own. What can't be looked
-- up is noted in `failed`.
local function others_of(self, reference, brings, failed)
  return function(sid)
    local entry, _, err = self.book:get(sid)
    failed.err = failed.err or err
    if entry and entry.reference == reference then return reference end
    return is_others(entry, reference, brings)
  end
end

-- A call was found to be of a dial: true; false when it has become another's meanwhile; or nil and
-- an error.
local function claim(self, call, reference, brings)
  local is_free = true
  local function name(entry)
    is_free = not is_others(entry, reference, brings)
    local renames = is_free and entry.reference ~= reference
    if renames then entry.reference, entry.held = reference, nil end
    return renames
  end
  local done, err = entries.learn(self, call.sid, function(entry, now)
    name(entry)
    life.read(entry, call, now)
  end)
  if done then done, err = entries.name(self, call.sid, name) end
  if not done then return nil, err end
  return is_free
end

local function sids_of(calls)
  local list = {}
  for index, call in ipairs(calls) do list[index] = call.sid end
  return list
end

-- The service has answered, and there is no one call that is the dial's. Where several may be, more
-- may still be heard of them; what nobody has told apart when the dial's call must be over is left
-- to people. That there is none counts by the time at which it was asked, which may be just before.
local function settle_dial(self, id, dial, answer)
  return entries.revise(self, id, function(entry)
    if not entry or entry.step ~= "seek" then return entries.SAME end
    local now = self.now()
    local over = answer.state == "not_placed"
      or answer.state == "ambiguous" and now >= reconcile.settled_at(dial)
    if over then
      entry.step, entry.due, entry.settled = "hand", now, answer.state
      entry.candidates = answer.candidates and sids_of(answer.candidates)
    else
      entry.due = math.max(answer.ask_again_at or reconcile.ask_again_at(dial, now), now + 1)
    end
    return entry
  end)
end

-- Seeks the call of a dial: as ask.
local function seek(self, client, id, entry)
  local reference, failed = entries.reference_of(id), {}
  local dial, wrong = entries.sought(reference, entry)
  if not dial then return nil, wrong end
  local answer, err = client:reconcile(dial, {
    known = others_of(self, reference, entry.brings, failed) })
  if failed.err then return nil, failed.err end
  if not answer then return put_off(self, id, err) end
  if answer.state == "placed" then
    local is_its, why = claim(self, answer.call, reference, entry.brings)
    if is_its == nil then return nil, why end
    if not is_its then return entries.put_off(self, id, LATER) end
    local holding = give_back(client, answer.call.sid, reference)
    if holding then return entries.put_off(self, id, LATER), holding end
    return entries.found(self, reference, answer.call.sid)
  end
  return settle_dial(self, id, dial, answer)
end

-- What is due of one of the lines of the index: as ask.
local function ask_about(self, client, line, lines)
  local entry, _, why = self.book:get(line.id)
  if why then return nil, why end
  if entry and (entry.step == "hand" or entry.step == "done" or entry.due > self.now()) then
    return self.book:align(line.id)
  elseif not entries.reference_of(line.id) then
    return ask(self, client, line.id, entry or life.new(self.now()), lines)
  elseif entry then
    return seek(self, client, line.id, entry)
  end
  return self.book:align(line.id) -- it ended before its dial could leave
end

-- Says of an error which call or dial it is about.
local function name(err, id)
  err.reference = entries.reference_of(id)
  err.call = not err.reference and { sid = id } or nil
end

-- The same under a lease, so that nobody else asks it: false where another does, or where what
-- stands there can't be read, and then why.
local function look_after(self, client, line, lines)
  local token, err = self.book:lease("ask", line.id, ASKING)
  if not token then return token, err end
  local done, why, heed = ask_about(self, client, line, lines)
  self.book:release("ask", line.id, token)
  if heed and is_refusal(heed) then name(heed, line.id) end
  if not done and why.reason == "protocol" then
    name(why, line.id)
    return false, why
  end
  return done, why, heed
end

local function by_due(a, b) return a.due < b.due end

-- The lines whose time has come, the oldest first, and the seconds until the next of the others.
local function due_lines(self, lines)
  local now, list, pause = self.now(), {}, PAUSE_MOST
  for _, line in ipairs(lines) do
    if line.step ~= "hand" then
      if line.due <= now then
        list[#list + 1] = line
      else
        pause = math.min(pause, line.due - now)
      end
    end
  end
  table.sort(list, by_due)
  return list, pause
end

--- Asks about at most so many calls. The seconds after which to do so again; or nil and an error.
function asking.poll(self, client, most)
  local lines, err = self.book:lines()
  if not lines then return nil, err end
  local list, pause = due_lines(self, lines)
  local asked, refusals, told, unreadable = 0, 0, nil, nil -- neither error holds up the others
  for _, line in ipairs(list) do
    if refusals == REFUSALS then return nil, told end
    if asked >= most then return not told and 0 or nil, told end
    local done, why, heed = look_after(self, client, line, lines)
    if done == nil then return nil, why end
    if done then
      asked, told = asked + 1, why or told
    else
      unreadable = why or unreadable
    end
    if heed and is_refusal(heed) then
      refusals, told = refusals + 1, heed
    elseif heed and stops[heed.reason] then
      return nil, heed
    elseif heed then
      return math.min(math.max(heed.retry_after or LATER, 1), PAUSE_MOST)
    end
  end
  if told or unreadable then return nil, told or unreadable end
  return math.min(pause, #list > 0 and 1 or pause)
end

return asking
