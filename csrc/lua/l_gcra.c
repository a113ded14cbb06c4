/*
** l_gcra: whose turn it is under an account's limit, for lua/exotel/limiter.lua. Part of
** exotel.core.
**
** The state is a text, as stores keep them: microseconds in decimal. Intervals and
** tolerances are microseconds too; what callers wait by are seconds.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/decimal.h"
#include "../core/gcra.h"

#include <stdio.h>

#define MICROSECONDS 1e6
#define NOW_MAX 4e9 /* seconds: no clock is there before the year 2096 */

/* core.gcra_interval(limit, burst): how long one request takes up; nil where it takes
** 1 <= burst <= limit / 2. */
int l_gcra_interval(lua_State *L) {
  long long limit = exotel_checkinteger(L, 1), burst = exotel_checkinteger(L, 2);
  long long interval = 0;
  if (limit <= EXOTEL_GCRA_LIMIT_MAX && burst <= limit && burst > 0)
    interval = exotel_gcra_interval((long)limit, (long)burst);
  if (interval == 0)
    lua_pushnil(L);
  else
    exotel_pushinteger(L, interval);
  return 1;
}

static long long check_now(lua_State *L, int index) {
  lua_Number seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, seconds >= 0 && seconds <= NOW_MAX, index, "not a time");
  return (long long)(seconds * MICROSECONDS + 0.5);
}

static long long check_span(lua_State *L, int index, long long least) {
  long long span = exotel_checkinteger(L, index);
  luaL_argcheck(L, span >= least && span <= EXOTEL_GCRA_AHEAD_MAX, index,
                "out of range");
  return span;
}

/* The state at `index`; nil when there is none yet. Returns 0 for what is no state. */
static int check_state(lua_State *L, int index, long long *until) {
  exotel_slice text;
  *until = EXOTEL_GCRA_NEVER;
  if (lua_isnil(L, index)) return 1;
  text = l_slice_check(L, index);
  return exotel_decimal_integer(text.p, text.n, until) && *until >= 0;
}

static int push_state(lua_State *L, long long until) {
  char text[32];
  int n = snprintf(text, sizeof text, "%lld", until);
  lua_pushlstring(L, text, (size_t)n);
  return 1;
}

/*
** core.gcra_take(state, now, takes_up, tolerance): the state behind the request, which may
** go; or nil and the seconds to wait before asking again; or false when the state can't be
** read. state: nil at first.
*/
int l_gcra_take(lua_State *L) {
  long long until, now = check_now(L, 2), wait;
  long long takes_up = check_span(L, 3, 1);
  long long tolerance = check_span(L, 4, -EXOTEL_GCRA_AHEAD_MAX);
  if (!check_state(L, 1, &until)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  wait = exotel_gcra_take(&until, now, takes_up, tolerance);
  if (wait == 0) return push_state(L, until);
  lua_pushnil(L);
  lua_pushnumber(L, (lua_Number)wait / MICROSECONDS);
  return 2;
}

/* core.gcra_push(state, now, ahead): the state with the account taken up until `ahead` from
** now at least; false when the state can't be read. */
int l_gcra_push(lua_State *L) {
  long long until, now = check_now(L, 2), ahead = check_span(L, 3, 0);
  if (!check_state(L, 1, &until)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  exotel_gcra_push(&until, now, ahead);
  return push_state(L, until);
}
