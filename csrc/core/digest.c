/*
** digest: SHA-256 (see digest.h). Written after FIPS 180-4, section by section.
**
** SPDX-License-Identifier: MIT
*/
#include "digest.h"

#include <string.h>

/* 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static uint32_t rotated(uint32_t x, unsigned n) {
  return x >> n | x << (32 - n);
}

/* 6.2.2, step 1 */
static void schedule(uint32_t w[64], const unsigned char *block) {
  int t;
  for (t = 0; t < 16; t++, block += 4)
    w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
           (uint32_t)block[2] << 8 | block[3];
  for (; t < 64; t++) {
    uint32_t a = w[t - 15], b = w[t - 2];
    uint32_t s0 = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3;
    uint32_t s1 = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10;
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
}

/* 6.2.2, steps 2 to 4; v holds a to h. */
static void compress(uint32_t state[8], const unsigned char *block) {
  uint32_t w[64], v[8];
  int t;
  schedule(w, block);
  memcpy(v, state, sizeof v);
  for (t = 0; t < 64; t++) {
    uint32_t s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t t1 = v[7] + s1 + choice + constants[t] + w[t];
    uint32_t s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + s0 + majority;
  }
  for (t = 0; t < 8; t++)
    state[t] += v[t];
}

void exotel_digest_begin(exotel_digest *d) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(d->state, first, sizeof first);
  d->size = 0;
}

void exotel_digest_add(exotel_digest *d, const void *p, size_t n) {
  const unsigned char *bytes = p;
  size_t held = (size_t)(d->size % 64);
  d->size += n;
  while (n > 0) {
    size_t part = 64 - held < n ? 64 - held : n;
    memcpy(d->block + held, bytes, part);
    bytes += part;
    n -= part;
    held = (held + part) % 64;
    if (held == 0) compress(d->state, d->block);
  }
}

/* 5.1.1: a one bit, zeros, and the size in bits as the last eight bytes of a block. */
void exotel_digest_end(exotel_digest *d, unsigned char out[EXOTEL_DIGEST_BYTES]) {
  uint64_t bits = d->size * 8;
  unsigned char length[8];
  int i;
  for (i = 0; i < 8; i++)
    length[i] = (unsigned char)(bits >> (56 - 8 * i));
  exotel_digest_add(d, "\x80", 1);
  while (d->size % 64 != 56)
    exotel_digest_add(d, "", 1);
  exotel_digest_add(d, length, 8);
  for (i = 0; i < EXOTEL_DIGEST_BYTES; i++)
    out[i] = (unsigned char)(d->state[i / 4] >> (24 - 8 * (i % 4)));
}
