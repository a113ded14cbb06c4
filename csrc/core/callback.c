/*
** callback: a webhook to one event (see callback.h).
**
** Each decoder only makes leaves; the limits and the classification stand here once, so
** that the encodings can't differ in them.
**
** SPDX-License-Identifier: MIT
*/
#include "callback.h"

#include "error.h"
#include "event_key.h"
#include "form.h"
#include "json.h"
#include "limits.h"
#include "media_type.h"
#include "multipart.h"
#include "name.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
  exotel_callback *callback;
  size_t nfields;
  size_t nfiles; /* in it */
  exotel_trace trace;
} reading;

static void find_rows(exotel_event_rows *rows, exotel_rows *index) {
  exotel_rows_index(index, exotel_event_type());
  rows->call_sid = exotel_rows_named(index, 0, "call_sid");
  rows->event_type = exotel_rows_named(index, 0, "event_type");
  rows->status = exotel_rows_named(index, 0, "status");
  rows->agent_status = exotel_rows_named(index, 0, "agent_status");
  rows->call_from = exotel_rows_named(index, 0, "call_from");
  rows->dial_whom_number = exotel_rows_named(index, 0, "dial_whom_number");
  rows->dial_call_status = exotel_rows_named(index, 0, "dial_call_status");
  rows->agent_email = exotel_rows_named(index, 0, "agent_email");
  rows->flow_id = exotel_rows_named(index, 0, "flow_id");
  rows->app_user_id = exotel_rows_named(index, 0, "app_user_id");
  rows->call_state = exotel_rows_named(index, 0, "call_state");
  rows->stream_sid = exotel_rows_named(index, 0, "stream_sid");
  rows->stream_status = exotel_rows_named(index, 0, "stream_status");
}

/* NULL without memory. */
static exotel_bodies *new_bodies(void) {
  exotel_bodies *b = calloc(1, sizeof *b);
  size_t i;
  for (i = 0; b != NULL && i < EXOTEL_BODIES_KEPT; i++) {
    exotel_record_init(&b->records[i]);
    exotel_skeleton_init(&b->kept[i].skeleton);
    b->kept[i].record = &b->records[i];
  }
  return b;
}

static void free_bodies(exotel_bodies *b) {
  size_t i;
  for (i = 0; b != NULL && i < EXOTEL_BODIES_KEPT; i++) {
    exotel_record_free(&b->records[i]);
    exotel_skeleton_free(&b->kept[i].skeleton);
  }
  free(b);
}

void exotel_callback_init(exotel_callback *c) {
  memset(c, 0, sizeof *c);
  exotel_record_init(&c->first);
  c->record = c->spare = &c->first;
  find_rows(&c->rows, &c->record->rows);
  exotel_buffer_init(&c->scratch, 4 * EXOTEL_BODY_MAX);
  exotel_buffer_init(&c->query, 4 * EXOTEL_BODY_MAX);
  exotel_buffer_init(&c->inner, 2 * EXOTEL_BODY_MAX);
  exotel_buffer_init(&c->name, EXOTEL_BODY_MAX);
}

void exotel_callback_free(exotel_callback *c) {
  free_bodies(c->bodies);
  c->bodies = NULL;
  exotel_record_free(&c->first);
  exotel_buffer_free(&c->scratch);
  exotel_buffer_free(&c->query);
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

static exotel_kind too_many_fields(exotel_error *e) {
  return exotel_error_set(e, EXOTEL_PARSE, "limit", exotel_slice_of("body"),
                          "more fields than the limit of %d", EXOTEL_FIELDS_MAX);
}

static exotel_kind check_path(const exotel_leaf *leaf, exotel_error *e) {
  size_t i, bytes = 0;
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

static inline exotel_kind check_limits(reading *g, const exotel_leaf *leaf,
                                       exotel_error *e) {
  if (++g->nfields > EXOTEL_FIELDS_MAX) return too_many_fields(e);
  if (leaf->depth == 1 && leaf->path[0].name.n <= EXOTEL_NAME_MAX &&
      leaf->path[0].index == 0)
    return EXOTEL_OK;
  return check_path(leaf, e);
}

/* }================================================================== */

/* {=================================================================
** Leaves of every encoding
** ================================================================== */

static inline exotel_kind add_leaf(void *context, const exotel_leaf *leaf,
                                   exotel_error *e) {
  reading *g = context;
  exotel_record *r = g->callback->record;
  size_t before = r->nodes.n;
  exotel_kind kind = check_limits(g, leaf, e);
  if (kind != EXOTEL_OK || leaf->depth == 0) return kind;
  kind = exotel_record_add(r, leaf, e);
  exotel_trace_note(&g->trace, r, leaf, before);
  return kind;
}

/* Whether a form could not spell this path and get it back: JSON has names with brackets,
** empty ones, and digits where a form has positions. */
static int is_plain_path(const exotel_leaf *leaf) {
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

static inline int is_plain(const exotel_leaf *leaf) {
  exotel_slice only = leaf->path[0].name;
  if (leaf->depth == 1 && only.n > 0 && only.p[only.n - 1] != ']') return 1;
  return is_plain_path(leaf);
}

/* Hands on a leaf of a JSON document under the path that a form would make of its name. */
static exotel_kind respell(reading *g, const exotel_leaf *leaf, exotel_leaf_sink *sink,
                           exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_buffer *spelt = &g->callback->name;
  exotel_leaf respelt = *leaf;
  exotel_slice name;
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
  inner.stays = 0; /* no longer than the text it is in, which may be gone sooner */
  if (is_plain(&inner)) return add_leaf(context, &inner, e);
  return respell(context, &inner, add_leaf, e);
}

static inline int is_stream_text(const exotel_leaf *leaf) {
  return leaf->text.n > 0 && leaf->text.p[0] == '{' && leaf->depth == 1 &&
         leaf->path[0].name.p != NULL &&
         exotel_slice_is_nocase(leaf->path[0].name, "Stream");
}

/* Streams come as Stream[Status], as an object, or as an object's JSON in a string. A text
** that is no JSON after all is kept as it is. */
static exotel_kind take_stream_text(void *context, const exotel_leaf *leaf,
                                    exotel_error *e) {
  reading *g = context;
  exotel_error ignored;
  exotel_error_clear(&ignored);
  if (exotel_json_check(leaf->text, &ignored) != EXOTEL_OK)
    return add_leaf(context, leaf, e);
  return exotel_json_read(leaf->text, &g->callback->inner, add_stream_leaf, g, e);
}

static exotel_kind take_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  if (is_stream_text(leaf)) return take_stream_text(context, leaf, e);
  return add_leaf(context, leaf, e);
}

/* Only an object has names. */
static exotel_kind take_json_leaf(void *context, const exotel_leaf *leaf,
                                  exotel_error *e) {
  if (leaf->depth == 0 || leaf->path[0].name.p == NULL)
    return exotel_error_set(e, EXOTEL_PARSE, "json", exotel_slice_of("body"),
                            "the JSON is no object");
  if (is_plain(leaf)) return take_leaf(context, leaf, e);
  return respell(context, leaf, take_leaf, e);
}

static const exotel_field file_fields[] = {
    {"", "files", 0, "name", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "filename", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "type", EXOTEL_IS_VERBATIM, 0, ""},
    {"", "files", 0, "size", EXOTEL_IS_INTEGER, 0, ""}};

static exotel_kind add_file(reading *g, const exotel_part *part, exotel_error *e) {
  exotel_record *r = g->callback->record;
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
    kind = exotel_record_put(r, &file_fields[i], g->nfiles, texts[i], e);
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
  leaf.stays = 1;
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

/* A line that may be a delimiter. */
static int begins_with_dashes(const char *p, const char *end) {
  return end - p > 2 && p[0] == '-' && p[1] == '-';
}

/* Corrects what the body can't be. */
static void settle_media(exotel_slice body, exotel_media_type *m) {
  const char *p = first_byte(body);
  int dashes;
  if (p == NULL) return;
  dashes = begins_with_dashes(p, body.p + body.n);
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

/* Whether a body said to be multipart has delimiters, but none where its boundary could be
** read from: behind a preamble. As a form it would lose what no pair is. */
static int lacks_boundary(exotel_slice body, const exotel_media_type *m) {
  const char *p = first_byte(body), *end = body.p + body.n;
  if (m->media != EXOTEL_MEDIA_MULTIPART || m->boundary_size > 0) return 0;
  if (p == NULL || *p == '{' || begins_with_dashes(p, end)) return 0;
  while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
    if (begins_with_dashes(++p, end)) return 1;
  }
  return 0;
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

static int has(const exotel_record *r, size_t row) {
  return exotel_record_row(r, row) != 0;
}

static int is(const exotel_record *r, size_t row, const char *word) {
  unsigned at = exotel_record_row(r, row);
  return at != 0 &&
         exotel_slice_is(exotel_record_text(r, exotel_record_node(r, at)), word);
}

static int has_stream(const exotel_record *r, const exotel_event_rows *rows) {
  return has(r, rows->stream_sid) || has(r, rows->stream_status) ||
         (r->unknown > 0 && exotel_record_find(r, "Stream") != 0);
}

/* Status busy or free is an agent's, whatever else the request brings. */
static int is_agent(const exotel_record *r, const exotel_event_rows *rows) {
  if (has(r, rows->agent_email)) return 1;
  if (!has(r, rows->call_from) && !has(r, rows->dial_whom_number)) return 0;
  return has(r, rows->event_type) ||
         (!has(r, rows->flow_id) &&
          (is(r, rows->status, "free") || is(r, rows->status, "busy")));
}

static const char *kind_of(const exotel_record *r, const exotel_event_rows *rows) {
  if (has(r, rows->app_user_id) || has(r, rows->call_state)) return "integration";
  if (is_agent(r, rows)) return "agent";
  if (has_stream(r, rows)) return "stream";
  if (has(r, rows->call_from) || has(r, rows->flow_id) ||
      has(r, rows->dial_call_status))
    return "passthru";
  if (is(r, rows->event_type, "terminal")) return "terminal";
  if (is(r, rows->event_type, "answered")) return "answered";
  if (!has(r, rows->event_type) && has(r, rows->call_sid) && has(r, rows->status))
    return "default";
  return "unknown";
}

static int goes_on(const exotel_record *r, const exotel_event_rows *rows) {
  return is(r, rows->status, "queued") || is(r, rows->status, "ringing") ||
         is(r, rows->status, "in-progress");
}

/* Where no event was asked for the end is all that is posted; but what leaves out its
** EventType may say that the call goes on. */
static int is_final(const exotel_record *r, const exotel_event_rows *rows,
                    const char *kind) {
  if (strcmp(kind, "integration") == 0) return is(r, rows->call_state, "terminal");
  if (strcmp(kind, "default") == 0) return !goes_on(r, rows);
  return strcmp(kind, "terminal") == 0;
}

/* }================================================================== */

/* What an event has of its own, beside its files. */
static const exotel_field kind_field = {"", NULL, 0, "kind", EXOTEL_IS_TEXT, 0, ""};
static const exotel_field final_field = {"", NULL, 0, "final", EXOTEL_IS_BOOLEAN,
                                         0,  ""};
static const exotel_field key_field = {"", NULL, 0, "dedup_key", EXOTEL_IS_TEXT, 0, ""};

/* Such an event has its status moved, so that no other is made of its record. */
static int is_of_agent(const char *kind) {
  return strcmp(kind, "agent") == 0;
}

static exotel_kind finish(exotel_callback *c, const char *kind, exotel_error *e) {
  const exotel_event_rows *rows = &c->rows;
  exotel_record *r = c->record;
  char hex[EXOTEL_EVENT_KEY_SIZE];
  exotel_slice key = {hex, sizeof hex};
  const char *final = is_final(r, rows, kind) ? "true" : "false";
  exotel_kind k;
  if (is_of_agent(kind) && has(r, rows->status))
    exotel_record_move(r, rows->status, rows->agent_status);
  exotel_event_key(r, hex);
  k = exotel_record_put(r, &key_field, 0, key, e);
  if (k == EXOTEL_OK)
    k = exotel_record_put(r, &kind_field, 0, exotel_slice_of(kind), e);
  if (k == EXOTEL_OK)
    k = exotel_record_put(r, &final_field, 0, exotel_slice_of(final), e);
  return k;
}

/* {=================================================================
** Bodies like those before
** ================================================================== */

/* Reads the body as the one that was kept. Returns 0 when it isn't alike, or an agent's. */
static int read_alike(exotel_callback *c, const exotel_body_kept *kept,
                      const exotel_media_type *media, exotel_slice body,
                      exotel_kind *kind, exotel_error *e) {
  const char *event_kind;
  if (kept->skeleton.nvalues == 0) return 0;
  exotel_record_rewind(kept->record, &kept->mark);
  if (!exotel_skeleton_fill(&kept->skeleton, body, media, &c->scratch, kept->record))
    return 0;
  event_kind = kind_of(kept->record, &c->rows);
  if (is_of_agent(event_kind)) return 0;
  c->record = kept->record;
  *kind = finish(c, event_kind, e);
  return 1;
}

/* Reads a body that is like one of those kept. Returns 0 when there is none. */
static int read_again(exotel_callback *c, const exotel_media_type *media,
                      exotel_slice body, exotel_kind *kind, exotel_error *e) {
  exotel_bodies *b = c->bodies;
  size_t i;
  for (i = 0; b != NULL && i < EXOTEL_BODIES_KEPT; i++) {
    size_t at = (b->alike + i) % EXOTEL_BODIES_KEPT;
    if (!read_alike(c, &b->kept[at], media, body, kind, e)) continue;
    b->alike = at;
    return 1;
  }
  return 0;
}

/* Keeps the body that was read, and its event, in the place of another one. */
static exotel_kind keep(reading *g, const exotel_media_type *media, exotel_slice body,
                        const exotel_record_mark *mark, exotel_error *e) {
  exotel_callback *c = g->callback;
  exotel_bodies *b = c->bodies != NULL ? c->bodies : new_bodies();
  exotel_body_kept *kept;
  exotel_kind kind;
  if (b == NULL) return exotel_error_memory(e);
  c->bodies = b;
  kept = &b->kept[b->next];
  kind = exotel_skeleton_make(&kept->skeleton, body, media, &g->trace, e);
  if (kept->skeleton.nvalues == 0) return kind;
  c->spare = kept->record;
  kept->record = c->record;
  kept->mark = *mark;
  b->alike = b->next;
  b->next = (b->next + 1) % EXOTEL_BODIES_KEPT;
  return kind;
}

/* }================================================================== */

/* Where a value says which entry of a list others go to, those of another body may go
** elsewhere; and of an agent's event the status was moved. */
static int can_be_kept(const exotel_callback *c, const reading *g,
                       const char *event_kind) {
  return !g->trace.unfit && c->record->positions == 0 && !is_of_agent(event_kind);
}

static exotel_kind nothing_there(exotel_error *e) {
  return exotel_error_set(e, EXOTEL_PARSE, "empty", exotel_slice_of("body"),
                          "there is no field in body and query");
}

/* Reads a webhook by its decoder. A body without a query is kept for those like it. */
static exotel_kind read_anew(exotel_callback *c, const exotel_media_type *media,
                             exotel_slice body, exotel_slice query, exotel_error *e) {
  const char *event_kind;
  exotel_record_mark mark;
  exotel_kind kind;
  reading g;
  g.callback = c;
  g.nfields = g.nfiles = g.trace.n = 0;
  g.trace.unfit = query.n > 0;
  c->record = c->spare;
  kind = exotel_record_begin(c->record, exotel_event_type(), e);
  if (kind == EXOTEL_OK) kind = read_body(&g, media, body, e);
  c->record->yielding = g.nfields > 0;
  if (kind == EXOTEL_OK) kind = exotel_form_read(query, &c->query, take_leaf, &g, e);
  if (kind == EXOTEL_OK && g.nfields == 0 && g.nfiles == 0) return nothing_there(e);
  if (kind == EXOTEL_OK) kind = exotel_record_finish(c->record, e);
  if (kind != EXOTEL_OK) return kind;
  mark = exotel_record_marked(c->record);
  event_kind = kind_of(c->record, &c->rows);
  kind = finish(c, event_kind, e);
  if (kind != EXOTEL_OK || !can_be_kept(c, &g, event_kind)) return kind;
  return keep(&g, media, body, &mark, e);
}

exotel_kind exotel_callback_read(exotel_callback *c, exotel_slice content_type,
                                 exotel_slice body, exotel_slice query,
                                 exotel_error *e) {
  exotel_media_type media;
  exotel_kind kind;
  if (body.n > EXOTEL_BODY_MAX || query.n > EXOTEL_BODY_MAX)
    return exotel_error_set(e, EXOTEL_PARSE, "limit", exotel_slice_of("body"),
                            "larger than the limit of %d KiB", EXOTEL_BODY_MAX / 1024);
  exotel_media_type_read(content_type, &media);
  if (lacks_boundary(body, &media))
    return exotel_error_set(
        e, EXOTEL_PARSE, "boundary", exotel_slice_of("content_type"),
        "the content type has no boundary, and the body doesn't begin "
        "with one");
  settle_media(body, &media);
  if (query.n == 0 && read_again(c, &media, body, &kind, e)) return kind;
  return read_anew(c, &media, body, query, e);
}
