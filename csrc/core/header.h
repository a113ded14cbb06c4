/*
** header: header lines of HTTP, and what some of them say: how long to wait, which bytes.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HEADER_H
#define EXOTEL_HEADER_H

#include "exotel.h"

#define EXOTEL_HEADER_LINES_MAX 200 /* of one answer, whoever carries it */

typedef struct exotel_header {
  exotel_slice name, value;
} exotel_header;

/* Splits "Name: value" (with or without its line end) and trims the value. Returns 1, or
** 0 when the line is no header. */
int exotel_header_read(exotel_slice line, exotel_header *header);

/* The next header of a head's lines, which is taken from them; what is no header is passed
** over. Returns 0 at their end. */
int exotel_header_next(exotel_slice *lines, exotel_header *header);

/* Whether it is a name that a header can have: one or more of a token's characters. */
int exotel_header_is_name(exotel_slice name);

/* Whether it holds what no line of a head does: a control character other than the tab. */
int exotel_header_has_control(exotel_slice text);

/* The value of the one header of that name, in any case; empty when there is none, or
** more than one. */
exotel_slice exotel_header_find(const exotel_header *headers, size_t n,
                                const char *name);

/* Seconds to wait by Retry-After (seconds, or a date measured against the Date header)
** or, failing that and of a 429 alone, X-RateLimit-Reset, which in any other answer keeps
** nobody waiting; negative when neither can be read. */
double exotel_retry_after(const exotel_header *headers, size_t n, int status);

/* What a Range header asks of a body. */
typedef enum exotel_byte_range {
  EXOTEL_RANGE_WHOLE,  /* nothing that is one range of bytes: the whole is the answer */
  EXOTEL_RANGE_PART,   /* 206 */
  EXOTEL_RANGE_OUTSIDE /* 416 */
} exotel_byte_range;

/* Reads "bytes=0-99", "bytes=100-" or "bytes=-10" of a body of `size` bytes. Of a part,
** sets the places of its first and last byte, from 0; the last is cut at the body's. */
exotel_byte_range exotel_byte_range_read(exotel_slice text, size_t size, size_t *first,
                                         size_t *last);

/* Reads a Content-Range, "bytes 0-99/1234": the places of the first and the last byte, from
** 0, and the size of the whole. Returns 0 for anything else, a size that isn't known or
** places that aren't inside it among it. */
int exotel_content_range_read(exotel_slice text, size_t *first, size_t *last,
                              size_t *size);

#endif
