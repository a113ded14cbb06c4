-- transport/resty: the transport inside nginx, by its cosockets (ngx_lua), so that no request
-- of a worker waits for another one's dial. docs/transport.md says what a transport is.
--
-- A client takes it by itself where it runs in nginx and was given no other; libcurl is not
-- loaded there. It works where nginx lets Lua wait: in rewrite_by_lua, access_by_lua,
-- content_by_lua and timers (ngx.timer.at). Elsewhere check() says what to do instead.
--
-- Certificates are always verified, by the directives lua_ssl_trusted_certificate and
-- lua_ssl_verify_depth; names are looked up by the directive `resolver`. Connections are kept in
-- pools of the worker, by the directives lua_socket_pool_size (30) and what stands below, and
-- named by all that distinguishes them; a dial's is its own, and ends with it.
--
-- One transport serves all requests of a worker at once: what belongs to one is in locals.
--
-- SPDX-License-Identifier: MIT

local nginx = require "exotel.nginx"

local ngx = nginx.api
if not ngx then error("exotel.transport.resty works inside nginx only", 0) end

local base = require "resty.core.base"
local clock = require "resty.core.time"
local core = require "exotel.core"
local errors = require "exotel.errors"
local ffi = require "ffi"

local transport = {}
transport.__index = transport

-- Seconds, as libcurl's in csrc/curl/easy.c.
local IDLE = 60 -- a connection unused this long isn't kept
local LIFE = 600 -- nor taken again across this long, so that a moved address is noticed
local PIECE = 65536 -- bytes that are taken at once
local UNPOOLED = "exotel, never kept" -- nothing is ever put there

-- {=================================================================
-- Time
-- ==================================================================

-- nginx measures from the time of its last event.
local function now()
  ngx.update_time()
  return clock.monotonic_time()
end

-- Milliseconds up to then. 0 would be nginx's own time-out.
local function milliseconds_to(time)
  return math.max(math.ceil((time - now()) * 1000), 1)
end

-- Of a request whose seconds by phase are wanted: when one of them ended.
local function mark(where, name)
  if where.marks then where.marks[name] = now() end
end

-- Looking up the name is part of connecting: nginx doesn't say how much of it. A connection that
-- was kept has neither.
local function phases_of(where, ended)
  local marks = where.marks
  if not marks then return nil end
  local ready = marks.secured or marks.connected
  return {
    connect = marks.connected and marks.connected - marks.began,
    tls = marks.secured and marks.secured - marks.connected,
    wait = marks.first and marks.first - (ready or marks.began),
    read = marks.first and ended - marks.first,
    total = ended - marks.began,
  }
end

local function wait_until(sock, time)
  local wait = milliseconds_to(time)
  sock:settimeouts(wait, wait, wait)
end

-- }=================================================================

-- {=================================================================
-- Where a request goes
-- ==================================================================

-- Of an address nothing is looked up.
local function is_address(text)
  if text:find(":", 1, true) then return true end
  local a, b, c, d = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return a ~= nil and math.max(a, b, c, d) <= 255
end

local function is_loopback(address)
  local spelt = address:find(":", 1, true) and "[" .. address .. "]" or address
  local where = core.address("http://" .. spelt .. "/")
  return is_address(address) and where ~= nil and where.loopback
end

-- "host:port:address", as libcurl takes it: or nil and a misuse.
local function read_resolve(text)
  if not text then return false end
  local host, port, address = text:match "^([^:]+):(%d+):(.+)$"
  address = address and (address:match "^%[(.*)%]$" or address)
  if address and is_address(address) then
    return { host = host:lower(), port = tonumber(port), address = address }
  end
  return errors.misuse "inside nginx resolve wants \"host:port:address\", with one address"
end

local function unsent(reason, message)
  return { reason = reason, message = message, sent = false }
end

-- nginx reads no hosts file.
local function address_of(self, where)
  local host, own = where.host:lower(), self.resolve
  if own and own.host == host and own.port == where.port then return own.address end
  return host == "localhost" and "127.0.0.1" or host
end

-- { https, host, port, address, name, pool }: or nil and the failure.
local function find_place(self, url)
  local where, wrong, at = core.address(url)
  if not where then
    return nil, unsent("address", ("the address %s (byte %d)"):format(wrong, at))
  end
  where.address = address_of(self, where)
  if not where.https and not self.plain_http and not is_loopback(where.address) then
    return nil, unsent("address", "plain http goes to a loopback address only")
  end
  where.name = ("exotel %s %s %d %s"):format(where.https and "https" or "http",
    where.host:lower(), where.port, where.address)
  where.pool = ("%s %d"):format(where.name, math.floor(now() / LIFE))
  return where
end

-- }=================================================================

-- {=================================================================
-- Connecting
-- ==================================================================

local TRUST = " - lua_ssl_trusted_certificate names the certificates that nginx trusts, which are"
  .. " none by itself (Debian's: /etc/ssl/certs/ca-certificates.crt), and lua_ssl_verify_depth how"
  .. " many may stand between these and the server's (by default 1)"
local NAME = " - nginx compares the certificate with the host's name, never with an address"
local PROTOCOLS = " - lua_ssl_protocols and lua_ssl_ciphers say what nginx offers"
local RESOLVER = " - the directive `resolver` names the server that nginx asks for names"

-- What OpenSSL says of a certificate that nothing leads to.
local untrusted = { "issuer certificate", "self.signed", "verify the first", "chain too long" }

local function at_place(where, text)
  return ("%s port %d: %s"):format(where.host, where.port, text)
end

local function late(where, hint)
  return unsent("timeout", at_place(where, "no connection within the time-out" .. (hint or "")))
end

local function connect_failure(where, why)
  if why == "timeout" then return late(where, not is_address(where.address) and RESOLVER) end
  if why:find "^no resolver defined" then
    return unsent("resolver", at_place(where, why .. RESOLVER)) -- no other try meets one
  end
  return unsent(why:find "resolve" and "resolve" or "connect", at_place(where, why))
end

local function tls_hint(where, why)
  if why:find "host mismatch" then return is_address(where.host) and NAME or "" end
  if why:find "handshake failed" then return PROTOCOLS end
  for _, text in ipairs(untrusted) do
    if why:find(text) then return TRUST end
  end
  return ""
end

-- The number before it may be an earlier failure's.
local function tls_failure(where, why)
  why = why:gsub("^%d+: ", "")
  if why == "timeout" then return late(where) end
  local failure = unsent("tls", at_place(where, why))
  failure.hint = tls_hint(where, why)
  return failure
end

-- What looking up a name may take is nginx's to say (resolver_timeout, 30 seconds): it is given
-- up at our own time.
local function connect_by_name(sock, where, pool, till)
  local connecting = ngx.thread.spawn(function()
    return "ended", sock:connect(where.address, where.port, { pool = pool })
  end)
  local waiting = ngx.thread.spawn(function()
    ngx.sleep(milliseconds_to(till) / 1000)
    return "late"
  end)
  local ran, what, ok, why = ngx.thread.wait(connecting, waiting)
  ngx.thread.kill(connecting)
  ngx.thread.kill(waiting)
  if not ran then error(what, 0) end
  if what == "late" then return nil, "timeout" end
  return ok, why
end

local function connect(sock, where, pool, till)
  if not is_address(where.address) then return connect_by_name(sock, where, pool, till) end
  local host = where.address:find(":", 1, true) and "[" .. where.address .. "]" or where.address
  return sock:connect(host, where.port, { pool = pool })
end

-- Where a handshake was over at once, as it may be on loopback, and the certificate isn't
-- trusted, lua-resty-core 0.1.25 has nothing but an assertion; why it isn't stands in its buffer.
local function why_raised(message)
  local why = base.get_errmsg_ptr()[0]
  if not tostring(message):find "assertion failed" or why == nil then error(message, 0) end
  return ffi.string(why)
end

-- A session is replaced whole by the next one, whoever's handshake that was: any will do. `false`
-- in its place would keep nginx from telling that verification failed.
local function shake_hands(self, sock, where, till)
  wait_until(sock, till)
  local ran, session, why = pcall(sock.sslhandshake, sock, self.sessions[where.name], where.host,
    true)
  if not ran then session, why = nil, why_raised(session) end
  if not session then return nil, tls_failure(where, why) end
  self.sessions[where.name] = session
  return true
end

-- A connection, and whether it was used before: or nil and the failure. pool: where it may come
-- from.
local function open(self, where, pool, till)
  local sock = ngx.socket.tcp()
  wait_until(sock, till)
  local ok, why = connect(sock, where, pool, till)
  if not ok then return nil, connect_failure(where, why) end
  if sock:getreusedtimes() > 0 then return sock, true end
  mark(where, "connected")
  local failure
  if where.https then
    ok, failure = shake_hands(self, sock, where, till)
    if ok then mark(where, "secured") end
  end
  if ok then return sock, false end
  sock:close()
  return nil, failure
end

-- }=================================================================

-- {=================================================================
-- Sending and receiving
-- ==================================================================

local function broken(why)
  if why == "timeout" then
    return { reason = "timeout", message = "no whole answer within the time-out" }
  end
  return { reason = "closed", message = "the connection ended before the answer did: " .. why }
end

-- The reader's last words; and whether anything came at all.
local function receive(sock, where, reader, deadline)
  local state, more, came = "more", nil, false
  while state == "more" do
    if now() >= deadline then return nil, broken "timeout", came end
    wait_until(sock, deadline)
    local data, why = sock:receiveany(PIECE)
    if data then
      if not came then mark(where, "first") end
      came, state, more = true, reader:feed(data)
    elseif why == "closed" then
      state, more = reader:finish()
    else
      return nil, broken(why), came
    end
  end
  return state, more, came
end

-- The response: or nil, the failure, and whether anything came. Here the request is sent.
-- Whether the connection can be used again is said by response.keep_alive.
local function exchange(self, sock, where, request, bytes, deadline)
  local reader = core.http1_reader { head = request.method == "HEAD",
                                     max_body = self.max_response }
  wait_until(sock, deadline)
  local sent, why = sock:send(bytes)
  local whole, failure, came
  if sent then
    whole, failure, came = receive(sock, where, reader, deadline)
  else
    failure = broken(why)
  end
  if whole then return reader:response() end
  reader:close()
  failure.sent = true
  return nil, failure, came
end

-- For a later request; false where it can't be. `lua_socket_pool_size 0`, where none is kept,
-- makes nginx raise.
local function keep(sock)
  local ran, kept = pcall(sock.setkeepalive, sock, IDLE * 1000)
  return ran and kept
end

-- One request on one connection. Third: whether that was an old one that had died unseen.
local function attempt(self, where, request, bytes, deadline, pool)
  local connect_till = math.min(now() + request.connect_timeout, deadline)
  local sock, reused = open(self, where, pool, connect_till)
  if not sock then return nil, reused end
  if now() >= deadline then
    sock:close()
    return nil, late(where)
  end
  local response, failure, came = exchange(self, sock, where, request, bytes, deadline)
  local keeps = response and response.keep_alive and pool ~= UNPOOLED
  if not (keeps and keep(sock)) then sock:close() end
  return response, failure, failure and reused and not came and failure.reason == "closed"
end

-- }=================================================================

--- A transport with the settings of a client; or nil and a misuse where there is one that nginx
--- has no way to follow. Opens nothing.
---@param settings exotel.settings
---@return table? transport
---@return exotel.error? err
function transport.new(settings)
  if settings.ca_file then
    return errors.misuse("inside nginx ca_file can't be followed: the directive"
      .. " lua_ssl_trusted_certificate names the certificates to trust")
  end
  if settings.proxy then
    return errors.misuse("inside nginx proxy can't be followed: its sockets connect to the host"
      .. " itself")
  end
  local resolve, err = read_resolve(settings.resolve)
  if err then return nil, err end
  return setmetatable({
    resolve = resolve, plain_http = settings.plain_http, max_response = settings.max_response,
    sessions = {}, -- TLS, by the names of places
  }, transport)
end

--- Sends one request, as docs/transport.md describes. Yields.
function transport:perform(request)
  local began = now()
  local where, failure = find_place(self, request.url)
  if not where then return nil, failure end
  where.marks = request.phases and { began = began } or nil
  local fresh = request.fresh_connection
  local bytes, wrong = core.http1_request {
    method = request.method, url = request.url, username = request.username,
    password = request.password, headers = request.headers, body = request.body, close = fresh,
  }
  if not bytes then return nil, unsent("other", wrong.message) end
  local deadline = began + request.timeout
  local response, stale
  response, failure, stale = attempt(self, where, request, bytes, deadline,
    fresh and UNPOOLED or where.pool)
  if stale and not request.send_once then
    response, failure = attempt(self, where, request, bytes, deadline, UNPOOLED)
  end
  local ended = now()
  local came = response or failure
  came.keep_alive, came.seconds, came.phases = nil, ended - began, phases_of(where, ended)
  return response, failure
end

--- Lets other requests go on meanwhile.
function transport:sleep(seconds) -- luacheck: ignore 212
  ngx.sleep(seconds)
end

function transport:now() -- luacheck: ignore 212
  return now()
end

--- Epoch seconds.
function transport:time() -- luacheck: ignore 212
  return ngx.time()
end

local IN_TIMER = "in a timer (ngx.timer.at(0, …)), or in rewrite_by_lua, access_by_lua or"
  .. " content_by_lua"

local instead = {
  init = "in a timer that init_worker_by_lua starts (ngx.timer.at), or in a handler",
  exit_worker = "before the worker ends",
}

-- Where Lua would wait for ever, but for an OpenSSL that was patched for it.
local never_resumed = { ssl_client_hello = true, ssl_session_fetch = true }

--- Why a request can't be made here, or nil. A dial waits for a moment, so that where Lua can't
--- yield it is told before anything is sent: connecting to loopback may need no waiting.
---@return string? why
function transport:check(request) -- luacheck: ignore 212
  local phase = ngx.get_phase()
  if never_resumed[phase] or not pcall(ngx.socket.tcp) then
    return ("nginx lets Lua wait for nothing in %s_by_lua, so no request can be made there: make"
      .. " it %s"):format(phase, instead[phase] or IN_TIMER)
  end
  if request and request.dials and not pcall(ngx.sleep, 0.001) then
    return "used where Lua can't yield: in a function that C calls (require, table.sort,"
      .. " string.gsub)"
  end
end

--- The connections are nginx's, and end with their time.
function transport:close() end -- luacheck: ignore 212

return transport
