/*
** random: bytes nobody can guess.
**
** The kernel's, every time: no generator of our own, so nothing to seed, and nothing
** that a fork would give to two processes.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_RANDOM_H
#define EXOTEL_RANDOM_H

#include <stddef.h>

/* Fills `n` bytes. Returns 0, or an errno with the bytes unspecified. */
int exotel_random_fill(void *p, size_t n);

#endif
