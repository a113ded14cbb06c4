/*
** request: an operation and what was given for it, to the bytes that are sent (see
** request.h). The rows of api.c say what may be given; value.c and range.c how each type
** is checked and spelt; this file finds rows, chooses the mode and puts the bytes
** together.
** It knows no operation by name.
**
** SPDX-License-Identifier: MIT
*/
#include "request.h"

#include "decimal.h"
#include "error.h"
#include "range.h"
#include "text.h"
#include "url.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

#define URL_MAX 8192
#define BODY_MAX (256 * 1024)

/* Names that people hand to an operation although they belong to the client. */
static const char *const client_names[] = {"account_sid", "api_key", "api_token", "key",
                                           "token",       "region",  "base_url"};

/* Names of the second table. */
static const char *const how_names[] = {"timeout",  "connect_timeout", "retries",
                                        "deadline", "format",          "reference"};

void exotel_request_init(exotel_request *r) {
  memset(r, 0, sizeof *r);
  exotel_buffer_init(&r->url, URL_MAX);
  exotel_buffer_init(&r->query, URL_MAX);
  exotel_buffer_init(&r->body, BODY_MAX);
  exotel_buffer_init(&r->from, EXOTEL_VALUE_MAX);
  exotel_buffer_init(&r->to, EXOTEL_VALUE_MAX);
  exotel_buffer_init(&r->scratch, EXOTEL_VALUE_MAX);
}

void exotel_request_free(exotel_request *r) {
  exotel_buffer_free(&r->url);
  exotel_buffer_free(&r->query);
  exotel_buffer_free(&r->body);
  exotel_buffer_free(&r->from);
  exotel_buffer_free(&r->to);
  exotel_buffer_free(&r->scratch);
}

void exotel_request_begin(exotel_request *r, const exotel_operation *operation) {
  r->operation = operation;
  r->mode = NULL;
  r->narguments = r->nextras = 0;
  r->unknown.p = NULL;
  r->unknown.n = 0;
  r->crowded = NULL;
  r->crowd = 0;
  exotel_buffer_reset(&r->url);
  exotel_buffer_reset(&r->query);
  exotel_buffer_reset(&r->body);
  exotel_buffer_reset(&r->from);
  exotel_buffer_reset(&r->to);
}

static exotel_slice no_field(void) {
  return exotel_slice_of("");
}

static exotel_kind misuse(exotel_error *e, const char *reason, exotel_slice name,
                          const char *why) {
  return exotel_error_set(e, EXOTEL_MISUSE, reason, name, "option '%.*s' %s",
                          (int)name.n, name.p, why);
}

/* {=================================================================
** Finding rows
** ================================================================== */

static int named(const exotel_parameter *p, exotel_slice name) {
  return exotel_slice_is(name, p->lua) || exotel_slice_is(name, p->name) ||
         (p->alias != NULL && exotel_slice_is(name, p->alias));
}

static int takes_list(const exotel_parameter *p) {
  return p->type == EXOTEL_TAKES_WORDS || p->type == EXOTEL_TAKES_SIDS ||
         p->type == EXOTEL_TAKES_NUMBERS;
}

/* A form names each item of a list, a query joins them. */
static int takes_items(const exotel_parameter *p) {
  return takes_list(p) && p->place == EXOTEL_IN_FORM;
}

/* `Name[12]` names item 12 of a list: cuts the name and sets the item. */
static void cut_index(exotel_slice *name, size_t *item) {
  const char *open = memchr(name->p, '[', name->n);
  long long index;
  size_t n, at;
  if (open == NULL || name->p[name->n - 1] != ']') return;
  n = (size_t)(open - name->p);
  for (at = n + 1; at < name->n - 1; at++) {
    if (name->p[at] < '0' || name->p[at] > '9') return;
  }
  if (!exotel_decimal_integer(open + 1, name->n - n - 2, &index)) return;
  if (index >= EXOTEL_ARGUMENTS_MAX) return;
  name->n = n;
  *item = (size_t)index;
}

static const exotel_parameter *row_of(const exotel_operation *o, exotel_slice name,
                                      size_t *item) {
  exotel_slice base = name;
  size_t i, index = *item;
  cut_index(&base, &index);
  for (i = 0; i < o->nparameters; i++) {
    const exotel_parameter *p = &o->parameters[i];
    if (named(p, name)) return p;
    if (takes_items(p) && base.n < name.n && named(p, base)) {
      *item = index;
      return p;
    }
  }
  return NULL;
}

const char *exotel_request_list(const exotel_request *r, exotel_slice name) {
  size_t item = 0;
  const exotel_parameter *p = row_of(r->operation, name, &item);
  if (p == NULL || !takes_list(p) || !named(p, name)) return NULL;
  return p->lua;
}

const char *exotel_request_range(const exotel_request *r, exotel_slice name) {
  size_t item = 0;
  const exotel_parameter *p = row_of(r->operation, name, &item);
  return p != NULL && p->bounds != 0 ? p->lua : NULL;
}

static const exotel_argument *given(const exotel_request *r, const exotel_parameter *p,
                                    size_t item) {
  size_t i;
  for (i = 0; i < r->narguments; i++) {
    if (r->arguments[i].parameter == p && r->arguments[i].item == item)
      return &r->arguments[i];
  }
  return NULL;
}

static size_t items_given(const exotel_request *r, const exotel_parameter *p) {
  size_t i, n = 0;
  for (i = 0; i < r->narguments; i++)
    n += r->arguments[i].parameter == p;
  return n;
}

static const exotel_argument *extra_named(const exotel_request *r, const char *name) {
  size_t i;
  for (i = 0; i < r->nextras; i++) {
    if (exotel_slice_is_nocase(r->extras[i].name, name)) return &r->extras[i];
  }
  return NULL;
}

/* The extra that says what a row says; of a list also one of its items: Name[0]. */
static const exotel_argument *extra_for(const exotel_request *r,
                                        const exotel_parameter *p) {
  const exotel_argument *whole = extra_named(r, p->name);
  size_t i;
  if (whole != NULL || !takes_items(p)) return whole;
  for (i = 0; i < r->nextras; i++) {
    exotel_slice name = r->extras[i].name;
    const char *open = name.n == 0 ? NULL : memchr(name.p, '[', name.n);
    if (open == NULL) continue;
    name.n = (size_t)(open - name.p);
    if (exotel_slice_is_nocase(name, p->name)) return &r->extras[i];
  }
  return NULL;
}

/* Given by any row of that documented name, or as an extra. */
static int name_given(const exotel_request *r, const char *name) {
  size_t i;
  for (i = 0; i < r->narguments; i++) {
    if (strcmp(r->arguments[i].parameter->name, name) == 0) return 1;
  }
  return extra_named(r, name) != NULL;
}

static const char *lua_name(const exotel_operation *o, const char *name) {
  size_t i;
  for (i = 0; i < o->nparameters; i++) {
    if (strcmp(o->parameters[i].name, name) == 0) return o->parameters[i].lua;
  }
  return name;
}

/* }================================================================== */

/* {=================================================================
** Taking what is given
** ================================================================== */

/* An item over the row's limit is counted, not kept. */
static void note_crowd(exotel_request *r, const exotel_parameter *p, size_t item) {
  if (r->crowded != NULL && r->crowded < p) return;
  if (r->crowded != p) r->crowd = 0;
  r->crowded = p;
  if (item >= r->crowd) r->crowd = item + 1;
}

exotel_kind exotel_request_set(exotel_request *r, exotel_slice name, size_t item,
                               const exotel_given *value, exotel_error *e) {
  const exotel_parameter *p = row_of(r->operation, name, &item);
  exotel_argument *a;
  if (p == NULL) {
    if (r->unknown.p == NULL || exotel_slice_before(name, r->unknown))
      r->unknown = name;
    return EXOTEL_OK;
  }
  if (p->most > 0 && item >= p->most) {
    note_crowd(r, p, item);
    return EXOTEL_OK;
  }
  if (r->narguments == EXOTEL_ARGUMENTS_MAX)
    return misuse(e, "too_many", exotel_slice_of(p->lua),
                  "has more values than the limit of 64");
  a = &r->arguments[r->narguments++];
  a->parameter = p;
  a->name = name;
  a->item = item;
  a->bound.p = NULL;
  a->bound.n = 0;
  a->value = *value;
  return EXOTEL_OK;
}

exotel_kind exotel_request_bound(exotel_request *r, exotel_slice name,
                                 exotel_slice bound, const exotel_given *value,
                                 exotel_error *e) {
  size_t n = r->narguments;
  exotel_kind kind = exotel_request_set(r, name, 0, value, e);
  if (r->narguments > n) r->arguments[n].bound = bound;
  return kind;
}

exotel_kind exotel_request_extra(exotel_request *r, exotel_slice name,
                                 const exotel_given *value, exotel_error *e) {
  size_t at;
  if (r->nextras == EXOTEL_EXTRAS_MAX)
    return misuse(e, "too_many", exotel_slice_of("extra"),
                  "has more names than the limit of 32");
  for (at = r->nextras; at > 0 && exotel_slice_before(name, r->extras[at - 1].name);
       at--)
    r->extras[at] = r->extras[at - 1];
  memset(&r->extras[at], 0, sizeof r->extras[at]);
  r->extras[at].name = name;
  r->extras[at].value = *value;
  r->nextras++;
  return EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** Programmer's mistakes
** ================================================================== */

static int listed(const char *const *names, size_t n, exotel_slice name) {
  while (n-- > 0) {
    if (exotel_slice_is(name, names[n])) return 1;
  }
  return 0;
}

/* Where a name of the second table belongs. A SID may stand before the first one. */
static const char *behind(const exotel_operation *o, exotel_slice name) {
  if (o->dials && exotel_slice_is(name, "timeout"))
    return "belongs in the second table (seconds to wait for the answer);"
           " ring_timeout is how long the phone rings";
  return "belongs in the second table, behind this one";
}

static exotel_kind check_unknown(const exotel_request *r, exotel_error *e) {
  const exotel_operation *o = r->operation;
  const char *best = NULL;
  size_t i, distance = 0;
  if (r->unknown.p == NULL) return EXOTEL_OK;
  if (listed(client_names, sizeof client_names / sizeof *client_names, r->unknown))
    return misuse(e, "unknown_option", r->unknown,
                  "belongs to exotel.configure or exotel.client, not to a call");
  if (listed(how_names, sizeof how_names / sizeof *how_names, r->unknown))
    return misuse(e, "unknown_option", r->unknown, behind(o, r->unknown));
  for (i = 0; i < o->nparameters; i++) {
    exotel_nearest(r->unknown, o->parameters[i].lua, &best, &distance);
    exotel_nearest(r->unknown, o->parameters[i].name, &best, &distance);
  }
  if (best == NULL) return misuse(e, "unknown_option", r->unknown, "is not known");
  return exotel_error_set(e, EXOTEL_MISUSE, "unknown_option", r->unknown,
                          "option '%.*s' is not known (did you mean '%s'?)",
                          (int)r->unknown.n, r->unknown.p, best);
}

/* Whether one value more than once was given for a row, by different names: the two
** that come first in byte order, since a table has no order of its own. */
static int find_twice(const exotel_request *r, const exotel_parameter *p,
                      exotel_slice *first, exotel_slice *second) {
  size_t i, k, found = 0;
  for (i = 0; i < r->narguments; i++) {
    const exotel_argument *a = &r->arguments[i];
    if (a->parameter != p) continue;
    for (k = 0; k < r->narguments; k++) {
      const exotel_argument *b = &r->arguments[k];
      if (b->parameter != p || b->item != a->item ||
          !exotel_slice_before(a->name, b->name))
        continue;
      if (found && exotel_slice_before(*first, a->name)) continue;
      if (found && !exotel_slice_before(a->name, *first) &&
          !exotel_slice_before(b->name, *second))
        continue;
      *first = a->name;
      *second = b->name;
      found = 1;
    }
  }
  return found != 0;
}

static exotel_kind check_twice(const exotel_request *r, exotel_error *e) {
  exotel_slice first = {"", 0}, second = {"", 0};
  size_t i;
  for (i = 0; i < r->operation->nparameters; i++) {
    const exotel_parameter *p = &r->operation->parameters[i];
    if (find_twice(r, p, &first, &second))
      return exotel_error_set(e, EXOTEL_MISUSE, "twice", exotel_slice_of(p->lua),
                              "option '%s' is given twice, as '%.*s' and as '%.*s'",
                              p->lua, (int)first.n, first.p, (int)second.n, second.p);
  }
  return EXOTEL_OK;
}

static const exotel_argument *earlier(const exotel_argument *a,
                                      const exotel_argument *b) {
  if (a == NULL || b->parameter < a->parameter) return b;
  if (b->parameter > a->parameter) return a;
  return exotel_slice_before(b->bound, a->bound) ? b : a;
}

/* Operators of a range that nobody knows. */
static exotel_kind check_bounds(const exotel_request *r, exotel_error *e) {
  const exotel_argument *first = NULL;
  size_t i;
  for (i = 0; i < r->narguments; i++) {
    const exotel_argument *a = &r->arguments[i];
    if (a->bound.p != NULL && exotel_bound_find(a->bound) == NULL)
      first = earlier(first, a);
  }
  if (first == NULL) return EXOTEL_OK;
  return exotel_bound_unknown(first->parameter, first->bound, EXOTEL_MISUSE, e);
}

static int type_fits(exotel_parameter_type wanted, exotel_given_type got) {
  switch (wanted) {
    case EXOTEL_TAKES_INTEGER:
    case EXOTEL_TAKES_FLOW:
    case EXOTEL_TAKES_LEG:
    case EXOTEL_TAKES_SECONDS:
    case EXOTEL_TAKES_PRICE:
    case EXOTEL_TAKES_TIMES:
      return got == EXOTEL_GIVEN_INTEGER || got == EXOTEL_GIVEN_NUMBER ||
             got == EXOTEL_GIVEN_TEXT;
    case EXOTEL_TAKES_BOOLEAN:
      return got == EXOTEL_GIVEN_BOOLEAN || got == EXOTEL_GIVEN_TEXT;
    default: return got == EXOTEL_GIVEN_TEXT;
  }
}

static const char *type_wanted(const exotel_argument *a) {
  if (a->bound.p != NULL) return "a number or a string";
  if (a->parameter->bounds != 0) return "a number, a string or a table of operators";
  if (takes_list(a->parameter) && !takes_items(a->parameter))
    return "a string or a list of strings";
  switch (a->parameter->type) {
    case EXOTEL_TAKES_INTEGER:
    case EXOTEL_TAKES_FLOW: return "a number";
    case EXOTEL_TAKES_LEG: return "1, 2 or a string";
    case EXOTEL_TAKES_BOOLEAN: return "a boolean";
    case EXOTEL_TAKES_WORDS: return "a list of strings";
    default: return "a string";
  }
}

static exotel_kind wrong_type(const exotel_argument *a, exotel_error *e) {
  const char *lua = a->parameter->lua;
  return exotel_error_set(e, EXOTEL_MISUSE, "type", exotel_slice_of(lua),
                          "option '%s%s%.*s' wants %s, got a %s", lua,
                          a->bound.p == NULL ? "" : ".", (int)a->bound.n,
                          a->bound.p == NULL ? "" : a->bound.p, type_wanted(a),
                          a->value.type_name);
}

static exotel_kind check_types(const exotel_request *r, exotel_error *e) {
  const exotel_argument *worst = NULL;
  size_t i;
  for (i = 0; i < r->narguments; i++) {
    const exotel_argument *a = &r->arguments[i];
    if (!type_fits(a->parameter->type, a->value.type)) worst = earlier(worst, a);
  }
  if (worst != NULL) return wrong_type(worst, e);
  for (i = 0; i < r->nextras; i++) {
    const exotel_argument *a = &r->extras[i];
    if (a->value.type == EXOTEL_GIVEN_OTHER)
      return exotel_error_set(
          e, EXOTEL_MISUSE, "type", a->name,
          "extra '%.*s' wants a string, a number or a boolean, got a %s",
          (int)a->name.n, a->name.p, a->value.type_name);
  }
  return EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** Modes
** ================================================================== */

static const exotel_mode *mode_of(const exotel_operation *o, unsigned bit) {
  size_t i;
  for (i = 0; i < o->nmodes; i++) {
    if (o->modes[i].bit == bit) return &o->modes[i];
  }
  return NULL;
}

static exotel_kind two_modes(const exotel_parameter *a, const exotel_parameter *b,
                             exotel_error *e) {
  return exotel_error_set(
      e, EXOTEL_INVALID, "mode", exotel_slice_of(b->lua),
      "%s and %s ask for two kinds of call at once: give one of them", a->lua, b->lua);
}

/* The row that asks for a mode, among what is given; refuses two that disagree. */
static exotel_kind find_selector(const exotel_request *r,
                                 const exotel_parameter **found, exotel_error *e) {
  const exotel_operation *o = r->operation;
  size_t i;
  for (i = 0; i < o->nparameters; i++) {
    const exotel_parameter *p = &o->parameters[i];
    if (p->selects == 0 || items_given(r, p) == 0) continue;
    if (*found != NULL && (*found)->selects != p->selects)
      return two_modes(*found, p, e);
    if (*found != NULL && strcmp((*found)->name, p->name) == 0)
      return exotel_error_set(
          e, EXOTEL_INVALID, "conflict", exotel_slice_of(p->lua),
          "%s and %s are two ways to say the same: give one of them", (*found)->lua,
          p->lua);
    *found = p;
  }
  for (i = 0; i < o->nparameters && *found == NULL; i++) {
    const exotel_parameter *p = &o->parameters[i];
    if (p->selects != 0 && extra_named(r, p->name) != NULL) *found = p;
  }
  return EXOTEL_OK;
}

/* Without a selector, a parameter that one mode requires and others only allow. */
static unsigned implied_mode(const exotel_request *r) {
  const exotel_operation *o = r->operation;
  size_t i;
  for (i = 0; i < o->nparameters; i++) {
    const exotel_parameter *p = &o->parameters[i];
    if (p->required != 0 && p->required != p->modes && name_given(r, p->name))
      return p->required;
  }
  return 0;
}

static exotel_kind select_mode(exotel_request *r, exotel_error *e) {
  const exotel_parameter *selector = NULL;
  exotel_kind kind;
  unsigned bit;
  if (r->operation->nmodes == 1) {
    r->mode = r->operation->modes;
    return EXOTEL_OK;
  }
  kind = find_selector(r, &selector, e);
  if (kind != EXOTEL_OK) return kind;
  bit = selector != NULL ? selector->selects : implied_mode(r);
  r->mode = mode_of(r->operation, bit);
  if (r->mode != NULL) return EXOTEL_OK;
  return exotel_error_set(
      e, EXOTEL_INVALID, "missing", exotel_slice_of("to"),
      "to is missing: give to for a call between two numbers, url or"
      " app_id for a flow, stream_url and stream_type for a stream");
}

static exotel_kind check_mode(const exotel_request *r, const exotel_parameter *p,
                              exotel_error *e) {
  char titles[120] = "";
  size_t i;
  if (p->modes & r->mode->bit) return EXOTEL_OK;
  for (i = 0; i < r->operation->nmodes; i++) {
    const exotel_mode *m = &r->operation->modes[i];
    if (!(p->modes & m->bit)) continue;
    if (titles[0] != '\0') strcat(titles, " or ");
    strcat(titles, m->title);
  }
  return exotel_error_set(e, EXOTEL_INVALID, "mode", exotel_slice_of(p->lua),
                          "%s is for %s only, this is %s (%s)", p->lua, titles,
                          r->mode->title, p->about);
}

static exotel_kind check_needs(const exotel_request *r, const exotel_parameter *p,
                               exotel_error *e) {
  const exotel_operation *o = r->operation;
  size_t i;
  if (p->needs == NULL || !(p->needs_modes & r->mode->bit)) return EXOTEL_OK;
  if (extra_named(r, p->needs) != NULL) return EXOTEL_OK;
  for (i = 0; i < o->nparameters; i++) {
    const exotel_argument *a = given(r, &o->parameters[i], 0);
    if (a == NULL || strcmp(o->parameters[i].name, p->needs) != 0) continue;
    if (p->needs_value == NULL || exotel_value_is_true(&a->value)) return EXOTEL_OK;
  }
  if (p->needs_value == NULL)
    return exotel_error_set(e, EXOTEL_INVALID, "needs", exotel_slice_of(p->lua),
                            "%s needs %s as well", p->lua, lua_name(o, p->needs));
  return exotel_error_set(
      e, EXOTEL_INVALID, "needs", exotel_slice_of(p->lua),
      "%s needs %s = %s: without it the service ignores it in silence", p->lua,
      lua_name(o, p->needs), p->needs_value);
}

static exotel_kind check_excludes(const exotel_request *r, const exotel_parameter *p,
                                  exotel_error *e) {
  if (p->excludes == NULL || !name_given(r, p->excludes)) return EXOTEL_OK;
  return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of(p->lua),
                          "%s and %s can't stand together: give one of them", p->lua,
                          lua_name(r->operation, p->excludes));
}

/* }================================================================== */

/* {=================================================================
** Writing
** ================================================================== */

static void add_pair(exotel_buffer *out, exotel_slice name, exotel_slice value) {
  if (out->n > 0 && out->p[out->n - 1] != '?') exotel_buffer_addc(out, '&');
  exotel_url_encode(out, name);
  exotel_buffer_addc(out, '=');
  exotel_url_encode(out, value);
}

/* Keeps the numbers that ring, by whatever way they were given. */
static void note_ringing(exotel_request *r, exotel_slice name, exotel_slice value) {
  exotel_buffer *kept = NULL;
  if (exotel_slice_is_nocase(name, "From")) kept = &r->from;
  if (exotel_slice_is_nocase(name, "To")) kept = &r->to;
  if (kept == NULL) return;
  exotel_buffer_reset(kept);
  exotel_buffer_add(kept, value.p, value.n);
}

static void write_form(exotel_request *r, const exotel_argument *a) {
  const exotel_parameter *p = a->parameter;
  char name[EXOTEL_FIELD_MAX];
  if (takes_items(p))
    snprintf(name, sizeof name, "%s[%lu]", p->name, (unsigned long)a->item);
  else
    snprintf(name, sizeof name, "%s", p->name);
  add_pair(&r->body, exotel_slice_of(name), exotel_slice_held(&r->scratch));
  note_ringing(r, exotel_slice_of(p->name), exotel_slice_held(&r->scratch));
}

/* Spells one value in r->scratch. */
static exotel_kind spell(exotel_request *r, const exotel_parameter *p,
                         const char *place, const exotel_given *given,
                         const exotel_target *target, exotel_error *e) {
  exotel_value v;
  exotel_kind kind;
  v.row = p;
  v.place = place;
  v.bound = NULL;
  v.given = *given;
  exotel_buffer_reset(&r->scratch);
  kind = exotel_value_put(&r->scratch, &v, target, e);
  if (kind != EXOTEL_OK) return kind;
  return exotel_error_buffer(e, &r->scratch, exotel_slice_of(p->lua));
}

static exotel_kind hole_in(const exotel_parameter *p, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "list", exotel_slice_of(p->lua),
                          "%s is a list with a hole", p->lua);
}

static exotel_kind write_arguments(exotel_request *r, const exotel_parameter *p,
                                   const exotel_target *target, exotel_error *e) {
  size_t item, n = items_given(r, p);
  exotel_kind kind = EXOTEL_OK;
  for (item = 0; kind == EXOTEL_OK && item < n; item++) {
    const exotel_argument *a = given(r, p, item);
    if (a == NULL) return hole_in(p, e);
    kind = spell(r, p, p->lua, &a->value, target, e);
    if (kind == EXOTEL_OK && p->place == EXOTEL_IN_FORM) write_form(r, a);
  }
  return kind;
}

static void add_query(exotel_request *r, const exotel_parameter *p) {
  if (r->query.n > 0) exotel_buffer_addc(&r->query, '&');
  exotel_url_encode_query(&r->query, exotel_slice_of(p->name));
  exotel_buffer_addc(&r->query, '=');
}

/* A list is also given as one text with commas, as the pages write it. */
static size_t parts_of(const exotel_request *r, const exotel_parameter *p) {
  size_t i, k, parts = 0;
  for (i = 0; i < r->narguments; i++) {
    const exotel_argument *a = &r->arguments[i];
    if (a->parameter != p) continue;
    for (k = 0; k < a->value.text.n; k++)
      parts += a->value.text.p[k] == ',';
    parts++;
  }
  return r->crowded == p ? parts + r->crowd - p->most : parts;
}

static exotel_kind check_most(const exotel_parameter *p, size_t parts,
                              exotel_error *e) {
  if (p->most == 0 || parts <= p->most) return EXOTEL_OK;
  return exotel_error_set(e, EXOTEL_INVALID, "too_many", exotel_slice_of(p->lua),
                          "%s has %lu items, over the limit of %lu in one request",
                          p->lua, (unsigned long)parts, (unsigned long)p->most);
}

/* The parts of one item; `*part` counts those of the whole list, `parts` is their sum. */
static exotel_kind write_parts(exotel_request *r, const exotel_argument *a,
                               size_t *part, size_t parts, const exotel_target *target,
                               exotel_error *e) {
  const exotel_parameter *p = a->parameter;
  exotel_given v = a->value;
  const char *from = v.text.p, *end = from + v.text.n, *comma;
  char place[EXOTEL_PLACE_MAX];
  exotel_kind kind;
  do {
    comma = from == end ? NULL : memchr(from, ',', (size_t)(end - from));
    v.text = exotel_slice_between(from, comma == NULL ? end : comma);
    if (*part > 0) exotel_url_encode_query(&r->query, exotel_slice_of(","));
    if (parts == 1)
      snprintf(place, sizeof place, "%s", p->lua);
    else
      snprintf(place, sizeof place, "%s[%lu]", p->lua, (unsigned long)*part + 1);
    kind = spell(r, p, place, &v, target, e);
    exotel_url_encode_query(&r->query, exotel_slice_held(&r->scratch));
    ++*part;
    if (comma != NULL) from = comma + 1;
  } while (kind == EXOTEL_OK && comma != NULL);
  return kind;
}

static exotel_kind write_list(exotel_request *r, const exotel_parameter *p,
                              const exotel_target *target, exotel_error *e) {
  size_t item, part = 0, n = items_given(r, p), parts = parts_of(r, p);
  exotel_kind kind = check_most(p, parts, e);
  add_query(r, p);
  for (item = 0; kind == EXOTEL_OK && item < n; item++) {
    const exotel_argument *a = given(r, p, item);
    if (a == NULL) return hole_in(p, e);
    kind = write_parts(r, a, &part, parts, target, e);
  }
  return kind;
}

/* The ends in the order of the operators: a table of the caller's has none. */
static exotel_kind gather_range(const exotel_request *r, exotel_range *range,
                                exotel_error *e) {
  size_t i, k, n;
  const exotel_bound *bounds = exotel_bounds(&n);
  exotel_kind kind = EXOTEL_OK;
  for (i = 0; i < r->narguments; i++) {
    const exotel_argument *a = &r->arguments[i];
    if (a->parameter == range->row && a->bound.p == NULL)
      return exotel_range_take(range, &a->value, e);
  }
  for (k = 0; kind == EXOTEL_OK && k < n; k++) {
    for (i = 0; kind == EXOTEL_OK && i < r->narguments; i++) {
      const exotel_argument *a = &r->arguments[i];
      if (a->parameter == range->row && exotel_slice_is(a->bound, bounds[k].name))
        kind = exotel_range_add(range, &bounds[k], &a->value, e);
    }
  }
  return kind;
}

static exotel_kind write_range(exotel_request *r, const exotel_parameter *p,
                               const exotel_target *target, exotel_error *e) {
  exotel_range range;
  exotel_kind kind;
  exotel_range_begin(&range, p);
  exotel_buffer_reset(&r->scratch);
  kind = gather_range(r, &range, e);
  if (kind == EXOTEL_OK) kind = exotel_range_put(&r->scratch, &range, target, e);
  if (kind == EXOTEL_OK)
    kind = exotel_error_buffer(e, &r->scratch, exotel_slice_of(p->lua));
  add_query(r, p);
  exotel_url_encode_query(&r->query, exotel_slice_held(&r->scratch));
  return kind;
}

/* A boolean in a query is there or not: only `true` is documented. */
static exotel_kind write_query(exotel_request *r, const exotel_parameter *p,
                               const exotel_target *target, exotel_error *e) {
  const exotel_argument *a = given(r, p, 0);
  exotel_kind kind;
  if (takes_list(p)) return write_list(r, p, target, e);
  if (p->bounds != 0) return write_range(r, p, target, e);
  if (a == NULL) return hole_in(p, e);
  kind = spell(r, p, p->lua, &a->value, target, e);
  if (kind != EXOTEL_OK) return kind;
  if (p->type == EXOTEL_TAKES_BOOLEAN && !exotel_value_is_true(&a->value))
    return EXOTEL_OK;
  add_query(r, p);
  exotel_url_encode_query(&r->query, exotel_slice_held(&r->scratch));
  return EXOTEL_OK;
}

static exotel_kind write_row(exotel_request *r, const exotel_parameter *p,
                             const exotel_target *target, exotel_error *e) {
  exotel_kind kind;
  if (items_given(r, p) == 0) {
    if (!(p->required & r->mode->bit) || name_given(r, p->name)) return EXOTEL_OK;
    return exotel_error_set(e, EXOTEL_INVALID, "missing", exotel_slice_of(p->lua),
                            "%s is missing: %s", p->lua, p->about);
  }
  if (extra_for(r, p) != NULL)
    return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of(p->lua),
                            "%s is given twice, also as extra.%s", p->lua, p->name);
  kind = check_mode(r, p, e);
  if (kind == EXOTEL_OK) kind = check_needs(r, p, e);
  if (kind == EXOTEL_OK) kind = check_excludes(r, p, e);
  if (kind != EXOTEL_OK) return kind;
  if (p->place == EXOTEL_IN_QUERY) return write_query(r, p, target, e);
  return write_arguments(r, p, target, e);
}

/* The spelling of an extra's value; strings are sent as they are. */
static exotel_slice spell_extra(exotel_request *r, const exotel_given *v) {
  if (v->type == EXOTEL_GIVEN_TEXT) return v->text;
  exotel_buffer_reset(&r->scratch);
  exotel_value_plain(&r->scratch, v);
  return exotel_slice_held(&r->scratch);
}

static exotel_kind check_extra_name(exotel_slice name, exotel_error *e) {
  size_t i;
  if (name.n == 0)
    return exotel_error_set(e, EXOTEL_INVALID, "extra", exotel_slice_of("extra"),
                            "extra has an empty name");
  for (i = 0; i < name.n; i++) {
    if ((unsigned char)name.p[i] < ' ')
      return exotel_error_set(e, EXOTEL_INVALID, "extra", exotel_slice_of("extra"),
                              "extra has a name with a control character");
  }
  return EXOTEL_OK;
}

static exotel_kind check_extra_value(const exotel_argument *a, exotel_error *e) {
  double n = a->value.number;
  if (a->value.type != EXOTEL_GIVEN_NUMBER || n - n == 0) return EXOTEL_OK;
  return exotel_error_set(e, EXOTEL_INVALID, "extra", exotel_slice_of("extra"),
                          "extra.%.*s is not a finite number", (int)a->name.n,
                          a->name.p);
}

/* Of two names that differ in case only, nobody knows which one rings. */
static exotel_kind check_extra_twins(const exotel_request *r, size_t i,
                                     exotel_error *e) {
  size_t k;
  for (k = 0; k < i; k++) {
    exotel_slice a = r->extras[k].name, b = r->extras[i].name;
    if (!exotel_slice_same_nocase(a, b)) continue;
    return exotel_error_set(e, EXOTEL_INVALID, "conflict", exotel_slice_of("extra"),
                            "extra.%.*s and extra.%.*s differ in case only", (int)a.n,
                            a.p, (int)b.n, b.p);
  }
  return EXOTEL_OK;
}

static exotel_kind write_extras(exotel_request *r, exotel_error *e) {
  size_t i;
  for (i = 0; i < r->nextras; i++) {
    exotel_slice name = r->extras[i].name, value;
    exotel_kind kind = check_extra_name(name, e);
    if (kind == EXOTEL_OK) kind = check_extra_twins(r, i, e);
    if (kind == EXOTEL_OK) kind = check_extra_value(&r->extras[i], e);
    if (kind != EXOTEL_OK) return kind;
    value = spell_extra(r, &r->extras[i].value);
    add_pair(&r->body, name, value);
    note_ringing(r, name, value);
  }
  return EXOTEL_OK;
}

/* The value of the path parameter `name`, in r->scratch. */
static exotel_kind path_value(exotel_request *r, exotel_slice name,
                              const exotel_target *target, exotel_error *e) {
  const exotel_operation *o = r->operation;
  size_t i;
  exotel_buffer_reset(&r->scratch);
  if (exotel_slice_is(name, "AccountSid")) {
    exotel_buffer_add(&r->scratch, target->account_sid.p, target->account_sid.n);
    return EXOTEL_OK;
  }
  for (i = 0; i < o->nparameters; i++) {
    const exotel_parameter *p = &o->parameters[i];
    const exotel_argument *a = given(r, p, 0);
    if (a != NULL && exotel_slice_is(name, p->name))
      return spell(r, p, p->lua, &a->value, target, e);
  }
  return EXOTEL_OK;
}

static exotel_kind write_path(exotel_request *r, const exotel_target *target,
                              exotel_error *e) {
  const char *p = r->operation->path;
  exotel_buffer_add(&r->url, target->base.p, target->base.n);
  while (*p != '\0') {
    size_t n = strcspn(p, "{");
    exotel_buffer_add(&r->url, p, n);
    p += n;
    if (*p == '{') {
      exotel_slice name;
      exotel_kind kind;
      name.p = p + 1;
      name.n = strcspn(p, "}") - 1;
      kind = path_value(r, name, target, e);
      if (kind != EXOTEL_OK) return kind;
      exotel_url_encode(&r->url, exotel_slice_held(&r->scratch));
      p += name.n + 2;
    }
  }
  if (!target->xml) exotel_buffer_adds(&r->url, ".json");
  return EXOTEL_OK;
}

static void join_query(exotel_request *r) {
  if (r->query.n == 0) return;
  exotel_buffer_addc(&r->url, '?');
  exotel_buffer_add(&r->url, r->query.p, r->query.n);
}

static exotel_kind check_account(const exotel_target *target, exotel_error *e) {
  exotel_slice sid = target->account_sid;
  size_t i;
  for (i = 0; i < sid.n; i++) {
    unsigned char c = (unsigned char)sid.p[i];
    if (c <= ' ' || c >= 0x7F || c == '/')
      return exotel_error_set(e, EXOTEL_INVALID, "sid", exotel_slice_of("account_sid"),
                              "account_sid has a byte that no SID holds (byte %lu)",
                              (unsigned long)i + 1);
  }
  if (exotel_slice_is(sid, ".") || exotel_slice_is(sid, "..")) /* steps of a path */
    return exotel_error_set(e, EXOTEL_INVALID, "sid", exotel_slice_of("account_sid"),
                            "account_sid can't be . or ..");
  if (sid.n > 0) return EXOTEL_OK;
  return exotel_error_set(e, EXOTEL_INVALID, "missing", exotel_slice_of("account_sid"),
                          "account_sid is empty");
}

static exotel_kind write_all(exotel_request *r, const exotel_target *target,
                             exotel_error *e) {
  const exotel_operation *o = r->operation;
  exotel_kind kind = EXOTEL_OK;
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < o->nparameters; i++)
    kind = write_row(r, &o->parameters[i], target, e);
  if (kind == EXOTEL_OK) kind = write_extras(r, e);
  if (kind == EXOTEL_OK) kind = write_path(r, target, e);
  if (kind != EXOTEL_OK) return kind;
  join_query(r);
  kind = exotel_error_buffer(e, &r->scratch, no_field());
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(e, &r->query, no_field());
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(e, &r->url, no_field());
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(e, &r->body, no_field());
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(e, &r->from, no_field());
  if (kind == EXOTEL_OK) kind = exotel_error_buffer(e, &r->to, no_field());
  return kind;
}

exotel_kind exotel_request_build(exotel_request *r, const exotel_target *target,
                                 exotel_error *e) {
  exotel_kind kind = check_unknown(r, e);
  if (kind == EXOTEL_OK) kind = check_bounds(r, e);
  if (kind == EXOTEL_OK) kind = check_twice(r, e);
  if (kind == EXOTEL_OK) kind = check_types(r, e);
  if (kind == EXOTEL_OK) kind = check_account(target, e);
  if (kind == EXOTEL_OK) kind = select_mode(r, e);
  if (kind == EXOTEL_OK) kind = write_all(r, target, e);
  return kind;
}

/* }================================================================== */
