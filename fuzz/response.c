/* response: the first byte chooses, the rest is the body. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const int statuses[] = {200, 202, 301, 400, 403, 429, 500, 999};
  static exotel_response r;
  exotel_slice body = slice(p + (n > 0), n - (n > 0));
  exotel_header wait = {{"Retry-After", 11}, body};
  size_t count, which = n > 0 ? p[0] : 0;
  exotel_answer answer = {statuses[which & 7], &wait, which >> 7, body};
  exotel_error e;
  exotel_kind kind;
  if (r.scratch.max == 0) exotel_response_init(&r); /* kept, as a client keeps it */
  exotel_error_clear(&e);
  kind = exotel_response_read(&r, exotel_operations(&count) + (which >> 3 & 1), &answer,
                              &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_API || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK ? answer.status <= 202
                         : e.kind == kind && e.message[0] != '\0');
  must(kind != EXOTEL_PARSE || e.outcome == EXOTEL_UNKNOWN);
  must(strlen(e.message) < EXOTEL_MESSAGE_MAX && strlen(e.code) < EXOTEL_CODE_MAX);
  return 0;
}
