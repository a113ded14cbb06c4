/*
** form: application/x-www-form-urlencoded bytes, or a query string, to leaves.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_FORM_H
#define EXOTEL_FORM_H

#include "buffer.h"
#include "chunk.h"
#include "exotel.h"
#include "leaf.h"

/* How far a text has been read. Its last bytes are read in a copy, so that whole chunks
** can be, and an & stands behind them. */
typedef struct exotel_form_cursor {
  const char *p, *end; /* what is left of it */
  const char *last;    /* the last place where a chunk can be read */
  char *to;            /* where what is read goes */
  char tail[3 * EXOTEL_CHUNK];
} exotel_form_cursor;

/* Puts the cursor before the text, and empties `scratch`. Returns 0 when there is no room for
** what will be read, which the buffer remembers. */
int exotel_form_begin(exotel_form_cursor *c, exotel_slice text, exotel_buffer *scratch);

/* Reads a value, up to an & or the end, that stands right behind the bytes `before`. Returns
** 0 when these don't come next. */
int exotel_form_value(exotel_form_cursor *c, exotel_slice before, exotel_slice *value);

/* Hands each pair to `sink`, in order, its name split as name.h says. Pairs with an empty
** name are passed over. `scratch` is emptied first and takes what had to be decoded: the
** values stay as long as it and `text` do. Returns EXOTEL_OK, EXOTEL_PARSE beyond a limit,
** EXOTEL_MEMORY, or what the sink returned. */
exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e);

#endif
