-- docs/nginx.md: its commands and its code are run, all of it.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local finish = require "spec.support.finish"
local free_ports = require "spec.support.free_ports"
local mounted = require "spec.support.mounted"
local posting = require "spec.support.posting"
local raw = require "spec.support.raw"
local read_file = require "spec.support.read_file"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need
local PAGE = "docs/nginx.md"

-- The page's blocks of a language, in their order.
local function blocks(language)
  local list = {}
  for code in read_file(PAGE):gmatch("\n```" .. language .. "\n(.-\n)```\n") do
    list[#list + 1] = code
  end
  return list
end

-- The page in one line, as it is read.
local function prose()
  return (read_file(PAGE):gsub("%s+", " "))
end

describe("the guide to nginx", function()
  local service, server

  local function start(options)
    service = assert(sandbox.start { speed = 0 })
    local all = options or {}
    all.base_url = service.url
    all.environment = { EXOTEL_ACCOUNT_SID = service.account_sid,
                        EXOTEL_API_KEY = service.api_key, EXOTEL_API_TOKEN = service.api_token }
    all.changes = { ["    location / {"] = table.concat(blocks "nginx") .. "    location / {" }
    server = mounted.start(all)
  end

  after_each(function()
    if server then server:stop() end
    if service then service:stop() end
    server, service = nil, nil
  end)

  -- What a location says, chunks and all.
  local function get(target, method, headers, body)
    local status, rest = mounted.request(server, method or "GET", target, headers, body)
    assert.equal(200, status, server:log())
    return rest
  end

  local function says(text, rest) assert.truthy(rest:find("\n" .. text .. "\n", 1, true), rest) end

  local function until_true(done)
    local stop = sys.now() + LONG
    while not done() do
      assert(sys.now() < stop)
      sys.sleep(0.01)
    end
  end

  it("has no code that isn't run below", function()
    local names = {}
    for _, code in ipairs(blocks "nginx") do
      names[#names + 1] = assert(code:match "^location = /(%w+) {")
    end
    assert.same({ "later", "states", "heard", "itself", "kept", "mixed", "wrong" }, names)
    local _, fences = read_file(PAGE):gsub("\n```%l", "")
    assert.equal(#blocks "sh" + #blocks "nginx" + #blocks "text", fences)
    assert.same({ 1, 2 }, { #blocks "sh", #blocks "text" })
  end)

  it("installs and starts the example by its commands", function()
    local place, remove = raw.directory()
    service = assert(sandbox.start { speed = 0 })
    local port = free_ports(1)[1]
    local commands = blocks "sh"[1]
    local function change(old, new)
      local from, to = commands:find(old, 1, true)
      assert(from, old)
      commands = commands:sub(1, from - 1) .. new .. commands:sub(to + 1)
    end
    change("apt-get install --no-install-recommends", "dpkg-query -s >/dev/null")
    change("make install", "make -s install PREFIX=" .. place .. "/usr")
    for _ = 1, 3 do change("/srv/voice", place .. "/voice") end
    change("EXOTEL_ACCOUNT_SID=…", "EXOTEL_ACCOUNT_SID=" .. service.account_sid)
    change("EXOTEL_API_KEY=…", "EXOTEL_API_KEY=" .. service.api_key)
    change("EXOTEL_API_TOKEN=…", "EXOTEL_API_TOKEN=" .. service.api_token)
    change("VOICE_CALLER_ID=080…", "VOICE_CALLER_ID=08039570000 EXOTEL_BASE_URL=" .. service.url)
    change("from=+91…", "from=+919876543210")
    change("to=+91…", "to=+919123456789")
    change("127.0.0.1:8080", "127.0.0.1:" .. port)
    local conf = assert(io.open(place .. "/nginx.conf", "w"))
    assert(conf:write((mounted.configuration(1):gsub("@web@", port))))
    conf:close()
    change("\nnginx -p", ("\ncp %s/nginx.conf %s/voice\n/usr/sbin/nginx -p"):format(place, place))
    change("mkdir ", ("chmod 755 %s\nmkdir %s/voice/temp "):format(place, place)) -- for the worker
    local usr = place .. "/usr/share/lua/5.1/?.lua;;"
    commands = ("trap 'kill $(cat %s/voice/logs/nginx.pid)' EXIT\n"):format(place)
      .. ("export LUA_PATH='%s' LUA_CPATH='%s'\n"):format(usr, place .. "/usr/lib/lua/5.1/?.so;;")
      .. commands
    local child = assert(sys.spawn { "sh", "-ec", commands })
    local said = finish(child, LONG) .. "\n" .. read_file(place .. "/voice/logs/error.log")
    remove()
    assert.equal(1, #service:calls(), said)
    assert.truthy(said:find(service:calls()[1].sid, 1, true))
  end)

  it("dials from a timer", function()
    start()
    says("we call you back", get "/later")
    until_true(function() return #service:dials() == 1 end)
    assert.equal("+919876543210", service:dials()[1].form.From)
    assert.equal("", server:log())
  end)

  it("asks for several calls at once", function()
    start()
    local client, sids = service:client(), {}
    for _, last in ipairs { "10", "01" } do
      sids[#sids + 1] = assert(client:connect { from = "+9198765432" .. last,
        to = "+919123456789", caller_id = "08039570000" }).sid
    end
    service:advance(60)
    local rest = get("/states?sids=" .. table.concat(sids, ","))
    assert.truthy(rest:find("completed\n.*busy\n"), rest)
  end)

  it("tells an event that came before", function()
    start()
    for _, wanted in ipairs { "new", "again" } do
      local body, content_type = exotel.build_callback(posting.event(1), posting.MULTIPART)
      says(wanted, get("/heard", "POST", { ["Content-Type"] = content_type }, body))
    end
    local body, content_type = exotel.build_callback(posting.event(1), posting.JSON)
    says("again", get("/heard", "POST", { ["Content-Type"] = content_type }, body))
  end)

  it("waits for itself where it blocks", function()
    start()
    local rest, wanted = get "/itself", blocks "text"[1]
    for line in wanted:gmatch "(.-)\n" do says(line, rest) end
  end)

  it("can't use another request's socket", function()
    start()
    local first = posting.connect(server.ports.web)
    assert(first:send(posting.bytes("GET", "/kept", { Connection = "close" })))
    sys.sleep(0.05)
    assert.truthy(get("/kept"):find "bad request\n")
    says("sent", (assert(first:receive "*a")))
    first:close()
    says("closed", get "/kept")
    for _, word in ipairs { "sent", "closed", "bad request" } do
      assert.truthy(prose():find("`" .. word .. "`", 1, true))
    end
  end)

  it("finds in a module what another request left", function()
    start()
    local peers = {}
    for number = 1, 2 do
      peers[number] = posting.connect(server.ports.web)
      assert(peers[number]:send(posting.bytes("GET", "/mixed?number=" .. number,
        { Connection = "close" })))
      sys.sleep(0.05)
    end
    for _, peer in ipairs(peers) do
      says("2", (assert(peer:receive "*a")))
      peer:close()
    end
  end)

  it("names the phase in which no call can be made", function()
    start()
    says("done", get "/wrong")
    local text = blocks "text"[2]:gsub("\n$", "")
    until_true(function() return server:log():find(text, 1, true) end)
  end)

  it("stands in the example as it says", function()
    local conf, page = read_file "examples/nginx/nginx.conf", prose()
    for _, directive in ipairs { "client_max_body_size 1m", "client_body_buffer_size 16k",
                                 "worker_connections 1024", "lua_shared_dict calls 10m",
                                 "env EXOTEL_API_KEY;" } do
      assert.truthy(conf:find(directive, 1, true), directive)
      assert.truthy(page:find(directive, 1, true), directive)
    end
    for name in page:gmatch "| `([%w_.]+)` |" do
      if name:find "%.lua$" or name:find "%.conf$" then read_file("examples/nginx/" .. name) end
    end
  end)
end)
