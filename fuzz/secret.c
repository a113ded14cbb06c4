/* secret: the query is left without it, and with all else; and encoded, any secret is found.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/secret.h"
#include "../csrc/core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice query = slice(p, n), name = {"secret", 6};
  exotel_buffer *value = buffer(0), *rest = buffer(1), *again = buffer(2);
  int found = exotel_secret_take(query, name, value, rest);
  must(rest->n <= query.n && (found || value->n == 0));
  must(!exotel_secret_take(held(rest), name, value, again));
  must(same(held(rest), held(again)));
  exotel_buffer_reset(rest);
  exotel_buffer_reset(again);
  exotel_buffer_adds(rest, "a=b&s%65cret=");
  exotel_url_encode(rest, query);
  must(exotel_secret_take(held(rest), name, value, again));
  must(same(held(value), query) && has(held(again), "a=b"));
  must(n == 0 || exotel_secret_is(held(value), query));
  return 0;
}
