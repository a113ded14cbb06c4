-- Runs the rows of requests: each through the module's functions and a client's methods, and
-- what is refused through the dialling methods too, over a transport that must stay unused.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"

-- Takes what is sent, and answers with a call.
local function recorder()
  local transport = { sent = {} }
  function transport:perform(request)
    self.sent[#self.sent + 1] = request
    return { status = 200, headers = {}, body = '{"Call":{"Sid":"abc"}}' }
  end
  function transport.sleep() end
  function transport.now() return 0 end
  return transport
end

local function client_for(row, none, transport)
  local settings = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                     transport = transport }
  for name, value in pairs(row.client or {}) do
    if value == none then value = nil end
    settings[name] = value
  end
  return exotel.client(settings), settings
end

-- An error without its metatable, to be compared with a row's.
local function plain(err)
  local out = {}
  for name, value in pairs(err) do out[name] = value end
  return out
end

-- The row's way through each face: { name, function }. Every function is called at a line
-- of this file, which is what a raised mistake must name.
local function faces(operation, row, none)
  local transport = recorder()
  local client, settings = client_for(row, none, transport)
  local list = {
    { "exotel.request", function()
      exotel.configure(settings)
      local request, err = exotel.request(operation, row.params, row.how)
      return request, err
    end },
    { "client:request", function()
      local request, err = client:request(operation, row.params, row.how)
      return request, err
    end },
  }
  if operation == "connect" and row.accept ~= "application/xml" then
    list[3] = { "client:connect", function()
      local call, err = client:connect(row.params, row.how)
      return call and transport.sent[1], err
    end }
    list[4] = { "exotel.connect", function()
      exotel.configure(settings)
      local call, err = exotel.connect(row.params, row.how)
      return call and transport.sent[#transport.sent], err
    end }
  end
  return list, transport
end

local function check_raised(face, message, expected)
  local place, rest = tostring(message):match("^([^:]+:%d+): (.*)$")
  assert.equal(expected, rest, face)
  assert.truthy(place and place:find("spec/request_spec.lua:", 1, true),
    face .. " raised at " .. tostring(place))
end

-- A dial that is made carries a reference, which one that is only built has not.
local function without_reference(body)
  return body and ((body .. "&"):gsub("CustomField=" .. ("%x"):rep(24) .. "&", ""):gsub("&$", ""))
end

local function check_sent(face, row, request)
  if row.body then assert.equal(row.body, without_reference(request.body), face) end
  if row.url then assert.equal(row.url, request.url, face) end
  if row.mode and request.mode then assert.equal(row.mode, request.mode, face) end
  if row.accept then assert.equal(row.accept, request.headers.accept, face) end
  assert.equal(request.body and "application/x-www-form-urlencoded" or nil,
    request.headers["content-type"], face)
end

local function run(operation, row, none)
  local list, transport = faces(operation, row, none)
  for _, entry in ipairs(list) do
    local face, call = entry[1], entry[2]
    local ok, request, err = pcall(call)
    if row.raises then
      assert.is_false(ok, face)
      check_raised(face, request, row.raises)
    elseif row.err then
      assert.is_true(ok, face .. ": " .. tostring(request))
      assert.is_nil(request, face)
      local expected = plain(row.err)
      expected.operation = operation
      local got = plain(err)
      assert.equal(face:find "connect$" ~= nil, got.reference ~= nil, face)
      got.reference = nil
      assert.same(expected, got, face)
      assert.equal(("exotel.%s: %s (%s, %s)"):format(operation, row.err.message, row.err.kind,
        row.err.outcome), tostring(err), face)
    else
      assert.is_true(ok, face .. ": " .. tostring(request))
      assert.is_table(request, face .. ": " .. tostring(err))
      check_sent(face, row, request)
    end
  end
  if row.raises or row.err then assert.equal(0, #transport.sent) end
end

for _, entry in ipairs(core.api().operations) do
  local operation = entry.name
  local rows = require("spec.rows." .. operation)
  describe("a request of " .. operation, function()
    local seen = {}
    for _, row in ipairs(rows) do
      it(row.id, function()
        assert.is_nil(seen[row.id], "the id stands twice")
        seen[row.id] = true
        run(operation, row, rows.NONE)
      end)
    end
  end)
end

describe("the options of calls", function()
  local options = {}
  for _, parameter in ipairs(exotel.options "calls") do options[parameter.lua] = parameter end

  it("say their types, in the order in which they are sent", function()
    local list = {}
    for index, parameter in ipairs(exotel.options "calls") do
      list[index] = ("%s %s %s"):format(parameter.name, parameter.lua, parameter.type)
      assert.equal("query", parameter.place)
      assert.same({ [""] = true }, parameter.modes)
      assert.same({}, parameter.required)
    end
    assert.same({
      "Sid sid sids", "DateCreated date_created times", "To to numbers", "From from numbers",
      "Status status words", "Duration duration seconds", "Price price price",
      "Direction direction words", "PhoneNumber phone_number numbers", "details details boolean",
      "PageSize page_size integer", "SortBy sort sort", "Before before cursor",
      "After after cursor", "NumbersMetadata numbers_metadata boolean",
      "RecordingUrlValidity recording_url_validity integer",
    }, list)
  end)

  it("say most items, operators, limits, choices and what excludes what", function()
    assert.same({ 20, 5, 5, 5, 8, 6 }, { options.sid.most, options.to.most, options.from.most,
      options.phone_number.most, options.status.most, options.direction.most })
    assert.is_nil(options.duration.most)
    assert.same({ "gte", "lte" }, options.date_created.operators)
    assert.same({ "gte", "gt", "lte", "lt", "eq" }, options.duration.operators)
    assert.same({ "gte", "lte", "eq" }, options.price.operators)
    assert.is_nil(options.sid.operators)
    assert.same({ 1, 100, 5, 60 }, { options.page_size.min, options.page_size.max,
      options.recording_url_validity.min, options.recording_url_validity.max })
    assert.same({ "completed", "failed", "busy", "no-answer", "canceled" },
      options.status.choices)
    assert.same({ "inbound", "outbound-dial", "outbound-api" }, options.direction.choices)
    assert.same({ "DateCreated:asc", "DateCreated:desc" }, options.sort.choices)
    assert.same({ "After", "Before" }, { options.before.excludes, options.after.excludes })
  end)

  it("of number_metadata and balance are one and none", function()
    local list = exotel.options "number_metadata"
    assert.same({ 1, "PhoneNumber", "number", "subscriber", "path", { [""] = true } },
      { #list, list[1].name, list[1].lua, list[1].type, list[1].place, list[1].required })
    assert.same({}, exotel.options "balance")
  end)
end)

describe("core.match", function()
  it("finds every operation by the address that is built for it", function()
    exotel.configure { account_sid = "a?1", api_key = "key_1234", api_token = "token_5678" }
    for name, entry in pairs {
      call_details = { { sid = "c5" }, "c5" }, calls = { {}, "" },
      number_metadata = { { number = "+91 98765 43210" }, "+919876543210" }, balance = { {}, "" },
    } do
      for format, xml in pairs { json = false, xml = true } do
        local request = assert(exotel.request(name, entry[1], { format = format }))
        assert.same({ name, "a?1", entry[2], xml },
          { core.match(request.method, request.url:match "^https://[^/]*([^?]*)") })
      end
    end
  end)
end)
