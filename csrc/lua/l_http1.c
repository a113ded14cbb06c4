/*
** l_http1: HTTP/1.1 for a transport that has only a socket: the bytes of a request, and a
** reader of the answer's. Part of exotel.core.
**
** A reader's memory is a userdata's. No Lua function runs while it is being fed.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/http1.h"
#include "../core/http1_out.h"
#include "../core/slice.h"
#include "../core/url.h"
#include "l_answer.h"

#define CLASS "exotel.core.http1_reader"

/* {=================================================================
** Requests
** ================================================================== */

/* A string field, left on the stack; empty when it is absent, which `has` then tells. */
static exotel_slice text_field(lua_State *L, const char *name, int *has) {
  exotel_slice s = {"", 0};
  lua_getfield(L, 1, name);
  *has = !lua_isnil(L, -1);
  if (!*has) return s;
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "%s wants a string, got %s", name, luaL_typename(L, -1));
  s.p = lua_tolstring(L, -1, &s.n);
  return s;
}

/* The headers of the request at 1. The slices live as long as their table. */
static size_t take_headers(lua_State *L, exotel_header *headers) {
  size_t n = 0;
  lua_getfield(L, 1, "headers");
  if (lua_isnil(L, -1)) return 0;
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "headers are strings by name");
    if (n == L_HEADERS_MAX) luaL_error(L, "more than %d headers", L_HEADERS_MAX);
    headers[n].name.p = lua_tolstring(L, -2, &headers[n].name.n);
    headers[n].value.p = lua_tolstring(L, -1, &headers[n].value.n);
    n++;
    lua_pop(L, 1);
  }
  return n;
}

static void take_request(lua_State *L, exotel_http1_request *r,
                         exotel_header *headers) {
  int has_method, has_url, has_password;
  r->method = text_field(L, "method", &has_method);
  r->url = text_field(L, "url", &has_url);
  luaL_argcheck(L, has_method && has_url, 1, "method and url are needed");
  r->user = text_field(L, "username", &r->has_user);
  r->password = text_field(L, "password", &has_password);
  r->body = text_field(L, "body", &r->has_body);
  lua_getfield(L, 1, "close");
  r->close = lua_toboolean(L, -1);
  r->headers = headers;
  r->nheaders = take_headers(L, headers);
}

/*
** core.http1_request(request): the bytes of { method, url, username, password, headers, body,
** close }, a request as transports take it; close: the connection is to end with the answer.
** Or nil and an error of kind "invalid", not_sent, where the bytes would not be this one
** request (see http1_out.h). Raises on a wrong type.
*/
int l_http1_request(lua_State *L) {
  exotel_http1_request r;
  l_work *w;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  w = l_work_take(L);
  take_request(L, &r, w->headers);
  if (exotel_http1_write(&w->text, &r, &w->other, &w->error) != EXOTEL_OK)
    return l_error_push(L, w);
  l_buffer_push(L, &w->text);
  l_work_give(w);
  return 1;
}

/*
** core.address(url): where a request goes: { host, port, https, loopback }, the host without
** the brackets of IPv6; or nil, what is wrong with it, and the byte.
*/
int l_address_read(lua_State *L) {
  exotel_slice target;
  exotel_base base;
  size_t at;
  const char *wrong = exotel_url_split(l_slice_check(L, 1), &base, &target, &at);
  if (wrong != NULL) {
    lua_pushnil(L);
    lua_pushstring(L, wrong);
    lua_pushinteger(L, (lua_Integer)at);
    return 3;
  }
  lua_createtable(L, 0, 4);
  lua_pushlstring(L, base.host.p, base.host.n);
  lua_setfield(L, -2, "host");
  lua_pushinteger(L, (lua_Integer)exotel_base_port(&base));
  lua_setfield(L, -2, "port");
  lua_pushboolean(L, base.https);
  lua_setfield(L, -2, "https");
  lua_pushboolean(L, base.loopback);
  lua_setfield(L, -2, "loopback");
  return 1;
}

/* }================================================================== */

/* {=================================================================
** Answers
** ================================================================== */

typedef struct l_reader {
  exotel_http1_reader reader;
  int closed; /* or its answer was taken */
} l_reader;

static l_reader *new_reader(lua_State *L) {
  l_reader *r = exotel_newowner(L, sizeof *r, CLASS);
  exotel_http1_init(&r->reader);
  return r;
}

static l_reader *check_reader(lua_State *L) {
  l_reader *r = luaL_checkudata(L, 1, CLASS);
  luaL_argcheck(L, !r->closed, 1, "the reader is closed, or its answer was taken");
  return r;
}

static int l_reader_close(lua_State *L) {
  l_reader *r = luaL_checkudata(L, 1, CLASS);
  r->closed = 1;
  exotel_http1_free(&r->reader);
  return 0;
}

/*
** core.http1_reader{ head=, max_headers=, max_body= }: a reader of one answer. head: the
** request is a HEAD. The limits are in bytes, by default 64 KB and 16 MB.
*/
int l_http1_reader(lua_State *L) {
  size_t max_headers, max_body;
  int is_head;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  l_answer_limits(L, 1, &max_headers, &max_body);
  lua_getfield(L, 1, "head");
  is_head = lua_toboolean(L, -1);
  exotel_http1_begin(&new_reader(L)->reader, is_head, max_headers, max_body);
  return 1;
}

static int push_refusal(lua_State *L, const exotel_http1_reader *r) {
  lua_pushnil(L);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, r->reason);
  lua_setfield(L, -2, "reason");
  lua_pushfstring(L, "%s (byte %d of the answer)", r->message, (int)r->position);
  lua_setfield(L, -2, "message");
  if (r->status != 0) {
    lua_pushinteger(L, r->status);
    lua_setfield(L, -2, "status");
  }
  return 2;
}

/* The state it is in, and behind a whole answer the bytes from `rest` on. */
static int push_state(lua_State *L, const exotel_http1_reader *r, exotel_slice rest) {
  switch (r->state) {
    case EXOTEL_HTTP1_MORE: lua_pushliteral(L, "more"); return 1;
    case EXOTEL_HTTP1_DONE:
      lua_pushliteral(L, "done");
      lua_pushlstring(L, rest.p, rest.n);
      return 2;
    case EXOTEL_HTTP1_REFUSED: return push_refusal(L, r);
    default: return luaL_error(L, "not enough memory");
  }
}

/*
** reader:feed(bytes): takes the next bytes that came. "more"; or "done" and what stands behind
** the answer, as a rule ""; or nil and { reason, message, status }: reason "protocol" or
** "too_large", status where there was a status line. Raises without memory: the answer is
** lost then.
*/
static int l_reader_feed(lua_State *L) {
  l_reader *r = check_reader(L);
  exotel_slice bytes = l_slice_check(L, 2);
  size_t used;
  exotel_http1_feed(&r->reader, bytes, &used);
  return push_state(L, &r->reader,
                    exotel_slice_between(bytes.p + used, bytes.p + bytes.n));
}

/* reader:finish(): the peer has closed. "done" and "", or nil and { reason, message, status }
** as above; reason "closed": the answer isn't whole. */
static int l_reader_finish(lua_State *L) {
  l_reader *r = check_reader(L);
  exotel_http1_end(&r->reader);
  return push_state(L, &r->reader, exotel_slice_of(""));
}

/*
** reader:response(): the whole answer, { status, head, body, keep_alive }, as curl's
** transport gives it; keep_alive: the connection can take another request. To be taken once:
** its memory is given back. Raises while there is none.
*/
static int l_reader_response(lua_State *L) {
  l_reader *r = check_reader(L), *taken;
  luaL_argcheck(L, r->reader.state == EXOTEL_HTTP1_DONE, 1, "the answer isn't whole");
  lua_settop(L, 1);
  taken = new_reader(L); /* so that no finalizer closes it meanwhile */
  r = check_reader(L);
  taken->reader = r->reader;
  r->closed = 1;
  exotel_http1_init(&r->reader);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, taken->reader.status);
  lua_setfield(L, -2, "status");
  l_buffer_push(L, &taken->reader.headers);
  lua_setfield(L, -2, "head");
  l_buffer_push(L, &taken->reader.body);
  lua_setfield(L, -2, "body");
  lua_pushboolean(L, taken->reader.keep_alive);
  lua_setfield(L, -2, "keep_alive");
  exotel_http1_free(&taken->reader);
  return 1;
}

void l_http1_open(lua_State *L) {
  static const luaL_Reg methods[] = {{"feed", l_reader_feed},
                                     {"finish", l_reader_finish},
                                     {"response", l_reader_response},
                                     {NULL, NULL}};
  exotel_newclass(L, CLASS, methods, l_reader_close);
}

/* }================================================================== */
