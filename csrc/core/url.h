/*
** url: percent-encoding, and the base address of the service in any shape people paste.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_URL_H
#define EXOTEL_URL_H

#include "buffer.h"
#include "exotel.h"

/* Where the service is. The slices are parts of the text that was read. */
typedef struct exotel_base {
  int https;
  exotel_slice host;           /* without brackets when it is an IPv6 address */
  exotel_slice port;           /* digits, or empty */
  exotel_slice user, password; /* percent-encoded as given, or empty */
  int has_credentials;
  int loopback; /* the host is localhost, 127.0.0.0/8 or ::1, by its spelling */
} exotel_base;

/* Appends `text` with all but RFC 3986's unreserved characters percent-encoded. */
void exotel_url_encode(exotel_buffer *out, exotel_slice text);

/* The same in the spelling of a query on the service's pages: a blank is "+", and ":"
** stands for itself. */
void exotel_url_encode_query(exotel_buffer *out, exotel_slice text);

/* Appends `text` with %XX decoded, and "+" as a blank when `form` is set; a % without
** two hex digits stays as it is. */
void exotel_url_decode(exotel_buffer *out, exotel_slice text, int form);

/* Reads "api.exotel.com", "@api.in.exotel.com", "https://key:token@host:port/".
** Returns NULL, or what is wrong with it, for a message that doesn't repeat it; `*at` is
** then the offending byte, from 1. Fills `base` on success. */
const char *exotel_base_read(exotel_slice text, exotel_base *base, size_t *at);

/* Splits the address of a request: "https://host:port/path?query". Fills `base`, and
** `target` with what a request line has: from the path on, empty where there is none.
** Returns NULL, or what is wrong with it as above: also when it has no scheme, credentials, a
** fragment, or a byte that must be percent-encoded. */
const char *exotel_url_split(exotel_slice text, exotel_base *base, exotel_slice *target,
                             size_t *at);

/* The number of its port: the given one, or the scheme's. */
long exotel_base_port(const exotel_base *base);

/* Appends host[:port], with brackets around an IPv6 address, and no port that is the
** scheme's. */
void exotel_base_write_host(exotel_buffer *out, const exotel_base *base);

/* Appends scheme://host[:port], without credentials. */
void exotel_base_write(exotel_buffer *out, const exotel_base *base);

/* Checks an address that is only passed on: one of the schemes (NULL ends the list), a
** host, no blank, no control character, nothing that isn't UTF-8. Returns NULL, or what
** is wrong with it, and `*at`. */
const char *exotel_url_check(exotel_slice text, const char *const *schemes, size_t *at);

#endif
