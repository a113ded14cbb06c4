/*
** json: JSON bytes to leaves (see json.h for what is refused). It does not write JSON:
** json_out.c does.
**
** The guard goes first over the whole document, with its own small stack of open brackets,
** so that no leaf is handed out of one that isn't JSON. The walk goes after it and trusts
** it: it recurses as deep as the guard allowed, looks for no errors, and meets no end of
** the text but behind a document that is one number.
**
** SPDX-License-Identifier: MIT
*/
#include "json.h"

#include "ascii.h"
#include "chunk.h"
#include "decimal.h"
#include "error.h"
#include "slice.h"
#include "utf8.h"
#include "word.h"

#include <string.h>

#define RANGE_SAFE 300 /* a number this short needs an exponent to leave the range */

typedef struct guard {
  const unsigned char *p, *end, *begin;
  size_t escaped; /* bytes of the strings that have an escape */
  exotel_error *e;
  char open[EXOTEL_DEPTH_MAX]; /* the brackets not yet closed */
  size_t depth;
} guard;

/* Refuses the byte at `at`. The text ends there when `at` is the end. */
static exotel_kind refuse(guard *g, const unsigned char *at, const char *why) {
  exotel_slice none = {"", 0};
  size_t position = (size_t)(at - g->begin) + 1;
  g->e->position = position;
  if (at >= g->end)
    return exotel_error_set(g->e, EXOTEL_PARSE, "json", none,
                            "not JSON at byte %lu: the text ends where %s",
                            (unsigned long)position, why);
  return exotel_error_set(g->e, EXOTEL_PARSE, "json", none, "not JSON at byte %lu: %s",
                          (unsigned long)position, why);
}

/* Most of what stands here is no blank, and larger than all of them. */
static inline void skip_blanks(guard *g) {
  const unsigned char *p = g->p;
  while (p < g->end && *p <= ' ' && exotel_is_blank((char)*p))
    p++;
  g->p = p;
}

/* The value of the four hex digits at `p`, or -1. */
static long hex4(const guard *g, const unsigned char *p) {
  long value = 0;
  int i;
  if (g->end - p < 4) return -1;
  for (i = 0; i < 4; i++) {
    int digit = exotel_hex((char)p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* `g->p` is at the u of \uXXXX; a high surrogate must be followed by a low one. */
static exotel_kind unicode_escape(guard *g) {
  const unsigned char *escape = g->p - 1;
  long unit = hex4(g, g->p + 1);
  if (unit < 0) return refuse(g, escape, "\\u wants four hex digits");
  if (unit == 0) return refuse(g, escape, "\\u0000 can't be kept");
  g->p += 5;
  if (unit >= 0xDC00 && unit <= 0xDFFF)
    return refuse(g, escape, "half a surrogate pair");
  if (unit < 0xD800 || unit > 0xDBFF) return EXOTEL_OK;
  if (g->end - g->p < 6 || g->p[0] != '\\' || g->p[1] != 'u')
    return refuse(g, escape, "half a surrogate pair");
  unit = hex4(g, g->p + 2);
  if (unit < 0xDC00 || unit > 0xDFFF) return refuse(g, escape, "half a surrogate pair");
  g->p += 6;
  return EXOTEL_OK;
}

static exotel_kind escape(guard *g) {
  g->p++;
  if (g->p >= g->end) return refuse(g, g->p, "a string is open");
  if (*g->p == 'u') return unicode_escape(g);
  if (strchr("\"\\/bfnrt", *g->p) == NULL || *g->p == '\0')
    return refuse(g, g->p - 1, "no such escape");
  g->p++;
  return EXOTEL_OK;
}

/* One step inside a string: an escape, a plain byte or a UTF-8 sequence. */
static exotel_kind string_step(guard *g) {
  size_t n;
  if (*g->p == '\\') return escape(g);
  if (*g->p < 0x20)
    return refuse(g, g->p, "a control character in a string must be escaped");
  n = *g->p < 0x80 ? 1
                   : exotel_utf8_length((const char *)g->p, (size_t)(g->end - g->p));
  if (n == 0) return refuse(g, g->p, "not UTF-8");
  g->p += n;
  return EXOTEL_OK;
}

/* Whether a byte of a string is ASCII and stands for itself. */
static int is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte from `p` on that isn't plain, or the end. */
static inline const unsigned char *plain_end(const unsigned char *p,
                                             const unsigned char *end) {
  while (end - p >= EXOTEL_CHUNK) {
    exotel_chunk chunk = exotel_chunk_at((const char *)p);
    unsigned bits = exotel_chunk_bits(exotel_chunk_or(
        exotel_chunk_or(exotel_chunk_is(chunk, '"'), exotel_chunk_is(chunk, '\\')),
        exotel_chunk_odd(chunk)));
    if (bits != 0) return p + exotel_word_lowest_bit(bits);
    p += EXOTEL_CHUNK;
  }
  while (p < end && is_plain(*p))
    p++;
  return p;
}

const char *exotel_json_plain_end(const char *p, const char *end) {
  return (const char *)plain_end((const unsigned char *)p, (const unsigned char *)end);
}

/* A string that is more than plain bytes, `g->p` being at the first that isn't one. */
static exotel_kind string_on(guard *g, const unsigned char *from) {
  int escapes = 0;
  while (g->p < g->end && *g->p != '"') {
    exotel_kind kind;
    escapes |= *g->p == '\\';
    kind = string_step(g);
    if (kind != EXOTEL_OK) return kind;
    g->p = plain_end(g->p, g->end);
  }
  if (g->p >= g->end) return refuse(g, g->p, "a string is open");
  g->p++;
  if (escapes) g->escaped += (size_t)(g->p - from);
  return EXOTEL_OK;
}

static inline exotel_kind string(guard *g) {
  const unsigned char *from = g->p;
  g->p = plain_end(from + 1, g->end);
  if (g->p >= g->end || *g->p != '"') return string_on(g, from);
  g->p++;
  return EXOTEL_OK;
}

static size_t digits(guard *g) {
  const unsigned char *from = g->p;
  while (g->p < g->end && *g->p >= '0' && *g->p <= '9')
    g->p++;
  return (size_t)(g->p - from);
}

/* Number as RFC 8259 spells it. */
static exotel_kind number(guard *g) {
  const unsigned char *from = g->p;
  double value;
  int check_range = 0;
  if (*g->p == '-') g->p++;
  if (g->end - g->p > 1 && g->p[0] == '0' && g->p[1] >= '0' && g->p[1] <= '9')
    return refuse(g, g->p, "a number doesn't start with 0");
  if (digits(g) == 0) return refuse(g, g->p, "a digit is wanted");
  if (g->p < g->end && *g->p == '.') {
    g->p++;
    if (digits(g) == 0) return refuse(g, g->p, "a digit is wanted after the point");
  }
  if (g->p < g->end && (*g->p == 'e' || *g->p == 'E')) {
    check_range = 1;
    g->p++;
    if (g->p < g->end && (*g->p == '+' || *g->p == '-')) g->p++;
    if (digits(g) == 0) return refuse(g, g->p, "a digit is wanted in the exponent");
  }
  if (g->p - from > RANGE_SAFE) check_range = 1;
  if (check_range &&
      !exotel_decimal_number((const char *)from, (size_t)(g->p - from), &value))
    return refuse(g, from, "the number is out of range");
  return EXOTEL_OK;
}

static exotel_kind word(guard *g, const char *spelling) {
  size_t n = strlen(spelling);
  if ((size_t)(g->end - g->p) < n || memcmp(g->p, spelling, n) != 0)
    return refuse(g, g->p, "a value is wanted");
  g->p += n;
  return EXOTEL_OK;
}

/* A value without parts. */
static exotel_kind scalar(guard *g) {
  switch (*g->p) {
    case '"': return string(g);
    case 't': return word(g, "true");
    case 'f': return word(g, "false");
    case 'n': return word(g, "null");
    default: break;
  }
  if (*g->p == '-' || (*g->p >= '0' && *g->p <= '9')) return number(g);
  return refuse(g, g->p, "a value is wanted");
}

static exotel_kind open_bracket(guard *g) {
  if (g->depth == EXOTEL_DEPTH_MAX)
    return refuse(g, g->p, "nested deeper than the limit of 32");
  g->open[g->depth++] = (char)*g->p++;
  return EXOTEL_OK;
}

static int in_object(const guard *g) {
  return g->depth > 0 && g->open[g->depth - 1] == '{';
}

static int at_closing(const guard *g) {
  return g->p < g->end && g->depth > 0 && *g->p == (in_object(g) ? '}' : ']');
}

/* The name of a member and its colon. */
static exotel_kind member_name(guard *g) {
  exotel_kind kind;
  skip_blanks(g);
  if (g->p >= g->end || *g->p != '"')
    return refuse(g, g->p, "the name of a member is wanted");
  kind = string(g);
  if (kind != EXOTEL_OK) return kind;
  skip_blanks(g);
  if (g->p >= g->end || *g->p != ':') return refuse(g, g->p, "':' is wanted");
  g->p++;
  return EXOTEL_OK;
}

/* After a value: closes what closes here, then steps over a comma. `*done` is set when
** the document is complete. */
static exotel_kind after_value(guard *g, int *done) {
  for (skip_blanks(g); at_closing(g); skip_blanks(g)) {
    g->depth--;
    g->p++;
  }
  *done = g->depth == 0;
  if (*done) return EXOTEL_OK;
  if (g->p >= g->end || *g->p != ',')
    return refuse(g, g->p,
                  in_object(g) ? "',' or '}' is wanted" : "',' or ']' is wanted");
  g->p++;
  return in_object(g) ? member_name(g) : EXOTEL_OK;
}

/* One value, or the opening of one that has parts. `*whole` tells which. */
static exotel_kind value(guard *g, int *whole) {
  exotel_kind kind;
  skip_blanks(g);
  *whole = 1;
  if (g->p >= g->end) return refuse(g, g->p, "a value is wanted");
  if (*g->p != '{' && *g->p != '[') return scalar(g);
  kind = open_bracket(g);
  if (kind != EXOTEL_OK) return kind;
  skip_blanks(g);
  if (at_closing(g)) return EXOTEL_OK;
  *whole = 0;
  return in_object(g) ? member_name(g) : EXOTEL_OK;
}

static exotel_kind document(guard *g) {
  exotel_kind kind = EXOTEL_OK;
  int done = 0;
  while (kind == EXOTEL_OK && !done) {
    int whole;
    kind = value(g, &whole);
    if (kind == EXOTEL_OK && whole) kind = after_value(g, &done);
  }
  if (kind != EXOTEL_OK) return kind;
  return g->p == g->end ? EXOTEL_OK : refuse(g, g->p, "something follows the document");
}

static exotel_kind guarded(guard *g, exotel_slice text, exotel_error *e) {
  g->p = g->begin = (const unsigned char *)text.p;
  g->end = g->begin + text.n;
  g->escaped = 0;
  g->e = e;
  g->depth = 0;
  if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
    return refuse(g, g->p, "a byte order mark");
  return document(g);
}

exotel_kind exotel_json_check(exotel_slice text, exotel_error *e) {
  guard g;
  return guarded(&g, text, e);
}

typedef struct walk {
  const char *p, *end;
  exotel_buffer *decoded; /* strings with an escape: there is room for all of them */
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf_sink *sink;
  void *context;
  exotel_error *e;
} walk;

/* Steps to what comes next: in a document that the guard let pass, what stands between
** tells nothing more, and no byte up to the blank is anything else. */
static inline void walk_on(walk *w) {
  const char *p = w->p;
  while ((unsigned char)*p <= ' ' || *p == ',' || *p == ':')
    p++;
  w->p = p;
}

/* Adds a character in UTF-8. */
static void put_character(exotel_buffer *out, unsigned long c) {
  static const unsigned long first[] = {0, 0, 0xC0, 0xE0, 0xF0};
  size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
  char utf8[4];
  for (i = n; i-- > 1; c >>= 6)
    utf8[i] = (char)(0x80 | (c & 0x3F));
  utf8[0] = (char)(first[n] | c);
  exotel_buffer_add(out, utf8, n);
}

/* Steps over \uXXXX, and returns its value. */
static unsigned long code_unit(walk *w) {
  unsigned long value = 0;
  const char *end = w->p + 6;
  for (w->p += 2; w->p < end; w->p++)
    value = value * 16 + (unsigned long)exotel_hex(*w->p);
  return value;
}

static void decode_escape(walk *w) {
  static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
  const char *letter = strchr(letters, w->p[1]);
  if (w->p[1] == 'u') {
    unsigned long c = code_unit(w);
    if (c >= 0xD800 && c <= 0xDFFF) /* half a pair: the other follows */
      c = 0x10000 + ((c - 0xD800) << 10) + (code_unit(w) - 0xDC00);
    put_character(w->decoded, c);
    return;
  }
  exotel_buffer_addc(w->decoded, letter != NULL ? meant[letter - letters] : w->p[1]);
  w->p += 2;
}

/* The string whose first byte is here. */
static exotel_slice decode(walk *w) {
  size_t begin = w->decoded->n;
  while (*w->p != '"') {
    const char *from = w->p;
    while (*w->p != '"' && *w->p != '\\')
      w->p++;
    exotel_buffer_add(w->decoded, from, (size_t)(w->p - from));
    if (*w->p == '\\') decode_escape(w);
  }
  w->p++;
  return exotel_slice_between(w->decoded->p + begin, w->decoded->p + w->decoded->n);
}

/* The first quote or backslash from `p` on. There is one. */
static inline const char *find_mark(const char *p, const char *end) {
  while (end - p >= EXOTEL_CHUNK) {
    exotel_chunk chunk = exotel_chunk_at(p);
    unsigned bits = exotel_chunk_bits(
        exotel_chunk_or(exotel_chunk_is(chunk, '"'), exotel_chunk_is(chunk, '\\')));
    if (bits != 0) return p + exotel_word_lowest_bit(bits);
    p += EXOTEL_CHUNK;
  }
  while (*p != '"' && *p != '\\')
    p++;
  return p;
}

/* Steps over a string, and returns what it says: `*stays` when that is how it is spelt. */
static inline exotel_slice walk_string(walk *w, int *stays) {
  const char *from = ++w->p, *mark = find_mark(from, w->end);
  *stays = *mark == '"';
  if (!*stays) return decode(w);
  w->p = mark + 1;
  return exotel_slice_between(from, mark);
}

/* Steps over a number or a word, which ends the text where it is the whole document. */
static exotel_slice walk_bare(walk *w) {
  const char *from = w->p;
  while (w->p < w->end && !exotel_is_blank(*w->p) && *w->p != ',' && *w->p != ']' &&
         *w->p != '}')
    w->p++;
  return exotel_slice_between(from, w->p);
}

static exotel_kind walk_scalar(walk *w, size_t depth) {
  exotel_leaf leaf;
  leaf.path = w->path;
  leaf.depth = depth;
  leaf.stays = 1;
  leaf.null = *w->p == 'n';
  leaf.text = *w->p == '"' ? walk_string(w, &leaf.stays) : walk_bare(w);
  if (leaf.null) leaf.text.n = 0;
  return w->sink(w->context, &leaf, w->e);
}

/* The guard counts brackets, so depth stays below EXOTEL_DEPTH_MAX. */
static exotel_kind walk_value(walk *w, size_t depth) {
  exotel_step *step = &w->path[depth];
  int named = *w->p == '{', stays;
  if (!named && *w->p != '[') return walk_scalar(w, depth);
  step->name.p = NULL;
  step->name.n = step->index = 0;
  w->p++;
  for (walk_on(w); *w->p != '}' && *w->p != ']'; walk_on(w)) {
    exotel_kind kind;
    if (named) {
      step->name = walk_string(w, &stays);
      walk_on(w);
    }
    kind = walk_value(w, depth + 1);
    if (kind != EXOTEL_OK) return kind;
    step->index += !named;
  }
  w->p++;
  return EXOTEL_OK;
}

exotel_kind exotel_json_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  exotel_kind kind;
  guard g;
  walk w;
  kind = guarded(&g, text, e);
  if (kind != EXOTEL_OK) return kind;
  exotel_buffer_reset(scratch);
  if (g.escaped > 0 && exotel_buffer_room(scratch, g.escaped) == NULL)
    return exotel_error_buffer(e, scratch, exotel_slice_of(""));
  w.p = text.p;
  w.end = text.p + text.n;
  w.decoded = scratch;
  w.sink = sink;
  w.context = context;
  w.e = e;
  walk_on(&w);
  return walk_value(&w, 0);
}
