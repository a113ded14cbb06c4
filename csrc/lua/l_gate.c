/*
** l_gate: the relay of csrc/sys/gate for Lua (see l_gate.h).
**
** A gate is a userdata that owns an exotel_gate. It is a source for exotel.poller, as a
** server of exotel.httpd is.
**
** SPDX-License-Identifier: MIT
*/
#include "l_gate.h"

#include "../sys/gate.h"
#include "listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GATE "exotel.sys.gate"

typedef struct l_gate {
  exotel_gate *gate; /* NULL when closed */
  char host[LISTEN_LONGEST_HOST];
} l_gate;

enum { PORT, UPSTREAM, MAX_CONNECTIONS, BACKLOG, NOPTIONS };

/* 0 as the usual port upstream is out of its range: it must be given. */
static const listen_option options[NOPTIONS] = {{"port", 0, 0, 65535},
                                                {"upstream", 0, 1, 65535},
                                                {"max_connections", 64, 1, 65536},
                                                {"backlog", 0, 0, 65535}};

/* sys.gate{ host=, port=, upstream=, max_connections=, backlog= }: listens on host
** (127.0.0.1) and port (0: any that is free), and relays each connection to the port
** `upstream` of 127.0.0.1, max_connections (64) at once; more of them wait to be accepted,
** `backlog` of them or so (0: as many as the system lets). Returns the gate, or nil and a
** message. */
int l_sys_gate(lua_State *L) {
  exotel_gate_options o;
  char message[256];
  l_gate *owner;
  listen_check_names(L, options, NOPTIONS);
  o.port = (uint16_t)listen_check_number(L, &options[PORT]);
  o.upstream = (uint16_t)listen_check_number(L, &options[UPSTREAM]);
  if (o.upstream == 0) listen_option_error(L, "%s: integer expected", "upstream");
  o.max_connections = (unsigned)listen_check_number(L, &options[MAX_CONNECTIONS]);
  o.backlog = (unsigned)listen_check_number(L, &options[BACKLOG]);
  o.host = listen_check_host(L);
  owner = exotel_newowner(L, sizeof *owner, GATE);
  owner->gate = exotel_gate_open(&o, message, sizeof message);
  if (owner->gate == NULL) return listen_push_failure(L, o.host, (int)o.port, message);
  snprintf(owner->host, sizeof owner->host, "%s", o.host);
  return 1;
}

static l_gate *check_gate(lua_State *L) {
  l_gate *owner = luaL_checkudata(L, 1, GATE);
  if (owner->gate == NULL) luaL_error(L, "gate is closed");
  return owner;
}

static exotel_gate_state look(lua_State *L) {
  exotel_gate_state state;
  exotel_gate_look(check_gate(L)->gate, &state);
  return state;
}

static int l_gate_port(lua_State *L) {
  lua_pushinteger(L, look(L).port);
  return 1;
}

static int l_gate_url(lua_State *L) {
  return listen_push_url(L, check_gate(L)->host, (int)look(L).port);
}

static int l_gate_pollfd(lua_State *L) {
  lua_pushinteger(L, look(L).fd);
  return 1;
}

/* The descriptor's readiness covers writing as well: it is an epoll set. */
static int l_gate_events(lua_State *L) {
  check_gate(L);
  lua_pushliteral(L, "r");
  return 1;
}

static int l_gate_timeout(lua_State *L) {
  double timeout = look(L).timeout;
  if (timeout >= 0)
    lua_pushnumber(L, timeout);
  else
    lua_pushnil(L);
  return 1;
}

/* gate:connections(): how many are open. */
static int l_gate_connections(lua_State *L) {
  exotel_pushinteger(L, look(L).connections);
  return 1;
}

static int fail_foreign(lua_State *L) {
  return luaL_error(L, "gate belongs to the process that opened it");
}

/* gate:step(): carries what is there, without waiting. true; or nil and the system's
** words. */
static int l_gate_step(lua_State *L) {
  int why = exotel_gate_step(check_gate(L)->gate);
  if (why == EPERM) return fail_foreign(L);
  if (why == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(why));
  return 2;
}

/* -- orders: gate:what(port, …), port being that of a request's peer. true; or nil, "gone"
** when there is no such connection any more. ------------------------------------------ */

static exotel_gate_ending check_ending(lua_State *L, int i) {
  static const char *const names[] = {"close", "reset", "hold", NULL};
  return (exotel_gate_ending)luaL_checkoption(L, i, NULL, names);
}

static int give(lua_State *L, const exotel_gate_order *order) {
  exotel_gate *gate = check_gate(L)->gate;
  long long port = exotel_checkinteger(L, 2);
  int why;
  luaL_argcheck(L, port >= 0 && port <= 65535, 2, "0 to 65535 expected");
  why = exotel_gate_give(gate, (uint16_t)port, order);
  if (why == EPERM) return fail_foreign(L);
  if (why == ENOMEM) return luaL_error(L, "not enough memory");
  if (why == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushliteral(L, "gone");
  return 2;
}

/* gate:raw(port, bytes, ending): these bytes pass instead of the server's, whose
** connection ends. Then the client's ends as `ending` says: "close", "reset", or "hold",
** which waits for the client to go. */
static int l_gate_raw(lua_State *L) {
  exotel_gate_order order = {EXOTEL_GATE_RAW, EXOTEL_GATE_CLOSE, NULL, 0, 0};
  order.bytes = luaL_checklstring(L, 3, &order.n);
  order.ending = check_ending(L, 4);
  return give(L, &order);
}

/* gate:limit(port, n, ending): n more of the server's bytes pass, then both ends. */
static int l_gate_limit(lua_State *L) {
  exotel_gate_order order = {EXOTEL_GATE_LIMIT, EXOTEL_GATE_CLOSE, NULL, 0, 0};
  long long n = exotel_checkinteger(L, 3);
  luaL_argcheck(L, n >= 0, 3, "0 or more expected");
  order.n = (size_t)n;
  order.ending = check_ending(L, 4);
  return give(L, &order);
}

/* gate:slow(port, rate): from now on, `rate` bytes a second pass to the client. */
static int l_gate_slow(lua_State *L) {
  exotel_gate_order order = {EXOTEL_GATE_SLOW, EXOTEL_GATE_CLOSE, NULL, 0, 0};
  order.rate = luaL_checknumber(L, 3);
  luaL_argcheck(L, order.rate > 0, 3, "more than 0 expected");
  return give(L, &order);
}

/* gate:end_on_reuse(port, ending): the connection ends when the client sends anything
** after the answer, which the server never gets. */
static int l_gate_end_on_reuse(lua_State *L) {
  exotel_gate_order order = {EXOTEL_GATE_REUSE, EXOTEL_GATE_CLOSE, NULL, 0, 0};
  order.ending = check_ending(L, 3);
  return give(L, &order);
}

static int l_gate_close(lua_State *L) {
  l_gate *owner = luaL_checkudata(L, 1, GATE);
  exotel_gate_free(owner->gate);
  owner->gate = NULL;
  return 0;
}

static const luaL_Reg methods[] = {{"port", l_gate_port},
                                   {"url", l_gate_url},
                                   {"pollfd", l_gate_pollfd},
                                   {"events", l_gate_events},
                                   {"timeout", l_gate_timeout},
                                   {"connections", l_gate_connections},
                                   {"step", l_gate_step},
                                   {"raw", l_gate_raw},
                                   {"limit", l_gate_limit},
                                   {"slow", l_gate_slow},
                                   {"end_on_reuse", l_gate_end_on_reuse},
                                   {NULL, NULL}};

void l_gate_open(lua_State *L) {
  exotel_newclass(L, GATE, methods, l_gate_close);
}
