/*
** multipart_out: leaves to form bytes or multipart/form-data. The way back from form.h and
** multipart.h.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_MULTIPART_OUT_H
#define EXOTEL_MULTIPART_OUT_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

#define EXOTEL_BOUNDARY_SIZE 40 /* bytes of the boundaries made here */

/* Appends one pair, "&" before it when there are others. */
void exotel_form_put(exotel_buffer *out, const exotel_leaf *leaf);

/* Gathers parts until their boundary can be chosen. */
typedef struct exotel_multipart_writer {
  exotel_buffer parts; /* their headers and values, each with its size before it */
  exotel_buffer name;
} exotel_multipart_writer;

void exotel_multipart_begin(exotel_multipart_writer *w, size_t max);
void exotel_multipart_free(exotel_multipart_writer *w);

/* Adds a field. EXOTEL_INVALID when its name has a CR, LF or NUL, EXOTEL_MEMORY. */
exotel_kind exotel_multipart_put(exotel_multipart_writer *w, const exotel_leaf *leaf,
                                 exotel_error *e);

/* A part that is a file: as many blanks as it has bytes stand for its content. */
typedef struct exotel_file {
  exotel_slice name, filename, type;
  size_t size;
} exotel_file;

/* Adds a file. Fails as exotel_multipart_put does. */
exotel_kind exotel_multipart_put_file(exotel_multipart_writer *w, const exotel_file *f,
                                      exotel_error *e);

/* Appends the whole body, and writes its boundary: a digest of what stands between, and
** one that doesn't occur there. */
exotel_kind exotel_multipart_end(exotel_multipart_writer *w, exotel_buffer *out,
                                 char boundary[EXOTEL_BOUNDARY_SIZE + 1],
                                 exotel_error *e);

#endif
