/*
** json_tree: JSON bytes to values with their types, for documents that are no records:
** what other programs answer, say, write down.
**
** The guard of json.h reads the bytes first, so what is refused is the same; old releases
** of cJSON refuse numbers of more than 63 bytes besides. Numbers are numbers here, and so
** exact up to 2^53.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_JSON_TREE_H
#define EXOTEL_JSON_TREE_H

#include "buffer.h"
#include "exotel.h"

typedef enum exotel_json_kind {
  EXOTEL_JSON_IS_NULL,
  EXOTEL_JSON_IS_BOOLEAN, /* in number: 0 or 1 */
  EXOTEL_JSON_IS_NUMBER,
  EXOTEL_JSON_IS_TEXT,
  EXOTEL_JSON_IS_LIST,
  EXOTEL_JSON_IS_OBJECT
} exotel_json_kind;

/* One value. All that it points to lives as long as its tree. */
typedef struct exotel_json_value {
  exotel_json_kind kind;
  exotel_slice name; /* in an object; p is NULL elsewhere */
  exotel_slice text;
  double number;
  const void *first, *next; /* what it holds, and what follows it; NULL: none */
} exotel_json_value;

/* Parses one document into `*tree`, which must be NULL and is the caller's to free also
** when it fails. Returns EXOTEL_OK, EXOTEL_PARSE with `e->position`, or EXOTEL_MEMORY. */
exotel_kind exotel_json_tree_read(void **tree, exotel_slice text, exotel_error *e);

/* Frees the tree and sets it to NULL. */
void exotel_json_tree_free(void **tree);

/* The value at `item`: a tree, or what another value gave. */
exotel_json_value exotel_json_tree_at(const void *item);

#endif
