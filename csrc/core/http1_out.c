/*
** http1_out: a request to bytes (see http1_out.h). Whatever a caller brings is checked before
** it becomes part of the head.
**
** SPDX-License-Identifier: MIT
*/
#include "http1_out.h"

#include "base64.h"
#include "error.h"
#include "slice.h"
#include "url.h"

#include <stdio.h>

/* What is made here, or asks for an answer that is no single one. */
static const char *const own_names[] = {"Host",
                                        "Content-Length",
                                        "Transfer-Encoding",
                                        "Connection",
                                        "Keep-Alive",
                                        "Upgrade",
                                        "Expect",
                                        "TE",
                                        "Trailer"};

static int is_own(exotel_slice name) {
  size_t i;
  for (i = 0; i < sizeof own_names / sizeof *own_names; i++) {
    if (exotel_slice_is_nocase(name, own_names[i])) return 1;
  }
  return 0;
}

static exotel_kind invalid(exotel_error *e, const char *field, const char *message) {
  return exotel_error_set(e, EXOTEL_INVALID, field, exotel_slice_of(field), "%s",
                          message);
}

static exotel_kind check_header(const exotel_http1_request *r, const exotel_header *h,
                                exotel_error *e) {
  if (!exotel_header_is_name(h->name))
    return invalid(e, "headers", "the name of a header is no token");
  if (exotel_header_has_control(h->value))
    return invalid(e, "headers",
                   "a header has a CR, LF, NUL or other control character");
  if (is_own(h->name) ||
      (r->has_user && exotel_slice_is_nocase(h->name, "Authorization")))
    return invalid(e, "headers", "a header is one that the request makes itself");
  return EXOTEL_OK;
}

static exotel_kind check_url(exotel_slice url, exotel_base *base, exotel_slice *target,
                             exotel_error *e) {
  size_t at;
  const char *wrong = exotel_url_split(url, base, target, &at);
  if (wrong == NULL) return EXOTEL_OK;
  e->position = at;
  return exotel_error_set(e, EXOTEL_INVALID, "url", exotel_slice_of("url"),
                          "the address %s", wrong);
}

static exotel_kind check_headers(const exotel_http1_request *r, exotel_error *e) {
  exotel_kind kind = EXOTEL_OK;
  size_t i;
  for (i = 0; i < r->nheaders && kind == EXOTEL_OK; i++)
    kind = check_header(r, &r->headers[i], e);
  return kind;
}

static void add(exotel_buffer *out, exotel_slice s) {
  exotel_buffer_add(out, s.p, s.n);
}

static void write_line(exotel_buffer *out, exotel_slice name, exotel_slice value) {
  add(out, name);
  exotel_buffer_adds(out, ": ");
  add(out, value);
  exotel_buffer_adds(out, "\r\n");
}

static void write_begin(exotel_buffer *out, exotel_slice method, exotel_slice target,
                        const exotel_base *base) {
  add(out, method);
  exotel_buffer_addc(out, ' ');
  if (target.n == 0 || target.p[0] != '/') exotel_buffer_addc(out, '/');
  add(out, target);
  exotel_buffer_adds(out, " HTTP/1.1\r\nHost: ");
  exotel_base_write_host(out, base);
  exotel_buffer_adds(out, "\r\n");
}

static void write_user(exotel_buffer *out, const exotel_http1_request *r,
                       exotel_buffer *scratch) {
  exotel_buffer_reset(scratch);
  add(scratch, r->user);
  exotel_buffer_addc(scratch, ':');
  add(scratch, r->password);
  if (scratch->state != EXOTEL_BUFFER_OK) out->state = scratch->state;
  exotel_buffer_adds(out, "Authorization: Basic ");
  exotel_base64_encode(out, exotel_slice_held(scratch));
  exotel_buffer_adds(out, "\r\n");
}

static void write_length(exotel_buffer *out, size_t n) {
  char text[64];
  snprintf(text, sizeof text, "Content-Length: %lu\r\n", (unsigned long)n);
  exotel_buffer_adds(out, text);
}

static void write_end(exotel_buffer *out, const exotel_http1_request *r) {
  if (r->has_body || exotel_slice_is(r->method, "POST"))
    write_length(out, r->has_body ? r->body.n : 0);
  exotel_buffer_adds(out, r->close ? "Connection: close\r\n\r\n"
                                   : "Connection: keep-alive\r\n\r\n");
  if (r->has_body) add(out, r->body);
}

exotel_kind exotel_http1_write(exotel_buffer *out, const exotel_http1_request *request,
                               exotel_buffer *scratch, exotel_error *e) {
  exotel_base base;
  exotel_slice target;
  exotel_kind kind;
  size_t i;
  if (!exotel_header_is_name(request->method))
    return invalid(e, "method", "the method is no token");
  kind = check_url(request->url, &base, &target, e);
  if (kind == EXOTEL_OK) kind = check_headers(request, e);
  if (kind != EXOTEL_OK) return kind;
  write_begin(out, request->method, target, &base);
  if (request->has_user) write_user(out, request, scratch);
  for (i = 0; i < request->nheaders; i++)
    write_line(out, request->headers[i].name, request->headers[i].value);
  write_end(out, request);
  return exotel_error_buffer(e, out, exotel_slice_of("body"));
}
