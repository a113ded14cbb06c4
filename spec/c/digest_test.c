/*
** digest: SipHash-1-3 with 128 bits (key 00 to 0f, input 00, 01, …), and that neither a
** bit, nor a byte, nor the key is overlooked; word by word as of bytes.
**
** The vectors are those of an implementation that also gives the reference's own for
** SipHash-2-4; the first stands in other libraries too.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/digest.h"
#include "check.h"

#define LONGEST 130

static const struct vector {
  size_t n;
  const char *hex;
} vectors[] = {
    {0, "e77ebcb22788a5befd62db6add303001"},  {1, "fc6f370460d3eda85e0573cc2b2ff063"},
    {2, "75787f090569839b855bc9548c6aea95"},  {7, "1084b923f2aae0c3a62f2ec80848ab77"},
    {8, "aa12fee1d5e3dab4724f16ab35f9c799"},  {9, "81ddb8042cf33994f4720e0094137c42"},
    {15, "c17e5505b2bd526c2921cdec1e7e0109"}, {16, "d0a8d95715518eebb513b0f83d9e1793"},
    {63, "4c5800e34efe426f079f6b0aa75260ad"}};

static const exotel_digest_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

static void fill(char *bytes) {
  size_t i;
  for (i = 0; i < LONGEST; i++)
    bytes[i] = (char)i;
}

static void check_vectors(const char *bytes) {
  unsigned char out[EXOTEL_DIGEST_BYTES];
  char hex[2 * EXOTEL_DIGEST_BYTES];
  size_t i;
  for (i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    exotel_digest_of(&key, page_put(0, bytes, vectors[i].n), out);
    exotel_digest_hex(out, hex);
    check(memcmp(hex, vectors[i].hex, sizeof hex) == 0, vectors[i].hex);
  }
}

/* Every length has a digest of its own. */
static void check_lengths(const char *bytes) {
  static unsigned char seen[LONGEST + 1][EXOTEL_DIGEST_BYTES];
  size_t n, k;
  for (n = 0; n <= LONGEST; n++) {
    exotel_digest_of(&key, page_put(0, bytes, n), seen[n]);
    for (k = 0; k < n; k++)
      check(memcmp(seen[k], seen[n], sizeof seen[n]) != 0, "another length");
  }
}

/* Words and texts are what the same bytes are in one piece. */
static void check_words(const char *bytes) {
  static const char word[] = "\x08\x07\x06\x05\x04\x03\x02\x01";
  unsigned char whole[EXOTEL_DIGEST_BYTES], parts[EXOTEL_DIGEST_BYTES];
  char padded[LONGEST + 8];
  exotel_digest d;
  size_t n;
  for (n = 0; n + 24 <= LONGEST; n++) {
    size_t words = (n + 7) / 8;
    memset(padded, 0, sizeof padded);
    memcpy(padded, word, 8);
    memcpy(padded + 8, bytes, n);
    memcpy(padded + 8 + 8 * words, word, 8);
    exotel_digest_of(&key, page_put(0, padded, 16 + 8 * words), whole);
    exotel_digest_begin(&d, &key);
    exotel_digest_text(&d, 0x0102030405060708u, page_put(0, bytes, n));
    exotel_digest_word(&d, 0x0102030405060708u);
    exotel_digest_end(&d, parts);
    check(memcmp(whole, parts, sizeof whole) == 0, "word by word");
  }
}

static void check_bits(char *bytes) {
  unsigned char before[EXOTEL_DIGEST_BYTES], after[EXOTEL_DIGEST_BYTES];
  size_t bit;
  exotel_digest_of(&key, page_put(0, bytes, 21), before);
  for (bit = 0; bit < 21 * 8; bit++) {
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    exotel_digest_of(&key, page_put(0, bytes, 21), after);
    check(memcmp(before, after, sizeof before) != 0, "another bit");
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
  }
}

static void check_keys(const char *bytes) {
  static const exotel_digest_key keys[] = {{0, 0}, {1, 0}, {0, 1}};
  unsigned char out[3][EXOTEL_DIGEST_BYTES];
  size_t i;
  for (i = 0; i < 3; i++)
    exotel_digest_of(&keys[i], page_put(0, bytes, 40), out[i]);
  check(memcmp(out[0], out[1], sizeof out[0]) != 0, "another low key");
  check(memcmp(out[0], out[2], sizeof out[0]) != 0, "another high key");
  check(memcmp(out[1], out[2], sizeof out[0]) != 0, "keys change places");
}

int main(void) {
  char bytes[LONGEST];
  fill(bytes);
  check_vectors(bytes);
  check_lengths(bytes);
  check_words(bytes);
  check_bits(bytes);
  check_keys(bytes);
  return check_summary();
}
