/*
** record: leaves to records: types, what is absent, legs and their merging, what no row
** knows, and the cap.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json.h"
#include "../../csrc/core/record.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#include <stdio.h>

static const struct row {
  const char *name, *json, *record;
} rows[] = {
    {"nothing", "{}", "{}"},
    {"text", "{\"Sid\":\"c5\"}", "{sid='c5'}"},
    {"any case", "{\"sID\":\"c5\"}", "{sid='c5'}"},
    {"words", "{\"Status\":\"In-Progress\"}", "{status='in-progress'}"},
    {"one spelling", "{\"Status\":\"CANCELLED\"}", "{status='canceled'}"},
    {"an integer as text", "{\"Duration\":\"32\"}", "{duration=32}"},
    {"an integer as number", "{\"Duration\":32.0}", "{duration=32}"},
    {"a price and its text", "{\"Price\":\"1.50\"}", "{price=1.5'1.50'}"},
    {"a value that isn't its type", "{\"Duration\":\"long\"}", "{Duration='long'}"},
    {"absents",
     "{\"Sid\":null,\"To\":\"\",\"From\":\"null\","
     "\"EndTime\":\"0000-00-00 00:00:00\","
     "\"StartTime\":\"1970-01-01 05:30:00\"}",
     "{}"},
    {"verbatim", "{\"CustomField\":\"null\"}", "{custom_field='null'}"},
    {"a null verbatim", "{\"CustomField\":null}", "{}"},
    {"unknown", "{\"New\":\"x\"}", "{New='x'}"},
    {"unknown, nested", "{\"New\":{\"a\":[\"x\",\"y\"]}}", "{New={a=['x','y']}}"},
    {"unknown that is ours", "{\"legs\":\"x\",\"price_text\":\"y\"}",
     "{_legs='x',_price_text='y'}"},
    {"unknown that is ours, nested", "{\"legs\":{\"a\":1,\"b\":2}}",
     "{_legs={a='1',b='2'}}"},
    {"a name with a point is no path", "{\"Details.Leg1Status\":\"busy\"}",
     "{Details.Leg1Status='busy'}"},
    {"twice", "{\"Sid\":\"c5\",\"Sid\":\"c6\"}", "{sid='c5',repeated=['Sid']}"},
    {"unknown, twice", "{\"a\":1,\"a\":{\"b\":2}}", "{a='1',repeated=['a[b]']}"},
    {"legs",
     "{\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":1,\"OnCallDuration\":7}},"
     "{\"Leg\":{\"Id\":2,\"OnCallDuration\":5}}]}}",
     "{legs=[{id=1,on_call_duration=7},{id=2,on_call_duration=5}]}"},
    {"statuses before legs",
     "{\"Details\":{\"Leg1Status\":\"completed\",\"Leg2Status\":\"busy\","
     "\"Legs\":[{\"Leg\":{\"Id\":1}},{\"Leg\":{\"Id\":2}}]}}",
     "{legs=[{id=1,status='completed'},{id=2,status='busy'}]}"},
    {"statuses behind legs",
     "{\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":1}}],\"Leg1Status\":\"completed\"}}",
     "{legs=[{id=1,status='completed'}]}"},
    {"legs in another order",
     "{\"Details\":{\"Leg1Status\":\"busy\",\"Legs\":[{\"Leg\":{\"Id\":2}},"
     "{\"Leg\":{\"Id\":1}}]}}",
     "{legs=[{id=2},{id=1,status='busy'}]}"},
    {"statuses without legs", "{\"Details\":{\"Leg2Status\":\"busy\"}}",
     "{legs=[{id=2,status='busy'}]}"},
    {"legs without numbers",
     "{\"Details\":{\"Leg2Status\":\"busy\",\"Legs\":[{\"Leg\":{\"OnCallDuration\":7}},"
     "{\"Leg\":{\"OnCallDuration\":5}}]}}",
     "{legs=[{on_call_duration=7,id=1},{on_call_duration=5,id=2,status='busy'}]}"},
    {"a leg that is missing",
     "{\"Details\":{\"Leg1Status\":\"busy\",\"Leg2Status\":\"failed\","
     "\"Legs\":[{\"Leg\":{\"Id\":2}}]}}",
     "{legs=[{id=1,status='busy'},{id=2,status='failed'}]}"},
    {"a leg's unknown", "{\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":1,\"New\":\"x\"}}]}}",
     "{legs=[{id=1,New='x'}]}"},
    {"no object", "\"text\"", "{}"},
};

static exotel_kind add(void *context, const exotel_leaf *leaf, exotel_error *e) {
  return leaf->depth == 0 ? EXOTEL_OK : exotel_record_add(context, leaf, e);
}

static exotel_kind fill(exotel_record *r, exotel_slice json, exotel_buffer *scratch) {
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  kind = exotel_record_begin(r, exotel_record_type_at(0), &e);
  if (kind == EXOTEL_OK) kind = exotel_json_read(json, scratch, add, r, &e);
  if (kind == EXOTEL_OK) kind = exotel_record_finish(r, &e);
  return kind;
}

static void write_slice(exotel_buffer *out, exotel_slice s) {
  exotel_buffer_addc(out, '\'');
  exotel_buffer_add(out, s.p, s.n);
  exotel_buffer_addc(out, '\'');
}

static void write_node(exotel_buffer *out, const exotel_record *r,
                       const exotel_node *node) {
  int table = node->type == EXOTEL_NODE_TABLE;
  char digits[64] = "";
  size_t at, count = 0;
  if (node->type == EXOTEL_NODE_INTEGER)
    snprintf(digits, sizeof digits, "%lld", node->integer);
  if (node->type == EXOTEL_NODE_NUMBER)
    snprintf(digits, sizeof digits, "%g", node->number);
  exotel_buffer_adds(out, digits);
  if (node->type == EXOTEL_NODE_TEXT || node->type == EXOTEL_NODE_NUMBER)
    write_slice(out, exotel_record_text(r, node));
  if (!table && node->type != EXOTEL_NODE_LIST) return;
  exotel_buffer_addc(out, table ? '{' : '[');
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    const exotel_node *child = exotel_record_node(r, at);
    exotel_slice name = exotel_record_name(r, child);
    if (count++ > 0) exotel_buffer_addc(out, ',');
    if (table) exotel_buffer_add(out, name.p, name.n);
    if (table) exotel_buffer_addc(out, '=');
    write_node(out, r, child);
  }
  exotel_buffer_addc(out, table ? '}' : ']');
  check(count == node->count, "a node counts its children");
}

static void check_rows(exotel_record *r, exotel_buffer *scratch, exotel_buffer *out) {
  size_t i, cut;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    exotel_kind kind = fill(r, page_text(0, rows[i].json), scratch);
    exotel_buffer_reset(out);
    write_node(out, r, exotel_record_node(r, 0));
    check(kind == EXOTEL_OK && strcmp(out->p, rows[i].record) == 0, rows[i].name);
    if (kind != EXOTEL_OK || strcmp(out->p, rows[i].record) != 0)
      printf("%s\n", out->p);
    for (cut = 0; cut < strlen(rows[i].json); cut++)
      check(fill(r, page_put(0, rows[i].json, cut), scratch) == EXOTEL_PARSE,
            rows[i].name);
  }
}

/* `n` names that no row knows. */
static exotel_kind fill_many(exotel_record *r, size_t n, exotel_buffer *scratch,
                             exotel_buffer *json) {
  char member[32];
  size_t i;
  exotel_buffer_reset(json);
  for (i = 0; i < n; i++) {
    snprintf(member, sizeof member, "%c\"n%lu\":1", i == 0 ? '{' : ',',
             (unsigned long)i);
    exotel_buffer_adds(json, member);
  }
  exotel_buffer_addc(json, '}');
  return fill(r, page_put(0, json->p, json->n), scratch);
}

/* `n` records of `values` each, one behind the other. */
static exotel_kind fill_page(exotel_record *r, size_t n, size_t values,
                             exotel_buffer *scratch, exotel_buffer *json) {
  exotel_kind kind = fill_many(r, values, scratch, json);
  exotel_error e;
  exotel_error_clear(&e);
  for (; kind == EXOTEL_OK && n > 1; n--) {
    kind = exotel_record_another(r, &e);
    if (kind == EXOTEL_OK)
      kind = exotel_json_read(exotel_slice_held(json), scratch, add, r, &e);
    if (kind == EXOTEL_OK) kind = exotel_record_finish(r, &e);
  }
  return kind;
}

static void check_page(exotel_record *r, exotel_buffer *scratch, exotel_buffer *out) {
  static const char *const calls[] = {
      "{\"Sid\":\"a\",\"Sid\":\"b\",\"Duration\":\"x\"}",
      "{\"Sid\":\"c\",\"Duration\":\"y\",\"Details\":{\"Leg1Status\":\"busy\"}}",
      "{}",
      "{\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":\"z\"}}]},\"n\":{\"m\":1}}",
  };
  size_t i;
  exotel_error e;
  check(fill(r, exotel_slice_of(calls[0]), scratch) == EXOTEL_OK, "the first");
  for (i = 1; i < 4; i++) {
    check(exotel_record_another(r, &e) == EXOTEL_OK &&
              exotel_json_read(exotel_slice_of(calls[i]), scratch, add, r, &e) ==
                  EXOTEL_OK &&
              exotel_record_finish(r, &e) == EXOTEL_OK,
          calls[i]);
  }
  exotel_buffer_reset(out);
  exotel_record_first(r);
  do
    write_node(out, r, exotel_record_node(r, 0));
  while (exotel_record_next(r));
  check(strcmp(out->p, "{sid='a',repeated=['Sid'],Duration='x'}"
                       "{sid='c',Duration='y',legs=[{id=1,status='busy'}]}{}"
                       "{legs=[{Id='z',id=1}],n={m='1'}}") == 0,
        "each record apart from the others");
  exotel_record_first(r);
  check(exotel_record_find(r, "sid") != 0 && exotel_record_next(r) &&
            exotel_record_next(r) && exotel_record_find(r, "sid") == 0,
        "looked at one at a time");
}

/* A value whose copy has no room isn't given: the node would say what isn't there. */
static void check_refill(exotel_record *r, exotel_buffer *scratch) {
  exotel_record_mark mark;
  size_t at;
  check(fill(r, page_text(0, "{\"Status\":\"busy\"}"), scratch) == EXOTEL_OK, "a word");
  mark = exotel_record_marked(r);
  at = exotel_record_find(r, "status");
  exotel_record_rewind(r, &mark);
  check(exotel_record_refill(r, at, page_text(1, "Completed")) &&
            page_is(exotel_record_text(r, exotel_record_node(r, at)), "completed"),
        "another one, copied");
  exotel_record_rewind(r, &mark);
  r->text.max = 8;
  check(!exotel_record_refill(r, at, page_text(1, "Completed")), "one without room");
}

int main(void) {
  exotel_record r;
  exotel_buffer scratch, out;
  exotel_record_init(&r);
  exotel_buffer_init(&scratch, 1024 * 1024);
  exotel_buffer_init(&out, 1024 * 1024);
  check_rows(&r, &scratch, &out);
  check(fill_many(&r, EXOTEL_NODES_MAX - 1, &scratch, &out) == EXOTEL_OK &&
            exotel_record_node(&r, 0)->count == EXOTEL_NODES_MAX - 1,
        "as many values as a record may have");
  check(fill_many(&r, EXOTEL_NODES_MAX, &scratch, &out) == EXOTEL_PARSE,
        "and one more");
  check(fill_page(&r, 64, EXOTEL_NODES_MAX - 1, &scratch, &out) == EXOTEL_OK,
        "as many values as a page may have");
  check(fill_page(&r, 65, 1, &scratch, &out) == EXOTEL_OK, "more records of less");
  check(fill_page(&r, 65, EXOTEL_NODES_MAX - 1, &scratch, &out) == EXOTEL_PARSE,
        "more values than that");
  check(fill_many(&r, EXOTEL_NODES_MAX, &scratch, &out) == EXOTEL_PARSE,
        "the limit of one record behind a page");
  check_page(&r, &scratch, &out);
  check(fill(&r, page_text(0, "{\"Sid\":\"c5\"}"), &scratch) == EXOTEL_OK &&
            exotel_record_node(&r, 0)->count == 1,
        "and the next record is not hurt by it");
  check_refill(&r, &scratch);
  exotel_record_free(&r);
  exotel_buffer_free(&scratch);
  exotel_buffer_free(&out);
  return check_summary();
}
