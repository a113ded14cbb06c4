/*
** http1_out: the bytes of a request in HTTP/1.1 (RFC 9112). http1 reads the answer.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HTTP1_OUT_H
#define EXOTEL_HTTP1_OUT_H

#include "buffer.h"
#include "exotel.h"
#include "header.h"

/* A request that nothing is left to decide of. */
typedef struct exotel_http1_request {
  exotel_slice method;
  exotel_slice url; /* as exotel_url_split takes it */
  exotel_slice user, password;
  int has_user;                 /* Authorization: Basic is made of them */
  const exotel_header *headers; /* but for those that are made here */
  size_t nheaders;
  exotel_slice body;
  int has_body;
  int close; /* the connection is to end with the answer */
} exotel_http1_request;

/* Appends the request's bytes: the request line; Host; Authorization; the headers;
** Content-Length where there is a body, and for a POST without one; Connection; the body.
**
** `scratch` is emptied first, and may hold the password afterwards.
**
** EXOTEL_INVALID, and nothing of use in `out`, for what could be read as another request: a
** method that is no token, an address that can't be split, a header's name that is none, a
** value with a control character, and headers that say where a message ends or what becomes
** of its connection (Host, Content-Length, Transfer-Encoding, Connection and their like;
** Authorization where there is a user). Field and reason are "method", "url" or "headers".
** The same, "too_long", for what `out` has no room for; or EXOTEL_MEMORY. */
exotel_kind exotel_http1_write(exotel_buffer *out, const exotel_http1_request *request,
                               exotel_buffer *scratch, exotel_error *e);

#endif
