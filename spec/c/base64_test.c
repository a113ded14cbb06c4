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

/* Nothing that the encoder would write. */
static const char *const refused[] = {
    "Z",        "Zg",       "Zg=",      "Zh==",  "Zm9=",    "====",
    "Z===",     "Zg==Zg==", "Z g==",    " Zg==", "Zg==\n",  "Zm-v",
    "Zm_v",     "Zm9v=",    "=m9v",     "Zm=v",  "Zm9\xC3", "Zm9vYg=",
    "Zm9vY===", "Zm9vYh==", "Zm9vYmF=", "Zm=9"};

/* What was encoded is decoded again, and no part of it that isn't whole groups. */
static void check_decoded(const struct row *r, exotel_buffer *out) {
  size_t n, size = strlen(r->expected);
  for (n = 0; n <= size; n++) {
    int ok;
    exotel_buffer_reset(out);
    ok = exotel_base64_decode(out, page_put(1, r->expected, n));
    check(ok == (n % 4 == 0), r->expected);
    if (n == size)
      check(out->n == r->n && (r->n == 0 || memcmp(out->p, r->input, r->n) == 0),
            r->expected);
  }
}

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
    check_decoded(&rows[i], &out);
  }
  for (i = 0; i < sizeof refused / sizeof *refused; i++)
    check(!exotel_base64_decode(&out, page_text(0, refused[i])), refused[i]);
  check(!exotel_base64_decode(&out, page_put(0, "Zm9\0", 4)), "a NUL");
  exotel_buffer_free(&out);
  return check_summary();
}
