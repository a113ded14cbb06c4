/*
** json_out: leaves to JSON, what can't stand in it, and the way there and back.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json.h"
#include "../../csrc/core/json_out.h"
#include "../../csrc/core/limits.h"
#include "../../csrc/core/text.h"
#include "check.h"

/* A put is spelt: type, path, "=", text. Types: s n t f z. Steps: /name or /#position. */
static const struct row {
  const char *name;
  const char *puts[4];
  const char *json; /* NULL: the last put is refused */
} rows[] = {
    {"nothing", {NULL}, "{}"},
    {"a string", {"s/a=x"}, "{\"a\":\"x\"}"},
    {"escapes", {"s/a=\"\\/\n\x01\x7F"}, "{\"a\":\"\\\"\\\\/\\n\\u0001\x7F\"}"},
    {"UTF-8", {"s/\xC3\xA9=\xE0\xA4\xA8"}, "{\"\xC3\xA9\":\"\xE0\xA4\xA8\"}"},
    {"words", {"t/a=", "f/b=", "z/c="}, "{\"a\":true,\"b\":false,\"c\":null}"},
    {"numbers",
     {"n/a=1.50", "n/b=-0", "n/c=1e5", "n/d=9007199254740993"},
     "{\"a\":1.50,\"b\":-0,\"c\":1e5,\"d\":9007199254740993}"},
    {"nested", {"s/a/b=x", "s/a/c=y"}, "{\"a\":{\"b\":\"x\",\"c\":\"y\"}}"},
    {"a list", {"s/a/#0=x", "s/a/#1=y"}, "{\"a\":[\"x\",\"y\"]}"},
    {"a list of objects",
     {"s/a/#0/b=x", "s/a/#0/c=y", "s/a/#1/b=z"},
     "{\"a\":[{\"b\":\"x\",\"c\":\"y\"},{\"b\":\"z\"}]}"},
    {"a list at the top", {"s/#0=x", "s/#1/a=y"}, "[\"x\",{\"a\":\"y\"}]"},
    {"an empty name", {"s/=x"}, "{\"\":\"x\"}"},
    {"names differ by case", {"s/a=x", "s/A=y"}, "{\"a\":\"x\",\"A\":\"y\"}"},
    {"twice", {"s/a=x", "s/a=y"}, NULL},
    {"through a value", {"s/a=x", "s/a/b=y"}, NULL},
    {"over an object", {"s/a/b=x", "s/a=y"}, NULL},
    {"a list that is an object", {"s/a/b=x", "s/a/#1=y"}, NULL},
    {"an object that is a list", {"s/a/#0=x", "s/a/b=y"}, NULL},
    {"a position in an object at the top", {"s/a=x", "s/#1=y"}, NULL},
    {"a name in a list at the top", {"s/#0=x", "s/a=y"}, NULL},
    {"not UTF-8", {"s/a=\xFF"}, NULL},
    {"a name not UTF-8", {"s/\xFF=a"}, NULL},
    {"no number", {"n/a=x"}, NULL},
    {"an empty number", {"n/a="}, NULL},
    {"a list as number", {"n/a=[1]"}, NULL},
    {"a text as number", {"n/a=\"1\""}, NULL},
    {"two numbers", {"n/a=1,2"}, NULL},
    {"not a number", {"n/a=nan"}, NULL},
    {"minus infinity", {"n/a=-inf"}, NULL},
    {"a number out of range", {"n/a=1e400"}, NULL},
    {"a comma as point", {"n/a=1,5"}, NULL},
};

static exotel_json_type type_of(char c) {
  const char *types = "sntfz";
  return (exotel_json_type)(strchr(types, c) - types);
}

/* The names and the text stand at pages' ends; `cut` bytes of the text are left. */
static exotel_kind put(exotel_json_writer *w, const char *spelt, exotel_error *e) {
  const char *sign = strchr(spelt, '='), *p = spelt + 1;
  exotel_slice path = page_put(0, p, (size_t)(sign - p));
  exotel_step steps[8];
  exotel_leaf leaf;
  size_t i = 0, depth = 0;
  while (i < path.n) {
    size_t from = ++i;
    while (i < path.n && path.p[i] != '/')
      i++;
    steps[depth].name = (exotel_slice){path.p + from, i - from};
    steps[depth].index = 0;
    if (i > from && path.p[from] == '#') {
      steps[depth].index = (size_t)(path.p[from + 1] - '0');
      steps[depth].name = (exotel_slice){NULL, 0};
    }
    depth++;
  }
  memset(&leaf, 0, sizeof leaf);
  leaf.path = steps;
  leaf.depth = depth;
  leaf.text = page_text(1, sign + 1);
  return exotel_json_put(w, &leaf, type_of(*spelt), e);
}

static void check_row(const struct row *r) {
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_kind kind = EXOTEL_OK;
  exotel_slice text = {"", 0};
  exotel_error e;
  size_t i;
  exotel_error_clear(&e);
  for (i = 0; i < 4 && r->puts[i] != NULL; i++) {
    check(kind == EXOTEL_OK, r->name);
    kind = put(&w, r->puts[i], &e);
  }
  if (r->json == NULL) {
    check(kind == EXOTEL_INVALID && strcmp(e.reason, "json") == 0, r->name);
  } else {
    check(kind == EXOTEL_OK && exotel_json_print(&w, &text, &e) == EXOTEL_OK &&
              page_is(text, r->json),
          r->name);
    check(exotel_json_check(page_put(2, text.p, text.n), &e) == EXOTEL_OK, r->name);
  }
  exotel_json_reset(&w);
  check(w.tree == NULL && w.text == NULL, "a reset empties it");
}

/* Numbers that are cut are numbers still, or refused: never printed as they are. */
static void check_cut_numbers(void) {
  static const char whole[] = "n/a=-10.25e+07";
  char cut[sizeof whole];
  size_t n;
  for (n = 4; n < sizeof whole; n++) {
    exotel_json_writer w = {NULL, NULL, 0};
    exotel_slice text = {"", 0};
    exotel_error e;
    exotel_error_clear(&e);
    memcpy(cut, whole, n);
    cut[n] = '\0';
    if (put(&w, cut, &e) == EXOTEL_OK)
      check(exotel_json_print(&w, &text, &e) == EXOTEL_OK &&
                exotel_json_check(page_put(2, text.p, text.n), &e) == EXOTEL_OK,
            cut);
    else
      check(e.kind == EXOTEL_INVALID, cut);
    exotel_json_reset(&w);
  }
}

static void check_nul(void) {
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_step step;
  exotel_leaf leaf;
  exotel_error e;
  exotel_error_clear(&e);
  memset(&leaf, 0, sizeof leaf);
  step.name = page_text(0, "a");
  step.index = 0;
  leaf.path = &step;
  leaf.depth = 1;
  leaf.text = page_put(1, "x\0y", 3);
  check(exotel_json_put(&w, &leaf, EXOTEL_JSON_STRING, &e) == EXOTEL_INVALID,
        "a NUL in a text");
  step.name = page_put(0, "x\0y", 3);
  leaf.text = page_text(1, "x");
  check(exotel_json_put(&w, &leaf, EXOTEL_JSON_STRING, &e) == EXOTEL_INVALID,
        "a NUL in a name");
  exotel_json_reset(&w);
}

/* A decoder lets in names up to the limit: they can be written again. */
static void check_longest_name(void) {
  char longest[EXOTEL_NAME_MAX + 1], json[EXOTEL_NAME_MAX + 16];
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_slice text = {"", 0};
  exotel_step step;
  exotel_leaf leaf;
  exotel_error e;
  exotel_error_clear(&e);
  memset(&leaf, 0, sizeof leaf);
  memset(longest, 'n', sizeof longest);
  step.index = 0;
  leaf.path = &step;
  leaf.depth = 1;
  leaf.text = page_text(1, "x");
  step.name = page_put(0, longest, EXOTEL_NAME_MAX + 1);
  check(exotel_json_put(&w, &leaf, EXOTEL_JSON_STRING, &e) == EXOTEL_INVALID,
        "a name over the limit");
  exotel_error_clear(&e);
  step.name = page_put(0, longest, EXOTEL_NAME_MAX);
  snprintf(json, sizeof json, "{\"%.*s\":\"x\"}", EXOTEL_NAME_MAX, longest);
  check(exotel_json_put(&w, &leaf, EXOTEL_JSON_STRING, &e) == EXOTEL_OK &&
            exotel_json_print(&w, &text, &e) == EXOTEL_OK && page_is(text, json),
        "a name of the limit");
  check(exotel_json_check(page_put(2, text.p, text.n), &e) == EXOTEL_OK,
        "a name of the limit is read again");
  exotel_json_reset(&w);
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  check_cut_numbers();
  check_nul();
  check_longest_name();
  return check_summary();
}
