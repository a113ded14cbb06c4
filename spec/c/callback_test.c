/*
** callback: webhooks to events: the three encodings, what a body is taken for, the limits,
** and bodies cut at every byte.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/callback.h"
#include "../../csrc/core/error.h"
#include "../../csrc/core/form.h"
#include "../../csrc/core/json_out.h"
#include "../../csrc/core/limits.h"
#include "../../csrc/core/multipart_out.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=b"
#define JSON "application/json"
#define PART(name, value)                                                              \
  "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static exotel_callback callback;
static exotel_error error;

/* {=================================================================
** An event as text
** ================================================================== */

static void write_node(exotel_buffer *out, const exotel_record *r,
                       const exotel_node *node) {
  exotel_slice text = exotel_record_text(r, node);
  char digits[64] = "";
  size_t at, count = 0;
  int table = node->type == EXOTEL_NODE_TABLE;
  if (node->type == EXOTEL_NODE_INTEGER || node->type == EXOTEL_NODE_BOOLEAN)
    snprintf(digits, sizeof digits, "%lld", node->integer);
  if (node->type == EXOTEL_NODE_NUMBER)
    snprintf(digits, sizeof digits, "%g", node->number);
  exotel_buffer_adds(out, digits);
  if (node->type == EXOTEL_NODE_TEXT) exotel_buffer_add(out, text.p, text.n);
  if (!table && node->type != EXOTEL_NODE_LIST) return;
  exotel_buffer_addc(out, table ? '{' : '[');
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    exotel_slice name = exotel_record_name(r, exotel_record_node(r, at));
    if (page_is(name, "dedup_key") && table) continue;
    if (count++ > 0) exotel_buffer_addc(out, ' ');
    if (table) exotel_buffer_add(out, name.p, name.n);
    if (table) exotel_buffer_addc(out, '=');
    write_node(out, r, exotel_record_node(r, at));
  }
  exotel_buffer_addc(out, table ? '}' : ']');
}

static exotel_kind read_from(exotel_slice type, exotel_slice body, exotel_slice query) {
  exotel_kind kind;
  exotel_error_clear(&error);
  kind = exotel_callback_read(&callback, type, body, query, &error);
  check(kind == error.kind && (kind == EXOTEL_OK || kind == EXOTEL_PARSE), "its kind");
  check(kind == EXOTEL_OK || (error.reason != NULL && error.message[0] != '\0'),
        "says why");
  return kind;
}

/* "{..}", or "!" and the reason. */
static void say(exotel_buffer *out, exotel_kind kind) {
  exotel_buffer_reset(out);
  exotel_buffer_addc(out, '!');
  if (kind != EXOTEL_OK) {
    exotel_buffer_adds(out, error.reason);
    return;
  }
  exotel_buffer_reset(out);
  write_node(out, callback.record, exotel_record_node(callback.record, 0));
}

static exotel_slice key(void) {
  size_t at = exotel_record_find(callback.record, "dedup_key");
  exotel_slice s = {"", 0};
  if (at != 0)
    s = exotel_record_text(callback.record, exotel_record_node(callback.record, at));
  return s;
}

static int has(const char *name) {
  return exotel_record_find(callback.record, name) != 0;
}

/* }================================================================== */

/* {=================================================================
** What a body is taken for
** ================================================================== */

#define EVENT " kind=unknown final=0}"

static const struct row {
  const char *name, *type, *body, *query;
  const char *event; /* or "!" and a reason */
} rows[] = {
    {"form", FORM, "a=1", "", "{a=1" EVENT},
    {"multipart", MULTIPART, PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"JSON", JSON, "{\"a\":1}", "", "{a=1" EVENT},
    {"no type, form", "", "a=1", "", "{a=1" EVENT},
    {"no type, multipart", "", PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"no type, JSON", "", " \r\n{\"a\":1}", "", "{a=1" EVENT},
    {"text, form", "text/plain", "a=1", "", "{a=1" EVENT},
    {"text, multipart", "text/plain", PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"text, JSON", "text/plain", "{\"a\":1}", "", "{a=1" EVENT},
    {"form that is JSON", FORM, "{\"a\":1}", "", "{a=1" EVENT},
    {"form that is multipart", FORM, PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"form with a name of dashes", FORM, "--a=1", "", "{--a=1" EVENT},
    {"form with only dashes", FORM, "--", "",
     "{"
     "kind=unknown final=0}"},
    {"JSON that is a form", JSON, "a=1", "", "{a=1" EVENT},
    {"JSON that is multipart", JSON, PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"JSON that is nothing", JSON, "a", "", "!json"},
    {"JSON that is cut", JSON, "{\"a\":", "", "!json"},
    {"JSON that is a list", JSON, "[{\"a\":\"b=c\"}]", "", "!json"},
    {"JSON that is a text", JSON, "\"a=b\"", "", "!json"},
    {"JSON behind a byte order mark", "text/plain", "\xEF\xBB\xBF{\"a\":1}", "",
     "!json"},
    {"a form behind a byte order mark", FORM,
     "\xEF\xBB\xBF"
     "a=1",
     "",
     "{\xEF\xBB\xBF"
     "a=1" EVENT},
    {"a form with a name of dashes and a line end", FORM, "--a=1\n", "",
     "{--a=1\n" EVENT},
    {"multipart that is JSON", MULTIPART, "{\"a\":1}", "", "{a=1" EVENT},
    {"multipart with a preamble", MULTIPART, "x=1\r\n" PART("a", "1") "--b--", "",
     "{a=1" EVENT},
    {"multipart without its boundary", "multipart/form-data", PART("a", "1") "--b--",
     "", "{a=1" EVENT},
    {"multipart without its boundary, with a preamble", "multipart/form-data",
     "x=1\r\n" PART("a", "1") "--b--", "", "!boundary"},
    {"multipart without its boundary, lines", "multipart/form-data", "a=1\r\n-", "",
     "{a=1\r\n-" EVENT},
    {"multipart without its boundary, form", "multipart/form-data", "a=1", "",
     "{a=1" EVENT},
    {"multipart with another boundary", "multipart/form-data; boundary=c",
     PART("a", "1") "--b--", "", "!boundary"},
    {"multipart with a wrong boundary", "multipart/form-data; boundary=@",
     PART("a", "1") "--b--", "", "{a=1" EVENT},
    {"blanks behind a boundary nobody said", "",
     "--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--", "",
     "{a=1" EVENT},
    {"a boundary that is none", "", "--@\r\nx", "", "!boundary"},
    {"a boundary that would be cut", "",
     "--"
     "1234567890123456789012345678901234567890123456789012345678901234567890123456789",
     "", "!boundary"},
    {"a boundary with a quote", "", "--b\"\r\nx", "", "!boundary"},
    {"nothing", "", "", "", "!empty"},
    {"nothing of a type", JSON, "", "", "!empty"},
    {"blanks", MULTIPART, " \r\n\t", "", "!empty"},
    {"empty JSON", JSON, "{}", "", "!empty"},
    {"multipart without parts", MULTIPART, "--b--", "", "!empty"},
    {"only names without names", FORM, "=1&=2", "", "!empty"},
    {"a query", "", "", "a=1&b=2", "{a=1 b=2" EVENT},
    {"a query beside", FORM, "a=1", "a=2&b=3", "{a=1 b=3" EVENT},
    {"a query beside JSON", JSON, "{\"a\":1}", "a=2&b=3", "{a=1 b=3" EVENT},
    {"twice", FORM, "a=1&a=2", "", "{a=1 repeated=[a]" EVENT},
    {"twice in the query", "", "", "a=1&a=2", "{a=1 repeated=[a]" EVENT},
    {"a null", JSON, "{\"a\":null,\"b\":1}", "", "{b=1" EVENT},
    {"a file", MULTIPART,
     "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n123\r\n--b--",
     "", "{files=[{name=f filename=x type= size=3}]" EVENT},
    {"a name that begins like a position", FORM, "a[8888x]=1", "",
     "{a={8888x=1}" EVENT},
    {"names that are ours", FORM, "kind=1&files=2&final=3&dedup_key=4&repeated=5", "",
     "{_kind=1 _files=2 _final=3 _dedup_key=4 _repeated=5" EVENT},
    {"default", FORM, "CallSid=c5&Status=Completed", "",
     "{call_sid=c5 status=completed kind=default final=1}"},
    {"terminal", JSON, "{\"CallSid\":\"c5\",\"EventType\":\"terminal\"}", "",
     "{call_sid=c5 event_type=terminal kind=terminal final=1}"},
    {"answered", FORM, "CallSid=c5&EventType=answered", "",
     "{call_sid=c5 event_type=answered kind=answered final=0}"},
    {"passthru", "", "", "CallSid=c5&CallFrom=09&flow_id=7&digits=%221%22",
     "{call_sid=c5 "
     "call_from=09 flow_id=7 digits=1 kind=passthru final=0}"},
    {"agent", FORM, "CallFrom=09&Status=busy&AgentEmail=a", "",
     "{call_from=09 agent_status=busy agent_email=a kind=agent final=0}"},
    {"stream", FORM, "Stream[StreamSID]=s&Stream[Status]=x", "",
     "{stream_sid=s stream_status=x kind=stream final=0}"},
    {"stream as JSON in a form", FORM, "Stream={\"StreamSID\":\"s\",\"New\":[1]}", "",
     "{stream_sid=s Stream={New=[1]} kind=stream final=0}"},
    {"stream that is no JSON", FORM, "Stream={x", "",
     "{Stream={x kind=stream final=0}"},
    {"integration", JSON, "{\"AppUserID\":1,\"CallState\":\"terminal\"}", "",
     "{app_user_id=1 call_state=terminal kind=integration final=1}"},
    {"legs", FORM, "Legs[1][Status]=b&Legs[0][Status]=a", "",
     "{legs=[{status=a id=1} {status=b id=2}]" EVENT},
    {"JSON's names as a form's", JSON,
     "{\"Legs[0][Status]\":\"a\",\"b\":{\"7\":\"c\"}}", "",
     "{legs=[{status=a id=1}] b=[c]" EVENT},
};

/* Whole, then cut: a JSON or multipart body never gives a value that was cut. */
static void check_row(const struct row *r, exotel_buffer *out) {
  size_t cut, n = strlen(r->body);
  say(out, read_from(page_text(0, r->type), page_put(1, r->body, n),
                     page_text(2, r->query)));
  check(strcmp(out->p, r->event) == 0, r->name);
  for (cut = 0; cut < n; cut++)
    read_from(page_text(0, r->type), page_put(1, r->body, cut), page_text(2, ""));
  for (cut = 0; cut < strlen(r->type); cut++)
    read_from(page_put(0, r->type, cut), page_put(1, r->body, n), page_text(2, ""));
  for (cut = 0; cut < strlen(r->query); cut++)
    read_from(page_text(0, r->type), page_put(1, "", 0), page_put(2, r->query, cut));
}

/* }================================================================== */

/* {=================================================================
** One event in three encodings
** ================================================================== */

static const struct event {
  const char *name, *form, *json, *multipart;
} events[] = {
    {"S003, terminal",
     "CallSid=492205107c5fb48f4ac25d1f77759339&EventType=terminal&Status=no-answer&"
     "To=%2B91886799&DateCreated=2019-04-08+03%3A17%3A59&ConversationDuration=32&"
     "Legs[0][OnCallDuration]=41&Legs[0][Status]=completed&"
     "Legs%5B1%5D%5BOnCallDuration%5D=32&Legs%5B1%5D%5BStatus%5D=completed",
     "{\"CallSid\":\"492205107c5fb48f4ac25d1f77759339\",\"EventType\":\"terminal\","
     "\"Status\":\"no-answer\",\"To\":\"+91886799\",\"DateCreated\":"
     "\"2019-04-08 03:17:59\",\"ConversationDuration\":32,\"Legs\":["
     "{\"OnCallDuration\":41,\"Status\":\"completed\"},"
     "{\"OnCallDuration\":32,\"Status\":\"completed\"}]}",
     PART("CallSid", "492205107c5fb48f4ac25d1f77759339") PART("EventType", "terminal")
         PART("Status", "no-answer") PART("To", "+91886799") PART(
             "DateCreated", "2019-04-08 03:17:59") PART("ConversationDuration", "32")
             PART("Legs[0][OnCallDuration]", "41") PART("Legs[0][Status]", "completed")
                 PART("Legs[1][OnCallDuration]", "32")
                     PART("Legs[1][Status]", "completed") "--b--\r\n"},
    {"another order, other spellings",
     "Status=Completed&CALLSID=c5&ConversationDuration=007&RecordingUrl=&Legs[][Status]"
     "=",
     "{\"CallSid\":\"c5\",\"ConversationDuration\":7,\"status\":\"completed\","
     "\"RecordingUrl\":null}",
     PART("callsid", "c5") PART("conversationduration", "7") PART("Status", "completed")
         PART("EndTime", "0000-00-00 00:00:00") "--b--"},
    {"what no row knows", "New[a][0]=x&New[a][1]=y&New[b]=z&%5Bc%5D=1&d%5B=2",
     "{\"[c]\":1,\"New\":{\"b\":\"z\",\"a\":[\"x\",\"y\"]},\"d[\":2}",
     PART("d[", "2") PART("New[b]", "z") PART("New[a][]", "x") PART("New[a][1]", "y")
         PART("[c]", "1") "--b--"},
    {"verbatim", "CustomField=null&From=%20%2B91+&a=%E0%A4%A8",
     "{\"CustomField\":\"null\",\"From\":\" +91 \",\"a\":\"\\u0928\"}",
     PART("CustomField", "null") PART("From", " +91 ")
         PART("a", "\xE0\xA4\xA8") "--b--"},
    {"streams", "Stream[StreamSID]=s&Stream[Duration]=1.50",
     "{\"Stream\":{\"Duration\":1.5,\"StreamSID\":\"s\"}}",
     PART("Stream", "{\"StreamSID\":\"s\",\"Duration\":\"1.5\"}") "--b--"},
    {"twice", "a=1&a=2", "{\"a\":1,\"a\":2}", PART("a", "1") PART("a", "2") "--b--"},
};

static void keep_key(char *out) {
  exotel_slice s = key();
  check(s.n == 32 && strspn(s.p, "0123456789abcdef") >= 32, "32 hex digits");
  memcpy(out, s.p, s.n < 32 ? s.n : 32);
}

/* Whether the body cut anywhere is refused, or an event of another key. */
static void check_cuts(const char *name, const char *type, const char *body,
                       size_t whole, const char *hex) {
  size_t cut;
  for (cut = 0; cut < whole; cut++) {
    if (read_from(page_text(0, type), page_put(1, body, cut), page_text(2, "")) ==
        EXOTEL_OK)
      check(memcmp(key().p, hex, 32) != 0, name);
  }
}

/* Where the body ends when its last part does, and more can't change the event. */
static size_t end_of_parts(const char *body) {
  const char *p = body, *last = body;
  while ((p = strstr(p, "\r\n--b")) != NULL)
    last = ++p;
  return (size_t)(last - body) + 4;
}

static void check_event(const struct event *v) {
  char hex[3][32];
  read_from(page_text(0, FORM), page_text(1, v->form), page_text(2, ""));
  keep_key(hex[0]);
  read_from(page_text(0, JSON), page_text(1, v->json), page_text(2, ""));
  keep_key(hex[1]);
  read_from(page_text(0, MULTIPART), page_text(1, v->multipart), page_text(2, ""));
  keep_key(hex[2]);
  check(memcmp(hex[0], hex[1], 32) == 0 && memcmp(hex[0], hex[2], 32) == 0, v->name);
  read_from(page_text(0, ""), page_text(1, ""), page_text(2, v->form));
  check(memcmp(key().p, hex[0], 32) == 0, v->name);
  check_cuts(v->name, JSON, v->json, strlen(v->json), hex[1]);
  if (strstr(v->multipart, "0000-00-00") == NULL)
    check_cuts(v->name, MULTIPART, v->multipart, end_of_parts(v->multipart), hex[2]);
}

/* Events that differ have other keys. */
static void check_differ(void) {
  static const char *const forms[] = {
      "a=1",        "a=2",          "b=1",        "a=1&b=",     "a=1&a=2",
      "a[0]=1",     "a[b]=1",       "a=11",       "aa=1",       "CustomField=",
      "Duration=1", "Duration=one", "a=1bS2&c=3", "a=1&b=2cS3", "Legs[0][Status]=x"};
  char hex[sizeof forms / sizeof *forms][32];
  size_t i, j, same = 0;
  for (i = 0; i < sizeof forms / sizeof *forms; i++) {
    read_from(page_text(0, FORM), page_text(1, forms[i]), page_text(2, ""));
    keep_key(hex[i]);
    for (j = 0; j < i; j++)
      same += memcmp(hex[i], hex[j], 32) == 0;
  }
  check(same == 1, "only an empty field makes no other key"); /* a=1&b= is a=1 */
}

/* }================================================================== */

/* {=================================================================
** Limits, the same in every encoding
** ================================================================== */

typedef struct bodies {
  exotel_buffer form, json;
  exotel_json_writer writer;
  exotel_multipart_writer parts;
  exotel_buffer multipart;
  char type[100];
} bodies;

static void begin(bodies *b) {
  memset(b, 0, sizeof *b);
  exotel_buffer_init(&b->form, PAGE_ROOM);
  exotel_buffer_init(&b->multipart, PAGE_ROOM);
  exotel_multipart_begin(&b->parts, PAGE_ROOM);
}

static void put(bodies *b, const exotel_step *path, size_t depth, const char *value) {
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = depth;
  leaf.text = exotel_slice_of(value);
  exotel_form_put(&b->form, &leaf);
  check(exotel_multipart_put(&b->parts, &leaf, &error) == EXOTEL_OK, "a part");
  check(exotel_json_put(&b->writer, &leaf, EXOTEL_JSON_STRING, &error) == EXOTEL_OK,
        "a member");
}

/* Whether all three are read, or all refused for this reason. */
static void end(bodies *b, const char *name, const char *reason,
                const char *reason_of_parts) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_slice json = {"", 0};
  exotel_multipart_end(&b->parts, &b->multipart, boundary, &error);
  exotel_json_print(&b->writer, &json, &error);
  snprintf(b->type, sizeof b->type, "multipart/form-data; boundary=%s", boundary);
  read_from(page_text(0, FORM), page_put(1, b->form.p, b->form.n), page_text(2, ""));
  check(reason == NULL ? error.kind == EXOTEL_OK
                       : error.kind != EXOTEL_OK && strcmp(error.reason, reason) == 0,
        name);
  read_from(page_text(0, JSON), page_put(1, json.p, json.n), page_text(2, ""));
  check(reason == NULL ? error.kind == EXOTEL_OK
                       : error.kind != EXOTEL_OK && strcmp(error.reason, reason) == 0,
        name);
  read_from(page_text(0, b->type), page_put(1, b->multipart.p, b->multipart.n),
            page_text(2, ""));
  check(reason == NULL
            ? error.kind == EXOTEL_OK
            : error.kind != EXOTEL_OK && strcmp(error.reason, reason_of_parts) == 0,
        name);
  exotel_json_reset(&b->writer);
  exotel_multipart_free(&b->parts);
  exotel_buffer_free(&b->form);
  exotel_buffer_free(&b->multipart);
}

static exotel_step named(const char *name) {
  exotel_step s;
  s.name = exotel_slice_of(name);
  s.index = 0;
  return s;
}

static exotel_step at(size_t index) {
  exotel_step s;
  memset(&s, 0, sizeof s);
  s.index = index;
  return s;
}

static void check_count(size_t n, const char *reason, const char *reason_of_parts) {
  char name[32];
  exotel_step step;
  bodies b;
  size_t i;
  begin(&b);
  for (i = 0; i < n; i++) {
    snprintf(name, sizeof name, "n%lu", (unsigned long)i);
    step = named(name);
    put(&b, &step, 1, "1");
  }
  end(&b, "the number of fields", reason, reason_of_parts);
}

static void check_depth(size_t n, const char *reason) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  bodies b;
  size_t i;
  for (i = 0; i < n; i++)
    path[i] = i % 2 == 0 ? named("a") : at(0);
  begin(&b);
  put(&b, path, n, "1");
  end(&b, "the nesting", reason, reason);
}

static void check_index(size_t index, const char *reason) {
  exotel_step path[2];
  bodies b;
  path[0] = named("a");
  path[1] = at(index);
  begin(&b);
  put(&b, path, 2, "1");
  end(&b, "the position", reason, reason);
}

static void check_name(size_t first, size_t second, const char *reason,
                       const char *reason_of_parts) {
  char text[2][300];
  exotel_step path[3];
  bodies b;
  memset(text, 0, sizeof text);
  memset(text[0], 'a', first);
  memset(text[1], 'b', second);
  path[0] = named(text[0]);
  path[1] = at(0);
  path[2] = named(text[1]);
  begin(&b);
  put(&b, path, second > 0 ? 3 : 1, "1");
  end(&b, "the name", reason, reason_of_parts);
}

static void check_size(void) {
  static char body[EXOTEL_BODY_MAX + 1];
  exotel_slice s = {body, EXOTEL_BODY_MAX}, empty = {"", 0},
               type = {FORM, strlen(FORM)};
  memset(body, 'a', sizeof body);
  body[1] = '=';
  check(read_from(type, s, empty) == EXOTEL_OK, "the largest body");
  check(read_from(type, empty, s) == EXOTEL_OK, "the largest query");
  s.n++;
  check(read_from(type, s, empty) != EXOTEL_OK && strcmp(error.reason, "limit") == 0,
        "a byte more");
  check(read_from(type, empty, s) != EXOTEL_OK && strcmp(error.reason, "limit") == 0,
        "a byte more of query");
}

/* }================================================================== */

int main(void) {
  exotel_buffer out;
  size_t i;
  exotel_callback_init(&callback);
  exotel_buffer_init(&out, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &out);
  for (i = 0; i < sizeof events / sizeof *events; i++)
    check_event(&events[i]);
  check_differ();
  check_count(EXOTEL_FIELDS_MAX, NULL, NULL);
  check_count(EXOTEL_FIELDS_MAX + 1, "limit", "too_many");
  check_depth(EXOTEL_NAME_STEPS_MAX, NULL);
  check_depth(EXOTEL_NAME_STEPS_MAX + 1, "limit");
  check_index(EXOTEL_INDEX_MAX, NULL);
  check_index(EXOTEL_INDEX_MAX + 1, "limit");
  check_name(255, 0, NULL, NULL);
  check_name(100, 151, NULL, NULL);
  check_name(100, 152, "limit", "too_long");
  check_size();
  check(has("kind") || error.kind != EXOTEL_OK, "an event has a kind");
  exotel_buffer_free(&out);
  exotel_callback_free(&callback);
  return check_summary();
}
