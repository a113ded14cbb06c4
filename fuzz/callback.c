/* callback: the first byte chooses the content type. What is read is written again, leaf by
** leaf, in the three encodings: each is read as an event of the same key, where it can be
** written at all. SPDX-License-Identifier: MIT */
#include "writing.h"

#include "../csrc/core/callback.h"
#include "../csrc/core/form.h"
#include "../csrc/core/json.h"

static const char *const types[] = {"application/x-www-form-urlencoded",
                                    "multipart/form-data; boundary=b",
                                    "application/json", "multipart/form-data", ""};

static exotel_kind read_event(const char *type, exotel_slice body, char key[32]) {
  static exotel_callback callback; /* kept, as a server keeps it */
  const exotel_record *r;
  exotel_error e;
  exotel_kind kind;
  exotel_slice s;
  if (callback.scratch.max == 0) exotel_callback_init(&callback);
  exotel_error_clear(&e);
  kind = exotel_callback_read(&callback, exotel_slice_of(type), body,
                              exotel_slice_of(""), &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK || (e.kind == kind && e.message[0] != '\0'));
  if (kind != EXOTEL_OK) return kind;
  r = callback.record;
  must(exotel_record_find(r, "kind") != 0 && exotel_record_find(r, "final") != 0);
  s = exotel_record_text(r, exotel_record_node(r, exotel_record_find(r, "dedup_key")));
  must(s.n == 32);
  memcpy(key, s.p, s.n);
  return kind;
}

/* Whether the callback took the body for what its content type says, as far as can be
** told without telling it anew. */
static int is_as_said(exotel_slice body, size_t type) {
  while (body.n > 0 && memchr(" \t\r\n", body.p[0], 4) != NULL)
    body.p++, body.n--;
  if (body.n == 0 || type > 2) return 0;
  if (type == 2) return body.p[0] == '{';
  return body.p[0] != '{' && (type == 1 || body.p[0] != '-');
}

static exotel_kind write_again(writing *w, exotel_slice body, size_t type) {
  exotel_error e;
  if (type == 0) return exotel_form_read(body, buffer(0), writing_leaf, w, &e);
  if (type == 2) return exotel_json_read(body, buffer(0), writing_leaf, w, &e);
  return exotel_multipart_read(body, exotel_slice_of("b"), buffer(0), writing_part, w,
                               &e);
}

static void must_agree(int fits, const char *type, exotel_slice body, const char *key) {
  char other[32];
  if (!fits) return;
  must(read_event(type, body, other) == EXOTEL_OK);
  must(memcmp(key, other, 32) == 0);
}

static void compare(writing *w, const char *key) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1], type[128] = "multipart/form-data; boundary=";
  exotel_buffer *parts = buffer(3);
  exotel_slice json;
  exotel_error e;
  must(exotel_multipart_end(&w->parts, parts, boundary, &e) == EXOTEL_OK);
  must(exotel_json_print(&w->json, &json, &e) == EXOTEL_OK);
  strcat(type, boundary);
  must_agree(w->fits_form, types[0], held(w->form), key);
  must_agree(w->fits_parts, type, held(parts), key);
  must_agree(w->fits_json, types[2], json, key);
  must_agree(w->fits_parts, "", held(parts), key);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  size_t type = n > 0 ? p[0] % (sizeof types / sizeof *types) : 0;
  exotel_slice body = slice(p + (n > 0), n - (n > 0));
  char key[32];
  writing w;
  if (read_event(types[type], body, key) != EXOTEL_OK) return 0;
  if (!is_as_said(body, type)) return 0;
  writing_begin(&w);
  must(write_again(&w, body, type) == EXOTEL_OK);
  compare(&w, key);
  writing_end(&w);
  return 0;
}
