/*
** skeleton: bodies that are like one before in all but their values (see skeleton.h).
**
** Values that say nothing belong to the bytes between the others, so that a body in which
** one says something isn't alike.
**
** SPDX-License-Identifier: MIT
*/
#include "skeleton.h"

#include "error.h"
#include "form.h"
#include "json.h"
#include "slice.h"

#include <string.h>

#define DIGITS_MAX 15 /* of a number in JSON, which is never out of range then */

void exotel_trace_note(exotel_trace *t, const exotel_record *r, const exotel_leaf *leaf,
                       size_t before) {
  unsigned node = 0;
  if (t->unfit) return;
  if (r->nodes.n > before) {
    node = (unsigned)(r->nodes.n / sizeof(exotel_node) - r->base) - 1;
    if (exotel_record_node(r, node)->row == 0) t->unfit = 1;
  }
  if (t->n == EXOTEL_SKELETON_VALUES || !leaf->stays) t->unfit = 1;
  if (t->unfit) return;
  t->value[t->n].text = leaf->text;
  t->value[t->n].node = node;
  t->n++;
}

void exotel_skeleton_init(exotel_skeleton *s) {
  memset(s, 0, sizeof *s);
  exotel_buffer_init(&s->bytes, EXOTEL_SKELETON_BYTES);
}

void exotel_skeleton_free(exotel_skeleton *s) {
  exotel_buffer_free(&s->bytes);
  s->nvalues = 0;
}

/* {=================================================================
** Making one
** ================================================================== */

/* Moves the trace's texts, which are decoded ones, to where they stand in the form. Returns
** 0 when the pairs aren't those of the trace. */
static int find_in_form(exotel_slice body, exotel_trace *t) {
  const char *p = body.p, *end = body.p + body.n;
  size_t i = 0;
  for (; p < end; p++) {
    const char *pair_end = memchr(p, '&', (size_t)(end - p)), *equals;
    if (pair_end == NULL) pair_end = end;
    equals = memchr(p, '=', (size_t)(pair_end - p));
    if (pair_end > p && equals != p) {
      if (i == t->n || (equals == NULL && t->value[i].node != 0)) return 0;
      if (equals != NULL) t->value[i].text = exotel_slice_between(equals + 1, pair_end);
      i++;
    }
    p = pair_end;
  }
  return i == t->n;
}

/* The digits at `p`, as JSON spells a whole number; none where it isn't one. */
static exotel_slice digits_at(const char *p, const char *end) {
  const char *from = p;
  while (p < end && *p >= '0' && *p <= '9')
    p++;
  if (p - from > DIGITS_MAX || (p - from > 1 && *from == '0')) p = from;
  return exotel_slice_between(from, p);
}

/* Whether a value in JSON, which stays and so is a part of the body, is a string or a whole
** number. */
static int is_plain_json(exotel_slice body, exotel_slice text) {
  return text.p[-1] == '"' || digits_at(text.p, body.p + body.n).n == text.n;
}

/* Adds the bytes from `from` on to where the value begins. Returns 0 where there are too many,
** or it isn't one that can be found again. */
static int add_value(exotel_skeleton *s, exotel_slice body, const char *from,
                     exotel_slice text, unsigned node) {
  if (!s->is_form && !is_plain_json(body, text)) return 0;
  if (text.p - from > EXOTEL_SKELETON_BYTES) return 0;
  s->value[s->nvalues].before = (unsigned short)(text.p - from);
  s->value[s->nvalues].node = (unsigned short)node;
  s->nvalues++;
  return exotel_buffer_add(&s->bytes, from, (size_t)(text.p - from)) ==
         EXOTEL_BUFFER_OK;
}

/* Returns 0 when there can be none. */
static int add_values(exotel_skeleton *s, exotel_slice body, const exotel_trace *t) {
  const char *from = body.p, *end = body.p + body.n;
  size_t i;
  for (i = 0; i < t->n; i++) {
    exotel_slice text = t->value[i].text;
    if (t->value[i].node == 0) continue;
    if (!add_value(s, body, from, text, t->value[i].node)) return 0;
    from = text.p + text.n;
  }
  return exotel_buffer_add(&s->bytes, from, (size_t)(end - from)) == EXOTEL_BUFFER_OK;
}

exotel_kind exotel_skeleton_make(exotel_skeleton *s, exotel_slice body, int is_form,
                                 exotel_trace *t, exotel_error *e) {
  exotel_buffer_reset(&s->bytes);
  s->nvalues = 0;
  s->is_form = is_form;
  if (t->unfit || (is_form && !find_in_form(body, t))) return EXOTEL_OK;
  if (add_values(s, body, t)) return EXOTEL_OK;
  s->nvalues = 0;
  return s->bytes.state == EXOTEL_BUFFER_NOMEMORY ? exotel_error_memory(e) : EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** Filling it
** ================================================================== */

/* The bytes behind the last value. */
static int ends_alike(const exotel_skeleton *s, const char *bytes, const char *p,
                      const char *end) {
  size_t n = (size_t)(s->bytes.p + s->bytes.n - bytes);
  return (size_t)(end - p) == n && exotel_same_bytes(p, bytes, n);
}

static int fill_form(const exotel_skeleton *s, exotel_slice body,
                     exotel_buffer *scratch, exotel_record *r) {
  exotel_form_cursor c;
  const char *bytes = s->bytes.p;
  size_t i;
  if (!exotel_form_begin(&c, body, scratch)) return 0;
  for (i = 0; i < s->nvalues; i++) {
    exotel_slice before = {bytes, s->value[i].before}, text;
    if (!exotel_form_value(&c, before, &text)) return 0;
    if (!exotel_record_refill(r, s->value[i].node, text)) return 0;
    bytes += before.n;
  }
  return ends_alike(s, bytes, c.p, c.end);
}

/* The value at `p`: of a string, whose quote stands before it, the bytes up to the first that
** isn't one of its own, or a whole number. Returns 0 for any other. */
static int json_value(const char *p, const char *end, exotel_slice *text) {
  if (p[-1] == '"') {
    *text = exotel_slice_between(p, exotel_json_plain_end(p, end));
    return 1;
  }
  *text = digits_at(p, end);
  return text->n > 0;
}

/* What stands behind a value is compared with what stood there: a string ends with its quote,
** and a number with no digit, point or exponent. */
static int fill_json(const exotel_skeleton *s, exotel_slice body, exotel_record *r) {
  const char *bytes = s->bytes.p, *p = body.p, *end = body.p + body.n;
  size_t i;
  for (i = 0; i < s->nvalues; i++) {
    size_t n = s->value[i].before;
    exotel_slice text;
    if ((size_t)(end - p) < n || !exotel_same_bytes(p, bytes, n)) return 0;
    p += n;
    bytes += n;
    if (!json_value(p, end, &text)) return 0;
    if (!exotel_record_refill(r, s->value[i].node, text)) return 0;
    p = text.p + text.n;
  }
  return ends_alike(s, bytes, p, end);
}

int exotel_skeleton_fill(const exotel_skeleton *s, exotel_slice body,
                         exotel_buffer *scratch, exotel_record *r) {
  if (s->nvalues == 0) return 0;
  return s->is_form ? fill_form(s, body, scratch, r) : fill_json(s, body, r);
}

/* }================================================================== */
