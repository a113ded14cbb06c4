/*
** response: an answer's bytes to a record, or to what went wrong (see response.h).
** The status table of api.c says what a status means; this file reads bodies.
**
** SPDX-License-Identifier: MIT
*/
#include "response.h"

#include "decimal.h"
#include "error.h"
#include "json.h"
#include "text.h"

#include <string.h>

#define SCRATCH_MAX (64 * 1024 * 1024) /* beyond any body that is let in */
#define MESSAGE_SHOWN 240 /* bytes of the service's text that an error repeats */

/* What the leaves of one answer are sorted into. */
typedef struct reading {
  exotel_response *response;
  const exotel_operation *operation;
  int has_exception;
  int status; /* the exception's own, 0 when it gave none */
  char code[EXOTEL_CODE_MAX];
} reading;

void exotel_response_init(exotel_response *r) {
  memset(r, 0, sizeof *r);
  exotel_record_init(&r->record);
  exotel_buffer_init(&r->scratch, SCRATCH_MAX);
  exotel_buffer_init(&r->message, SCRATCH_MAX);
}

void exotel_response_free(exotel_response *r) {
  exotel_record_free(&r->record);
  exotel_buffer_free(&r->scratch);
  exotel_buffer_free(&r->message);
}

static void copy_code(reading *g, exotel_slice text) {
  size_t n = text.n < EXOTEL_CODE_MAX ? text.n : EXOTEL_CODE_MAX - 1;
  memcpy(g->code, text.p, n);
  g->code[n] = '\0';
}

static void take_exception(reading *g, const exotel_leaf *leaf) {
  exotel_slice name = leaf->path[1].name;
  long long status;
  g->has_exception = 1;
  if (leaf->depth != 2 || name.p == NULL || leaf->null) return;
  if (exotel_slice_is_nocase(name, "Status") &&
      exotel_decimal_integer(leaf->text.p, leaf->text.n, &status) && status >= 100 &&
      status <= 599)
    g->status = (int)status;
  else if (exotel_slice_is_nocase(name, "Code"))
    copy_code(g, leaf->text);
  else if (exotel_slice_is_nocase(name, "Message"))
    exotel_text_plain(leaf->text, MESSAGE_SHOWN, &g->response->message);
}

static exotel_kind take_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  reading *g = context;
  exotel_leaf inner = *leaf;
  if (leaf->depth < 2 || leaf->path[0].name.p == NULL) return EXOTEL_OK;
  if (exotel_slice_is_nocase(leaf->path[0].name, "RestException")) {
    take_exception(g, leaf);
    return EXOTEL_OK;
  }
  if (!exotel_slice_is_nocase(leaf->path[0].name, g->operation->root)) return EXOTEL_OK;
  inner.path++;
  inner.depth--;
  return exotel_record_add(&g->response->record, &inner, e);
}

static const exotel_status *status_row(int status) {
  size_t i, n;
  const exotel_status *rows = exotel_statuses(&n);
  for (i = 0; i + 1 < n; i++) {
    if (status >= rows[i].low && status <= rows[i].high) break;
  }
  return &rows[i];
}

static int contains_nocase(exotel_slice text, const char *word) {
  size_t i, n = strlen(word);
  for (i = 0; i + n <= text.n; i++) {
    if (exotel_slice_is_nocase((exotel_slice){text.p + i, n}, word)) return 1;
  }
  return 0;
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
static exotel_slice message_of(const exotel_response *r) {
  exotel_slice s;
  s.p = r->message.p == NULL ? "" : r->message.p;
  s.n = r->message.n;
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
  exotel_slice said = message_of(r), none = exotel_slice_of("");
  const exotel_cause *cause = cause_of(status, said);
  const char *hint = cause != NULL ? cause->hint : row->hint;
  e->status = a->status;
  e->outcome = success ? EXOTEL_UNKNOWN : row->outcome;
  e->retry_after = exotel_retry_after(a->headers, a->nheaders);
  memcpy(e->code, g->code, sizeof e->code);
  return exotel_error_set(e, EXOTEL_API, cause != NULL ? cause->reason : row->reason,
                          none, "Exotel answered %d, %s%s%.*s%s%s%s", a->status,
                          row->meaning, said.n > 0 ? ": " : "", (int)said.n, said.p,
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

static int has_identity(const exotel_response *r, const exotel_operation *o) {
  size_t at = exotel_record_node(&r->record, 0)->first;
  while (at != 0) {
    const exotel_node *node = exotel_record_node(&r->record, at);
    if (node->field != NULL && node->field->list == NULL &&
        strcmp(node->field->lua, o->identity) == 0)
      return 1;
    at = node->next;
  }
  return 0;
}

static exotel_kind read_success(reading *g, const exotel_answer *a, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_kind kind = exotel_json_read(a->body, &r->scratch, take_leaf, g, e);
  if (kind == EXOTEL_OK) kind = exotel_record_finish(&r->record, e);
  if (kind == EXOTEL_MEMORY) return kind;
  if (kind != EXOTEL_OK) return unreadable(g->operation, a, e);
  if (has_identity(r, g->operation)) return EXOTEL_OK;
  if (r->message.state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  if (g->has_exception) return api_error(r, g, a, e);
  exotel_error_set(e, EXOTEL_PARSE, "incomplete", exotel_slice_of(""),
                   "it has no %s with a Sid", g->operation->root);
  return unreadable(g->operation, a, e);
}

/* An error's body is a RestException in JSON, or a page: then its text is the message. */
static exotel_kind read_failure(reading *g, const exotel_answer *a, exotel_error *e) {
  exotel_response *r = g->response;
  exotel_error ignored;
  exotel_kind kind;
  exotel_error_clear(&ignored);
  kind = exotel_json_read(a->body, &r->scratch, take_leaf, g, &ignored);
  if (kind == EXOTEL_MEMORY) return exotel_error_memory(e);
  if (kind != EXOTEL_OK || !g->has_exception) {
    exotel_buffer_reset(&r->message);
    exotel_text_plain(a->body, MESSAGE_SHOWN, &r->message);
  }
  if (r->message.state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  return api_error(r, g, a, e);
}

exotel_kind exotel_response_read(exotel_response *r, const exotel_operation *operation,
                                 const exotel_answer *answer, exotel_error *e) {
  reading g;
  exotel_kind kind;
  memset(&g, 0, sizeof g);
  g.response = r;
  g.operation = operation;
  exotel_buffer_reset(&r->message);
  kind = exotel_record_begin(&r->record, operation->record, e);
  if (kind != EXOTEL_OK) return kind;
  if (answer->status >= 200 && answer->status <= 299)
    return read_success(&g, answer, e);
  return read_failure(&g, answer, e);
}
