/*
** page: puts an input where not one byte more can be read: at the end of a page, before
** one that allows nothing. Include it first, it asks the system's headers for mmap.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_PAGE_H
#define EXOTEL_PAGE_H

#define _GNU_SOURCE

#include "../../csrc/core/exotel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 3                /* inputs that can stand at a page's end at once */
#define PAGE_ROOM (256 * 1024) /* the longest input; a multiple of any page's size */

/* The end of a new region: what stands before it can be used, what follows can't. */
static inline char *page_new(void) {
  size_t guard = (size_t)sysconf(_SC_PAGESIZE);
  char *p = mmap(NULL, PAGE_ROOM + guard, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || mprotect(p + PAGE_ROOM, guard, PROT_NONE) != 0) abort();
  return p + PAGE_ROOM;
}

/* A copy of the bytes that ends where page `which` does. It lives until the next one. */
static inline exotel_slice page_put(int which, const char *p, size_t n) {
  static char *ends[PAGES];
  exotel_slice s;
  if (ends[which] == NULL) ends[which] = page_new();
  if (n > PAGE_ROOM) abort();
  if (n > 0) memcpy(ends[which] - n, p, n);
  s.p = ends[which] - n;
  s.n = n;
  return s;
}

/* The same of a C string, without its NUL. */
static inline exotel_slice page_text(int which, const char *s) {
  return page_put(which, s, strlen(s));
}

/* Whether the slice holds just these bytes. */
static inline int page_is(exotel_slice s, const char *text) {
  return s.n == strlen(text) && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

#endif
