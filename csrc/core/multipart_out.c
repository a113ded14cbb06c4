/*
** multipart_out: leaves to form bytes or multipart/form-data (see multipart_out.h).
**
** SPDX-License-Identifier: MIT
*/
#include "multipart_out.h"

#include "digest.h"
#include "error.h"
#include "name.h"
#include "text.h"
#include "url.h"

#include <string.h>

#define NAME_MAX_BYTES 16384
#define PREFIX "exotel--" /* with 32 hex digits behind it: EXOTEL_BOUNDARY_SIZE */

void exotel_form_put(exotel_buffer *out, const exotel_leaf *leaf) {
  exotel_buffer name;
  exotel_slice spelt;
  exotel_buffer_init(&name, NAME_MAX_BYTES);
  exotel_name_write(&name, leaf->path, leaf->depth);
  spelt.p = name.p == NULL ? "" : name.p;
  spelt.n = name.n;
  if (out->n > 0) exotel_buffer_addc(out, '&');
  exotel_url_encode(out, spelt);
  exotel_buffer_addc(out, '=');
  exotel_url_encode(out, leaf->text);
  if (name.state != EXOTEL_BUFFER_OK) out->state = name.state;
  exotel_buffer_free(&name);
}

void exotel_multipart_begin(exotel_multipart_writer *w, size_t max) {
  exotel_buffer_init(&w->parts, max);
  exotel_buffer_init(&w->name, NAME_MAX_BYTES);
}

void exotel_multipart_free(exotel_multipart_writer *w) {
  exotel_buffer_free(&w->parts);
  exotel_buffer_free(&w->name);
}

/* Adds a piece with its size before it. */
static void add_piece(exotel_multipart_writer *w, const char *p, size_t n) {
  exotel_buffer_add(&w->parts, (const char *)&n, sizeof n);
  exotel_buffer_add(&w->parts, p, n);
}

/* Quoted, with \ before what would end it. */
static void quote(exotel_buffer *out, const char *p, size_t n) {
  exotel_buffer_addc(out, '"');
  for (; n > 0; n--, p++) {
    if (*p == '"' || *p == '\\') exotel_buffer_addc(out, '\\');
    exotel_buffer_addc(out, *p);
  }
  exotel_buffer_addc(out, '"');
}

static int is_unfit(exotel_slice text) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    if (memchr("\r\n", text.p[i], 3) != NULL) return 1; /* 3: and NUL */
  }
  return 0;
}

static exotel_kind refuse(exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "name", exotel_slice_of(""),
                          "a name has a CR, LF or NUL, which multipart can't carry");
}

/* The header in w->name becomes a piece, the value the next. */
static exotel_kind add_part(exotel_multipart_writer *w, exotel_slice value,
                            exotel_error *e) {
  exotel_slice header = exotel_slice_held(&w->name);
  add_piece(w, header.p, header.n);
  add_piece(w, value.p, value.n);
  if (w->name.state != EXOTEL_BUFFER_OK) w->parts.state = w->name.state;
  return exotel_error_buffer(e, &w->parts, exotel_slice_of("event"));
}

static void begin_header(exotel_multipart_writer *w, exotel_slice name) {
  exotel_buffer_reset(&w->name);
  exotel_buffer_adds(&w->name, "Content-Disposition: form-data; name=");
  quote(&w->name, name.p, name.n);
}

exotel_kind exotel_multipart_put(exotel_multipart_writer *w, const exotel_leaf *leaf,
                                 exotel_error *e) {
  exotel_buffer name;
  exotel_kind kind;
  exotel_buffer_init(&name, NAME_MAX_BYTES);
  exotel_name_write(&name, leaf->path, leaf->depth);
  kind = exotel_error_buffer(e, &name, exotel_slice_of("event"));
  if (kind == EXOTEL_OK && is_unfit(exotel_slice_held(&name))) kind = refuse(e);
  if (kind == EXOTEL_OK) {
    begin_header(w, exotel_slice_held(&name));
    kind = add_part(w, leaf->text, e);
  }
  exotel_buffer_free(&name);
  return kind;
}

static exotel_kind add_blanks(exotel_multipart_writer *w, size_t n, exotel_error *e) {
  exotel_buffer blanks;
  exotel_kind kind;
  char *room;
  exotel_buffer_init(&blanks, w->parts.max);
  room = exotel_buffer_room(&blanks, n);
  if (room != NULL) {
    memset(room, ' ', n);
    blanks.n = n;
  }
  kind = exotel_error_buffer(e, &blanks, exotel_slice_of("files"));
  if (kind == EXOTEL_OK) kind = add_part(w, exotel_slice_held(&blanks), e);
  exotel_buffer_free(&blanks);
  return kind;
}

exotel_kind exotel_multipart_put_file(exotel_multipart_writer *w, const exotel_file *f,
                                      exotel_error *e) {
  if (is_unfit(f->name) || is_unfit(f->filename) || is_unfit(f->type)) return refuse(e);
  begin_header(w, f->name);
  exotel_buffer_adds(&w->name, "; filename=");
  quote(&w->name, f->filename.p, f->filename.n);
  if (f->type.n > 0) {
    exotel_buffer_adds(&w->name, "\r\nContent-Type: ");
    exotel_buffer_add(&w->name, f->type.p, f->type.n);
  }
  return add_blanks(w, f->size, e);
}

static int holds(exotel_slice bytes, const char *boundary) {
  const char *p = bytes.p, *end = bytes.p + bytes.n;
  while (end - p >= EXOTEL_BOUNDARY_SIZE) {
    p = memchr(p, boundary[0], (size_t)(end - p) - EXOTEL_BOUNDARY_SIZE + 1);
    if (p == NULL) return 0;
    if (memcmp(p, boundary, EXOTEL_BOUNDARY_SIZE) == 0) return 1;
    p++;
  }
  return 0;
}

/* Tries one key after the other until the boundary is nowhere in the parts. */
static void choose_boundary(exotel_slice parts, char *boundary) {
  unsigned char digest[EXOTEL_DIGEST_BYTES];
  exotel_digest_key key = {0, 0};
  size_t n = sizeof PREFIX - 1;
  memcpy(boundary, PREFIX, n);
  boundary[n + 2 * EXOTEL_DIGEST_BYTES] = '\0';
  do {
    exotel_digest_of(&key, parts, digest);
    exotel_digest_hex(digest, boundary + n);
    key.low++;
  } while (holds(parts, boundary));
}

/* The next piece at `*at`. */
static exotel_slice piece(const exotel_multipart_writer *w, size_t *at) {
  exotel_slice s;
  memcpy(&s.n, w->parts.p + *at, sizeof s.n);
  s.p = w->parts.p + *at + sizeof s.n;
  *at += sizeof s.n + s.n;
  return s;
}

exotel_kind exotel_multipart_end(exotel_multipart_writer *w, exotel_buffer *out,
                                 char boundary[EXOTEL_BOUNDARY_SIZE + 1],
                                 exotel_error *e) {
  exotel_kind kind = exotel_error_buffer(e, &w->parts, exotel_slice_of("event"));
  size_t at = 0;
  if (kind != EXOTEL_OK) return kind; /* a piece may be without its bytes */
  choose_boundary(exotel_slice_held(&w->parts), boundary);
  while (at < w->parts.n) {
    exotel_slice header = piece(w, &at), value = piece(w, &at);
    exotel_buffer_adds(out, "--");
    exotel_buffer_adds(out, boundary);
    exotel_buffer_adds(out, "\r\n");
    exotel_buffer_add(out, header.p, header.n);
    exotel_buffer_adds(out, "\r\n\r\n");
    exotel_buffer_add(out, value.p, value.n);
    exotel_buffer_adds(out, "\r\n");
  }
  exotel_buffer_adds(out, "--");
  exotel_buffer_adds(out, boundary);
  exotel_buffer_adds(out, "--\r\n");
  return exotel_error_buffer(e, out, exotel_slice_of("event"));
}
