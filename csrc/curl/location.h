/*
** location: where a handle's requests go, one address after the other. Inside csrc/curl only.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CURL_LOCATION_H
#define EXOTEL_CURL_LOCATION_H

#include "../core/buffer.h"

#include <curl/curl.h>

/* All zero is one that has not been used. */
typedef struct exotel_location {
  CURLU *parts;         /* of the last address, which the handle refers to; or NULL */
  exotel_buffer origin; /* its "https://host:port"; empty: not to be relied on */
} exotel_location;

/* Makes `url` the address of the handle, which refers to `l` until it has another or is
** reset. What is wrong with the address libcurl says when the request is performed. */
CURLcode exotel_location_set(exotel_location *l, CURL *handle, const char *url);

/* Gives the memory back. No handle that was set up uses it any more. */
void exotel_location_free(exotel_location *l);

#endif
