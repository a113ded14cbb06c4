-- The contract of transports: over curl, over a loop and over the example's own, every case of
-- exotel.transport.conformance, with its server in another process. Then the check itself: over
-- transports that are wrong on purpose, each found out by the words of the judge, until every
-- case has found something.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.transport.conformance"
local curl = require "exotel.transport.curl"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"
local wrong_transports = require "spec.rows.wrong_transports"

local LONG = 60 -- seconds that nothing here should ever need

local own = dofile "examples/own_transport.lua"

-- All of it over the example's transport, in a process of its own beside the others.
local CHECK = ([[
local own = dofile "examples/own_transport.lua"
local conformance = require "exotel.transport.conformance"
local wrong, notes = assert(conformance.check(own.new, { lua = %q }))
for _, text in ipairs(wrong) do print("wrong: " .. text) end
for _, text in ipairs(notes) do print("note: " .. text) end]]):format(lua.name)

local server, checking, loop

setup(function()
  server = assert(conformance.start())
  checking = assert(sys.spawn { lua.name, "-e", CHECK })
end)

teardown(function()
  server:stop()
  checking:close()
end)

before_each(function() loop = assert(exotel.loop()) end)
after_each(function() loop:close() end)

local function spawn(work) loop:spawn(work) end

-- What is wrong with what came of a case, or nil.
local function judge(case, outcome)
  return conformance.judge(case, outcome, server:seen(case))
end

local function wrong_with(make, case)
  local outcome = conformance.drive(make, case, server.addresses)
  return outcome and judge(case, outcome)
end

-- Drives these cases at once, each in a task of its own. Returns the outcomes by their names.
local function drive_at_once(make, list)
  local outcomes = {}
  for _, case in ipairs(list) do
    loop:spawn(function()
      outcomes[case.name] = conformance.drive(make, case, server.addresses, spawn)
    end)
  end
  exotel.assert(loop:run())
  return outcomes
end

describe("the contract is kept", function()
  for _, case in ipairs(conformance.cases) do
    if not case.beside then
      it(("by curl: %s, %s"):format(case.name, case.about), function()
        assert.is_nil(wrong_with(curl.new, case))
      end)
    end
  end

  for _, case in ipairs(conformance.cases) do
    it(("by a loop: %s, %s"):format(case.name, case.about), function()
      local outcomes = drive_at_once(function() return loop end, { case })
      assert.is_nil(judge(case, outcomes[case.name]))
    end)
  end

  it("by the example's transport, but for what it may lack", function()
    assert.equal("note: kept.reused: step 2: the connection of before wasn't used again",
      checking:read_line(LONG))
    assert.same({ nil, "closed" }, { checking:read_line(LONG) })
    assert.equal(0, checking:wait(LONG))
  end)
end)

describe("a transport is found out that", function()
  for _, row in ipairs(wrong_transports) do
    it(row.about, function()
      local list, outcomes = {}, {}
      for name in pairs(row.finds) do list[#list + 1] = conformance.cases[name] end
      if row.in_loop then
        outcomes = drive_at_once(function(settings) return row.make(settings, loop) end, list)
      end
      for _, case in ipairs(list) do
        local outcome = outcomes[case.name]
          or conformance.drive(row.make, case, server.addresses)
        assert.matches(row.finds[case.name], judge(case, outcome) or "nothing was found", nil, nil,
          case.name)
      end
    end)
  end

  it("lacks any of it: each case has found something", function()
    local found = {}
    for _, row in ipairs(wrong_transports) do
      for name in pairs(row.finds) do found[name] = true end
    end
    for _, case in ipairs(conformance.cases) do assert.is_true(found[case.name], case.name) end
  end)
end)

describe("the check", function()
  it("ends its server with itself, and says so of one that has ended", function()
    local other = assert(conformance.start())
    local case = conformance.cases["request.get"]
    assert.same({}, other:seen(case))
    other:stop()
    other:stop()
    assert.error_matches(function() other:seen(case) end, "the server was stopped")
  end)

  it("says why its server doesn't start", function()
    assert.same({ nil, "the server didn't start: it ended with exit code 1 before it listened" },
      { conformance.start { lua = "false" } })
    assert.same({ nil, "the server didn't start: /nowhere/lua: No such file or directory" },
      { conformance.check(own.new, { lua = "/nowhere/lua" }) })
  end)

  it("runs where it is told to", function()
    local outcome_in_task
    local wrong = assert(conformance.check(function()
      outcome_in_task = loop:check() == nil
      error("not here", 0)
    end, { spawn = spawn, run = function(work)
      loop:spawn(work)
      loop:run()
    end }))
    assert.is_true(outcome_in_task)
    assert.equal("request.get: it raised: not here", wrong[1])
    assert.is_true(#wrong == #conformance.cases - 1) -- one is a property that it may lack
  end)
end)
