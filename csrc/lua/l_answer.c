/*
** l_answer: an answer's limits and headers in Lua (see l_answer.h).
**
** SPDX-License-Identifier: MIT
*/
#include "l_answer.h"

#include "../core/header.h"

#include <string.h>

#define USUAL_HEADERS 8 /* of an answer; more only take longer */

double l_number_field(lua_State *L, int table, const char *name, double otherwise) {
  double value = otherwise;
  lua_getfield(L, table, name);
  if (lua_type(L, -1) == LUA_TNUMBER)
    value = (double)lua_tonumber(L, -1);
  else if (!lua_isnil(L, -1))
    luaL_error(L, "%s wants a number, got %s", name, luaL_typename(L, -1));
  lua_pop(L, 1);
  return value;
}

static size_t size_field(lua_State *L, int table, const char *name, double otherwise) {
  double value = l_number_field(L, table, name, otherwise);
  if (!(value >= 1 && value <= 1e9))
    luaL_error(L, "%s must be from 1 to 1e9 bytes", name);
  return (size_t)value;
}

void l_answer_limits(lua_State *L, int table, size_t *max_headers, size_t *max_body) {
  *max_headers = size_field(L, table, "max_headers", 65536);
  *max_body = size_field(L, table, "max_body", 16777216);
}

/* Sets name = value, joined by ", " to what stands there already. */
static void set_header(lua_State *L, int table, const exotel_header *h) {
  char name[64];
  size_t i;
  if (h->name.n >= sizeof name) return;
  for (i = 0; i < h->name.n; i++) {
    char c = h->name.p[i];
    name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  lua_pushlstring(L, name, h->name.n);
  lua_pushvalue(L, -1);
  lua_rawget(L, table);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, h->value.p, h->value.n);
  } else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, h->value.p, h->value.n);
    lua_concat(L, 3);
  }
  lua_rawset(L, table);
}

void l_answer_headers(lua_State *L, exotel_slice head) {
  exotel_header h;
  int table;
  lua_createtable(L, 0, USUAL_HEADERS);
  table = lua_gettop(L);
  while (exotel_header_next(&head, &h))
    set_header(L, table, &h);
}
