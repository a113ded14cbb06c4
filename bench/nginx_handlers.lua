-- nginx_handlers: what bench/nginx.lua lets nginx do with a webhook. Each way of reading gives a
-- table of all its names and values; the handler answers with the call's SID out of it.
--
-- SPDX-License-Identifier: MIT

local cjson = require "cjson"
local exotel = require "exotel"
local floor = require "floor"

local handlers = {}

local ways = {}

--- Nothing but the body is read; what is answered is as long as a SID.
function ways.read(body)
  return ("0"):rep(32), #body
end

function ways.parse_callback(body)
  return exotel.parse_callback(body, ngx.var.content_type).call_sid
end

-- The event's table, of values that are ready: nothing that gives it can take less.
local table_alone = floor.event(getmetatable(exotel.parse_callback "CallSid=1"))

function ways.table_alone()
  return table_alone().call_sid
end

function ways.decode_args(body)
  return ngx.decode_args(body, 0).CallSid
end

function ways.cjson(body)
  return cjson.decode(body).CallSid
end

-- The parts between the boundaries, by Lua's own find and match, as handlers that have the whole
-- body do it.
local function split(body, content_type)
  local boundary = content_type:match 'boundary="([^"]+)"'
    or content_type:match "boundary=([^;%s]+)"
  local delimiter = "\r\n--" .. boundary
  local fields = {}
  local at = #delimiter - 1 -- behind the first, which has no line before it
  while body:sub(at, at + 1) == "\r\n" do
    local head_end, value_from = body:find("\r\n\r\n", at, true)
    local value_end, behind = body:find(delimiter, value_from + 1, true)
    local name = body:sub(at, head_end):match 'name="([^"]*)"'
    fields[name] = body:sub(value_from + 1, value_end - 1)
    at = behind + 1
  end
  return fields
end

function ways.split(body)
  return split(body, ngx.var.content_type).CallSid
end

-- {=================================================================
-- The event that exotel.parse_callback gives, made of names and values as handlers do it
-- ==================================================================

local fields = {
  CallSid = "call_sid", EventType = "event_type", DateCreated = "date_created",
  DateUpdated = "date_updated", Status = "status", To = "to", From = "from",
  PhoneNumberSid = "phone_number_sid", StartTime = "start_time", EndTime = "end_time",
  Direction = "direction", RecordingUrl = "recording_url",
  ConversationDuration = "conversation_duration", CustomField = "custom_field",
  OnCallDuration = "on_call_duration",
}
local numbers = { conversation_duration = true, on_call_duration = true }
local words = { status = true, event_type = true, direction = true }
local absent = { [""] = true, null = true, ["0000-00-00 00:00:00"] = true,
                 ["1970-01-01 05:30:00"] = true, ["0001-01-01T00:00:00Z"] = true }

local function typed(field, value)
  if numbers[field] then return tonumber(value) or value end
  return words[field] and value:lower() or value
end

local function leg_of(event, index)
  event.legs = event.legs or {}
  local place = tonumber(index) + 1
  event.legs[place] = event.legs[place] or { id = place }
  return event.legs[place]
end

local function add_field(event, name, value)
  if absent[value] then return end
  local index, inner = name:match "^Legs%[(%d+)%]%[(%w+)%]$"
  local holder = index and leg_of(event, index) or event
  local field = fields[inner or name] or inner or name
  holder[field] = typed(field, value)
end

local function event_of(args)
  local event, lines = {}, {}
  for name, value in pairs(args) do
    add_field(event, name, value)
    lines[#lines + 1] = name .. "=" .. value
  end
  table.sort(lines)
  event.dedup_key = ngx.md5(table.concat(lines, "\n"))
  event.kind = event.event_type or "default"
  event.final = event.kind ~= "answered"
  return event
end

function ways.event_of_args(body)
  return event_of(ngx.decode_args(body, 0)).call_sid
end

function ways.event_of_split(body)
  return event_of(split(body, ngx.var.content_type)).call_sid
end

-- }=================================================================

--- Handles a webhook in the way of that name.
function handlers.handle(name)
  ngx.req.read_body()
  ngx.print((ways[name](ngx.req.get_body_data())))
end

return handlers
