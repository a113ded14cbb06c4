/*
** server: an HTTP/1.1 server inside a program, polled by it. No thread, and no callback
** into the caller: requests are gathered whole, wait in a queue, and are answered later.
**
** libmicrohttpd reads and frames; nothing of it shows here. Not for TLS, and not for
** answers of unknown length. A server belongs to the process that started it: in a
** forked copy of that one it can only be stopped, which leaves the original alone.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_HTTPD_SERVER_H
#define EXOTEL_HTTPD_SERVER_H

#include "../core/exotel.h"

#include <stddef.h>
#include <stdint.h>

typedef struct exotel_httpd exotel_httpd;

/* Where to listen, and the caps. All of them count: there is no default here. */
typedef struct exotel_httpd_options {
  const char *host; /* a numeric address, IPv4 or IPv6 */
  uint16_t port;    /* 0: the system chooses */
  unsigned max_connections;
  size_t max_header;     /* memory for one connection's headers, both ways: a longer one
                         ** in a request is answered 431, in an answer closes */
  size_t max_body;       /* a longer body is answered 413 and not kept */
  unsigned idle_timeout; /* seconds without a byte, unless a request waits for us */
} exotel_httpd_options;

/* A field, in a request or an answer. In an answer each text is followed by a NUL byte,
** as a Lua string is. */
typedef struct exotel_httpd_field {
  exotel_slice name, value;
} exotel_httpd_field;

/* What was asked. Owned by who took it from the queue, even after the server's end. */
typedef struct exotel_httpd_request {
  exotel_slice method, path; /* the path as sent, nothing decoded */
  exotel_slice query;        /* after the '?', as sent; p is NULL without a '?' */
  const exotel_httpd_field *fields; /* lower-case names, each once: joined by ", " */
  size_t nfields;
  exotel_slice body;
  exotel_slice user, password; /* of Basic; p is NULL without them */
  uint16_t peer_port;          /* the client's end of the connection */
} exotel_httpd_request;

/* What a poller must know. */
typedef struct exotel_httpd_state {
  uint16_t port;
  int fd;         /* readable when there is something to do */
  double timeout; /* seconds until exotel_httpd_poll is due anyway; negative: never */
} exotel_httpd_state;

typedef enum exotel_httpd_result {
  EXOTEL_HTTPD_OK,
  EXOTEL_HTTPD_GONE,      /* the client hung up, or the server has ended */
  EXOTEL_HTTPD_TWICE,     /* answered before */
  EXOTEL_HTTPD_BAD_FIELD, /* a name or value that can't be carried, or frames the body */
  EXOTEL_HTTPD_NOMEMORY,
  EXOTEL_HTTPD_FOREIGN /* the server is another process's */
} exotel_httpd_result;

/* Listens. Returns NULL with the reason in `message`, cut to its `size`; empty means
** memory. */
exotel_httpd *exotel_httpd_start(const exotel_httpd_options *o, char *message,
                                 size_t size);

/* Sends what was answered, as far as that takes no waiting; answers the rest 503; ends.
** Requests that were taken stay readable and are still to be released. NULL is fine. */
void exotel_httpd_stop(exotel_httpd *server);

/* Serves until a request is in the queue (1), or the time is up or a signal came (0);
** 0 seconds, negative or NaN never waits. -1 when that can't be, with errno. */
int exotel_httpd_poll(exotel_httpd *server, double seconds);

/* Takes the oldest request from the queue, or NULL. To be released. */
exotel_httpd_request *exotel_httpd_next(exotel_httpd *server);

/* Answers; everything is copied, and sent by the next poll. After OK and GONE the request
** is answered. GONE is said of a client that closed its side: the answer is sent anyway,
** since one that closed only its sending half still reads. `*bad` is the index of a
** BAD_FIELD. */
exotel_httpd_result exotel_httpd_respond(exotel_httpd_request *request, unsigned status,
                                         const exotel_httpd_field *fields, size_t n,
                                         exotel_slice body, size_t *bad);

/* Gives a taken request back. One not answered is answered 500. NULL is fine. */
void exotel_httpd_release(exotel_httpd_request *request);

/* Fills in what a poller must know. */
void exotel_httpd_look(exotel_httpd *server, exotel_httpd_state *state);

/* The version of libmicrohttpd at run time. */
const char *exotel_httpd_version(void);

#endif
