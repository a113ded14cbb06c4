/*
** multi: many transfers at once (see multi.h).
**
** A transfer is always in one of three lists: idle, in flight, ended. libcurl says
** through two callbacks which sockets it waits for, which go to epoll, and when it wants
** to be called anyway; both touch nothing else. When libcurl's driving fails, all that is
** in flight ends with its count of sends, and a new libcurl multi takes over.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "multi.h"

#include "../sys/clock.h"
#include "easy.h"
#include "library.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 64
#define IDLE_HANDLES 128      /* kept for later; more than that are closed */
#define KEPT_CONNECTIONS 256L /* fewer than are in flight would close them after use */
#define LONGEST_WAIT 3600.0
#define URL_BYTES 40

typedef struct transfer {
  exotel_easy easy;
  exotel_transfer_result result;
  unsigned long number; /* the caller's; 0 for prepare's */
  struct transfer *next;
} transfer;

struct exotel_multi {
  CURLM *curl; /* NULL after a failure, until the next start */
  int fd;
  pid_t owner;
  double deadline; /* when libcurl wants to be called anyway; negative: never */
  transfer *idle, *in_flight;
  transfer *ended, *ended_last;
  size_t nidle, nin_flight;
};

/* {=================================================================
** Lists
** ================================================================== */

static void push_ended(exotel_multi *m, transfer *t) {
  t->next = NULL;
  if (m->ended_last != NULL)
    m->ended_last->next = t;
  else
    m->ended = t;
  m->ended_last = t;
}

static transfer *pop_ended(exotel_multi *m) {
  transfer *t = m->ended;
  m->ended = t->next;
  if (m->ended == NULL) m->ended_last = NULL;
  return t;
}

static void push_in_flight(exotel_multi *m, transfer *t) {
  t->next = m->in_flight;
  m->in_flight = t;
  m->nin_flight++;
}

static void take_from_flight(exotel_multi *m, transfer *t) {
  transfer **link = &m->in_flight;
  while (*link != t)
    link = &(*link)->next;
  *link = t->next;
  m->nin_flight--;
}

static void free_transfer(transfer *t) {
  exotel_easy_close(&t->easy);
  exotel_transfer_result_free(&t->result);
  free(t);
}

static void push_idle(exotel_multi *m, transfer *t) {
  if (m->nidle == IDLE_HANDLES) {
    free_transfer(t);
    return;
  }
  exotel_transfer_result_free(&t->result); /* the handle is worth keeping, not this */
  t->next = m->idle;
  m->idle = t;
  m->nidle++;
}

static transfer *new_transfer(void) {
  transfer *t = calloc(1, sizeof *t);
  if (t != NULL) exotel_transfer_result_init(&t->result);
  return t;
}

/* The one used last: its TLS session is the freshest. */
static transfer *take_idle(exotel_multi *m) {
  transfer *t = m->idle;
  if (t == NULL) return new_transfer();
  m->idle = t->next;
  m->nidle--;
  return t;
}

/* }================================================================== */

/* {=================================================================
** What libcurl calls
** ================================================================== */

/* Whatever epoll thinks of a descriptor whose number was used before. */
static int watch(int set, int fd, struct epoll_event *event) {
  if (epoll_ctl(set, EPOLL_CTL_MOD, fd, event) == 0) return 0;
  return errno == ENOENT ? epoll_ctl(set, EPOLL_CTL_ADD, fd, event) : -1;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *mine) {
  exotel_multi *m = context;
  struct epoll_event event;
  (void)easy;
  (void)mine;
  memset(&event, 0, sizeof event);
  event.data.fd = fd;
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(m->fd, EPOLL_CTL_DEL, fd, &event);
    return 0;
  }
  return watch(m->fd, fd, &event);
}

static int on_timer(CURLM *curl, long milliseconds, void *context) {
  exotel_multi *m = context;
  (void)curl;
  m->deadline =
      milliseconds < 0 ? -1 : exotel_clock_monotonic() + (double)milliseconds / 1000;
  return 0;
}

/* }================================================================== */

/* {=================================================================
** Beginning and ending
** ================================================================== */

static int make_curl(exotel_multi *m) {
  if (m->curl != NULL) return 1;
  m->deadline = -1;
  m->curl = curl_multi_init();
  if (m->curl == NULL) return 0;
  curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, (void *)m);
  curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, (void *)m);
  curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
  return 1;
}

exotel_multi *exotel_multi_new(void) {
  exotel_multi *m;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return NULL;
  m = calloc(1, sizeof *m);
  if (m != NULL) {
    m->fd = fd;
    m->owner = getpid();
    if (exotel_curl_start() && make_curl(m)) return m;
  }
  free(m);
  close(fd);
  errno = ENOMEM;
  return NULL;
}

int exotel_multi_is_foreign(const exotel_multi *m) {
  return m->owner != getpid();
}

static CURLcode put_in_flight(exotel_multi *m, transfer *t) {
  CURLcode code = curl_easy_setopt(t->easy.handle, CURLOPT_PRIVATE, (void *)t);
  if (code != CURLE_OK) return code;
  if (curl_multi_add_handle(m->curl, t->easy.handle) != CURLM_OK)
    return CURLE_OUT_OF_MEMORY;
  push_in_flight(m, t);
  return CURLE_OK;
}

int exotel_multi_start(exotel_multi *m, unsigned long number,
                       const exotel_transfer_options *options,
                       const exotel_transfer_request *request) {
  transfer *t = make_curl(m) ? take_idle(m) : NULL;
  CURLcode code;
  if (t == NULL) return 0;
  t->number = number;
  code = exotel_easy_begin(&t->easy, options, request, &t->result);
  if (code == CURLE_OK && request->fresh_connection) /* else they would pile up */
    code = curl_easy_setopt(t->easy.handle, CURLOPT_FORBID_REUSE, 1L);
  if (code == CURLE_OK) code = put_in_flight(m, t);
  if (code == CURLE_OK) return 1;
  exotel_easy_end(&t->easy, code);
  if (code == CURLE_OUT_OF_MEMORY) {
    push_idle(m, t);
    return 0;
  }
  push_ended(m, t);
  return 1;
}

/* Ends what libcurl let go of. */
static void end(exotel_multi *m, transfer *t, CURLcode code) {
  take_from_flight(m, t);
  exotel_easy_end(&t->easy, code);
  push_ended(m, t);
}

static void give_up(exotel_multi *m, transfer *t, exotel_transfer_failure failure,
                    const char *message) {
  curl_multi_remove_handle(m->curl, t->easy.handle);
  end(m, t, CURLE_ABORTED_BY_CALLBACK);
  t->result.failure = failure;
  snprintf(t->result.message, sizeof t->result.message, "%s", message);
}

static void take_ended(exotel_multi *m) {
  const CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(m->curl, &left)) != NULL) {
    CURLcode code = message->data.result; /* gone once the handle is removed */
    CURL *handle = message->easy_handle;
    char *private = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &private);
    curl_multi_remove_handle(m->curl, handle);
    end(m, (transfer *)(void *)private, code);
  }
}

/* Nothing is known any more of what is in flight but what was sent of it. */
static void fail_all(exotel_multi *m, CURLMcode code) {
  const char *why = curl_multi_strerror(code);
  while (m->in_flight != NULL)
    give_up(m, m->in_flight, EXOTEL_TRANSFER_OTHER, why);
  curl_multi_cleanup(m->curl);
  m->curl = NULL;
  m->deadline = -1;
}

/* }================================================================== */

/* {=================================================================
** Stepping
** ================================================================== */

static int is_due(const exotel_multi *m) {
  return m->deadline >= 0 && exotel_clock_monotonic() >= m->deadline;
}

/* Returns 0 when libcurl's driving failed, and all has been ended. */
static int act(exotel_multi *m, curl_socket_t fd, unsigned events) {
  int running, bits = 0;
  CURLMcode code;
  if (events & (EPOLLIN | EPOLLHUP)) bits |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
  if (events & EPOLLERR) bits |= CURL_CSELECT_ERR;
  code = curl_multi_socket_action(m->curl, fd, bits, &running);
  if (code == CURLM_OK) return 1;
  take_ended(m);
  fail_all(m, code);
  return 0;
}

static void act_on(exotel_multi *m, const struct epoll_event *events, int n) {
  exotel_sigpipe held;
  int i, works = m->curl != NULL;
  if (!works || (n == 0 && !is_due(m))) return;
  exotel_sigpipe_hold(&held);
  for (i = 0; i < n && works; i++)
    works = act(m, events[i].data.fd, events[i].events);
  if (works && is_due(m)) {
    m->deadline = -1; /* libcurl says anew when, if it is to be called again */
    works = act(m, CURL_SOCKET_TIMEOUT, 0);
  }
  if (works) take_ended(m);
  exotel_sigpipe_release(&held);
}

int exotel_multi_step(exotel_multi *m, double seconds, int most) {
  struct epoll_event events[EVENTS];
  exotel_multi_state state;
  int n;
  exotel_multi_look(m, &state);
  if (!(seconds > 0)) seconds = 0;
  if (state.timeout >= 0 && state.timeout < seconds) seconds = state.timeout;
  if (seconds > LONGEST_WAIT) seconds = LONGEST_WAIT;
  if (most < 1 || most > EVENTS) most = EVENTS;
  n = epoll_wait(m->fd, events, most, (int)ceil(seconds * 1000));
  if (n < 0 && errno != EINTR) return -1;
  if (n < 0) n = 0;
  act_on(m, events, n);
  return n;
}

void exotel_multi_look(const exotel_multi *m, exotel_multi_state *state) {
  double left = m->deadline - exotel_clock_monotonic();
  state->fd = m->fd;
  state->in_flight = m->nin_flight;
  state->timeout = m->deadline < 0 ? -1 : left > 0 ? left : 0;
  if (m->ended != NULL) state->timeout = 0;
}

/* }================================================================== */

/* {=================================================================
** Preparing
** ================================================================== */

/* A socket of ours on loopback, which nobody else knows. -1: none, errno says why. */
static int listen_here(char url[URL_BYTES]) {
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 1) < 0 ||
      getsockname(fd, (struct sockaddr *)&a, &size) < 0) {
    close(fd);
    return -1;
  }
  snprintf(url, URL_BYTES, "https://127.0.0.1:%u/", (unsigned)ntohs(a.sin_port));
  return fd;
}

/* The server of listen_here: it answers the first who comes in no TLS. */
static int answer(int listener) {
  static const char no_tls[] = "no TLS spoken here\n";
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) send(fd, no_tls, sizeof no_tls, MSG_NOSIGNAL);
  return fd;
}

static CURLcode begin_at(exotel_multi *m, transfer *t,
                         const exotel_transfer_options *options, const char *url) {
  exotel_transfer_options direct = *options;
  exotel_transfer_request r;
  CURLcode code;
  direct.proxy = "";
  direct.resolve = NULL;
  memset(&r, 0, sizeof r);
  r.method = "GET";
  r.url = url;
  r.timeout_ms = r.connect_timeout_ms = 1000;
  r.fresh_connection = 1;
  t->number = 0;
  code = exotel_easy_begin(&t->easy, &direct, &r, &t->result);
  return code == CURLE_OK ? put_in_flight(m, t) : code;
}

static int is_in_flight(const exotel_multi *m, const transfer *t) {
  const transfer *other = m->in_flight;
  while (other != NULL && other != t)
    other = other->next;
  return other != NULL;
}

static void take_from_ended(exotel_multi *m, const transfer *t) {
  transfer *before = NULL, *at = m->ended;
  while (at != NULL && at != t) {
    before = at;
    at = at->next;
  }
  if (at == NULL) return;
  if (before == NULL)
    m->ended = at->next;
  else
    before->next = at->next;
  if (m->ended_last == at) m->ended_last = before;
}

/* A connection to ourselves, speaking no TLS. It fails, but by then libcurl has read the
** certificates, which it keeps. Where it can't be, the first transfer reads them. */
static CURLcode read_certificates(exotel_multi *m, transfer *t,
                                  const exotel_transfer_options *options) {
  char url[URL_BYTES];
  int peer = -1, listener = listen_here(url);
  CURLcode code;
  if (listener < 0) return CURLE_OK;
  code = begin_at(m, t, options, url);
  while (code == CURLE_OK && is_in_flight(m, t)) {
    if (exotel_multi_step(m, 0.01, EVENTS) < 0)
      give_up(m, t, EXOTEL_TRANSFER_CANCELLED, "");
    if (peer < 0) peer = answer(listener);
  }
  if (code == CURLE_OK) take_from_ended(m, t);
  if (peer >= 0) close(peer);
  close(listener);
  return code;
}

int exotel_multi_prepare(exotel_multi *m, const exotel_transfer_options *options,
                         size_t handles) {
  transfer *t = make_curl(m) ? take_idle(m) : NULL;
  if (t == NULL) return 0;
  if (read_certificates(m, t, options) == CURLE_OUT_OF_MEMORY) handles = 0;
  push_idle(m, t);
  while (m->nidle < handles && m->nidle < IDLE_HANDLES) {
    t = new_transfer();
    if (t == NULL) return 0;
    t->easy.handle = curl_easy_init();
    if (t->easy.handle == NULL) {
      free_transfer(t);
      return 0;
    }
    push_idle(m, t);
  }
  return handles > 0;
}

/* }================================================================== */

unsigned long exotel_multi_ended(exotel_multi *m,
                                 const exotel_transfer_result **result) {
  if (m->ended == NULL) return 0;
  *result = &m->ended->result;
  return m->ended->number;
}

void exotel_multi_release(exotel_multi *m) {
  if (m->ended != NULL) push_idle(m, pop_ended(m));
}

int exotel_multi_cancel(exotel_multi *m, unsigned long number) {
  exotel_sigpipe held;
  transfer *t = m->in_flight;
  while (t != NULL && t->number != number)
    t = t->next;
  if (t == NULL) return 0;
  exotel_sigpipe_hold(&held);
  give_up(m, t, EXOTEL_TRANSFER_CANCELLED, "it was cancelled");
  exotel_sigpipe_release(&held);
  return 1;
}

static void free_list(transfer *t) {
  while (t != NULL) {
    transfer *next = t->next;
    free_transfer(t);
    t = next;
  }
}

/* In a forked copy a goodbye would end the original's connections, and taking sockets
** out of the epoll set that both share would leave it deaf. */
void exotel_multi_free(exotel_multi *m) {
  exotel_sigpipe held;
  if (m == NULL) return;
  close(m->fd);
  if (exotel_multi_is_foreign(m)) return;
  exotel_sigpipe_hold(&held);
  m->fd = -1;
  while (m->in_flight != NULL)
    give_up(m, m->in_flight, EXOTEL_TRANSFER_CANCELLED, "");
  free_list(m->ended);
  free_list(m->idle);
  curl_multi_cleanup(m->curl);
  exotel_sigpipe_release(&held);
  free(m);
}
