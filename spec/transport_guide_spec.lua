-- docs/transport.md: its code is run, all of it, and what it lists is what the client says.
--
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.transport.conformance"
local errors = require "exotel.errors"
local exotel = require "exotel"
local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local read_file = require "spec.support.read_file"
local sandbox = require "exotel.sandbox"

local page = guide.open "docs/transport.md"
local text = page.text

page:write()
teardown(function() page:close() end)

-- Of the table behind a heading or a word, what stands in its first column.
local function first_column(behind)
  local names, from = {}, assert(select(2, text:find(behind)), behind)
  local rows = text:match("\n|[^\n]*\n|%-[^\n]*\n(.-)\n\n", from)
  for line in (rows .. "\n"):gmatch "| ([^|]+) |[^\n]*\n" do
    for name in line:gmatch "`([%l_]+)`" do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("the guide", function()
  it("has the example as it is", function()
    local example = read_file "examples/own_transport.lua"
    assert.equal(example:match "\n\n(.*)$",
      (page.files["own_transport.lua"]:gsub("^%-%- own_transport.lua\n", "")))
  end)

  it("asks the sandbox for the balance", function()
    local service = assert(sandbox.start { speed = 0 })
    local output, code = page:run { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
      "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
      "EXOTEL_BASE_URL=" .. service.url, lua.name, "balance.lua" }
    assert.equal(service:client():balance().balance_text, output)
    assert.equal(0, code)
    service:stop()
  end)

  it("checks the example as one, in tests and in a loop, and prints what it says", function()
    local check = page:start { lua.name, "check.lua" }
    local tests = page:start { "busted", "--lua=" .. lua.name, "-o", "TAP",
                               "own_transport_spec.lua" }
    local in_loop = page:start { lua.name, "check_loop.lua" }
    local output, code = guide.finish(check)
    assert.equal(0, code, output)
    assert.truthy(text:find("\n\n    " .. output .. "\n\n", 1, true), output)
    output, code = guide.finish(tests)
    assert.equal(0, code, output)
    local wanted = 0
    for _, case in ipairs(conformance.cases) do
      if not case.optional and not case.beside then wanted = wanted + 1 end
    end
    assert.equal(wanted, select(2, ("\n" .. output):gsub("\nok %d", "")), output)
    assert.same({ "", 0 }, { guide.finish(in_loop) })
    assert.equal(#sorted(page.files) + #page.blocks, select(2, text:gsub("\n```%l", "")))
    assert.same({}, page.blocks)
  end)

  it("says what is found of one that tries again", function()
    local inner = dofile("examples/own_transport.lua").new {}
    local again = setmetatable({ perform = function(_, request)
      local response, failure = inner:perform(request)
      if response then return response end
      return inner:perform(request), failure
    end }, { __index = inner })
    local server, case = assert(conformance.start()), conformance.cases["dial.once"]
    local outcome = conformance.drive(function() return again end, case, server.addresses)
    local said = conformance.judge(case, outcome, server:seen(case))
    server:stop()
    assert.truthy(text:find(("\n    wrong: %s: %s\n"):format(case.name, said), 1, true), said)
  end)
end)

describe("the guide lists", function()
  local function dial(client)
    return client:connect { from = "+919876543210", to = "+919123456789",
                            caller_id = "08039570000" }
  end

  local function get(client) return client:call_details "c5797dcbaaeed7678c4062a4a3ed2f8a" end

  -- What a client asks of its transport, the error it makes of a failure, and how often it asks.
  local function asked(failure, ask)
    local seen, times = {}, 0
    local client = exotel.client { account_sid = "a", api_key = "k", api_token = "t", retries = 1,
      before_dial = function() end, on_response = function() end,
      transport = {
        perform = function(_, request)
          times = times + 1
          for name in pairs(request) do seen[name] = true end
          return nil, failure
        end,
        sleep = function() end,
        now = os.clock,
      } }
    local _, err = (ask or dial)(client)
    return seen, err, times
  end

  it("the fields of a request", function()
    assert.same(sorted((asked {})), first_column "## perform")
  end)

  local reasons = first_column "### reason"

  it("reasons that there are", function()
    local known = {}
    for _, row in ipairs(errors.reasons) do
      if row[1] == "transport" then known[row[2]] = true end
    end
    assert.is_true(#reasons > 8)
    for _, reason in ipairs(reasons) do assert.is_true(known[reason], reason) end
  end)

  it("the reasons for which a request is made again", function()
    local unsent, sent = text:match "not sent is tried again for (.-)%. Of those\nthat (.-)%."
    local function is_named(list, reason) return list:find("`" .. reason .. "`", 1, true) ~= nil end
    local function times(reason, was_sent, ask)
      return select(3, asked({ reason = reason, message = "it failed", sent = was_sent }, ask))
    end
    for _, reason in ipairs(reasons) do
      local again = is_named(unsent, reason) and 2 or 1
      assert.equal(again, times(reason, false, dial), reason)
      assert.equal(again, times(reason, false, get), reason)
      assert.equal(1, times(reason, true, dial), reason)
      assert.equal(is_named(sent, reason) and 1 or 2, times(reason, true, get), reason)
    end
  end)

  it("the outcome that `sent` decides", function()
    for _, row in ipairs { { false, "not_sent" }, { true, "unknown" }, { nil, "unknown" } } do
      local _, err = asked { reason = "closed", message = "it ended", sent = row[1] }
      assert.equal(row[2], err.outcome)
    end
  end)

  it("the fields of a response and of a failure", function()
    assert.same({ "body", "head", "headers", "phases", "seconds", "status", "waited" },
      first_column "The response is a table")
    assert.same({ "hint", "message", "phases", "reason", "seconds", "sent", "status", "waited" },
      first_column "A failure is a table")
    local _, err = asked { reason = "tls", message = "no trust", sent = false, hint = ": ask" }
    assert.matches("no trust: ask$", err.message)
  end)
end)
