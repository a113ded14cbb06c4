/*
** form: x-www-form-urlencoded bytes to leaves (see form.h).
**
** SPDX-License-Identifier: MIT
*/
#include "form.h"

#include "error.h"
#include "text.h"
#include "url.h"

#include <string.h>

#define INDEX_DIGITS 4 /* longer positions are names */

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

static exotel_step step_of(const char *p, size_t n, int bracketed) {
  exotel_step step;
  size_t i;
  step.name.p = p;
  step.name.n = n;
  step.index = 0;
  if (!bracketed || n > INDEX_DIGITS) return step;
  for (i = 0; i < n; i++) {
    if (!is_digit(p[i])) return step;
    step.index = step.index * 10 + (size_t)(p[i] - '0');
  }
  step.name.p = NULL; /* a position; [] is position 0 */
  step.name.n = 0;
  return step;
}

/* Steps of `name`; 0 when its brackets don't pair up or go too deep. */
static size_t split_name(exotel_slice name, exotel_step *path) {
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

static exotel_kind take_pair(exotel_slice pair, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  const char *sign = memchr(pair.p, '=', pair.n);
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_slice name = pair, value;
  exotel_leaf leaf;
  size_t split;
  value.p = pair.p + pair.n;
  value.n = 0;
  if (sign != NULL) {
    name.n = (size_t)(sign - pair.p);
    value.p = sign + 1;
    value.n = pair.n - name.n - 1;
  }
  exotel_buffer_reset(scratch);
  exotel_url_decode(scratch, name, 1);
  split = scratch->n;
  exotel_url_decode(scratch, value, 1);
  if (scratch->state != EXOTEL_BUFFER_OK)
    return exotel_error_buffer(e, scratch, exotel_slice_of("body"));
  if (split == 0) return EXOTEL_OK;
  name.p = scratch->p;
  name.n = split;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = split_name(name, path);
  if (leaf.depth == 0) {
    path[0] = step_of(name.p, name.n, 0);
    leaf.depth = 1;
  }
  leaf.text.p = scratch->p + split;
  leaf.text.n = scratch->n - split;
  return sink(context, &leaf, e);
}

exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  const char *p = text.p, *end = text.p + text.n;
  while (p < end) {
    const char *sign = memchr(p, '&', (size_t)(end - p));
    exotel_slice pair;
    exotel_kind kind;
    pair.p = p;
    pair.n = (size_t)((sign == NULL ? end : sign) - p);
    p = sign == NULL ? end : sign + 1;
    if (pair.n == 0) continue;
    kind = take_pair(pair, scratch, sink, context, e);
    if (kind != EXOTEL_OK) return kind;
  }
  return EXOTEL_OK;
}
