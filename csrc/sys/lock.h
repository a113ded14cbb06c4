/*
** lock: a file that one at a time has, among all who ask for it here.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LOCK_H
#define EXOTEL_LOCK_H

/* Takes the file at a path, which is made where there is none, also from others of this
** process. Returns 0 and in `*fd` a descriptor, to be given to exotel_lock_free; or an
** errno: EWOULDBLOCK when another has it. The end of the process gives it back too.
** A file system may know no locks: then everybody has it. */
int exotel_lock_take(int *fd, const char *path);

/* Gives it back, wherever the file stands by then. */
void exotel_lock_free(int fd);

#endif
