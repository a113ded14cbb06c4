/*
** base64: bytes to base64 (see base64.h).
**
** SPDX-License-Identifier: MIT
*/
#include "base64.h"

/* Up to three bytes, as four characters. */
static void encode_group(exotel_buffer *out, const unsigned char *s, size_t n) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned long bits = (unsigned long)s[0] << 16;
  if (n > 1) bits |= (unsigned long)s[1] << 8;
  if (n > 2) bits |= s[2];
  exotel_buffer_addc(out, digits[bits >> 18]);
  exotel_buffer_addc(out, digits[bits >> 12 & 63]);
  exotel_buffer_addc(out, n > 1 ? digits[bits >> 6 & 63] : '=');
  exotel_buffer_addc(out, n > 2 ? digits[bits & 63] : '=');
}

void exotel_base64_encode(exotel_buffer *out, exotel_slice bytes) {
  const unsigned char *s = (const unsigned char *)bytes.p;
  size_t i;
  for (i = 0; i < bytes.n && out->state == EXOTEL_BUFFER_OK; i += 3)
    encode_group(out, s + i, bytes.n - i < 3 ? bytes.n - i : 3);
}
