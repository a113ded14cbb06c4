/*
** json_out: leaves to JSON, by cJSON (see json_out.h).
** cJSON ends strings at a NUL and checks no UTF-8, so both are refused before it.
**
** SPDX-License-Identifier: MIT
*/
#include "json_out.h"

#include "ascii.h"
#include "error.h"
#include "json.h"
#include "limits.h"
#include "text.h"
#include "utf8.h"

#include <cjson/cJSON.h>
#include <string.h>

#define NAME_SIZE (EXOTEL_NAME_MAX + 1) /* with its NUL */

void exotel_json_reset(exotel_json_writer *w) {
  cJSON_Delete(w->tree);
  cJSON_free(w->text);
  w->tree = NULL;
  w->text = NULL;
  w->twice = 0;
}

static exotel_kind refuse(const exotel_leaf *leaf, const char *why, exotel_error *e) {
  exotel_slice name = leaf->path[leaf->depth - 1].name;
  if (name.p == NULL) name = exotel_slice_of("");
  return exotel_error_set(e, EXOTEL_INVALID, "json", name, "%.*s %s", (int)name.n,
                          name.p, why);
}

static const char *unfit(exotel_slice text) {
  size_t characters, bad;
  if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
    return "has a NUL, which JSON text can't keep here";
  if (!exotel_utf8_count(text.p, text.n, &characters, &bad)) return "is not UTF-8";
  return NULL;
}

/* A copy that ends with a NUL, as cJSON wants it; the caller's array of NAME_SIZE. */
static int name_of(exotel_slice name, char *out) {
  if (name.n > EXOTEL_NAME_MAX || unfit(name) != NULL) return 0;
  memcpy(out, name.p, name.n);
  out[name.n] = '\0';
  return 1;
}

/* Hangs `item` into `parent` under `step`. Owns `item` also when it fails. */
static cJSON *hang(cJSON *parent, const exotel_step *step, cJSON *item) {
  char name[NAME_SIZE];
  cJSON_bool done = 0;
  if (item == NULL) return NULL;
  if (step->name.p == NULL)
    done = cJSON_AddItemToArray(parent, item);
  else if (name_of(step->name, name))
    done = cJSON_AddItemToObject(parent, name, item);
  if (done) return item;
  cJSON_Delete(item);
  return NULL;
}

static cJSON *child_at(cJSON *parent, const exotel_step *step) {
  char name[NAME_SIZE];
  if (step->name.p == NULL) return cJSON_GetArrayItem(parent, (int)step->index);
  if (!name_of(step->name, name)) return NULL;
  return cJSON_GetObjectItemCaseSensitive(parent, name);
}

static cJSON *new_container(const exotel_step *inner) {
  return inner->name.p == NULL ? cJSON_CreateArray() : cJSON_CreateObject();
}

static int fits(const cJSON *container, const exotel_step *step) {
  return step->name.p == NULL ? cJSON_IsArray(container) : cJSON_IsObject(container);
}

/* Entries of a list that had nothing to put: without them the next would take their
** place. */
static int fill(cJSON *parent, const exotel_step *step) {
  int size = cJSON_GetArraySize(parent);
  if (step->name.p != NULL) return 1;
  for (; size < (int)step->index; size++) {
    if (!cJSON_AddItemToArray(parent, cJSON_CreateObject())) return 0;
  }
  return 1;
}

static int is_number(exotel_slice text) {
  exotel_error ignored;
  return text.n > 0 && (text.p[0] == '-' || exotel_is_digit(text.p[0])) &&
         exotel_json_check(text, &ignored) == EXOTEL_OK;
}

static cJSON *new_value(exotel_slice text, exotel_json_type type, exotel_buffer *copy) {
  switch (type) {
    case EXOTEL_JSON_TRUE: return cJSON_CreateTrue();
    case EXOTEL_JSON_FALSE: return cJSON_CreateFalse();
    case EXOTEL_JSON_NULL: return cJSON_CreateNull();
    case EXOTEL_JSON_EMPTY_LIST: return cJSON_CreateArray();
    case EXOTEL_JSON_EMPTY_OBJECT: return cJSON_CreateObject();
    default: break;
  }
  exotel_buffer_add(copy, text.p, text.n);
  if (copy->p == NULL) return NULL;
  return type == EXOTEL_JSON_NUMBER ? cJSON_CreateRaw(copy->p)
                                    : cJSON_CreateString(copy->p);
}

static exotel_kind put_value(cJSON *parent, const exotel_leaf *leaf,
                             exotel_json_type type, int twice, exotel_error *e) {
  const exotel_step *last = &leaf->path[leaf->depth - 1];
  exotel_buffer copy;
  cJSON *item;
  if (!twice && child_at(parent, last) != NULL) return refuse(leaf, "is put twice", e);
  if (!fill(parent, last)) return exotel_error_memory(e);
  exotel_buffer_init(&copy, leaf->text.n + 1);
  item = hang(parent, last, new_value(leaf->text, type, &copy));
  exotel_buffer_free(&copy);
  return item != NULL ? EXOTEL_OK : exotel_error_memory(e);
}

static exotel_kind check(const exotel_leaf *leaf, exotel_json_type type,
                         exotel_error *e) {
  const char *why = type == EXOTEL_JSON_STRING ? unfit(leaf->text) : NULL;
  size_t i;
  if (why != NULL) return refuse(leaf, why, e);
  if (type == EXOTEL_JSON_NUMBER && !is_number(leaf->text))
    return refuse(leaf, "is not a number that JSON can hold", e);
  for (i = 0; i < leaf->depth; i++) {
    char name[NAME_SIZE];
    if (leaf->path[i].name.p != NULL && !name_of(leaf->path[i].name, name))
      return refuse(leaf, "stands under a name that JSON can't hold", e);
  }
  return EXOTEL_OK;
}

exotel_kind exotel_json_put(exotel_json_writer *w, const exotel_leaf *leaf,
                            exotel_json_type type, exotel_error *e) {
  exotel_kind kind = check(leaf, type, e);
  cJSON *parent;
  size_t i;
  int twice;
  if (kind != EXOTEL_OK) return kind;
  if (w->tree == NULL) w->tree = new_container(&leaf->path[0]);
  parent = w->tree;
  if (parent == NULL) return exotel_error_memory(e);
  if (!fits(parent, &leaf->path[0])) return refuse(leaf, "meets another value", e);
  for (i = 0; i + 1 < leaf->depth; i++) {
    cJSON *child = child_at(parent, &leaf->path[i]);
    if (child == NULL && fill(parent, &leaf->path[i]))
      child = hang(parent, &leaf->path[i], new_container(&leaf->path[i + 1]));
    if (child == NULL) return exotel_error_memory(e);
    if (!fits(child, &leaf->path[i + 1])) return refuse(leaf, "meets another value", e);
    parent = child;
  }
  twice = w->twice;
  w->twice = 0;
  return put_value(parent, leaf, type, twice, e);
}

exotel_kind exotel_json_print(exotel_json_writer *w, exotel_slice *text,
                              exotel_error *e) {
  if (w->tree == NULL) w->tree = cJSON_CreateObject();
  if (w->tree != NULL) w->text = cJSON_PrintUnformatted(w->tree);
  if (w->text == NULL) return exotel_error_memory(e);
  *text = exotel_slice_of(w->text);
  return EXOTEL_OK;
}
