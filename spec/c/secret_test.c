/*
** secret: queries without their secret, and what is the same.
**
** SPDX-License-Identifier: MIT
*/
#include "../../csrc/core/secret.h"

#include "../../csrc/core/slice.h"
#include "check.h"

static const struct row {
  const char *query, *value, *rest;
  int found;
} rows[] = {
    {"", "", "", 0},
    {"secret=abc", "abc", "", 1},
    {"a=b", "", "a=b", 0},
    {"a=b&secret=abc&c=%64", "abc", "a=b&c=%64", 1},
    {"secret=abc&secret=def&a=b", "abc", "a=b", 1},
    {"secret=a%62c", "abc", "", 1},
    {"secret=a+b%2B", "a b+", "", 1},
    {"s%65cret=abc&a=b", "abc", "a=b", 1},
    {"secret", "", "", 1},
    {"secret=", "", "", 1},
    {"secret==", "=", "", 1},
    {"secrets=abc", "", "secrets=abc", 0},
    {"Secret=abc", "", "Secret=abc", 0},
    {"=abc&&secret=x&", "x", "=abc", 1},
    {"a=secret=b", "", "a=secret=b", 0},
};

static void check_row(const struct row *row) {
  exotel_slice name = exotel_slice_of("secret");
  exotel_buffer value, rest;
  exotel_buffer_init(&value, 1024);
  exotel_buffer_init(&rest, 1024);
  check(exotel_secret_take(exotel_slice_of(row->query), name, &value, &rest) ==
            row->found,
        row->query);
  check(exotel_slice_is(exotel_slice_held(&value), row->value), row->query);
  check(exotel_slice_is(exotel_slice_held(&rest), row->rest), row->query);
  exotel_buffer_free(&value);
  exotel_buffer_free(&rest);
}

static int same(const char *given, const char *secret) {
  return exotel_secret_is(exotel_slice_of(given), exotel_slice_of(secret));
}

/* Each bit of each byte counts. */
static void check_bits(void) {
  char given[33], secret[33] = "0123456789abcdef0123456789abcdef";
  size_t at, bit;
  for (at = 0; at < 32; at++) {
    for (bit = 0; bit < 8; bit++) {
      memcpy(given, secret, sizeof given);
      given[at] = (char)(given[at] ^ (1 << bit));
      check(!exotel_secret_is((exotel_slice){given, 32}, (exotel_slice){secret, 32}),
            "a bit that differs");
    }
  }
}

int main(void) {
  exotel_slice nul = {"a\0b", 3}, other = {"a\0c", 3};
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  check(same("abc", "abc"), "the same");
  check(!same("ab", "abc"), "its beginning");
  check(!same("abcabc", "abc"), "itself twice");
  check(!same("abca", "abc"), "more");
  check(!same("", "abc"), "nothing");
  check(!same("", ""), "nothing against no secret");
  check(!same("a", ""), "something against no secret");
  check(exotel_secret_is(nul, nul), "a NUL in it");
  check(!exotel_secret_is(nul, other), "behind a NUL");
  check_bits();
  return check_summary();
}
