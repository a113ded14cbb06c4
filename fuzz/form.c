/* form: leaves of any body; and encoded, any bytes come back as one value.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/form.h"
#include "../csrc/core/url.h"

static exotel_kind check(void *context, const exotel_leaf *leaf, exotel_error *e) {
  const exotel_slice *value = context;
  (void)e;
  must(leaf->depth >= 1 && leaf->depth <= EXOTEL_DEPTH_MAX);
  must(value == NULL || (leaf->path[1].index == 7 && same(leaf->text, *value)));
  return EXOTEL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p, n);
  exotel_buffer *body = buffer(1);
  exotel_error e;
  must(exotel_form_read(text, buffer(0), check, NULL, &e) == EXOTEL_OK);
  exotel_buffer_adds(body, "Name%5B7]=");
  exotel_url_encode(body, text);
  must(exotel_form_read(held(body), buffer(0), check, &text, &e) == EXOTEL_OK);
  return 0;
}
