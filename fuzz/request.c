/* request: lines of name=value are options, those that begin with ! extras; the first byte
** chooses the operation. What is built splits nowhere. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const char allowed[] = "=&%-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz/:?+";
  static exotel_request r;
  exotel_target target = {{"a1", 2}, {"https://h", 9}, {"f", 1}, 0, 19800};
  exotel_slice lines = slice(p + (n > 0), n - (n > 0));
  exotel_error e;
  const exotel_operation *operations;
  size_t count;
  if (r.url.max == 0) exotel_request_init(&r);
  operations = exotel_operations(&count);
  exotel_request_begin(&r, &operations[n > 0 ? p[0] % count : 0]);
  while (lines.n > 0)
    give(&r, take_until(&lines, '\n'));
  if (exotel_request_build(&r, &target, &e) != EXOTEL_OK) return 0;
  must(strspn(r.url.p, allowed) == r.url.n);
  must(r.body.n == 0 || strspn(r.body.p, allowed) == r.body.n);
  must(r.body.n == 0 || strpbrk(r.body.p, "/:?+") == NULL);
  return 0;
}
