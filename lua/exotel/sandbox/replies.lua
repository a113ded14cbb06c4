-- sandbox/replies: what applets' URLs answer, read as the pages describe it.
--
-- Each reader takes a transport's response to one GET and gives what it says, or nil and why
-- it is refused. What a reply may say stands in the core's rows, by which replies are built too
-- (see exotel.applet). The sandbox is strict: what no row allows is refused.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local compat = require "exotel.compat"
local core = require "exotel.core"

local replies = {}

replies.MOST = api.reply_max -- bytes

local JSON, TEXT = "application/json", "text/plain"

local rows = {}
for _, row in ipairs(api.replies) do rows[row.name] = row end

-- {=================================================================
-- Documents
-- ==================================================================

local function is_of(response, media_type)
  local given = (response.headers["content-type"] or ""):lower()
  local first, last = given:find(media_type, 1, true)
  return first == 1 and given:find("^%s*%f[;%z]", last + 1) ~= nil
end

-- Whether a body of the row may be plain text, and whether it may be JSON.
local function forms_of(row)
  local text, json = false, false
  for _, field in ipairs(row.fields) do
    if field.form == "json" then json = true else text = true end
  end
  return text, json
end

-- Whether the response is plain text; or nil and what it should have been.
local function is_text(response, row)
  local text, json = forms_of(row)
  if row.any_type or json and is_of(response, JSON) then return false end
  if text and is_of(response, TEXT) then return true end
  return nil, ("the content type isn't %s"):format(text and TEXT or JSON)
end

local function add_standards(reply, row)
  for _, field in ipairs(row.fields) do
    if reply[field.name] == nil and field.standard then
      reply[field.name] = field.type == "integer" and compat.tointeger(field.standard)
        or field.standard
    end
  end
end

-- What a response says by the row of that name, with what counts where it says nothing; what
-- nobody knows is listed in `unknown`, and means nothing.
local function read(response, name)
  local row = rows[name]
  if response.status ~= 200 then return nil, ("answered %d"):format(response.status) end
  local text, wrong = is_text(response, row)
  if text == nil then return nil, wrong end
  local reply, unknown = core.reply_read(name, response.body, text)
  if not reply then return nil, unknown.message end
  table.sort(unknown)
  if unknown[1] then reply.unknown = unknown end
  add_standards(reply, row)
  return reply
end

-- }=================================================================

-- {=================================================================
-- The replies of each applet
-- ==================================================================

-- What is dialled: the numbers of a destination, its trunk, or its users' addresses.
local function numbers_of(destination)
  if destination.numbers then return destination.numbers end
  if destination.trunk then return { destination.trunk } end
  local list = {}
  for index, user in ipairs(destination) do list[index] = user.contact_uri end
  return list
end

--- Programmable Connect: the fields, with `numbers` of the destination and `parallel`, how many
--- are rung at once.
function replies.connect(response)
  local reply, why = read(response, "connect")
  if not reply then return nil, why end
  local ringing = reply.parallel_ringing
  reply.numbers = numbers_of(reply.destination)
  reply.parallel = ringing and ringing.activate and ringing.max_parallel_attempts or 1
  return reply
end

--- The older Connect: numbers in plain text.
function replies.dial_whom(response)
  local reply, why = read(response, "dial_whom")
  if not reply then return nil, why end
  reply.parallel = 1
  return reply
end

--- Gather: the fields, with the documented defaults.
function replies.gather(response) return read(response, "gather") end

--- Switch: the case that {"select": CASE} names, whatever the content type: pages and others'
--- code serve it as text/plain and text/html.
function replies.switch(response) return read(response, "switch") end

--- Greeting: { text } or { audio }, a list of URLs.
function replies.greeting(response)
  local reply, why = read(response, "greeting")
  if not reply then return nil, why end
  if reply.greeting_url then return { audio = { reply.greeting_url }, unknown = reply.unknown } end
  return reply
end

-- }=================================================================

return replies
