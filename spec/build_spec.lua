-- What is built is a choice: a build without libcurl and libmicrohttpd does all that needs
-- neither, and says of the rest what was left out and how to have it.
--
-- SPDX-License-Identifier: MIT

local lua = require "spec.support.lua"

local ABI = _VERSION:match "%d+%.%d+"

-- The exit code is asked of the shell: closing the pipe doesn't tell on every Lua.
local function run(command)
  local clean = "(unset MAKEFLAGS MFLAGS EXOTEL_MODULES; %s) 2>&1; echo $?"
  local pipe = assert(io.popen(clean:format(command)))
  local text, code = pipe:read "*a":match "^(.-)(%d+)\n$"
  pipe:close()
  return code == "0", text
end

local function temporary_folder()
  local name = os.tmpname()
  os.remove(name)
  assert(run(("mkdir '%s'"):format(name)))
  return name
end

-- Installs some of the modules, or all, into a folder of their own.
local function install(modules)
  local folder = temporary_folder()
  local chosen = modules and ("EXOTEL_MODULES='%s'"):format(modules) or ""
  local ok, text = run(("make -s install LUA=%s PREFIX='%s' %s"):format(lua.name,
    folder, chosen))
  assert.is_true(ok, text)
  return folder
end

local function environment(folder)
  return ("env LUA_PATH='%s/share/lua/%s/?.lua' LUA_CPATH='%s/lib/lua/%s/?.so'"):format(folder,
    ABI, folder, ABI)
end

local PRELUDE = [[
local exotel = require "exotel"
local client = exotel.client { account_sid = "acme", api_key = "key", api_token = "token" }
local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }
local CALL = { status = 200, headers = {}, body = '{"Call":{"Sid":"abc","Status":"queued"}}' }
]]

-- What a program prints that has only what was installed; of an error its text.
local function program(folder, source)
  local name = folder .. "/program.lua"
  local file = assert(io.open(name, "w"))
  assert(file:write(source))
  file:close()
  local _, text = run(("%s %s '%s'"):format(environment(folder), lua.name, name))
  return text
end

-- raised_at: the line of the program, behind the four of the prelude, where it is raised.
local rows = {
  { id = "a dial without a transport", source = "local call = client:connect(DIAL)",
    missing = "exotel.curl", raised_at = 5 },
  { id = "a second dial without a transport",
    source = "pcall(client.connect, client, DIAL) local call = client:connect(DIAL)",
    missing = "exotel.curl", raised_at = 5 },
  { id = "a read without a transport", source = "local call = client:call_details 'abc'",
    missing = "exotel.curl", raised_at = 5 },
  { id = "a query without a transport", source = "local call = client:calls({}):next()",
    missing = "exotel.curl", raised_at = 5 },
  { id = "a range, which wants a clock, without a transport",
    source = "local total = client:calls({ date_created = { gte = '2026-11-01' } }):total()",
    missing = "exotel.curl", raised_at = 5 },
  { id = "a loop", source = "local loop = exotel.loop()", missing = "exotel.curl", raised_at = 5 },
  { id = "exotel.curl itself", source = "require 'exotel.curl'", missing = "exotel.curl" },
  { id = "exotel.httpd itself", source = "require 'exotel.httpd'", missing = "exotel.httpd" },
  { id = "the transport", source = "require 'exotel.transport.curl'", missing = "exotel.curl" },
}

local needs = {
  ["exotel.curl"] = "Debian: libcurl4-openssl-dev",
  ["exotel.httpd"] = "Debian: libmicrohttpd-dev",
}

describe("a build without curl and httpd", function()
  local folder

  setup(function() folder = install "core sys" end)
  teardown(function() run(("rm -rf '%s'"):format(folder)) end)

  for _, row in ipairs(rows) do
    it("says of " .. row.id .. " what was left out, and how to have it", function()
      local text = program(folder, PRELUDE .. row.source)
      assert.truthy(text:find(row.missing .. " isn't built: it was left out of EXOTEL_MODULES", 1,
        true), text)
      assert.truthy(text:find(needs[row.missing], 1, true), text)
      assert.is_nil(text:find("not found", 1, true), text)
      if row.raised_at then
        assert.truthy(text:find("program.lua:" .. row.raised_at .. ": " .. row.missing, 1, true),
          text)
      end
    end)
  end

  it("says so on the command line, in one line", function()
    local ok, text = run(("%s %s '%s/bin/exotel' sandbox"):format(environment(folder), lua.name,
      folder))
    assert.is_false(ok)
    assert.truthy(text:find("^exotel sandbox: exotel%.httpd isn't built: [^\n]*\n$"), text)
    ok, text = run(("%s %s '%s/bin/exotel' --version"):format(environment(folder), lua.name,
      folder))
    assert.is_true(ok, text)
    assert.equal("exotel " .. require("exotel")._VERSION .. "\n", text)
  end)

  it("dials by a transport of one's own, and loads neither library", function()
    local text = program(folder, PRELUDE .. [[
local function yes() return 0 end
local own = exotel.client { account_sid = "acme", api_key = "key", api_token = "token",
  transport = { perform = function() return CALL end, sleep = yes, now = yes } }
print(own:connect(DIAL).sid, exotel.parse_callback("CallSid=abc", "").call_sid)
local maps = io.open("/proc/self/maps"):read "*a"
print(maps:find "libcjson" ~= nil, maps:find "libcurl" ~= nil, maps:find "libmicrohttpd" ~= nil)
]])
    assert.equal("abc\tabc\ntrue\tfalse\tfalse\n", text)
  end)
end)

describe("a build of the core alone", function()
  local folder

  setup(function() folder = install "core" end)
  teardown(function() run(("rm -rf '%s'"):format(folder)) end)

  it("builds requests and reads webhooks", function()
    assert.equal("https://api.exotel.com/v1/Accounts/acme/Calls/connect.json\tabc\n",
      program(folder, PRELUDE .. [[
print(client:request("connect", DIAL).url, exotel.parse_callback("CallSid=abc", "").call_sid)
]]))
  end)

  it("says of exotel.sys that it was left out", function()
    local text = program(folder, PRELUDE .. "require 'exotel.poller'")
    assert.truthy(text:find("exotel.sys isn't built: it was left out of EXOTEL_MODULES", 1, true),
      text)
  end)

  it("says of its shared objects alone that the Lua files are missing", function()
    local ok, text = run(("env LUA_PATH='nowhere/?.lua' LUA_CPATH='%s/lib/lua/%s/?.so' %s"
      .. " -e 'require \"exotel\"'"):format(folder, ABI, lua.name))
    assert.is_false(ok)
    assert.truthy(text:find("package.path lacks its exotel.lua", 1, true), text)
  end)
end)

describe("EXOTEL_MODULES", function()
  it("with a name that is none, or without core, is refused", function()
    local ok, text = run "make -n EXOTEL_MODULES='core curls'"
    assert.is_false(ok)
    assert.truthy(text:find("EXOTEL_MODULES has curls: it takes core", 1, true), text)
    ok, text = run "make -n EXOTEL_MODULES='sys'"
    assert.is_false(ok)
    assert.truthy(text:find("EXOTEL_MODULES lacks core", 1, true), text)
  end)

  it("left alone installs everything that there is", function()
    local folder = install()
    local _, text = run(("cd '%s' && find . -type f | sort"):format(folder))
    for _, name in ipairs { "bin/exotel", "lib/lua/ABI/exotel.so", "lib/lua/ABI/exotel/core.so",
                            "lib/lua/ABI/exotel/curl.so", "lib/lua/ABI/exotel/httpd.so",
                            "lib/lua/ABI/exotel/sys.so", "share/doc/lua-exotel/reference.md",
                            "share/doc/lua-exotel/exotel.d.lua" } do
      name = name:gsub("ABI", ABI)
      assert.truthy(text:find("./" .. name .. "\n", 1, true), name)
    end
    local _, sources = run "cd lua && find . -name '*.lua'"
    for name in sources:gmatch "%./([^\n]+)" do
      assert.truthy(text:find("./share/lua/" .. ABI .. "/" .. name .. "\n", 1, true), name)
    end
    run(("rm -rf '%s'"):format(folder))
  end)
end)

describe("make install", function()
  it("takes a DESTDIR that is relative to the tree's top", function()
    local folder = temporary_folder()
    local ok, text = run(("ln -s \"$PWD\"/* '%s' && cd '%s' && make -s install LUA=%s DESTDIR=stage"
      .. " PREFIX=/usr && find . -name exotel.lua"):format(folder, folder, lua.name))
    assert.is_true(ok, text)
    assert.equal(("./stage/usr/share/lua/%s/exotel.lua\n"):format(ABI), text)
    run(("rm -rf lua/stage '%s'"):format(folder))
  end)

  it("installs a bin/exotel that finds the modules beside it, wherever that is", function()
    local folder = install "core"
    local ok, text = run(("unset LUA_PATH LUA_CPATH; cd / && %s '%s/bin/exotel' --version"):format(
      lua.name, folder))
    assert.is_true(ok, text)
    assert.equal("exotel " .. require("exotel")._VERSION .. "\n", text)
    run(("rm -rf '%s'"):format(folder))
  end)
end)

describe("bin/exotel of a source tree", function()
  it("takes that tree's modules, and none of another that it stands in", function()
    local folder = temporary_folder()
    local inside = ("cd '%s'; mkdir -p tree lua/exotel/cli; ln -s \"$OLDPWD\"/* tree;"
      .. " touch lua/exotel.lua; echo 'error \"another tree\"' >lua/exotel/cli/main.lua;"
      .. " unset LUA_PATH LUA_CPATH; "):format(folder)
    for _, call in ipairs { "cd tree; %s bin/exotel", "cd tree/bin; %s exotel",
                            "%s tree/bin/exotel" } do
      local ok, text = run(inside .. call:format(lua.name) .. " --version")
      assert.is_true(ok, text)
      assert.equal("exotel " .. require("exotel")._VERSION .. "\n", text)
      run(("rm -rf '%s/tree'"):format(folder))
    end
    run(("rm -rf '%s'"):format(folder))
  end)
end)
