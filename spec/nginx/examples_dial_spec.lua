local core = require "exotel.core"
local mounted = require "spec.support.mounted"
local posting = require "spec.support.posting"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need

local service, server

-- A sandbox with these options, and nginx with the example's files in front of it.
local function start(options, more)
  local all = more or {}
  service = assert(sandbox.start(options))
  all.base_url = service.url
  all.environment = { EXOTEL_ACCOUNT_SID = service.account_sid, EXOTEL_API_KEY = service.api_key,
                      EXOTEL_API_TOKEN = service.api_token }
  server = mounted.start(all)
end

local function stop()
  if server then server:stop() end
  if service then service:stop() end
  server, service = nil, nil
end

local function form(from, to)
  return "from=" .. core.encode(from) .. "&to=" .. core.encode(to)
end

local FORM = { ["Content-Type"] = posting.FORM }

-- What a chunked body says.
local function unchunked(rest)
  local list, at = {}, 1
  while true do
    local size, from = rest:match("^(%x+)\r\n()", at)
    if not size then return table.concat(list), false end
    size = tonumber(size, 16)
    if size == 0 then return table.concat(list), true end
    list[#list + 1] = rest:sub(from, from + size - 1)
    at = from + size + 2
  end
end

describe("the example's click-to-call", function()
  after_each(stop)

  local function dial(from, to)
    local status, rest, head = mounted.request(server, "POST", "/click-to-call", FORM,
                                               form(from, to or "+919123456789"))
    return status, unchunked(rest), head
  end

  local function told(sid)
    local status, rest = mounted.request(server, "GET", "/click-to-call?sid=" .. sid)
    return status == 200 and unchunked(rest) or status
  end

  it("rings a phone once, and says what its StatusCallbacks said", function()
    start({ speed = 0 }, { workers = 2 })
    local status, body, head = dial "+919876543210"
    assert.equal(201, status)
    assert.truthy(head:find("Content-Type: application/json", 1, true))
    local dials = service:dials()
    assert.equal(1, #dials)
    assert.equal("+919876543210", dials[1].form.From)
    assert.equal("+919123456789", dials[1].form.To)
    assert.equal("08039570000", dials[1].form.CallerId)
    assert.equal(server.url .. server.hook, dials[1].form.StatusCallback)
    local sid = dials[1].call_sid
    assert.truthy(body:find('"' .. sid .. '"', 1, true))
    assert.equal(404, told(sid))
    service:advance(2)
    assert.equal("in-progress\n", told(sid))
    service:advance(60)
    assert.equal("completed\n", told(sid))
    for _, one in ipairs(service:callbacks()) do assert.equal(200, one.status) end
    assert.falsy(server:access_log():find(mounted.SECRET, 1, true))
    assert.equal("", server:log())
    assert.equal("", server:read "logs/webhook_error.log")
  end)

  it("says what became of a dial that failed, and makes no second one of it", function()
    start { speed = 0 }
    local cases = {
      { "12", 400, "from" }, { "+919876543244", 502, "401" }, { "+919876543250", 502, "NDNC" },
      { "+919876543255", 503, "429" },
    }
    for _, case in ipairs(cases) do
      local status, body, head = dial(case[1])
      assert.equal(case[2], status, body)
      assert.truthy(body:find(case[3], 1, true), body)
      assert.equal(case[2] == 503, head:find "Retry%-After: %d" ~= nil)
    end
    assert.equal(0, #service:calls())
    service:fault { fault = "close", placed = true, operation = "connect" }
    local status, body = dial "+919876543210"
    assert.equal(504, status)
    assert.truthy(body:find("the call may have been placed", 1, true))
    assert.equal(1, #service:calls())
    service:stop()
    status, body = dial "+919876543210"
    assert.equal(503, status)
    assert.truthy(body:find("not_sent", 1, true))
    assert.truthy(server:log():find("click-to-call: ", 1, true))
    for _, secret in ipairs { service.api_token, mounted.SECRET, "9876543210" } do
      assert.falsy(server:log():find(secret, 1, true))
    end
  end)

  it("refuses what is no dial", function()
    start { speed = 0 }
    local function status(method, body)
      return (mounted.request(server, method, "/click-to-call", FORM, body))
    end
    assert.equal(400, status("POST", ""))
    assert.equal(400, status("POST", "from=%2B919876543210"))
    assert.equal(400, status("POST", "from&to"))
    assert.equal(400, status("POST", form("+919876543210", "+919123456789") .. "&to=1"))
    assert.equal(413, status("POST", ("a"):rep(5000)))
    assert.equal(405, status("PUT", form("+919876543210", "+919123456789")))
    assert.equal(0, #service:dials())
  end)

  it("keeps no other request of the worker waiting while it waits", function()
    start { originate_seconds = 2 }
    local dialling = posting.connect(server.ports.web)
    local body = form("+919876543210", "+919123456789")
    assert(dialling:send(posting.bytes("POST", "/click-to-call", FORM, body)))
    while #service:dials() == 0 do sys.sleep(0.01) end
    local slowest, before = 0, sys.now()
    for number = 1, 200 do
      local began = sys.now()
      if number % 2 == 0 then
        assert.equal(200, (mounted.post(server, posting.event(number), posting.MULTIPART)))
      else
        assert.equal(404, (mounted.request(server, "GET", "/click-to-call?sid=0")))
      end
      slowest = math.max(slowest, sys.now() - began)
    end
    local took = sys.now() - before
    dialling:settimeout(0)
    local line, why = dialling:receive "*l"
    assert.is_nil(line)
    assert.equal("timeout", why) -- it is still on its way
    dialling:settimeout(LONG)
    assert.equal("HTTP/1.1 201 Created", (assert(dialling:receive "*l")))
    dialling:close()
    print(("\n200 requests in %.0f ms beside a dial of 2 s; the slowest took %.1f ms")
      :format(took * 1000, slowest * 1000))
    assert.equal(1, #service:calls())
  end)

  it("loads no libcurl into the worker", function()
    start { speed = 0 }
    assert.equal(201, (dial "+919876543210"))
    for _, pid in ipairs(server:workers()) do
      local maps = assert(io.open(("/proc/%d/maps"):format(pid)))
      local text = maps:read "*a"
      maps:close()
      assert.truthy(text:find("exotel/core.so", 1, true))
      assert.falsy(text:find("libcurl", 1, true))
      assert.falsy(text:find("exotel/sys.so", 1, true))
      assert.falsy(text:find("exotel/httpd.so", 1, true))
    end
  end)
end)

describe("the example's report", function()
  after_each(stop)

  local MONTH = os.date("!%Y-%m", os.time() - 40 * 86400) -- a whole one, in the past

  local function get(month)
    return mounted.request(server, "GET", "/report?month=" .. month)
  end

  -- What the client of this process makes of the same month.
  local function wanted()
    local year, month = MONTH:match "^(%d+)-(%d+)$"
    local last_day = os.date("%d", os.time { year = year, month = month + 1, day = 0 })
    return assert(service:client():calls({ sort = "asc",
      date_created = { gte = MONTH .. "-01", lte = MONTH .. "-" .. last_day } }):all())
  end

  it("is the month's calls, each in a line, in their order", function()
    start { speed = 0, history = 5000, rate_limit = 0 }
    local status, rest, head = get(MONTH)
    assert.equal(200, status)
    assert.truthy(head:find("Content-Type: text/csv", 1, true))
    local text, whole = unchunked(rest)
    assert.is_true(whole)
    local calls, number = wanted(), 0
    assert.is_true(#calls > 500)
    for line in text:gmatch "(.-)\n" do
      local call = calls[number]
      if call then
        assert.equal(('"%s","%s","%s","%s","%s","%s","%s"'):format(call.sid, call.date_created,
          call.from, call.to, call.status, call.duration or "", call.price_text or ""), line)
      else
        assert.equal('"sid","date_created","from","to","status","duration","price_text"', line)
      end
      number = number + 1
    end
    assert.equal(#calls + 1, number)
    assert.equal("", server:log())
  end)

  it("comes page by page, and is no whole one when a page fails", function()
    start { speed = 0, history = 5000, rate_limit = 3 } -- in a minute that never ends
    local status, rest = get(MONTH)
    assert.equal(200, status)
    local text, whole = unchunked(rest)
    assert.is_false(whole)
    assert.equal(301, select(2, text:gsub("\n", "\n")))
    assert.truthy(server:log():find("report: exotel.calls: ", 1, true))
  end)

  it("has a status of its own where no page could be had, or no month was meant", function()
    start { speed = 0, history = 10 }
    for _, month in ipairs { "", "2026", "2026-13", "2026-1", MONTH .. "-01" } do
      assert.equal(400, (get(month)))
    end
    assert.equal(400, (get "2016-01"))
    assert.equal(405, (mounted.request(server, "POST", "/report?month=" .. MONTH, nil, "")))
    service:fault { fault = "close", operation = "calls", every = 1 }
    assert.equal(502, (get(MONTH)))
  end)
end)

