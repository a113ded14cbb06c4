/*
** gate: a relay of TCP connections, which spoils what passes through it as it is told.
**
** It listens, opens one connection upstream for each that comes in, and copies bytes both
** ways, a half-closed connection's too. What it carries it doesn't read. Orders are given
** by the port from which it connected upstream, which the server there sees as its
** peer's; they are for clients that send one request at a time, and given between a
** request and its answer. No thread and no waiting: it is stepped by a poller. A gate
** belongs to the process that opened it: a forked copy of that one can only close it,
** which leaves the original alone.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_GATE_H
#define EXOTEL_GATE_H

#include <stddef.h>
#include <stdint.h>

typedef struct exotel_gate exotel_gate;

typedef struct exotel_gate_options {
  const char *host;         /* a numeric address, IPv4 or IPv6, to listen on */
  uint16_t port;            /* 0: the system chooses */
  uint16_t upstream;        /* the port of the server, on 127.0.0.1 */
  unsigned max_connections; /* more wait in the system's queue. Each takes two
                            ** descriptors, and the server's own, which a server in
                            ** this process must be left */
  unsigned backlog;         /* how many may wait there; 0: as many as the system lets */
} exotel_gate_options;

/* What a poller must know. */
typedef struct exotel_gate_state {
  uint16_t port;
  int fd;         /* readable when there is something to do */
  double timeout; /* seconds until exotel_gate_step is due anyway; negative: never */
  unsigned connections;
} exotel_gate_state;

/* How the client's connection ends. That to the server ends with it, and with a HOLD. */
typedef enum exotel_gate_ending {
  EXOTEL_GATE_CLOSE, /* in order */
  EXOTEL_GATE_RESET, /* with a RST, once the client's side has all that was to pass */
  EXOTEL_GATE_HOLD   /* not before the client goes; what it still sends is dropped */
} exotel_gate_ending;

typedef enum exotel_gate_what {
  EXOTEL_GATE_RAW,   /* `bytes` pass instead of the server's, then the ending */
  EXOTEL_GATE_LIMIT, /* `n` of the server's bytes pass, then the ending */
  EXOTEL_GATE_SLOW,  /* `rate` of the server's bytes pass in a second, from now on */
  EXOTEL_GATE_REUSE  /* the ending comes when the client sends again after an answer */
} exotel_gate_what;

typedef struct exotel_gate_order {
  exotel_gate_what what;
  exotel_gate_ending ending;
  const char *bytes; /* copied */
  size_t n;          /* of `bytes`, or those that LIMIT lets pass */
  double rate;       /* more than 0 */
} exotel_gate_order;

/* Listens. Returns NULL with the reason in `message`, cut to its `size`; empty means
** memory. */
exotel_gate *exotel_gate_open(const exotel_gate_options *o, char *message, size_t size);

/* Ends every connection and the listening. NULL is fine. */
void exotel_gate_free(exotel_gate *gate);

/* Carries what is there, as far as that takes no waiting. Returns 0 or an errno: EPERM in
** a process that didn't open it. */
int exotel_gate_step(exotel_gate *gate);

/* Fills in what a poller must know. */
void exotel_gate_look(const exotel_gate *gate, exotel_gate_state *state);

/* Gives an order for the connection that came to the server from that port. Orders of
** different kinds add up, of one kind the last holds. Returns 0 or an errno: ENOENT when
** there is no such connection any more, ENOMEM, EPERM as above. */
int exotel_gate_give(exotel_gate *gate, uint16_t port, const exotel_gate_order *order);

#endif
