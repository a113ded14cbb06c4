-- settings: what a client is made of, from a table and the environment.
--
-- A mistake here is the programmer's: it comes back as a misuse, to be raised. The
-- environment is read when a client is made, never at load.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local core = require "exotel.core"
local errors = require "exotel.errors"
local nginx = require "exotel.nginx"

local settings = {}

local getenv = type(os) == "table" and os.getenv or nil
local regions = api.regions

--- The settings: name, type, for numbers the range, and what they are about. default: what
--- holds where neither the setting nor its environment variable says otherwise.
settings.rows = {
  { "account_sid", "string", env = "EXOTEL_ACCOUNT_SID", required = true,
    about = "the account" },
  { "api_key", "string", env = "EXOTEL_API_KEY", required = true, about = "its API key" },
  { "api_token", "string", env = "EXOTEL_API_TOKEN", required = true, about = "its API token" },
  { "region", "string", env = "EXOTEL_REGION", default = "singapore",
    about = "where the account is: a region's name, or a host" },
  { "base_url", "string", env = "EXOTEL_BASE_URL", about = "the address, instead of a region" },
  { "plain_http", "boolean", default = false,
    about = "whether http is allowed to a host that isn't loopback" },
  { "timeout", "number", above = 0, most = 86400, default = { dial = 60, read = 15 },
    about = "seconds for all attempts of a call together" },
  { "connect_timeout", "number", above = 0, most = 86400, default = 5,
    about = "seconds to connect, of these" },
  { "retries", "number", least = 0, most = 20, whole = true, default = 2,
    about = "attempts after the first" },
  { "retry_budget", "number", least = 0, most = 1000, whole = true, default = 10,
    about = "retries that all calls of the client share; eight successes give one back" },
  { "on_request", "function", lua = "fun(told: table)",
    about = "called before each attempt: operation, attempt, dials, timeout" },
  { "on_response", "function", lua = "fun(told: table)",
    about = "called after each attempt: also status, outcome, kind, reason, and seconds, a table:"
      .. " total, and of lookup, connect, tls, wait and read those that there were" },
  { "on_retry", "function", lua = "fun(told: table)",
    about = "called before the pause that comes before another attempt: also why, after" },
  { "logger", "function", lua = "fun(level: string, message: string)",
    about = "told of failures and retries, level \"warning\" or \"error\"; by default nobody is" },
  { "only_dial", "table", lua = "string[]", about = "the only numbers that may be dialled" },
  { "max_dials", "number", least = 0, most = 1e9, whole = true,
    about = "dials that the client makes at most" },
  { "limit", "limit", lua = "integer|false", least = 2, most = 100000, whole = true,
    about = "requests of the account in any 60 seconds, counted with those of the other clients of"
    .. " this process; inside nginx with those of all workers, and 200 by default, where there is a"
    .. " lua_shared_dict named exotel; false for no counting" },
  { "max_wait", "number", least = 0, most = 86400, default = 30,
    about = "seconds that a request waits for its turn under the limit, beside its timeout" },
  { "limiter", "table", lua = "exotel.limiter|table",
    about = "instead of limit: what require(\"exotel.limiter\").new gives, for a fleet or other"
      .. " numbers" },
  { "before_dial", "function", lua = "fun(reference: string, request: table): any, any",
    about = "is called before a dial leaves; the dial isn't sent when it returns false, or nil"
      .. " and an error, or raises" },
  { "tracker", "table", lua = "exotel.tracker",
    about = "what require(\"exotel.tracker\").new gives: each dial is written down before it leaves"
      .. ", or isn't sent, and its call is followed" },
  { "time_offset", "offset", lua = "string|integer", default = "+05:30",
    about = "the zone of the service's timestamps, or seconds" },
  { "transport", "table", about = "what requests are sent by, instead of libcurl, or of nginx's"
    .. " sockets inside nginx: a loop, or { perform, sleep, now }" },
  { "proxy", "proxy", lua = "string|false",
    about = "the proxy's address; false for none, whatever the environment says; inside nginx"
      .. " there is none" },
  { "ca_file", "string", about = "certificates to trust, PEM; default the system's; inside nginx"
    .. " the directive lua_ssl_trusted_certificate says it" },
  { "user_agent", "string", about = "how requests name the program; default lua-exotel, and its"
    .. " version" },
  { "max_response", "number", least = 1024, most = 1e9, whole = true, default = 16777216,
    about = "bytes of an answer" },
  { "resolve", "string", about = "\"host:port:address\", for tests; in a loop for all of its"
    .. " clients" },
}

local rows = settings.rows

-- What an endpoint without a row is asked.
local send_types = { method = "string", path = "string", query = "table", form = "table" }
local send_names = { "method", "path", "query", "form" }
local send_methods = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }

local row_of, names = {}, {}
for index, row in ipairs(rows) do
  row_of[row[1]], names[index] = row, row[1]
end

--- What may be said of one call, in its second table.
settings.how_rows = {
  row_of.timeout, row_of.connect_timeout, row_of.retries,
  { "deadline", "number", above = 0, most = 86400,
    about = "seconds for all of it: of a query for all its pages" },
  { "format", "format", lua = "\"json\"|\"xml\"", default = "json",
    about = "the format of the answer" },
  { "reference", "reference", lua = "string",
    about = "a dial's own name, at most 128 bytes; without one it gets 24 hexadecimal digits" },
}

local how_row_of, how_names = {}, {}
for index, row in ipairs(settings.how_rows) do
  how_row_of[row[1]], how_names[index] = row, row[1]
end

local function range_of(row)
  if row.above then return ("above %g and at most %g"):format(row.above, row.most) end
  return ("from %g to %g"):format(row.least, row.most)
end

local function check_number(row, value)
  local low_enough = row.above and value > row.above or not row.above and value >= row.least
  if value == value and low_enough and value <= row.most
    and not (row.whole and value % 1 ~= 0) then
    return value
  end
  return nil, ("%s must be %s%s"):format(row[1], row.whole and "a whole number " or "",
                                          range_of(row))
end

--- What holds where neither settings nor the second table say otherwise.
function settings.default(name)
  return row_of[name].default
end

--- An offset in seconds, of "+05:30" or seconds: or nil and what is wrong with it.
function settings.offset(value)
  if type(value) == "number" and value % 1 == 0 and value >= -50400 and value <= 50400 then
    return value
  end
  local seconds = type(value) == "string" and core.offset(value)
  if seconds then return seconds end
  return nil, "time_offset must look like \"+05:30\", or be seconds from -50400 to 50400"
end

local function check_string(name, value)
  if value == "" then return nil, name .. " is empty" end
  if value:find("[%c]") then return nil, name .. " has a control character" end
  return value
end

local function check_reference(value)
  if #value > 128 then return nil, "reference has more than 128 bytes" end
  if not core.is_utf8(value) then return nil, "reference is no UTF-8" end
  return check_string("reference", value)
end

local function check_format(value)
  if value == "json" or value == "xml" then return value end
  return nil, "format must be \"json\" or \"xml\""
end

-- One value: the value as it is used, or nil and what is wrong with it.
local function check(row, value)
  local name, wanted = row[1], row[2]
  if wanted == "format" then return check_format(value) end
  if wanted == "offset" then return settings.offset(value) end
  if wanted == "proxy" then
    if value == false then return false end
    wanted = "string"
  end
  if wanted == "limit" then
    if value == false then return false end
    wanted = "number"
  end
  if wanted == "reference" then
    if type(value) == "string" then return check_reference(value) end
    wanted = "string"
  end
  if type(value) ~= wanted then
    return nil, ("option '%s' wants a %s, got a %s"):format(name, wanted, type(value))
  end
  if wanted == "number" then return check_number(row, value) end
  if wanted == "string" then return check_string(name, value) end
  return value
end

local function copy_given(given)
  local out = {}
  for name, value in pairs(given) do
    local row = row_of[name]
    if not row then
      return errors.misuse(("setting '%s' is not known%s"):format(
        tostring(name), errors.did_you_mean(name, names)))
    end
    local checked, wrong = check(row, value)
    if wrong then return errors.misuse(wrong) end
    out[name] = checked
  end
  return out
end

local function from_environment(out, name)
  local row = row_of[name]
  local value = out[name] == nil and getenv and getenv(row.env)
  if not value or value == "" then return out end
  local checked, wrong = check(row, value)
  if wrong then return errors.misuse(row.env .. ": " .. wrong) end
  out[name] = checked
  return out
end

-- An address that was given leaves the environment's addresses out of it. origin: the variable that
-- it came from.
local function add_address(out)
  for _, name in ipairs { "base_url", "region" } do
    if out.region or out.base_url then return out end
    local done, err = from_environment(out, name)
    if not done then return nil, err end
    out.origin = out[name] and row_of[name].env
  end
  return out
end

-- After the address, whose credentials count more than the environment's.
local function add_credentials(out)
  for _, row in ipairs(rows) do
    if row.required then
      local done, err = from_environment(out, row[1])
      if not done then return nil, err end
    end
  end
  return out
end

local function region_names()
  local list = {}
  for name in pairs(regions) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function read_base(name, text)
  local base, wrong, at = core.base(text)
  if base then return base end
  return errors.misuse(("%s %s (byte %d)"):format(name, wrong, at))
end

-- A region is a word, or a host in any shape.
local function find_base(out)
  if out.base_url and out.region then
    return errors.misuse "region and base_url are two ways to say where: give one of them"
  end
  if out.base_url then return read_base("base_url", out.base_url) end
  local word = out.region or row_of.region.default
  local region = regions[word:lower()]
  if region then return read_base("region", region.host) end
  if word:find("[%.@/:]") or word:lower() == "localhost" then return read_base("region", word) end
  local list = region_names()
  return errors.misuse(("region is '%s': must be %s or a host%s"):format(
    core.mask(word:sub(1, 40), {}), table.concat(list, " or "), errors.did_you_mean(word, list)))
end

local function flow_host_for(host)
  for _, region in pairs(regions) do
    if region.host == host:lower() then return region.flow_host end
  end
  return regions.singapore.flow_host
end

-- key:token of an address, taken out of it at once. They are decoded, so that they may hold what no
-- address does.
local function take_credentials(out, base)
  if not base.user then return out end
  local password = base.password ~= "" and base.password or nil
  local user, wrong = check_string("the address's user", base.user)
  if user and password then password, wrong = check_string("the address's password", password) end
  if wrong then return errors.misuse(wrong) end
  local other_key = out.api_key and out.api_key ~= base.user
  local other_token = password and out.api_token and out.api_token ~= password
  if other_key or other_token then
    return errors.misuse "the address has credentials, and api_key and api_token say others"
  end
  out.api_key, out.api_token = base.user, out.api_token or password
  return out
end

local function check_complete(out)
  for _, row in ipairs(rows) do
    if row.required and not out[row[1]] then
      local message = ("no configuration: %s is missing; give it to exotel.configure or "
        .. "exotel.client, or set %s"):format(row[1], row.env)
      message = message .. (getenv and nginx.env_hint(row.env) or " (this state has no os.getenv)")
      return errors.misuse(message)
    end
  end
  return out
end

-- The numbers of only_dial, as they are sent.
local function read_only_dial(out)
  if not out.only_dial then return out end
  local allowed = {}
  for index, number in ipairs(out.only_dial) do
    local trimmed, wrong
    if type(number) == "string" then trimmed, wrong = core.phone(number) end
    if not trimmed then
      return errors.misuse(("only_dial[%d] %s"):format(index, wrong or "wants a string"))
    end
    allowed[#allowed + 1] = trimmed
  end
  if #allowed == 0 then return errors.misuse "only_dial is an empty list" end
  out.only_dial = allowed
  return out
end

local function check_transport(out)
  for _, name in ipairs { "perform", "sleep", "now" } do
    if out.transport and type(out.transport[name]) ~= "function" then
      return errors.misuse(("transport has no function '%s'"):format(name))
    end
  end
  local clock = out.transport and out.transport.time
  if clock ~= nil and type(clock) ~= "function" then
    return errors.misuse "transport.time is no function"
  end
  return out
end

local function check_limiter(out)
  if not out.limiter then return out end
  if out.limit ~= nil then
    return errors.misuse "limit and limiter are two ways to say it: give one of them"
  end
  if type(out.limiter.acquire) ~= "function" and type(out.limiter.bind) ~= "function" then
    return errors.misuse "limiter has no function 'acquire'"
  end
  return out
end

local function check_tracker(out)
  for _, name in ipairs { "begins", "ended" } do
    if out.tracker and type(out.tracker[name]) ~= "function" then
      return errors.misuse(("tracker has no function '%s'"):format(name))
    end
  end
  return out
end

local function place_at(out)
  local base, err = find_base(out)
  if not base then return nil, err end
  if not base.https and not base.loopback and not out.plain_http then
    return errors.misuse("the address is plain http to a host that isn't loopback: "
      .. "credentials would travel readable; plain_http = true allows it")
  end
  out.target = { base = base.base, flow_host = flow_host_for(base.host) }
  return take_credentials(out, base)
end

local function place(out)
  local origin = out.origin
  out.origin = nil
  local placed, err = place_at(out)
  if err and origin then err.message = origin .. ": " .. err.message end
  return placed, err
end

--- Settings from what was given and the environment, or nil and a misuse.
function settings.read(given)
  if type(given) ~= "table" then
    return errors.misuse(("settings want a table, got a %s"):format(type(given)))
  end
  local out, err = copy_given(given)
  for _, step in ipairs { add_address, place, add_credentials, check_complete,
                          read_only_dial, check_transport, check_limiter,
                          check_tracker } do
    if not out then return nil, err end
    out, err = step(out)
  end
  if not out then return nil, err end
  out.target.account_sid = out.account_sid
  local pair = out.api_key .. ":" .. out.api_token
  out.secrets = { out.api_key, out.api_token, core.base64(pair) }
  out.base_url, out.region = nil, nil
  return out
end

local NOTHING = {} -- shared, and only read

--- The second table of a call, checked: or nil and a misuse.
function settings.how(given)
  if given == nil then return NOTHING end
  if type(given) ~= "table" then
    return errors.misuse(("the second table wants a table, got a %s"):format(type(given)))
  end
  for name, value in pairs(given) do
    local row = how_row_of[name]
    local wrong
    if row then
      local _
      _, wrong = check(row, value)
    else
      wrong = ("option '%s' of the second table is not known%s"):format(
        tostring(name), errors.did_you_mean(name, how_names))
    end
    if wrong then return errors.misuse(wrong) end
  end
  return given
end

local function check_send(name, value)
  local wanted = send_types[name]
  if not wanted then
    return ("option '%s' is not known%s"):format(tostring(name),
      errors.did_you_mean(name, send_names))
  end
  if type(value) ~= wanted then
    return ("option '%s' wants a %s, got a %s"):format(name, wanted, type(value))
  end
end

--- What client:send is asked, checked, its method in capitals: or nil and a misuse.
function settings.send(given)
  for name, value in pairs(given) do
    local wrong = check_send(name, value)
    if wrong then return errors.misuse("exotel.send: " .. wrong) end
  end
  if not given.path then return errors.misuse "exotel.send: option 'path' is missing" end
  local method = (given.method or (given.form and "POST" or "GET")):upper()
  if not send_methods[method] then
    return errors.misuse "exotel.send: method must be GET, POST, PUT, PATCH or DELETE"
  end
  if given.form and method == "GET" then
    return errors.misuse "exotel.send: a GET has no form: give query"
  end
  return { method = method, path = given.path, query = given.query, form = given.form }
end

return settings
