/*
** server: an HTTP/1.1 server inside a program (see server.h).
**
** A request is known to libmicrohttpd from its first line to its completion, and may be
** held by the caller as well; it is freed when both let go. While it waits for an answer
** its connection is suspended, and libmicrohttpd neither times it out nor sees it die.
** libmicrohttpd must not be stopped with a suspended connection: stop resumes them all.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "server.h"

#include "../sys/address.h"
#include "../sys/clock.h"
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Read and dropped of a body that is too long, so that its sender, still writing, gets
** the 413 rather than a reset. Past it the connection is closed. */
#define MOST_THROWN ((size_t)1 << 22)

#define LAST_RUNS 4 /* of a server that stops: resume, write, finish, and one over */
#define LONGEST_POLL 3600.0

/* Made at the start, so that a failure can be answered when memory is short. */
static const struct {
  unsigned status;
  const char *connection;
} own_answers[] = {{400, "close"}, {413, NULL}, {500, NULL}, {503, "close"}};
#define OWN (sizeof own_answers / sizeof own_answers[0])

struct exotel_httpd {
  struct MHD_Daemon *daemon;
  pid_t opener;
  size_t max_body;
  struct MHD_Response *own[OWN];
  request *newest;       /* all that libmicrohttpd knows */
  request *first, *last; /* the queue */
  int stopping;
  int due;       /* resumed or closed, and libmicrohttpd has not run since */
  char *message; /* where a failed start is explained; NULL later */
  size_t message_size;
};

/* -- the queue, and the list of all -------------------------------------------------- */

static void link_newest(exotel_httpd *s, request *r) {
  r->server = s;
  r->older = s->newest;
  if (r->older != NULL) r->older->newer = r;
  s->newest = r;
}

static void unlink_from_all(exotel_httpd *s, request *r) {
  if (r->newer != NULL)
    r->newer->older = r->older;
  else
    s->newest = r->older;
  if (r->older != NULL) r->older->newer = r->newer;
}

static void push(exotel_httpd *s, request *r) {
  r->next = NULL;
  if (s->last != NULL)
    s->last->next = r;
  else
    s->first = r;
  s->last = r;
}

static request *pop(exotel_httpd *s) {
  request *r = s->first;
  if (r == NULL) return NULL;
  s->first = r->next;
  if (s->first == NULL) s->last = NULL;
  return r;
}

/* libmicrohttpd is done with it. It can't be in the queue: it is suspended there. */
static void forget(request *r) {
  unlink_from_all(r->server, r);
  r->server = NULL;
  r->connection = NULL;
  if (!r->held) exotel_httpd_request_free(r);
}

/* -- answers ------------------------------------------------------------------------- */

static struct MHD_Response *own(const exotel_httpd *s, unsigned status) {
  size_t i;
  for (i = 0; i < OWN - 1; i++)
    if (own_answers[i].status == status) break;
  return s->own[i];
}

static enum MHD_Result give(request *r) {
  struct MHD_Response *response = r->answer;
  enum MHD_Result result;
  if (response == NULL) response = own(r->server, r->status);
  result = MHD_queue_response(r->connection, r->status, response);
  if (r->answer != NULL)
    MHD_destroy_response(r->answer); /* libmicrohttpd has its own */
  r->answer = NULL;
  return result;
}

/* From here on the request has its answer; libmicrohttpd comes for it when it runs. */
static void settle(request *r, unsigned status) {
  r->status = status;
  if (!r->suspended) return;
  r->suspended = 0;
  r->server->due = 1;
  MHD_resume_connection(r->connection);
}

static int foreign(const exotel_httpd *s) {
  return s != NULL && s->opener != getpid();
}

/* A client that only shut down its sending half looks the same as one that left. */
static int hung_up(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct pollfd f;
  if (info == NULL) return 1;
  f.fd = info->connect_fd;
  f.events = POLLRDHUP;
  f.revents = 0;
  return poll(&f, 1, 0) > 0 && (f.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static int token(exotel_slice s) {
  static const char others[] = "!#$%&'*+-.^_`|~0123456789";
  size_t i;
  for (i = 0; i < s.n; i++) {
    char c = s.p[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) continue;
    if (memchr(others, c, sizeof others - 1) == NULL) return 0;
  }
  return s.n > 0;
}

/* The length of the body is libmicrohttpd's to say, and of a connection only its end. */
static int frames(const exotel_httpd_field *f) {
  if (strcasecmp(f->name.p, MHD_HTTP_HEADER_CONNECTION) == 0)
    return strcasecmp(f->value.p, "close") != 0;
  return strcasecmp(f->name.p, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
         strcasecmp(f->name.p, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
}

/* An empty value and a tab are refused by libmicrohttpd, without saying why. */
static int field_ok(const exotel_httpd_field *f) {
  size_t i;
  if (!token(f->name) || f->value.n == 0) return 0;
  for (i = 0; i < f->value.n; i++)
    if (memchr("\r\n\t", f->value.p[i], 4) != NULL) return 0; /* 4: and NUL */
  return !frames(f);
}

static int first_bad(const exotel_httpd_field *fields, size_t n, size_t *bad) {
  for (*bad = 0; *bad < n; ++*bad)
    if (!field_ok(&fields[*bad])) return 1;
  return 0;
}

static struct MHD_Response *response_of(const exotel_httpd_field *fields, size_t n,
                                        exotel_slice body) {
  size_t i;
  struct MHD_Response *response;
  /* without const in libmicrohttpd, which copies */
  response = MHD_create_response_from_buffer(body.n, (void *)(size_t)body.p,
                                             MHD_RESPMEM_MUST_COPY);
  for (i = 0; i < n && response != NULL; i++)
    if (MHD_add_response_header(response, fields[i].name.p, fields[i].value.p) !=
        MHD_YES) {
      MHD_destroy_response(response);
      response = NULL;
    }
  return response;
}

exotel_httpd_result exotel_httpd_respond(exotel_httpd_request *seen, unsigned status,
                                         const exotel_httpd_field *fields, size_t n,
                                         exotel_slice body, size_t *bad) {
  request *r = (request *)seen;
  int gone;
  if (r->answered) return EXOTEL_HTTPD_TWICE;
  if (foreign(r->server)) return EXOTEL_HTTPD_FOREIGN;
  if (first_bad(fields, n, bad)) return EXOTEL_HTTPD_BAD_FIELD;
  r->answered = 1;
  if (r->connection == NULL) return EXOTEL_HTTPD_GONE;
  r->answer = response_of(fields, n, body);
  r->answered = r->answer != NULL;
  if (!r->answered) return EXOTEL_HTTPD_NOMEMORY;
  gone = hung_up(r->connection);
  settle(r, status);
  return gone ? EXOTEL_HTTPD_GONE : EXOTEL_HTTPD_OK;
}

void exotel_httpd_release(exotel_httpd_request *seen) {
  request *r = (request *)seen;
  if (r == NULL || foreign(r->server)) return; /* the original looks after its own */
  r->held = 0;
  if (r->connection == NULL)
    exotel_httpd_request_free(r);
  else if (r->status == 0)
    settle(r, 500);
}

/* -- what libmicrohttpd calls -------------------------------------------------------- */

static void *on_target(void *context, const char *target,
                       struct MHD_Connection *connection) {
  exotel_httpd *s = context;
  request *r = exotel_httpd_request_new(target, s->max_body);
  if (r == NULL) return NULL;
  r->connection = connection;
  link_newest(s, r);
  return r;
}

static enum MHD_Result refuse(request *r, unsigned status) {
  r->status = status;
  return give(r);
}

/* A body known to be too long: answered before it is sent, when the sender waits for
** leave, or when it is more than can be thrown away. */
static int refused_unread(const request *r) {
  const char *length = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
                                                   MHD_HTTP_HEADER_CONTENT_LENGTH);
  unsigned long long n = length != NULL ? strtoull(length, NULL, 10) : 0;
  if (n <= r->body.max) return 0;
  return n - r->body.max > MOST_THROWN ||
         MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
                                     MHD_HTTP_HEADER_EXPECT) != NULL;
}

/* Where a proxy before us could see the end of the request elsewhere than libmicrohttpd,
** which takes a name with a blank, and the first of several lengths. */
static int ambiguous(const request *r) {
  int lengths = 0;
  size_t i;
  for (i = 0; i < r->seen.nfields; i++) {
    const exotel_httpd_field *f = &r->fields[i];
    if (!token(f->name)) return 1;
    if (f->name.n == 14 && memcmp(f->name.p, "content-length", 14) == 0)
      lengths += memchr(f->value.p, ',', f->value.n) != NULL ? 2 : 1;
    if (f->name.n == 17 && memcmp(f->name.p, "transfer-encoding", 17) == 0) lengths++;
  }
  return lengths > 1;
}

static enum MHD_Result on_begin(request *r, const char *method) {
  if (exotel_httpd_request_begin(r, method, r->connection) < 0) return MHD_NO;
  if (ambiguous(r)) return refuse(r, 400);
  return refused_unread(r) ? refuse(r, 413) : MHD_YES;
}

static enum MHD_Result on_body(request *r, const char *bytes, size_t *n) {
  if (exotel_httpd_request_body(r, bytes, *n) < 0) return MHD_NO;
  *n = 0;
  return r->thrown <= MOST_THROWN ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_end(exotel_httpd *s, request *r) {
  if (r->too_large) return refuse(r, 413);
  if (s->stopping) return refuse(r, 503);
  exotel_httpd_request_end(r);
  r->suspended = 1;
  MHD_suspend_connection(r->connection);
  push(s, r);
  return MHD_YES;
}

/* MHD_NO closes the connection; what is left is freed by on_completed. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *body, size_t *n,
                                  void **mine) {
  request *r = *mine;
  (void)connection;
  (void)url;
  (void)version;
  if (r == NULL) return MHD_NO; /* no memory in on_target */
  if (r->status != 0) return give(r);
  if (!r->begun) return on_begin(r, method);
  if (*n > 0) return on_body(r, body, n);
  return on_end(context, r);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **mine,
                         enum MHD_RequestTerminationCode how) {
  request *r = *mine;
  (void)context;
  (void)connection;
  (void)how;
  *mine = NULL;
  if (r != NULL) forget(r);
}

/* At its limit libmicrohttpd leaves its listening socket unwatched, and watches it again
** only when it runs the next time, for which nothing may be left to wake it. */
static void on_connection(void *context, struct MHD_Connection *connection, void **mine,
                          enum MHD_ConnectionNotificationCode what) {
  exotel_httpd *s = context;
  (void)connection;
  (void)mine;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) s->due = 1;
}

/* Never to stderr, which is the host's. Kept while starting: errno doesn't survive. */
static void on_log(void *context, const char *format, va_list arguments) {
  exotel_httpd *s = context;
  if (s->message == NULL || s->message_size == 0 || s->message[0] != '\0') return;
  vsnprintf(s->message, s->message_size, format, arguments);
  s->message[strcspn(s->message, "\n")] = '\0';
}

/* -- the server ---------------------------------------------------------------------- */

static struct MHD_Daemon *start_daemon(exotel_httpd *s, const exotel_httpd_options *o,
                                       const exotel_address *a) {
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  if (a->any.sa_family == AF_INET6) flags |= MHD_USE_IPv6;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s,
      MHD_OPTION_SOCK_ADDR, &a->any, MHD_OPTION_CONNECTION_LIMIT, o->max_connections,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->max_header, MHD_OPTION_CONNECTION_TIMEOUT,
      o->idle_timeout, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
      on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

static int make_own(exotel_httpd *s) {
  static char nothing[1] = "";
  size_t i;
  for (i = 0; i < OWN; i++) {
    s->own[i] = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    if (s->own[i] == NULL) return -1;
    if (own_answers[i].connection != NULL &&
        MHD_add_response_header(s->own[i], MHD_HTTP_HEADER_CONNECTION,
                                own_answers[i].connection) != MHD_YES)
      return -1;
  }
  return 0;
}

static void free_server(exotel_httpd *s) {
  size_t i;
  for (i = 0; i < OWN; i++)
    if (s->own[i] != NULL) MHD_destroy_response(s->own[i]);
  free(s);
}

exotel_httpd *exotel_httpd_start(const exotel_httpd_options *o, char *message,
                                 size_t size) {
  exotel_address a;
  exotel_httpd *s;
  snprintf(message, size, "%s", "");
  if (exotel_address_read(&a, o->host, o->port) == 0) {
    snprintf(message, size, "not a numeric address");
    return NULL;
  }
  s = calloc(1, sizeof *s);
  if (s == NULL) return NULL;
  s->opener = getpid();
  s->max_body = o->max_body;
  s->message = message;
  s->message_size = size;
  if (make_own(s) == 0) s->daemon = start_daemon(s, o, &a);
  s->message = NULL;
  if (s->daemon != NULL) return s;
  free_server(s);
  return NULL;
}

static int descriptor(exotel_httpd *s, enum MHD_DaemonInfoType type) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, type);
  if (info == NULL) return -1;
  return type == MHD_DAEMON_INFO_EPOLL_FD ? info->epoll_fd : info->listen_fd;
}

/* In a forked copy, stopping would shut down the original's connections and take them
** out of the epoll set that both share. What lives in memory only is left to the copy's
** own end. */
static void abandon(exotel_httpd *s) {
  close(descriptor(s, MHD_DAEMON_INFO_EPOLL_FD));
  close(descriptor(s, MHD_DAEMON_INFO_LISTEN_FD));
}

void exotel_httpd_stop(exotel_httpd *s) {
  request *r;
  int i;
  if (s == NULL) return;
  if (foreign(s)) {
    abandon(s);
    return;
  }
  s->stopping = 1;
  for (r = s->newest; r != NULL; r = r->older)
    if (r->suspended) settle(r, 503);
  while (pop(s) != NULL)
    ;
  for (i = 0; i < LAST_RUNS; i++)
    MHD_run(s->daemon);
  MHD_stop_daemon(s->daemon);
  while (s->newest != NULL)
    forget(s->newest);
  free_server(s);
}

void exotel_httpd_look(exotel_httpd *s, exotel_httpd_state *state) {
  MHD_UNSIGNED_LONG_LONG milliseconds;
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
  state->port = info != NULL ? info->port : 0;
  state->fd = descriptor(s, MHD_DAEMON_INFO_EPOLL_FD);
  state->timeout = -1;
  if (s->first != NULL || s->due)
    state->timeout = 0;
  else if (MHD_get_timeout(s->daemon, &milliseconds) == MHD_YES)
    state->timeout = (double)milliseconds / 1000;
}

/* 0: something may be there, or libmicrohttpd is due; else as poll, with errno. */
static int wait_for(exotel_httpd *s, double seconds) {
  exotel_httpd_state state;
  struct pollfd f;
  exotel_httpd_look(s, &state);
  if (state.timeout >= 0 && state.timeout < seconds) seconds = state.timeout;
  f.fd = state.fd;
  f.events = POLLIN;
  f.revents = 0;
  if (seconds > LONGEST_POLL) seconds = LONGEST_POLL;
  return poll(&f, 1, (int)ceil(seconds * 1000)) < 0 ? -1 : 0;
}

int exotel_httpd_poll(exotel_httpd *s, double seconds) {
  double end = exotel_clock_monotonic() + seconds;
  for (;;) {
    double left;
    if (foreign(s)) {
      errno = EPERM;
      return -1;
    }
    s->due = 0;
    if (MHD_run(s->daemon) != MHD_YES) {
      errno = EIO; /* its log says more; there is nothing to do about it here */
      return -1;
    }
    left = end - exotel_clock_monotonic();
    if (s->first != NULL) return 1;
    if (!(left > 0)) return 0;
    if (wait_for(s, left) < 0) return errno == EINTR ? 0 : -1;
  }
}

exotel_httpd_request *exotel_httpd_next(exotel_httpd *s) {
  request *r = pop(s);
  if (r == NULL) return NULL;
  r->held = 1;
  return &r->seen;
}

const char *exotel_httpd_version(void) {
  return MHD_get_version();
}
