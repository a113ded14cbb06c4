/*
** callback: a webhook to one event (see callback.h).
**
** Each decoder only makes leaves; the limits, the classification and the key stand here
** once, so that the encodings can't differ in them.
**
** SPDX-License-Identifier: MIT
*/
#include "callback.h"

#include "digest.h"
#include "error.h"
#include "form.h"
#include "json.h"
#include "limits.h"
#include "media_type.h"
#include "multipart.h"
#include "name.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define HEX_BYTES (EXOTEL_DIGEST_BYTES * 2)

typedef struct reading {
  exotel_callback *callback;
  size_t nfields;
  size_t nfiles; /* in it */
} reading;

void exotel_callback_init(exotel_callback *c) {
  memset(c, 0, sizeof *c);
  exotel_record_init(&c->record);
  exotel_buffer_init(&c->scratch, 4 * EXOTEL_BODY_MAX); /* body and query, quoted */
  exotel_buffer_init(&c->inner, 2 * EXOTEL_BODY_MAX);
  exotel_buffer_init(&c->name, EXOTEL_BODY_MAX);
}

void exotel_callback_free(exotel_callback *c) {
  exotel_record_free(&c->record);
  exotel_buffer_free(&c->scratch);
  exotel_buffer_free(&c->inner);
  exotel_buffer_free(&c->name);
}

/* {=================================================================
** Limits
** ================================================================== */

static exotel_kind over(const exotel_leaf *leaf, const char *what, long limit,
                        exotel_error *e) {
  exotel_slice name = leaf->path[0].name;
  if (name.p == NULL) name = exotel_slice_of("");
  return exotel_error_set(e, EXOTEL_PARSE, "limit", name,
                          "the field %.*s has %s over the limit of %ld",
                          (int)(name.n < 40 ? name.n : 40), name.p, what, limit);
}

static exotel_kind check_limits(reading *g, const exotel_leaf *leaf, exotel_error *e) {
  size_t i, bytes = 0;
  if (++g->nfields > EXOTEL_FIELDS_MAX)
    return exotel_error_set(e, EXOTEL_PARSE, "limit", exotel_slice_of("body"),
                            "more fields than the limit of %d", EXOTEL_FIELDS_MAX);
  if (leaf->depth > EXOTEL_NAME_STEPS_MAX)
    return over(leaf, "a nesting", EXOTEL_NAME_STEPS_MAX, e);
  for (i = 0; i < leaf->depth; i++) {
    size_t index = leaf->path[i].index;
    bytes += leaf->path[i].name.n + (i > 0 ? 2 : 0); /* its brackets */
    if (leaf->path[i].name.p == NULL) bytes += index < 10 ? 1 : index < 100 ? 2 : 3;
    if (index > EXOTEL_INDEX_MAX) return over(leaf, "a position", EXOTEL_INDEX_MAX, e);
  }
  if (bytes > EXOTEL_NAME_MAX) return over(leaf, "a name", EXOTEL_NAME_MAX, e);
  return EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** Leaves of every encoding
** ================================================================== */

static exotel_kind add_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  reading *g = context;
  exotel_kind kind = check_limits(g, leaf, e);
  if (kind != EXOTEL_OK || leaf->depth == 0) return kind;
  return exotel_record_add(&g->callback->record, leaf, e);
}

/* Whether a form could not spell this path and get it back: JSON has names with brackets,
** empty ones, and digits where a form has positions. */
static int is_plain(const exotel_leaf *leaf) {
  size_t i;
  for (i = 0; i < leaf->depth; i++) {
    exotel_slice name = leaf->path[i].name;
    if (name.p == NULL) continue;
    if (name.n == 0 || memchr(name.p, '[', name.n) != NULL) return 0;
    if (i > 0 && name.p[0] >= '0' && name.p[0] <= '9') return 0;
    if (i > 0 && memchr(name.p, ']', name.n) != NULL) return 0;
  }
  return 1;
}

/* Hands on a leaf of a JSON document, its path being what a form would make of it. */
static exotel_kind respell(reading *g, const exotel_leaf *leaf, exotel_leaf_sink *sink,
                           exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_buffer *spelt = &g->callback->name;
  exotel_leaf respelt = *leaf;
  exotel_slice name;
  if (is_plain(leaf)) return sink(g, leaf, e);
  exotel_buffer_reset(spelt);
  exotel_name_write(spelt, leaf->path, leaf->depth);
  if (spelt->state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  if (spelt->n == 0) return EXOTEL_OK;
  name.p = spelt->p;
  name.n = spelt->n;
  respelt.path = path;
  respelt.depth = exotel_name_split(name, path);
  return sink(g, &respelt, e);
}

/* A leaf of the JSON text that stands under the name Stream. */
static exotel_kind add_stream_leaf(void *context, const exotel_leaf *leaf,
                                   exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX + 1];
  exotel_leaf inner = *leaf;
  memset(&path[0], 0, sizeof path[0]);
  path[0].name = exotel_slice_of("Stream");
  memcpy(path + 1, leaf->path, leaf->depth * sizeof *path);
  inner.path = path;
  inner.depth = leaf->depth + 1;
  return respell(context, &inner, add_leaf, e);
}

static int is_stream_text(const exotel_leaf *leaf) {
  return leaf->depth == 1 && leaf->path[0].name.p != NULL && leaf->text.n > 0 &&
         leaf->text.p[0] == '{' && exotel_slice_is_nocase(leaf->path[0].name, "Stream");
}

/* Streams come as Stream[Status], as an object, or as an object's JSON in a string. A text
** that is no JSON after all is kept as it is. */
static exotel_kind take_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  reading *g = context;
  exotel_error ignored;
  exotel_kind kind;
  if (!is_stream_text(leaf)) return add_leaf(context, leaf, e);
  exotel_error_clear(&ignored);
  kind = exotel_json_guard(leaf->text, &g->callback->inner, &ignored);
  if (kind == EXOTEL_MEMORY) return exotel_error_memory(e);
  if (kind != EXOTEL_OK) return add_leaf(context, leaf, e);
  return exotel_json_read(leaf->text, &g->callback->inner, add_stream_leaf, g, e);
}

/* Only an object has names. */
static exotel_kind take_json_leaf(void *context, const exotel_leaf *leaf,
                                  exotel_error *e) {
  if (leaf->depth == 0 || leaf->path[0].name.p == NULL)
    return exotel_error_set(e, EXOTEL_PARSE, "json", exotel_slice_of("body"),
                            "the JSON is no object");
  return respell(context, leaf, take_leaf, e);
}

/* What an event has of its own. */
static const exotel_field file_fields[] = {
    {"", "files", 0, "name", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "filename", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "type", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "size", EXOTEL_IS_INTEGER, 0, ""}};
static const exotel_field kind_field = {"", NULL, 0, "kind", EXOTEL_IS_TEXT, 0, ""};
static const exotel_field final_field = {"", NULL, 0, "final", EXOTEL_IS_BOOLEAN,
                                         0,  ""};
static const exotel_field key_field = {"", NULL, 0, "dedup_key", EXOTEL_IS_TEXT, 0, ""};

static exotel_kind add_own(exotel_record *r, const exotel_field *field, size_t position,
                           exotel_slice text, exotel_error *e) {
  exotel_step step;
  exotel_leaf leaf;
  memset(&step, 0, sizeof step);
  step.index = position;
  leaf.path = &step;
  leaf.depth = 1;
  leaf.text = text;
  leaf.null = 0;
  return exotel_record_add_as(r, field, &leaf, e);
}

static exotel_kind add_file(reading *g, const exotel_part *part, exotel_error *e) {
  exotel_record *r = &g->callback->record;
  exotel_slice texts[4];
  exotel_kind kind = EXOTEL_OK;
  char size[24];
  size_t i;
  snprintf(size, sizeof size, "%lu", (unsigned long)part->value.n);
  texts[0] = part->name;
  texts[1] = part->filename;
  texts[2] = part->type;
  texts[3] = exotel_slice_of(size);
  for (i = 0; kind == EXOTEL_OK && i < 4; i++)
    kind = add_own(r, &file_fields[i], g->nfiles, texts[i], e);
  g->nfiles++;
  return kind;
}

static exotel_kind take_part(void *context, const exotel_part *part, exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  if (part->is_file) return add_file(context, part, e);
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = exotel_name_split(part->name, path);
  leaf.text = part->value;
  if (part->name.n == 0) return EXOTEL_OK;
  return take_leaf(context, &leaf, e);
}

/* }================================================================== */

/* {=================================================================
** Which encoding
** ================================================================== */

/* Also behind a byte order mark, so that JSON with one is refused for it. */
static const char *first_byte(exotel_slice body) {
  size_t i = body.n >= 3 && memcmp(body.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (i < body.n && strchr(" \t\r\n", body.p[i]) != NULL && body.p[i] != '\0')
    i++;
  return i < body.n ? body.p + i : NULL;
}

/* The boundary of the line that the body begins with. */
static void sniff_boundary(exotel_slice body, const char *p, exotel_media_type *m) {
  char text[EXOTEL_BOUNDARY_MAX + 64];
  const char *end = body.p + body.n, *line = memchr(p, '\n', (size_t)(end - p));
  exotel_slice boundary;
  int n;
  if (line == NULL) line = end;
  boundary = exotel_slice_trimmed(exotel_slice_between(p + 2, line));
  n = snprintf(text, sizeof text, "multipart/form-data; boundary=\"%.*s\"",
               (int)(boundary.n > 80 ? 80 : boundary.n), boundary.p);
  exotel_media_type_read((exotel_slice){text, (size_t)n}, m);
}

/* Corrects what the body can't be. */
static void settle_media(exotel_slice body, exotel_media_type *m) {
  const char *p = first_byte(body);
  int dashes;
  if (p == NULL) return;
  dashes = body.p + body.n - p > 2 && p[0] == '-' && p[1] == '-';
  if (m->media == EXOTEL_MEDIA_FORM) /* a name may begin so, but has no lines */
    dashes = dashes && memchr(p, '\n', (size_t)(body.p + body.n - p - 1)) != NULL;
  if (m->media == EXOTEL_MEDIA_MULTIPART && m->boundary_size > 0 && *p != '{') return;
  if (m->media == EXOTEL_MEDIA_FORM && *p != '{' && !dashes) return;
  if (*p == '{') {
    m->media = EXOTEL_MEDIA_JSON;
  } else if (dashes) {
    sniff_boundary(body, p, m);
  } else if (m->media != EXOTEL_MEDIA_JSON ||
             (*p != '[' && *p != '"' && memchr(body.p, '=', body.n) != NULL)) {
    m->media = EXOTEL_MEDIA_FORM;
  }
}

static exotel_kind read_body(reading *g, const exotel_media_type *m, exotel_slice body,
                             exotel_error *e) {
  exotel_buffer *scratch = &g->callback->scratch;
  exotel_slice boundary;
  if (first_byte(body) == NULL) return EXOTEL_OK;
  switch (m->media) {
    case EXOTEL_MEDIA_JSON:
      return exotel_json_read(body, scratch, take_json_leaf, g, e);
    case EXOTEL_MEDIA_MULTIPART:
      boundary.p = m->boundary;
      boundary.n = m->boundary_size;
      return exotel_multipart_read(body, boundary, scratch, take_part, g, e);
    default: return exotel_form_read(body, scratch, take_leaf, g, e);
  }
}

/* }================================================================== */

/* {=================================================================
** What kind of event
** ================================================================== */

static exotel_slice text_of(const exotel_record *r, const char *name) {
  size_t at = exotel_record_find(r, name);
  return at == 0 ? exotel_slice_of("")
                 : exotel_record_text(r, exotel_record_node(r, at));
}

static int has(const exotel_record *r, const char *name) {
  return exotel_record_find(r, name) != 0;
}

static int has_stream(const exotel_record *r) {
  return has(r, "stream_sid") || has(r, "stream_status") || has(r, "Stream");
}

/* Status busy or free is an agent's, whatever else the request brings. */
static int is_agent(const exotel_record *r) {
  exotel_slice status = text_of(r, "status"), event = text_of(r, "event_type");
  int state = exotel_slice_is(status, "free") || exotel_slice_is(status, "busy");
  int applet =
      has(r, "call_from") || has(r, "dial_whom_number") || has(r, "agent_email");
  return applet && (exotel_slice_is(event, "dial") || has(r, "agent_email") ||
                    (state && !has(r, "flow_id")) || event.n > 0);
}

static const char *kind_of(const exotel_record *r) {
  exotel_slice event = text_of(r, "event_type");
  if (has(r, "app_user_id") || has(r, "call_state")) return "integration";
  if (is_agent(r)) return "agent";
  if (has_stream(r)) return "stream";
  if (has(r, "call_from") || has(r, "flow_id") || has(r, "dial_call_status"))
    return "passthru";
  if (exotel_slice_is(event, "terminal")) return "terminal";
  if (exotel_slice_is(event, "answered")) return "answered";
  if (event.n == 0 && has(r, "call_sid") && has(r, "status")) return "default";
  return "unknown";
}

static int is_final(const exotel_record *r, const char *kind) {
  if (strcmp(kind, "integration") == 0)
    return exotel_slice_is(text_of(r, "call_state"), "terminal");
  return strcmp(kind, "terminal") == 0 || strcmp(kind, "default") == 0;
}

/* }================================================================== */

/* {=================================================================
** The key
** ================================================================== */

/* The event is written down in one order, whatever order it came in: known fields by their
** rows, the others by name. Sizes stand before texts, so that no two events are written
** alike. */

static void write_number(exotel_buffer *out, unsigned long long n) {
  char bytes[9];
  int i;
  bytes[0] = (char)(n < 255 ? n : 255);
  for (i = 1; i < 9; i++)
    bytes[i] = (char)(n >> (8 * (i - 1)) & 0xff);
  exotel_buffer_add(out, bytes, n < 255 ? 1 : sizeof bytes);
}

static void write_slice(exotel_buffer *out, exotel_slice s) {
  write_number(out, s.n);
  exotel_buffer_add(out, s.p, s.n);
}

/* Of the values that no row knows, the one whose name comes next after `last`. */
static size_t next_other(const exotel_record *r, const exotel_node *node,
                         exotel_slice last, int begun) {
  size_t at, best = 0;
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    exotel_slice name;
    if (exotel_record_node(r, at)->row != 0) continue;
    name = exotel_record_name(r, exotel_record_node(r, at));
    if (begun && !exotel_slice_before(last, name)) continue;
    if (best == 0 ||
        exotel_slice_before(name, exotel_record_name(r, exotel_record_node(r, best))))
      best = at;
  }
  return best;
}

static void write_node(exotel_buffer *out, const exotel_record *r,
                       const exotel_node *node);

static void write_others(exotel_buffer *out, const exotel_record *r,
                         const exotel_node *node) {
  exotel_slice name = {"", 0};
  size_t at = next_other(r, node, name, 0);
  while (at != 0) {
    name = exotel_record_name(r, exotel_record_node(r, at));
    write_slice(out, name);
    write_node(out, r, exotel_record_node(r, at));
    at = next_other(r, node, name, 1);
  }
}

static void write_table(exotel_buffer *out, const exotel_record *r,
                        const exotel_node *node) {
  unsigned short rows[EXOTEL_ROWS_MAX + 1]; /* the node of each row; nodes are few */
  size_t at, row, others = 0;
  memset(rows, 0, sizeof rows);
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    row = exotel_record_node(r, at)->row;
    others += row == 0;
    if (row != 0) rows[row] = (unsigned short)at;
  }
  for (row = 1; row <= r->type->nfields; row++) {
    const char *name = r->type->fields[row - 1].lua;
    if (rows[row] == 0) continue;
    write_slice(out, exotel_slice_of(name));
    write_node(out, r, exotel_record_node(r, rows[row]));
  }
  if (others > 0) write_others(out, r, node);
}

/* The names that came more than once, in byte order and how often each: they stand in the
** order in which they came. */
static void write_repeated(exotel_buffer *out, const exotel_record *r,
                           const exotel_node *list) {
  exotel_slice last = {"", 0};
  int begun = 0;
  for (;; begun = 1) {
    exotel_slice best = {NULL, 0};
    size_t at, times = 0;
    for (at = list->first; at != 0; at = exotel_record_node(r, at)->next) {
      exotel_slice name = exotel_record_text(r, exotel_record_node(r, at));
      if (begun && !exotel_slice_before(last, name)) continue;
      if (best.p != NULL && exotel_slice_before(best, name)) continue;
      times = best.p != NULL && !exotel_slice_before(name, best) ? times + 1 : 1;
      best = name;
    }
    if (best.p == NULL) return;
    write_slice(out, best);
    write_number(out, times);
    last = best;
  }
}

/* Values by what they are, not by how they were spelt: "017" is 17. */
static void write_node(exotel_buffer *out, const exotel_record *r,
                       const exotel_node *node) {
  char digits[40];
  size_t at;
  exotel_buffer_addc(out, "TLSINB"[node->type]);
  switch (node->type) {
    case EXOTEL_NODE_TEXT: write_slice(out, exotel_record_text(r, node)); break;
    case EXOTEL_NODE_INTEGER:
    case EXOTEL_NODE_BOOLEAN:
      write_number(out, (unsigned long long)node->integer);
      break;
    case EXOTEL_NODE_NUMBER:
      snprintf(digits, sizeof digits, "%a", node->number);
      write_slice(out, exotel_slice_of(digits));
      break;
    case EXOTEL_NODE_LIST:
      write_number(out, node->count);
      if (r->repeated != 0 && node == exotel_record_node(r, r->repeated)) {
        write_repeated(out, r, node);
        break;
      }
      for (at = node->first; at != 0; at = exotel_record_node(r, at)->next)
        write_node(out, r, exotel_record_node(r, at));
      break;
    case EXOTEL_NODE_TABLE:
      write_number(out, node->count);
      write_table(out, r, node);
      break;
  }
}

static exotel_kind write_key(exotel_callback *c, char hex[HEX_BYTES], exotel_error *e) {
  exotel_buffer_reset(&c->scratch);
  write_node(&c->scratch, &c->record, exotel_record_node(&c->record, 0));
  exotel_digest_hex(exotel_slice_held(&c->scratch), hex);
  return exotel_error_buffer(e, &c->scratch, exotel_slice_of("body"));
}

/* }================================================================== */

static exotel_kind finish(exotel_callback *c, exotel_error *e) {
  exotel_record *r = &c->record;
  char hex[HEX_BYTES];
  exotel_slice key;
  const char *kind;
  exotel_kind k = exotel_record_finish(r, e);
  if (k != EXOTEL_OK) return k;
  kind = kind_of(r);
  if (strcmp(kind, "agent") == 0) exotel_record_rename(r, "status", "agent_status");
  k = write_key(c, hex, e);
  key.p = hex;
  key.n = sizeof hex;
  if (k == EXOTEL_OK) k = add_own(r, &key_field, 0, key, e);
  if (k == EXOTEL_OK) k = add_own(r, &kind_field, 0, exotel_slice_of(kind), e);
  if (k != EXOTEL_OK) return k;
  return add_own(r, &final_field, 0,
                 exotel_slice_of(is_final(r, kind) ? "true" : "false"), e);
}

static exotel_kind nothing_there(exotel_error *e) {
  return exotel_error_set(e, EXOTEL_PARSE, "empty", exotel_slice_of("body"),
                          "there is no field in body and query");
}

exotel_kind exotel_callback_read(exotel_callback *c, exotel_slice content_type,
                                 exotel_slice body, exotel_slice query,
                                 exotel_error *e) {
  exotel_media_type media;
  exotel_kind kind;
  reading g;
  memset(&g, 0, sizeof g);
  g.callback = c;
  if (body.n > EXOTEL_BODY_MAX || query.n > EXOTEL_BODY_MAX)
    return exotel_error_set(e, EXOTEL_PARSE, "limit", exotel_slice_of("body"),
                            "larger than the limit of %d KiB", EXOTEL_BODY_MAX / 1024);
  exotel_media_type_read(content_type, &media);
  settle_media(body, &media);
  kind = exotel_record_begin(&c->record, exotel_event_type(), e);
  if (kind == EXOTEL_OK) kind = read_body(&g, &media, body, e);
  c->record.yielding = g.nfields > 0;
  if (kind == EXOTEL_OK) kind = exotel_form_read(query, &c->scratch, take_leaf, &g, e);
  if (kind == EXOTEL_OK && g.nfields == 0 && g.nfiles == 0) return nothing_there(e);
  return kind == EXOTEL_OK ? finish(c, e) : kind;
}
