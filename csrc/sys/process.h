/*
** process: a program run as a child, with pipes to its stdin and from its stdout.
**
** The child dies with its parent. It belongs to the process that started it: in a
** forked copy of that one, the functions below touch nobody else's child. Not a shell,
** and not a scheduler: it reads one line at a time, in the caller's time.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_PROCESS_H
#define EXOTEL_PROCESS_H

#include "child.h"

#include <stddef.h>

typedef struct exotel_process exotel_process;

typedef enum exotel_process_read {
  EXOTEL_PROCESS_LINE,     /* a line, or the last bytes before the end */
  EXOTEL_PROCESS_EOF,      /* stdout is closed and everything was read */
  EXOTEL_PROCESS_TIMEOUT,  /* no whole line yet */
  EXOTEL_PROCESS_TOO_LONG, /* 64 KiB without a newline; stays so */
  EXOTEL_PROCESS_FAILED    /* errno says why */
} exotel_process_read;

/* Runs argv[0], found along PATH, with `argv`, closed by NULL. stderr is ours, or
** /dev/null if `quiet`. Returns 0 and the process in `out`, or an errno (that of exec
** included) and nothing to free. */
int exotel_process_start(exotel_process **out, const char *const *argv, int quiet);

/* The child's id, also after its end. */
long exotel_process_pid(const exotel_process *p);

/* The next line of stdout, without its newline, waiting up to `timeout` seconds.
** `*line` is the process's and holds until the next call. */
exotel_process_read exotel_process_read_line(exotel_process *p, double timeout,
                                             const char **line, size_t *n);

/* Writes all of it to the child's stdin, waiting as long as the child takes. Returns 0,
** or an errno: EPIPE when nobody reads any more. Never raises SIGPIPE. */
int exotel_process_write(exotel_process *p, const char *bytes, size_t n);

/* Closes the child's stdin, if that isn't done yet. */
void exotel_process_close_input(exotel_process *p);

/* Sends a signal. Returns 0 or an errno: ESRCH when the child's end is known already,
** EPERM in a process that didn't start it. */
int exotel_process_signal(exotel_process *p, int number);

/* Waits up to `timeout` seconds for the end; asked again, says the same again. */
exotel_child_state exotel_process_wait(exotel_process *p, double timeout, int *code);

/* Kills and reaps the child, if it is ours and runs; closes and frees everything. NULL is
** fine. */
void exotel_process_free(exotel_process *p);

#endif
