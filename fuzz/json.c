/* json: what the guard accepts, cJSON parses whole, and every number is found in the source
** as it was written, to the last digit. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/json.h"

static exotel_kind check(void *context, const exotel_leaf *leaf, exotel_error *e) {
  const exotel_slice *source = context;
  int number = strspn(leaf->text.p, "-.+eE0123456789") == leaf->text.n;
  (void)e;
  must(leaf->depth <= EXOTEL_DEPTH_MAX && strlen(leaf->text.p) == leaf->text.n);
  must(!number || has(*source, "\\") || has(*source, leaf->text.p));
  return EXOTEL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p, n);
  exotel_error e;
  must(exotel_json_read(text, buffer(0), check, &text, &e) != EXOTEL_MEMORY);
  return 0;
}
