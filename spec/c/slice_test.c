/*
** slice: bytes compared and cut, none read beyond their end.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/slice.h"
#include "check.h"

static const struct pair {
  const char *a, *b;
  int is, is_nocase, before; /* a before b */
} pairs[] = {
    {"", "", 1, 1, 0},        {"a", "a", 1, 1, 0},       {"a", "A", 0, 1, 0},
    {"A", "a", 0, 1, 1},      {"a", "ab", 0, 0, 1},      {"ab", "a", 0, 0, 0},
    {"", "a", 0, 0, 1},       {"a", "", 0, 0, 0},        {"name", "NAME", 0, 1, 0},
    {"name", "nam", 0, 0, 0}, {"nam", "name", 0, 0, 1},  {"[", "{", 0, 0, 1},
    {"@", "`", 0, 0, 1},      {"\xC4", "\xE4", 0, 0, 1}, {"a", "\xFF", 0, 0, 1},
    {"b", "ab", 0, 0, 0},
};

static const struct trim {
  const char *text, *trimmed;
} trims[] = {
    {"", ""},
    {" ", ""},
    {" \t\r\n", ""},
    {"a", "a"},
    {" a ", "a"},
    {"\r\na b\t", "a b"},
    {"\va\f", "\va\f"},
    {"\xC2\xA0"
     "a",
     "\xC2\xA0"
     "a"},
};

static void check_pair(const struct pair *p) {
  exotel_slice a = page_text(0, p->a), b = page_text(1, p->b);
  size_t cut;
  check(exotel_slice_is(a, p->b) == p->is, p->a);
  check(exotel_slice_is_nocase(a, p->b) == p->is_nocase, p->a);
  check(exotel_slice_same_nocase(a, b) == p->is_nocase, p->a);
  check(exotel_slice_before(a, b) == p->before, p->a);
  check(!exotel_slice_before(a, a), p->a);
  for (cut = 0; cut < strlen(p->a); cut++) {
    exotel_slice begin = page_put(2, p->a, cut);
    check(!exotel_slice_is(begin, p->a) && !exotel_slice_is_nocase(begin, p->a), p->a);
    check(!exotel_slice_same_nocase(begin, a) && exotel_slice_before(begin, a), p->a);
  }
}

static void check_trim(const struct trim *t) {
  size_t cut, n = strlen(t->text);
  check(page_is(exotel_slice_trimmed(page_text(0, t->text)), t->trimmed), t->text);
  for (cut = 0; cut < n; cut++) {
    exotel_slice s = exotel_slice_trimmed(page_put(0, t->text, cut));
    check(s.n <= strlen(t->trimmed) && memcmp(s.p, t->trimmed, s.n) == 0, t->text);
  }
}

int main(void) {
  exotel_slice text;
  exotel_buffer b;
  size_t i;
  for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
    check_pair(&pairs[i]);
  for (i = 0; i < sizeof trims / sizeof *trims; i++)
    check_trim(&trims[i]);
  check(!exotel_slice_is(page_put(0, "a\0b", 3), "a"), "a NUL is no end");
  check(!exotel_slice_is_nocase(page_put(0, "a\0b", 3), "a"),
        "nor when case is passed");
  check(exotel_slice_before(page_put(0, "a", 1), page_put(1, "a\0", 2)),
        "the shorter is before");
  check(page_is(exotel_slice_of("abc"), "abc"), "of a C string");
  text = page_text(0, "abc");
  check(page_is(exotel_slice_between(text.p + 1, text.p + 3), "bc"), "between");
  check(exotel_slice_between(text.p, text.p).n == 0, "nothing between");
  exotel_buffer_init(&b, 10);
  check(page_is(exotel_slice_held(&b), "") && exotel_slice_held(&b).p != NULL,
        "an empty buffer has an address");
  exotel_buffer_adds(&b, "x");
  check(page_is(exotel_slice_held(&b), "x"), "of a buffer");
  exotel_buffer_free(&b);
  return check_summary();
}
