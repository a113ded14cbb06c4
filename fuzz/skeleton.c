/* skeleton: bodies, a NUL between them: each is the same event, or the same error, for who has
** read those before it as for who hasn't. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/callback.h"
#include "../csrc/core/error.h"

static const char *const types[] = {"application/x-www-form-urlencoded",
                                    "application/json",
                                    "multipart/form-data; boundary=b", ""};

typedef struct told {
  exotel_kind kind;
  size_t position;
  const char *reason;
  char key[32], final;
  char event_kind[16];
} told;

/* A value that the event has of its own. */
static exotel_slice own(const exotel_record *r, const char *name) {
  size_t at = exotel_record_find(r, name);
  must(at != 0);
  return exotel_record_text(r, exotel_record_node(r, at));
}

static told read_event(exotel_callback *c, const char *type, exotel_slice body) {
  exotel_slice s;
  exotel_error e;
  told t;
  memset(&t, 0, sizeof t);
  exotel_error_clear(&e);
  t.kind =
      exotel_callback_read(c, exotel_slice_of(type), body, exotel_slice_of(""), &e);
  t.position = e.position;
  t.reason = t.kind == EXOTEL_OK ? "" : e.reason;
  if (t.kind != EXOTEL_OK) return t;
  s = own(c->record, "dedup_key");
  must(s.n == sizeof t.key);
  memcpy(t.key, s.p, s.n);
  s = own(c->record, "kind");
  must(s.n < sizeof t.event_kind);
  memcpy(t.event_kind, s.p, s.n);
  t.final =
      exotel_record_node(c->record, exotel_record_find(c->record, "final"))->integer !=
      0;
  return t;
}

static void compare(exotel_callback *experienced, const char *type, exotel_slice body) {
  exotel_callback fresh;
  told a, b;
  exotel_callback_init(&fresh);
  a = read_event(experienced, type, body);
  b = read_event(&fresh, type, body);
  must(a.kind == b.kind && a.position == b.position && strcmp(a.reason, b.reason) == 0);
  must(memcmp(a.key, b.key, sizeof a.key) == 0 && a.final == b.final);
  must(strcmp(a.event_kind, b.event_kind) == 0);
  exotel_callback_free(&fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  const char *type = types[n > 0 ? p[0] % (sizeof types / sizeof *types) : 0];
  exotel_slice bodies = slice(p + (n > 0), n - (n > 0));
  exotel_callback experienced;
  exotel_callback_init(&experienced);
  while (bodies.n > 0)
    compare(&experienced, type, take_until(&bodies, '\0'));
  exotel_callback_free(&experienced);
  return 0;
}
