/*
** http1: the pieces of HTTP/1.1 that don't depend on who carries the bytes.
**
** SPDX-License-Identifier: MIT
*/
#include "http1.h"

#include "ascii.h"

#include "decimal.h"
#include "text.h"
#include "time.h"

#include <string.h>

#define LONGEST_WAIT 1000000000LL /* seconds; what is longer is no time to wait */

int exotel_header_read(exotel_slice line, exotel_header *header) {
  const char *colon = line.n == 0 ? NULL : memchr(line.p, ':', line.n);
  if (colon == NULL || colon == line.p || exotel_is_blank(line.p[0])) return 0;
  header->name.p = line.p;
  header->name.n = (size_t)(colon - line.p);
  header->value.p = colon + 1;
  header->value.n = line.n - header->name.n - 1;
  header->value = exotel_slice_trimmed(header->value);
  return !exotel_is_blank(colon[-1]);
}

exotel_slice exotel_header_find(const exotel_header *headers, size_t n,
                                const char *name) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (exotel_slice_is_nocase(headers[i].name, name))
      return exotel_slice_trimmed(headers[i].value);
  }
  return exotel_slice_of("");
}

double exotel_retry_after(const exotel_header *headers, size_t n) {
  exotel_slice after = exotel_header_find(headers, n, "Retry-After");
  exotel_slice reset = exotel_header_find(headers, n, "X-RateLimit-Reset");
  exotel_slice date = exotel_header_find(headers, n, "Date");
  long long seconds, now, until;
  size_t at;
  int has_now = exotel_time_read(date, 0, &now, &at);
  if (exotel_decimal_integer(after.p, after.n, &seconds))
    return seconds < 0 || seconds > LONGEST_WAIT ? -1 : (double)seconds;
  if (!has_now) return -1;
  if (!exotel_time_read(after, 0, &until, &at) &&
      !exotel_decimal_integer(reset.p, reset.n, &until))
    return -1;
  if (until - now > LONGEST_WAIT) return -1;
  return until < now ? 0 : (double)(until - now);
}
