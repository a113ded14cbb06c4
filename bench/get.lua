-- get: what a GET costs that ends in a record, client:call_details(sid), beside bare libcurl's
-- (bench/bare.c), over HTTP and over HTTPS: this process's CPU time, user and system, and the
-- instructions of its user part, counted by callgrind. An nginx on loopback answers, whose own
-- time doesn't count: on another core, as a server is, and then on the same one, where it takes
-- the caches from the client each time. The rows take turns, so that a busy machine slows them
-- alike; a ratio of times is the median of the rounds' own.
--
-- And the handshakes that GETS questions of one client take, as nginx counts them.
--
-- lua bench/get.lua count ROW: what runs under callgrind.
--
-- SPDX-License-Identifier: MIT

local bare = require "bare"
local exotel = require "exotel"
local floor = require "floor"
local measure = require "bench.measure"
local sys = require "exotel.sys"
local tls = require "spec.support.tls"

local ROUNDS, CALLS = 41, 200
local COUNTED_CALLS = 300
local GETS = 1000

local answer = measure.fixture "S003.call_details.json"
local sid = answer:match '"Sid": "(%x+)"'
local nginx = tls.start(answer)

local function by_libcurl(server)
  local url = ("%s/v1/Accounts/Exotel/Calls/%s.json"):format(nginx[server], sid)
  local handle = bare.new("the_key", "the_token", nginx.ca_file)
  return function(gets) return handle:get(url, gets) end
end

local function new_client(server)
  return exotel.client {
    base_url = nginx[server], account_sid = "Exotel", api_key = "the_key",
    api_token = "the_token", ca_file = nginx.ca_file, proxy = false,
  }
end

local function by_client(server)
  local client = new_client(server)
  return function(gets)
    local call
    for _ = 1, gets do call = assert(client:call_details(sid)) end
    return call
  end
end

-- run(gets): the last answer. bare: the row that it is compared with.
local rows = {
  { name = "HTTP, bare libcurl", run = by_libcurl "plain", bare = 1 },
  { name = "HTTP, call_details", run = by_client "plain", bare = 1 },
  { name = "HTTPS, bare libcurl", run = by_libcurl "good", bare = 3 },
  { name = "HTTPS, call_details", run = by_client "good", bare = 3 },
}

if arg[1] == "count" then
  local run = rows[tonumber(arg[2])].run
  run(COUNTED_CALLS) -- until the collector runs as it will
  floor.repeated(function() run(COUNTED_CALLS) end, 1)
  nginx:stop()
  return
end

-- What is compared must be whole.
for _, row in ipairs(rows) do
  local got = row.run(1)
  assert(got == answer or got.sid == sid and got.price_text == "1.500", row.name)
end

for index, row in ipairs(rows) do
  row.count = measure.instructions(index, 1) / COUNTED_CALLS
end

local function time_rows()
  for _, row in ipairs(rows) do row.times, row.ratios = {}, {} end
  for round = 1, ROUNDS do
    for _, row in ipairs(rows) do
      row.times[round] = measure.seconds(row.run, CALLS) / CALLS
      row.ratios[round] = row.times[round] / rows[row.bare].times[round]
    end
  end
  for _, row in ipairs(rows) do
    row.us, row.ratio = measure.median(row.times) * 1e6, measure.median(row.ratios)
  end
end

print(("one GET of a call, %d bytes; us of CPU, medians of %d rounds; instructions by callgrind")
  :format(#answer, ROUNDS))
local cores = measure.cores()
measure.pin(sys.pid(), cores[1])
for _, place in ipairs { { "a core for the client alone", cores[2] },
                         { "client and server on one core", cores[1] } } do
  local title, core = place[1], place[2]
  if core then
    measure.pin(nginx.process:pid(), core)
    time_rows()
    print(("%-30s %8s %11s %12s %11s"):format(title, "us", "of libcurl", "instructions",
      "of libcurl"))
    for _, row in ipairs(rows) do
      print(("%-30s %8.1f %11.2f %12.0f %11.2f"):format(row.name, row.us, row.ratio, row.count,
        row.count / rows[row.bare].count))
    end
  end
end

-- Connections, and those of them that began with a full TLS handshake.
local function handshakes(server)
  nginx:clear()
  local client = new_client(server)
  for _ = 1, GETS do assert(client:call_details(sid)) end
  client:close()
  local connections, full = 0, 0
  for _, entry in ipairs(nginx:log(server, GETS)) do
    if entry.requests == 1 then
      connections = connections + 1
      if server ~= "plain" and not entry.reused then full = full + 1 end
    end
  end
  return connections, full
end

print(("%-30s %8s %11s"):format(("%d GETs of one client"):format(GETS), "TCP", "TLS"))
print(("%-30s %8d %11d"):format("HTTP, handshakes", handshakes "plain"))
print(("%-30s %8d %11d"):format("HTTPS, handshakes", handshakes "good"))
nginx:stop()
