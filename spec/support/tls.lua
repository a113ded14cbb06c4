-- tls: a real nginx on loopback, with TLS and without, and certificates good and bad from a CA
-- of its own.
--
--   local nginx = tls.start()
--   nginx.ca_file   nginx.good … (addresses by name, below)   nginx:log(3)   nginx:stop()
--
-- Everything stands in one temporary directory; nginx runs in the foreground as one process
-- that ends with ours. GET is answered with a call; a POST too, or at the address `silent`
-- it is read and the connection closed without an answer. At `plain` there is no TLS.
--
-- SPDX-License-Identifier: MIT

local sys = require "exotel.sys"
local free_ports = require "spec.support.free_ports"
local raw = require "spec.support.raw"

local tls = {}

local LONG = 20 -- seconds that nothing here should ever need
local CALL = '{"Call":{"Sid":"c5797dcbaaeed7678c4062a4a3ed2f8a"}}'

local nginx = {}
nginx.__index = nginx

-- Name, certificate, and what else its server says.
local addresses = {
  { "plain", "good", port = "" },
  { "good", "good" },
  { "silent", "good", "if ($request_method = POST) { return 444; }" },
  { "http2", "good", port = "ssl http2" },
  { "self_signed", "self_signed" },
  { "other_host", "other_host" },
  { "expired", "expired" },
  { "old", "good", "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;" },
  { "tls12", "good", "ssl_protocols TLSv1.2;" },
  { "deep", "deep" },
}

-- In the directory $1, which may be used as a CA directory too. -days is negative for the
-- one that expired.
local certificates = [[
set -e; cd "$1"; exec >/dev/null 2>&1
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
signed() { # name, days, extension, by whom if not by the CA
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf '%s\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "${4:-ca}.pem" -CAkey "${4:-ca}.key" -CAcreateserial \
    -days "$2" -extfile "$1.ext" -out "$1.pem"
}
key ca
openssl req -x509 -new -key ca.key -subj "/CN=the CA of a spec" -days 2 -out ca.pem
signed good 2 subjectAltName=IP:127.0.0.1,DNS:api.example.test
signed other_host 2 subjectAltName=DNS:other.example.test
signed expired -1 subjectAltName=IP:127.0.0.1,DNS:api.example.test
signed first 2 basicConstraints=CA:true
signed second 2 basicConstraints=CA:true first
signed deep 2 subjectAltName=IP:127.0.0.1,DNS:api.example.test second
cat second.pem first.pem >> deep.pem
key self_signed
openssl req -x509 -new -key self_signed.key -subj "/CN=127.0.0.1" -days 2 \
  -addext subjectAltName=IP:127.0.0.1,DNS:api.example.test -out self_signed.pem
openssl rehash .
mkdir temp
]]

local head = [[
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 256; }
http {
  client_body_temp_path temp/body; proxy_temp_path temp/proxy; fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
  log_format spec '$server_port $connection $connection_requests $ssl_session_reused '
                  '$request_method $server_protocol $status';
  access_log access.log spec;
  keepalive_requests 1000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:spec:1m;
  default_type application/json;
]]

local one = [[
  server {
    listen 127.0.0.1:%d %s;
    ssl_certificate %s.pem; ssl_certificate_key %s.key;
    %s
    location / { return 200 '%s'; }
  }
]]

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  file:close()
end

local function configure(self, directory, call)
  local ports, text = free_ports(#addresses), { head }
  self.ports = {}
  for index, row in ipairs(addresses) do
    local name, certificate, more = row[1], row[2], row[3]
    self[name] = (row.port == "" and "http" or "https") .. "://127.0.0.1:" .. ports[index]
    self.ports[name] = ports[index]
    text[#text + 1] = one:format(ports[index], row.port or "ssl", certificate, certificate,
                                 more or "", call)
  end
  write(directory .. "/nginx.conf", table.concat(text) .. "}\n")
end

-- True when it listens, after which it writes its pid; false when it has ended, as it does when a
-- port was taken.
local function is_up(self)
  local stop = sys.now() + LONG
  repeat
    local file = io.open(self.directory .. "/nginx.pid")
    if file then return file:close() end
    sys.sleep(0.01)
  until self.process:wait(0) or sys.now() > stop
  return false
end

--- Makes the certificates and starts nginx. call: what it answers, without ' and $; a short
--- one if it is left out.
function tls.start(call)
  local directory, remove = raw.directory()
  local self = setmetatable({ directory = directory, remove = remove }, nginx)
  local maker = assert(sys.spawn { "sh", "-c", certificates, "sh", directory })
  assert(maker:wait(LONG) == 0, "openssl made no certificates")
  maker:close()
  self.ca_file = directory .. "/ca.pem"
  for _ = 1, 5 do
    configure(self, directory, call or CALL)
    self.process = assert(sys.spawn { "/usr/sbin/nginx", "-p", directory, "-e", "error.log",
                                      "-c", directory .. "/nginx.conf", stderr = false })
    if is_up(self) then return self end
    self.process:close()
  end
  local file = io.open(directory .. "/error.log")
  error("nginx does not start: " .. (file and file:read "*a" or "it says nothing"))
end

--- The requests that the server `name` has answered, when there are at least `n`: a list of
--- { connection, requests, reused, method, protocol, status }. It is written after the answer.
function nginx:log(name, n)
  local stop, list = sys.now() + LONG, {}
  repeat
    for index in ipairs(list) do list[index] = nil end
    for line in io.lines(self.directory .. "/access.log") do
      local port, connection, requests, reused, method, protocol, status =
        line:match "^(%d+) (%d+) (%d+) (%S+) (%S+) (%S+) (%d+)$"
      if tonumber(port) == self.ports[name] then
        list[#list + 1] = { connection = connection, requests = tonumber(requests),
                            reused = reused == "r", method = method, protocol = protocol,
                            status = tonumber(status) }
      end
    end
    if #list < n then sys.sleep(0.01) end
  until #list >= n or sys.now() > stop
  return list
end

--- Forgets what the log has said.
function nginx:clear()
  write(self.directory .. "/access.log", "")
end

function nginx:stop()
  self.process:close()
  self.remove()
end

return tls
