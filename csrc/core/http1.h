/*
** http1: the pieces of HTTP/1.1 that don't depend on who carries the bytes.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HTTP1_H
#define EXOTEL_HTTP1_H

#include "exotel.h"

typedef struct exotel_header {
  exotel_slice name, value;
} exotel_header;

/* Splits "Name: value" (with or without its line end) and trims the value. Returns 1, or
** 0 when the line is no header. */
int exotel_header_read(exotel_slice line, exotel_header *header);

/* The value of the first header of that name, in any case; empty when there is none. */
exotel_slice exotel_header_find(const exotel_header *headers, size_t n,
                                const char *name);

/* Seconds to wait by Retry-After (seconds, or a date measured against the Date header)
** or, failing that, X-RateLimit-Reset; negative when neither can be read. */
double exotel_retry_after(const exotel_header *headers, size_t n);

#endif
