/*
** request: a request on its way from libmicrohttpd to whoever answers it.
**
** Inside csrc/httpd only. Gathers and owns the bytes; knows nothing of queues, answers
** or the daemon: those are server.c's, which keeps its own notes in the same struct.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HTTPD_REQUEST_H
#define EXOTEL_HTTPD_REQUEST_H

#include "../core/buffer.h"
#include "server.h"

#include <microhttpd.h>

typedef struct request {
  exotel_httpd_request seen; /* first, so that a pointer to it is one to this */

  char *target, *method, *user, *password; /* what `seen` points to */
  exotel_httpd_field *fields;
  exotel_buffer texts, body;
  int begun;     /* the fields are in */
  int too_large; /* the body is being thrown away */
  size_t thrown; /* that many bytes of it */

  exotel_httpd *server;              /* NULL after its end */
  struct MHD_Connection *connection; /* NULL after its end */
  struct MHD_Response *answer;       /* NULL: one of the server's own, by `status` */
  unsigned status;                   /* 0 until there is an answer, whoever gave it */
  int held, answered;                /* by somebody who took it from the queue */
  int suspended;
  struct request *newer, *older; /* in the server's list of all */
  struct request *next;          /* in its queue */
} request;

/* Makes a request of the target as sent, with room for `max_body`. NULL: no memory. */
request *exotel_httpd_request_new(const char *target, size_t max_body);

/* Copies method, fields and Basic's user from the connection. -1: no memory. */
int exotel_httpd_request_begin(request *r, const char *method,
                               struct MHD_Connection *connection);

/* Takes more of the body; past the maximum it lets go of all of it. -1: no memory. */
int exotel_httpd_request_body(request *r, const char *bytes, size_t n);

/* Lets `seen` show the body. Nothing may be added after it. */
void exotel_httpd_request_end(request *r);

void exotel_httpd_request_free(request *r);

#endif
