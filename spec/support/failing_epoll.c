/*
** failing_epoll: preloaded, it refuses the n-th descriptor that is added to an epoll set,
** n being in the environment as EPOLL_FAILS_AT.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_ctl(int set, int operation, int fd, struct epoll_event *event) {
  static int added;
  const char *at = getenv("EPOLL_FAILS_AT");
  if (operation == EPOLL_CTL_ADD && at != NULL && ++added == atoi(at)) {
    errno = ENOSPC;
    return -1;
  }
  return (int)syscall(SYS_epoll_ctl, set, operation, fd, event);
}
