-- inside: runs Lua in a handler of a real nginx, for specs of what it does there.
--
--   local server = inside.start()                       -- options: as of nginx.start, but http
--   local text = server:run([[ local url = ... return kit.spelt(kit.client(url):balance()) ]], url)
--   server:run_in(loop, chunk, ...)                     -- the same in a task of a loop
--   server:run_all { { chunk, ... }, … }                -- all at the same time: a list of results
--   server:maps()                                       -- what is mapped into its workers
--   server:stop()
--
-- A chunk has the functions of `kit` (below), and `...` what is given behind it: strings,
-- numbers, booleans, and tables of them. It runs in content_by_lua, or at the path that `at`
-- names. What it returns comes back as text, each value as tostring gives it; what it raises is
-- raised here, with "raised: " before it.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local lua = require "spec.support.lua"
local nginx = require "spec.support.nginx"
local read_file = require "spec.support.read_file"
local sys = require "exotel.sys"
local transport = require "exotel.transport.curl"

local inside = {}

local LONG = 60 -- seconds that nothing here should ever need

local server = {}
server.__index = server

local kit = [[
local exotel = require "exotel"

local kit = { made = {} }

-- A client that doesn't try again. more: settings.
function kit.client(url, more)
  local settings = { base_url = url, account_sid = "sandbox", api_key = "sandbox_key",
                     api_token = "sandbox_token", timeout = 20, connect_timeout = 20,
                     retries = 0 }
  for name, value in pairs(more or {}) do settings[name] = value end
  local client = exotel.client(settings)
  return client
end

-- One for the whole worker.
function kit.shared(url, more)
  kit.made[url] = kit.made[url] or kit.client(url, more)
  return kit.made[url]
end

function kit.dial(client, more, how)
  local params = { from = "+919876543210", to = "+919123456710", caller_id = "08039570000" }
  for name, value in pairs(more or {}) do params[name] = value end
  return client:connect(params, how)
end

-- What came of it, in the form of rows/responses.lua.
function kit.spelt(record, err)
  if record then return "record " .. tostring(record.sid or record.balance_text) end
  local wait = err.retry_after and (" %d"):format(err.retry_after) or ""
  return ("%s %s %s %s"):format(err.kind, err.outcome, err.reason, err.status or "") .. wait
end

-- The same, and the message.
function kit.told(record, err)
  return kit.spelt(record, err) .. (err and "\n" .. err.message or "")
end

-- Runs the text of a chunk, as handlers do below.
function kit.run(text)
  local chunk = assert(loadstring(text, "=chunk"))
  setfenv(chunk, setmetatable({ kit = kit, exotel = exotel }, { __index = _G }))
  local function pack(ran, ...)
    local list = { ... }
    for index = 1, select("#", ...) do list[index] = tostring(list[index]) end
    return (ran and "" or "raised: ") .. table.concat(list, "\n")
  end
  return pack(pcall(chunk))
end

function kit.handle()
  ngx.req.read_body()
  ngx.print(kit.run(ngx.req.get_body_data() or ""))
end

return kit
]]

local http = [[
  init_by_lua_block { package.loaded.kit = dofile "@directory@/kit.lua" }
  lua_socket_log_errors off;
  client_body_buffer_size 1m;
  server {
    listen 127.0.0.1:@web@;
    @more@
    location = / { content_by_lua_block { package.loaded.kit.handle() } }
    location = /rewrite {
      rewrite_by_lua_block { package.loaded.kit.handle() ngx.exit(200) }
    }
    location = /access { access_by_lua_block { package.loaded.kit.handle() ngx.exit(200) } }
  }
]]

--- Starts it. options: those of nginx.start without http; more: what stands in the server block;
--- before: what stands in the http block.
function inside.start(options)
  local all = { http = (options and options.before or "") .. http, files = { ["kit.lua"] = kit } }
  for name, value in pairs(options or {}) do all[name] = value end
  all.words = { more = "" }
  for name, value in pairs(options and options.words or {}) do all.words[name] = value end
  if options and options.more then all.words.more = options.more end
  return setmetatable({ nginx = nginx.start(all), agent = transport.new { plain_http = true } },
    server)
end

--- Waits where a connection would soon be too old to be taken again, ten minutes on the clock: in
--- before_each of specs that count connections.
function inside.wait_for_young_connections()
  while sys.now() % 600 > 595 do sys.sleep(0.1) end
end

-- A value as Lua text.
local function literal(value)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local parts = {}
  for name, item in pairs(value) do
    parts[#parts + 1] = ("[%s] = %s"):format(literal(name), literal(item))
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function request_of(self, chunk, ...)
  local arguments = lua.pack(...)
  for index = 1, arguments.n do arguments[index] = literal(arguments[index]) end
  return {
    method = "POST", url = self.nginx.url .. (self.at or "/"), timeout = LONG,
    connect_timeout = LONG, fresh_connection = true, send_once = true,
    body = ("return (function(...) %s\nend)(%s)"):format(chunk, table.concat(arguments, ", ")),
  }
end

local function answer_of(self, response, failure)
  if not response then error(failure.message .. "\n" .. self.nginx:log(), 0) end
  if response.status ~= 200 then error(response.body .. "\n" .. self.nginx:log(), 0) end
  if response.body:find "^raised: " then error(response.body, 0) end
  return response.body
end

--- Runs one chunk with its arguments: what it returned, as text, a value a line.
function server:run(chunk, ...)
  return answer_of(self, self.agent:perform(request_of(self, chunk, ...)))
end

--- The same in a task of a loop, which goes on with its others.
function server:run_in(loop, chunk, ...)
  return answer_of(self, loop:perform(request_of(self, chunk, ...)))
end

--- A loop that holds nothing back.
function inside.loop()
  return assert(exotel.loop { requests_in_flight = 1000, dials_in_flight = 1000 })
end

--- Runs them at the same time, each { chunk, … }: a list of what they returned.
function server:run_all(chunks)
  local loop, results = inside.loop(), {}
  for index, one in ipairs(chunks) do
    loop:spawn(function() results[index] = self:run_in(loop, lua.unpack(one)) end)
  end
  local ok, err = loop:run()
  loop:close()
  if not ok then error(tostring(err), 2) end
  return results
end

--- The files that are mapped into its workers, a text.
function server:maps()
  local parts = {}
  for _, pid in ipairs(self.nginx:workers()) do
    parts[#parts + 1] = read_file(("/proc/%d/maps"):format(pid))
  end
  return table.concat(parts)
end

function server:stop()
  self.agent:close()
  self.nginx:stop()
end

return inside
