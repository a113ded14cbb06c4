/*
** http1: the bytes of an answer in HTTP/1.1, in any pieces, to its status, header lines and
** body (RFC 9112). The request's bytes are http1_out's. It reads no socket and measures no
** time.
**
** It never guesses. Where two readers could tell two ends of one answer, there is none: two
** lengths, a length and chunks, any other coding, a bare CR or LF, a folded line, a name
** with a blank, a chunk without its line end are refused.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HTTP1_H
#define EXOTEL_HTTP1_H

#include "buffer.h"
#include "exotel.h"

#define EXOTEL_HTTP1_STATUS_LINE_MAX 8192 /* bytes, its line end included */
#define EXOTEL_HTTP1_INTERIM_MAX 16       /* answers 1xx; a server sends one or two */
#define EXOTEL_HTTP1_CHUNK_LINE_MAX 1024  /* bytes, with extensions and line end */
#define EXOTEL_HTTP1_EXTENSIONS_MAX 16384 /* bytes of all chunks' extensions */

typedef enum exotel_http1_state {
  EXOTEL_HTTP1_MORE,    /* the answer isn't whole yet */
  EXOTEL_HTTP1_DONE,    /* it is */
  EXOTEL_HTTP1_REFUSED, /* it can't be read: see reason, message and position */
  EXOTEL_HTTP1_MEMORY   /* the allocator refused; the answer is lost */
} exotel_http1_state;

/* What the next byte belongs to. */
typedef enum exotel_http1_part {
  EXOTEL_HTTP1_STATUS_LINE,
  EXOTEL_HTTP1_HEADERS,
  EXOTEL_HTTP1_BODY,       /* of a known length */
  EXOTEL_HTTP1_OPEN_BODY,  /* up to the end of the connection */
  EXOTEL_HTTP1_CHUNK_SIZE, /* the line before a chunk */
  EXOTEL_HTTP1_CHUNK,
  EXOTEL_HTTP1_CHUNK_END, /* the line end behind it */
  EXOTEL_HTTP1_TRAILERS
} exotel_http1_part;

/* One answer while it is read. The fields up to `position` are the caller's to read. */
typedef struct exotel_http1_reader {
  exotel_http1_state state;
  int status;            /* of the last status line; 0 before it */
  exotel_buffer headers; /* its lines as they came, with the blank one */
  exotel_buffer body;
  int keep_alive; /* of a whole answer: the connection can take another request */

  const char *reason;  /* "protocol", "too_large" or "closed"; a constant */
  const char *message; /* what is wrong, for people; a constant, repeats nothing */
  size_t position;     /* the byte where it is, of all that was fed, from 1 */

  exotel_http1_part part;
  exotel_buffer line; /* what there is of the line at work */
  size_t used;        /* bytes before that line, or of all */
  int is_head, minor_version, closes, chunked, codings, has_length;
  size_t length;          /* of the body, by its header */
  size_t left;            /* bytes of the body or the chunk that haven't come */
  size_t lines;           /* of headers and trailers */
  size_t trailers;        /* bytes; they are dropped */
  size_t extensions;      /* bytes */
  size_t interim_answers; /* 1xx that were passed over */
} exotel_http1_reader;

/* Makes `r` empty. Allocates nothing. */
void exotel_http1_init(exotel_http1_reader *r);

/* Gives the memory back and leaves `r` empty. */
void exotel_http1_free(exotel_http1_reader *r);

/* Begins the answer to one request; what `r` held of another is forgotten, its memory kept.
** is_head: the request was a HEAD, so that no body follows. max_headers: bytes of header
** lines and trailers, with their line ends; max_body: bytes of the body; both below the
** largest number there is. */
void exotel_http1_begin(exotel_http1_reader *r, int is_head, size_t max_headers,
                        size_t max_body);

/* Takes the next bytes that came. Sets `*used` to how many belong to the answer: less than
** all only when it is whole or refused. What comes behind a whole answer was not asked for:
** the connection can't be used again, and keep_alive says so. */
exotel_http1_state exotel_http1_feed(exotel_http1_reader *r, exotel_slice bytes,
                                     size_t *used);

/* The peer has closed: the end of a body that has no other, else of no whole answer, which
** is refused as "closed". */
exotel_http1_state exotel_http1_end(exotel_http1_reader *r);

#endif
