/*
** digest: the first vectors of SipHash's own reference (key 00 to 0f, input 00, 01, …),
** and that neither a bit, nor a byte, nor the key is overlooked.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/digest.h"
#include "check.h"

#define LONGEST 130

static const char *const vectors[] = {"a3817f04ba25a8e66df67214c7550293",
                                      "da87c1d86b99af44347659119b22fc45",
                                      "8177228da4a45dc7fca38bdef60affe4"};

static void fill(char *bytes) {
  size_t i;
  for (i = 0; i < LONGEST; i++)
    bytes[i] = (char)i;
}

static void check_vectors(const char *bytes) {
  static const exotel_digest_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  unsigned char out[EXOTEL_DIGEST_BYTES];
  char hex[2 * EXOTEL_DIGEST_BYTES + 1];
  size_t n, i;
  for (n = 0; n < sizeof vectors / sizeof *vectors; n++) {
    exotel_digest_keyed(&key, page_put(0, bytes, n), out);
    for (i = 0; i < sizeof out; i++)
      snprintf(hex + 2 * i, 3, "%02x", out[i]);
    check(strcmp(hex, vectors[n]) == 0, vectors[n]);
  }
}

/* Every length has a digest of its own, and hex is the digest of our key. */
static void check_lengths(const char *bytes) {
  static unsigned char seen[LONGEST + 1][EXOTEL_DIGEST_BYTES];
  char hex[2 * EXOTEL_DIGEST_BYTES], pair[3];
  size_t n, k;
  for (n = 0; n <= LONGEST; n++) {
    exotel_slice s = page_put(0, bytes, n);
    exotel_digest_of(s, seen[n]);
    for (k = 0; k < n; k++)
      check(memcmp(seen[k], seen[n], sizeof seen[n]) != 0, "another length");
    exotel_digest_hex(s, hex);
    snprintf(pair, sizeof pair, "%02x", seen[n][EXOTEL_DIGEST_BYTES - 1]);
    check(memcmp(hex + sizeof hex - 2, pair, 2) == 0, "hex of the same");
  }
}

static void check_bits(char *bytes) {
  unsigned char before[EXOTEL_DIGEST_BYTES], after[EXOTEL_DIGEST_BYTES];
  size_t bit;
  exotel_digest_of(page_put(0, bytes, 21), before);
  for (bit = 0; bit < 21 * 8; bit++) {
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    exotel_digest_of(page_put(0, bytes, 21), after);
    check(memcmp(before, after, sizeof before) != 0, "another bit");
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
  }
}

static void check_keys(const char *bytes) {
  static const exotel_digest_key keys[] = {{0, 0}, {1, 0}, {0, 1}};
  unsigned char out[3][EXOTEL_DIGEST_BYTES];
  size_t i;
  for (i = 0; i < 3; i++)
    exotel_digest_keyed(&keys[i], page_put(0, bytes, 40), out[i]);
  check(memcmp(out[0], out[1], sizeof out[0]) != 0, "another low key");
  check(memcmp(out[0], out[2], sizeof out[0]) != 0, "another high key");
  check(memcmp(out[1], out[2], sizeof out[0]) != 0, "keys change places");
}

int main(void) {
  char bytes[LONGEST];
  fill(bytes);
  check_vectors(bytes);
  check_lengths(bytes);
  check_bits(bytes);
  check_keys(bytes);
  return check_summary();
}
