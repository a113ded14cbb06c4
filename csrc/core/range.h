/*
** range: the ends of a range, as operators and values or as one text, to the text that is
** sent: "gte:10s;lte:45s". How one value is spelt is value.c's.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_RANGE_H
#define EXOTEL_RANGE_H

#include "value.h"

/* The ends that are given. */
typedef struct exotel_range {
  const exotel_parameter *row;
  unsigned bits;                         /* the operators that are given */
  int plain;                             /* eq is given without its name */
  exotel_given given[EXOTEL_BOUNDS_MAX]; /* in the order of exotel_bounds */
} exotel_range;

/* The ends of a range of times, in epoch seconds. */
typedef struct exotel_span {
  int has_from, has_to; /* an end that isn't given is open */
  long long from, to;   /* both within the range */
} exotel_span;

/* The operator of that name, or NULL. */
const exotel_bound *exotel_bound_find(exotel_slice name);

/* Says that the row has no operator of that name. Returns `kind`. */
exotel_kind exotel_bound_unknown(const exotel_parameter *row, exotel_slice name,
                                 exotel_kind kind, exotel_error *e);

/* Begins a range of the row without ends. */
void exotel_range_begin(exotel_range *r, const exotel_parameter *row);

/* Gives one end. Returns EXOTEL_OK or EXOTEL_INVALID: the row doesn't take the operator,
** or has it already. */
exotel_kind exotel_range_add(exotel_range *r, const exotel_bound *bound,
                             const exotel_given *value, exotel_error *e);

/* Gives what has no operator beside it: a number or "10s", which must be equalled, or a
** text with its own operators: "gte:10s;lte:45s". Returns as exotel_range_add. */
exotel_kind exotel_range_take(exotel_range *r, const exotel_given *value,
                              exotel_error *e);

/* Appends the range. Returns as exotel_value_put; EXOTEL_INVALID also when the ends say
** one thing twice, or leave nothing between them. */
exotel_kind exotel_range_put(exotel_buffer *out, const exotel_range *r,
                             const exotel_target *target, exotel_error *e);

/* Reads a range of times, in the zone of `target`. `scratch` takes their text. Returns as
** exotel_range_put, also EXOTEL_MEMORY. */
exotel_kind exotel_range_span(exotel_span *span, const exotel_range *r,
                              const exotel_target *target, exotel_buffer *scratch,
                              exotel_error *e);

#endif
