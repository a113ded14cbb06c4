/*
** agent: one libcurl handle with its connections, blocking (see agent.h).
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "agent.h"

#include "easy.h"
#include "library.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct exotel_agent {
  exotel_easy easy;
  pid_t owner; /* of the handle */
  int has_tls; /* some connection of the handle may have it */
  exotel_transfer_options options;
  char *ca_file, *proxy, *user_agent, *resolve; /* what the options point to */
};

static int copy(char **to, const char *from) {
  if (from == NULL) return 1;
  *to = strdup(from);
  return *to != NULL;
}

exotel_agent *exotel_agent_new(const exotel_transfer_options *o) {
  exotel_agent *a = calloc(1, sizeof *a);
  if (a == NULL) return NULL;
  a->options = *o;
  a->easy.one_owner = 1;
  if (!copy(&a->ca_file, o->ca_file) || !copy(&a->proxy, o->proxy) ||
      !copy(&a->user_agent, o->user_agent) || !copy(&a->resolve, o->resolve)) {
    exotel_agent_free(a);
    return NULL;
  }
  a->options.ca_file = a->ca_file;
  a->options.proxy = a->proxy;
  a->options.user_agent = a->user_agent;
  a->options.resolve = a->resolve;
  return a;
}

static void abandon_after_fork(exotel_agent *a) {
  pid_t here = getpid();
  if (a->owner != here) exotel_easy_abandon(&a->easy);
  a->owner = here;
}

void exotel_agent_free(exotel_agent *a) {
  if (a == NULL) return;
  abandon_after_fork(a);
  exotel_easy_close(&a->easy);
  free(a->ca_file);
  free(a->proxy);
  free(a->user_agent);
  free(a->resolve);
  free(a);
}

/* libcurl's own writes raise no SIGPIPE; those of TLS do, which may also be to close another
** connection. */
static CURLcode perform(exotel_agent *a) {
  exotel_sigpipe held;
  CURLcode code;
  a->has_tls |= !a->easy.plain || a->options.plain_http;
  if (!a->has_tls) return curl_easy_perform(a->easy.handle);
  exotel_sigpipe_hold(&held);
  code = curl_easy_perform(a->easy.handle);
  exotel_sigpipe_release(&held);
  return code;
}

void exotel_agent_perform(exotel_agent *a, const exotel_transfer_request *request,
                          exotel_transfer_result *result) {
  CURLcode code;
  abandon_after_fork(a);
  code = exotel_easy_begin(&a->easy, &a->options, request, result);
  if (code == CURLE_OK) code = perform(a);
  exotel_easy_end(&a->easy, code);
}
