-- exotel.loop: tasks, stepping, closing, forking, pollers. What becomes of requests stands in
-- loop_request_spec.lua. Requests go to a server in this process that holds them until a row
-- answers, so that a row decides what is in flight when.
-- SPDX-License-Identifier: MIT

local cqueues = require "cqueues"
local exotel = require "exotel"
local socket = require "socket"
local sys = require "exotel.sys"
local looping = require "spec.support.looping"
local raw = require "spec.support.raw"

local LONG, SID = looping.LONG, looping.SID
local dial, get, finish = looping.dial, looping.get, looping.finish

after_each(looping.stop)

-- Raises at the line of the function itself, with this in its message.
local function raises(pattern, fn, ...)
  local fine, message = pcall(fn, ...)
  assert.is_false(fine)
  assert.matches(pattern, message)
  assert.matches("^[^\n]*loop_spec.lua:%d+: ", message)
end

-- What fn returns as a task of its own, and the task.
local function run(loop, fn, ...)
  local task = loop:spawn(fn, ...)
  finish(loop, task)
  return task:result()
end

-- A task that has a dial in flight at this server, held there.
local function dialling(loop, server, settings)
  settings = settings or {}
  settings.transport = loop
  local client = looping.client(server.url, settings)
  local task = loop:spawn(function() return dial(client) end)
  server:wait_for(loop, #server.held + 1)
  return task
end

describe("a task", function()
  it("whose coroutine was closed while its dial waited for its turn never dials", function()
    local loop, server = looping.loop { requests_in_flight = 1 }, looping.server()
    local first, thread = dialling(loop, server), nil
    local client = looping.client(server.url, { transport = loop })
    local task = loop:spawn(function()
      thread = coroutine.running()
      return dial(client)
    end)
    loop:step()
    coroutine.close(thread)
    server:answer()
    finish(loop, first, task)
    assert.equal("not_sent", select(2, task:result()).outcome)
    assert.equal(1, server:count "POST")
  end)
end)

it("without a descriptor left a loop is nil and an error", function()
  local program = [[
    local exotel = require "exotel"
    require "exotel.loop"
    local files = {}
    for file in function() return (io.open "/dev/null") end do files[#files + 1] = file end
    local loop, err = exotel.loop()
    print(loop, err.kind, err.outcome, err.reason, err.message)
    for _, file in ipairs(files) do file:close() end
    print(exotel.loop())]]
  local child = assert(sys.spawn { "sh", "-c", 'ulimit -n 40 && exec lua5.4 -e "$0"', program })
  local first, second = child:read_line(LONG), child:read_line(LONG)
  assert.equal(0, child:wait(LONG))
  child:close()
  assert.equal("nil\ttransport\tnot_sent\tsystem\tno loop: Too many open files", first)
  assert.equal("exotel.loop: 0 tasks, 0 requests in flight", second)
end)
