/*
** starve: counts the memory that is held, and refuses it when told to. Linked with
** -Wl,--wrap=malloc, calloc, realloc, strdup, strndup and free, so that it stands between
** the objects under test and the allocator. Include it once in a program.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_STARVE_H
#define EXOTEL_STARVE_H

#include <stddef.h>
#include <string.h>

static long starve_live;             /* blocks that are held */
static long starve_left = -1;        /* requests that are granted yet; below 0: all */
static int starve_once;              /* refuse one only, not all that follow */
static unsigned long starve_refused; /* in all */

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_calloc(size_t count, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_calloc(size_t count, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *p);

static int starve_refuses(void) {
  if (starve_left < 0) return 0;
  if (starve_left > 0) {
    starve_left--;
    return 0;
  }
  if (starve_once) starve_left = -1;
  starve_refused++;
  return 1;
}

/* Grants `granted` requests, then refuses one or all. */
static void starve_begin(long granted, int once) {
  starve_left = granted;
  starve_once = once;
}

/* Grants all again. */
static void starve_end(void) {
  starve_left = -1;
}

void *__wrap_malloc(size_t n) {
  void *p = starve_refuses() ? NULL : __real_malloc(n);
  starve_live += p != NULL;
  return p;
}

void *__wrap_calloc(size_t count, size_t n) {
  void *p = starve_refuses() ? NULL : __real_calloc(count, n);
  starve_live += p != NULL;
  return p;
}

void *__wrap_realloc(void *p, size_t n) {
  void *q = starve_refuses() ? NULL : __real_realloc(p, n);
  starve_live += p == NULL && q != NULL;
  return q;
}

char *__wrap_strndup(const char *s, size_t n) {
  char *p;
  n = strnlen(s, n);
  p = __wrap_malloc(n + 1);
  if (p == NULL) return NULL;
  memcpy(p, s, n);
  p[n] = '\0';
  return p;
}

char *__wrap_strdup(const char *s) {
  return __wrap_strndup(s, strlen(s));
}

void __wrap_free(void *p) {
  starve_live -= p != NULL;
  __real_free(p);
}

#endif
