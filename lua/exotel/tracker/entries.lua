-- entries: what a tracker knows of each call, by its SID, and of each dial whose call nobody knows
-- yet, by its reference; and what becomes of that when news come.
--
-- Steps of an entry: "ask" Call Details; "seek" the call of a dial; "hand" it out, since it is
-- settled; and "done". `due` is when that is to be done. self: a tracker's settings, with its book.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local life = require "exotel.tracker.life"
local reconcile = require "exotel.reconcile"

local entries = {}

local TRIES = 100   -- changes by others, in a row, that one change meets
local SOON = 60     -- seconds after a dial whose outcome nobody knows
local LONGEST = 128 -- bytes of a reference

--- What is written down of a dial: fields of its request.
entries.of_dial = { "from", "to", "began", "latest", "time_limit", "ring_timeout" }

local function id_of_dial(reference) return "dial " .. reference end

--- The reference of the dial that an entry is of; nil where it is a call's.
function entries.reference_of(id) return id:match "^dial (.*)$" end

--- The reference that an event brings back, where it may be one; nil for any other. Of a dial with
--- a custom_field of its own that comes back. told: an event, or the request of a dial.
function entries.reference_in(told)
  local text = told.custom_field
  return type(text) == "string" and #text <= LONGEST and life.can_be_kept(text) and text or nil
end

--- What a change returns that is none.
entries.SAME = {}

--- Changes what stands under an id by change(entry), which is called again when another was faster.
--- entry: nil where nothing stands there. It returns the entry to put there, nil to forget the one
--- that is there, or entries.SAME. Returns true, or nil and an error.
function entries.revise(self, id, change)
  for _ = 1, TRIES do
    local entry, text, err = self.book:get(id)
    if err then return nil, err end
    local after = change(entry)
    if after == entries.SAME then return true end
    local done
    if text then
      done, err = self.book:change(id, text, after)
    else
      done, err = self.book:open(id, after)
    end
    if done then return true end
    if done == nil then return nil, err end
  end
  return nil, errors.new { kind = "store", reason = "unreachable",
                           message = "others change what is known of a call all the time" }
end

-- What is next for a call, when that is settled.
local function schedule(self, entry, now)
  entry.settled = life.settled(entry, now, self.price_after)
  if entry.settled then
    entry.step, entry.due = "hand", now
  else
    entry.step, entry.due = "ask", life.ask_at(entry, self.pace, self.price_after)
  end
  return entry
end

--- News of a call: put(entry, now) puts them into what is known. One that is settled stays so.
function entries.learn(self, sid, put)
  return entries.revise(self, sid, function(entry)
    local now = self.now()
    if entry and (entry.step == "hand" or entry.step == "done") then return entries.SAME end
    if not entry then entry = life.new(now) end
    entry.call = entry.call or {}
    put(entry, now)
    entry.call.sid = entry.call.sid or sid
    return schedule(self, entry, now)
  end)
end

--- The call of a dial is known: the dial itself isn't open any more.
function entries.found(self, reference, sid)
  return entries.revise(self, id_of_dial(reference), function(entry)
    if not entry or entry.step == "done" then return entries.SAME end
    return { step = "done", due = entry.due, sid = sid }
  end)
end

--- Changes the reference of a call that is settled, and not done, by name(entry), which says
--- whether it has.
function entries.name(self, sid, name)
  return entries.revise(self, sid, function(entry)
    if not entry or not name(entry) or entry.step ~= "hand" then return entries.SAME end
    return entry
  end)
end

--- What stands under an id is done, where it is at a step, or at any but that: true; false where it
--- isn't; or nil and an error.
function entries.close(self, id, step)
  local is_open
  local done, err = entries.revise(self, id, function(entry)
    is_open = entry ~= nil and entry.step ~= "done" and entry.step == (step or entry.step)
    if not is_open then return entries.SAME end
    return { step = "done", due = entry.due, reference = entry.reference }
  end)
  if not done then return nil, err end
  return is_open
end

--- What is known of a dial whose call is sought, as reconcile has it: or nil and the error.
function entries.sought(reference, told)
  local dial = { reference = reference }
  for _, name in ipairs(entries.of_dial) do dial[name] = told[name] end
  return reconcile.read(dial)
end

--- Writes a dial down, before it leaves: true; or false or nil, and why it mustn't leave.
function entries.write_down(self, reference, request)
  if not request.began then return false, "nothing says what time it is" end
  local dial, wrong = entries.sought(reference, request)
  if not dial then return false, "its call couldn't be sought: " .. wrong.message end
  local entry = { step = "seek", due = (request.latest or request.began) + SOON,
                  brings = entries.reference_in(request) }
  for _, name in ipairs(entries.of_dial) do entry[name] = request[name] end
  local opened, err = self.book:open(id_of_dial(reference), entry)
  if opened == false then return false, "a dial with this reference was made before" end
  return opened, err
end

--- Whether the service is asked about a dial: true, or nil and why it isn't.
function entries.is_known(self, reference)
  local entry, _, err = self.book:get(id_of_dial(reference))
  if entry then return true end
  return nil, err or "the store has lost it, and nobody asks for its call"
end

--- A dial that came to nothing may be made again.
function entries.forget(self, reference)
  return entries.revise(self, id_of_dial(reference), function(entry)
    if not entry or entry.step ~= "seek" then return entries.SAME end
    return nil
  end)
end

--- After an answer that said nothing. is_alone: others are answered; when that is so for some time,
--- a call of which nothing more is to be expected is settled.
function entries.put_off(self, id, seconds, is_alone)
  return entries.revise(self, id, function(entry)
    if not entry or entry.step == "hand" or entry.step == "done" then return entries.SAME end
    local now = self.now()
    if entry.call and life.is_unanswered(entry, is_alone, now) then schedule(self, entry, now) end
    if entry.step ~= "hand" then entry.due = now + seconds end
    return entry
  end)
end

return entries
