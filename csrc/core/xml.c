/*
** xml: XML bytes to leaves, by libexpat (see xml.h for what is refused beyond that).
** It does not write XML.
**
** Names of a path are not copied: they point into the body, where expat says that their
** tag begins. Only the value at work is collected. Open elements are counted, so that
** memory doesn't depend on how deep a document goes.
**
** SPDX-License-Identifier: MIT
*/
#include "xml.h"

#include "error.h"
#include "limits.h"
#include "slice.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (1024 * 1024 * 1024) /* expat doubles an int to hold it */
#define DOCTYPE "<!DOCTYPE"

typedef struct open_element {
  exotel_slice name;
  size_t depth;  /* of its path */
  int is_parent; /* only elements may stand in it: the root, or one came already */
  size_t entries[EXOTEL_XML_LISTS_MAX]; /* of each list, so far */
} open_element;

typedef struct reader {
  XML_Parser parser;
  exotel_slice body;
  const exotel_xml_list *lists;
  size_t nlists;
  open_element open[EXOTEL_DEPTH_MAX + 2]; /* the root, and one that is refused */
  size_t nopen;
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_buffer *text; /* of the innermost element, unless it is a parent */
  exotel_leaf_sink *sink;
  void *context;
  exotel_error *e;
  exotel_kind kind; /* the first failure; expat may call on for a little while */
} reader;

/* {=================================================================
** Failures
** ================================================================== */

static void stop(reader *x, exotel_kind kind) {
  if (kind == EXOTEL_OK) return;
  x->kind = kind;
  XML_StopParser(x->parser, XML_FALSE);
}

/* Where what expat tells about begins, from 0. */
static size_t here(const reader *x) {
  XML_Index at = XML_GetCurrentByteIndex(x->parser);
  return at < 0 ? 0 : (size_t)at;
}

/* Refuses what is at byte `at`, from 0, although it may be good XML. */
static void refuse(reader *x, size_t at, const char *why) {
  if (x->kind != EXOTEL_OK) return;
  x->e->position = at + 1;
  stop(x, exotel_error_set(x->e, EXOTEL_PARSE, "xml", exotel_slice_of(""),
                           "XML not read at byte %lu: %s", (unsigned long)at + 1, why));
}

static exotel_kind malformed(reader *x) {
  enum XML_Error code = XML_GetErrorCode(x->parser);
  const char *why = XML_ErrorString(code);
  if (code == XML_ERROR_NO_MEMORY) return exotel_error_memory(x->e);
  if (code == XML_ERROR_NO_ELEMENTS && x->nopen > 0) why = "it ends inside an element";
  x->e->position = here(x) + 1;
  return exotel_error_set(x->e, EXOTEL_PARSE, "xml", exotel_slice_of(""),
                          "not XML at byte %lu: %s", (unsigned long)x->e->position,
                          why == NULL ? "it can't be read" : why);
}

static exotel_kind too_long(exotel_error *e, size_t max) {
  e->position = max + 1;
  return exotel_error_set(e, EXOTEL_PARSE, "too_long", exotel_slice_of(""),
                          "larger than the limit of %lu bytes", (unsigned long)max);
}

/* }================================================================== */

/* {=================================================================
** Elements
** ================================================================== */

/* The row that makes the element `o` the entry of a list; `nlists` when none does. */
static size_t list_of(const reader *x, const open_element *o) {
  size_t i;
  for (i = 0; i < x->nlists; i++) {
    const exotel_xml_list *row = &x->lists[i];
    int below_root = o - 1 == x->open;
    if ((row->parent == NULL) != below_root) continue;
    if (!below_root && !exotel_slice_is_nocase(o[-1].name, row->parent)) continue;
    if (exotel_slice_is_nocase(o->name, row->child)) break;
  }
  return i;
}

/* Whether a row calls the element `o`, which is not the root, a list. */
static int is_list(const reader *x, const open_element *o) {
  size_t i;
  for (i = 0; i < x->nlists; i++) {
    const exotel_xml_list *row = &x->lists[i];
    if (row->list == NULL && row->parent != NULL &&
        exotel_slice_is_nocase(o->name, row->parent))
      return 1;
  }
  return 0;
}

static int is_blank(exotel_slice text) {
  return exotel_slice_trimmed(text).n == 0;
}

/* Adds a step to the path of `o`. */
static void add_step(reader *x, open_element *o, exotel_slice name, size_t index) {
  if (o->depth == EXOTEL_DEPTH_MAX) {
    refuse(x, here(x), "nested deeper than the limit of 32");
    return;
  }
  x->path[o->depth].name = name;
  x->path[o->depth++].index = index;
}

static void add_steps(reader *x, open_element *o) {
  static const exotel_slice position = {NULL, 0};
  const exotel_xml_list *list;
  size_t row = list_of(x, o);
  if (row == x->nlists) {
    add_step(x, o, o->name, 0);
    return;
  }
  list = &x->lists[row];
  if (list->list != NULL) add_step(x, o, exotel_slice_of(list->list), 0);
  add_step(x, o, position, o[-1].entries[row]++);
  if (list->keep_child) add_step(x, o, o->name, 0);
}

/* Opens an element; its tag begins here. */
static void open_new(reader *x, size_t name_bytes) {
  open_element *o = &x->open[x->nopen];
  memset(o, 0, sizeof *o);
  o->name.p = x->body.p + here(x) + 1;
  o->name.n = name_bytes;
  if (x->nopen > 0) {
    o->depth = o[-1].depth;
    o[-1].is_parent = 1;
    add_steps(x, o);
  } else {
    o->is_parent = 1;
  }
  x->nopen++;
  exotel_buffer_reset(x->text);
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes) {
  reader *x = context;
  size_t n = strlen(name);
  (void)attributes;
  if (x->kind != EXOTEL_OK) return;
  if (!is_blank(exotel_slice_held(x->text)))
    refuse(x, here(x), "an element beside text");
  else if (n > EXOTEL_NAME_MAX)
    refuse(x, here(x), "a name longer than the limit of 256 bytes");
  else
    open_new(x, n);
}

static void hand_out(reader *x, const open_element *o) {
  exotel_leaf leaf;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = x->path;
  leaf.depth = o->depth;
  leaf.text = exotel_slice_held(x->text);
  stop(x, x->sink(x->context, &leaf, x->e));
}

static void on_end(void *context, const XML_Char *name) {
  reader *x = context;
  const open_element *o;
  (void)name;
  if (x->kind != EXOTEL_OK) return;
  o = &x->open[--x->nopen];
  if (o->is_parent) return;
  if (!is_blank(exotel_slice_held(x->text)) || !is_list(x, o)) hand_out(x, o);
  exotel_buffer_reset(x->text);
}

/* }================================================================== */

/* Text that isn't blank must be a value's. A run of it is bytes of the body as they
** stand, so that the first that is out of place is found. */
static void on_text(void *context, const XML_Char *p, int n) {
  reader *x = context;
  exotel_slice text, rest;
  if (x->kind != EXOTEL_OK) return;
  text.p = p;
  text.n = (size_t)n;
  if (!x->open[x->nopen - 1].is_parent) {
    exotel_buffer_add(x->text, text.p, text.n);
    stop(x, exotel_error_buffer(x->e, x->text, exotel_slice_of("")));
    return;
  }
  rest = exotel_slice_trimmed(text);
  if (rest.n > 0)
    refuse(x, here(x) + (size_t)(rest.p - text.p),
           "text where only elements may stand");
}

static void on_instruction(void *context, const XML_Char *target,
                           const XML_Char *data) {
  reader *x = context;
  (void)target;
  (void)data;
  refuse(x, here(x), "a processing instruction");
}

/* What has no handler of its own, token by token: a document type is refused at its
** first, before expat has read a declaration. */
static void on_other(void *context, const XML_Char *p, int n) {
  reader *x = context;
  if (n == (int)sizeof DOCTYPE - 1 && memcmp(p, DOCTYPE, sizeof DOCTYPE - 1) == 0)
    refuse(x, here(x), "a document type");
}

static void refuse_encoding(reader *x, size_t at, exotel_slice encoding) {
  if (x->kind != EXOTEL_OK) return;
  x->e->position = at + 1;
  stop(x, exotel_error_set(x->e, EXOTEL_PARSE, "xml", exotel_slice_of(""),
                           "XML not read at byte %lu: its encoding is %.*s, and only "
                           "UTF-8 and US-ASCII are read",
                           (unsigned long)at + 1,
                           encoding.n > 40 ? 40 : (int)encoding.n, encoding.p));
}

static void on_declaration(void *context, const XML_Char *version,
                           const XML_Char *encoding, int standalone) {
  exotel_slice name = exotel_slice_of(encoding == NULL ? "UTF-8" : encoding);
  reader *x = context;
  (void)version;
  (void)standalone;
  if (!exotel_slice_is_nocase(name, "UTF-8") &&
      !exotel_slice_is_nocase(name, "US-ASCII"))
    refuse_encoding(x, here(x), name);
}

/* Expat reads UTF-16 by its byte order mark, or by the NUL beside the first '<'. */
static int is_utf16(exotel_slice body) {
  if (body.n < 2) return 0;
  return body.p[0] == '\0' || body.p[1] == '\0' || memcmp(body.p, "\xFE\xFF", 2) == 0 ||
         memcmp(body.p, "\xFF\xFE", 2) == 0;
}

static void parse(reader *x) {
  XML_SetUserData(x->parser, x);
  XML_SetElementHandler(x->parser, on_start, on_end);
  XML_SetCharacterDataHandler(x->parser, on_text);
  XML_SetProcessingInstructionHandler(x->parser, on_instruction);
  XML_SetXmlDeclHandler(x->parser, on_declaration);
  XML_SetDefaultHandler(x->parser, on_other);
  if (is_utf16(x->body))
    refuse_encoding(x, 0, exotel_slice_of("UTF-16"));
  else if (XML_Parse(x->parser, x->body.p, (int)x->body.n, 1) != XML_STATUS_OK &&
           x->kind == EXOTEL_OK)
    x->kind = malformed(x);
}

exotel_kind exotel_xml_read(exotel_slice body, const exotel_xml_list *lists,
                            size_t nlists, exotel_buffer *scratch,
                            exotel_leaf_sink *sink, void *context, exotel_error *e) {
  /* Named, so that a test can stand between them and the allocator. */
  static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
  size_t max = scratch->max < BODY_MAX ? scratch->max : BODY_MAX;
  reader x;
  exotel_buffer_reset(scratch);
  if (nlists > EXOTEL_XML_LISTS_MAX)
    return exotel_error_set(e, EXOTEL_MISUSE, "lists", exotel_slice_of(""),
                            "more lists than the limit of %d", EXOTEL_XML_LISTS_MAX);
  if (body.n > max) return too_long(e, max);
  memset(&x, 0, sizeof x);
  x.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
  if (x.parser == NULL) return exotel_error_memory(e);
  x.body = body;
  x.lists = lists;
  x.nlists = nlists;
  x.text = scratch;
  x.sink = sink;
  x.context = context;
  x.e = e;
  parse(&x);
  XML_ParserFree(x.parser);
  return x.kind;
}
