/* base64: what is decoded is encoded as the same text again, and the other way round.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_buffer *bytes = buffer(0), *text = buffer(1);
  if (exotel_base64_decode(bytes, slice(p, n))) {
    exotel_base64_encode(text, held(bytes));
    must(same(held(text), slice(p, n)));
  }
  exotel_buffer_reset(bytes);
  exotel_buffer_reset(text);
  exotel_base64_encode(text, slice(p, n));
  must(exotel_base64_decode(bytes, held(text)) && same(held(bytes), slice(p, n)));
  return 0;
}
