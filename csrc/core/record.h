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

#define EXOTEL_NODES_MAX 2048 /* values in one record; the largest documented has 40 */

typedef enum exotel_node_type {
  EXOTEL_NODE_TABLE, /* children by name */
  EXOTEL_NODE_LIST,  /* children by position: the order of the chain */
  EXOTEL_NODE_TEXT,
  EXOTEL_NODE_INTEGER,
  EXOTEL_NODE_NUMBER
} exotel_node_type;

/* Links are positions in the record's nodes; 0, the root, stands for none. */
typedef struct exotel_node {
  exotel_node_type type;
  const exotel_field *field; /* the row of a known value, else NULL */
  const char *known;         /* the name when it is a constant, else NULL */
  size_t name_at, name_n;    /* the name in the record's text */
  size_t key;                /* of a list's child: the position it was sent with */
  size_t text_at, text_n;    /* the value's text */
  long long integer;
  double number;
  size_t first, next, count;
} exotel_node;

typedef struct exotel_record {
  const exotel_record_type *type;
  exotel_buffer nodes, text;
  size_t next_row;  /* where the search for a path begins: rows come in order */
  size_t repeated;  /* the list of names that came more than once, or 0 */
  size_t positions; /* values that name an entry of a list by number, until finished */
} exotel_record;

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

/* Reading: the node at a position, its name and its text. Valid until the next change. */
const exotel_node *exotel_record_node(const exotel_record *r, size_t at);
exotel_slice exotel_record_name(const exotel_record *r, const exotel_node *node);
exotel_slice exotel_record_text(const exotel_record *r, const exotel_node *node);

#endif
