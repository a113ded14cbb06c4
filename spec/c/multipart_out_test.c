/*
** multipart_out: leaves to both kinds of form, and what the decoders make of them, whole
** and cut at every byte.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/form.h"
#include "../../csrc/core/multipart.h"
#include "../../csrc/core/multipart_out.h"
#include "../../csrc/core/name.h"
#include "check.h"
#include "leaves.h"

static const struct row {
  const char *name, *value;
  size_t n; /* of the value; 0: up to the NUL */
  const char *form;
  const char *header; /* NULL: no part can carry the name */
} rows[] = {
    {"a", "1", 0, "a=1", "name=\"a\""},
    {"a", "", 0, "a=", "name=\"a\""},
    {"Legs[0][Status]", "busy", 0, "Legs%5B0%5D%5BStatus%5D=busy",
     "name=\"Legs[0][Status]\""},
    {"a b", "c d", 0, "a%20b=c%20d", "name=\"a b\""},
    {"a&b=c", "+&=%", 0, "a%26b%3Dc=%2B%26%3D%25", "name=\"a&b=c\""},
    {"a\"b\\c", "1", 0, "a%22b%5Cc=1", "name=\"a\\\"b\\\\c\""},
    {"a\\", "1", 0, "a%5C=1", "name=\"a\\\\\""},
    {"a;b", "1", 0, "a%3Bb=1", "name=\"a;b\""},
    {" a ", "1", 0, "%20a%20=1", "name=\" a \""},
    {"\xC3\xA9", "\xFF", 0, "%C3%A9=%FF", "name=\"\xC3\xA9\""},
    {"a", "x\0y", 3, "a=x%00y", "name=\"a\""},
    {"a", "1\r\n--", 0, "a=1%0D%0A--", "name=\"a\""},
    {"a", "\r\n", 0, "a=%0D%0A", "name=\"a\""},
    {"a\rb", "1", 0, "a%0Db=1", NULL},
    {"a\nb", "1", 0, "a%0Ab=1", NULL},
    {"a[b\n]", "1", 0, "a%5Bb%0A%5D=1", NULL},
};

#define NROWS (sizeof rows / sizeof *rows)

static exotel_slice value_of(const struct row *r, int page) {
  return r->n > 0 ? page_put(page, r->value, r->n) : page_text(page, r->value);
}

/* The leaf of a name, of the row's pages. */
static exotel_leaf leaf_of(const struct row *r, exotel_step *path) {
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = exotel_name_split(page_text(0, r->name), path);
  leaf.text = value_of(r, 1);
  return leaf;
}

static exotel_kind write_part(void *context, const exotel_part *part, exotel_error *e) {
  exotel_buffer *out = context;
  (void)e;
  exotel_buffer_add(out, part->name.p, part->name.n);
  if (part->is_file) exotel_buffer_addc(out, '<');
  exotel_buffer_add(out, part->filename.p, part->filename.n);
  if (part->is_file) exotel_buffer_addc(out, ';');
  exotel_buffer_add(out, part->type.p, part->type.n);
  exotel_buffer_addc(out, '=');
  exotel_buffer_add(out, part->value.p, part->value.n);
  exotel_buffer_addc(out, '\n');
  return EXOTEL_OK;
}

static exotel_kind read_back(const exotel_buffer *body, size_t n, const char *boundary,
                             exotel_buffer *out) {
  exotel_buffer scratch;
  exotel_error e;
  exotel_kind kind;
  exotel_buffer_init(&scratch, 65536);
  exotel_buffer_reset(out);
  exotel_buffer_adds(out, "");
  exotel_error_clear(&e);
  kind = exotel_multipart_read(page_put(0, body->p, n), page_text(1, boundary),
                               &scratch, write_part, out, &e);
  exotel_buffer_free(&scratch);
  return kind;
}

static void spell(exotel_buffer *out, const struct row *r) {
  exotel_buffer_adds(out, r->name);
  exotel_buffer_addc(out, '=');
  exotel_buffer_add(out, r->value, r->n > 0 ? r->n : strlen(r->value));
  exotel_buffer_addc(out, '\n');
}

static int same(const exotel_buffer *a, const exotel_buffer *b) {
  return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static void check_form(const struct row *r) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf = leaf_of(r, path);
  exotel_buffer form;
  exotel_buffer_init(&form, 65536);
  exotel_form_put(&form, &leaf);
  check(strcmp(form.p, r->form) == 0, r->form);
  exotel_form_put(&form, &leaf);
  check(form.n == 2 * strlen(r->form) + 1 && form.p[strlen(r->form)] == '&', r->form);
  exotel_buffer_free(&form);
}

static void check_part(const struct row *r) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf = leaf_of(r, path);
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_buffer body;
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_init(&body, 65536);
  exotel_multipart_begin(&w, 65536);
  kind = exotel_multipart_put(&w, &leaf, &e);
  check(kind == (r->header == NULL ? EXOTEL_INVALID : EXOTEL_OK), r->form);
  check(kind == EXOTEL_OK || strcmp(e.reason, "name") == 0, r->form);
  check(exotel_multipart_end(&w, &body, boundary, &e) == EXOTEL_OK, r->form);
  check(strlen(boundary) == EXOTEL_BOUNDARY_SIZE, "the boundary's size");
  if (r->header != NULL) check(strstr(body.p, r->header) != NULL, r->header);
  exotel_multipart_free(&w);
  exotel_buffer_free(&body);
}

static void put_all(exotel_multipart_writer *w, exotel_buffer *spelt) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_error e;
  size_t i;
  exotel_error_clear(&e);
  for (i = 0; i < NROWS; i++) {
    exotel_leaf leaf = leaf_of(&rows[i], path);
    if (exotel_multipart_put(w, &leaf, &e) == EXOTEL_OK) spell(spelt, &rows[i]);
  }
}

static void put_file(exotel_multipart_writer *w, exotel_buffer *spelt) {
  exotel_file f = {{"f", 1}, {"a\"b.txt", 7}, {"text/plain", 10}, 3};
  exotel_error e;
  check(exotel_multipart_put_file(w, &f, &e) == EXOTEL_OK, "a file");
  f.filename.n = f.type.n = f.size = 0;
  check(exotel_multipart_put_file(w, &f, &e) == EXOTEL_OK, "an empty file");
  exotel_buffer_adds(spelt, "f<a\"b.txt;text/plain=   \nf<;=\n");
}

/* All at once; what is cut is refused or a beginning in whole parts. */
static void check_all(void) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1], again[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_buffer body, spelt, out;
  exotel_error e;
  size_t cut;
  exotel_buffer_init(&body, 65536);
  exotel_buffer_init(&spelt, 65536);
  exotel_buffer_init(&out, 65536);
  exotel_multipart_begin(&w, 65536);
  put_all(&w, &spelt);
  put_file(&w, &spelt);
  check(exotel_multipart_end(&w, &body, boundary, &e) == EXOTEL_OK, "all");
  check(read_back(&body, body.n, boundary, &out) == EXOTEL_OK && same(&out, &spelt),
        "all come back");
  for (cut = 0; cut < body.n; cut++) {
    read_back(&body, cut, boundary, &out);
    check(out.n <= spelt.n && memcmp(out.p, spelt.p, out.n) == 0 &&
              (out.n == 0 || out.p[out.n - 1] == '\n'),
          "whole parts of what is cut");
  }
  exotel_multipart_free(&w);
  exotel_multipart_begin(&w, 65536);
  put_all(&w, &spelt);
  exotel_multipart_end(&w, &out, again, &e);
  check(strcmp(boundary, again) != 0, "another body, another boundary");
  exotel_multipart_free(&w);
  exotel_buffer_free(&body);
  exotel_buffer_free(&spelt);
  exotel_buffer_free(&out);
}

/* Names and files that can't be carried, and too much. */
static void check_refused(void) {
  static const exotel_file files[] = {{{"a\nb", 3}, {"f", 1}, {"t", 1}, 1},
                                      {{"a", 1}, {"f\rg", 3}, {"t", 1}, 1},
                                      {{"a", 1}, {"f", 1}, {"t\0u", 3}, 1},
                                      {{"a", 1}, {"f", 1}, {"t", 1}, 70000},
                                      {{"a", 1}, {"f", 1}, {"t", 1}, (size_t)-1}};
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_buffer body;
  exotel_step step;
  exotel_leaf leaf;
  exotel_error e;
  size_t i;
  exotel_multipart_begin(&w, 65536);
  exotel_buffer_init(&body, 65536);
  for (i = 0; i < sizeof files / sizeof *files; i++)
    check(exotel_multipart_put_file(&w, &files[i], &e) == EXOTEL_INVALID, "a file");
  memset(&step, 0, sizeof step);
  memset(&leaf, 0, sizeof leaf);
  leaf.path = &step;
  leaf.depth = 1;
  step.name = page_put(0, "a\0b", 3);
  check(exotel_multipart_put(&w, &leaf, &e) == EXOTEL_INVALID, "a NUL");
  check(exotel_multipart_end(&w, &body, boundary, &e) == EXOTEL_OK &&
            body.n == EXOTEL_BOUNDARY_SIZE + 6,
        "what is refused leaves nothing");
  exotel_multipart_free(&w);
  exotel_multipart_begin(&w, 100);
  leaf.text = page_put(1, "", 0);
  step.name = page_text(0, "a");
  check(exotel_multipart_put(&w, &leaf, &e) == EXOTEL_OK, "what has room");
  check(exotel_multipart_put(&w, &leaf, &e) == EXOTEL_INVALID, "what has none");
  exotel_buffer_reset(&body);
  check(exotel_multipart_end(&w, &body, boundary, &e) == EXOTEL_INVALID && body.n == 0,
        "a body that isn't whole isn't written");
  exotel_multipart_free(&w);
  exotel_buffer_free(&body);
}

static void check_empty(void) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_buffer body, out;
  exotel_error e;
  exotel_buffer_init(&body, 65536);
  exotel_buffer_init(&out, 65536);
  exotel_multipart_begin(&w, 65536);
  check(exotel_multipart_end(&w, &body, boundary, &e) == EXOTEL_OK &&
            read_back(&body, body.n, boundary, &out) == EXOTEL_OK && out.n == 0,
        "no part");
  exotel_multipart_free(&w);
  exotel_buffer_free(&body);
  exotel_buffer_free(&out);
}

int main(void) {
  size_t i;
  for (i = 0; i < NROWS; i++) {
    check_form(&rows[i]);
    check_part(&rows[i]);
  }
  check_all();
  check_refused();
  check_empty();
  return check_summary();
}
