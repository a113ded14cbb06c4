/*
** clock: what time it is, and waiting (see clock.h).
** The wait has an absolute end, so that a process under a storm of signals sleeps no
** longer than it was asked to.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "clock.h"

#include <errno.h>
#include <time.h>

/* Thirty years: for ever, and yet far from the end of time_t. */
#define LONGEST 1e9

static double now(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t); /* can't fail: both clocks are always there */
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double exotel_clock_monotonic(void) {
  return now(CLOCK_MONOTONIC);
}

double exotel_clock_wall(void) {
  return now(CLOCK_REALTIME);
}

void exotel_clock_sleep(double seconds) {
  struct timespec t;
  double end;
  if (!(seconds > 0)) return;
  end = exotel_clock_monotonic() + (seconds < LONGEST ? seconds : LONGEST);
  t.tv_sec = (time_t)end;
  t.tv_nsec = (long)((end - (double)t.tv_sec) * 1e9);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
    ;
}
