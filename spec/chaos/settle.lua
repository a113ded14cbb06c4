-- chaos/settle: a small world in which the calls of a chaos run are followed to their end.
--
-- There is a webhook on a real server, whose own handler fails now and then; clients whose dials a
-- tracker follows; pollers that ask the sandbox for the tracker, and meet faults; takers that take
-- what has settled. Each has a tracker of its own, as a process would; the store that they share
-- stumbles. The sandbox's clock is stepped, and while a step is made all are at work: the sandbox
-- posts, loses, doubles, delays and swaps StatusCallbacks, and more is dialled.
--
--   local world = settle.new(box, seed)           -- box: sandbox.start(settle.sandbox(seed))
--   box:client(world:settings(3, true))           -- of a client that dials in world.loop
--   world:run(list, dial)                         -- dial(entry, index): makes or spawns each
--
-- SPDX-License-Identifier: MIT

local curl = require "exotel.transport.curl"
local dice = require "exotel.dice"
local exotel = require "exotel"
local httpd = require "exotel.httpd"
local memory = require "exotel.store.memory"
local mounted = require "exotel.webhook.httpd"
local poller = require "exotel.poller"
local stumbling = require "spec.chaos.stumbling"
local takers = require "spec.chaos.takers"
local trackers = require "exotel.tracker"
local webhooks = require "exotel.webhook"

local settle = {}
settle.__index = settle

local STEP, DIALS = 10, 8     -- seconds of the sandbox, and the dials that are made in each step
local STEP_AFTER = 20         -- when all are made
local REST = 1800             -- seconds: the latest StatusCallback has come then
local MOST = 7200             -- seconds in which each call must have settled
local POLLERS, TAKERS = 2, 2
local POLLS = 100             -- by one poller in a step, at most
local ANSWER = 10             -- real seconds that a poller's questions have
local FASTER = 100            -- than real ones the sandbox's seconds go by, at least
local STUMBLES = 0.003        -- of what the tracker's store is asked
local HANDLER_FAILS = 0.05    -- of the events
local SECRET = ("5ec2e7"):rep(4)

-- Seconds: short, so that not_placed is soon certain; but some calls go on when they are sought.
local TIME_LIMITS, RING_TIMEOUT = { 30, 150 }, 30

-- Rules of the sandbox: what befalls StatusCallbacks, and what the pollers ask.
local faults = {
  { fault = "lost", share = 0.06 },
  { fault = "doubled", share = 0.06 },
  { fault = "late", share = 0.03, seconds = 90 },
  { fault = "late", share = 0.03, seconds = 900 }, -- when the call has settled without it
  { fault = "out_of_order", share = 0.3 },
  { fault = "other_type", share = 0.05 },
  { fault = "close", operation = "call_details", share = 0.01 },
  { fault = "status_before", operation = "call_details", share = 0.01 },
  { fault = "too_many", operation = "call_details", share = 0.01, seconds = 5 },
  { fault = "half", operation = "calls", share = 0.01 },
  { fault = "status_before", operation = "calls", share = 0.01 },
}

--- The options of its sandbox. Price and Duration are known two minutes after a call's end.
function settle.sandbox(seed)
  return { speed = 0, seed = seed, rate_limit = 0, settle_seconds = 120,
           call_seconds = 140 }
end

-- {=================================================================
-- Making one
-- ==================================================================

-- A transport in the sandbox's time. A pause before a dial is sent again is short, as the sandbox's
-- seconds are: or it would leave long after it was written down.
local function in_its_time(self, transport)
  return setmetatable({
    time = self.clock,
    sleep = function(_, seconds) transport:sleep(seconds / FASTER) end,
  }, { __index = transport })
end

-- The same of the loop, as a client takes it.
local function looping(self)
  local transport = in_its_time(self, self.loop)
  transport.bind = function(_, settings) return in_its_time(self, self.loop:bind(settings)) end
  return transport
end

--- Settings of a client in this world, whose dials are followed. loops: whether it sends in the
--- loop's tasks; else it blocks.
function settle:settings(timeout, loops)
  return { timeout = timeout, tracker = self.new_tracker(),
           transport = loops and looping(self) or in_its_time(self, curl.new { proxy = false }) }
end

local function new_webhook(self)
  return webhooks.new {
    secrets = { SECRET }, store = self.store, tracker = self.new_tracker(),
    on_event = function(event)
      if self.dice:share() < HANDLER_FAILS then error("the handler fails", 0) end
      self.handled[event.dedup_key] = (self.handled[event.dedup_key] or 0) + 1
    end,
  }
end

-- Anything that raises ends the run.
local function new_loop()
  return assert(exotel.loop { requests_in_flight = 128, dials_in_flight = 64,
                              on_error = function(err) error(err, 0) end })
end

local function new_poller(self)
  local waiting = poller.new()
  waiting:add(self.server, function() mounted.step(self.webhook, self.server, 0) end)
  waiting:add(self.loop, function() self.loop:step(0) end)
  return waiting
end

local function add_workers(self)
  for index = 1, POLLERS do
    self.pollers[index] = { tracker = self.new_tracker(), client = self.box:client {
      timeout = ANSWER, retries = 0, transport = looping(self) } }
  end
  for index = 1, TAKERS do
    self.takers[index] = takers.new(self.new_tracker, self.ledger, self.dice, self.clock)
  end
end

function settle.new(box, seed)
  local self = setmetatable({
    box = box, now = box:advance(0), dice = dice.new(seed), loop = new_loop(),
    server = assert(httpd.listen {}), ledger = takers.ledger(), handled = {}, pollers = {},
    takers = {}, asked = 0,
  }, settle)
  self.clock = function() return self.now end
  self.store = memory.new { now = self.clock }
  self.stumbling = stumbling.new(self.store, self.dice, STUMBLES)
  self.new_tracker = function()
    return trackers.new { store = self.stumbling, now = self.clock, hold = takers.HOLD }
  end
  self.webhook = new_webhook(self)
  self.hook = self.webhook:url(self.server:url() .. "/hook")
  self.poller = new_poller(self)
  add_workers(self)
  for _, rule in ipairs(faults) do box:fault(rule) end
  return self
end

-- }=================================================================

-- {=================================================================
-- Going on
-- ==================================================================

local function are_done(tasks)
  for _, task in ipairs(tasks) do
    if not task:done() then return false end
  end
  return true
end

-- Runs functions as tasks beside all else, until each has returned.
local function together(self, list)
  local tasks = {}
  for index, fn in ipairs(list) do tasks[index] = self.loop:spawn(fn) end
  self.poller:run(function() return are_done(tasks) end)
end

local function poll(one)
  for _ = 1, POLLS do
    local pause = one.tracker:poll(one.client)
    if pause ~= 0 then return end
  end
end

-- So many seconds pass, and all are at work.
local function step(self, seconds)
  local list = { function() self.now = self.box:advance(seconds) end }
  for _, one in ipairs(self.pollers) do list[#list + 1] = function() poll(one) end end
  for _, one in ipairs(self.takers) do list[#list + 1] = function() one:work() end end
  together(self, list)
end

--- What is open, as tracker:counts tells.
function settle:counts()
  return exotel.assert(trackers.new({ store = self.store, now = self.clock }):counts())
end

local function is_settled(self)
  for _, one in ipairs(self.takers) do
    if one:is_busy() then return false end
  end
  local counts = self:counts()
  return counts.going == 0 and counts.settled == 0
end

-- The third is the sandbox's other_type of the first.
local content_types = { "application/json", "multipart/form-data" }
local events = { { "terminal", "answered" }, { "terminal" }, false }
local others = { "+919123456770", "+919123456770", "+919123456701", "+919123456702",
                 "+919123456703", "+919123456704" } -- the second leg: two answer, four don't

-- One of a list, by lot.
local function any(self, list)
  return list[1 + math.floor(self.dice:share() * #list)]
end

local function asks_of(self)
  return {
    to = any(self, others), time_limit = any(self, TIME_LIMITS), ring_timeout = RING_TIMEOUT,
    status_callback = self.hook, status_callback_events = any(self, events) or nil,
    status_callback_content_type = any(self, content_types),
  }
end

--- Makes these dials, so many a step, by dial(entry, index), and goes on until their calls have
--- settled, or ought to have.
function settle:run(list, dial)
  for index, entry in ipairs(list) do
    entry.asks = asks_of(self)
    dial(entry, index)
    if index % DIALS == 0 then step(self, STEP) end
  end
  self.poller:run(function() return self.loop:step(0) == 0 end) -- those that time out
  local began = self.now
  repeat
    step(self, STEP_AFTER)
    local passed = self.now - began
  until passed >= MOST or passed >= REST and is_settled(self)
end

-- }=================================================================

function settle:close()
  self.loop:close()
  self.server:close()
end

return settle
