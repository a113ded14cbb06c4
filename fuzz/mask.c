/* mask: no secret and no whole phone number is left. SPDX-License-Identifier: MIT */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const char key[] = "567k3y-0a1b2c", token[] = "tok_9z";
  exotel_slice secrets[] = {{key, 13}, {token, 6}, {"x1", 2}, {"", 0}};
  exotel_buffer *out = buffer(0);
  exotel_mask(out, slice(p, n), secrets, 4);
  must(!has(held(out), key) && !has(held(out), token));
  must(!shows_number(held(out)));
  return 0;
}
