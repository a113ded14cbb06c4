-- entries: what torture/lua.c starves. Each is a name and a function that prepares, with
-- memory, and returns what is run without: a function that returns its result as text.
-- `t` is the program's: port (of a server that answers), closed (a port nobody listens
-- on), send(port, text) -> descriptor, receive(descriptor) -> text. `step`: not every
-- allocation is refused, but each step-th. `may`: a result that is right as well when
-- memory was refused, because a library of others doesn't say why it failed.
--
-- SPDX-License-Identifier: MIT

local function show(value)
  if type(value) ~= "table" then return tostring(value) end
  local names, out = {}, {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for i, name in ipairs(names) do out[i] = tostring(name) .. "=" .. show(value[name]) end
  return "{" .. table.concat(out, ",") .. "}"
end

local function show_all(...)
  local out = {}
  for i = 1, select("#", ...) do out[i] = show((select(i, ...))) end
  return table.concat(out, " | ")
end

local function core(name, ...)
  local arguments = table.pack(...)
  return { "core." .. name, function()
    local call = require "exotel.core"[name]
    return function() return show_all(call(table.unpack(arguments, 1, arguments.n))) end
  end }
end

local function again(module)
  return { "luaopen " .. module, function()
    return function()
      package.loaded[module] = nil
      return type(require(module))
    end
  end }
end

local secret = "k3y-0a1b2c"
local target = { account_sid = "exotel1", base = "https://api.in.exotel.com",
                 flow_host = "my.in.exotel.com" }
local named = { reference = "one" } -- else each run has its own
local numbers = {
  from = "+91 98765 43210", to = "080 4000 9999", caller_id = "08040001234",
  custom_field = ("x"):rep(100), status_callback = "https://example.com/cb?a=1",
  status_callback_events = { "terminal", "answered" }, record = true, time_limit = 90.0,
  extra = { New = 1.5, Flag = true },
}
local call = [[{"Call":{"Sid":"c5797dcbaaeed7678c4062a4a3ed2f8b","Status":"completed",
"To":"08040009999","Duration":"32","Price":"1.50","New":{"a":[1,2,{"b":null}]},"To":"x",
"Details":{"Leg1Status":"busy","Legs":[{"Leg":{"Id":1,"OnCallDuration":7}}]}}}]]
local refusal = [[{"RestException":{"Status":400,"Code":34001,"Message":"09876543210 with ]]
  .. secret .. [[ is refused; "}}]]
local page = "<html><style>p{}</style><h1>502</h1><p>Bad gateway for 09876543210</p>"
local headers = { ["retry-after"] = "7", date = "Fri, 03 Mar 2017 10:48:33 GMT" }
local record = { sid = "c5", price = 1.5, price_text = "1.50", status = "busy", New = { 1, 2 },
                 legs = { { id = 1, status = "busy" }, { id = 2, on_call_duration = 7 } } }

-- An event in the three encodings, with what each of them alone can bring.
local boundary = "multipart/form-data; boundary=b"
local json_event = [[{"CallSid":"c5","EventType":"terminal","Legs":[{"Status":"busy"},{"New":
{"a":null}}],"Stream":"{\"StreamSID\":\"s\",\"New\":[1]}","a[0][b]":1,"CallSid":"again"}]]
local form_event = "CallSid=c5&EventType=terminal&Legs[0][Status]=busy&New[a][0]=" .. ("x"):rep(99)
  .. "&files=1&CallSid=again&Duration=long"
local function part(name, value)
  return ("--b\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n"):format(name, value)
end
local multipart_event = part("CallSid", "c5") .. part('"Legs[0][Status]"', "busy")
  .. part('f; filename="f.txt"', "abc") .. part('"New[a][0]"', ("x"):rep(99)) .. "--b--\r\n"
local event = {
  kind = "terminal", final = true, dedup_key = ("0"):rep(64), repeated = { "CallSid", "a[b]" },
  call_sid = "c5", event_type = "terminal", conversation_duration = 7, a = { b = "c" },
  legs = { { id = 1, status = "busy", New = "x" }, { id = 2, on_call_duration = 7 } },
  custom_field = ("x"):rep(200), New = { 1.5, "y", true }, stream_sid = "s5",
}
local event_with_files = {
  call_sid = "c5",
  files = { { name = "f", filename = "f.txt", type = "text/plain", size = 300 }, { name = "g" } },
}

-- A transport without a network: it answers each operation.
local function brought(status, body)
  return {
    perform = function() return { status = status, headers = headers, body = body } end,
    sleep = function() end,
    now = function() return 0 end,
  }
end

local function client(transport, base)
  return require("exotel").client {
    account_sid = "exotel1", api_key = secret, api_token = "tok-9876543210",
    base_url = base or "https://api.exotel.com", transport = transport, retries = 0,
    time_offset = "+05:30", only_dial = { "+919876543210", "08040009999" }, max_dials = 9,
    proxy = false,
  }
end

local function face(name, run, transport)
  return { "exotel." .. name, function(t)
    local object = client(transport or brought(200, call))
    return function() return show_all(run(object, t)) end
  end }
end

local function asked(port)
  return {
    method = "POST", url = ("http://127.0.0.1:%d/v1/x"):format(port), username = "key",
    password = "token", headers = { accept = "application/json", ["x-a"] = "b" },
    body = "From=1&To=2", timeout = 5, connect_timeout = 5, fresh_connection = true,
    send_once = true,
  }
end

-- Of a transfer what is the same each time; "sent=" is what counts.
local function show_transfer(response, failure)
  if response then return response.status .. " " .. response.body end
  return ("%s sent=%s"):format(failure.reason, tostring(failure.sent))
end

local function perform(name, port_of, may)
  return { "curl.perform, " .. name, function(t)
    local agent = require("exotel.curl").agent { proxy = false }
    local request = asked(port_of(t))
    return function() return show_transfer(agent:perform(request)) end
  end, network = true, may = may }
end

-- What becomes of a transfer; "lost" when nothing does. What an earlier call left is dropped.
local function ended(object, number)
  local sys = require "exotel.sys"
  local stop = sys.now() + 10
  repeat
    local which, response, failure = object:next()
    if which == number then return show_transfer(response, failure) end
    if not which then object:step(0.1) end
  until sys.now() > stop
  return "lost"
end

local function multi(name, run, more)
  local entry = { "curl.multi, " .. name, function(t)
    local object, number = require("exotel.curl").multi(), 0
    return function()
      number = number + 10 -- an earlier call's transfers may still be in it
      return run(object, number, t)
    end
  end }
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

local function httpd(name, run, may)
  return { "httpd." .. name, function(t)
    local server = require("exotel.httpd").listen {}
    return function() return show_all(run(server, t)) end
  end, may = may }
end

local function serve(server, t)
  for old in function() return server:poll(0) end do old:close() end -- of a starved run
  local fd = t.send(server:port(), "POST /a?b=c HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n"
    .. "Authorization: Basic dTpw\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
  local request = server:poll(0.2)
  local seen = "nothing"
  if request then
    seen = show_all(request:method(), request:path(), request:query(), request:body(),
      request:user(), request:password(), request:headers(), request:header "x-a")
    request:respond(200, { ["x-b"] = "1" }, "answer")
    request:close()
    server:poll(0)
  end
  return seen, t.receive(fd)
end

-- An answer that passes, slowly, to one client, and raw bytes to another.
local function relay(gate, server, t)
  for old in function() return server:poll(0) end do old:close() end -- of a starved run
  local function answered(how)
    local fd, request = t.send(gate:port(), "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    for _ = 1, 20 do
      gate:step()
      request = request or server:poll(0)
    end
    local seen = request and show_all(how(request)) or "nothing"
    for _ = 1, 20 do
      gate:step()
      server:poll(0)
    end
    return seen .. " " .. t.receive(fd)
  end
  local passed = answered(function(request)
    gate:slow(request:peer_port(), 1e9)
    return gate:limit(request:peer_port(), 1000, "reset"), request:respond(200)
  end)
  return passed .. " " .. answered(function(request)
    return gate:raw(request:peer_port(), ("raw"):rep(1000) .. "\r", "close")
  end)
end

-- Steps until every task of the loop is done, also those that an earlier call left behind for
-- want of memory; "lost" when one never is. The time is told with all the memory there is.
local function finish(loop)
  local sys = require "exotel.sys"
  local stop = sys.now() + 3
  while loop:step(0.1) > 0 do
    if sys.now() > stop then return "lost" end
  end
  return "done"
end

-- What a task returned; what it raised for want of memory is raised again.
local function result_of(task)
  local results = table.pack(task:result())
  local err = results[2]
  if results[1] == nil and type(err) == "string" and err:find "not enough memory$" then
    error(err, 0)
  end
  return show_all(table.unpack(results, 1, results.n))
end

-- Runs a task in a loop that outlives the call: nothing that it began may be lost to the next.
local function in_loop(name, run, more)
  local entry = { "loop, " .. name, function(t)
    local loop = require("exotel").loop { requests_in_flight = 2, dials_in_flight = 1 }
    loop:bind { proxy = false }
    return function() return run(loop, t) end
  end }
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

local function task_of(loop, t)
  local request = asked(t.port)
  local task = loop:spawn(function() return show_transfer(loop:perform(request)) end)
  return finish(loop) .. " " .. result_of(task)
end

local entries = {
  again "exotel.core",
  again "exotel.curl",
  again "exotel.sys",
  again "exotel.httpd",

  { "core.api", function()
    local core_api = require("exotel.core").api
    return function()
      local api = core_api()
      return show_all(#api.operations, #api.records.call, api.circles.DL, api.statuses[1])
    end
  end, step = 7 },
  core("base", "https://key%20with%20a%20very%20long%20name%20that%20grows%20the%20buffer:"
    .. "token@[2001:db8::1]:8080/"),
  core("base", "https://"),
  core("build", event, "form"),
  core("build", event, "json"),
  core("build", event, "multipart"),
  core("build", event_with_files, "multipart"),
  core("build", event_with_files, "json"),
  core("build", { ["a\n"] = "1" }, "multipart"),
  core("build", { a = "1", files = { { name = "f", size = 1e300 } } }, "multipart"),
  core("build", {}, "form"),
  core("callback", form_event, "application/x-www-form-urlencoded", "From=1&CallSid=2"),
  core("callback", json_event, "application/json", ""),
  core("callback", multipart_event, boundary, "From=1"),
  core("callback", "", "", "CallFrom=1&Status=busy&AgentEmail=a"),
  core("callback", "", boundary, ""),
  core("callback", "a[1000]=1", "", ""),
  core("callback", '{"a":nul}', "application/json", ""),
  core("callback", part("a", "1"), boundary, ""),
  core("date", 1488518313, 19800),
  core("byte_range", "bytes=1-2", 9),
  core("e164", "098765 43210", "91"),
  core("e164", "98765", "91"),
  core("encode", ("gte:10 s;"):rep(20)),
  core("form", "CallSid=c5&Legs[0][Status]=a&Legs[1][Status]=b&" .. ("n"):rep(80) .. "=v"),
  core("http1_request", { method = "POST", url = "http://127.0.0.1/" .. ("a"):rep(60),
    username = secret, password = "tok-9876543210", headers = { accept = ("x"):rep(90) },
    body = "From=1&To=2", close = true }),
  core("http1_request", { method = "GET", url = "http://h/a b" }),
  core("address", "https://[::1]:81/a"),
  core("address", "h"),
  { "core.http1_reader", function()
    local new = require "exotel.core".http1_reader
    local head = "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    return function()
      local reader, bad = new { max_headers = 1000, max_body = 1000 }, new { head = true }
      local out = show_all(reader:feed(head), reader:feed(("50\r\n%s\r\n"):format(("x"):rep(80))))
      out = out .. show_all(reader:feed "0\r\n\r\nrest") .. show_all(reader:response())
      out = out .. show_all(bad:feed "HTTP/1.1 200 OK\r\n a") .. show_all(bad:finish())
      bad:close()
      bad:close()
      return out
    end
  end },
  core("items", ("+919876543210,"):rep(20)),
  core("mask", ("key k3y-0a1b2c and 09876543210; "):rep(5), { secret, "tok" }),
  core("match", "GET", "/v1/Accounts/a1/Calls/" .. ("c"):rep(80) .. ".json"),
  core("match", "GET", "/v1/Accounts/a1/Numbers/%2B" .. ("9"):rep(80) .. ".json"),
  core("match", "GET", "/"),
  core("nearest", "callerid", { "from", "caller_id" }),
  core("offset", "+05:30"),
  core("is_utf8", "ab\226\130"),
  core("phone", "+91 98765-43210"),
  core("phone", "no"),
  core("range", "calls", "Duration", "gte:10s;lte:45s"),
  core("range", "calls", "Duration", "over:10s"),
  core("read", "connect", 200, headers, call),
  core("read", "connect", 400, headers, refusal),
  core("read", "connect", 200, headers, refusal),
  core("read", "call_details", 502, nil, page),
  core("read", "connect", 200, nil, page),
  core("read", "connect", 200, nil, "<R><Call><Sid>c5</Sid><To>09876543210</To></Call></R>"),
  core("read", "calls", 200, nil, '{"Metadata":{"Total":2,"NextPageUri":"/?a=b&amp;After='
    .. ("c"):rep(80) .. '"},"Calls":[{"Sid":"c5","Details":{"Leg1Status":"busy"}},'
    .. '{"Sid":"c6","Price":"1.50","New":{"a":["b"]}}]}'),
  core("read", "calls", 200, nil, "<R><Metadata><Total>1</Total></Metadata><Call><Sid>c5</Sid>"
    .. "</Call><Call><Sid>c6</Sid><Status>Busy</Status></Call></R>"),
  core("read", "calls", 200, nil, '{"Calls":[]}'),
  core("read", "balance", 200, nil, '{"Account":{"AccountSid":"a","BalanceData":'
    .. '{"Balance":"1543.75"}}}'),
  core("read", "number_metadata", 404, nil, "<R><RestException><Message>no</Message>"
    .. "</RestException></R>"),
  core("admit", "a=b&" .. ("k%65y"):rep(30) .. "=x&key=" .. ("s"):rep(90) .. "&c=d", "key",
    { ("s"):rep(90), "none" }),
  core("digest", ("x"):rep(300)),
  core("reply", "connect", { destination = { numbers = { "+91 98765 43210", "08039570000" } },
    record = true, max_ringing_duration = 30, music_on_hold = { type = "operator_tone" },
    custom_params = "a=" .. ("b"):rep(90) }),
  core("reply", "connect", { destination = { { contact_uri = ("a"):rep(90) } } }),
  core("reply", "connect", { destination = { numbers = {}, trunk = "t" } }),
  core("reply", "connect", { destination = { nunbers = {} } }),
  core("reply", "greeting", { audio = { "http://x/" .. ("a"):rep(90), "http://x/b" } }),
  core("reply_read", "connect", '{"destination":{"numbers":["+919876543210"],"more":1},"new":{}}'),
  core("reply_read", "connect", '{"destination":'),
  core("reply_read", "greeting", "http://x/" .. ("a"):rep(90) .. "\nhttp://x/b\n", true),
  core("reply_read", "dial_whom", ("+919876543210,"):rep(20), true),
  core("request", "connect", numbers, target),
  core("request", "connect", { from = "09876543210", caller_id = "0804", app_id = 926 }, target),
  core("request", "connect", { from = "09876543210", caller_id = "0804",
    stream_type = "bidirectional", stream_url = "wss://example.com/socket" }, target),
  core("request", "call_details", { sid = "c5", details = true },
    { account_sid = "a", base = "http://h", flow_host = "f", xml = true }),
  core("request", "calls", { sid = { "c5", "d6" }, from = { "+91 98765 43210", "+918040009999" },
    date_created = { gte = "2019-12-03", lte = 1575397800 }, duration = { gt = 10, lt = "60s" },
    price = 0.5, status = "busy,failed", sort = "desc", after = ("x"):rep(300) }, target),
  core("request", "calls", { duration = { gte = 45, lte = 10 } }, target),
  core("request", "calls", { duration = { gtee = 45 } }, target),
  core("request", "calls", { from = { "+919876543210", "00919876543210" } }, target),
  core("request", "calls", { sort = "up" }, target),
  core("request", "number_metadata", { number = "098765 43210" }, target),
  core("request", "balance", {}, target),
  core("request", "connect", { form = "1" }, target),
  core("request", "connect", { from = "09876543210" }, target),
  core("request", "connect", { from = "09876543210", to = "08040009999", caller_id = "0804",
    record = true, recording_channels = "duel" }, target),
  core("send", "Calls/c5/Legs.json?a=1", { "b", ("x"):rep(300), "c", true, "d", 1.5 },
       { "From", "+91 98765 43210", "To", ("y"):rep(300) }, target),
  core("send", "a/%2e%2e/b", nil, nil, target),
  core("send", "x", { "", 1 }, nil, target),
  core("span", { gte = "2026-11-01", lte = 1796063399 }, 19800),
  core("span", "gte:2026-11-01 00:00:00;lte:2026-10-01 00:00:00", 19800),
  core("json", '{"a":[1,2.5,true,null,"' .. ("x"):rep(300) .. '",{"b":{}}],"a":1}'),
  core("json", '{"a":'),
  core("time", "2017-03-03 10:48:33", 19800),
  core("time", "now", 0),
  core("gcra_push", "5000000", 1.5, 3000000),
  core("gcra_take", "1000000", 1.5, 333334, 0),
  core("gcra_take", "9000000", 1.5, 333334, 0),
  core("to_json", record, "call", false),
  core("to_json", record, "call", true, "null"),
  core("to_json", { b = { 1.5, "x", { true } }, a = "y" }, ""),
  core("to_json", { price = 0 / 0 }, "call", false),
  core("to_xml", record, "call", true, "empty"),
  core("to_xml", { a = "\1" }, ""),
  core("unbase64", ("AAEC"):rep(40)),
  core("unbase64", "AAE"),

  { "curl.agent", function()
    local curl = require "exotel.curl"
    return function()
      local agent = curl.agent { ca_file = "/none", proxy = "http://p:1", user_agent = "u",
                                 resolve = "h:1:127.0.0.1" }
      agent:close()
      agent:close()
      return type(agent)
    end
  end },
  { "curl.version", function()
    local curl = require "exotel.curl"
    return function() return show_all(curl.version()) end
  end },
  { "curl.multi", function()
    local curl = require "exotel.curl"
    return function()
      local object = assert(curl.multi())
      local out = show_all(type(object:pollfd()), object:timeout(), object:step(0), object:next())
      object:close()
      object:close()
      return out
    end
  end },
  multi("transfer", function(object, number, t)
    object:start(number, asked(t.port), {})
    return ended(object, number)
  end, { network = true, may = "sent=" }),
  multi("closed port", function(object, number, t)
    object:start(number, asked(t.closed), { proxy = false, user_agent = "u", ca_file = "/none" })
    return ended(object, number)
  end, { network = true, may = "sent=false" }),
  multi("cancelled and closed", function(_, _, t)
    local object = require("exotel.curl").multi()
    for which = 1, 3 do object:start(which, asked(t.port), {}) end
    object:cancel(2)
    local out = ended(object, 2)
    object:close()
    return out
  end, { network = true }),
  multi("prepare", function(object, number, t)
    object:prepare({ ca_file = "/none" }, 3)
    object:start(number, asked(t.closed), {})
    return ended(object, number)
  end, { network = true, may = "sent=false", step = 3 }),
  perform("closed port", function(t) return t.closed end, "sent=false"),
  perform("server", function(t) return t.port end, "sent="),
  { "curl.agent and perform", function(t)
    local curl, request = require "exotel.curl", asked(t.closed)
    return function()
      return show_transfer(curl.agent({ proxy = false, user_agent = "u" }):perform(request))
    end
  end, network = true, may = "sent=false" },

  in_loop("tasks", function(loop)
    local first = loop:spawn(function(...)
      loop:sleep(0)
      coroutine.yield()
      return select("#", ...), ...
    end, 1, nil, "x", nil)
    local second = loop:spawn(function() error("raised", 0) end)
    local third = loop:spawn(function() loop:sleep(0.001) return "slept" end)
    local done = finish(loop)
    return show_all(done, result_of(second), result_of(third), result_of(first))
  end),
  in_loop("cancel", function(loop, t)
    local request = asked(t.closed)
    local tasks = {}
    for index = 1, 3 do
      tasks[index] = loop:spawn(function() return show_transfer(loop:perform(request)) end)
    end
    tasks[4] = loop:spawn(function() loop:sleep(0.05) return "woken" end)
    tasks[5] = loop:spawn(function() return "never" end)
    tasks[5]:cancel()
    loop:step()
    for _, task in ipairs(tasks) do task:cancel() end
    local done, out = finish(loop), {}
    for index, task in ipairs(tasks) do out[index] = result_of(task) end
    return done .. table.concat(out, "; ")
  end, { step = 2 }),
  in_loop("request", task_of, { network = true, may = "sent=" }),
  in_loop("closed with all that waits", function(_, t)
    local loop = require("exotel").loop { requests_in_flight = 1 }
    local request, tasks = asked(t.port), {}
    for index = 1, 2 do
      tasks[index] = loop:spawn(function() return show_transfer(loop:perform(request)) end)
    end
    tasks[3] = loop:spawn(function() while true do loop:sleep(60) end end)
    tasks[4] = loop:spawn(function() loop:close() return "closes" end)
    loop:step()
    local out = {}
    for index, task in ipairs(tasks) do out[index] = result_of(task) end
    return table.concat(out, "; ")
  end, { network = true, step = 2 }),
  { "loop, a client's dial", function(t)
    local loop = require("exotel").loop()
    local object = client(loop, ("http://127.0.0.1:%d"):format(t.port))
    return function()
      local task = loop:spawn(function()
        local record_of, err = object:connect(numbers, named)
        return record_of and record_of.sid or err.kind .. " outcome=" .. err.outcome
      end)
      return finish(loop) .. " " .. result_of(task)
    end
  end, network = true, may = "transport outcome=", step = 3 },

  { "sys", function()
    local sys = require "exotel.sys"
    return function()
      sys.sleep(0)
      return show_all(type(sys.now()), type(sys.time()), #sys.random(200), type(sys.pid()),
        sys.hex(("\1\255"):rep(900)), sys.waitpid(1, 0))
    end
  end },
  { "sys.poll", function()
    local poll, server = require("exotel.sys").poll, require("exotel.httpd").listen()
    local few, many = { server:pollfd(), "r", 1000000, "rw" }, {}
    for i = 1, 80, 2 do many[i], many[i + 1] = server:pollfd(), "r" end
    return function()
      return show_all(poll(few, 0), #poll(many, 0), server:events())
    end
  end },
  { "sys.poll, misuse", function()
    local poll = require("exotel.sys").poll
    return function()
      local ok, err = pcall(poll, { 0, "x" }, 0)
      if not ok and tostring(err):find "not enough memory" then error(err, 0) end
      return tostring(ok) .. tostring(err)
    end
  end },
  { "sys.lock", function()
    local lock, name = require("exotel.sys").lock, os.tmpname()
    return function()
      collectgarbage() -- what the last run raised about left its lock behind
      local one = assert(lock(name))
      local out = show_all(lock(name), lock "/nowhere/file")
      one:close()
      os.remove(name)
      return out
    end
  end },
  { "sys.spawn", function()
    local sys = require "exotel.sys"
    return function()
      local child = assert(sys.spawn { "/bin/cat", stderr = false })
      local out = show_all(child:write "line\nrest", child:close_input(), child:read_line(5),
        child:read_line(5), child:read_line(5))
      out = out .. show_all(child:wait(5)) .. show_all(child:signal(0))
      child:close()
      return out
    end
  end },
  { "sys.spawn, none", function()
    local sys = require "exotel.sys"
    return function() return show_all(sys.spawn { "/no/such/program" }) end
  end },

  { "sys.gate", function()
    local gate_of = require("exotel.sys").gate
    return function()
      local gate = assert(gate_of { upstream = 1, host = "127.0.0.1" })
      local out = show_all(type(gate:port()), gate:url():match "^http://127.0.0.1:",
        type(gate:pollfd()), gate:events(), gate:step(), gate:timeout(), gate:connections(),
        gate:raw(1, "x", "close"))
      gate:close()
      gate:close()
      return out
    end
  end },
  { "sys.gate, bad host", function()
    local gate_of = require("exotel.sys").gate
    return function() return show_all(gate_of { upstream = 1, host = "nowhere" }) end
  end },
  { "sys.gate, relay", function(t)
    local sys, server = require "exotel.sys", require("exotel.httpd").listen {}
    return function() return relay(sys.gate { upstream = server:port() }, server, t) end
  end, may = "nothing", step = 3 },

  { "httpd.listen", function()
    local module = require "exotel.httpd"
    return function()
      local server = module.listen { port = 0, host = "127.0.0.1", max_body = 100 }
      local out = show_all(type(server:port()), server:url():match "^http://127.0.0.1:",
        type(server:pollfd()), server:events(), server:poll(0), server:timeout())
      server:close()
      server:close()
      return out
    end
  end },
  { "httpd.listen, bad host", function()
    local module = require "exotel.httpd"
    return function() return show_all(module.listen { host = "nowhere" }) end
  end },
  { "httpd.version", function()
    local module = require "exotel.httpd"
    return function() return show_all(module.version()) end
  end },
  httpd("serve", serve, "nothing"),

  { "poller", function()
    local poller = require "exotel.poller"
    local server = require("exotel.httpd").listen()
    return function()
      local object, out = poller.new(), {}
      local function note() out[#out + 1] = "called" end
      object:add(server, note)
      object:after(0, function() object:after(0, note) end)
      object:after(9, note):cancel()
      out[#out + 1] = object:step(0) .. object:step(0)
      object:remove(server)
      return show_all(out, object:run())
    end
  end },

  { "require exotel", function()
    return function()
      local modules = {}
      for name in pairs(package.loaded) do
        if name:find "^exotel" then modules[#modules + 1] = name end
      end
      for _, name in ipairs(modules) do package.loaded[name] = nil end
      return show(require("exotel")._VERSION)
    end
  end, step = 5 },
  { "require exotel from source", function()
    return function()
      for name in pairs(package.loaded) do
        if name:find "^exotel" then package.loaded[name] = nil end
      end
      for _, name in ipairs { "exotel", "exotel.client", "exotel.errors", "exotel.retry",
                              "exotel.running", "exotel.settings" } do
        package.preload[name] = nil
      end
      return show(require("exotel")._VERSION)
    end
  end, step = 53 },
  { "exotel.client", function()
    require "exotel"
    return function() return tostring(client(brought(200, call))) end
  end },
  { "exotel.client, misuse", function()
    local exotel = require "exotel"
    return function()
      local ok, err = pcall(exotel.client, { account_sid = "a", regoin = "x" })
      if not ok and tostring(err):find "not enough memory" then error(err, 0) end
      return tostring(ok) .. tostring(err):gsub("^.-: ", "")
    end
  end },
  face("request", function(object) return object:request("connect", numbers) end),
  face("connect", function(object) return object:connect(numbers, named) end),
  face("connect, tostring", function(object) return tostring((object:connect(numbers, named))) end),
  face("call_details", function(object) return object:call_details("c5", { details = true }) end),
  face("connect, refused", function(object)
    local _, err = object:connect(numbers, named)
    return err, tostring(err), object:response(err)
  end, brought(400, refusal)),
  face("connect, page", function(object)
    local _, err = object:connect(numbers, named)
    return err, tostring(err)
  end, brought(502, page)),
  face("connect, invalid", function(object)
    local _, err = object:connect({ from = "98765", to = "08040009999" }, named)
    return err, tostring(err)
  end),
  face("connect, not allowed", function(object)
    local _, err = object:connect({ from = "09876543210", to = "09999999999", caller_id = "0804" },
      named)
    return err, tostring(err)
  end),
  face("connect, no answer", function(object)
    local _, err = object:connect(numbers, named)
    return err, tostring(err)
  end, { perform = function() return nil, { reason = "timeout", sent = true } end,
         sleep = function() end, now = function() return 0 end }),
  face("read", function(object) return object:read("connect", 200, headers, call) end),
  face("parse_callback", function(object)
    return object:parse_callback(multipart_event, boundary, "From=1")
  end),
  face("parse_callback, JSON", function()
    return require("exotel").parse_callback(json_event, "application/json")
  end),
  face("parse_callback, form", function()
    local parsed = require("exotel").parse_callback(form_event)
    return parsed, tostring(parsed)
  end),
  face("parse_callback, refused", function(object)
    local _, err = object:parse_callback(part("a", "1"), boundary)
    return err, tostring(err)
  end),
  face("parse_callback, strange", function(object)
    local _, err = object:parse_callback(7)
    return err, tostring(err)
  end),
  face("build_callback", function(object) return object:build_callback(event_with_files) end),
  face("build_callback, JSON", function()
    return require("exotel").build_callback(event, "application/json")
  end),
  face("build_callback, form", function()
    return require("exotel").build_callback(event, "application/x-www-form-urlencoded")
  end),
  face("build_callback, refused", function(object)
    local _, err = object:build_callback(event_with_files, "application/json")
    return err, tostring(err)
  end),
  face("build_callback and back", function(object)
    return object:parse_callback(object:build_callback(event_with_files))
  end),
  face("time", function(object) return object:time "2017-03-03 10:48:33", object:time "x" end),
  face("e164", function() return require("exotel").e164("098765 43210", "91") end),
  face("to_json", function()
    return require("exotel").to_json(record, { names = "exotel", absent = "empty" })
  end),
  face("options and fields", function()
    local exotel = require "exotel"
    return #exotel.options "connect", #exotel.fields "call"
  end),
  { "exotel.tracker", function()
    local memory, trackers = require "exotel.store.memory", require "exotel.tracker"
    local function clock() return 1795000000 end
    return function()
      local tracker = trackers.new { store = memory.new { now = clock }, now = clock }
      assert(tracker:begins("one", { from = "09876543210", began = 1795000000 }))
      assert(tracker:heard { call_sid = "c5", kind = "terminal", final = true, status = "busy",
                             custom_field = "one" })
      assert(tracker:follow { sid = "c5", status = "busy", price = 1.5, duration = 0 })
      local settled = assert(tracker:take())
      return settled, tracker:done(settled), tracker:counts()
    end
  end, step = 11 },
  { "exotel.store.memory", function()
    local now = 0
    local store = require("exotel.store.memory").new { now = function() return now end }
    assert(store:add("kept", "1", 1e6))
    return function()
      store:swap("new", (store:get "new"))
      local added, changed = store:add("new", "1", 10), store:swap("new", "1", "2", 60)
      local kept = store:swap("kept", "1", "1", 1e6)
      now = now + 20
      return show_all(added, changed, kept, store:get "new")
    end
  end },
  { "exotel.connect by curl", function(t)
    local object = client(nil, ("http://127.0.0.1:%d"):format(t.port))
    return function()
      local record_of, err = object:connect(numbers, named)
      if record_of then return record_of.sid end
      return err.kind .. " outcome=" .. err.outcome
    end
  end, network = true, may = "transport outcome=" },
}

--- The number of entries, or what the program needs of one.
return function(index, t)
  if not index then return #entries end
  local entry = entries[index]
  return entry[1], entry[2](t), entry.network or false, entry.may or "", entry.step or 1
end
