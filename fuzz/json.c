/* json: what the guard accepts, cJSON parses whole, and every number is found in the source
** as it was written, to the last digit. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/json.h"

static int is_number(exotel_slice text) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    if (strchr("-.+eE0123456789", text.p[i]) == NULL || text.p[i] == '\0') return 0;
  }
  return 1;
}

/* What stays is a part of the source; of what doesn't, a text has no NUL. */
static exotel_kind check(void *context, const exotel_leaf *leaf, exotel_error *e) {
  const exotel_slice *source = context;
  exotel_slice text = leaf->text;
  (void)e;
  must(leaf->depth <= EXOTEL_DEPTH_MAX && memchr(text.p, '\0', text.n) == NULL);
  must(!leaf->stays || leaf->null ||
       (text.p > source->p - 1 && text.p + text.n <= source->p + source->n));
  must(!is_number(text) || has(*source, "\\") ||
       memmem(source->p, source->n, text.p, text.n) != NULL);
  return EXOTEL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p, n);
  exotel_error e;
  must(exotel_json_read(text, buffer(0), check, &text, &e) != EXOTEL_MEMORY);
  return 0;
}
