/*
** digest: SipHash-1-3 with 128 bits (see digest.h).
**
** SPDX-License-Identifier: MIT
*/
#include "digest.h"

void exotel_digest_begin(exotel_digest *d, const exotel_digest_key *key) {
  d->v0 = key->low ^ 0x736f6d6570736575u;
  d->v1 = key->high ^ 0x646f72616e646f6du ^ 0xee;
  d->v2 = key->low ^ 0x6c7967656e657261u;
  d->v3 = key->high ^ 0x7465646279746573u;
  d->n = 0;
}

static void give(exotel_digest *d, unsigned char *out) {
  uint64_t word;
  int i;
  for (i = 0; i < 3; i++)
    exotel_digest_round(d);
  word = d->v0 ^ d->v1 ^ d->v2 ^ d->v3;
  for (i = 0; i < 8; i++)
    out[i] = (unsigned char)(word >> (8 * i));
}

/* The last word has the size in its last byte. */
static void end_with(exotel_digest *d, uint64_t rest, unsigned char *out) {
  exotel_digest_take(d, rest | (uint64_t)(d->n & 0xff) << 56);
  d->v2 ^= 0xee;
  give(d, out);
  d->v1 ^= 0xdd;
  give(d, out + 8);
}

void exotel_digest_end(exotel_digest *d, unsigned char out[EXOTEL_DIGEST_BYTES]) {
  end_with(d, 0, out);
}

void exotel_digest_of(const exotel_digest_key *key, exotel_slice bytes,
                      unsigned char out[EXOTEL_DIGEST_BYTES]) {
  const unsigned char *p = (const unsigned char *)bytes.p;
  exotel_digest d;
  exotel_digest_begin(&d, key);
  exotel_digest_words(&d, p, bytes.n);
  d.n = bytes.n;
  end_with(&d, exotel_digest_rest(p, bytes.n), out);
}

void exotel_digest_hex(const unsigned char digest[EXOTEL_DIGEST_BYTES],
                       char out[2 * EXOTEL_DIGEST_BYTES]) {
  static const char hex[] = "0123456789abcdef";
  size_t i;
  for (i = 0; i < EXOTEL_DIGEST_BYTES; i++) {
    out[2 * i] = hex[digest[i] >> 4];
    out[2 * i + 1] = hex[digest[i] & 15];
  }
}
