---@meta exotel
-- Definitions for LuaLS, made by `make reference`; nothing here is run. To use them, name
-- the folder of this file in workspace.library.
-- SPDX-License-Identifier: MIT

---@class exotel.settings
---@field account_sid? string the account
---@field api_key? string its API key
---@field api_token? string its API token
---@field region? string where the account is: a region's name, or a host
---@field base_url? string the address, instead of a region
---@field plain_http? boolean whether http is allowed to a host that isn't loopback
---@field timeout? number seconds for all attempts of a call together
---@field connect_timeout? number seconds to connect, of these
---@field retries? number attempts after the first
---@field retry_budget? number retries that all calls of the client share; eight successes give one back
---@field on_request? fun(told: table) called before each attempt: operation, attempt, dials, timeout
---@field on_response? fun(told: table) called after each attempt: also status, outcome, kind, reason, and seconds, a table: total, and of lookup, connect, tls, wait and read those that there were
---@field on_retry? fun(told: table) called before the pause that comes before another attempt: also why, after
---@field logger? fun(level: string, message: string) told of failures and retries, level "warning" or "error"; by default nobody is
---@field only_dial? string[] the only numbers that may be dialled
---@field max_dials? number dials that the client makes at most
---@field limit? integer|false requests of the account in any 60 seconds, counted with those of the other clients of this process; inside nginx with those of all workers, and 200 by default, where there is a lua_shared_dict named exotel; false for no counting
---@field max_wait? number seconds that a request waits for its turn under the limit, beside its timeout
---@field limiter? exotel.limiter|table instead of limit: what require("exotel.limiter").new gives, for a fleet or other numbers
---@field before_dial? fun(reference: string, request: table): any, any is called before a dial leaves; the dial isn't sent when it returns false, or nil and an error, or raises
---@field tracker? exotel.tracker what require("exotel.tracker").new gives: each dial is written down before it leaves, or isn't sent, and its call is followed
---@field time_offset? string|integer the zone of the service's timestamps, or seconds
---@field transport? table what requests are sent by, instead of libcurl, or of nginx's sockets inside nginx: a loop, or { perform, sleep, now }
---@field proxy? string|false the proxy's address; false for none, whatever the environment says; inside nginx there is none
---@field ca_file? string certificates to trust, PEM; default the system's; inside nginx the directive lua_ssl_trusted_certificate says it
---@field user_agent? string how requests name the program; default lua-exotel, and its version
---@field max_response? number bytes of an answer
---@field resolve? string "host:port:address", for tests; in a loop for all of its clients

---@class exotel.how
---@field timeout? number seconds for all attempts of a call together
---@field connect_timeout? number seconds to connect, of these
---@field retries? number attempts after the first
---@field deadline? number seconds for all of it: of a query for all its pages
---@field format? "json"|"xml" the format of the answer
---@field reference? string a dial's own name, at most 128 bytes; without one it gets 24 hexadecimal digits

---@class exotel.limiter.options
---@field limit? integer the requests in any 60 seconds, 2 to 100000
---@field burst? integer how many of them may go at once, half of the limit at most; without it a tenth
---@field store? exotel.store where those who share the limit meet; without it the shared dictionary `exotel` inside nginx, where there is one, else this process's memory
---@field max_wait? number the seconds that a request waits for its turn, at most 86400
---@field hosts? integer how many share the store, so that each has its share of the limit while the store is lost: of an nginx with a dictionary `exotel` all workers are one, elsewhere each process is
---@field calls? integer how many may be in progress at once, 1 to 1000, where client:call_ended, or a webhook with the setting `client`, tells of each end; without it any number
---@field now? fun(): number gives seconds, by which delays are counted

---@class exotel.store.memory.options
---@field most? integer how many entries it may have
---@field now? fun(): number gives seconds, instead of the process's clock

---@class exotel.store.redis.options
---@field host? string the server
---@field port? integer its port
---@field username? string whom it lets in, where it asks
---@field password? string likewise; it travels in plain
---@field database? integer another than the first
---@field timeout? number the seconds of each step, above 0 and at most a day
---@field prefix? string stands in front of each key
---@field command? fun(...: string): any, string? instead of the first six: sends the words of one command and returns its reply, nil for none; or nil and a message; or false and the message that Redis itself answered

---@class exotel.connect.options
---@field from string the number that is called first
---@field to? string the number that is connected once the first has answered
---@field caller_id string your ExoPhone
---@field url? string the address of the flow
---@field app_id? integer|string the number of the flow, instead of its address
---@field stream_url? string the WebSocket that the audio is streamed to
---@field stream_type? "bidirectional"|string how the stream flows
---@field stream_name? string a name for the stream
---@field stream_begin? "atLeg1connect"|"atLeg2connect"|integer|string the leg whose answer begins the stream
---@field call_type? "trans"|string trans for transactional calls
---@field time_limit? integer|string seconds after which the call is cut
---@field ring_timeout? integer|string seconds to ring each party
---@field wait_url? string a wav file played to the first party while the second is rung
---@field record? boolean|string whether the conversation is recorded
---@field recording_channels? "single"|"dual" both parties in one channel, or one each
---@field recording_format? "mp3"|"mp3-hq" quality of the recording
---@field custom_field? string a text of yours that comes back with the call's events
---@field start_playback_to? "Callee"|"Both" who hears the playback before the parties are connected
---@field start_playback_value? string the wav file played before the parties are connected
---@field status_callback? string where the call's events are posted
---@field status_callback_events? "terminal"|"answered"|"ringing"|string|string[] the events to post; with a flow the service answers 400
---@field status_callback_content_type? "multipart/form-data"|"application/json" the encoding of what is posted
---@field extra? table<string, string|number|boolean> what is sent as it is

---@class exotel.call_details.options
---@field sid? string the identifier of the call
---@field details? boolean|string whether the legs are wanted too
---@field extra? table<string, string|number|boolean> what is sent as it is

---@class exotel.calls.options
---@field sid? string|string[] the identifiers of calls; without date_created of the last 31 days
---@field date_created? number|string|{ gte?: number|string, lte?: number|string } when the call was created, in the service's zone; a day alone begins with its first second and ends with its last
---@field to? string|string[] the numbers of your customers
---@field from? string|string[] the numbers that were called first
---@field status? "completed"|"failed"|"busy"|"no-answer"|"canceled"|string|string[] how the call ended
---@field duration? integer|string|{ gte?: integer|string, gt?: integer|string, lte?: integer|string, lt?: integer|string, eq?: integer|string } seconds that the call took
---@field price? number|string|{ gte?: number|string, lte?: number|string, eq?: number|string } what was charged, in the account's currency
---@field direction? "inbound"|"outbound-dial"|"outbound-api"|string|string[] who called whom
---@field phone_number? string|string[] the ExoPhones of the calls
---@field details? boolean|string whether the legs are wanted too
---@field page_size? integer|string calls of one page
---@field sort? "DateCreated:asc"|"DateCreated:desc"|"asc"|"desc" whether the oldest call comes first, or the newest
---@field before? string the cursor of the page before
---@field after? string the cursor of the page after
---@field numbers_metadata? boolean|string whether what is known of the numbers is wanted too
---@field recording_url_validity? integer|string minutes for which the recording's address needs no credentials
---@field extra? table<string, string|number|boolean> what is sent as it is

---@class exotel.number_metadata.options
---@field number? string the phone number that is asked about
---@field extra? table<string, string|number|boolean> what is sent as it is

---@class exotel.balance.options
---@field extra? table<string, string|number|boolean> what is sent as it is

---@class exotel.balance
---@field account_sid? string AccountSid
---@field balance? number BalanceData.Balance
---@field balance_text? string BalanceData.Balance
---@field currency? string BalanceData.Currency
---@field pricing_plan? string BalanceData.PricingPlan
---@field date_updated? string BalanceData.DateUpdated

---@class exotel.call.leg
---@field id? integer
---@field on_call_duration? integer
---@field status? string

---@class exotel.call
---@field sid? string Sid
---@field parent_call_sid? string ParentCallSid
---@field date_created? string DateCreated
---@field date_updated? string DateUpdated
---@field account_sid? string AccountSid
---@field to? string To
---@field from? string From
---@field phone_number? string PhoneNumber
---@field phone_number_sid? string PhoneNumberSid
---@field status? string Status
---@field start_time? string StartTime
---@field end_time? string EndTime
---@field duration? integer Duration
---@field price? number Price
---@field price_text? string Price
---@field currency? string Currency
---@field direction? string Direction
---@field answered_by? string AnsweredBy
---@field forwarded_from? string ForwardedFrom
---@field caller_name? string CallerName
---@field uri? string Uri
---@field recording_url? string RecordingUrl
---@field pre_signed_recording_url? string PreSignedRecordingUrl
---@field custom_field? string CustomField
---@field conversation_duration? integer Details.ConversationDuration
---@field legs? exotel.call.leg[]

---@class exotel.event.leg
---@field answered_by? string
---@field caller_id? string
---@field cause? integer
---@field cause_code? string
---@field disconnected_by? string
---@field id? integer
---@field insights_detailed_status? string
---@field insights_ringing_duration? number
---@field insights_status? string
---@field number? string
---@field on_call_duration? integer
---@field status? string
---@field type? string

---@class exotel.event
---@field call_sid? string CallSid
---@field event_type? string EventType
---@field status? string Status
---@field date_created? string DateCreated
---@field date_updated? string DateUpdated
---@field start_time? string StartTime
---@field end_time? string EndTime
---@field from? string From
---@field to? string To
---@field phone_number_sid? string PhoneNumberSid
---@field direction? string Direction
---@field duration? integer Duration
---@field conversation_duration? integer ConversationDuration
---@field recording_url? string RecordingUrl
---@field custom_field? string CustomField
---@field call_from? string CallFrom
---@field call_to? string CallTo
---@field created? string Created
---@field current_time? string CurrentTime
---@field call_type? string CallType
---@field call_status? string CallStatus
---@field dial_call_status? string DialCallStatus
---@field dial_call_duration? integer DialCallDuration
---@field dial_whom_number? string DialWhomNumber
---@field forwarded_from? string ForwardedFrom
---@field outgoing_phone_number? string OutgoingPhoneNumber
---@field process_status? string ProcessStatus
---@field recording_available_by? string RecordingAvailableBy
---@field digits? string digits
---@field flow_id? string flow_id
---@field tenant_id? string tenant_id
---@field agent_email? string AgentEmail
---@field stream_sid? string Stream.StreamSID
---@field stream_status? string Stream.Status
---@field stream_duration? number Stream.Duration
---@field stream_recording_url? string Stream.RecordingUrl
---@field stream_url? string Stream.StreamUrl
---@field stream_disconnected_by? string Stream.DisconnectedBy
---@field stream_detailed_status? string Stream.DetailedStatus
---@field stream_error? string Stream.Error
---@field app_id? string AppId
---@field app_user_id? string AppUserID
---@field virtual_number? string VirtualNumber
---@field from_number? string FromNumber
---@field to_number? string ToNumber
---@field call_state? string CallState
---@field total_duration? integer TotalDuration
---@field created_at? string CreatedAt
---@field agent_status? string Status
---@field legs? exotel.event.leg[]
---@field kind "default"|"answered"|"terminal"|"passthru"|"agent"|"stream"|"integration"|"unknown" who sent it, and when: the first three are StatusCallbacks
---@field final boolean whether no more will come of the call
---@field dedup_key string the same for the same event in any encoding
---@field repeated? string[] names that came more than once; the first value counts
---@field files? { name: string, filename: string?, type: string?, size: integer }[] the parts that were files, without what was in them

---@class exotel.number_metadata
---@field phone_number? string PhoneNumber
---@field circle? string Circle
---@field circle_name? string CircleName
---@field type? string Type
---@field operator? string Operator
---@field operator_name? string OperatorName
---@field dnd? string DND

---@class exotel.page
---@field total? integer Total
---@field page_size? integer PageSize
---@field first_page_uri? string FirstPageUri
---@field prev_page_uri? string PrevPageUri
---@field next_page_uri? string NextPageUri
---@field calls? exotel.call[] its calls; a page of a query's pages() is their list itself
---@field after? string the cursor of the next page, out of NextPageUri
---@field before? string the cursor of the page before, out of PrevPageUri

---@alias exotel.error.kind "invalid"|"transport"|"api"|"parse"|"limited"|"file"|"store"
---@alias exotel.error.outcome "not_sent"|"rejected"|"unknown"
---@alias exotel.error.reason "missing"|"empty"|"phone"|"e164"|"url"|"sid"|"cursor"|"choice"|"word"|"range"|"operator"|"time"|"utf8"|"nul"|"too_long"|"too_many"|"list"|"pairs"|"mode"|"needs"|"conflict"|"path"|"host"|"extra"|"json"|"xml"|"name"|"files"|"type"|"too_old"|"clock"|"resume"|"credentials"|"resolve"|"resolver"|"connect"|"tls"|"proxy"|"timeout"|"closed"|"protocol"|"too_large"|"repeated"|"address"|"late"|"cancelled"|"dead"|"memory"|"system"|"transport"|"other"|"incomplete"|"limit"|"boundary"|"header"|"encoding"|"truncated"|"applet"|"cursor_repeated"|"endless"|"changed"|"only_dial"|"deadline"|"max_dials"|"rate"|"calls"|"before_dial"|"tracker"|"unsettled"|"write"|"in_use"|"stopped"|"unreachable"|"full"|"redirect"|"bad_request"|"auth"|"payment"|"forbidden"|"not_found"|"rate_limited"|"rejected"|"server"|"unexpected"|"status_callback_events"|"ndnc"|string

---@class exotel.error
---@field kind exotel.error.kind where it went wrong
---@field outcome? exotel.error.outcome what became of the request; nil where it is about none
---@field reason exotel.error.reason a word to branch on
---@field message string a line for people, without secrets and whole phone numbers
---@field operation? string the function's name
---@field field? string the option, or the part of a webhook, that it is about
---@field status? integer the HTTP status of the answer
---@field code? string the service's own code
---@field retry_after? number seconds that the service asks to wait
---@field position? integer the byte of the input, from 1
---@field attempts? integer how often the request was tried
---@field reference? string of a dial: its own name, by which before_dial was told of it
---@field call? exotel.call of a call that hasn't settled: what is known of it
---@field resume? table of a query that stopped: exotel.calls { resume = err.resume } goes on

--- A dial that reconcile is asked about.
---@class exotel.dial
---@field reference? string its own name
---@field from string the number that it asked to be called first
---@field to? string the other number; nil for a flow or a stream
---@field began number epoch seconds: not sent before
---@field latest? number epoch seconds: not sent later; default 60 s after began
---@field time_limit? number seconds, as it asked for; default 14400
---@field ring_timeout? number seconds, as it asked for; default 60

--- What reconcile answers.
---@class exotel.reconciled
---@field state "placed"|"ambiguous"|"unknown"|"not_placed" what became of the dial
---@field reference? string the dial's own name
---@field call? exotel.call where it was placed: the call
---@field candidates? exotel.call[] where it is ambiguous: the calls that may be it
---@field ask_again_at? integer where it is unknown: epoch seconds

--- What a tracker hands out.
---@class exotel.tracked : exotel.call
---@field settled "complete"|"ended"|"lost"|"not_placed"|"ambiguous" complete: it has its price and duration, or had its time to get them; ended: they never came; lost: nobody knows of its end. Of a dial without a call: not_placed; or ambiguous, when several may be its
---@field reference? string the dial's own name
---@field again? true it was handed out before, and may have been dealt with
---@field candidates? string[] of an ambiguous dial: the SIDs of the calls that may be its

--- What stores have in common; docs/store.md says what each promises.
---@class exotel.store
local store = {}

--- Makes an entry: true; false when there is one already.
---@param key string 1 to 200 bytes
---@param value string at most 65536 bytes
---@param seconds number its lifetime: above 0, at most 31622400
---@return boolean? added
---@return exotel.error? err
function store:add(key, value, seconds) end

--- The value of an entry; nil when there is none.
---@param key string 1 to 200 bytes
---@return string? value
---@return exotel.error? err
function store:get(key) end

--- Changes an entry whose value is `before`, nil for none: true; false when it isn't. A `value` of nil deletes it.
---@param key string 1 to 200 bytes
---@param before? string the value that must be there
---@param value? string at most 65536 bytes
---@param seconds? number its lifetime: above 0, at most 31622400
---@return boolean? swapped
---@return exotel.error? err
function store:swap(key, before, value, seconds) end

--- A token that nobody else has; false while somebody has the lease.
---@param key string 1 to 200 bytes
---@param seconds number its lifetime: above 0, at most 31622400
---@return (string|false)? token
---@return exotel.error? err
function store:lease(key, seconds) end

--- Lets a lease last for so long from now: true; false when it is over, or another's.
---@param key string 1 to 200 bytes
---@param token string what lease gave
---@param seconds number its lifetime: above 0, at most 31622400
---@return boolean? renewed
---@return exotel.error? err
function store:renew(key, token, seconds) end

--- Ends a lease: true; false when it is over, or another's.
---@param key string 1 to 200 bytes
---@param token string what lease gave
---@return boolean? released
---@return exotel.error? err
function store:release(key, token) end

---@class exotel.client
local client = {}

--- Places a call (S001, S002, S003): between two numbers { from, to, caller_id, … }, to a
--- flow { from, caller_id, app_id or url, … }, or to a stream { from, caller_id,
--- stream_url, stream_type, … }. The options are the rows of exotel.options("connect").
--- Second table: timeout (60 s), connect_timeout (5 s), retries (2); reference, the dial's own
--- name, which is made up where there is none. The call carries it as its custom_field, unless
--- that was given; err.reference has it, too.
--- Returns the call's record, which only says that the service took it, whatever its status.
---@param params exotel.connect.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
function client:connect(params, how) end

--- Reads one call (S003). sid: its SID, or a record or event that has one. asked:
--- { details = true } for its legs. Third table: timeout (15 s), connect_timeout, retries.
---@param sid string|exotel.call|exotel.event
---@param asked? exotel.call_details.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
function client:call_details(sid, asked, how) end

--- A query over finished calls (S003): { sid, from, to, phone_number, status, direction,
--- duration, price, date_created, details, sort, … }, the rows of exotel.options("calls").
--- Sends nothing yet; what is wrong with the data comes from the first reading.
---
---   for call in exotel.calls{ status = "failed", date_created = { gte = "2026-11-01" } } do … end
---
--- raises an error, so that a page that failed never looks like the end. The same query has
--- next(), which gives each call once, then nil, or nil and an error; and, each from the
--- beginning, pages(), an iterator over lists of calls with the fields of their page; all(), a
--- list; first(), the first call or nil; total(), how many there are. In an error in the
--- middle err.resume is a table of strings, numbers and tables that may be kept in a file: it
--- has the filter, with its phone numbers, and no credentials. exotel.calls{ resume = it } goes
--- on behind the last call that was handed out.
---
--- Calls come in the order of date_created, the newest first unless sort = "asc", over as many
--- pages (of page_size, 100), months and groups of numbers (5) and SIDs (20) as it takes; a
--- page a group is held. An end that date_created leaves open is now, or six months ago, and
--- what is older is refused; without date_created the service gives the last 31 days.
--- Second table, for each page: timeout (15 s), connect_timeout, retries.
---@param filter exotel.calls.options|{ resume: table }
---@param how? exotel.how
---@return exotel.query query
function client:calls(filter, how) end

--- What became of a dial of which nobody knows: asks the service for the calls of its minutes.
--- subject: an error of connect; or a table, as before_dial was given it or as it was written down:
--- { from, to, began, latest, time_limit, ring_timeout, reference }, of which `from`, `began`
--- (epoch seconds) and, unless it went to a flow or a stream, `to` are needed. asked: { known =
--- SIDs }, the calls that are other dials', beside those that this client got the SID of.
--- Third table, for each page: timeout (15 s), connect_timeout, retries.
---
--- Returns a table. state is "placed", with the call: one has these numbers, in any spelling (the
--- last ten digits count), was created in these minutes and isn't known. "ambiguous", with the
--- candidates: more than one. "unknown", with ask_again_at (epoch seconds): none, but the service
--- tells of calls when they have ended, and this one may be going on. "not_placed": none, and its
--- time limit (else 14400 s), both ringing times (else 60 s each) and 5 minutes have passed since
--- it left at the latest; and at once where the error says not_sent or rejected.
---@param subject exotel.error|exotel.dial
---@param asked? { known?: (string|exotel.call|exotel.event)[] }
---@param how? exotel.how
---@return exotel.reconciled? found
---@return exotel.error? err
function client:reconcile(subject, asked, how) end

--- Waits until a call is settled: nothing more is to be heard of it. call: a record or an event of
--- it, or its SID. Returns its record, with `settled`: "complete"; "ended" when Price and Duration
--- never came; "lost" when nobody knows of its end. Else nil and an error: of reason "unsettled",
--- whose `call` is what is known, when the time is over; or the service's, when it doesn't know the
--- call. Where the client has a tracker, what that was told by webhooks counts as well.
---@param call exotel.call|exotel.event|string
---@param options? exotel.wait.options
---@return exotel.tracked? call
---@return exotel.error? err
function client:wait(call, options) end

--- A call is over: another may begin, where the setting `limiter` caps those in progress; elsewhere
--- it does nothing. call: a record or an event of it, or its SID. Safe to call again. The setting
--- `client` of a webhook calls it with each final event.
---@param call exotel.call|exotel.event|string
---@return boolean? done
---@return exotel.error? err
function client:call_ended(call) end

--- What is known of a phone number (S003; India's only): { phone_number, circle, circle_name,
--- type, operator, operator_name, dnd }. Second table: timeout (15 s), connect_timeout, retries.
---@param number string
---@param how? exotel.how
---@return exotel.number_metadata? number
---@return exotel.error? err
function client:number_metadata(number, how) end

--- The account's balance (NEW): { balance, balance_text, currency, pricing_plan, … }. First
--- table: timeout (15 s), connect_timeout, retries. The service asks for one a minute at most.
---@param how? exotel.how
---@return exotel.balance? balance
---@return exotel.error? err
function client:balance(how) end

--- Fetches the recording of a call (S003): a record or an event with recording_url, or the address
--- itself. options: to, a path, or a function that is given the bytes piece by piece and ends it by
--- returning false and why; max_bytes (256 MB). Returns { bytes, content_type, path, resumed }.
---
--- A file takes its place when it is whole; until then path .. ".part" has what came, and the next
--- call for that path fetches only the rest, where the server knows ranges. Of two calls for one
--- path at a time, in any processes of a host, the second fails with the reason in_use. The
--- credentials are shown to hosts of exotel.com and exotel.in and to the one that the client talks
--- to, and never to another, to one that is redirected to, or with a link that is signed.
--- Third table: timeout (15 s, for each piece of 512 KB), connect_timeout, retries, deadline.
---@param call exotel.call|exotel.event|string
---@param options { to: string|(fun(bytes: string): boolean?, string?), max_bytes?: integer }
---@param how? exotel.how
---@return { bytes: integer, content_type?: string, path?: string, resumed: integer }? fetched
---@return exotel.error? err
function client:recording(call, options, how) end

--- Asks an endpoint that has no function here: { method, path, query, form }. method: GET, POST,
--- PUT, PATCH or DELETE; without it GET, or POST with a form. path: below the account
--- ("Calls/SID/Legs.json"), or from the host's top when it begins with "/"; percent-encoded; one
--- to another host, with "..", a control byte or credentials is refused. query, form: tables of
--- strings, numbers and booleans. Second table: timeout (15 s; 60 s but for GET),
--- connect_timeout, retries, and format = "xml" for what is accepted. Returns { status, headers,
--- body } for any 2xx, as they came. All but GET is treated like a dial: on a fresh connection,
--- sent once, tried again only when it is proven that nothing was sent, or after 429; only_dial
--- looks at From and To, max_dials counts it.
---@param asked { method?: string, path: string, query?: table, form?: table }
---@param how? exotel.how
---@return { status: integer, headers: table, body: string }? answer
---@return exotel.error? err
function client:send(asked, how) end

--- The request that an operation would send, as a table, without sending it.
---@param name string the operation
---@param params table its options
---@param how? exotel.how
---@return table? request
---@return exotel.error? err
function client:request(name, params, how) end

--- The record of an answer that came some other way: operation, status, headers, body.
---@param name string the operation
---@param status integer
---@param headers? table<string, string>
---@param body string
---@return table? record
---@return exotel.error? err
function client:read(name, status, headers, body) end

--- What a record or an error came from: { status, headers, body, attempts, seconds }. A call of
--- a query has no body, which would be its whole page's.
---@param subject table a record, an event or an error
---@return table? response
function client:response(subject) end

--- The event of a webhook (S001, S003), whatever its encoding: body, its Content-Type, and
--- the query string of its URL where that matters. Never raises: nil and an error for what
--- can't be read. event.kind is "default", "answered", "terminal", "passthru", "agent",
--- "stream", "integration" or "unknown"; event.final, event.dedup_key, event.repeated and
--- event.files are described in docs/reference.md. exotel.fields "event" lists the rest.
---@param body? string
---@param content_type? string
---@param query? string
---@return exotel.event? event
---@return exotel.error? err
function client:parse_callback(body, content_type, query) end

--- The body that the service would send for an event, and its content type with the
--- boundary: parse_callback of both gives the event again. content_type:
--- multipart/form-data (default), application/json or application/x-www-form-urlencoded.
---@param event exotel.event
---@param content_type? string
---@return string? body
---@return string|exotel.error content_type
function client:build_callback(event, content_type) end

--- Epoch seconds of one of the service's timestamps. offset: "+05:30" or seconds, for
--- those that don't bring their own; default the setting time_offset, else +05:30.
---@param text? string
---@param offset? string|integer
---@return integer? epoch
---@return exotel.error? err
function client:time(text, offset) end

--- Closes the client's connections. Safe to call twice; what follows opens them anew.
function client:close() end

---@class exotel.query
---@overload fun(): exotel.call?
local query = {}

--- The next call; nil at the end; nil and the error. Reads the query once: behind its end
--- there is nothing, and an error stays. err.resume goes on: exotel.calls{ resume = … }.
---@return exotel.call? call
---@return exotel.error? err
function query:next() end

--- An iterator over the pages, from the beginning: each a list of calls with the fields of the
--- service's page (total, page_size, …). A query in several groups makes its own pages, whose
--- total is that of all groups in a month. Raises as a `for` over the query does.
---@return fun(): exotel.page|nil pages
function query:pages() end

--- All calls, from the beginning, as a list; or nil and the error, whose resume begins there
--- too, since no call was handed out.
---@return exotel.call[]? calls
---@return exotel.error? err
function query:all() end

--- The first call of all, asked for alone; nil when there is none; nil and the error. Of a
--- query that was resumed: the next one, asked for with its page, since others of that page
--- may have been handed out.
---@return exotel.call? call
---@return exotel.error? err
function query:first() end

--- How many calls there are, by a request a group and month; or nil and the error. Of a query
--- that was resumed: in the months that are left, the one that it stopped in counted whole.
---@return integer? total
---@return exotel.error? err
function query:total() end

---@class exotel.loop
local loop = {}

--- Sends one request, as docs/transport.md describes; request.options has what a client
--- brings as settings (ca_file, proxy, plain_http, …). Inside a task.
---@param request table
---@return table? response
---@return table? failure
function loop:perform(request) end

--- Waits, while the other tasks go on. Inside a task.
---@param seconds number
function loop:sleep(seconds) end

--- Seconds on a clock that never goes back.
---@return number seconds
function loop:now() end

--- Why a request can't be made here, or nil: for a client to ask before it begins.
---@return string? why
function loop:check() end

--- The transport of one client, with its settings.
---@param settings exotel.settings
---@return table transport
function loop:bind(settings) end

--- Runs fn(…) as a coroutine, from the next step on: in it every call of a client yields
--- instead of blocking, and so does loop:sleep(). Any other yield lets the other tasks go on.
--- Returns the task.
---@param fn function
---@param ... any
---@return exotel.task task
function loop:spawn(fn, ...) end

--- Does what can be done, and waits for it up to so many seconds; default 0, which never waits.
--- budget: seconds of work after which the rest is left to the next step; what has been begun
--- (a TLS handshake, a task's own code) isn't interrupted. Default: none.
--- Returns how many tasks aren't done yet.
---@param seconds? number
---@param budget? number
---@return integer left
function loop:step(seconds, budget) end

--- Steps until every task is done. Returns true; or nil and the first error that a task has
--- raised since the last run, if there is no on_error.
---@return true? done
---@return any err
function loop:run() end

--- Does in advance what else would slow the first frame with a request: reads the certificates
--- of the client that was last made for this loop, and makes the handles. Blocks for it (some
--- 20 ms), without the network.
function loop:prepare() end

--- What a poller needs: the descriptor, what is waited for on it, and the seconds until a step
--- is due anyway (nil: not before the descriptor is ready).
---@return integer fd
function loop:pollfd() end

---@return "r" events
function loop:events() end

---@return number? seconds
function loop:timeout() end

--- Cancels every task, lets each hear of it, and closes all connections. Called by a task it
--- is done at the end of the step. Safe to call twice, and in a forked process, where the
--- original's connections are left alone.
function loop:close() end

---@class exotel.task
local task = {}

--- Whether its function has ended.
---@return boolean done
function task:done() end

--- What its function returned; nil and the error that it raised; nothing while it isn't done.
---@return any ...
function task:result() end

--- Gives up what the task waits for: its function goes on with an error of reason "cancelled",
--- whose outcome for a dial in flight is "unknown". Later requests of it aren't sent. Returns
--- whether there was anything left to cancel.
---@return boolean cancelled
function task:cancel() end

---@class exotel.poller
local poller = {}

--- From now on calls on_ready(source) whenever the source's descriptor is ready, or its
--- timeout has come: once a step at most. As with any poller it may have been read dry
--- meanwhile, so on_ready should ask without waiting. Returns the source; raises when it is
--- here already.
---@param source table
---@param on_ready fun(source: table)
---@return table source
function poller:add(source, on_ready) end

--- Forgets a source, also one that is due in this very step. To be done before a source is
--- closed. Returns whether it was here.
---@param source table
---@return boolean removed
function poller:remove(source) end

--- Calls on_time() once, in that many seconds or as soon after as a step comes; 0, less and
--- NaN mean the next step. Timers are called in the order of their times, and of their
--- making. Returns the timer, which has the method cancel().
---@param seconds number
---@param on_time fun()
---@return exotel.poller.timer timer
function poller:after(seconds, on_time) end

--- Waits until something is due, and calls all that is: timers first, then the sources in
--- the order of their adding. What callbacks make due waits for the next step.
--- seconds: how long to wait at most; 0, less and NaN never wait, nil waits until something is
--- due. A signal ends the wait early, and so does an hour.
--- Returns how many callbacks were called: 0 at once for nil when there is no source and no
--- timer. An error of a callback goes to the caller as it is, and what wasn't called is called
--- by the next step, before anything else is waited for. Raises when a source can't be polled,
--- because it was closed for one; it stays until it is removed.
---@param seconds? number
---@return integer called
function poller:step(seconds) end

--- Steps until until_true(), asked before each step, is true; until no source and no timer
--- is left; or until stop() was called, and the rest of that step. Returns whether
--- until_true() was true. Raises as step() does, and can then be called again.
---@param until_true? fun(): boolean
---@return boolean reached
function poller:run(until_true) end

--- Lets run(), whose step is going on, return after it.
function poller:stop() end

---@class exotel.poller.timer
local poller_timer = {}

--- Keeps the timer's function from being called. Nothing happens when it was called, or
--- cancelled, before.
function poller_timer:cancel() end

---@class exotel.webhook
local webhook = {}

--- Answers a request: method; the query string of its URL, or nil; headers by name, in any case;
--- the body, a text or a function that reads it, called only once the secret is right, with
--- max_body: of a longer one a byte more is enough; the path, which tells apart what is asked at
--- several URLs over one store.
--- Returns status, headers and body. Fourth, with answer_first, a function that handles the event,
--- to be called when the answer is on its way. The body of an answer to HEAD is a server's to
--- leave out.
---@param method string
---@param query? string
---@param headers? table<string, string|string[]>
---@param body? string|fun(max_body: integer): string?, any
---@param path? string
---@return integer status
---@return table<string, string> headers
---@return string body
---@return function? after
function webhook:handle(method, query, headers, body, path) end

--- The URL to give to the service, with the first of the secrets: as status_callback, or for an
--- applet. base: an http or https address without the secret.
---@param base string
---@return string url
function webhook:url(base) end

--- How often what came about, since it was made and in this process: received; handled, repeated,
--- busy (503), failed, rejected (400), method (405), forbidden (403), too_large (413), unread,
--- store_failed, hook_failed.
---@return table<string, integer> counts
function webhook:counts() end

---@class exotel.tracker
local tracker = {}

--- For a client: a dial is about to leave. Its reference, and its request as before_dial is given
--- it. True when it may leave; or false or nil, and why it mustn't.
---@param reference any
---@param request any
function tracker:begins(reference, request) end

--- For a client: a dial that began came to a call, or to nil and an error. True; or nil and an
--- error of the store, which loses nothing: the service will be asked about the dial. Or nil and
--- why it won't.
---@param reference any
---@param call any
---@param err any
function tracker:ended(reference, call, err) end

--- A webhook's event. True; false when it says nothing of a call's state, as what an applet asks;
--- or nil and an error of the store, and then the event should come again. A call that nobody has
--- told of is followed from then on.
---@param event exotel.event
---@return boolean? heard
---@return exotel.error? err
function tracker:heard(event) end

--- Follows a call that was placed elsewhere, or came in: a record, an event or a SID. True, or nil
--- and an error of the store.
---@param call exotel.call|exotel.event|string
---@return boolean? follows
---@return exotel.error? err
function tracker:follow(call) end

--- Follows a call no more: it is neither asked about nor handed out, and what comes late doesn't
--- change that for `remember` seconds. call: a record, an event or a SID. True; false when it isn't
--- followed, or is done; or nil and an error of the store.
---@param call exotel.call|exotel.event|string
---@return boolean? followed
---@return exotel.error? err
function tracker:unfollow(call) end

--- Asks the service about the calls of which that is due, by a client of their account: of at most
--- `most` of them, 20 unless it is given. Returns the seconds after which to call it again; or nil
--- and an error, of the store, or when the account is refused. Calls that can't be asked about are
--- asked about later. Where the service refuses to tell of one, the others are asked about all the
--- same, and then the error has its SID in `err.call.sid`, or a dial's name in `err.reference`. Any
--- number of processes may do this at a time: none asks what another is asking.
---@param client exotel.client
---@param most? integer
---@return number? pause
---@return exotel.error? err
function tracker:poll(client, most) end

--- The next settled call, which its taker alone has for `hold` seconds; false when there is none;
--- or nil and an error of the store. It is a record with more fields. `settled` is "complete";
--- "ended", when Price or Duration never came; "lost", when nobody knows of its end; and of a dial
--- without a call "not_placed", or "ambiguous" with the SIDs of its `candidates`. `reference` is
--- the dial's own name. `again` is true when it was handed out before, and may have been dealt
--- with.
---@return exotel.tracked|false|nil call
---@return exotel.error? err
function tracker:take() end

--- The call is dealt with, and not handed out any more. True; false when it took longer than
--- `hold`, and another may have it, or have dealt with it; or nil and an error of the store: it may
--- be tried again.
---@param call exotel.tracked
---@return boolean? done
---@return exotel.error? err
function tracker:done(call) end

--- Who takes longer than `hold` keeps the call for so many seconds from now. True; false when it is
--- too late; or nil and an error of the store.
---@param call exotel.tracked
---@param seconds? number
---@return boolean? renewed
---@return exotel.error? err
function tracker:renew(call, seconds) end

--- What is known of a call so far: a record, with `settled` where it is; false when it isn't
--- followed, or is done; or nil and an error of the store.
---@param sid string|exotel.call|exotel.event
---@return exotel.tracked|false|nil call
---@return exotel.error? err
function tracker:known(sid) end

--- How many calls and dials are open: `going`, that the service is asked about in time, and
--- `settled`, to be taken; or nil and an error of the store.
---@return { going: integer, settled: integer }? counts
---@return exotel.error? err
function tracker:counts() end

---@class exotel.limiter
local limiter = {}

--- The turns of one account. A client that is given a limiter calls it once; clients of one
--- account share them.
---@param account string its SID
---@return exotel.limiter.gate gate
function limiter:bind(account) end

--- One of an account's calls is over: another may begin, where `calls` caps them. call: a record or
--- an event of it, or its SID. Safe to call again. client:call_ended knows the account, and is what
--- the setting `client` of a webhook calls.
---@param account string
---@param call exotel.call|exotel.event|string
---@return boolean? done
---@return exotel.error? err
function limiter:call_ended(account, call) end

---@class exotel.limiter.gate
local limiter_gate = {}

--- Asks for a turn. Returns 0: it is had, and goes now; or the seconds after which to ask again,
--- and what is then given as `turn`; or nil and an error, kind "limited", whose retry_after says
--- when there may be one. Never waits.
---@param cost integer 1 for a request
---@param most? number seconds that whoever asks can still wait; default max_wait
---@param class "dial"|"read"
---@param turn? number nil when it is asked for the first time
---@return number? delay
---@return number|exotel.error? turn
function limiter_gate:acquire(cost, most, class, turn) end

--- The service has answered 429: nobody who shares the store has a turn for so many seconds.
---@param seconds? number 5 where the answer doesn't say, and never more than 300
function limiter_gate:hold(seconds) end

--- A dial begins: its lease, or nil and an error of kind "limited" when as many calls as may be are
--- in progress. Where these aren't counted, "".
---@return string? lease
---@return exotel.error? err
function limiter_gate:begin_call() end

--- The dial came to nothing: its lease is given back.
---@param lease string
---@return boolean? given_back
---@return exotel.error? err
function limiter_gate:end_call(lease) end

--- The dial came to a call: whoever hears of its end, in any process, can give its lease back.
---@param lease string
---@param sid string
---@param seconds? number in which the call is over; default 15000
function limiter_gate:call_began(lease, sid, seconds) end

--- Nobody knows whether the dial came to a call: whoever hears of the end of one that has its
--- reference can give its lease back.
---@param lease string
---@param reference string
---@param seconds? number in which the call is over; default 15000
function limiter_gate:call_in_doubt(lease, reference, seconds) end

--- A call is over, as a terminal event or Call Details say. Safe to call twice. reference: of the
--- dial that it came of, where that is known. Returns true; or nil and an error when the store
--- can't be asked, and then it may be called again.
---@param sid string
---@param reference? string
---@return boolean? done
---@return exotel.error? err
function limiter_gate:call_ended(sid, reference) end

---@class exotel.store.memory: exotel.store
local store_memory = {}

--- Seconds on the clock by which its entries end.
---@return number seconds
function store_memory:now() end

---@class exotel.store.redis: exotel.store
local store_redis = {}

--- For the limiter: a turn under GCRA, on the server's clock: 0, or the seconds to wait.
---@param key string
---@param takes_up integer microseconds
---@param tolerance integer microseconds
---@return number? wait
---@return exotel.error? err
function store_redis:acquire(key, takes_up, tolerance) end

--- For the limiter: takes the account up, from now on.
---@param key string
---@param ahead integer microseconds, at least
---@return boolean? pushed
---@return exotel.error? err
function store_redis:push(key, ahead) end

--- Closes the connection that is kept outside nginx. What follows opens another.
function store_redis:close() end

---@class exotel.sandbox
---@field account_sid string
---@field api_key string
---@field api_token string
---@field url string
local sandbox = {}

--- Ends the process, if that wasn't done yet; also when the handle is closed or collected.
function sandbox:stop() end

--- Every dial that it read, taken or refused, in their order: { at, form, bytes, status,
--- call_sid, … }, `form` being the names and values as they were sent.
---@return table[] dials
function sandbox:dials() end

--- Every call, with its legs, as call_details shows it now.
---@return exotel.call[] calls
function sandbox:calls() end

--- Every attempt to post a StatusCallback, in the order in which they were over: { at, call_sid,
--- event, url, attempt, content_type, body, status or failure and message, … }.
---@return table[] callbacks
function sandbox:callbacks() end

--- Adds a rule of faults: { fault = "close", next = 1 }; `exotel sandbox --help` lists them.
---@param rule table
---@return table answer
function sandbox:fault(rule) end

--- The rules of faults, each with how often it has struck.
---@return table[] rules
function sandbox:faults() end

--- Forgets the rules of faults.
function sandbox:forget_faults() end

--- Adds a flow that calls may follow: { app_id, applets = { { kind, url, … }, … } };
--- `exotel sandbox --help` lists the kinds.
---@param flow table
---@return table answer
function sandbox:flow(flow) end

--- What the caller keys at the next gather: { digits, from }.
---@param keyed table
---@return table answer
function sandbox:digits(keyed) end

--- Every request of an applet, and its reply.
---@return table[] asked
function sandbox:applets() end

--- Lets somebody call: { from, to, app_id }, an ExoPhone and the flow that it leads to.
---@param call table
---@return table answer
function sandbox:incoming(call) end

--- Lets the sandbox's time jump so many seconds, and comes back when all that was due by then is
--- done: what it then posts is delivered, or given up until it is tried again. Whoever receives
--- it must be able to go on meanwhile: another process, or another task or source of the loop in
--- whose task this is called. Returns the time that the sandbox's clock shows, in epoch seconds.
---@param seconds number
---@return number now
function sandbox:advance(seconds) end

--- The settings of a client for it: account_sid, api_key, api_token, base_url, proxy; and, in
--- place of these or beside them, `more`.
---@param more? exotel.settings
---@return exotel.settings settings
function sandbox:settings(more) end

--- A client for it, with these settings and `more`.
---@param more? exotel.settings
---@return exotel.client client
function sandbox:client(more) end

---@class exotel.applet.connect.destination
---@field numbers? string[] the numbers to dial, in their order; none of them: dial nobody
---@field trunk? string the SIP trunk to dial

---@class exotel.applet.connect.destination.item
---@field contact_uri string the user's number or address
---@field device_contact_uri? string the device's own

---@class exotel.applet.connect.music_on_hold
---@field type "operator_tone"|"default_tone"|string what is played
---@field value? string its address, where the type wants one

---@class exotel.applet.connect.start_call_playback
---@field playback_to "both"|string who hears it
---@field type "text"|string what the value is
---@field value string the text to say, or the address to play

---@class exotel.applet.connect.parallel_ringing
---@field activate boolean whether several numbers are rung at once
---@field max_parallel_attempts? integer how many of them at once

---@class exotel.applet.connect
---@field destination exotel.applet.connect.destination|exotel.applet.connect.destination.item[] whom to dial
---@field destination_type? "user"|string what the destinations are
---@field fetch_after_attempt? boolean whether the URL is asked again after each number that didn't answer
---@field outgoing_phone_number? string the ExoPhone that those who are dialled see
---@field record? boolean whether the conversation is recorded
---@field recording_channels? "single"|"dual" both parties in one channel, or one each
---@field max_ringing_duration? integer seconds to ring
---@field max_conversation_duration? integer seconds after which the conversation is cut
---@field music_on_hold? exotel.applet.connect.music_on_hold what the caller hears while others are rung
---@field start_call_playback? exotel.applet.connect.start_call_playback what is played before the conversation
---@field parallel_ringing? exotel.applet.connect.parallel_ringing several numbers at once
---@field dial_passthru_event_url? string where it is told who is rung, and who is free again
---@field custom_params? string SIP headers for the trunk

---@class exotel.applet.dial_whom
---@field numbers string[] the numbers to dial, in their order

---@class exotel.applet.gather.gather_prompt
---@field text? string what is said
---@field audio_url? string the audio that is played

---@class exotel.applet.gather.repeat_gather_prompt
---@field text? string what is said
---@field audio_url? string the audio that is played

---@class exotel.applet.gather
---@field gather_prompt exotel.applet.gather.gather_prompt what asks for the digits
---@field max_input_digits? integer as many end the input
---@field finish_on_key? string the key that ends the input
---@field input_timeout? integer seconds to wait for a key
---@field repeat_menu? integer how often it is asked again when nothing was keyed
---@field repeat_gather_prompt? exotel.applet.gather.repeat_gather_prompt what asks then; without it gather_prompt

---@class exotel.applet.switch
---@field select string the case to go on with

---@class exotel.applet.greeting
---@field text? string what is said
---@field audio? string[] the audio that is played, one after the other
---@field greeting_url? string the audio that is played, told in JSON

--- What a URL is answered with.
---@class exotel.reply
---@field status integer
---@field headers table<string, string>
---@field body string

--- What a webhook was sent.
---@class exotel.webhook.request
---@field method string in capitals
---@field query string of its URL, without the secret
---@field headers table as they were given
---@field body string
---@field path? string of its URL, where the server gives it

---@class exotel.wait.options
---@field timeout? number seconds that it waits at most
---@field complete? boolean false: it comes back when the call has ended, without Price and Duration, which take some two minutes more

---@class exotel.webhook.settings
---@field secrets string[] the secrets that a URL may have; the first stands in those that are made
---@field store exotel.store where it is kept what came already: docs/store.md
---@field on_event? fun(event: exotel.event, request: exotel.webhook.request): exotel.reply? your function. It returns a reply of exotel.applet where an applet asks; what it raises makes the service bring the event again. With a tracker it may be absent
---@field tracker? exotel.tracker|{ heard: fun(self: table, event: exotel.event): boolean?, exotel.error? } is told of each event before on_event; where it can't keep it, the service brings it again
---@field client? exotel.client the client that dials: where its limiter caps the calls in progress, a final event gives its call's place back
---@field on_reject? fun(body: string, err: exotel.error, request: exotel.webhook.request) is told of what can't be read, with its bytes
---@field on_error? fun(err: any, event?: exotel.event) is told what on_event raised, and of what the store can't do; and, without an event, why a body couldn't be read
---@field answer_first? boolean answers before on_event is called: what it raises is lost then. Applets are never answered first
---@field max_body? integer bytes of a body; more is answered 413
---@field hold? number seconds after which an event is given to another worker, where the one that had it is gone
---@field remember? number seconds for which an event that was handled is known again
---@field remember_answers? number seconds for which an applet is given the same answer again
---@field parameter? string the name of the secret in the query

---@class exotel.tracker.settings
---@field store table where it is kept what is known: docs/store.md
---@field name? string tells trackers apart that share a store, as those of two accounts
---@field hold? number seconds that a settled call is left to who has taken it
---@field first? number seconds after a dial until the service is asked about the call, when nothing was heard of it
---@field longest? number seconds from one such question to the next, at most
---@field price_after? number seconds from a call's end until Price and Duration are asked for
---@field keep? number seconds that a call is kept when nothing happens to it, also when nobody takes it
---@field remember? number seconds for which a call that is done isn't followed again
---@field now? fun(): number epoch seconds, instead of this host's clock

---@class exotel.applet
local applet = {}

--- Whether a value is a reply that was made here.
---@param value any
---@return boolean is_one
function applet.is_reply(value) end

--- Whether an event is an applet's request, for whose answer a caller waits.
---@param event exotel.event
---@return boolean waits
function applet.asks(event) end

--- What an applet asks, by the query string of its request (SUP): an event with the fields of
--- exotel.fields "event". A Greeting is asked twice, by HEAD and by GET. headers and body: for what
--- is posted; header names in lower case. nil and an error, also for what no applet asks.
---@param query? string
---@param headers? table<string, string>
---@param body? string
---@return exotel.event? asked
---@return exotel.error? err
function applet.request(query, headers, body) end

--- The answer to a Passthru: choice "a" (200) or "b" (302). An async one takes either.
---@param choice "a"|"b"
---@return exotel.reply reply
function applet.passthru(choice) end

--- The answer to a Switch: the case to go on with.
---@param case string
---@return exotel.reply? reply
---@return exotel.error? err
function applet.switch(case) end

--- The answer to a Connect: whom to dial, and how. The service waits for 5 seconds.
---@param fields exotel.applet.connect
---@return exotel.reply? reply
---@return exotel.error? err
function applet.connect(fields) end

--- The answer to a Connect that wants numbers in plain text: a list of them.
---@param numbers string[]
---@return exotel.reply? reply
---@return exotel.error? err
function applet.dial_whom(numbers) end

--- The answer to a Gather: what asks for digits, and when they end. The service waits for 5
--- seconds.
---@param fields exotel.applet.gather
---@return exotel.reply? reply
---@return exotel.error? err
function applet.gather(fields) end

--- The answer to a Greeting: a text to say, or { audio = { url, … } } or { greeting_url = url } to
--- play.
---@param greeting string|exotel.applet.greeting
---@return exotel.reply? reply
---@return exotel.error? err
function applet.greeting(greeting) end

---@class exotel.webhook.httpd
local webhook_httpd = {}

--- Answers one request of a server. Returns what is to be called when the answer is on its way,
--- behind the server's next poll; nil for nothing.
---@param webhook exotel.webhook
---@param request userdata
---@return function? after
function webhook_httpd.answer(webhook, request) end

--- Waits up to so many seconds for a request, and answers it. Whether there was one.
---@param webhook exotel.webhook
---@param server userdata
---@param seconds? number
---@return boolean handled
function webhook_httpd.step(webhook, server, seconds) end

---@class exotel.webhook.nginx
local webhook_nginx = {}

--- Handles the request at hand, in content_by_lua. What a webhook gives to do behind the answer
--- is done when the answer was sent.
---@param webhook exotel.webhook
function webhook_nginx.handle(webhook) end

---@class exotel.store.shdict
local store_shdict = {}

--- A store in a shared dictionary, which should be its own: what others put there may push its
--- entries out.
---@param dict table one of ngx.shared
---@return exotel.store store
function store_shdict.new(dict) end

---@class exotel.store.contract
local store_contract = {}

--- A text that nobody else has: or nil and a misuse, where nothing gives random bytes.
---@return string? token
---@return exotel.error? err
function store_contract.token() end

--- The types of options by their names, of rows { name, type }.
---@param rows table[]
---@return table<string, string> types
function store_contract.types(rows) end

--- The options of a constructor, none for nil: or nil and a misuse for one that isn't known or
--- has another type.
---@param name string the constructor, for the message
---@param given? table
---@param types table<string, string>
---@return table? options
---@return exotel.error? err
function store_contract.options(name, given, types) end

--- An error of a store.
---@param reason "unreachable"|"full"|"protocol"
---@param message string
---@return exotel.error err
function store_contract.failure(reason, message) end

--- The methods of a store, of primitives { add, get, swap }: functions of the store and what is
--- given, which return as the methods do. before: nil for nothing; value of swap: nil deletes,
--- and then there are no seconds.
---@param primitives table<string, function>
---@return table<string, function> methods  beside these lease, renew and release
function store_contract.methods(primitives) end

---@class exotel.store.conformance
local store_conformance = {}

--- Runs one case. Returns what is wrong, or nil.
---@param make fun(): exotel.store called twice: gives two objects of one store, or one twice
---@param case table one of conformance.cases
---@param options? table sleep(seconds): waits, by the store's clock; default really
---@return string? wrong
function store_conformance.drive(make, case, options) end

--- Runs every case. Returns what is wrong, a list of strings, each the name of a case and what is
--- wrong; empty for a store that keeps the contract. Parameters as for conformance.drive.
---@param make fun(): exotel.store
---@param options? table
---@return string[] wrong
function store_conformance.check(make, options) end

---@class exotel
---@field _VERSION string
local exotel = {}

--- Sets the client that the functions of this module use. Settings: account_sid, api_key,
--- api_token, region or base_url; timeout, connect_timeout (seconds), retries, retry_budget;
--- on_request, on_response, on_retry, logger; only_dial, max_dials, before_dial, tracker; limit,
--- max_wait (seconds), limiter; transport, proxy, ca_file, plain_http, user_agent, max_response
--- (bytes), time_offset. What is missing is taken from
--- EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN, EXOTEL_REGION and EXOTEL_BASE_URL.
--- Returns the client.
---@param given exotel.settings
---@return exotel.client client
function exotel.configure(given) end

--- An independent client: every operation below is its method.
---@param given? exotel.settings
---@return exotel.client client
function exotel.client(given) end

--- Places a call (S001, S002, S003): between two numbers { from, to, caller_id, … }, to a
--- flow { from, caller_id, app_id or url, … }, or to a stream { from, caller_id,
--- stream_url, stream_type, … }. The options are the rows of exotel.options("connect").
--- Second table: timeout (60 s), connect_timeout (5 s), retries (2); reference, the dial's own
--- name, which is made up where there is none. The call carries it as its custom_field, unless
--- that was given; err.reference has it, too.
--- Returns the call's record, which only says that the service took it, whatever its status.
---@param params exotel.connect.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
function exotel.connect(params, how) end

--- Reads one call (S003). sid: its SID, or a record or event that has one. asked:
--- { details = true } for its legs. Third table: timeout (15 s), connect_timeout, retries.
---@param sid string|exotel.call|exotel.event
---@param asked? exotel.call_details.options
---@param how? exotel.how
---@return exotel.call? call
---@return exotel.error? err
function exotel.call_details(sid, asked, how) end

--- A query over finished calls (S003): { sid, from, to, phone_number, status, direction,
--- duration, price, date_created, details, sort, … }, the rows of exotel.options("calls").
--- Sends nothing yet; what is wrong with the data comes from the first reading.
---
---   for call in exotel.calls{ status = "failed", date_created = { gte = "2026-11-01" } } do … end
---
--- raises an error, so that a page that failed never looks like the end. The same query has
--- next(), which gives each call once, then nil, or nil and an error; and, each from the
--- beginning, pages(), an iterator over lists of calls with the fields of their page; all(), a
--- list; first(), the first call or nil; total(), how many there are. In an error in the
--- middle err.resume is a table of strings, numbers and tables that may be kept in a file: it
--- has the filter, with its phone numbers, and no credentials. exotel.calls{ resume = it } goes
--- on behind the last call that was handed out.
---
--- Calls come in the order of date_created, the newest first unless sort = "asc", over as many
--- pages (of page_size, 100), months and groups of numbers (5) and SIDs (20) as it takes; a
--- page a group is held. An end that date_created leaves open is now, or six months ago, and
--- what is older is refused; without date_created the service gives the last 31 days.
--- Second table, for each page: timeout (15 s), connect_timeout, retries.
---@param filter exotel.calls.options|{ resume: table }
---@param how? exotel.how
---@return exotel.query query
function exotel.calls(filter, how) end

--- What became of a dial of which nobody knows: asks the service for the calls of its minutes.
--- subject: an error of connect; or a table, as before_dial was given it or as it was written down:
--- { from, to, began, latest, time_limit, ring_timeout, reference }, of which `from`, `began`
--- (epoch seconds) and, unless it went to a flow or a stream, `to` are needed. asked: { known =
--- SIDs }, the calls that are other dials', beside those that this client got the SID of.
--- Third table, for each page: timeout (15 s), connect_timeout, retries.
---
--- Returns a table. state is "placed", with the call: one has these numbers, in any spelling (the
--- last ten digits count), was created in these minutes and isn't known. "ambiguous", with the
--- candidates: more than one. "unknown", with ask_again_at (epoch seconds): none, but the service
--- tells of calls when they have ended, and this one may be going on. "not_placed": none, and its
--- time limit (else 14400 s), both ringing times (else 60 s each) and 5 minutes have passed since
--- it left at the latest; and at once where the error says not_sent or rejected.
---@param subject exotel.error|exotel.dial
---@param asked? { known?: (string|exotel.call|exotel.event)[] }
---@param how? exotel.how
---@return exotel.reconciled? found
---@return exotel.error? err
function exotel.reconcile(subject, asked, how) end

--- Waits until a call is settled: nothing more is to be heard of it. call: a record or an event of
--- it, or its SID. Returns its record, with `settled`: "complete"; "ended" when Price and Duration
--- never came; "lost" when nobody knows of its end. Else nil and an error: of reason "unsettled",
--- whose `call` is what is known, when the time is over; or the service's, when it doesn't know the
--- call. Where the client has a tracker, what that was told by webhooks counts as well.
---@param call exotel.call|exotel.event|string
---@param options? exotel.wait.options
---@return exotel.tracked? call
---@return exotel.error? err
function exotel.wait(call, options) end

--- A call is over: another may begin, where the setting `limiter` caps those in progress; elsewhere
--- it does nothing. call: a record or an event of it, or its SID. Safe to call again. The setting
--- `client` of a webhook calls it with each final event.
---@param call exotel.call|exotel.event|string
---@return boolean? done
---@return exotel.error? err
function exotel.call_ended(call) end

--- What is known of a phone number (S003; India's only): { phone_number, circle, circle_name,
--- type, operator, operator_name, dnd }. Second table: timeout (15 s), connect_timeout, retries.
---@param number string
---@param how? exotel.how
---@return exotel.number_metadata? number
---@return exotel.error? err
function exotel.number_metadata(number, how) end

--- The account's balance (NEW): { balance, balance_text, currency, pricing_plan, … }. First
--- table: timeout (15 s), connect_timeout, retries. The service asks for one a minute at most.
---@param how? exotel.how
---@return exotel.balance? balance
---@return exotel.error? err
function exotel.balance(how) end

--- Fetches the recording of a call (S003): a record or an event with recording_url, or the address
--- itself. options: to, a path, or a function that is given the bytes piece by piece and ends it by
--- returning false and why; max_bytes (256 MB). Returns { bytes, content_type, path, resumed }.
---
--- A file takes its place when it is whole; until then path .. ".part" has what came, and the next
--- call for that path fetches only the rest, where the server knows ranges. Of two calls for one
--- path at a time, in any processes of a host, the second fails with the reason in_use. The
--- credentials are shown to hosts of exotel.com and exotel.in and to the one that the client talks
--- to, and never to another, to one that is redirected to, or with a link that is signed.
--- Third table: timeout (15 s, for each piece of 512 KB), connect_timeout, retries, deadline.
---@param call exotel.call|exotel.event|string
---@param options { to: string|(fun(bytes: string): boolean?, string?), max_bytes?: integer }
---@param how? exotel.how
---@return { bytes: integer, content_type?: string, path?: string, resumed: integer }? fetched
---@return exotel.error? err
function exotel.recording(call, options, how) end

--- Asks an endpoint that has no function here: { method, path, query, form }. method: GET, POST,
--- PUT, PATCH or DELETE; without it GET, or POST with a form. path: below the account
--- ("Calls/SID/Legs.json"), or from the host's top when it begins with "/"; percent-encoded; one
--- to another host, with "..", a control byte or credentials is refused. query, form: tables of
--- strings, numbers and booleans. Second table: timeout (15 s; 60 s but for GET),
--- connect_timeout, retries, and format = "xml" for what is accepted. Returns { status, headers,
--- body } for any 2xx, as they came. All but GET is treated like a dial: on a fresh connection,
--- sent once, tried again only when it is proven that nothing was sent, or after 429; only_dial
--- looks at From and To, max_dials counts it.
---@param asked { method?: string, path: string, query?: table, form?: table }
---@param how? exotel.how
---@return { status: integer, headers: table, body: string }? answer
---@return exotel.error? err
function exotel.send(asked, how) end

--- The request that an operation would send, as a table, without sending it.
---@param name string the operation
---@param params table its options
---@param how? exotel.how
---@return table? request
---@return exotel.error? err
function exotel.request(name, params, how) end

--- The record of an answer that came some other way: operation, status, headers, body.
---@param name string the operation
---@param status integer
---@param headers? table<string, string>
---@param body string
---@return table? record
---@return exotel.error? err
function exotel.read(name, status, headers, body) end

--- What a record or an error came from: { status, headers, body, attempts, seconds }. A call of
--- a query has no body, which would be its whole page's.
---@param subject table a record, an event or an error
---@return table? response
function exotel.response(subject) end

--- The event of a webhook (S001, S003), whatever its encoding: body, its Content-Type, and
--- the query string of its URL where that matters. Never raises: nil and an error for what
--- can't be read. event.kind is "default", "answered", "terminal", "passthru", "agent",
--- "stream", "integration" or "unknown"; event.final, event.dedup_key, event.repeated and
--- event.files are described in docs/reference.md. exotel.fields "event" lists the rest.
---@param body? string
---@param content_type? string
---@param query? string
---@return exotel.event? event
---@return exotel.error? err
function exotel.parse_callback(body, content_type, query) end

--- The body that the service would send for an event, and its content type with the
--- boundary: parse_callback of both gives the event again. content_type:
--- multipart/form-data (default), application/json or application/x-www-form-urlencoded.
---@param event exotel.event
---@param content_type? string
---@return string? body
---@return string|exotel.error content_type
function exotel.build_callback(event, content_type) end

--- Epoch seconds of one of the service's timestamps. offset: "+05:30" or seconds, for
--- those that don't bring their own; default the setting time_offset, else +05:30.
---@param text? string
---@param offset? string|integer
---@return integer? epoch
---@return exotel.error? err
function exotel.time(text, offset) end

--- A loop for requests that don't block: in a function run by loop:spawn(fn, …) every call of
--- a client yields until its answer is there. Options: requests_in_flight (64, at most 1000), of
--- which dials_in_flight (16) may be dials; on_error(err, task), called with what a task raises.
--- Its methods: spawn, step, run, sleep, prepare, close, and pollfd, events, timeout for a poller;
--- a task has done, result and cancel. A client with the setting transport = loop raises elsewhere,
--- where any other client blocks.
---@param options? { requests_in_flight?: integer, dials_in_flight?: integer, on_error?: function }
---@return exotel.loop? loop
---@return exotel.error? err
function exotel.loop(options) end

--- As pcall, and fn may wait for a loop's answer on every Lua. Lua 5.1 (not LuaJIT) can't yield
--- across pcall: there fn runs in a coroutine of its own, whose yields are passed on.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ...
function exotel.pcall(fn, ...) end

--- The E.164 spelling of a phone number, e.g. ("098765 43210", "91"): or nil and an error.
---@param text string
---@param country? string
---@return string? number
---@return exotel.error? err
function exotel.e164(text, country) end

--- The JSON of a record, in documented order. options.names: "lua" (default) or "exotel"
--- for the service's names and shape. options.absent: "null" or "empty" also writes what
--- the service always sends. options.record: "call" (default).
---@param record table
---@param options? { names?: "lua"|"exotel", absent?: "null"|"empty", record?: string }
---@return string? json
---@return exotel.error? err
function exotel.to_json(record, options) end

--- The fields of a record ("call"): a list of { name, lua, list, position, type, source }.
---@param record string
---@return table[] fields
function exotel.fields(record) end

--- The options of an operation ("connect"): a list of { lua, name, type, about, source, place }
--- and what else there is of: alias, modes, required, min, max, most, choices, operators, needs,
--- needs_modes, needs_value, excludes.
---@param name string
---@return table[] options
function exotel.options(name) end

--- What `value` is, or raises the error readably: as an object where the host prints those,
--- as its text on Lua 5.1 and LuaJIT.
---@generic T
---@param value T?
---@param err? any
---@param ... any
---@return T value
---@return any ...
function exotel.assert(value, err, ...) end

--- India's telecom circles and operators by their codes (S003).
---@type table<string, string>
exotel.circles = {}

--- India's telecom circles and operators by their codes (S003).
---@type table<string, string>
exotel.operators = {}

return exotel
