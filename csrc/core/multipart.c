/*
** multipart: multipart/form-data bytes to parts (see multipart.h).
** One pass; values are found with memchr and not copied.
**
** SPDX-License-Identifier: MIT
*/
#include "multipart.h"

#include "ascii.h"
#include "error.h"
#include "header.h"
#include "limits.h"
#include "media_type.h"
#include "text.h"

#include <string.h>

static exotel_kind refuse(exotel_multipart_cursor *c, const char *at,
                          const char *reason, const char *why) {
  size_t position = (size_t)(at - c->begin) + 1;
  c->e->position = position;
  if (c->part == 0)
    return exotel_error_set(c->e, EXOTEL_PARSE, reason, exotel_slice_of("body"),
                            "not multipart at byte %lu: %s", (unsigned long)position,
                            why);
  return exotel_error_set(c->e, EXOTEL_PARSE, reason, exotel_slice_of("body"),
                          "part %lu, byte %lu: %s", (unsigned long)c->part,
                          (unsigned long)position, why);
}

/* Behind the end of the line that `p` is in, blanks alone being allowed before it; NULL
** when something else stands there, or nothing. `*crlf` tells how the line ends. */
static const char *line_end(const char *p, const char *end, int *crlf) {
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  *crlf = p < end && *p == '\r';
  p += *crlf;
  return p < end && *p == '\n' ? p + 1 : NULL;
}

/* The same for a line that may end with the body. */
static const char *last_line_end(const char *p, const char *end, int *crlf) {
  const char *behind = line_end(p, end, crlf);
  if (behind != NULL) return behind;
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  return p == end ? p : NULL;
}

/* Whether a delimiter stands at `p`, the begin of a line. Only the closing one may end with
** the body: what else ends there may be cut, or data that goes on. */
static int is_delimiter(const exotel_multipart_cursor *c, const char *p,
                        exotel_delimiter *d, int *crlf) {
  size_t n = c->boundary.n;
  if ((size_t)(c->end - p) < n + 2 || p[0] != '-' || p[1] != '-') return 0;
  if (memcmp(p + 2, c->boundary.p, n) != 0) return 0;
  p += n + 2;
  d->closing = 0;
  d->to = line_end(p, c->end, crlf);
  if (d->to != NULL || c->end - p < 2 || p[0] != '-' || p[1] != '-')
    return d->to != NULL;
  d->closing = 1;
  d->to = last_line_end(p + 2, c->end, crlf);
  return d->to != NULL;
}

int exotel_multipart_first(exotel_multipart_cursor *c, exotel_slice body,
                           exotel_slice boundary, exotel_delimiter *d) {
  const char *p = body.p;
  memset(c, 0, sizeof *c);
  c->begin = c->p = p;
  c->end = p + body.n;
  c->boundary = boundary;
  while (p < c->end) {
    int crlf;
    if (is_delimiter(c, p, d, &crlf)) {
      c->crlf = crlf;
      d->from = p;
      return 1;
    }
    p = memchr(p, '\n', (size_t)(c->end - p));
    if (p == NULL) return 0;
    p++;
  }
  return 0;
}

/* The line end that `c->p` is behind is the delimiter's too where there is no value. */
int exotel_multipart_next(const exotel_multipart_cursor *c, exotel_delimiter *d) {
  const char *p = c->p;
  for (;;) {
    int crlf;
    if (p < c->end && *p == '-' && is_delimiter(c, p, d, &crlf) &&
        (d->to == c->end || crlf == c->crlf)) {
      d->from = p == c->p ? p : p - 1 - c->crlf;
      return 1;
    }
    do {
      p = p < c->end ? memchr(p, '\n', (size_t)(c->end - p)) : NULL;
      if (p == NULL) return 0;
      p++;
    } while (c->crlf && (p - c->begin < 2 || p[-2] != '\r'));
  }
}

/* {=================================================================
** Headers of a part
** ================================================================== */

typedef struct part_header {
  exotel_part part;
  int has_name, has_filename;
} part_header;

/* A parameter's value, kept in the scratch: there is room for all headers of a part. */
static exotel_slice kept_value(exotel_multipart_cursor *c, const char *value,
                               size_t n) {
  exotel_slice s;
  s.p = c->scratch->p + c->scratch->n;
  s.n = n;
  exotel_buffer_add(c->scratch, value, n);
  return s;
}

/* Whether the bytes mean themselves in quotes, and are in one line. */
static int is_plain(exotel_slice s) {
  return s.n == 0 || (memchr(s.p, '\\', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL);
}

/* The header at `c->p` as nearly all clients write it: a name, and nothing to undo in it.
** Returns what is behind its line; NULL for any other, which is read by its grammar. */
static const char *read_plain_name(const exotel_multipart_cursor *c, part_header *h) {
  static const char begin[] = "Content-Disposition: form-data; name=\"";
  const size_t n = sizeof begin - 1;
  size_t left = (size_t)(c->end - c->p);
  const char *p;
  exotel_slice name;
  if (left <= n || h->has_name || memcmp(c->p, begin, n) != 0) return NULL;
  name.p = c->p + n;
  left -= n;
  p = memchr(name.p, '"', left < EXOTEL_NAME_MAX + 1 ? left : EXOTEL_NAME_MAX + 1);
  if (p == NULL || c->end - p < 4) return NULL;
  name.n = (size_t)(p - name.p);
  p += p[1] == '\r' ? 2 : 1;
  if (*p != '\n' || p[1] == ' ' || p[1] == '\t' || !is_plain(name)) return NULL;
  h->part.name = name;
  h->has_name = 1;
  return p + 1;
}

static exotel_kind read_disposition(exotel_multipart_cursor *c, exotel_slice text,
                                    part_header *h) {
  const char *p, *end = text.p + text.n;
  char value[EXOTEL_NAME_MAX];
  exotel_slice name;
  size_t n;
  p = text.n > 0 ? memchr(text.p, ';', text.n) : NULL;
  while (p != NULL && exotel_parameter_next(&p, end, &name, value, sizeof value, &n)) {
    int is_name = exotel_slice_is_nocase(name, "name");
    int is_filename = exotel_slice_is_nocase(name, "filename");
    if (exotel_slice_is_nocase(name, "filename*")) h->part.is_file = 1;
    if (!is_name && !is_filename) continue;
    if (n > sizeof value)
      return refuse(c, c->p, "too_long",
                    "its name is longer than the limit of 256 bytes");
    if (is_name && !h->has_name) {
      h->has_name = 1;
      h->part.name = kept_value(c, value, n);
    }
    if (is_filename && !h->has_filename) {
      h->has_filename = h->part.is_file = 1;
      h->part.filename = kept_value(c, value, n);
    }
  }
  return EXOTEL_OK;
}

/* Appends a header's value to the scratch, each line end and the blanks behind it being
** one blank. */
static void keep_unfolded(exotel_multipart_cursor *c, exotel_slice value,
                          part_header *h) {
  const char *p = value.p, *end = value.p + value.n;
  size_t at = c->scratch->n;
  while (p < end) {
    const char *fold = p;
    while (p < end && exotel_is_blank(*p))
      p++;
    if (p > fold && memchr(fold, '\n', (size_t)(p - fold)) != NULL)
      exotel_buffer_addc(c->scratch, ' ');
    else
      exotel_buffer_add(c->scratch, fold, (size_t)(p - fold));
    if (p < end) exotel_buffer_addc(c->scratch, *p++);
  }
  h->part.type.p = c->scratch->p + at;
  h->part.type.n = c->scratch->n - at;
}

static int is_identity(exotel_slice encoding) {
  return exotel_slice_is_nocase(encoding, "7bit") ||
         exotel_slice_is_nocase(encoding, "8bit") ||
         exotel_slice_is_nocase(encoding, "binary");
}

static exotel_kind read_header(exotel_multipart_cursor *c, exotel_slice line,
                               part_header *h) {
  exotel_header header;
  if (!exotel_header_read(line, &header))
    return refuse(c, c->p, "header", "a line of its headers is no header");
  if (exotel_slice_is_nocase(header.name, "Content-Disposition"))
    return read_disposition(c, header.value, h);
  if (exotel_slice_is_nocase(header.name, "Content-Type"))
    keep_unfolded(c, header.value, h);
  else if (exotel_slice_is_nocase(header.name, "Content-Transfer-Encoding") &&
           !is_identity(header.value))
    return refuse(c, c->p, "encoding", "its Content-Transfer-Encoding isn't read");
  return EXOTEL_OK;
}

/* The end of the header line at `p`, with its folded lines; NULL when there is none. */
static const char *folded_end(const exotel_multipart_cursor *c, const char *p) {
  for (;;) {
    p = p < c->end ? memchr(p, '\n', (size_t)(c->end - p)) : NULL;
    if (p == NULL) return NULL;
    p++;
    if (p >= c->end || (*p != ' ' && *p != '\t')) return p;
  }
}

/* Behind the blank line at `p`; NULL when there is none. */
static const char *blank_line_end(const exotel_multipart_cursor *c, const char *p) {
  if (c->end - p >= 2 && p[0] == '\r' && p[1] == '\n') return p + 2;
  return !c->crlf && p < c->end && *p == '\n' ? p + 1 : NULL;
}

/* Reads one header and moves behind it. */
static exotel_kind read_next_header(exotel_multipart_cursor *c, const char *from,
                                    part_header *h) {
  const char *plain = read_plain_name(c, h);
  const char *next = plain != NULL ? plain : folded_end(c, c->p);
  exotel_kind kind = EXOTEL_OK;
  if (next == NULL) return refuse(c, from, "header", "no blank line ends its headers");
  if (next - from > EXOTEL_PART_HEADERS_MAX)
    return refuse(c, from, "too_long", "its headers are over the limit of 8192 bytes");
  if (plain == NULL) kind = read_header(c, exotel_slice_between(c->p, next), h);
  if (kind == EXOTEL_OK) c->p = next;
  return kind;
}

/* Reads headers up to and with the blank line; `c->p` is at the value then. */
static exotel_kind read_headers(exotel_multipart_cursor *c, part_header *h) {
  const char *from = c->p, *behind;
  while ((behind = blank_line_end(c, c->p)) == NULL) {
    exotel_kind kind = read_next_header(c, from, h);
    if (kind != EXOTEL_OK) return kind;
  }
  c->p = behind;
  return h->has_name ? EXOTEL_OK : refuse(c, from, "name", "it has no name");
}

/* }================================================================== */

/* The part behind the delimiter `d`, which becomes the one that ends it. */
static exotel_kind read_part(exotel_multipart_cursor *c, exotel_delimiter *d,
                             exotel_part_sink *sink, void *context) {
  part_header h;
  exotel_kind kind;
  memset(&h, 0, sizeof h);
  h.part.filename.p = h.part.type.p = "";
  exotel_buffer_reset(c->scratch);
  c->p = d->to;
  kind = read_headers(c, &h);
  if (kind != EXOTEL_OK) return kind;
  h.part.value.p = c->p;
  if (!exotel_multipart_next(c, d))
    return refuse(c, c->end, "truncated", "the body ends inside it");
  h.part.value.n = (size_t)(d->from - h.part.value.p);
  return sink(context, &h.part, c->e);
}

exotel_kind exotel_multipart_read(exotel_slice body, exotel_slice boundary,
                                  exotel_buffer *scratch, exotel_part_sink *sink,
                                  void *context, exotel_error *e) {
  exotel_kind kind = EXOTEL_OK;
  exotel_delimiter d;
  exotel_multipart_cursor c;
  int found = exotel_multipart_first(&c, body, boundary, &d);
  c.scratch = scratch;
  c.e = e;
  exotel_buffer_reset(scratch);
  if (exotel_buffer_room(scratch, EXOTEL_PART_HEADERS_MAX) == NULL)
    return exotel_error_buffer(e, scratch, exotel_slice_of("body"));
  if (!found)
    return refuse(&c, c.begin, "boundary",
                  "no line is the boundary of the content type");
  while (kind == EXOTEL_OK && !exotel_multipart_ends(&c, &d)) {
    if (++c.part > EXOTEL_FIELDS_MAX)
      return refuse(&c, d.to, "too_many", "more parts than the limit of 512");
    kind = read_part(&c, &d, sink, context);
  }
  return kind;
}
