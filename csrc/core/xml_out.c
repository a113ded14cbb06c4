/*
** xml_out: a writer's tree to XML (see xml_out.h). What stands in the tree is UTF-8
** without NUL and at most EXOTEL_DEPTH_MAX deep: json_out.c has seen to that.
**
** SPDX-License-Identifier: MIT
*/
#include "xml_out.h"

#include "ascii.h"
#include "error.h"
#include "slice.h"

#include <cjson/cJSON.h>
#include <string.h>

static exotel_kind refuse(const char *name, const char *why, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "xml", exotel_slice_of(name), "%s %s",
                          name, why);
}

static int is_name(const char *s) {
  if (!exotel_is_letter(*s) && *s != '_') return 0;
  while (exotel_is_alnum(*s) || (*s != '\0' && strchr("_-.", *s) != NULL))
    s++;
  return *s == '\0';
}

/* Whether a character stands at `s` that XML has in no spelling. */
static int is_unfit(const char *s) {
  if ((unsigned char)*s < ' ') return strchr("\t\n\r", *s) == NULL;
  return strncmp(s, "\xEF\xBF\xBE", 3) == 0 || strncmp(s, "\xEF\xBF\xBF", 3) == 0;
}

static void add_tag(exotel_buffer *out, const char *open, const char *name,
                    const char *close) {
  exotel_buffer_adds(out, open);
  exotel_buffer_adds(out, name);
  exotel_buffer_adds(out, close);
}

/* A bare CR would be read as LF. */
static exotel_kind add_text(exotel_buffer *out, const char *name, const char *s,
                            exotel_error *e) {
  for (; *s != '\0'; s++) {
    if (is_unfit(s)) return refuse(name, "has a character that XML can't hold", e);
    switch (*s) {
      case '<': exotel_buffer_adds(out, "&lt;"); break;
      case '>': exotel_buffer_adds(out, "&gt;"); break;
      case '&': exotel_buffer_adds(out, "&amp;"); break;
      case '\r': exotel_buffer_adds(out, "&#13;"); break;
      default: exotel_buffer_addc(out, *s);
    }
  }
  return EXOTEL_OK;
}

/* The one name that the entries of a list have, all the same; NULL when they don't. An
** entry without names stands for one that nothing is known of. */
static const char *shared_name(const cJSON *list) {
  const cJSON *entry;
  const char *name = NULL;
  for (entry = list->child; entry != NULL; entry = entry->next) {
    const cJSON *only = entry->child;
    if (!cJSON_IsObject(entry)) return NULL;
    if (only == NULL) continue;
    if (only->next != NULL || cJSON_IsArray(only)) return NULL;
    if (name != NULL && strcmp(name, only->string) != 0) return NULL;
    name = only->string;
  }
  return name;
}

static exotel_kind print_element(exotel_buffer *out, const char *name,
                                 const cJSON *item, exotel_error *e);

static exotel_kind print_members(exotel_buffer *out, const cJSON *object,
                                 exotel_error *e) {
  const cJSON *item;
  exotel_kind kind = EXOTEL_OK;
  for (item = object->child; kind == EXOTEL_OK && item != NULL; item = item->next)
    kind = print_element(out, item->string, item, e);
  return kind;
}

/* The entries of a list that share a name, as its elements. */
static exotel_kind print_shared(exotel_buffer *out, const char *name, const cJSON *list,
                                exotel_error *e) {
  const cJSON *entry;
  exotel_kind kind = EXOTEL_OK;
  for (entry = list->child; kind == EXOTEL_OK && entry != NULL; entry = entry->next)
    kind = print_element(out, name, entry->child == NULL ? entry : entry->child, e);
  return kind;
}

static exotel_kind print_repeated(exotel_buffer *out, const char *name,
                                  const cJSON *list, exotel_error *e) {
  const cJSON *entry;
  exotel_kind kind = EXOTEL_OK;
  for (entry = list->child; kind == EXOTEL_OK && entry != NULL; entry = entry->next) {
    if (cJSON_IsArray(entry))
      return refuse(name, "has a list in a list, which XML can't hold", e);
    kind = print_element(out, name, entry, e);
  }
  return kind;
}

static exotel_kind print_content(exotel_buffer *out, const char *name,
                                 const cJSON *item, exotel_error *e) {
  if (cJSON_IsObject(item)) return print_members(out, item, e);
  if (cJSON_IsArray(item)) return print_shared(out, shared_name(item), item, e);
  if (cJSON_IsTrue(item)) return add_text(out, name, "true", e);
  if (cJSON_IsFalse(item)) return add_text(out, name, "false", e);
  return add_text(out, name, item->valuestring, e);
}

static int is_nothing(const cJSON *item) {
  return cJSON_IsNull(item) || (cJSON_IsObject(item) && item->child == NULL);
}

static exotel_kind print_element(exotel_buffer *out, const char *name,
                                 const cJSON *item, exotel_error *e) {
  exotel_kind kind;
  if (!is_name(name)) return refuse(name, "is no name that XML can hold", e);
  if (cJSON_IsArray(item) && shared_name(item) == NULL)
    return print_repeated(out, name, item, e);
  if (is_nothing(item)) {
    add_tag(out, "<", name, "/>");
    return EXOTEL_OK;
  }
  add_tag(out, "<", name, ">");
  kind = print_content(out, name, item, e);
  add_tag(out, "</", name, ">");
  return kind;
}

exotel_kind exotel_xml_print(const exotel_json_writer *w, exotel_buffer *out,
                             exotel_error *e) {
  const cJSON *tree = w->tree;
  exotel_kind kind = EXOTEL_OK;
  if (tree != NULL && cJSON_IsArray(tree))
    return refuse("the record", "is a list, which XML can't hold", e);
  if (tree != NULL) kind = print_members(out, tree, e);
  if (kind != EXOTEL_OK) return kind;
  return exotel_error_buffer(e, out, exotel_slice_of("the record"));
}
