/*
** api: the API as data (see api.h). Rows only; what they mean is done elsewhere.
**
** SPDX-License-Identifier: MIT
*/
#include "api.h"

#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define NUMBERS EXOTEL_MODE_NUMBERS
#define FLOW EXOTEL_MODE_FLOW
#define STREAM EXOTEL_MODE_STREAM
#define ALL (NUMBERS | FLOW | STREAM)

static const exotel_mode connect_modes[] = {
    {NUMBERS, "numbers", "a call between two numbers"},
    {FLOW, "flow", "a call to a flow"},
    {STREAM, "stream", "a call to a stream"},
};

static const exotel_mode only_mode[] = {{1u, "", ""}};

static const exotel_bound bounds[EXOTEL_BOUNDS_MAX] = {
    {EXOTEL_GTE, "gte", "gte", 0}, {EXOTEL_GT, "gt", "gte", 1},
    {EXOTEL_LTE, "lte", "lte", 0}, {EXOTEL_LT, "lt", "lte", -1},
    {EXOTEL_EQ, "eq", "eq", 0},
};

static const char *const call_types[] = {"trans", NULL};
static const char *const channels[] = {"single", "dual", NULL};
static const char *const formats[] = {"mp3", "mp3-hq", NULL};
static const char *const parties[] = {"Callee", "Both", NULL};
static const char *const events[] = {"terminal", "answered", "ringing", NULL};
static const char *const content_types[] = {"multipart/form-data", "application/json",
                                            NULL};
static const char *const stream_types[] = {"bidirectional", NULL};
static const char *const call_statuses[] = {"completed", "failed",   "busy",
                                            "no-answer", "canceled", NULL};
static const char *const directions[] = {"inbound", "outbound-dial", "outbound-api",
                                         NULL};
static const char *const sorts[] = {"DateCreated:asc", "DateCreated:desc", NULL};
static const char *const stream_begins[] = {"atLeg1connect", "atLeg2connect", NULL};

/* Which parameter goes with which mode: S002, S003; for streams NEW. */
static const exotel_parameter connect_parameters[] = {
    {.name = "From",
     .lua = "from",
     .type = EXOTEL_TAKES_PHONE,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .required = ALL,
     .about = "the number that is called first",
     .source = "S003"},
    {.name = "To",
     .lua = "to",
     .type = EXOTEL_TAKES_PHONE,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS,
     .required = NUMBERS,
     .selects = NUMBERS,
     .about = "the number that is connected once the first has answered",
     .source = "S003"},
    {.name = "CallerId",
     .lua = "caller_id",
     .type = EXOTEL_TAKES_PHONE,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .required = ALL,
     .about = "your ExoPhone",
     .source = "S003"},
    {.name = "Url",
     .lua = "url",
     .type = EXOTEL_TAKES_URL,
     .place = EXOTEL_IN_FORM,
     .modes = FLOW,
     .selects = FLOW,
     .about = "the address of the flow",
     .source = "S001"},
    {.name = "Url",
     .lua = "app_id",
     .type = EXOTEL_TAKES_FLOW,
     .place = EXOTEL_IN_FORM,
     .modes = FLOW,
     .selects = FLOW,
     .about = "the number of the flow, instead of its address",
     .source = "S001"},
    {.name = "StreamUrl",
     .lua = "stream_url",
     .type = EXOTEL_TAKES_STREAM_URL,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS | STREAM,
     .required = STREAM,
     .max = 599,
     .needs = "StreamBegin",
     .needs_modes = NUMBERS,
     .about = "the WebSocket that the audio is streamed to",
     .source = "S002, NEW"},
    {.name = "StreamType",
     .lua = "stream_type",
     .type = EXOTEL_TAKES_WORD,
     .place = EXOTEL_IN_FORM,
     .modes = STREAM,
     .required = STREAM,
     .selects = STREAM,
     .max = 64,
     .choices = stream_types,
     .about = "how the stream flows",
     .source = "NEW"},
    {.name = "StreamName",
     .lua = "stream_name",
     .type = EXOTEL_TAKES_TEXT,
     .place = EXOTEL_IN_FORM,
     .modes = STREAM,
     .max = 32,
     .about = "a name for the stream",
     .source = "NEW"},
    {.name = "StreamBegin",
     .lua = "stream_begin",
     .type = EXOTEL_TAKES_LEG,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS,
     .choices = stream_begins,
     .needs = "StreamUrl",
     .needs_modes = NUMBERS,
     .about = "the leg whose answer begins the stream",
     .source = "S002"},
    {.name = "CallType",
     .lua = "call_type",
     .type = EXOTEL_TAKES_WORD,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .max = 64,
     .choices = call_types,
     .about = "trans for transactional calls",
     .source = "S003"},
    {.name = "TimeLimit",
     .lua = "time_limit",
     .type = EXOTEL_TAKES_INTEGER,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .min = 1,
     .max = 14400,
     .about = "seconds after which the call is cut",
     .source = "S003"},
    {.name = "TimeOut",
     .lua = "ring_timeout",
     .type = EXOTEL_TAKES_INTEGER,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .min = 1,
     .max = 14400,
     .about = "seconds to ring each party",
     .source = "S003"},
    {.name = "WaitUrl",
     .lua = "wait_url",
     .type = EXOTEL_TAKES_URL,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS,
     .about = "a wav file played to the first party while the second is rung",
     .source = "S003"},
    {.name = "Record",
     .lua = "record",
     .type = EXOTEL_TAKES_BOOLEAN,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .about = "whether the conversation is recorded",
     .source = "S003"},
    {.name = "RecordingChannels",
     .lua = "recording_channels",
     .type = EXOTEL_TAKES_CHOICE,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .choices = channels,
     .needs = "Record",
     .needs_value = "true",
     .needs_modes = ALL,
     .about = "both parties in one channel, or one each",
     .source = "S003"},
    {.name = "RecordingFormat",
     .lua = "recording_format",
     .type = EXOTEL_TAKES_CHOICE,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .choices = formats,
     .needs = "Record",
     .needs_value = "true",
     .needs_modes = ALL,
     .about = "quality of the recording",
     .source = "S003"},
    {.name = "CustomField",
     .lua = "custom_field",
     .type = EXOTEL_TAKES_TEXT,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .max = 128,
     .about = "a text of yours that comes back with the call's events",
     .source = "S003; the limit S002"},
    {.name = "StartPlaybackTo",
     .lua = "start_playback_to",
     .alias = "StartPlaybackToNew",
     .type = EXOTEL_TAKES_CHOICE,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS,
     .choices = parties,
     .needs = "StartPlaybackValue",
     .needs_modes = NUMBERS,
     .about = "who hears the playback before the parties are connected",
     .source = "S003"},
    {.name = "StartPlaybackValue",
     .lua = "start_playback_value",
     .alias = "StartPlaybackValueNew",
     .type = EXOTEL_TAKES_URL,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS,
     .about = "the wav file played before the parties are connected",
     .source = "S003"},
    {.name = "StatusCallback",
     .lua = "status_callback",
     .type = EXOTEL_TAKES_URL,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .about = "where the call's events are posted",
     .source = "S003"},
    {.name = "StatusCallbackEvents",
     .lua = "status_callback_events",
     .alias = "StatusCallbackEventsNew",
     .type = EXOTEL_TAKES_WORDS,
     .place = EXOTEL_IN_FORM,
     .modes = NUMBERS | STREAM,
     .max = 64,
     .choices = events,
     .about = "the events to post; with a flow the service answers 400",
     .source = "S003"},
    {.name = "StatusCallbackContentType",
     .lua = "status_callback_content_type",
     .alias = "StatusCallbackContentTypeNew",
     .type = EXOTEL_TAKES_CHOICE,
     .place = EXOTEL_IN_FORM,
     .modes = ALL,
     .choices = content_types,
     .about = "the encoding of what is posted",
     .source = "S003"},
};

static const exotel_parameter call_details_parameters[] = {
    {.name = "CallSid",
     .lua = "sid",
     .type = EXOTEL_TAKES_SID,
     .place = EXOTEL_IN_PATH,
     .modes = 1u,
     .required = 1u,
     .max = 64,
     .about = "the identifier of the call",
     .source = "S003"},
    {.name = "details",
     .lua = "details",
     .type = EXOTEL_TAKES_BOOLEAN,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .about = "whether the legs are wanted too",
     .source = "S003"},
};

/* The filters of one page. Of SIDs the pages recommend 20 and allow 100; the limits of
** words, seconds and prices are ours. */
static const exotel_parameter calls_parameters[] = {
    {.name = "Sid",
     .lua = "sid",
     .type = EXOTEL_TAKES_SIDS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 64,
     .most = 20,
     .about = "the identifiers of calls; without date_created of the last 31 days",
     .source = "S003"},
    {.name = "DateCreated",
     .lua = "date_created",
     .type = EXOTEL_TAKES_TIMES,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .bounds = EXOTEL_GTE | EXOTEL_LTE,
     .about =
         "when the call was created, in the service's zone; a day alone begins with"
         " its first second and ends with its last",
     .source = "S003"},
    {.name = "To",
     .lua = "to",
     .type = EXOTEL_TAKES_NUMBERS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .most = 5,
     .about = "the numbers of your customers",
     .source = "S003"},
    {.name = "From",
     .lua = "from",
     .type = EXOTEL_TAKES_NUMBERS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .most = 5,
     .about = "the numbers that were called first",
     .source = "S003"},
    {.name = "Status",
     .lua = "status",
     .type = EXOTEL_TAKES_WORDS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 64,
     .most = 8,
     .choices = call_statuses,
     .about = "how the call ended",
     .source = "S003"},
    {.name = "Duration",
     .lua = "duration",
     .type = EXOTEL_TAKES_SECONDS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 999999,
     .bounds = EXOTEL_GTE | EXOTEL_GT | EXOTEL_LTE | EXOTEL_LT | EXOTEL_EQ,
     .about = "seconds that the call took",
     .source = "S003"},
    {.name = "Price",
     .lua = "price",
     .type = EXOTEL_TAKES_PRICE,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 999999,
     .bounds = EXOTEL_GTE | EXOTEL_LTE | EXOTEL_EQ,
     .about = "what was charged, in the account's currency",
     .source = "S003"},
    {.name = "Direction",
     .lua = "direction",
     .type = EXOTEL_TAKES_WORDS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 64,
     .most = 6,
     .choices = directions,
     .about = "who called whom",
     .source = "S003"},
    {.name = "PhoneNumber",
     .lua = "phone_number",
     .type = EXOTEL_TAKES_NUMBERS,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .most = 5,
     .about = "the ExoPhones of the calls",
     .source = "S003"},
    {.name = "details",
     .lua = "details",
     .type = EXOTEL_TAKES_BOOLEAN,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .about = "whether the legs are wanted too",
     .source = "S003"},
    {.name = "PageSize",
     .lua = "page_size",
     .type = EXOTEL_TAKES_INTEGER,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .min = 1,
     .max = 100,
     .about = "calls of one page",
     .source = "S003"},
    {.name = "SortBy",
     .lua = "sort",
     .type = EXOTEL_TAKES_SORT,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .choices = sorts,
     .about = "whether the oldest call comes first, or the newest",
     .source = "S003"},
    {.name = "Before",
     .lua = "before",
     .type = EXOTEL_TAKES_CURSOR,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 1024,
     .excludes = "After",
     .about = "the cursor of the page before",
     .source = "S003"},
    {.name = "After",
     .lua = "after",
     .type = EXOTEL_TAKES_CURSOR,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .max = 1024,
     .excludes = "Before",
     .about = "the cursor of the page after",
     .source = "S003"},
    {.name = "NumbersMetadata",
     .lua = "numbers_metadata",
     .type = EXOTEL_TAKES_BOOLEAN,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .about = "whether what is known of the numbers is wanted too",
     .source = "S003, in the addresses of an answer"},
    {.name = "RecordingUrlValidity",
     .lua = "recording_url_validity",
     .type = EXOTEL_TAKES_INTEGER,
     .place = EXOTEL_IN_QUERY,
     .modes = 1u,
     .min = 5,
     .max = 60,
     .about = "minutes for which the recording's address needs no credentials",
     .source = "NEW"},
};

static const exotel_parameter number_metadata_parameters[] = {
    {.name = "PhoneNumber",
     .lua = "number",
     .type = EXOTEL_TAKES_SUBSCRIBER,
     .place = EXOTEL_IN_PATH,
     .modes = 1u,
     .required = 1u,
     .about = "the phone number that is asked about",
     .source = "S003"},
};

static const exotel_field call_fields[] = {
    {"Sid", NULL, 0, "sid", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"ParentCallSid", NULL, 0, "parent_call_sid", EXOTEL_IS_TEXT, EXOTEL_ALWAYS,
     "S003"},
    {"DateCreated", NULL, 0, "date_created", EXOTEL_IS_TIME, EXOTEL_ALWAYS, "S003"},
    {"DateUpdated", NULL, 0, "date_updated", EXOTEL_IS_TIME, EXOTEL_ALWAYS, "S003"},
    {"AccountSid", NULL, 0, "account_sid", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"To", NULL, 0, "to", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"From", NULL, 0, "from", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"PhoneNumber", NULL, 0, "phone_number", EXOTEL_IS_TEXT, 0, "S003"},
    {"PhoneNumberSid", NULL, 0, "phone_number_sid", EXOTEL_IS_TEXT, EXOTEL_ALWAYS,
     "S003"},
    {"Status", NULL, 0, "status", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
    {"StartTime", NULL, 0, "start_time", EXOTEL_IS_TIME, EXOTEL_ALWAYS, "S003"},
    {"EndTime", NULL, 0, "end_time", EXOTEL_IS_TIME, EXOTEL_ALWAYS, "S003"},
    {"Duration", NULL, 0, "duration", EXOTEL_IS_INTEGER, EXOTEL_QUOTED | EXOTEL_ALWAYS,
     "S003"},
    {"Price", NULL, 0, "price", EXOTEL_IS_DECIMAL, EXOTEL_QUOTED | EXOTEL_ALWAYS,
     "S003"},
    {"Currency", NULL, 0, "currency", EXOTEL_IS_TEXT, 0, "seen in answers"},
    {"Direction", NULL, 0, "direction", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
    {"AnsweredBy", NULL, 0, "answered_by", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
    {"ForwardedFrom", NULL, 0, "forwarded_from", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"CallerName", NULL, 0, "caller_name", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"Uri", NULL, 0, "uri", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"RecordingUrl", NULL, 0, "recording_url", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"PreSignedRecordingUrl", NULL, 0, "pre_signed_recording_url", EXOTEL_IS_TEXT, 0,
     "seen in answers"},
    {"CustomField", NULL, 0, "custom_field", EXOTEL_IS_VERBATIM, 0, "S002"},
    {"Details.ConversationDuration", NULL, 0, "conversation_duration",
     EXOTEL_IS_INTEGER, 0, "S003"},
    {"Details.Leg1Status", "legs", 1, "status", EXOTEL_IS_WORD, 0, "S003"},
    {"Details.Leg2Status", "legs", 2, "status", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
    {"Details.Legs[].Leg.Id", "legs", 0, "id", EXOTEL_IS_INTEGER, 0, "S003"},
    {"Details.Legs[].Leg.OnCallDuration", "legs", 0, "on_call_duration",
     EXOTEL_IS_INTEGER, 0, "S003"},
};

static const exotel_field number_fields[] = {
    {"PhoneNumber", NULL, 0, "phone_number", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"Circle", NULL, 0, "circle", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"CircleName", NULL, 0, "circle_name", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"Type", NULL, 0, "type", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
    {"Operator", NULL, 0, "operator", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"OperatorName", NULL, 0, "operator_name", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"DND", NULL, 0, "dnd", EXOTEL_IS_WORD, EXOTEL_ALWAYS, "S003"},
};

static const exotel_field balance_fields[] = {
    {"AccountSid", NULL, 0, "account_sid", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "NEW"},
    {"BalanceData.Balance", NULL, 0, "balance", EXOTEL_IS_DECIMAL,
     EXOTEL_QUOTED | EXOTEL_ALWAYS, "NEW"},
    {"BalanceData.Currency", NULL, 0, "currency", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "NEW"},
    {"BalanceData.PricingPlan", NULL, 0, "pricing_plan", EXOTEL_IS_TEXT, EXOTEL_ALWAYS,
     "NEW"},
    {"BalanceData.DateUpdated", NULL, 0, "date_updated", EXOTEL_IS_TIME, EXOTEL_ALWAYS,
     "NEW"},
};

/* Total counts the calls of all pages, PageSize those of this one. */
static const exotel_field page_fields[] = {
    {"Total", NULL, 0, "total", EXOTEL_IS_INTEGER, EXOTEL_ALWAYS, "S003"},
    {"PageSize", NULL, 0, "page_size", EXOTEL_IS_INTEGER, EXOTEL_ALWAYS, "S003"},
    {"FirstPageUri", NULL, 0, "first_page_uri", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"PrevPageUri", NULL, 0, "prev_page_uri", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
    {"NextPageUri", NULL, 0, "next_page_uri", EXOTEL_IS_TEXT, EXOTEL_ALWAYS, "S003"},
};

static const char *const page_own[] = {"calls", "after", "before", NULL};

static const exotel_record_type record_types[] = {
    {"call", call_fields, COUNT(call_fields), NULL},
    {"number_metadata", number_fields, COUNT(number_fields), NULL},
    {"balance", balance_fields, COUNT(balance_fields), NULL},
    {"page", page_fields, COUNT(page_fields), page_own},
};

static const exotel_cursor calls_cursors[] = {
    {"next_page_uri",
     "After",
     {NULL, NULL, 0, "after", EXOTEL_IS_VERBATIM, 0, "S003"},
     1},
    {"prev_page_uri",
     "Before",
     {NULL, NULL, 0, "before", EXOTEL_IS_VERBATIM, 0, "S003"},
     0},
};

/* The service sends 100 calls at most; ten times that is read. */
static const exotel_page calls_page = {
    .root = "Metadata",
    .type = &record_types[3],
    .entry = "Call",
    .lua = "calls",
    .most = 1000,
    .cursors = calls_cursors,
    .ncursors = COUNT(calls_cursors),
};

static const exotel_operation operations[] = {
    {.name = "connect",
     .method = "POST",
     .path = "/v1/Accounts/{AccountSid}/Calls/connect",
     .root = "Call",
     .identity = "sid",
     .dials = 1,
     .modes = connect_modes,
     .nmodes = COUNT(connect_modes),
     .parameters = connect_parameters,
     .nparameters = COUNT(connect_parameters),
     .record = &record_types[0],
     .source = "S001, S002, S003"},
    {.name = "call_details",
     .method = "GET",
     .path = "/v1/Accounts/{AccountSid}/Calls/{CallSid}",
     .root = "Call",
     .identity = "sid",
     .modes = only_mode,
     .nmodes = COUNT(only_mode),
     .parameters = call_details_parameters,
     .nparameters = COUNT(call_details_parameters),
     .record = &record_types[0],
     .source = "S003"},
    {.name = "calls",
     .method = "GET",
     .path = "/v1/Accounts/{AccountSid}/Calls",
     .root = "Calls",
     .identity = "sid",
     .modes = only_mode,
     .nmodes = COUNT(only_mode),
     .parameters = calls_parameters,
     .nparameters = COUNT(calls_parameters),
     .record = &record_types[0],
     .page = &calls_page,
     .source = "S003"},
    {.name = "number_metadata",
     .method = "GET",
     .path = "/v1/Accounts/{AccountSid}/Numbers/{PhoneNumber}",
     .root = "Numbers",
     .identity = "phone_number",
     .modes = only_mode,
     .nmodes = COUNT(only_mode),
     .parameters = number_metadata_parameters,
     .nparameters = COUNT(number_metadata_parameters),
     .record = &record_types[1],
     .source = "S003"},
    {.name = "balance",
     .method = "GET",
     .path = "/v1/Accounts/{AccountSid}/Balance",
     .root = "Account",
     .identity = "account_sid",
     .modes = only_mode,
     .nmodes = COUNT(only_mode),
     .record = &record_types[2],
     .source = "NEW"},
};

/* What an endpoint that no row knows is answered: only its errors are read. */
static const exotel_operation any_endpoint = {.name = "send",
                                              .root = "",
                                              .identity = "",
                                              .modes = only_mode,
                                              .nmodes = COUNT(only_mode),
                                              .record = &record_types[0],
                                              .source = "S004"};

static const exotel_region regions[] = {
    {"singapore", "api.exotel.com", "my.exotel.com"},
    {"mumbai", "api.in.exotel.com", "my.in.exotel.com"},
};

static const exotel_status statuses[] = {
    {300, 399, "redirect", EXOTEL_UNKNOWN, "redirected",
     "redirects are not followed: check the base address"},
    {400, 400, "bad_request", EXOTEL_REJECTED, "malformed header or body", NULL},
    {401, 401, "auth", EXOTEL_REJECTED, "credentials missing or invalid",
     "check the API key and token, and that the region is the account's own"},
    {402, 402, "payment", EXOTEL_REJECTED, "not in the plan, or over its limits",
     "check the account's plan and credit"},
    {403, 403, "forbidden", EXOTEL_REJECTED, "no access to this",
     "trial limits, a caller id that isn't yours and an address that isn't allowed"
     " end like this"},
    {404, 404, "not_found", EXOTEL_REJECTED, "no such object",
     "check the SID, and that the region is the account's own"},
    {407, 407, "proxy", EXOTEL_REJECTED, "a proxy wants credentials", NULL},
    {409, 409, "conflict", EXOTEL_REJECTED, "updated by somebody else at the same time",
     NULL},
    {429, 429, "rate_limited", EXOTEL_REJECTED,
     "more requests than the account may make", NULL},
    {400, 499, "rejected", EXOTEL_REJECTED, "refused", NULL},
    {500, 599, "server", EXOTEL_UNKNOWN, "an error on the service's side", NULL},
    {0, 999, "unexpected", EXOTEL_UNKNOWN, "an answer that isn't documented", NULL},
};

/* v1's own, the rate limiter's, and what v2 and v3 answer. */
static const exotel_field failure_fields[] = {
    {"RestException.Status", NULL, 0, "status", EXOTEL_IS_INTEGER, 0, "S002"},
    {"RestException.Code", NULL, 0, "code", EXOTEL_IS_TEXT, 0, "seen in answers"},
    {"RestException.Message", NULL, 0, "message", EXOTEL_IS_TEXT, 0, "S002"},
    {"http_code", NULL, 0, "status", EXOTEL_IS_INTEGER, 0, "NEW"},
    {"response.error.code", NULL, 0, "code", EXOTEL_IS_TEXT, 0, "NEW"},
    {"response.error.message", NULL, 0, "message", EXOTEL_IS_TEXT, 0, "NEW"},
    {"response.error_data.code", NULL, 0, "code", EXOTEL_IS_TEXT, 0, "NEW"},
    {"response.error_data.message", NULL, 0, "message", EXOTEL_IS_TEXT, 0, "NEW"},
    {"response.error_data.description", NULL, 0, "description", EXOTEL_IS_TEXT, 0,
     "NEW"},
};

static const exotel_record_type failure_type = {"failure", failure_fields,
                                                COUNT(failure_fields), NULL};

static const exotel_cause causes[] = {
    {400, "StatusCallbackEvents", "status_callback_events",
     "they are answered and terminal, with a stream ringing too; a flow has none, and"
     " tells of its end by a Passthru applet"},
    {403, "NDNC", "ndnc", "the number is on the do-not-call list"},
};

const exotel_operation *exotel_operations(size_t *n) {
  *n = COUNT(operations);
  return operations;
}

const exotel_record_type *exotel_record_type_at(size_t i) {
  if (i < COUNT(record_types)) return &record_types[i];
  return i == COUNT(record_types) ? exotel_event_type() : NULL;
}

const exotel_record_type *exotel_failure_type(void) {
  return &failure_type;
}

const exotel_bound *exotel_bounds(size_t *n) {
  *n = COUNT(bounds);
  return bounds;
}

const exotel_region *exotel_regions(size_t *n) {
  *n = COUNT(regions);
  return regions;
}

const exotel_status *exotel_statuses(size_t *n) {
  *n = COUNT(statuses);
  return statuses;
}

const exotel_cause *exotel_causes(size_t *n) {
  *n = COUNT(causes);
  return causes;
}

const exotel_operation *exotel_operation_find(exotel_slice name) {
  size_t i;
  for (i = 0; i < COUNT(operations); i++) {
    if (exotel_slice_is(name, operations[i].name)) return &operations[i];
  }
  return NULL;
}

const exotel_operation *exotel_any_endpoint(void) {
  return &any_endpoint;
}
