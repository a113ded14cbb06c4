/*
** value: what the caller gave for a parameter, checked and spelt as it is sent.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_VALUE_H
#define EXOTEL_VALUE_H

#include "request.h"

#define EXOTEL_PLACE_MAX EXOTEL_FIELD_MAX /* bytes of a place, its NUL included */

/* One value: of a parameter, of an item of its list, or of one end of its range. */
typedef struct exotel_value {
  const exotel_parameter *row;
  const char *place;         /* for messages: "from", "from[3]", "duration.gte" */
  const exotel_bound *bound; /* the end of a range, or NULL */
  exotel_given given;
} exotel_value;

/* Appends the value as its row's type spells it, of a range without its operator. Returns
** EXOTEL_OK, EXOTEL_INVALID, or EXOTEL_MEMORY; a failed append is left in the buffer's
** state. */
exotel_kind exotel_value_put(exotel_buffer *out, const exotel_value *v,
                             const exotel_target *target, exotel_error *e);

/* Whether a boolean, or a text in its place, says true. */
int exotel_value_is_true(const exotel_given *v);

/* Appends a text as it is, or a number or boolean as one writes it. A number is finite. */
void exotel_value_plain(exotel_buffer *out, const exotel_given *v);

/* Appends a whole number. */
void exotel_value_decimal(exotel_buffer *out, long long value);

#endif
