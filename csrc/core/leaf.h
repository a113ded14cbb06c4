/*
** leaf: what every decoder turns its bytes into.
**
** A document, whatever its encoding, is a stream of leaves: a path of names and list
** positions, and a value that is still text. Types are given later and in one place
** (record.c), so that `Legs[1][Status]`, {"Legs":[..]} and <Legs><Leg> meet there.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LEAF_H
#define EXOTEL_LEAF_H

#include "exotel.h"

#define EXOTEL_DEPTH_MAX 32 /* names and positions in a path; the deepest known has 6 */

/* One step of a path: a name, or a position in a list (then name.p is NULL). */
typedef struct exotel_step {
  exotel_slice name;
  size_t index; /* from 0, as sent */
} exotel_step;

typedef struct exotel_leaf {
  const exotel_step *path; /* borrowed, as are all names in it */
  size_t depth;
  exotel_slice text; /* a number as it was written, true and false as words */
  int null;          /* the document said null: text is empty */
  int stays;         /* text outlives the sink: see the decoder for how long */
} exotel_leaf;

/* Takes one leaf. What it points to lives until the sink returns, and a text that stays
** longer than that. Anything but EXOTEL_OK stops the decoder, which returns that kind; the
** sink has filled `e`. */
typedef exotel_kind exotel_leaf_sink(void *context, const exotel_leaf *leaf,
                                     exotel_error *e);

#endif
