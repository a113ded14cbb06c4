/*
** http1: bytes to an answer (see http1.h). A line is gathered until its end has come and then
** taken by the part of the answer that it belongs to; bodies go where they are kept. What
** comes of an answer depends on its bytes alone, not on how they were cut.
**
** SPDX-License-Identifier: MIT
*/
#include "http1.h"

#include "ascii.h"
#include "header.h"
#include "slice.h"

#include <string.h>

#define VERSION "HTTP/1."
#define STATUS_LINE_MIN 12 /* HTTP/1.1 200 */
#define SIZE_DIGITS_MAX 16
#define TOO_LARGE "too_large"
#define PROTOCOL "protocol"
#define HEADERS_TOO_LARGE "the headers are larger than the limit"

typedef exotel_http1_reader reader;

void exotel_http1_init(exotel_http1_reader *r) {
  memset(r, 0, sizeof *r);
}

void exotel_http1_free(exotel_http1_reader *r) {
  exotel_buffer_free(&r->headers);
  exotel_buffer_free(&r->body);
  exotel_buffer_free(&r->line);
  exotel_http1_init(r);
}

/* The buffer, empty, for up to `max` bytes. */
static exotel_buffer emptied(exotel_buffer b, size_t max) {
  exotel_buffer_reset(&b);
  b.max = max;
  return b;
}

void exotel_http1_begin(exotel_http1_reader *r, int is_head, size_t max_headers,
                        size_t max_body) {
  reader fresh;
  exotel_http1_init(&fresh);
  fresh.headers = emptied(r->headers, max_headers);
  fresh.body = emptied(r->body, max_body);
  fresh.line = emptied(r->line, (size_t)-2); /* each part has its own limit */
  fresh.is_head = is_head;
  *r = fresh;
}

/* {=================================================================
** What ends it
** ================================================================== */

/* At the line at work, or at the byte that comes next. */
static void refuse(reader *r, const char *reason, const char *message) {
  r->state = EXOTEL_HTTP1_REFUSED;
  r->reason = reason;
  r->message = message;
  r->position = r->used + 1;
  r->keep_alive = 0;
}

static void no_protocol(reader *r, const char *message) {
  refuse(r, PROTOCOL, message);
}

static void body_too_large(reader *r) {
  refuse(r, TOO_LARGE, "the body is larger than the limit");
}

/* An answer of HTTP/1.0 is the last one. So is a 204 that speaks of a body all the same:
** there is none, but the server may think otherwise. */
static void end_answer(reader *r) {
  int speaks_of_body = r->status == 204 && (r->chunked || r->length > 0);
  r->state = EXOTEL_HTTP1_DONE;
  r->keep_alive = r->minor_version >= 1 && !r->closes && !speaks_of_body &&
                  r->part != EXOTEL_HTTP1_OPEN_BODY;
}

/* }================================================================== */

/* {=================================================================
** The head
** ================================================================== */

static void begin_head(reader *r) {
  exotel_buffer_reset(&r->headers);
  r->lines = 0;
  r->closes = r->chunked = r->codings = r->has_length = 0;
  r->length = 0;
  r->part = EXOTEL_HTTP1_HEADERS;
}

/* "HTTP/1.1 200 OK". A blank behind the number may miss where nothing follows it. */
static void take_status_line(reader *r, exotel_slice line) {
  const char *p = line.p + sizeof VERSION - 1;
  if (line.n < STATUS_LINE_MIN || (*p != '0' && *p != '1') || p[1] != ' ' ||
      p[2] < '1' || p[2] > '9' || !exotel_is_digit(p[3]) || !exotel_is_digit(p[4]) ||
      (line.n > STATUS_LINE_MIN && p[5] != ' ')) {
    no_protocol(r, "the status line is none of HTTP/1.0 or HTTP/1.1");
    return;
  }
  r->minor_version = *p - '0';
  r->status = (p[2] - '0') * 100 + (p[3] - '0') * 10 + (p[4] - '0');
  begin_head(r);
  if (r->status == 101) no_protocol(r, "the server changes to another protocol");
  if (r->status < 200 && ++r->interim_answers > EXOTEL_HTTP1_INTERIM_MAX)
    no_protocol(r, "there are more than 16 interim answers");
}

/* A list's next item without the blanks around it, moving `*p` behind it; 0 at its end. */
static int next_item(const char **p, const char *end, exotel_slice *item) {
  const char *comma;
  if (*p > end) return 0;
  comma = *p < end ? memchr(*p, ',', (size_t)(end - *p)) : NULL;
  if (comma == NULL) comma = end;
  *item = exotel_slice_trimmed(exotel_slice_between(*p, comma));
  *p = comma + 1;
  return 1;
}

/* Digits alone; what is too large for any body is the largest number. */
static int length_read(exotel_slice text, size_t *length) {
  size_t i;
  *length = 0;
  for (i = 0; i < text.n; i++) {
    size_t digit = (size_t)(text.p[i] - '0');
    if (!exotel_is_digit(text.p[i])) return 0;
    *length = *length > ((size_t)-1 - digit) / 10 ? (size_t)-1 : *length * 10 + digit;
  }
  return text.n > 0;
}

/* The same length may be given again; RFC 9112 section 6.3 allows it, and it happens. */
static void take_length(reader *r, exotel_slice value) {
  const char *p = value.p, *end = value.p + value.n;
  exotel_slice item;
  size_t length;
  while (next_item(&p, end, &item)) {
    if (!length_read(item, &length)) {
      no_protocol(r, "a Content-Length is no number of bytes");
      return;
    }
    if (r->has_length && length != r->length) {
      no_protocol(r, "two Content-Lengths differ");
      return;
    }
    r->has_length = 1;
    r->length = length;
  }
}

static void take_coding(reader *r, exotel_slice value) {
  r->codings++;
  r->chunked = exotel_slice_is_nocase(value, "chunked");
  if (!r->chunked || r->codings > 1)
    no_protocol(r, "a Transfer-Encoding is not chunked alone");
}

static void take_connection(reader *r, exotel_slice value) {
  const char *p = value.p, *end = value.p + value.n;
  exotel_slice item;
  while (next_item(&p, end, &item))
    r->closes |= exotel_slice_is_nocase(item, "close");
}

/* Whether a line of headers or trailers is one more, and well made. */
static int check_field(reader *r, exotel_slice line, exotel_header *header) {
  if (line.p[0] == ' ' || line.p[0] == '\t')
    no_protocol(r, "a header line is folded");
  else if (!exotel_header_read(line, header) || !exotel_header_is_name(header->name))
    no_protocol(r, "a line of the head is no header");
  return r->state == EXOTEL_HTTP1_MORE;
}

static void count_line(reader *r) {
  if (++r->lines > EXOTEL_HEADER_LINES_MAX)
    refuse(r, TOO_LARGE, "there are more header lines than the limit of 200");
}

/* Interim answers have no body and say nothing of one: where they do, what follows them
** could be taken for it. */
static void end_interim(reader *r) {
  if (r->chunked || r->has_length) no_protocol(r, "an interim answer speaks of a body");
  r->part = EXOTEL_HTTP1_STATUS_LINE;
}

static void begin_body(reader *r) {
  r->left = r->length;
  if (r->chunked)
    r->part = EXOTEL_HTTP1_CHUNK_SIZE;
  else if (!r->has_length)
    r->part = EXOTEL_HTTP1_OPEN_BODY;
  else if (r->length > r->body.max)
    body_too_large(r);
  else if (r->length == 0)
    end_answer(r);
  else
    r->part = EXOTEL_HTTP1_BODY;
}

static void end_headers(reader *r) {
  if (r->chunked && r->has_length)
    no_protocol(r, "it has a Content-Length and is chunked");
  else if (r->chunked && r->minor_version == 0)
    no_protocol(r, "it is chunked in HTTP/1.0");
  else if (r->status < 200)
    end_interim(r);
  else if (r->is_head || r->status == 204 || r->status == 304)
    end_answer(r);
  else
    begin_body(r);
}

static void keep_line(reader *r) {
  if (exotel_buffer_add(&r->headers, r->line.p, r->line.n) != EXOTEL_BUFFER_OK)
    r->state = EXOTEL_HTTP1_MEMORY; /* it can't be full: the line was measured */
}

static void take_header(reader *r, exotel_slice line) {
  exotel_header header;
  count_line(r);
  keep_line(r);
  if (r->state != EXOTEL_HTTP1_MORE) return;
  if (line.n == 0)
    end_headers(r);
  else if (!check_field(r, line, &header))
    return;
  else if (exotel_slice_is_nocase(header.name, "Content-Length"))
    take_length(r, header.value);
  else if (exotel_slice_is_nocase(header.name, "Transfer-Encoding"))
    take_coding(r, header.value);
  else if (exotel_slice_is_nocase(header.name, "Connection"))
    take_connection(r, header.value);
}

/* }================================================================== */

/* {=================================================================
** Chunks
** ================================================================== */

/* Up to 16 hex digits; what is too large for any body is the largest number. Returns how
** many bytes they are, 0 when there is no such number. */
static size_t size_read(exotel_slice line, size_t *size) {
  size_t i;
  *size = 0;
  for (i = 0; i < line.n && exotel_hex(line.p[i]) >= 0; i++)
    *size = *size > (size_t)-1 >> 4 ? (size_t)-1
                                    : *size << 4 | (size_t)exotel_hex(line.p[i]);
  return i > SIZE_DIGITS_MAX ? 0 : i;
}

/* What stands behind the size: nothing, or extensions, which nobody here knows. */
static int is_extension(exotel_slice text) {
  exotel_slice trimmed = exotel_slice_trimmed(text);
  return text.n == 0 || (trimmed.n > 0 && trimmed.p[0] == ';');
}

static void take_chunk_size(reader *r, exotel_slice line) {
  size_t size, n = size_read(line, &size);
  exotel_slice rest = exotel_slice_between(line.p + n, line.p + line.n);
  r->extensions += rest.n;
  if (n == 0 || !is_extension(rest))
    no_protocol(r, "a chunk has no size of up to 16 hex digits");
  else if (r->extensions > EXOTEL_HTTP1_EXTENSIONS_MAX)
    no_protocol(r, "the chunks have more than 16384 bytes of extensions");
  else if (size > r->body.max - r->body.n)
    body_too_large(r);
  r->left = size;
  r->part = size > 0 ? EXOTEL_HTTP1_CHUNK : EXOTEL_HTTP1_TRAILERS;
}

static void take_chunk_end(reader *r, exotel_slice line) {
  (void)line; /* the part's limit leaves it no room but for its end */
  r->part = EXOTEL_HTTP1_CHUNK_SIZE;
}

static void take_trailer(reader *r, exotel_slice line) {
  exotel_header header;
  count_line(r);
  r->trailers += r->line.n;
  if (r->state != EXOTEL_HTTP1_MORE) return;
  if (line.n == 0)
    end_answer(r);
  else
    check_field(r, line, &header);
}

/* }================================================================== */

/* {=================================================================
** Lines and bodies
** ================================================================== */

/* How each part takes a line, how long one may be, and what a longer one is. A body's parts
** take none. */
static const struct line_rule {
  void (*take)(reader *r, exotel_slice line);
  size_t max; /* 0: what is left for headers and trailers */
  const char *reason, *message;
} line_rules[] = {
    [EXOTEL_HTTP1_STATUS_LINE] = {take_status_line, EXOTEL_HTTP1_STATUS_LINE_MAX,
                                  TOO_LARGE,
                                  "the status line is longer than 8192 bytes"},
    [EXOTEL_HTTP1_HEADERS] = {take_header, 0, TOO_LARGE, HEADERS_TOO_LARGE},
    [EXOTEL_HTTP1_CHUNK_SIZE] =
        {take_chunk_size, EXOTEL_HTTP1_CHUNK_LINE_MAX, PROTOCOL,
         "the line of a chunk's size is longer than 1024 bytes"},
    [EXOTEL_HTTP1_CHUNK_END] = {take_chunk_end, 2, PROTOCOL,
                                "no line end follows a chunk"},
    [EXOTEL_HTTP1_TRAILERS] = {take_trailer, 0, TOO_LARGE, HEADERS_TOO_LARGE},
};

static size_t room_for_line(const reader *r) {
  size_t max = line_rules[r->part].max;
  if (max == 0) max = r->headers.max - r->headers.n - r->trailers;
  return max - r->line.n;
}

/* A line that is whole. */
static void end_line(reader *r) {
  exotel_slice line = exotel_slice_held(&r->line);
  line.n -= 2;
  if (r->line.n < 2 || line.p[line.n] != '\r')
    no_protocol(r, "a line ends with a bare LF");
  else if (exotel_header_has_control(line))
    no_protocol(r, "a line has a control character");
  else
    line_rules[r->part].take(r, line);
  r->used += r->line.n;
  exotel_buffer_reset(&r->line);
}

/* What no HTTP begins with is told at once: it may have no lines. */
static int begins_as_http(const reader *r) {
  size_t n = r->line.n;
  return memcmp(r->line.p, VERSION, n < sizeof VERSION - 1 ? n : sizeof VERSION - 1) ==
         0;
}

/* Takes bytes up to a line's end. Returns how many. */
static size_t take_line(reader *r, const char *p, size_t n) {
  const char *lf;
  if (r->part == EXOTEL_HTTP1_STATUS_LINE && r->line.n < sizeof VERSION - 1 &&
      n > sizeof VERSION - 1 - r->line.n)
    n = sizeof VERSION - 1 - r->line.n;
  lf = memchr(p, '\n', n);
  if (lf != NULL) n = (size_t)(lf - p) + 1;
  if (n > room_for_line(r)) {
    refuse(r, line_rules[r->part].reason, line_rules[r->part].message);
    return 0;
  }
  if (exotel_buffer_add(&r->line, p, n) != EXOTEL_BUFFER_OK)
    r->state = EXOTEL_HTTP1_MEMORY;
  else if (r->part == EXOTEL_HTTP1_STATUS_LINE && !begins_as_http(r))
    no_protocol(r, "it doesn't begin as HTTP/1.0 or HTTP/1.1 does");
  else if (lf != NULL)
    end_line(r);
  return n;
}

/* Takes bytes of a body. Returns how many. */
static size_t take_body(reader *r, const char *p, size_t n) {
  int is_open = r->part == EXOTEL_HTTP1_OPEN_BODY;
  size_t most = is_open ? r->body.max - r->body.n : r->left;
  if (most == 0) {
    body_too_large(r);
    return 0;
  }
  if (n > most) n = most;
  if (exotel_buffer_add(&r->body, p, n) != EXOTEL_BUFFER_OK) {
    r->state = EXOTEL_HTTP1_MEMORY;
    return 0;
  }
  r->used += n;
  if (!is_open) r->left -= n;
  if (is_open || r->left > 0) return n;
  if (r->part == EXOTEL_HTTP1_BODY)
    end_answer(r);
  else
    r->part = EXOTEL_HTTP1_CHUNK_END;
  return n;
}

/* }================================================================== */

exotel_http1_state exotel_http1_feed(exotel_http1_reader *r, exotel_slice bytes,
                                     size_t *used) {
  size_t at = 0;
  while (at < bytes.n && r->state == EXOTEL_HTTP1_MORE) {
    const char *p = bytes.p + at;
    if (line_rules[r->part].take != NULL)
      at += take_line(r, p, bytes.n - at);
    else
      at += take_body(r, p, bytes.n - at);
  }
  if (at < bytes.n) r->keep_alive = 0;
  *used = at;
  return r->state;
}

exotel_http1_state exotel_http1_end(exotel_http1_reader *r) {
  if (r->state != EXOTEL_HTTP1_MORE) return r->state;
  r->used += r->line.n;
  if (r->part == EXOTEL_HTTP1_OPEN_BODY)
    end_answer(r);
  else if (r->used == 0)
    refuse(r, "closed", "the connection ended before the answer");
  else if (r->part <= EXOTEL_HTTP1_HEADERS)
    refuse(r, "closed", "the connection ended inside the headers");
  else
    refuse(r, "closed", "the connection ended inside the body");
  return r->state;
}
