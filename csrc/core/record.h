/*
** record: leaves to a typed record, by the rows of api.c.
**
** A record is a small tree kept in two buffers: nodes, and the text they point into, which
** holds what doesn't stay where it came from. Known fields go where their row says, with
** their type; unknown ones keep the service's names and nesting, as text. A value that
** isn't what its row says is kept under the service's name too, so that a typed field
** always has its type and nothing is lost. An unknown name that a record uses itself
** ("legs") gets an underscore in front.
**
** The records of a page stand one behind the other in the same buffers, each with links of
** its own, and are looked at one at a time.
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
#include "rows.h"

#include <stdint.h>

#define EXOTEL_NODES_MAX 2048 /* values in one record; the largest documented has 40 */
#define EXOTEL_PAGE_NODES_MAX (128 * 1024) /* values in all records of a page */

typedef struct exotel_record {
  exotel_rows rows; /* of the type at work */
  exotel_buffer nodes, text;
  size_t base;         /* where the record at work, or looked at, begins in `nodes` */
  uint64_t rows_there; /* those that have a value at the top: bit 0 is row 1 */
  unsigned short at_row[EXOTEL_ROWS_MAX + 1]; /* its node, for those */
  unsigned list;                              /* the list that rows fill, or 0 */
  unsigned positions; /* values that name an entry of it by number, until finished */
  unsigned repeated;  /* the list of names that came more than once, or 0 */
  int unknown;        /* something is at the top that no row knows */
  int keeps;          /* a value is kept that isn't what its row says */
  int from_zero; /* something came at place 0 of the list, if only an absent value */
  int yielding;  /* what is there already stays, and nothing is said of it */
} exotel_record;

void exotel_record_init(exotel_record *r);
void exotel_record_free(exotel_record *r);

/* Empties `r` for a record of `type`, keeping its memory. */
exotel_kind exotel_record_begin(exotel_record *r, const exotel_record_type *type,
                                exotel_error *e);

/* Begins another record of the same type behind the one at work, which is finished. All of
** them live until the next exotel_record_begin. EXOTEL_PARSE when all together are beyond
** their limit, EXOTEL_MEMORY. */
exotel_kind exotel_record_another(exotel_record *r, exotel_error *e);

/* Looks at the first of the records, or at the next: 0 when there is none. Nothing is added
** to a record after that. */
void exotel_record_first(exotel_record *r);
int exotel_record_next(exotel_record *r);

/* Adds one leaf, its path being relative to the record. A text that stays isn't copied, so
** the record lives no longer than that. EXOTEL_PARSE beyond the limit of nodes,
** EXOTEL_MEMORY. The first of two values for one place stays. */
exotel_kind exotel_record_add(exotel_record *r, const exotel_leaf *leaf,
                              exotel_error *e);

/* Merges what was sent beside its list (Leg1Status) into it. Call it once, at the end of a
** record. */
exotel_kind exotel_record_finish(exotel_record *r, exotel_error *e);

/* Adds a value that no row knows: what a record has beside the service's fields. `field`
** says its type, its name, and the list it belongs in, if any, at `position`. No value is
** given to a place twice. */
exotel_kind exotel_record_put(exotel_record *r, const exotel_field *field,
                              size_t position, exotel_slice text, exotel_error *e);

/* Where a record stands: what is put in behind it can be taken out again. */
typedef struct exotel_record_mark {
  size_t size; /* bytes of nodes */
  unsigned short last, count;
} exotel_record_mark;

exotel_record_mark exotel_record_marked(const exotel_record *r);

/* Takes out what was put in at the record's top since then, and forgets the texts that were
** copied: all values have to be given anew. */
void exotel_record_rewind(exotel_record *r, const exotel_record_mark *mark);

/* Gives the node of a known field another value, which stays. Returns 0 for one that says
** nothing, or isn't what the row says: that would have no node there. Also without memory
** for a copy of it: then the node's text isn't there, and the record can't be looked at. */
int exotel_record_refill(exotel_record *r, size_t at, exotel_slice text);

/* The node at a position (0: the root), its name and its text. Valid until the next change. */
static inline const exotel_node *exotel_record_node(const exotel_record *r, size_t at) {
  return (const exotel_node *)(const void *)r->nodes.p + r->base + at;
}

static inline exotel_slice exotel_record_text(const exotel_record *r,
                                              const exotel_node *node) {
  exotel_slice s;
  s.p = node->text.p != NULL ? node->text.p : r->text.p + node->text.at;
  s.n = node->text.n;
  return s;
}

/* The node of a row's value at the top, or 0. */
static inline unsigned exotel_record_row(const exotel_record *r, size_t row) {
  return r->rows_there >> (row - 1) & 1 ? r->at_row[row] : 0;
}

exotel_slice exotel_record_name(const exotel_record *r, const exotel_node *node);

/* The node of a name at the record's top, or 0. */
size_t exotel_record_find(const exotel_record *r, const char *name);

/* Gives the value of a row at the top to another row, which has none. */
void exotel_record_move(exotel_record *r, size_t from, size_t to);

#endif
