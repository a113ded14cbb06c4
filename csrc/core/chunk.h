/*
** chunk: as many bytes as a processor looks at in a few steps, and which of them differ.
** Sixteen where there is SSE2, which every x86-64 has, else eight in a number.
**
** A chunk is read whole: the caller knows that so many bytes can be read.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CHUNK_H
#define EXOTEL_CHUNK_H

#if defined(__SSE2__) && defined(__GNUC__)

#include <emmintrin.h>

#define EXOTEL_CHUNK 16

typedef __m128i exotel_chunk;

static inline exotel_chunk exotel_chunk_at(const char *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void exotel_chunk_put(char *p, exotel_chunk chunk) {
  _mm_storeu_si128((__m128i *)(void *)p, chunk);
}

/* The bytes that are `c`, to be joined by exotel_chunk_or. */
static inline exotel_chunk exotel_chunk_is(exotel_chunk chunk, char c) {
  return _mm_cmpeq_epi8(chunk, _mm_set1_epi8(c));
}

/* The bytes below a blank, and those beyond ASCII. */
static inline exotel_chunk exotel_chunk_odd(exotel_chunk chunk) {
  return _mm_cmplt_epi8(chunk, _mm_set1_epi8(' '));
}

static inline exotel_chunk exotel_chunk_or(exotel_chunk a, exotel_chunk b) {
  return _mm_or_si128(a, b);
}

/* A bit for each byte that was found, the lowest for the first. */
static inline unsigned exotel_chunk_bits(exotel_chunk found) {
  return (unsigned)_mm_movemask_epi8(found);
}

#else

#include "word.h"

#include <string.h>

#define EXOTEL_CHUNK 8
#define EXOTEL_EACH 0x0101010101010101u /* times a byte: eight of it */

typedef uint64_t exotel_chunk;

static inline exotel_chunk exotel_chunk_at(const char *p) {
  return exotel_word_at((const unsigned char *)p);
}

static inline void exotel_chunk_put(char *p, exotel_chunk chunk) {
  size_t i;
  for (i = 0; i < 8; i++)
    p[i] = (char)(chunk >> (8 * i));
}

/* A byte was found that has its highest bit set. The lower bits of a byte differ from those
** of `c` where adding to the difference reaches the highest; nothing is carried on. */
static inline exotel_chunk exotel_chunk_is(exotel_chunk chunk, char c) {
  exotel_chunk differing = chunk ^ EXOTEL_EACH * (unsigned char)c;
  return ~(((differing & EXOTEL_EACH * 0x7f) + EXOTEL_EACH * 0x7f) | differing);
}

static inline exotel_chunk exotel_chunk_odd(exotel_chunk chunk) {
  return ~((chunk & EXOTEL_EACH * 0x7f) + EXOTEL_EACH * (0x80 - ' ')) | chunk;
}

static inline exotel_chunk exotel_chunk_or(exotel_chunk a, exotel_chunk b) {
  return a | b;
}

/* The product gathers the bits at its top. */
static inline unsigned exotel_chunk_bits(exotel_chunk found) {
  return (unsigned)((found >> 7 & EXOTEL_EACH) * 0x0102040810204080u >> 56);
}

#endif
#endif
