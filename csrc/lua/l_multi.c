/*
** l_multi: transfers that don't block, for Lua. Private: lua/exotel/transport/loop.lua decides what
** is begun when, and who hears of its end.
**
** A transfer is known by its number alone: it belongs to the multi, which is a
** userdata's, so nothing can be collected in a wrong order.
**
** SPDX-License-Identifier: MIT
*/
#include "../curl/multi.h"

#include "l_transfer.h"

#include <errno.h>
#include <string.h>

#define CLASS "exotel.curl.multi"

typedef struct l_multi {
  exotel_multi *multi; /* NULL when closed */
  int taking;          /* a result is being made into a table */
  int closing;         /* and then it is to be closed */
} l_multi;

static l_multi *check_multi(lua_State *L) {
  l_multi *m = luaL_checkudata(L, 1, CLASS);
  if (m->multi == NULL || m->closing) luaL_error(L, "the loop is closed");
  if (exotel_multi_is_foreign(m->multi))
    luaL_error(L, "the loop belongs to the process that made it");
  return m;
}

static int l_multi_close(lua_State *L) {
  l_multi *m = luaL_checkudata(L, 1, CLASS);
  exotel_multi *multi = m->multi;
  m->closing = 1;
  if (m->taking) return 0; /* by a finalizer, under l_multi_next */
  m->multi = NULL;
  exotel_multi_free(multi);
  return 0;
}

/* curl.multi(): nil and a message when there is no descriptor left. */
int l_multi_new(lua_State *L) {
  l_multi *m = exotel_newowner(L, sizeof *m, CLASS);
  m->multi = exotel_multi_new();
  if (m->multi != NULL) return 1;
  if (errno == ENOMEM) return luaL_error(L, "not enough memory");
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* multi:start(number, request, options): begins a transfer, see l_transfer.h. The number is
** the caller's choice, so that it can be written down before anything has begun. */
static int l_multi_start(lua_State *L) {
  exotel_header headers[L_REQUEST_HEADERS_MAX];
  exotel_transfer_options o;
  exotel_transfer_request r;
  long long number = exotel_checkinteger(L, 2);
  l_multi *m;
  luaL_argcheck(L, number > 0, 2, "above 0 expected");
  luaL_checktype(L, 3, LUA_TTABLE);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  luaL_checkstack(L, 24, NULL);
  l_transfer_options(L, 4, &o);
  l_transfer_request(L, 3, &r, headers);
  m = check_multi(L); /* last: a metamethod of the tables may close it */
  if (!exotel_multi_start(m->multi, (unsigned long)number, &o, &r))
    return luaL_error(L, "not enough memory");
  return 0;
}

/* multi:step(seconds, most): waits up to `seconds` for something to do and does it, for
** at most so many descriptors. How many were ready, or nil and a message. */
static int l_multi_step(lua_State *L) {
  l_multi *m = check_multi(L);
  int ready = exotel_multi_step(m->multi, luaL_checknumber(L, 2),
                                (int)luaL_optinteger(L, 3, 0));
  if (ready >= 0) {
    lua_pushinteger(L, ready);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

static int push_ended(lua_State *L) {
  const exotel_transfer_result *result;
  unsigned long number = exotel_multi_ended(lua_touserdata(L, 1), &result);
  if (number == 0) return 0;
  exotel_pushinteger(L, number);
  return 1 + l_transfer_push(L, result);
}

/* multi:next(): the number of the transfer that ended first, and its response, or nil and
** a failure; nothing when none has ended. It is let go of only when all that is pushed:
** without memory for it, it is there the next time. */
static int l_multi_next(lua_State *L) {
  l_multi *m = check_multi(L);
  int status, base = lua_gettop(L);
  if (m->taking) return 0;
  luaL_checkstack(L, 8, NULL);
  lua_pushcfunction(L, push_ended);
  lua_pushlightuserdata(L, m->multi);
  m->taking = 1;
  status = lua_pcall(L, 1, LUA_MULTRET, 0);
  m->taking = 0;
  if (status == 0 && lua_gettop(L) > base) exotel_multi_release(m->multi);
  if (m->closing) {
    exotel_multi_free(m->multi);
    m->multi = NULL;
  }
  return status == 0 ? lua_gettop(L) - base : lua_error(L);
}

static int l_multi_cancel(lua_State *L) {
  l_multi *m = check_multi(L);
  unsigned long number = (unsigned long)exotel_checkinteger(L, 2);
  lua_pushboolean(L, exotel_multi_cancel(m->multi, number));
  return 1;
}

/* multi:prepare(options, handles): see exotel_multi_prepare. */
static int l_multi_prepare(lua_State *L) {
  l_multi *m;
  exotel_transfer_options o;
  long long handles = exotel_checkinteger(L, 3);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 16, NULL);
  l_transfer_options(L, 2, &o);
  m = check_multi(L); /* last, as above */
  if (!exotel_multi_prepare(m->multi, &o, handles < 1 ? 1 : (size_t)handles))
    return luaL_error(L, "not enough memory");
  return 0;
}

static int l_multi_pollfd(lua_State *L) {
  exotel_multi_state state;
  exotel_multi_look(check_multi(L)->multi, &state);
  lua_pushinteger(L, state.fd);
  return 1;
}

static int l_multi_timeout(lua_State *L) {
  exotel_multi_state state;
  exotel_multi_look(check_multi(L)->multi, &state);
  if (state.timeout < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, state.timeout);
  return 1;
}

void l_multi_open(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"start", l_multi_start},     {"step", l_multi_step},
      {"next", l_multi_next},       {"cancel", l_multi_cancel},
      {"prepare", l_multi_prepare}, {"pollfd", l_multi_pollfd},
      {"timeout", l_multi_timeout}, {NULL, NULL}};
  exotel_newclass(L, CLASS, methods, l_multi_close);
}
