/*
** core: every function of csrc/core that takes memory, with each of its requests refused
** in turn: that one only, or it and all that follow. Then nothing may be lost, what comes
** out is EXOTEL_MEMORY or the right result, and the next call on the same objects is right.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "starve.h"

#include "../../csrc/core/base64.h"
#include "../../csrc/core/callback.h"
#include "../../csrc/core/error.h"
#include "../../csrc/core/form.h"
#include "../../csrc/core/http1.h"
#include "../../csrc/core/http1_out.h"
#include "../../csrc/core/json.h"
#include "../../csrc/core/json_out.h"
#include "../../csrc/core/multipart.h"
#include "../../csrc/core/multipart_out.h"
#include "../../csrc/core/name.h"
#include "../../csrc/core/request.h"
#include "../../csrc/core/response.h"
#include "../../csrc/core/route.h"
#include "../../csrc/core/text.h"
#include "../../csrc/core/url.h"
#include "../../csrc/core/xml.h"
#include "../../csrc/core/xml_out.h"

#include <cjson/cJSON.h>
#include <stdio.h>

/* What a call came to. Written without taking memory. */
typedef struct outcome {
  exotel_kind kind;
  size_t n;
  char text[16384];
} outcome;

/* What lives from a starved call to the next. */
static struct held {
  exotel_request request;
  exotel_response response;
  exotel_callback callback;
  exotel_multipart_writer parts;
  exotel_json_writer writer;
  exotel_http1_reader http1;
  exotel_buffer out, scratch;
  exotel_error error;
} held;

typedef void entry_run(outcome *o);

typedef struct entry {
  const char *name;
  entry_run *run;
} entry;

static void hold(void) {
  exotel_request_init(&held.request);
  exotel_response_init(&held.response);
  exotel_callback_init(&held.callback);
  exotel_multipart_begin(&held.parts, 65536);
  memset(&held.writer, 0, sizeof held.writer);
  exotel_http1_init(&held.http1);
  exotel_buffer_init(&held.out, 65536);
  exotel_buffer_init(&held.scratch, 65536);
}

static void let_go(void) {
  exotel_request_free(&held.request);
  exotel_response_free(&held.response);
  exotel_callback_free(&held.callback);
  exotel_multipart_free(&held.parts);
  exotel_json_reset(&held.writer);
  exotel_http1_free(&held.http1);
  exotel_buffer_free(&held.out);
  exotel_buffer_free(&held.scratch);
}

static void say(outcome *o, const char *p, size_t n) {
  if (n > sizeof o->text - o->n) n = sizeof o->text - o->n;
  if (n > 0) memcpy(o->text + o->n, p, n);
  o->n += n;
}

static void say_text(outcome *o, const char *s) {
  say(o, s, strlen(s));
}

static void say_buffer(outcome *o, const exotel_buffer *b) {
  say(o, b->p, b->n);
  say_text(o, "\n");
}

/* The content of the buffer that a function appended to, which tells of its failure. */
static void take_out(outcome *o) {
  o->kind = exotel_error_buffer(&held.error, &held.out, exotel_slice_of(""));
  say_buffer(o, &held.out);
}

static void take_error(outcome *o) {
  say_text(o, held.error.reason == NULL ? "" : held.error.reason);
  say_text(o, held.error.message);
}

/* {=================================================================
** Buffers and text
** ================================================================== */

static const char long_text[] =
    "<html><p>Call from 09876543210 with key k3y-0a1b2c refused &amp; logged: see "
    "https://example.com/very/long/path?with=query+and%20more</p>";

static void run_buffer(outcome *o) {
  int i;
  for (i = 0; i < 300; i++)
    exotel_buffer_addc(&held.out, (char)('a' + i % 26));
  exotel_buffer_adds(&held.out, long_text);
  take_out(o);
}

static void run_mask(outcome *o) {
  exotel_slice secret = exotel_slice_of("k3y-0a1b2c");
  exotel_mask(&held.out, exotel_slice_of(long_text), &secret, 1);
  take_out(o);
}

static void run_plain(outcome *o) {
  exotel_text_plain(exotel_slice_of(long_text), 100, &held.out);
  take_out(o);
}

static void run_phone(outcome *o) {
  if (exotel_phone_trim(exotel_slice_of("+91 98765-43210"), &held.out) != NULL)
    say_text(o, "wrong");
  take_out(o);
}

static void run_sip(outcome *o) {
  const char *sip = "sip:somebody.with.a.long.name@a.host.with.a.long.name.example.com";
  if (exotel_phone_trim(exotel_slice_of(sip), &held.out) != NULL) say_text(o, "wrong");
  take_out(o);
}

static void run_e164(outcome *o) {
  const char *wrong = exotel_phone_e164(exotel_slice_of("098765 43210"),
                                        exotel_slice_of("91"), &held.out);
  if (wrong != NULL) say_text(o, wrong);
  take_out(o);
}

static void run_url(outcome *o) {
  exotel_base base;
  size_t at;
  exotel_url_encode(&held.out, exotel_slice_of(long_text));
  exotel_url_decode(&held.out, exotel_slice_of(long_text), 1);
  exotel_base_read(exotel_slice_of("https://key:token@[2001:db8::1]:8080"), &base, &at);
  exotel_base_write(&held.out, &base);
  exotel_base64_encode(&held.out, exotel_slice_of(long_text));
  take_out(o);
}

static void run_base64(outcome *o) {
  const char *cursor = "MTU3ODQ4NTE2OSwwNjYwMDJiOWE2MmZiN2IxMmE0YjljODAzNTZmMTQxOA==";
  if (!exotel_base64_decode(&held.out, exotel_slice_of(cursor))) say_text(o, "wrong");
  take_out(o);
}

static void run_route(outcome *o) {
  int xml;
  const exotel_operation *found = exotel_route_match(
      exotel_slice_of("GET"), exotel_slice_of("/v1/Accounts/a1/Calls/c5"), &held.out,
      &held.scratch, &xml);
  say_text(o, found->name);
  take_out(o);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_error_buffer(&held.error, &held.scratch, exotel_slice_of(""));
  say_buffer(o, &held.scratch);
}

/* }================================================================== */

/* {=================================================================
** Decoders
** ================================================================== */

static const char call[] =
    "{\"Call\":{\"Sid\":\"c5797dcbaaeed7678c4062a4a3ed2f8b\",\"ParentCallSid\":null,"
    "\"DateCreated\":\"2017-03-03 10:48:33\",\"To\":\"09876543210\",\"Status\":"
    "\"completed\",\"Duration\":\"32\",\"Price\":\"1.50\",\"New\":{\"a\":[1,2,3]},"
    "\"legs\":\"mine\",\"To\":\"again\",\"CustomField\":\"\\u0928\",\"Details\":"
    "{\"ConversationDuration\":7,\"Leg1Status\":\"completed\",\"Leg2Status\":\"busy\","
    "\"Legs\":[{\"Leg\":{\"Id\":1,\"OnCallDuration\":7}}]}}}";

static exotel_kind say_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  size_t i;
  (void)e;
  for (i = 0; i < leaf->depth; i++) {
    say(context, leaf->path[i].name.p, leaf->path[i].name.n);
    say_text(context, ".");
  }
  say(context, leaf->text.p, leaf->text.n);
  say_text(context, "\n");
  return EXOTEL_OK;
}

static void run_json(outcome *o) {
  o->kind =
      exotel_json_read(exotel_slice_of(call), &held.scratch, say_leaf, o, &held.error);
}

static void read_xml(outcome *o, const char *text) {
  static const exotel_xml_list list = {"Legs", "Leg", NULL, 1};
  o->kind = exotel_xml_read(exotel_slice_of(text), &list, 1, &held.scratch, say_leaf, o,
                            &held.error);
  if (o->kind != EXOTEL_OK) take_error(o);
}

static void run_xml(outcome *o) {
  read_xml(o, "<?xml version='1.0' encoding='UTF-8'?><R a='1' b='&quot;'><Call><To/>"
              "<From>098765&#32;43210, a value that makes the buffer grow, since it "
              "is &lt;long&gt;</From><!-- --><Legs><Leg><Id>1</Id></Leg><Leg><Id>2"
              "</Id></Leg></Legs></Call></R>");
}

static void run_bad_xml(outcome *o) {
  read_xml(o, "<R><Call><To>1</To><From>2</Call></R>");
}

static void run_xml_doctype(outcome *o) {
  read_xml(o, "<?xml version='1.0'?><!DOCTYPE R [<!ENTITY a 'b'>]><R><To>&a;</To></R>");
}

static void run_xml_encoding(outcome *o) {
  read_xml(o, "<?xml version='1.0' encoding='ISO-8859-1'?><R><To>1</To></R>");
}

static void run_xml_mixed(outcome *o) {
  read_xml(o, "<R><Call><To>1</To>2</Call></R>");
}

static void say_node(outcome *o, const exotel_record *r, const exotel_node *node) {
  exotel_slice name = exotel_record_name(r, node), text = exotel_record_text(r, node);
  char numbers[96];
  size_t at;
  snprintf(numbers, sizeof numbers, "(%d %lld %g ", (int)node->type, node->integer,
           node->number);
  say_text(o, numbers);
  say(o, name.p, name.n);
  say_text(o, "=");
  say(o, text.p, text.n);
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next)
    say_node(o, r, exotel_record_node(r, at));
  say_text(o, ")");
}

static exotel_kind add_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  return exotel_record_add(context, leaf, e);
}

static void run_form(outcome *o) {
  static const exotel_record_type type = {"form", NULL, 0, NULL};
  exotel_record *r = &held.response.record;
  o->kind = exotel_record_begin(r, &type, &held.error);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_form_read(
        exotel_slice_of(
            "CallSid=c5&Legs[0][Status]=a&Legs%5B1%5D[Status]=b&a+b=%20&"
            "an_unknown_name_that_is_long=and_a_value_that_is_long_as_well"),
        &held.scratch, add_leaf, r, &held.error);
  if (o->kind == EXOTEL_OK) say_node(o, r, exotel_record_node(r, 0));
}

static void say_records(outcome *o, const exotel_operation *operation) {
  exotel_response *r = &held.response;
  size_t i, n = operation->page == NULL ? 1 : r->nrecords;
  for (i = 0; i < n; i++) {
    say_node(o, &r->record, exotel_record_node(&r->record, 0));
    exotel_record_next(&r->record);
  }
  if (operation->page != NULL) say_node(o, &r->page, exotel_record_node(&r->page, 0));
}

static void read_answer_to(outcome *o, const char *name, int status, const char *body) {
  const exotel_operation *operation = exotel_operation_find(exotel_slice_of(name));
  exotel_header wait;
  exotel_answer answer;
  wait.name = exotel_slice_of("Retry-After");
  wait.value = exotel_slice_of("7");
  answer.status = status;
  answer.headers = &wait;
  answer.nheaders = 1;
  answer.head = exotel_slice_of("");
  answer.body = exotel_slice_of(body);
  o->kind = exotel_response_read(&held.response, operation, &answer, &held.error);
  if (o->kind == EXOTEL_OK)
    say_records(o, operation);
  else
    take_error(o);
}

static void read_answer(outcome *o, int status, const char *body) {
  read_answer_to(o, "connect", status, body);
}

static void run_success(outcome *o) {
  read_answer(o, 200, call);
}

static void run_exception(outcome *o) {
  read_answer(o, 400,
              "{\"RestException\":{\"Status\":400,\"Code\":34001,\"Message\":"
              "\"StatusCallbackEvents is not allowed with a flow; \"}}");
}

static void run_exception_in_200(outcome *o) {
  read_answer(o, 200,
              "{\"RestException\":{\"Status\":403,\"Message\":\"NDNC number\"}}");
}

static void run_page(outcome *o) {
  read_answer(o, 502, long_text);
}

static void run_page_in_200(outcome *o) {
  read_answer(o, 200, long_text);
}

static void run_other_failure(outcome *o) {
  read_answer(o, 500, call);
}

#define URI                                                                            \
  "/v1/Accounts/a/Calls?a=b&amp;After=MTU3Nzk4NDQwNywwNmQ4ZmI0MDdlZWY5N2YxZmI%3D"

static void run_calls(outcome *o) {
  read_answer_to(o, "calls", 200,
                 "{\"Metadata\":{\"Total\":3,\"NextPageUri\":\"" URI "\"},\"Calls\":["
                 "{\"Sid\":\"c5\",\"New\":{\"a\":[1,2]},\"Details\":{\"Leg1Status\":"
                 "\"busy\"}},{\"Sid\":\"c6\",\"CallerName\":\"\\u0928\"},"
                 "{\"Sid\":\"c7\",\"Price\":\"1.50\"}]}");
}

static void run_calls_xml(outcome *o) {
  read_answer_to(
      o, "calls", 200,
      "<R><Metadata><Total>3</Total><NextPageUri>" URI "</NextPageUri>"
      "</Metadata><Call><Sid>c5</Sid><Details><Leg1Status>busy</Leg1Status>"
      "<Legs><Leg><Id>1</Id></Leg></Legs></Details></Call><Call><Sid>c6</Sid>"
      "<New>x</New><Status>Busy</Status></Call></R>");
}

static void run_calls_cut(outcome *o) {
  read_answer_to(o, "calls", 200,
                 "{\"Metadata\":{\"Total\":3},\"Calls\":[{\"Sid\":\"c5\"},{}");
}

static void run_calls_entry(outcome *o) {
  read_answer_to(
      o, "calls", 200,
      "{\"Metadata\":{\"Total\":3},\"Calls\":[{\"Sid\":\"c5\"},{\"To\":1}]}");
}

static void run_exception_xml(outcome *o) {
  read_answer(o, 403,
              "<R><RestException><Status>403</Status><Code>5</Code><Message>no"
              "</Message></RestException></R>");
}

static void run_error_data(outcome *o) {
  read_answer(o, 400,
              "{\"response\":{\"error_data\":{\"code\":1001,\"message\":\"Bad "
              "request\",\"description\":\"From is no number\"}}}");
}

static void run_incomplete(outcome *o) {
  read_answer(o, 200, "{\"Call\":{\"Status\":\"queued\"}}");
}

/* }================================================================== */

/* {=================================================================
** Webhooks
** ================================================================== */

#define PART(name, value)                                                              \
  "--b\r\nContent-Disposition: form-data; name=" name "\r\n\r\n" value "\r\n"
#define LONG_NAME "a_name_that_is_long_enough_to_make_a_buffer_grow_beyond_64_bytes"

static const char file_part[] =
    "--b\r\nContent-Disposition: form-data; name=f; filename=\"f.txt\"\r\n"
    "Content-Type: text/plain;\r\n charset=utf-8\r\n\r\nabc\r\n";

static const char parts[] = PART("CallSid", "c5797dcbaaeed7678c4062a4a3ed2f8b")
    PART("\"Legs[1][Status]\"", "busy") PART("Duration", "long")
        PART("EventType", "terminal") PART("\"" LONG_NAME "[\\\"]\"", "1")
            PART("CallSid", "again");

static const char event[] =
    "{\"CallSid\":\"c5797dcbaaeed7678c4062a4a3ed2f8b\",\"Stream\":"
    "\"{\\\"StreamSID\\\":\\\"s5\\\",\\\"New\\\":[1,2]}\",\"Legs\":[{"
    "\"OnCallDuration\":41,"
    "\"Status\":\"completed\"},{\"New\":{\"a\":null}}],\"a[0][b]\":1,\"files\":2,"
    "\"c\":{\"7\":{\"d\":[true]}},\"CallSid\":\"again\"}";

static exotel_kind say_part(void *context, const exotel_part *part, exotel_error *e) {
  (void)e;
  say(context, part->name.p, part->name.n);
  say(context, part->filename.p, part->filename.n);
  say(context, part->type.p, part->type.n);
  say(context, part->value.p, part->value.n);
  return EXOTEL_OK;
}

/* The file, the parts and what closes them, but for the last bytes. */
static exotel_slice body_of_parts(size_t less) {
  static char body[2048];
  exotel_slice s;
  s.p = body;
  s.n = (size_t)snprintf(body, sizeof body, "%s%s--b--\r\n", file_part, parts) - less;
  body[s.n] = '\0';
  return s;
}

static void run_multipart(outcome *o) {
  o->kind = exotel_multipart_read(body_of_parts(0), exotel_slice_of("b"), &held.scratch,
                                  say_part, o, &held.error);
}

static void run_bad_multipart(outcome *o) {
  o->kind = exotel_multipart_read(body_of_parts(20), exotel_slice_of("b"),
                                  &held.scratch, say_part, o, &held.error);
  take_error(o);
}

static void read_event(outcome *o, const char *type, const char *body,
                       const char *query) {
  const exotel_record *r;
  o->kind =
      exotel_callback_read(&held.callback, exotel_slice_of(type), exotel_slice_of(body),
                           exotel_slice_of(query), &held.error);
  r = held.callback.record;
  if (o->kind == EXOTEL_OK)
    say_node(o, r, exotel_record_node(r, 0));
  else
    take_error(o);
}

static void run_event_json(outcome *o) {
  read_event(o, "application/json", event, "CallSid=c6&Query[a]=b");
}

static void run_event_multipart(outcome *o) {
  read_event(o, "multipart/form-data; boundary=b", body_of_parts(0).p, "From=1");
}

static void run_event_form(outcome *o) {
  read_event(o, "",
             "CallFrom=1&CallTo=2&flow_id=7&digits=%221%22&Stream=%7B%22Status%22:1}&"
             "Legs[0][Cause]=16&Legs[2][Cause]=17&New[a][b][]=c&flow_id=8",
             "");
}

static void run_agent(outcome *o) {
  read_event(o, "", "", "CallFrom=1&Status=busy&AgentEmail=a%40example.com");
}

/* The second is like the first. */
static void run_event_alike(outcome *o) {
  read_event(o, "", "CallSid=c5&Status=busy&Legs[0][Status]=busy", "");
  if (o->kind == EXOTEL_OK)
    read_event(o, "", "CallSid=c6&Status=Free&Legs[0][Status]=Cancelled", "");
}

/* The same, where a value of the second has to be copied, and is too long for the room that
** the first one's took. */
static void run_event_alike_copied(outcome *o) {
  static const char capitals[] =
      "CallSid=c6&EventType=terminal&Status=LONGER-THAN-ALL-THAT-STANDS-IN-THE-FIRST-"
      "AND-SO-IN-NEED-OF-MORE-ROOM";
  read_event(o, "", "CallSid=c5&EventType=terminal&Status=busy", "");
  if (o->kind == EXOTEL_OK) read_event(o, "", capitals, "");
}

static void run_event_limit(outcome *o) {
  read_event(o, "", "a=1&b[1000]=2", "");
}

static void run_event_bad(outcome *o) {
  read_event(o, "application/json", "{\"a\":1,\"b\":nul}", "");
}

static void run_event_cut(outcome *o) {
  read_event(o, "", body_of_parts(20).p, "");
}

static void run_form_out(outcome *o) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = exotel_name_split(exotel_slice_of("Legs[0][Status]"), path);
  leaf.text = exotel_slice_of(long_text);
  exotel_form_put(&held.out, &leaf);
  exotel_form_put(&held.out, &leaf);
  take_out(o);
}

static exotel_kind put_parts(void) {
  static const exotel_file file = {{"f", 1}, {"f.txt", 5}, {"text/plain", 10}, 300};
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  exotel_kind kind;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = exotel_name_split(exotel_slice_of(LONG_NAME "[\"0]"), path);
  leaf.text = exotel_slice_of(long_text);
  kind = exotel_multipart_put(&held.parts, &leaf, &held.error);
  if (kind == EXOTEL_OK)
    kind = exotel_multipart_put_file(&held.parts, &file, &held.error);
  return kind;
}

static void run_multipart_out(outcome *o) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_free(&held.parts);
  exotel_multipart_begin(&held.parts, 65536);
  o->kind = put_parts();
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_multipart_end(&held.parts, &held.out, boundary, &held.error);
  if (o->kind == EXOTEL_OK) say_buffer(o, &held.out);
}

/* A writer that is ended in spite of a failure writes nothing that isn't there. */
static void run_multipart_out_anyhow(outcome *o) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_free(&held.parts);
  exotel_multipart_begin(&held.parts, 65536);
  o->kind = put_parts();
  if (exotel_multipart_end(&held.parts, &held.out, boundary, &held.error) ==
          EXOTEL_OK &&
      o->kind == EXOTEL_OK)
    say_buffer(o, &held.out);
  else
    o->kind = EXOTEL_MEMORY;
}

static void run_multipart_out_unfit(outcome *o) {
  exotel_step step;
  exotel_leaf leaf;
  memset(&step, 0, sizeof step);
  memset(&leaf, 0, sizeof leaf);
  step.name = exotel_slice_of("a\nb");
  leaf.path = &step;
  leaf.depth = 1;
  o->kind = exotel_multipart_put(&held.parts, &leaf, &held.error);
  take_error(o);
}

/* }================================================================== */

/* {=================================================================
** Requests
** ================================================================== */

typedef struct option {
  const char *name, *value;
} option;

static const option common[] = {
    {"from", "+91 98765 43210"},
    {"CallerId", "080-4000-1234"},
    {"custom_field",
     "a long text that is encoded: \xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8"},
    {"record", "true"},
    {"RecordingChannels", "dual"},
    {"time_limit", "3600"},
    {"status_callback", "https://example.com/status?a=1&b=2"},
    {NULL, NULL}};

static void set(const char *name, size_t item, const char *value) {
  exotel_given v;
  memset(&v, 0, sizeof v);
  v.type = EXOTEL_GIVEN_TEXT;
  v.text = exotel_slice_of(value);
  v.type_name = "a string";
  exotel_request_set(&held.request, exotel_slice_of(name), item, &v, &held.error);
}

static void begin(const char *operation, const option *options) {
  exotel_request_begin(&held.request,
                       exotel_operation_find(exotel_slice_of(operation)));
  for (; options->name != NULL; options++)
    set(options->name, 0, options->value);
}

static void add_extra(const char *name, double number) {
  exotel_given v;
  memset(&v, 0, sizeof v);
  v.type = EXOTEL_GIVEN_NUMBER;
  v.number = number;
  exotel_request_extra(&held.request, exotel_slice_of(name), &v, &held.error);
}

static void build(outcome *o) {
  exotel_target target;
  target.account_sid = exotel_slice_of("exotel1");
  target.base = exotel_slice_of("https://api.in.exotel.com");
  target.flow_host = exotel_slice_of("my.in.exotel.com");
  target.xml = 0;
  target.time_offset = 19800;
  o->kind = exotel_request_build(&held.request, &target, &held.error);
  if (o->kind != EXOTEL_OK) {
    take_error(o);
    return;
  }
  say_buffer(o, &held.request.url);
  say_buffer(o, &held.request.body);
  say_buffer(o, &held.request.from);
  say_buffer(o, &held.request.to);
}

static void run_numbers(outcome *o) {
  begin("connect", common);
  set("to", 0, "0 80 4000 9999");
  set("status_callback_events", 0, "terminal");
  set("status_callback_events", 1, "answered");
  add_extra("New Option", 1.5);
  build(o);
}

static void run_flow(outcome *o) {
  begin("connect", common);
  set("app_id", 0, "926");
  build(o);
}

static void run_stream(outcome *o) {
  begin("connect", common);
  set("stream_type", 0, "bidirectional");
  set("stream_url", 0, "wss://example.com/a/socket/with/a/long/path/to/make/it/grow");
  build(o);
}

static void run_details(outcome *o) {
  static const option options[] = {
      {"sid", "c5797dcbaaeed7678c4062a4a3ed2f8b"}, {"details", "true"}, {NULL, NULL}};
  begin("call_details", options);
  build(o);
}

static void bound(const char *name, const char *operator, const char * value) {
  exotel_given v;
  memset(&v, 0, sizeof v);
  v.type = EXOTEL_GIVEN_TEXT;
  v.text = exotel_slice_of(value);
  v.type_name = "a string";
  exotel_request_bound(&held.request, exotel_slice_of(name), exotel_slice_of(operator),
                       &v, &held.error);
}

static void run_bulk(outcome *o) {
  static const option options[] = {
      {"Sid", "c5797dcbaaeed7678c4062a4a3ed2f8b,48d690c837bb0c755a1228dcb6911416"},
      {"price", "gte:0.10;lte:1.0"},
      {"sort", "asc"},
      {"after", "MTU3ODQ4NTE2OSwwNjYwMDJiOWE2MmZiN2IxMmE0YjljODAzNTZmMTQxOA=="},
      {NULL, NULL}};
  begin("calls", options);
  set("from", 0, "+91 98765 43210");
  set("from", 1, "+918040009999");
  bound("date_created", "gte", "2019-12-03");
  bound("date_created", "lte", "2019-12-04 00:00:00");
  bound("duration", "gt", "10s");
  build(o);
}

static void run_refused_number(outcome *o) {
  static const option options[] = {{"from", "00919876543210"}, {NULL, NULL}};
  begin("calls", options);
  build(o);
}

static void run_subscriber(outcome *o) {
  static const option options[] = {{"number", "098765 43210"}, {NULL, NULL}};
  begin("number_metadata", options);
  build(o);
}

static void run_refused_choice(outcome *o) {
  begin("connect", common);
  set("to", 0, "08040009999");
  set("start_playback_to", 0, "the calee, by a word that is longer than any row has");
  set("start_playback_value", 0, "https://example.com/a.wav");
  build(o);
}

/* }================================================================== */

static void put(outcome *o, const char *top, size_t index, const char *name,
                const char *text, exotel_json_type type) {
  exotel_step path[3];
  exotel_leaf leaf;
  memset(path, 0, sizeof path);
  memset(&leaf, 0, sizeof leaf);
  path[0].name = exotel_slice_of(top);
  path[1].index = index;
  path[2].name = exotel_slice_of(name);
  leaf.path = path;
  leaf.depth = 3;
  leaf.text = exotel_slice_of(text);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_json_put(&held.writer, &leaf, type, &held.error);
}

static void run_json_out(outcome *o) {
  exotel_slice text;
  exotel_json_reset(&held.writer);
  put(o, "Legs", 0, "Status", "completed", EXOTEL_JSON_STRING);
  put(o, "Legs", 0, "Price", "-1.50e+2", EXOTEL_JSON_NUMBER);
  put(o, "Legs", 2, "Ok", "", EXOTEL_JSON_TRUE);
  put(o, "Other", 0, "None", "", EXOTEL_JSON_NULL);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_json_print(&held.writer, &text, &held.error);
  if (o->kind == EXOTEL_OK) say(o, text.p, text.n);
}

static void run_json_number(outcome *o) {
  exotel_json_reset(&held.writer);
  put(o, "Legs", 0, "Status", "completed", EXOTEL_JSON_STRING);
  put(o, "Legs", 0, "Price", "-1x", EXOTEL_JSON_NUMBER);
  take_error(o);
}

static void run_xml_out(outcome *o) {
  exotel_json_reset(&held.writer);
  put(o, "Legs", 0, "Leg", long_text, EXOTEL_JSON_STRING);
  put(o, "Legs", 1, "Leg", "1.50", EXOTEL_JSON_NUMBER);
  put(o, "Other", 1, "None", "", EXOTEL_JSON_NULL);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_xml_print(&held.writer, &held.out, &held.error);
  if (o->kind == EXOTEL_OK) say_buffer(o, &held.out);
}

static void run_xml_unfit(outcome *o) {
  exotel_json_reset(&held.writer);
  put(o, "Legs", 0, "Leg", "\x01", EXOTEL_JSON_STRING);
  if (o->kind == EXOTEL_OK)
    o->kind = exotel_xml_print(&held.writer, &held.out, &held.error);
  take_error(o);
}

static void run_empty_json(outcome *o) {
  exotel_slice text;
  exotel_json_reset(&held.writer);
  o->kind = exotel_json_print(&held.writer, &text, &held.error);
  if (o->kind == EXOTEL_OK) say(o, text.p, text.n);
}

/* {=================================================================
** HTTP
** ================================================================== */

/* In pieces of 7 bytes. */
static void read_http1(outcome *o, const char *bytes) {
  exotel_http1_reader *r = &held.http1;
  size_t n = strlen(bytes), at, used;
  exotel_http1_begin(r, 0, 1024, 1024);
  for (at = 0; at < n; at += 7) {
    exotel_slice piece = {bytes + at, n - at < 7 ? n - at : 7};
    exotel_http1_feed(r, piece, &used);
  }
  exotel_http1_end(r);
  o->kind = r->state == EXOTEL_HTTP1_MEMORY ? EXOTEL_MEMORY : EXOTEL_OK;
  if (r->state == EXOTEL_HTTP1_REFUSED) say_text(o, r->message);
  say_buffer(o, &r->headers);
  say_buffer(o, &r->body);
}

static void run_http1(outcome *o) {
  read_http1(o,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
             "Content-Length: 90\r\n\r\n{\"Call\":{\"Sid\":\"c5797dcbaaeed7678c4062a4"
             "a3ed2f8b\",\"DateCreated\":\"2017-03-03 10:48:33\"}}");
}

static void run_http1_chunked(outcome *o) {
  read_http1(o, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
                "Transfer-Encoding: chunked\r\n\r\n"
                "a;x=0123456789012345678901234567890123456789012345678901234567890\r\n"
                "0123456789\r\n3c\r\n0123456789012345678901234567890123456789012345678"
                "90123456789\r\n0\r\nX: y\r\n\r\n");
}

static void run_http1_refused(outcome *o) {
  read_http1(o, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"
                "\r\n0\r\n\r\n");
}

static void run_http1_out(outcome *o) {
  exotel_header header;
  exotel_http1_request r;
  memset(&r, 0, sizeof r);
  header.name = exotel_slice_of("accept");
  header.value = exotel_slice_of("application/json");
  r.method = exotel_slice_of("POST");
  r.url = exotel_slice_of("https://api.exotel.com/v1/Accounts/exotel1/Calls/connect");
  r.user = exotel_slice_of("a-key-that-is-long-enough-to-make-the-buffer-grow-twice");
  r.password = exotel_slice_of("a-token-that-is-long-as-well");
  r.has_user = r.has_body = 1;
  r.headers = &header;
  r.nheaders = 1;
  r.body = exotel_slice_of(long_text);
  o->kind = exotel_http1_write(&held.out, &r, &held.scratch, &held.error);
  if (o->kind == EXOTEL_OK) say_buffer(o, &held.out);
}

/* }================================================================== */

static const entry entries[] = {
    {"buffer", run_buffer},
    {"mask", run_mask},
    {"plain", run_plain},
    {"phone_trim", run_phone},
    {"phone_trim, sip", run_sip},
    {"phone_e164", run_e164},
    {"url", run_url},
    {"base64_decode", run_base64},
    {"route_match", run_route},
    {"json_read", run_json},
    {"xml_read", run_xml},
    {"xml_read, bad", run_bad_xml},
    {"xml_read, document type", run_xml_doctype},
    {"xml_read, encoding", run_xml_encoding},
    {"xml_read, mixed", run_xml_mixed},
    {"form_read", run_form},
    {"response_read", run_success},
    {"response_read, exception", run_exception},
    {"response_read, exception in 200", run_exception_in_200},
    {"response_read, page", run_page},
    {"response_read, page in 200", run_page_in_200},
    {"response_read, other JSON", run_other_failure},
    {"response_read, incomplete", run_incomplete},
    {"response_read, calls", run_calls},
    {"response_read, calls in XML", run_calls_xml},
    {"response_read, calls cut", run_calls_cut},
    {"response_read, an entry without a Sid", run_calls_entry},
    {"response_read, exception in XML", run_exception_xml},
    {"response_read, error data", run_error_data},
    {"multipart_read", run_multipart},
    {"multipart_read, cut", run_bad_multipart},
    {"callback_read, JSON", run_event_json},
    {"callback_read, multipart", run_event_multipart},
    {"callback_read, form", run_event_form},
    {"callback_read, agent", run_agent},
    {"callback_read, one like another", run_event_alike},
    {"callback_read, one like another, copied", run_event_alike_copied},
    {"callback_read, limit", run_event_limit},
    {"callback_read, bad JSON", run_event_bad},
    {"callback_read, cut", run_event_cut},
    {"form_put", run_form_out},
    {"multipart_out", run_multipart_out},
    {"multipart_out, anyhow", run_multipart_out_anyhow},
    {"multipart_out, unfit", run_multipart_out_unfit},
    {"request_build, numbers", run_numbers},
    {"request_build, flow", run_flow},
    {"request_build, stream", run_stream},
    {"request_build, details", run_details},
    {"request_build, bulk", run_bulk},
    {"request_build, refused number", run_refused_number},
    {"request_build, subscriber", run_subscriber},
    {"request_build, refused choice", run_refused_choice},
    {"json_out", run_json_out},
    {"json_out, no number", run_json_number},
    {"json_out, nothing", run_empty_json},
    {"xml_out", run_xml_out},
    {"xml_out, unfit", run_xml_unfit},
    {"http1", run_http1},
    {"http1, chunked", run_http1_chunked},
    {"http1, refused", run_http1_refused},
    {"http1_out", run_http1_out}};

#define NENTRIES (sizeof entries / sizeof *entries)

static unsigned long wrong, leaks;

static void run(const entry *t, outcome *o) {
  memset(o, 0, sizeof *o);
  exotel_error_clear(&held.error);
  exotel_buffer_reset(&held.out);
  exotel_buffer_reset(&held.scratch);
  t->run(o);
}

static int same(const outcome *a, const outcome *b) {
  return a->kind == b->kind && a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

static void complain(const entry *t, long n, int once, const char *what) {
  printf("FAILED %s: request %ld%s: %s\n", t->name, n, once ? " only" : " and on",
         what);
  wrong++;
}

/* Returns 0 once the call runs through without a refusal. */
static int starve(const entry *t, const outcome *expected, long n, int once) {
  static outcome starved, next;
  unsigned long before = starve_refused;
  long live = starve_live;
  hold();
  starve_begin(n, once);
  run(t, &starved);
  starve_end();
  if (starve_refused == before) {
    if (!same(&starved, expected)) complain(t, n, once, "another result");
  } else if (starved.kind != EXOTEL_MEMORY && !same(&starved, expected)) {
    complain(t, n, once, "a wrong result");
  }
  run(t, &next);
  if (!same(&next, expected)) complain(t, n, once, "the next call is wrong");
  let_go();
  if (starve_live != live) {
    complain(t, n, once, "memory is lost");
    leaks += (unsigned long)(starve_live - live);
  }
  return starve_refused != before;
}

int main(void) {
  static outcome expected;
  cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
  size_t i;
  int once;
  long n;
  cJSON_InitHooks(&hooks);
  for (i = 0; i < NENTRIES; i++) {
    hold();
    run(&entries[i], &expected);
    let_go();
    if (expected.kind == EXOTEL_MEMORY || expected.n == 0)
      complain(&entries[i], -1, 0, "no result to compare with");
    for (once = 0; once <= 1; once++) {
      for (n = 0; starve(&entries[i], &expected, n, once) && n < 1000000; n++)
        continue;
      if (n == 0) complain(&entries[i], n, once, "it takes no memory");
    }
  }
  printf("core: %lu entries, %lu allocations failed, %lu leaks, %lu wrong\n",
         (unsigned long)NENTRIES, starve_refused, leaks, wrong);
  return wrong != 0;
}
