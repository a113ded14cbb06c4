/*
** l_curl: the module exotel.curl, blocking transfers by libcurl. Private: what a transport
** is stands in lua/exotel/transport/curl.lua.
**
** The agent is a userdata's; all strings of a request stay on the Lua stack while libcurl
** runs, and no Lua function runs meanwhile.
**
** SPDX-License-Identifier: MIT
*/
#include "../core/http1.h"
#include "../curl/agent.h"
#include "compat.h"

#include <string.h>

#define CLASS "exotel.curl.agent"
#define RESULT_CLASS "exotel.curl.result"
#define HEADERS_MAX 32 /* header lines of one request */
#define TIMEOUT_MAX 86400.0

EXOTEL_MODULE int luaopen_exotel_curl(lua_State *L);

typedef struct l_agent {
  exotel_agent *agent;
  int closed;
  size_t max_headers, max_body;
} l_agent;

/* An answer while it becomes a table: apart from the agent, which a finalizer may use
** again meanwhile. */
typedef struct l_result {
  exotel_agent_result result;
} l_result;

static int l_result_close(lua_State *L) {
  l_result *r = luaL_checkudata(L, 1, RESULT_CLASS);
  exotel_agent_result_free(&r->result);
  return 0;
}

static l_agent *check_agent(lua_State *L) {
  l_agent *a = luaL_checkudata(L, 1, CLASS);
  luaL_argcheck(L, !a->closed, 1, "the agent is closed");
  return a;
}

static int l_agent_close(lua_State *L) {
  l_agent *a = luaL_checkudata(L, 1, CLASS);
  exotel_agent *agent = a->agent;
  a->agent = NULL;
  a->closed = 1;
  exotel_agent_free(agent);
  return 0;
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
  if (memchr(s, '\0', n) != NULL || strpbrk(s, "\r\n") != NULL)
    luaL_error(L, "%s has a CR, LF or NUL", name);
  return s;
}

static int flag_field(lua_State *L, int table, const char *name) {
  int flag;
  lua_getfield(L, table, name);
  flag = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return flag;
}

static double number_field(lua_State *L, int table, const char *name,
                           double otherwise) {
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
  double value = number_field(L, table, name, otherwise);
  if (!(value >= 1 && value <= 1e9))
    luaL_error(L, "%s must be from 1 to 1e9 bytes", name);
  return (size_t)value;
}

/* Seconds to milliseconds, rounded up: 0 would mean no limit to libcurl. */
static long milliseconds(lua_State *L, int table, const char *name) {
  double seconds = number_field(L, table, name, 0);
  if (!(seconds > 0 && seconds <= TIMEOUT_MAX))
    luaL_error(L, "%s must be above 0 and at most 86400 seconds", name);
  seconds *= 1000;
  return (long)seconds + ((double)(long)seconds < seconds);
}

/*
** curl.agent{ ca_file=, proxy=, user_agent=, resolve=, plain_http=, max_headers=,
** max_body= }: see exotel_agent_options. proxy = false is none. Raises on a wrong type.
*/
static int l_agent_new(lua_State *L) {
  exotel_agent_options o;
  size_t max_headers, max_body;
  l_agent *a;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  memset(&o, 0, sizeof o);
  o.ca_file = line_field(L, 1, "ca_file");
  o.user_agent = line_field(L, 1, "user_agent");
  o.resolve = line_field(L, 1, "resolve");
  lua_getfield(L, 1, "proxy");
  if (lua_type(L, -1) == LUA_TBOOLEAN && !lua_toboolean(L, -1))
    o.proxy = "";
  else
    o.proxy = line_field(L, 1, "proxy");
  o.plain_http = flag_field(L, 1, "plain_http");
  max_headers = size_field(L, 1, "max_headers", 65536);
  max_body = size_field(L, 1, "max_body", 16777216);
  a = exotel_newowner(L, sizeof *a, CLASS);
  a->max_headers = max_headers;
  a->max_body = max_body;
  a->agent = exotel_agent_new(&o);
  if (a->agent == NULL) return luaL_error(L, "not enough memory");
  return 1;
}

/* "name: value" lines of the table of headers at the top; all stay on the stack. */
static void take_headers(lua_State *L, const char **lines) {
  int table = lua_gettop(L);
  size_t n = 0;
  lines[0] = NULL;
  if (lua_isnil(L, table)) return;
  luaL_checktype(L, table, LUA_TTABLE);
  luaL_checkstack(L, HEADERS_MAX + 8, NULL);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    size_t size;
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "headers are strings by name");
    if (n == HEADERS_MAX) luaL_error(L, "more than %d headers", HEADERS_MAX);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    lines[n] = lua_tolstring(L, -1, &size);
    if (strpbrk(lines[n], "\r\n") != NULL || size != strlen(lines[n]) ||
        size != lua_rawlen(L, -2) + lua_rawlen(L, -3) + 2)
      luaL_error(L, "a header has a CR, LF or NUL");
    lines[++n] = NULL;
    lua_replace(L, -2); /* the line takes the value's place */
    lua_insert(L, -2);  /* and stays below the key */
  }
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

static void push_headers(lua_State *L, const exotel_buffer *lines) {
  const char *p = lines->p, *end = p + lines->n;
  int table;
  lua_newtable(L);
  table = lua_gettop(L);
  while (p != NULL && p < end) {
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    exotel_slice line;
    exotel_header h;
    line.p = p;
    line.n = (size_t)((stop == NULL ? end : stop) - p);
    if (exotel_header_read(line, &h)) set_header(L, table, &h);
    p = stop == NULL ? end : stop + 1;
  }
}

static int push_response(lua_State *L, const exotel_agent_result *r) {
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, (lua_Integer)r->status);
  lua_setfield(L, -2, "status");
  push_headers(L, &r->headers);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, r->body.p == NULL ? "" : r->body.p, r->body.n);
  lua_setfield(L, -2, "body");
  lua_pushnumber(L, r->seconds);
  lua_setfield(L, -2, "seconds");
  lua_pushinteger(L, (lua_Integer)r->connections);
  lua_setfield(L, -2, "connections");
  return 1;
}

static int push_failure(lua_State *L, const exotel_agent_result *r) {
  if (r->failure == EXOTEL_AGENT_MEMORY && r->sent == 0)
    return luaL_error(L, "not enough memory");
  lua_pushnil(L);
  lua_createtable(L, 0, 6);
  lua_pushstring(L, exotel_agent_failure_name(r->failure));
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
    lua_pushinteger(L, (lua_Integer)r->status);
    lua_setfield(L, -2, "status");
  }
  return 2;
}

/*
** agent:perform{ method, url, username, password, headers, body, timeout,
** connect_timeout, fresh_connection, send_once }: { status, headers, body, seconds,
** connections }, headers having lower-case names; or nil and { reason, message, sent,
** code, seconds, status }. sent = false is proof that no byte of the request left.
*/
static int l_agent_perform(lua_State *L) {
  l_agent *a = check_agent(L);
  l_result *holder;
  const char *lines[HEADERS_MAX + 1];
  exotel_agent_request r;
  int pushed;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, 16, NULL);
  memset(&r, 0, sizeof r);
  r.timeout_ms = milliseconds(L, 2, "timeout");
  r.connect_timeout_ms = milliseconds(L, 2, "connect_timeout");
  r.fresh_connection = flag_field(L, 2, "fresh_connection");
  r.send_once = flag_field(L, 2, "send_once");
  r.method = line_field(L, 2, "method");
  r.url = line_field(L, 2, "url");
  r.username = line_field(L, 2, "username");
  r.password = line_field(L, 2, "password");
  luaL_argcheck(L, r.method != NULL && r.url != NULL, 2, "method and url are needed");
  lua_getfield(L, 2, "body");
  if (!lua_isnil(L, -1)) {
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "body wants a string");
    r.body = lua_tolstring(L, -1, &r.body_size);
  }
  lua_getfield(L, 2, "headers");
  take_headers(L, lines);
  r.headers = lines;
  holder = exotel_newowner(L, sizeof *holder, RESULT_CLASS);
  exotel_agent_result_init(&holder->result, a->max_headers, a->max_body);
  exotel_agent_perform(a->agent, &r, &holder->result);
  pushed = holder->result.failure == EXOTEL_AGENT_DONE
               ? push_response(L, &holder->result)
               : push_failure(L, &holder->result);
  exotel_agent_result_free(&holder->result);
  return pushed;
}

/* curl.version(): libcurl's version, and whether looking up a name can be timed out. */
static int l_version(lua_State *L) {
  int timed_lookups;
  lua_pushstring(L, exotel_agent_version(&timed_lookups));
  lua_pushboolean(L, timed_lookups);
  return 2;
}

int luaopen_exotel_curl(lua_State *L) {
  static const luaL_Reg methods[] = {{"perform", l_agent_perform}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"agent", l_agent_new}, {"version", l_version}, {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  exotel_newclass(L, CLASS, methods, l_agent_close);
  exotel_newclass(L, RESULT_CLASS, none, l_result_close);
  lua_newtable(L);
  exotel_setfuncs(L, functions);
  return 1;
}
