/*
** base64: bytes to base64 and back (see base64.h).
**
** SPDX-License-Identifier: MIT
*/
#include "base64.h"

#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three bytes, as four characters. */
static void encode_group(exotel_buffer *out, const unsigned char *s, size_t n) {
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

/* Four characters, of which `n` + 1 say something; what they leave over must be zero. */
static int decode_group(exotel_buffer *out, const char *s, size_t n) {
  unsigned long bits = 0;
  size_t i;
  for (i = 0; i < 4; i++) {
    const char *at = i > n || s[i] == '\0' ? NULL : strchr(digits, s[i]);
    if (i <= n && at == NULL) return 0;
    bits = bits << 6 | (at == NULL ? 0 : (unsigned long)(at - digits));
  }
  if (bits & (0xFFFFFFUL >> (8 * n))) return 0;
  for (i = 0; i < n; i++)
    exotel_buffer_addc(out, (char)(bits >> (16 - 8 * i) & 0xFF));
  return 1;
}

int exotel_base64_decode(exotel_buffer *out, exotel_slice text) {
  size_t i;
  if (text.n % 4 != 0) return 0;
  for (i = 0; i < text.n; i += 4) {
    size_t n = 3;
    if (i + 4 == text.n && text.p[i + 3] == '=') n = text.p[i + 2] == '=' ? 1 : 2;
    if (!decode_group(out, text.p + i, n)) return 0;
  }
  return 1;
}
