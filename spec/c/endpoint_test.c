/*
** endpoint: paths that are passed on, paths that are refused, pairs of each type.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/endpoint.h"
#include "../../csrc/core/error.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#include <string.h>

#define ACCOUNT "https://h:1/v1/Accounts/acme/"

static const struct row {
  const char *path, *query;
  const char *url;    /* NULL: it is refused */
  const char *reason; /* of the refusal */
  size_t at;
} rows[] = {
    {"Calls.json", "", ACCOUNT "Calls.json", NULL, 0},
    {"Calls/x/Legs", "a=1", ACCOUNT "Calls/x/Legs?a=1", NULL, 0},
    {"Calls?a=1", "", ACCOUNT "Calls?a=1", NULL, 0},
    {"Calls?a=1", "b=2", ACCOUNT "Calls?a=1&b=2", NULL, 0},
    {"a%40b%20c", "", ACCOUNT "a%40b%20c", NULL, 0},
    {"/", "", "https://h:1/", NULL, 0},
    {"/v2/accounts/acme/x", "", "https://h:1/v2/accounts/acme/x", NULL, 0},
    {"a..b/...", "", ACCOUNT "a..b/...", NULL, 0},
    {"a?u=/../x", "", ACCOUNT "a?u=/../x", NULL, 0},
    {"a/b:c", "", ACCOUNT "a/b:c", NULL, 0},
    {"a?t=12:30", "", ACCOUNT "a?t=12:30", NULL, 0},
    {"", "", NULL, "empty", 0},
    {"//evil.example/x", "", NULL, "host", 0},
    {"https://evil.example/x", "", NULL, "host", 0},
    {"https:evil.example", "", NULL, "host", 0},
    {"mailto:x", "", NULL, "host", 0},
    {"https://k:t@evil.example/", "", NULL, "path", 12},
    {"/k:t@h", "", NULL, "path", 5},
    {"..", "", NULL, "path", 0},
    {".", "", NULL, "path", 0},
    {"../../x", "", NULL, "path", 0},
    {"a/../b", "", NULL, "path", 0},
    {"a/..", "", NULL, "path", 0},
    {"a/..?b", "", NULL, "path", 0},
    {"a/./b", "", NULL, "path", 0},
    {"/..", "", NULL, "path", 0},
    {"a/%2e%2E/b", "", NULL, "path", 0},
    {"a/.%2e", "", NULL, "path", 0},
    {"a/..%2Fb", "", NULL, "path", 0},
    {"a%2f..", "", NULL, "path", 0},
    {"a/..%5Cb", "", NULL, "path", 0},
    {"a\\..\\b", "", NULL, "path", 2},
    {"a\nb", "", NULL, "path", 2},
    {"a\rb", "", NULL, "path", 2},
    {"a\tb", "", NULL, "path", 2},
    {"a\x7F", "", NULL, "path", 2},
    {"a%0d%0aX:", "", NULL, "path", 2},
    {"a%00", "", NULL, "path", 2},
    {"a%7f", "", NULL, "path", 2},
    {"a b", "", NULL, "path", 2},
    {"a#b", "", NULL, "path", 2},
    {"a%", "", NULL, "path", 2},
    {"a%2", "", NULL, "path", 2},
    {"a%zz", "", NULL, "path", 2},
    {"\xE0\xA4\xA8", "", NULL, "path", 1},
    {"a\"b", "", NULL, "path", 2},
    {"{sid}", "", NULL, "path", 1},
};

static exotel_slice held(const exotel_buffer *b) {
  return exotel_slice_held(b);
}

static void check_url(exotel_buffer *out, exotel_buffer *scratch, exotel_slice path,
                      const struct row *r) {
  exotel_target target;
  exotel_error e;
  exotel_kind kind;
  memset(&target, 0, sizeof target);
  target.account_sid = exotel_slice_of("acme");
  target.base = exotel_slice_of("https://h:1");
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  kind =
      exotel_endpoint_url(out, path, exotel_slice_of(r->query), &target, scratch, &e);
  if (r->url != NULL) {
    check(kind == EXOTEL_OK && page_is(held(out), r->url), r->path);
    return;
  }
  check(kind == EXOTEL_INVALID && strcmp(e.reason, r->reason) == 0, r->path);
  check(e.position == r->at && strcmp(e.field, "path") == 0, r->path);
}

/* An account that would be a step of the path. */
static void check_account(exotel_buffer *out, exotel_buffer *scratch) {
  exotel_target target;
  exotel_error e;
  memset(&target, 0, sizeof target);
  target.account_sid = exotel_slice_of("..");
  target.base = exotel_slice_of("https://h");
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  check(exotel_endpoint_url(out, exotel_slice_of("x"), exotel_slice_of(""), &target,
                            scratch, &e) == EXOTEL_INVALID,
        "an account ..");
}

static exotel_given given(exotel_given_type type, const char *text, long long integer,
                          double number) {
  exotel_given v;
  memset(&v, 0, sizeof v);
  v.type = type;
  v.text = exotel_slice_of(text);
  v.integer = integer;
  v.number = number;
  return v;
}

static void check_pairs(exotel_buffer *out, exotel_buffer *scratch, int in_query,
                        const char *expected) {
  static const char *const names[] = {"a b", "n", "x", "yes", "no", "empty"};
  exotel_given values[6];
  exotel_error e;
  size_t i;
  values[0] = given(EXOTEL_GIVEN_TEXT, "+91 1:2&=", 0, 0);
  values[1] = given(EXOTEL_GIVEN_INTEGER, "", -90, 0);
  values[2] = given(EXOTEL_GIVEN_NUMBER, "", 0, 0.1);
  values[3] = given(EXOTEL_GIVEN_BOOLEAN, "", 1, 0);
  values[4] = given(EXOTEL_GIVEN_BOOLEAN, "", 0, 0);
  values[5] = given(EXOTEL_GIVEN_TEXT, "", 0, 0);
  exotel_buffer_reset(out);
  for (i = 0; i < 6; i++)
    check(exotel_endpoint_pair(out, exotel_slice_of(names[i]), &values[i], in_query,
                               scratch, &e) == EXOTEL_OK,
          names[i]);
  check(page_is(held(out), expected), expected);
}

static void check_refused(exotel_buffer *out, exotel_buffer *scratch) {
  exotel_given text = given(EXOTEL_GIVEN_TEXT, "x", 0, 0);
  exotel_given number = given(EXOTEL_GIVEN_NUMBER, "", 0, 1e308 * 10);
  exotel_error e;
  exotel_buffer_reset(out);
  check(exotel_endpoint_pair(out, exotel_slice_of(""), &text, 0, scratch, &e) ==
                EXOTEL_INVALID &&
            strcmp(e.field, "form") == 0 && out->n == 0,
        "an empty name");
  check(exotel_endpoint_pair(out, exotel_slice_of("n"), &number, 1, scratch, &e) ==
                EXOTEL_INVALID &&
            strcmp(e.field, "query") == 0 && out->n == 0,
        "a number that isn't finite");
}

int main(void) {
  exotel_buffer out, scratch;
  size_t i;
  exotel_buffer_init(&out, 4096);
  exotel_buffer_init(&scratch, 4096);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_url(&out, &scratch, page_text(0, rows[i].path), &rows[i]);
  check_account(&out, &scratch);
  check_pairs(&out, &scratch, 1,
              "a+b=%2B91+1:2%26%3D&n=-90&x=0.1&yes=true&no=false&empty=");
  check_pairs(&out, &scratch, 0,
              "a%20b=%2B91%201%3A2%26%3D&n=-90&x=0.1&yes=true&no=false&empty=");
  check_refused(&out, &scratch);
  exotel_buffer_free(&out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
