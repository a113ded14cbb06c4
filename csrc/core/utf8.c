/*
** utf8: how long a character is, and whether it is one (see utf8.h).
**
** SPDX-License-Identifier: MIT
*/
#include "utf8.h"

static int continues(const unsigned char *s, size_t from, size_t to) {
  for (; from < to; from++) {
    if ((s[from] & 0xC0) != 0x80) return 0;
  }
  return 1;
}

size_t exotel_utf8_length(const char *p, size_t n) {
  const unsigned char *s = (const unsigned char *)p;
  if (n == 0) return 0;
  if (s[0] < 0x80) return 1;
  if (s[0] >= 0xC2 && s[0] <= 0xDF) return n >= 2 && continues(s, 1, 2) ? 2 : 0;
  if (s[0] >= 0xE0 && s[0] <= 0xEF) {
    if (n < 3 || !continues(s, 1, 3)) return 0;
    if (s[0] == 0xE0 && s[1] < 0xA0) return 0; /* overlong */
    if (s[0] == 0xED && s[1] > 0x9F) return 0; /* surrogate */
    return 3;
  }
  if (s[0] >= 0xF0 && s[0] <= 0xF4) {
    if (n < 4 || !continues(s, 1, 4)) return 0;
    if (s[0] == 0xF0 && s[1] < 0x90) return 0; /* overlong */
    if (s[0] == 0xF4 && s[1] > 0x8F) return 0; /* beyond U+10FFFF */
    return 4;
  }
  return 0;
}

int exotel_utf8_count(const char *p, size_t n, size_t *characters, size_t *bad) {
  size_t i = 0;
  *characters = 0;
  while (i < n) {
    size_t length = exotel_utf8_length(p + i, n - i);
    if (length == 0) {
      *bad = i;
      return 0;
    }
    i += length;
    ++*characters;
  }
  return 1;
}
