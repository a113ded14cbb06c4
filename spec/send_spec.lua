-- What a client asks beside calls: number metadata, balance, and endpoints that no row knows.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"
local errors = require "exotel.errors"
local raw = require "spec.support.raw"
local serving = require "spec.support.serving"
local raised = require "spec.support.raised"

after_each(function()
  serving.stop()
  raw.stop()
end)

local NONE = "return {}"

local function answering(status, body)
  return serving.start(NONE, ("function() return %d, %q end"):format(status, body))
end

local NUMBER = '{"Numbers":{"PhoneNumber":"09876543240","Circle":"KA","CircleName":"Karnataka",'
  .. '"Type":"Mobile","Operator":"V","OperatorName":"Vodafone","DND":"No"}}'
local BALANCE = '{"Account":{"AccountSid":"acc","BalanceData":{"Balance":"1543.750",'
  .. '"Currency":"INR","PricingPlan":"prepaid","DateUpdated":"2026-11-30 10:00:00"}}}'

describe("number_metadata", function()
  it("gives what is known of a number, by method and function", function()
    local server = answering(200, NUMBER)
    exotel.configure(server:settings())
    for _, number in ipairs { assert(server:client():number_metadata "09876543240"),
                              assert(exotel.number_metadata("098765-43240", { timeout = 5 })) } do
      assert.same({ phone_number = "09876543240", circle = "KA", circle_name = "Karnataka",
                    type = "mobile", operator = "V", operator_name = "Vodafone", dnd = "no" },
        number)
      assert.equal("number XXXXXXXX240 mobile, Karnataka, Vodafone, DND no", tostring(number))
    end
    local requests = server:requests()
    assert.same({ "/v1/Accounts/acc/Numbers/09876543240.json",
                  "/v1/Accounts/acc/Numbers/09876543240.json" },
      { requests[1].target, requests[2].target })
  end)

  it("prints what it has, where little is known", function()
    local client = answering(200, '{"Numbers":{"PhoneNumber":"09876543240"}}'):client()
    assert.equal("number XXXXXXXX240", tostring(client:number_metadata "09876543240"))
  end)

  it("gives nil and the error, or raises a mistake", function()
    local client = answering(404, '{"RestException":{"Status":404,"Message":"no"}}'):client()
    local number, err = client:number_metadata "09876543240"
    assert.same({ nil, "not_found", "number_metadata" }, { number, err.reason, err.operation })
    number, err = client:number_metadata()
    assert.same({ nil, "missing", "number" }, { number, err.reason, err.field })
    number, err = client:number_metadata "abc"
    assert.same({ nil, "invalid", "number" }, { number, err.kind, err.field })
    assert.truthy(raised(function() client:number_metadata {} end):find("wants a string", 1, true))
    assert.truthy(raised(function() client:number_metadata("1", { retrys = 1 }) end)
      :find("did you mean 'retries'", 1, true))
  end)
end)

describe("balance", function()
  it("gives the account's, by method and function", function()
    local server = answering(200, BALANCE)
    exotel.configure(server:settings())
    for _, balance in ipairs { assert(server:client():balance()),
                               assert(exotel.balance { timeout = 5 }) } do
      assert.same({ account_sid = "acc", balance = 1543.75, balance_text = "1543.750",
                    currency = "INR", pricing_plan = "prepaid",
                    date_updated = "2026-11-30 10:00:00" }, balance)
      assert.equal("balance 1543.750 INR on 2026-11-30 10:00:00", tostring(balance))
      assert.equal(200, exotel.response(balance).status)
    end
    assert.equal("/v1/Accounts/acc/Balance.json", server:requests()[2].target)
  end)

  it("gives nil and the error, or raises a mistake", function()
    local client = answering(401, ""):client()
    local balance, err = client:balance()
    assert.same({ nil, "auth", "balance" }, { balance, err.reason, err.operation })
    assert.truthy(raised(function() client:balance "x" end):find("wants a table", 1, true))
  end)
end)

describe("send", function()
  it("gives any success as it came, by method and function", function()
    local server = serving.start(NONE, [[function(number)
      return 199 + number, "<" .. number .. ">", { ["X-Own"] = "v" }
    end]])
    exotel.configure(server:settings())
    local client = server:client()
    local answer = assert(client:send { method = "GET", path = "Calls/abc/Legs.json" })
    assert.same({ 200, "<1>", "v" }, { answer.status, answer.body, answer.headers["x-own"] })
    assert.equal(201, assert(exotel.send { path = "/v2/accounts/acc/x" }).status)
    assert.equal(1, exotel.response(assert(client:send { path = "y?a=1", query = { b = 2 } }))
      .attempts)
    local requests = server:requests()
    assert.same({ "GET /v1/Accounts/acc/Calls/abc/Legs.json", "GET /v2/accounts/acc/x",
                  "GET /v1/Accounts/acc/y?a=1&b=2" },
      { requests[1].method .. " " .. requests[1].target,
        requests[2].method .. " " .. requests[2].target,
        requests[3].method .. " " .. requests[3].target })
  end)

  it("encodes query and form, names in order", function()
    local server = answering(200, "")
    local client = server:client()
    assert(client:send { method = "POST", path = "x", query = { t = "a b:c", on = true },
                         form = { To = "+91 1", n = 1.5, off = false, ["k[0]"] = "&=" } })
    assert(client:send { path = "x", form = {} })
    local requests = server:requests()
    assert.same({ method = "POST", target = "/v1/Accounts/acc/x?on=true&t=a+b:c",
                  body = "To=%2B91%201&k%5B0%5D=%26%3D&n=1.5&off=false" }, requests[1])
    assert.same({ method = "POST", target = "/v1/Accounts/acc/x", body = "" }, requests[2])
  end)

  it("sends each method that there is", function()
    local server = answering(200, "")
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "delete" } do
      assert(server:client():send { method = method, path = "x" })
      assert.equal(method:upper(), server:requests()[1].method)
    end
    assert(server:client():send { method = "PUT", path = "x", form = { a = 1 } })
    assert.same({ method = "PUT", target = "/v1/Accounts/acc/x", body = "a=1" },
      server:requests()[1])
  end)

  it("sends the credentials, what is accepted, and a form's type", function()
    local server = raw.start { "echo" }
    local settings = { base_url = server.url, account_sid = "acc", api_key = "the_key_1234",
                       api_token = "the_token_5678", proxy = false }
    local client = exotel.client(settings)
    local basic = "\r\nAuthorization: Basic " .. core.base64 "the_key_1234:the_token_5678" .. "\r\n"
    local echo = client:send({ path = "x" }).body
    assert.truthy(echo:find(basic, 1, true))
    assert.truthy(echo:lower():find("\r\naccept: application/json\r\n", 1, true))
    assert.is_nil(echo:lower():find("content-type", 1, true))
    echo = client:send({ path = "x", form = { a = 1 } }, { format = "xml" }).body:lower()
    assert.truthy(echo:find("\r\naccept: application/xml\r\n", 1, true))
    assert.truthy(echo:find("\r\ncontent-type: application/x-www-form-urlencoded\r\n", 1, true))
  end)

  it("raises a programmer's mistake at the caller's line", function()
    local client = answering(200, ""):client()
    local rows = {
      { nil, "exotel.send wants a table of options, got a nil" },
      { "x", "exotel.send wants a table of options, got a string" },
      { {}, "exotel.send: option 'path' is missing" },
      { { path = 5 }, "exotel.send: option 'path' wants a string, got a number" },
      { { pathh = "x" }, "exotel.send: option 'pathh' is not known (did you mean 'path'?)" },
      { { path = "x", body = "y" }, "exotel.send: option 'body' is not known" },
      { { path = "x", query = "a=1" }, "exotel.send: option 'query' wants a table, got a string" },
      { { path = "x", form = true }, "exotel.send: option 'form' wants a table, got a boolean" },
      { { path = "x", method = "HEAD" },
        "exotel.send: method must be GET, POST, PUT, PATCH or DELETE" },
      { { path = "x", method = "GET", form = {} }, "exotel.send: a GET has no form: give query" },
      { { path = "x", query = { "y" } }, "exotel.send: names of query are strings, got a number" },
      { { path = "x", form = { a = {} } },
        "exotel.send: form.a wants a string, a number or a boolean, got a table" },
    }
    for _, row in ipairs(rows) do
      assert.equal(row[2], raised(function() client:send(row[1]) end))
    end
    assert.truthy(raised(function() client:send({ path = "x" }, { timeout = "5" }) end)
      :find("option 'timeout' wants a number", 1, true))
  end)

  it("refuses what would lead elsewhere or show credentials, and sends nothing", function()
    local server = answering(200, "")
    local client = server:client()
    local rows = {
      { { path = "https://evil.example/x" }, "path", "host" },
      { { path = "//evil.example/x" }, "path", "host" },
      { { path = "https://k:t@evil.example/" }, "path", "path" },
      { { path = "/k:t@x" }, "path", "path" },
      { { path = "../x" }, "path", "path" },
      { { path = "a/%2e%2e/x" }, "path", "path" },
      { { path = "a\r\nX: y" }, "path", "path" },
      { { path = "a\0b" }, "path", "path" },
      { { path = "a b" }, "path", "path" },
      { { path = "" }, "path", "empty" },
      { { path = "x/the_token_5678" }, "path", "credentials" },
      { { path = "x", query = { token = "the_token_5678" } }, "path", "credentials" },
      { { path = "x", query = { [""] = 1 } }, "query", "name" },
      { { path = "x", form = { [""] = 1 } }, "form", "name" },
      { { path = "x", form = { n = 0 / 0 } }, "form", "range" },
      { { path = "x", query = { n = math.huge } }, "query", "range" },
      { { path = "x", form = { From = "1", from = "2" } }, "from", "conflict" },
      { { path = ("x"):rep(9000) }, "path", "too_long" },
    }
    for index, row in ipairs(rows) do
      local answer, err = client:send(row[1])
      assert.is_nil(answer)
      assert.same({ "invalid", "not_sent", row[2], row[3], "send" },
        { err.kind, err.outcome, err.field, err.reason, err.operation }, index)
      assert.is_nil(tostring(err):find("the_token", 1, true))
    end
    assert.same({}, server:requests())
  end)

  -- status, body; kind, outcome and reason of the error
  local failures = {
    { 302, "", "unknown", "redirect" },
    { 400, '{"RestException":{"Status":400,"Code":"34001","Message":"bad 09876543210"}}',
      "rejected", "bad_request" },
    { 401, "", "rejected", "auth" },
    { 403, "<TwilioResponse><RestException><Status>403</Status><Message>NDNC</Message>"
      .. "</RestException></TwilioResponse>", "rejected", "ndnc" },
    { 404, "<html><p>nothing</p></html>", "rejected", "not_found" },
    { 429, "", "rejected", "rate_limited" },
    { 500, "", "unknown", "server" },
  }
  for _, row in ipairs(failures) do
    for _, method in ipairs { "GET", "POST" } do
      it(("gives the same error as anything else: %s %d"):format(method, row[1]), function()
        local server = answering(row[1], row[2])
        local answer, err = server:client():send { method = method, path = "x" }
        assert.is_nil(answer)
        assert.is_true(errors.is(err))
        assert.same({ "api", row[3], row[4], row[1], "send", 1 },
          { err.kind, err.outcome, err.reason, err.status, err.operation, err.attempts })
        assert.is_nil(tostring(err):find("9876543210", 1, true))
        assert.equal(method == "POST" and row[3] == "unknown",
          err.message:find("may have been done", 1, true) ~= nil)
        assert.equal(row[2], exotel.response(err).body)
      end)
    end
  end

  it("tries a GET again, and anything else never when in doubt", function()
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE" } do
      local server = answering(503, "")
      local _, err = server:client({ now = 0, retries = 3 }):send { method = method, path = "x" }
      assert.equal("unknown", err.outcome)
      assert.equal(method == "GET" and 4 or 1, #server:requests(), method)
      server = answering(429, "")
      _, err = server:client({ now = 0, retries = 1 }):send { method = method, path = "x" }
      assert.equal("rejected", err.outcome)
      assert.equal(2, #server:requests(), method)
    end
  end)

  it("takes a fresh connection for all but GET, and sends it once on it", function()
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE" } do
      -- the first answer keeps the connection; the second request is read and not answered
      local server = raw.start { "send:" .. raw.answer(200), "next", "close" }
      local client = exotel.client { base_url = server.url, account_sid = "acc", retries = 0,
                                     api_key = "k", api_token = "t", proxy = false }
      assert(client:send { path = "x" })
      local _, err = client:send { method = method, path = "x" }
      assert.same({ "transport", "unknown" }, { err.kind, err.outcome })
      local requests, connections = server:requests()
      if method ~= "GET" then
        assert.same({ 2, 2 }, { #requests, connections }, method)
        assert.truthy(err.message:find("may have been done", 1, true))
      end
    end
  end)

  it("says that nothing was sent when it is proven", function()
    local client = exotel.client { base_url = "http://127.0.0.1:1", account_sid = "acc",
                                   api_key = "k", api_token = "t", retries = 0, proxy = false }
    local _, err = client:send { path = "x", form = {} }
    assert.same({ "transport", "not_sent", "connect", "send" },
      { err.kind, err.outcome, err.reason, err.operation })
  end)

  it("is held by the fuses as a dial is, a GET not", function()
    local server = answering(200, "")
    local client = server:client { only_dial = { "+919876543210" }, max_dials = 2 }
    local _, err = client:send { path = "x", form = { from = "+919123456789" } }
    assert.same({ "limited", "only_dial", "from" }, { err.kind, err.reason, err.field })
    _, err = client:send { method = "POST", path = "x", query = { To = "+919123456789" } }
    assert.same({ "limited", "only_dial", "to" }, { err.kind, err.reason, err.field })
    _, err = client:send { method = "POST", path = "x?a=1&To=%2B919123456789&repeated=b" }
    assert.same({ "limited", "only_dial", "to" }, { err.kind, err.reason, err.field })
    for _, path in ipairs { "x?To=%2B919876543210&To=%2B919123456789", "x?To=1&to=2" } do
      _, err = client:send { method = "POST", path = path }
      assert.same({ "invalid", "conflict", "to" }, { err.kind, err.reason, err.field })
    end
    _, err = client:send { method = "POST", path = "x?" .. ("a=1&"):rep(2000) .. "To=1" }
    assert.same({ "limited", "only_dial", "to" }, { err.kind, err.reason, err.field })
    assert.same({}, server:requests())
    assert(client:send { path = "x", form = { From = "+919876543210" } })
    assert(client:send { path = "x", method = "DELETE" })
    _, err = client:send { path = "x", form = {} }
    assert.same({ "limited", "max_dials", "not_sent" }, { err.kind, err.reason, err.outcome })
    assert(client:send { path = "x", query = { To = "+919123456789" } })
    assert.equal(3, #server:requests())
  end)

  it("waits in a loop without blocking, and raises outside", function()
    local server = answering(200, "body")
    local loop = exotel.loop()
    local client = server:client { transport = loop }
    local task = loop:spawn(client.send, client, { path = "x", form = { a = 1 } })
    loop:run()
    assert.equal("body", task:result().body)
    assert.truthy(raised(function() client:send { path = "x" } end)
      :find("exotel.send: used outside a function", 1, true))
    loop:close()
  end)
end)
