-- webhook: the handler that people mount where the service reaches them.
--
--   local webhook = require("exotel.webhook").new {
--     secrets = { os.getenv "VOICE_SECRET" },
--     store = require("exotel.store.memory").new(),
--     on_event = function(event, request) … end,
--   }
--   … status_callback = webhook:url "https://voice.example.com/exotel"
--   local status, headers, body = webhook:handle(method, query, headers, body)
--
-- It knows no server: exotel.webhook.nginx and exotel.webhook.httpd mount it on one. Events come
-- late, doubled and out of order. One is known again by its content and its path, and is
-- confirmed in the store only when on_event has returned: until then whoever brings it again is
-- sent away with 503, and brings it once more. What an applet asks is answered again with the
-- same answer, since a caller waits for it.
--
-- SPDX-License-Identifier: MIT

local applet = require "exotel.applet"
local compat = require "exotel.compat"
local contract = require "exotel.store.contract"
local core = require "exotel.core"
local errors = require "exotel.errors"
local exotel = require "exotel"
local given = require "exotel.given"
local yielding = require "exotel.yielding"

local webhook = {}

-- By a webhook its settings and counts, apart from it so that nobody prints the secrets. They are
-- the `self` of the functions below.
local get_state, set_state = compat.aside()

local SECRET_MIN = 16      -- bytes: shorter ones can be guessed
local SECRETS_MAX = 8
local BODY_MAX = 1048576   -- bytes that exotel.parse_callback reads
local RETRY_AFTER = "5"    -- seconds after which what is being handled may come again
local LIFETIME = "a number above 0, at most a year"

-- {=================================================================
-- Settings
-- ==================================================================

local function is_positive(value)
  return type(value) == "number" and value > 0 and value < math.huge
end

local function is_lifetime(value)
  return is_positive(value) and value <= contract.SECONDS_MAX
end

local function is_function(value) return type(value) == "function" end

local function is_store(value)
  return type(value) == "table" and is_function(value.add) and is_function(value.get)
    and is_function(value.lease) and is_function(value.release)
end

local function is_client(value)
  return type(value) == "table" and is_function(value.call_ended)
end

local function is_tracker(value) return type(value) == "table" and is_function(value.heard) end

local function are_secrets(value)
  if type(value) ~= "table" or #value < 1 or #value > SECRETS_MAX then return false end
  for _, secret in ipairs(value) do
    if type(secret) ~= "string" or #secret < SECRET_MIN then return false end
  end
  return true
end

local function is_name(value) return type(value) == "string" and value ~= "" end

local function is_boolean(value) return type(value) == "boolean" end

local function is_body_size(value)
  return is_positive(value) and value % 1 == 0 and value <= BODY_MAX
end

--- The settings: rows of given.lua.
webhook.settings = {
  { "secrets", "string[]", "the secrets that a URL may have; the first stands in those that are "
      .. "made", ("a list of 1 to %d strings of at least %d bytes"):format(SECRETS_MAX,
      SECRET_MIN), are_secrets, nil, true },
  { "store", "exotel.store", "where it is kept what came already: docs/store.md", "a store",
    is_store, nil, true },
  { "on_event", "fun(event: exotel.event, request: exotel.webhook.request): exotel.reply?",
    "your function. It returns a reply of exotel.applet where an applet asks; what it raises "
      .. "makes the service bring the event again. With a tracker it may be absent", "a function",
    is_function, nil, "tracker" },
  { "tracker", "exotel.tracker|{ heard: fun(self: table, event: exotel.event): boolean?,"
      .. " exotel.error? }",
    "is told of each event before on_event; where it can't keep it, the service brings it again",
    "a tracker", is_tracker },
  { "client", "exotel.client", "the client that dials: where its limiter caps the calls in "
      .. "progress, a final event gives its call's place back", "a client", is_client },
  { "on_reject", "fun(body: string, err: exotel.error, request: exotel.webhook.request)",
    "is told of what can't be read, with its bytes", "a function", is_function },
  { "on_error", "fun(err: any, event?: exotel.event)",
    "is told what on_event raised, and of what the store can't do; and, without an event, why a"
      .. " body couldn't be read", "a function", is_function },
  { "answer_first", "boolean", "answers before on_event is called: what it raises is lost then. "
      .. "Applets are never answered first", "true or false", is_boolean, false },
  { "max_body", "integer", "bytes of a body; more is answered 413",
    ("a whole number, of %d KiB at most"):format(BODY_MAX / 1024), is_body_size, BODY_MAX },
  { "hold", "number", "seconds after which an event is given to another worker, where the one "
      .. "that had it is gone", LIFETIME, is_lifetime, 60 },
  { "remember", "number", "seconds for which an event that was handled is known again",
    LIFETIME, is_lifetime, 3600 },
  { "remember_answers", "number", "seconds for which an applet is given the same answer again",
    LIFETIME, is_lifetime, 60 },
  { "parameter", "string", "the name of the secret in the query", "a name", is_name, "secret" },
}

-- }=================================================================

-- {=================================================================
-- What is told
-- ==================================================================

local function count(self, what)
  self.counted[what] = self.counted[what] + 1
end

-- A hook that fails must not change what is answered, or make an event come again.
local function tell(self, name, ...)
  local hook = self[name]
  if hook and not yielding.pcall(hook, ...) then count(self, "hook_failed") end
end

local function answer(status, headers, body)
  return status, headers or {}, body or ""
end

-- }=================================================================

-- {=================================================================
-- Events, once
-- ==================================================================

-- Two applets in one flow may ask the same within a second, at paths of their own.
local function key_of(kind, event, request)
  return ("webhook:%s:%s:%s"):format(kind, event.dedup_key, core.digest(request.path or ""))
end

-- The user's function. Whether it returned, and what; or what it raised.
local function run(self, event, request)
  if not self.on_event then return true end
  return yielding.pcall(self.on_event, event, request)
end

local function failed(self, what, err, event)
  count(self, what)
  tell(self, "on_error", err, event)
end

local function later()
  return answer(503, { ["retry-after"] = RETRY_AFTER })
end

local function busy(self)
  count(self, "busy")
  return later()
end

local function store_failed(self, err, event)
  failed(self, "store_failed", err, event)
  return later()
end

-- What is counted where the tracker doesn't take the event, and why; nil where it does.
local function hear(self, event)
  if not self.tracker then return nil end
  local ran, heard, err = yielding.pcall(self.tracker.heard, self.tracker, event)
  if not ran then return "failed", heard end
  if heard == nil then return "store_failed", err end
end

-- The tracker, then the user's function: what is counted, and why where one of them failed.
local function work(self, event, request)
  local what, err = hear(self, event)
  if what then return what, err end
  local ran
  ran, err = run(self, event, request)
  if not ran then return "failed", err end
  return "handled"
end

-- The call is over, whatever became of its event here: another may begin.
local function end_call(self, event)
  if not (self.client and event.final and event.call_sid) then return end
  local ran, ended, err = yielding.pcall(self.client.call_ended, self.client, event)
  if not ran then
    failed(self, "hook_failed", ended, event)
  elseif ended == nil then
    failed(self, "store_failed", err, event)
  end
end

-- Does the work under a lease, and answers. It is confirmed before the lease is over, or given
-- back. What the store can't confirm has been handled all the same, and mustn't come again.
local function handle_leased(self, event, request, claim)
  local what, err = work(self, event, request)
  end_call(self, event)
  if what == "handled" then
    count(self, "handled")
    local confirmed, why = self.store:add(claim.done, "", self.remember)
    if confirmed == nil then failed(self, "store_failed", why, event) end
    return answer(200)
  end
  local released, why = self.store:release(claim.key, claim.token)
  failed(self, what, err, event)
  if released == nil then failed(self, "store_failed", why, event) end
  if what == "store_failed" then return later() end
  return answer(500)
end

local function repeated(self)
  count(self, "repeated")
  return answer(200)
end

-- The lease of what somebody else has confirmed, or what the store doesn't say that of, is given
-- back.
local function leave(self, event, claim, err)
  self.store:release(claim.key, claim.token)
  if err then return store_failed(self, err, event) end
  return repeated(self)
end

-- Nobody else has the event while this one has its lease; and whoever has it looks once more
-- whether it was confirmed before. The first look tells whether the store answers at all: a lease
-- whose token is lost with the answer sends everybody away until it is over.
local function handle_event(self, event, request)
  local claim = { key = key_of("lease", event, request), done = key_of("done", event, request) }
  local done, err = self.store:get(claim.done)
  if done ~= nil then return repeated(self) end
  if err then return store_failed(self, err, event) end
  claim.token, err = self.store:lease(claim.key, self.hold)
  if claim.token == nil then return store_failed(self, err, event) end
  if not claim.token then return busy(self) end
  done, err = self.store:get(claim.done)
  if done ~= nil or err then return leave(self, event, claim, err) end
  if self.answer_first then
    local status, headers, body = answer(200)
    return status, headers, body, function() handle_leased(self, event, request, claim) end
  end
  return handle_leased(self, event, request, claim)
end

-- }=================================================================

-- {=================================================================
-- Applets, always
-- ==================================================================

-- A reply as a text for the store, and back: the status, the content type, the body.
local function pack(reply)
  return ("%d %s\n%s"):format(reply.status, reply.headers["content-type"] or "", reply.body)
end

local function unpack_reply(text)
  local stop = text:find("\n", 1, true)
  local status, content_type = text:sub(1, stop - 1):match "^(%d+) (.*)$"
  if content_type == "" then content_type = nil end
  return answer(tonumber(status), { ["content-type"] = content_type }, text:sub(stop + 1))
end

-- What the function returned as a reply: an async Passthru has none to give. What can't be built
-- comes as nil and why.
local function reply_of(value, err)
  if value == nil and err ~= nil then return nil, err end
  if value == nil then return applet.passthru "a" end
  if applet.is_reply(value) then return value end
  return nil, "on_event returned no reply of exotel.applet"
end

-- The first answer to a question is kept, and is everybody's. A store that can't keep it doesn't
-- keep the caller waiting.
local function keep_answer(self, key, packed, event)
  if #packed > contract.VALUE_MAX then return packed end
  local kept, err = self.store:add(key, packed, self.remember_answers)
  if kept == nil then failed(self, "store_failed", err, event) end
  if kept ~= false then return packed end
  return self.store:get(key) or packed
end

local function handle_applet(self, event, request)
  local key = key_of("answer", event, request)
  local before, err = self.store:get(key)
  if before then
    count(self, "repeated")
    return unpack_reply(before)
  elseif err then
    failed(self, "store_failed", err, event)
  end
  local ran, value, why = run(self, event, request)
  local reply, wrong
  if ran then reply, wrong = reply_of(value, why) else wrong = value end
  if not reply then
    failed(self, "failed", wrong, event)
    return answer(500)
  end
  count(self, "handled")
  return unpack_reply(keep_answer(self, key, pack(reply), event))
end

-- }=================================================================

-- {=================================================================
-- A request
-- ==================================================================

local methods = {}
local metatable = { __name = "exotel.webhook", __index = methods }

local known_methods = { GET = true, HEAD = true, POST = true }

-- A header's value: of several the first, whatever the case of its name.
local function header_of(headers, name)
  local value = headers[name]
  if value == nil then
    for key, one in pairs(headers) do
      if type(key) == "string" and key:lower() == name then value = one end
    end
  end
  if type(value) == "table" then value = value[1] end
  return type(value) == "string" and value or nil
end

-- The request without its secret, or the status that it is refused with.
local function admit(self, method, query, headers, path)
  if not known_methods[method] then return nil, "method", 405, { allow = "GET, HEAD, POST" } end
  local size = tonumber(header_of(headers, "content-length") or "0")
  if size and size > self.max_body then return nil, "too_large", 413 end
  local right, rest = core.admit(query or "", self.parameter, self.secrets)
  if not right then return nil, "forbidden", 403 end
  return { method = method, query = rest, headers = headers, path = path }
end

-- The body that was given, or that the function reads; nil and the status that is answered.
local function take_body(self, body)
  local err
  if type(body) == "function" then
    body, err = body(self.max_body)
    if body == nil then return nil, "unread", 500, err end
  end
  body = body or ""
  if #body > self.max_body then return nil, "too_large", 413 end
  return body
end

local function read_event(self, request)
  local event, err = exotel.parse_callback(request.body,
    header_of(request.headers, "content-type"), request.query)
  if event then return event end
  count(self, "rejected")
  tell(self, "on_reject", request.body, err, request)
end

--- Answers a request: method; the query string of its URL, or nil; headers by name, in any case;
--- the body, a text or a function that reads it, called only once the secret is right, with
--- max_body: of a longer one a byte more is enough; the path, which tells apart what is asked at
--- several URLs over one store.
--- Returns status, headers and body. Fourth, with answer_first, a function that handles the event,
--- to be called when the answer is on its way. The body of an answer to HEAD is a server's to
--- leave out.
---@param method string
---@param query? string
---@param headers? table<string, string|string[]>
---@param body? string|fun(max_body: integer): string?, any
---@param path? string
---@return integer status
---@return table<string, string> headers
---@return string body
---@return function? after
function methods:handle(method, query, headers, body, path)
  errors.check_self(self, metatable)
  local state = get_state(self)
  count(state, "received")
  local request, why, status, more = admit(state, method, query, headers or {}, path)
  if not request then
    count(state, why)
    return answer(status, more)
  end
  request.body, why, status, more = take_body(state, body)
  if not request.body then
    count(state, why)
    if more then tell(state, "on_error", more) end
    return answer(status)
  end
  local event = read_event(state, request)
  if not event then return answer(400) end
  if applet.asks(event) then return handle_applet(state, event, request) end
  if method == "HEAD" then return answer(200) end
  return handle_event(state, event, request)
end

--- The URL to give to the service, with the first of the secrets: as status_callback, or for an
--- applet. base: an http or https address without the secret.
---@param base string
---@return string url
methods.url = errors.expose(function(self, base)
  local state = get_state(self)
  local right, wrong = core.address(type(base) == "string" and base or "")
  if not right then
    return errors.misuse(("webhook:url wants an http or https address: it %s"):format(wrong))
  end
  local query = base:find("?", 1, true)
  return ("%s%s%s=%s"):format(base, query and "&" or "?", core.encode(state.parameter),
    core.encode(state.secrets[1]))
end, metatable)

--- How often what came about, since it was made and in this process: received; handled, repeated,
--- busy (503), failed, rejected (400), method (405), forbidden (403), too_large (413), unread,
--- store_failed, hook_failed.
---@return table<string, integer> counts
function methods:counts()
  errors.check_self(self, metatable)
  local copy = {}
  for what, times in pairs(get_state(self).counted) do copy[what] = times end
  return copy
end

-- }=================================================================

function metatable.__tostring(self)
  return ("webhook, %d requests"):format(get_state(self).counted.received)
end

--- A webhook of these settings. It is a table that any number of requests may use at a time.
---@param settings exotel.webhook.settings
---@return exotel.webhook webhook
webhook.new = errors.expose(function(settings)
  local state, err = given.read("exotel.webhook.new", webhook.settings, settings)
  if not state then return nil, err end
  state.counted = {
    received = 0, handled = 0, repeated = 0, busy = 0, failed = 0, rejected = 0, method = 0,
    forbidden = 0, too_large = 0, unread = 0, store_failed = 0, hook_failed = 0,
  }
  local self = setmetatable({}, metatable)
  set_state(self, state)
  return self
end)

return webhook
