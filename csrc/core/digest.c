/*
** digest: SipHash-2-4 with 128 bits (see digest.h).
**
** SPDX-License-Identifier: MIT
*/
#include "digest.h"

typedef struct sip {
  uint64_t v0, v1, v2, v3;
} sip;

static uint64_t rotated(uint64_t x, unsigned n) {
  return x << n | x >> (64 - n);
}

static void rounds(sip *s, int n) {
  for (; n > 0; n--) {
    s->v0 += s->v1;
    s->v1 = rotated(s->v1, 13) ^ s->v0;
    s->v0 = rotated(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotated(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotated(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotated(s->v1, 17) ^ s->v2;
    s->v2 = rotated(s->v2, 32);
  }
}

/* Eight bytes as a number, whatever the machine's own order; compilers make one load. */
static uint64_t word_of(const unsigned char *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
         (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
         (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* What is left, less than eight bytes, and the size in the last byte. */
static uint64_t last_word(const unsigned char *p, size_t n, size_t size) {
  uint64_t word = (uint64_t)(size & 0xff) << 56;
  size_t i;
  for (i = 0; i < n; i++)
    word |= (uint64_t)p[i] << (8 * i);
  return word;
}

static void take(sip *s, uint64_t word) {
  s->v3 ^= word;
  rounds(s, 2);
  s->v0 ^= word;
}

static void give(sip *s, unsigned char *out) {
  uint64_t word;
  int i;
  rounds(s, 4);
  word = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
  for (i = 0; i < 8; i++)
    out[i] = (unsigned char)(word >> (8 * i));
}

void exotel_digest_keyed(const exotel_digest_key *key, exotel_slice bytes,
                         unsigned char out[EXOTEL_DIGEST_BYTES]) {
  const unsigned char *p = (const unsigned char *)bytes.p;
  size_t left = bytes.n;
  sip s;
  s.v0 = key->low ^ 0x736f6d6570736575u;
  s.v1 = key->high ^ 0x646f72616e646f6du ^ 0xee;
  s.v2 = key->low ^ 0x6c7967656e657261u;
  s.v3 = key->high ^ 0x7465646279746573u;
  for (; left >= 8; left -= 8, p += 8)
    take(&s, word_of(p));
  take(&s, last_word(p, left, bytes.n));
  s.v2 ^= 0xee;
  give(&s, out);
  s.v1 ^= 0xdd;
  give(&s, out + 8);
}

void exotel_digest_of(exotel_slice bytes, unsigned char out[EXOTEL_DIGEST_BYTES]) {
  static const exotel_digest_key ours = {0x65786f74656c2e6cu, 0x75612e6576656e74u};
  exotel_digest_keyed(&ours, bytes, out);
}

void exotel_digest_hex(exotel_slice bytes, char out[2 * EXOTEL_DIGEST_BYTES]) {
  static const char hex[] = "0123456789abcdef";
  unsigned char digest[EXOTEL_DIGEST_BYTES];
  size_t i;
  exotel_digest_of(bytes, digest);
  for (i = 0; i < EXOTEL_DIGEST_BYTES; i++) {
    out[2 * i] = hex[digest[i] >> 4];
    out[2 * i + 1] = hex[digest[i] & 15];
  }
}
