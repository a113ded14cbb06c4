/*
** utf8: how long a character is, and whether it is one (RFC 3629).
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_UTF8_H
#define EXOTEL_UTF8_H

#include <stddef.h>

/* Bytes of the character at `p`, of which `n` bytes can be read; 0 when it is not UTF-8:
** overlong, a surrogate, beyond U+10FFFF, or cut. */
size_t exotel_utf8_length(const char *p, size_t n);

/* Characters in `n` bytes. Returns 1, or 0 with `*bad` at the first byte that isn't UTF-8. */
int exotel_utf8_count(const char *p, size_t n, size_t *characters, size_t *bad);

#endif
