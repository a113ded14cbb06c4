/*
** rows: which row of a record type a path is.
**
** An index over the rows' names, made once for a type and kept by whoever looks paths up.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_ROWS_H
#define EXOTEL_ROWS_H

#include "api.h"
#include "leaf.h"
#include "slice.h"

#include <stdint.h>

/* A row counts from 1 here; 0 stands for none. */
typedef struct exotel_row {
  const char *name;             /* the last name of its path */
  unsigned char name_n, head_n; /* bytes of that, and of what stands before it */
  unsigned char depth;          /* steps of its path */
  unsigned char next;           /* the next row of the same hash */
  unsigned char type;           /* an exotel_field_type */
  unsigned char listed;         /* it stands in the list */
  uint32_t tag;                 /* of its name in the record, for digests; never 0 */
  const char *lua;              /* that name */
} exotel_row;

typedef struct exotel_rows {
  const exotel_record_type *type;
  const char *list;         /* the one that rows of the type fill, or NULL */
  size_t id;                /* the row of an entry's own number in it */
  unsigned char first[256]; /* by the hash of the last name */
  exotel_row row[EXOTEL_ROWS_MAX + 1];
} exotel_rows;

/* Makes `rows` the index of `type`, unless it is. A cleared one is of no type. */
void exotel_rows_index(exotel_rows *rows, const exotel_record_type *type);

/* Letters of either case hash alike. Of the tables there are, no two rows of one do. */
static inline unsigned char exotel_rows_hash(const char *name, size_t n, size_t depth) {
  unsigned first = (unsigned char)name[0] | 0x20u;
  unsigned middle = (unsigned char)name[n / 2] | 0x20u;
  unsigned last = (unsigned char)name[n - 1] | 0x20u;
  return (unsigned char)(first * 17 + middle * 3 + last * 7 + n * 56 + depth * 217);
}

/* The row of a path, whatever the case of its names. */
size_t exotel_rows_find(const exotel_rows *rows, const exotel_step *path, size_t depth);

/* The row of a path of one name, which is spelt as documented; 0 for any other. */
static inline size_t exotel_rows_spelt(const exotel_rows *rows, exotel_slice name) {
  size_t i = name.n == 0 ? 0 : rows->first[exotel_rows_hash(name.p, name.n, 1)];
  for (; i != 0; i = rows->row[i].next) {
    const exotel_row *row = &rows->row[i];
    if (row->name_n == name.n && row->depth == 1 &&
        exotel_same_bytes(row->name, name.p, name.n))
      return i;
  }
  return 0;
}

/* The row of a name in the record, or in the entries of its list. */
size_t exotel_rows_named(const exotel_rows *rows, int in_list, const char *name);

/* A row of the list whose entry the path is, or is in; `*steps` is the depth of the entry:
** 4 for Details.Legs[].Leg.New, since Details.Legs[].Leg.Id is the leg's. */
size_t exotel_rows_entry(const exotel_rows *rows, const exotel_step *path, size_t depth,
                         size_t *steps);

#endif
