/*
** multi: many transfers at once, none of which blocks. No thread, and no callback into
** the caller: what has ended waits in a queue until it is taken.
**
** All that must be waited for hangs on one epoll descriptor. Handles are kept and used
** again, each with its TLS sessions. What is begun when, and how much at once, is the
** caller's to decide. A multi belongs to the process that made it: in a forked copy it
** can only be closed, which leaves the original alone.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CURL_MULTI_H
#define EXOTEL_CURL_MULTI_H

#include "transfer.h"

typedef struct exotel_multi exotel_multi;

/* What a poller must know. */
typedef struct exotel_multi_state {
  int fd;         /* readable when there is something to do */
  double timeout; /* seconds until exotel_multi_step is due anyway; negative: never */
  size_t in_flight;
} exotel_multi_state;

/* A new one, or NULL with errno. Starts libcurl, and makes no connection. */
exotel_multi *exotel_multi_new(void);

/* Whether this process is another than the one that made it: then only
** exotel_multi_free may be called. */
int exotel_multi_is_foreign(const exotel_multi *m);

/* Begins a transfer; everything is copied. `number` is the caller's name for it: above 0,
** and no other's in flight or in the queue. Returns 0 without memory: then nothing has
** begun. A request that can't be carried out ends at once, in the queue. */
int exotel_multi_start(exotel_multi *m, unsigned long number,
                       const exotel_transfer_options *options,
                       const exotel_transfer_request *request);

/* Waits up to `seconds` for something to do (negative or NaN: not at all), and does it,
** for at most `most` descriptors. Returns how many were ready, or -1 with errno. */
int exotel_multi_step(exotel_multi *m, double seconds, int most);

/* The transfer that ended first: its number and result, which is the multi's until
** exotel_multi_release. Returns 0 when there is none. */
unsigned long exotel_multi_ended(exotel_multi *m,
                                 const exotel_transfer_result **result);

/* Takes the transfer that ended first out of the queue. */
void exotel_multi_release(exotel_multi *m);

/* Gives a transfer up: it ends as CANCELLED, in the queue. Returns 0 when it isn't in
** flight. Waits for nothing, not for a name lookup either. */
int exotel_multi_cancel(exotel_multi *m, unsigned long number);

/* Does in advance what else the first transfers would: reads and keeps the certificates
** of `options`, and makes so many handles (1 at least). Touches no network; goes on with
** what is in flight meanwhile. Returns 0 without memory. */
int exotel_multi_prepare(exotel_multi *m, const exotel_transfer_options *options,
                         size_t handles);

/* Fills in what a poller must know. */
void exotel_multi_look(const exotel_multi *m, exotel_multi_state *state);

/* Gives up what is in flight, and closes all. NULL is fine. */
void exotel_multi_free(exotel_multi *m);

#endif
