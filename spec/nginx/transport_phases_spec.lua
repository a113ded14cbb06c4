-- Where in nginx a request can be made: what each phase says, and what is done there at the start.
--
-- SPDX-License-Identifier: MIT

local inside = require "spec.support.inside"
local name_server = require "spec.support.name_server"
local nginx = require "spec.support.nginx"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"
local tls = require "spec.support.tls"
local transport = require "exotel.transport.curl"

local LONG = 20 -- seconds that nothing here should ever need

-- In each phase a look-up and a dial are tried; what came of it stands in `told`.
local module = [[
local exotel = require "exotel"
local phases = {}
local client = exotel.client { base_url = "@box@", account_sid = "sandbox",
  api_key = "sandbox_key", api_token = "sandbox_token", retries = 0 }

local function try(ask)
  local ran, record, err = pcall(ask)
  return ran and (record and "record" or tostring(err)) or tostring(record)
end

function phases.try()
  return try(function()
    local call, err = client:call_details "x"
    return call, err
  end) .. "\n" .. try(function()
    local call, err = client:connect { from = "+919876543210", to = "+919123456710",
                                       caller_id = "08039570000" }
    return call, err
  end)
end

function phases.note(name)
  ngx.shared.told:set(name, phases.try())
end

return phases
]]

local http = [[
  lua_shared_dict told 1m;
  init_by_lua_block {
    package.path = "@directory@/?.lua;" .. package.path
    require("phases").note "init"
  }
  init_worker_by_lua_block {
    require("phases").note "init_worker"
    ngx.timer.at(0, function() require("phases").note "timer" end)
  }
  exit_worker_by_lua_block { require("phases").note "exit_worker" }
  ssl_session_fetch_by_lua_block { require("phases").note "ssl_session_fetch" }
  ssl_session_store_by_lua_block { require("phases").note "ssl_session_store" }
  server {
    listen 127.0.0.1:@tls@ ssl;
    ssl_certificate @certificates@/good.pem; ssl_certificate_key @certificates@/good.key;
    ssl_client_hello_by_lua_block { require("phases").note "ssl_client_hello" }
    ssl_certificate_by_lua_block { require("phases").note "ssl_cert" }
    location / { return 200; }
  }
  upstream itself {
    server 127.0.0.1:1;
    balancer_by_lua_block {
      require("phases").note "balancer"
      require("ngx.balancer").set_current_peer("127.0.0.1", @web@)
    }
  }
  server {
    listen 127.0.0.1:@web@;
    server_rewrite_by_lua_block {
      if ngx.var.uri == "/phases" then require("phases").note "server_rewrite" end
    }
    location /phases {
      set_by_lua_block $nothing { require("phases").note "set" return "" }
      rewrite_by_lua_block { require("phases").note "rewrite" }
      access_by_lua_block { require("phases").note "access" }
      content_by_lua_block {
        require("phases").note "content"
        ngx.say "done"
      }
      header_filter_by_lua_block { require("phases").note "header_filter" }
      body_filter_by_lua_block { require("phases").note "body_filter" }
      log_by_lua_block { require("phases").note "log" }
    }
    location /balanced { proxy_pass http://itself/told?; }
    location /told {
      content_by_lua_block { ngx.print(ngx.shared.told:get(ngx.var.arg_name or "") or "") }
    }
  }
]]

describe("in nginx's phases", function()
  local box, server, secure

  -- What a phase said, once it has.
  local function told(name)
    local stop, path = sys.now() + LONG, "/told?name=" .. name
    while server:get(path) == "" do assert(sys.now() < stop, "nothing came of it") end
    return server:get(path)
  end

  setup(function()
    secure = tls.start()
    box = assert(sandbox.start { rate_limit = 0 })
    server = nginx.start { http = http, files = { ["phases.lua"] = module },
                           ports = { "web", "tls" },
                           words = { box = box.url, certificates = secure.ca_file:match "^(.*)/" } }
    server:get "/phases"
    server:get "/balanced"
    local client = transport.new { ca_file = secure.ca_file }
    assert(client:perform { method = "GET", url = "https://127.0.0.1:" .. server.ports.tls,
      timeout = LONG, connect_timeout = LONG, headers = {} })
    client:close()
    server:reload()
  end)

  teardown(function()
    server:stop()
    box:stop()
    secure:stop()
  end)

  for _, name in ipairs { "server_rewrite", "rewrite", "access", "content", "timer",
                            "ssl_cert" } do
    it(name .. " a request can be made", function()
      assert.matches("^exotel.call_details: .* %(api, rejected%)\nrecord$", told(name))
    end)
  end

  local TIMER = "make it in a timer (ngx.timer.at(0, …)), or in rewrite_by_lua, access_by_lua or"
    .. " content_by_lua"

  for name, instead in pairs {
    init = "make it in a timer that init_worker_by_lua starts (ngx.timer.at), or in a handler",
    init_worker = TIMER, set = TIMER, header_filter = TIMER, body_filter = TIMER, log = TIMER,
    balancer = TIMER, ssl_client_hello = TIMER, ssl_session_fetch = TIMER,
    ssl_session_store = TIMER, exit_worker = "make it before the worker ends",
  } do
    it(name .. " none can, and the error names it and what to do", function()
      local why = ("nginx lets Lua wait for nothing in %s_by_lua, so no request can be made there:"
        .. " %s"):format(name, instead)
      local read, dialled = told(name):match "^(%C+)\n(%C+)$"
      assert.matches("/phases%.lua:%d+: exotel%.call_details: ", read)
      assert.matches("/phases%.lua:%d+: exotel%.connect: ", dialled)
      assert.truthy(read:find(why, 1, true), read)
      assert.truthy(dialled:find(why, 1, true), dialled)
    end)
  end

  it("only those dialled that can", function()
    -- The timer's is dialled anew by the worker that the reload has started.
    told "timer"
    local stop = sys.now() + LONG
    repeat local count = #box:dials() until count == 7 or sys.now() > stop
    assert.equal(7, #box:dials())
  end)
end)

describe("inside nginx", function()
  local server, box, names

  setup(function()
    local port
    box = assert(sandbox.start { rate_limit = 0 })
    names, port = name_server.start()
    server = inside.start { resolver = "127.0.0.1:" .. port }
  end)

  teardown(function()
    server:stop()
    names:close()
    box:stop()
  end)

  it("all that a request needs is loaded with the module, and libcurl isn't", function()
    assert.equal("true\nnil\nnil", server:run [[
      return package.loaded["exotel.transport.resty"] ~= nil,
        package.loaded["exotel.transport.curl"], package.loaded["exotel.curl"]
    ]])
  end)

  it("a dial where Lua can't yield is refused before it is sent", function()
    for _, place in ipairs {
      '("x"):gsub("x", dial)', "table.sort({ 1, 2 }, dial)",
      "(function() package.preload.x = dial; return require 'x' end)()",
    } do
      local ran, message = pcall(server.run, server, [[
        local url = ...
        local client = kit.client(url)
        local function dial() return kit.dial(client) end
        return ]] .. place, box.url)
      assert.is_false(ran)
      assert.truthy(message:find("exotel.connect: used where Lua can't yield", 1, true), message)
    end
    assert.same({}, box:dials())
  end)

  it("requests are made in coroutines, light threads, timers and across pcall", function()
    local said = server:run([[
      local url, silent = ...
      local client = kit.client(url, { plain_http = true })
      local function ask()
        local given_up = kit.client(silent, { connect_timeout = 0.05 }):balance()
        local said = kit.spelt(kit.dial(client)) .. kit.spelt(client:balance())
        return said:match "^record %x+record" and given_up == nil and "both"
      end
      local timed
      ngx.timer.at(0, function() timed = ask() end)
      local own = ngx.thread.spawn(function() return coroutine.wrap(ask)() end)
      local list = { coroutine.wrap(function() return coroutine.wrap(ask)() end)(), ask(),
                     (select(2, pcall(ask))), (select(3, exotel.pcall(pcall, ask))),
                     (select(2, ngx.thread.wait(ngx.thread.spawn(ask)))),
                     (select(2, ngx.thread.wait(own))) }
      for _ = 1, 1000 do
        if timed then break end
        ngx.sleep(0.01)
      end
      return timed, unpack(list)
    ]], "http://named.test:" .. box.url:match ":(%d+)$", "https://a.silent")
    assert.equal(("both\n"):rep(6) .. "both", said)
  end)

  it("works in rewrite_by_lua and access_by_lua too", function()
    for _, path in ipairs { "/rewrite", "/access" } do
      server.at = path
      assert.matches("^record %x+$", server:run("return kit.spelt(kit.dial(kit.client(...)))",
        box.url))
      server.at = nil
    end
  end)
end)

describe("the environment inside nginx", function()
  local settings = { "EXOTEL_ACCOUNT_SID=sandbox", "EXOTEL_API_KEY=k", "EXOTEL_API_TOKEN=t" }
  local MAKE = [[return tostring(exotel.client{})]]

  it("is told of by env lines, which a missing setting names", function()
    local server = inside.start { environment = settings,
                                  main = "env EXOTEL_ACCOUNT_SID; env EXOTEL_API_KEY;" }
    local ran, message = pcall(server.run, server, MAKE)
    server:stop()
    assert.is_false(ran)
    assert.truthy(message:find("api_token is missing", 1, true), message)
    assert.truthy(message:find("`env EXOTEL_API_TOKEN;`", 1, true), message)
  end)

  it("makes a client in a worker, where env lines let it", function()
    local server = inside.start { environment = settings,
      main = "env EXOTEL_ACCOUNT_SID; env EXOTEL_API_KEY; env EXOTEL_API_TOKEN;" }
    local said = server:run(MAKE)
    server:stop()
    assert.equal("exotel.client: https://api.exotel.com", said)
  end)

  it("is whole in init_by_lua, also after a reload", function()
    local server = nginx.start { environment = settings, http = [[
      init_by_lua_block { made = tostring(require("exotel").client{}) }
      server { listen 127.0.0.1:@web@; location / { return 200; } }
    ]] }
    server:reload()
    local log = server:log()
    server:stop()
    assert.is_nil(log:find("missing", 1, true), log)
  end)
end)
