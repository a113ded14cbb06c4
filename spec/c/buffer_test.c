/*
** buffer: growth, the maximum, and the failure that sticks.
**
** SPDX-License-Identifier: MIT
*/
#include "../../csrc/core/buffer.h"
#include "check.h"

#include <string.h>

int main(void) {
  exotel_buffer b;
  size_t i;
  exotel_buffer_init(&b, 1000);
  check(b.p == NULL && b.n == 0, "an empty buffer holds no memory");
  for (i = 0; i < 1000; i++)
    exotel_buffer_addc(&b, (char)('a' + i % 26));
  check(b.n == 1000 && b.state == EXOTEL_BUFFER_OK, "it holds its maximum");
  check(b.p[999] == 'a' + 999 % 26 && b.p[1000] == '\0', "in order, and closed");
  check(exotel_buffer_addc(&b, 'x') == EXOTEL_BUFFER_FULL, "one more is refused");
  check(exotel_buffer_add(&b, "", 0) == EXOTEL_BUFFER_FULL, "and the failure sticks");
  check(b.n == 1000, "and nothing was cut or added");
  exotel_buffer_reset(&b);
  check(exotel_buffer_adds(&b, "again") == EXOTEL_BUFFER_OK, "a reset forgets it");
  check(b.n == 5 && strcmp(b.p, "again") == 0, "and the content");
  exotel_buffer_free(&b);
  check(b.p == NULL && b.max == 1000, "free leaves it usable");
  check(exotel_buffer_room(&b, 1001) == NULL, "no room beyond the maximum");
  exotel_buffer_free(&b);
  return check_summary();
}
