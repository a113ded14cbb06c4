-- sandbox/replies: what applets' URLs answer, read as the pages describe it.
--
-- Each reader takes a transport's response to one GET and gives what it says, or nil and why
-- it is refused. The sandbox is strict: a type that no page shows is refused.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local replies = {}

replies.MOST = 65536 -- bytes; no page gives a limit

local JSON, TEXT = "application/json", "text/plain"

-- {=================================================================
-- Fields
-- ==================================================================

local function is_text(value) return type(value) == "string" and value ~= "" end
local function is_boolean(value) return type(value) == "boolean" end
local function is_table(value) return type(value) == "table" end

local function is_count(value)
  return type(value) == "number" and value % 1 == 0 and value >= 0
end

-- Custom parameters are SIP headers: "a=b&c=d", 200 bytes.
local function is_custom_params(value) return is_text(value) and #value <= 200 end

local function is_channels(value) return value == "single" or value == "dual" end

-- Of each reply in JSON: its fields, and what a value must be.
local connect_fields = {
  fetch_after_attempt = is_boolean, destination = is_table, destination_type = is_text,
  outgoing_phone_number = is_text, record = is_boolean, recording_channels = is_channels,
  max_ringing_duration = is_count, max_conversation_duration = is_count,
  music_on_hold = is_table, start_call_playback = is_table, parallel_ringing = is_table,
  dial_passthru_event_url = is_text, custom_params = is_custom_params,
}

local gather_fields = {
  gather_prompt = is_table, max_input_digits = is_count,
  finish_on_key = function(value) return type(value) == "string" and #value <= 1 end,
  input_timeout = is_count, repeat_menu = is_count, repeat_gather_prompt = is_table,
}

-- The document's fields; what nobody knows is listed in `unknown`, and means nothing.
local function take_fields(document, known)
  local out, unknown = {}, {}
  for name, value in pairs(document) do
    if known[name] == nil then
      unknown[#unknown + 1] = tostring(name)
    elseif known[name](value) then
      out[name] = value
    else
      return nil, ("'%s' isn't what it should be"):format(name)
    end
  end
  table.sort(unknown)
  if unknown[1] then out.unknown = unknown end
  return out
end

-- }=================================================================

-- {=================================================================
-- Documents
-- ==================================================================

local function is_of(response, media_type)
  local given = (response.headers["content-type"] or ""):lower()
  local first, last = given:find(media_type, 1, true)
  return first == 1 and given:find("^%s*%f[;%z]", last + 1) ~= nil
end

local function check(response, media_type)
  if response.status ~= 200 then return nil, ("answered %d"):format(response.status) end
  if media_type and not is_of(response, media_type) then
    return nil, ("the content type isn't %s"):format(media_type)
  end
  return true
end

local function read_object(body)
  local document, err = core.json(body)
  if type(document) == "table" then return document end
  return nil, err and err.message or "the JSON is no object"
end

local function read_fields(response, known)
  local taken, why = check(response, JSON)
  if not taken then return nil, why end
  taken, why = read_object(response.body)
  if not taken then return nil, why end
  return take_fields(taken, known)
end

local function trimmed(text) return text:match "^%s*(.-)%s*$" end

-- What stands between commas, without blanks and what is empty.
local function listed(text)
  local list = {}
  for _, item in ipairs(core.items(text)) do
    item = trimmed(item)
    if item ~= "" then list[#list + 1] = item end
  end
  return list
end

local function lines_of(text)
  local list, at = {}, 1
  while at <= #text do
    local stop = text:find("\n", at, true) or #text + 1
    local line = trimmed(text:sub(at, stop - 1))
    if line ~= "" then list[#list + 1] = line end
    at = stop + 1
  end
  return list
end

-- }=================================================================

-- {=================================================================
-- The replies of each applet
-- ==================================================================

-- The numbers of a destination: a list of them, a trunk, or users with their contact_uri.
local function numbers_of(destination)
  local list = destination.numbers
  if is_text(destination.trunk) then return { destination.trunk } end
  if list == nil and destination[1] ~= nil then
    list = {}
    for index, user in ipairs(destination) do
      list[index] = type(user) == "table" and user.contact_uri or false
    end
  end
  if type(list) ~= "table" then return nil end
  for _, number in ipairs(list) do
    if not is_text(number) then return nil end
  end
  return list
end

local function parallel_of(given)
  if given == nil or given.activate ~= true then return 1 end
  local most = given.max_parallel_attempts
  return type(most) == "number" and most % 1 == 0 and most >= 1 and most or nil
end

--- Programmable Connect (SUP 3000096873): the fields, with `numbers` of the destination and
--- `parallel`, how many are rung at once.
function replies.connect(response)
  local reply, why = read_fields(response, connect_fields)
  if not reply then return nil, why end
  reply.numbers = numbers_of(reply.destination or {})
  if not reply.numbers then return nil, "'destination' names no numbers, trunk or users" end
  reply.parallel = parallel_of(reply.parallel_ringing)
  if not reply.parallel then return nil, "'parallel_ringing' isn't what it should be" end
  return reply
end

--- The older Connect (SUP 3000088074): numbers in plain text.
function replies.dial_whom(response)
  local taken, why = check(response, TEXT)
  if not taken then return nil, why end
  return { numbers = listed(response.body), parallel = 1 }
end

--- Gather (SUP 3000084635): the fields, with the documented defaults.
function replies.gather(response)
  local reply, why = read_fields(response, gather_fields)
  if not reply then return nil, why end
  local prompt = reply.gather_prompt or {}
  if not (is_text(prompt.text) or is_text(prompt.audio_url)) then
    return nil, "'gather_prompt' has neither text nor audio_url"
  end
  reply.max_input_digits = reply.max_input_digits or 255
  reply.finish_on_key = reply.finish_on_key or "#"
  reply.input_timeout = reply.input_timeout or 5
  reply.repeat_menu = reply.repeat_menu or 0
  return reply
end

--- Switch: the case that {"select": CASE} names, whatever the content type: pages and others'
--- code serve it as text/plain and text/html.
function replies.switch(response)
  local taken, why = check(response)
  if not taken then return nil, why end
  taken, why = read_object(response.body)
  if not taken then return nil, why end
  if not is_text(taken.select) then return nil, "it has no text 'select'" end
  return { select = taken.select }
end

--- Greeting (SUP 48285): { text } or { audio }, a list of URLs.
function replies.greeting(response)
  local taken, why = check(response)
  if not taken then return nil, why end
  if is_of(response, JSON) then
    taken, why = read_object(response.body)
    if not taken then return nil, why end
    if not is_text(taken.greeting_url) then return nil, "it has no text 'greeting_url'" end
    return { audio = { taken.greeting_url } }
  end
  if not is_of(response, TEXT) then return nil, "the content type isn't " .. TEXT end
  local lines = lines_of(response.body)
  if not lines[1] then return nil, "there is nothing to say" end
  for _, line in ipairs(lines) do
    if not line:find "^https?://" then return { text = response.body } end
  end
  return { audio = lines }
end

-- }=================================================================

return replies
