/*
** l_transfer: a request from a Lua table, and what came of it as one (see l_transfer.h).
**
** SPDX-License-Identifier: MIT
*/
#include "l_transfer.h"

#include "l_answer.h"

#include <string.h>

#define TIMEOUT_MAX 86400.0

/* Whether it holds what would end a line of the request, or the string. */
static int ends_line(const char *s, size_t n) {
  return memchr(s, '\0', n) != NULL || memchr(s, '\r', n) != NULL ||
         memchr(s, '\n', n) != NULL;
}

/* A string field without NUL, CR or LF, left on the stack; NULL when it is absent. */
static const char *line_field(lua_State *L, int table, const char *name) {
  const char *s;
  size_t n;
  lua_getfield(L, table, name);
  if (lua_isnil(L, -1)) return NULL;
  if (lua_type(L, -1) != LUA_TSTRING) {
    luaL_error(L, "%s wants a string, got %s", name, luaL_typename(L, -1));
    return NULL;
  }
  s = lua_tolstring(L, -1, &n);
  if (ends_line(s, n)) luaL_error(L, "%s has a CR, LF or NUL", name);
  return s;
}

static int flag_field(lua_State *L, int table, const char *name) {
  int flag;
  lua_getfield(L, table, name);
  flag = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return flag;
}

/* Seconds to milliseconds, rounded up: 0 would mean no limit to libcurl. */
static long milliseconds(lua_State *L, int table, const char *name) {
  double seconds = l_number_field(L, table, name, 0);
  if (!(seconds > 0 && seconds <= TIMEOUT_MAX))
    luaL_error(L, "%s must be above 0 and at most 86400 seconds", name);
  seconds *= 1000;
  return (long)seconds + ((double)(long)seconds < seconds);
}

void l_transfer_options(lua_State *L, int table, exotel_transfer_options *o) {
  memset(o, 0, sizeof *o);
  o->ca_file = line_field(L, table, "ca_file");
  o->user_agent = line_field(L, table, "user_agent");
  o->resolve = line_field(L, table, "resolve");
  lua_getfield(L, table, "proxy");
  if (lua_type(L, -1) == LUA_TBOOLEAN && !lua_toboolean(L, -1))
    o->proxy = "";
  else
    o->proxy = line_field(L, table, "proxy");
  o->plain_http = flag_field(L, table, "plain_http");
  l_answer_limits(L, table, &o->max_headers, &o->max_body);
}

/* The string at `index`, which has no CR, LF or NUL. */
static exotel_slice header_part(lua_State *L, int index) {
  exotel_slice s;
  if (lua_type(L, index) != LUA_TSTRING) luaL_error(L, "headers are strings by name");
  s.p = lua_tolstring(L, index, &s.n);
  if (ends_line(s.p, s.n)) luaL_error(L, "a header has a CR, LF or NUL");
  return s;
}

/* The headers in the table at the top, which stays there and keeps them alive. */
static size_t take_headers(lua_State *L, exotel_header *headers) {
  int table = lua_gettop(L);
  size_t n = 0;
  if (lua_isnil(L, table)) return 0;
  luaL_checktype(L, table, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (n == L_REQUEST_HEADERS_MAX)
      luaL_error(L, "more than %d headers", L_REQUEST_HEADERS_MAX);
    headers[n].name = header_part(L, -2);
    headers[n++].value = header_part(L, -1);
    lua_pop(L, 1);
  }
  return n;
}

static void set_phase(lua_State *L, const char *name, double seconds) {
  if (seconds < 0) return;
  lua_pushnumber(L, seconds);
  lua_setfield(L, -2, name);
}

/* Sets the field `phases` of the table at the top. */
static void set_phases(lua_State *L, const exotel_transfer_result *r) {
  if (!r->has_phases) return;
  lua_createtable(L, 0, 6);
  set_phase(L, "lookup", r->phases.lookup);
  set_phase(L, "connect", r->phases.connect);
  set_phase(L, "tls", r->phases.tls);
  set_phase(L, "wait", r->phases.wait);
  set_phase(L, "read", r->phases.read);
  set_phase(L, "total", r->seconds);
  lua_setfield(L, -2, "phases");
}

static void push_response(lua_State *L, const exotel_transfer_result *r) {
  lua_createtable(L, 0, 8); /* the client makes it a record's metatable */
  exotel_pushinteger(L, r->status);
  lua_setfield(L, -2, "status");
  lua_pushlstring(L, r->headers.p == NULL ? "" : r->headers.p, r->headers.n);
  lua_setfield(L, -2, "head");
  lua_pushlstring(L, r->body.p == NULL ? "" : r->body.p, r->body.n);
  lua_setfield(L, -2, "body");
  lua_pushnumber(L, r->seconds);
  lua_setfield(L, -2, "seconds");
  exotel_pushinteger(L, r->connections);
  lua_setfield(L, -2, "connections");
  set_phases(L, r);
}

static void push_failure(lua_State *L, const exotel_transfer_result *r) {
  lua_createtable(L, 0, 6);
  lua_pushstring(L, exotel_transfer_failure_name(r->failure));
  lua_setfield(L, -2, "reason");
  lua_pushstring(L, r->message);
  lua_setfield(L, -2, "message");
  lua_pushboolean(L, r->sent > 0);
  lua_setfield(L, -2, "sent");
  lua_pushinteger(L, r->code);
  lua_setfield(L, -2, "code");
  lua_pushnumber(L, r->seconds);
  lua_setfield(L, -2, "seconds");
  if (r->status != 0 && r->sent > 0) {
    exotel_pushinteger(L, r->status);
    lua_setfield(L, -2, "status");
  }
  set_phases(L, r);
}

void l_transfer_request(lua_State *L, int table, exotel_transfer_request *r,
                        exotel_header *headers) {
  memset(r, 0, sizeof *r);
  r->timeout_ms = milliseconds(L, table, "timeout");
  r->connect_timeout_ms = milliseconds(L, table, "connect_timeout");
  r->fresh_connection = flag_field(L, table, "fresh_connection");
  r->send_once = flag_field(L, table, "send_once");
  r->phases = flag_field(L, table, "phases");
  r->method = line_field(L, table, "method");
  r->url = line_field(L, table, "url");
  r->username = line_field(L, table, "username");
  r->password = line_field(L, table, "password");
  luaL_argcheck(L, r->method != NULL && r->url != NULL, table,
                "method and url are needed");
  lua_getfield(L, table, "body");
  if (!lua_isnil(L, -1)) {
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, table, "body wants a string");
    r->body = lua_tolstring(L, -1, &r->body_size);
  }
  lua_getfield(L, table, "headers");
  r->headers = headers;
  r->nheaders = take_headers(L, headers);
}

int l_transfer_push(lua_State *L, const exotel_transfer_result *r) {
  if (r->failure == EXOTEL_TRANSFER_DONE) {
    push_response(L, r);
    return 1;
  }
  lua_pushnil(L);
  push_failure(L, r);
  return 2;
}
