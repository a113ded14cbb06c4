-- Runs the rows of answers, through the module and through a client. Values are compared
-- with their type: 17 is not 17.0 where the two differ.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"
local rows = require "spec.rows.answers"
local same = require "spec.support.same"

local settings = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678" }

local number_type = math.type or function() return "number" end

local function run(row, face, read)
  local record, err = read()
  if row.record then
    assert.is_table(record, face .. ": " .. tostring(err))
    same(row.record, record, face)
    return
  end
  assert.is_nil(record, face)
  local expected = { operation = row.operation }
  for name, value in pairs(row.err) do expected[name] = value end
  local got = {}
  for name, value in pairs(err) do
    got[name] = name == "retry_after" and number_type(value) == "float" and value % 1 == 0
      and math.floor(value) or value
  end
  same(expected, got, face)
end

describe("an answer", function()
  local client = exotel.client(settings)
  local seen = {}
  for _, row in ipairs(rows) do
    it(row.id, function()
      assert.is_nil(seen[row.id], "the id stands twice")
      seen[row.id] = true
      exotel.configure(settings)
      assert.is_true(row.body ~= nil or row.xml ~= nil, "a row without an answer")
      for _, format in ipairs { "body", "xml" } do
        local body = row[format]
        if body then
          run(row, "exotel.read of " .. format, function()
            return exotel.read(row.operation, row.status, row.headers, body)
          end)
          run(row, "client:read of " .. format, function()
            return client:read(row.operation, row.status, row.headers, body)
          end)
        end
      end
    end)
  end
end)

it("what the last of as many headers says as any answer may have is heard", function()
  local head = ("X: y\r\n"):rep(199) .. "Retry-After: 7\r\n\r\n"
  local _, err = core.read("balance", 429, head, "{}")
  assert.equal(7, err.retry_after)
end)

it("has no more of a secret in its error than a few bytes, wherever its text was cut", function()
  local token, some = ("0123abcdef"):rep(4), "0123abcdef0123abcdef"
  local client = exotel.client { account_sid = "acme", api_key = "key_1234", api_token = token }
  for before = 0, 260 do
    local text = ("-"):rep(before) .. token .. ("-"):rep(260)
    local told = ('{"RestException":{"Message":"%s","Code":"%s"}}'):format(text, text)
    for _, body in ipairs { text, told } do
      local _, err = client:read("balance", 500, {}, body)
      assert.is_nil((err.message .. (err.code or "")):find(some, 1, true))
    end
  end
end)
