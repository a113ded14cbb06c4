-- turns: what a client does about its account's limit. A request waits for its turn, a 429 is
-- told to all who share the account, and a dial holds a place among the calls in progress.
--
-- What counts the turns is a gate (see limiter.lua), loaded where there is a limit.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"
local nginx = require "exotel.nginx"
local reconcile = require "exotel.reconcile"

local turns = {}

local COARSE = 0.02 -- seconds that a clock may lag behind; one of whole seconds does so by one

--- The gate of a client, or nil where nothing is counted. transport: the user's own, if any.
function turns.gate(state, transport)
  if state.limit == false then return nil end
  if not (state.limit or state.limiter or nginx.dictionary()) then return nil end
  return require("exotel.limiter").of(state, transport)
end

local function no_turn(state, request, why)
  local told = type(why) == "table" and why or { message = tostring(why) }
  return nil, errors.new({
    kind = "limited", outcome = "not_sent", reason = told.reason or "rate", attempts = 0,
    retry_after = told.retry_after, message = told.message or "the limiter gave no turn",
  }, request.operation, state.secrets)
end

local function cancelled(state, request)
  return nil, errors.new({
    kind = "transport", outcome = "not_sent", reason = "cancelled", attempts = 0,
    message = "no answer from Exotel: it was cancelled while it waited for its turn",
  }, request.operation, state.secrets)
end

--- Whether all of it was slept. Sleep that ends long before its time was cut short, as a cancelled
--- task's is: whoever went on asking would stand in the way of others.
function turns.sleep_whole(transport, seconds)
  local began = transport:now()
  transport:sleep(seconds)
  local now = transport:now()
  local lag = began % 1 == 0 and now % 1 == 0 and 1 or COARSE
  return now - began >= seconds / 2 - lag
end

-- The seconds that may be waited, or nil for the gate's own.
local function patience(state, waited, ends, now)
  local most = state.max_wait and state.max_wait - waited
  if ends == math.huge then return most end
  return math.min(most or math.huge, ends - now)
end

--- Waits for the request's turn: the seconds that it took, which don't count as its own; or nil
--- and an error. ends: the time that its deadline has, or math.huge.
function turns.admit(state, transport, request, ends)
  local gate = state.gate
  if not gate then return 0 end
  local class, began = request.dials and "dial" or "read", transport:now()
  local waited, turn = 0, nil
  while true do
    local delay
    delay, turn = gate:acquire(1, patience(state, waited, ends, began + waited), class, turn)
    if not delay then return no_turn(state, request, turn) end
    if delay == 0 then return waited end
    if not turns.sleep_whole(transport, delay) then return cancelled(state, request) end
    waited = transport:now() - began
  end
end

--- A 429 is one for all who share the account.
function turns.heed(state, err)
  if err.status == 429 and state.gate and state.gate.hold then state.gate:hold(err.retry_after) end
end

--- One of the calls that may be in progress, where these are counted: its lease, "" where they
--- aren't; or nil and an error.
function turns.begin_call(state, request)
  local gate = state.gate
  if not gate or not gate.begin_call or request.operation ~= "connect" then return "" end
  local lease, why = gate:begin_call()
  if lease then return lease end
  return no_turn(state, request, why)
end

--- What a dial came to: a call, or nil and the error. Where nobody knows what became of it, it may
--- be a call: its lease ends with its time, if nobody hears of its end.
function turns.settle(state, lease, request, call, err)
  if lease == "" then return end
  local gate = state.gate
  if call then
    gate:call_began(lease, call.sid, reconcile.longest(request))
  elseif err.outcome ~= "unknown" then
    gate:end_call(lease)
  elseif gate.call_in_doubt then
    gate:call_in_doubt(lease, request.reference, reconcile.longest(request))
  end
end

--- A call is over: another may begin, where these are counted. reference: of the dial that it came
--- of, where that is known. True; or nil and an error.
function turns.call_ended(state, sid, reference)
  local gate = state.gate
  if not gate or not gate.begin_call or not gate.call_ended then return true end
  local _, err = gate:call_ended(sid, reference)
  if err then return nil, err end
  return true
end

return turns
