/* json: what the guard accepts has the leaves of cJSON's tree, and every number is found in
** the source as it was written, to the last digit; as a tree, it is parsed but for numbers
** too long. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/error.h"
#include "../csrc/core/json.h"
#include "../csrc/core/json_tree.h"
#include "../spec/c/json_oracle.h"
#include "../spec/c/leaves.h"

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
  exotel_buffer *walked = buffer(1), *expected = buffer(2);
  void *tree = NULL;
  exotel_error e;
  exotel_kind kind = exotel_json_read(text, buffer(0), check, &text, &e);
  must(kind == exotel_json_check(text, &e));
  must(kind == EXOTEL_OK || kind == EXOTEL_PARSE);
  exotel_error_clear(&e);
  must(exotel_json_tree_read(&tree, text, &e) == kind ||
       strcmp(e.reason, "limit") == 0);
  exotel_json_tree_free(&tree);
  if (kind != EXOTEL_OK) return 0;
  must(exotel_json_read(text, buffer(0), leaves_write, walked, &e) == EXOTEL_OK);
  must(oracle_read(text, buffer(0), leaves_write, expected));
  must(same(held(walked), held(expected)));
  return 0;
}
