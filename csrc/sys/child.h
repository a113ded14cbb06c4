/*
** child: processes by their id: making one by fork, ending as one, waiting for one.
**
** For process.c, and for tests of code that must survive a fork. Not a way to run a
** program: that is process.h.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CHILD_H
#define EXOTEL_CHILD_H

typedef enum exotel_child_state {
  EXOTEL_CHILD_RUNNING,  /* still, when the time was up */
  EXOTEL_CHILD_EXITED,   /* by itself; the code is its exit code */
  EXOTEL_CHILD_SIGNALED, /* by a signal; the code is its number */
  EXOTEL_CHILD_LOST      /* not a child of ours, or reaped by somebody else */
} exotel_child_state;

/* The id of this process. Asked of the kernel each time, so right after a fork too. */
long exotel_child_self(void);

/* 0 in the child, the child's id in the parent, -1 with errno when there is no child. */
long exotel_child_fork(void);

/* Ends this process at once: no atexit, no flush, no lua_close. */
void exotel_child_exit(int code);

/* Waits up to `timeout` seconds (negative or NaN: not at all) for a child to end, and
** reaps it. `code` is set for EXITED and SIGNALED. */
exotel_child_state exotel_child_wait(long pid, double timeout, int *code);

#endif
