/*
** exotel.h: the public face of the core.
**
** The core turns an operation and its parameters into the bytes of a request, and the
** bytes of an answer into a record. It opens no socket, reads no clock and no
** environment, keeps no state between calls and has no globals: bytes in, values out.
** Everything here is C99 and compiles as C++.
**
** Facts of the service stand as data in api.h; the pages they come from are named there.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_H
#define EXOTEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EXOTEL_VERSION "0.1.0"

/* Bytes that belong to somebody else. Not closed by a NUL, may hold any byte. */
typedef struct exotel_slice {
  const char *p;
  size_t n;
} exotel_slice;

/* What a call of the core came to. The Lua names of the error kinds are in error.c. */
typedef enum exotel_kind {
  EXOTEL_OK = 0,
  EXOTEL_MISUSE,  /* a programmer's mistake: unknown option, wrong type */
  EXOTEL_INVALID, /* data that can't be sent: missing, malformed, out of range */
  EXOTEL_API,     /* the service answered, and not with success */
  EXOTEL_PARSE,   /* the service answered with what can't be read */
  EXOTEL_MEMORY   /* the allocator refused; nothing is half done */
} exotel_kind;

/* What became of the request an error is about. */
typedef enum exotel_outcome {
  EXOTEL_NOT_SENT, /* it is proven that no byte of it left */
  EXOTEL_REJECTED, /* the service refused it in a whole answer */
  EXOTEL_UNKNOWN   /* it may have been carried out */
} exotel_outcome;

#define EXOTEL_MESSAGE_MAX 640 /* a line of explanation with room for a long hint */
#define EXOTEL_CODE_MAX 64     /* the longest Code seen is 19 bytes */
#define EXOTEL_FIELD_MAX 96    /* the longest documented name is 25 bytes */

/* Filled by the function that fails. Owned by the caller, needs no freeing. */
typedef struct exotel_error {
  exotel_kind kind;
  exotel_outcome outcome;
  const char *reason; /* a word to branch on; a constant of the core */
  int status;         /* HTTP status, 0 when there was none */
  size_t position;    /* byte of the input, from 1; 0 when it isn't about a byte */
  double retry_after; /* seconds the service asked to wait; negative when it didn't */
  char field[EXOTEL_FIELD_MAX];
  char code[EXOTEL_CODE_MAX];
  char message[EXOTEL_MESSAGE_MAX];
} exotel_error;

#ifdef __cplusplus
}
#endif

#endif
