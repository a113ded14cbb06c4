/* http1: an answer is the same however it is cut; what is taken for whole has one end, which
** no byte less and no byte more would move. The first byte: a HEAD or not, and where to cut.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/header.h"
#include "../csrc/core/http1.h"
#include "../csrc/core/slice.h"

#define MAX_HEADERS 512
#define MAX_BODY 256

typedef struct reading {
  exotel_http1_reader r;
  size_t used;
} reading;

/* Pieces of `step` bytes; 0: all at once. */
static void feed(reading *g, int is_head, exotel_slice bytes, size_t step) {
  size_t at = 0;
  exotel_http1_begin(&g->r, is_head, MAX_HEADERS, MAX_BODY);
  g->used = 0;
  while (at < bytes.n) {
    size_t used, n = step == 0 || step > bytes.n - at ? bytes.n - at : step;
    exotel_slice piece = {bytes.p + at, n};
    exotel_http1_state state = exotel_http1_feed(&g->r, piece, &used);
    must(used <= n && (used == n || state != EXOTEL_HTTP1_MORE));
    must(state != EXOTEL_HTTP1_MEMORY);
    g->used += used;
    at += n;
  }
  must(g->r.headers.n <= MAX_HEADERS && g->r.body.n <= MAX_BODY);
}

static void must_be_same(const reading *a, const reading *b) {
  must(a->r.state == b->r.state && a->r.status == b->r.status);
  must(same(held(&a->r.headers), held(&b->r.headers)));
  must(same(held(&a->r.body), held(&b->r.body)));
  must(a->r.reason == b->r.reason && a->r.message == b->r.message);
  must(a->r.position == b->r.position && a->r.keep_alive == b->r.keep_alive);
  must(a->r.state != EXOTEL_HTTP1_DONE || a->used == b->used);
}

/* What the header lines say of the end, read apart from the reader. */
typedef struct framing {
  size_t lengths, codings, length;
  int closes;
} framing;

static framing framing_of(exotel_slice lines) {
  framing f = {0, 0, 0, 0};
  while (lines.n > 0) {
    exotel_header h;
    exotel_slice line = take_until(&lines, '\n');
    must(line.n > 0 && line.p[line.n - 1] == '\r' && line.p[line.n] == '\n');
    line.n--;
    must(memchr(line.p, '\r', line.n) == NULL && memchr(line.p, '\0', line.n) == NULL);
    must((line.n == 0) == (lines.n == 0));
    if (line.n == 0) break;
    must(exotel_header_read(line, &h));
    if (exotel_slice_is_nocase(h.name, "connection"))
      f.closes |= exotel_slice_is_nocase(h.value, "close");
    if (exotel_slice_is_nocase(h.name, "transfer-encoding")) f.codings++;
    if (!exotel_slice_is_nocase(h.name, "content-length")) continue;
    f.lengths++;
    f.length = (size_t)strtoul(h.value.p, NULL, 10);
  }
  return f;
}

static void check_done(const reading *g, int is_head, exotel_slice bytes) {
  int no_body = is_head || g->r.status == 204 || g->r.status == 304;
  exotel_slice body = held(&g->r.body);
  framing f = framing_of(held(&g->r.headers));
  must(g->r.status >= 200 && g->r.status <= 999);
  must(f.codings <= 1 && (f.codings == 0 || f.lengths == 0));
  must(!g->r.keep_alive || (!f.closes && g->used == bytes.n));
  must(!no_body || body.n == 0);
  if (no_body || f.codings > 0) return;
  must(f.lengths == 0 || body.n == f.length);
  must(f.lengths > 0 || !g->r.keep_alive);
  must(body.n <= g->used);
  must(memcmp(bytes.p + g->used - body.n, body.p, body.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static reading whole, cut;
  exotel_slice bytes;
  int is_head;
  size_t step;
  if (n == 0) return 0;
  is_head = p[0] & 1;
  step = p[0] >> 1;
  bytes = slice(p + 1, n - 1);
  feed(&whole, is_head, bytes, 0);
  feed(&cut, is_head, bytes, step);
  must_be_same(&whole, &cut);
  feed(&cut, is_head, bytes, 1);
  must_be_same(&whole, &cut);
  if (whole.r.state == EXOTEL_HTTP1_DONE) { /* its last byte makes it whole, no other */
    check_done(&whole, is_head, bytes);
    feed(&cut, is_head, slice(p + 1, whole.used - 1), step);
    must(cut.r.state == EXOTEL_HTTP1_MORE);
    must(exotel_http1_end(&cut.r) == EXOTEL_HTTP1_REFUSED);
    return 0;
  }
  if (exotel_http1_end(&whole.r) == EXOTEL_HTTP1_DONE)
    check_done(&whole, is_head, bytes);
  else
    must(whole.r.position >= 1 && whole.r.position <= n && whole.r.message != NULL);
  return 0;
}
