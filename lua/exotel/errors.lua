-- errors: the error object that every failure is.
--
-- Made here and nowhere else, so that nothing leaves with a secret or a whole phone number
-- in its text. What may be retried is not decided here (retry.lua).
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local errors = {}

local masked = { "message", "field", "code" }

local metatable = { __name = "exotel.error" }

-- "exotel.connect: from is missing: the number that is called first (invalid, not_sent)"; an
-- error that is about no request has no outcome.
function metatable.__tostring(err)
  local name = err.operation and "exotel." .. err.operation or "exotel"
  local outcome = err.outcome and ", " .. err.outcome or ""
  return ("%s: %s (%s%s)"):format(name, err.message, err.kind, outcome)
end

function metatable.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- An error object from a table with kind, outcome, reason, message and what else is known
--- (field, status, code, position, retry_after, attempts).
-- operation: the operation's name, or nil. secrets: a list of strings to hide.
function errors.new(fields, operation, secrets)
  fields.operation = operation
  for _, name in ipairs(masked) do
    if fields[name] then fields[name] = core.mask(fields[name], secrets or {}) end
  end
  return setmetatable(fields, metatable)
end

--- Data that can't be sent: nil and the error.
function errors.invalid(operation, field, reason, message, secrets)
  return nil, errors.new({
    kind = "invalid", outcome = "not_sent", reason = reason, field = field, message = message,
  }, operation, secrets)
end

--- A programmer's mistake, for expose() to raise where the user's code stands.
function errors.misuse(message)
  return nil, errors.new { kind = "misuse", outcome = "not_sent", reason = "misuse",
                           message = message }
end

--- Whether a value is an error object.
function errors.is(value)
  return getmetatable(value) == metatable
end

--- The function that users call, of one that returns its mistakes: it raises them at the
--- caller's line, and returns one value on success, nil and an error on failure.
function errors.expose(implementation)
  return function(...)
    local value, err = implementation(...)
    if value ~= nil then return value end
    if err and err.kind == "misuse" then
      error(err.message, 2)
    end
    return nil, err
  end
end

--- The same for a function whose second value belongs to its success.
function errors.expose_pair(implementation)
  return function(...)
    local value, second = implementation(...)
    if value == nil and second and second.kind == "misuse" then
      error(second.message, 2)
    end
    return value, second
  end
end

return errors
