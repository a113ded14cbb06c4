/*
** base64: the vectors of RFC 4648, section 10, and bytes that no text holds.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/base64.h"
#include "check.h"

static const struct row {
  const char *input;
  size_t n;
  const char *expected;
} rows[] = {{"", 0, ""},
            {"f", 1, "Zg=="},
            {"fo", 2, "Zm8="},
            {"foo", 3, "Zm9v"},
            {"foob", 4, "Zm9vYg=="},
            {"fooba", 5, "Zm9vYmE="},
            {"foobar", 6, "Zm9vYmFy"},
            {"\0\377\376", 3, "AP/+"},
            {"key:token", 9, "a2V5OnRva2Vu"}};

int main(void) {
  exotel_buffer out;
  size_t i;
  exotel_buffer_init(&out, 64);
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    exotel_slice held;
    exotel_buffer_reset(&out);
    exotel_base64_encode(&out, page_put(0, rows[i].input, rows[i].n));
    held.p = out.p;
    held.n = out.n;
    check(page_is(held, rows[i].expected), rows[i].expected);
  }
  exotel_buffer_free(&out);
  return check_summary();
}
