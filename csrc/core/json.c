/*
** json: JSON bytes to leaves, by cJSON behind a guard (see json.h for what it refuses).
** It does not write JSON: json_out.c does.
**
** The guard is one pass with its own small stack of open brackets; the walk over cJSON's
** tree recurses as deep as the guard allowed. For a reader the guard notes where the values
** stand that need no decoding, and cJSON gets a null for each: its tree has the structure,
** the names, and the texts with an escape, and the values stay where they are. The objects
** of a list in the document's object, which are what a page is full of, are copied apart
** and parsed one by one: a tree as small as one record is made in memory that the one
** before has just left.
**
** SPDX-License-Identifier: MIT
*/
#include "json.h"

#include "ascii.h"
#include "decimal.h"
#include "error.h"
#include "slice.h"
#include "utf8.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <string.h>

#define RANGE_SAFE 300 /* a number this short needs an exponent to leave the range */

typedef struct guard {
  const unsigned char *p, *end, *begin;
  const unsigned char *copied; /* up to here */
  exotel_buffer *out;
  exotel_buffer *notes; /* a slice for each null in the copy; NULL: values are copied */
  exotel_buffer *pieces; /* the objects that are copied apart, each closed by a NUL */
  size_t piece;          /* where the one at work begins in `out` */
  int escapes;           /* the string at work has one */
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

static void skip_blanks(guard *g) {
  while (g->p < g->end && exotel_is_blank((char)*g->p))
    g->p++;
}

static void copy_to(guard *g, const unsigned char *to) {
  exotel_buffer_add(g->out, (const char *)g->copied, (size_t)(to - g->copied));
  g->copied = to;
}

/* The address in the note of a piece, whose place among the pieces is its length. */
static const char piece_mark[] = "";

/* Notes a value, without an address for a null. */
static void note(guard *g, const char *p, size_t n) {
  exotel_slice *room = (void *)exotel_buffer_room(g->notes, sizeof *room);
  if (room == NULL) return;
  room->p = p;
  room->n = n;
  g->notes->n += sizeof *room;
}

static const char null_word[4] = {'n', 'u', 'l', 'l'};

/* Copies up to `from`, and a null for what stands between it and here. */
static void put_null(guard *g, const unsigned char *from) {
  size_t n = (size_t)(from - g->copied);
  char *room = exotel_buffer_room(g->out, n + sizeof null_word);
  if (room == NULL) return;
  memcpy(room, g->copied, n);
  memcpy(room + n, null_word, sizeof null_word);
  g->out->n += n + sizeof null_word;
  g->copied = g->p;
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
  g->escapes = 1;
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

/* The same of eight at once: the highest bit of a difference tells of one that is zero, or
** below a blank, and of a byte beyond ASCII. */
static int are_plain(const unsigned char *p) {
  const uint64_t each = 0x0101010101010101u;
  uint64_t eight;
  memcpy(&eight, p, sizeof eight);
  return ((((eight ^ each * '"') - each) | ((eight ^ each * '\\') - each) |
           (eight - each * 0x20) | eight) &
          each * 0x80) == 0;
}

static void skip_plain(guard *g) {
  const unsigned char *p = g->p, *end = g->end;
  while (end - p >= 8 && are_plain(p))
    p += 8;
  while (p < end && is_plain(*p))
    p++;
  g->p = p;
}

static exotel_kind string(guard *g) {
  g->p++;
  for (skip_plain(g); g->p < g->end && *g->p != '"'; skip_plain(g)) {
    exotel_kind kind = string_step(g);
    if (kind != EXOTEL_OK) return kind;
  }
  if (g->p >= g->end) return refuse(g, g->p, "a string is open");
  g->p++;
  return EXOTEL_OK;
}

static exotel_kind text_value(guard *g) {
  const unsigned char *from = g->p;
  exotel_kind kind;
  g->escapes = 0;
  kind = string(g);
  if (kind != EXOTEL_OK || g->notes == NULL || g->escapes) return kind;
  note(g, (const char *)from + 1, (size_t)(g->p - from) - 2);
  put_null(g, from);
  return EXOTEL_OK;
}

static size_t digits(guard *g) {
  const unsigned char *from = g->p;
  while (g->p < g->end && *g->p >= '0' && *g->p <= '9')
    g->p++;
  return (size_t)(g->p - from);
}

/* A number is quoted in the copy, or noted where a null isn't longer than that. */
static void put_number(guard *g, const unsigned char *from) {
  size_t n = (size_t)(g->p - from);
  if (g->notes != NULL && n > 1) {
    note(g, (const char *)from, n);
    put_null(g, from);
    return;
  }
  copy_to(g, from);
  exotel_buffer_addc(g->out, '"');
  copy_to(g, g->p);
  exotel_buffer_addc(g->out, '"');
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
  put_number(g, from);
  return EXOTEL_OK;
}

static exotel_kind word(guard *g, const char *spelling) {
  size_t n = strlen(spelling);
  if ((size_t)(g->end - g->p) < n || memcmp(g->p, spelling, n) != 0)
    return refuse(g, g->p, "a value is wanted");
  g->p += n;
  return EXOTEL_OK;
}

static exotel_kind null_value(guard *g) {
  if (g->notes != NULL) note(g, NULL, 0);
  return word(g, "null");
}

/* A value without parts. */
static exotel_kind scalar(guard *g) {
  switch (*g->p) {
    case '"': return text_value(g);
    case 't': return word(g, "true");
    case 'f': return word(g, "false");
    case 'n': return null_value(g);
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

/* Whether what opens or closes here is an object in a list in the document's object. */
static int is_piece(const guard *g, int bracket) {
  return g->depth == 2 && bracket == '{' && g->notes != NULL && g->open[1] == '[' &&
         g->open[0] == '{';
}

static void begin_piece(guard *g) {
  copy_to(g, g->p);
  g->piece = g->out->n;
  note(g, piece_mark, g->pieces->n);
}

static void end_piece(guard *g) {
  copy_to(g, g->p);
  if (g->out->state != EXOTEL_BUFFER_OK) return;
  exotel_buffer_add(g->pieces, g->out->p + g->piece, g->out->n - g->piece);
  exotel_buffer_addc(g->pieces, '\0');
  g->out->n = g->piece;
  exotel_buffer_add(g->out, null_word, sizeof null_word);
}

static void close_bracket(guard *g) {
  g->depth--;
  g->p++;
  if (is_piece(g, g->open[g->depth])) end_piece(g);
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
  for (skip_blanks(g); at_closing(g); skip_blanks(g))
    close_bracket(g);
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
  if (is_piece(g, *g->p)) begin_piece(g);
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
  while (kind == EXOTEL_OK && !done && g->out->state == EXOTEL_BUFFER_OK) {
    int whole;
    kind = value(g, &whole);
    if (kind == EXOTEL_OK && whole) kind = after_value(g, &done);
  }
  if (kind != EXOTEL_OK || !done) return kind;
  return g->p == g->end ? EXOTEL_OK : refuse(g, g->p, "something follows the document");
}

static exotel_kind guarded(exotel_slice text, exotel_buffer *out, exotel_buffer *notes,
                           exotel_buffer *pieces, exotel_error *e) {
  exotel_slice none = {"", 0};
  exotel_kind kind;
  guard g;
  g.depth = 0;
  g.p = g.begin = g.copied = (const unsigned char *)text.p;
  g.end = g.begin + text.n;
  g.out = out;
  g.notes = notes;
  g.pieces = pieces;
  g.e = e;
  exotel_buffer_reset(out);
  if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
    return refuse(&g, g.p, "a byte order mark");
  kind = document(&g);
  if (kind == EXOTEL_OK) copy_to(&g, g.end);
  return kind != EXOTEL_OK ? kind : exotel_error_buffer(e, out, none);
}

exotel_kind exotel_json_guard(exotel_slice text, exotel_buffer *out, exotel_error *e) {
  return guarded(text, out, NULL, NULL, e);
}

typedef struct walk {
  exotel_step path[EXOTEL_DEPTH_MAX];
  const exotel_slice *note; /* of the next null */
  exotel_slice pieces;
  exotel_leaf_sink *sink;
  void *context;
  exotel_error *e;
} walk;

static int kind_of(const cJSON *item) {
  return item->type & 0xFF;
}

static exotel_kind parse(walk *w, exotel_slice copy, size_t depth);

static exotel_kind walk_piece(walk *w, size_t depth) {
  size_t at = w->note->n;
  w->note++;
  return parse(w, (exotel_slice){w->pieces.p + at, w->pieces.n - at}, depth);
}

static exotel_kind scalar_leaf(walk *w, const cJSON *item, size_t depth) {
  exotel_leaf leaf;
  leaf.path = w->path;
  leaf.depth = depth;
  leaf.stays = kind_of(item) == cJSON_NULL;
  leaf.null = leaf.stays && w->note->p == NULL;
  if (leaf.null)
    leaf.text = exotel_slice_of("");
  else if (leaf.stays)
    leaf.text = *w->note;
  else if (kind_of(item) == cJSON_String)
    leaf.text = exotel_slice_of(item->valuestring);
  else
    leaf.text = exotel_slice_of(kind_of(item) == cJSON_True ? "true" : "false");
  w->note += leaf.stays;
  return w->sink(w->context, &leaf, w->e);
}

/* The guard counts brackets, so depth stays below EXOTEL_DEPTH_MAX. */
static exotel_kind walk_item(walk *w, const cJSON *item, size_t depth) {
  const cJSON *child;
  size_t index = 0;
  if (kind_of(item) == cJSON_NULL && w->note->p == piece_mark)
    return walk_piece(w, depth);
  if (kind_of(item) != cJSON_Array && kind_of(item) != cJSON_Object)
    return scalar_leaf(w, item, depth);
  for (child = item->child; child != NULL; child = child->next) {
    exotel_step *step = &w->path[depth];
    exotel_kind kind;
    step->name.p = child->string; /* NULL in a list */
    step->name.n = child->string == NULL ? 0 : strlen(child->string);
    step->index = index++;
    kind = walk_item(w, child, depth + 1);
    if (kind != EXOTEL_OK) return kind;
  }
  return EXOTEL_OK;
}

/* Parses a guarded document and walks over its tree; of what follows it in `copy` nothing
** is read. */
static exotel_kind parse(walk *w, exotel_slice copy, size_t depth) {
  const char *end = NULL;
  cJSON *tree = cJSON_ParseWithLengthOpts(copy.p, copy.n, &end, 0);
  exotel_kind kind;
  if (tree == NULL)
    return exotel_error_memory(w->e); /* the guard left no other cause */
  kind = walk_item(w, tree, depth);
  cJSON_Delete(tree);
  return kind;
}

static exotel_kind read_copy(exotel_slice text, exotel_buffer *copy,
                             exotel_buffer *notes, exotel_buffer *pieces, walk *w) {
  exotel_slice none = {"", 0};
  exotel_kind kind = guarded(text, copy, notes, pieces, w->e);
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(w->e, notes, none);
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(w->e, pieces, none);
  if (kind != EXOTEL_OK) return kind;
  w->note = (const void *)notes->p;
  w->pieces = exotel_slice_held(pieces);
  return parse(w, exotel_slice_held(copy), 0);
}

/* A note stands for two bytes at least, and a piece of two bytes is closed by a third. */
exotel_kind exotel_json_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e) {
  exotel_buffer notes, pieces;
  exotel_kind kind;
  walk w;
  exotel_buffer_init(&notes, (text.n / 2 + 1) * sizeof(exotel_slice));
  exotel_buffer_init(&pieces, text.n * 3 + 1);
  exotel_buffer_room(&notes, text.n / 2); /* in most documents that will do */
  w.sink = sink;
  w.context = context;
  w.e = e;
  kind = read_copy(text, scratch, &notes, &pieces, &w);
  exotel_buffer_free(&notes);
  exotel_buffer_free(&pieces);
  return kind;
}
