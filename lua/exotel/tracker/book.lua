-- book: the entries of a tracker in its store: one for each call or dial, and an index of those
-- that are open.
--
-- A store has no list of its keys, so the index is one: so many pages, each with a line for each
-- of its entries, which says the step that is next and when. An entry stands in the index before
-- it is made and until it is closed, and counts more than its line there: a process that ends
-- between the two changes leaves a line that leads to an entry, and nothing is forgotten.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local contract = require "exotel.store.contract"
local core = require "exotel.core"

local book = {}
book.__index = book

local PAGES = 32
local TRIES = 100 -- changes by others, in a row, that one change meets

-- {=================================================================
-- Entries as texts
-- ==================================================================

local in_details = { ["content-type"] = "application/json" }

local CALL_MAX, TEXT_MAX = 60000, 1024 -- bytes

-- What the API's tables know of a call, where the service has sent more than there is room for.
local function known_part(call)
  local part = { legs = call.legs }
  for _, row in ipairs(api.records.call) do
    local value = call[row.lua]
    local fits = type(value) ~= "string" or #value <= TEXT_MAX
    if fits and not row.list then part[row.lua] = value end
  end
  return part
end

local function text_of(call)
  local text = core.to_json(call, "call", true)
  if text and #text <= CALL_MAX then return text end
  local part = known_part(call)
  text = core.to_json(part, "call", true)
  if text and #text <= CALL_MAX then return text end
  part.legs = nil -- a call has two or three, as a rule
  return assert(core.to_json(part, "call", true))
end

-- Notes and the call, a line each: the call as the service would send it, so that it is read by
-- the same rows again.
local function encode(entry)
  local notes, call = {}, entry.call
  for name, value in pairs(entry) do
    if name ~= "call" then notes[name] = value end
  end
  local line = assert(core.to_json(notes, "call", false))
  return call and ('%s\n{"Call":%s}'):format(line, text_of(call)) or line
end

local function decode(text)
  local line, rest = text:match "^([^\n]*)\n?(.*)$"
  local entry = core.json(line)
  if type(entry) ~= "table" or type(entry.step) ~= "string" then return nil end
  if rest ~= "" then
    entry.call = core.read("call_details", 200, in_details, rest)
    if not entry.call then return nil end
  end
  return entry
end

-- }=================================================================

-- {=================================================================
-- The index
-- ==================================================================

local function page_key(self, number)
  return ("%s page %d"):format(self.prefix, number)
end

local function page_of(id)
  return tonumber(core.digest(id):sub(1, 4), 16) % PAGES + 1
end

-- Steps by their first letters, so that what is in front of an id has always the same length.
local step_of = { a = "ask", s = "seek", h = "hand" }
local LINE, FRONT = "%s %014.3f %s\n", 17 -- bytes

local function line_of(id, step, due)
  return LINE:format(step:sub(1, 1), due, id)
end

-- A page's text without the line of an id: an id may be the end of another.
local function without(text, id)
  local sought, from = " " .. id .. "\n", 1
  while true do
    local first, last = text:find(sought, from, true)
    if not first then return text end
    local front = first - FRONT + 1
    if text:find("^[ash] %d+%.%d%d%d ", front) and (front == 1 or text:byte(front - 1) == 10) then
      return text:sub(1, front - 1) .. text:sub(last + 1)
    end
    from = last
  end
end

-- Puts a line for an id into the index, or takes it out where there is none.
local function note(self, id, line)
  local key = page_key(self, page_of(id))
  for _ = 1, TRIES do
    local before, err = self.store:get(key)
    if err then return nil, err end
    if line and before and before:find(line, 1, true) then return true end
    local after = without(before or "", id) .. (line or "")
    if after == (before or "") then return true end
    if #after > contract.VALUE_MAX then
      return nil, contract.failure("full", "there are too many calls that haven't settled")
    end
    local swapped
    swapped, err = self.store:swap(key, before, after ~= "" and after or nil, self.keep)
    if swapped then return true end
    if err then return nil, err end
  end
  return nil, contract.failure("unreachable", "others change the index all the time")
end

-- Adds the lines of a page to a list.
local function add_lines(list, text)
  local from, stop = 1, text:find("\n", 1, true)
  while stop do
    list[#list + 1] = { step = step_of[text:sub(from, from)], id = text:sub(from + FRONT, stop - 1),
                        due = tonumber(text:sub(from + 2, from + FRONT - 2)) }
    from = stop + 1
    stop = text:find("\n", from, true)
  end
end

--- The lines of all open entries: a list of { id, step, due }; or nil and an error.
function book:lines()
  local list = {}
  for number = 1, PAGES do
    local text, err = self.store:get(page_key(self, number))
    if err then return nil, err end
    add_lines(list, text or "")
  end
  return list
end

-- }=================================================================

-- {=================================================================
-- Entries
-- ==================================================================

local function entry_key(self, id)
  return ("%s of %s"):format(self.prefix, id)
end

--- What stands under an id, and its text; nil where nothing does; or nil, nil and an error.
function book:get(id)
  local text, err = self.store:get(entry_key(self, id))
  if err then return nil, nil, err end
  if not text then return nil end
  local entry = decode(text)
  if entry then return entry, text end
  return nil, nil, contract.failure("protocol", "what stands there for a call is none of ours")
end

-- The index must say what the entry says, also where two processes have changed both at a time.
local function align(self, id)
  for _ = 1, TRIES do
    local entry, text, err = self:get(id)
    if err then return nil, err end
    local is_open = entry and entry.step ~= "done"
    local noted
    noted, err = note(self, id, is_open and line_of(id, entry.step, entry.due) or nil)
    if not noted then return nil, err end
    local again
    again, err = self.store:get(entry_key(self, id))
    if err then return nil, err end
    if again == text then return true end
  end
  return nil, contract.failure("unreachable", "others change the entry all the time")
end

--- Makes an entry that wasn't there: true; false when there is one; or nil and an error.
function book:open(id, entry)
  local noted, err = note(self, id, line_of(id, entry.step, entry.due))
  if not noted then return nil, err end
  local added
  added, err = self.store:add(entry_key(self, id), encode(entry), self.keep)
  if added == nil then return nil, err end
  noted, err = align(self, id)
  if not noted then return nil, err end
  return added
end

--- Changes an entry, from the text that was got: true; false when it isn't that any more; or nil
--- and an error. One whose step is "done" is known for a while, and isn't open any more; nil
--- forgets it.
function book:change(id, before, entry)
  local seconds = entry and (entry.step == "done" and self.remember or self.keep)
  local after = entry and encode(entry) or nil
  local swapped, err = self.store:swap(entry_key(self, id), before, after, seconds or nil)
  if not swapped then return swapped, err end
  return align(self, id)
end

--- Sets the line of an entry right, as after a process that ended between two changes: true; or
--- nil and an error.
function book:align(id)
  return align(self, id)
end

-- }=================================================================

-- {=================================================================
-- Leases
-- ==================================================================

local function lease_key(self, what, id)
  return ("%s %s of %s"):format(self.prefix, what, id)
end

--- As the store's. what: "hand" or "ask".
function book:lease(what, id, seconds)
  return self.store:lease(lease_key(self, what, id), seconds)
end

function book:renew(what, id, token, seconds)
  return self.store:renew(lease_key(self, what, id), token, seconds)
end

function book:release(what, id, token)
  return self.store:release(lease_key(self, what, id), token)
end

-- }=================================================================

--- prefix: of its keys. keep, remember: the seconds that an entry is kept after its last change,
--- while it is open and then.
function book.new(store, prefix, keep, remember)
  return setmetatable({ store = store, prefix = prefix, keep = keep, remember = remember }, book)
end

return book
