/* text: phone numbers, and pages made plain in as many bytes as the first one says.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p + (n > 0), n - (n > 0)), india = {"91", 2};
  exotel_buffer *out = buffer(0), *again = buffer(1);
  size_t max = n > 0 ? p[0] : 0;
  if (exotel_phone_trim(text, out) == NULL)
    must(exotel_phone_trim(held(out), again) == NULL && same(held(out), held(again)));
  out = buffer(0);
  if (exotel_phone_e164(text, india, out) == NULL)
    must(out->p[0] == '+' && out->n >= 9 && out->n <= 16);
  out = buffer(0);
  exotel_text_plain(text, max, out);
  must(out->n <= max && is_plain(held(out)));
  return 0;
}
