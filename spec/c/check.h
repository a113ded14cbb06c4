/*
** check: counts what holds in a C test. A test is a program that includes this once,
** checks, and ends with `return check_summary();`.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CHECK_H
#define EXOTEL_CHECK_H

#include <stdio.h>

static int check_passed, check_failed;

/* One fact. `name` says which, in a failure. */
static void check(int holds, const char *name) {
  if (holds) {
    check_passed++;
  } else {
    check_failed++;
    printf("FAILED %s\n", name);
  }
}

static int check_summary(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed != 0;
}

#endif
