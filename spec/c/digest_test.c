/*
** digest: the vectors of FIPS 180-4, and that pieces don't matter.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/digest.h"
#include "check.h"

#define LONGEST 130 /* two blocks and a little: every place of the padding */

static const struct row {
  const char *text;
  size_t times;
  const char *hex;
} rows[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static const char *hex_of(exotel_digest *d) {
  static char hex[2 * EXOTEL_DIGEST_BYTES + 1];
  unsigned char out[EXOTEL_DIGEST_BYTES];
  size_t i;
  exotel_digest_end(d, out);
  for (i = 0; i < sizeof out; i++)
    snprintf(hex + 2 * i, 3, "%02x", out[i]);
  return hex;
}

/* The digest of `s` fed in pieces of `size` bytes. */
static const char *pieces(exotel_slice s, size_t size) {
  exotel_digest d;
  size_t at, n;
  exotel_digest_begin(&d);
  for (at = 0; at < s.n; at += n) {
    n = s.n - at < size ? s.n - at : size;
    exotel_digest_add(&d, s.p + at, n);
  }
  return hex_of(&d);
}

static void check_row(const struct row *r) {
  exotel_slice text = page_text(0, r->text);
  exotel_digest d;
  size_t i;
  exotel_digest_begin(&d);
  for (i = 0; i < r->times; i++)
    exotel_digest_add(&d, text.p, text.n);
  check(strcmp(hex_of(&d), r->hex) == 0, r->hex);
}

static void check_length(size_t n, char (*seen)[65]) {
  char bytes[LONGEST];
  exotel_slice text;
  size_t i, size;
  for (i = 0; i < n; i++)
    bytes[i] = (char)(i * 7);
  text = page_put(0, bytes, n);
  snprintf(seen[n], sizeof seen[n], "%s", pieces(text, LONGEST));
  for (size = 1; size < 66; size++)
    check(strcmp(pieces(text, size), seen[n]) == 0, "in pieces");
  for (i = 0; i < n; i++)
    check(strcmp(seen[i], seen[n]) != 0, "a beginning has another digest");
}

int main(void) {
  static char seen[LONGEST + 1][65];
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  for (i = 0; i <= LONGEST; i++)
    check_length(i, seen);
  return check_summary();
}
