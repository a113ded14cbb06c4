/*
** response: an answer's bytes to a record, or to what went wrong (see response.h).
** The status table of api.c says what a status means; this file reads bodies.
**
** SPDX-License-Identifier: MIT
*/
#include "response.h"

#include "decimal.h"
#include "error.h"
#include "form.h"
#include "json.h"
#include "text.h"
#include "xml.h"

#include <string.h>

#define SCRATCH_MAX (64 * 1024 * 1024) /* beyond any body that is let in */
#define MESSAGE_SHOWN 240 /* bytes of the service's text that an error repeats */

/* What stands under a name at a document's top. */
typedef enum part { IS_RECORD, IS_PAGE, IS_OTHER } part;

/* What the leaves of one answer are sorted into. */
typedef struct reading {
  exotel_response *response;
  const exotel_operation *operation;
  int success;      /* a 2xx, so that records are wanted */
  exotel_slice top; /* the name that the last leaf stood under */
  part part;        /* and what that is */
  size_t entry;     /* of a page: the position of the record at work */
  int has_page;     /* something of what a page says of itself has come */
  int has_exception;
  int status; /* the exception's own, 0 when it gave none */
  char code[EXOTEL_CODE_MAX];
} reading;

void exotel_response_init(exotel_response *r) {
  memset(r, 0, sizeof *r);
  exotel_record_init(&r->record);
  exotel_record_init(&r->page);
  exotel_buffer_init(&r->scratch, SCRATCH_MAX);
  exotel_buffer_init(&r->message, SCRATCH_MAX);
  exotel_buffer_init(&r->description, SCRATCH_MAX);
}

void exotel_response_free(exotel_response *r) {
  exotel_record_free(&r->record);
  exotel_record_free(&r->page);
  exotel_buffer_free(&r->scratch);
  exotel_buffer_free(&r->message);
  exotel_buffer_free(&r->description);
}

/* {=================================================================
** Leaves of a failure
** ================================================================== */

static void take_status(reading *g, exotel_slice text) {
  long long status;
  if (g->status == 0 && exotel_decimal_integer(text.p, text.n, &status) &&
      status >= 100 && status <= 599)
    g->status = (int)status;
}

static void take_code(reading *g, exotel_slice text) {
  size_t n = text.n < EXOTEL_CODE_MAX ? text.n : EXOTEL_CODE_MAX - 1;
  if (g->code[0] != '\0') return;
  memcpy(g->code, text.p, n);
  g->code[n] = '\0';
}

static void take_text(exotel_buffer *out, exotel_slice text) {
  if (out->n == 0) exotel_text_plain(text, MESSAGE_SHOWN, out);
}

/* Of two that say the same the first counts. */
static void take_failure(reading *g, const exotel_leaf *leaf) {
  exotel_response *r = g->response;
  size_t row = exotel_rows_find(&r->failures, leaf->path, leaf->depth);
  const char *what = row == 0 ? "" : r->failures.type->fields[row - 1].lua;
  if (leaf->depth > 1 && exotel_slice_is_nocase(leaf->path[0].name, "RestException"))
    g->has_exception = 1;
  if (row == 0 || leaf->null) return;
  if (strcmp(what, "status") == 0) {
    take_status(g, leaf->text);
    return;
  }
  g->has_exception = 1;
  if (strcmp(what, "code") == 0)
    take_code(g, leaf->text);
  else
    take_text(strcmp(what, "message") == 0 ? &r->message : &r->description, leaf->text);
}

/* }================================================================== */

/* {=================================================================
** Leaves of a record and of a page
** ================================================================== */

static exotel_kind add_below(exotel_record *r, const exotel_leaf *leaf, size_t steps,
                             exotel_error *e) {
  exotel_leaf inner = *leaf;
  inner.path += steps;
  inner.depth -= steps;
  return exotel_record_add(r, &inner, e);
}

static int is_nothing(const exotel_leaf *leaf) {
  return leaf->null || exotel_slice_is_absent(exotel_slice_trimmed(leaf->text));
}

/* The documented name of what a record can't do without. */
static const char *identity_name(const exotel_operation *o) {
  size_t i;
  for (i = 0; i < o->record->nfields; i++) {
    const exotel_field *field = &o->record->fields[i];
    if (field->list == NULL && strcmp(field->lua, o->identity) == 0) return field->path;
  }
  return o->identity;
}

static int has_identity(const exotel_response *r, const exotel_operation *o) {
  size_t at = exotel_record_find(&r->record, o->identity);
  return at != 0 && exotel_record_node(&r->record, at)->row != 0;
}

/* `position` counts from 0; `what` may be empty. */
static exotel_kind bad_entry(const reading *g, size_t position, const char *why,
                             const char *what, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""),
                          "entry %lu of its %s %s%s", (unsigned long)position + 1,
                          g->operation->root, why, what);
}

static exotel_kind too_many(const exotel_page *page, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_PARSE, "too_large", exotel_slice_of(""),
                          "more records than the limit of %lu in one page",
                          (unsigned long)page->most);
}

/* Ends the record at work of a page, if there is one. */
static exotel_kind end_entry(reading *g, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_kind kind;
  if (r->nrecords == 0) return EXOTEL_OK;
  kind = exotel_record_finish(&r->record, e);
  if (kind != EXOTEL_OK || has_identity(r, g->operation)) return kind;
  return bad_entry(g, g->entry, "has no ", identity_name(g->operation), e);
}

/* Makes the record at a position of the page the one at work. */
static exotel_kind go_to_entry(reading *g, size_t position, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_kind kind;
  if (r->nrecords > 0 && position == g->entry) return EXOTEL_OK;
  if (r->nrecords > 0 && position < g->entry)
    return bad_entry(g, position, "came twice", "", e);
  if (r->nrecords == g->operation->page->most) return too_many(g->operation->page, e);
  kind = end_entry(g, e);
  if (kind == EXOTEL_OK && r->nrecords > 0) kind = exotel_record_another(&r->record, e);
  r->nrecords++;
  g->entry = position;
  return kind;
}

static exotel_kind take_entry(reading *g, const exotel_leaf *leaf, exotel_error *e) {
  exotel_kind kind;
  if (leaf->depth < 3 && is_nothing(leaf)) return EXOTEL_OK;
  if (leaf->depth < 2 || leaf->path[1].name.p != NULL)
    return exotel_error_set(e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""),
                            "its %s is no list", g->operation->root);
  if (leaf->depth < 3) return bad_entry(g, leaf->path[1].index, "is no record", "", e);
  kind = go_to_entry(g, leaf->path[1].index, e);
  return kind != EXOTEL_OK ? kind : add_below(&g->response->record, leaf, 2, e);
}

static part part_of(const exotel_operation *o, exotel_slice name) {
  if (exotel_slice_is_nocase(name, o->root)) return IS_RECORD;
  if (o->page != NULL && exotel_slice_is_nocase(name, o->page->root)) return IS_PAGE;
  return IS_OTHER;
}

/* Leaves under one name come together, as a rule with the very bytes of it. */
static void note_top(reading *g, exotel_slice name) {
  if (name.p == g->top.p && name.n == g->top.n) return;
  g->top = name;
  g->part = g->success ? part_of(g->operation, name) : IS_OTHER;
}

static exotel_kind take_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  reading *g = context;
  if (leaf->depth == 0 || leaf->path[0].name.p == NULL) return EXOTEL_OK;
  note_top(g, leaf->path[0].name);
  if (g->part == IS_OTHER)
    take_failure(g, leaf);
  else if (g->part == IS_RECORD && g->operation->page != NULL)
    return take_entry(g, leaf, e);
  else if (leaf->depth > 1 && g->part == IS_RECORD)
    return add_below(&g->response->record, leaf, 1, e);
  else if (leaf->depth > 1) {
    g->has_page = 1;
    return add_below(&g->response->page, leaf, 1, e);
  }
  return EXOTEL_OK;
}

/* What is empty in XML is null in JSON. */
static exotel_kind take_xml_leaf(void *context, const exotel_leaf *leaf,
                                 exotel_error *e) {
  exotel_leaf same = *leaf;
  same.null = leaf->text.n == 0;
  return take_leaf(context, &same, e);
}

/* }================================================================== */

/* {=================================================================
** Bodies
** ================================================================== */

static int begins_nocase(exotel_slice text, const char *word) {
  size_t n = strlen(word);
  return text.n >= n && exotel_slice_is_nocase((exotel_slice){text.p, n}, word);
}

static int is_html(exotel_slice body) {
  return begins_nocase(body, "<!DOCTYPE html") || begins_nocase(body, "<html");
}

static int contains_nocase(exotel_slice text, const char *word) {
  for (; text.n > 0; text.p++, text.n--) {
    if (begins_nocase(text, word)) return 1;
  }
  return 0;
}

/* The answer's headers, or those of its head in `room`. */
static const exotel_header *headers_of(const exotel_answer *a, exotel_header *room,
                                       size_t *n) {
  exotel_slice head = a->head;
  *n = a->nheaders;
  if (head.n == 0) return a->headers;
  *n = 0;
  while (*n < EXOTEL_ANSWER_HEADERS_MAX && exotel_header_next(&head, &room[*n]))
    ++*n;
  return room;
}

static int says_xml(const exotel_answer *a) {
  exotel_header room[EXOTEL_ANSWER_HEADERS_MAX];
  size_t n;
  const exotel_header *headers = headers_of(a, room, &n);
  return contains_nocase(exotel_header_find(headers, n, "Content-Type"), "xml");
}

static double retry_after(const exotel_answer *a, int status) {
  exotel_header room[EXOTEL_ANSWER_HEADERS_MAX];
  size_t n;
  const exotel_header *headers = headers_of(a, room, &n);
  return exotel_retry_after(headers, n, status);
}

/* See response.h. */
static int is_xml(const exotel_answer *a) {
  exotel_slice body = a->body;
  if (begins_nocase(body, "\xEF\xBB\xBF")) {
    body.p += 3;
    body.n -= 3;
  }
  body = exotel_slice_trimmed(body);
  if (body.n > 0 && body.p[0] == '<') return !is_html(body);
  if (body.n > 0 && (body.p[0] == '{' || body.p[0] == '[')) return 0;
  return says_xml(a);
}

static exotel_kind read_xml(reading *g, exotel_slice body, exotel_error *e) {
  const exotel_page *page = g->operation->page;
  exotel_xml_list lists[3] = {{"Legs", "Leg", NULL, 1}};
  size_t n = 1;
  if (page != NULL) { /* with an element around the records, or none */
    lists[n++] = (exotel_xml_list){NULL, page->entry, g->operation->root, 0};
    lists[n++] = (exotel_xml_list){g->operation->root, page->entry, NULL, 0};
  }
  return exotel_xml_read(body, lists, n, &g->response->scratch, take_xml_leaf, g, e);
}

static exotel_kind read_body(reading *g, const exotel_answer *a, exotel_error *e) {
  if (is_xml(a)) return read_xml(g, a->body, e);
  return exotel_json_read(a->body, &g->response->scratch, take_leaf, g, e);
}

/* }================================================================== */

/* {=================================================================
** Failures
** ================================================================== */

static const exotel_status *status_row(int status) {
  size_t i, n;
  const exotel_status *rows = exotel_statuses(&n);
  for (i = 0; i + 1 < n; i++) {
    if (status >= rows[i].low && status <= rows[i].high) break;
  }
  return &rows[i];
}

static const exotel_cause *cause_of(int status, exotel_slice message) {
  size_t i, n;
  const exotel_cause *rows = exotel_causes(&n);
  for (i = 0; i < n; i++) {
    if (rows[i].status == status && contains_nocase(message, rows[i].text))
      return &rows[i];
  }
  return NULL;
}

/* The service ends some messages with "; ". */
static exotel_slice unended(const exotel_buffer *text) {
  exotel_slice s = exotel_slice_held(text);
  while (s.n > 0 && strchr(" ;.", s.p[s.n - 1]) != NULL)
    s.n--;
  return s;
}

static const char *doubt(const exotel_operation *o, const exotel_error *e) {
  int doubtful = o->dials && e->outcome == EXOTEL_UNKNOWN;
  return doubtful ? " - the call may have been placed" : "";
}

static exotel_kind api_error(const exotel_response *r, const reading *g,
                             const exotel_answer *a, exotel_error *e) {
  int success = a->status >= 200 && a->status <= 299; /* with an exception in it */
  int status = success ? g->status : a->status;
  const exotel_status *row = status_row(status);
  exotel_slice said = unended(&r->message), none = exotel_slice_of("");
  exotel_slice more = unended(&r->description);
  const exotel_cause *cause = cause_of(status, said);
  const char *hint = cause != NULL ? cause->hint : row->hint;
  e->status = a->status;
  e->outcome = success ? EXOTEL_UNKNOWN : row->outcome;
  e->retry_after = retry_after(a, status);
  memcpy(e->code, g->code, sizeof e->code);
  return exotel_error_set(e, EXOTEL_API, cause != NULL ? cause->reason : row->reason,
                          none, "Exotel answered %d, %s%s%.*s%s%.*s%s%s%s", a->status,
                          row->meaning, said.n > 0 ? ": " : "", (int)said.n, said.p,
                          more.n > 0 ? ": " : "", (int)more.n, more.p,
                          hint != NULL ? " - " : "", hint != NULL ? hint : "",
                          doubt(g->operation, e));
}

/* A success that can't be read: what was asked for may well have been done. */
static exotel_kind unreadable(const exotel_operation *o, const exotel_answer *a,
                              exotel_error *e) {
  char why[EXOTEL_MESSAGE_MAX];
  const char *reason = e->reason;
  size_t position = e->position;
  memcpy(why, e->message, sizeof why);
  e->status = a->status;
  e->outcome = EXOTEL_UNKNOWN;
  e->position = position;
  return exotel_error_set(e, EXOTEL_PARSE, reason, exotel_slice_of(""),
                          "Exotel answered %d with what can't be read (%.400s)%s",
                          a->status, why, doubt(o, e));
}

static exotel_kind no_memory_for(const exotel_response *r, exotel_error *e) {
  if (r->message.state == EXOTEL_BUFFER_NOMEMORY ||
      r->description.state == EXOTEL_BUFFER_NOMEMORY)
    return exotel_error_memory(e);
  return EXOTEL_OK;
}

/* An error's body says what failed, or it is a page: then its text is the message. */
static exotel_kind read_failure(reading *g, const exotel_answer *a, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_error ignored;
  exotel_kind kind;
  exotel_error_clear(&ignored);
  kind = read_body(g, a, &ignored);
  if (kind == EXOTEL_MEMORY) return exotel_error_memory(e);
  if (kind != EXOTEL_OK || !g->has_exception) {
    exotel_buffer_reset(&r->message);
    exotel_buffer_reset(&r->description);
    g->code[0] = '\0';
    exotel_text_plain(a->body, MESSAGE_SHOWN, &r->message);
  }
  kind = no_memory_for(r, e);
  return kind != EXOTEL_OK ? kind : api_error(r, g, a, e);
}

/* }================================================================== */

/* {=================================================================
** Successes
** ================================================================== */

static exotel_kind finish_record(reading *g, exotel_error *e) {
  const exotel_operation *o = g->operation;
  const char *name = identity_name(o);
  exotel_kind kind = exotel_record_finish(&g->response->record, e);
  if (kind != EXOTEL_OK || has_identity(g->response, o)) return kind;
  return exotel_error_set(e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""),
                          "it has no %s with %s %s", o->root,
                          name[0] == 'A' ? "an" : "a", name);
}

/* A cursor that is looked for in the pairs of an address. */
typedef struct search {
  const exotel_cursor *cursor;
  exotel_slice found;
} search;

static exotel_kind look_at_pair(void *context, const exotel_leaf *leaf,
                                exotel_error *e) {
  search *s = context;
  (void)e;
  if (leaf->depth == 1 && s->found.n == 0 &&
      exotel_slice_is_nocase(leaf->path[0].name, s->cursor->parameter))
    s->found = leaf->text;
  return EXOTEL_OK;
}

/* The query of an address, with what HTML makes of its '&' undone. */
static void write_query(exotel_slice address, exotel_buffer *out) {
  static const char escaped[] = "&amp;";
  const size_t n = sizeof escaped - 1;
  size_t i = 0;
  while (i < address.n && address.p[i] != '?')
    i++;
  for (i++; i < address.n; i++) {
    exotel_buffer_addc(out, address.p[i]);
    if (address.n - i >= n && memcmp(address.p + i, escaped, n) == 0) i += n - 1;
  }
}

static exotel_kind take_cursor(exotel_response *r, const exotel_cursor *cursor,
                               exotel_error *e) {
  size_t at = exotel_record_find(&r->page, cursor->uri);
  const exotel_node *uri = exotel_record_node(&r->page, at);
  search s = {cursor, {"", 0}};
  exotel_kind kind;
  if (at == 0) return EXOTEL_OK;
  exotel_buffer_reset(&r->message); /* a page that came this far has none */
  write_query(exotel_record_text(&r->page, uri), &r->message);
  if (r->message.state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  kind = exotel_form_read(exotel_slice_held(&r->message), &r->scratch, look_at_pair, &s,
                          e);
  if (kind != EXOTEL_OK) return kind;
  if (s.found.n > 0) return exotel_record_put(&r->page, &cursor->field, 0, s.found, e);
  if (!cursor->required) return EXOTEL_OK;
  return exotel_error_set(
      e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""), "its %s has no %s",
      r->page.rows.type->fields[uri->row - 1].path, cursor->parameter);
}

static exotel_kind finish_page(reading *g, exotel_error *e) {
  exotel_response *r = g->response;
  const exotel_page *page = g->operation->page;
  exotel_kind kind;
  size_t i;
  if (!g->has_page)
    return exotel_error_set(e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""),
                            "it has no %s", page->root);
  kind = end_entry(g, e);
  exotel_record_first(&r->record);
  for (i = 0; kind == EXOTEL_OK && i < page->ncursors; i++)
    kind = take_cursor(r, &page->cursors[i], e);
  return kind;
}

static exotel_kind read_success(reading *g, const exotel_answer *a, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_kind kind = read_body(g, a, e);
  int whole = kind == EXOTEL_OK;
  if (whole) kind = no_memory_for(r, e);
  if (kind == EXOTEL_OK)
    kind = g->operation->page != NULL ? finish_page(g, e) : finish_record(g, e);
  if (kind == EXOTEL_OK || kind == EXOTEL_MEMORY) return kind;
  if (whole && g->has_exception) return api_error(r, g, a, e);
  return unreadable(g->operation, a, e);
}

/* }================================================================== */

static exotel_kind begin(exotel_response *r, const exotel_operation *o,
                         exotel_error *e) {
  exotel_kind kind = exotel_record_begin(&r->record, o->record, e);
  r->nrecords = 0;
  exotel_buffer_reset(&r->message);
  exotel_buffer_reset(&r->description);
  exotel_rows_index(&r->failures, exotel_failure_type());
  if (kind != EXOTEL_OK || o->page == NULL) return kind;
  return exotel_record_begin(&r->page, o->page->type, e);
}

exotel_kind exotel_response_read(exotel_response *r, const exotel_operation *operation,
                                 const exotel_answer *answer, exotel_error *e) {
  reading g;
  exotel_kind kind = begin(r, operation, e);
  if (kind != EXOTEL_OK) return kind;
  memset(&g, 0, sizeof g);
  g.response = r;
  g.operation = operation;
  g.success = answer->status >= 200 && answer->status <= 299;
  return g.success ? read_success(&g, answer, e) : read_failure(&g, answer, e);
}
