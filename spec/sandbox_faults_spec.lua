-- The sandbox's faults: what a client of bare bytes sees of each, what ours says of it, and
-- whether the phone rang. A sandbox runs in a process of its own; what it posts comes to a
-- real server in this one.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local dkjson = require "dkjson"
local exotel = require "exotel"
local faults = require "exotel.sandbox.faults"
local httpd = require "exotel.httpd"
local mime = require "mime"
local rows = require "spec.rows.faults"
local sys = require "exotel.sys"
local transport = require "exotel.transport.curl"
local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local wire = require "spec.support.wire"

local LONG = 20 -- seconds that nothing here should ever need
local FROM, TO, CALLER_ID = "+919876543210", "+919123456710", "08039570000"

-- {=================================================================
-- A sandbox, and what is asked of it
-- ==================================================================

local sandbox, base_url, port, agent

local function start(...)
  local process = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port=0",
                                     "--rate-limit=0",
                                     "--speed=100", ... })
  return process, assert(process:read_line(LONG))
end

local function ask(method, path, body)
  return assert(agent:perform {
    method = method, url = base_url .. path, body = body, timeout = LONG, connect_timeout = LONG,
    headers = { ["content-type"] = body and "application/x-www-form-urlencoded" },
  })
end

local function read(name)
  local response = ask("GET", "/_sandbox/" .. name)
  assert.equal(200, response.status)
  local page = assert(dkjson.decode(response.body))
  assert.equal(page.count, #page[name])
  return page[name]
end

-- One more rule, of a text as --fault has it.
local function rule(text)
  local form = ("fault=" .. text):gsub("+", "%%2B"):gsub(" ", "&")
  local response = ask("POST", "/_sandbox/faults", form)
  assert.same({ 200, '{"ok":true}' }, { response.status, response.body })
end

-- The dials that arrived, and the calls that were placed, since this was called.
local function counting()
  local dials, calls = #read "dials", #read "calls"
  return function()
    local list, placed = {}, #read "calls" - calls
    for index, dial in ipairs(read "dials") do
      if index > dials then list[#list + 1] = dial end
    end
    return list, placed
  end
end

local clients = {} -- of the running test

local function client_of(settings)
  local all = { account_sid = "sandbox", api_key = "sandbox_key", api_token = "sandbox_token",
                base_url = base_url, retries = 0, proxy = false }
  for name, value in pairs(settings or {}) do all[name] = value end
  clients[#clients + 1] = exotel.client(all)
  return clients[#clients]
end

local function dial(client, more)
  local params = { from = FROM, to = TO, caller_id = CALLER_ID }
  for name, value in pairs(more or {}) do params[name] = value end
  return client:connect(params)
end

-- The same in a loop.
local function dial_in_loop(settings)
  local loop = assert(exotel.loop())
  settings.transport = loop
  local task = loop:spawn(function() return dial(client_of(settings)) end)
  loop:run()
  local call, err = task:result()
  loop:close()
  return call, err
end

local function request(method, path, body)
  body = body or ""
  return ("%s /v1/Accounts/sandbox/%s HTTP/1.1\r\nHost: h\r\nAuthorization: Basic %s\r\n"
    .. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s")
    :format(method, path, mime.b64 "sandbox_key:sandbox_token", #body, body)
end

local function raw_dial(from, to, path)
  local connection = wire.connect(port)
  local form = ("From=%s&To=%s&CallerId=%s"):format((from or FROM):gsub("+", "%%2B"),
    (to or TO):gsub("+", "%%2B"), CALLER_ID)
  connection:send(request("POST", path or "Calls/connect.json", form))
  return connection
end

-- The statuses of n requests for the balance, one after the other; "closed" where none came.
local function balances(n)
  local list = {}
  for index = 1, n do
    local connection = wire.connect(port)
    connection:send(request("GET", "Balance.json"))
    list[index] = connection:answer() or "closed"
    wire.stop()
  end
  return list
end

setup(function()
  agent = transport.new { plain_http = true }
  sandbox, base_url = start()
  port = tonumber(base_url:match ":(%d+)$")
end)

teardown(function() sandbox:close() end)

after_each(function()
  for index, client in ipairs(clients) do
    client:close()
    clients[index] = nil
  end
  wire.stop()
  ask("DELETE", "/_sandbox/faults")
end)

-- }=================================================================

-- {=================================================================
-- What a client of bare bytes sees. Each gets the connection, and what counting() gave
-- ==================================================================

local function nothing_and(ending)
  return function(connection)
    connection:read()
    assert.same({ "", ending }, { connection.got, connection.ended })
  end
end

local function silence(connection, since)
  connection:read(function() return #since() == 1 end) -- the dial was read
  sys.sleep(0.1)
  connection:take()
  assert.equal("", connection.got)
  assert.is_nil(connection.ended)
end

-- The head as the gate writes it: the length that it says, and the bytes behind it.
local function raw_answer(got, status)
  local said, length, body = got:match(
    "^HTTP/1%.1 (%d+) \r\ncontent%-type: application/json\r\ncontent%-length: (%d+)\r\n\r\n(.*)$")
  assert.equal(tostring(status), said)
  return tonumber(length), body
end

local function first_half(status, ending)
  return function(connection)
    if ending then
      connection:read()
    else
      connection:read(function() return connection.got:find "\r\n\r\n.+" end)
      sys.sleep(0.1)
      connection:take()
    end
    assert.equal(ending, connection.ended)
    local length, body = raw_answer(connection.got, status)
    assert.equal(math.floor(length / 2), #body)
    assert.is_nil((dkjson.decode(body)))
    assert.equal(status == 200 and '{"Call":{"Sid":"' or '{"RestException"', body:sub(1, 16))
  end
end

local function first_bytes(n, ending)
  return function(connection)
    connection:read()
    assert.equal(ending, connection.ended)
    assert.equal(n, #connection.got)
    assert.equal(("HTTP/1.1 200 OK\r\nDate: "):sub(1, n), connection.got:sub(1, 23))
  end
end

local function length_off_by(n)
  return function(connection)
    connection:read()
    assert.equal("close", connection.ended)
    local length, body = raw_answer(connection.got, 200)
    assert.equal(n, length - #body)
    assert.equal("queued", assert(dkjson.decode(body)).Call.Status)
  end
end

-- A whole answer, on a connection that stays open.
local function whole(expected, header)
  return function(connection)
    local status, head, body = connection:answer()
    assert.equal(expected, status)
    assert.is_nil(connection.ended)
    assert.is_table((dkjson.decode(body)))
    assert.equal(header, head:lower():match "\r\nretry%-after: ([^\r]*)")
  end
end

-- A whole answer that doesn't come at once: its 600 bytes, at 2000 a second, take 0.3, of
-- which some may be gone when this begins.
local function drops(connection)
  local began = sys.now()
  assert.equal(200, (connection:answer()))
  assert.is_true(sys.now() - began > 0.1)
end

local function first_drop(connection)
  connection:read(function() return connection.got ~= "" end)
  assert.equal("H", connection.got:sub(1, 1))
end

local function death(ending)
  return function(connection)
    assert.equal(200, (connection:answer()))
    connection:send(request("GET", "Balance.json"))
    connection:read()
    assert.same({ "", ending }, { connection.got, connection.ended })
  end
end

-- }=================================================================

-- What a client of bare bytes sees, by the rules of the rows.
local seen = {
  ["close"] = nothing_and "close",
  ["close placed=true"] = nothing_and "close",
  ["reset"] = nothing_and "reset",
  ["reset placed=true"] = nothing_and "reset",
  ["silent"] = silence,
  ["silent placed=true"] = silence,
  ["half"] = first_half(200, "close"),
  ["half ending=reset"] = first_half(200, "reset"),
  ["half ending=hold"] = first_half(200),
  ["half placed=false status=502"] = first_half(502, "close"),
  ["half bytes=0"] = nothing_and "close",
  ["half bytes=40"] = first_bytes(40, "close"),
  ["half bytes=15 ending=reset"] = first_bytes(15, "reset"),
  ["wrong_length"] = length_off_by(8),
  ["wrong_length bytes=-8"] = length_off_by(-8),
  ["slow bytes=2000"] = drops,
  ["slow bytes=20"] = first_drop,
  ["slow bytes=100000 placed=false"] = whole(503),
  ["status_before"] = whole(503),
  ["status_before status=500"] = whole(500),
  ["status_after status=504"] = whole(504),
  ["too_many seconds=7"] = whole(429, "7"),
  ["too_many_bare"] = whole(429),
  ["dies_on_reuse"] = death "close",
  ["dies_on_reuse ending=reset"] = death "reset",
}

describe("a dial that meets the fault", function()
  for _, row in ipairs(rows) do
    local text, told, status, placed = lua.unpack(row, 1, 4)
    local sees = assert(seen[text], text)
    local name = text:match "^%S+"

    local function check_journal(since)
      local dials, calls = since()
      assert.equal(1, #dials)
      assert.equal(placed and 1 or 0, calls)
      assert.equal(name, dials[1].fault)
      assert.equal(status, dials[1].status)
      assert.equal(placed, dials[1].call_sid ~= nil)
      return dials[1]
    end

    local function check_told(call, err, since)
      local dialled = check_journal(since)
      if told == "placed" then
        assert.equal(dialled.call_sid, assert(call).sid)
      else
        assert.is_nil(call)
        assert.same(told, { err.kind, err.outcome, err.reason })
        assert.equal(1, err.attempts)
        assert.equal(text:find "seconds=7" and 7 or nil, err.retry_after)
      end
    end

    local settings = { timeout = told[3] == "timeout" and 1 or LONG }

    it(text .. ": what is seen of it", function()
      local since = counting()
      rule(text)
      sees(raw_dial(), since)
      check_journal(since)
    end)

    it(text .. ": what the client says, blocking and in a loop", function()
      local since = counting()
      rule(text)
      local call, err = dial(client_of(settings))
      check_told(call, err, since)
      since = counting()
      rule(text)
      call, err = dial_in_loop(settings)
      check_told(call, err, since)
    end)
  end

  it("is answered in XML where XML is asked for", function()
    rule "status_before"
    local status, head, body = raw_dial(nil, nil, "Calls/connect"):answer()
    assert.equal(503, status)
    assert.matches("\r\ncontent%-type: application/xml\r\n", head:lower())
    assert.matches("<Status>503</Status>", body, 1, true)
  end)

  it("is tried again after a 429, by a client that may", function()
    local since = counting()
    rule "too_many next=2 seconds=0"
    local call = assert(dial(client_of { retries = 2 }))
    local dials, calls = since()
    assert.same({ 429, 429, 200, 3, 1 }, { dials[1].status, dials[2].status, dials[3].status,
                                           #dials, calls })
    assert.same({ "too_many", "too_many" }, { dials[1].fault, dials[2].fault, dials[3].fault })
    assert.equal(dials[3].call_sid, call.sid)
  end)

  for _, text in ipairs { "close placed=true", "reset", "silent", "half", "wrong_length",
                          "wrong_length bytes=-8", "status_before", "status_after" } do
    it(text .. " is never tried again, whatever the client may", function()
      local since = counting()
      rule(text .. " every=1")
      local call, err = dial(client_of { retries = 3, timeout = text == "silent" and 1 or LONG })
      assert.is_nil(call)
      assert.equal("unknown", err.outcome)
      assert.equal(1, #since())
    end)
  end
end)

describe("a query that meets a fault", function()
  for _, text in ipairs { "close", "reset", "half", "wrong_length", "wrong_length bytes=-8",
                          "status_before", "too_many seconds=0", "too_many_bare" } do
    it(text .. " is tried again", function()
      rule(text .. " operation=balance")
      local client = client_of { retries = 1 }
      local balance = assert(client:balance())
      assert.equal("1543.75", balance.balance_text)
      assert.equal(1, read("faults")[1].struck)
      assert.equal(2, exotel.response(balance).attempts)
    end)
  end
end)

describe("a connection that dies when it is reused", function()
  for _, ending in ipairs { "close", "reset" } do
    it("costs a query nothing: it is sent again, " .. ending, function()
      local client = client_of { retries = 1, retry_budget = 0 } -- the transport may, once
      rule("dies_on_reuse operation=balance ending=" .. ending)
      assert(client:balance())
      assert(client:balance())
      local told = read("faults")[1]
      assert.same({ 2, 1 }, { told.seen, told.struck })
    end)

    it("never makes a phone ring twice, " .. ending, function()
      local client = client_of { retries = 3 }
      rule("dies_on_reuse every=1 ending=" .. ending)
      local since = counting()
      assert(client:balance())
      assert(dial(client))
      assert(dial(client))
      local dials, calls = since()
      assert.same({ 2, 2 }, { #dials, calls })
    end)
  end
end)

-- {=================================================================
-- Rules
-- ==================================================================

describe("a rule", function()
  it("strikes the next one, without a word on how often", function()
    rule "status_before"
    assert.same({ 503, 200, 200 }, balances(3))
  end)

  it("strikes the next n", function()
    rule "status_before next=2"
    assert.same({ 503, 503, 200 }, balances(3))
  end)

  it("strikes every n-th", function()
    rule "status_before every=3"
    assert.same({ 200, 200, 503, 200, 200, 503, 200 }, balances(7))
  end)

  it("strikes a share", function()
    local draws = { 0.29, 0.3, 0.9, 0.1 }
    local of_chance = faults.new {
      rules = { assert(faults.parse "close share=0.3") },
      dice = { share = function() return table.remove(draws, 1) end },
    }
    local list = {}
    for index = 1, 4 do list[index] = of_chance:of_request "balance" ~= nil end
    assert.same({ true, false, false, true }, list)

    rule "status_before share=1"
    assert.same({ 503, 503, 503 }, balances(3))
  end)

  it("strikes one operation", function()
    rule "status_before operation=connect every=1"
    assert.same({ 200 }, balances(1))
    assert.equal(503, (raw_dial():answer()))
  end)

  it("strikes the dials of a number, written either way", function()
    rule "status_before number=+919000000011 every=1"
    assert.same({ 200 }, balances(1))
    assert.equal(200, (raw_dial():answer()))
    assert.equal(503, (raw_dial("09000000011"):answer()))
    assert.equal(503, (raw_dial(FROM, "+919000000011"):answer()))
    assert.equal(200, (raw_dial "+919000000012":answer()))
    ask("DELETE", "/_sandbox/faults")
    rule "status_before number=0012"
    assert.equal(503, (raw_dial "+919000000012":answer()))
  end)

  it("stands behind those before it, which strike first, and counts what it sees", function()
    rule "status_before next=1"
    rule "status_before status=500 next=1"
    rule "status_before status=504 every=2"
    assert.same({ 503, 500, 200, 504 }, balances(4))
    assert.same({
      { fault = "status_before", next = 1, placed = false, status = 503, seen = 4, struck = 1 },
      { fault = "status_before", next = 1, placed = false, status = 500, seen = 4, struck = 1 },
      { fault = "status_before", every = 2, placed = false, status = 504, seen = 4, struck = 1 },
    }, read "faults")
  end)

  it("is forgotten", function()
    rule "status_before every=1"
    assert.same({ 503 }, balances(1))
    assert.equal(200, ask("DELETE", "/_sandbox/faults").status)
    assert.same({}, read "faults")
    assert.same({ 200 }, balances(1))
  end)

  it("strikes nothing that isn't let in, and none of the pages for tests", function()
    rule "close every=1"
    local connection = wire.connect(port)
    connection:send "GET /v1/Accounts/sandbox/Balance.json HTTP/1.1\r\nHost: h\r\n\r\n"
    assert.equal(401, (connection:answer()))
    assert.equal(0, read("faults")[1].seen)
    assert.same({ "closed" }, balances(1))
  end)

  it("is given by options as well", function()
    local other, url = start("--fault=status_before status=500 next=1",
      "--fault", "  status_before   every=2 ")
    local mine = port
    port = tonumber(url:match ":(%d+)$")
    local list = balances(4)
    port = mine
    other:close()
    assert.same({ 500, 503, 200, 503 }, list)
  end)

  it("that is wrong in an option ends the program", function()
    local process = assert(sys.spawn { "sh", "-c",
      lua.name .. " bin/exotel sandbox --port=0 '--fault=close every=0' 2>&1" })
    assert.equal("exotel sandbox: --fault 'close every=0': every wants a whole number from 1 to "
      .. "1000000, got '0'", process:read_line(LONG))
    assert.equal(2, process:wait(LONG))
    process:close()
  end)
end)

describe("a rule that is wrong", function()
  local all = "close, reset, silent, half, wrong_length, slow, status_before, status_after, "
    .. "too_many, too_many_bare, dies_on_reuse, lost, doubled, late, out_of_order, other_type"
  local million = " wants a whole number from 1 to 1000000, got "

  for text, message in pairs {
    [""] = "fault is missing: one of " .. all,
    ["every=1"] = "fault is missing: one of " .. all,
    clos = "fault wants one of " .. all .. " (did you mean 'close'?), got 'clos'",
    ["close evry=1"] = "evry is unknown (did you mean 'every'?)",
    ["close x"] = "x wants a value",
    ["close x=1"] = "x is unknown",
    ["close next=0"] = "next" .. million .. "'0'",
    ["close next=1000001"] = "next" .. million .. "'1000001'",
    ["close next=1.5"] = "next" .. million .. "'1.5'",
    ["close every=-1"] = "every" .. million .. "'-1'",
    ["close every"] = "every wants a value",
    ["close every="] = "every wants a value",
    ["close every=1 every=2"] = "every wants one value",
    ["close every=1 next=1"] = "every can't stand beside next: one of next, every, share",
    ["close share=0"] = "share wants a number from 1e-06 to 1, got '0'",
    ["close share=1.01"] = "share wants a number from 1e-06 to 1, got '1.01'",
    ["close share=nan"] = "share wants a number from 1e-06 to 1, got 'nan'",
    ["close number=98x"] = "number wants 1 to 15 digits, got '98x'",
    ["close number=+1234567890123456"] = "number wants 1 to 15 digits, got '+1234567890123456'",
    ["close placed=yes"] = "placed wants true or false, got 'yes'",
    ["close status=500"] = "status isn't taken by 'close'",
    ["close seconds=1"] = "seconds isn't taken by 'close'",
    ["status_before status=499"] = "status wants a whole number from 500 to 599, got '499'",
    ["status_before placed=true"] = "placed isn't taken by 'status_before'",
    ["half bytes=-1"] = "bytes wants a whole number from 0 to 1000000, got '-1'",
    ["half ending=drop"] = "ending wants one of close, reset, hold, got 'drop'",
    ["slow bytes=0"] = "bytes" .. million .. "'0'",
    ["too_many seconds=86401"] = "seconds wants a number from 0 to 86400, got '86401'",
    ["dies_on_reuse ending=hols"] =
      "ending wants one of close, reset, hold (did you mean 'hold'?), got 'hols'",
    ["lost operation=connect"] = "operation isn't taken by 'lost'",
    ["close operation=conect"] = "operation wants one of connect, call_details, calls, "
      .. "number_metadata, balance (did you mean 'connect'?), got 'conect'",
  } do
    it(("is refused: '%s'"):format(text), function()
      local parsed, wrong = faults.parse(text)
      assert.is_nil(parsed)
      assert.equal(message, wrong)
      local form = text:gsub("+", "%%2B"):gsub(" ", "&")
      if text ~= "" and not text:find "^every" then form = "fault=" .. form end
      local response = ask("POST", "/_sandbox/faults", form)
      assert.equal(400, response.status)
      assert.equal(message, dkjson.decode(response.body).RestException.Message)
      assert.same({}, read "faults")
    end)
  end

  it("and nothing breaks that no name and no number could hold", function()
    for _, form in ipairs { "fault=close&a[b]=1", "fault[]=close", "%", "fault=%FF", "repeated=1",
                            "fault=close&next[x]=1" } do
      assert.equal(400, ask("POST", "/_sandbox/faults", form).status)
    end
    assert.same({}, read "faults")
  end)
end)

describe("--help", function()
  it("tells of every fault, every field and every number", function()
    local help = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--help" })
    local text = finish(help, LONG)
    assert.matches("\n  wrong_length    says a length that is so many bytes too long, then closes"
      .. "\n                  placed=true status=503 bytes=8\n", text, 1, true)
    assert.matches("\n  other_type      is posted in another content type", text, 1, true)
    assert.matches("\n  every           strikes every so many-th\n", text, 1, true)
    assert.matches("\n  …23      close placed=true\n", text, 1, true)
  end)
end)

-- }=================================================================

describe("a number that is dialled", function()
  for _, row in ipairs {
    { "20", "close", false }, { "21", "reset", false }, { "22", "silent", false },
    { "23", "close", true }, { "24", "reset", true }, { "25", "silent", true },
    { "26", "half", true }, { "27", "wrong_length", true }, { "28", "slow", true },
    { "29", "status_before", false }, { "30", "status_after", true },
    { "31", "too_many", false }, { "32", "too_many_bare", false },
    { "33", "dies_on_reuse", true }, { "34", nil, true }, { "35", nil, true },
  } do
    local digits, fault, placed = row[1], row[2], row[3]
    it("…" .. digits .. " meets " .. (fault or "no fault"), function()
      for _, parties in ipairs { { "+9190000000" .. digits }, { FROM, "+9190000000" .. digits } } do
        local since = counting()
        local connection = raw_dial(lua.unpack(parties, 1, 2))
        connection:read(function()
          return connection.got ~= "" or fault == "silent" and #since() == 1
        end)
        local dials, calls = since()
        assert.same({ 1, placed and 1 or 0, fault }, { #dials, calls, dials[1].fault })
        wire.stop()
      end
    end)
  end

  it("meets a rule's fault first", function()
    rule "status_before status=500"
    assert.equal(500, (raw_dial "+919000000029":answer()))
    assert.equal(503, (raw_dial "+919000000029":answer()))
  end)
end)

-- {=================================================================
-- StatusCallbacks
-- ==================================================================

describe("a StatusCallback", function()
  local receiver, received
  local paths = 0

  setup(function() receiver = assert(httpd.listen()) end)
  teardown(function() receiver:close() end)
  before_each(function() received = {} end)

  local function serve(done)
    local stop = sys.now() + LONG
    repeat
      local result = done()
      if result then return result end
      local got = receiver:poll(0.01)
      if got then
        received[#received + 1] = {
          path = got:path(), body = got:body(), content_type = got:header "content-type",
          event = assert(exotel.parse_callback(got:body(), got:header "content-type")),
        }
        got:respond(200)
      end
    until sys.now() > stop
    error("nothing came of it", 2)
  end

  -- A dial whose answered and terminal events are posted; what came of them: those received,
  -- and the journal's entries, once these are n.
  local function posted(n, more)
    paths = paths + 1
    local path = "/hook/" .. paths
    local params = { status_callback = receiver:url() .. path,
                     status_callback_events = { "terminal", "answered" } }
    for name, value in pairs(more or {}) do params[name] = value end
    local call = assert(dial(client_of(), params))
    local entries = serve(function()
      local list = {}
      for _, entry in ipairs(read "callbacks") do
        if entry.call_sid == call.sid then list[#list + 1] = entry end
      end
      return #list >= n and list
    end)
    assert.equal(n, #entries)
    return received, entries, call
  end

  local function kinds(list)
    local out = {}
    for index, one in ipairs(list) do out[index] = one.event.event_type end
    return out
  end

  -- Of each entry: its event, its fault, its attempt, its status.
  local function told(entries)
    local out = {}
    for index, entry in ipairs(entries) do
      out[index] = table.concat({ entry.event, tostring(entry.fault), tostring(entry.attempt),
                                 tostring(entry.status) }, " ")
    end
    return out
  end

  it("comes three times, in order, where no fault strikes", function()
    local got, entries = posted(3)
    assert.same({ "answered", "answered", "terminal" }, kinds(got))
    assert.same({ "answered nil 1 200", "answered nil 1 200", "terminal nil 1 200" },
      told(entries))
  end)

  it("is lost", function()
    rule "lost every=3"
    local got, entries = posted(3)
    assert.same({ "answered", "answered" }, kinds(got))
    assert.same({ "answered nil 1 200", "answered nil 1 200", "terminal lost nil nil" },
      told(entries))
  end)

  it("is doubled, byte for byte", function()
    rule "doubled every=3"
    local got, entries = posted(4)
    assert.same({ "answered", "answered", "terminal", "terminal" }, kinds(got))
    assert.equal(got[3].body, got[4].body)
    assert.equal(got[3].event.dedup_key, got[4].event.dedup_key)
    assert.same({ "answered nil 1 200", "answered nil 1 200", "terminal doubled 1 200",
                  "terminal doubled 1 200" }, told(entries))
  end)

  it("is late", function()
    rule "late seconds=30 every=3"
    local got, entries, call = posted(3)
    assert.same({ "answered", "answered", "terminal" }, kinds(got))
    assert.same({ "answered nil 1 200", "answered nil 1 200", "terminal late 1 200" },
      told(entries))
    local record = assert(client_of():call_details(call))
    local ended = clock.epoch_of(record.end_time.text or record.end_time)
    assert.is_true(entries[1].at < ended + 30)
    assert.is_true(entries[3].at >= ended + 30)
  end)

  it("comes behind the next one", function()
    rule "out_of_order every=2"
    local got, entries = posted(3)
    assert.same({ "answered", "terminal", "answered" }, kinds(got))
    assert.equal("in-progress", got[3].event.status)
    assert.same({ "answered nil 1 200", "terminal nil 1 200", "answered out_of_order 1 200" },
      told(entries))
  end)

  it("can't be out of order alone, and the rule waits", function()
    rule "out_of_order"
    local got = posted(1, { status_callback_events = { "terminal" } })
    assert.same({ "terminal" }, kinds(got))
    assert.equal(0, read("faults")[1].struck)
  end)

  for _, row in ipairs {
    { nil, "application/json" }, { "multipart/form-data", "application/json" },
    { "application/json", "application/x-www-form-urlencoded" },
  } do
    it(("comes in another type than %s"):format(row[1] or "the usual one"), function()
      rule "other_type"
      local got, entries = posted(3, { status_callback_content_type = row[1] })
      assert.equal(row[2], got[1].content_type:match "^[^;]+")
      assert.equal(row[1] or "multipart/form-data", got[2].content_type:match "^[^;]+")
      assert.same({ "answered", "answered", "terminal" }, kinds(got))
      assert.same({ "answered other_type 1 200", "answered nil 1 200", "terminal nil 1 200" },
        told(entries))
    end)
  end

  it("of a number is struck by its rule", function()
    rule "lost number=3410 every=1"
    assert.equal(3, #posted(3))
    rule "lost number=3210 every=1"
    received = {}
    local got, entries = posted(3)
    assert.same({}, got)
    assert.same({ "answered lost nil nil", "answered lost nil nil", "terminal lost nil nil" },
      told(entries))
  end)

  for digits, row in pairs {
    ["35"] = { 3, "lost" }, ["36"] = { 6, "doubled" }, ["37"] = { 3, "late" },
    ["38"] = { 3, "out_of_order", "answered" }, ["39"] = { 3, "other_type" },
  } do
    it(("of a call to …%s meets %s"):format(digits, row[2]), function()
      local _, entries = posted(row[1], { to = "+9190000000" .. digits })
      for _, entry in ipairs(entries) do
        local struck = not row[3] or entry.event == row[3]
        assert.equal(struck and row[2] or nil, entry.fault)
      end
    end)
  end
end)

-- }=================================================================
