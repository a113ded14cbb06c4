-- cli/sandbox_help: what `exotel sandbox --help` prints: the options, and what the sandbox's
-- own tables say.
--
-- SPDX-License-Identifier: MIT

local applets = require "exotel.sandbox.applets"
local callbacks = require "exotel.sandbox.callbacks"
local faults = require "exotel.sandbox.faults"
local flows = require "exotel.sandbox.flows"
local history = require "exotel.sandbox.history"
local keys = require "exotel.sandbox.keys"
local limit = require "exotel.sandbox.limit"
local metadata = require "exotel.sandbox.metadata"
local numbers = require "exotel.sandbox.numbers"
local operations = require "exotel.sandbox.operations"
local options = require "exotel.cli.options"
local recordings = require "exotel.sandbox.recordings"
local refusals = require "exotel.sandbox.refusals"
local replies = require "exotel.sandbox.replies"
local runs = require "exotel.sandbox.runs"

local function usage(rows)
  return ([[
usage: exotel sandbox [OPTION…]

Exotel on loopback: calls that ring no phone. Prints its address, and runs until it is killed.

%s
It answers connect, Call Details, bulk Calls, Numbers and Balance: in JSON where the path ends
with .json, else in XML.
]]):format(options.help(rows))
end

local function about_calls()
  return ([[

The first leg (From) is rung, and the second (To) once the first has answered. The last two
digits of its number choose how each of them ends:

%s
A call costs 0.750 for each begun minute of its first leg. StatusCallbacks are posted as asked
for. Any answer but a 2xx within %d seconds is a failure, and tried again, %d times at most.

A dial is answered --originate-seconds after it was read, but its phone rings from then on: the
service originates before it answers, so who gives up may have placed a call. The answer shows
the call as it is by then. A call's EndTime, Duration and Price are known --settle-seconds after
its end (on the service that takes about two minutes), in Call Details and in bulk answers; its
status and its StatusCallback don't wait.

A recording can be fetched %d seconds after it is over, with the account's credentials, as a
whole or in ranges: an MP3 of silence, as long as what was recorded and %d seconds at most.
With StreamUrl no WebSocket is opened: the call has one leg, lasts as long as a conversation,
and may ask for the event ringing as well.

From, To and CallerId are phone numbers or SIP addresses: anything else is answered 400, and so is
a CallerId with blanks or dashes in it.

By the last two digits of From, or else of To, a dial is answered with a documented error, and no
phone rings. Bodies: rest is a RestException in JSON or XML, page plain text, limits and data the
JSON that other pages show.

%s]]):format(numbers.help(), callbacks.TIMEOUT, callbacks.RETRIES, recordings.DELAY,
    recordings.LONGEST, refusals.help())
end

local function about_time()
  return ([[

All seconds are the sandbox's, of which --speed makes more or fewer a real second; only the
%d seconds above are never less than %d real ones. At --speed 0 the clock stands still until it is
stepped, and these are %d real ones.

What is left to chance comes from --seed. Two runs with the same --seed, --epoch, --port and
other options at --speed 0, and the same requests and steps one after the other, have the same
journals, byte for byte; unless --queue-seconds and --ring-seconds are 0, or real time decides
what becomes of a StatusCallback.
]]):format(callbacks.TIMEOUT, callbacks.LEAST_TIMEOUT, callbacks.LEAST_TIMEOUT)
end

local function about_queries()
  return ([[

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
]]):format(history.MOST, history.help(), metadata.help(), operations.BALANCE,
    operations.CURRENCY, limit.SECONDS)
end

local function about_flows()
  return ([[

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

%s]]):format(runs.MOST_APPLETS, flows.help(), applets.VERSION, applets.TIMEOUT,
    applets.LEAST_TIMEOUT, replies.MOST, runs.PLAY, runs.MOST_FETCHES, keys.help())
end

local function about_faults()
  return ([[

Faults strike requests that are let in, and StatusCallbacks, which they may keep from being
posted: --fault 'NAME field=value …', as in --fault 'close every=10 operation=connect'. A request:

%s

(placed=true: what was asked for is done, and only the answer suffers.) And a StatusCallback:

%s

What any of them may say:

%s

The last two digits of From or To ask for a fault too:

%s
]]):format(faults.help "request", faults.help "callback", faults.help_of_fields(),
    faults.help_of_numbers())
end

local PAGES = [[

What happened, as JSON for tests, without credentials, limit or faults:
  GET /_sandbox/dials      every dial that was read, taken or refused, and its fault
  GET /_sandbox/calls      every call that was placed, with its legs
  GET /_sandbox/callbacks  every attempt to post a StatusCallback
  GET /_sandbox/applets    every request of an applet, and its reply
  GET /_sandbox/flows      the app_ids of the flows
  GET /_sandbox/faults     every rule, and how often it has struck

What a test says, as a form:
  POST /_sandbox/advance   seconds: the clock jumps that far. What is due in between is done in
                           the order of its time; the answer comes when that has been done, each
                           StatusCallback being delivered, or given up until it is tried again
  POST /_sandbox/incoming  From, To (an ExoPhone), app_id: a call comes in, in that flow
  POST /_sandbox/digits    digits, From: what is keyed at the next gather
  POST /_sandbox/flows     a flow, as above: one more
  POST /_sandbox/faults    fault and the fields above: one more rule
  DELETE /_sandbox/faults  forgets the rules
]]

--- The whole text. rows: the options of the command line.
return function(rows)
  return table.concat { usage(rows), about_calls(), about_time(), about_queries(), about_flows(),
                        about_faults(), PAGES }
end
