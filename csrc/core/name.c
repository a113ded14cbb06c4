/*
** name: the brackets of a form field's name as steps of a path (see name.h).
**
** SPDX-License-Identifier: MIT
*/
#include "name.h"

#define POSITION_DIGITS                                                                \
  6 /* longer ones are names; what is too large is for the caller */

static inline void set_name(exotel_step *step, const char *from, const char *to) {
  step->name.p = from;
  step->name.n = (size_t)(to - from);
  step->index = 0;
}

/* The step of what stands in brackets. */
static inline void set_bracketed(exotel_step *step, const char *from, const char *to) {
  const char *p = from;
  size_t index = 0;
  if (to - from <= POSITION_DIGITS) {
    for (; p < to && *p >= '0' && *p <= '9'; p++)
      index = index * 10 + (size_t)(*p - '0');
    if (p == to) { /* a position */
      step->name.p = NULL;
      step->name.n = 0;
      step->index = index;
      return;
    }
  }
  set_name(step, from, to);
}

static const char *find(const char *p, const char *end, char c) {
  while (p < end && *p != c)
    p++;
  return p;
}

static size_t split(exotel_slice name, exotel_step *path) {
  const char *end = name.p + name.n, *p = find(name.p, end, '[');
  size_t depth = 1;
  if (p == end || p == name.p) return 0;
  set_name(&path[0], name.p, p);
  while (p < end) {
    const char *close = *p == '[' ? find(p, end, ']') : end;
    if (close == end || depth == EXOTEL_DEPTH_MAX) return 0;
    set_bracketed(&path[depth++], p + 1, close);
    p = close + 1;
  }
  return depth;
}

size_t exotel_name_split_brackets(exotel_slice name, exotel_step *path) {
  size_t depth = split(name, path);
  if (depth > 0) return depth;
  path[0].name = name;
  path[0].index = 0;
  return 1;
}

static void write_position(exotel_buffer *out, size_t index) {
  char digits[24];
  size_t n = 0;
  do
    digits[n++] = (char)('0' + index % 10);
  while ((index /= 10) > 0);
  while (n > 0)
    exotel_buffer_addc(out, digits[--n]);
}

void exotel_name_write(exotel_buffer *out, const exotel_step *path, size_t depth) {
  size_t i;
  for (i = 0; i < depth; i++) {
    if (i > 0) exotel_buffer_addc(out, '[');
    if (path[i].name.p != NULL)
      exotel_buffer_add(out, path[i].name.p, path[i].name.n);
    else
      write_position(out, path[i].index);
    if (i > 0) exotel_buffer_addc(out, ']');
  }
}
