-- Rows of transports that are wrong on purpose, and the words by which
-- exotel.transport.conformance finds each of them out (spec/transport_contract_spec.lua).
--
-- { about, make, finds, in_loop }: make(settings, loop) gives the transport; finds has patterns of
-- what must be said, by the names of cases; in_loop: it is driven in tasks of a loop, all cases at
-- once.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local curl = require "exotel.transport.curl"
local socket = require "socket"

local own = dofile "examples/own_transport.lua"

local rows = {}

local function add(about, make, finds)
  rows[#rows + 1] = { about = about, make = make, finds = finds }
end

local function add_in_loop(...)
  add(...)
  rows[#rows].in_loop = true
end

-- The same thing found by several cases.
local function each(names, pattern, more)
  local finds = {}
  for name in names:gmatch "%S+" do finds[name] = pattern end
  for name, other in pairs(more or {}) do finds[name] = other end
  return finds
end

-- {=================================================================
-- The example's transport, with something changed
-- ==================================================================

-- before(request): the request that is made instead. after(response, failure, again, request):
-- what is returned instead; again() makes the request once more.
local function changed(before, after)
  return function(settings)
    local inner = own.new(settings)
    local function perform(request)
      local response, failure = inner:perform(request)
      if response then response.headers, response.head = core.headers(response.head), nil end
      return response, failure
    end
    return setmetatable({ perform = function(_, request)
      request = before and before(request) or request
      local response, failure = perform(request)
      if not after then return response, failure end
      return after(response, failure, function(url)
        return perform(setmetatable({ url = url }, { __index = request }))
      end, request)
    end }, { __index = inner })
  end
end

local function asking(fields)
  return changed(function(request) return setmetatable(fields, { __index = request }) end)
end

local function with_header(name, value)
  return changed(function(request)
    local headers = { [name] = value }
    for other, text in pairs(request.headers) do headers[other] = text end
    return setmetatable({ headers = headers }, { __index = request })
  end)
end

-- A response with a field changed; a failure as it is.
local function answering(change)
  return changed(nil, function(response, failure)
    if response then change(response) end
    return response, failure
  end)
end

local function failing(change)
  return changed(nil, function(response, failure)
    if failure then change(failure) end
    return response, failure
  end)
end

-- Other functions of it: a table of them, or what gives one.
local function having(functions)
  return function(settings)
    local inner = own.new(settings)
    local more = type(functions) == "function" and functions(inner) or functions
    return setmetatable(more, { __index = inner })
  end
end

-- }=================================================================

-- {=================================================================
-- Sending
-- ==================================================================

add("sends again what had no answer", changed(nil, function(response, failure, again)
  if failure and failure.sent and failure.reason ~= "timeout" then return again() end
  return response, failure
end), each("broken.closed broken.reset broken.head broken.body broken.chunk broken.garbage "
  .. "broken.chunk_size broken.two_lengths cap.length cap.chunked cap.until_close cap.head "
  .. "dial.once", "has read it 2 times: a dial is never sent again"))

add("sends again what was answered 503", changed(nil, function(response, failure, again)
  if response and response.status == 503 then return again() end
  return response, failure
end), { ["answer.errors"] = "^step 5: the server has read it 2 times" })

add("follows redirects", changed(nil, function(response, failure, again, request)
  if response and response.status < 400 and response.headers.location then
    return again(request.url:match "^%w+://[^/]+" .. response.headers.location)
  end
  return response, failure
end), { ["answer.redirect"] = "status is 404, not 302" })

add("looks where a redirect points", changed(nil, function(response, failure, again, request)
  if response and response.headers.location then
    again(request.url:match "^%w+://[^/]+" .. response.headers.location)
  end
  return response, failure
end), { ["answer.redirect"] = "asked for /answer.redirect/elsewhere, which only an answer had" })

add("makes up an answer", having { perform = function()
  return { status = 200, headers = {}, body = "fine" }
end }, { ["request.get"] = "the server has never read it" })

add("sends another body", changed(function(request)
  return setmetatable({ body = request.body and request.body:match "^%Z*" or "x" },
                      { __index = request })
end), each("request.post request.large request.empty request.get", "isn't the one that was given"))

add("sends another method", asking { method = "POST" },
  { ["request.methods"] = "^step 1: the method was 'POST', not PUT" })

add("cuts the query", changed(function(request)
  return setmetatable({ url = request.url:match "^[^?]*" }, { __index = request })
end), { ["request.get"] = "the query was nil, not '%?a=" })

add("is given no credentials", asking { username = "", password = "" },
  { ["request.get"] = "the username was" })

add("authorizes always", changed(function(request)
  return setmetatable({ username = request.username or "me" }, { __index = request })
end), { ["request.anonymous"] = "header authorization is 'Basic [%w=]+', not nil" })

add("keeps cookies", with_header("cookie", "a=1"),
  { ["request.cookies"] = "header cookie is 'a=1', not nil" })

add("asks for gzip", with_header("accept-encoding", "gzip"),
  { ["request.get"] = "accept%-encoding: gzip, which nobody asked for" })

add("takes https for http", changed(function(request)
  return setmetatable({ url = request.url:gsub("^https", "http") }, { __index = request })
end), { ["unsent.tls"] = "returned an answer of status 404, and should have failed: tls or" })

-- }=================================================================

-- {=================================================================
-- Telling
-- ==================================================================

add("says that nothing was sent", failing(function(failure) failure.sent = false end),
  each("broken.closed broken.body cap.length timeout.silence",
    "sent is false, though it may have been read"))

add("never says that nothing was sent", failing(function(failure) failure.sent = nil end),
  each("unsent.refused unsent.name unsent.tls unsent.connect_timeout unsent.handshake_timeout",
    "sent isn't false, though nothing can have left"))

add("has one reason for everything", failing(function(failure) failure.reason = "failed" end),
  { ["unsent.refused"] = "the reason is 'failed', not 'connect'",
    ["broken.two_lengths"] = "not 'protocol' or 'closed'" })

add("fails without a message", failing(function(failure) failure.message = nil end),
  { ["broken.closed"] = "no message" })

add("fails without a reason", failing(function(failure) failure.reason = nil end),
  { ["broken.closed"] = "no reason" })

add("tells secrets", failing(function(failure)
  failure.message = "secret:token was refused"
end), { ["unsent.refused"] = "the message has the password in it" })

add("returns no failure", changed(nil, function(response) return response end),
  { ["unsent.refused"] = "it returned nil, nil" })

add("raises", changed(nil, function(response, failure)
  return response or error(failure.message, 0)
end), { ["unsent.refused"] = "it raised: " })

add("fails for an error of the service", changed(nil, function(response, failure)
  if response and response.status >= 400 then
    return nil, { reason = "status", message = "it failed", sent = true }
  end
  return response, failure
end), { ["answer.errors"] = "^step 1: it failed, 'status': 'it failed'$" })

add("has names of headers as they came", answering(function(response)
  response.headers["X-One"] = response.headers["x-one"]
end), { ["answer.headers"] = "X%-One isn't in lower case" })

add("has the last of repeated headers", answering(function(response)
  local all = response.headers["x-one"]
  response.headers["x-one"] = all and all:match "[^ ,]+$"
end), { ["answer.headers"] = "x%-one is 'c', not 'a, b c'" })

add("has headers of lists", answering(function(response)
  response.headers["x-one"] = { "a", "b" }
end), { ["answer.headers"] = "x%-one is no string" })

add("has no headers", answering(function(response) response.headers = nil end),
  { ["answer.no_content"] = "headers is no table" })

add("has no body where there is none", answering(function(response)
  if response.body == "" then response.body = nil end
end), each("answer.no_content answer.head", "body is no string"))

add("has the status as text", answering(function(response)
  response.status = tostring(response.status)
end), { ["answer.bytes"] = "status is '200', not 200" })

add("doesn't read to the end", answering(function(response)
  response.body = response.body:sub(1, 3)
end), each("answer.bytes answer.large answer.chunked answer.until_close answer.interim cap.exact",
  "the body isn't the one that was sent: 3 bytes"))

add("takes what is too large", function() return own.new {} end,
  each("cap.length cap.chunked cap.until_close",
    "returned an answer of status 200, and should have failed: too_large"))

add("tells of milliseconds", answering(function(response) response.seconds = "7 ms" end),
  { ["answer.bytes"] = "seconds is '7 ms', not a number of seconds" })

-- }=================================================================

-- {=================================================================
-- Waiting
-- ==================================================================

-- Another transport, with a perform(inner, request) of one's own.
local function with_perform(inner, perform)
  return { perform = function(_, request) return perform(inner, request) end,
           sleep = function(_, seconds) inner:sleep(seconds) end,
           now = function() return inner:now() end }
end

local function patient_loop(change)
  return function(settings, loop)
    return with_perform(loop:bind(settings), function(inner, request)
      return inner:perform(setmetatable(change(request), { __index = request }))
    end)
  end
end

add_in_loop("has no time-out", patient_loop(function() return { timeout = 30 } end),
  each("timeout.silence timeout.head timeout.body",
    "returned an answer of status 200, and should have failed: timeout"))

add_in_loop("connects as long as the whole may take", patient_loop(function(request)
  return { connect_timeout = request.timeout }
end), each("unsent.connect_timeout unsent.handshake_timeout",
  "it took %d.%d+ seconds by now%(%), which should be from 0 to 4"))

local function a_tenth(_, seconds) socket.sleep(seconds / 10) end

add("sleeps tenths", having { sleep = a_tenth },
  { sleep = "^step 2: it took 0.%d+ seconds by now%(%), which should be from 0.45 to 30" })

add("sleeps by its own clock", having(function(inner)
  local slept = 0
  return { sleep = function(_, seconds) slept = slept + seconds end,
           now = function() return inner:now() + slept end }
end), { sleep = "by the server's clock, which should be from 0.45 to 30" })

add("can't sleep for nothing", having { sleep = function(_, seconds)
  assert(seconds > 0, "a number above 0 expected")
end }, { ["sleep.none"] = "it raised: .*above 0 expected" })

add("counts milliseconds", having { now = function() return socket.gettime() * 1000 end },
  each("now.seconds", "it took %d+.%d+ seconds by now%(%), which should be from 0.9 to 30"))

add("counts the time of its own work", having { now = os.clock },
  each("now.seconds", "it took 0.%d+ seconds by now%(%)"))

add("has a clock that is set back", having(function()
  local now = 1000
  return { now = function()
    now = now == 1500 and 1400 or now + 1
    return now
  end }
end), { ["now.forward"] = "now%(%) went back by 100 seconds" })

add("has the time as text", having { now = function() return "now" end },
  { ["now.forward"] = "now%(%) gave no number", ["sleep.none"] = "now%(%) gave no number" })

add("has the time of day in milliseconds",
  having { time = function() return socket.gettime() * 1000 end },
  { time = "time%(%) is %d+.*, and the server's %d+" })

add("is closed once", having(function()
  local closed
  return { close = function()
    assert(not closed, "it is closed")
    closed = true
  end }
end), { close = "^step 3: it raised: .*it is closed" })

add("says that nothing was sent, since it was closed", having(function(inner)
  local closed
  return {
    close = function() closed = true end,
    perform = function(_, request)
      local response, failure = inner:perform(request)
      if not closed then return response, failure end
      return nil, { reason = "closed", message = "it was closed", sent = false }
    end,
  }
end), { close = "^step 4: sent is false, and the server has read it" })

add("can't be used here", having { check = function() return "there is no loop" end },
  { ["request.get"] = "check%(%) says that no request can be made: there is no loop" })

add("can't be made", function() error("no such thing", 0) end,
  { ["request.get"] = "it raised: no such thing" })

-- }=================================================================

-- {=================================================================
-- Connections, and more than one at once
-- ==================================================================

-- One connection for everything, whatever came of it; the time-out is each read's.
local function keeping()
  local self = own.new {}
  local peer
  local function lose(reason, sent)
    if reason == "closed" then peer = nil end
    return nil, { reason = reason, message = reason, sent = sent }
  end
  function self.perform(_, request)
    local where = core.address(request.url)
    peer = peer or assert(socket.connect(where.host, where.port))
    peer:send(assert(core.http1_request(request)))
    local reader = core.http1_reader {}
    local state
    repeat
      if not socket.select({ peer }, nil, request.timeout)[1] then return lose("timeout", true) end
      peer:settimeout(0)
      local data, why, partial = peer:receive(1024)
      state = reader:feed(data or partial)
      if state == "more" and why == "closed" then return lose("closed", false) end
    until state ~= "more"
    return reader:response()
  end
  return self
end

add("keeps one connection for everything", keeping, {
  ["dial.fresh"] = "^step 2: a dial went out on a connection that was used before",
  ["dial.once"] = "^step 2: sent is false",
  ["kept.dead"] = "^step 2: sent is false, though it may have been read",
  ["kept.broken"] = "^step 2: the body isn't the one that was sent",
})

add("has a time-out for each read alone", keeping, each("timeout.head timeout.body",
  "returned an answer of status 200, and should have failed: timeout"))

add("lets libcurl keep connections for dials, which it sends again", function(settings)
  return with_perform(curl.new(settings), function(inner, request)
    request.fresh_connection, request.send_once = nil, nil
    return inner:perform(request)
  end)
end, { ["dial.fresh"] = "a dial went out on a connection that was used before",
       ["dial.once"] = "has read it 2 times" })

add("keeps no connection", own.new,
  { ["kept.reused"] = "^step 2: the connection of before wasn't used again" })

add_in_loop("blocks the others", curl.new,
  each("beside.sleep beside.perform", "other work went on 0 times meanwhile, which should be 3"))

add_in_loop("has room for one answer", function(settings, loop)
  local answer
  return with_perform(loop:bind(settings), function(inner, request)
    answer = inner:perform(request) or answer
    inner:sleep(1.5)
    return answer
  end)
end, { ["beside.two"] = "^step 2: status is 200, not 201" })

-- }=================================================================

return rows
