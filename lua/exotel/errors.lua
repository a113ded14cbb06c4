-- errors: the error object that every failure is.
--
-- Made here and nowhere else, so that nothing leaves with a secret or a whole phone number
-- in its text. What may be retried is not decided here (retry.lua).
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local errors = {}

--- What stands in an error: { name, type, about }.
errors.fields = {
  { "kind", "exotel.error.kind", "where it went wrong" },
  { "outcome", "exotel.error.outcome?", "what became of the request; nil where it is about none" },
  { "reason", "exotel.error.reason", "a word to branch on" },
  { "message", "string", "a line for people, without secrets and whole phone numbers" },
  { "operation", "string?", "the function's name" },
  { "field", "string?", "the option, or the part of a webhook, that it is about" },
  { "status", "integer?", "the HTTP status of the answer" },
  { "code", "string?", "the service's own code" },
  { "retry_after", "number?", "seconds that the service asks to wait" },
  { "position", "integer?", "the byte of the input, from 1" },
  { "attempts", "integer?", "how often the request was tried" },
  { "reference", "string?", "of a dial: its own name, by which before_dial was told of it" },
  { "call", "exotel.call?", "of a call that hasn't settled: what is known of it" },
  { "resume", "table?", "of a query that stopped: exotel.calls { resume = err.resume } goes on" },
}

--- The kinds: { name, about }.
errors.kinds = {
  { "invalid", "data that can't be sent; field names it" },
  { "transport", "no whole answer came" },
  { "api", "Exotel answered, and not with success" },
  { "parse", "an answer or a webhook that can't be read" },
  { "limited", "a fuse of the client, or the account's limit, stopped the request" },
  { "file", "what was fetched can't be kept" },
  { "store", "what clients share can't be read or written" },
}

--- What became of a request: { name, about, whether a dial is tried again }.
errors.outcomes = {
  { "not_sent", "no byte of it left", "where another try may help" },
  { "rejected", "Exotel refused it in a whole answer", "after 429 only" },
  { "unknown", "it may have been carried out", "never" },
}

--- The reasons that don't come from the core, whose own are core.api().reasons, statuses
--- and causes: { kind, reason, when }. A transport that is brought along may give others.
errors.reasons = {
  { "invalid", "too_old", "the service keeps no calls of that time any more" },
  { "invalid", "clock", "no clock says what time it is" },
  { "invalid", "resume", "it isn't what an error of a query held" },
  { "invalid", "credentials", "path or query has the API token" },
  { "parse", "applet", "what came is no request of an applet" },
  { "parse", "cursor", "the next page has a cursor that can't be sent" },
  { "parse", "cursor_repeated", "a page names a cursor that came before" },
  { "parse", "endless", "pages come without an end" },
  { "parse", "range", "a part of a recording isn't the one that was asked for" },
  { "parse", "changed", "a recording became another while it was fetched" },
  { "transport", "resolve", "the host's name has no address" },
  { "transport", "resolver", "nothing is there that could look names up: nginx has no `resolver`" },
  { "transport", "connect", "no connection" },
  { "transport", "tls", "no trusted connection" },
  { "transport", "proxy", "the proxy refused" },
  { "transport", "timeout", "the time-out passed" },
  { "transport", "closed", "the connection ended before the answer did" },
  { "transport", "protocol", "what came is no HTTP" },
  { "transport", "too_large", "the answer is larger than max_response" },
  { "transport", "repeated", "it would have been sent twice" },
  { "transport", "address", "the address isn't allowed" },
  { "transport", "late", "its turn came after the time that before_dial was told" },
  { "transport", "cancelled", "the task was cancelled, or its loop closed" },
  { "transport", "dead", "the task's coroutine was closed while it waited" },
  { "transport", "memory", "not enough memory" },
  { "transport", "system", "there is no descriptor left" },
  { "transport", "transport", "the transport returned no response" },
  { "transport", "other", "anything else" },
  { "file", "write", "the file can't be written" },
  { "file", "in_use", "another fetch is writing it" },
  { "file", "stopped", "the function took no more" },
  { "limited", "too_large", "the recording is larger than max_bytes" },
  { "limited", "only_dial", "a number isn't among those of only_dial" },
  { "limited", "deadline", "the deadline for all of it has passed" },
  { "limited", "max_dials", "the client has made its max_dials dials" },
  { "limited", "rate", "the account's limit leaves no turn within max_wait" },
  { "limited", "calls", "as many calls are in progress as may be" },
  { "store", "unreachable", "it doesn't answer" },
  { "store", "full", "it has no room left" },
  { "store", "protocol", "what it answers, or what stands in it, is none of ours" },
  { "limited", "before_dial", "before_dial refused the dial, or raised" },
  { "limited", "tracker", "the tracker couldn't write the dial down" },
  { "limited", "unsettled", "the call hasn't settled within the time-out" },
}

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

--- " (did you mean 'caller_id'?)" where a name is nearly one of a list, else nothing.
function errors.did_you_mean(name, names)
  local near = type(name) == "string" and core.nearest(name, names)
  return near and (" (did you mean '%s'?)"):format(near) or ""
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

--- A method whose object isn't before the colon, as where that is a dot: nil and a misuse.
-- class: its name.
function errors.no_self(class)
  return errors.misuse(("a method of %s wants its object before the colon"):format(class))
end

--- For a method: raises at its caller's line when `self` is no object of its class, a metatable.
--- One whose methods have the metatable as a key takes also what stands in for its objects.
function errors.check_self(self, class)
  if getmetatable(self) == class or type(self) == "table" and self[class] then return end
  local _, err = errors.no_self(class.__name)
  error(err.message, 3)
end

-- Lua 5.1 and LuaJIT mark what they have begun to load, and say of a second try only that there
-- was a first one.
local function forget_failed()
  for name, value in pairs(package.loaded) do
    if type(value) ~= "table" and name:find "^exotel%." then package.loaded[name] = nil end
  end
end

--- A module that needs a part which may not have been built: or nil and a misuse that says
--- why it can't be loaded.
function errors.load(name)
  local ok, module = pcall(require, name)
  if ok then return module end
  forget_failed()
  return errors.misuse(tostring(module))
end

--- Whether a value is an error object.
function errors.is(value)
  return getmetatable(value) == metatable
end

--- Raises an error readably: as an object where the host prints those, as its text on Lua 5.1
--- and LuaJIT. level: as of error(), for what has a place.
function errors.raise(err, level)
  if err.kind == "misuse" then error(err.message, level + 1) end
  if _VERSION == "Lua 5.1" then error(tostring(err), level + 1) end
  error(err, 0)
end

--- The function that users call, of one that returns its mistakes: it raises them at the
--- caller's line, and returns one value on success, nil and an error on failure.
--- class: of a method, as errors.check_self wants it.
function errors.expose(implementation, class)
  return function(...)
    if class then errors.check_self((...), class) end
    local value, err = implementation(...)
    if value ~= nil then return value end
    if err and err.kind == "misuse" then
      error(err.message, 2)
    end
    return nil, err
  end
end

--- The same for a function whose second value belongs to its success.
function errors.expose_pair(implementation, class)
  return function(...)
    if class then errors.check_self((...), class) end
    local value, second = implementation(...)
    if value == nil and second and second.kind == "misuse" then
      error(second.message, 2)
    end
    return value, second
  end
end

return errors
