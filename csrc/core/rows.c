/*
** rows: which row of a record type a path is (see rows.h).
**
** A path is looked up by its last name, and what stands before it is compared then. The
** hash needs only a few bytes of the name, since rows are few.
**
** SPDX-License-Identifier: MIT
*/
#include "rows.h"

#include "slice.h"

#include <string.h>

/* FNV-1a. That no two rows of a table have the same is for a test to say. */
static uint32_t tag_of(const char *name) {
  uint32_t tag = 2166136261u;
  for (; *name != '\0'; name++)
    tag = (tag ^ (unsigned char)*name) * 16777619u;
  return tag;
}

/* "Details.Legs[].Leg.Id" has 5 steps. */
static size_t depth_of(const char *path) {
  size_t depth = 1;
  for (; *path != '\0'; path++)
    depth += *path == '.' || *path == '[';
  return depth;
}

static void describe(exotel_row *row, const exotel_field *field) {
  const char *dot = strrchr(field->path, '.');
  row->name = dot == NULL ? field->path : dot + 1;
  row->name_n = (unsigned char)strlen(row->name);
  row->head_n = (unsigned char)(dot == NULL ? 0 : dot - field->path);
  row->depth = (unsigned char)depth_of(field->path);
  row->type = (unsigned char)field->type;
  row->listed = field->list != NULL;
  row->lua = field->lua;
  row->tag = tag_of(field->lua);
}

void exotel_rows_index(exotel_rows *rows, const exotel_record_type *type) {
  size_t i;
  if (rows->type == type) return;
  memset(rows, 0, sizeof *rows);
  rows->type = type;
  for (i = 1; i <= type->nfields; i++) {
    const exotel_field *field = &type->fields[i - 1];
    exotel_row *row = &rows->row[i];
    unsigned char *first;
    describe(row, field);
    if (rows->list == NULL) rows->list = field->list;
    if (field->flags & EXOTEL_MOVED) continue;
    first = &rows->first[exotel_rows_hash(row->name, row->name_n, row->depth)];
    row->next = *first;
    *first = (unsigned char)i;
  }
  rows->id = exotel_rows_named(rows, 1, "id");
}

/* Whether the steps are spelt by the `n` bytes at `head`: "Details.Legs[].Leg". */
static int is_spelt(const char *head, size_t n, const exotel_step *path, size_t depth) {
  const char *p = head, *end = head + n;
  size_t i;
  for (i = 0; i < depth; i++) {
    exotel_slice name = path[i].name;
    if (name.p == NULL) {
      if (end - p < 2 || *p != '[') return 0;
      p += 2;
      continue;
    }
    if (i > 0 && (p == end || *p++ != '.')) return 0;
    if ((size_t)(end - p) < name.n) return 0;
    if (!exotel_slice_same_nocase((exotel_slice){p, name.n}, name)) return 0;
    p += name.n;
  }
  return p == end;
}

size_t exotel_rows_find(const exotel_rows *rows, const exotel_step *path,
                        size_t depth) {
  exotel_slice name = path[depth - 1].name;
  size_t i;
  if (name.n == 0) return 0; /* a position, or no name */
  i = rows->first[exotel_rows_hash(name.p, name.n, depth)];
  for (; i != 0; i = rows->row[i].next) {
    const exotel_row *row = &rows->row[i];
    if (row->depth != depth || row->name_n != name.n) continue;
    if (!exotel_same_bytes(row->name, name.p, name.n) &&
        !exotel_slice_same_nocase((exotel_slice){row->name, name.n}, name))
      continue;
    if (depth == 1 ||
        is_spelt(rows->type->fields[i - 1].path, row->head_n, path, depth - 1))
      return i;
  }
  return 0;
}

size_t exotel_rows_named(const exotel_rows *rows, int in_list, const char *name) {
  size_t i;
  for (i = 1; i <= rows->type->nfields; i++) {
    const exotel_field *field = &rows->type->fields[i - 1];
    if ((field->list != NULL) == in_list && field->position == 0 &&
        strcmp(field->lua, name) == 0)
      return i;
  }
  return 0;
}

size_t exotel_rows_entry(const exotel_rows *rows, const exotel_step *path, size_t depth,
                         size_t *steps) {
  size_t i;
  if (rows->list == NULL) return 0;
  for (*steps = 1; *steps < depth; ++*steps) {
    for (i = 1; i <= rows->type->nfields; i++) {
      const exotel_field *field = &rows->type->fields[i - 1];
      if (field->list == NULL || field->position > 0) continue;
      if (rows->row[i].depth != *steps + 1) continue;
      if (is_spelt(field->path, rows->row[i].head_n, path, *steps)) return i;
    }
  }
  return 0;
}
