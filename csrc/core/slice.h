/*
** slice: bytes that belong to somebody else, compared and cut.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_SLICE_H
#define EXOTEL_SLICE_H

#include "buffer.h"
#include "exotel.h"

#include <string.h>

/* The slice of a C string, of a buffer's content, of what stands between two places. */
static inline exotel_slice exotel_slice_of(const char *s) {
  exotel_slice slice;
  slice.p = s;
  slice.n = strlen(s);
  return slice;
}

static inline exotel_slice exotel_slice_between(const char *from, const char *to) {
  exotel_slice slice;
  slice.p = from;
  slice.n = (size_t)(to - from);
  return slice;
}

/* Whether the `n` bytes are the same: what memcmp says, without a call for a few. */
static inline int exotel_same_bytes(const char *a, const char *b, size_t n) {
  size_t i = 0;
  if (n >= 8) {
    for (; i + 8 < n; i += 8) {
      if (memcmp(a + i, b + i, 8) != 0) return 0;
    }
    return memcmp(a + n - 8, b + n - 8, 8) == 0;
  }
  if (n >= 4) return memcmp(a, b, 4) == 0 && memcmp(a + n - 4, b + n - 4, 4) == 0;
  for (; i < n; i++) {
    if (a[i] != b[i]) return 0;
  }
  return 1;
}

exotel_slice exotel_slice_held(const exotel_buffer *b);

/* Without blanks and line ends at both ends. */
exotel_slice exotel_slice_trimmed(exotel_slice s);

/* Whether `a` holds the bytes of `b`; the second looks past ASCII case. */
int exotel_slice_is(exotel_slice a, const char *b);
int exotel_slice_is_nocase(exotel_slice a, const char *b);

/* Whether both hold the same bytes, whatever their ASCII case. */
int exotel_slice_same_nocase(exotel_slice a, exotel_slice b);

/* Whether `a` comes before `b` in byte order. */
int exotel_slice_before(exotel_slice a, exotel_slice b);

#endif
