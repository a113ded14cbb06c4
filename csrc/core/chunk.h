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

#include <stddef.h>

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

/* How many bytes stand before the first of those that were found; all when none was. */
static inline size_t exotel_chunk_before(exotel_chunk found) {
  return (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8(found) | 0x10000u);
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

/* A byte was found that has its highest bit set; what is borrowed is wrong only about bytes
** behind the first of those. */
static inline exotel_chunk exotel_chunk_is(exotel_chunk chunk, char c) {
  exotel_chunk differing = chunk ^ EXOTEL_EACH * (unsigned char)c;
  return (differing - EXOTEL_EACH) & ~differing;
}

static inline exotel_chunk exotel_chunk_odd(exotel_chunk chunk) {
  return (chunk - EXOTEL_EACH * ' ') | chunk;
}

static inline exotel_chunk exotel_chunk_or(exotel_chunk a, exotel_chunk b) {
  return a | b;
}

/* The product has the number of the lowest byte found at its top. */
static inline size_t exotel_chunk_before(exotel_chunk found) {
  exotel_chunk first = found & EXOTEL_EACH * 0x80;
  if (first == 0) return 8;
  first = (first & (~first + 1)) >> 7;
  return (size_t)(first * 0x0001020304050607u >> 56);
}

#endif
#endif
