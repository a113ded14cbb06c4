-- exchange: one request with all its attempts, over a transport.
--
-- What is sent stands in the request, which the core has built; when it is sent again, and what
-- the caller is told of a failure, is decided here and in retry.lua.
--
-- SPDX-License-Identifier: MIT

local answers = require "exotel.answers"
local errors = require "exotel.errors"
local retry = require "exotel.retry"
local settings = require "exotel.settings"

local exchange = {}

local TIMEOUT, CONNECT_TIMEOUT = settings.default "timeout", settings.default "connect_timeout"
local RETRIES = settings.default "retries"

local tls_hint = " - the certificate or the connection isn't trusted; ca_file names other"
  .. " certificates to trust"

local function transport_error(state, request, failure)
  local message = ("no answer from Exotel: %s"):format(tostring(failure.message or failure.reason))
  if failure.reason == "tls" then message = message .. (failure.hint or tls_hint) end
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
local function is_response(state, response)
  if not state.brought then return response end
  return type(response) == "table" and type(response.status) == "number"
    and type(response.body) == "string"
    and (type(response.head) == "string" or response.head == nil)
end

local function perform(state, transport, request, seconds, how)
  local dials = request.dials
  local connect = how.connect_timeout or state.connect_timeout or CONNECT_TIMEOUT
  return transport:perform {
    method = request.method,
    url = request.url,
    headers = request.headers,
    body = request.body,
    username = state.api_key,
    password = state.api_token,
    timeout = seconds,
    connect_timeout = connect < seconds and connect or seconds,
    fresh_connection = dials,
    send_once = dials,
  }
end

-- One attempt: the record or nil, the error, the response, and the seconds that it waited for
-- its turn.
local function attempt(state, transport, request, seconds, how)
  local response, failure = perform(state, transport, request, seconds, how)
  if is_response(state, response) then
    local record, err = answers.take(state, request, response)
    return record, err, response, response.waited
  end
  if type(failure) ~= "table" then
    failure = { reason = "transport", message = "the transport returned no response: "
      .. tostring(failure) }
  end
  return nil, transport_error(state, request, failure), nil, failure.waited
end

--- The record that came of it: or nil and the error. All attempts together, pauses included,
--- stay within the time-out; a transport's queue doesn't count.
function exchange.run(state, transport, request, how)
  local wrong = transport.check and transport:check(request)
  if wrong then return errors.misuse(("exotel.%s: %s"):format(request.operation, wrong)) end
  local timeout = how.timeout or state.timeout or (request.dials and TIMEOUT.dial or TIMEOUT.read)
  local retries = how.retries or state.retries or RETRIES
  local deadline = transport:now() + timeout
  local attempts, left = 0, timeout
  while true do
    attempts = attempts + 1
    local record, err, response, waited = attempt(state, transport, request, left, how)
    deadline = deadline + (waited or 0)
    if response then answers.remember(request, record, err, response, attempts) end
    if record then return record end
    err.attempts = attempts
    local pause = retry.delay(request.dials, err, attempts, retries)
    left = deadline - transport:now()
    if not pause or pause >= left then return nil, err end
    transport:sleep(pause)
    left = deadline - transport:now()
    if left <= 0 then return nil, err end
  end
end

return exchange
