/*
** transfer: one HTTP request and what came of it, for both ways of waiting: agent.h
** blocks, multi.h doesn't. Knows no Lua, and shows nothing of libcurl.
**
** What an error means for the person whose phone may ring is decided by counting sends,
** not by libcurl's error code: the counter goes up right before the first byte of a
** request could leave.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_TRANSFER_H
#define EXOTEL_TRANSFER_H

#include "../core/buffer.h"
#include "../core/exotel.h"
#include "../core/header.h"

#include <stddef.h>

/* What holds for all requests of one client. Strings end with a NUL; NULL is the
** default. */
typedef struct exotel_transfer_options {
  const char *ca_file; /* certificates to trust, PEM; default: the system's */
  const char *proxy;   /* "": none; NULL: what the environment says */
  const char *user_agent;
  const char *resolve;          /* "host:port:address", for tests and pinning */
  int plain_http;               /* http is allowed to any host, not to loopback only */
  size_t max_headers, max_body; /* bytes of an answer */
} exotel_transfer_options;

/* One request. Strings end with a NUL and hold no CR, LF or other NUL: the caller has
** checked. */
typedef struct exotel_transfer_request {
  const char *method, *url;
  const char *username, *password; /* Basic; NULL: none */
  const exotel_header *headers;
  size_t nheaders;
  const char *body; /* NULL: none */
  size_t body_size;
  long timeout_ms, connect_timeout_ms; /* both above 0 */
  int fresh_connection;                /* take no connection that was used before */
  int send_once;                       /* abort rather than send it a second time */
  int phases;                          /* the seconds of each phase are wanted */
} exotel_transfer_request;

/* Seconds; negative where there was no such phase, or not its end. */
typedef struct exotel_transfer_phases {
  double lookup, connect, tls;
  double wait; /* from the request's first byte to the answer's */
  double read;
} exotel_transfer_phases;

/* Why a request failed, for `reason`. */
typedef enum exotel_transfer_failure {
  EXOTEL_TRANSFER_DONE,    /* it didn't: status, headers and body are whole */
  EXOTEL_TRANSFER_RESOLVE, /* the host's name has no address */
  EXOTEL_TRANSFER_CONNECT, /* no connection */
  EXOTEL_TRANSFER_TLS,     /* no trusted connection */
  EXOTEL_TRANSFER_PROXY,   /* the proxy refused */
  EXOTEL_TRANSFER_TIMEOUT,
  EXOTEL_TRANSFER_CLOSED,    /* the connection ended before the answer did */
  EXOTEL_TRANSFER_PROTOCOL,  /* what came is no HTTP */
  EXOTEL_TRANSFER_TOO_LARGE, /* headers or body over the cap */
  EXOTEL_TRANSFER_REPEATED,  /* it would have been sent twice */
  EXOTEL_TRANSFER_REFUSED,   /* an address that isn't allowed: scheme or plain http */
  EXOTEL_TRANSFER_CANCELLED, /* given up by the caller */
  EXOTEL_TRANSFER_MEMORY,
  EXOTEL_TRANSFER_OTHER
} exotel_transfer_failure;

/* What came of a request. */
typedef struct exotel_transfer_result {
  exotel_transfer_failure failure;
  int sent;    /* how often it left, or may have begun to leave; 0 is proof of none */
  long status; /* 0 when no status line came */
  int code;    /* libcurl's, for messages */
  char message[256];
  exotel_buffer headers; /* the last answer's header lines, as they came */
  exotel_buffer body;
  double seconds;
  int has_phases; /* they were wanted */
  exotel_transfer_phases phases;
  long connections; /* new connections made for it */
} exotel_transfer_result;

/* Makes `r` empty. Allocates nothing; the caps are set by each transfer's options. */
void exotel_transfer_result_init(exotel_transfer_result *r);

/* Gives its memory back. */
void exotel_transfer_result_free(exotel_transfer_result *r);

/* The word for a failure: "timeout", "tls", … */
const char *exotel_transfer_failure_name(exotel_transfer_failure failure);

/* libcurl's version text and whether name lookups can be timed out. */
const char *exotel_transfer_version(int *timed_lookups);

#endif
