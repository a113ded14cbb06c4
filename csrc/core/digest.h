/*
** digest: SipHash-1-3 with 128 bits (Aumasson and Bernstein), of bytes or word by word.
**
** For telling bodies apart, not against those who choose them: the keys are in the source.
** Allocates nothing.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_DIGEST_H
#define EXOTEL_DIGEST_H

#include "exotel.h"
#include "word.h"

#include <stdint.h>

#define EXOTEL_DIGEST_BYTES 16

/* Where a call would cost as much as what it does. */
#if defined(__GNUC__)
#define EXOTEL_DIGEST_INLINE static inline __attribute__((always_inline))
#else
#define EXOTEL_DIGEST_INLINE static inline
#endif

typedef struct exotel_digest_key {
  uint64_t low, high; /* its 16 bytes, read as little-endian */
} exotel_digest_key;

/* A digest at work. */
typedef struct exotel_digest {
  uint64_t v0, v1, v2, v3;
  size_t n; /* bytes taken */
} exotel_digest;

void exotel_digest_begin(exotel_digest *d, const exotel_digest_key *key);

static inline uint64_t exotel_digest_rotated(uint64_t x, unsigned n) {
  return x << n | x >> (64 - n);
}

static inline void exotel_digest_round(exotel_digest *d) {
  d->v0 += d->v1;
  d->v1 = exotel_digest_rotated(d->v1, 13) ^ d->v0;
  d->v0 = exotel_digest_rotated(d->v0, 32);
  d->v2 += d->v3;
  d->v3 = exotel_digest_rotated(d->v3, 16) ^ d->v2;
  d->v0 += d->v3;
  d->v3 = exotel_digest_rotated(d->v3, 21) ^ d->v0;
  d->v2 += d->v1;
  d->v1 = exotel_digest_rotated(d->v1, 17) ^ d->v2;
  d->v2 = exotel_digest_rotated(d->v2, 32);
}

static inline void exotel_digest_take(exotel_digest *d, uint64_t word) {
  d->v3 ^= word;
  exotel_digest_round(d);
  d->v0 ^= word;
}

/* Takes eight bytes: a number in little-endian order. */
static inline void exotel_digest_word(exotel_digest *d, uint64_t word) {
  exotel_digest_take(d, word);
  d->n += 8;
}

/* Takes the whole words of the bytes, which the caller counts. */
static inline void exotel_digest_words(exotel_digest *d, const unsigned char *p,
                                       size_t n) {
  for (; n >= 8; n -= 8, p += 8)
    exotel_digest_take(d, exotel_word_at(p));
}

/* What is behind the last whole word, less than eight bytes, as a number. Where eight can be
** read that end with them, the others are shifted out. */
static inline uint64_t exotel_digest_rest(const unsigned char *p, size_t n) {
  uint64_t word = 0;
  size_t left = n % 8;
  if (left == 0) return 0;
  if (n >= 8) return exotel_word_at(p + n - 8) >> (64 - 8 * left);
  while (n > 0)
    word = word << 8 | p[--n];
  return word;
}

/* Takes a word, in which the caller tells the size of the bytes; then the bytes, and zeros
** up to a whole word. */
EXOTEL_DIGEST_INLINE void exotel_digest_text(exotel_digest *d, uint64_t head,
                                             exotel_slice bytes) {
  const unsigned char *p = (const unsigned char *)bytes.p;
  exotel_digest_take(d, head);
  exotel_digest_words(d, p, bytes.n);
  if (bytes.n % 8 > 0) exotel_digest_take(d, exotel_digest_rest(p, bytes.n));
  d->n += 8 + (bytes.n + 7) / 8 * 8;
}

/* Ends it with whole words taken. */
void exotel_digest_end(exotel_digest *d, unsigned char out[EXOTEL_DIGEST_BYTES]);

/* The digest of `bytes`. */
void exotel_digest_of(const exotel_digest_key *key, exotel_slice bytes,
                      unsigned char out[EXOTEL_DIGEST_BYTES]);

/* Writes a digest as hex digits, and no NUL. */
void exotel_digest_hex(const unsigned char digest[EXOTEL_DIGEST_BYTES],
                       char out[2 * EXOTEL_DIGEST_BYTES]);

#endif
