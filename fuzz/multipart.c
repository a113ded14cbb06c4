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

/* Only its name and value: a file's content can't be written. */
static int write_again(reading *g, const exotel_part *part) {
  exotel_step step = {part->name, 0};
  exotel_leaf leaf = {&step, 1, part->value, 0, 1};
  exotel_error e;
  exotel_kind kind = exotel_multipart_put(g->writer, &leaf, &e);
  int unfit = memchr(part->name.p, '\0', part->name.n) != NULL ||
              memchr(part->name.p, '\r', part->name.n) != NULL ||
              memchr(part->name.p, '\n', part->name.n) != NULL;
  must(kind == (unfit ? EXOTEL_INVALID : EXOTEL_OK));
  return kind == EXOTEL_OK;
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
  if (g->writer != NULL && !write_again(g, part)) return EXOTEL_OK;
  exotel_buffer_add(g->spelt, (const char *)&part->name.n, sizeof part->name.n);
  exotel_buffer_add(g->spelt, part->name.p, part->name.n);
  exotel_buffer_add(g->spelt, (const char *)&part->value.n, sizeof part->value.n);
  exotel_buffer_add(g->spelt, part->value.p, part->value.n);
  return EXOTEL_OK;
}

static exotel_kind read_body(reading *g, exotel_slice body, const char *boundary) {
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  g->p = body.p;
  g->end = body.p + body.n;
  kind = exotel_multipart_read(body, exotel_slice_of(boundary), buffer(3), take, g, &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK || (e.position >= 1 && e.position <= body.n + 1));
  return kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_multipart_writer w;
  exotel_error e;
  exotel_buffer *body = buffer(0);
  reading first = {NULL, NULL, buffer(1), &w, 0},
          second = {NULL, NULL, buffer(2), NULL, 0};
  exotel_multipart_begin(&w, FUZZ_MAX);
  read_body(&first, slice(p, n), "b");
  must(exotel_multipart_end(&w, body, boundary, &e) == EXOTEL_OK);
  must(read_body(&second, held(body), boundary) == EXOTEL_OK);
  must(same(held(first.spelt), held(second.spelt)));
  exotel_multipart_free(&w);
  return 0;
}
