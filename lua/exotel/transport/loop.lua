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

local compat = require "exotel.compat"
local curl = require "exotel.curl"
local errors = require "exotel.errors"
local running = require "exotel.running"
local sys = require "exotel.sys"
local timers = require "exotel.timers"
local yielding = require "exotel.yielding"

local loop = {}

local REQUESTS, DIALS = 64, 16 -- in flight, unless said otherwise
local MOST = 1000
local AT_ONCE = 4 -- how much is begun or looked at before the budget is
local LONGEST = 3600 -- seconds of one wait

local methods = {}
local metatable = { __name = "exotel.loop", __index = methods }
methods[metatable] = true

local task_methods = {}
local task_metatable = { __name = "exotel.task", __index = task_methods }
task_methods[task_metatable] = true

local WAITS = {} -- what a waiting coroutine yields to its loop

local function pack(...)
  return { n = select("#", ...), ... }
end

-- Any call of a function may raise for want of memory. Nothing is lost by it: what is put in a
-- queue has its place in itself, and after a call things are changed by assignments alone,
-- to fields that were there from the beginning.

-- {=================================================================
-- Queues: first in, first out. What stands in one has a field `next`
-- ==================================================================

local function new_queue()
  return { first = false, last = false }
end

local function put(queue, item)
  if queue.last then
    queue.last.next = item
  else
    queue.first = item
  end
  queue.last = item
end

local function take(queue)
  local item = queue.first
  queue.first, item.next = item.next, false
  if not queue.first then queue.last = false end
  return item
end

-- }=================================================================

-- {=================================================================
-- Tasks
-- ==================================================================

local function make_ready(task)
  if task.is_ready or task.finished then return end
  put(task.loop.ready, task)
  task.is_ready = true
end

-- What a task waited for is there.
local function answer(item)
  local task = item.task
  local waits = task.waits_for == item
  if waits then make_ready(task) end
  if waits then task.waits_for = false end
  item.over = true
end

-- A to-be-closed variable of its own can't wait any more, nor may it block.
local function close_coroutine(task)
  if not coroutine.close then return end
  local before = running.task
  running.task = task
  pcall(coroutine.close, task.thread)
  running.task = before
end

-- How a task can end without its function's doing.
local ends = {
  unstarted = { outcome = "not_sent", reason = "cancelled",
                message = "the task was cancelled before it began" },
  closed = { outcome = "unknown", reason = "cancelled",
             message = "the loop was closed before the task was done" },
  dead = { outcome = "unknown", reason = "dead",
           message = "the task's coroutine was closed while it waited" },
  dead_unsent = { outcome = "not_sent", reason = "dead",
                  message = "the task's coroutine was closed before its request was sent" },
}

local function finish(task)
  local self = task.loop
  task.finished = true
  self.tasks[task] = nil
  self.alive = self.alive - 1
end

-- Made when it is asked for, with the memory there is then.
local function error_of(task)
  local row = ends[task.ended]
  if row and not task.error then
    task.error = errors.new { kind = "transport", outcome = row.outcome, reason = row.reason,
                              message = row.message }
  end
  return task.error
end

-- To whoever asked for it, or else for run() to return.
local function tell_of_error(task)
  local self = task.loop
  if self.on_error then return self.on_error(error_of(task), task) end
  self.raised = self.raised or task
end

-- Its coroutine is dead: by its own doing, or else by somebody else's, and then what it waited
-- for may have happened.
local function conclude(task)
  if not task.results then
    local failure = task.job and task.job.failure
    if not task.raised then
      task.ended = failure and failure.sent == false and "dead_unsent" or "dead"
    end
    close_coroutine(task)
  end
  finish(task)
  if not task.results then tell_of_error(task) end
end

local function start_waiting(task)
  local item = task.waits_for
  if not item then
    make_ready(task)
  elseif item.request and not item.is_queued then
    put(item.dials and task.loop.dials or task.loop.reads, item)
    item.is_queued = true
  end
end

-- Where it can't be resumed the task is left as it is.
local function run_coroutine(task)
  local before = running.task
  running.task = task
  local ok, sign
  repeat ok, sign = coroutine.resume(task.thread) until sign ~= yielding.PROBE
  running.task = before
  if coroutine.status(task.thread) == "dead" then
    if not ok then task.raised, task.error = true, sign end
  elseif not ok then
    error("exotel.loop: " .. tostring(sign), 0)
  elseif sign == WAITS then
    start_waiting(task)
  else
    make_ready(task) -- a yield of the task's own gives way to the others
  end
end

local function resume(task)
  if task.finished then return end
  if coroutine.status(task.thread) ~= "dead" then run_coroutine(task) end
  if coroutine.status(task.thread) == "dead" then conclude(task) end
end

local function cancelled_failure()
  return { reason = "cancelled", message = "the task was cancelled", sent = false }
end

-- What it waits for ends now; a transfer in flight says itself whether it was sent.
local function cancel(task)
  local self, item = task.loop, task.waits_for
  if item and not item.request then
    answer(item)
    self.timers:remove(item)
  elseif item and item.number then
    self.multi:cancel(item.number)
  elseif item then
    answer(item)
    item.given_up = true
  end
  task.cancelled = true
end

--- Whether its function has ended.
---@return boolean done
function task_methods:done()
  errors.check_self(self, task_metatable)
  return self.finished
end

--- What its function returned; nil and the error that it raised; nothing while it isn't done.
---@return any ...
function task_methods:result()
  errors.check_self(self, task_metatable)
  if not self.finished then return end
  if self.results then return compat.unpack(self.results, 1, self.results.n) end
  return nil, error_of(self)
end

--- Gives up what the task waits for: its function goes on with an error of reason "cancelled",
--- whose outcome for a dial in flight is "unknown". Later requests of it aren't sent. Returns
--- whether there was anything left to cancel.
---@return boolean cancelled
function task_methods:cancel()
  errors.check_self(self, task_metatable)
  if self.finished or self.cancelled then return false end
  if sys.pid() ~= self.loop.pid then error("the loop belongs to the process that made it", 2) end
  if self.arguments then
    self.cancelled, self.ended = true, "unstarted"
    finish(self)
  else
    cancel(self)
  end
  return true
end

-- }=================================================================

-- {=================================================================
-- What a task waits for
-- ==================================================================

-- Whoever else resumes the coroutine meanwhile has nothing that it waits for. item: false to
-- give way once.
local function wait(task, item)
  task.waits_for = item
  repeat coroutine.yield(WAITS) until running.task == task and (not item or item.over)
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
  if sys.pid() ~= self.pid then return "the loop belongs to the process that made it" end
  return yielding.obstacle()
end

local function current(self)
  local wrong = why_not(self)
  if wrong then error("exotel.loop: " .. wrong, 3) end
  return (running.here())
end

-- The request is queued by the loop once the coroutine has yielded: where it can't, nothing is
-- sent. All fields are there from the beginning, so that setting one takes no memory.
local function perform(request, options)
  local task = running.here()
  if task.cancelled then
    wait(task, false) -- gives way, so that a task that goes on asking stops nobody
    return nil, cancelled_failure()
  end
  local job = {
    task = task, request = request, options = options, dials = request.fresh_connection or false,
    asked = sys.now(), waited = false, number = false, next = false, is_queued = false,
    has_begun = false, given_up = false, over = false, response = false, failure = false,
  }
  task.job = job
  wait(task, job)
  task.job = false
  if job.given_up then return nil, cancelled_failure() end
  local response, failure = job.response, job.failure
  if failure and failure.reason == "memory" and not failure.sent then
    error("not enough memory", 0)
  end
  local told = response or failure
  told.waited = job.waited
  return response or nil, failure or nil
end

local function sleep(self, seconds)
  local task = running.here()
  if task.cancelled or seconds <= 0 or seconds ~= seconds then return wait(task, false) end
  local timer = { task = task, over = false, time = 0, number = 0, index = 0 }
  wait(task, self.timers:add(sys.now() + seconds, timer))
end

--- Sends one request, as docs/transport.md describes; request.options has what a client
--- brings as settings (ca_file, proxy, plain_http, …). Inside a task.
---@param request table
---@return table? response
---@return table? failure
function methods:perform(request)
  errors.check_self(self, metatable)
  if type(request) ~= "table" then
    error("loop:perform wants a request as a table, got a " .. type(request), 2)
  end
  current(self)
  return perform(request, request.options or self.options)
end

--- Waits, while the other tasks go on. Inside a task.
---@param seconds number
function methods:sleep(seconds)
  errors.check_self(self, metatable)
  if type(seconds) ~= "number" then
    error("loop:sleep wants seconds, got a " .. type(seconds), 2)
  end
  current(self)
  sleep(self, seconds)
end

--- Seconds on a clock that never goes back.
---@return number seconds
function methods:now()
  errors.check_self(self, metatable)
  return sys.now()
end

--- Why a request can't be made here, or nil: for a client to ask before it begins.
---@return string? why
function methods:check()
  errors.check_self(self, metatable)
  return why_not(self)
end

local client_methods = {}
local client_metatable = { __name = "exotel.loop.transport", __index = client_methods }

function client_methods:perform(request)
  current(self.loop)
  return perform(request, self.options)
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
---@param settings exotel.settings
---@return table transport
function methods:bind(settings)
  errors.check_self(self, metatable)
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

-- The first of those that wait, without those that don't any more.
local function first_of(queue)
  while queue.first and (queue.first.given_up or queue.first.has_begun) do take(queue) end
  return queue.first
end

-- Dials first: whoever polls must not keep others from dialling.
local function next_queue(self)
  if self.in_flight >= self.requests_in_flight then return nil end
  if self.dials_now < self.dials_in_flight and first_of(self.dials) then return self.dials end
  return first_of(self.reads) and self.reads
end

-- Whether its turn came in time. What may leave up to some time has no longer to connect.
local function send(self, job, number)
  local request = job.request
  local left = request.leave_by and request.leave_by - sys.now()
  if left and left <= 0 then return false end
  if left then request.connect_timeout = math.min(request.connect_timeout, left) end
  self.multi:start(number, request, job.options)
  return true
end

-- Why a request hasn't begun; nil when it has.
local function start(self, job, number)
  if coroutine.status(job.task.thread) == "dead" then
    return { reason = "dead", message = "nobody waits for it any more", sent = false }
  end
  local ok, sent = pcall(send, self, job, number)
  job.has_begun = ok and sent -- from here on nothing raises
  if job.has_begun then return nil end
  if ok then return { reason = "late", message = "its turn came too late", sent = false } end
  local memory = tostring(sent):find "not enough memory$"
  return { reason = memory and "memory" or "other", message = tostring(sent), sent = false }
end

-- The job keeps its place until it is known what became of it.
local function begin(self, queue)
  local job, number = queue.first, self.begun + 1
  self.jobs[number] = job
  job.number, job.waited = number, sys.now() - job.asked
  local failure = start(self, job, number)
  self.begun = number
  if not failure then
    self.in_flight = self.in_flight + 1
    if job.dials then self.dials_now = self.dials_now + 1 end
  end
  take(queue)
  if failure then
    self.jobs[number], job.failure = nil, failure
    return answer(job)
  end
  if job.task.cancelled then self.multi:cancel(number) end -- meanwhile, by a finalizer
end

-- Returns how many it began.
local function begin_waiting(self, most)
  local begun = 0
  while begun < most do
    local queue = next_queue(self)
    if not queue then break end
    begin(self, queue)
    begun = begun + 1
  end
  return begun
end

local function take_ended(self)
  for number, response, failure in self.multi.next, self.multi do
    local job = self.jobs[number]
    job.response, job.failure = response or false, failure or false
    self.jobs[number] = nil
    self.in_flight = self.in_flight - 1
    if job.dials then self.dials_now = self.dials_now - 1 end
    answer(job)
  end
end

local function fire_timers(self)
  local now, timer = sys.now(), self.timers:first()
  while timer and timer.time <= now do
    answer(timer)
    self.timers:remove(timer)
    timer = self.timers:first()
  end
end

local function is_over(stop)
  return stop ~= nil and sys.now() >= stop
end

-- Those that are ready now; what they make ready waits for the next step.
local function run_ready(self, stop)
  local last = self.ready.last
  while last do
    local task = take(self.ready)
    task.is_ready, self.resumed = false, task
    resume(task)
    self.resumed = false
    if task == last or is_over(stop) then return end
  end
end

local function seconds_to_timer(self)
  local timer = self.timers:first()
  return timer and math.max(timer.time - sys.now(), 0) or math.huge
end

local function work(self, seconds, budget)
  local most = budget and AT_ONCE or MOST
  if self.ready.first then seconds = 0 end
  local stop = seconds <= 0 and budget and sys.now() + budget or nil
  repeat
    local begun = begin_waiting(self, most)
    if self.ready.first then seconds = 0 end -- one that couldn't be begun
    local ready, message = self.multi:step(math.min(seconds, seconds_to_timer(self)), most)
    if not ready then error("exotel.loop: " .. message, 0) end
    take_ended(self)
    stop = stop or budget and sys.now() + budget -- waiting is no work
    seconds = 0
  until not stop or is_over(stop) or begun + ready == 0
  fire_timers(self)
  run_ready(self, stop)
end

local function check_open(self)
  if self.closed then error("the loop is closed", 3) end
  if sys.pid() ~= self.pid then error("the loop belongs to the process that made it", 3) end
end

local function check_idle(self)
  if self.stepping then error("the loop is being stepped: its own tasks can't do it", 3) end
end

local function check_seconds(name, value)
  if type(value) ~= "number" or value < 0 or value ~= value then
    error(("%s wants seconds from 0, got %s"):format(name, tostring(value)), 3)
  end
end

-- Guarded, so that an error leaves the loop usable: a task that was being resumed goes on
-- waiting, or is resumed again.
local function guarded(self, fn, ...)
  local before = running.task
  self.stepping = true
  local ok, message = pcall(fn, self, ...)
  self.stepping, running.task = false, before
  if self.resumed then make_ready(self.resumed) end
  self.resumed = false
  return ok, message
end

local function step(self, seconds, budget)
  local ok, message = guarded(self, work, math.min(seconds, LONGEST), budget)
  if self.close_later then self:close() end
  if not ok then error(message, 0) end
end

-- They aren't kept while the task runs.
local function arguments_of(task)
  local arguments = task.arguments
  task.arguments = false
  return compat.unpack(arguments, 1, arguments.n)
end

--- Runs fn(…) as a coroutine, from the next step on: in it every call of a client yields
--- instead of blocking, and so does loop:sleep(). Any other yield lets the other tasks go on.
--- Returns the task.
---@param fn function
---@param ... any
---@return exotel.task task
function methods:spawn(fn, ...)
  errors.check_self(self, metatable)
  check_open(self)
  if type(fn) ~= "function" then
    error("loop:spawn wants a function, got a " .. type(fn), 2)
  end
  self.spawned = self.spawned + 1
  local task = setmetatable({
    loop = self, number = self.spawned, arguments = pack(...), next = false, is_ready = false,
    waits_for = false, job = false, finished = false, cancelled = false, raised = false,
    ended = false, results = false, error = false, thread = false,
  }, task_metatable)
  task.thread = coroutine.create(function() task.results = pack(fn(arguments_of(task))) end)
  self.tasks[task] = true
  make_ready(task)
  self.alive = self.alive + 1
  return task
end

--- Does what can be done, and waits for it up to so many seconds; default 0, which never waits.
-- budget: seconds of work after which the rest is left to the next step; what has been begun
-- (a TLS handshake, a task's own code) isn't interrupted. Default: none.
-- Returns how many tasks aren't done yet.
---@param seconds? number
---@param budget? number
---@return integer left
function methods:step(seconds, budget)
  errors.check_self(self, metatable)
  check_open(self)
  check_idle(self)
  if seconds ~= nil then check_seconds("loop:step", seconds) end
  if budget ~= nil then check_seconds("loop:step's budget", budget) end
  step(self, seconds or 0, budget)
  return self.alive
end

--- Steps until every task is done. Returns true; or nil and the first error that a task has
--- raised since the last run, if there is no on_error.
---@return true? done
---@return any err
function methods:run()
  errors.check_self(self, metatable)
  check_open(self)
  check_idle(self)
  while self.alive > 0 and not self.closed do step(self, LONGEST) end
  local raised = self.raised
  self.raised = false
  if raised then return nil, error_of(raised) end
  return true
end

--- Does in advance what else would slow the first frame with a request: reads the certificates
--- of the client that was last made for this loop, and makes the handles. Blocks for it (some
--- 20 ms), without the network.
function methods:prepare()
  errors.check_self(self, metatable)
  check_open(self)
  check_idle(self)
  self.multi:prepare(self.options, self.requests_in_flight)
end

--- What a poller needs: the descriptor, what is waited for on it, and the seconds until a step
--- is due anyway (nil: not before the descriptor is ready).
---@return integer fd
function methods:pollfd()
  errors.check_self(self, metatable)
  check_open(self)
  return self.multi:pollfd()
end

---@return "r" events
function methods:events()
  errors.check_self(self, metatable)
  return "r"
end

---@return number? seconds
function methods:timeout()
  errors.check_self(self, metatable)
  check_open(self)
  if self.ready.first or next_queue(self) then return 0 end
  local left = math.min(self.multi:timeout() or math.huge, seconds_to_timer(self))
  return left < math.huge and left or nil
end

-- }=================================================================

--- Ends the sleep that a task is in: for those who keep a time of their own, and know that it
--- has come. Returns whether it slept.
function loop.wake(task)
  local item = task.waits_for
  if not item or item.request then return false end
  answer(item)
  task.loop.timers:remove(item)
  return true
end

local function in_order(tasks)
  local list = {}
  for task in pairs(tasks) do list[#list + 1] = task end
  table.sort(list, function(a, b) return a.number < b.number end)
  return list
end

-- Each task hears of it: where it waits, or else at its next request.
local function tell_tasks(self, list)
  for _, task in ipairs(list) do task:cancel() end
  for _ = 1, 2 do
    take_ended(self)
    run_ready(self)
  end
end

-- One that goes on nevertheless.
local function end_task(task)
  if task.finished then return end
  task.ended = "closed"
  close_coroutine(task)
  finish(task)
end

--- Cancels every task, lets each hear of it, and closes all connections. Called by a task it
--- is done at the end of the step. Safe to call twice, and in a forked process, where the
--- original's connections are left alone.
function methods:close()
  errors.check_self(self, metatable)
  if self.closed then return end
  if sys.pid() ~= self.pid then
    self.closed = true
    return self.multi:close()
  end
  self.close_later = self.stepping
  if self.stepping then return end
  local list = in_order(self.tasks)
  self.closed = true
  local ok, message = guarded(self, tell_tasks, list)
  for _, task in ipairs(list) do end_task(task) end
  self.multi:close()
  if not ok then error(message, 0) end
end

metatable.__close = methods.close

function metatable.__tostring(self)
  return ("exotel.loop: %d tasks, %d requests in flight"):format(self.alive, self.in_flight)
end

local function wrong_count(name, value)
  if type(value) == "number" and value % 1 == 0 and value >= 1 and value <= MOST then return end
  return ("%s must be a whole number from 1 to %d"):format(name, MOST)
end

local function wrong_function(name, value)
  if type(value) ~= "function" then return name .. " wants a function, got a " .. type(value) end
end

local option_names = { "requests_in_flight", "dials_in_flight", "on_error" }
local option_checks = {
  requests_in_flight = wrong_count, dials_in_flight = wrong_count, on_error = wrong_function,
}

local function unknown(name)
  return ("option '%s' is not known%s"):format(tostring(name),
    errors.did_you_mean(name, option_names))
end

local function read_options(given)
  if given ~= nil and type(given) ~= "table" then
    return errors.misuse("exotel.loop wants a table of options, got a " .. type(given))
  end
  for name, value in pairs(given or {}) do
    local wrong = (option_checks[name] or unknown)(name, value)
    if wrong then return errors.misuse("exotel.loop: " .. wrong) end
  end
  return given or {}
end

--- A loop without tasks. Options: requests_in_flight (64), of which dials_in_flight (16) may be
--- dials; what is more waits for its turn. on_error(err, task) is called for each task that
--- raised, by the step in which it did; what it raises itself goes to that step's caller.
--- Without it run() returns the first. Or nil and a misuse, or an error without a descriptor.
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
    on_error = given.on_error or false,
    in_flight = 0, dials_now = 0, begun = 0, jobs = {}, -- by the numbers of their transfers
    dials = new_queue(), reads = new_queue(), ready = new_queue(),
    timers = timers.new(), tasks = {}, alive = 0, spawned = 0,
    stepping = false, closed = false, close_later = false, resumed = false, raised = false,
  }, metatable)
end

return loop
