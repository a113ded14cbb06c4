-- The definitions for LuaLS and the reasons of errors, against the module and the sources
-- that they tell of.
--
-- SPDX-License-Identifier: MIT

package.path = "./tools/?.lua;" .. package.path

local core = require "exotel.core"
local errors = require "exotel.errors"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local memory = require "exotel.store.memory"
local public = require "public"
local read_file = require "spec.support.read_file"

local api = core.api()

local META = read_file "docs/exotel.d.lua"

local function sorted(list)
  table.sort(list)
  return list
end

local function keys_of(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  return sorted(list)
end

-- {=================================================================
-- Reading the definitions
-- ==================================================================

-- What is defined: classes[class] = { fields, methods = { [name] = { parameters, documented,
-- returns, prose } } }; aliases[name] = its words.
local function read_meta(text)
  local classes, aliases, class_of, last, above = {}, {}, {}, nil, {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local class = line:match "^%-%-%-@class ([%w_.]+)"
    local field = line:match "^%-%-%-@field ([%w_]+)"
    local alias, words = line:match "^%-%-%-@alias (%S+) (.*)$"
    local owner = line:match "^local ([%w_]+) = {}$"
    local of, name, given = line:match "^function ([%w_]+)[.:]([%w_]+)%((.-)%) end$"
    if class then
      last = { fields = {}, methods = {} }
      classes[class] = last
    elseif field then
      last.fields[field] = true
    elseif alias then
      aliases[alias] = {}
      for word in words:gmatch '"(.-)"' do aliases[alias][word] = true end
    elseif owner then
      class_of[owner] = class_of[owner] or last
    elseif of then
      local method = { parameters = given, documented = {}, returns = false }
      for _, comment in ipairs(above) do
        table.insert(method.documented, comment:match "^%-%-%-@param ([%w_.]+)")
        method.returns = method.returns or comment:find "^%-%-%-@return" ~= nil
        method.prose = method.prose or comment:find "^%-%-%- " ~= nil
      end
      local methods = class_of[of].methods
      methods[name] = method
    end
    above = line:find "^%-%-%-" and above or {}
    if line:find "^%-%-%-" then above[#above + 1] = line end
  end
  return classes, aliases
end

local classes, aliases = read_meta(META)

-- }=================================================================

describe("the definitions for LuaLS", function()
  it("are valid Lua, and return what has the functions and tables of the module", function()
    assert.truthy(META:find("^%-%-%-@meta exotel\n"))
    local defined = assert(lua.load(META, "=docs/exotel.d.lua", {}))()
    for name, value in pairs(exotel) do
      if name ~= "_VERSION" then
        assert.equal(type(value), type(defined[name]), "exotel." .. name)
      end
    end
    for name in pairs(defined) do assert.not_nil(exotel[name], "exotel." .. name) end
    assert.is_true(classes.exotel.fields._VERSION)
  end)

  for _, class in ipairs(public.classes()) do
    it("have the methods of " .. class.class .. ", and no others", function()
      local real = {}
      for index, entry in ipairs(class.methods) do real[index] = entry.name end
      assert.is_true(#real > 0)
      assert.same(sorted(real), keys_of(classes[class.class].methods))
    end)
  end

  it("name the parameters as the sources do, and document each", function()
    local compared = 0
    local function compare(name, entry, method)
      local documented = table.concat(method.documented, ", ")
      assert.equal(method.parameters, documented, name)
      if entry.parameters then
        compared = compared + 1
        assert.equal(table.concat(entry.parameters, ", "), method.parameters, name)
      end
    end
    for _, entry in ipairs(public.functions()) do
      if entry.kind == "function" then
        compare(entry.name, entry, classes.exotel.methods[entry.name])
      end
    end
    for _, module in ipairs(public.modules()) do
      for _, entry in ipairs(module.functions) do
        compare(module.name .. "." .. entry.name, entry, classes[module.name].methods[entry.name])
      end
    end
    for _, class in ipairs(public.classes()) do
      for _, entry in ipairs(class.methods) do
        compare(class.class .. ":" .. entry.name, entry, classes[class.class].methods[entry.name])
      end
    end
    assert.equal(debug.getinfo(1, "u").nparams ~= nil, compared > 30) -- 5.1 tells of none
  end)

  it("say of each function of the module what it does and what it returns", function()
    for name, method in pairs(classes.exotel.methods) do
      assert.is_true(method.prose, name)
      assert.is_true(method.returns, name)
    end
  end)

  it("define every class that they name", function()
    for line in META:gmatch "%-%-%-(@[^\n]*)" do
      for name in line:gsub('".-"', ""):gmatch "%f[%w]exotel%.[%w_.]*[%w_]" do
        -- Prose behind a type may name a function.
        local known = classes[name] or aliases[name] or exotel[name:match "^exotel%.(.*)$"]
        assert.truthy(known, line)
      end
    end
  end)

  for _, module in ipairs(public.modules()) do
    it("have the functions of " .. module.name .. ", and say what each does", function()
      local names = {}
      for index, entry in ipairs(module.functions) do
        names[index] = entry.name
        assert.is_true(classes[module.name].methods[entry.name].prose, entry.name)
      end
      assert.same(sorted(names), keys_of(classes[module.name].methods))
    end)
  end

  it("have the fields of each reply of an applet, and of what is in them", function()
    local function compare(class, fields)
      local names = {}
      for _, field in ipairs(fields) do
        names[field.name] = true
        if field.fields then
          compare(("%s.%s%s"):format(class, field.name, field.list and ".item" or ""),
            field.fields)
        end
      end
      assert.same(keys_of(names), keys_of(classes[class].fields))
    end
    for _, reply in ipairs(api.replies) do compare("exotel.applet." .. reply.name, reply.fields) end
  end)

  for class, rows in pairs {
    ["exotel.webhook.settings"] = require("exotel.webhook").settings,
    ["exotel.tracker.settings"] = require("exotel.tracker").settings,
    ["exotel.tracked"] = require("exotel.tracker").handed,
    ["exotel.wait.options"] = require("exotel.waiting").options,
  } do
    it("have the rows of " .. class, function()
      local names = {}
      for index, row in ipairs(rows) do names[index] = row[1] end
      assert.same(sorted(names), keys_of(classes[class].fields))
    end)
  end

  for name, module in pairs { limiter = "exotel.limiter", memory = "exotel.store.memory",
                              redis = "exotel.store.redis" } do
    it("have the options of the maker of " .. name, function()
      local names = {}
      for index, row in ipairs(require(module).options) do names[index] = row[1] end
      assert.same(sorted(names), keys_of(classes[module .. ".options"].fields))
    end)
  end

  it("have what each store does, and what stores have besides", function()
    for _, module in ipairs { "exotel.store.memory", "exotel.store.redis" } do
      local store = require(module).new { [module:find "redis" and "command" or "now"] = os.clock }
      local all = {}
      for name, method in pairs(getmetatable(store).__index) do
        if type(method) == "function" then all[name] = true end
      end
      local told = {}
      for _, class in ipairs { "exotel.store", module } do
        for name in pairs(classes[class].methods) do told[name] = true end
      end
      assert.same(keys_of(all), keys_of(told))
    end
  end)

  for _, operation in ipairs(api.operations) do
    it("have the options of " .. operation.name, function()
      local names = { "extra" }
      for _, option in ipairs(exotel.options(operation.name)) do
        names[#names + 1] = option.lua
      end
      local class = classes[("exotel.%s.options"):format(operation.name)]
      assert.same(sorted(names), keys_of(class.fields))
    end)
  end

  it("have the fields of each record, and of the entries of its lists", function()
    for name in pairs(api.records) do
      local class = classes["exotel." .. name]
      for _, field in ipairs(exotel.fields(name)) do
        local list = field.list and field.list:gsub("s$", "")
        local holder = list and classes[("exotel.%s.%s"):format(name, list)] or class
        assert.is_true(holder.fields[field.lua], name .. "." .. field.lua)
        if list then assert.is_true(class.fields[field.list], name .. "." .. field.list) end
      end
    end
  end)
end)

local function check_fields(class, value)
  local count = 0
  for name in pairs(value) do
    count = count + 1
    assert.is_true(classes[class].fields[name], class .. "." .. tostring(name))
  end
  return count
end

describe("what the module really gives", function()
  local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }

  local function client_that_meets(response, failure)
    local transport = { clock = 0 }
    function transport:perform() -- luacheck: ignore 212
      return response, failure
    end
    function transport:sleep(seconds) self.clock = self.clock + seconds end
    function transport:now() return self.clock end
    return exotel.client { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                           retries = 0, transport = transport, only_dial = { "+919876543210",
                           "+919123456789" } }
  end

  local function check_error(err)
    check_fields("exotel.error", err)
    assert.is_true(aliases["exotel.error.kind"][err.kind], err.kind)
    assert.is_true(aliases["exotel.error.reason"][err.reason], err.reason)
    assert.is_true(err.outcome == nil or aliases["exotel.error.outcome"][err.outcome])
  end

  it("as errors has the fields, kinds, outcomes and reasons that are defined", function()
    local answered = { status = 429, headers = { ["retry-after"] = "7" },
                       body = '{"RestException":{"Status":429,"Message":"slow","Code":"1011"}}' }
    local seen = {}
    local function see(_, err)
      check_error(err)
      seen[err.kind] = true
    end
    see(client_that_meets(answered):connect(DIAL))
    see(client_that_meets({ status = 200, headers = {}, body = "{" }):connect(DIAL))
    see(client_that_meets(nil, { reason = "timeout", message = "late" }):connect(DIAL))
    see(client_that_meets(answered):connect { from = "", to = "1", caller_id = "08039570000" })
    see(client_that_meets(answered):connect {
      from = "+919876543210", to = "+919000000000", caller_id = "08039570000" })
    see(client_that_meets({ status = 200, head = "", body = "x" }):recording(
      "https://api.exotel.com/x.mp3", { to = function() return false end }))
    see(exotel.parse_callback("", "application/json"))
    see(memory.new({ most = 0 }):add("key", "value", 1))
    local kinds = {}
    for _, kind in ipairs(errors.kinds) do kinds[kind[1]] = true end
    assert.same(keys_of(kinds), keys_of(seen))
  end)

  it("as an event has the fields that are defined", function()
    local event = assert(exotel.parse_callback(
      "CallSid=abc&Status=completed&EventType=terminal&Legs[0][Status]=completed&CallSid=abc",
      "application/x-www-form-urlencoded"))
    assert.is_true(check_fields("exotel.event", event) >= 8)
    check_fields("exotel.event.leg", event.legs[1])
    assert.truthy(event.repeated)
    local files = assert(exotel.parse_callback('--x\r\nContent-Disposition: form-data; name="a";'
      .. ' filename="b"\r\n\r\nc\r\n--x--\r\n', "multipart/form-data; boundary=x"))
    assert.equal("a", files.files[1].name)
    check_fields("exotel.event", files)
  end)

  it("as a record has the fields that are defined", function()
    local call = assert(exotel.read("call_details", 200, {}, '{"Call":{"Sid":"abc","Price":"1.5",'
      .. '"Details":{"Leg1Status":"completed"}}}'))
    assert.equal(4, check_fields("exotel.call", call))
    check_fields("exotel.call.leg", call.legs[1])
  end)
end)

-- The reasons as the sources give them. A new one needs its row: in csrc/core/words.c, or
-- what isn't the core's in lua/exotel/errors.lua.
describe("the reasons of errors", function()
  local rows = {}

  local function add(kind, reason)
    rows[kind .. " " .. reason] = true
  end

  setup(function()
    for _, row in ipairs(api.reasons) do add(row.kind, row.reason) end
    for _, row in ipairs(errors.reasons) do add(row[1], row[2]) end
  end)

  local function files(pattern)
    local pipe = assert(io.popen("ls " .. pattern))
    local list = {}
    for name in pipe:lines() do list[#list + 1] = name end
    pipe:close()
    return list
  end

  -- Every reason that a pattern finds must have its row.
  local function check(names, pattern, kind)
    local count = 0
    for _, name in ipairs(names) do
      for reason in read_file(name):gmatch(pattern) do
        count = count + 1
        assert.is_true(rows[kind .. " " .. reason], ("%s: %s %s"):format(name, kind, reason))
      end
    end
    assert.is_true(count > 0, pattern)
  end

  it("have a row where the core gives them", function()
    local sources = files "csrc/core/*.c csrc/lua/*.c | grep -v words.c"
    check(sources, 'EXOTEL_INVALID,%s*"([%l%d_]+)"', "invalid")
    check(sources, 'EXOTEL_PARSE,%s*"([%l%d_]+)"', "parse")
    check({ "csrc/core/value.c" }, '[^%w_]invalid%(v,%s*"([%l%d_]+)"', "invalid")
    check({ "csrc/core/endpoint.c" }, 'refuse%(e,%s*"([%l%d_]+)"', "invalid")
    check({ "csrc/core/multipart.c" }, 'refuse%([^;"]-"([%l_]+)",%s*"', "parse")
  end)

  it("have a row where transports and Lua give them", function()
    local names = read_file("csrc/curl/transfer.c"):match 'names%[%] = {%s*"done",(.-)}'
    for reason in names:gmatch '"([%l_]+)"' do
      assert.is_true(rows["transport " .. reason], reason)
    end
    check({ "lua/exotel/transport/loop.lua" }, 'reason = "([%l_]+)"', "transport")
    check({ "lua/exotel/client.lua" }, 'return limited%(state, [^"]-"([%l_]+)"', "limited")
    local ours = files "lua/exotel/*.lua lua/exotel/pages/*.lua"
    for _, kind in ipairs { "invalid", "parse" } do
      check(ours, 'kind = "' .. kind .. '", outcome = "[%l_]+",%s*reason = "([%l_]+)"', kind)
    end
    check(ours, 'errors.invalid%("[%l_%d]+", [^,]+,%s*"([%l_]+)"', "invalid")
    check(ours, 'no_end%(source, "([%l_]+)"', "parse")
  end)

  it("are rows only once", function()
    local seen = {}
    local function see(kind, reason)
      assert.is_nil(seen[kind .. reason], reason)
      seen[kind .. reason] = true
    end
    for _, row in ipairs(api.reasons) do see(row.kind, row.reason) end
    for _, row in ipairs(errors.reasons) do see(row[1], row[2]) end
  end)
end)
