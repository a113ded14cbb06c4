-- mounted: nginx with the files of examples/nginx as they stand, but for what belongs to a place:
-- the user, the port, the number of workers and where temporary files go.
--
--   local server = mounted.start { workers = 2, base_url = "http://127.0.0.1:…" }
--   server.hook                             the path and query of its webhook
--   mounted.request(server, "GET", "/…")    status, rest and head of the answer
--   … and what spec.support.nginx gives
--
-- SPDX-License-Identifier: MIT

local nginx = require "spec.support.nginx"
local posting = require "spec.support.posting"
local read_file = require "spec.support.read_file"

local mounted = {}

local FOLDER = "examples/nginx/"

mounted.SECRET = ("5ec2e7"):rep(10)

-- What is replaced must be there, once.
local function replace(text, changes)
  for old, new in pairs(changes) do
    local from, to = text:find(old, 1, true)
    assert(from and not text:find(old, to, true), old)
    text = text:sub(1, from - 1) .. new .. text:sub(to + 1)
  end
  return text
end

local temporary = [[client_body_temp_path temp/body; proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi; uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;]]

--- The example's nginx.conf, in its place. changes: more { [text] = other }.
function mounted.configuration(workers, changes)
  local text = replace(read_file(FOLDER .. "nginx.conf"), {
    ["user www-data;\n"] = "", ["worker_processes auto;"] = "worker_processes " .. workers .. ";",
    ["listen 127.0.0.1:8080;"] = "listen 127.0.0.1:@web@;",
    ["client_body_temp_path body_temp;"] = temporary,
  })
  return replace(text, changes or {})
end

local function environment(options)
  local list, tree = {}, os.getenv "PWD"
  local all = {
    EXOTEL_ACCOUNT_SID = "sandbox", EXOTEL_API_KEY = "the_key_1234",
    EXOTEL_API_TOKEN = "the_token_5678", EXOTEL_BASE_URL = options.base_url
      or "http://127.0.0.1:1", -- where nobody listens
    VOICE_CALLER_ID = "08039570000", VOICE_URL = "http://127.0.0.1:@web@",
    VOICE_SECRET = mounted.SECRET,
    LUA_PATH = tree .. "/lua/?.lua;;", LUA_CPATH = tree .. "/build/luajit/lib/?.so;;",
  }
  for name, value in pairs(options.environment or {}) do all[name] = value end
  for name, value in pairs(all) do
    if value then list[#list + 1] = name .. "=" .. value end
  end
  return list
end

--- Starts it. options: workers (1); base_url, of the service; environment, { NAME = value }, false
--- for none; changes, { [text] = other } in nginx.conf; files, { name = text } instead of the
--- example's.
function mounted.start(options)
  local files = {}
  for _, name in ipairs { "account", "click_to_call", "on_event", "report", "webhook" } do
    files[name .. ".lua"] = read_file(FOLDER .. name .. ".lua")
  end
  for name, text in pairs(options.files or {}) do files[name] = text end
  local server = nginx.start {
    configuration = mounted.configuration(options.workers or 1, options.changes),
    workers = options.workers, files = files, environment = environment(options),
  }
  server.hook = "/exotel/webhook?secret=" .. mounted.SECRET
  return server
end

--- A request to it: what posting.request gives.
function mounted.request(server, method, target, headers, body)
  return posting.request(server.ports.web, method, target, headers, body)
end

--- Posts an event to its webhook.
function mounted.post(server, event, content_type)
  return posting.post(server.ports.web, server.hook, event, content_type)
end

return mounted
