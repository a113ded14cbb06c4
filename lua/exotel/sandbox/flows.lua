-- sandbox/flows: the flows that calls may follow, as data.
--
-- A flow is { app_id, applets }, an applet { kind, name, next } and what its kind takes:
-- see the rows below. What is wrong with one is said by field, before any call meets it.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local fields = require "exotel.sandbox.fields"

local flows = {}
flows.__index = flows

local END = "end" -- the name of what comes after the last applet

local URL = { "text", true }

-- Of each kind: its name, the fields it takes, its outcomes, and what it does. An outcome may
-- have an applet of its own in `next`. Without a list, an outcome is any word.
local kinds = {
  { "passthru", { url = URL, async = { "boolean" } }, { "a", "b", "next" },
    "asks url: 200 is a, 302 is b; async: goes on at once, as next" },
  { "switch", { url = URL }, nil,
    'asks url for {"select": CASE}, which is the outcome, else default' },
  { "connect", { url = URL, fallback_url = { "text" }, dial_passthru_event_url = { "text" } },
    { "conversation", "nobody_answered", "nobody_dialled" },
    "asks url whom to dial and how, in JSON" },
  { "dial_whom", { url = URL, dial_passthru_event_url = { "text" } },
    { "conversation", "nobody_answered", "nobody_dialled" },
    "asks url for numbers, in plain text with commas" },
  { "gather", { url = URL }, { "digits", "no_input" }, "asks url what to say, and takes digits" },
  { "greeting", { url = URL }, { "next" }, "asks url (HEAD, GET) for text or audio URLs" },
  { "stream", { url = URL, json = { "boolean" } }, { "next" },
    "talks with url; json: Stream comes as one JSON text" },
  { "voicemail", {}, { "next" }, "records the caller" },
  { "hangup", {}, {}, "ends the call" },
}

local COMMON = { kind = { "any" }, name = { "text" }, next = { "any" } }

local by_kind = {}
for _, row in ipairs(kinds) do
  local rows = {}
  for name, field in pairs(COMMON) do rows[name] = field end
  for name, field in pairs(row[2]) do rows[name] = field end
  by_kind[row[1]] = { rows = rows, outcomes = row[3] }
end

--- The table as text, a row a line.
function flows.help()
  local lines = {}
  for index, row in ipairs(kinds) do
    local outcomes = row[3] and table.concat(row[3], ", ") or "CASE, default"
    lines[index] = ("  %-10s %s%s"):format(row[1], row[4],
      outcomes ~= "" and ("\n  %-10s outcomes: %s"):format("", outcomes) or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

-- {=================================================================
-- Reading
-- ==================================================================

local function kind_names()
  local list = {}
  for index, row in ipairs(kinds) do list[index] = row[1] end
  return list
end

local function read_applet(given, where)
  if type(given) ~= "table" then return nil, where .. " wants an applet's fields" end
  local kind = by_kind[given.kind]
  if not kind then
    local near = core.nearest(tostring(given.kind), kind_names())
    return nil, ("%s.kind wants %s%s"):format(where, table.concat(kind_names(), ", "),
      near and (" (did you mean %s?)"):format(near) or "")
  end
  return fields.check(given, kind.rows, where .. ".")
end

local function has(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

local function check_target(flow, target, where)
  if target == END or flow.by_name[target] then return true end
  return nil, ("%s wants an applet's name, or '%s'"):format(where, END)
end

-- `next` as a table by outcome, whose names and targets there are.
local function check_next(flow, applet, where)
  local given = applet.next
  if given == nil then
    applet.next = {}
    return true
  elseif type(given) ~= "table" then
    applet.next = setmetatable({}, { __index = function() return given end })
    return check_target(flow, given, where)
  end
  local outcomes = by_kind[applet.kind].outcomes
  for outcome, target in pairs(given) do
    if outcomes and not has(outcomes, outcome) then
      return nil, ("%s.%s is unknown (%s)"):format(where, outcome, table.concat(outcomes, ", "))
    end
    local known, wrong = check_target(flow, target, ("%s.%s"):format(where, outcome))
    if not known then return nil, wrong end
  end
  return true
end

local function add_applet(flow, given, index)
  local where = ("applets[%d]"):format(index - 1)
  local applet, wrong = read_applet(given, where)
  if not applet then return nil, wrong end
  applet.index, applet.name = index, applet.name or ("%d"):format(index)
  if applet.name == END or flow.by_name[applet.name] then
    return nil, ("%s.name wants a name of its own, and not '%s'"):format(where, END)
  end
  flow.applets[index], flow.by_name[applet.name] = applet, applet
  return true
end

-- Names may stand before the applets that have them, so targets are looked up last.
local function take_applets(flow, list)
  for index, given in ipairs(list) do
    local added, wrong = add_applet(flow, given, index)
    if not added then return nil, wrong end
  end
  if #flow.applets == 0 then return nil, "applets wants a list of applets" end
  for index, applet in ipairs(flow.applets) do
    local known, wrong = check_next(flow, applet, ("applets[%d].next"):format(index - 1))
    if not known then return nil, wrong end
  end
  return true
end

local FLOW = { app_id = { "text", true }, applets = { "table", true, "a list of applets" } }

--- The flow that a table describes, from JSON or a form; or nil and what is wrong with it.
--- Applets are counted from 0 in that, as forms do.
function flows.read(given)
  if type(given) ~= "table" then return nil, "a flow wants app_id and applets" end
  local out, wrong = fields.check(given, FLOW)
  if not out then return nil, wrong end
  if not out.app_id:find "^[%w_-]+$" then return nil, "app_id wants letters, digits, - and _" end
  local flow = { app_id = out.app_id, applets = {}, by_name = {} }
  local taken, why = take_applets(flow, out.applets)
  if not taken then return nil, why end
  return flow
end

-- }=================================================================

--- A set of flows, of that list of tables; or nil and what is wrong with one.
function flows.new(list)
  local self = setmetatable({ by_app_id = {} }, flows)
  for _, given in ipairs(list or {}) do
    local flow, wrong = self:add(given)
    if not flow then return nil, wrong end
  end
  return self
end

--- Flows as they stand in a JSON text, one or a list of them: tables for flows.new; or nil and
--- what is wrong.
function flows.decode(text)
  local value, err = core.json(text)
  if type(value) ~= "table" then return nil, err and err.message or "it holds no flow" end
  if value.app_id ~= nil or #value == 0 then value = { value } end
  return value
end

--- Adds a flow, in the place of one with its app_id. Returns it, or nil and what is wrong.
function flows:add(given)
  local flow, wrong = flows.read(given)
  if flow then self.by_app_id[flow.app_id] = flow end
  return flow, wrong
end

--- The flow that a dial's Url names, or nil.
function flows:of_url(url)
  if type(url) ~= "string" then return nil end
  local app_id = url:match "/exoml/start_voice/([%w_-]+)$" or url:match "/exoml/start/([%w_-]+)$"
  return self.by_app_id[app_id or ""]
end

--- The applet that follows on an outcome, or nil at the end.
function flows.following(flow, applet, outcome)
  local target = applet.next[outcome]
  if target then return flow.by_name[target] end
  return flow.applets[applet.index + 1]
end

--- The app_ids, sorted.
function flows:names()
  local list = {}
  for app_id in pairs(self.by_app_id) do list[#list + 1] = app_id end
  table.sort(list)
  return list
end

return flows
