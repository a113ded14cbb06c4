/*
** poll: waiting until one of several descriptors is ready, or the time is up.
**
** One wait a call. Not a loop: timers and what is called stand above this.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_POLL_H
#define EXOTEL_POLL_H

#include <stddef.h>

enum { EXOTEL_POLL_READ = 1, EXOTEL_POLL_WRITE = 2, EXOTEL_POLL_INVALID = 4 };

typedef struct exotel_poll_entry {
  int fd;
  int want;  /* READ, WRITE or both */
  int ready; /* what of it is ready, set by the wait; INVALID alone: fd isn't open */
} exotel_poll_entry;

/* Waits until an entry is ready, and sets `ready` of all; one descriptor may stand in
** several. Errors and hang-ups are ready for what was wanted, so that the caller's next
** read or write says which it is. Negative seconds or NaN don't wait, HUGE_VAL waits for
** ever, a finite time is rounded up to milliseconds and cut at an hour. Nothing is ready
** when the time is up, and when a signal came. Returns 0 or an errno: ENOMEM, or EINVAL
** for more entries than the process may have descriptors. */
int exotel_poll(exotel_poll_entry *entries, size_t n, double seconds);

#endif
