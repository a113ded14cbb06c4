/*
** range: operators and values to one text (see range.h). Which operators a parameter
** takes says its row, what each of them is sent as exotel_bounds.
**
** SPDX-License-Identifier: MIT
*/
#include "range.h"

#include "ascii.h"
#include "decimal.h"
#include "error.h"
#include "text.h"
#include "time.h"

#include <stdio.h>
#include <string.h>

#define LISTED_MAX 48 /* bytes of all operators in a row */

/* What is sent of one end. */
typedef struct end {
  const exotel_bound *bound;
  size_t begin, n; /* its value, in the buffer */
} end;

const exotel_bound *exotel_bound_find(exotel_slice name) {
  size_t i, n;
  const exotel_bound *bounds = exotel_bounds(&n);
  for (i = 0; i < n; i++) {
    if (exotel_slice_is(name, bounds[i].name)) return &bounds[i];
  }
  return NULL;
}

static size_t position_of(const exotel_bound *bound) {
  size_t n;
  return (size_t)(bound - exotel_bounds(&n));
}

/* "gte, lte and eq" */
static void list_bounds(const exotel_parameter *row, char *out) {
  size_t i, n;
  const exotel_bound *bounds = exotel_bounds(&n);
  unsigned left = row->bounds;
  out[0] = '\0';
  for (i = 0; i < n; i++) {
    if (!(row->bounds & bounds[i].bit)) continue;
    left &= ~bounds[i].bit;
    if (out[0] != '\0') strcat(out, left == 0 ? " and " : ", ");
    strcat(out, bounds[i].name);
  }
}

exotel_kind exotel_bound_unknown(const exotel_parameter *row, exotel_slice name,
                                 exotel_kind kind, exotel_error *e) {
  char hint[LISTED_MAX + 24], listed[LISTED_MAX];
  const char *best = NULL;
  size_t i, n, distance = 0;
  const exotel_bound *bounds = exotel_bounds(&n);
  for (i = 0; i < n; i++) {
    if (row->bounds & bounds[i].bit)
      exotel_nearest(name, bounds[i].name, &best, &distance);
  }
  list_bounds(row, listed);
  if (best != NULL)
    snprintf(hint, sizeof hint, "did you mean '%s'?", best);
  else
    snprintf(hint, sizeof hint, "it takes %s", listed);
  return exotel_error_set(e, kind, "operator", exotel_slice_of(row->lua),
                          "%s%s%s has no operator '%.*s' (%s)",
                          kind == EXOTEL_MISUSE ? "option '" : "", row->lua,
                          kind == EXOTEL_MISUSE ? "'" : "", (int)name.n, name.p, hint);
}

void exotel_range_begin(exotel_range *r, const exotel_parameter *row) {
  memset(r, 0, sizeof *r);
  r->row = row;
}

static exotel_kind conflict(const exotel_range *r, exotel_error *e, const char *first,
                            const char *second, const char *why) {
  return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of(r->row->lua),
                          "%s.%s and %s.%s %s", r->row->lua, first, r->row->lua, second,
                          why);
}

static exotel_kind not_taken(const exotel_range *r, const exotel_bound *bound,
                             exotel_error *e) {
  char listed[LISTED_MAX];
  list_bounds(r->row, listed);
  if (r->plain)
    return exotel_error_set(e, EXOTEL_INVALID, "operator", exotel_slice_of(r->row->lua),
                            "%s needs an operator: it takes %s", r->row->lua, listed);
  return exotel_error_set(e, EXOTEL_INVALID, "operator", exotel_slice_of(r->row->lua),
                          "%s takes %s only, not %s", r->row->lua, listed, bound->name);
}

exotel_kind exotel_range_add(exotel_range *r, const exotel_bound *bound,
                             const exotel_given *value, exotel_error *e) {
  if (!(r->row->bounds & bound->bit)) return not_taken(r, bound, e);
  if (r->bits & bound->bit)
    return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of(r->row->lua),
                            "%s.%s is given twice", r->row->lua, bound->name);
  r->bits |= bound->bit;
  r->given[position_of(bound)] = *value;
  return EXOTEL_OK;
}

/* "gte:10s", or "10s" alone. */
static exotel_kind take_part(exotel_range *r, exotel_slice part, exotel_error *e) {
  exotel_given value;
  exotel_slice name = {part.p, 0};
  const exotel_bound *bound;
  while (name.n < part.n && exotel_is_letter(part.p[name.n]))
    name.n++;
  if (name.n == 0 || name.n == part.n || part.p[name.n] != ':') {
    name = exotel_slice_of("eq");
    r->plain = 1;
  } else {
    part.p += name.n + 1;
    part.n -= name.n + 1;
  }
  bound = exotel_bound_find(name);
  if (bound == NULL) return exotel_bound_unknown(r->row, name, EXOTEL_INVALID, e);
  memset(&value, 0, sizeof value);
  value.type = EXOTEL_GIVEN_TEXT;
  value.text = part;
  return exotel_range_add(r, bound, &value, e);
}

exotel_kind exotel_range_take(exotel_range *r, const exotel_given *value,
                              exotel_error *e) {
  exotel_slice rest = value->text;
  exotel_kind kind = EXOTEL_OK;
  if (value->type != EXOTEL_GIVEN_TEXT) {
    r->plain = 1;
    return exotel_range_add(r, exotel_bound_find(exotel_slice_of("eq")), value, e);
  }
  if (rest.n == 0)
    return exotel_error_set(e, EXOTEL_INVALID, "empty", exotel_slice_of(r->row->lua),
                            "%s is empty", r->row->lua);
  do {
    const char *sign = rest.n == 0 ? NULL : memchr(rest.p, ';', rest.n);
    exotel_slice part = rest;
    if (sign != NULL) part.n = (size_t)(sign - rest.p);
    kind = take_part(r, part, e);
    rest.p += part.n + (sign != NULL);
    rest.n -= part.n + (sign != NULL);
    if (sign == NULL) break;
  } while (kind == EXOTEL_OK);
  return kind;
}

static exotel_kind check_pairs(const exotel_range *r, exotel_error *e) {
  const unsigned lower = EXOTEL_GTE | EXOTEL_GT, upper = EXOTEL_LTE | EXOTEL_LT;
  if ((r->bits & EXOTEL_EQ) && r->bits != EXOTEL_EQ)
    return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of(r->row->lua),
                            "%s.eq can't stand beside another operator", r->row->lua);
  if ((r->bits & lower) == lower)
    return conflict(r, e, "gte", "gt", "say the same end twice: give one of them");
  if ((r->bits & upper) == upper)
    return conflict(r, e, "lte", "lt", "say the same end twice: give one of them");
  return EXOTEL_OK;
}

/* Appends "gte:10s". */
static exotel_kind put_end(exotel_buffer *out, const exotel_range *r, end *n,
                           const exotel_target *target, exotel_error *e) {
  char place[EXOTEL_PLACE_MAX];
  exotel_value v;
  exotel_kind kind;
  int plain = r->plain && n->bound->bit == EXOTEL_EQ;
  if (plain)
    snprintf(place, sizeof place, "%s", r->row->lua);
  else
    snprintf(place, sizeof place, "%s.%s", r->row->lua, n->bound->name);
  v.row = r->row;
  v.place = place;
  v.bound = n->bound;
  v.given = r->given[position_of(n->bound)];
  exotel_buffer_adds(out, n->bound->sent);
  exotel_buffer_addc(out, ':');
  n->begin = out->n;
  kind = exotel_value_put(out, &v, target, e);
  n->n = out->n - n->begin;
  return kind;
}

/* Times stand in the order of their bytes; numbers may be followed by their unit. */
static int is_over(const exotel_range *r, exotel_slice a, exotel_slice b) {
  size_t unit = r->row->type == EXOTEL_TAKES_SECONDS;
  double x, y;
  if (r->row->type == EXOTEL_TAKES_TIMES) return exotel_slice_before(b, a);
  return exotel_decimal_number(a.p, a.n - unit, &x) &&
         exotel_decimal_number(b.p, b.n - unit, &y) && x > y;
}

static exotel_kind check_order(const exotel_buffer *out, size_t begin,
                               const exotel_range *r, const end *low, const end *high,
                               exotel_error *e) {
  exotel_slice a = {out->p + low->begin, low->n}, b = {out->p + high->begin, high->n};
  if (!is_over(r, a, b)) return EXOTEL_OK;
  return exotel_error_set(e, EXOTEL_INVALID, "range", exotel_slice_of(r->row->lua),
                          "%s.%s and %s.%s leave nothing between them (%.*s)",
                          r->row->lua, low->bound->name, r->row->lua, high->bound->name,
                          (int)(out->n - begin), out->p + begin);
}

/* At most a lower end and an upper one; `*count` is how many there are. */
static exotel_kind put_ends(exotel_buffer *out, const exotel_range *r, end ends[2],
                            size_t *count, const exotel_target *target,
                            exotel_error *e) {
  size_t i, n, begin = out->n;
  const exotel_bound *bounds = exotel_bounds(&n);
  exotel_kind kind = check_pairs(r, e);
  *count = 0;
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    if (!(r->bits & bounds[i].bit)) continue;
    if (*count > 0) exotel_buffer_addc(out, ';');
    ends[*count].bound = &bounds[i];
    kind = put_end(out, r, &ends[(*count)++], target, e);
  }
  if (kind != EXOTEL_OK || out->state != EXOTEL_BUFFER_OK || *count < 2) return kind;
  return check_order(out, begin, r, &ends[0], &ends[1], e);
}

exotel_kind exotel_range_put(exotel_buffer *out, const exotel_range *r,
                             const exotel_target *target, exotel_error *e) {
  end ends[2];
  size_t count;
  return put_ends(out, r, ends, &count, target, e);
}

exotel_kind exotel_range_span(exotel_span *span, const exotel_range *r,
                              const exotel_target *target, exotel_buffer *scratch,
                              exotel_error *e) {
  end ends[2];
  size_t i, count, at;
  exotel_kind kind;
  memset(span, 0, sizeof *span);
  exotel_buffer_reset(scratch);
  kind = put_ends(scratch, r, ends, &count, target, e);
  if (kind == EXOTEL_OK)
    kind = exotel_error_buffer(e, scratch, exotel_slice_of(r->row->lua));
  for (i = 0; kind == EXOTEL_OK && i < count; i++) {
    exotel_slice text = {scratch->p + ends[i].begin, ends[i].n};
    int low = ends[i].bound->bit == EXOTEL_GTE;
    if (low) span->has_from = 1;
    if (!low) span->has_to = 1;
    exotel_time_read(text, target->time_offset, low ? &span->from : &span->to, &at);
  }
  return kind;
}
