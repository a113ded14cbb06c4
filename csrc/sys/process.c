/*
** process: a program run as a child (see process.h).
** The child reports a failed exec by a pipe that a successful one closes. Every
** descriptor is made CLOEXEC in one step, and above 2, so that a host that runs without
** stdin or stdout can't have them mixed up with ours.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "process.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_LINE 65536
#define LONGEST_POLL 86400.0 /* seconds in one call of poll: fits its int */

struct exotel_process {
  pid_t pid, opener;
  int input, output;        /* our ends of the pipes; -1 when closed */
  exotel_child_state state; /* RUNNING until the end was seen */
  int code;
  size_t from, to; /* what of `held` was read and not yet handed out */
  char held[LONGEST_LINE];
};

/* Three pipes, [0] to read from and [1] to write to, while a child is being started. */
typedef struct start {
  int in[2], out[2], report[2];
} start;

static void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static void shut_all(start *s) {
  shut(&s->in[0]);
  shut(&s->in[1]);
  shut(&s->out[0]);
  shut(&s->out[1]);
  shut(&s->report[0]);
  shut(&s->report[1]);
}

/* Moves a descriptor above stderr, or fails with -1 and the descriptor closed. */
static int lift(int fd) {
  int high;
  if (fd > 2) return fd;
  high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  close(fd);
  return high;
}

static int open_pipe(int fd[2]) {
  int p[2];
  if (pipe2(p, O_CLOEXEC) < 0) return -1;
  fd[0] = lift(p[0]);
  fd[1] = lift(p[1]);
  return fd[0] < 0 || fd[1] < 0 ? -1 : 0;
}

static int open_all(start *s) {
  s->in[0] = s->in[1] = s->out[0] = s->out[1] = s->report[0] = s->report[1] = -1;
  if (open_pipe(s->in) == 0 && open_pipe(s->out) == 0 && open_pipe(s->report) == 0)
    return 0;
  return -1;
}

/* The child begins as a program started by a shell does, whatever its host blocked. */
static void plain_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
}

static int redirect(const start *s, int quiet) {
  if (dup2(s->in[0], 0) < 0 || dup2(s->out[1], 1) < 0) return -1;
  if (quiet) {
    int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, 2) < 0) return -1;
    if (null > 2) close(null);
  }
  return 0;
}

/* Never returns. execvp takes its strings without const, and doesn't write to them. */
static void become(const start *s, const char *const *argv, int quiet, pid_t parent) {
  int why;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127); /* it died before the line above */
  plain_signals();
  if (redirect(s, quiet) >= 0) execvp(argv[0], (char *const *)argv);
  why = errno;
  if (write(s->report[1], &why, sizeof why) < 0) _exit(126);
  _exit(127);
}

/* Waits for the exec: its errno, or 0 when it closed the pipe. */
static int outcome(int fd) {
  int why = 0;
  ssize_t n;
  do
    n = read(fd, &why, sizeof why);
  while (n < 0 && errno == EINTR);
  return n == (ssize_t)sizeof why ? why : 0;
}

static int nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void adopt(exotel_process *p, start *s) {
  p->input = s->in[1];
  p->output = s->out[0];
  s->in[1] = s->out[0] = -1;
}

/* Returns an errno; the child, if there was one, is reaped then. */
static int launch(exotel_process *p, start *s, const char *const *argv, int quiet) {
  int why;
  if (open_all(s) < 0 || nonblocking(s->out[0]) < 0) return errno;
  p->opener = getpid();
  p->pid = fork();
  if (p->pid < 0) return errno;
  if (p->pid == 0) become(s, argv, quiet, p->opener);
  shut(&s->report[1]);
  why = outcome(s->report[0]);
  if (why == 0)
    adopt(p, s);
  else
    exotel_child_wait(p->pid, HUGE_VAL, &p->code);
  return why;
}

int exotel_process_start(exotel_process **out, const char *const *argv, int quiet) {
  start s;
  int why;
  exotel_process *p = malloc(sizeof *p);
  if (p == NULL) return ENOMEM;
  p->input = p->output = -1;
  p->state = EXOTEL_CHILD_RUNNING;
  p->code = 0;
  p->from = p->to = 0;
  why = launch(p, &s, argv, quiet);
  shut_all(&s);
  if (why != 0)
    free(p);
  else
    *out = p;
  return why;
}

long exotel_process_pid(const exotel_process *p) {
  return (long)p->pid;
}

/* 1: something to read or the end; 0: not in time; -1: errno. */
static int readable(int fd, double end) {
  for (;;) {
    struct pollfd f;
    double left = end - exotel_clock_monotonic();
    int n;
    if (!(left > 0)) left = 0;
    f.fd = fd;
    f.events = POLLIN;
    f.revents = 0;
    n = poll(&f, 1, (int)ceil((left < LONGEST_POLL ? left : LONGEST_POLL) * 1000));
    if (n != 0 && !(n < 0 && errno == EINTR)) return n;
    if (n == 0 && left < LONGEST_POLL) return 0;
  }
}

/* Hands out what stands before the newline, or at the end of stdout what there is. */
static int cut(exotel_process *p, int all, const char **line, size_t *n) {
  char *newline = memchr(p->held + p->from, '\n', p->to - p->from);
  if (newline == NULL && (!all || p->from == p->to)) return 0;
  *line = p->held + p->from;
  *n = (newline != NULL ? newline : p->held + p->to) - *line;
  p->from = newline != NULL ? p->from + *n + 1 : p->to;
  return 1;
}

/* Reads once. Returns what read does, with stdout closed at its end. */
static ssize_t fill(exotel_process *p) {
  ssize_t n;
  memmove(p->held, p->held + p->from, p->to - p->from);
  p->to -= p->from;
  p->from = 0;
  n = read(p->output, p->held + p->to, sizeof p->held - p->to);
  if (n > 0) p->to += (size_t)n;
  if (n == 0) shut(&p->output);
  return n;
}

exotel_process_read exotel_process_read_line(exotel_process *p, double timeout,
                                             const char **line, size_t *n) {
  double end = exotel_clock_monotonic() + timeout;
  for (;;) {
    int ready;
    if (cut(p, p->output < 0, line, n)) return EXOTEL_PROCESS_LINE;
    if (p->output < 0) return EXOTEL_PROCESS_EOF;
    if (p->to - p->from == sizeof p->held) return EXOTEL_PROCESS_TOO_LONG;
    ready = readable(p->output, end);
    if (ready == 0) return EXOTEL_PROCESS_TIMEOUT;
    if (ready < 0) return EXOTEL_PROCESS_FAILED;
    if (fill(p) < 0 && errno != EINTR && errno != EAGAIN) return EXOTEL_PROCESS_FAILED;
  }
}

static int write_all(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t done = write(fd, bytes, n);
    if (done < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes += done;
    n -= (size_t)done;
  }
  return 0;
}

/* write raises SIGPIPE, which kills a host that didn't ask for it. It is held back and
** taken away again, unless one was waiting before. */
int exotel_process_write(exotel_process *p, const char *bytes, size_t n) {
  static const struct timespec at_once = {0, 0};
  sigset_t pipe_signal, before, pending;
  int why, had;
  if (p->input < 0) return EPIPE;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  had = sigismember(&pending, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  why = write_all(p->input, bytes, n);
  if (why == EPIPE && !had)
    while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
      ;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return why;
}

void exotel_process_close_input(exotel_process *p) {
  shut(&p->input);
}

/* A reaped id may be somebody else's by now; a forked copy has no children of ours. */
int exotel_process_signal(exotel_process *p, int number) {
  if (p->opener != getpid()) return EPERM;
  if (p->state != EXOTEL_CHILD_RUNNING) return ESRCH;
  return kill(p->pid, number) < 0 ? errno : 0;
}

exotel_child_state exotel_process_wait(exotel_process *p, double timeout, int *code) {
  if (p->opener != getpid()) return EXOTEL_CHILD_LOST;
  if (p->state == EXOTEL_CHILD_RUNNING)
    p->state = exotel_child_wait(p->pid, timeout, &p->code);
  *code = p->code;
  return p->state;
}

void exotel_process_free(exotel_process *p) {
  int code;
  if (p == NULL) return;
  if (exotel_process_signal(p, SIGKILL) == 0) exotel_process_wait(p, HUGE_VAL, &code);
  shut(&p->input);
  shut(&p->output);
  free(p);
}
