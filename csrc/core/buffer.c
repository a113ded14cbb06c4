/*
** buffer: bytes that grow up to a stated maximum (see buffer.h).
** Growth doubles, so that n appends cost O(n); one byte beyond `n` always belongs to
** the closing NUL, so that content can be handed to C functions that want one.
**
** SPDX-License-Identifier: MIT
*/
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST 64

void exotel_buffer_init(exotel_buffer *b, size_t max) {
  memset(b, 0, sizeof *b);
  b->max = max;
}

void exotel_buffer_free(exotel_buffer *b) {
  free(b->p);
  exotel_buffer_init(b, b->max);
}

void exotel_buffer_reset(exotel_buffer *b) {
  b->n = 0;
  b->state = EXOTEL_BUFFER_OK;
  if (b->p != NULL) b->p[0] = '\0';
}

static size_t grown(const exotel_buffer *b, size_t wanted) {
  size_t capacity = b->capacity < SMALLEST ? SMALLEST : b->capacity;
  while (capacity < wanted)
    capacity = capacity > (size_t)-1 / 2 ? wanted : capacity * 2;
  return capacity;
}

char *exotel_buffer_grow(exotel_buffer *b, size_t n) {
  size_t capacity;
  char *p;
  if (b->state != EXOTEL_BUFFER_OK) return NULL;
  if (n > b->max - b->n || b->max == (size_t)-1) {
    b->state = EXOTEL_BUFFER_FULL;
    return NULL;
  }
  capacity = grown(b, b->n + n + 1);
  p = realloc(b->p, capacity);
  if (p == NULL) {
    b->state = EXOTEL_BUFFER_NOMEMORY;
    return NULL;
  }
  b->p = p;
  b->capacity = capacity;
  return b->p + b->n;
}

exotel_buffer_state exotel_buffer_add(exotel_buffer *b, const char *p, size_t n) {
  char *room = exotel_buffer_room(b, n);
  if (room == NULL) return b->state;
  if (n > 0) memcpy(room, p, n);
  b->n += n;
  b->p[b->n] = '\0';
  return b->state;
}

exotel_buffer_state exotel_buffer_adds(exotel_buffer *b, const char *s) {
  return exotel_buffer_add(b, s, strlen(s));
}

exotel_buffer_state exotel_buffer_addc(exotel_buffer *b, char c) {
  return exotel_buffer_add(b, &c, 1);
}
