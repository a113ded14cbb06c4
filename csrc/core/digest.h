/*
** digest: SHA-256 (FIPS 180-4), fed piece by piece.
**
** For telling bodies apart, not for passwords. Allocates nothing.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_DIGEST_H
#define EXOTEL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define EXOTEL_DIGEST_BYTES 32

typedef struct exotel_digest {
  uint32_t state[8];
  uint64_t size; /* bytes taken so far */
  unsigned char block[64];
} exotel_digest;

void exotel_digest_begin(exotel_digest *d);

void exotel_digest_add(exotel_digest *d, const void *p, size_t n);

/* Writes the digest; `d` must begin anew before its next use. */
void exotel_digest_end(exotel_digest *d, unsigned char out[EXOTEL_DIGEST_BYTES]);

#endif
