-- conformance/cases: what a transport is asked, what it is answered, and what must come of it.
--
-- A list of { name, about, settings, optional, beside, apart, … }: data, read by the server, by
-- the one that drives the transport and by the one that judges. `settings` are those of the
-- transport; `optional`: a property that a transport may lack; `beside`: for transports that let
-- other work go on. What follows are steps, each of them one of
--
--   { ask, answer, want }     a request, to the path /NAME/STEP of the server
--   { sleep = seconds, … }    { clock = readings }    { time = true }    { close = true }
--
-- ask      fields of the request that aren't as in `cases.request`, false for none. Also: at, the
--          server's address that is asked ("gate"; "silent" and "full" never answer, "refused"
--          isn't there), or url for another one; query.
-- answer   by the server: { bytes, ending } as they are, "close", "reset" or "hold" behind them; or
--          { status, headers, body }, with after = seconds until it comes, slow = bytes a second,
--          dies = true where the connection ends with the next request on it.
-- want     of the response: status, body, headers (false: absent). Of a failure: fails, its
--          reasons, and sent: false is what must be said, true what must not be denied. Where
--          there are both, either will do; raises: and so will an error. request: what the server
--          must have read, { body, headers, username, password }. within, least, most: seconds
--          by the transport's clock. turns: of other work meanwhile. follows: the step on whose
--          connection it comes. both = true: the next step is taken meanwhile.
-- apart    { step, step, least, most }: seconds between two requests by the server's clock.
--
-- SPDX-License-Identifier: MIT

local cases = {}

local CAP = 2000 -- bytes, where a case is about the largest answer
local SOON = 0.5 -- seconds of a time-out that must pass
local LATE = 3   -- seconds until the server does what a right transport doesn't wait for

--- What each request is, unless its step says otherwise.
cases.request = {
  method = "GET", username = "key", password = "secret:token", timeout = 30, connect_timeout = 15,
  headers = { accept = "application/json", ["user-agent"] = "conformance/1" },
}

--- What a transport is made with, unless the case says otherwise.
cases.settings = { max_response = 1000000, proxy = false, user_agent = "conformance/1" }

local function add(name, about, steps, more)
  steps.name, steps.about = name, about
  for field, value in pairs(more or {}) do steps[field] = value end
  cases[#cases + 1] = steps
end

-- {=================================================================
-- Parts
-- ==================================================================

local FORM = "application/x-www-form-urlencoded"

-- The request of a dial, with what is particular to it.
local function dial(more)
  local ask = {
    method = "POST", body = "From=%2B919876543210", fresh_connection = true, send_once = true,
    headers = { accept = "application/json", ["content-type"] = FORM,
                ["user-agent"] = "conformance/1" },
  }
  for name, value in pairs(more or {}) do ask[name] = value end
  return ask
end

local FINE = { status = 200, body = "fine" }

local function closing(bytes)
  return { bytes = bytes, ending = "close" }
end

-- An answer's bytes, behind which the connection ends.
local function answered(head, body)
  return closing(("HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s"):format(head, body or ""))
end

local function with_length(body)
  return answered(("200 OK\r\nContent-Length: %d"):format(#body), body)
end

local function in_chunks(...)
  local parts = {}
  for index, piece in ipairs { ... } do
    parts[index] = ("%x\r\n%s\r\n"):format(#piece, piece)
  end
  return answered("200 OK\r\nTransfer-Encoding: chunked", table.concat(parts) .. "0\r\n\r\n")
end

-- Bytes of every value.
local function every_byte(size)
  local piece = {}
  for index = 0, 255 do piece[index + 1] = string.char((index * 7) % 256) end
  return table.concat(piece):rep(math.ceil(size / 256)):sub(1, size)
end

local function failing(reasons, sent)
  return { fails = reasons, sent = sent }
end

-- }=================================================================

-- {=================================================================
-- Requests
-- ==================================================================

add("request.get", "a request is what it was asked to be, and nothing is added to it", {
  { ask = { query = "?a=%2B91&b=c%20d" }, answer = FINE,
    want = { status = 200, body = "fine", request = {
      body = "", username = "key", password = "secret:token",
      headers = { accept = "application/json", ["user-agent"] = "conformance/1",
                  ["content-type"] = false, cookie = false, referer = false } } } },
})

local BODY = "a=\0\r\n\r\n&b=\255"

add("request.post", "a body goes out byte by byte, with its length", {
  { ask = dial { body = BODY }, answer = FINE,
    want = { status = 200, request = {
      body = BODY, username = "key", password = "secret:token",
      headers = { ["content-length"] = tostring(#BODY), ["content-type"] = FORM } } } },
})

add("request.large", "a large body goes out whole, without asking before it is sent", {
  { ask = dial { body = every_byte(300000) }, answer = FINE,
    want = { status = 200, request = { body = every_byte(300000) } } },
})

add("request.empty", "a POST without a body says that it has none", {
  { ask = dial { body = false }, answer = FINE,
    want = { status = 200, request = { body = "", headers = { ["content-length"] = "0" } } } },
})

add("request.methods", "the method is the one that was given", {
  { ask = { method = "PUT", body = "a=1" }, answer = FINE,
    want = { status = 200, request = { body = "a=1" } } },
  { ask = { method = "PATCH", body = "a=2" }, answer = FINE,
    want = { status = 200, request = { body = "a=2" } } },
  { ask = { method = "DELETE" }, answer = FINE, want = { status = 200, request = { body = "" } } },
})

add("request.anonymous", "without a username nothing is authorized", {
  { ask = { username = false, password = false }, answer = FINE,
    want = { status = 200, request = { headers = { authorization = false } } } },
})

add("request.cookies", "no cookie is sent back", {
  { ask = {}, answer = { status = 200, headers = { ["set-cookie"] = "a=1; Path=/" } },
    want = { status = 200 } },
  { ask = {}, answer = FINE, want = { status = 200, request = { headers = { cookie = false } } } },
})

-- }=================================================================

-- {=================================================================
-- Answers
-- ==================================================================

add("answer.headers", "names of headers are lower case, repeated ones are joined by a comma", {
  { ask = {}, answer = answered("200 OK\r\nX-One: a\r\nCONTENT-Length: 4\r\nx-one:  b c\t\r\n"
      .. "X-Empty:", "fine"),
    want = { status = 200, body = "fine", headers = {
      ["x-one"] = "a, b c", ["content-length"] = "4", ["x-empty"] = "" } } },
})

add("answer.no_content", "an answer without a body has an empty one", {
  { ask = {}, answer = { status = 204 }, want = { status = 204, body = "" } },
  { ask = dial(), answer = { status = 204 }, want = { status = 204, body = "" } },
})

add("answer.head", "a HEAD waits for no body", {
  { ask = { method = "HEAD" }, answer = FINE,
    want = { status = 200, body = "", headers = { ["content-length"] = "4" } } },
})

add("answer.bytes", "a body may have any bytes", {
  { ask = {}, answer = { status = 200, body = every_byte(1000) },
    want = { status = 200, body = every_byte(1000) } },
})

add("answer.large", "a large body comes whole", {
  { ask = {}, answer = { status = 200, body = every_byte(300000) },
    want = { status = 200, body = every_byte(300000) } },
})

add("answer.chunked", "a body may come in chunks", {
  { ask = {}, answer = in_chunks("fi", "n\r\n0\r\n\r\n", "e"),
    want = { status = 200, body = "fin\r\n0\r\n\r\ne" } },
})

add("answer.until_close", "a body without a length ends with the connection", {
  { ask = {}, answer = answered("200 OK", "fine"), want = { status = 200, body = "fine" } },
})

add("answer.interim", "what comes before the answer isn't it", {
  { ask = dial(), answer = closing("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
      .. "HTTP/1.1 103 Early Hints\r\nX-Early: 2\r\n\r\n" .. with_length("fine").bytes),
    want = { status = 200, body = "fine", headers = { ["x-early"] = false } } },
})

add("answer.errors", "a status of any kind is a response, and nothing is tried again", {
  { ask = dial(), answer = { status = 400, body = "bad" }, want = { status = 400, body = "bad" } },
  { ask = dial(), answer = { status = 401, headers = { ["www-authenticate"] = "Basic realm=x" } },
    want = { status = 401, headers = { ["www-authenticate"] = "Basic realm=x" } } },
  { ask = dial(), answer = { status = 429, headers = { ["retry-after"] = "1" } },
    want = { status = 429, headers = { ["retry-after"] = "1" } } },
  { ask = dial(), answer = { status = 500, body = "bad" }, want = { status = 500, body = "bad" } },
  { ask = dial(), answer = { status = 503, headers = { ["retry-after"] = "1" } },
    want = { status = 503 } },
})

add("answer.redirect", "a redirect is a response, and nobody goes where it points", {
  { ask = {}, answer = { status = 302, headers = { location = "/answer.redirect/elsewhere" } },
    want = { status = 302, headers = { location = "/answer.redirect/elsewhere" } } },
  { ask = dial(), answer = { status = 307, headers = { location = "/answer.redirect/elsewhere" } },
    want = { status = 307 } },
})

-- }=================================================================

-- {=================================================================
-- Not sent
-- ==================================================================

add("unsent.refused", "where nobody listens nothing was sent", {
  { ask = dial { at = "refused" }, want = failing("connect", false) },
})

add("unsent.name", "to a name without an address nothing was sent", {
  { ask = dial { url = "https://nowhere.invalid/" },
    want = failing("resolve resolver address timeout", false) },
})

add("unsent.tls", "to an https address nothing goes without TLS", {
  { ask = dial { scheme = "https" }, want = failing("tls address", false) },
})

add("unsent.connect_timeout", "connecting has a time-out of its own", {
  { ask = dial { at = "full", timeout = 6, connect_timeout = SOON },
    want = { fails = "timeout", sent = false, within = 4 } },
})

add("unsent.handshake_timeout", "the time-out of connecting is that of the TLS handshake too", {
  { ask = dial { at = "silent", scheme = "https", timeout = 6, connect_timeout = SOON },
    want = { fails = "timeout address", sent = false, within = 4 } },
})

-- }=================================================================

-- {=================================================================
-- Sent, and no answer
-- ==================================================================

local broken = {
  { "closed", "that ends before the answer", "", "closed" },
  { "head", "that ends inside the head", "HTTP/1.1 200 OK\r\nContent-Le", "closed" },
  { "body", "that ends inside the body", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfine",
    "closed" },
  { "chunk", "that ends between two chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n", "closed" },
  { "garbage", "with something else than HTTP", "fine\r\n\r\nfine\r\n", "protocol" },
  { "chunk_size", "with a chunk of no size",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfine\r\n0\r\n\r\n", "protocol closed" },
  { "two_lengths", "with two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 8\r\n\r\nfine", "protocol closed" },
}

for _, row in ipairs(broken) do
  add("broken." .. row[1], "a connection " .. row[2] .. " leaves a dial in doubt", {
    { ask = dial(), answer = closing(row[3]), want = failing(row[4], true) },
  })
end

add("broken.reset", "a connection that is reset leaves a dial in doubt", {
  { ask = dial(), answer = { bytes = "", ending = "reset" }, want = failing("closed", true) },
})

local capped = { settings = { max_response = CAP } }

add("cap.exact", "an answer as large as max_response is taken", {
  { ask = {}, answer = { status = 200, body = every_byte(CAP) },
    want = { status = 200, body = every_byte(CAP) } },
  { ask = {}, answer = in_chunks(every_byte(CAP)),
    want = { status = 200, body = every_byte(CAP) } },
}, capped)

for _, row in ipairs {
  { "length", "that says so", with_length(every_byte(CAP + 1)) },
  { "chunked", "in chunks", in_chunks(every_byte(CAP), "x") },
  { "until_close", "with no end but the connection's", answered("200 OK", every_byte(CAP + 1)) },
} do
  add("cap." .. row[1], "an answer larger than max_response, " .. row[2] .. ", is a failure", {
    { ask = dial(), answer = row[3], want = failing("too_large", true) },
  }, capped)
end

add("cap.head", "a head has a largest size too", {
  { ask = dial(), answer = answered("200 OK" .. ("\r\nX-More: " .. ("x"):rep(1000)):rep(400)),
    want = failing("too_large", true) },
})

add("timeout.silence", "a time-out passes while there is no answer", {
  { ask = dial { timeout = SOON }, answer = { status = 200, body = "fine", after = LATE },
    want = failing("timeout", true) },
})

add("timeout.head", "a time-out is of all together: the head may not trickle for ever", {
  { ask = dial { timeout = 1 },
    answer = { status = 200, headers = { ["x-long"] = ("x"):rep(300 * LATE) }, slow = 300 },
    want = failing("timeout", true) },
})

add("timeout.body", "a time-out is of all together: nor may the body", {
  { ask = dial { timeout = 1 },
    answer = { status = 200, body = ("x"):rep(300 * LATE), slow = 300 },
    want = failing("timeout", true) },
})

-- }=================================================================

-- {=================================================================
-- Connections
-- ==================================================================

add("dial.fresh", "a dial goes out on a connection of its own", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { ask = dial(), answer = FINE, want = { status = 200 } },
  { ask = dial(), answer = FINE, want = { status = 200 } },
})

add("dial.once", "a dial that isn't answered isn't sent again, also where a connection was kept", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { ask = dial(), answer = closing "", want = failing("closed", true) },
})

add("kept.dead", "a kept connection that has died is noticed, and nothing false is said of it", {
  { ask = {}, answer = { status = 200, body = "fine", dies = true }, want = { status = 200 } },
  { ask = {}, answer = FINE,
    want = { status = 200, body = "fine", fails = "closed", sent = true } },
})

add("kept.broken", "an answer of before isn't taken for one of now", {
  { ask = dial { timeout = SOON }, answer = { status = 200, body = "late", after = 1 },
    want = failing("timeout", true) },
  { ask = {}, answer = { status = 200, body = "now", after = 1 },
    want = { status = 200, body = "now" } },
})

add("kept.reused", "a connection is used again for what isn't a dial", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { ask = {}, answer = FINE, want = { status = 200, follows = 1 } },
}, { optional = true })

-- }=================================================================

-- {=================================================================
-- Time
-- ==================================================================

add("now.forward", "now() never goes back", { { clock = 10000 } })

add("now.seconds", "now() counts seconds, also those that are waited", {
  { ask = {}, answer = { status = 200, body = "fine", after = 1 },
    want = { status = 200, least = 0.9, most = 30 } },
})

add("sleep", "sleep() takes about as many seconds as it is told", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { sleep = 0.5, want = { least = 0.45, most = 30 } },
  { ask = {}, answer = FINE, want = { status = 200 } },
}, { apart = { 1, 3, least = 0.45, most = 30 } })

add("sleep.none", "sleep() of nothing comes back", {
  { sleep = 0, want = { least = 0, most = 30 } },
})

add("time", "time(), where there is one, is the time of day in epoch seconds", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { time = true },
})

add("close", "close(), where there is one, may be called twice; what follows is done or not sent", {
  { ask = {}, answer = FINE, want = { status = 200 } },
  { close = true },
  { close = true },
  { ask = dial(), answer = FINE,
    want = { status = 200, body = "fine", fails = true, sent = false, raises = true } },
})

-- }=================================================================

-- {=================================================================
-- Other work
-- ==================================================================

add("beside.sleep", "other work goes on during a sleep", {
  { sleep = 0.5, turns = true, want = { least = 0.45, most = 30, turns = 3 } },
}, { beside = true })

add("beside.perform", "other work goes on during a request", {
  { ask = {}, answer = { status = 200, body = "fine", after = 1 }, turns = true,
    want = { status = 200, body = "fine", turns = 3 } },
}, { beside = true })

add("beside.two", "of two requests at once each gets its own answer", {
  { ask = dial { body = "a=1" }, answer = { status = 200, body = "first", after = 1 }, both = true,
    want = { status = 200, body = "first", request = { body = "a=1" } } },
  { ask = dial { body = "a=2" }, answer = { status = 201, body = "second" },
    want = { status = 201, body = "second", request = { body = "a=2" } } },
}, { beside = true })

-- }=================================================================

--- What a text is told from another by where it can't be handed on itself: its size and a sum.
function cases.sum(text)
  local a, b = 1, 0
  for index = 1, #text do
    a = (a + text:byte(index)) % 65521
    b = (b + a) % 65521
  end
  return ("%d bytes, %04x%04x"):format(#text, b, a)
end

--- The whole request of a step; false stands for nothing.
function cases.asked(step)
  local request = {}
  for _, given in ipairs { cases.request, step.ask } do
    for name, value in pairs(given) do request[name] = value end
  end
  return request
end

for _, case in ipairs(cases) do cases[case.name] = case end

return cases
