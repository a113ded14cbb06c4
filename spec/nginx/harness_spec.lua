local alive = require "spec.support.alive"
local lua = require "spec.support.lua"
local nginx = require "spec.support.nginx"
local sys = require "exotel.sys"

local LONG = 20

describe("nginx in a spec", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  local function gone(pid)
    local stop = sys.now() + LONG
    while alive(pid) and sys.now() < stop do sys.sleep(0.01) end
    return not alive(pid)
  end

  it("answers from this tree's core, on LuaJIT", function()
    server = nginx.start { http = [[
      server { listen 127.0.0.1:@web@; location / { content_by_lua_block {
        local file = package.searchpath("exotel.core", package.cpath)
        ngx.print(jit and "LuaJIT" or _VERSION, " ", file, " ",
                  require "exotel.core".encode "a b")
      } } }]] }
    assert.equal("LuaJIT " .. server.words.tree .. "/build/luajit/lib/exotel/core.so a%20b",
                 server:get "/")
    assert.equal("", server:log())
  end)

  it("gives Lua the variables that an env line names, and keeps its logs", function()
    server = nginx.start {
      main = "env EXOTEL_TOLD;",
      environment = { "EXOTEL_TOLD=told", "EXOTEL_UNTOLD=untold" },
      http = [[
        server { listen 127.0.0.1:@web@; location / { content_by_lua_block {
          ngx.log(ngx.ERR, "into the error log")
          ngx.print(tostring(os.getenv "EXOTEL_TOLD"), tostring(os.getenv "EXOTEL_UNTOLD"))
        } } }]],
    }
    assert.equal("toldnil", server:get "/one")
    assert.truthy(server:log():find("into the error log", 1, true))
    local stop = sys.now() + LONG
    while server:access_log() == "" and sys.now() < stop do sys.sleep(0.01) end
    assert.truthy(server:access_log():find("GET /one HTTP/1.0", 1, true))
  end)

  it("puts new workers in the old ones' place", function()
    server = nginx.start { workers = 2, http = [[
      server { listen 127.0.0.1:@web@; location / {
        content_by_lua_block { ngx.print(ngx.worker.pid()) } } }]] }
    local old = server:workers()
    assert.equal(2, #old)
    server:reload()
    local new = server:workers()
    assert.equal(2, #new)
    local pid = tonumber(server:get "/")
    assert.truthy(pid == new[1] or pid == new[2])
    for _, worker in ipairs(old) do assert.truthy(gone(worker)) end
  end)

  it("says why nginx doesn't start", function()
    local ok, message = pcall(nginx.start, { http = "no_such_directive;" })
    assert.is_false(ok)
    assert.truthy(message:find('unknown directive "no_such_directive"', 1, true))
  end)

  it("ends with its workers: at stop, when forgotten, and with the process that started it",
  function()
    server = nginx.start { workers = 2, http = "server { listen 127.0.0.1:@web@; }" }
    local pids = server:workers()
    server:stop()
    for _, pid in ipairs(pids) do assert.truthy(gone(pid)) end

    for _, ending in ipairs { "os.exit(0, true)", "io.read()" } do
      local child = assert(sys.spawn { lua.name, "-e", [[
        local nginx = require "spec.support.nginx"
        local server = nginx.start { http = "server { listen 127.0.0.1:@web@; }" }
        print(server:workers()[1], server.process:pid(), server.directory)
        io.flush() ]] .. ending })
      local worker, master, directory = assert(child:read_line(LONG)):match "(%d+)\t(%d+)\t(.*)"
      if ending == "io.read()" then child:signal "KILL" end
      child:wait(LONG)
      assert.truthy(gone(worker))
      assert.truthy(gone(master))
      child:close()
      assert(os.execute(("rm -rf '%s'"):format(directory))) -- which nobody could, when killed
    end
  end)
end)
