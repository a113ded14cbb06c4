-- applet: what the URLs of applets are asked, and what they answer.
--
--   local applet = require "exotel.applet"
--   local asked = applet.request(query)                    -- an event: asked.digits, asked.from …
--   local reply = applet.connect { destination = { numbers = { "+91…" } }, record = true }
--   …:respond(reply.status, reply.headers, reply.body)
--
-- What a reply may say stands in the core's rows, which check it here and in the sandbox.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local core = require "exotel.core"
local errors = require "exotel.errors"
local exotel = require "exotel"

local applet = {}

local metatable = { __name = "exotel.reply" }

-- "reply 200 application/json, 61 bytes": what it says may have phone numbers.
function metatable.__tostring(reply)
  local content_type = reply.headers["content-type"]
  return ("reply %d%s, %d bytes"):format(reply.status, content_type and " " .. content_type or "",
    #reply.body)
end

local function reply_of(status, content_type, body)
  return setmetatable({ status = status, headers = { ["content-type"] = content_type },
                        body = body }, metatable)
end

--- Whether a value is a reply that was made here.
---@param value any
---@return boolean is_one
function applet.is_reply(value)
  return getmetatable(value) == metatable
end

-- {=================================================================
-- Requests
-- ==================================================================

local asking = { passthru = true, stream = true }

--- Whether an event is an applet's request, for whose answer a caller waits.
---@param event exotel.event
---@return boolean waits
function applet.asks(event)
  return asking[event.kind] == true
end

--- What an applet asks, by the query string of its request (SUP): an event with the fields of
--- exotel.fields "event". A Greeting is asked twice, by HEAD and by GET. headers and body: for what
--- is posted; header names in lower case. nil and an error, also for what no applet asks.
---@param query? string
---@param headers? table<string, string>
---@param body? string
---@return exotel.event? asked
---@return exotel.error? err
function applet.request(query, headers, body)
  local event, err = exotel.parse_callback(body, headers and headers["content-type"], query)
  if not event then return nil, err end
  if applet.asks(event) then return event end
  return nil, errors.new({
    kind = "parse", reason = "applet", message = "no applet asks this: its kind is " .. event.kind,
  }, "applet.request")
end

-- }=================================================================

-- {=================================================================
-- Replies
-- ==================================================================

local function build(name, fields)
  if type(fields) ~= "table" then
    return errors.misuse(("exotel.applet.%s wants a table, got a %s"):format(name, type(fields)))
  end
  local body, built = core.reply(name, fields)
  if body then return reply_of(200, built, body) end
  built.outcome = nil -- nothing is sent
  return nil, errors.new(built, "applet." .. name)
end

--- The answer to a Passthru: choice "a" (200) or "b" (302). An async one takes either.
---@param choice "a"|"b"
---@return exotel.reply reply
applet.passthru = errors.expose(function(choice)
  local status = api.passthru_choices[choice]
  if status then return reply_of(status, nil, "") end
  return errors.misuse(("exotel.applet.passthru wants \"a\" or \"b\", got %s"):format(
    tostring(choice)))
end)

--- The answer to a Switch: the case to go on with.
---@param case string
---@return exotel.reply? reply
---@return exotel.error? err
applet.switch = errors.expose(function(case) return build("switch", { select = case }) end)

--- The answer to a Connect: whom to dial, and how. The service waits for 5 seconds.
---@param fields exotel.applet.connect
---@return exotel.reply? reply
---@return exotel.error? err
applet.connect = errors.expose(function(fields) return build("connect", fields) end)

--- The answer to a Connect that wants numbers in plain text: a list of them.
---@param numbers string[]
---@return exotel.reply? reply
---@return exotel.error? err
applet.dial_whom = errors.expose(function(numbers)
  if type(numbers) == "string" then numbers = { numbers } end
  return build("dial_whom", { numbers = numbers })
end)

--- The answer to a Gather: what asks for digits, and when they end. The service waits for 5
--- seconds.
---@param fields exotel.applet.gather
---@return exotel.reply? reply
---@return exotel.error? err
applet.gather = errors.expose(function(fields) return build("gather", fields) end)

--- The answer to a Greeting: a text to say, or { audio = { url, … } } or { greeting_url = url } to
--- play.
---@param greeting string|exotel.applet.greeting
---@return exotel.reply? reply
---@return exotel.error? err
applet.greeting = errors.expose(function(greeting)
  if type(greeting) == "string" then greeting = { text = greeting } end
  return build("greeting", greeting)
end)

-- }=================================================================

return applet
