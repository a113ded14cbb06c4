-- Runs the rows of requests: each through the module's functions and a client's methods, and
-- what is refused through the dialling methods too, over a transport that must stay unused.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"

local files = { connect = "spec.rows.connect", call_details = "spec.rows.call_details" }

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

local function check_sent(face, row, request)
  if row.body then assert.equal(row.body, request.body, face) end
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
      assert.same(expected, plain(err), face)
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

for operation, file in pairs(files) do
  local rows = require(file)
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
