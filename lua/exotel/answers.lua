-- answers: what came back, as records, errors and values; and what each of them came from.
--
-- The core reads the bytes; here a record gets its metatable, and an error its hints.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local core = require "exotel.core"
local errors = require "exotel.errors"
local records = require "exotel.records"

local answers = {}

local MAYBE_PLACED = " - the call may have been placed"
local MAYBE_DONE = " - what it asks for may have been done"

local operations, regions = api.by_name, api.regions

-- By errors, and by what endpoints without a row answer. Records know theirs (see records.lua).
local responses = setmetatable({}, { __mode = "k" })

-- A heuristic that the service documents nowhere, so it only adds to a message.
local function hint_at_mumbai(state, failure)
  local elsewhere = state and state.target.base ~= "https://" .. regions.mumbai.host
  if failure.status == 401 and elsewhere and state.account_sid:find "m$" then
    failure.message = failure.message .. " (SIDs that end in m are Mumbai's as a rule)"
  end
end

--- What is said of a dial, or of what may be one, whose outcome nobody knows.
function answers.doubt(request)
  return operations[request.operation] and MAYBE_PLACED or MAYBE_DONE
end

--- The record of an answer, as the core made it: or nil and the error. state: the client's, or
--- nil.
function answers.read(state, name, status, headers, body)
  local record, failure = core.read(name, status, headers, body)
  if record then return record end
  hint_at_mumbai(state, failure)
  return nil, errors.new(failure, name, state and state.secrets)
end

-- What an endpoint without a row answers: whole when it is a success, else an error as any.
local function read_any(state, request, status, headers, body)
  if status >= 200 and status <= 299 then
    if type(headers) == "string" then headers = core.headers(headers) end
    return { status = status, headers = headers, body = body }
  end
  local _, failure = core.read("send", status, headers, body) -- any endpoint without a row
  hint_at_mumbai(state, failure)
  if request.dials and failure.outcome == "unknown" then
    failure.message = failure.message .. answers.doubt(request)
  end
  return nil, errors.new(failure, request.operation, state.secrets)
end

--- What a response to a request says: a record or a value, or nil and the error.
function answers.take(state, request, response)
  local headers = response.head or type(response.headers) == "table" and response.headers or {}
  local status, body = response.status, response.body
  if not operations[request.operation] then
    return read_any(state, request, status, headers, body)
  end
  return answers.read(state, request.operation, status, headers, body)
end

local function copy_of(response)
  return { status = response.status, head = response.head, headers = response.headers,
           body = response.body, seconds = response.seconds }
end

--- Lets a record, or else the error, know what it came from.
function answers.remember(state, request, record, err, response, attempts)
  if state.brought then response = copy_of(response) end -- whoever made it may use it again
  if attempts > 1 then response.attempts = attempts end
  local operation = operations[request.operation]
  if record and operation then
    records.remember(operation, record, response)
  else
    responses[record or err] = response
  end
end

--- What a record or an error came from, or nil. Headers become a table when somebody asks.
function answers.response(subject)
  local response = responses[subject] or records.source(subject)
  if not response then return nil end
  local headers = response.head and core.headers(response.head) or response.headers
  return { status = response.status, headers = headers, body = response.body,
           seconds = response.seconds, attempts = response.attempts or 1 }
end

return answers
