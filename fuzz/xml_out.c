/* xml_out: what is printed of any JSON is XML that is read, all of it.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/json.h"
#include "../csrc/core/json_out.h"
#include "../csrc/core/xml.h"
#include "../csrc/core/xml_out.h"

/* Numbers and words come as texts too; what meets another value is left out. */
static exotel_kind put(void *context, const exotel_leaf *leaf, exotel_error *e) {
  exotel_kind kind;
  if (leaf->depth == 0) return EXOTEL_OK; /* a document that is one value */
  kind = exotel_json_put(context, leaf,
                         leaf->null ? EXOTEL_JSON_NULL : EXOTEL_JSON_STRING, e);
  return kind == EXOTEL_INVALID ? EXOTEL_OK : kind;
}

static exotel_kind pass(void *context, const exotel_leaf *leaf, exotel_error *e) {
  (void)context;
  (void)leaf;
  (void)e;
  return EXOTEL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const exotel_xml_list lists[] = {{"Legs", "Leg", NULL, 1}};
  exotel_buffer *out = buffer(0);
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_error e;
  exotel_kind kind = exotel_json_read(slice(p, n), buffer(1), put, &w, &e);
  exotel_buffer_adds(out, "<r>");
  if (kind == EXOTEL_OK && exotel_xml_print(&w, out, &e) == EXOTEL_OK) {
    exotel_buffer_adds(out, "</r>");
    must(exotel_xml_read(held(out), lists, 1, buffer(1), pass, NULL, &e) == EXOTEL_OK);
  }
  exotel_json_reset(&w);
  return 0;
}
