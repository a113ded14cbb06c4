/*
** file: text added to a file so that it stays there.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_FILE_H
#define EXOTEL_FILE_H

#include <stddef.h>

/* Adds `n` bytes at the end of a file, which is made where there is none (for its owner
** alone), and comes back when they are on the disk: neither the end of this process nor
** that of the machine loses them then. Returns 0; or an errno, and some of the bytes may
** stand there. */
int exotel_file_append(const char *path, const char *bytes, size_t n);

#endif
