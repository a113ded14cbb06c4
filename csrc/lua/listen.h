/*
** listen: what the bindings of things that listen share: their options, a table of
** integers with limits and the numeric address `host`, and their address as a URL.
**
** Static, like compat: the bindings are linked into different libraries.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LUA_LISTEN_H
#define EXOTEL_LUA_LISTEN_H

#include "compat.h"

#include <string.h>

#define LISTEN_HOST "127.0.0.1"
#define LISTEN_LONGEST_HOST 64 /* longer than any numeric address */

typedef struct listen_option {
  const char *name;
  long long usual, least, most;
} listen_option;

static inline int listen_option_error(lua_State *L, const char *format,
                                      const char *name) {
  return luaL_argerror(L, 1, lua_pushfstring(L, format, name));
}

static inline int listen_is_option(const listen_option *options, size_t n,
                                   const char *name) {
  size_t i;
  for (i = 0; i < n; i++)
    if (strcmp(options[i].name, name) == 0) return 1;
  return strcmp(name, "host") == 0;
}

/* Leaves the table of options alone on the stack: an empty one for nil. Raises for a name
** that isn't one. */
static inline void listen_check_names(lua_State *L, const listen_option *options,
                                      size_t n) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      listen_option_error(L, "unknown option (%s)", luaL_typename(L, -2));
    if (!listen_is_option(options, n, lua_tostring(L, -2)))
      listen_option_error(L, "unknown option '%s'", lua_tostring(L, -2));
  }
}

static inline long long listen_check_number(lua_State *L, const listen_option *o) {
  long long n = o->usual;
  lua_getfield(L, 1, o->name);
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TNUMBER || !exotel_isinteger(L, -1))
      listen_option_error(L, "%s: integer expected", o->name);
    n = exotel_tointeger(L, -1);
    if (n < o->least || n > o->most)
      listen_option_error(L, "%s: out of range", o->name);
  }
  lua_pop(L, 1);
  return n;
}

/* Left on the stack, which keeps it. */
static inline const char *listen_check_host(lua_State *L) {
  size_t n;
  lua_getfield(L, 1, "host");
  if (lua_isnil(L, -1)) return LISTEN_HOST;
  if (lua_type(L, -1) != LUA_TSTRING)
    listen_option_error(L, "%s: string expected", "host");
  if (strlen(lua_tolstring(L, -1, &n)) != n)
    listen_option_error(L, "%s: NUL byte", "host");
  return lua_tostring(L, -1);
}

/* Pushes what listening came to nothing for; an empty message means memory, and raises. */
static inline int listen_push_failure(lua_State *L, const char *host, int port,
                                      const char *message) {
  if (message[0] == '\0') return luaL_error(L, "not enough memory");
  lua_pushnil(L);
  lua_pushfstring(L, "cannot listen on %s:%d: %s", host, port, message);
  return 2;
}

static inline int listen_push_url(lua_State *L, const char *host, int port) {
  const char *format = strchr(host, ':') != NULL ? "http://[%s]:%d" : "http://%s:%d";
  lua_pushfstring(L, format, host, port);
  return 1;
}

#endif
