/*
** digest: SipHash-1-3 with 128 bits (see digest.h).
**
** SPDX-License-Identifier: MIT
*/
#include "digest.h"

#include "word.h"

/* The last `left` bytes of `n`, less than eight, as a number. Where eight can be read that
** end with them, the others are shifted out. */
static inline uint64_t rest_of(const unsigned char *p, size_t left, size_t n) {
  uint64_t word = 0;
  if (left == 0) return 0;
  if (n >= 8) return exotel_word_at(p + n - 8) >> (64 - 8 * left);
  while (n > 0)
    word = word << 8 | p[--n];
  return word;
}

/* The whole words of the bytes. The state stays in registers meanwhile. */
static inline void take_words(exotel_digest *d, const unsigned char *p, size_t n) {
  exotel_digest fast = *d;
  for (; n >= 8; n -= 8, p += 8)
    exotel_digest_take(&fast, exotel_word_at(p));
  *d = fast;
}

void exotel_digest_begin(exotel_digest *d, const exotel_digest_key *key) {
  d->v0 = key->low ^ 0x736f6d6570736575u;
  d->v1 = key->high ^ 0x646f72616e646f6du ^ 0xee;
  d->v2 = key->low ^ 0x6c7967656e657261u;
  d->v3 = key->high ^ 0x7465646279746573u;
  d->n = 0;
}

void exotel_digest_text(exotel_digest *d, uint64_t head, exotel_slice bytes) {
  const unsigned char *p = (const unsigned char *)bytes.p;
  size_t left = bytes.n % 8;
  exotel_digest_take(d, head);
  take_words(d, p, bytes.n);
  if (left > 0) exotel_digest_take(d, rest_of(p, left, bytes.n));
  d->n += 8 + bytes.n + (left > 0 ? 8 - left : 0);
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
  take_words(&d, p, bytes.n);
  d.n = bytes.n;
  end_with(&d, rest_of(p, bytes.n % 8, bytes.n), out);
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
