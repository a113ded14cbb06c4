/*
** skeleton: webhooks that are like one before. Whatever was read earlier, each is the same
** event, or the same error, as it is for who has read none: bodies of a few shapes in turns,
** with all kinds of values, and bodies of which one byte is another, more or less.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/callback.h"
#include "../../csrc/core/error.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define MULTIPART "multipart/form-data; boundary="
#define PART(name, value)                                                              \
  "--@\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define BODY_MAX 4096

static exotel_callback experienced; /* has read all that came so far */
static unsigned long alike;         /* bodies that it took for one like another */
static unsigned long differing;     /* those it made another event of */

/* {=================================================================
** An event as text
** ================================================================== */

static void write_node(exotel_buffer *out, const exotel_record *r,
                       const exotel_node *node) {
  exotel_slice text = exotel_record_text(r, node);
  char number[96];
  size_t at;
  snprintf(number, sizeof number, "%u.%u.", (unsigned)node->type, (unsigned)node->row);
  exotel_buffer_adds(out, number);
  snprintf(number, sizeof number, "%lld/%.17g", node->integer, node->number);
  if (node->type != EXOTEL_NODE_TEXT) exotel_buffer_adds(out, number);
  if (node->type == EXOTEL_NODE_TEXT) exotel_buffer_add(out, text.p, text.n);
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    const exotel_node *child = exotel_record_node(r, at);
    exotel_slice name = exotel_record_name(r, child);
    exotel_buffer_addc(out, '\n');
    if (node->type == EXOTEL_NODE_TABLE) exotel_buffer_add(out, name.p, name.n);
    exotel_buffer_addc(out, '=');
    write_node(out, r, child);
  }
  exotel_buffer_addc(out, ';');
}

/* What `c` makes of a body: all that there is of its event, or of the error. */
static exotel_slice told_by(exotel_callback *c, const char *type, exotel_slice body,
                            const char *query, exotel_buffer *out) {
  char position[32];
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  kind =
      exotel_callback_read(c, exotel_slice_of(type), body, exotel_slice_of(query), &e);
  if (kind == EXOTEL_OK) {
    write_node(out, c->record, exotel_record_node(c->record, 0));
    return exotel_slice_held(out);
  }
  snprintf(position, sizeof position, "!%d %lu ", (int)kind, (unsigned long)e.position);
  exotel_buffer_adds(out, position);
  exotel_buffer_adds(out, e.reason);
  exotel_buffer_adds(out, e.field);
  exotel_buffer_adds(out, e.message);
  return exotel_slice_held(out);
}

static exotel_slice told_anew(const char *type, exotel_slice body, const char *query,
                              exotel_buffer *out) {
  exotel_callback fresh;
  exotel_slice told;
  exotel_callback_init(&fresh);
  told = told_by(&fresh, type, body, query, out);
  exotel_callback_free(&fresh);
  return told;
}

/* }================================================================== */

static void compare_with(const char *type, exotel_slice body, const char *query) {
  static exotel_buffer out[2];
  size_t next = experienced.bodies != NULL ? experienced.bodies->next : 0;
  exotel_slice a, b;
  if (out[0].max == 0) exotel_buffer_init(&out[0], 1 << 20);
  if (out[1].max == 0) exotel_buffer_init(&out[1], 1 << 20);
  a = told_by(&experienced, type, body, query, &out[0]);
  b = told_anew(type, body, query, &out[1]);
  alike += experienced.bodies != NULL && next == experienced.bodies->next &&
           experienced.record != experienced.spare;
  if (a.n == b.n && memcmp(a.p, b.p, a.n) == 0) return;
  if (differing++ > 0) return; /* the first is enough to look at */
  printf("%.*s\nis\n%.*s\nand anew\n%.*s\n", (int)body.n, body.p, (int)a.n, a.p,
         (int)b.n, b.p);
}

static void compare(const char *type, exotel_slice body) {
  compare_with(type, body, "");
}

/* {=================================================================
** Bodies of a few shapes
** ================================================================== */

/* A # stands for a value, an @ for a boundary. */
static const struct shape {
  const char *type, *text;
} shapes[] = {
    {FORM, "CallSid=#&EventType=#&Status=#&To=#&From=#&Duration=#&CustomField=#"},
    {FORM, "CallSid=#&Status=#&Legs%5B0%5D%5BStatus%5D=#&Legs%5B0%5D%5BOnCallDuration"
           "%5D=#&Legs[1][Status]=#&DateCreated=#"},
    {FORM, "CallSid=#&CallFrom=#&CallTo=#&Status=#&digits=#&flow_id=#"},
    {FORM, "Status=#&Leg1Status=#&Legs[0][Status]=#&Price=#&CallSid=#&CallSid=#"},
    {FORM, "&CallSid=#&&New=#&=#&EventType=#&Stream=#&Stream[Status]=#&x"},
    {FORM, "AgentEmail=#&Status=#&CallFrom=#"},
    {FORM, "CallSid=#&Stream=#"},
    {FORM, "=#&CallSid=#&&CustomField&Status=#&="},
    {JSON, "{\"CallSid\":\"#\",\"EventType\":\"#\",\"Status\":\"#\",\"To\":\"#\","
           "\"ConversationDuration\":#,\"Legs\":[{\"OnCallDuration\":#,\"Status\":"
           "\"#\"},{\"OnCallDuration\":\"#\",\"Status\":\"#\"}]}"},
    {JSON, "{ \"CallSid\" : \"#\", \"RecordingUrl\" : null, \"Duration\":\"#\" ,"
           "\"CustomField\":\"#\",\"Status\":\"#\"}\n"},
    {JSON, "{\"CallSid\":\"#\",\"Stream\":\"#\",\"Stream[Status]\":\"#\",\"New\":#}"},
    {JSON, "{\"CallSid\":\"#\",\"Stream\":\"#\"}"},
    {JSON, "{\"CallSid\":#,\"CustomField\":#}"},
    {MULTIPART, PART("CallSid", "#") PART("Status", "#") PART("CustomField", "#")
                    PART("Legs[0][Status]", "#") PART("Duration", "#") "--@--\r\n"},
    {MULTIPART, "preamble\r\n" PART("CallSid", "#") PART("Status", "#") "--@--\r\n#"},
    {MULTIPART, PART("CallSid", "#") PART("", "#") PART("Status", "#") "--@--"},
    {MULTIPART,
     PART("CallSid", "#") "--@\r\nContent-Disposition: form-data; name=\"f\";"
                          " filename=\"f\"\r\n\r\n#\r\n--@--"},
    {MULTIPART, "--@\nContent-Disposition: form-data; name=\"CallSid\"\n\n#\n"
                "--@\nContent-Disposition: form-data; name=\"Status\"\n\n#\n--@--"},
    {MULTIPART, "--@\r\nContent-Disposition: form-data; name=\"CallSid\"\n\n#\r\n"
                "--@\r\nContent-Disposition: form-data; name=\"Status\"\n\n#\r\n--@--"},
    {MULTIPART, PART("CallSid", "#") PART("New", "#") PART("Stream", "#") "--@--"},
    {JSON, "{\"CallSid\":\"#\",\"Legs[0][Status]\":\"#\",\"Price\":\"#\",\"Price\":#}"},
};

#define TEN "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define MANY_DIGITS HUNDRED HUNDRED HUNDRED TEN /* a number out of range */

static const char *const values[] = {
    "terminal",
    "answered",
    "completed",
    "busy",
    "free",
    "no-answer",
    "41",
    "0",
    "007",
    "-1",
    "1.50",
    "1e3",
    "123456789012345",
    "1234567890123456",
    "99999999999999999999",
    "",
    "null",
    "NULL",
    "Null",
    "true",
    "false",
    "Cancelled",
    "canceled",
    "COMPLETED",
    "0000-00-00 00:00:00",
    "2019-04-08 03:17:59",
    "1970-01-01 05:30:00",
    "+919876543210",
    "%2B91+98%3A76",
    "%",
    "%4",
    "a=b",
    "a%26b",
    "\\u0041",
    "\\\"",
    "{}",
    "[]",
    "{\\\"Status\\\":\\\"x\\\"}",
    "%7B%22Status%22:1}",
    "\xE0\xA4\xA8",
    "\x01",
    "%00",
    "492205107c5fb48f4ac25d1f77759339",
    "https%3A%2F%2Fexample.com%2Fa.mp3",
    " x ",
    "0123456789012345678901234567890123456789",
    MANY_DIGITS,
    "--b",
    "\r\n--b",
    "\r\n--b\r\n",
    "\n--b--\n",
    "\r\n--bb--\r\n",
};

#define SHAPES (sizeof shapes / sizeof *shapes)
#define VALUES (sizeof values / sizeof *values)

static unsigned long random_below(unsigned long n) {
  static unsigned long state = 20261122;
  state = (state * 1103515245 + 12345) & 0x7fffffff;
  return (state >> 8) % n;
}

/* One of the values: mostly such as the service sends, at times any. */
static const char *any_value(void) {
  return values[random_below(random_below(8) > 0 ? 8 : VALUES)];
}

static void compare_shape(const struct shape *shape) {
  static const char *const boundaries[] = {"b", "bb", "--b"};
  const char *boundary = boundaries[random_below(3)], *p = shape->text;
  char text[BODY_MAX], type[100];
  size_t n = 0;
  for (; *p != '\0'; p++) {
    const char *value = *p == '#' ? any_value() : boundary;
    if (*p != '#' && *p != '@') {
      text[n++] = *p;
      continue;
    }
    memcpy(text + n, value, strlen(value));
    n += strlen(value);
  }
  snprintf(type, sizeof type, "%s%s", shape->type,
           strcmp(shape->type, MULTIPART) == 0 ? boundary : "");
  compare(type, page_put(1, text, n));
}

static void check_shapes(void) {
  size_t i;
  for (i = 0; i < 40000; i++) {
    size_t three = i / 2000 % (SHAPES - 2); /* in turns with all */
    compare_shape(
        &shapes[i % 2000 < 1500 ? three + random_below(3) : random_below(SHAPES)]);
  }
  check(differing == 0, "bodies of a few shapes");
  check(alike > 4000, "many are like one before");
}

/* Only whole numbers where JSON has a number, so that most are read. */
static void check_numbers(void) {
  size_t i;
  for (i = 0; i < 4000; i++) {
    char body[200];
    snprintf(body, sizeof body,
             "{\"CallSid\":\"c%lu\",\"ConversationDuration\":%lu,\"Legs\":["
             "{\"OnCallDuration\":%lu}]}",
             random_below(1000), random_below(100000), random_below(50));
    compare(JSON, page_text(1, body));
  }
  check(differing == 0, "numbers");
  check(experienced.record->text.n < 1000, "no text is kept from one to the next");
  check(alike > 7000, "and nearly all of these");
}

/* }================================================================== */

/* {=================================================================
** Bodies of which one byte is another
** ================================================================== */

static const char form[] =
    "CallSid=c5fb48f4ac25d1f7&Status=no-answer&EventType=terminal&CustomField=&"
    "DateCreated=2019-04-08%2003%3A17&Duration=32&Legs%5B0%5D%5BStatus%5D=busy";
static const char json[] =
    "{\"CallSid\":\"c5fb48f4ac25d1f7\",\"Status\":\"no-answer\",\"CustomField\":null,"
    "\"EventType\":\"terminal\",\"Duration\":32,\"Legs\":[{\"Status\":\"busy\"}]}";

static const char multipart[] =
    "--b\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\nc5fb\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"Status\"\r\n\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"Duration\"\r\n\r\n32\r\n--b--\r\n";

/* `kept` bytes of the body, one more unless `byte` is -1, and what is behind `from`. */
static void check_changed(const char *type, const char *body, size_t kept, int byte,
                          size_t from) {
  char text[BODY_MAX];
  size_t n = kept, rest = strlen(body) - from;
  memcpy(text, body, kept);
  if (byte >= 0) text[n++] = (char)byte;
  memcpy(text + n, body + from, rest);
  compare(type, page_text(1, body));
  compare(type, page_put(1, text, n + rest));
}

static void check_bytes(const char *type, const char *body) {
  static const char bytes[] = "\"\\{}[],:&=%+0 9aZ\r\n-b\x01\x80\xE0";
  size_t i, k;
  for (i = 0; i <= strlen(body); i++) {
    for (k = 0; k < sizeof bytes; k++) { /* the last is NUL */
      check_changed(type, body, i, (unsigned char)bytes[k], i);
      if (body[i] != '\0') check_changed(type, body, i, (unsigned char)bytes[k], i + 1);
    }
    if (body[i] != '\0') check_changed(type, body, i, -1, i + 1);
    compare(type, page_put(1, body, i));
  }
  check(differing == 0, type);
}

/* }================================================================== */

/* A query, another type, or an agent's event has nothing to do with those kept. */
static void check_others(void) {
  exotel_slice body = page_text(1, "CallSid=c5&Status=busy");
  compare(FORM, body);
  compare(FORM, body);
  compare_with(FORM, body, "Status=free&Direction=incoming");
  compare(FORM, body);
  compare("", body);
  compare(JSON, body);
  compare(FORM, page_text(1, "CallFrom=1&EventType=&Status=ringing"));
  compare(FORM, page_text(1, "CallFrom=1&EventType=&Status=busy")); /* an agent's */
  compare(FORM, page_text(1, "CallFrom=1&EventType=&Status=ringing"));
  compare(JSON, page_text(1, "{\"CallSid\":\"c5\",\"CustomField\":7}"));
  compare(JSON, page_text(1, "{\"CallSid\":\"c6\",\"CustomField\":8}"));
  compare(JSON, page_text(1, "{\"CallSid\":\"c7\",\"CustomField\":}"));
  compare(JSON, page_text(1, "{\"CallSid\":\"c8\",\"CustomField\":" MANY_DIGITS "}"));
  check(differing == 0, "others");
}

#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

/* What was a delimiter, or a part, is data or an epilogue. */
static void check_delimiters(void) {
  compare(MULTIPART "b",
          page_text(1, "--b\r\n" HEAD("CallSid") "c5\r\n--b\r\n" HEAD(
                           "") "v\r\n--b\r\n" HEAD("Status") "busy\r\n--b--"));
  compare(MULTIPART "bb",
          page_text(1, "--bb\r\n" HEAD("CallSid") "c6\r\n--bb\r\n" HEAD(
                           "") "v\r\n--b\r\n" HEAD("Status") "free\r\n--bb--"));
  compare(MULTIPART "b", page_text(1, "--b\r\n" HEAD("CallSid") "c5\r\n--b\r\n" HEAD(
                                          "Status") "busy\r\n--b--"));
  compare(MULTIPART "b", page_text(1, "--b\r\n" HEAD("CallSid") "c6\r\n--b--\r\n" HEAD(
                                          "Status") "free\r\n--b--"));
  check(differing == 0, "delimiters");
}

#define PART_B(name, value) "--b\r\n" HEAD(name) value "\r\n"
#define FILE_PART                                                                      \
  "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nv\r\n"

/* Values with a part that is none before, between and behind them; then without it. */
static void check_files(void) {
  static const char *const bodies[] = {
      FILE_PART PART_B("CallSid", "c5") PART_B("Status", "busy") "--b--",
      PART_B("CallSid", "c6") FILE_PART PART_B("Status", "busy") "--b--",
      PART_B("CallSid", "c7") PART_B("Status", "busy") FILE_PART "--b--",
      PART_B("CallSid", "c8") PART_B("Status", "busy") "--b--"};
  size_t i, k;
  for (i = 0; i < 4; i++) {
    for (k = 0; k < 4; k++) {
      compare(MULTIPART "b", page_text(1, bodies[i]));
      compare(MULTIPART "b", page_text(1, bodies[k]));
    }
  }
  check(differing == 0, "files");
}

/* A form of `n` values, and what is behind them. Returns whether it is like one before. */
static int compare_many(size_t n, unsigned long status, const char *behind) {
  static char body[BODY_MAX];
  unsigned long before = alike;
  size_t i, size = (size_t)snprintf(body, sizeof body, "CallSid=c%lu", status);
  for (i = 1; i < n; i++)
    size += (size_t)snprintf(body + size, sizeof body - size, "&Legs[%lu][Status]=s%lu",
                             (unsigned long)i, status);
  memcpy(body + size, behind, strlen(behind));
  compare(FORM, page_put(1, body, size + strlen(behind)));
  return alike > before;
}

/* As many values as a skeleton may have, and more. */
static void check_many(void) {
  size_t n;
  for (n = EXOTEL_SKELETON_VALUES - 1; n < EXOTEL_SKELETON_VALUES + 3; n++) {
    compare_many(n, 1, "");
    check(compare_many(n, 2, "") == (n <= EXOTEL_SKELETON_VALUES), "so many values");
    compare_many(n, 1, "&Stream={}");
    check(!compare_many(n, 2, "&Stream={}"), "and a pair without one");
  }
  check(differing == 0, "many values");
}

/* Two bodies each, and whether the second is read by the skeleton of the first. Where it isn't
** the event is the same, and takes longer. */
static const struct pair {
  const char *name, *types[2], *bodies[2];
  int alike;
} pairs[] = {
    {"a form",
     {FORM, FORM},
     {"CallSid=c1&Status=busy&Duration=1", "CallSid=c2&Status=Cancelled&Duration=02"},
     1},
    {"a form with pairs of nothing",
     {FORM, FORM},
     {"&CallSid=c1&&To=&x&=y&Status=busy&", "&CallSid=c2&&To=&x&=y&Status=free&"},
     1},
    {"a verbatim text without its =",
     {FORM, FORM},
     {"CallSid=c1&CustomField&Status=busy",
      "CallSid=c1&CustomField&Status=busy&Status=free"},
     0},
    {"a name that no row knows",
     {FORM, FORM},
     {"CallSid=c1&New=1", "CallSid=c2&New=1"},
     0},
    {"a name that comes twice",
     {FORM, FORM},
     {"CallSid=c1&CallSid=1", "CallSid=c2&CallSid=1"},
     0},
    {"a value where there was none",
     {FORM, FORM},
     {"CallSid=c1&Status=", "CallSid=c2&Status=busy"},
     0},
    {"none where there was a value",
     {FORM, FORM},
     {"CallSid=c1&Status=busy", "CallSid=c2&Status="},
     0},
    {"JSON",
     {JSON, JSON},
     {"{\"CallSid\":\"c1\",\"Duration\":7, \"To\":null}",
      "{\"CallSid\":\"c22\",\"Duration\":123456789012345, \"To\":null}"},
     1},
    {"JSON with an escape",
     {JSON, JSON},
     {"{\"CallSid\":\"c1\"}", "{\"CallSid\":\"\\u0063\"}"},
     0},
    {"JSON with a text for a number",
     {JSON, JSON},
     {"{\"CallSid\":\"c1\",\"Duration\":7}", "{\"CallSid\":\"c1\",\"Duration\":\"7\"}"},
     0},
    {"parts, another boundary",
     {MULTIPART "b", MULTIPART "cc"},
     {PART_B("CallSid", "c1") PART_B("To", "") "--b--",
      "--cc\r\n" HEAD("CallSid") "c2\r\n--cc\r\n" HEAD("To") "\r\n--cc--\r\n"},
     1},
    {"parts, bare line ends",
     {MULTIPART "b", MULTIPART "b"},
     {"--b\nContent-Disposition: form-data; name=\"CallSid\"\n\nc1\n--b--",
      "--b\nContent-Disposition: form-data; name=\"CallSid\"\n\nc2\n--b--"},
     1},
    {"parts behind a preamble",
     {MULTIPART "b", MULTIPART "b"},
     {PART_B("CallSid", "c1") "--b--",
      "this\r\n" PART_B("CallSid", "c2") "--b--\r\nthat"},
     1},
    {"parts with a value where there was none",
     {MULTIPART "b", MULTIPART "b"},
     {PART_B("To", "") PART_B("CallSid", "c1") "--b--",
      PART_B("To", "1") PART_B("CallSid", "c1") "--b--"},
     0},
};

static void check_pairs(void) {
  size_t i;
  for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    const struct pair *p = &pairs[i];
    unsigned long before;
    exotel_callback_free(&experienced);
    exotel_callback_init(&experienced);
    compare(p->types[0], page_text(1, p->bodies[0]));
    before = alike;
    compare(p->types[1], page_text(1, p->bodies[1]));
    check(alike - before == (unsigned long)p->alike && differing == 0, p->name);
  }
}

int main(void) {
  exotel_callback_init(&experienced);
  check_shapes();
  check_numbers();
  check_bytes(FORM, form);
  check_bytes(JSON, json);
  check_bytes(MULTIPART "b", multipart);
  check_others();
  check_delimiters();
  check_files();
  check_many();
  check_pairs();
  exotel_callback_free(&experienced);
  return check_summary();
}
