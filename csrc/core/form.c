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

/* What is left to read, and the first bytes that stand for others, from some place on. */
typedef struct form_cursor {
  const char *p, *end, *percent, *plus;
  exotel_buffer *decoded;
} form_cursor;

static const char *find(const char *p, const char *end, int c) {
  const char *found = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
  return found == NULL ? end : found;
}

/* The text itself where nothing in it stands for another byte, else what it stands for. */
static exotel_slice decoded(form_cursor *c, exotel_slice text) {
  const char *end = text.p + text.n;
  size_t at = c->decoded->n;
  if (c->percent < text.p) c->percent = find(text.p, c->end, '%');
  if (c->plus < text.p) c->plus = find(text.p, c->end, '+');
  if (c->percent >= end && c->plus >= end) return text;
  exotel_url_decode(c->decoded, text, 1);
  text.p = c->decoded->p + at;
  text.n = c->decoded->n - at;
  return text;
}

static exotel_kind take_pair(form_cursor *c, exotel_slice pair, exotel_leaf_sink *sink,
                             void *context, exotel_error *e) {
  const char *sign = memchr(pair.p, '=', pair.n), *end = pair.p + pair.n;
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_slice name =
      decoded(c, exotel_slice_between(pair.p, sign == NULL ? end : sign));
  exotel_leaf leaf;
  if (name.n == 0) return EXOTEL_OK;
  leaf.text = decoded(c, exotel_slice_between(sign == NULL ? end : sign + 1, end));
  leaf.path = path;
  leaf.depth = exotel_name_split(name, path);
  leaf.null = 0;
  leaf.stays = 1;
  return sink(context, &leaf, e);
}

exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  form_cursor c;
  exotel_kind kind = EXOTEL_OK;
  exotel_buffer_reset(scratch);
  if (exotel_buffer_room(scratch, text.n) == NULL) /* so that it moves no more */
    return exotel_error_buffer(e, scratch, exotel_slice_of("body"));
  c.p = text.p;
  c.end = text.p + text.n;
  c.percent = find(c.p, c.end, '%');
  c.plus = find(c.p, c.end, '+');
  c.decoded = scratch;
  while (kind == EXOTEL_OK && c.p < c.end) {
    const char *sign = memchr(c.p, '&', (size_t)(c.end - c.p));
    exotel_slice pair = exotel_slice_between(c.p, sign == NULL ? c.end : sign);
    c.p = sign == NULL ? c.end : sign + 1;
    if (pair.n > 0) kind = take_pair(&c, pair, sink, context, e);
  }
  return kind;
}
