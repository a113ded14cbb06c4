/*
** file: text added to a file so that it stays there (see file.h).
** The bytes are synced, and of a new file its name too: it stands in the folder. A file
** on which sync means nothing (a pipe, a terminal) is as good as written.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define OWNER_ONLY 0600

static int write_all(int fd, const char *p, size_t n) {
  while (n > 0) {
    ssize_t put = write(fd, p, n);
    if (put < 0 && errno != EINTR) return errno;
    if (put < 0) continue;
    p += put;
    n -= (size_t)put;
  }
  return 0;
}

static int sync_it(int fd) {
  if (fsync(fd) == 0) return 0;
  return errno == EINVAL || errno == EROFS || errno == ENOTSUP ? 0 : errno;
}

/* The folder of a path, to be freed; NULL for want of memory. */
static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t n = slash == NULL ? 1 : (size_t)(slash - path) + 1;
  char *folder = malloc(n + 1);
  if (folder == NULL) return NULL;
  memcpy(folder, slash == NULL ? "." : path, n);
  folder[n] = '\0';
  return folder;
}

static int sync_folder(const char *path) {
  char *folder = folder_of(path);
  int fd, why;
  if (folder == NULL) return ENOMEM;
  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  why = fd < 0 ? errno : sync_it(fd);
  if (fd >= 0) close(fd);
  free(folder);
  return why;
}

/* The descriptor, or -1 with errno; *is_new: whether there was no such file. */
static int open_file(const char *path, int *is_new) {
  int flags = O_WRONLY | O_APPEND | O_CLOEXEC;
  int fd = open(path, flags | O_CREAT | O_EXCL, OWNER_ONLY);
  *is_new = fd >= 0;
  if (fd < 0 && errno == EEXIST) fd = open(path, flags);
  return fd;
}

int exotel_file_append(const char *path, const char *bytes, size_t n) {
  int is_new, why;
  int fd = open_file(path, &is_new);
  if (fd < 0) return errno;
  why = write_all(fd, bytes, n);
  if (why == 0) why = sync_it(fd);
  if (close(fd) != 0 && why == 0) why = errno;
  if (why == 0 && is_new) why = sync_folder(path);
  return why;
}
