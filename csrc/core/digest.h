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

#include <stdint.h>

#define EXOTEL_DIGEST_BYTES 16

typedef struct exotel_digest_key {
  uint64_t low, high; /* its 16 bytes, read as little-endian */
} exotel_digest_key;

/* A digest at work. */
typedef struct exotel_digest {
  uint64_t v0, v1, v2, v3;
  size_t n; /* bytes taken */
} exotel_digest;

void exotel_digest_begin(exotel_digest *d, const exotel_digest_key *key);

/* Takes eight bytes: a number in little-endian order. */
void exotel_digest_word(exotel_digest *d, uint64_t word);

/* Takes bytes, and zeros up to a whole word: their size is for the caller to tell. */
void exotel_digest_padded(exotel_digest *d, exotel_slice bytes);

/* Ends it with whole words taken. */
void exotel_digest_end(exotel_digest *d, unsigned char out[EXOTEL_DIGEST_BYTES]);

/* The digest of `bytes`. */
void exotel_digest_of(const exotel_digest_key *key, exotel_slice bytes,
                      unsigned char out[EXOTEL_DIGEST_BYTES]);

/* Writes a digest as hex digits, and no NUL. */
void exotel_digest_hex(const unsigned char digest[EXOTEL_DIGEST_BYTES],
                       char out[2 * EXOTEL_DIGEST_BYTES]);

#endif
