/*
** utf8: characters by rows, then every code point and every sequence of three bytes.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/utf8.h"
#include "check.h"

static const struct row {
  const char *name, *input;
  size_t n;
  size_t characters; /* of a whole text */
  size_t bad;        /* the byte, from 1, that isn't UTF-8; 0 when all is */
} rows[] = {
    {"nothing", "", 0, 0, 0},
    {"ASCII", "abc", 3, 3, 0},
    {"a NUL is a character", "a\0b", 3, 3, 0},
    {"two bytes", "\xC3\xA9t\xC3\xA9", 5, 3, 0},
    {"three bytes", "\xE0\xA4\xA8\xE0\xA4\xAE", 6, 2, 0},
    {"four bytes", "\xF0\x9F\x93\x9E", 4, 1, 0},
    {"the last character", "\xF4\x8F\xBF\xBF", 4, 1, 0},
    {"beyond the last", "\xF4\x90\x80\x80", 4, 0, 1},
    {"a lone continuation", "ab\x80", 3, 0, 3},
    {"overlong slash", "\xC0\xAF", 2, 0, 1},
    {"overlong in three", "a\xE0\x80\xAF", 4, 0, 2},
    {"overlong in four", "\xF0\x80\x80\xAF", 4, 0, 1},
    {"half a surrogate pair", "\xED\xA0\x80", 3, 0, 1},
    {"the last before surrogates", "\xED\x9F\xBF", 3, 1, 0},
    {"FE and FF", "\xFE\xFF", 2, 0, 1},
    {"five bytes", "\xF8\x88\x80\x80\x80", 5, 0, 1},
    {"a lead and ASCII", "\xC3(", 2, 0, 1},
    {"a cut character", "ok\xE2\x82", 4, 0, 3},
};

static void check_row(const struct row *r) {
  exotel_slice s = page_put(0, r->input, r->n);
  size_t characters = 0, bad = 99, cut, whole = 0;
  int ok = exotel_utf8_count(s.p, s.n, &characters, &bad);
  if (r->bad == 0)
    check(ok && characters == r->characters, r->name);
  else
    check(!ok && bad + 1 == r->bad, r->name);
  for (cut = 0; cut < r->n; cut++) {
    s = page_put(0, r->input, cut);
    whole += exotel_utf8_count(s.p, s.n, &characters, &bad);
  }
  if (r->bad == 0) check(whole == r->characters, r->name); /* where one ends */
}

/* Spells a code point as RFC 3629 says, without asking whether it is one. */
static size_t spell(unsigned long c, char *p) {
  p[0] = (char)c;
  if (c < 0x80) return 1;
  if (c < 0x800) {
    p[0] = (char)(0xC0 | c >> 6);
    p[1] = (char)(0x80 | (c & 63));
    return 2;
  }
  if (c < 0x10000) {
    p[0] = (char)(0xE0 | c >> 12);
    p[1] = (char)(0x80 | (c >> 6 & 63));
    p[2] = (char)(0x80 | (c & 63));
    return 3;
  }
  p[0] = (char)(0xF0 | c >> 18);
  p[1] = (char)(0x80 | (c >> 12 & 63));
  p[2] = (char)(0x80 | (c >> 6 & 63));
  p[3] = (char)(0x80 | (c & 63));
  return 4;
}

static void check_every_character(void) {
  unsigned long c, wrong = 0;
  char bytes[4];
  for (c = 0; c <= 0x10FFFF; c++) {
    size_t n = spell(c, bytes), k;
    int surrogate = c >= 0xD800 && c <= 0xDFFF;
    exotel_slice s = page_put(0, bytes, n);
    wrong += exotel_utf8_length(s.p, n) != (surrogate ? 0 : n);
    for (k = 0; k < n; k++)
      wrong += exotel_utf8_length(page_put(0, bytes, k).p, k) != 0;
  }
  check(wrong == 0, "every code point, whole and cut");
}

static void check_every_triple(void) {
  unsigned long all, accepted = 0;
  for (all = 0; all < 1ul << 20; all++) {
    char bytes[3];
    bytes[0] = (char)(0xE0 | all >> 16);
    bytes[1] = (char)(all >> 8);
    bytes[2] = (char)all;
    accepted += exotel_utf8_length(bytes, 3) == 3;
  }
  check(accepted == 0x10000 - 0x800 - 0x800, "no triple but those of code points");
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  check_every_character();
  check_every_triple();
  return check_summary();
}
