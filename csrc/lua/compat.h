/*
** compat: what the bindings need of newer Luas, for Lua 5.1 and LuaJIT.
**
** One place, and static, so that no symbol of ours meets one that LuaJIT exports by
** the same name. Not a general compatibility layer: only what is used here.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LUA_COMPAT_H
#define EXOTEL_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

/* The one symbol that a module shows: everything else of ours stays hidden, so that two
** of our modules in one process never share by accident. */
#if defined(__GNUC__)
#define EXOTEL_MODULE __attribute__((visibility("default")))
#else
#define EXOTEL_MODULE
#endif

#if LUA_VERSION_NUM < 502

#define lua_rawlen(L, i) lua_objlen(L, i)
#define exotel_setfuncs(L, functions) luaL_register(L, NULL, functions)

static inline int exotel_absindex(lua_State *L, int i) {
  return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}

#else

#define exotel_setfuncs(L, functions) luaL_setfuncs(L, functions, 0)
#define exotel_absindex(L, i) lua_absindex(L, i)

#endif

#if LUA_VERSION_NUM < 503
/* 5.1, LuaJIT and 5.2 keep every number as a double: integral ones count as integers, up to
** where doubles begin to leave some out. Their own functions take a fraction's whole part
** and what the machine makes of the rest; and their lua_Integer has 32 bits on some. */
#define EXOTEL_WHOLE_MAX 9007199254740992.0

static inline int exotel_isinteger(lua_State *L, int i) {
  lua_Number n;
  if (lua_type(L, i) != LUA_TNUMBER) return 0;
  n = lua_tonumber(L, i);
  return n >= -EXOTEL_WHOLE_MAX && n <= EXOTEL_WHOLE_MAX &&
         n == (lua_Number)(long long)n;
}

static inline long long exotel_tointeger(lua_State *L, int i) {
  return exotel_isinteger(L, i) ? (long long)lua_tonumber(L, i) : 0;
}

static inline long long exotel_checkinteger(lua_State *L, int i) {
  lua_Number n = luaL_checknumber(L, i);
  if (!(n >= -EXOTEL_WHOLE_MAX && n <= EXOTEL_WHOLE_MAX) ||
      n != (lua_Number)(long long)n)
    luaL_argerror(L, i, "number has no integer representation");
  return (long long)n;
}

#define exotel_pushinteger(L, n) lua_pushnumber(L, (lua_Number)(n))
#else
#define exotel_isinteger(L, i) lua_isinteger(L, i)
#define exotel_tointeger(L, i) ((long long)lua_tointeger(L, i))
#define exotel_checkinteger(L, i) ((long long)luaL_checkinteger(L, i))
#define exotel_pushinteger(L, n) lua_pushinteger(L, (lua_Integer)(n))
#endif

/* lua_newuserdata of every version, without a user value, cleared. */
static inline void *exotel_newowner(lua_State *L, size_t size, const char *metatable) {
  char *p;
  size_t i;
#if LUA_VERSION_NUM >= 504
  p = lua_newuserdatauv(L, size, 0);
#else
  p = lua_newuserdata(L, size);
#endif
  for (i = 0; i < size; i++)
    p[i] = 0;
  luaL_getmetatable(L, metatable);
  lua_setmetatable(L, -2);
  return p;
}

/* Makes the metatable `name`: methods behind __index, and the one idempotent closing
** function as __gc, __close and close. Leaves nothing on the stack. */
static inline void exotel_newclass(lua_State *L, const char *name,
                                   const luaL_Reg *methods, lua_CFunction closing) {
  luaL_newmetatable(L, name);
  lua_newtable(L);
  exotel_setfuncs(L, methods);
  lua_pushcfunction(L, closing);
  lua_setfield(L, -2, "close");
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, closing);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, closing);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
}

#endif
