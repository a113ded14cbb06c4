/*
** record: leaves to a typed record, by the rows of api.c.
**
** A record is a small tree kept in two buffers: nodes, and the text they point into.
** Known fields go where their row says, with their type; unknown ones keep the service's
** names and nesting, as text. A value that isn't what its row says is kept under the
** service's name too, so that a typed field always has its type and nothing is lost. An
** unknown name that a record uses itself ("legs") gets an underscore in front.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_RECORD_H
#define EXOTEL_RECORD_H

#include "api.h"
#include "buffer.h"
#include "exotel.h"
#include "leaf.h"
#include "node.h"

#define EXOTEL_NODES_MAX 2048 /* values in one record; the largest documented has 40 */

struct exotel_record {
  const exotel_record_type *type;
  exotel_buffer nodes, text;
  size_t next_row;  /* where the search for a path begins: rows come in order */
  size_t row;       /* of the leaf at work, from 1; 0: none */
  size_t repeated;  /* the list of names that came more than once, or 0 */
  size_t positions; /* values that name an entry of a list by number, until finished */
  int from_zero;    /* something came at place 0 of the list, if only an absent value */
  int yielding;     /* what is there already stays, and nothing is said of it */
};

void exotel_record_init(exotel_record *r);
void exotel_record_free(exotel_record *r);

/* Empties `r` for a record of `type`, keeping its memory. */
exotel_kind exotel_record_begin(exotel_record *r, const exotel_record_type *type,
                                exotel_error *e);

/* Adds one leaf, its path being relative to the record. EXOTEL_PARSE beyond the limit of
** nodes, EXOTEL_MEMORY. The first of two values for one place stays. */
exotel_kind exotel_record_add(exotel_record *r, const exotel_leaf *leaf,
                              exotel_error *e);

/* Merges what was sent beside its list (Leg1Status) into it. Call it once, at the end. */
exotel_kind exotel_record_finish(exotel_record *r, exotel_error *e);

/* Adds a value to the place that `field` says, whatever the leaf's path is called: for
** what a record has beside the service's fields. A list's position is the path's. */
exotel_kind exotel_record_add_as(exotel_record *r, const exotel_field *field,
                                 const exotel_leaf *leaf, exotel_error *e);

/* The node of a name at the record's top, or 0. */
size_t exotel_record_find(const exotel_record *r, const char *name);

/* Gives the value of a known name at the top the name of another row. */
void exotel_record_rename(exotel_record *r, const char *from, const char *to);

#endif
