/*
** media_type: what a Content-Type says (see media_type.h).
**
** SPDX-License-Identifier: MIT
*/
#include "media_type.h"

#include "ascii.h"

#include "text.h"

#include <string.h>

static const char *skip_blanks(const char *p, const char *end) {
  while (p < end && exotel_is_blank(*p))
    p++;
  return p;
}

static void keep(char *out, size_t size, size_t *n, char c) {
  if (*n < size) out[*n] = c;
  ++*n; /* also what doesn't fit, so that the caller sees it is too long */
}

/* Only \" and \\ are escapes: a lone backslash is one in a path of Windows. */
static const char *take_quoted(const char *p, const char *end, char *out, size_t size,
                               size_t *n) {
  for (p++; p < end && *p != '"'; p++) {
    if (*p == '\\' && end - p > 1 && (p[1] == '"' || p[1] == '\\')) p++;
    keep(out, size, n, *p);
  }
  return p < end ? p + 1 : NULL;
}

/* An unquoted value goes up to the semicolon: boundaries are seen unquoted that by the
** standard would need quotes. */
static const char *take_bare(const char *p, const char *end, char *out, size_t size,
                             size_t *n) {
  const char *stop = memchr(p, ';', (size_t)(end - p));
  exotel_slice value =
      exotel_slice_trimmed(exotel_slice_between(p, stop == NULL ? end : stop));
  *n = value.n;
  memcpy(out, value.p, value.n < size ? value.n : size);
  return stop == NULL ? end : stop;
}

int exotel_parameter_next(const char **p, const char *end, exotel_slice *name,
                          char *out, size_t size, size_t *n) {
  const char *at = skip_blanks(*p, end), *sign;
  while (at < end && *at == ';')
    at = skip_blanks(at + 1, end);
  if (at >= end) return 0;
  for (sign = at; sign < end && *sign != '=' && *sign != ';';)
    sign++;
  *name = exotel_slice_trimmed(exotel_slice_between(at, sign));
  *n = 0;
  if (sign < end && *sign == '=') {
    sign = skip_blanks(sign + 1, end);
    sign = sign < end && *sign == '"' ? take_quoted(sign, end, out, size, n)
                                      : take_bare(sign, end, out, size, n);
  }
  if (sign == NULL) return 0;
  *p = sign;
  return 1;
}

static int ends_with_json(exotel_slice type) {
  return type.n > 5 &&
         exotel_slice_is_nocase((exotel_slice){type.p + type.n - 5, 5}, "+json");
}

static int is(exotel_slice type, const char *name) {
  size_t n = strlen(name);
  return type.n == n &&
         (exotel_same_bytes(type.p, name, n) || exotel_slice_is_nocase(type, name));
}

static exotel_media media_of(exotel_slice type) {
  if (type.n == 0) return EXOTEL_MEDIA_NONE;
  if (is(type, "application/x-www-form-urlencoded")) return EXOTEL_MEDIA_FORM;
  if (is(type, "multipart/form-data")) return EXOTEL_MEDIA_MULTIPART;
  if (is(type, "application/json") || is(type, "text/json") || ends_with_json(type))
    return EXOTEL_MEDIA_JSON;
  return EXOTEL_MEDIA_OTHER;
}

static int is_boundary(const char *p, size_t n) {
  size_t i;
  if (n == 0 || n > EXOTEL_BOUNDARY_MAX || p[n - 1] == ' ') return 0;
  for (i = 0; i < n; i++) {
    if (!exotel_is_alnum(p[i]) &&
        (p[i] == '\0' || strchr("'()+_,-./:=? ", p[i]) == NULL))
      return 0;
  }
  return 1;
}

void exotel_media_type_read(exotel_slice text, exotel_media_type *m) {
  const char *end = text.p + text.n, *p = skip_blanks(text.p, end);
  const char *stop = p < end ? memchr(p, ';', (size_t)(end - p)) : NULL;
  char value[EXOTEL_BOUNDARY_MAX];
  exotel_slice name;
  size_t n;
  m->boundary_size = 0;
  m->media = media_of(
      exotel_slice_trimmed(exotel_slice_between(p, stop == NULL ? end : stop)));
  p = stop == NULL ? end : stop;
  while (exotel_parameter_next(&p, end, &name, value, sizeof value, &n)) {
    if (!exotel_slice_is_nocase(name, "boundary")) continue;
    if (is_boundary(value, n)) {
      memcpy(m->boundary, value, n);
      m->boundary_size = n;
    }
    return;
  }
}
