/*
** name: the brackets of a form field's name as steps of a path (see name.h).
**
** SPDX-License-Identifier: MIT
*/
#include "name.h"

#include <string.h>

#define POSITION_DIGITS                                                                \
  6 /* longer ones are names; what is too large is for the caller */

static exotel_step step_of(const char *p, size_t n, int bracketed) {
  exotel_step step;
  size_t i;
  step.name.p = p;
  step.name.n = n;
  step.index = 0;
  if (!bracketed || n > POSITION_DIGITS) return step;
  for (i = 0; i < n; i++) {
    if (p[i] < '0' || p[i] > '9') return step;
    step.index = step.index * 10 + (size_t)(p[i] - '0');
  }
  step.name.p = NULL; /* a position */
  step.name.n = 0;
  return step;
}

static size_t split(exotel_slice name, exotel_step *path) {
  const char *p = memchr(name.p, '[', name.n), *end = name.p + name.n;
  size_t depth = 1;
  if (p == NULL || p == name.p) return 0;
  path[0] = step_of(name.p, (size_t)(p - name.p), 0);
  while (p < end) {
    const char *close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
    if (close == NULL || depth == EXOTEL_DEPTH_MAX) return 0;
    path[depth++] = step_of(p + 1, (size_t)(close - p - 1), 1);
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
