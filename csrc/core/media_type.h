/*
** media_type: what a Content-Type says (RFC 9110, section 8.3).
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_MEDIA_TYPE_H
#define EXOTEL_MEDIA_TYPE_H

#include "exotel.h"

#define EXOTEL_BOUNDARY_MAX 70 /* RFC 2046, section 5.1.1 */

typedef enum exotel_media {
  EXOTEL_MEDIA_NONE,      /* nothing, or nothing that can be read */
  EXOTEL_MEDIA_FORM,      /* application/x-www-form-urlencoded */
  EXOTEL_MEDIA_MULTIPART, /* multipart/form-data */
  EXOTEL_MEDIA_JSON,      /* application/json, text/json, anything +json */
  EXOTEL_MEDIA_OTHER
} exotel_media;

typedef struct exotel_media_type {
  exotel_media media;
  char boundary[EXOTEL_BOUNDARY_MAX]; /* unquoted */
  size_t boundary_size;               /* 0: none, or none that is legal */
} exotel_media_type;

/* Reads a Content-Type in any case, with parameters, quoted or not; of a parameter that
** comes twice the first counts. Never fails: what can't be read is NONE or no boundary. */
void exotel_media_type_read(exotel_slice text, exotel_media_type *m);

/* One parameter of a header's value: "; name=token" or "; name=\"quoted\"". `p` moves
** behind it. `out` gets the value with \" and \\ undone. Returns 1, or 0 at the end or
** where no parameter can be read. */
int exotel_parameter_next(const char **p, const char *end, exotel_slice *name,
                          char *out, size_t size, size_t *n);

#endif
