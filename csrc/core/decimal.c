/*
** decimal: decimal text to numbers (see decimal.h).
**
** Fifteen digits and a power of ten up to 22 are exact doubles, so one multiplication
** or division rounds correctly. The rest goes to strtod, spelt without a point
** ("1500e-3"): the point is the only thing a locale changes.
**
** SPDX-License-Identifier: MIT
*/
#include "decimal.h"

#include "ascii.h"

#include <stdio.h>
#include <stdlib.h>

#define DIGITS_KEPT 768 /* no double needs more digits to be told from its neighbour */
#define EXPONENT_CAP 100000L
#define EXACT_DIGITS 15
#define EXACT_POWER 22

typedef struct decimal {
  int negative, spelt_exponent;
  char digits[DIGITS_KEPT + 1]; /* without leading zeros */
  size_t ndigits;
  long exponent; /* value = digits * 10^exponent */
  int whole;     /* no digit but 0 stands after the point */
} decimal;

static void take(decimal *d, char digit, int fraction) {
  if (fraction && digit != '0') d->whole = 0;
  if (d->ndigits == 0 && digit == '0') {
    d->exponent -= fraction;
    return;
  }
  if (d->ndigits < DIGITS_KEPT) {
    d->digits[d->ndigits++] = digit;
    d->exponent -= fraction;
  } else {
    d->exponent += !fraction;
  }
}

static const char *take_digits(decimal *d, const char *p, const char *end,
                               int fraction) {
  const char *from = p;
  for (; p < end && exotel_is_digit(*p); p++)
    take(d, *p, fraction);
  return p == from ? NULL : p;
}

static const char *take_exponent(decimal *d, const char *p, const char *end) {
  const char *from;
  long exponent = 0;
  int negative = p < end && *p == '-';
  if (p < end && (*p == '+' || *p == '-')) p++;
  for (from = p; p < end && exotel_is_digit(*p); p++) {
    if (exponent < EXPONENT_CAP) exponent = exponent * 10 + (*p - '0');
  }
  d->exponent += negative ? -exponent : exponent;
  d->spelt_exponent = 1;
  return p == from ? NULL : p;
}

static int scan(decimal *d, const char *p, size_t n) {
  const char *end = p + n;
  d->negative = d->spelt_exponent = 0;
  d->ndigits = 0;
  d->exponent = 0;
  d->whole = 1;
  if (p < end && *p == '-') {
    d->negative = 1;
    p++;
  }
  p = take_digits(d, p, end, 0);
  if (p != NULL && p < end && *p == '.') p = take_digits(d, p + 1, end, 1);
  if (p != NULL && p < end && (*p == 'e' || *p == 'E'))
    p = take_exponent(d, p + 1, end);
  d->digits[d->ndigits] = '\0';
  return p == end && p != NULL;
}

static double exact(const decimal *d) {
  double value = 0, power = 1;
  long k, steps = d->exponent < 0 ? -d->exponent : d->exponent;
  size_t i;
  for (i = 0; i < d->ndigits; i++)
    value = value * 10 + (d->digits[i] - '0');
  for (k = 0; k < steps; k++)
    power *= 10;
  return d->exponent < 0 ? value / power : value * power;
}

int exotel_decimal_number(const char *p, size_t n, double *value) {
  char spelt[DIGITS_KEPT + 32];
  double magnitude;
  decimal d;
  if (!scan(&d, p, n)) return 0;
  if (d.ndigits == 0) {
    magnitude = 0;
  } else if (d.ndigits <= EXACT_DIGITS && d.exponent >= -EXACT_POWER &&
             d.exponent <= EXACT_POWER) {
    magnitude = exact(&d);
  } else {
    snprintf(spelt, sizeof spelt, "%se%ld", d.digits, d.exponent);
    magnitude = strtod(spelt, NULL);
  }
  if (magnitude > 1.7976931348623157e308) return 0;
  *value = d.negative ? -magnitude : magnitude;
  return 1;
}

/* Drops the zeros after the point: "170" * 10^-1 is "17". */
static int make_whole(decimal *d) {
  if (!d->whole || d->spelt_exponent) return 0;
  if (d->ndigits == 0) d->exponent = 0;
  for (; d->exponent < 0; d->exponent++)
    d->ndigits--;
  return d->exponent == 0 && d->ndigits <= 18;
}

/* Digits alone, no more than always fit. */
static int plain_integer(const char *p, size_t n, long long *value) {
  long long sum = 0;
  size_t i;
  if (n == 0 || n > 18) return 0;
  for (i = 0; i < n && exotel_is_digit(p[i]); i++)
    sum = sum * 10 + (p[i] - '0');
  if (i < n) return 0;
  *value = sum;
  return 1;
}

int exotel_decimal_integer(const char *p, size_t n, long long *value) {
  decimal d;
  size_t i;
  if (plain_integer(p, n, value)) return 1;
  if (!scan(&d, p, n) || !make_whole(&d)) return 0;
  *value = 0;
  for (i = 0; i < d.ndigits; i++)
    *value = *value * 10 + (d.digits[i] - '0');
  if (d.negative) *value = -*value;
  return 1;
}
