-- exotel: the voice API of Exotel (v1) for programs that host Lua.
--
--   local exotel = require "exotel"
--   exotel.configure{ account_sid = "…", api_key = "…", api_token = "…", region = "mumbai" }
--   local call, err = exotel.connect{ from = "+91…", to = "+91…", caller_id = "080…" }
--
-- Every function returns one value, or nil and an error object; a programmer's mistake is
-- raised at the caller's line. Loading this touches no network and no environment.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local client = require "exotel.client"
local copy = require "exotel.copy"
local core = require "exotel.core"
local errors = require "exotel.errors"
local yielding = require "exotel.yielding"

local exotel = { _VERSION = core._VERSION }

local implementation = client.implementation
local default

local DOT = "the functions of exotel stand behind a dot: exotel.connect { … }"

--- Sets the client that the functions of this module use. Settings: account_sid, api_key,
--- api_token, region or base_url; timeout, connect_timeout (seconds), retries, retry_budget;
--- on_request, on_response, on_retry, logger; only_dial, max_dials, before_dial, tracker; limit,
--- max_wait (seconds), limiter; transport, proxy, ca_file, plain_http, user_agent, max_response
--- (bytes), time_offset. What is missing is taken from
--- EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN, EXOTEL_REGION and EXOTEL_BASE_URL.
--- Returns the client.
---@param given exotel.settings
---@return exotel.client client
exotel.configure = errors.expose(function(given)
  if given == exotel then return errors.misuse(DOT) end
  local made, err = client.new(given)
  if not made then return nil, err end
  default = made
  return made
end)

--- An independent client: every operation below is its method.
---@param given? exotel.settings
---@return exotel.client client
exotel.client = errors.expose(function(given)
  if given == exotel then return errors.misuse(DOT) end
  return client.new(given or {})
end)

local function default_client()
  if default then return default end
  local made, err = client.new {}
  default = made
  return made, err
end

local function with_client(implement)
  return errors.expose(function(...)
    if ... == exotel then return errors.misuse(DOT) end
    local object, err = default_client()
    if not object then return nil, err end
    return implement(object, ...)
  end)
end

local function with_client_if_any(implement)
  return errors.expose(function(...)
    return implement(default, ...)
  end)
end

--- Places a call (S001, S002, S003): between two numbers { from, to, caller_id, … }, to a
--- flow { from, caller_id, app_id or url, … }, or to a stream { from, caller_id,
--- stream_url, stream_type, … }. The options are the rows of exotel.options("connect").
--- Second table: timeout (60 s), connect_timeout (5 s), retries (2); reference, the dial's own
--- name, which is made up where there is none. The call carries it as its custom_field, unless
--- that was given; err.reference has it, too.
--- Returns the call's record, which only says that the service took it, whatever its status.
---@param params exotel.connect.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
exotel.connect = with_client(implementation.connect)

--- Reads one call (S003). sid: its SID, or a record or event that has one. asked:
--- { details = true } for its legs. Third table: timeout (15 s), connect_timeout, retries.
---@param sid string|exotel.call|exotel.event
---@param asked? exotel.call_details.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
exotel.call_details = with_client(implementation.call_details)

--- A query over finished calls (S003): { sid, from, to, phone_number, status, direction,
--- duration, price, date_created, details, sort, … }, the rows of exotel.options("calls").
--- Sends nothing yet; what is wrong with the data comes from the first reading.
---
---   for call in exotel.calls{ status = "failed", date_created = { gte = "2026-11-01" } } do … end
---
--- raises an error, so that a page that failed never looks like the end. The same query has
--- next(), which gives each call once, then nil, or nil and an error; and, each from the
--- beginning, pages(), an iterator over lists of calls with the fields of their page; all(), a
--- list; first(), the first call or nil; total(), how many there are. In an error in the
--- middle err.resume is a table of strings, numbers and tables that may be kept in a file: it
--- has the filter, with its phone numbers, and no credentials. exotel.calls{ resume = it } goes
--- on behind the last call that was handed out.
---
--- Calls come in the order of date_created, the newest first unless sort = "asc", over as many
--- pages (of page_size, 100), months and groups of numbers (5) and SIDs (20) as it takes; a
--- page a group is held. An end that date_created leaves open is now, or six months ago, and
--- what is older is refused; without date_created the service gives the last 31 days.
--- Second table, for each page: timeout (15 s), connect_timeout, retries.
---@param filter exotel.calls.options|{ resume: table }
---@param how? exotel.how
---@return exotel.query query
exotel.calls = with_client(implementation.calls)

--- What became of a dial of which nobody knows: asks the service for the calls of its minutes.
--- subject: an error of connect; or a table, as before_dial was given it or as it was written down:
--- { from, to, began, latest, time_limit, ring_timeout, reference }, of which `from`, `began`
--- (epoch seconds) and, unless it went to a flow or a stream, `to` are needed. asked: { known =
--- SIDs }, the calls that are other dials', beside those that this client got the SID of.
--- Third table, for each page: timeout (15 s), connect_timeout, retries.
---
--- Returns a table. state is "placed", with the call: one has these numbers, in any spelling (the
--- last ten digits count), was created in these minutes and isn't known. "ambiguous", with the
--- candidates: more than one. "unknown", with ask_again_at (epoch seconds): none, but the service
--- tells of calls when they have ended, and this one may be going on. "not_placed": none, and its
--- time limit (else 14400 s), both ringing times (else 60 s each) and 5 minutes have passed since
--- it left at the latest; and at once where the error says not_sent or rejected.
---@param subject exotel.error|exotel.dial
---@param asked? { known?: (string|exotel.call|exotel.event)[] }
---@param how? exotel.how
---@return exotel.reconciled? found
---@return exotel.error? err
exotel.reconcile = with_client(implementation.reconcile)

--- Waits until a call is settled: nothing more is to be heard of it. call: a record or an event of
--- it, or its SID. Returns its record, with `settled`: "complete"; "ended" when Price and Duration
--- never came; "lost" when nobody knows of its end. Else nil and an error: of reason "unsettled",
--- whose `call` is what is known, when the time is over; or the service's, when it doesn't know the
--- call. Where the client has a tracker, what that was told by webhooks counts as well.
---@param call exotel.call|exotel.event|string
---@param options? exotel.wait.options
---@return exotel.tracked? call
---@return exotel.error? err
exotel.wait = with_client(implementation.wait)

--- A call is over: another may begin, where the setting `limiter` caps those in progress; elsewhere
--- it does nothing. call: a record or an event of it, or its SID. Safe to call again. The setting
--- `client` of a webhook calls it with each final event.
---@param call exotel.call|exotel.event|string
---@return boolean? done
---@return exotel.error? err
exotel.call_ended = with_client(implementation.call_ended)

--- What is known of a phone number (S003; India's only): { phone_number, circle, circle_name,
--- type, operator, operator_name, dnd }. Second table: timeout (15 s), connect_timeout, retries.
---@param number string
---@param how? exotel.how
---@return exotel.number_metadata? number
---@return exotel.error? err
exotel.number_metadata = with_client(implementation.number_metadata)

--- The account's balance (NEW): { balance, balance_text, currency, pricing_plan, … }. First
--- table: timeout (15 s), connect_timeout, retries. The service asks for one a minute at most.
---@param how? exotel.how
---@return exotel.balance? balance
---@return exotel.error? err
exotel.balance = with_client(implementation.balance)

--- Fetches the recording of a call (S003): a record or an event with recording_url, or the address
--- itself. options: to, a path, or a function that is given the bytes piece by piece and ends it by
--- returning false and why; max_bytes (256 MB). Returns { bytes, content_type, path, resumed }.
---
--- A file takes its place when it is whole; until then path .. ".part" has what came, and the next
--- call for that path fetches only the rest, where the server knows ranges. Of two calls for one
--- path at a time, in any processes of a host, the second fails with the reason in_use. The
--- credentials are shown to hosts of exotel.com and exotel.in and to the one that the client talks
--- to, and never to another, to one that is redirected to, or with a link that is signed.
--- Third table: timeout (15 s, for each piece of 512 KB), connect_timeout, retries, deadline.
---@param call exotel.call|exotel.event|string
---@param options { to: string|(fun(bytes: string): boolean?, string?), max_bytes?: integer }
---@param how? exotel.how
---@return { bytes: integer, content_type?: string, path?: string, resumed: integer }? fetched
---@return exotel.error? err
exotel.recording = with_client(implementation.recording)

--- Asks an endpoint that has no function here: { method, path, query, form }. method: GET, POST,
--- PUT, PATCH or DELETE; without it GET, or POST with a form. path: below the account
--- ("Calls/SID/Legs.json"), or from the host's top when it begins with "/"; percent-encoded; one
--- to another host, with "..", a control byte or credentials is refused. query, form: tables of
--- strings, numbers and booleans. Second table: timeout (15 s; 60 s but for GET),
--- connect_timeout, retries, and format = "xml" for what is accepted. Returns { status, headers,
--- body } for any 2xx, as they came. All but GET is treated like a dial: on a fresh connection,
--- sent once, tried again only when it is proven that nothing was sent, or after 429; only_dial
--- looks at From and To, max_dials counts it.
---@param asked { method?: string, path: string, query?: table, form?: table }
---@param how? exotel.how
---@return { status: integer, headers: table, body: string }? answer
---@return exotel.error? err
exotel.send = with_client(implementation.send)

--- The request that an operation would send, as a table, without sending it.
---@param name string the operation
---@param params table its options
---@param how? exotel.how
---@return table? request
---@return exotel.error? err
exotel.request = with_client(implementation.request)

--- The record of an answer that came some other way: operation, status, headers, body.
---@param name string the operation
---@param status integer
---@param headers? table<string, string>
---@param body string
---@return table? record
---@return exotel.error? err
exotel.read = with_client_if_any(implementation.read)

--- What a record or an error came from: { status, headers, body, attempts, seconds }. A call of
--- a query has no body, which would be its whole page's.
---@param subject table a record, an event or an error
---@return table? response
exotel.response = with_client_if_any(implementation.response)

--- The event of a webhook (S001, S003), whatever its encoding: body, its Content-Type, and
--- the query string of its URL where that matters. Never raises: nil and an error for what
--- can't be read. event.kind is "default", "answered", "terminal", "passthru", "agent",
--- "stream", "integration" or "unknown"; event.final, event.dedup_key, event.repeated and
--- event.files are described in docs/reference.md. exotel.fields "event" lists the rest.
---@param body? string
---@param content_type? string
---@param query? string
---@return exotel.event? event
---@return exotel.error? err
function exotel.parse_callback(body, content_type, query)
  return implementation.parse_callback(default, body, content_type, query)
end

--- The body that the service would send for an event, and its content type with the
--- boundary: parse_callback of both gives the event again. content_type:
--- multipart/form-data (default), application/json or application/x-www-form-urlencoded.
---@param event exotel.event
---@param content_type? string
---@return string? body
---@return string|exotel.error content_type
exotel.build_callback = errors.expose_pair(function(...)
  return implementation.build_callback(default, ...)
end)

--- Epoch seconds of one of the service's timestamps. offset: "+05:30" or seconds, for
--- those that don't bring their own; default the setting time_offset, else +05:30.
---@param text? string
---@param offset? string|integer
---@return integer? epoch
---@return exotel.error? err
exotel.time = with_client_if_any(implementation.time)

--- A loop for requests that don't block: in a function run by loop:spawn(fn, …) every call of
--- a client yields until its answer is there. Options: requests_in_flight (64, at most 1000), of
--- which dials_in_flight (16) may be dials; on_error(err, task), called with what a task raises.
--- Its methods: spawn, step, run, sleep, prepare, close, and pollfd, events, timeout for a poller;
--- a task has done, result and cancel. A client with the setting transport = loop raises elsewhere,
--- where any other client blocks.
---@param options? { requests_in_flight?: integer, dials_in_flight?: integer, on_error?: function }
---@return exotel.loop? loop
---@return exotel.error? err
exotel.loop = errors.expose(function(options)
  local loop, err = errors.load "exotel.transport.loop"
  if not loop then return nil, err end
  return loop.new(options)
end)

--- As pcall, and fn may wait for a loop's answer on every Lua. Lua 5.1 (not LuaJIT) can't yield
--- across pcall: there fn runs in a coroutine of its own, whose yields are passed on.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ...
function exotel.pcall(fn, ...)
  return yielding.pcall(fn, ...)
end

--- The E.164 spelling of a phone number, e.g. ("098765 43210", "91"): or nil and an error.
---@param text string
---@param country? string
---@return string? number
---@return exotel.error? err
exotel.e164 = errors.expose(function(text, country)
  if type(text) ~= "string" or country ~= nil and type(country) ~= "string" then
    return errors.misuse "exotel.e164 wants a string, and a country code as a string"
  end
  local number, wrong = core.e164(text, country or "")
  if number then return number end
  return errors.invalid("e164", "text", "phone", "the number " .. wrong)
end)

--- The JSON of a record, in documented order. options.names: "lua" (default) or "exotel"
--- for the service's names and shape. options.absent: "null" or "empty" also writes what
--- the service always sends. options.record: "call" (default).
---@param record table
---@param options? { names?: "lua"|"exotel", absent?: "null"|"empty", record?: string }
---@return string? json
---@return exotel.error? err
exotel.to_json = errors.expose(function(record, options)
  options = options or {}
  if type(record) ~= "table" or type(options) ~= "table" then
    return errors.misuse "exotel.to_json wants a record and a table of options"
  end
  for name in pairs(options) do
    if name ~= "names" and name ~= "absent" and name ~= "record" then
      return errors.misuse(("option '%s' is not known%s"):format(tostring(name),
        errors.did_you_mean(name, { "names", "absent", "record" })))
    end
  end
  local names, absent = options.names or "lua", options.absent
  if names ~= "lua" and names ~= "exotel" then
    return errors.misuse "option 'names' must be \"lua\" or \"exotel\""
  end
  if absent ~= nil and absent ~= "null" and absent ~= "empty" then
    return errors.misuse "option 'absent' must be \"null\" or \"empty\""
  end
  local kind = options.record or "call"
  if not api.records[kind] then return errors.misuse "option 'record' is no known record" end
  local text, failure = core.to_json(record, kind, names == "exotel", absent)
  if text then return text end
  return nil, errors.new(failure, "to_json")
end)

-- A name of none of these: nil and a misuse.
local function unknown(what, name, known)
  local names = {}
  for one in pairs(known) do names[#names + 1] = one end
  table.sort(names)
  return errors.misuse(("%s '%s' is not known%s"):format(what, tostring(name),
    errors.did_you_mean(name, names)))
end

--- The fields of a record ("call"): a list of { name, lua, list, position, type, source }.
---@param record string
---@return table[] fields
exotel.fields = errors.expose(function(record)
  local rows = api.records[record]
  if rows then return copy(rows) end
  return unknown("record", record, api.records)
end)

--- The options of an operation ("connect"): a list of { lua, name, type, about, source, place }
--- and what else there is of: alias, modes, required, min, max, most, choices, operators, needs,
--- needs_modes, needs_value, excludes.
---@param name string
---@return table[] options
exotel.options = errors.expose(function(name)
  local operation = api.by_name[name]
  if operation then return copy(operation.parameters) end
  return unknown("operation", name, api.by_name)
end)

--- What `value` is, or raises the error readably: as an object where the host prints those,
--- as its text on Lua 5.1 and LuaJIT.
---@generic T
---@param value T?
---@param err? any
---@param ... any
---@return T value
---@return any ...
function exotel.assert(value, err, ...)
  if value then return value, err, ... end
  if _VERSION == "Lua 5.1" or not errors.is(err) then
    error(tostring(err == nil and "assertion failed!" or err), 2)
  end
  error(err, 0)
end

--- India's telecom circles and operators by their codes (S003).
---@type table<string, string>
exotel.circles = api.circles
exotel.operators = api.operators

return exotel
