-- exotel.tracker: what a dial is told to have come to, when time passes while the service answers.
--
-- SPDX-License-Identifier: MIT

local memory = require "exotel.store.memory"
local trackers = require "exotel.tracker"

local BEGAN, LATEST = 1795000000, 1795000010
local OVER = LATEST + 60 + 2 * 30 + 300 -- when no call of the dial can be going on

describe("a tracker that asks for a dial's call", function()
  local now, tracker

  before_each(function()
    now = BEGAN
    local function clock() return now end
    tracker = trackers.new { store = memory.new { now = clock }, now = clock }
    assert(tracker:begins("dial-1", { from = "+919876543210", to = "+919123456789", began = BEGAN,
                                      latest = LATEST, time_limit = 60, ring_timeout = 30 }))
  end)

  -- A client whose service answers this, some seconds after it was asked.
  local function answering(answer, seconds)
    return {
      call_details = function() error "nobody asked for that" end,
      reconcile = function()
        now = now + seconds
        return answer
      end,
    }
  end

  it("doesn't take for an end that nothing was known shortly before", function()
    now = OVER - 1
    assert(tracker:poll(answering({ state = "unknown", ask_again_at = OVER }, 2)))
    assert.is_false(tracker:take())
    now = now + 1
    assert(tracker:poll(answering({ state = "not_placed" }, 2)))
    assert.equal("not_placed", tracker:take().settled)
  end)

  it("leaves to people what is ambiguous in the end", function()
    local answer = { state = "ambiguous", candidates = { { sid = "5c1" }, { sid = "5c2" } } }
    now = OVER - 10
    assert(tracker:poll(answering(answer, 2)))
    assert.is_false(tracker:take())
    now = OVER
    assert(tracker:poll(answering(answer, 2)))
    local call = tracker:take()
    assert.equal("ambiguous", call and call.settled)
    assert.same({ "5c1", "5c2" }, call.candidates)
  end)
end)
