-- client: one account's settings, its transport, and the operations as methods.
--
-- What goes out is built and checked by the core, carried by a transport, and read by the
-- core again; here it is decided what is not sent at all.
--
-- SPDX-License-Identifier: MIT

local answers = require "exotel.answers"
local api = require "exotel.api"
local compat = require "exotel.compat"
local core = require "exotel.core"
local dialling = require "exotel.dialling"
local endpoint = require "exotel.endpoint"
local errors = require "exotel.errors"
local exchange = require "exotel.exchange"
local hooks = require "exotel.hooks"
local nginx = require "exotel.nginx"
local pages = require "exotel.pages"
local recording = require "exotel.recording"
local reconcile = require "exotel.reconcile"
local records = require "exotel.records"
local running = require "exotel.running"
local settings = require "exotel.settings"
local turns = require "exotel.turns"
local waiting = require "exotel.waiting"
local yielding = require "exotel.yielding"

local client = {}

-- An inference from how the service prints epoch 0.
local TIME_OFFSET = settings.offset(settings.default "time_offset")
local USER_AGENT = "lua-exotel/" .. core._VERSION

local operations = api.by_name

-- State stands apart from the object, so that dumping a client shows no token.
local get_state, set_state = compat.aside()
local failed_dials = setmetatable({}, { __mode = "k" }) -- by their errors, the requests

local methods = {}
local metatable = { __name = "exotel.client", __index = methods }
methods[metatable] = true

function metatable.__tostring(object)
  local state = get_state(object)
  return "exotel.client: " .. (state and state.target.base or "closed")
end

--- The state of a client, or of none at all: then only what needs no account works.
local function state_of(object)
  local state = get_state(object)
  if state then return state end
  return errors.no_self "exotel.client"
end

-- {=================================================================
-- Building
-- ==================================================================

-- Where requests of a client go, by the format of the answer.
local function targets_of(state)
  local function target(xml)
    local where = state.target
    return { account_sid = where.account_sid, base = where.base, flow_host = where.flow_host,
             time_offset = state.time_offset, xml = xml }
  end
  return { json = target(false), xml = target(true) }
end

local function build(state, name, params, how)
  local request, failure = core.request(name, params, state.targets[how.format or "json"])
  if request then
    request.headers["user-agent"] = state.user_agent or USER_AGENT
    return request
  end
  if failure.kind == "misuse" then
    failure.message = ("exotel.%s: %s"):format(name, failure.message)
  end
  return nil, errors.new(failure, name, state.secrets)
end

-- }=================================================================

-- {=================================================================
-- Sending
-- ==================================================================

-- nginx's sockets where this runs in nginx, else the one that blocks.
local OWN_TRANSPORT = "exotel.transport." .. (nginx.api and "resty" or "curl")
if nginx.api then errors.load(OWN_TRANSPORT) end -- so that no handler reads files

-- Or nil and a misuse, where it isn't built or can't do what a setting says.
local function make_transport(state)
  local module, err = errors.load(OWN_TRANSPORT)
  if not module then return nil, err end
  return module.new(state)
end

-- The user's own; else inside a task its loop, and elsewhere one of this client's own: or nil and
-- a misuse.
local function transport_of(state)
  if state.brought then return state.transport end
  local task = running.task and running.here()
  if task then
    local bound = state.bound[task.loop] or task.loop:bind(state)
    state.bound[task.loop] = bound
    return bound
  end
  if state.transport then return state.transport end
  local err
  state.transport, err = make_transport(state)
  return state.transport, err
end

-- Epoch seconds, of the transport's clock if it has one; nil where nothing knows the time; nil
-- and a misuse where there is no transport.
local function wall_clock(state)
  local transport, err = transport_of(state)
  if not transport then return nil, err end
  return exchange.time(transport)
end

local function send(state, request, how, whole)
  local transport, err = transport_of(state)
  if not transport then return nil, err end
  return exchange.run(state, transport, request, how, whole)
end

-- }=================================================================

-- {=================================================================
-- Fuses
-- ==================================================================

local TEN = "^%+?%d*(" .. ("%d"):rep(10) .. ")$"

-- Two international spellings of one phone are equal; a national one has no country, and
-- agrees with another in the last ten digits. What is no number, as a SIP address, is equal or not.
local function same_phone(a, b)
  if a == b then return true end
  if a:sub(1, 1) == "+" and b:sub(1, 1) == "+" then return false end
  local last = a:match(TEN)
  return last ~= nil and last == b:match(TEN)
end

local function is_allowed(list, number)
  for _, allowed in ipairs(list) do
    if same_phone(allowed, number) then return true end
  end
  return false
end

local function limited(state, name, field, reason, message)
  return nil, errors.new({
    kind = "limited", outcome = "not_sent", reason = reason, field = field, message = message,
    attempts = 0,
  }, name, state.secrets)
end

local function check_only_dial(state, request)
  for _, field in ipairs { "from", "to" } do
    local number = request[field]
    if state.only_dial and number and not is_allowed(state.only_dial, number) then
      return limited(state, request.operation, field, "only_dial",
        ("%s is not among the numbers of only_dial"):format(field))
    end
  end
  return true
end

local function dial_within_fuses(state, request, how)
  local ok, err = check_only_dial(state, request)
  if not ok then return nil, err end
  if state.max_dials and state.dialled >= state.max_dials then
    return limited(state, request.operation, nil, "max_dials",
      ("this client has made the %d dials of max_dials"):format(state.max_dials))
  end
  local lease
  lease, err = turns.begin_call(state, request)
  if not lease then return nil, err end
  state.dialled = state.dialled + 1
  local call
  call, err = send(state, request, how)
  if err and err.outcome == "not_sent" then state.dialled = state.dialled - 1 end
  turns.settle(state, lease, request, call, err)
  return call, err
end

-- }=================================================================

-- What client:reconcile is given of a dial that failed. One that nobody wrote down may have
-- waited for its turn for as long as that took.
local function note_failed(state, request, err)
  if request.latest and not request.leave_by then
    request.latest = math.max(request.latest, wall_clock(state) or 0)
  end
  err.reference = request.reference
  failed_dials[err] = request
end

-- What the tracker can't keep it asks the service for: the dial was written down.
local function tell_tracker(state, request, call, err)
  local ran, told, why = yielding.pcall(state.tracker.ended, state.tracker, request.reference, call,
    err)
  if ran and told then return end
  hooks.log(state, "error", ("the tracker wasn't told of a dial: %s"):format(
    tostring(ran and why or told)))
end

local function dial(state, request, how)
  local call, err = dial_within_fuses(state, request, how)
  if request.is_tracked then tell_tracker(state, request, call, err) end
  if call and call.sid then
    reconcile.remember(state.memory, call.sid, request.reference, transport_of(state):now())
  elseif err then
    note_failed(state, request, err)
  end
  return call, err
end

local function wants_table(name, given)
  return errors.misuse(("exotel.%s wants a table of options, got a %s"):format(name, type(given)))
end

local function carry_out(state, request, how, whole)
  return (request.dials and dial or send)(state, request, how, whole)
end

-- The request of an operation; a dial's has a reference, which it carries.
local function build_with_reference(state, name, params, how, reference)
  local operation = operations[name]
  if not reference or not operation.dials then return build(state, name, params, how) end
  local request, err = build(state, name, dialling.carry(operation, params, reference), how)
  if not request then request, err = build(state, name, params, how) end -- there is no room
  if not request then
    err.reference = reference
    return nil, err
  end
  request.reference = reference
  dialling.note(request, operation, params)
  return request
end

local function new_reference(state)
  return dialling.new_reference(wall_clock(state))
end

local function run(state, name, params, how)
  local checked, err = settings.how(how)
  if not checked then return nil, err end
  if type(params) ~= "table" then
    return wants_table(name, params)
  end
  local request
  if operations[name].dials then
    local reference = checked.reference or new_reference(state)
    request, err = build_with_reference(state, name, params, checked, reference)
  else
    request, err = build(state, name, params, checked)
  end
  if not request then return nil, err end
  return carry_out(state, request, checked)
end

-- A SID is given as it is, or by a record or an event that has one.
local function sid_of(value)
  if type(value) == "table" then return value.sid or value.call_sid end
  return value
end

local function with_sid(sid, asked)
  local params = { sid = sid_of(sid) }
  if asked == nil then return params end
  if type(asked) ~= "table" then
    return wants_table("call_details", asked)
  end
  for name, value in pairs(asked) do
    if name == "sid" or name == "CallSid" then
      return errors.misuse "exotel.call_details: the sid is given twice, also as an option"
    end
    params[name] = value
  end
  return params
end

local implementation = {}

function implementation.call_ended(object, call)
  local state, err = state_of(object)
  if not state then return nil, err end
  local sid = sid_of(call)
  if type(sid) ~= "string" then
    return errors.misuse("exotel.call_ended wants a call, an event or a SID, got a " .. type(call))
  end
  local told = type(call) == "table" and (call.reference or call.custom_field) or nil
  return turns.call_ended(state, sid, reconcile.owner(state.memory, sid) or told)
end

function implementation.connect(object, params, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  return run(state, "connect", params, how)
end

function implementation.call_details(object, sid, asked, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  local params
  params, err = with_sid(sid, asked)
  if not params then return nil, err end
  return run(state, "call_details", params, how)
end

function implementation.number_metadata(object, number, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  return run(state, "number_metadata", { number = number }, how)
end

function implementation.balance(object, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  return run(state, "balance", {}, how)
end

-- {=================================================================
-- Queries
-- ==================================================================

-- What pages.lua asks the client for.
local function source_of(state, how)
  local source = { offset = state.time_offset or TIME_OFFSET }
  function source.check(params)
    local request, err = build(state, "calls", params, how)
    return request and true, err
  end
  function source.ask(params, whole)
    local request, err = build(state, "calls", params, how)
    if not request then return nil, err end
    return carry_out(state, request, how, whole)
  end
  function source.now()
    local now, err = wall_clock(state)
    return now and math.floor(now), err
  end
  function source.fail(fields)
    return errors.new(fields, "calls", state.secrets)
  end
  return source
end

function implementation.calls(object, filter, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  how, err = settings.how(how)
  if not how then return nil, err end
  if type(filter) ~= "table" then
    return wants_table("calls", filter)
  end
  return pages.new(source_of(state, how), filter)
end

-- }=================================================================

-- {=================================================================
-- What became of a dial
-- ==================================================================

-- What is known of the dial that is asked about: or nil and the error.
local function subject_of(subject)
  if type(subject) ~= "table" then
    return errors.misuse(("exotel.reconcile wants an error of a dial, or a table, got a %s")
      :format(type(subject)))
  end
  if not errors.is(subject) then return reconcile.read(subject) end
  local request = failed_dials[subject]
  if not request then return errors.misuse "exotel.reconcile: that is no error of a dial" end
  local told = {}
  for _, row in ipairs(reconcile.rows) do told[row[1]] = request[row[1]] end
  return reconcile.read(told)
end

-- By SID, whose dials are known to be others': those of this client, and those that are named, or
-- that a function says, which knows what this client doesn't: whoever has one notes himself what is
-- found.
local function owner_of(state, asked)
  local known, is_known = {}, nil
  for name, value in pairs(asked or {}) do
    if name == "known" and type(value) == "function" then
      is_known = value
    elseif name ~= "known" or type(value) ~= "table" then
      return errors.misuse(("exotel.reconcile: option '%s' %s"):format(tostring(name), name
        == "known" and "wants a list of SIDs, or a function" or "is not known (it takes 'known')"))
    else
      for _, item in ipairs(value) do known[sid_of(item) or item] = true end
    end
  end
  return function(sid)
    return is_known and is_known(sid) or reconcile.owner(state.memory, sid) or known[sid]
  end
end

-- Those that may be the dial's, of all calls of its minutes.
local function candidates_of(state, sought, how)
  local source = source_of(state, how)
  local first, last = reconcile.window(sought)
  local query, err = pages.new(source, { date_created = { gte = first, lte = last } })
  if not query then return nil, err end
  local list = {}
  local call
  repeat
    call, err = query:next()
    if call and reconcile.is_candidate(sought, call, source.offset) then list[#list + 1] = call end
  until not call
  return not err and list or nil, err
end

-- Nothing was placed by a dial that wasn't sent, or was refused.
local function is_settled(subject)
  return errors.is(subject) and subject.reference ~= nil
    and (subject.outcome == "not_sent" or subject.outcome == "rejected")
end

function implementation.reconcile(object, subject, asked, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  how, err = settings.how(how)
  if not how then return nil, err end
  if asked ~= nil and type(asked) ~= "table" then return wants_table("reconcile", asked) end
  local owner
  owner, err = owner_of(state, asked)
  if not owner then return nil, err end
  if is_settled(subject) then
    return { state = "not_placed", reference = subject.reference }
  end
  local sought
  sought, err = subject_of(subject)
  if not sought then return nil, err end
  local now, candidates
  now, err = wall_clock(state)
  if err then return nil, err end
  candidates, err = candidates_of(state, sought, how)
  if not candidates then return nil, err end
  local found = reconcile.decide(sought, candidates, owner, now)
  if found.call and sought.reference and type(asked and asked.known) ~= "function" then
    reconcile.remember(state.memory, found.call.sid, sought.reference, transport_of(state):now())
  end
  return found
end

-- }=================================================================

-- {=================================================================
-- Waiting for a call
-- ==================================================================

function implementation.wait(object, call, options)
  local state, err = state_of(object)
  if not state then return nil, err end
  options, err = waiting.read(options)
  if not options then return nil, err end
  local sid = sid_of(call)
  if type(sid) ~= "string" then
    return errors.misuse("exotel.wait wants a call, an event or a SID, got a " .. type(call))
  end
  local transport
  transport, err = transport_of(state)
  if not transport then return nil, err end
  return waiting.run({
    transport = transport, tracker = state.tracker, secrets = state.secrets,
    ask = function(seconds, left)
      return implementation.call_details(object, sid, { details = true },
        { timeout = seconds, deadline = left })
    end,
  }, call, sid, options)
end

-- }=================================================================

-- {=================================================================
-- Endpoints without a row
-- ==================================================================

function implementation.send(object, asked, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  how, err = settings.how(how)
  if not how then return nil, err end
  if type(asked) ~= "table" then return wants_table("send", asked) end
  asked, err = settings.send(asked)
  if not asked then return nil, err end
  local request
  request, err = endpoint.build(state, asked, how.format)
  if not request then return nil, err end
  request.headers["user-agent"] = state.user_agent or USER_AGENT
  if request.dials then request.reference = how.reference or new_reference(state) end
  return carry_out(state, request, how)
end

-- }=================================================================

-- {=================================================================
-- Recordings
-- ==================================================================

function implementation.recording(object, call, options, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  how, err = settings.how(how)
  if not how then return nil, err end
  local whole = {}
  return recording.fetch({
    base = state.target.base,
    max_response = state.max_response or settings.default "max_response",
    response = answers.response,
    ask = function(url, range, anonymous)
      local headers = { accept = "*/*", range = range, ["user-agent"] = state.user_agent
        or USER_AGENT }
      return send(state, { operation = "recording", method = "GET", url = url, headers = headers,
        dials = false, anonymous = anonymous }, how, whole)
    end,
  }, call, options)
end

-- }=================================================================

local function check_operation(name)
  if operations[name] then return true end
  local list = {}
  for known in pairs(operations) do list[#list + 1] = known end
  table.sort(list)
  return errors.misuse(("operation '%s' is not known%s"):format(tostring(name),
    errors.did_you_mean(name, list)))
end

function implementation.request(object, name, params, how)
  local state, err = state_of(object)
  if not state then return nil, err end
  local known
  known, err = check_operation(name)
  if not known then return nil, err end
  if type(params) ~= "table" then
    return wants_table("request", params)
  end
  how, err = settings.how(how)
  if not how then return nil, err end
  return build_with_reference(state, name, params, how, how.reference)
end

function implementation.read(object, name, status, headers, body)
  local known, err = check_operation(name)
  if not known then return nil, err end
  if type(status) ~= "number" or status % 1 ~= 0 then
    return errors.misuse "exotel.read wants the status as a whole number"
  end
  if headers ~= nil and type(headers) ~= "table" or type(body) ~= "string" then
    return errors.misuse "exotel.read wants headers as a table and the body as a string"
  end
  local record
  record, err = answers.read(get_state(object), name, status, headers, body)
  if not record then return nil, err end
  return records.dress(operations[name], record)
end

function implementation.response(_, subject)
  return answers.response(subject)
end

function implementation.time(object, text, offset)
  local state = get_state(object)
  if offset ~= nil then
    local seconds = settings.offset(offset)
    if not seconds then
      return errors.misuse "exotel.time wants an offset like \"+05:30\", or seconds"
    end
    offset = seconds
  end
  if text == nil then return errors.invalid("time", "text", "missing", "there is no time") end
  if type(text) ~= "string" then
    return errors.misuse(("exotel.time wants a string, got a %s"):format(type(text)))
  end
  local epoch, at = core.time(text, offset or state and state.time_offset or TIME_OFFSET)
  if epoch then return epoch end
  if at == 0 then return errors.invalid("time", "text", "missing", "there is no time") end
  return errors.invalid("time", "text", "time", ("not a time at byte %d"):format(at))
end

-- An error of a webhook is about no request of ours.
local function webhook_error(failure, operation, secrets)
  failure.outcome = nil
  return nil, errors.new(failure, operation, secrets)
end

local parse_callback, event_metatable = core.callback, records.metatables.event

-- Nothing that comes here raises.
function implementation.parse_callback(object, body, content_type, query)
  local event, failure = parse_callback(body, content_type, query, event_metatable)
  if event then return event end
  local state = get_state(object)
  return webhook_error(failure, "parse_callback", state and state.secrets)
end

local encodings = {
  ["application/json"] = "json",
  ["application/x-www-form-urlencoded"] = "form",
  ["multipart/form-data"] = "multipart",
}

function implementation.build_callback(_, event, content_type)
  local encoding = encodings[content_type or "multipart/form-data"]
  if type(event) ~= "table" then
    return errors.misuse(("exotel.build_callback wants an event, got a %s"):format(type(event)))
  end
  if not encoding then
    return errors.misuse("exotel.build_callback wants multipart/form-data, application/json or"
      .. " application/x-www-form-urlencoded")
  end
  local body, built = core.build(event, encoding)
  if body then return body, built end
  return webhook_error(built, "build_callback")
end

for name, implement in pairs(implementation) do
  methods[name] = errors.expose(implement, metatable)
end
methods.build_callback = errors.expose_pair(implementation.build_callback, metatable)

--- Closes the client's connections. Safe to call twice; what follows opens them anew.
function methods:close()
  errors.check_self(self, metatable)
  local state = get_state(self)
  local transport = state and state.transport
  if not transport or state.brought then return end
  state.transport = nil
  transport:close()
end

metatable.__close = methods.close

--- A client from settings: or nil and a misuse.
function client.new(given)
  local state, err = settings.read(given)
  if not state then return nil, err end
  state.targets = targets_of(state)
  state.dialled = 0
  state.retries_left = state.retry_budget or settings.default "retry_budget"
  state.memory = reconcile.memory()
  state.brought = state.transport ~= nil
  state.gate = turns.gate(state, state.transport)
  state.bound = setmetatable({}, { __mode = "kv" }) -- anew when it was collected
  if state.brought and state.transport.bind then
    state.transport = state.transport:bind(state)
  elseif nginx.api and not state.brought then
    state.transport, err = make_transport(state) -- what is wrong with it is told at the start
    if err then return nil, err end
  end
  local object = setmetatable({}, metatable)
  set_state(object, state)
  return object
end

client.implementation = implementation

return client
