/*
** words: the words of the api tables as data (see words.h). Rows only.
**
** SPDX-License-Identifier: MIT
*/
#include "words.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const exotel_word parameter_words[] = {
    {EXOTEL_TAKES_PHONE, "phone", "string", NULL,
     "a phone number or SIP address; blanks, dashes and brackets are left out"},
    {EXOTEL_TAKES_TEXT, "text", "string", "characters", "any text in UTF-8"},
    {EXOTEL_TAKES_URL, "url", "string", "bytes", "an http or https address"},
    {EXOTEL_TAKES_STREAM_URL, "stream_url", "string", "bytes", "a ws or wss address"},
    {EXOTEL_TAKES_INTEGER, "integer", "integer|string", "", "a whole number"},
    {EXOTEL_TAKES_BOOLEAN, "boolean", "boolean|string", NULL, "true or false"},
    {EXOTEL_TAKES_CHOICE, "choice", "string", NULL, "one of a closed list"},
    {EXOTEL_TAKES_WORD, "word", "string", "bytes",
     "one word; those listed are the known ones"},
    {EXOTEL_TAKES_WORDS, "words", "string|string[]", "bytes",
     "a word, or a list of them; those listed are the known ones"},
    {EXOTEL_TAKES_LEG, "leg", "integer|string", NULL,
     "leg 1 or leg 2, by number or in any spelling of its word"},
    {EXOTEL_TAKES_FLOW, "flow", "integer|string", NULL,
     "the number of a flow; its address is sent"},
    {EXOTEL_TAKES_SID, "sid", "string", "bytes", "letters and digits"},
    {EXOTEL_TAKES_SIDS, "sids", "string|string[]", "bytes", "a SID, or a list of them"},
    {EXOTEL_TAKES_SUBSCRIBER, "subscriber", "string", NULL,
     "a phone number; blanks, dashes and brackets are left out"},
    {EXOTEL_TAKES_NUMBERS, "numbers", "string|string[]", NULL,
     "a phone number in E.164, or a list of them"},
    {EXOTEL_TAKES_SECONDS, "seconds", "integer|string", "s",
     "a range of whole seconds"},
    {EXOTEL_TAKES_PRICE, "price", "number|string", "", "a range of decimals"},
    {EXOTEL_TAKES_TIMES, "times", "number|string", NULL,
     "a range of times like 2019-01-31 23:59:59, or of epoch seconds"},
    {EXOTEL_TAKES_SORT, "sort", "string", NULL,
     "one of a closed list, or what follows its colon"},
    {EXOTEL_TAKES_CURSOR, "cursor", "string", "bytes",
     "a cursor, as an answer gave it"},
    {EXOTEL_TAKES_KEY, "key", "string", NULL,
     "one of a phone's keys, 0 to 9, * and #; empty for none"},
    {EXOTEL_TAKES_PAIRS, "pairs", "string", "bytes", "names and values: a=b&c=d"},
};

static const exotel_word field_words[] = {
    {EXOTEL_IS_TEXT, "text", "string", NULL, "text as it was sent"},
    {EXOTEL_IS_TIME, "time", "string", NULL,
     "a timestamp as it was sent; exotel.time makes epoch seconds of it"},
    {EXOTEL_IS_WORD, "word", "string", NULL, "a word, in lower case"},
    {EXOTEL_IS_INTEGER, "integer", "integer", NULL, "a whole number"},
    {EXOTEL_IS_NUMBER, "number", "number", NULL, "a number"},
    {EXOTEL_IS_DECIMAL, "decimal", "number", NULL,
     "a number; its exact text is the field with _text behind its name"},
    {EXOTEL_IS_VERBATIM, "verbatim", "string", NULL, "text byte for byte, also empty"},
    {EXOTEL_IS_KEYS, "keys", "string", NULL, "pressed keys, without their quotes"},
    {EXOTEL_IS_BOOLEAN, "boolean", "boolean", NULL, "true or false"},
};

static const exotel_reason reasons[] = {
    {EXOTEL_INVALID, "missing", "what must be given isn't"},
    {EXOTEL_INVALID, "empty", "the text is empty"},
    {EXOTEL_INVALID, "phone", "it is no phone number"},
    {EXOTEL_INVALID, "e164", "the phone number isn't in E.164"},
    {EXOTEL_INVALID, "url", "it is no address, or not of the scheme that is wanted"},
    {EXOTEL_INVALID, "sid", "it has a byte that no SID holds"},
    {EXOTEL_INVALID, "cursor", "it has a byte that no cursor holds"},
    {EXOTEL_INVALID, "choice", "it is none of the closed list"},
    {EXOTEL_INVALID, "word", "it is more than one word"},
    {EXOTEL_INVALID, "range", "the number is outside its limits, or a range is empty"},
    {EXOTEL_INVALID, "operator", "the range doesn't take the operator"},
    {EXOTEL_INVALID, "time", "it is no time"},
    {EXOTEL_INVALID, "utf8", "it isn't UTF-8"},
    {EXOTEL_INVALID, "nul", "it has a NUL"},
    {EXOTEL_INVALID, "too_long", "it is longer than its limit"},
    {EXOTEL_INVALID, "too_many", "the list has more items than one request takes"},
    {EXOTEL_INVALID, "list", "the list has a hole"},
    {EXOTEL_INVALID, "pairs", "it isn't names and values like a=b&c=d"},
    {EXOTEL_INVALID, "mode", "the option isn't for the mode that the others ask for"},
    {EXOTEL_INVALID, "needs", "it needs another option as well"},
    {EXOTEL_INVALID, "conflict", "two of the options can't stand together"},
    {EXOTEL_INVALID, "path", "the path has a byte or a segment that leads elsewhere"},
    {EXOTEL_INVALID, "host", "the path names a scheme or a host"},
    {EXOTEL_INVALID, "extra", "a name or value of extra can't be sent"},
    {EXOTEL_INVALID, "json", "the record has what JSON can't hold"},
    {EXOTEL_INVALID, "xml", "the record has what XML can't hold"},
    {EXOTEL_INVALID, "name", "the event has a name that multipart can't carry"},
    {EXOTEL_INVALID, "files", "files can be built as multipart/form-data only"},
    {EXOTEL_INVALID, "type",
     "a field of the record or event has a type that JSON can't hold"},
    {EXOTEL_PARSE, "type", "body, content type or query is no string"},
    {EXOTEL_PARSE, "json", "it isn't JSON"},
    {EXOTEL_PARSE, "xml", "it isn't XML, or XML that would lose something"},
    {EXOTEL_PARSE, "incomplete", "the answer lacks what it was asked for"},
    {EXOTEL_PARSE, "too_large", "it has more values than are kept"},
    {EXOTEL_PARSE, "too_long", "a line, a name or a part is longer than its limit"},
    {EXOTEL_PARSE, "too_many", "it has more parts than are read"},
    {EXOTEL_PARSE, "limit", "the webhook is larger, deeper or longer than its limits"},
    {EXOTEL_PARSE, "empty", "the webhook has no field"},
    {EXOTEL_PARSE, "boundary", "multipart without its boundary"},
    {EXOTEL_PARSE, "header", "a part of multipart without its headers"},
    {EXOTEL_PARSE, "encoding", "a part of multipart in an encoding that isn't read"},
    {EXOTEL_PARSE, "name", "a part of multipart without a name"},
    {EXOTEL_PARSE, "truncated", "the body ends inside a part of multipart"},
};

static const exotel_own own_names[] = {
    {"event", "kind",
     "\"default\"|\"answered\"|\"terminal\"|\"passthru\"|\"agent\"|\"stream\"|"
     "\"integration\"|\"unknown\"",
     "who sent it, and when: the first three are StatusCallbacks"},
    {"event", "final", "boolean", "whether no more will come of the call"},
    {"event", "dedup_key", "string", "the same for the same event in any encoding"},
    {"event", "repeated", "string[]?",
     "names that came more than once; the first value counts"},
    {"event", "files",
     "{ name: string, filename: string?, type: string?, size: integer }[]?",
     "the parts that were files, without what was in them"},
    {"page", "calls", "exotel.call[]?",
     "its calls; a page of a query's pages() is their list itself"},
    {"page", "after", "string?", "the cursor of the next page, out of NextPageUri"},
    {"page", "before", "string?", "the cursor of the page before, out of PrevPageUri"},
};

static const exotel_source sources[] = {
    {"S001", "Developer portal, connect to a call flow",
     "https://developer.exotel.com/api"},
    {"S002", "Developer portal of 2026, connect two numbers",
     "https://developer.exotel.com/docs"},
    {"S003", "Developer portal, Voice v1", "https://developer.exotel.com/api"},
    {"S004", "Developer portal, status codes", "https://developer.exotel.com/api"},
    {"NEW", "Developer portal of 2026, Voice v1", "https://developer.exotel.com/docs"},
    {"SUP", "Support pages", "https://support.exotel.com"},
    {"DEV", "Developer portal, integrations", "https://developer.exotel.com/api"},
};

const exotel_word *exotel_parameter_words(size_t *n) {
  *n = COUNT(parameter_words);
  return parameter_words;
}

const exotel_word *exotel_field_words(size_t *n) {
  *n = COUNT(field_words);
  return field_words;
}

const exotel_reason *exotel_reasons(size_t *n) {
  *n = COUNT(reasons);
  return reasons;
}

const exotel_own *exotel_own_names(size_t *n) {
  *n = COUNT(own_names);
  return own_names;
}

const exotel_source *exotel_sources(size_t *n) {
  *n = COUNT(sources);
  return sources;
}
