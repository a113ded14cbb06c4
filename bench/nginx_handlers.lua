-- nginx_handlers: what bench/nginx.lua lets nginx do with a webhook. Each way of reading gives a
-- table of all its names and values; the handler answers with the call's SID out of it.
--
-- SPDX-License-Identifier: MIT

local cjson = require "cjson"
local exotel = require "exotel"

local handlers = {}

local ways = {}

--- Nothing but the body is read; what is answered is as long as a SID.
function ways.read(body)
  return ("0"):rep(32), #body
end

function ways.parse_callback(body)
  return exotel.parse_callback(body, ngx.var.content_type).call_sid
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

--- Handles a webhook in the way of that name.
function handlers.handle(name)
  ngx.req.read_body()
  ngx.print((ways[name](ngx.req.get_body_data())))
end

return handlers
