-- examples/reminders.lua: it rings everybody once, also when it is killed at any moment and run
-- again. The phones are those of a sandbox, whose time it lives in (spec/support/mortal.lua).
--
-- SPDX-License-Identifier: MIT

local lua = require "spec.support.lua"
local raw = require "spec.support.raw"
local sandbox = require "exotel.sandbox"
local sys = require "exotel.sys"

local LONG = 60 -- seconds that nothing here should ever need
local EPOCH = 1795000000 -- 2026-11-18
local KILLED = 9
local COMPLETED, BUSY, PLACES_AND_CLOSES =
  "+919876543210", "+919876543201", "+919876543223"
local LATER, EARLIER = "2026-11-23 10:30:00", "2026-11-17 10:30:00"

local folder, remove, service

before_each(function() folder, remove = raw.directory() end)

after_each(function()
  if service then service:stop() end
  service = nil
  remove()
end)

local function path(name) return folder .. "/" .. name end

local function write(name, text)
  local file = assert(io.open(path(name), "w"))
  assert(file:write(text))
  assert(file:close())
end

local function read(name)
  local file = io.open(path(name))
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

-- A sandbox, and the appointments: { name, number, at }.
local function begin(appointments, options)
  local all = { speed = 0, epoch = EPOCH, rate_limit = 0 }
  for name, value in pairs(options or {}) do all[name] = value end
  service = assert(sandbox.start(all))
  local lines = {}
  for index, one in ipairs(appointments) do
    lines[index] = ("%s,%s,%s\n"):format(one[1], one[2], one[3] or LATER)
  end
  write("appointments", table.concat(lines))
  os.remove(path "journal")
  os.remove(path "results")
end

local function start(moment, stderr)
  return assert(sys.spawn { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
    "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
    "EXOTEL_BASE_URL=" .. service.url, lua.name, "spec/support/mortal.lua", service.url,
    tostring(moment), "examples/reminders.lua", path "appointments", path "journal",
    path "results", "08039570000", "926", stderr = stderr })
end

-- Runs it up to its end, or up to a moment: whether it was killed then.
local function run(moment)
  local process = start(moment or 0)
  local code, _, signal = process:wait(LONG)
  process:close()
  assert.is_true(code == 0 or signal == KILLED, tostring(code))
  return signal == KILLED
end

-- How often each phone has rung.
local function rings()
  local count = {}
  for _, call in ipairs(service:calls()) do count[call.from] = (count[call.from] or 0) + 1 end
  return count
end

-- The status of each name; a name that stands twice raises.
local function results()
  local statuses = {}
  for name, status in read("results"):gmatch "(%w+),([^,\n]*),%d*\n" do
    assert.is_nil(statuses[name], name)
    statuses[name] = status
  end
  return statuses
end

describe("examples/reminders.lua", function()
  it("rings everybody once, and writes down how each call ended", function()
    begin { { "17", COMPLETED }, { "18", BUSY }, { "19", "nobody" }, { "20", "+919876543212",
                                                                       EARLIER } }
    assert.is_false(run())
    assert.same({ [COMPLETED] = 1, [BUSY] = 1 }, rings())
    assert.same({ ["17"] = "completed", ["18"] = "busy", ["19"] = "phone", ["20"] = "too late" },
      results())
    local dials = service:dials()
    assert.same({ "17.1", "18.1" }, { dials[1].form.CustomField, dials[2].form.CustomField })
  end)

  it("rings whom a last line without its end names, and leaves the file as it is", function()
    begin { { "17", COMPLETED } }
    local text = ("17,%s,%s\n18,%s,%s"):format(COMPLETED, LATER, BUSY, LATER)
    write("appointments", text)
    assert.is_false(run())
    assert.same({ [COMPLETED] = 1, [BUSY] = 1 }, rings())
    assert.equal(text, read "appointments")
  end)

  for about, line in pairs {
    ["a name that stands twice"] = "17," .. BUSY .. "," .. LATER,
    ["a name that is none"] = "M. Rao," .. BUSY .. "," .. LATER,
    ["no time"] = "18," .. BUSY .. ",23/11/2026 10:30",
    ["a line of another system's end"] = "18," .. BUSY .. "," .. LATER .. "\r",
  } do
    it("rings nobody for a file with " .. about, function()
      begin { { "17", COMPLETED } }
      write("appointments", ("17,%s,%s\n%s\n"):format(COMPLETED, LATER, line))
      local process = start(0, false)
      assert.is_true(process:wait(LONG) ~= 0)
      process:close()
      assert.equal(0, #service:dials())
      assert.equal("", read "journal")
    end)
  end

  it("does nothing when all was done", function()
    begin { { "17", COMPLETED }, { "18", BUSY } }
    assert.is_false(run())
    local before = read "results"
    assert.is_false(run())
    assert.same({ 2, before }, { #service:dials(), read "results" })
  end)

  it("rings again where it is certain that nobody's phone rang, and nowhere else", function()
    begin { { "17", PLACES_AND_CLOSES }, { "18", COMPLETED } }
    service:fault { fault = "close", operation = "connect", next = 1, number = COMPLETED }
    assert.is_false(run())
    assert.same({ [PLACES_AND_CLOSES] = 1, [COMPLETED] = 1 }, rings())
    assert.same({ ["17"] = "completed", ["18"] = "completed" }, results())
    local references = {}
    for index, dial in ipairs(service:dials()) do references[index] = dial.form.CustomField end
    assert.same({ "17.1", "18.1", "18.2" }, references)
  end)

  it("rings no phone twice, and forgets none, killed at any moment, and again", function()
    local people = { { "17", COMPLETED }, { "18", PLACES_AND_CLOSES }, { "19", BUSY } }
    local moment = 0
    local killed
    repeat
      moment = moment + 1
      begin(people)
      killed = run(moment)
      if killed and run(moment) then assert.is_false(run()) end
      local about = "killed at moment " .. moment
      assert.same({ [COMPLETED] = 1, [PLACES_AND_CLOSES] = 1, [BUSY] = 1 }, rings(), about)
      assert.same({ ["17"] = "completed", ["18"] = "completed", ["19"] = "busy" }, results(),
        about)
      service:stop()
    until not killed
    assert.is_true(moment > 20, moment)
  end)

  it("rings no phone twice, killed while a dial waits for its answer", function()
    begin({ { "17", COMPLETED }, { "18", BUSY } }, { originate_seconds = 5 })
    local process = start(0)
    local stop = sys.now() + LONG
    repeat sys.sleep(0.01) until #service:dials() > 0 or sys.now() > stop
    assert(process:signal "KILL")
    process:wait(LONG)
    process:close()
    assert.same({ [COMPLETED] = 1 }, rings())
    assert.matches("^dialling 17%.1 [%d.]+ [%d.]+ %+919876543210\n$", read "journal")
    service:advance(60)
    write("appointments", ("17,%s,%s\n"):format(COMPLETED, LATER))
    assert.is_false(run())
    assert.same({ [COMPLETED] = 1 }, rings())
    assert.same({ ["17"] = "completed" }, results())
  end)

  -- What of the journal is left, of one dial that was placed.
  local torn = { ["dialling 17.1 17950"] = "^dialling 17%.1 17950",
                 ["half of the SID"] = "^[^\n]*\nplaced 17%.1 %x%x%x%x",
                 ["all but its last newline"] = "^[^\n]*\nplaced 17%.1 %x+" }
  for about, left in pairs(torn) do
    it("takes a line that a crash broke off as never written: " .. about, function()
      begin { { "17", COMPLETED } }
      if about:find "^dialling" then
        write("journal", about) -- it never left
      else
        assert.is_false(run())
        write("journal", assert(read("journal"):match(left)))
      end
      write("results", "16,busy,4\n17,compl")
      assert.is_false(run())
      assert.same({ [COMPLETED] = 1 }, rings())
      assert.same({ ["16"] = "busy", ["17"] = "completed" }, results())
      assert.matches("^dialling 17%.1 [%d.]+ [%d.]+ %+%d+\nplaced 17%.1 %x+\n$", read "journal")
    end)
  end
end)
