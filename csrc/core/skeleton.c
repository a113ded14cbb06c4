/*
** skeleton: bodies that are like one before in all but their values (see skeleton.h).
**
** In forms and JSON, values that say nothing belong to the bytes between the others, so that a
** body in which one says something isn't alike.
**
** SPDX-License-Identifier: MIT
*/
#include "skeleton.h"

#include "error.h"
#include "form.h"
#include "json.h"
#include "multipart.h"
#include "slice.h"
#include "text.h"

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

/* Adds the bytes from `from` on to where the value begins. Returns 0 where there are too
** many. */
static int add_value(exotel_skeleton *s, const char *from, exotel_slice text,
                     unsigned node) {
  if (text.p - from > EXOTEL_SKELETON_BYTES) return 0;
  s->value[s->nvalues].before = (unsigned short)(text.p - from);
  s->value[s->nvalues].node = (unsigned short)node;
  s->nvalues++;
  return exotel_buffer_add(&s->bytes, from, (size_t)(text.p - from)) ==
         EXOTEL_BUFFER_OK;
}

/* Of a form, whose texts were found, or of JSON. Returns 0 when there can be none. */
static int add_values(exotel_skeleton *s, exotel_slice body, const exotel_trace *t) {
  const char *from = body.p, *end = body.p + body.n;
  size_t i;
  for (i = 0; i < t->n; i++) {
    exotel_slice text = t->value[i].text;
    if (t->value[i].node == 0) continue;
    if (s->media == EXOTEL_MEDIA_JSON && !is_plain_json(body, text)) return 0;
    if (!add_value(s, from, text, t->value[i].node)) return 0;
    from = text.p + text.n;
  }
  return exotel_buffer_add(&s->bytes, from, (size_t)(end - from)) == EXOTEL_BUFFER_OK;
}

static exotel_slice boundary_of(const exotel_media_type *type) {
  exotel_slice boundary = {type->boundary, type->boundary_size};
  return boundary;
}

/* Moves behind the delimiter that ends the value, which begins in the part behind `d`.
** Returns 0 when that isn't the next one: then a part between was passed over. */
static int pass_value(exotel_multipart_cursor *c, exotel_delimiter *d,
                      exotel_slice text) {
  exotel_delimiter next;
  c->p = d->to;
  if (!exotel_multipart_next(c, &next)) return 0;
  c->p = text.p;
  return exotel_multipart_next(c, d) && d->to == next.to;
}

/* Returns 0 when there can be none. */
static int add_parts(exotel_skeleton *s, exotel_slice body, exotel_slice boundary,
                     const exotel_trace *t) {
  exotel_multipart_cursor c;
  exotel_delimiter d;
  size_t i;
  if (!exotel_multipart_first(&c, body, boundary, &d)) return 0;
  s->crlf = c.crlf;
  for (i = 0; i < t->n; i++) {
    exotel_slice text = t->value[i].text;
    if (!add_value(s, d.to, text, t->value[i].node)) return 0;
    if (!pass_value(&c, &d, text)) return 0;
  }
  return exotel_multipart_ends(&c, &d);
}

static int add_all(exotel_skeleton *s, exotel_slice body, const exotel_media_type *type,
                   exotel_trace *t) {
  if (t->unfit) return 0;
  switch (type->media) {
    case EXOTEL_MEDIA_FORM: return find_in_form(body, t) && add_values(s, body, t);
    case EXOTEL_MEDIA_JSON: return add_values(s, body, t);
    case EXOTEL_MEDIA_MULTIPART: return add_parts(s, body, boundary_of(type), t);
    default: return 0;
  }
}

exotel_kind exotel_skeleton_make(exotel_skeleton *s, exotel_slice body,
                                 const exotel_media_type *type, exotel_trace *t,
                                 exotel_error *e) {
  exotel_buffer_reset(&s->bytes);
  s->nvalues = 0;
  s->media = type->media;
  if (add_all(s, body, type, t)) return EXOTEL_OK;
  s->nvalues = 0;
  return s->bytes.state == EXOTEL_BUFFER_NOMEMORY ? exotel_error_memory(e) : EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** Filling it
** ================================================================== */

/* Gives a value to its node, or to none. */
static int give(exotel_record *r, size_t node, exotel_slice text) {
  if (node == 0) return exotel_slice_is_absent(text);
  return exotel_record_refill(r, node, text);
}

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

static int fill_parts(const exotel_skeleton *s, exotel_slice body,
                      exotel_slice boundary, exotel_record *r) {
  const char *bytes = s->bytes.p;
  exotel_multipart_cursor c;
  exotel_delimiter d;
  size_t i;
  if (!exotel_multipart_first(&c, body, boundary, &d) || c.crlf != s->crlf) return 0;
  for (i = 0; i < s->nvalues; i++) {
    size_t n = s->value[i].before;
    if (exotel_multipart_ends(&c, &d) || (size_t)(c.end - d.to) < n) return 0;
    if (!exotel_same_bytes(d.to, bytes, n)) return 0;
    c.p = d.to + n;
    bytes += n;
    if (!exotel_multipart_next(&c, &d)) return 0;
    if (!give(r, s->value[i].node, exotel_slice_between(c.p, d.from))) return 0;
  }
  return exotel_multipart_ends(&c, &d);
}

int exotel_skeleton_fill(const exotel_skeleton *s, exotel_slice body,
                         const exotel_media_type *type, exotel_buffer *scratch,
                         exotel_record *r) {
  if (s->nvalues == 0 || s->media != type->media) return 0;
  switch (s->media) {
    case EXOTEL_MEDIA_FORM: return fill_form(s, body, scratch, r);
    case EXOTEL_MEDIA_JSON: return fill_json(s, body, r);
    default: return fill_parts(s, body, boundary_of(type), r);
  }
}

/* }================================================================== */
