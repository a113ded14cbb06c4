/* multipart: the values are pieces of the body, in order; and written again, the parts have
** the same names and values. The boundary is "b". SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/limits.h"
#include "../csrc/core/multipart.h"
#include "../csrc/core/multipart_out.h"

typedef struct reading {
  const char *p, *end; /* where the next value may stand */
  exotel_buffer *spelt;
  exotel_multipart_writer *writer; /* NULL: the second time */
  size_t parts;
} reading;

static void spell(exotel_buffer *out, exotel_slice s) {
  exotel_buffer_add(out, (const char *)&s.n, sizeof s.n);
  exotel_buffer_add(out, s.p, s.n);
}

/* Only its name and value: a file's content can't be written. */
static void write_again(reading *g, const exotel_part *part) {
  exotel_step step = {part->name, 0};
  exotel_leaf leaf = {&step, 1, part->value, 0};
  exotel_error e;
  exotel_kind kind = exotel_multipart_put(g->writer, &leaf, &e);
  int unfit = memchr(part->name.p, '\0', part->name.n) != NULL ||
              memchr(part->name.p, '\r', part->name.n) != NULL ||
              memchr(part->name.p, '\n', part->name.n) != NULL;
  must(kind == (unfit ? EXOTEL_INVALID : EXOTEL_OK));
  if (unfit) return;
  spell(g->spelt, part->name);
  spell(g->spelt, part->value);
}

static exotel_kind take(void *context, const exotel_part *part, exotel_error *e) {
  reading *g = context;
  (void)e;
  must(part->value.p >= g->p && part->value.n <= (size_t)(g->end - part->value.p));
  g->p = part->value.p + part->value.n;
  must(++g->parts <= EXOTEL_FIELDS_MAX);
  must(part->name.n <= EXOTEL_NAME_MAX && part->filename.n <= EXOTEL_NAME_MAX);
  must(part->is_file || part->filename.n == 0);
  must(part->type.n <= EXOTEL_PART_HEADERS_MAX);
  if (g->writer != NULL) {
    write_again(g, part);
  } else {
    spell(g->spelt, part->name);
    spell(g->spelt, part->value);
  }
  return EXOTEL_OK;
}

static exotel_kind read_body(reading *g, exotel_slice body, exotel_slice boundary) {
  static exotel_buffer scratch;
  exotel_error e;
  exotel_kind kind;
  if (scratch.max == 0) exotel_buffer_init(&scratch, FUZZ_MAX);
  exotel_error_clear(&e);
  g->p = body.p;
  g->end = body.p + body.n;
  g->parts = 0;
  kind = exotel_multipart_read(body, boundary, &scratch, take, g, &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK || (e.position >= 1 && e.position <= body.n + 1));
  return kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static exotel_buffer spelt;
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_error e;
  exotel_buffer *body = buffer(0);
  reading first = {0}, second = {0};
  if (spelt.max == 0) exotel_buffer_init(&spelt, FUZZ_MAX);
  exotel_buffer_reset(&spelt);
  exotel_multipart_begin(&w, FUZZ_MAX);
  first.spelt = &spelt;
  first.writer = &w;
  second.spelt = buffer(1);
  read_body(&first, slice(p, n), (exotel_slice){"b", 1});
  must(exotel_multipart_end(&w, body, boundary, &e) == EXOTEL_OK);
  must(read_body(&second, held(body), (exotel_slice){boundary, strlen(boundary)}) ==
       EXOTEL_OK);
  must(same(held(&spelt), held(second.spelt)));
  exotel_multipart_free(&w);
  return 0;
}
