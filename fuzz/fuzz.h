/*
** fuzz: what the targets share. A target is one decoder: bytes in, abort when a promise of
** its header is broken.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_FUZZ_H
#define EXOTEL_FUZZ_H

#define _GNU_SOURCE

#include "../csrc/core/buffer.h"
#include "../csrc/core/error.h"
#include "../csrc/core/request.h"
#include "../csrc/core/text.h"
#include "../csrc/core/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static inline void must(int holds) {
  if (!holds) abort();
}

/* An input of no bytes may come without an address. */
static inline exotel_slice slice(const uint8_t *p, size_t n) {
  exotel_slice s;
  s.p = n == 0 ? "" : (const char *)p;
  s.n = n;
  return s;
}

static inline exotel_slice held(const exotel_buffer *b) {
  return slice((const uint8_t *)b->p, b->n);
}

/* Emptied, and kept from one input to the next. */
static inline exotel_buffer *buffer(int which) {
  static exotel_buffer kept[4];
  if (kept[which].max == 0) exotel_buffer_init(&kept[which], 16 * FUZZ_MAX);
  exotel_buffer_reset(&kept[which]);
  return &kept[which];
}

static inline int same(exotel_slice a, exotel_slice b) {
  return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static inline int has(exotel_slice s, const char *word) {
  return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

/* UTF-8 without control characters. */
static inline int is_plain(exotel_slice s) {
  size_t i, characters, bad;
  for (i = 0; i < s.n; i++) {
    unsigned char c = (unsigned char)s.p[i];
    if (c < ' ' || c == 0x7F) return 0;
    if (c == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0) return 0;
  }
  return exotel_utf8_count(s.p, s.n, &characters, &bad);
}

/* Seven digits in a row, outside of a word as long as an identifier. */
static inline int shows_number(exotel_slice s) {
  size_t i, digits = 0, word = 0, found = 0;
  for (i = 0; i <= s.n; i++) {
    unsigned char c = i < s.n ? (unsigned char)s.p[i] : ' ';
    int digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    if (!digit && !letter && found && word < 24) return 1;
    digits = digit ? digits + 1 : 0;
    word = digit || letter ? word + 1 : 0;
    found = word > 0 && (found || digits >= 7);
  }
  return 0;
}

/* Cuts off what stands before the first `c`, or all. */
static inline exotel_slice take_until(exotel_slice *s, char c) {
  const char *end = s->n == 0 ? NULL : memchr(s->p, c, s->n);
  exotel_slice taken = *s;
  if (end != NULL) taken.n = (size_t)(end - s->p);
  s->p += end != NULL ? taken.n + 1 : taken.n;
  s->n -= end != NULL ? taken.n + 1 : taken.n;
  return taken;
}

/* One option of a request: "name=value"; "!name=value" is an extra, "name=#.." a number. */
static inline void give(exotel_request *r, exotel_slice value) {
  exotel_slice name = take_until(&value, '=');
  int number = value.n > 0 && value.p[0] == '#';
  exotel_given v = {number ? EXOTEL_GIVEN_INTEGER : EXOTEL_GIVEN_TEXT, value,
                    (long long)value.n, 0.5, "a string"};
  exotel_error e;
  if (name.n > 0 && name.p[0] == '!')
    exotel_request_extra(r, (exotel_slice){name.p + 1, name.n - 1}, &v, &e);
  else
    exotel_request_set(r, name, 0, &v, &e);
}

#endif
