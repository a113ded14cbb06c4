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

/* Whether this libcurl, 7.83 to 8.1.0, adds a folded line right behind the status line to
** the last header of the answer before, which is freed by then. Valid once it is started. */
int exotel_curl_adds_to_freed(void);

/* While libcurl runs SIGPIPE is held back in this thread. */
typedef struct exotel_sigpipe {
  sigset_t before;
  int was_pending;
} exotel_sigpipe;

void exotel_sigpipe_hold(exotel_sigpipe *s);
void exotel_sigpipe_release(const exotel_sigpipe *s);

#endif
