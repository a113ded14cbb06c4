/*
** json_oracle: a document's leaves as a walk over cJSON's tree of it finds them, to compare
** others with. The document must be JSON. Numbers are quoted first, since cJSON would
** round them.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_JSON_ORACLE_H
#define EXOTEL_JSON_ORACLE_H

#include "../../csrc/core/buffer.h"
#include "../../csrc/core/leaf.h"

#include <cjson/cJSON.h>
#include <string.h>

/* The end of the string that begins at `p`. */
static inline const char *oracle_string_end(const char *p) {
  for (p++; *p != '"'; p++)
    p += *p == '\\';
  return p + 1;
}

static inline void oracle_quote_numbers(exotel_slice text, exotel_buffer *out) {
  const char *p = text.p, *end = text.p + text.n;
  while (p < end) {
    const char *from = p++;
    int number = *from == '-' || (*from >= '0' && *from <= '9');
    if (*from == '"') p = oracle_string_end(from);
    while (number && p < end && memchr("+-.eE0123456789", *p, 15) != NULL)
      p++;
    if (number) exotel_buffer_addc(out, '"');
    exotel_buffer_add(out, from, (size_t)(p - from));
    if (number) exotel_buffer_addc(out, '"');
  }
}

static inline exotel_kind oracle_leaf(const cJSON *item, exotel_step *path,
                                      size_t depth, exotel_leaf_sink *sink,
                                      void *context) {
  exotel_leaf leaf = {path, depth, {"", 0}, cJSON_IsNull(item), 0};
  exotel_error e;
  if (cJSON_IsBool(item)) leaf.text.p = cJSON_IsTrue(item) ? "true" : "false";
  if (cJSON_IsString(item)) leaf.text.p = item->valuestring;
  leaf.text.n = strlen(leaf.text.p);
  return sink(context, &leaf, &e);
}

static inline exotel_kind oracle_walk(const cJSON *item, exotel_step *path,
                                      size_t depth, exotel_leaf_sink *sink,
                                      void *context) {
  const cJSON *child;
  exotel_kind kind = EXOTEL_OK;
  size_t index = 0;
  if (!cJSON_IsArray(item) && !cJSON_IsObject(item))
    return oracle_leaf(item, path, depth, sink, context);
  cJSON_ArrayForEach(child, item) {
    exotel_step step = {{child->string, 0}, index++};
    if (child->string != NULL) step.name.n = strlen(child->string);
    path[depth] = step;
    kind = oracle_walk(child, path, depth + 1, sink, context);
    if (kind != EXOTEL_OK) break;
  }
  return kind;
}

/* Hands each leaf to `sink`, and returns whether cJSON could read the document and the
** sink took them all. `quoted` is working memory. */
static inline int oracle_read(exotel_slice text, exotel_buffer *quoted,
                              exotel_leaf_sink *sink, void *context) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  const char *end = NULL;
  cJSON *tree;
  int ok;
  exotel_buffer_reset(quoted);
  oracle_quote_numbers(text, quoted);
  if (quoted->state != EXOTEL_BUFFER_OK) return 0;
  tree = cJSON_ParseWithLengthOpts(quoted->p, quoted->n + 1, &end, 1);
  ok = tree != NULL && end == quoted->p + quoted->n &&
       oracle_walk(tree, path, 0, sink, context) == EXOTEL_OK;
  cJSON_Delete(tree);
  return ok;
}

#endif
