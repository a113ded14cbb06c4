-- nginx: a real nginx with its Lua module, on loopback, from a spec that runs outside of it.
--
--   local nginx = require "spec.support.nginx"
--   local server = nginx.start { http = [[
--     server {
--       listen 127.0.0.1:@web@;
--       location / { content_by_lua_block { ngx.say "hello" } }
--     }]] }
--   server.url                  http://127.0.0.1:PORT, the port that stands for @web@
--   server:workers()            the pids of the workers that take requests
--   server:get "/path"          the body of what that is answered
--   server:reload()             SIGHUP; returns once the new workers take requests
--   server:log()  :access_log() what stands in the files now
--   server:quit()               ends it, and leaves its directory
--   server:stop()               in after_each or teardown
--
-- Lua inside nginx finds this tree's modules, built for LuaJIT by `make LUA=luajit`. Everything
-- nginx writes stands in one temporary directory. It runs in the foreground, and ends with this
-- process, however that ends.
--
-- SPDX-License-Identifier: MIT

local free_ports = require "spec.support.free_ports"
local lua = require "spec.support.lua"
local socket = require "socket"
local sys = require "exotel.sys"
local raw = require "spec.support.raw"

local nginx = {}

local LONG = 20 -- seconds that nothing here should ever need
local TRIES = 5 -- a port may be taken between its choice and its use

local SIGHUP = 1
local MODULES = "/usr/lib/nginx/modules/"

local server = {}
server.__index = server

local main = [[
load_module @modules@ndk_http_module.so;
load_module @modules@ngx_http_lua_module.so;
worker_processes @workers@;
pid logs/nginx.pid;
error_log logs/error.log @level@;
@main@
events { worker_connections 1024; }
http {
  client_body_temp_path temp/body; proxy_temp_path temp/proxy; fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
  access_log logs/access.log;
  lua_package_path "@tree@/lua/?.lua;;";
  lua_package_cpath "@tree@/build/luajit/lib/?.so;;";
  @resolver@
  @trusted@
  @http@
}
]]

local function read(path)
  local file = io.open(path)
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  file:close()
end

-- The first line that a command prints.
local function said(...)
  local process = assert(sys.spawn { ... })
  local line = assert(process:read_line(LONG))
  process:close()
  return line
end

-- Every @name@ that stands in `words` is replaced; what it is replaced by, too.
local function fill(text, words)
  for _ = 1, 2 do
    text = text:gsub("@([%w_]+)@", function(name)
      return words[name] and tostring(words[name])
    end)
  end
  return text
end

-- What a configuration can't say of its own place. The user that runs the spec owns its
-- directory; only root may, and has to, name a user.
local function directives(options)
  local text = "daemon off;" .. (options.under and " master_process off;" or "")
  if said("id", "-u") ~= "0" then return text end
  return ("%s user root %s;"):format(text, said("id", "-gn"))
end

local function words_of(self, options)
  local words = {
    tree = said "pwd", directory = self.directory, modules = MODULES,
    workers = options.workers or 1, level = options.level or "warn",
    main = options.main or "", http = options.http or "",
    resolver = options.resolver and "resolver " .. options.resolver .. ";" or "",
    trusted = options.trusted
      and "lua_ssl_trusted_certificate " .. options.trusted .. ";" or "",
  }
  for name, port in pairs(self.ports) do words[name] = port end
  for name, word in pairs(options.words or {}) do words[name] = word end
  return words
end

local function listens(port)
  local peer = socket.connect("127.0.0.1", port)
  if peer then peer:close() end
  return peer ~= nil
end

-- What stands in /proc of a process, or "" when it is gone.
local function proc(pid, file)
  return read(("/proc/%d/%s"):format(pid, file))
end

--- The pids of the workers that take requests, smallest first; not of those that a reload has
--- told to end with what they have.
function server:workers()
  local list, master = {}, self.process:pid()
  if self.alone then return { master } end
  for pid in proc(master, "task/" .. master .. "/children"):gmatch "%d+" do
    if proc(pid, "cmdline"):find "^nginx: worker process%z*$" then
      list[#list + 1] = tonumber(pid)
    end
  end
  table.sort(list)
  return list
end

local function every_port_listens(self)
  for _, port in pairs(self.ports) do
    if not listens(port) then return false end
  end
  return true
end

-- Calls `done` until it gives something, or nginx has ended, or too long.
local function wait_for(self, done)
  local stop = sys.now() + LONG
  repeat
    if done() then return true end
    sys.sleep(0.01)
  until self.process:wait(0) or sys.now() > stop
  return false
end

local function command(self, options)
  local list = { "env" }
  for _, words in ipairs {
    options.environment or {}, options.under or {},
    { "/usr/sbin/nginx", "-p", self.directory, "-e", "logs/error.log", "-c",
      self.directory .. "/nginx.conf", "-g", directives(options) },
  } do
    for _, word in ipairs(words) do list[#list + 1] = fill(word, self.words) end
  end
  list.stderr = false
  return list
end

-- False when it has ended, as it does when a port was taken.
local function try(self, options)
  local wanted, names = options.workers or 1, options.ports or { "web" }
  self.ports = {}
  for index, port in ipairs(free_ports(#names)) do self.ports[names[index]] = port end
  self.url = "http://127.0.0.1:" .. self.ports[names[1]]
  self.words = words_of(self, options)
  write(self.directory .. "/nginx.conf", fill(options.configuration or main, self.words))
  for name, text in pairs(options.files or {}) do
    write(self.directory .. "/" .. name, fill(text, self.words))
  end
  local process = assert(sys.spawn(command(self, options)))
  self.process = process
  -- Marked after the process, so collected before it, whose end would be the master's alone. That
  -- of a try that failed has nothing to end.
  self.guard = lua.finalized(function()
    if self.process == process then self:stop() end
  end)
  if wait_for(self, function()
    return #self:workers() == wanted and every_port_listens(self)
  end) then return true end
  self.process:close()
  self.process = nil
  return false
end

--- Starts nginx. options, all optional:
---   http           what stands in the http block
---   main           what stands before the events and http blocks: env lines
---   configuration  the whole nginx.conf, instead of all the above and the next three. It keeps
---                  its logs and its pid in the folder logs, and has neither daemon nor user
---   level          of the error log; "warn"
---   resolver       what the directive of that name says
---   trusted        a file: lua_ssl_trusted_certificate
---   workers        how many worker processes; 1
---   ports          names of ports, { "web" }: @web@ is replaced by one that is free
---   words          more that is replaced: { name = text } for @name@
---   environment    "NAME=value" strings, for nginx itself, words replaced; Lua sees those that
---                  have an env line
---   under          the words of a command that runs nginx, valgrind's say, words replaced: nginx
---                  is one process then, its own worker
---   files          { name = text }: written into its directory before, words replaced
--- Also replaced: @directory@ and @tree@, where nginx writes and where this tree is.
--- Result: an object with url, ports (by name), directory and the functions above. Raises with
--- the error log when nginx doesn't start.
function nginx.start(options)
  local directory, remove = raw.directory()
  local self = setmetatable({ directory = directory, remove = remove,
                              alone = options.under ~= nil }, server)
  assert(os.execute(("cd '%s' && mkdir temp logs"):format(directory)))
  for _ = 1, TRIES do
    if try(self, options) then return self end
    if not self:log():find("Address already in use", 1, true) then break end
  end
  local log = self:log()
  self:stop()
  error("nginx does not start: " .. (log ~= "" and log or "it says nothing"), 2)
end

--- Sends SIGHUP, as `nginx -s reload` does, and returns once only new workers take requests.
function server:reload()
  local old = {}
  for _, pid in ipairs(self:workers()) do old[pid] = true end
  self.process:signal(SIGHUP)
  local wanted = tonumber(self.words.workers)
  assert(wait_for(self, function()
    local workers = self:workers()
    for _, pid in ipairs(workers) do
      if old[pid] then return false end
    end
    return #workers == wanted
  end), "no new workers came")
end

--- The body that a GET of a path is answered with, at the port that stands for @web@.
function server:get(path)
  local peer = assert(socket.connect("127.0.0.1", self.ports.web))
  peer:settimeout(LONG)
  assert(peer:send("GET " .. path .. " HTTP/1.0\r\n\r\n"))
  local answer = assert(peer:receive "*a")
  peer:close()
  return answer:match "\r\n\r\n(.*)$"
end

--- What the error log says.
function server:log() return read(self.directory .. "/logs/error.log") end

--- What the access log says: nginx writes it after the answer has gone.
function server:access_log() return read(self.directory .. "/logs/access.log") end

--- The text in a file of its directory; "" for one that isn't there.
function server:read(name) return read(self.directory .. "/" .. name) end

--- Ends it with all its workers; what it wrote can still be read. A second call does nothing.
function server:quit()
  local process = self.process
  self.process = nil
  if not process then return end
  local stop = sys.now() + LONG
  repeat -- one that comes just before nginx waits for events isn't heard
    process:signal "TERM" -- which master hands on; killed, it would leave the workers alone
  until process:wait(1) or sys.now() > stop
  process:close()
end

--- Ends it and removes its directory. A second call does nothing.
function server:stop()
  self:quit()
  if self.remove then self.remove() end
  self.remove = nil
end

return nginx
