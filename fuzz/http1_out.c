/* http1_out: what is written is one request, of just the lines that were meant. The pieces
** of the input stand between bytes 0x1E: method, address, user, name, value, and the body.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/http1_out.h"
#include "../csrc/core/slice.h"

/* Bytes up to `what`, which must be there, and is dropped. */
static exotel_slice must_take(exotel_slice *s, const char *what) {
  const char *at = memmem(s->p, s->n, what, strlen(what));
  exotel_slice taken = *s;
  must(at != NULL);
  taken.n = (size_t)(at - s->p);
  s->p = at + strlen(what);
  s->n -= taken.n + strlen(what);
  return taken;
}

static void must_be(exotel_slice s, exotel_slice other) {
  must(same(s, other));
}

static void check(exotel_slice bytes, const exotel_http1_request *r) {
  exotel_slice head = must_take(&bytes, "\r\n\r\n"), value = r->headers->value;
  size_t i, line_ends = 0;
  must_be(bytes, r->has_body ? r->body : exotel_slice_of(""));
  for (i = 0; i < head.n; i++) {
    line_ends += head.p[i] == '\n';
    must(head.p[i] != '\n' || head.p[i - 1] == '\r');
    must(head.p[i] != '\r' || head.p[i + 1] == '\n');
    must(head.p[i] != '\0');
  }
  must(line_ends == 2 + 1 + (size_t)r->has_user + (size_t)r->has_body);
  must_be(must_take(&head, " "), r->method);
  must(must_take(&head, " ").p[0] == '/');
  must_be(must_take(&head, "\r\n"), exotel_slice_of("HTTP/1.1"));
  must_be(must_take(&head, ": "), exotel_slice_of("Host"));
  must(must_take(&head, "\r\n").n > 0);
  if (r->has_user) must_take(&head, "Authorization: Basic ");
  if (r->has_user) must_take(&head, "\r\n");
  must_be(must_take(&head, ": "), r->headers->name);
  must_be(must_take(&head, "\r\n"), value);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p, n);
  exotel_header header;
  exotel_http1_request r;
  exotel_buffer *out = buffer(0);
  exotel_error e;
  exotel_kind kind;
  memset(&r, 0, sizeof r);
  exotel_error_clear(&e);
  r.method = take_until(&text, 0x1E);
  r.url = take_until(&text, 0x1E);
  r.user = r.password = take_until(&text, 0x1E);
  r.has_user = r.user.n > 0;
  header.name = take_until(&text, 0x1E);
  header.value = take_until(&text, 0x1E);
  r.headers = &header;
  r.nheaders = 1;
  r.body = text;
  r.has_body = 1;
  r.close = (int)(n & 1);
  kind = exotel_http1_write(out, &r, buffer(1), &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_INVALID);
  if (kind == EXOTEL_OK) check(held(out), &r);
  return 0;
}
