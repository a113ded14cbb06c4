-- nginx: what a webhook costs a worker of nginx, as wrk posts them: read by exotel.parse_callback,
-- and in the ways that are otherwise taken there (bench/nginx_handlers.lua). Beside them stands a
-- handler that reads the body and does nothing with it: CPU above that one's is what the reading
-- itself costs.
--
-- One worker, on one core, and wrk on another one if there is one. The rows take turns, and the
-- median of all rounds counts, over several workers one after the other: what LuaJIT makes of a
-- handler differs from one to the next. Instructions are counted apart (bench/nginx_count.lua).
--
-- SPDX-License-Identifier: MIT

local measure = require "bench.measure"
local nginx = require "spec.support.nginx"
local nginx_count = require "bench.nginx_count"
local posting = require "spec.support.posting"

local WORKERS, ROUNDS, SECONDS = 5, 5, 1 -- after one round for warming up
local CONNECTIONS = 16

local multipart = measure.fixture "S003.terminal.multipart"
local SID = "492205107c5fb48f4ac25d1f77759339"

-- A format: its body, its type, how it is read otherwise, and how an event is then made of that.
local formats = {
  { name = "form", body = measure.fixture "S003.terminal.form", type = posting.FORM,
    other = "decode_args", told = "ngx.decode_args", by_hand = "event_of_args",
    floor = "table_alone" },
  { name = "multipart", body = multipart, other = "split", told = "a split by find, match",
    by_hand = "event_of_split",
    type = posting.MULTIPART .. "; boundary=" .. multipart:match "^%-%-([^\r\n]+)" },
  { name = "JSON", body = measure.fixture "S003.terminal.json", type = posting.JSON,
    other = "cjson", told = "lua-cjson" },
}

local NGINX = { level = "error", http = [[
  access_log off;
  init_by_lua_block {
    package.path = "@tree@/?.lua;" .. package.path
    package.cpath = "@tree@/build/luajit/bench/?.so;" .. package.cpath
    require "bench.nginx_handlers"
  }
  server {
    listen 127.0.0.1:@web@;
    keepalive_requests 1000000000;
    location ~ ^/(\w+)$ {
      content_by_lua_block { require("bench.nginx_handlers").handle(ngx.var[1]) }
    }
  }
]] }

local server, worker -- the ones that are measured

-- All that a command prints.
local function said(...)
  local quoted = {}
  for index, word in ipairs { ... } do quoted[index] = "'" .. word .. "'" end
  local pipe = assert(io.popen(table.concat(quoted, " ") .. " 2>&1"))
  local text = pipe:read "a"
  assert(pipe:close(), text)
  return text
end

local cores = measure.cores()
local worker_core, wrk_core = cores[1], cores[#cores]

-- Seconds of CPU time that the worker has had, user and system.
local function worker_seconds()
  local file = assert(io.open(("/proc/%d/schedstat"):format(worker)))
  local nanoseconds = file:read "n"
  file:close()
  return nanoseconds / 1e9
end

-- Posts the format's body for a while: webhooks a second, and the worker's seconds of CPU for each.
local function post(format, way)
  local before = worker_seconds()
  local text = said("taskset", "-c", tostring(wrk_core), "wrk", "-t1", "-c" .. CONNECTIONS,
    "-d" .. SECONDS .. "s", "-s", "bench/nginx_post.lua", server.url .. "/" .. way, "--",
    format.file, format.type)
  local cpu = worker_seconds() - before
  local posted, duration, errors = text:match "posted (%d+) in (%d+) us, errors (%d+)"
  assert(errors == "0", text)
  return posted / (duration / 1e6), cpu / posted
end

-- Each way but the one that reads nothing must have found the SID.
local function check(format, way)
  local status, rest = posting.request(server.ports.web, "POST", "/" .. way,
    { ["Content-Type"] = format.type }, format.body)
  assert(status == 200 and rest:find(way == "read" and ("0"):rep(32) or SID, 1, true), way)
end

local rows = {}
for _, format in ipairs(formats) do
  for _, way in ipairs { { "read", "the body alone" }, { format.other, format.told },
                         { "parse_callback", "exotel.parse_callback" },
                         format.by_hand and { format.by_hand, "the event by hand" },
                         format.floor and { format.floor, "the event's table alone" } } do
    local row = { format = format, way = way[1], name = way[2], rates = {}, cpus = {} }
    format[#format + 1], rows[#rows + 1] = row, row
  end
end

local function write_bodies()
  for _, format in ipairs(formats) do
    format.file = server.directory .. "/" .. format.name
    local file = assert(io.open(format.file, "wb"))
    assert(file:write(format.body))
    file:close()
  end
end

for _ = 1, WORKERS do
  server = nginx.start(NGINX)
  worker = server:workers()[1]
  measure.pin(worker, worker_core)
  write_bodies()
  for round = 0, ROUNDS do
    for _, row in ipairs(rows) do
      if round == 0 then check(row.format, row.way) end
      local rate, cpu = post(row.format, row.way)
      if round > 0 then table.insert(row.rates, rate) table.insert(row.cpus, cpu) end
    end
  end
  server:stop()
end

for _, row in ipairs(rows) do
  row.cpu, row.rate = measure.median(row.cpus), measure.median(row.rates)
  row.count = nginx_count(NGINX, "/" .. row.way, row.format)
end

print(("webhooks of %d (form), %d (multipart), %d (JSON) bytes; one worker; medians of %d rounds")
  :format(#formats[1].body, #formats[2].body, #formats[3].body, WORKERS * ROUNDS))
local HEAD = "%-31s %10s %7s %9s %10s %9s %13s %10s"
print(HEAD:format("", "webhooks/s", "us CPU", "above", "of theirs", "webhooks", "instructions",
  "of theirs"))
print(HEAD:format("", "", "", "the body", "above it", "per CPU", "above body", "above it"))
for _, row in ipairs(rows) do
  local base, other = row.format[1], row.format[2]
  local text = ("%-31s %10.0f %7.2f"):format(row.format.name .. ", " .. row.name, row.rate,
    row.cpu * 1e6)
  if row ~= base then
    local above, count = row.cpu - base.cpu, row.count - base.count
    text = text .. (" %9.2f %10.2f %9.2f %13.0f %10.2f"):format(above * 1e6,
      above / (other.cpu - base.cpu), other.cpu / row.cpu, count,
      count / (other.count - base.count))
  end
  print(text)
end

-- The same work: what theirs gives isn't an event yet.
for _, format in ipairs(formats) do
  local base, ours, by_hand = format[1], format[3], format[4]
  if by_hand then
    print(("%s, exotel.parse_callback of the event by hand: %.2f of CPU, %.2f of instructions")
      :format(format.name, (ours.cpu - base.cpu) / (by_hand.cpu - base.cpu),
        (ours.count - base.count) / (by_hand.count - base.count)))
  end
end
