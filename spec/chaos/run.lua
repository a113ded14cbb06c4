-- chaos/run: dials through every fault of the sandbox, and counts which phones rang.
--
--   lua5.4 spec/chaos/run.lua [--dials N] [--seed N] [--naive] [--nginx]
--
-- A tenth of the dials goes through the blocking client, the others through the loop. What the
-- client told of each dial is held against what the sandbox read: a dial that was told as
-- `not_sent` or `rejected` must not have rung, a success must have, and no phone may have rung
-- twice. Meanwhile the calls are followed to their end by a tracker, though their StatusCallbacks
-- are lost, doubled, late and out of order: each must be settled once (see settle.lua). Prints a
-- row a fault; ends with exit code 1 unless all of that holds.
--
-- With --nginx all dials go through handlers of a real nginx, many at a time; there their calls
-- aren't followed.
--
-- --naive dials in the loop with a client that tries again whenever no success came. Then phones
-- must ring twice: it shows that this program would see it. Its calls aren't followed either.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local lua = require "spec.support.lua"
local plan = require "spec.chaos.plan"
local sandbox = require "exotel.sandbox"
local settle = require "spec.chaos.settle"
local verdict = require "spec.chaos.verdict"

local TO, CALLER_ID = "+919123456770", "08039570000"
local BLOCKING = 10                     -- each tenth dial blocks
local TIMEOUT, SHORT_TIMEOUT = 3, 1     -- seconds; what is silent takes as long; 1 where it blocks
local DEAF = "http://127.0.0.1:1"       -- nobody listens there
local AGAIN = 0.02                      -- of all dials are to be tried again at once, by chance
local LEAST_RUNG, LEAST_SHARE = 0.8, 0.01
local NAIVE_TRIES = 3
local HANDLERS, WORKERS = 256, 2        -- at work at a time inside nginx, and its workers

local function read_arguments(list)
  local given = { dials = 10000, seed = 1 }
  local index = 1
  while list[index] do
    local name = list[index]:match "^%-%-(%a+)$"
    if name == "naive" or name == "nginx" then
      given[name] = true
    elseif name == "dials" or name == "seed" then
      index = index + 1
      given[name] = assert(tonumber(list[index]), "--" .. name .. " wants a number")
    else
      error("unknown option " .. list[index])
    end
    index = index + 1
  end
  return given
end

-- {=================================================================
-- Clients: each tells in entry.call or entry.err what became of a dial
-- ==================================================================

-- Two clients of one sandbox: the second one's address is one where nobody listens.
local function clients_of(box, settings)
  local listening = box:client(settings)
  settings.base_url = DEAF
  return { listening, box:client(settings) }
end

-- A dial; `asks` are more of its parameters.
local function dial(clients, entry, how)
  local client = entry.fault.deaf and clients[2] or clients[1]
  if entry.fault.reuse then clients[1]:balance() end
  local params = { from = entry.number, to = TO, caller_id = CALLER_ID }
  for name, value in pairs(entry.asks or {}) do params[name] = value end
  entry.call, entry.err = client:connect(params, how)
end

-- What one mustn't do: a dial that failed may have rung.
local function dial_naively(clients, entry)
  for _ = 1, NAIVE_TRIES do
    dial(clients, entry, { retries = 0 })
    if entry.call then return end
  end
end

local function dial_all_naively(box, list)
  local loop = exotel.loop { requests_in_flight = 128, dials_in_flight = 64 }
  local clients = clients_of(box, { timeout = SHORT_TIMEOUT, transport = loop })
  for _, entry in ipairs(list) do loop:spawn(dial_naively, clients, entry) end
  assert(loop:run())
  loop:close()
end

-- A world in which all are dialled, and their calls settled.
local function dial_and_settle(box, list, seed)
  local world = settle.new(box, seed)
  local blocking = clients_of(box, world:settings(SHORT_TIMEOUT))
  local looping = clients_of(box, world:settings(TIMEOUT, true))
  world:run(list, function(entry, index)
    if index % BLOCKING == 0 then return dial(blocking, entry) end
    world.loop:spawn(dial, looping, entry)
  end)
  return world
end

-- In a handler: dials as above. What became of it: the SID, or the outcome.
local HANDLER = [[
  local url, reuses, number, tries, retries, timeout = ...
  local client, call, err = kit.shared(url, { timeout = timeout, retries = 2 })
  for _ = 1, tries do
    if reuses then client:balance() end
    call, err = kit.dial(client, { from = number }, { retries = retries })
    if call then return "success", call.sid end
  end
  return "failure", err.outcome
]]

local function dial_in_nginx(box, list, naive)
  local inside = require "spec.support.inside"
  local server = inside.start { workers = WORKERS }
  local loop = exotel.loop { requests_in_flight = HANDLERS, dials_in_flight = HANDLERS }
  local function dial_in_handler(entry)
    local said, what = server:run_in(loop, HANDLER, entry.fault.deaf and DEAF or box.url,
      entry.fault.reuse, entry.number, naive and NAIVE_TRIES or 1,
      naive and 0 or nil, TIMEOUT):match "^(%l+)\n(.*)$"
    if said == "success" then entry.call = { sid = what } end
    if said == "failure" then entry.err = { outcome = what } end
  end
  for _, entry in ipairs(list) do loop:spawn(dial_in_handler, entry) end
  assert(loop:run())
  loop:close()
  local maps = server:maps()
  server:stop()
  return maps
end

-- }=================================================================

-- {=================================================================
-- What became of them
-- ==================================================================

-- By number: the SIDs of the calls that were placed.
local function rings_of(box)
  local rings = {}
  for _, read in ipairs(box:dials()) do
    if read.call_sid then
      local sids = rings[read.form.From] or {}
      rings[read.form.From] = sids
      sids[#sids + 1], sids[read.call_sid] = read.call_sid, true
    end
  end
  return rings
end

local function told_of(entry)
  if entry.call then return "success" end
  return entry.err and entry.err.outcome or "nothing"
end

local function is_wrong(entry, told, sids)
  if told == "success" then return not sids[entry.call.sid] end
  return (told == "not_sent" or told == "rejected") and #sids > 0
end

local columns = { "dials", "rang", "success", "rejected", "not_sent", "unknown", "nothing",
                  "twice", "wrong" }

local function new_row(name)
  local row = { name = name }
  for _, column in ipairs(columns) do row[column] = 0 end
  return row
end

local function count(row, entry, sids)
  local told = told_of(entry)
  row.dials, row[told] = row.dials + 1, row[told] + 1
  if #sids > 0 then row.rang = row.rang + 1 end
  if #sids > 1 then row.twice = row.twice + 1 end
  if is_wrong(entry, told, sids) then row.wrong = row.wrong + 1 end
end

-- A row a fault, by its name, and one for all.
local function rows_of(list, rings)
  local rows = { all = new_row "all" }
  for _, fault in ipairs(plan.faults) do rows[fault.name] = new_row(fault.name) end
  for _, entry in ipairs(list) do
    local sids = rings[entry.number] or {}
    count(rows[entry.fault.name], entry, sids)
    count(rows.all, entry, sids)
  end
  return rows
end

local function print_row(row)
  local cells = {}
  for index, column in ipairs(columns) do cells[index] = ("%9d"):format(row[column]) end
  print(("%-20s%s"):format(row.name, table.concat(cells)))
end

local function print_table(rows)
  print(("%-20s%s"):format("fault", (" %8s"):rep(#columns):format(lua.unpack(columns))))
  for _, fault in ipairs(plan.faults) do print_row(rows[fault.name]) end
  print_row(rows.all)
end

-- }=================================================================

local failed = false

local function demand(holds, text, ...)
  print((holds and "ok      " or "FAILED  ") .. text:format(...))
  failed = failed or not holds
end

local function demand_all(rows, given)
  local all = rows.all
  if given.naive then
    return demand(all.twice > 0, "phones that a naive client rang twice: %d, more than 0",
      all.twice)
  end
  for _, fault in ipairs(plan.faults) do
    local dials = rows[fault.name].dials
    if dials < given.dials * LEAST_SHARE then
      demand(false, "dials with the fault '%s': %d", fault.name, dials)
    end
  end
  demand(all.rang >= given.dials * LEAST_RUNG, "phones rung: %d, at least %d", all.rang,
    given.dials * LEAST_RUNG)
  demand(all.twice == 0, "phones rung twice: %d", all.twice)
  demand(all.wrong == 0, "outcomes told wrongly: %d", all.wrong)
  demand(all.nothing == 0, "dials not accounted for: %d", all.nothing)
end

local given = read_arguments(arg)
local follows = not (given.naive or given.nginx)
local box = assert(sandbox.start(follows and settle.sandbox(given.seed)
  or { seed = given.seed, rate_limit = 0 }))
local list = plan.dials(given.dials, given.seed)
box:fault { fault = "dies_on_reuse", operation = "balance", every = 1 }
box:fault { fault = "too_many", operation = "connect", share = AGAIN, seconds = 0 }

print(("%d dials, seed %d"):format(given.dials, given.seed))
local world
if given.nginx then
  local maps = dial_in_nginx(box, list, given.naive)
  demand(not maps:find("curl", 1, true), "libcurl isn't mapped into a worker")
elseif given.naive then
  dial_all_naively(box, list)
else
  world = dial_and_settle(box, list, given.seed)
end

local rows = rows_of(list, rings_of(box))
print_table(rows)
demand_all(rows, given)
if world then verdict.give(world, list, demand) end
box:stop()
os.exit(failed and 1 or 0)
