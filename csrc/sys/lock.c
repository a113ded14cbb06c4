/*
** lock: a file that one at a time has (see lock.h).
** flock rather than fcntl, whose locks know processes alone. It is never undone but by
** closing: a forked copy that closes its own would undo it for us.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AS_FOPEN 0666 /* less what the umask takes */

/* A file system that knows no locks keeps nobody out, nor who asks. */
static int lock_it(int fd) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS) return 0;
    if (errno != EINTR) return errno;
  }
  return 0;
}

/* Whether the path leads to the descriptor's file: who had it may have moved it, just
** before it was locked. Returns 0, or an errno: ENOENT when it doesn't. */
static int check_place(int fd, const char *path) {
  struct stat held, there;
  if (fstat(fd, &held) != 0 || stat(path, &there) != 0) return errno;
  return held.st_dev == there.st_dev && held.st_ino == there.st_ino ? 0 : ENOENT;
}

int exotel_lock_take(int *fd, const char *path) {
  int why;
  do {
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, AS_FOPEN);
    if (*fd < 0) return errno;
    why = lock_it(*fd);
    if (why == 0) why = check_place(*fd, path);
    if (why != 0) close(*fd);
  } while (why == ENOENT);
  return why;
}

void exotel_lock_free(int fd) {
  close(fd);
}
