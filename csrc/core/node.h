/*
** node: what a record consists of, for those who read it.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_NODE_H
#define EXOTEL_NODE_H

#include "api.h"
#include "exotel.h"

typedef enum exotel_node_type {
  EXOTEL_NODE_TABLE, /* children by name */
  EXOTEL_NODE_LIST,  /* children by position: the order of the chain */
  EXOTEL_NODE_TEXT,
  EXOTEL_NODE_INTEGER,
  EXOTEL_NODE_NUMBER,
  EXOTEL_NODE_BOOLEAN /* in integer */
} exotel_node_type;

/* Bytes that stand outside the record, or a copy in its text (then `p` is NULL). */
typedef struct exotel_piece {
  const char *p;
  unsigned at, n;
} exotel_piece;

/* Links are positions in the record's nodes; 0, the root, stands for none. Nodes are kept
** small, since every record goes through the processor's nearest memory. */
typedef struct exotel_node {
  unsigned char type; /* an exotel_node_type */
  unsigned char row;  /* its place in the record type, from 1; 0: in no row of it */
  unsigned char
      kept; /* the row that a value was sent for and isn't what it says, or 0 */
  unsigned short first, last, next, count;
  unsigned key;             /* of a list's child: the position it was sent with */
  const char *known;        /* the name when it is a constant, else NULL */
  unsigned name_at, name_n; /* the name in the record's text */
  exotel_piece text;        /* the value's */
  long long integer;
  double number;
} exotel_node;

#endif
