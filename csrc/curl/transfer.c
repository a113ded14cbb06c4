/*
** transfer: what came of a request (see transfer.h).
**
** SPDX-License-Identifier: MIT
*/
#include "transfer.h"

#include <string.h>

void exotel_transfer_result_init(exotel_transfer_result *r) {
  memset(r, 0, sizeof *r);
  exotel_buffer_init(&r->headers, 0);
  exotel_buffer_init(&r->body, 0);
}

void exotel_transfer_result_free(exotel_transfer_result *r) {
  exotel_buffer_free(&r->headers);
  exotel_buffer_free(&r->body);
}

const char *exotel_transfer_failure_name(exotel_transfer_failure failure) {
  static const char *const names[] = {
      "done",     "resolve",   "connect",  "tls",     "proxy",     "timeout", "closed",
      "protocol", "too_large", "repeated", "address", "cancelled", "memory",  "other"};
  return names[failure];
}
