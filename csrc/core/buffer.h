/*
** buffer: bytes that grow up to a stated maximum.
**
** The first failure sticks: every later call is a no-op, so a builder checks once, at
** its end. A buffer is not a string class: it neither formats nor searches.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_BUFFER_H
#define EXOTEL_BUFFER_H

#include <stddef.h>

typedef enum exotel_buffer_state {
  EXOTEL_BUFFER_OK,      /* every byte given so far is held */
  EXOTEL_BUFFER_FULL,    /* a byte more than `max` was given */
  EXOTEL_BUFFER_NOMEMORY /* the allocator refused */
} exotel_buffer_state;

typedef struct exotel_buffer {
  char *p; /* owned; NULL while empty; always followed by a NUL that `n` leaves out */
  size_t n, capacity, max;
  exotel_buffer_state state;
} exotel_buffer;

/* Makes `b` an empty buffer that holds at most `max` bytes. Allocates nothing. */
void exotel_buffer_init(exotel_buffer *b, size_t max);

/* Gives the memory back and leaves `b` empty and usable, with the same maximum. */
void exotel_buffer_free(exotel_buffer *b);

/* Forgets content and failure; keeps the memory for the next use. */
void exotel_buffer_reset(exotel_buffer *b);

/* Appends `n` bytes. Returns the state after it. */
exotel_buffer_state exotel_buffer_add(exotel_buffer *b, const char *p, size_t n);

/* Appends a C string. Returns the state after it. */
exotel_buffer_state exotel_buffer_adds(exotel_buffer *b, const char *s);

/* Appends one byte. Returns the state after it. */
exotel_buffer_state exotel_buffer_addc(exotel_buffer *b, char c);

/* Makes room for `n` more bytes where there is none yet. */
char *exotel_buffer_grow(exotel_buffer *b, size_t n);

/* Makes room for `n` more bytes and returns where they go, or NULL (see state).
** The caller writes up to `n` bytes there and adds what it wrote to `b->n`. */
static inline char *exotel_buffer_room(exotel_buffer *b, size_t n) {
  if (n < b->capacity - b->n && n <= b->max - b->n && b->state == EXOTEL_BUFFER_OK)
    return b->p + b->n;
  return exotel_buffer_grow(b, n);
}

#endif
