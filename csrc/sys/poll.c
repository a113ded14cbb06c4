/*
** poll: waiting until one of several descriptors is ready (see poll.h).
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "poll.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>

#define FEW 32 /* entries that need no memory but the C stack */
#define LONGEST_POLL 3600.0

/* Rounded up: a caller who waits for a moment is not woken before it. */
static int milliseconds(double seconds) {
  if (!(seconds > 0)) return 0;
  if (seconds == HUGE_VAL) return -1;
  return (int)ceil((seconds < LONGEST_POLL ? seconds : LONGEST_POLL) * 1000);
}

static short events_of(int want) {
  int events = 0;
  if (want & EXOTEL_POLL_READ) events |= POLLIN;
  if (want & EXOTEL_POLL_WRITE) events |= POLLOUT;
  return (short)events;
}

static int ready_of(int want, short events) {
  int ready = 0;
  if (events & POLLNVAL) return EXOTEL_POLL_INVALID;
  if (events & (POLLERR | POLLHUP)) return want;
  if (events & POLLIN) ready |= EXOTEL_POLL_READ;
  if (events & POLLOUT) ready |= EXOTEL_POLL_WRITE;
  return ready;
}

static int wait_for(exotel_poll_entry *entries, struct pollfd *f, size_t n,
                    double seconds) {
  size_t i;
  int found;
  for (i = 0; i < n; i++) {
    f[i].fd = entries[i].fd;
    f[i].events = events_of(entries[i].want);
    f[i].revents = 0;
  }
  found = poll(f, (nfds_t)n, milliseconds(seconds));
  if (found < 0 && errno != EINTR) return errno;
  for (i = 0; i < n; i++)
    entries[i].ready = found > 0 ? ready_of(entries[i].want, f[i].revents) : 0;
  return 0;
}

int exotel_poll(exotel_poll_entry *entries, size_t n, double seconds) {
  struct pollfd few[FEW], *many;
  int why;
  if (n <= FEW) return wait_for(entries, few, n, seconds);
  many = malloc(n * sizeof *many);
  if (many == NULL) return ENOMEM;
  why = wait_for(entries, many, n, seconds);
  free(many);
  return why;
}
