-- cli/sandbox: `exotel sandbox`, Exotel on loopback.
--
-- One process and one thread: the gate, the server behind it, the tasks of the calls and what
-- they post wait together in one poller.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local dice = require "exotel.dice"
local exotel = require "exotel"
local faults = require "exotel.sandbox.faults"
local flows = require "exotel.sandbox.flows"
local help = require "exotel.cli.sandbox_help"
local history = require "exotel.sandbox.history"
local httpd = require "exotel.httpd"
local loops = require "exotel.transport.loop"
local options = require "exotel.cli.options"
local poller = require "exotel.poller"
local running = require "exotel.running"
local server = require "exotel.sandbox.server"
local sys = require "exotel.sys"

local command = {}

local CONNECTIONS = 1024
local DESCRIPTORS = 3 -- of each: two of the gate, one of the server
local SPARE = 32 -- descriptors for all else
local LAST_EPOCH = 4102444799 -- of 2099
local IN_FLIGHT = 256 -- StatusCallbacks at once; those that nobody answers hold up no others

--- The options, by rows (see cli/options).
command.rows = {
  { "port", "integer", 8080, "the port to listen on; 0 takes a free one" },
  { "host", "string", "127.0.0.1", "the address to listen on" },
  { "sid", "string", "sandbox", "the account's SID" },
  { "key", "string", "sandbox_key", "the API key that is let in" },
  { "token", "string", "sandbox_token", "the API token that is let in" },
  { "speed", "rate", 1, "sandbox seconds per real second; at 0 the clock stands still" },
  { "epoch", "integer", nil, "what the clock shows at first, in epoch seconds (default now)" },
  { "seed", "integer", nil, "of all that is left to chance: the same seed, the same SIDs" },
  { "queue-seconds", "seconds", 0.5, "how long a call is queued" },
  { "ring-seconds", "seconds", 1, "how long a leg rings before it ends" },
  { "call-seconds", "seconds", 2, "how long a conversation lasts, if TimeLimit lets it" },
  { "originate-seconds", "seconds", 0, "from a dial to its answer; the phone rings meanwhile" },
  { "settle-seconds", "seconds", 2, "after the end, until EndTime, Duration and Price are known" },
  { "retry-seconds", "seconds", 5, "the pause before a StatusCallback is tried again" },
  { "rate-limit", "integer", 200, "requests in a minute, then 429; 0 is no limit" },
  { "flow", "string", nil, "a file with flows, in JSON: one, or a list of them" },
  { "history", "integer", 0, "calls of the past that bulk queries find" },
  { "fault", "text", nil, "a fault, as below; may stand several times" },
  { "until-stdin-ends", "flag", false, "end when standard input does" },
  { "help", "flag", false, "print this" },
}

local function complain(text)
  io.stderr:write("exotel sandbox: ", text, "\n")
end

-- {=================================================================
-- What was given
-- ==================================================================

-- The flows of a file, or none; nil and what is wrong with it.
local function flows_of(path)
  if not path then return {} end
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local list, wrong = flows.decode(file:read "*a")
  file:close()
  local set
  if list then set, wrong = flows.new(list) end
  if not set then return nil, ("--flow %s: %s"):format(path, wrong) end
  return list
end

-- The rules of --fault, or nil and what is wrong with one.
local function rules_of(texts)
  local rules = {}
  for index, text in ipairs(texts or {}) do
    local rule, wrong = faults.parse(text)
    if not rule then return nil, ("--fault '%s': %s"):format(text, wrong) end
    rules[index] = rule
  end
  return rules
end

-- What the rows don't say of the options, or nil.
local function wrong_of(given)
  if given.port > 65535 then return "--port wants a number up to 65535" end
  if given.history > history.MOST then
    return ("--history wants a number up to %d"):format(history.MOST)
  end
  if given.epoch and given.epoch > LAST_EPOCH then
    return ("--epoch wants a number up to %d"):format(LAST_EPOCH)
  end
end

--- The options of a command line by their names, with `flows` and `rules` as they are read; or
--- nil and what is wrong with them.
function command.read(arguments)
  local given, wrong = options.read(command.rows, arguments)
  wrong = wrong or wrong_of(given)
  if wrong then return nil, wrong end
  given.flows, wrong = flows_of(given.flow)
  if not given.flows then return nil, wrong end
  given.rules, wrong = rules_of(given.fault)
  if not given.rules then return nil, wrong end
  return given
end

-- }=================================================================

-- {=================================================================
-- The sandbox
-- ==================================================================

-- As many as there may be descriptors for; the others wait to be accepted.
local function most_connections()
  local others = IN_FLIGHT + SPARE
  local most = sys.descriptors(CONNECTIONS * DESCRIPTORS + others)
  return math.max(1, math.min(CONNECTIONS, math.floor((most - others) / DESCRIPTORS)))
end

-- The gate on the public address, and the server behind it on a port of its own; or nil and a
-- message.
local function listen(given)
  local connections = most_connections()
  local listener, message = httpd.listen { max_connections = connections }
  if not listener then return nil, message end
  local gate
  gate, message = sys.gate {
    host = given.host, port = given.port, upstream = listener:port(),
    max_connections = connections,
  }
  return gate and listener, gate or message
end

local function new_clock(given, loop)
  local now = sys.time()
  return clock.new {
    epoch = given.epoch or now, real_epoch = now, now = sys.now, speed = given.speed,
    spawn = function(...) return loop:spawn(...) end,
    sleep = function(seconds, waiter)
      waiter.task = running.here()
      loop:sleep(seconds)
    end,
    wake = function(waiter) return loops.wake(waiter.task) end,
  }
end

local function new_sandbox(given, gate, loop)
  local time = new_clock(given, loop)
  return server.new {
    account_sid = given.sid, api_key = given.key, api_token = given.token,
    base_url = gate:url(), gate = gate, faults = given.rules, flows = given.flows,
    clock = time, dice = dice.new(given.seed),
    seconds = { queue = given["queue-seconds"], ring = given["ring-seconds"],
                call = given["call-seconds"] },
    retry_seconds = given["retry-seconds"], settle_seconds = given["settle-seconds"],
    originate_seconds = given["originate-seconds"], history = given.history,
    rate_limit = given["rate-limit"],
    spawn = function(...) return time:spawn(...) end,
    send = function(request) return loop:perform(request) end,
    hex = sys.hex, complain = complain,
  }
end

-- What was opened next would stand in its place.
local function is_stdin_closed()
  local ready = sys.poll({ 0, "r" }, 0)
  return ready ~= nil and ready[1] == "invalid"
end

-- Standard input, read as it comes: the poller stops at its end. A parent that holds the other
-- end of a pipe, and nothing else, ends the sandbox by its own end, whatever that was.
local function watch_stdin(waiting)
  local source = { pollfd = function() return 0 end, events = function() return "r" end,
                   timeout = function() end }
  waiting:add(source, function()
    if not io.read(1) then waiting:stop() end
  end)
end

local function serve(given, listener, gate)
  local loop, waiting = assert(exotel.loop { requests_in_flight = IN_FLIGHT }), poller.new()
  local sandbox = new_sandbox(given, gate, loop)
  waiting:add(gate, function() gate:step() end)
  waiting:add(listener, function()
    local request = listener:poll(0)
    if request then sandbox:answer(request) end
  end)
  waiting:add(loop, function() loop:step(0) end)
  if given["until-stdin-ends"] then watch_stdin(waiting) end
  waiting:run()
end

--- Listens until it is killed, or standard input ends if it was asked to mind that. The first
--- line on standard output is the base address. fail(text): called with the reason when it
--- can't listen; without it standard error gets that.
function command.run(arguments, fail)
  fail = fail or complain
  local given, wrong = command.read(arguments)
  if not given then
    fail(wrong)
    return 2
  end
  if given.help then
    io.stdout:write(help(command.rows))
    return 0
  end
  if given["until-stdin-ends"] and is_stdin_closed() then
    fail "--until-stdin-ends wants a standard input, which is closed"
    return 2
  end
  local listener, gate = listen(given)
  if not listener then
    fail(gate)
    return 2
  end
  print(gate:url())
  io.stdout:flush()
  serve(given, listener, gate)
  return 0
end

-- }=================================================================

return command
