/*
** json_tree: documents to values with their types.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json_tree.h"
#include "check.h"

#define TEN "0000000000"

static const struct row {
  const char *text;
  const char *values; /* NULL: refused */
} rows[] = {
    {"{\"a\":[1,-2.5,true,false,null,\"x\"],\"b\":{}}",
     "{a=[1,-2.5,T,F,~,'x',],b={},}"},
    {"[[],{\"a\":\"\"}]", "[[],{a='',},]"},
    {"{\"a\":1,\"a\":2,\"A\":3}", "{a=1,a=2,A=3,}"},
    {"17", "17"},
    {"-1e2", "-100"},
    {"\"\\u00e9\"", "'\xC3\xA9'"},
    {"null", "~"},
    {" true ", "T"},
    {"", NULL},
    {"{\"a\":1,}", NULL},
    {"[1] 2", NULL},
    {"\"\\u0000\"", NULL},
    {"01", NULL},
    {"[1." TEN TEN TEN TEN TEN TEN "0]", "[1,]"},
};

static char spelt[256];

static void add(const char *text, size_t n) {
  size_t at = strlen(spelt);
  if (at + n >= sizeof spelt) abort();
  memcpy(spelt + at, text, n);
  spelt[at + n] = '\0';
}

static void spell(const void *item) {
  exotel_json_value v = exotel_json_tree_at(item);
  const char *brackets = v.kind == EXOTEL_JSON_IS_LIST ? "[]" : "{}";
  const void *child;
  char number[32];
  switch (v.kind) {
    case EXOTEL_JSON_IS_NULL: add("~", 1); return;
    case EXOTEL_JSON_IS_BOOLEAN: add(v.number != 0 ? "T" : "F", 1); return;
    case EXOTEL_JSON_IS_NUMBER:
      add(number, (size_t)snprintf(number, sizeof number, "%g", v.number));
      return;
    case EXOTEL_JSON_IS_TEXT:
      add("'", 1);
      add(v.text.p, v.text.n);
      add("'", 1);
      return;
    default: break;
  }
  add(brackets, 1);
  for (child = v.first; child != NULL; child = exotel_json_tree_at(child).next) {
    exotel_slice name = exotel_json_tree_at(child).name;
    if (name.p != NULL) {
      add(name.p, name.n);
      add("=", 1);
    }
    spell(child);
    add(",", 1);
  }
  add(brackets + 1, 1);
}

static void check_row(const struct row *row) {
  void *tree = NULL;
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  kind = exotel_json_tree_read(&tree, page_text(0, row->text), &e);
  spelt[0] = '\0';
  if (row->values == NULL) {
    check(kind == EXOTEL_PARSE && tree == NULL && e.position > 0, row->text);
    return;
  }
  if (kind == EXOTEL_OK) spell(tree);
  check(kind == EXOTEL_OK && strcmp(spelt, row->values) == 0, row->text);
  exotel_json_tree_free(&tree);
  check(tree == NULL, row->text);
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  return check_summary();
}
