-- scripted_service: a client for a tracker's specs, whose service answers what it was told to.
--
--   local client = scripted.new({ [sid] = { first, second, … } }, { found, … })
--   client.asked, client.sought, client.ends    the SIDs, dials and calls that it was asked about
--
-- Of each list the last one is answered again and again; a SID without one isn't known.
--
-- SPDX-License-Identifier: MIT

local errors = require "exotel.errors"

local scripted = {}

local FROM, TO = "+919876543210", "+919123456789"

local function with(record, more)
  for name, value in pairs(more or {}) do record[name] = value or nil end
  return record
end

--- A terminal StatusCallback, as exotel.parse_callback gives it.
function scripted.event(sid, more)
  return with({ call_sid = sid, kind = "terminal", final = true, status = "completed",
                date_updated = "2026-11-03 16:21:08" }, more)
end

--- A call that has ended, with its price; false takes a field away.
function scripted.ended(sid, more)
  return with({ sid = sid, status = "completed", price = 1.5, price_text = "1.500", duration = 17,
                from = FROM, to = TO, legs = { { id = 1, status = "completed" } } }, more)
end

function scripted.going(sid)
  return { sid = sid, status = "in-progress", from = FROM, to = TO }
end

--- An answer that is an error.
function scripted.failure(fields)
  return { failure = errors.new(fields) }
end

local NOT_FOUND = { kind = "api", outcome = "rejected", status = 404, reason = "not_found",
                    message = "no such call" }

local function next_of(list)
  local answer = #list > 1 and table.remove(list, 1) or list[1]
  if answer.failure then return nil, answer.failure end
  return answer
end

function scripted.new(answers, found)
  local client = { answers = answers, asked = {}, sought = {}, ends = {} }
  function client.call_details(_, sid, asked)
    assert(asked.details == true)
    client.asked[#client.asked + 1] = sid
    return next_of(client.answers[sid] or { scripted.failure(NOT_FOUND) })
  end
  function client.reconcile(_, dial, more)
    client.sought[#client.sought + 1] = dial
    client.known = more.known
    return next_of(found)
  end
  function client.call_ended(_, call)
    client.ends[#client.ends + 1] = call
    return true
  end
  return client
end

return scripted
