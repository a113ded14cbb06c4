/*
** endpoint: addresses and pairs without rows (see endpoint.h). A path is passed on as it
** is, once it is clear that it can't lead to another host or out of what it names.
**
** SPDX-License-Identifier: MIT
*/
#include "endpoint.h"

#include "ascii.h"
#include "error.h"
#include "slice.h"
#include "url.h"
#include "value.h"

#include <string.h>

exotel_kind exotel_endpoint_pair(exotel_buffer *out, exotel_slice name,
                                 const exotel_given *value, int in_query,
                                 exotel_buffer *scratch, exotel_error *e) {
  void (*encode)(exotel_buffer *, exotel_slice) =
      in_query ? exotel_url_encode_query : exotel_url_encode;
  exotel_slice part = exotel_slice_of(in_query ? "query" : "form");
  if (name.n == 0)
    return exotel_error_set(e, EXOTEL_INVALID, "name", part, "%s has an empty name",
                            part.p);
  if (value->type == EXOTEL_GIVEN_NUMBER && value->number - value->number != 0)
    return exotel_error_set(e, EXOTEL_INVALID, "range", part,
                            "%s.%.*s is not a finite number", part.p, (int)name.n,
                            name.p);
  exotel_buffer_reset(scratch);
  exotel_value_plain(scratch, value);
  if (scratch->state != EXOTEL_BUFFER_OK) return exotel_error_buffer(e, scratch, part);
  if (out->n > 0) exotel_buffer_addc(out, '&');
  encode(out, name);
  exotel_buffer_addc(out, '=');
  encode(out, exotel_slice_held(scratch));
  return EXOTEL_OK;
}

static exotel_kind refuse(exotel_error *e, const char *reason, const char *why,
                          size_t at) {
  if (at == 0)
    return exotel_error_set(e, EXOTEL_INVALID, reason, exotel_slice_of("path"),
                            "path %s", why);
  exotel_error_set(e, EXOTEL_INVALID, reason, exotel_slice_of("path"),
                   "path %s (byte %lu)", why, (unsigned long)at);
  e->position = at;
  return EXOTEL_INVALID;
}

static int is_encoded(exotel_slice s, size_t at) {
  return s.n - at > 2 && exotel_hex(s.p[at + 1]) >= 0 && exotel_hex(s.p[at + 2]) >= 0;
}

/* What is wrong with the byte, or NULL. */
static const char *wrong_byte(exotel_slice path, size_t at) {
  unsigned char c = (unsigned char)path.p[at];
  if (c == '%' && is_encoded(path, at)) {
    c = (unsigned char)(exotel_hex(path.p[at + 1]) * 16 + exotel_hex(path.p[at + 2]));
    return c < ' ' || c == 0x7F ? "has an encoded control character" : NULL;
  }
  if (c < ' ' || c == 0x7F) return "has a control character";
  if (c == '@') return "has an @, as credentials have: %40 stands for it elsewhere";
  if (c == '#') return "has a #: %23 stands for it";
  if (c > 0x7F || strchr(" \"%<>\\^`{|}", c) != NULL)
    return "has a byte that must be percent-encoded";
  return NULL;
}

/* "//host", "scheme:" and "scheme://host" */
static int names_host(exotel_slice path) {
  size_t i = 0;
  if (path.n > 1 && path.p[0] == '/' && path.p[1] == '/') return 1;
  while (i < path.n && strchr("/?", path.p[i]) == NULL && path.p[i] != ':')
    i++;
  return i < path.n && path.p[i] == ':';
}

static exotel_kind check_bytes(exotel_slice path, exotel_error *e) {
  size_t i;
  if (path.n == 0) return refuse(e, "empty", "is empty", 0);
  for (i = 0; i < path.n; i++) {
    const char *why = wrong_byte(path, i);
    if (why != NULL) return refuse(e, "path", why, i + 1);
  }
  if (names_host(path))
    return refuse(e, "host",
                  "names a scheme or a host: requests go to the client's own", 0);
  return EXOTEL_OK;
}

static int is_step(exotel_slice segment) {
  return exotel_slice_is(segment, ".") || exotel_slice_is(segment, "..");
}

/* Whether a path, what is percent-encoded in it decoded, has a segment "." or "..". */
static int has_steps(exotel_slice path, exotel_buffer *scratch) {
  const char *query = memchr(path.p, '?', path.n);
  size_t i, from = 0;
  if (query != NULL) path.n = (size_t)(query - path.p);
  exotel_buffer_reset(scratch);
  exotel_url_decode(scratch, path, 0);
  if (scratch->state != EXOTEL_BUFFER_OK) return 0;
  for (i = 0; i <= scratch->n; i++) {
    char c = i < scratch->n ? scratch->p[i] : '/';
    if (c != '/' && c != '\\') continue;
    if (is_step(exotel_slice_between(scratch->p + from, scratch->p + i))) return 1;
    from = i + 1;
  }
  return 0;
}

static void write_url(exotel_buffer *out, exotel_slice path, exotel_slice query,
                      const exotel_target *target) {
  exotel_buffer_add(out, target->base.p, target->base.n);
  if (path.p[0] != '/') {
    exotel_buffer_adds(out, "/v1/Accounts/");
    exotel_url_encode(out, target->account_sid);
    exotel_buffer_addc(out, '/');
  }
  exotel_buffer_add(out, path.p, path.n);
  if (query.n == 0) return;
  exotel_buffer_addc(out, memchr(path.p, '?', path.n) == NULL ? '?' : '&');
  exotel_buffer_add(out, query.p, query.n);
}

exotel_kind exotel_endpoint_url(exotel_buffer *out, exotel_slice path,
                                exotel_slice query, const exotel_target *target,
                                exotel_buffer *scratch, exotel_error *e) {
  size_t begin = out->n + target->base.n;
  exotel_kind kind = check_bytes(path, e);
  int steps;
  if (kind != EXOTEL_OK) return kind;
  write_url(out, path, query, target);
  kind = exotel_error_buffer(e, out, exotel_slice_of("path"));
  if (kind != EXOTEL_OK) return kind;
  steps = has_steps(exotel_slice_between(out->p + begin, out->p + out->n), scratch);
  kind = exotel_error_buffer(e, scratch, exotel_slice_of("path"));
  if (kind == EXOTEL_OK && steps)
    return refuse(e, "path", "has a segment . or .., which leads elsewhere", 0);
  return kind;
}
