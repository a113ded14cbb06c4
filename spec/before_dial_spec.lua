-- before_dial, and the reference that a dial has: what can be written down before it leaves, and
-- what keeps it from leaving.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local looping = require "exotel.transport.loop"
local read_file = require "spec.support.read_file"
local sandbox = require "exotel.sandbox"

local NOW = 1795000000
local CALL = '{"Call":{"Sid":"c5797dcbaaeed7678c4062a4a3ed2f8a","Status":"queued"}}'
local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
local HEX = "^" .. ("%x"):rep(24) .. "$"

-- A transport that notes what is sent, with a clock that stands; answers: in turn, the last one
-- again and again.
local function noting(answers)
  local transport = { sent = {}, clock = 0, log = {} }
  function transport:now() return self.clock end
  function transport:time() return NOW + self.clock end
  function transport:sleep(seconds) self.clock = self.clock + seconds end
  function transport:perform(request)
    table.insert(self.sent, request)
    table.insert(self.log, "sent")
    local answer = answers[math.min(#self.sent, #answers)]
    if answer.reason then return nil, answer end
    return { status = answer.status or 200, headers = answer.headers or {},
             body = answer.body or CALL }
  end
  return transport
end

local function client_on(transport, more)
  local settings = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                     transport = transport }
  for name, value in pairs(more or {}) do settings[name] = value end
  return exotel.client(settings)
end

local function with(more)
  local params = {}
  for name, value in pairs(DIAL) do params[name] = value end
  for name, value in pairs(more) do params[name] = value end
  return params
end

local function form_of(request)
  return assert(core.form(request.body))
end

describe("before_dial", function()
  it("is called before the dial leaves, with its reference and its request", function()
    local transport, told = noting { {} }, nil
    local client = client_on(transport, { before_dial = function(reference, request)
      transport.log[#transport.log + 1] = "told"
      told = { reference, request }
    end })
    assert(client:connect(with { time_limit = "90", TimeOut = 20 }, { timeout = 7 }))
    assert.same({ "told", "sent" }, transport.log)
    local reference, request = told[1], told[2]
    assert.matches(HEX, reference)
    assert.same({ reference, "+919876543210", "+919123456789", NOW, NOW + 7, 90, 20, "connect",
      "POST", "numbers", transport.sent[1].body, transport.sent[1].url },
      { request.reference, request.from, request.to, request.began, request.latest,
        request.time_limit, request.ring_timeout, request.operation, request.method, request.mode,
        request.body, request.url })
    for _, value in pairs(request) do assert.is_nil(tostring(value):find "token_5678") end
  end)

  it("is told by a copy, all of which it may change", function()
    local transport = noting { {} }
    local before
    local client = client_on(transport, { before_dial = function(_, request)
      before = request.headers["content-type"]
      request.url, request.body, request.headers["content-type"] = nil, "", "a\r\nb"
    end })
    assert(client:connect(DIAL))
    local sent = transport.sent[1]
    assert.matches("urlencoded", before)
    assert.same({ before, DIAL.to }, { sent.headers["content-type"], form_of(sent).To })
  end)

  it("is told of a custom_field, and reconcile takes what it is told", function()
    for _, more in ipairs { { custom_field = "mine" }, { extra = { CustomField = "mine" } }, {} } do
      local told
      local transport = noting { {}, { body = '{"Metadata":{"Total":0},"Calls":[]}' } }
      local client = client_on(transport, { before_dial = function(_, request) told = request end })
      assert(client:connect(with(more)))
      assert.equal(next(more) and "mine" or nil, told.custom_field)
      assert.equal("unknown", assert(client:reconcile(told)).state)
    end
  end)

  it("is told of a custom_field as it is sent, also of a number", function()
    for _, number in ipairs { 17 * 1.0, 202611220001234 } do
      local told
      local client = client_on(noting { {} }, { before_dial = function(_, request)
        told = request
      end })
      assert(client:connect(with { extra = { CustomField = number } }))
      assert.equal(told.body:match "CustomField=([^&]*)", told.custom_field)
    end
  end)

  it("is told of the seconds that are sent", function()
    for _, more in ipairs { { time_limit = 60 }, { TimeLimit = "60" },
                            { extra = { TimeLimit = "60" } } } do
      local told
      local transport = noting { {} }
      assert(client_on(transport, { before_dial = function(_, request)
        told = request.time_limit
      end }):connect(with(more)))
      assert.same({ 60, "60" }, { told, form_of(transport.sent[1]).TimeLimit })
    end
  end)

  it("is told of no seconds where what is sent says none, as 0 may", function()
    for _, sent in ipairs { 0, "0", "none" } do
      local told
      local client = client_on(noting { {} }, { before_dial = function(_, request)
        told = request
      end })
      assert(client:connect(with { extra = { TimeLimit = sent, TimeOut = sent } }))
      assert.matches("TimeLimit=" .. tostring(sent):gsub("%p", "%%%0") .. "&", told.body .. "&")
      assert.same({}, { told.time_limit, told.ring_timeout })
    end
  end)

  it("is called once, though the dial is tried again", function()
    local calls = 0
    local transport = noting { { status = 429, headers = { ["retry-after"] = "1" }, body = "{}" },
                               { reason = "connect", sent = false }, {} }
    assert(client_on(transport, { before_dial = function() calls = calls + 1 end })
      :connect(DIAL))
    assert.same({ 3, 1 }, { #transport.sent, calls })
    local form = form_of(transport.sent[1])
    assert.equal(form.CustomField, form_of(transport.sent[3]).CustomField)
  end)

  it("can't change what is sent", function()
    local transport = noting { { reason = "closed", sent = true } }
    local client = client_on(transport, { before_dial = function(_, request)
      request.body, request.url, request.dials, request.from = "", "x", false, "y"
    end })
    local _, err = client:connect(DIAL)
    assert.same({ "unknown", 1 }, { err.outcome, #transport.sent })
    assert.equal("+919876543210", form_of(transport.sent[1]).From)
    assert.equal("unknown", assert(client_on(noting {
      { body = '{"Metadata":{"Total":0},"Calls":[]}' } }):reconcile(err)).state)
  end)

  -- What it does, and the end of the message.
  local refusals = {
    { "raises", function() error("the disk is full", 0) end, "raised: the disk is full" },
    { "raises a table", function() error(setmetatable({}, { __tostring = function()
      return "a table" end })) end, "raised: a table" },
    { "returns nil and an error", function() return nil, "disk full" end, "refused: disk full" },
    { "returns false", function() return false end, "refused: false" },
    { "returns false and an error", function() return false, "known" end, "refused: known" },
    { "fails to write", function() return io.open("/nowhere/at/all", "w") end,
      "refused: /nowhere/at/all: No such file or directory" },
  }
  for _, row in ipairs(refusals) do
    it("keeps the dial from leaving when it " .. row[1], function()
      local transport = noting { {} }
      local client = client_on(transport, { before_dial = row[2], max_dials = 1 })
      for _ = 1, 2 do -- it doesn't count among max_dials
        local call, err = client:connect(DIAL, { reference = "mine" })
        assert.is_nil(call)
        assert.same({ "limited", "not_sent", "before_dial", "before_dial " .. row[3], 0, "mine",
          "connect" }, { err.kind, err.outcome, err.reason, err.message, err.attempts,
          err.reference, err.operation })
      end
      assert.equal(0, #transport.sent)
    end)
  end

  it("lets the dial leave when it returns anything else, or nothing", function()
    for _, answer in ipairs { {}, { n = 1 }, { true, n = 1 }, { 0, n = 1 }, { "", "x", n = 2 } } do
      local transport = noting { {} }
      assert(client_on(transport, { before_dial = function()
        return lua.unpack(answer, 1, answer.n or 0)
      end }):connect(DIAL))
      assert.equal(1, #transport.sent)
    end
  end)

  it("masks what it raises", function()
    local _, err = client_on(noting { {} }, { before_dial = function()
      error "token_5678 and +919876543210"
    end }):connect(DIAL)
    assert.is_nil(err.message:find "token_5678")
    assert.is_nil(err.message:find "9876543")
  end)

  it("isn't called for what is stopped before it, nor for what rings nobody", function()
    local function never() error "called" end
    local client = client_on(noting { {} }, { before_dial = never, only_dial = { "+911" },
                                              max_dials = 0 })
    local function reason_of(...) return select(2, client:connect(...)).reason end
    assert.equal("only_dial", reason_of(DIAL))
    assert.equal("missing", reason_of { to = "+911", caller_id = "080" })
    assert.equal("max_dials", reason_of { from = "+911", to = "+911", caller_id = "080" })
    assert(client:call_details "abc")
    assert(client:send { path = "x" })
  end)

  it("is called for what send posts, which carries no reference by itself", function()
    local transport, told = noting { { reason = "closed", sent = true } }, nil
    local client = client_on(transport, { before_dial = function(reference, request)
      told = { reference, request.from, request.to, request.operation, request.began }
    end })
    local form = { From = "+919876543210", To = "+919123456789" }
    local _, err = client:send({ path = "Calls/connect", form = form }, { reference = "mine" })
    assert.same({ "mine", "+919876543210", "+919123456789", "send", NOW }, told)
    assert.equal("mine", err.reference)
    assert.same(form, form_of(transport.sent[1]))
  end)

  it("may wait for other requests in a task", function()
    local service = assert(sandbox.start { speed = 0 })
    local loop, results = exotel.loop(), {}
    local writer = service:client()
    local client = service:client { before_dial = function()
      return writer:balance() -- as a store on the network would
    end }
    for index = 1, 3 do
      loop:spawn(function() results[index] = client:connect(DIAL) end)
    end
    exotel.assert(loop:run())
    assert.equal(3, #results)
    assert.equal(3, #service:dials())
    loop:close()
    service:stop()
  end)

  it("raises want of memory as it is", function()
    local transport = noting { {} }
    local client = client_on(transport, { before_dial = function()
      error("not enough memory", 0)
    end })
    assert.error_matches(function() client:connect(DIAL) end, "^not enough memory$")
    assert.equal(0, #transport.sent)
  end)

  it("must be a function", function()
    assert.error_matches(function() client_on(noting { {} }, { before_dial = "x" }) end,
      "option 'before_dial' wants a function, got a string")
  end)
end)

describe("a dial that was written down", function()
  it("isn't sent when its turn comes after the time that was told", function()
    local transport = noting { {} }
    local client = client_on(transport, { before_dial = function()
      transport.clock = transport.clock + 61
    end })
    local call, err = client:connect(DIAL)
    assert.is_nil(call)
    assert.same({ "transport", "not_sent", "late", 0 },
      { err.kind, err.outcome, err.reason, #transport.sent })
    transport = noting { {} }
    assert(client_on(transport, { before_dial = function()
      transport.clock = transport.clock + 59
    end }):connect(DIAL))
  end)

  it("has what is left of its deadline, and isn't sent when nothing is", function()
    for _, row in ipairs { { took = 8, left = 2 }, { took = 10 }, { took = 11 } } do
      local transport = noting { {} }
      local client = client_on(transport, { before_dial = function()
        transport.clock = transport.clock + row.took
      end })
      local call, err = client:connect(DIAL, { deadline = 10 })
      assert.same({ row.left, row.left ~= nil }, { (transport.sent[1] or {}).timeout, call ~= nil })
      assert.same(not row.left and { "limited", "not_sent", "deadline", 0 } or nil,
        err and { err.kind, err.outcome, err.reason, err.attempts })
    end
  end)

  it("has no longer to connect than until the time that was told", function()
    for took, connect in pairs { [0] = 30, [29] = 30, [50] = 10 } do
      local transport = noting { {} }
      assert(client_on(transport, { before_dial = function()
        transport.clock = transport.clock + took
      end }):connect(DIAL, { timeout = 60, connect_timeout = 30 }))
      assert.same({ 60, connect }, { transport.sent[1].timeout, transport.sent[1].connect_timeout })
    end
  end)

  -- A dial that is answered late keeps the one behind it waiting in the loop.
  local function dial_two(settings)
    local service = assert(sandbox.start { speed = 0 })
    service:fault { fault = "silent", next = 1, operation = "connect" }
    local loop = looping.new { dials_in_flight = 1 }
    local client, errs = service:client(settings), {}
    loop:spawn(function() errs[1] = select(2, client:connect(DIAL, { timeout = 1.5 })) end)
    loop:spawn(function() errs[2] = select(2, client:connect(DIAL, { timeout = 0.5 })) end)
    exotel.assert(loop:run())
    local dials = #service:dials()
    loop:close()
    service:stop()
    return errs, dials
  end

  it("isn't sent when its turn in a loop comes too late", function()
    local errs, dials = dial_two { before_dial = function() end }
    assert.same({ "unknown", "timeout" }, { errs[1].outcome, errs[1].reason })
    assert.same({ "not_sent", "late", 1 }, { errs[2].outcome, errs[2].reason, dials })
  end)

  it("is sent whenever its turn comes, where nobody was told", function()
    local errs, dials = dial_two()
    assert.same({ "timeout", nil, 2 }, { errs[1].reason, errs[2], dials })
  end)
end)

describe("a reference", function()
  it("is made for each dial, and is in its error and its custom_field", function()
    local transport = noting { { reason = "closed", sent = true } }
    local client, seen = client_on(transport), {}
    for index = 1, 50 do
      local _, err = client:connect(DIAL)
      assert.matches(HEX, err.reference)
      assert.is_nil(seen[err.reference])
      seen[err.reference] = true
      assert.equal(err.reference, form_of(transport.sent[index]).CustomField)
    end
  end)

  it("may be given, in any text of at most 128 bytes", function()
    local transport = noting { { reason = "closed", sent = true } }
    for _, reference in ipairs { "17", "appointment 17/2 +91", ("é"):rep(64) } do
      local _, err = client_on(transport):connect(DIAL, { reference = reference })
      assert.equal(reference, err.reference)
      assert.equal(reference, form_of(transport.sent[#transport.sent]).CustomField)
    end
    local client = client_on(transport)
    for reference, message in pairs {
      [""] = "reference is empty", ["a\n"] = "reference has a control character",
      [("x"):rep(129)] = "reference has more than 128 bytes", ["\255"] = "reference is no UTF%-8",
    } do
      assert.error_matches(function() client:connect(DIAL, { reference = reference }) end, message)
    end
    assert.error_matches(function() client:connect(DIAL, { reference = 17 }) end,
      "option 'reference' wants a string, got a number")
  end)

  -- What is given beside it, and what is sent in CustomField.
  local rows = {
    { "custom_field", with { custom_field = "own" }, "own" },
    { "CustomField", with { CustomField = "own" }, "own" },
    { "extra", with { extra = { CustomField = "own" } }, "own" },
    { "nothing, to a flow", { from = "+919876543210", caller_id = "080", app_id = 926 }, "mine" },
    { "nothing, to a stream", { from = "+919876543210", caller_id = "080",
      stream_url = "wss://x/", stream_type = "bidirectional" }, "mine" },
  }
  for _, row in ipairs(rows) do
    it("takes the place of nothing that was given: " .. row[1], function()
      local transport = noting { { reason = "closed", sent = true } }
      local _, err = client_on(transport):connect(row[2], { reference = "mine" })
      assert.equal("mine", err.reference)
      assert.equal(row[3], form_of(transport.sent[1]).CustomField)
    end)
  end

  it("leaves the table that was given as it is", function()
    local params = with {}
    assert(client_on(noting { {} }):connect(params, { reference = "mine" }))
    assert.same(with {}, params)
  end)

  it("stands in a request that is only built when it is given", function()
    local client = client_on(noting { {} })
    assert.is_nil(form_of(client:request("connect", DIAL)).CustomField)
    local request = client:request("connect", DIAL, { reference = "mine" })
    assert.same({ "mine", "mine" }, { form_of(request).CustomField, request.reference })
  end)

  it("is in the error of a dial that couldn't be built", function()
    local _, err = client_on(noting { {} }):connect({ to = "1", caller_id = "1" },
      { reference = "mine" })
    assert.same({ "invalid", "mine" }, { err.kind, err.reference })
  end)

  it("comes back in the terminal StatusCallback", function()
    local service = assert(sandbox.start { speed = 0 })
    local client = service:client()
    assert(client:connect(with { status_callback = "http://127.0.0.1:1/",
      status_callback_events = { "terminal" } }, { reference = "appointment 17" }))
    service:advance(60)
    local posted = service:callbacks()[1]
    assert.equal("appointment 17",
      exotel.parse_callback(posted.body, posted.content_type).custom_field)
    service:stop()
  end)

  it("is made where nothing is random, too", function()
    local own = { io = false, require = function(name)
      return name == "exotel.errors" and { load = function() end } or require(name)
    end }
    local dialling = assert(lua.load(read_file "lua/exotel/dialling.lua", "=dialling",
      setmetatable(own, { __index = _G })))()
    local first, second = dialling.new_reference(1795000000), dialling.new_reference(1795000000)
    assert.matches("^1795000000000%-%x+%-1$", first)
    assert.matches("%-2$", second)
    assert.matches("^0%-%x+%-3$", dialling.new_reference())
  end)
end)
