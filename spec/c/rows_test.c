/*
** rows: each row is found by its path in any case and by nothing near it; names of a table
** have tags of their own; an index is of the type it was last made for.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/name.h"
#include "../../csrc/core/rows.h"
#include "check.h"

static exotel_rows rows;

/* "Legs[].Insights.Status" as steps: the path of Legs[0][Insights][Status]. */
static size_t steps_of(const char *path, exotel_step *steps) {
  exotel_slice left = page_text(0, path);
  size_t depth = 0;
  while (left.n > 0) {
    exotel_step *step = &steps[depth++];
    size_t n = 0;
    memset(step, 0, sizeof *step);
    if (left.p[0] == '[') {
      n = 2;
    } else {
      while (n < left.n && left.p[n] != '.' && left.p[n] != '[')
        n++;
      step->name.p = left.p;
      step->name.n = n;
    }
    n += n < left.n && left.p[n] == '.';
    left.p += n;
    left.n -= n;
  }
  return depth;
}

static size_t found(const char *path) {
  exotel_step steps[EXOTEL_DEPTH_MAX];
  size_t depth = steps_of(path, steps);
  return exotel_rows_find(&rows, steps, depth);
}

static void change_case(char *text) {
  for (; *text != '\0'; text++) {
    if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
      *text = (char)(*text ^ 0x20);
  }
}

static void check_row(const exotel_record_type *type, size_t i) {
  const exotel_field *field = &type->fields[i - 1];
  char path[128];
  size_t n = strlen(field->path);
  strcpy(path, field->path);
  if (field->flags & EXOTEL_MOVED) {
    check(found(path) != i, "a moved row has no path");
    return;
  }
  check(found(path) == i, path);
  change_case(path);
  check(found(path) == i, "in any case");
  path[n - 1] = '#';
  check(found(path) == 0, "another last byte");
  path[n] = '#';
  path[n + 1] = '\0';
  check(found(path) == 0, "a longer name");
  memcpy(path, "X.", 2);
  strcpy(path + 2, field->path);
  check(found(path) == 0, "deeper");
}

/* In digests the tag stands for the name. */
static void check_tags(const exotel_record_type *type) {
  size_t i, k;
  for (i = 1; i <= type->nfields; i++) {
    const exotel_field *a = &type->fields[i - 1];
    check(rows.row[i].tag != 0, "a tag");
    for (k = 1; k < i; k++) {
      const exotel_field *b = &type->fields[k - 1];
      check(strcmp(a->lua, b->lua) == 0 || rows.row[i].tag != rows.row[k].tag, a->lua);
    }
  }
}

static void check_entries(void) {
  exotel_step steps[EXOTEL_DEPTH_MAX];
  size_t n = 0, depth;
  exotel_rows_index(&rows, exotel_record_type_at(0));
  depth = steps_of("Details.Legs[].Leg.New", steps);
  check(exotel_rows_entry(&rows, steps, depth, &n) != 0 && n == 4, "a leg's unknown");
  depth = steps_of("Details.Legs[].Other.New", steps);
  check(exotel_rows_entry(&rows, steps, depth, &n) == 0, "beside the leg");
  depth = steps_of("Details.Legs[].Leg", steps);
  check(exotel_rows_entry(&rows, steps, depth, &n) == 0, "the leg itself");
  exotel_rows_index(&rows, exotel_event_type());
  depth = steps_of("legs[].New.More", steps);
  check(exotel_rows_entry(&rows, steps, depth, &n) != 0 && n == 2, "an event's leg");
}

static void check_list(const exotel_record_type *type) {
  check(strcmp(type->fields[rows.id - 1].lua, "id") == 0, "the row of a leg's number");
  check(exotel_rows_named(&rows, 0, "status") != 0 &&
            exotel_rows_named(&rows, 0, "status") !=
                exotel_rows_named(&rows, 1, "status"),
        "the record's status and a leg's");
}

int main(void) {
  static const exotel_record_type none = {"none", NULL, 0, NULL};
  const exotel_record_type *type;
  size_t i, k;
  for (i = 0; (type = exotel_record_type_at(i)) != NULL; i++) {
    exotel_rows_index(&rows, type);
    for (k = 1; k <= type->nfields; k++)
      check_row(type, k);
    check_tags(type);
    if (rows.list != NULL) check_list(type);
    check(rows.list != NULL || rows.id == 0, "a number without a list");
    check(exotel_rows_named(&rows, 0, "no such") == 0, "no such name");
  }
  check_entries();
  exotel_rows_index(&rows, &none);
  check(found("Status") == 0 && rows.list == NULL, "a type without rows");
  return check_summary();
}
