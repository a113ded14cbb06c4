/*
** form: x-www-form-urlencoded bytes to leaves (see form.h).
**
** SPDX-License-Identifier: MIT
*/
#include "form.h"

#include "error.h"
#include "name.h"
#include "text.h"
#include "url.h"

#include <string.h>

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
  leaf.depth = exotel_name_split(name, path);
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
