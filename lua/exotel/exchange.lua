-- exchange: one request with all its attempts, over a transport.
--
-- What is sent stands in the request, which the core has built; when it is sent again, and what
-- the caller is told of a failure, is decided here and in retry.lua.
--
-- SPDX-License-Identifier: MIT

local answers = require "exotel.answers"
local copy = require "exotel.copy"
local dialling = require "exotel.dialling"
local dice = require "exotel.dice"
local errors = require "exotel.errors"
local hooks = require "exotel.hooks"
local retry = require "exotel.retry"
local settings = require "exotel.settings"
local turns = require "exotel.turns"

local exchange = {}

local TIMEOUT, CONNECT_TIMEOUT = settings.default "timeout", settings.default "connect_timeout"
local RETRIES, BUDGET = settings.default "retries", settings.default "retry_budget"

local tls_hint = " - the certificate or the connection isn't trusted; ca_file names other"
  .. " certificates to trust"

local no_tls_hint = " - no TLS is spoken there; an address without it begins with http://"

-- OpenSSL says so where the answer is no TLS, as to a base_url without its http://.
local function hint_of(message)
  return message:find("wrong version number", 1, true) and no_tls_hint or tls_hint
end

local function transport_error(state, request, failure)
  local message = ("no answer from Exotel: %s"):format(tostring(failure.message or failure.reason))
  if failure.reason == "tls" then message = message .. (failure.hint or hint_of(message)) end
  local unknown = failure.sent ~= false
  if unknown and request.dials then
    message = message .. answers.doubt(request)
  end
  return errors.new({
    kind = "transport", outcome = unknown and "unknown" or "not_sent",
    reason = failure.reason or "other", message = message, status = failure.status,
  }, request.operation, state.secrets)
end

-- A user's transport that returns something else may have sent the request.
local function is_response(response)
  return type(response) == "table" and type(response.status) == "number"
    and type(response.body) == "string"
    and (type(response.head) == "string" or response.head == nil)
end

local function retries_of(state, how)
  return how.retries or state.retries or RETRIES
end

-- For a transport that is brought, which may do with it as it likes.
local function copy_of(request)
  return { method = request.method, url = request.url, headers = copy(request.headers),
           body = request.body, leave_by = request.leave_by }
end

-- Who wants no retries has one request on the wire, also where a kept connection turns out dead.
-- left: seconds until it must have left, or nil.
local function perform(state, transport, request, seconds, how, left)
  local dials, anonymous = request.dials, request.anonymous
  local connect = how.connect_timeout or state.connect_timeout or CONNECT_TIMEOUT
  if left and left < connect then connect = left end
  local given = state.brought and copy_of(request) or request
  given.username = not anonymous and state.api_key or nil
  given.password = not anonymous and state.api_token or nil
  given.timeout = seconds
  given.connect_timeout = connect < seconds and connect or seconds
  given.fresh_connection = dials
  given.send_once = dials or retries_of(state, how) == 0
  given.phases = state.on_response and true or nil
  return transport:perform(given)
end

-- One attempt: the record or nil, the error, and the response, or false and the failure.
local function attempt(state, transport, request, seconds, how)
  local response, failure
  local leave_by = request.leave_by -- what was written down of a dial must stay true
  local left = leave_by and leave_by - transport:now()
  if left and left <= 0 then
    failure = { reason = "late", message = "its turn came too late", sent = false }
  else
    response, failure = perform(state, transport, request, seconds, how, left)
  end
  if response and (not state.brought or is_response(response)) then
    local record, err = answers.take(state, request, response)
    return record, err, response
  end
  if type(failure) ~= "table" then
    failure = { reason = "transport", message = "the transport returned no response: "
      .. tostring(failure) }
  end
  return nil, transport_error(state, request, failure), false, failure
end

-- {=================================================================
-- What is told
-- ==================================================================

local function tell_request(state, request, number, seconds)
  hooks.tell(state, "on_request", { operation = request.operation, attempt = number,
    dials = request.dials, timeout = seconds })
end

local function tell_response(state, request, number, err, came)
  local phases = type(came.phases) == "table" and came.phases or {}
  phases.total = phases.total or came.seconds
  hooks.tell(state, "on_response", { operation = request.operation, attempt = number,
    dials = request.dials, status = came.status, outcome = err and err.outcome or "done",
    kind = err and err.kind, reason = err and err.reason, seconds = phases })
end

local function tell_retry(state, request, number, err, pause, why)
  hooks.tell(state, "on_retry", { operation = request.operation, attempt = number,
    dials = request.dials, status = err.status, outcome = err.outcome, kind = err.kind,
    reason = err.reason, why = why, after = pause })
  hooks.log(state, "warning", ("%s - attempt %d, again in %.1f s"):format(tostring(err), number,
    pause))
end

-- }=================================================================

-- Seconds to the next attempt, and why there is one; nil when there is none. left: the seconds
-- that there are.
local function pause_before_next(state, request, err, attempts, left)
  local again, why = retry.should(request.dials, err)
  local budget = again and retry.spent(state.retries_left)
  if not budget then return nil end
  state.dice = state.dice or dice.new()
  local pause = retry.after(err, attempts, state.dice:share(), left)
  if pause >= left then return nil end
  state.retries_left = budget
  return pause, why
end

-- Seconds for all attempts, when they end, and when the latest if they waited in a queue.
local function span_of(state, transport, request, how, whole)
  local now = transport:now()
  local ends = whole and whole.ends or how.deadline and now + how.deadline
  if whole then whole.ends = ends end
  local timeout = how.timeout or state.timeout or (request.dials and TIMEOUT.dial or TIMEOUT.read)
  if ends then timeout = math.min(timeout, ends - now) end
  return timeout, now + timeout, ends or math.huge
end

--- Epoch seconds, of the transport's clock if it has one; nil where nothing knows the time.
function exchange.time(transport)
  if transport.time then return transport:time() end
  local found, sys = pcall(require, "exotel.sys")
  if found then return sys.time() end
  return type(os) == "table" and os.time and os.time() or nil
end

local function held_back(state, request, reason, why)
  return nil, errors.new({ kind = "limited", outcome = "not_sent", reason = reason, message = why,
    attempts = 0 }, request.operation, state.secrets)
end

-- Notes when a dial begins, and lets the tracker and before_dial know: true, or nil and the error.
-- From there on it leaves within its seconds or not at all.
local function announce(state, transport, request, seconds)
  local began = transport:now()
  request.began = exchange.time(transport)
  request.latest = request.began and request.began + seconds
  if state.tracker and request.operation == "connect" then
    local ok, why = dialling.track(state.tracker, request)
    if not ok then return held_back(state, request, "tracker", why) end
    request.is_tracked = true
  end
  if state.before_dial then
    local ok, why = dialling.announce(state.before_dial, request)
    if not ok then return held_back(state, request, "before_dial", why) end
  end
  if state.before_dial or request.is_tracked then request.leave_by = began + seconds end
  return true
end

-- What comes before an attempt: its turn under the limit and, before a dial's first, that somebody
-- writes it down. The seconds that its turn took; or nil and the error.
local function prepare(state, transport, request, seconds, ends, is_first)
  local for_turn, err = turns.admit(state, transport, request, ends)
  if not (for_turn and request.dials and is_first) then return for_turn, err end
  local ok
  ok, err = announce(state, transport, request, seconds)
  return ok and for_turn, err
end

local function too_late(state, request)
  return errors.new({ kind = "limited", outcome = "not_sent", reason = "deadline",
    message = "the deadline for all of it has passed", attempts = 0 }, request.operation,
    state.secrets)
end

-- An attempt with all that is told of it: the record or nil, the error, and what came.
local function attempt_told(state, transport, request, seconds, how, number)
  if state.on_request then tell_request(state, request, number, seconds) end
  local record, err, response, failure = attempt(state, transport, request, seconds, how)
  local came = response or failure
  if response then answers.remember(state, request, record, err, response, number) end
  if state.on_response then tell_response(state, request, number, err, came) end
  local budget = state.retry_budget or BUDGET
  if not record then
    err.attempts = number
    turns.heed(state, err)
  elseif state.retries_left < budget then
    state.retries_left = retry.earned(state.retries_left, budget)
  end
  return record, err, came
end

-- Waits for the next attempt: the seconds that it has, or nil where there is none.
local function wait_for_next(state, transport, request, err, deadline)
  local number = err.attempts
  local pause, why = pause_before_next(state, request, err, number, deadline - transport:now())
  if not pause then return nil end
  tell_retry(state, request, number, err, pause, why)
  transport:sleep(pause)
  local left = deadline - transport:now()
  return left > 0 and left or nil
end

--- The record that came of a request: or nil and the error. All attempts together, pauses
--- included, stay within the time-out; a transport's queue and the wait for a turn don't count.
-- how: the second table. whole: of a query a table that its requests share, since its deadline is
-- over them all.
function exchange.run(state, transport, request, how, whole)
  local wrong = transport.check and transport:check(request)
  if wrong then return errors.misuse(("exotel.%s: %s"):format(request.operation, wrong)) end
  local left, deadline, ends = span_of(state, transport, request, how, whole)
  if left <= 0 then return nil, too_late(state, request) end
  local attempts, retries, err = 0, retries_of(state, how), nil
  repeat
    if state.gate or request.dials then
      local for_turn, refused = prepare(state, transport, request, left, ends, attempts == 0)
      if not for_turn then return nil, err or refused end
      deadline = math.min(deadline + for_turn, ends)
      left = math.min(left, ends - transport:now())
      if left <= 0 then return nil, err or too_late(state, request) end
    end
    attempts = attempts + 1
    local record, came
    record, err, came = attempt_told(state, transport, request, left, how, attempts)
    if record then return record end
    deadline = math.min(deadline + (came.waited or 0), ends)
    left = attempts <= retries and wait_for_next(state, transport, request, err, deadline)
  until not left
  hooks.log(state, "error", ("%s - attempt %d, the last"):format(tostring(err), attempts))
  return nil, err
end

return exchange
