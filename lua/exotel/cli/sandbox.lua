-- cli/sandbox: `exotel sandbox`, Exotel on loopback.
--
-- One process and one thread: the server, the tasks of the calls and what they post wait
-- together in one poller.
--
-- SPDX-License-Identifier: MIT

local applets = require "exotel.sandbox.applets"
local callbacks = require "exotel.sandbox.callbacks"
local clock = require "exotel.sandbox.clock"
local dice = require "exotel.sandbox.dice"
local exotel = require "exotel"
local flows = require "exotel.sandbox.flows"
local history = require "exotel.sandbox.history"
local httpd = require "exotel.httpd"
local keys = require "exotel.sandbox.keys"
local limit = require "exotel.sandbox.limit"
local loops = require "exotel.transport.loop"
local metadata = require "exotel.sandbox.metadata"
local numbers = require "exotel.sandbox.numbers"
local options = require "exotel.cli.options"
local poller = require "exotel.poller"
local recordings = require "exotel.sandbox.recordings"
local refusals = require "exotel.sandbox.refusals"
local replies = require "exotel.sandbox.replies"
local runs = require "exotel.sandbox.runs"
local running = require "exotel.running"
local server = require "exotel.sandbox.server"
local sys = require "exotel.sys"

local command = {}

local CONNECTIONS = 1024
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
  { "settle-seconds", "seconds", 0, "after the end, until EndTime, Duration and Price are known" },
  { "retry-seconds", "seconds", 5, "the pause before a StatusCallback is tried again" },
  { "rate-limit", "integer", 200, "requests in a minute, then 429; 0 is no limit" },
  { "flow", "string", nil, "a file with flows, in JSON: one, or a list of them" },
  { "history", "integer", 0, "calls of the past that bulk queries find" },
  { "until-stdin-ends", "flag", false, "end when standard input does" },
  { "help", "flag", false, "print this" },
}

local about = ([[
usage: exotel sandbox [OPTION…]

Exotel on loopback: calls that ring no phone. Prints its address, and runs until it is killed.

%s
It answers connect, Call Details, bulk Calls, Numbers and Balance: in JSON where the path ends
with .json, else in XML.

The first leg (From) is rung, and the second (To) once the first has answered. The last two
digits of its number choose how each of them ends:

%s
A call costs 0.750 for each begun minute of its first leg. StatusCallbacks are posted as asked
for. Any answer but a 2xx within %d seconds is a failure, and tried again, %d times at most.

All seconds are the sandbox's, of which --speed makes more or fewer a real second; only the
%d seconds above are never less than %d real ones. At --speed 0 the clock stands still until it is
stepped, and these are %d real ones.

What is left to chance comes from --seed. Two runs with the same --seed, --epoch, --port and
other options at --speed 0, and the same requests and steps one after the other, have the same
journals, byte for byte; unless --queue-seconds and --ring-seconds are 0, or real time decides
what becomes of a StatusCallback.

Bulk queries find the calls that have ended: of the last 31 days, or of the DateCreated that is
asked for, a month at most and no more than six months ago. Filters and their operators are the
documented ones, and what breaks a documented limit is answered 400. --history adds %d
at most.
%s
%s
The Balance is always %s %s.

Of requests that are let in with the account's credentials, --rate-limit are answered in any %d
seconds; those over it are answered 429, and don't count themselves. X-RateLimit-Limit,
X-RateLimit-Remaining and X-RateLimit-Reset tell of it in every answer, Retry-After in a 429: one
of Exotel's pages has these headers, but no capture of an answer. The times in them are real
seconds.

What happened, as JSON for tests, without credentials or limit:
  GET /_sandbox/dials      every dial that was read, taken or refused
  GET /_sandbox/calls      every call that was placed, with its legs
  GET /_sandbox/callbacks  every attempt to post a StatusCallback

What a test says, as a form:
  POST /_sandbox/advance   seconds: the clock jumps that far. What is due in between is done in
                           the order of its time; the answer comes when that has been done, each
                           StatusCallback being delivered, or given up until it is tried again
]]):format(options.help(command.rows), numbers.help(), callbacks.TIMEOUT, callbacks.RETRIES,
  callbacks.TIMEOUT, callbacks.LEAST_TIMEOUT, callbacks.LEAST_TIMEOUT, history.MOST,
  history.help(), metadata.help(), server.BALANCE, server.CURRENCY, limit.SECONDS)

local about_calls = ([[
  GET /_sandbox/applets    every request of an applet, and its reply
  GET /_sandbox/flows      the app_ids of the flows

A dial is answered --originate-seconds after it was read, but its phone rings from then on: the
service originates before it answers, so who gives up may have placed a call. The answer shows
the call as it is by then. A call's EndTime, Duration and Price are known --settle-seconds after
its end (on the service that takes about two minutes), in Call Details and in bulk answers; its
status and its StatusCallback don't wait.

A recording can be fetched %d seconds after it is over, with the account's credentials, as a
whole or in ranges: an MP3 of silence, as long as what was recorded and %d seconds at most.
With StreamUrl no WebSocket is opened: the call has one leg, lasts as long as a conversation,
and may ask for the event ringing as well.

By the last two digits of From, or else of To, a dial is answered with a documented error, and no
phone rings. Bodies: rest is a RestException in JSON or XML, page plain text, limits and data the
JSON that other pages show.

%s
Flows. A dial whose Url ends in /exoml/start_voice/APP_ID follows the flow of that app_id, once
leg 1 has answered; without such a flow it talks with it until the end. Flows come from --flow,
and from POST /_sandbox/flows, as JSON or as a form (applets[0][kind]=…):

  { "app_id": "926", "applets": [ { "kind": "gather", "url": "http://…", "name": "menu",
    "next": { "digits": "menu", "no_input": "end" } }, … ] }

By each outcome `next` names the applet that follows, or does so for all as one name; else it is
the one behind it in the list, and the call ends behind the last one, or after %d. Kinds:

%s
An applet asks its url by GET, with what is known of the call in the query; connect and gather
with Exotel-Version: %s. It has %d seconds to answer, and never less than %d real ones; a reply
of more than %d bytes is none. Then, and after a reply of another type or with a field of a type
that isn't documented, connect asks fallback_url if there is one, and else dials nobody; gather
and a passthru that isn't async drop the caller, as a passthru does on any status but 200 and
302; a switch goes on as default, a greeting without a word. What is said, played or keyed takes
%d s.

connect rings numbers one after another, or max_parallel_attempts of them at once, until one
answers; with fetch_after_attempt it asks again after each, %d times at most. Their last two
digits choose how they end, as above. dial_passthru_event_url is told of each number, with Status
busy when it rings and free when it is done with.

%s
  POST /_sandbox/digits    digits, From: what is keyed at the next gather
  POST /_sandbox/incoming  From, To (an ExoPhone), app_id: a call comes in, in that flow
]]):format(recordings.DELAY, recordings.LONGEST, refusals.help(), runs.MOST_APPLETS, flows.help(),
  applets.VERSION, applets.TIMEOUT, applets.LEAST_TIMEOUT, replies.MOST, runs.PLAY,
  runs.MOST_FETCHES, keys.help())

local function complain(text)
  io.stderr:write("exotel sandbox: ", text, "\n")
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

-- The flows of a file, or none; nil and what is wrong with it.
local function flows_of(path)
  if not path then return {} end
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local list, wrong = flows.decode(file:read "a")
  file:close()
  local set
  if list then set, wrong = flows.new(list) end
  if not set then return nil, ("--flow %s: %s"):format(path, wrong) end
  return list
end

local function new_sandbox(given, listed, base_url, loop)
  local time = new_clock(given, loop)
  return server.new {
    account_sid = given.sid, api_key = given.key, api_token = given.token, base_url = base_url,
    clock = time, dice = dice.new(given.seed),
    seconds = { queue = given["queue-seconds"], ring = given["ring-seconds"],
                call = given["call-seconds"] },
    retry_seconds = given["retry-seconds"], history = given.history,
    rate_limit = given["rate-limit"], settle_seconds = given["settle-seconds"],
    originate_seconds = given["originate-seconds"], flows = listed,
    spawn = function(...) return time:spawn(...) end,
    send = function(request) return loop:perform(request) end,
    hex = sys.hex, complain = complain,
  }
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

--- The options of a command line by their names, or nil and what is wrong with them.
function command.read(arguments)
  local given, wrong = options.read(command.rows, arguments)
  wrong = wrong or wrong_of(given)
  if wrong then return nil, wrong end
  return given
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
    io.stdout:write(about, about_calls)
    return 0
  end
  local listed, unread = flows_of(given.flow)
  if not listed then return fail(unread) end
  local listener, message = httpd.listen {
    host = given.host, port = given.port, max_connections = CONNECTIONS,
  }
  if not listener then
    fail(message)
    return 2
  end
  print(listener:url())
  io.stdout:flush()
  local loop, waiting = assert(exotel.loop { requests_in_flight = IN_FLIGHT }), poller.new()
  local sandbox = new_sandbox(given, listed, listener:url(), loop)
  waiting:add(listener, function()
    local request = listener:poll(0)
    if request then sandbox:answer(request) end
  end)
  waiting:add(loop, function() loop:step(0) end)
  if given["until-stdin-ends"] then watch_stdin(waiting) end
  waiting:run()
  return 0
end

return command
