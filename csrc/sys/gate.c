/*
** gate: a relay of TCP connections, which spoils them as it is told (see gate.h).
**
** A connection has two ends and two flows of bytes between them. A flow is filled from one
** end only when it is empty or has room behind what it holds, so that a reader who is slow
** slows the writer down. An end is in the epoll set while something is wanted of it and
** only then: otherwise one that has failed, and isn't read now, would be reported for ever.
** A connection that ends is closed at once and freed behind the events that are at hand.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "gate.h"

#include "address.h"
#include "clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define HELD 16384 /* bytes of a flow that may be on their way */
#define BATCH 64   /* connections and events taken in one go */
#define PAUSE 0.1  /* seconds without accepting, when there is nothing to do it with */
#define LINGER 5.0 /* seconds for a client to close after the server did */
#define UNSENT 0.002    /* seconds until a RST is tried again that would lose bytes */
#define MOST_DROPPED 64 /* reads of what a client sent before it is closed */

typedef struct flow {
  char *bytes; /* `held`, or an order's, which is owned */
  size_t from, to;
  int ended; /* its source gives no more */
  int shut;  /* and its destination knows */
  char held[HELD];
} flow;

typedef struct end {
  struct connection *owner;
  int fd;           /* -1 when closed */
  uint32_t watched; /* as epoll was told; 0: not in the set */
} end;

typedef struct connection {
  end client, server;
  flow up, down; /* from client to server, and back */
  uint16_t port;
  double due;                /* when it is to be looked at anyway; HUGE_VAL: never */
  int ordered;               /* `ending` comes when `left` is 0, or `down` has ended */
  exotel_gate_ending ending; /* in the end */
  size_t left;               /* of `down`; SIZE_MAX: all */
  int single;                /* `reuse` comes with the next request */
  exotel_gate_ending reuse;
  double rate, began; /* of `down`; 0: as it comes; began < 0: nothing has passed yet */
  size_t passed;      /* of `down`, since the last order */
  int over;           /* held until the client goes */
  struct connection *newer, *older; /* in the gate's list of all, or of the dead */
} connection;

struct exotel_gate {
  pid_t opener;
  int fd, listener;
  int listening; /* the listener is in the set */
  uint16_t port, upstream;
  unsigned n, most;
  double pause;       /* until when nothing is accepted */
  unsigned timed;     /* connections with a `due` */
  connection *newest; /* all that live */
  connection *dead;
};

/* -- ends and connections ------------------------------------------------------------ */

/* -1: it can't be, for want of the system's memory. */
static int watch(exotel_gate *g, end *e, uint32_t events) {
  struct epoll_event v;
  int how = e->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (e->fd < 0 || events == e->watched) return 0;
  v.events = events;
  v.data.ptr = e;
  if (events == 0) how = EPOLL_CTL_DEL;
  if (epoll_ctl(g->fd, how, e->fd, &v) < 0) return -1;
  e->watched = events;
  return 0;
}

/* Taken out of the set by hand: a forked copy's descriptor would keep it in. */
static void shut_end(exotel_gate *g, end *e) {
  if (e->fd < 0) return;
  (void)watch(g, e, 0);
  close(e->fd);
  e->fd = -1;
}

static void set_due(exotel_gate *g, connection *c, double due) {
  g->timed += (due < HUGE_VAL) - (c->due < HUGE_VAL);
  c->due = due;
}

static void reset_end(exotel_gate *g, end *e) {
  static const struct linger at_once = {1, 0};
  if (e->fd >= 0) setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shut_end(g, e);
}

static void link_newest(exotel_gate *g, connection *c) {
  c->older = g->newest;
  if (c->older != NULL) c->older->newer = c;
  g->newest = c;
  g->n++;
}

static void end_connection(exotel_gate *g, connection *c) {
  shut_end(g, &c->client);
  shut_end(g, &c->server);
  set_due(g, c, HUGE_VAL);
  if (c->newer != NULL)
    c->newer->older = c->older;
  else
    g->newest = c->older;
  if (c->older != NULL) c->older->newer = c->newer;
  g->n--;
  c->older = g->dead;
  g->dead = c;
}

static int ended(const connection *c) {
  return c->client.fd < 0;
}

static void free_connection(connection *c) {
  if (c->down.bytes != c->down.held) free(c->down.bytes);
  free(c);
}

static void bury(exotel_gate *g) {
  while (g->dead != NULL) {
    connection *c = g->dead;
    g->dead = c->older;
    free_connection(c);
  }
}

/* -- flows --------------------------------------------------------------------------- */

static size_t holds(const flow *f) {
  return f->to - f->from;
}

static int has_room(const flow *f) {
  return !f->ended && (f->from == f->to || f->to < HELD);
}

/* Reads once. -1: the source has failed. */
static int fill(flow *f, int fd) {
  ssize_t n;
  if (f->from == f->to) f->from = f->to = 0;
  n = recv(fd, f->bytes + f->to, HELD - f->to, 0);
  if (n > 0) f->to += (size_t)n;
  if (n == 0) f->ended = 1;
  return n < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

/* Writes once, `most` bytes of what there is. -1: the destination has failed. */
static ssize_t drain(flow *f, int fd, size_t most) {
  ssize_t n;
  if (most > holds(f)) most = holds(f);
  if (most == 0) return 0;
  n = send(fd, f->bytes + f->from, most, MSG_NOSIGNAL);
  if (n > 0) f->from += (size_t)n;
  if (n >= 0) return n;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* What was taken up has nowhere to go; an answer may still come down. */
static void give_up_upstream(connection *c) {
  c->up.from = c->up.to = 0;
  c->up.ended = c->up.shut = 1;
}

/* Whether that came to pass just now. */
static int shut_when_empty(flow *f, int fd) {
  if (!f->ended || f->shut || holds(f) > 0) return 0;
  f->shut = 1;
  shutdown(fd, SHUT_WR);
  return 1;
}

/* How much may go down to the client now. */
static size_t allowance(connection *c, double now) {
  size_t most = c->left;
  if (c->rate > 0 && holds(&c->down) > 0) {
    double room;
    if (c->began < 0) c->began = now;
    room = floor((now - c->began) * c->rate) + 1 - (double)c->passed;
    if (room < (double)HELD && room < (double)most) most = room > 0 ? (size_t)room : 0;
  }
  return most;
}

/* -- endings ------------------------------------------------------------------------- */

/* A socket closed on unread bytes sends a RST. */
static void drop_unread(int fd) {
  char bytes[4096];
  int i;
  for (i = 0; i < MOST_DROPPED; i++)
    if (recv(fd, bytes, sizeof bytes, 0) <= 0) return;
}

/* A RST takes with it what wasn't sent yet; a client that is gone doesn't want it. */
static int is_unsent(int fd) {
  int n = 0;
  char byte;
  if (ioctl(fd, SIOCOUTQNSD, &n) < 0 || n == 0) return 0;
  return recv(fd, &byte, 1, MSG_PEEK) >= 0 || errno == EAGAIN;
}

static void finish(exotel_gate *g, connection *c, double now) {
  shut_end(g, &c->server);
  c->down.ended = c->up.ended = 1;
  c->down.from = c->down.to = 0;
  switch (c->ending) {
    case EXOTEL_GATE_CLOSE:
      drop_unread(c->client.fd);
      end_connection(g, c);
      return;
    case EXOTEL_GATE_RESET:
      if (is_unsent(c->client.fd)) {
        (void)watch(g, &c->client, 0);
        set_due(g, c, now + UNSENT);
        return;
      }
      reset_end(g, &c->client);
      end_connection(g, c);
      return;
    case EXOTEL_GATE_HOLD: break;
  }
  c->over = 1;
  set_due(g, c, HUGE_VAL);
  if (watch(g, &c->client, EPOLLIN) < 0) end_connection(g, c);
}

static void order_ending(connection *c, exotel_gate_ending ending) {
  c->ordered = 1;
  c->ending = ending;
}

/* The client has gone or failed: the server learns of it the hard way too. */
static void abandon(exotel_gate *g, connection *c) {
  reset_end(g, &c->server);
  reset_end(g, &c->client);
  end_connection(g, c);
}

/* What a held client sends is dropped; its end ends all. */
static void drop(exotel_gate *g, connection *c) {
  char bytes[4096];
  ssize_t n = recv(c->client.fd, bytes, sizeof bytes, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) end_connection(g, c);
}

/* -- carrying ------------------------------------------------------------------------ */

static int hears_client(const connection *c) {
  return has_room(&c->up) && (!c->single || c->passed > 0);
}

/* The server failed: what it sent before still passes. */
static void lose_server(exotel_gate *g, connection *c) {
  shut_end(g, &c->server);
  give_up_upstream(c);
  c->down.ended = 1;
  if (!c->ordered) order_ending(c, EXOTEL_GATE_RESET);
}

static void read_end(exotel_gate *g, connection *c, const end *e) {
  if (e == &c->server) {
    if (has_room(&c->down) && fill(&c->down, e->fd) < 0) lose_server(g, c);
    return;
  }
  if (!hears_client(c)) return;
  if (fill(&c->up, e->fd) < 0) {
    abandon(g, c);
  } else if (c->single && holds(&c->up) > 0) {
    c->up.from = c->up.to = 0;
    c->left = 0;
    order_ending(c, c->reuse);
  }
}

/* Writes what there is, both ways. -1: the client has failed. */
static int write_ends(connection *c, double now) {
  ssize_t n = drain(&c->down, c->client.fd, allowance(c, now));
  if (n < 0) return -1;
  c->passed += (size_t)n;
  if (c->left != SIZE_MAX) c->left -= (size_t)n;
  if (c->server.fd >= 0 && drain(&c->up, c->server.fd, SIZE_MAX) < 0)
    give_up_upstream(c);
  return 0;
}

/* When a slow flow may go on. */
static double due_of(const connection *c) {
  if (!(c->rate > 0) || holds(&c->down) == 0) return HUGE_VAL;
  return c->began + (double)c->passed / c->rate;
}

static void want(exotel_gate *g, connection *c, double now) {
  int sends = holds(&c->down) > 0 && allowance(c, now) > 0;
  uint32_t client = (hears_client(c) ? EPOLLIN : 0u) | (sends ? EPOLLOUT : 0u);
  uint32_t server =
      (has_room(&c->down) ? EPOLLIN : 0u) | (holds(&c->up) > 0 ? EPOLLOUT : 0u);
  if (watch(g, &c->client, client) < 0 || watch(g, &c->server, server) < 0)
    abandon(g, c);
  else if (!c->down.shut)
    set_due(g, c, sends ? HUGE_VAL : due_of(c));
}

/* After whatever was read: writes, ends what is to end, and says what is wanted next. */
static void carry(exotel_gate *g, connection *c, double now) {
  if (write_ends(c, now) < 0) {
    abandon(g, c);
    return;
  }
  if (c->ordered && (c->left == 0 || (c->down.ended && holds(&c->down) == 0))) {
    finish(g, c, now);
    return;
  }
  (void)shut_when_empty(&c->up, c->server.fd);
  if (shut_when_empty(&c->down, c->client.fd)) set_due(g, c, now + LINGER);
  if (c->up.shut && c->down.shut)
    end_connection(g, c);
  else
    want(g, c, now);
}

static void on_ready(exotel_gate *g, end *e, double now) {
  connection *c = e->owner;
  if (e->fd < 0) return; /* closed by an event before this one */
  if (c->over) {
    drop(g, c);
    return;
  }
  read_end(g, c, e);
  if (!ended(c)) carry(g, c, now);
}

static void on_time(exotel_gate *g, double now) {
  connection *c, *older;
  for (c = g->timed > 0 ? g->newest : NULL; c != NULL; c = older) {
    older = c->older;
    if (c->due > now) continue;
    if (c->down.shut)
      end_connection(g, c);
    else
      carry(g, c, now);
  }
}

/* -- accepting ----------------------------------------------------------------------- */

static int open_upstream(const exotel_gate *g, connection *c) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(g->upstream);
  if (connect(c->server.fd, (struct sockaddr *)&a, sizeof a) < 0 &&
      errno != EINPROGRESS)
    return -1;
  if (getsockname(c->server.fd, (struct sockaddr *)&a, &n) < 0) return -1;
  c->port = ntohs(a.sin_port);
  return 0;
}

/* A packet for each write: what is small must not wait for what was sent before it. */
static void send_at_once(int fd) {
  static const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/* With a socket that isn't connected, so that a client is accepted only when it can be
** served. NULL: errno. */
static connection *new_connection(void) {
  connection *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->client.owner = c->server.owner = c;
  c->client.fd = -1;
  c->up.bytes = c->up.held;
  c->down.bytes = c->down.held;
  c->due = HUGE_VAL;
  c->left = SIZE_MAX;
  c->began = -1;
  c->server.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->server.fd >= 0) return c;
  free(c);
  return NULL;
}

/* 1: there may be more; 0: there are none; -1: they can't be served now. */
static int accept_one(exotel_gate *g, double now) {
  connection *c = new_connection();
  if (c == NULL) return -1;
  c->client.fd = accept4(g->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (c->client.fd < 0) {
    int why = errno;
    close(c->server.fd);
    free(c);
    if (why == EAGAIN) return 0;
    return why == ECONNABORTED || why == EINTR ? 1 : -1;
  }
  link_newest(g, c);
  send_at_once(c->client.fd);
  send_at_once(c->server.fd);
  if (open_upstream(g, c) < 0)
    abandon(g, c);
  else
    carry(g, c, now);
  return 1;
}

static void listen_or_not(exotel_gate *g, double now) {
  int listening = g->n < g->most && now >= g->pause;
  struct epoll_event v;
  if (listening == g->listening) return;
  v.events = EPOLLIN;
  v.data.ptr = NULL;
  if (epoll_ctl(g->fd, listening ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, g->listener, &v) == 0)
    g->listening = listening;
}

static void accept_some(exotel_gate *g, double now) {
  int i, more = 1;
  for (i = 0; i < BATCH && more > 0 && g->n < g->most; i++)
    more = accept_one(g, now);
  if (more < 0) g->pause = now + PAUSE;
}

/* -- the gate ------------------------------------------------------------------------ */

static int start_listening(exotel_gate *g, const exotel_address *a, socklen_t n,
                           unsigned backlog) {
  static const int yes = 1;
  int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  exotel_address bound;
  socklen_t m = sizeof bound;
  memset(&bound, 0, sizeof bound);
  g->listener = socket(a->any.sa_family, type, 0);
  if (g->listener < 0) return -1;
  setsockopt(g->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(g->listener, &a->any, n) < 0 ||
      listen(g->listener, backlog > 0 ? (int)backlog : SOMAXCONN) < 0)
    return -1;
  if (getsockname(g->listener, &bound.any, &m) < 0) return -1;
  g->port =
      ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
  g->fd = epoll_create1(EPOLL_CLOEXEC);
  return g->fd < 0 ? -1 : 0;
}

exotel_gate *exotel_gate_open(const exotel_gate_options *o, char *message,
                              size_t size) {
  exotel_address a;
  socklen_t n = exotel_address_read(&a, o->host, o->port);
  exotel_gate *g;
  snprintf(message, size, "%s", "");
  if (n == 0) {
    snprintf(message, size, "not a numeric address");
    return NULL;
  }
  g = calloc(1, sizeof *g);
  if (g == NULL) return NULL;
  g->opener = getpid();
  g->fd = g->listener = -1;
  g->upstream = o->upstream;
  g->most = o->max_connections;
  if (start_listening(g, &a, n, o->backlog) < 0) {
    snprintf(message, size, "%s", strerror(errno));
    exotel_gate_free(g);
    return NULL;
  }
  listen_or_not(g, exotel_clock_monotonic());
  return g;
}

static int is_foreign(const exotel_gate *g) {
  return g->opener != getpid();
}

/* In a forked copy the epoll set is the original's too, and closing is all that may be
** done: both have the connections open. */
static void leave(connection *c) {
  if (c->client.fd >= 0) close(c->client.fd);
  if (c->server.fd >= 0) close(c->server.fd);
}

void exotel_gate_free(exotel_gate *g) {
  if (g == NULL) return;
  while (g->newest != NULL) {
    connection *c = g->newest;
    if (is_foreign(g)) {
      leave(c);
      g->newest = c->older;
      free_connection(c);
    } else {
      end_connection(g, c);
    }
  }
  bury(g);
  if (g->listener >= 0) close(g->listener);
  if (g->fd >= 0) close(g->fd);
  free(g);
}

int exotel_gate_step(exotel_gate *g) {
  struct epoll_event ready[BATCH];
  double now;
  int i, n;
  if (is_foreign(g)) return EPERM;
  n = epoll_wait(g->fd, ready, BATCH, 0);
  if (n < 0) return errno == EINTR ? 0 : errno;
  now = exotel_clock_monotonic();
  for (i = 0; i < n; i++)
    if (ready[i].data.ptr != NULL)
      on_ready(g, ready[i].data.ptr, now);
    else
      accept_some(g, now);
  on_time(g, now);
  bury(g);
  listen_or_not(g, now);
  return 0;
}

void exotel_gate_look(const exotel_gate *g, exotel_gate_state *state) {
  const connection *c;
  double due = !g->listening && g->n < g->most ? g->pause : HUGE_VAL;
  for (c = g->timed > 0 ? g->newest : NULL; c != NULL; c = c->older)
    if (c->due < due) due = c->due;
  state->port = g->port;
  state->fd = g->fd;
  state->connections = g->n;
  state->timeout = -1;
  if (due < HUGE_VAL) {
    double left = due - exotel_clock_monotonic();
    state->timeout = left > 0 ? left : 0;
  }
}

/* -- orders -------------------------------------------------------------------------- */

/* Behind what is on its way down already. */
static int replace_answer(exotel_gate *g, connection *c, const exotel_gate_order *o) {
  flow *f = &c->down;
  size_t before = holds(f);
  char *bytes = malloc(before + o->n + 1);
  if (bytes == NULL) return ENOMEM;
  memcpy(bytes, f->bytes + f->from, before);
  if (o->n > 0) memcpy(bytes + before, o->bytes, o->n);
  if (f->bytes != f->held) free(f->bytes);
  f->bytes = bytes;
  f->from = 0;
  f->to = before + o->n;
  f->ended = 1;
  shut_end(g, &c->server);
  give_up_upstream(c);
  order_ending(c, o->ending);
  return 0;
}

static int obey(exotel_gate *g, connection *c, const exotel_gate_order *o) {
  c->passed = 0;
  c->began = -1;
  switch (o->what) {
    case EXOTEL_GATE_RAW: return replace_answer(g, c, o);
    case EXOTEL_GATE_LIMIT:
      c->left = o->n;
      order_ending(c, o->ending);
      break;
    case EXOTEL_GATE_SLOW: c->rate = o->rate; break;
    case EXOTEL_GATE_REUSE:
      c->single = 1;
      c->reuse = o->ending;
      break;
  }
  return 0;
}

int exotel_gate_give(exotel_gate *g, uint16_t port, const exotel_gate_order *o) {
  double now = exotel_clock_monotonic();
  connection *c = g->newest;
  int why;
  if (is_foreign(g)) return EPERM;
  while (c != NULL && (c->port != port || c->over || c->server.fd < 0))
    c = c->older;
  if (c == NULL) return ENOENT;
  why = obey(g, c, o);
  if (why == 0) carry(g, c, now);
  bury(g);
  listen_or_not(g, now);
  return why;
}
