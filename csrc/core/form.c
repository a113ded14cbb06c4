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
#include "error.h"
#include "name.h"
#include "slice.h"
#include "word.h"

#include <string.h>

/* Goes on in the copy, from `p` on; returns where it stands there. */
static const char *read_tail(exotel_form_cursor *c, const char *p) {
  size_t left = (size_t)(c->end - p);
  memset(c->tail, 0, sizeof c->tail);
  if (left > 0) memcpy(c->tail, p, left);
  c->tail[left] = '&';
  c->end = c->tail + left;
  c->last = c->tail + sizeof c->tail - EXOTEL_CHUNK;
  return c->tail;
}

/* Copies a chunk; returns a bit for each & = % and + in it, and one behind them all. */
static inline unsigned copy_chunk(char *to, const char *from) {
  exotel_chunk chunk = exotel_chunk_at(from);
  exotel_chunk_put(to, chunk);
  return exotel_chunk_bits(exotel_chunk_or(
             exotel_chunk_or(exotel_chunk_is(chunk, '&'), exotel_chunk_is(chunk, '=')),
             exotel_chunk_or(exotel_chunk_is(chunk, '%'),
                             exotel_chunk_is(chunk, '+')))) |
         1u << EXOTEL_CHUNK;
}

/* The byte that %XX at `p` stands for, or -1 when that is none. */
static inline int escaped(const char *p) {
  int high = exotel_hex(p[1]), low = exotel_hex(p[2]);
  return p[0] != '%' || high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Reads up to an & or the end. Returns where the value begins in what is read: behind the
** first =, or at the end without one, unless it is known. Bits are those of the bytes
** from `p` on, as far as they are known, which are copied already. Place and target are
** kept apart from the cursor: what is written could be in it, for all that C knows. */
static inline const char *read_on(exotel_form_cursor *c, const char *value_from) {
  const char *p = c->p;
  char *to = c->to;
  unsigned bits = 1;
  for (;;) {
    unsigned n;
    if (bits == 1) {
      if (p > c->last) p = read_tail(c, p);
      bits = copy_chunk(to, p);
    }
    n = exotel_word_lowest_bit(bits);
    p += n;
    to += n;
    bits >>= n;
    if (bits == 1) continue;
    if (*p == '&') break;
    if (p > c->last) p = read_tail(c, p); /* for two bytes more */
    n = 1;
    if (*p == '=' && value_from == NULL) {
      value_from = to;
    } else {
      int byte = escaped(p);
      *to++ = (char)(byte >= 0 ? byte : *p == '+' ? ' ' : *p);
      if (byte >= 0) n = 3;
    }
    p += n;
    bits >>= n;
    if (bits <= 1 || p > c->last)
      bits = 1;
    else
      exotel_chunk_put(to, exotel_chunk_at(p));
  }
  c->p = p;
  c->to = to;
  return value_from != NULL ? value_from : to;
}

static void read_pair(exotel_form_cursor *c, exotel_slice *name, exotel_slice *value) {
  const char *from = c->to, *value_from = read_on(c, NULL);
  *name = exotel_slice_between(from, value_from);
  *value = exotel_slice_between(value_from, c->to);
}

int exotel_form_value(exotel_form_cursor *c, exotel_slice before, exotel_slice *value) {
  const char *from = c->to;
  if ((size_t)(c->end - c->p) < before.n ||
      !exotel_same_bytes(c->p, before.p, before.n))
    return 0;
  c->p += before.n;
  read_on(c, from);
  *value = exotel_slice_between(from, c->to);
  return 1;
}

int exotel_form_begin(exotel_form_cursor *c, exotel_slice text,
                      exotel_buffer *scratch) {
  exotel_buffer_reset(scratch);
  c->to = exotel_buffer_room(scratch, text.n + EXOTEL_CHUNK);
  if (c->to == NULL) return 0;
  c->p = text.p;
  c->end = text.p + text.n;
  if (text.n < EXOTEL_CHUNK)
    c->p = read_tail(c, text.p);
  else
    c->last = c->end - EXOTEL_CHUNK;
  return 1;
}

exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  exotel_slice name;
  exotel_kind kind;
  exotel_form_cursor c;
  exotel_buffer_reset(scratch);
  if (text.n == 0) return EXOTEL_OK;
  if (!exotel_form_begin(&c, text, scratch))
    return exotel_error_buffer(e, scratch, exotel_slice_of("body"));
  leaf.path = path;
  leaf.null = 0;
  leaf.stays = 1;
  for (;; c.p++) {
    read_pair(&c, &name, &leaf.text);
    if (name.n > 0) {
      leaf.depth = exotel_name_split(name, path);
      kind = sink(context, &leaf, e);
      if (kind != EXOTEL_OK) return kind;
    }
    if (c.p == c.end) return EXOTEL_OK;
  }
}
