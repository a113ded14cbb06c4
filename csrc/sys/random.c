/*
** random: bytes nobody can guess (see random.h).
** getrandom rather than /dev/urandom: it needs no descriptor, so it works in a chroot
** and when there are none left. It blocks only before the kernel was ever seeded.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int exotel_random_fill(void *p, size_t n) {
  char *at = p;
  while (n > 0) {
    ssize_t got = getrandom(at, n, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    at += got;
    n -= (size_t)got;
  }
  return 0;
}
