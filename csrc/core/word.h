/*
** word: eight bytes as a number, for what takes them eight at a time.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_WORD_H
#define EXOTEL_WORD_H

#include <stdint.h>

/* The first byte is the lowest, whatever the machine's own order; compilers make one load. */
static inline uint64_t exotel_word_at(const unsigned char *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
         (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
         (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* The number, from 0, of the lowest bit that is set. There is one. */
static inline unsigned exotel_word_lowest_bit(uint64_t word) {
#if defined(__GNUC__)
  return (unsigned)__builtin_ctzll(word);
#else
  unsigned i = 0;
  for (; (word & 1) == 0; word >>= 1)
    i++;
  return i;
#endif
}

#endif
