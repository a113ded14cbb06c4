/*
** name: names to paths and back, whole and cut at every byte.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/name.h"
#include "check.h"

#define TEN "[a][a][a][a][a][a][a][a][a][a]"
#define SPLIT ".a.a.a.a.a.a.a.a.a.a"

static const struct row {
  const char *name, *path; /* steps with a point between, positions with a # */
  const char *again;       /* how the path is spelt; NULL: as it came */
} rows[] = {
    {"", "", NULL},
    {"a", "a", NULL},
    {"a[b]", "a.b", NULL},
    {"a[b][c]", "a.b.c", NULL},
    {"Legs[0][Status]", "Legs.#0.Status", NULL},
    {"a[]", "a.#0", "a[0]"},
    {"a[][b]", "a.#0.b", "a[0][b]"},
    {"a[007]", "a.#7", "a[7]"},
    {"a[999999]", "a.#999999", NULL},
    {"a[1000000]", "a.1000000", NULL},
    {"a[0000000]", "a.0000000", NULL},
    {"a[1x]", "a.1x", NULL},
    {"a[-1]", "a.-1", NULL},
    {"a[ ]", "a. ", NULL},
    {"0", "0", NULL},
    {"a[", "a[", NULL},
    {"a]", "a]", NULL},
    {"[", "[", NULL},
    {"]", "]", NULL},
    {"[]", "[]", NULL},
    {"[a]", "[a]", NULL},
    {"a[b", "a[b", NULL},
    {"a[b]c", "a[b]c", NULL},
    {"a[b][", "a[b][", NULL},
    {"a[b]]", "a[b]]", NULL},
    {"a][b]", "a].b", NULL},
    {"a[b[c]", "a.b[c", NULL},
    {"a[b[c]]", "a[b[c]]", NULL},
    {"a.b[c.d]", "a.b.c.d", NULL},
    {"a" TEN TEN TEN "[b]", "a" SPLIT SPLIT SPLIT ".b", NULL},
    {"a" TEN TEN TEN "[b][c]", "a" TEN TEN TEN "[b][c]", NULL},
};

static void write_path(exotel_buffer *out, const exotel_step *path, size_t depth) {
  char position[32];
  size_t i;
  exotel_buffer_reset(out);
  for (i = 0; i < depth; i++) {
    snprintf(position, sizeof position, "#%lu", (unsigned long)path[i].index);
    if (i > 0) exotel_buffer_addc(out, '.');
    if (path[i].name.p == NULL)
      exotel_buffer_adds(out, position);
    else
      exotel_buffer_add(out, path[i].name.p, path[i].name.n);
  }
}

static int holds(const exotel_buffer *b, const char *text) {
  return b->n == strlen(text) && (b->n == 0 || memcmp(b->p, text, b->n) == 0);
}

static void check_row(const struct row *r, exotel_buffer *out, exotel_buffer *again) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  size_t cut, depth = exotel_name_split(page_text(0, r->name), path);
  write_path(out, path, depth);
  check(holds(out, r->path), r->name);
  exotel_buffer_reset(out);
  exotel_name_write(out, path, depth);
  check(holds(out, r->again == NULL ? r->name : r->again), r->name);
  for (cut = 0; cut <= strlen(r->name); cut++) {
    depth = exotel_name_split(page_put(0, r->name, cut), path);
    check(depth >= 1 && depth <= EXOTEL_DEPTH_MAX, r->name);
    exotel_buffer_reset(out);
    exotel_name_write(out, path, depth);
    depth = exotel_name_split(page_put(1, out->p, out->n), path);
    exotel_buffer_reset(again);
    exotel_name_write(again, path, depth);
    check(again->n == out->n && (out->n == 0 || memcmp(again->p, out->p, out->n) == 0),
          r->name);
  }
}

int main(void) {
  exotel_buffer out, again;
  exotel_step step;
  size_t i;
  exotel_buffer_init(&out, 65536);
  exotel_buffer_init(&again, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &out, &again);
  memset(&step, 0, sizeof step);
  step.index = (size_t)-1;
  exotel_buffer_reset(&out);
  exotel_name_write(&out, &step, 1);
  check(out.n <= 20 && out.p[0] == '1', "the largest position");
  exotel_buffer_reset(&out);
  exotel_name_write(&out, &step, 0);
  check(out.n == 0, "no path, no name");
  exotel_buffer_free(&out);
  exotel_buffer_free(&again);
  return check_summary();
}
