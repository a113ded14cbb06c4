/*
** reply: replies of applets, read, checked and written (see reply.h).
**
** What one value may be is value.c's, as for the parameters of requests; here stand objects,
** lists, and what is no JSON.
**
** SPDX-License-Identifier: MIT
*/
#include "reply.h"

#include "error.h"
#include "json_tree.h"
#include "slice.h"
#include "text.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

typedef struct checking {
  exotel_buffer *scratch;
  exotel_error *e;
  exotel_step path[EXOTEL_DEPTH_MAX];
} checking;

/* {=================================================================
** Places
** ================================================================== */

static size_t add(char *out, size_t size, size_t n, const char *text, size_t length) {
  if (length > size - 1 - n) length = size - 1 - n;
  memcpy(out + n, text, length);
  out[n + length] = '\0';
  return n + length;
}

void exotel_reply_place(char *out, size_t size, const exotel_step *path, size_t depth) {
  size_t i, n = add(out, size, 0, "", 0);
  for (i = 0; i < depth; i++) {
    char position[32];
    if (path[i].name.p != NULL) {
      if (i > 0) n = add(out, size, n, ".", 1);
      n = add(out, size, n, path[i].name.p, path[i].name.n);
    } else {
      int digits = snprintf(position, sizeof position, "[%lu]",
                            (unsigned long)path[i].index + 1);
      n = add(out, size, n, position, (size_t)digits);
    }
  }
}

/* The place without positions in lists: the field that an error is about. */
static exotel_kind about(const checking *c, size_t depth, exotel_kind kind) {
  exotel_step names[EXOTEL_DEPTH_MAX];
  size_t i, n = 0;
  if (kind == EXOTEL_OK || kind == EXOTEL_MEMORY) return kind;
  for (i = 0; i < depth; i++) {
    if (c->path[i].name.p != NULL) names[n++] = c->path[i];
  }
  exotel_reply_place(c->e->field, sizeof c->e->field, names, n);
  return kind;
}

static void step(checking *c, size_t depth, const exotel_reply_field *f) {
  c->path[depth].name = exotel_slice_of(f->value.name);
  c->path[depth].index = 0;
}

/* }================================================================== */

/* {=================================================================
** Items of plain text
** ================================================================== */

/* The next item without blanks around it, also an empty one; what is left stays in `rest`. */
static exotel_slice cut(exotel_slice *rest, char separator) {
  const char *end = rest->n == 0 ? NULL : memchr(rest->p, separator, rest->n);
  exotel_slice item = *rest;
  if (end != NULL) item.n = (size_t)(end - rest->p);
  rest->p += item.n + (end != NULL);
  rest->n -= item.n + (end != NULL);
  return exotel_slice_trimmed(item);
}

/* Whether every line that isn't empty is an address. */
static int is_addresses(exotel_slice body) {
  while (body.n > 0) {
    exotel_slice line = cut(&body, '\n');
    if (line.n > 0 && (line.n < 7 || memcmp(line.p, "http://", 7) != 0) &&
        (line.n < 8 || memcmp(line.p, "https://", 8) != 0))
      return 0;
  }
  return 1;
}

/* }================================================================== */

/* {=================================================================
** Checking
** ================================================================== */

static exotel_kind refuse(checking *c, size_t depth, const char *reason,
                          const char *why) {
  char place[EXOTEL_PLACE_MAX];
  exotel_reply_place(place, sizeof place, c->path, depth);
  return about(c, depth,
               exotel_error_set(c->e, EXOTEL_INVALID, reason, exotel_slice_of(""),
                                "%s %s", place, why));
}

static exotel_json_kind kind_wanted(const exotel_reply_field *f, int item) {
  if (f->list && !item) return EXOTEL_JSON_IS_LIST;
  if (f->shape != NULL) return EXOTEL_JSON_IS_OBJECT;
  if (f->value.type == EXOTEL_TAKES_BOOLEAN) return EXOTEL_JSON_IS_BOOLEAN;
  if (f->value.type == EXOTEL_TAKES_INTEGER) return EXOTEL_JSON_IS_NUMBER;
  return EXOTEL_JSON_IS_TEXT;
}

static exotel_kind check_type(checking *c, size_t depth, const exotel_reply_field *f,
                              int item, exotel_json_kind given) {
  static const char *const words[] = {"nothing", "true or false", "a number",
                                      "a text",  "a list",        "fields by name"};
  exotel_json_kind wanted = kind_wanted(f, item);
  char place[EXOTEL_PLACE_MAX];
  if (given == wanted) return EXOTEL_OK;
  exotel_reply_place(place, sizeof place, c->path, depth);
  return about(c, depth,
               exotel_error_set(c->e, EXOTEL_MISUSE, "type", exotel_slice_of(""),
                                "%s takes %s, not %s", place, words[wanted],
                                words[given]));
}

static exotel_given given_of(const exotel_json_value *value) {
  exotel_given given = {EXOTEL_GIVEN_TEXT, {"", 0}, 0, 0, ""};
  given.text = value->text;
  given.number = value->number;
  if (value->kind == EXOTEL_JSON_IS_NUMBER) given.type = EXOTEL_GIVEN_NUMBER;
  if (value->kind == EXOTEL_JSON_IS_BOOLEAN) {
    given.type = EXOTEL_GIVEN_BOOLEAN;
    given.integer = value->number != 0;
  }
  return given;
}

/* What couldn't be told from something else in plain text. */
static exotel_kind check_plain(checking *c, size_t depth, const exotel_reply_field *f,
                               exotel_slice text) {
  if (f->form == EXOTEL_REPLY_ITEMS && memchr(text.p, ',', text.n) != NULL)
    return refuse(c, depth, "conflict", "has a comma, which stands between numbers");
  if (f->form != EXOTEL_REPLY_TEXT) return EXOTEL_OK;
  if (exotel_slice_trimmed(text).n == 0)
    return refuse(c, depth, "empty", "has nothing but blanks");
  if (is_addresses(text))
    return refuse(c, depth, "conflict", "would be played, not said: give it as audio");
  return EXOTEL_OK;
}

static exotel_kind check_leaf(checking *c, size_t depth, const exotel_reply_field *f,
                              const exotel_json_value *value) {
  char place[EXOTEL_PLACE_MAX];
  exotel_value v;
  exotel_kind kind;
  exotel_reply_place(place, sizeof place, c->path, depth);
  v.row = &f->value;
  v.place = place;
  v.bound = NULL;
  v.given = given_of(value);
  exotel_buffer_reset(c->scratch);
  kind = exotel_value_put(c->scratch, &v, NULL, c->e);
  if (c->scratch->state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(c->e);
  if (kind == EXOTEL_OK) return check_plain(c, depth, f, v.given.text);
  return about(c, depth, kind);
}

static exotel_kind check_shape(checking *c, size_t depth,
                               const exotel_reply_shape *shape,
                               const exotel_json_value *object);

static exotel_kind check_one(checking *c, size_t depth, const exotel_reply_field *f,
                             int item, const exotel_json_value *value) {
  exotel_kind kind = check_type(c, depth, f, item, value->kind);
  if (kind != EXOTEL_OK) return kind;
  if (f->shape != NULL) return check_shape(c, depth, f->shape, value);
  return check_leaf(c, depth, f, value);
}

static exotel_kind check_list(checking *c, size_t depth, const exotel_reply_field *f,
                              const exotel_json_value *list) {
  exotel_kind kind = check_type(c, depth, f, 0, list->kind);
  const void *at;
  size_t n = 0;
  for (at = list->first; kind == EXOTEL_OK && at != NULL; n++) {
    exotel_json_value item = exotel_json_tree_at(at);
    c->path[depth].name.p = NULL;
    c->path[depth].name.n = 0;
    c->path[depth].index = n;
    if (n == f->value.most) {
      char why[80];
      snprintf(why, sizeof why, "has more items than the limit of %lu",
               (unsigned long)f->value.most);
      return refuse(c, depth, "too_many", why);
    }
    kind = check_one(c, depth + 1, f, 1, &item);
    at = item.next;
  }
  return kind;
}

/* The first value of that name, or one of kind null. */
static exotel_json_value member(const exotel_json_value *object, const char *name) {
  exotel_json_value none = {EXOTEL_JSON_IS_NULL, {NULL, 0}, {"", 0}, 0, NULL, NULL};
  const void *at = object->first;
  while (at != NULL) {
    exotel_json_value value = exotel_json_tree_at(at);
    if (exotel_slice_is(value.name, name)) return value;
    at = value.next;
  }
  return none;
}

static int is_given(const exotel_json_value *object, const exotel_reply_field *f) {
  return member(object, f->value.name).kind != EXOTEL_JSON_IS_NULL;
}

/* "gather_prompt needs one of text, audio_url, and no more". */
static exotel_kind refuse_count(checking *c, size_t depth,
                                const exotel_reply_shape *shape, size_t given) {
  char why[160] = "";
  size_t i, n = add(why, sizeof why, 0, "needs one of ", 13);
  for (i = 0; i < shape->nfields; i++) {
    exotel_slice name = exotel_slice_of(shape->fields[i].value.name);
    if (i > 0) n = add(why, sizeof why, n, ", ", 2);
    n = add(why, sizeof why, n, name.p, name.n);
  }
  if (given > 1) add(why, sizeof why, n, ", and no more", 13);
  if (depth == 0) {
    c->path[0].name = exotel_slice_of("reply");
    depth = 1;
  }
  return refuse(c, depth, given == 0 ? "missing" : "conflict", why);
}

static exotel_kind check_count(checking *c, size_t depth,
                               const exotel_reply_shape *shape,
                               const exotel_json_value *object) {
  size_t i, n = 0;
  if (!shape->one) return EXOTEL_OK;
  for (i = 0; i < shape->nfields; i++)
    n += (size_t)is_given(object, &shape->fields[i]);
  return n == 1 ? EXOTEL_OK : refuse_count(c, depth, shape, n);
}

static exotel_kind check_missing(checking *c, size_t depth,
                                 const exotel_reply_field *f) {
  char why[120];
  if (!f->value.required) return EXOTEL_OK;
  snprintf(why, sizeof why, "is missing: %s", f->value.about);
  return refuse(c, depth + 1, "missing", why);
}

static exotel_kind check_shape(checking *c, size_t depth,
                               const exotel_reply_shape *shape,
                               const exotel_json_value *object) {
  exotel_kind kind = check_count(c, depth, shape, object);
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < shape->nfields; i++) {
    const exotel_reply_field *f = &shape->fields[i];
    exotel_json_value value = member(object, f->value.name);
    int list = value.kind == EXOTEL_JSON_IS_LIST;
    step(c, depth, f);
    if (value.kind == EXOTEL_JSON_IS_NULL)
      kind = check_missing(c, depth, f);
    else if (f != exotel_reply_field_find(shape, exotel_slice_of(f->value.name), list))
      kind = EXOTEL_OK; /* it is the other row's of that name */
    else if (f->list)
      kind = check_list(c, depth + 1, f, &value);
    else
      kind = check_one(c, depth + 1, f, 0, &value);
  }
  return kind;
}

exotel_kind exotel_reply_check(const exotel_reply *reply, const void *tree,
                               exotel_buffer *scratch, exotel_error *e) {
  exotel_json_value root = exotel_json_tree_at(tree);
  checking c;
  memset(&c, 0, sizeof c);
  c.scratch = scratch;
  c.e = e;
  if (root.kind != EXOTEL_JSON_IS_OBJECT)
    return exotel_error_set(e, EXOTEL_INVALID, "json", exotel_slice_of(""),
                            "the JSON is no object");
  return check_shape(&c, 0, reply->shape, &root);
}

/* }================================================================== */

/* {=================================================================
** Plain text
** ================================================================== */

const exotel_reply_field *exotel_reply_alone(const exotel_reply *reply,
                                             const void *tree) {
  exotel_json_value root = exotel_json_tree_at(tree);
  size_t i;
  for (i = 0; i < reply->shape->nfields; i++) {
    const exotel_reply_field *f = &reply->shape->fields[i];
    if (f->form != EXOTEL_REPLY_JSON && is_given(&root, f)) return f;
  }
  return NULL;
}

void exotel_reply_write(exotel_buffer *out, const exotel_reply_field *field,
                        const void *tree) {
  exotel_json_value root = exotel_json_tree_at(tree);
  exotel_json_value value = member(&root, field->value.name);
  const void *at = value.first;
  if (!field->list) exotel_buffer_add(out, value.text.p, value.text.n);
  while (at != NULL) {
    exotel_json_value item = exotel_json_tree_at(at);
    exotel_buffer_add(out, item.text.p, item.text.n);
    if (item.next != NULL)
      exotel_buffer_addc(out, field->form == EXOTEL_REPLY_ITEMS ? ',' : '\n');
    at = item.next;
  }
}

static exotel_kind put_field(exotel_json_writer *w, const exotel_reply_field *f,
                             exotel_slice text, exotel_json_type type,
                             exotel_error *e) {
  exotel_step path[1];
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  path[0].name = exotel_slice_of(f->value.name);
  path[0].index = 0;
  leaf.path = path;
  leaf.depth = 1;
  leaf.text = text;
  return exotel_json_put(w, &leaf, type, e);
}

static exotel_kind put_item(exotel_json_writer *w, const exotel_reply_field *f,
                            size_t index, exotel_slice text, exotel_error *e) {
  exotel_step path[2];
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  memset(path, 0, sizeof path);
  path[0].name = exotel_slice_of(f->value.name);
  path[1].index = index;
  leaf.path = path;
  leaf.depth = 2;
  leaf.text = text;
  return exotel_json_put(w, &leaf, EXOTEL_JSON_STRING, e);
}

static exotel_kind put_items(exotel_json_writer *w, const exotel_reply_field *f,
                             exotel_slice body, exotel_error *e) {
  char separator = f->form == EXOTEL_REPLY_ITEMS ? ',' : '\n';
  exotel_kind kind = put_field(w, f, exotel_slice_of(""), EXOTEL_JSON_EMPTY_LIST, e);
  size_t n = 0;
  while (kind == EXOTEL_OK && body.n > 0) {
    exotel_slice item = cut(&body, separator);
    if (item.n > 0) kind = put_item(w, f, n++, item, e);
  }
  return kind;
}

/* The field that a plain text is: items where there are no others, else lines of addresses,
** or a text. */
static const exotel_reply_field *field_of(const exotel_reply *reply,
                                          exotel_slice body) {
  exotel_reply_form lines = is_addresses(body) ? EXOTEL_REPLY_LINES : EXOTEL_REPLY_TEXT;
  size_t i;
  for (i = 0; i < reply->shape->nfields; i++) {
    const exotel_reply_field *f = &reply->shape->fields[i];
    if (f->form == EXOTEL_REPLY_ITEMS || f->form == lines) return f;
  }
  return NULL;
}

exotel_kind exotel_reply_read(exotel_json_writer *w, const exotel_reply *reply,
                              exotel_slice body, exotel_error *e) {
  const exotel_reply_field *f = field_of(reply, body);
  if (f == NULL)
    return exotel_error_set(e, EXOTEL_INVALID, "json", exotel_slice_of(""),
                            "the reply is no plain text");
  if (f->form == EXOTEL_REPLY_TEXT) return put_field(w, f, body, EXOTEL_JSON_STRING, e);
  if (f->form == EXOTEL_REPLY_LINES && exotel_slice_trimmed(body).n == 0)
    return EXOTEL_OK;
  return put_items(w, f, body, e);
}

/* }================================================================== */
