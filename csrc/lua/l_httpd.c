/*
** l_httpd: exotel.httpd, the server of csrc/httpd for Lua. docs/webhooks.md lists what
** users see of it; the sandbox stands on it, too.
**
** A server and a request are userdata, each the owner of its own half; either may be
** collected first. Nothing of Lua runs under libmicrohttpd: poll returns before a request
** is made into a userdata.
**
** SPDX-License-Identifier: MIT
*/
#include "../httpd/server.h"
#include "listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

EXOTEL_MODULE int luaopen_exotel_httpd(lua_State *L);

#define SERVER "exotel.httpd.server"
#define REQUEST "exotel.httpd.request"

typedef struct l_server {
  exotel_httpd *server; /* NULL when closed */
  char host[LISTEN_LONGEST_HOST];
} l_server;

typedef struct l_request {
  exotel_httpd_request *request; /* NULL when closed */
} l_request;

static int push_slice(lua_State *L, exotel_slice s) {
  if (s.p != NULL)
    lua_pushlstring(L, s.p, s.n);
  else
    lua_pushnil(L);
  return 1;
}

/* -- listen -------------------------------------------------------------------------- */

enum { PORT, MAX_CONNECTIONS, MAX_HEADER, MAX_BODY, IDLE_TIMEOUT, NOPTIONS };

static const listen_option options[NOPTIONS] = {
    {"port", 0, 0, 65535},
    {"max_connections", 64, 1, 65536},
    {"max_header", 16384, 1024, 1 << 24}, /* less has no room for a plain request */
    {"max_body", 1 << 20, 0, 1 << 30},
    {"idle_timeout", 15, 1, 86400}};

static void check_options(lua_State *L, exotel_httpd_options *o) {
  listen_check_names(L, options, NOPTIONS);
  o->port = (uint16_t)listen_check_number(L, &options[PORT]);
  o->max_connections = (unsigned)listen_check_number(L, &options[MAX_CONNECTIONS]);
  o->max_header = (size_t)listen_check_number(L, &options[MAX_HEADER]);
  o->max_body = (size_t)listen_check_number(L, &options[MAX_BODY]);
  o->idle_timeout = (unsigned)listen_check_number(L, &options[IDLE_TIMEOUT]);
  o->host = listen_check_host(L);
}

static int l_httpd_listen(lua_State *L) {
  exotel_httpd_options o;
  char message[256];
  l_server *owner;
  check_options(L, &o);
  owner = exotel_newowner(L, sizeof *owner, SERVER);
  owner->server = exotel_httpd_start(&o, message, sizeof message);
  if (owner->server != NULL) {
    snprintf(owner->host, sizeof owner->host, "%s", o.host);
    return 1;
  }
  return listen_push_failure(L, o.host, (int)o.port, message);
}

static int l_httpd_version(lua_State *L) {
  lua_pushstring(L, exotel_httpd_version());
  return 1;
}

/* -- server -------------------------------------------------------------------------- */

static l_server *check_server(lua_State *L) {
  l_server *owner = luaL_checkudata(L, 1, SERVER);
  if (owner->server == NULL) luaL_error(L, "server is closed");
  return owner;
}

static exotel_httpd_state look(lua_State *L) {
  exotel_httpd_state state;
  exotel_httpd_look(check_server(L)->server, &state);
  return state;
}

static int l_server_port(lua_State *L) {
  lua_pushinteger(L, look(L).port);
  return 1;
}

static int l_server_url(lua_State *L) {
  return listen_push_url(L, check_server(L)->host, (int)look(L).port);
}

static int l_server_pollfd(lua_State *L) {
  lua_pushinteger(L, look(L).fd);
  return 1;
}

/* The descriptor's readiness covers writing as well: it is an epoll set. */
static int l_server_events(lua_State *L) {
  check_server(L);
  lua_pushliteral(L, "r");
  return 1;
}

static int l_server_timeout(lua_State *L) {
  double timeout = look(L).timeout;
  if (timeout >= 0)
    lua_pushnumber(L, timeout);
  else
    lua_pushnil(L);
  return 1;
}

static int fail_foreign(lua_State *L) {
  return luaL_error(L, "server belongs to the process that opened it");
}

static int l_server_poll(lua_State *L) {
  exotel_httpd *server = check_server(L)->server;
  l_request *owner;
  int found = exotel_httpd_poll(server, luaL_optnumber(L, 2, 0));
  if (found < 0 && errno == EPERM) return fail_foreign(L);
  lua_pushnil(L);
  if (found < 0) lua_pushstring(L, strerror(errno));
  if (found <= 0) return found < 0 ? 2 : 1;
  owner = exotel_newowner(L, sizeof *owner, REQUEST);
  owner->request = exotel_httpd_next(server);
  return 1;
}

static int l_server_close(lua_State *L) {
  l_server *owner = luaL_checkudata(L, 1, SERVER);
  exotel_httpd_stop(owner->server);
  owner->server = NULL;
  return 0;
}

/* -- request ------------------------------------------------------------------------- */

static exotel_httpd_request *check_request(lua_State *L) {
  l_request *owner = luaL_checkudata(L, 1, REQUEST);
  if (owner->request == NULL) luaL_error(L, "request is closed");
  return owner->request;
}

static int l_request_method(lua_State *L) {
  return push_slice(L, check_request(L)->method);
}

static int l_request_path(lua_State *L) {
  return push_slice(L, check_request(L)->path);
}

static int l_request_query(lua_State *L) {
  return push_slice(L, check_request(L)->query);
}

static int l_request_user(lua_State *L) {
  return push_slice(L, check_request(L)->user);
}

static int l_request_password(lua_State *L) {
  return push_slice(L, check_request(L)->password);
}

static int l_request_peer_port(lua_State *L) {
  lua_pushinteger(L, check_request(L)->peer_port);
  return 1;
}

static int l_request_body(lua_State *L) {
  exotel_slice body = check_request(L)->body;
  lua_pushlstring(L, body.p != NULL ? body.p : "", body.n);
  return 1;
}

/* `lower` is in lower case already, `any` needn't be. */
static int same_name(exotel_slice lower, const char *any, size_t n) {
  size_t i;
  if (n != lower.n) return 0;
  for (i = 0; i < n; i++) {
    char c = any[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    if (c != lower.p[i]) return 0;
  }
  return 1;
}

static int l_request_header(lua_State *L) {
  const exotel_httpd_request *r = check_request(L);
  size_t n, i;
  const char *name = luaL_checklstring(L, 2, &n);
  for (i = 0; i < r->nfields; i++)
    if (same_name(r->fields[i].name, name, n)) return push_slice(L, r->fields[i].value);
  lua_pushnil(L);
  return 1;
}

static int l_request_headers(lua_State *L) {
  const exotel_httpd_request *r = check_request(L);
  size_t i;
  lua_createtable(L, 0, (int)r->nfields);
  for (i = 0; i < r->nfields; i++) {
    push_slice(L, r->fields[i].name);
    push_slice(L, r->fields[i].value);
    lua_rawset(L, -3);
  }
  return 1;
}

static size_t count(lua_State *L, int table) {
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1))
    n++;
  return n;
}

/* The fields of the table at `table`, in a userdata left on the stack; the texts are
** kept by the table, or by a second one for numbers, which become text in a copy. */
static exotel_httpd_field *fields_of(lua_State *L, int table, size_t *n) {
  exotel_httpd_field *fields, *f;
  size_t most = count(L, table);
  fields = f = lua_newuserdata(L, (most + 1) * sizeof *fields);
  lua_createtable(L, (int)most, 0);
  for (lua_pushnil(L); lua_next(L, table) != 0; f++) {
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, table, "header names are strings");
    luaL_argcheck(L, lua_isstring(L, -1), table, "header values are strings");
    f->name.p = lua_tolstring(L, -2, &f->name.n);
    f->value.p = lua_tolstring(L, -1, &f->value.n);
    lua_rawseti(L, -3, (int)(f - fields) + 1);
  }
  *n = (size_t)(f - fields);
  return fields;
}

static int push_result(lua_State *L, exotel_httpd_result result, const char *bad) {
  switch (result) {
    case EXOTEL_HTTPD_OK: lua_pushboolean(L, 1); return 1;
    case EXOTEL_HTTPD_GONE:
      lua_pushnil(L);
      lua_pushliteral(L, "gone");
      return 2;
    case EXOTEL_HTTPD_TWICE: return luaL_error(L, "request is answered already");
    case EXOTEL_HTTPD_BAD_FIELD:
      return luaL_argerror(L, 3, lua_pushfstring(L, "header '%s' can't be sent", bad));
    case EXOTEL_HTTPD_FOREIGN: return fail_foreign(L);
    case EXOTEL_HTTPD_NOMEMORY: break;
  }
  return luaL_error(L, "not enough memory");
}

static int l_request_respond(lua_State *L) {
  exotel_httpd_request *r = check_request(L);
  long long status = exotel_checkinteger(L, 2);
  const exotel_httpd_field *fields;
  exotel_httpd_result result;
  exotel_slice body;
  size_t n, bad;
  luaL_argcheck(L, status >= 200 && status <= 599, 2, "200 to 599 expected");
  body.p = luaL_optlstring(L, 4, "", &body.n);
  lua_settop(L, 4);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  fields = fields_of(L, 3, &n);
  result = exotel_httpd_respond(r, (unsigned)status, fields, n, body, &bad);
  return push_result(L, result,
                     result == EXOTEL_HTTPD_BAD_FIELD ? fields[bad].name.p : NULL);
}

static int l_request_close(lua_State *L) {
  l_request *owner = luaL_checkudata(L, 1, REQUEST);
  exotel_httpd_release(owner->request);
  owner->request = NULL;
  return 0;
}

static const luaL_Reg server_methods[] = {{"port", l_server_port},
                                          {"url", l_server_url},
                                          {"poll", l_server_poll},
                                          {"pollfd", l_server_pollfd},
                                          {"events", l_server_events},
                                          {"timeout", l_server_timeout},
                                          {NULL, NULL}};

static const luaL_Reg request_methods[] = {{"method", l_request_method},
                                           {"path", l_request_path},
                                           {"query", l_request_query},
                                           {"header", l_request_header},
                                           {"headers", l_request_headers},
                                           {"body", l_request_body},
                                           {"user", l_request_user},
                                           {"password", l_request_password},
                                           {"peer_port", l_request_peer_port},
                                           {"respond", l_request_respond},
                                           {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"listen", l_httpd_listen}, {"version", l_httpd_version}, {NULL, NULL}};

int luaopen_exotel_httpd(lua_State *L) {
  exotel_newclass(L, SERVER, server_methods, l_server_close);
  exotel_newclass(L, REQUEST, request_methods, l_request_close);
  lua_newtable(L);
  exotel_setfuncs(L, functions);
  return 1;
}
