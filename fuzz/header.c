/* header: lines to headers, and what they say about waiting. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  exotel_slice text = slice(p, n);
  exotel_header headers[16];
  size_t count = 0;
  double seconds;
  while (text.n > 0 && count < 16) {
    exotel_slice line = take_until(&text, '\n');
    exotel_header *h = &headers[count];
    if (!exotel_header_read(line, h)) continue;
    must(h->name.n > 0 && h->name.n + h->value.n < line.n && h->name.p == line.p);
    must(memchr(h->name.p, ':', h->name.n) == NULL);
    must(h->value.n == 0 || strchr(" \t\r", h->value.p[0]) == NULL || !*h->value.p);
    count++;
  }
  seconds = exotel_retry_after(headers, count, 429);
  must(seconds == -1 || (seconds >= 0 && seconds <= 1e9));
  must(exotel_retry_after(headers, count, 503) <= seconds);
  return 0;
}
