/*
** chunk_cases: each byte value in each place of a chunk: found where it is looked for and
** nowhere else, and copied. Tests of either kind of chunk run these.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CHUNK_CASES_H
#define EXOTEL_CHUNK_CASES_H

#include "page.h"

#include "../../csrc/core/chunk.h"
#include "check.h"

static unsigned bits_of(const char *p, char c) {
  return exotel_chunk_bits(exotel_chunk_is(exotel_chunk_at(p), c));
}

static unsigned odd_bits_of(const char *p) {
  return exotel_chunk_bits(exotel_chunk_odd(exotel_chunk_at(p)));
}

/* Among bytes that are all `other`. */
static void check_place(unsigned char c, unsigned char other, size_t place) {
  char bytes[EXOTEL_CHUNK], copy[EXOTEL_CHUNK];
  unsigned here = 1u << place, others = (1u << EXOTEL_CHUNK) - 1 - here;
  int is_odd = c < 0x20 || c >= 0x80, is_other_odd = other < 0x20 || other >= 0x80;
  const char *p;
  memset(bytes, other, sizeof bytes);
  bytes[place] = (char)c;
  p = page_put(0, bytes, sizeof bytes).p;
  check(bits_of(p, (char)c) == (c == other ? here | others : here), "a byte is found");
  check(bits_of(p, (char)other) == (c == other ? here | others : others), "the others");
  check(odd_bits_of(p) == ((is_odd ? here : 0) | (is_other_odd ? others : 0)), "odd");
  exotel_chunk_put(copy, exotel_chunk_at(p));
  check(memcmp(copy, bytes, sizeof copy) == 0, "a copy");
}

static void check_chunks(void) {
  static const unsigned char others[] = {0, 1, '%', '&', 0x1f, ' ', 0x7f, 0x80, 0xff};
  size_t place, i;
  unsigned c;
  for (c = 0; c < 256; c++) {
    for (place = 0; place < EXOTEL_CHUNK; place++) {
      for (i = 0; i < sizeof others; i++)
        check_place((unsigned char)c, others[i], place);
      check_place((unsigned char)c, (unsigned char)(c ^ 1), place);
      check_place((unsigned char)c, (unsigned char)(c ^ 0x80), place);
    }
  }
}

#endif
