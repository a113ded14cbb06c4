/* callback: the first byte chooses the content type. What is read is written again, leaf by
** leaf, in the three encodings: each is read as an event of the same key, where it can be
** written at all. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/callback.h"
#include "../csrc/core/form.h"
#include "../csrc/core/json.h"
#include "../csrc/core/json_out.h"
#include "../csrc/core/multipart.h"
#include "../csrc/core/multipart_out.h"
#include "../csrc/core/name.h"

static const char *const types[] = {"application/x-www-form-urlencoded",
                                    "multipart/form-data; boundary=b",
                                    "application/json", "multipart/form-data", ""};

/* What is written again. A verdict of 0: that encoding can't hold one of the leaves. */
typedef struct writing {
  exotel_buffer *form, *name;
  exotel_multipart_writer parts;
  exotel_json_writer json; /* each name whole, so that what came twice stays in order */
  int fits_form, fits_parts, fits_json;
} writing;

static exotel_callback callback; /* kept, as a server keeps it */

static exotel_kind read_event(const char *type, exotel_slice body, char *key) {
  exotel_error e;
  exotel_kind kind;
  if (callback.scratch.max == 0) exotel_callback_init(&callback);
  exotel_error_clear(&e);
  kind = exotel_callback_read(&callback, (exotel_slice){type, strlen(type)}, body,
                              (exotel_slice){"", 0}, &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK || (e.kind == kind && e.message[0] != '\0'));
  if (kind == EXOTEL_OK) {
    const exotel_record *r = &callback.record;
    exotel_slice s = exotel_record_text(
        r, exotel_record_node(r, exotel_record_find(r, "dedup_key")));
    must(s.n == 32);
    memcpy(key, s.p, s.n);
    must(exotel_record_find(r, "kind") != 0 && exotel_record_find(r, "final") != 0);
  }
  return kind;
}

static void put_json(writing *w, const exotel_leaf *leaf) {
  exotel_step step = {held(w->name), 0};
  exotel_leaf whole = *leaf;
  exotel_error e;
  whole.path = &step;
  whole.depth = 1;
  w->json.twice = 1;
  if (exotel_json_put(&w->json, &whole,
                      leaf->null ? EXOTEL_JSON_NULL : EXOTEL_JSON_STRING,
                      &e) != EXOTEL_OK)
    w->fits_json = 0;
}

/* A null is written as nothing where nothing is a value, which makes no difference but
** for what is taken verbatim. */
static exotel_kind put(void *context, const exotel_leaf *leaf, exotel_error *e) {
  writing *w = context;
  if (leaf->depth == 0) return EXOTEL_OK;
  exotel_buffer_reset(w->name);
  exotel_name_write(w->name, leaf->path, leaf->depth);
  if (w->name->n == 0) return EXOTEL_OK;
  exotel_form_put(w->form, leaf);
  if (exotel_multipart_put(&w->parts, leaf, e) != EXOTEL_OK) w->fits_parts = 0;
  if (leaf->null && exotel_slice_is_nocase(held(w->name), "CustomField"))
    w->fits_form = w->fits_parts = 0;
  put_json(w, leaf);
  return EXOTEL_OK;
}

static exotel_kind put_part(void *context, const exotel_part *part, exotel_error *e) {
  writing *w = context;
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf = {path, 0, part->value, 0};
  exotel_file f = {part->name, part->filename, part->type, part->value.n};
  if (part->is_file) {
    w->fits_form = w->fits_json = 0;
    if (exotel_multipart_put_file(&w->parts, &f, e) != EXOTEL_OK) w->fits_parts = 0;
    return EXOTEL_OK;
  }
  leaf.depth = exotel_name_split(part->name, path);
  return part->name.n == 0 ? EXOTEL_OK : put(w, &leaf, e);
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
  if (type == 0) return exotel_form_read(body, buffer(0), put, w, &e);
  if (type == 2) return exotel_json_read(body, buffer(0), put, w, &e);
  return exotel_multipart_read(body, (exotel_slice){"b", 1}, buffer(0), put_part, w,
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
  static exotel_buffer body;
  exotel_slice json;
  exotel_error e;
  if (body.max == 0) exotel_buffer_init(&body, 16 * FUZZ_MAX);
  exotel_buffer_reset(&body);
  must(exotel_multipart_end(&w->parts, &body, boundary, &e) == EXOTEL_OK);
  must(exotel_json_print(&w->json, &json, &e) == EXOTEL_OK);
  strcat(type, boundary);
  must_agree(w->fits_form, types[0], held(w->form), key);
  must_agree(w->fits_parts, type, held(&body), key);
  must_agree(w->fits_json, types[2], json, key);
  must_agree(w->fits_parts, "", held(&body), key);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static exotel_buffer form, name;
  size_t type = n > 0 ? p[0] % (sizeof types / sizeof *types) : 0;
  exotel_slice body = slice(p + (n > 0), n - (n > 0));
  writing w = {&form, &name, {{0}, {0}}, {0}, 1, 1, 1};
  char key[32];
  if (form.max == 0) exotel_buffer_init(&form, 16 * FUZZ_MAX);
  if (name.max == 0) exotel_buffer_init(&name, FUZZ_MAX);
  exotel_buffer_reset(&form);
  if (read_event(types[type], body, key) != EXOTEL_OK) return 0;
  if (!is_as_said(body, type)) return 0;
  exotel_multipart_begin(&w.parts, 16 * FUZZ_MAX);
  must(write_again(&w, body, type) == EXOTEL_OK);
  compare(&w, key);
  exotel_json_reset(&w.json);
  exotel_multipart_free(&w.parts);
  return 0;
}
