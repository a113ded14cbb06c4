/*
** multipart: multipart/form-data bytes to parts (RFC 7578, RFC 2046 section 5.1).
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_MULTIPART_H
#define EXOTEL_MULTIPART_H

#include "buffer.h"
#include "exotel.h"

/* One part. The value points into the body; the rest there or into working memory, and
** lives until the sink returns. */
typedef struct exotel_part {
  exotel_slice name;
  int is_file; /* it has a filename, if only an empty one */
  exotel_slice filename;
  exotel_slice type; /* its Content-Type, or empty */
  exotel_slice value;
} exotel_part;

/* Takes one part. Anything but EXOTEL_OK stops the decoder, which returns that. */
typedef exotel_kind exotel_part_sink(void *context, const exotel_part *part,
                                     exotel_error *e);

/* A body whose delimiters are looked for. */
typedef struct exotel_multipart_cursor {
  const char *begin, *p, *end;
  exotel_slice boundary;
  int crlf;    /* how this body ends its lines */
  size_t part; /* the one at work, from 1 */
  exotel_buffer *scratch;
  exotel_error *e;
} exotel_multipart_cursor;

/* A delimiter that was found. */
typedef struct exotel_delimiter {
  const char *from; /* where the data before it ends */
  const char *to;   /* behind its line */
  int closing;
} exotel_delimiter;

/* Finds the delimiter that the parts begin with. Returns 0 when there is none. */
int exotel_multipart_first(exotel_multipart_cursor *c, exotel_slice body,
                           exotel_slice boundary, exotel_delimiter *d);

/* Finds the one that ends the part whose value begins at `c->p`, right behind a line end.
** Returns 0 when there is none. */
int exotel_multipart_next(const exotel_multipart_cursor *c, exotel_delimiter *d);

/* Whether no part follows the delimiter. */
static inline int exotel_multipart_ends(const exotel_multipart_cursor *c,
                                        const exotel_delimiter *d) {
  return d->closing || d->to >= c->end;
}

/* Hands each part to `sink`, in order. `boundary` is the one of the Content-Type.
**
** The end of the first delimiter's line says how lines end, CRLF or a bare LF, and only a
** delimiter on a line of its own ends a part, so that one in the data is data. What comes
** before the first and behind the closing delimiter is passed over. A body that ends
** inside a part is refused, also right behind a delimiter that isn't the closing one and
** has no line end; one that ends behind that line end has lost nothing and is taken.
**
** EXOTEL_PARSE names the part and the byte: no delimiter, no end, a header without its
** blank line, no name, a Content-Transfer-Encoding that changes the bytes, or a limit. */
exotel_kind exotel_multipart_read(exotel_slice body, exotel_slice boundary,
                                  exotel_buffer *scratch, exotel_part_sink *sink,
                                  void *context, exotel_error *e);

#endif
