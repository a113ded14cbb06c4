/*
** child: processes by their id (see child.h).
** A wait with a time-out is made of naps: a pidfd would need Linux 5.3, and a SIGCHLD
** handler would belong to the host, not to us.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "child.h"

#include "clock.h"

#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_NAP 0.0005
#define LONGEST_NAP 0.02 /* late by this much at most, 50 wake-ups a second */

long exotel_child_self(void) {
  return (long)getpid();
}

long exotel_child_fork(void) {
  return (long)fork();
}

void exotel_child_exit(int code) {
  _exit(code);
}

static exotel_child_state ask(pid_t pid, int *code) {
  int status;
  pid_t got = waitpid(pid, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return EXOTEL_CHILD_RUNNING;
  if (got < 0) return EXOTEL_CHILD_LOST;
  if (WIFSIGNALED(status)) {
    *code = WTERMSIG(status);
    return EXOTEL_CHILD_SIGNALED;
  }
  *code = WEXITSTATUS(status);
  return EXOTEL_CHILD_EXITED;
}

exotel_child_state exotel_child_wait(long pid, double timeout, int *code) {
  double end = exotel_clock_monotonic() + timeout, nap = FIRST_NAP;
  for (;;) {
    exotel_child_state state = ask((pid_t)pid, code);
    double left = end - exotel_clock_monotonic();
    if (state != EXOTEL_CHILD_RUNNING || !(left > 0)) return state;
    exotel_clock_sleep(left < nap ? left : nap);
    nap = nap * 2 < LONGEST_NAP ? nap * 2 : LONGEST_NAP;
  }
}
