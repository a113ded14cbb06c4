/*
** value: what the caller gave for a parameter, checked and spelt as it is sent.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_VALUE_H
#define EXOTEL_VALUE_H

#include "request.h"

/* Appends the value as its row's type spells it. Returns EXOTEL_OK, EXOTEL_INVALID, or
** EXOTEL_MEMORY; a failed append is left in the buffer's state. */
exotel_kind exotel_value_put(exotel_buffer *out, const exotel_argument *a,
                             const exotel_target *target, exotel_error *e);

/* Whether a boolean, or a text in its place, says true. */
int exotel_value_is_true(const exotel_given *v);

/* Appends a whole number. */
void exotel_value_decimal(exotel_buffer *out, long long value);

#endif
