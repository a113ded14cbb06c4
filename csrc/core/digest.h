/*
** digest: SipHash-2-4 with 128 bits (Aumasson and Bernstein), under a key of our own.
**
** For telling bodies apart, not against those who choose them: the key is in the source.
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

/* The digest of `bytes` under a key, and under ours. */
void exotel_digest_keyed(const exotel_digest_key *key, exotel_slice bytes,
                         unsigned char out[EXOTEL_DIGEST_BYTES]);
void exotel_digest_of(exotel_slice bytes, unsigned char out[EXOTEL_DIGEST_BYTES]);

/* Writes the digest of `bytes` as hex digits: twice EXOTEL_DIGEST_BYTES, and no NUL. */
void exotel_digest_hex(exotel_slice bytes, char out[2 * EXOTEL_DIGEST_BYTES]);

#endif
