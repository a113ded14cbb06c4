/*
** form: x-www-form-urlencoded bytes to leaves (see form.h).
**
** One pass: all of the text is copied, a chunk at a time, and where one of the bytes is met
** that mean something, the copy goes on behind what that stands for.
**
** SPDX-License-Identifier: MIT
*/
#include "form.h"

#include "ascii.h"
#include "chunk.h"
#include "error.h"
#include "name.h"
#include "slice.h"

#include <string.h>

/* How far the text has been read. Its last bytes are read in a copy, so that whole chunks
** can be, and an & stands behind them. */
typedef struct form_cursor {
  const char *p, *end;
  const char *last; /* the last place where a chunk can be read */
  char *to;         /* where what is read goes */
  char tail[3 * EXOTEL_CHUNK];
} form_cursor;

/* Goes on in the copy, from `p` on; returns where it stands there. */
static const char *read_tail(form_cursor *c, const char *p) {
  size_t left = (size_t)(c->end - p);
  memset(c->tail, 0, sizeof c->tail);
  if (left > 0) memcpy(c->tail, p, left);
  c->tail[left] = '&';
  c->end = c->tail + left;
  c->last = c->tail + sizeof c->tail - EXOTEL_CHUNK;
  return c->tail;
}

/* Copies a chunk; returns how much of it stands before the first & = % or +. */
static inline size_t copy_plain(char *to, const char *from) {
  exotel_chunk chunk = exotel_chunk_at(from);
  exotel_chunk_put(to, chunk);
  return exotel_chunk_before(exotel_chunk_or(
      exotel_chunk_or(exotel_chunk_is(chunk, '&'), exotel_chunk_is(chunk, '=')),
      exotel_chunk_or(exotel_chunk_is(chunk, '%'), exotel_chunk_is(chunk, '+'))));
}

/* The byte that %XX at `p` stands for, or -1 when that is none. */
static inline int escaped(const char *p) {
  int high = exotel_hex(p[1]), low = exotel_hex(p[2]);
  return p[0] != '%' || high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Reads a name, or a value, which may have = in it, up to what ends it. Place and target
** are kept apart meanwhile: what is written could be the cursor, for all that C knows. */
static exotel_slice read_text(form_cursor *c, int is_name) {
  const char *p = c->p;
  char *to = c->to;
  exotel_slice text;
  text.p = to;
  for (;;) {
    size_t n;
    int byte;
    if (p > c->last) p = read_tail(c, p);
    n = copy_plain(to, p);
    p += n;
    to += n;
    if (n == EXOTEL_CHUNK) continue;
    if (*p == '&' || (is_name && *p == '=')) break;
    if (p > c->last) p = read_tail(c, p); /* for two bytes more */
    byte = escaped(p);
    *to++ = (char)(byte >= 0 ? byte : *p == '+' ? ' ' : *p);
    p += byte >= 0 ? 3 : 1;
  }
  c->p = p;
  c->to = to;
  text.n = (size_t)(to - text.p);
  return text;
}

static exotel_kind give(exotel_slice name, exotel_slice value, exotel_leaf_sink *sink,
                        void *context, exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  leaf.path = path;
  leaf.depth = exotel_name_split(name, path);
  leaf.text = value;
  leaf.null = 0;
  leaf.stays = 1;
  return sink(context, &leaf, e);
}

exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  form_cursor c;
  exotel_kind kind = EXOTEL_OK;
  exotel_buffer_reset(scratch);
  if (text.n == 0) return EXOTEL_OK;
  c.to = exotel_buffer_room(scratch, text.n + EXOTEL_CHUNK);
  if (c.to == NULL) return exotel_error_buffer(e, scratch, exotel_slice_of("body"));
  c.p = text.p;
  c.end = text.p + text.n;
  if (text.n < EXOTEL_CHUNK)
    c.p = read_tail(&c, text.p);
  else
    c.last = c.end - EXOTEL_CHUNK;
  while (kind == EXOTEL_OK) {
    exotel_slice name = read_text(&c, 1), value = {c.to, 0};
    if (*c.p == '=') {
      c.p++;
      value = read_text(&c, 0);
    }
    if (name.n > 0) kind = give(name, value, sink, context, e);
    if (c.p == c.end) break;
    c.p++;
  }
  return kind;
}
