-- loop: many requests at once, none of which blocks. The transport of coroutines.
--
--   local loop = exotel.loop()
--   local task = loop:spawn(function() return exotel.connect{ … } end)
--   loop:run()                        -- or loop:step(0) in every frame, or any poller
--   local call, err = task:result()
--
-- A task's coroutine waits here for the number of its transfer: libcurl knows of no
-- coroutine, and none is resumed under its frames. Requests wait in our own queues until
-- there is room for them, and their time-out begins only then.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local curl = require "exotel.curl"
local errors = require "exotel.errors"
local running = require "exotel.running"
local sys = require "exotel.sys"
local timers = require "exotel.timers"

local loop = {}

local REQUESTS, DIALS = 64, 16 -- in flight, unless said otherwise
local MOST = 1000
local AT_ONCE = 4 -- how much is begun or looked at before the budget is
local LONGEST = 3600 -- seconds of one wait

local unpack = table.unpack or unpack -- luacheck: ignore 113
local close_coroutine = coroutine.close or function() end

local methods = {}
local metatable = { __name = "exotel.loop", __index = methods }

local task_methods = {}
local task_metatable = { __name = "exotel.task", __index = task_methods }

-- What a waiting coroutine yields to its loop, and what it is resumed with first.
local WAITS, ANSWER = {}, {}

local function pack(...)
  return { n = select("#", ...), ... }
end

-- {=================================================================
-- Queues: first in, first out
-- ==================================================================

local function new_queue()
  return { first = 1, last = 0 }
end

local function is_empty(queue)
  return queue.first > queue.last
end

local function push(queue, item)
  queue[queue.last + 1] = item
  queue.last = queue.last + 1
end

local function pop(queue)
  if is_empty(queue) then return nil end
  local item = queue[queue.first]
  queue[queue.first] = nil
  queue.first = queue.first + 1
  return item
end

-- }=================================================================

-- {=================================================================
-- Tasks
-- ==================================================================

local function make_ready(task, sign, value, failure)
  task.job, task.timer = nil, nil
  push(task.loop.ready, { task = task, sign = sign, value = value, failure = failure })
end

local function finish(task, ok, ...)
  local self = task.loop
  task.finished = true
  task.results = ok and pack(...) or pack(nil, (...))
  self.tasks[task] = nil
  self.alive = self.alive - 1
  if ok then return end
  close_coroutine(task.thread)
  self.raised = self.raised or { (...) }
end

-- The task whose coroutine somebody else has ended. What it waited for may have happened.
local function finish_dead(item)
  local failure = item.failure
  finish(item.task, false, errors.new {
    kind = "transport", reason = "dead",
    outcome = failure and failure.sent == false and "not_sent" or "unknown",
    message = "the task's coroutine was closed while it waited",
  })
end

local function resumed(task, ok, sign, ...)
  if coroutine.status(task.thread) == "dead" then
    finish(task, ok, sign, ...)
  elseif sign ~= WAITS then
    make_ready(task) -- a yield of the task's own gives way to the others
  end
end

local function resume(item)
  local task = item.task
  if coroutine.status(task.thread) == "dead" then return finish_dead(item) end
  local arguments, before = task.arguments, running.task
  task.arguments, running.task = nil, task
  if arguments then
    resumed(task, coroutine.resume(task.thread, unpack(arguments, 1, arguments.n)))
  elseif item.sign then
    resumed(task, coroutine.resume(task.thread, item.sign, item.value, item.failure))
  else
    resumed(task, coroutine.resume(task.thread))
  end
  running.task = before
end

local function cancelled(message)
  return errors.new { kind = "transport", outcome = "unknown", reason = "cancelled",
                      message = message }
end

local function cancelled_failure()
  return { reason = "cancelled", message = "the task was cancelled", sent = false }
end

-- What it waits for ends now; a transfer in flight says itself whether it was sent.
local function cancel(task)
  local self, job = task.loop, task.job
  task.cancelled = true
  if task.timer then
    self.timers:remove(task.timer)
    make_ready(task, ANSWER)
  elseif job and job.number then
    self.multi:cancel(job.number)
  elseif job then
    job.given_up = true
    make_ready(task, ANSWER, nil, cancelled_failure())
  end
end

--- Whether its function has ended.
function task_methods:done()
  return self.finished
end

--- What its function returned; nil and the error that it raised; nothing while it isn't done.
function task_methods:result()
  if self.finished then return unpack(self.results, 1, self.results.n) end
end

--- Gives up what the task waits for: its function goes on with an error of reason "cancelled",
--- whose outcome for a dial in flight is "unknown". Later requests of it aren't sent. Returns
--- whether there was anything left to cancel.
function task_methods:cancel()
  if self.finished or self.cancelled then return false end
  if self.arguments then
    self.cancelled = true
    finish(self, true, nil, errors.new { kind = "transport", outcome = "not_sent",
      reason = "cancelled", message = "the task was cancelled before it began" })
  else
    cancel(self)
  end
  return true
end

-- }=================================================================

-- {=================================================================
-- What a task waits for
-- ==================================================================

-- Whoever else resumes the coroutine meanwhile has nothing that it waits for.
local function wait()
  local sign, value, failure
  repeat sign, value, failure = coroutine.yield(WAITS) until sign == ANSWER
  return value, failure
end

-- Why code can't wait here, or nil.
local function why_not(self)
  local task, direct = running.here()
  if not task or task.loop ~= self then
    return "used outside a function of this loop's spawn: it would have to block"
  end
  if not direct then
    return "used in a coroutine of the task's own, which the loop can't resume"
  end
end

local function current(self)
  local wrong = why_not(self)
  if wrong then error("exotel.loop: " .. wrong, 3) end
  return (running.here())
end

local function perform(self, request, options)
  local task = running.here()
  if task.cancelled then
    make_ready(task, ANSWER) -- gives way, so that a task that goes on asking stops nobody
    wait()
    return nil, cancelled_failure()
  end
  local job = { task = task, request = request, options = options, began = sys.now() }
  task.job = job
  push(request.send_once and self.dials or self.reads, job)
  local response, failure = wait()
  if failure and failure.reason == "memory" and not failure.sent then
    error("not enough memory", 0)
  end
  return response, failure
end

local function sleep(self, seconds)
  local task = running.here()
  if task.cancelled or seconds <= 0 or seconds ~= seconds then
    make_ready(task, ANSWER)
  else
    task.timer = self.timers:add(sys.now() + seconds, { task = task })
  end
  wait()
end

--- Sends one request, as transport/curl.lua describes; request.options has what a client
--- brings as settings (ca_file, proxy, plain_http, …). Inside a task.
function methods:perform(request)
  current(self)
  return perform(self, request, request.options or self.options)
end

--- Waits, while the other tasks go on. Inside a task.
function methods:sleep(seconds)
  current(self)
  sleep(self, seconds)
end

--- Seconds on a clock that never goes back.
function methods:now() -- luacheck: ignore 212
  return sys.now()
end

--- Why a request can't be made here, or nil: for a client to ask before it begins.
function methods:check()
  return why_not(self)
end

local client_methods = {}
local client_metatable = { __name = "exotel.loop.transport", __index = client_methods }

function client_methods:perform(request)
  current(self.loop)
  return perform(self.loop, request, self.options)
end

function client_methods:sleep(seconds)
  self.loop:sleep(seconds)
end

function client_methods:now()
  return self.loop:now()
end

function client_methods:check()
  return why_not(self.loop)
end

function client_methods:close() end -- luacheck: ignore 212

--- The transport of one client, with its settings.
function methods:bind(settings)
  self.options = {
    ca_file = settings.ca_file, proxy = settings.proxy, user_agent = settings.user_agent,
    resolve = settings.resolve, plain_http = settings.plain_http,
    max_body = settings.max_response,
  }
  return setmetatable({ loop = self, options = self.options }, client_metatable)
end

-- }=================================================================

-- {=================================================================
-- Stepping
-- ==================================================================

local function has_room_for_dial(self)
  return self.in_flight < self.requests_in_flight and self.dials_now < self.dials_in_flight
end

local function pop_job(queue)
  local job = pop(queue)
  while job and job.given_up do job = pop(queue) end
  return job
end

-- Dials first: whoever polls must not keep others from dialling.
local function next_job(self)
  if self.in_flight >= self.requests_in_flight then return nil end
  return has_room_for_dial(self) and pop_job(self.dials) or pop_job(self.reads)
end

local function begin(self, job)
  local ok, number = pcall(self.multi.start, self.multi, job.request, job.options)
  if not ok then
    local memory = tostring(number):find "not enough memory$"
    return make_ready(job.task, ANSWER, nil, { reason = memory and "memory" or "other",
      message = tostring(number), sent = false })
  end
  job.number, job.waited = number, sys.now() - job.began
  self.jobs[number] = job
  self.in_flight = self.in_flight + 1
  if job.request.send_once then self.dials_now = self.dials_now + 1 end
end

-- Returns how many it began.
local function begin_waiting(self, most)
  local begun = 0
  while begun < most do
    local job = next_job(self)
    if not job then break end
    begin(self, job)
    begun = begun + 1
  end
  return begun
end

local function take_ended(self)
  for number, response, failure in self.multi.next, self.multi do
    local job = self.jobs[number]
    self.jobs[number] = nil
    self.in_flight = self.in_flight - 1
    if job.request.send_once then self.dials_now = self.dials_now - 1 end
    if response then response.waited = job.waited else failure.waited = job.waited end
    make_ready(job.task, ANSWER, response, failure)
  end
end

local function fire_timers(self)
  local now, timer = sys.now(), self.timers:first()
  while timer and timer.time <= now do
    self.timers:remove(timer)
    make_ready(timer.task, ANSWER)
    timer = self.timers:first()
  end
end

local function is_over(stop)
  return stop ~= nil and sys.now() >= stop
end

-- Those that are ready now; what they make ready waits for the next step.
local function run_ready(self, stop)
  local last = self.ready.last
  while self.ready.first <= last do
    resume(pop(self.ready))
    if is_over(stop) then return end
  end
end

local function seconds_to_timer(self)
  local timer = self.timers:first()
  return timer and math.max(timer.time - sys.now(), 0) or math.huge
end

local function work(self, seconds, stop)
  local most = stop and AT_ONCE or MOST
  local begun, ready, message
  if not is_empty(self.ready) then seconds = 0 end
  repeat
    begun = begin_waiting(self, most)
    ready, message = self.multi:step(math.min(seconds, seconds_to_timer(self)), most)
    if not ready then error("exotel.loop: " .. message, 0) end
    take_ended(self)
    seconds = 0
  until not stop or is_over(stop) or begun + ready == 0
  fire_timers(self)
  run_ready(self, stop)
end

local function check(self)
  if self.closed then error("the loop is closed", 3) end
  if sys.pid() ~= self.pid then error("the loop belongs to the process that made it", 3) end
  if self.stepping then error("the loop is being stepped: its own tasks can't do it", 3) end
end

local function check_seconds(name, value)
  if value ~= nil and (type(value) ~= "number" or value < 0 or value ~= value) then
    error(("%s wants seconds from 0, got %s"):format(name, tostring(value)), 3)
  end
end

-- Guarded, so that an error leaves the loop usable.
local function step(self, seconds, budget)
  self.stepping = true
  local ok, message = pcall(work, self, math.min(seconds, LONGEST),
                            budget and sys.now() + budget)
  self.stepping = false
  if self.close_later then self:close() end
  if not ok then error(message, 0) end
end

--- Runs fn(…) as a coroutine, from the next step on: in it every call of a client yields
--- instead of blocking, and so does loop:sleep(). Any other yield lets the other tasks go on.
--- Returns the task.
function methods:spawn(fn, ...)
  if self.closed then error("the loop is closed", 2) end
  if type(fn) ~= "function" then
    error("loop:spawn wants a function, got a " .. type(fn), 2)
  end
  if sys.pid() ~= self.pid then error("the loop belongs to the process that made it", 2) end
  self.spawned = self.spawned + 1
  local task = setmetatable({
    loop = self, thread = coroutine.create(fn), arguments = pack(...), number = self.spawned,
    finished = false, cancelled = false,
  }, task_metatable)
  self.tasks[task] = true
  self.alive = self.alive + 1
  make_ready(task)
  return task
end

--- Does what can be done, and waits for it up to so many seconds; default 0, which never waits.
-- budget: seconds of work after which the rest is left to the next step; what has been begun
-- (a TLS handshake, a task's own code) isn't interrupted. Default: none.
-- Returns how many tasks aren't done yet.
function methods:step(seconds, budget)
  check(self)
  check_seconds("loop:step", seconds)
  check_seconds("loop:step's budget", budget)
  step(self, seconds or 0, budget)
  return self.alive
end

--- Steps until every task is done. Returns true, or nil and the first error that a task has
--- raised since the last run.
function methods:run()
  check(self)
  while self.alive > 0 and not self.closed do step(self, LONGEST) end
  local raised = self.raised
  self.raised = nil
  if raised then return nil, raised[1] end
  return true
end

--- Does in advance what else would slow the first frame with a request: reads the certificates
--- of the client that was last made for this loop, and makes the handles. Blocks for it (some
--- 20 ms), without the network.
function methods:prepare()
  check(self)
  self.multi:prepare(self.options, self.requests_in_flight)
end

--- What a poller needs: the descriptor, what is waited for on it, and the seconds until a step
--- is due anyway (nil: not before the descriptor is ready).
function methods:pollfd()
  if self.closed then error("the loop is closed", 2) end
  return self.multi:pollfd()
end

function methods:events() -- luacheck: ignore 212
  return "r"
end

function methods:timeout()
  if self.closed then error("the loop is closed", 2) end
  if not is_empty(self.ready) or not is_empty(self.dials) and has_room_for_dial(self)
    or not is_empty(self.reads) and self.in_flight < self.requests_in_flight then
    return 0
  end
  local left = math.min(self.multi:timeout() or math.huge, seconds_to_timer(self))
  if left < math.huge then return left end
end

-- }=================================================================

local function in_order(tasks)
  local list = {}
  for task in pairs(tasks) do list[#list + 1] = task end
  table.sort(list, function(a, b) return a.number < b.number end)
  return list
end

-- Each task hears once of it; one that goes on nevertheless is ended.
local function end_tasks(self)
  local list = in_order(self.tasks)
  for _, task in ipairs(list) do task:cancel() end
  take_ended(self)
  run_ready(self)
  for _, task in ipairs(list) do
    if not task.finished then
      finish(task, true, nil, cancelled "the loop was closed before the task was done")
      close_coroutine(task.thread)
    end
  end
end

--- Cancels every task, lets each hear of it, and closes all connections. Called by a task it
--- is done at the end of the step. Safe to call twice, and in a forked process, where the
--- original's connections are left alone.
function methods:close()
  if self.closed then return end
  if sys.pid() ~= self.pid then
    self.closed = true
    return self.multi:close()
  end
  self.close_later = self.stepping
  if self.stepping then return end
  self.closed, self.stepping = true, true
  local ok, message = pcall(end_tasks, self)
  self.stepping = false
  self.multi:close()
  if not ok then error(message, 0) end
end

metatable.__close = methods.close

function metatable.__tostring(self)
  return ("exotel.loop: %d tasks, %d requests in flight"):format(self.alive, self.in_flight)
end

local limits = { requests_in_flight = REQUESTS, dials_in_flight = DIALS }

local function read_options(given)
  if given ~= nil and type(given) ~= "table" then
    return errors.misuse("exotel.loop wants a table of options, got a " .. type(given))
  end
  for name, value in pairs(given or {}) do
    if not limits[name] then
      local near = core.nearest(tostring(name), { "requests_in_flight", "dials_in_flight" })
      return errors.misuse(("exotel.loop: option '%s' is not known%s"):format(tostring(name),
        near and (" (did you mean '%s'?)"):format(near) or ""))
    end
    if type(value) ~= "number" or value % 1 ~= 0 or value < 1 or value > MOST then
      return errors.misuse(("exotel.loop: %s must be a whole number from 1 to %d"):format(
        name, MOST))
    end
  end
  return given or {}
end

--- A loop without tasks. Options: requests_in_flight (64), of which dials_in_flight (16) may be
--- dials; what is more waits for its turn. Or nil and a misuse, or an error without a
--- descriptor.
function loop.new(options)
  local given, err = read_options(options)
  if not given then return nil, err end
  local multi, message = curl.multi()
  if not multi then
    return nil, errors.new { kind = "transport", outcome = "not_sent", reason = "system",
                             message = "no loop: " .. message }
  end
  return setmetatable({
    multi = multi, pid = sys.pid(), options = {},
    requests_in_flight = given.requests_in_flight or REQUESTS,
    dials_in_flight = given.dials_in_flight or DIALS,
    in_flight = 0, dials_now = 0, jobs = {}, -- by the numbers of their transfers
    dials = new_queue(), reads = new_queue(), ready = new_queue(),
    timers = timers.new(), tasks = {}, alive = 0, spawned = 0,
    stepping = false, closed = false,
  }, metatable)
end

return loop
