/*
** agent: one libcurl handle with its connections, for one client. Knows no Lua.
**
** A request is performed whole and blocking. What an error means for the person whose
** phone may ring is decided by counting sends, not by libcurl's error code: the counter
** goes up right before the first byte of a request could leave.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_AGENT_H
#define EXOTEL_AGENT_H

#include "../core/buffer.h"
#include "../core/exotel.h"

#include <stddef.h>

/* What holds for all requests of an agent. Strings are copied; NULL is the default. */
typedef struct exotel_agent_options {
  const char *ca_file; /* certificates to trust, PEM; default: the system's */
  const char *proxy;   /* "": none; NULL: what the environment says */
  const char *user_agent;
  const char *resolve; /* "host:port:address", for tests and pinning */
  int plain_http;      /* http is allowed to any host, not to loopback only */
} exotel_agent_options;

/* One request. Strings end with a NUL and hold no CR, LF or other NUL: the caller has
** checked. All is borrowed until exotel_agent_perform returns. */
typedef struct exotel_agent_request {
  const char *method, *url;
  const char *username, *password; /* Basic; NULL: none */
  const char *const *headers;      /* "name: value" lines, NULL at the end */
  const char *body;                /* NULL: none */
  size_t body_size;
  long timeout_ms, connect_timeout_ms; /* both above 0 */
  int fresh_connection;                /* take no connection that was used before */
  int send_once;                       /* abort rather than send it a second time */
} exotel_agent_request;

/* Why a request failed, for `reason`. */
typedef enum exotel_agent_failure {
  EXOTEL_AGENT_DONE,    /* it didn't: status, headers and body are whole */
  EXOTEL_AGENT_RESOLVE, /* the host's name has no address */
  EXOTEL_AGENT_CONNECT, /* no connection */
  EXOTEL_AGENT_TLS,     /* no trusted connection */
  EXOTEL_AGENT_PROXY,   /* the proxy refused */
  EXOTEL_AGENT_TIMEOUT,
  EXOTEL_AGENT_CLOSED,    /* the connection ended before the answer did */
  EXOTEL_AGENT_PROTOCOL,  /* what came is no HTTP */
  EXOTEL_AGENT_TOO_LARGE, /* headers or body over the cap */
  EXOTEL_AGENT_REPEATED,  /* it would have been sent twice */
  EXOTEL_AGENT_REFUSED,   /* an address that isn't allowed: scheme or plain http */
  EXOTEL_AGENT_MEMORY,
  EXOTEL_AGENT_OTHER
} exotel_agent_failure;

/* What came of a request. Owned by the caller. */
typedef struct exotel_agent_result {
  exotel_agent_failure failure;
  int sent;    /* how often it left, or may have begun to leave; 0 is proof of none */
  long status; /* 0 when no status line came */
  int code;    /* libcurl's, for messages */
  char message[256];
  exotel_buffer headers; /* the last answer's header lines, as they came */
  exotel_buffer body;
  double seconds;
  long connections; /* new connections made for it */
} exotel_agent_result;

typedef struct exotel_agent exotel_agent;

/* A new agent, or NULL without memory. Touches no network and makes no handle yet. */
exotel_agent *exotel_agent_new(const exotel_agent_options *options);

/* Makes `r` empty: answers may have so many bytes of header lines and of body. */
void exotel_agent_result_init(exotel_agent_result *r, size_t max_headers,
                              size_t max_body);

/* Gives its memory back. */
void exotel_agent_result_free(exotel_agent_result *r);

/* Performs `request` and fills `result`. After a fork the first request takes a new
** handle and abandons the old one, whose connections are the parent's. */
void exotel_agent_perform(exotel_agent *a, const exotel_agent_request *request,
                          exotel_agent_result *result);

/* Closes all. In a forked child the parent's connections are left alone. NULL is fine. */
void exotel_agent_free(exotel_agent *a);

/* The word for a failure: "timeout", "tls", … */
const char *exotel_agent_failure_name(exotel_agent_failure failure);

/* libcurl's version text and whether name lookups can be timed out. */
const char *exotel_agent_version(int *timed_lookups);

#endif
