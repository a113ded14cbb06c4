/*
** library: libcurl as a guest of the process: started once, never stopped, its signals
** held back. Inside csrc/curl only.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CURL_LIBRARY_H
#define EXOTEL_CURL_LIBRARY_H

#include <signal.h>

/* Starts libcurl, once a process. Returns 0 when it can't be used. */
int exotel_curl_start(void);

/* While libcurl runs SIGPIPE is held back in this thread. */
typedef struct exotel_sigpipe {
  sigset_t before;
  int was_pending;
} exotel_sigpipe;

void exotel_sigpipe_hold(exotel_sigpipe *s);
void exotel_sigpipe_release(const exotel_sigpipe *s);

#endif
