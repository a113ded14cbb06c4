/*
** json_tree: JSON to values, by cJSON (see json_tree.h).
**
** SPDX-License-Identifier: MIT
*/
#include "json_tree.h"

#include "error.h"
#include "json.h"
#include "slice.h"

#include <cjson/cJSON.h>
#include <string.h>

#define NUMBER_MAX 63 /* bytes of a number that cJSON reads to its end */

/* Where a number too long for cJSON may stand, or NULL. */
static const char *long_number(exotel_slice text) {
  size_t i, run = 0;
  for (i = 0; i < text.n; i++) {
    run =
        text.p[i] != '\0' && strchr("+-.eE0123456789", text.p[i]) != NULL ? run + 1 : 0;
    if (run > NUMBER_MAX) return text.p + i;
  }
  return NULL;
}

/* The guard leaves cJSON no other causes to fail. */
static exotel_kind failed(exotel_slice text, exotel_error *e) {
  const char *at = long_number(text);
  if (at == NULL) return exotel_error_memory(e);
  e->position = (size_t)(at - text.p) + 1;
  return exotel_error_set(e, EXOTEL_PARSE, "limit", exotel_slice_of(""),
                          "a number is longer than %d bytes", NUMBER_MAX);
}

exotel_kind exotel_json_tree_read(void **tree, exotel_slice text, exotel_error *e) {
  const char *end = NULL;
  exotel_kind kind = exotel_json_check(text, e);
  if (kind != EXOTEL_OK) return kind;
  *tree = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);
  return *tree == NULL ? failed(text, e) : EXOTEL_OK;
}

void exotel_json_tree_free(void **tree) {
  cJSON_Delete(*tree);
  *tree = NULL;
}

static exotel_json_kind kind_of(const cJSON *item) {
  switch (item->type & 0xFF) {
    case cJSON_True:
    case cJSON_False: return EXOTEL_JSON_IS_BOOLEAN;
    case cJSON_Number: return EXOTEL_JSON_IS_NUMBER;
    case cJSON_String: return EXOTEL_JSON_IS_TEXT;
    case cJSON_Array: return EXOTEL_JSON_IS_LIST;
    case cJSON_Object: return EXOTEL_JSON_IS_OBJECT;
    default: return EXOTEL_JSON_IS_NULL;
  }
}

exotel_json_value exotel_json_tree_at(const void *at) {
  const cJSON *item = at;
  exotel_json_value value = {EXOTEL_JSON_IS_NULL, {NULL, 0}, {"", 0}, 0, NULL, NULL};
  value.kind = kind_of(item);
  if (item->string != NULL) value.name = exotel_slice_of(item->string);
  if (value.kind == EXOTEL_JSON_IS_TEXT)
    value.text = exotel_slice_of(item->valuestring);
  if (value.kind == EXOTEL_JSON_IS_NUMBER) value.number = item->valuedouble;
  if (value.kind == EXOTEL_JSON_IS_BOOLEAN)
    value.number = (item->type & 0xFF) == cJSON_True;
  value.first = item->child;
  value.next = item->next;
  return value;
}
