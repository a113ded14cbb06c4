-- The face: settings, errors, fuses, brought transports and the small functions, as somebody
-- meets them who only has the module.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local lua = require "spec.support.lua"
local raised = require "spec.support.raised"
local scripted = require "spec.support.scripted"

local SETTINGS = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678" }
local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
local CALL = scripted.CALL
local NONE = {}

local function with(base, more)
  local out = {}
  for name, value in pairs(base) do out[name] = value end
  for name, value in pairs(more or {}) do
    if value == NONE then value = nil end
    out[name] = value
  end
  return out
end

local fake = scripted.transport

local function client_on(transport, more)
  return exotel.client(with(with(SETTINGS, { transport = transport }), more))
end

-- What a child process prints, its environment set by `env`.
local function child(script, env)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(script)
  file:close()
  local clean = "env -u EXOTEL_ACCOUNT_SID -u EXOTEL_API_KEY -u EXOTEL_API_TOKEN"
    .. " -u EXOTEL_REGION -u EXOTEL_BASE_URL "
  local pipe = assert(io.popen(("%s %s %s %s 2>&1"):format(clean, env or "", lua.name, name)))
  local text = pipe:read("*a")
  pipe:close()
  os.remove(name)
  return text
end

local function base_of(more)
  return (tostring(exotel.client(with(SETTINGS, more))):match("^exotel%.client: (.*)$"))
end

describe("settings", function()
  it("of each name are taken", function()
    assert(exotel.client(with(SETTINGS, {
      region = "mumbai", timeout = 0.5, connect_timeout = 1, retries = 0, only_dial = { "100" },
      max_dials = 0, time_offset = "+00:00", transport = fake {}, proxy = false,
      ca_file = "/x.pem", user_agent = "me/1", max_response = 1024, plain_http = false,
    })))
    assert(exotel.client(with(SETTINGS, { proxy = "http://p:3128", resolve = "a:1:127.0.0.1",
                                          time_offset = -50400 })))
  end)

  local NAN, HUGE = 0 / 0, math.huge
  -- { settings, message }
  local wrong = {
    { { account_sid = 5 }, "option 'account_sid' wants a string, got a number" },
    { { api_key = true }, "option 'api_key' wants a string, got a boolean" },
    { { api_token = {} }, "option 'api_token' wants a string, got a table" },
    { { region = 1 }, "option 'region' wants a string, got a number" },
    { { base_url = false }, "option 'base_url' wants a string, got a boolean" },
    { { plain_http = "yes" }, "option 'plain_http' wants a boolean, got a string" },
    { { timeout = "5" }, "option 'timeout' wants a number, got a string" },
    { { connect_timeout = {} }, "option 'connect_timeout' wants a number, got a table" },
    { { retries = "1" }, "option 'retries' wants a number, got a string" },
    { { only_dial = "100" }, "option 'only_dial' wants a table, got a string" },
    { { max_dials = true }, "option 'max_dials' wants a number, got a boolean" },
    { { transport = "curl" }, "option 'transport' wants a table, got a string" },
    { { proxy = 5 }, "option 'proxy' wants a string, got a number" },
    { { proxy = true }, "option 'proxy' wants a string, got a boolean" },
    { { ca_file = 5 }, "option 'ca_file' wants a string, got a number" },
    { { user_agent = 5 }, "option 'user_agent' wants a string, got a number" },
    { { max_response = "1" }, "option 'max_response' wants a number, got a string" },
    { { resolve = {} }, "option 'resolve' wants a string, got a table" },
    { { account_sid = "" }, "account_sid is empty" },
    { { api_key = "a\nb" }, "api_key has a control character" },
    { { api_token = "a\0b" }, "api_token has a control character" },
    { { user_agent = "a\r\nX: y" }, "user_agent has a control character" },
    { { ca_file = "" }, "ca_file is empty" },
    { { timeout = 0 }, "timeout must be above 0 and at most 86400" },
    { { timeout = NAN }, "timeout must be above 0 and at most 86400" },
    { { timeout = HUGE }, "timeout must be above 0 and at most 86400" },
    { { connect_timeout = -1 }, "connect_timeout must be above 0 and at most 86400" },
    { { connect_timeout = 86401 }, "connect_timeout must be above 0 and at most 86400" },
    { { retries = -1 }, "retries must be a whole number from 0 to 20" },
    { { retries = 21 }, "retries must be a whole number from 0 to 20" },
    { { retries = 1.5 }, "retries must be a whole number from 0 to 20" },
    { { max_dials = -1 }, "max_dials must be a whole number from 0 to 1e+09" },
    { { max_dials = 0.5 }, "max_dials must be a whole number from 0 to 1e+09" },
    { { max_response = 1023 }, "max_response must be a whole number from 1024 to 1e+09" },
    { { max_response = 2e9 }, "max_response must be a whole number from 1024 to 1e+09" },
    { { only_dial = {} }, "only_dial is an empty list" },
    { { only_dial = { "100", "x" } }, "only_dial[2] is not a phone number" },
    { { only_dial = { 100 } }, "only_dial[1] wants a string" },
    { { transport = { perform = print } }, "transport has no function 'sleep'" },
    { { transport = {} }, "transport has no function 'perform'" },
    { { transport = { perform = print, sleep = print } }, "transport has no function 'now'" },
    { { regoin = "mumbai" }, "setting 'regoin' is not known (did you mean 'region'?)" },
    { { apikey = "x" }, "setting 'apikey' is not known (did you mean 'api_key'?)" },
    { { subdomain = "x" }, "setting 'subdomain' is not known" },
    { { [1] = "x" }, "setting '1' is not known" },
    { { region = "mumbia" }, "region is 'mumbia': must be mumbai or singapore or a host"
      .. " (did you mean 'mumbai'?)" },
    { { region = "india" }, "region is 'india': must be mumbai or singapore or a host" },
    { { region = "mumbai", base_url = "https://a" },
      "region and base_url are two ways to say where: give one of them" },
    { { base_url = "https://" }, "base_url has no host (byte 9)" },
    { { base_url = "https://a/v1" }, "base_url must end after host and port (byte 11)" },
    { { base_url = "https://a:0" }, "base_url has a port outside 1..65535 (byte 11)" },
    { { base_url = "https://a:65536" }, "base_url has a port outside 1..65535 (byte 11)" },
    { { base_url = "https://[::1" },
      "base_url has an IPv6 address without its closing bracket (byte 13)" },
    { { base_url = "ftp://a" }, "base_url must begin with https://, http:// or a host (byte 1)" },
    { { region = "api.exotel.com?x" }, "region must end after host and port (byte 15)" },
    { { base_url = "http://a.example" }, "the address is plain http to a host that isn't"
      .. " loopback: credentials would travel readable; plain_http = true allows it" },
    { { base_url = "http://127.0.0.1.example" }, "the address is plain http to a host that isn't"
      .. " loopback: credentials would travel readable; plain_http = true allows it" },
    { { base_url = "https://other:token_5678@a" },
      "the address has credentials, and api_key and api_token say others" },
    { { base_url = "https://key_1234:other@a" },
      "the address has credentials, and api_key and api_token say others" },
    { { base_url = "https://:token_5678@a", api_key = NONE },
      "the address's user is empty" },
    { { base_url = "https://key%0D%0A:token_5678@a", api_key = NONE },
      "the address's user has a control character" },
    { { region = "key_1234:to%00ken@a", api_token = NONE },
      "the address's password has a control character" },
    { { base_url = "https://lonely@a", api_key = NONE, api_token = NONE },
      "no configuration: api_token is missing; give it to exotel.configure or exotel.client,"
      .. " or set EXOTEL_API_TOKEN" },
  }
  for _, offset in ipairs { "5:30", "", "+15:00", "+05:60", "IST", 50401, -50401, 0.5, NAN,
                            true } do
    wrong[#wrong + 1] = { { time_offset = offset },
      "time_offset must look like \"+05:30\", or be seconds from -50400 to 50400" }
  end
  for index, row in ipairs(wrong) do
    it(("refuse %d: %s"):format(index, row[2]), function()
      local given = with(SETTINGS, row[1])
      assert.equal(row[2], raised(function() exotel.client(given) end))
      assert.equal(row[2], raised(function() exotel.configure(given) end))
    end)
  end

  it("want a table", function()
    assert.equal("settings want a table, got a string",
      raised(function() exotel.client "acme" end))
    assert.equal("settings want a table, got a nil", raised(function() exotel.configure() end))
  end)

  for given, base in pairs {
    [""] = "https://api.exotel.com", singapore = "https://api.exotel.com",
    MUMBAI = "https://api.in.exotel.com", ["@api.in.exotel.com"] = "https://api.in.exotel.com",
    ["api.in.exotel.com"] = "https://api.in.exotel.com",
    ["https://api.in.exotel.com/"] = "https://api.in.exotel.com",
    ["https://@api.exotel.com"] = "https://api.exotel.com",
    ["https://key_1234:token_5678@api.exotel.com"] = "https://api.exotel.com",
    ["key_1234:token_5678@api.exotel.com"] = "https://api.exotel.com",
    ["a.example:8443"] = "https://a.example:8443", ["[::1]:80"] = "https://[::1]:80",
    ["http://localhost:8080"] = "http://localhost:8080",
    ["http://127.1.2.3"] = "http://127.1.2.3", ["http://[::1]"] = "http://[::1]",
    localhost = "https://localhost",
  } do
    it(("say where: %q"):format(given), function()
      assert.equal(base, base_of { region = given ~= "" and given or nil })
    end)
  end

  it("allow plain http by name", function()
    assert.equal("http://a.example", base_of { base_url = "http://a.example", plain_http = true })
  end)

  it("take credentials out of an address", function()
    local transport = fake { {} }
    local client = client_on(transport, { api_key = NONE, api_token = NONE,
      base_url = "https://k%40y:t%3Aken@a.example" })
    assert(client:call_details "abc")
    local request = transport.requests[1]
    assert.equal("k@y", request.username)
    assert.equal("t:ken", request.password)
    assert.equal("https://a.example/v1/Accounts/acme/Calls/abc.json", request.url)
  end)

  local show = [[
    local exotel = require "exotel"
    local ok, client = pcall(exotel.client, %s)
    print(tostring(client):gsub("^.-:%%d+: ", "") .. "")
  ]]
  local function made(settings, env) return (child(show:format(settings), env):gsub("\n", "")) end
  local ALL = "EXOTEL_ACCOUNT_SID=a EXOTEL_API_KEY=b EXOTEL_API_TOKEN=c "
  -- { settings, environment, what comes of it }
  for index, row in ipairs {
    { "{}", ALL, "exotel.client: https://api.exotel.com" },
    { "nil", ALL, "exotel.client: https://api.exotel.com" },
    { "{}", ALL .. "EXOTEL_REGION=mumbai", "exotel.client: https://api.in.exotel.com" },
    { "{}", ALL .. "EXOTEL_REGION=@api.in.exotel.com", "exotel.client: https://api.in.exotel.com" },
    { "{}", ALL .. "EXOTEL_REGION=", "exotel.client: https://api.exotel.com" },
    { "{}", ALL .. "EXOTEL_BASE_URL=https://h.example", "exotel.client: https://h.example" },
    { "{}", ALL .. "EXOTEL_REGION=mumbai EXOTEL_BASE_URL=https://h.example",
      "exotel.client: https://h.example" },
    { "{ region = 'singapore' }", ALL .. "EXOTEL_REGION=mumbai EXOTEL_BASE_URL=https://h",
      "exotel.client: https://api.exotel.com" },
    { "{ base_url = 'https://b' }", ALL .. "EXOTEL_REGION=mumbai", "exotel.client: https://b" },
    { "{}", ALL .. "EXOTEL_REGION=moon",
      "EXOTEL_REGION: region is 'moon': must be mumbai or singapore or a host" },
    { "{}", ALL .. "EXOTEL_BASE_URL=http://a.example", "EXOTEL_BASE_URL: the address is plain http"
      .. " to a host that isn't loopback: credentials would travel readable; plain_http = true"
      .. " allows it" },
    { "{}", "", "no configuration: account_sid is missing; give it to exotel.configure or"
      .. " exotel.client, or set EXOTEL_ACCOUNT_SID" },
    { "{}", "EXOTEL_ACCOUNT_SID=a", "no configuration: api_key is missing; give it to"
      .. " exotel.configure or exotel.client, or set EXOTEL_API_KEY" },
    { "{ api_token = 'c' }", "EXOTEL_ACCOUNT_SID=a EXOTEL_API_KEY=b",
      "exotel.client: https://api.exotel.com" },
    { "{ base_url = 'https://k:t@h' }", "EXOTEL_ACCOUNT_SID=a", "exotel.client: https://h" },
    -- What is given counts more than the environment.
    { "{ base_url = 'https://k:t@h' }", ALL, "exotel.client: https://h" },
  } do
    it("come from the environment " .. index, function()
      assert.equal(row[3], made(row[1], row[2]))
    end)
  end

  it("are read when the first call wants them, not at load", function()
    assert.equal("no configuration: account_sid is missing; give it to exotel.configure or"
      .. " exotel.client, or set EXOTEL_ACCOUNT_SID\n", (child([[
        local exotel = require "exotel"
        local ok, message = pcall(function() exotel.connect {} end)
        print((message:gsub("^.-:%d+: ", "")))
      ]])))
  end)
end)

describe("a call of the face", function()
  it("gives one value, or nil and an error", function()
    local client = client_on(fake { {} })
    assert.equal(1, select("#", client:connect(DIAL)))
    assert.equal(1, select("#", client:call_details "abc"))
    local function results(...) return select("#", ...), ... end
    local n, value, err = results(client:connect(with(DIAL, { from = "" })))
    assert.equal(2, n)
    assert.is_nil(value)
    assert.equal("from is empty", err.message)
    local list = {}
    table.insert(list, client:call_details "abc")
    assert.equal("abc", list[1].sid)
  end)

  it("raises mistakes at the caller's line", function()
    local client = client_on(fake { {} })
    exotel.configure(SETTINGS)
    assert.equal("exotel.connect: option 'frm' is not known (did you mean 'from'?)",
      raised(function() exotel.connect { frm = "x" } end))
    assert.equal("exotel.connect: option 'frm' is not known (did you mean 'from'?)",
      raised(function() client:connect { frm = "x" } end))
    assert.equal("exotel.connect: option 'form' is not known (did you mean 'from'?)",
      raised(function() client:connect { form = "x" } end))
    assert.equal("exotel.connect wants a table of options, got a string",
      raised(function() client:connect "x" end))
    assert.equal("exotel.connect wants a table of options, got a nil",
      raised(function() exotel.connect() end))
    assert.equal("exotel.call_details wants a table of options, got a boolean",
      raised(function() client:call_details("a", true) end))
    assert.equal("exotel.request wants a table of options, got a nil",
      raised(function() exotel.request "connect" end))
    assert.equal("operation 'conect' is not known (did you mean 'connect'?)",
      raised(function() exotel.request("conect", {}) end))
    assert.equal("operation 'nil' is not known", raised(function() exotel.request() end))
    assert.equal("operation 'hangup' is not known",
      raised(function() exotel.read("hangup", 200, {}, "") end))
    assert.equal("exotel.read wants the status as a whole number",
      raised(function() exotel.read("connect", "200", {}, "") end))
    assert.equal("exotel.read wants the status as a whole number",
      raised(function() exotel.read("connect", 0 / 0, {}, "") end))
    assert.equal("exotel.read wants headers as a table and the body as a string",
      raised(function() exotel.read("connect", 200, "x", "") end))
    assert.equal("exotel.read wants headers as a table and the body as a string",
      raised(function() exotel.read("connect", 200, {}) end))
    assert.equal("a method of exotel.client wants its object before the colon",
      raised(function() client.connect(DIAL) end))
    assert.equal("the second table wants a table, got a number",
      raised(function() client:connect(DIAL, 5) end))
    for _, name in ipairs { "connect", "balance", "calls", "configure", "client" } do
      assert.equal("the functions of exotel stand behind a dot: exotel.connect { … }",
        raised(function() exotel[name](exotel, DIAL) end))
    end
  end)

  it("takes a record where a SID is wanted", function()
    local transport = fake { {} }
    local client = client_on(transport)
    assert(client:call_details({ sid = "s1" }))
    assert(client:call_details({ call_sid = "s2" }, { details = true }))
    assert.equal("https://api.exotel.com/v1/Accounts/acme/Calls/s1.json", transport.requests[1].url)
    assert.equal("https://api.exotel.com/v1/Accounts/acme/Calls/s2.json?details=true",
      transport.requests[2].url)
    for _, nothing in ipairs { "", {}, false } do
      local _, err = pcall(client.call_details, client, nothing or nil)
      assert.is_nil(err)
    end
    assert.equal("sid is missing: the identifier of the call",
      select(2, client:call_details()).message)
  end)

  it("doesn't let options change the SID that was given", function()
    local client = client_on(fake { {} })
    assert.is_false(pcall(client.call_details, client, "abc", { sid = "def" }))
  end)

  it("asks for XML and reads it, when that is said", function()
    local transport = fake { { body = "<TwilioResponse><Call><Sid>abc</Sid></Call>"
      .. "</TwilioResponse>" } }
    assert.equal("abc", assert(client_on(transport):connect(DIAL, { format = "xml" })).sid)
    assert.equal("application/xml", transport.requests[1].headers.accept)
    assert.truthy(transport.requests[1].url:find "/Calls/connect$")
  end)
end)

describe("an error", function()
  local client = exotel.client(SETTINGS)
  local function refused()
    return select(2, client:request("connect", with(DIAL, { from = "" })))
  end

  it("reads as one line, alone and joined", function()
    local err = refused()
    local line = "exotel.connect: from is empty (invalid, not_sent)"
    assert.equal(line, tostring(err))
    assert.equal("failed: " .. line, "failed: " .. err)
    assert.equal(line .. "!", err .. "!")
    assert.equal(line .. line, err .. refused())
    assert.equal("exotel.e164: the number is empty (invalid, not_sent)",
      tostring(select(2, exotel.e164(""))))
  end)

  it("is raised readably by assert", function()
    local err = refused()
    local ok, message = pcall(function() exotel.assert(nil, err) end)
    assert.is_false(ok)
    assert.truthy(tostring(message):find("exotel.connect: from is empty", 1, true))
    assert.falsy(tostring(message):find("assertion failed", 1, true))
    assert.equal("assertion failed!", raised(function() exotel.assert(nil) end))
    assert.equal("why", raised(function() exotel.assert(false, "why") end))
    assert.same({ 1, 2, 3, 4 }, { exotel.assert(1, 2, 3, 4) })
  end)

  it("has what it came from", function()
    local transport = fake { { status = 400, headers = { x = "y" }, body = "no", seconds = 0.25 } }
    local err = select(2, client_on(transport):connect(DIAL))
    assert.same({ status = 400, headers = { x = "y" }, body = "no", seconds = 0.25,
                  attempts = 1 }, exotel.response(err))
    assert.equal(1, err.attempts)
    assert.is_nil(exotel.response(refused()))
    assert.is_nil(exotel.response(nil))
    assert.is_nil(exotel.response("x"))
    assert.is_nil(exotel.response({}))
  end)

  it("shows neither key nor token nor a whole number, and a client doesn't either", function()
    local said = "key_1234 token_5678 a2V5XzEyMzQ6dG9rZW5fNTY3OA== +919876543210"
    local transport = fake { { status = 401, body = said }, { fails = { reason = "other",
      message = said } }, { returns = function() return nil, said end } }
    local c = client_on(transport, { retries = 0 })
    for _ = 1, 3 do
      local err = select(2, c:connect(DIAL))
      local text = tostring(err) .. err.message
      for _, secret in ipairs { "key_1234", "token_5678", "9876543210" } do
        assert.falsy(text:find(secret, 1, true), text)
      end
    end
    local function dump(value, seen)
      if type(value) ~= "table" or seen[value] then return tostring(value) end
      seen[value] = true
      local out = { tostring(value) }
      for key, item in pairs(value) do
        out[#out + 1] = dump(key, seen) .. "=" .. dump(item, seen)
      end
      out[#out + 1] = dump(getmetatable(value) or "", seen)
      return table.concat(out, " ")
    end
    local text = dump(c, {})
    assert.falsy(text:find("token_5678", 1, true))
    assert.falsy(text:find("key_1234", 1, true))
  end)

  it("masks the credentials' Basic form too", function()
    local said = "Authorization: Basic a2V5XzEyMzQ6dG9rZW5fNTY3OA=="
    local err = select(2, client_on(fake { { status = 400, body = said } }):connect(DIAL))
    assert.falsy(tostring(err):find("a2V5XzEyMzQ6dG9rZW5fNTY3OA", 1, true), tostring(err))
  end)

  it("doesn't repeat a number that is refused", function()
    local long = with(DIAL, { from = "98765432101234567890123" })
    local err = select(2, client:request("connect", long))
    assert.falsy(tostring(err):find("98765", 1, true))
    err = select(2, client:request("connect", with(DIAL, { status_callback = "9876543210" })))
    assert.falsy(tostring(err):find("98765", 1, true))
  end)
end)

describe("a record", function()
  it("is a plain table with a masked line", function()
    local call = assert(client_on(fake { { body = '{"Call":{"Sid":"abc","Status":"completed",'
      .. '"From":"09876543210","To":"+919123456789","Duration":"17"}}' } }):call_details "abc")
    assert.equal("call abc completed from XXXXXXXX210 to +XXXXXXXXX789 17 s", tostring(call))
    assert.equal("09876543210", call.from)
    assert.equal(17, call.duration)
    assert.equal(200, exotel.response(call).status)
  end)

  it("without a status says so", function()
    assert.equal("call abc without status",
      tostring(exotel.read("connect", 200, nil, '{"Call":{"Sid":"abc"}}')))
  end)
end)

describe("to_json", function()
  local record = {
    sid = "s", date_created = "2017-03-03 10:48:33", to = "1", from = "2", status = "completed",
    duration = 17, price = 1.5, price_text = "1.500", custom_field = "", conversation_duration = 8,
    legs = { { id = 1, status = "completed", on_call_duration = 21 },
             { id = 2, status = "busy", on_call_duration = 8 } },
    Zeta = "z", Alpha = { "x", { b = "y" } },
  }

  it("writes our names in the documented order, what no row knows last", function()
    assert.equal('{"sid":"s","date_created":"2017-03-03 10:48:33","to":"1","from":"2",'
      .. '"status":"completed","duration":17,"price":1.500,"custom_field":"",'
      .. '"conversation_duration":8,"legs":[{"status":"completed","id":1,"on_call_duration":21},'
      .. '{"status":"busy","id":2,"on_call_duration":8}],"Alpha":["x",{"b":"y"}],"Zeta":"z"}',
      exotel.to_json(record))
  end)

  it("writes the service's names and shape", function()
    assert.equal('{"Sid":"s","DateCreated":"2017-03-03 10:48:33","To":"1","From":"2",'
      .. '"Status":"completed","Duration":"17","Price":"1.500","CustomField":"",'
      .. '"Details":{"ConversationDuration":8,"Leg1Status":"completed","Leg2Status":"busy",'
      .. '"Legs":[{"Leg":{"Id":1,"OnCallDuration":21}},{"Leg":{"Id":2,"OnCallDuration":8}}]},'
      .. '"Alpha":["x",{"b":"y"}],"Zeta":"z"}', exotel.to_json(record, { names = "exotel" }))
  end)

  it("writes what is absent, as the service does", function()
    local head = '{"Sid":"s","ParentCallSid":null,"DateCreated":null,"DateUpdated":null,'
      .. '"AccountSid":null,"To":null,"From":null,"PhoneNumberSid":null,"Status":null,'
      .. '"StartTime":null,"EndTime":null,"Duration":null,"Price":null,"Direction":null,'
      .. '"AnsweredBy":null,"ForwardedFrom":null,"CallerName":null,"Uri":null,'
      .. '"RecordingUrl":null}'
    assert.equal(head, exotel.to_json({ sid = "s" }, { names = "exotel", absent = "null" }))
    assert.equal((head:gsub("null", '""')),
      exotel.to_json({ sid = "s" }, { names = "exotel", absent = "empty" }))
    assert.equal("{}", exotel.to_json({}))
  end)

  it("writes that there was no second leg, where what is absent is written", function()
    local one = { sid = "s", legs = { { id = 1, status = "busy" } } }
    for absent, written in pairs { null = '"Leg2Status":null,', empty = '"Leg2Status":"",',
                                   none = "" } do
      local text = exotel.to_json(one, { names = "exotel", absent = absent ~= "none" and absent
        or nil })
      assert.equal('"Details":{"Leg1Status":"busy",' .. written .. '"Legs":[{"Leg":{"Id":1}}]}}',
        text:match '"Details".*$')
    end
  end)

  local answers = require "spec.rows.answers"
  local kinds = { connect = { "call", "Call" }, call_details = { "call", "Call" },
                  number_metadata = { "number_metadata", "Numbers" },
                  balance = { "balance", "Account" } }
  for _, row in ipairs(answers) do
    local kind = kinds[row.operation]
    local whole = kind and row.record and not row.record.repeated
      and not row.id:find("long.name", 1, true)
      and (math.type or not row.id:find(".eighteen", 1, true)) -- a double rounds it
    if whole then
      it("goes there and back: " .. row.id, function()
        local first = assert(exotel.read(row.operation, 200, nil, row.body or row.xml))
        for _, absent in ipairs { false, "null", "empty" } do
          local json = assert(exotel.to_json(first, { names = "exotel", absent = absent or nil,
                                                      record = kind[1] }))
          local answer = ('{"%s":%s}'):format(kind[2], json)
          local again = assert(exotel.read(row.operation, 200, nil, answer))
          assert.same(first, again, json)
        end
      end)
    end
  end

  it("keeps legs apart that lack what others have", function()
    assert.equal('{"legs":[{"id":1},{"status":"busy","id":2}]}',
      exotel.to_json { legs = { { id = 1 }, { id = 2, status = "busy" } } })
    assert.equal('{"Details":{"Legs":[{"Leg":{"OnCallDuration":5}},'
      .. '{"Leg":{"Id":2,"OnCallDuration":7}}]}}', exotel.to_json({ legs = {
        { on_call_duration = 5 }, { id = 2, on_call_duration = 7 } } }, { names = "exotel" }))
    assert.equal('{"A":[{},{"b":1}]}', exotel.to_json { A = { {}, { b = 1 } } })
  end)

  it("writes what no row knows of a leg beside what one does", function()
    local call = { legs = { { id = 1 }, { id = 2, Cause = "x", A = { "y" } } } }
    assert.equal('{"legs":[{"id":1},{"id":2,"A":["y"],"Cause":"x"}]}', exotel.to_json(call))
    assert.equal('{"Details":{"Legs":[{"Leg":{"Id":1}},'
      .. '{"Leg":{"Id":2,"A":["y"],"Cause":"x"}}]}}', exotel.to_json(call, { names = "exotel" }))
  end)

  it("writes numbers by their exact text, unless it says another", function()
    assert.equal('{"price":0.300030}', exotel.to_json { price = 0.30003, price_text = "0.300030" })
    assert.equal('{"price":2.5}', exotel.to_json { price = 2.5, price_text = "1.500" })
    assert.equal('{"price":2.5}', exotel.to_json { price = 2.5, price_text = "free" })
    assert.equal('{"duration":17}', exotel.to_json { duration = 17 })
    assert.equal('{"price":0.30000000000000004}', exotel.to_json { price = 0.1 + 0.2 })
    assert.equal('{"price":1234567.89012345}', exotel.to_json { price = 1234567.89012345 })
    assert.equal('{"duration":999999999999999872}',
      exotel.to_json { duration = 999999999999999872.0 })
    assert.equal('{"A":9007199254740992}', exotel.to_json { A = 9007199254740992.0 })
    assert.equal('{"A":true,"B":false,"C":"null"}',
      exotel.to_json { A = true, B = false, C = "null" })
    assert.equal('{"A":"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\195\169"}',
      exotel.to_json { A = '"\\/\b\f\n\r\t\1\195\169' })
  end)

  local deep = {}
  local inner = deep
  for _ = 1, 40 do
    inner.a = {}
    inner = inner.a
  end
  inner.a = "x"
  local cycle = {}
  cycle.a = cycle
  -- { record, options, field, reason, message }
  for index, row in ipairs {
    { { sid = print }, nil, "sid", "type", "sid is a function, which JSON can't hold here" },
    { { sid = {} }, nil, "sid", "type", "sid is a table, which JSON can't hold here" },
    { { legs = "x" }, nil, "legs", "type", "legs is a string, which JSON can't hold here" },
    { { legs = { "x" } }, nil, "legs", "type", "legs is a string, which JSON can't hold here" },
    { { A = coroutine.create(function() end) }, nil, "A", "type",
      "A is a thread, which JSON can't hold here" },
    { { A = { print } }, nil, "an item", "type",
      "an item is a function, which JSON can't hold here" },
    { { sid = "a\0b" }, nil, "sid", "json", "sid has a NUL, which JSON text can't keep here" },
    { { A = "\255" }, nil, "A", "json", "A is not UTF-8" },
    { { ["\255"] = "x" }, nil, nil, "json" },
    { { ["a\0b"] = "x" }, nil, nil, "json" },
    { { duration = 0 / 0 }, nil, "duration", "json",
      "duration is not a number that JSON can hold" },
    { { duration = 0 / 0 }, { names = "exotel" }, "Duration", "json",
      "Duration is not a number that JSON can hold" },
    { { price = math.huge }, { names = "exotel" }, "Price", "json",
      "Price is not a number that JSON can hold" },
    { { A = -math.huge }, nil, "A", "json", "A is not a number that JSON can hold" },
    { { A = { 1, 2, x = 3 } }, nil, "A", "type", "A is a table with holes, or with names and"
      .. " positions: JSON can't hold it" },
    { { A = { [1] = 1, [3] = 3 } }, nil, "A", "type", "A is a table with holes, or with names and"
      .. " positions: JSON can't hold it" },
    { { "x" }, nil, "the record", "type", "the record is a table with holes, or with names and"
      .. " positions: JSON can't hold it" },
    { { [true] = "x" }, nil, "the record", "type", "the record is a table with holes, or with"
      .. " names and positions: JSON can't hold it" },
    { { [("n"):rep(300)] = "x" }, nil, nil, "json" },
    { deep, nil, "a", "type", "a is a table, which JSON can't hold here" },
    { cycle, nil, "a", "type", "a is a table, which JSON can't hold here" },
  } do
    it("refuses " .. index, function()
      local text, err = exotel.to_json(row[1], row[2])
      assert.is_nil(text)
      assert.equal("invalid", err.kind)
      assert.equal("not_sent", err.outcome)
      assert.equal(row[4], err.reason)
      if row[3] then assert.equal(row[3], err.field) end
      if row[5] then assert.equal(row[5], err.message) end
    end)
  end

  it("raises what is the programmer's", function()
    assert.equal("exotel.to_json wants a record and a table of options",
      raised(function() exotel.to_json() end))
    assert.equal("exotel.to_json wants a record and a table of options",
      raised(function() exotel.to_json({}, "exotel") end))
    assert.equal("option 'names' must be \"lua\" or \"exotel\"",
      raised(function() exotel.to_json({}, { names = "Exotel" }) end))
    assert.equal("option 'absent' must be \"null\" or \"empty\"",
      raised(function() exotel.to_json({}, { absent = true }) end))
    assert.equal("option 'record' is no known record",
      raised(function() exotel.to_json({}, { record = "invoice" }) end))
  end)

  it("raises an option it doesn't know", function()
    assert.is_false(pcall(exotel.to_json, {}, { name = "exotel" }))
  end)
end)

describe("e164", function()
  -- { text, country, number } or { text, country, nil, message }
  for index, row in ipairs {
    { "+919876543210", nil, "+919876543210" }, { "00919876543210", nil, "+919876543210" },
    { " +91 98765-43210 ", "44", "+919876543210" }, { "098765 43210", "91", "+919876543210" },
    { "9876543210", "91", "+919876543210" }, { "919876543210", "91", "+919876543210" },
    { "9198765432", "91", "+919198765432" }, { "080 3957 0000", "91", "+918039570000" },
    { "(415) 555-0123", "1", "+14155550123" }, { "1 415 555 0123", "1", "+14155550123" },
    { "020 7946 0958", "44", "+442079460958" }, { "030 123456", "49", "+4930123456" },
    { "01 23 45 67 89", "33", "+33123456789" }, { "02 9374 4000", "61", "+61293744000" },
    { "+65 6123 4567", nil, "+6561234567" }, { "+971 50 123 4567", nil, "+971501234567" },
    { "0501234567", "971", "+971501234567" }, { "021 555 1234", "62", "+62215551234" },
    { "06 698 12345", "39", "+390669812345" }, { "07 07 12 34 56", "225", "+2250707123456" },
    { "+4915123456789012", nil, nil, "is longer than the 15 digits of E.164" },
    { "+1234567", nil, nil, "is shorter than 8 digits" },
    { "+0123456789", nil, nil, "has a country code that begins with 0" },
    { "0000123456789", nil, nil, "has a country code that begins with 0" },
    { "9876543210", nil, nil, "needs a country code: begin it with +, or give one" },
    { "98765 4321", "91", nil, "has not the ten digits of a national number" },
    { "98765432101", "91", nil, "has not the ten digits of a national number" },
    { "0919876543210", "91", nil, "has not the ten digits of a national number" },
    { "555-0123", "1", nil, "has not the ten digits of a national number" },
    { "7946 0958", "44", nil,
      "is ambiguous: begin it with + and the country code, or with a trunk 0" },
    { "442079460958", "44", nil,
      "is ambiguous: begin it with + and the country code, or with a trunk 0" },
    { "6123 4567", "65", nil,
      "is ambiguous: begin it with + and the country code, or with a trunk 0" },
    { "8 495 123 45 67", "7", nil,
      "is ambiguous: begin it with + and the country code, or with a trunk 0" },
    { "9876543210", "+91", nil, "needs a country code in digits" },
    { "9876543210", "IN", nil, "needs a country code in digits" },
    { "9876543210", "0", nil, "needs a country code of 1 to 3 digits" },
    { "9876543210", "1234", nil, "needs a country code of 1 to 3 digits" },
    { "", "91", nil, "is empty" }, { "phone", "91", nil, "is not a phone number" },
    { "98765\00043210", "91", nil, "is not a phone number" },
    { "sip:a@b", "91", nil, "is a SIP address" }, { "0XXXXXX4890", "91", nil,
      "is not a phone number" }, { "000", "44", nil, "is shorter than 8 digits" },
  } do
    it(("%d: %s, %s"):format(index, (row[1]:gsub("%z", "\\0")), tostring(row[2])), function()
      local number, err = exotel.e164(row[1], row[2])
      assert.equal(row[3], number)
      if row[4] then
        assert.same({ "invalid", "not_sent", "phone", "text", "e164", "the number " .. row[4] },
          { err.kind, err.outcome, err.reason, err.field, err.operation, err.message })
      end
    end)
  end

  it("doesn't take a trunk prefix of two digits for one of one", function()
    assert.equal("+36201234567", exotel.e164("06 20 123 4567", "36")) -- Hungary: it is 06
  end)

  it("raises a wrong type", function()
    local message = "exotel.e164 wants a string, and a country code as a string"
    assert.equal(message, raised(function() exotel.e164(9876543210) end))
    assert.equal(message, raised(function() exotel.e164("1", 91) end))
    assert.equal(message, raised(function() exotel.e164() end))
  end)
end)

describe("time", function()
  exotel.configure(SETTINGS)
  -- { text, offset, epoch } or { text, offset, nil, byte }
  for index, row in ipairs {
    { "2017-03-03 10:48:33", nil, 1488518313 }, { "2017-03-03 10:48:33", "+05:30", 1488518313 },
    { "2017-03-03 10:48:33", 19800, 1488518313 }, { "2017-03-03 10:48:33", 0, 1488538113 },
    { "2017-03-03 10:48:33", "Z", 1488538113 }, { "2017-03-03 10:48:33", "-08:00", 1488566913 },
    { "2017-03-03T10:48:33", nil, 1488518313 }, { "2017-03-03T10:48:33Z", nil, 1488538113 },
    { "2017-03-03T10:48:33z", nil, 1488538113 },
    { "2017-03-03T10:48:33+05:30", "Z", 1488518313 },
    { "2017-03-03 10:48:33+0530", "Z", 1488518313 },
    { "2017-03-03T10:48:33.123456Z", nil, 1488538113 },
    { "Fri, 03 Mar 2017 10:48:33", nil, 1488518313 },
    { "Fri, 03 Mar 2017 10:48:33 GMT", nil, 1488538113 },
    { "Fri, 03 Mar 2017 10:48:33 +0530", nil, 1488518313 },
    { "2016-02-29 00:00:00", 0, 1456704000 }, { "2000-02-29 00:00:00", 0, 951782400 },
    { "2016-12-31 23:59:60", 0, 1483228800 }, { "1969-12-31 23:59:59", 0, -1 },
    { "2038-01-19 03:14:08", 0, 2147483648 }, { "9999-12-31 23:59:59", 0, 253402300799 },
    { "2017-13-03 10:48:33", nil, nil, 6 }, { "2017-02-29 10:48:33", nil, nil, 9 },
    { "1900-02-29 00:00:00", nil, nil, 9 }, { "2017-03-32 10:48:33", nil, nil, 9 },
    { "2017-03-03 24:00:00", nil, nil, 12 }, { "2017-03-03 10:60:00", nil, nil, 15 },
    { "2017-03-03 10:48:61", nil, nil, 18 }, { "2017-03-03", nil, nil, 11 },
    { "2017-03-03 10:48", nil, nil, 17 }, { "2017-3-3 10:48:33", nil, nil, 6 },
    { "03/03/2017 10:48:33", nil, nil, 1 }, { "2017-03-03 10:48:33 IST", nil, nil, 20 },
    { "2017-03-03 10:48:33\0", nil, nil, 20 }, { " 2017-03-03 10:48:33", nil, nil, 1 },
    { "2017-03-03T10:48:33+15:00", nil, nil, 21 }, { "2017-03-03T10:48:33.Z", nil, nil, 21 },
    { "Fri, 31 Feb 2017 10:48:33", nil, nil }, { "1488518313", nil, nil },
  } do
    it(("%d: %q"):format(index, row[1]), function()
      local epoch, err = exotel.time(row[1], row[2])
      assert.equal(row[3], epoch)
      if row[3] then return end
      assert.same({ "invalid", "not_sent", "time", "text", "time" },
        { err.kind, err.outcome, err.reason, err.field, err.operation })
      if row[4] then assert.equal("not a time at byte " .. row[4], err.message) end
    end)
  end

  it("of nothing is nothing", function()
    local epoch, err = exotel.time(nil)
    assert.is_nil(epoch)
    assert.same({ "invalid", "missing", "there is no time" }, { err.kind, err.reason, err.message })
  end)

  it("of what the service writes for unset is nothing either", function()
    for _, unset in ipairs { "", "null", "0000-00-00 00:00:00", "1970-01-01 05:30:00",
                             "0001-01-01T00:00:00Z" } do
      local epoch, err = exotel.time(unset)
      assert.is_nil(epoch, unset)
      assert.equal("there is no time", err.message)
    end
  end)

  it("takes the client's offset", function()
    local client = exotel.client(with(SETTINGS, { time_offset = "Z" }))
    assert.equal(1488538113, client:time "2017-03-03 10:48:33")
    assert.equal(1488538113, client:time "2017-03-03 10:48:33")
    assert.equal(1488518313, client:time("2017-03-03 10:48:33", "+05:30"))
  end)

  it("raises a wrong type", function()
    local offset = "exotel.time wants an offset like \"+05:30\", or seconds"
    assert.equal(offset, raised(function() exotel.time("x", "IST") end))
    assert.equal(offset, raised(function() exotel.time("x", 0.5) end))
    assert.equal(offset, raised(function() exotel.time("x", true) end))
    assert.equal("exotel.time wants a string, got a number", raised(function() exotel.time(5) end))
  end)

  it("raises an offset no clock has", function()
    local offset = "exotel.time wants an offset like \"+05:30\", or seconds"
    assert.equal(offset, raised(function() exotel.time("2017-03-03 10:48:33", 1e300) end))
    assert.equal(offset, raised(function() exotel.time("2017-03-03 10:48:33", 86400) end))
  end)
end)

describe("the tables", function()
  local function size(t)
    local n = 0
    for _ in pairs(t) do n = n + 1 end
    return n
  end

  it("of circles and operators are whole", function()
    assert.equal(29, size(exotel.circles))
    assert.equal(18, size(exotel.operators))
    assert.equal("Karnataka Telecom Circle", exotel.circles.KA)
    assert.equal("Uttar Pradesh (East) Telecom Circle", exotel.circles.UPE)
    assert.equal("Airtel", exotel.operators.A)
    assert.equal("Videocon", exotel.operators.VI)
  end)

  it("of fields and options are copies", function()
    for _, get in ipairs { function() return exotel.fields "call" end,
                           function() return exotel.options "connect" end } do
      local mine = get()
      local count, name = #mine, mine[1].lua
      mine[1].lua = "changed"
      mine[2] = nil
      assert.equal(count, #get())
      assert.equal(name, get()[1].lua)
    end
    assert.equal(28, #exotel.fields "call")
    assert.equal(22, #exotel.options "connect")
    assert.equal(2, #exotel.options "call_details")
    local time_limit
    for _, option in ipairs(exotel.options "connect") do
      if option.lua == "time_limit" then time_limit = option end
    end
    assert.same({ "TimeLimit", "integer", 1, 14400, true },
      { time_limit.name, time_limit.type, time_limit.min, time_limit.max, time_limit.modes.flow })
  end)

  it("raise what they don't know", function()
    assert.equal("record 'invoice' is not known", raised(function() exotel.fields "invoice" end))
    assert.equal("record 'nil' is not known", raised(function() exotel.fields() end))
    assert.equal("record 'calls' is not known (did you mean 'call'?)",
      raised(function() exotel.fields "calls" end))
    assert.equal("operation 'x' is not known", raised(function() exotel.options "x" end))
    assert.equal("operation 'call' is not known (did you mean 'calls'?)",
      raised(function() exotel.options "call" end))
    assert.equal("operation 'nil' is not known", raised(function() exotel.options() end))
  end)
end)

describe("the fuses", function()
  it("let only the listed numbers ring, by their last ten digits", function()
    local transport = fake { {} }
    local client = client_on(transport, { only_dial = { "+91 98765 43210", "09123456789", "100" } })
    assert(client:connect(DIAL))
    assert(client:connect(with(DIAL, { from = "09876543210", to = "100" })))
    for _, given in ipairs { { from = "+919876543211" }, { to = "1000" },
                             { to = "sip:9876543210" }, { to = "sip:a@9876543210" } } do
      local field = next(given)
      local _, err = client:connect(with(DIAL, given))
      assert.same({ "limited", "not_sent", "only_dial", field, 0,
        field .. " is not among the numbers of only_dial" },
        { err.kind, err.outcome, err.reason, err.field, err.attempts, err.message })
    end
    for _, extra in ipairs { { To = "+911111111111" }, { TO = "+911111111111" },
                             { to = "+911111111111" } } do
      local _, err = client:connect { from = DIAL.from, caller_id = DIAL.caller_id, extra = extra }
      assert.equal("only_dial", err.reason)
    end
    assert.equal(2, #transport.requests)
    assert(client:call_details "abc")
  end)

  it("count dials, but not those that never left", function()
    local unsent = { fails = { reason = "tls", sent = false } }
    local transport = fake { unsent, {}, { status = 500 }, {} }
    local client = client_on(transport, { max_dials = 2, retries = 0 })
    assert.equal("not_sent", select(2, client:connect(DIAL)).outcome)
    assert(client:connect(DIAL))
    assert.equal("server", select(2, client:connect(DIAL)).reason)
    local _, err = client:connect(DIAL)
    assert.same({ "limited", "not_sent", "max_dials",
      "this client has made the 2 dials of max_dials" },
      { err.kind, err.outcome, err.reason, err.message })
    assert.equal(3, #transport.requests)
    assert(client:call_details "abc")
    assert.equal("max_dials", select(2, client_on(fake { {} }, { max_dials = 0 })
      :connect(DIAL)).reason)
  end)
end)

describe("a brought transport", function()
  it("gets the whole request", function()
    local transport = fake { {} }
    local client = client_on(transport, { user_agent = "me/1" })
    assert(client:connect(DIAL, { timeout = 3, reference = "r 1" }))
    assert.same({
      method = "POST", url = "https://api.exotel.com/v1/Accounts/acme/Calls/connect.json",
      headers = { accept = "application/json", ["user-agent"] = "me/1",
                  ["content-type"] = "application/x-www-form-urlencoded" },
      body = "From=%2B919876543210&To=%2B919123456789&CallerId=08039570000&CustomField=r%201",
      username = "key_1234", password = "token_5678", timeout = 3, connect_timeout = 3,
      fresh_connection = true, send_once = true,
    }, transport.requests[1])
    assert(client_on(transport):call_details "abc")
    local read = transport.requests[2]
    assert.same({ "GET", nil, 15, 5, false, false }, { read.method, read.body, read.timeout,
      read.connect_timeout, read.fresh_connection, read.send_once })
    assert.equal("lua-exotel/" .. exotel._VERSION, read.headers["user-agent"])
    assert(client_on(transport):connect(DIAL))
    assert.equal(60, transport.requests[3].timeout)
  end)

  -- { answer, attempts of a dial, of a read, outcome, reason }
  local sent = function(reason) return { fails = { reason = reason, message = "m" } } end
  local unsent = function(reason)
    return { fails = { reason = reason, message = "m", sent = false } }
  end
  for id, row in pairs {
    ok = { {}, 1, 1 },
    ["429"] = { { status = 429 }, 3, 3, "rejected", "rate_limited" },
    ["500"] = { { status = 500 }, 1, 3, "unknown", "server" },
    ["504"] = { { status = 504 }, 1, 3, "unknown", "server" },
    ["400"] = { { status = 400 }, 1, 1, "rejected", "bad_request" },
    ["401"] = { { status = 401 }, 1, 1, "rejected", "auth" },
    ["408"] = { { status = 408 }, 1, 1, "rejected", "rejected" },
    ["302"] = { { status = 302 }, 1, 1, "unknown", "redirect" },
    unreadable = { { body = "<html>" }, 1, 3, "unknown", "json" },
    ["connect unsent"] = { unsent "connect", 3, 3, "not_sent", "connect" },
    ["resolve unsent"] = { unsent "resolve", 3, 3, "not_sent", "resolve" },
    ["closed unsent"] = { unsent "closed", 3, 3, "not_sent", "closed" },
    ["tls unsent"] = { unsent "tls", 1, 1, "not_sent", "tls" },
    ["timeout sent"] = { sent "timeout", 1, 3, "unknown", "timeout" },
    ["reset sent"] = { sent "closed", 1, 3, "unknown", "closed" },
    ["too large"] = { sent "too_large", 1, 1, "unknown", "too_large" },
    ["nothing at all"] = { { returns = function() end }, 1, 3, "unknown", "transport" },
    ["a text"] = { { returns = function() return nil, "boom" end }, 1, 3, "unknown", "transport" },
    ["a wrong table"] = { { returns = function() return { status = "200" } end }, 1, 3, "unknown",
      "transport" },
    ["no body"] = { { returns = function() return { status = 200 } end }, 1, 3, "unknown",
      "transport" },
    ["sent nil"] = { { fails = {} }, 1, 3, "unknown", "other" },
    ["sent maybe"] = { { fails = { reason = "closed", sent = "no" } }, 1, 3, "unknown", "closed" },
    ["no headers"] = { { returns = function() return { status = 200, body = CALL } end }, 1, 1 },
    ["status 200.5"] = { { returns = function() return { status = 200.5, body = CALL } end }, 1, 1,
      "unknown", "unexpected" },
  } do
    it("is asked again or not: " .. id, function()
      for index, ask in ipairs {
        function(client) return client:connect(DIAL) end,
        function(client) return client:call_details "abc" end,
      } do
        local transport = fake { row[1] }
        local call, err = ask(client_on(transport))
        assert.equal(row[index + 1], #transport.requests)
        assert.equal(#transport.requests - 1, #transport.sleeps)
        if row[4] then
          assert.is_nil(call)
          assert.same({ row[4], row[5], row[index + 1] }, { err.outcome, err.reason, err.attempts })
        else
          assert.is_table(call, tostring(err))
        end
      end
    end)
  end

  it("never dials twice for a 429 that stands in a 200", function()
    local transport = fake { { body = '{"RestException":{"Status":429,"Message":"slow"}}' } }
    client_on(transport):connect(DIAL)
    assert.equal(1, #transport.requests)
  end)

  it("says that the call may have been placed", function()
    local _, err = client_on(fake { sent "timeout" }):connect(DIAL)
    assert.equal("no answer from Exotel: m - the call may have been placed", err.message)
    _, err = client_on(fake { unsent "tls" }):connect(DIAL)
    assert.equal("no answer from Exotel: m - the certificate or the connection isn't trusted;"
      .. " ca_file names other certificates to trust", err.message)
    _, err = client_on(fake { sent "timeout" }, { retries = 0 }):call_details "abc"
    assert.equal("no answer from Exotel: m", err.message)
  end)

  it("has a table of its own for each attempt, with what is documented", function()
    local transport = fake { unsent "connect", {} }
    assert(client_on(transport, { on_response = function() end }):call_details "abc")
    local first, second = transport.requests[1], transport.requests[2]
    assert.is_false(rawequal(first, second) or rawequal(first.headers, second.headers))
    local names = {}
    for name in pairs(second) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "connect_timeout", "fresh_connection", "headers", "method", "password", "phases",
                  "send_once", "timeout", "url", "username" }, names)
  end)

  it("may return one table again: what came of it before stays", function()
    local answer = { status = 200, headers = { a = "b" }, body = '{"Call":{"Sid":"abc"}}' }
    local client = client_on { sleep = function() end, now = function() return 0 end,
                               perform = function() return answer end }
    local call = assert(client:call_details "abc")
    answer.body = '{"Account":{"AccountSid":"acc"}}'
    assert(client:balance())
    assert.equal("call abc without status", tostring(call))
    assert.same({ '{"Call":{"Sid":"abc"}}', 1, { a = "b" } }, { exotel.response(call).body,
      exotel.response(call).attempts, exotel.response(call).headers })
    assert.is_nil(answer.__name)
  end)

  it("may return one table again after a failure, and to an endpoint without a row", function()
    local answer = { headers = {} }
    local client = client_on { sleep = function() end, now = function() return 0 end,
                               perform = function() return answer end }
    local came = {}
    for index, status in ipairs { 404, 200, 500 } do
      answer.status, answer.body = status, "answer " .. index
      local value, err = client:send { path = "Elsewhere" }
      came[index] = value or err
    end
    local told = {}
    for index, value in ipairs(came) do
      local response = exotel.response(value)
      told[index] = response.status .. " " .. response.body .. " " .. response.attempts
    end
    assert.same({ "404 answer 1 1", "200 answer 2 1", "500 answer 3 3" }, told)
    assert.is_nil(answer.attempts)
  end)

  it("belongs to who brought it", function()
    local transport = fake { {} }
    function transport.close() error "closed" end
    local client = client_on(transport)
    client:close()
    client:close()
    assert(client:connect(DIAL))
  end)
end)

describe("in a state without os, io and debug", function()
  local bare = [[
    local print, tostring, pcall, require = print, tostring, pcall, require
    os, io, debug = nil, nil, nil
    package.loaded.os, package.loaded.io, package.loaded.debug = nil, nil, nil
    local exotel = require "exotel"
  ]]

  it("the module loads and works over a brought transport", function()
    assert.equal("false\n"
      .. "From=100&To=200&CallerId=300\nexotel.client: https://api.in.exotel.com\nabc\nxyz\n"
      .. "exotel.connect: from is empty (invalid, not_sent)\n+919876543210\n1488518313\n"
      .. '{"sid":"abc"}\n', child(bare .. [[
        local transport = { perform = function()
          return { status = 200, headers = {}, body = '{"Call":{"Sid":"abc"}}' }
        end, sleep = function() end, now = function() return 0 end }
        local client = exotel.configure { account_sid = "a", api_key = "b", api_token = "c",
                                          region = "mumbai", transport = transport }
        local dial = { from = "100", to = "200", caller_id = "300" }
        print(package.loaded["exotel.curl"] ~= nil)
        print(exotel.request("connect", dial).body)
        print(tostring(client))
        print(exotel.connect(dial).sid)
        print(exotel.read("connect", 200, nil, '{"Call":{"Sid":"xyz"}}').sid)
        print(tostring(select(2, exotel.connect { from = "", to = "200", caller_id = "300" })))
        print(exotel.e164("09876543210", "91"))
        print(exotel.time "2017-03-03 10:48:33")
        print(exotel.to_json(exotel.call_details "abc"))
      ]]))
  end)

  it("what needs them says so", function()
    assert.equal("no configuration: account_sid is missing; give it to exotel.configure or"
      .. " exotel.client, or set EXOTEL_ACCOUNT_SID (this state has no os.getenv)\n",
      child(bare .. [[
        local ok, message = pcall(function() exotel.client {} end)
        print((message:gsub("^.-:%d+: ", "")))
      ]], "EXOTEL_ACCOUNT_SID=a EXOTEL_API_KEY=b EXOTEL_API_TOKEN=c"))
  end)

  it("reads answers without any configuration", function()
    assert.equal("xyz\n", child(bare
      .. [[print(exotel.read("connect", 200, nil, '{"Call":{"Sid":"xyz"}}').sid)]]))
  end)
end)
