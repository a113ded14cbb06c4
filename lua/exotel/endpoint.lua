-- endpoint: the request to an endpoint that has no row.
--
-- What a user names, path, query and form, is written by the core; here it is looked at for
-- what must not leave, and for the numbers that it may ring. Sending and reading are the
-- client's.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local errors = require "exotel.errors"

local endpoint = {}

local SHORTEST = 8 -- bytes of a token that no other text has by chance
local sendable = { string = true, number = true, boolean = true }

-- A table of names and values as a list of them in turn, in the order of the names.
local function list_pairs(part, given)
  if given == nil then return nil end
  local names, list = {}, {}
  for name, value in pairs(given) do
    if type(name) ~= "string" then
      return errors.misuse(("exotel.send: names of %s are strings, got a %s"):format(part,
        type(name)))
    end
    if not sendable[type(value)] then
      return errors.misuse(("exotel.send: %s.%s wants a string, a number or a boolean, got a %s")
        :format(part, name, type(value)))
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for index, name in ipairs(names) do list[index * 2 - 1], list[index * 2] = name, given[name] end
  return list
end

-- The token belongs in no address, which logs and proxies show.
local function check_token(state, asked)
  local texts = { asked.path }
  for _, value in pairs(asked.query or {}) do texts[#texts + 1] = tostring(value) end
  for _, text in ipairs(texts) do
    if #state.api_token >= SHORTEST and text:find(state.api_token, 1, true) then
      return errors.invalid("send", "path", "credentials",
        "path or query has the API token, which is sent in a header", state.secrets)
    end
  end
  return true
end

-- The names and values of a request, in tables: a path may have a query as well, whose names may
-- be repeated.
local function tables_of(asked)
  local query = assert(core.form(asked.path:match "%?(.*)$" or "")) -- core.send has measured it
  local first, again = {}, {}
  for name, value in pairs(query) do
    if type(value) == "string" then first[name] = value end
  end
  for _, name in ipairs(type(query.repeated) == "table" and query.repeated or {}) do
    again[name] = ""
  end
  return { first, again, asked.query or {}, asked.form or {} }
end

-- The numbers that the fuses look at. Of two names that differ in case only, nobody knows
-- which one rings.
local function note_ringing(request, asked)
  if not request.dials then return request end
  for _, given in ipairs(tables_of(asked)) do
    for name, value in pairs(given) do
      local field = name:lower()
      if field == "from" or field == "to" then
        if request[field] then
          return errors.invalid("send", field, "conflict", field .. " is given twice")
        end
        request[field] = tostring(value)
      end
    end
  end
  return request
end

local function headers_of(form, format)
  return { accept = format == "xml" and "application/xml" or "application/json",
           ["content-type"] = form and "application/x-www-form-urlencoded" or nil }
end

--- The request, in the shape of core.request's; or nil and the error. state: the client's
--- settings. asked: { method, path, query, form }, as settings.send gives it. format: of the
--- answer, "json" or "xml", nil for JSON.
function endpoint.build(state, asked, format)
  local query, form, built
  local ok, err = check_token(state, asked)
  if not ok then return nil, err end
  query, err = list_pairs("query", asked.query)
  if err then return nil, err end
  form, err = list_pairs("form", asked.form)
  if err then return nil, err end
  built, err = core.send(asked.path, query, form, state.target)
  if not built then return nil, errors.new(err, "send", state.secrets) end
  local dials = asked.method ~= "GET"
  return note_ringing({
    operation = "send", method = asked.method, dials = dials, url = built.url,
    headers = headers_of(form, format), body = dials and built.body or nil,
  }, asked)
end

return endpoint
