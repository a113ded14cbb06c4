/*
** header: header lines of HTTP, and what some of them say: how long to wait, which bytes.
**
** SPDX-License-Identifier: MIT
*/
#include "header.h"

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

int exotel_header_next(exotel_slice *lines, exotel_header *header) {
  int found = 0;
  while (!found && lines->n > 0) {
    const char *end = memchr(lines->p, '\n', lines->n);
    exotel_slice line = *lines;
    if (end != NULL) line.n = (size_t)(end - line.p) + 1;
    lines->p += line.n;
    lines->n -= line.n;
    found = exotel_header_read(line, header);
  }
  return found;
}

int exotel_header_is_name(exotel_slice name) {
  size_t i;
  for (i = 0; i < name.n; i++) {
    char c = name.p[i];
    if (c == '\0' || (!exotel_is_alnum(c) && strchr("!#$%&'*+-.^_`|~", c) == NULL))
      return 0;
  }
  return name.n > 0;
}

int exotel_header_has_control(exotel_slice text) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    unsigned char c = (unsigned char)text.p[i];
    if ((c < ' ' && c != '\t') || c == 0x7F) return 1;
  }
  return 0;
}

exotel_slice exotel_header_find(const exotel_header *headers, size_t n,
                                const char *name) {
  const exotel_header *found = NULL;
  size_t i;
  for (i = 0; i < n; i++) {
    if (!exotel_slice_is_nocase(headers[i].name, name)) continue;
    if (found != NULL) return exotel_slice_of("");
    found = &headers[i];
  }
  return found != NULL ? exotel_slice_trimmed(found->value) : exotel_slice_of("");
}

double exotel_retry_after(const exotel_header *headers, size_t n, int status) {
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
      !(status == 429 && exotel_decimal_integer(reset.p, reset.n, &until)))
    return -1;
  if (until - now > LONGEST_WAIT) return -1;
  return until < now ? 0 : (double)(until - now);
}

/* A place: digits alone. A number too large for a body is the largest. */
static int place_read(exotel_slice text, size_t *place) {
  long long number;
  size_t i;
  for (i = 0; i < text.n; i++) {
    if (text.p[i] < '0' || text.p[i] > '9') return 0;
  }
  if (text.n == 0) return 0;
  *place = (size_t)-1;
  if (exotel_decimal_integer(text.p, text.n, &number) &&
      (unsigned long long)number < *place)
    *place = (size_t)number;
  return 1;
}

/* The last n bytes. */
static exotel_byte_range suffix(size_t n, size_t size, size_t *first, size_t *last) {
  if (n == 0 || size == 0) return EXOTEL_RANGE_OUTSIDE;
  *first = n < size ? size - n : 0;
  *last = size - 1;
  return EXOTEL_RANGE_PART;
}

exotel_byte_range exotel_byte_range_read(exotel_slice text, size_t size, size_t *first,
                                         size_t *last) {
  static const char unit[] = "bytes=";
  const char *end = text.p + text.n, *dash;
  exotel_slice rest, from, to;
  size_t begin, until = (size_t)-1;
  if (text.n < sizeof unit || memcmp(text.p, unit, sizeof unit - 1) != 0)
    return EXOTEL_RANGE_WHOLE;
  rest = exotel_slice_trimmed(exotel_slice_between(text.p + sizeof unit - 1, end));
  dash = rest.n == 0 ? NULL : memchr(rest.p, '-', rest.n);
  if (dash == NULL) return EXOTEL_RANGE_WHOLE;
  from = exotel_slice_between(rest.p, dash);
  to = exotel_slice_between(dash + 1, rest.p + rest.n);
  if (to.n > 0 && !place_read(to, &until)) return EXOTEL_RANGE_WHOLE;
  if (from.n == 0 && to.n > 0) return suffix(until, size, first, last);
  if (!place_read(from, &begin) || begin > until) return EXOTEL_RANGE_WHOLE;
  if (begin >= size) return EXOTEL_RANGE_OUTSIDE;
  *first = begin;
  *last = until < size ? until : size - 1;
  return EXOTEL_RANGE_PART;
}

int exotel_content_range_read(exotel_slice text, size_t *first, size_t *last,
                              size_t *size) {
  static const char unit[] = "bytes ";
  const char *end = text.p + text.n, *dash, *slash;
  exotel_slice rest;
  if (text.n < sizeof unit || memcmp(text.p, unit, sizeof unit - 1) != 0) return 0;
  rest = exotel_slice_between(text.p + sizeof unit - 1, end);
  dash = memchr(rest.p, '-', rest.n);
  if (dash == NULL) return 0;
  slash = memchr(dash, '/', (size_t)(end - dash));
  if (slash == NULL) return 0;
  return place_read(exotel_slice_between(rest.p, dash), first) &&
         place_read(exotel_slice_between(dash + 1, slash), last) &&
         place_read(exotel_slice_between(slash + 1, end), size) && *first <= *last &&
         *last < *size;
}
