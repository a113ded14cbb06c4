/*
** descriptors: how many of them this process may have (see descriptors.h).
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "descriptors.h"

#include <limits.h>
#include <sys/resource.h>

static long as_long(rlim_t n) {
  return n == RLIM_INFINITY || n > LONG_MAX ? LONG_MAX : (long)n;
}

long exotel_descriptors_raise(long n) {
  struct rlimit limit, wanted;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return n;
  if (as_long(limit.rlim_cur) >= n) return as_long(limit.rlim_cur);
  wanted = limit;
  wanted.rlim_cur = as_long(limit.rlim_max) < n ? limit.rlim_max : (rlim_t)n;
  if (setrlimit(RLIMIT_NOFILE, &wanted) < 0) return as_long(limit.rlim_cur);
  return as_long(wanted.rlim_cur);
}
