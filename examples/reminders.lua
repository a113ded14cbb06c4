-- Rings people before their appointments, and writes down how each call ended. Killed at any
-- moment and run again, it goes on, and rings nobody twice.
--   lua5.4 examples/reminders.lua APPOINTMENTS JOURNAL RESULTS CALLER_ID APP_ID
-- APPOINTMENTS has lines like 17,+919876543210,2026-11-23 10:30:00, each with another name, of
-- letters and digits, in front; RESULTS gets one like 17,completed,24 for each. JOURNAL is the
-- program's own. Run one at a time.
-- The account comes from EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN.

local exotel = require "exotel"
local sys = require "exotel.sys"

local APPOINTMENTS, JOURNAL, RESULTS, CALLER_ID, APP_ID = arg[1], arg[2], arg[3], arg[4], arg[5]

if not APP_ID then error("the names of three files, CALLER_ID and APP_ID are wanted", 0) end

local SPACING = 60 / 100 -- seconds from dial to dial: the account has 200 requests a minute
local POLL, LATER = 30, 60 -- seconds until a call is looked at again, or something is tried again
local TIME_LIMIT, RINGING = 120, 30 -- seconds: short ones make it certain early that none rang

local going_on = { queued = true, ringing = true, ["in-progress"] = true }

-- {=================================================================
-- Files
-- ==================================================================

local function write(name, ...)
  assert(sys.append(name, table.concat({ ... }, name == RESULTS and "," or " ") .. "\n"))
end

-- The lines of a file of this program's own. One that a crash broke off was never written: the
-- file goes on without it.
local function lines_of(name)
  local file, list = io.open(name), {}
  if not file then return list end
  local text = file:read "*a"
  file:close()
  local whole = text:gsub("[^\n]+$", "")
  if whole ~= text then
    os.remove(name .. ".new")
    assert(sys.append(name .. ".new", whole))
    assert(os.rename(name .. ".new", name))
  end
  for line in whole:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

-- }=================================================================

-- {=================================================================
-- What is to do: { name, number, at, step, due, tries, dial, sid }, in order and by name
-- ==================================================================

local jobs, known = {}, {} -- known: the SIDs of calls

-- A name that stands twice would be rung twice, and a line that is passed over never.
local function read_appointment(line)
  local name, number, at = line:match "^(%w+),([^,]+),(.+)$"
  local epoch = name and exotel.time(at)
  if not epoch then return nil, "isn't like 17,+919876543210,2026-11-23 10:30:00" end
  if jobs[name] then return nil, "has a name that stood before" end
  return { name = name, number = number, at = epoch, step = "ring",
           due = sys.time() + SPACING * #jobs, tries = 0 }
end

local at_line = 0
for line in io.lines(APPOINTMENTS) do
  at_line = at_line + 1
  if line ~= "" then
    local job, wrong = read_appointment(line)
    if not job then error(("%s: line %d %s"):format(APPOINTMENTS, at_line, wrong), 0) end
    jobs[#jobs + 1], jobs[job.name] = job, job
  end
end

-- Just after its dial the service may not know a call yet.
local function placed(job, sid)
  job.step, job.sid, job.due = "watch", sid, sys.time() + POLL
  known[#known + 1] = sid
end

local read = {} -- by the first word of a line of the journal

function read.dialling(job, reference, began, latest, number)
  job.step, job.due, job.tries = "ask", 0, job.tries + 1
  job.dial = { reference = reference, from = number, began = tonumber(began),
               latest = tonumber(latest), time_limit = TIME_LIMIT, ring_timeout = RINGING }
end

function read.placed(job, _, sid)
  placed(job, sid)
end

function read.not_placed(job)
  job.step = "ring"
end

for _, line in ipairs(lines_of(JOURNAL)) do
  local word, reference, a, b, c = line:match "^(%S+) (%S+) ?(%S*) ?(%S*) ?(%S*)$"
  local job = jobs[reference:match "^%w+"]
  if job then read[word](job, reference, a, b, c) end
end

for _, line in ipairs(lines_of(RESULTS)) do
  local job = jobs[line:match "^%w+"]
  if job then job.step = nil end
end

-- }=================================================================

local client = exotel.client {
  before_dial = function(reference, request)
    return sys.append(JOURNAL, ("dialling %s %.3f %.3f %s\n"):format(reference, request.began,
      request.latest, request.from))
  end,
}

local function settle(job, status, seconds)
  write(RESULTS, job.name, status, seconds or "")
  job.step = nil
end

local function wait(job, step, seconds)
  job.step, job.due = step, sys.time() + seconds
end

-- What is wrong with the account is wrong with every dial.
local stops = { auth = true, payment = true }

local function give_up_or_wait(job, err)
  if stops[err.reason] then exotel.assert(nil, err) end
  if err.kind == "invalid" or err.outcome == "rejected" and err.status ~= 429 then
    return settle(job, err.reason)
  end
  wait(job, "ring", LATER)
end

local steps = {}

-- Its place in SPACING is kept by `due`.
function steps.ring(job)
  if job.at <= sys.time() then return settle(job, "too late") end
  job.tries = job.tries + 1
  local reference = job.name .. "." .. job.tries
  local call, err = client:connect({
    from = job.number, caller_id = CALLER_ID, app_id = APP_ID, time_limit = TIME_LIMIT,
    ring_timeout = RINGING,
  }, { reference = reference })
  if call then
    write(JOURNAL, "placed", reference, call.sid)
    placed(job, call.sid)
  elseif err.outcome == "unknown" then
    job.dial = err
    wait(job, "ask", 0)
  else
    write(JOURNAL, "not_placed", reference)
    give_up_or_wait(job, err)
  end
end

function steps.ask(job)
  local found = client:reconcile(job.dial, { known = known })
  if not found then
    wait(job, "ask", LATER)
  elseif found.state == "placed" then
    write(JOURNAL, "placed", found.reference, found.call.sid)
    placed(job, found.call.sid)
  elseif found.state == "not_placed" then
    write(JOURNAL, "not_placed", found.reference)
    wait(job, "ring", 0)
  elseif found.state == "unknown" then
    job.due = found.ask_again_at
  else
    settle(job, "ambiguous") -- for people to look at
  end
end

function steps.watch(job)
  local call, err = client:call_details(job.sid)
  if call and not going_on[call.status] then
    settle(job, call.status, call.duration)
  elseif err and err.outcome == "rejected" and err.status ~= 429 then
    settle(job, err.reason)
  else
    wait(job, "watch", POLL)
  end
end

-- The one whose turn is next; nil when all are done.
local function next_job()
  local best
  for _, job in ipairs(jobs) do
    if job.step and (not best or job.due < best.due) then best = job end
  end
  return best
end

local job = next_job()
while job do
  local seconds = job.due - sys.time()
  if seconds > 0 then sys.sleep(seconds) end
  steps[job.step](job)
  job = next_job()
end
