/*
** no_locks: preloaded, it is a system whose files can't be locked.
**
** SPDX-License-Identifier: MIT
*/
#include <errno.h>

int flock(int fd, int operation);

int flock(int fd, int operation) {
  (void)fd;
  (void)operation;
  errno = ENOLCK;
  return -1;
}
