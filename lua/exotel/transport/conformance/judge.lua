-- conformance/judge: what is wrong with what came of a case, in words.
--
-- Pure: it knows the case, what the transport returned (see conformance.drive) and what the
-- server has read (see conformance/server).
--
-- SPDX-License-Identifier: MIT

local cases = require "exotel.transport.conformance.cases"

local judge = {}

-- Of the failures that a transport may return; `reason` is a word of exotel.errors.
local function has_word(list, word)
  return (" " .. list .. " "):find(" " .. word .. " ", 1, true) ~= nil
end

local function show(value)
  return type(value) == "string" and ("'%s'"):format(value) or tostring(value)
end

local function in_order(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

-- The headers of a response or of a request that was read: false for what must be absent.
local function wrong_headers(whose, wanted, got)
  for _, name in ipairs(in_order(wanted)) do
    local value = wanted[name] or nil
    if got[name] ~= value then
      return ("%s header %s is %s, not %s"):format(whose, name, show(got[name]), show(value))
    end
  end
end

-- {=================================================================
-- What it returned
-- ==================================================================

local function wrong_number(name, value)
  if value ~= nil and (type(value) ~= "number" or value < 0) then
    return ("%s is %s, not a number of seconds"):format(name, show(value))
  end
end

local function wrong_names(headers)
  for _, name in ipairs(in_order(headers)) do
    if name:find "%u" then return ("the header %s isn't in lower case"):format(name) end
    if type(headers[name]) ~= "string" then
      return ("the header %s is no string"):format(name)
    end
  end
end

local function wrong_response(want, got)
  if got.status ~= want.status then
    return ("status is %s, not %d"):format(show(got.status), want.status)
  end
  if type(got.headers) ~= "table" then return "headers is no table" end
  if not got.body then return "body is no string" end
  local body = want.body and cases.sum(want.body)
  if body and got.body ~= body then
    return ("the body isn't the one that was sent: %s instead of %s"):format(got.body, body)
  end
  return wrong_names(got.headers)
    or wrong_headers("the response's", want.headers or {}, got.headers)
end

-- Where a time-out passes is a matter of how busy the machine is: what the server has never read
-- may be called unsent then.
local function wrong_sent(want, got, reads)
  if want.sent == false and got.sent ~= false then
    return "sent isn't false, though nothing can have left: a dial that could be made is given up"
  elseif want.sent and got.sent == false and not (got.reason == "timeout" and reads == 0) then
    return "sent is false, though it may have been read: a phone can ring twice"
  end
end

-- reads: how often the server has read it.
local function wrong_failure(want, got, reads)
  if type(got.reason) ~= "string" then return "the failure has no reason" end
  if type(got.message) ~= "string" or got.message == "" then return "the failure has no message" end
  if got.message:find(cases.request.password, 1, true) then
    return "the message has the password in it"
  end
  local wrong = wrong_sent(want, got, reads)
  if wrong then return wrong end
  if want.fails ~= true and not has_word(want.fails, got.reason) then
    return ("the reason is '%s', not '%s'"):format(got.reason, want.fails:gsub(" ", "' or '"))
  end
end

local function wrong_result(want, got, reads)
  if got.raised then
    return not want.raises and "it raised: " .. got.raised or nil
  elseif got.returned then
    return "it returned " .. got.returned
  elseif got.failed then
    if not want.fails then
      return ("it failed, %s: %s"):format(show(got.reason), show(got.message))
    end
    return wrong_failure(want, got, reads)
  elseif not want.status then
    return ("it returned an answer of status %s, and should have failed: %s"):format(
      show(got.status), want.fails:gsub(" ", " or "))
  end
  return wrong_response(want, got)
end

local function wrong_time(want, got)
  if type(got.took) ~= "number" then return "now() gave no number" end
  local least, most = want.least or 0, want.within or want.most or math.huge
  if got.took >= least and got.took <= most then return nil end
  return ("it took %.3f seconds by now(), which should be from %g to %g"):format(got.took, least,
    most)
end

local function wrong_turns(want, got)
  if want.turns and (got.turns or 0) < want.turns then
    return ("other work went on %d times meanwhile, which should be %d or more"):format(
      got.turns or 0, want.turns)
  end
end

-- }=================================================================

-- {=================================================================
-- What was read
-- ==================================================================

local function of_step(seen, number)
  local list = {}
  for _, request in ipairs(seen) do
    if request.step == tostring(number) then list[#list + 1] = request end
  end
  return list
end

-- A dial is read once, and not at all where nobody can have read it; all others once or more.
local function wrong_count(ask, got, n)
  if got.failed and got.sent == false and n > 0 then
    return "sent is false, and the server has read it: a phone can ring twice"
  elseif ask.send_once and n > 1 then
    return ("the server has read it %d times: a dial is never sent again"):format(n)
  elseif got.status and n == 0 then
    return "the server has never read it"
  end
end

local UNASKED = { "accept-encoding", "expect", "transfer-encoding" }

local function wrong_request(ask, want, read)
  if read.method ~= ask.method then
    return ("the method was %s, not %s"):format(show(read.method), ask.method)
  end
  if (read.query or "") ~= (ask.query or "") then
    return ("the query was %s, not %s"):format(show(read.query), show(ask.query))
  end
  for _, name in ipairs(UNASKED) do
    local value = read.headers[name]
    if value and value ~= "identity" then
      return ("the request had the header %s: %s, which nobody asked for"):format(name, value)
    end
  end
  local body = want.body and cases.sum(want.body)
  if body and read.body ~= body then
    return ("the body that was read isn't the one that was given: %s instead of %s"):format(
      read.body, body)
  end
  for _, field in ipairs { "username", "password" } do
    if want[field] and read[field] ~= want[field] then
      return ("the %s was %s, not %s"):format(field, show(read[field]), show(want[field]))
    end
  end
  return wrong_headers("the request's", want.headers or {}, read.headers)
end

local function wrong_connection(ask, want, read, seen)
  if ask.fresh_connection and read.requests_before > 0 then
    return "a dial went out on a connection that was used before"
  end
  local before = want.follows and of_step(seen, want.follows)[1]
  if before and before.connection ~= read.connection then
    return "the connection of before wasn't used again"
  end
end

local function wrong_in_reading(ask, want, got, list, seen)
  local wrong = wrong_count(ask, got, #list)
  if wrong or not list[1] then return wrong end
  local read = list[#list]
  return wrong_request(ask, want.request or {}, read) or wrong_connection(ask, want, read, seen)
end

-- }=================================================================

local function wrong_answer(step, got, number, seen)
  local ask, want, list = cases.asked(step), step.want, of_step(seen, number)
  return wrong_result(want, got, #list) or wrong_in_reading(ask, want, got, list, seen)
    or wrong_number("seconds", got.seconds) or wrong_number("waited", got.waited)
    or wrong_time(want, got) or wrong_turns(want, got)
end

local function wrong_clock(got)
  if got.back then return ("now() went back by %g seconds"):format(got.back) end
  if type(got.took) ~= "number" then return "now() gave no number" end
end

-- A clock that was set is off by minutes at most.
local function wrong_time_of_day(got, seen)
  local read = seen[1]
  if got.time == nil or not read then return nil end
  if type(got.time) ~= "number" or math.abs(got.time - read.time) > 3600 then
    return ("time() is %s, and the server's %.0f"):format(show(got.time), read.time)
  end
end

local function wrong_step(step, got, number, seen)
  if step.ask then return wrong_answer(step, got, number, seen) end
  if got.raised then return "it raised: " .. got.raised end
  if step.clock then return wrong_clock(got) end
  if step.time then return wrong_time_of_day(got, seen) end
  if step.sleep then return wrong_time(step.want, got) or wrong_turns(step.want, got) end
end

-- Whoever went where nobody sent them.
local function wrong_wandering(case, seen)
  for _, request in ipairs(seen) do
    local step = case[tonumber(request.step)]
    if not (step and step.ask) then
      return ("it asked for /%s/%s, which only an answer had named"):format(case.name,
        request.step)
    end
  end
end

local function wrong_apart(case, seen)
  local apart = case.apart
  local first, second = apart and of_step(seen, apart[1])[1], apart and of_step(seen, apart[2])[1]
  if not (first and second) then return nil end
  local took = second.at - first.at
  if took < apart.least or took > apart.most then
    return ("it took %.3f seconds by the server's clock, which should be from %g to %g"):format(
      took, apart.least, apart.most)
  end
end

--- What is wrong with it, in words, or nil.
-- case: one of cases. outcome: what conformance.drive returned. seen: what the server has read.
function judge.wrong(case, outcome, seen)
  if outcome.check then return "check() says that no request can be made: " .. outcome.check end
  if outcome.raised then return "it raised: " .. outcome.raised end
  for number, step in ipairs(case) do
    local got = outcome.steps[number]
    local wrong = got and wrong_step(step, got, number, seen) or not got and "it wasn't done"
    if wrong then return #case > 1 and ("step %d: %s"):format(number, wrong) or wrong end
  end
  return wrong_wandering(case, seen) or wrong_apart(case, seen)
end

return judge
