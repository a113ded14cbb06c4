/*
** skeleton: bodies that are like one before in all but their values.
**
** The service's webhooks repeat: the same names in the same order, again and again. A skeleton
** keeps what stood between the values of such a body, byte for byte, and the node that
** each value became. Of a body that has the same bytes between its values these go to the
** same nodes; no name is looked up, and no node is made. Whatever differs, if only in a
** blank, or has a value that wants a closer look, is left to the decoders: a skeleton is
** never the only way to read a body, and never reads one in another way than they do.
**
** It knows no field: values are typed by record.c, as all are.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_SKELETON_H
#define EXOTEL_SKELETON_H

#include "buffer.h"
#include "exotel.h"
#include "media_type.h"
#include "record.h"

#define EXOTEL_SKELETON_VALUES 64  /* in one body; the longest documented has 40 */
#define EXOTEL_SKELETON_BYTES 4096 /* between them */

/* What a decoder made of a body: its values in order, each with its node, or 0 where it
** says nothing and has none. */
typedef struct exotel_trace {
  size_t n;
  int unfit; /* for a skeleton: something was read that only a decoder can read */
  struct {
    exotel_slice text;
    unsigned node;
  } value[EXOTEL_SKELETON_VALUES];
} exotel_trace;

/* Notes a leaf that was added to the record when it had `before` bytes of nodes. */
void exotel_trace_note(exotel_trace *t, const exotel_record *r, const exotel_leaf *leaf,
                       size_t before);

typedef struct exotel_skeleton {
  exotel_media media;  /* FORM, MULTIPART or JSON */
  int crlf;            /* of multipart: how lines end */
  exotel_buffer bytes; /* before the first value, between, behind the last one; but
                          for delimiters, whose boundary is another each time */
  size_t nvalues;      /* 0: there is no body like this one */
  struct {
    unsigned short before; /* how many of the bytes stand before it */
    unsigned short node;   /* 0: it says nothing */
  } value[EXOTEL_SKELETON_VALUES];
} exotel_skeleton;

void exotel_skeleton_init(exotel_skeleton *s);
void exotel_skeleton_free(exotel_skeleton *s);

/* Makes `s` the skeleton of a body by its trace, whose texts are moved to where they stand in
** it. Where there can be none `s` has no values afterwards. EXOTEL_OK, or
** EXOTEL_MEMORY. */
exotel_kind exotel_skeleton_make(exotel_skeleton *s, exotel_slice body,
                                 const exotel_media_type *type, exotel_trace *t,
                                 exotel_error *e);

/* Gives the body's values to the record's nodes. Returns 0 for a body that isn't alike, and
** without memory: then the record is good for nothing but another call. `scratch` takes what
** a form has to have decoded, and is emptied for it. */
int exotel_skeleton_fill(const exotel_skeleton *s, exotel_slice body,
                         const exotel_media_type *type, exotel_buffer *scratch,
                         exotel_record *r);

#endif
