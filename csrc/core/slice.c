/*
** slice: bytes that belong to somebody else (see slice.h).
**
** SPDX-License-Identifier: MIT
*/
#include "slice.h"

#include "ascii.h"

#include <string.h>

exotel_slice exotel_slice_held(const exotel_buffer *b) {
  exotel_slice slice;
  slice.p = b->p == NULL ? "" : b->p;
  slice.n = b->n;
  return slice;
}

exotel_slice exotel_slice_trimmed(exotel_slice s) {
  while (s.n > 0 && exotel_is_blank(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n > 0 && exotel_is_blank(s.p[s.n - 1]))
    s.n--;
  return s;
}

int exotel_slice_is(exotel_slice a, const char *b) {
  size_t i;
  for (i = 0; i < a.n; i++) {
    if (b[i] == '\0' || a.p[i] != b[i]) return 0;
  }
  return b[a.n] == '\0';
}

int exotel_slice_is_nocase(exotel_slice a, const char *b) {
  size_t i;
  for (i = 0; i < a.n; i++) {
    if (b[i] == '\0') return 0;
    if (a.p[i] != b[i] && exotel_lower(a.p[i]) != exotel_lower(b[i])) return 0;
  }
  return b[a.n] == '\0';
}

int exotel_slice_same_nocase(exotel_slice a, exotel_slice b) {
  size_t i;
  if (a.n != b.n) return 0;
  if (exotel_same_bytes(a.p, b.p, a.n)) return 1; /* as a rule */
  for (i = 0; i < a.n; i++) {
    if (exotel_lower(a.p[i]) != exotel_lower(b.p[i])) return 0;
  }
  return 1;
}

int exotel_slice_before(exotel_slice a, exotel_slice b) {
  size_t n = a.n < b.n ? a.n : b.n;
  int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
  return order < 0 || (order == 0 && a.n < b.n);
}
