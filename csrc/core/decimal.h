/*
** decimal: decimal text to numbers, whatever the host's locale says of the point.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_DECIMAL_H
#define EXOTEL_DECIMAL_H

#include <stddef.h>

/* Both take [-]digits[.digits][e[+-]digits] and nothing else, not even blanks.
** Return 1 and the value, or 0 when the text is no such number or is out of range. */

/* The nearest double; 1e400 is out of range, 1e-400 is 0. */
int exotel_decimal_number(const char *p, size_t n, double *value);

/* A whole number: "17" and "17.0" are, "17.5" and "1e3" are not. */
int exotel_decimal_integer(const char *p, size_t n, long long *value);

#endif
