-- sandbox/refusals: the documented errors, by the last two digits of a dial's number.
--
-- One table, read when a dial is answered and by --help. `shape` is that of the body:
--   rest     RestException, as JSON or XML
--   page     plain text
--   limits   the rate limits' own JSON (docs.exotel.com)
--   data     the JSON of the other versions of the API
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local formats = require "exotel.sandbox.formats"

local refusals = {}

local RATES = { ["retry-after"] = "30", ["x-ratelimit-limit"] = "200",
                ["x-ratelimit-remaining"] = "0" }

-- Digits, status, Code or nil, message, shape, headers or nil.
local rows = {
  { "40", 400, nil, "The 'From' parameter is required.", "rest" },
  { "41", 400, nil, "Invalid Call Parameters: Invalid 'StatusCallbackEvents' specified", "rest" },
  { "42", 400, 340025, "Invalid Call Parameters: Invalid 'StatusCallbackContentType' specified",
    "rest" },
  { "43", 400, 1001, "Mandatory parameter missing", "data" },
  { "44", 401, nil, "Authentication failed. Verify your API key and token.", "rest" },
  { "45", 401, 34010, "Unauthorized; ", "rest" },
  { "46", 401, 20003, "Authentication failed", "rest" },
  { "47", 401, "UNAUTHORIZED", "Invalid API key or token", "rest" },
  { "48", 401, nil, "Authentication is required to view this page.", "page" },
  { "49", 402, nil, "Payment required: the account has no credit left", "rest" },
  { "50", 403, nil, "Call to %s can not be made because of TRAI NDNC regulations", "rest" },
  { "51", 403, nil, "The request is from an IP address that is not allowed", "rest" },
  { "52", 404, nil, "The requested resource was not found", "rest" },
  { "53", 409, 1012, "The agent's device is off", "rest" },
  { "54", 409, 10706, "The agent's device is busy", "rest" },
  { "55", 429, nil, "Rate limit exceeded. Max 200 requests per minute.", "rest" },
  { "56", 429, "RATE_LIMIT_EXCEEDED", "Too many requests", "rest", RATES },
  { "57", 429, 429, "Too many requests", "limits" },
  { "58", 500, nil, "Internal server error", "rest" },
  { "59", 503, nil, "Service unavailable", "rest" },
}

local shapes = {}

function shapes.rest(row, message, format)
  return format.exception(row[2], message, row[3]), format.content_type
end

function shapes.page(_, message)
  return message, "text/plain"
end

local function json(value)
  return assert(core.to_json(value, "")), formats.json.content_type
end

function shapes.limits(row, message)
  return json { request_id = ("0"):rep(32), http_code = row[2],
                response = { error = { code = row[3], message = message } } }
end

function shapes.data(row, message)
  return json { request_id = ("0"):rep(32), http_code = row[2],
                response = { error_data = { code = row[3], message = "Bad request",
                                            description = message } } }
end

--- The table as text, a row a line.
function refusals.help()
  local lines = {}
  for index, row in ipairs(rows) do
    local code = row[3] and ("Code %s"):format(row[3]) or "no Code"
    lines[index] = ("  …%-3s %d  %s, %s:\n            %s"):format(row[1], row[2], row[5], code,
      (row[4]:gsub("%%s", "NUMBER")))
  end
  return table.concat(lines, "\n") .. "\n"
end

local function row_of(number)
  local digits = number and number:match "(%d%d)$"
  for _, row in ipairs(rows) do
    if row[1] == digits then return row end
  end
end

--- What a dial's form is refused with, by its From and then its To: a status, a body, its
--- content type, and further headers or nil. Nothing for a form that isn't.
function refusals.of(form, format)
  for _, number in ipairs { form.From, form.To } do
    local row = row_of(number)
    if row then
      local message = row[4]:gsub("%%s", (number:gsub("%%", "%%%%")))
      local body, content_type = shapes[row[5]](row, message, format)
      return row[2], body, content_type, row[6]
    end
  end
end

return refusals
