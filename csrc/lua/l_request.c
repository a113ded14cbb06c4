/*
** l_request: tables of Lua to a built request. Part of exotel.core.
**
** While the core holds slices of Lua's strings nothing here allocates in Lua, so no
** finalizer runs that could change the table they belong to.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/endpoint.h"
#include "../core/error.h"
#include "../core/route.h"
#include "../core/text.h"

#define TIME_OFFSET 19800 /* seconds; +05:30, as the service prints epoch 0 */

static exotel_kind bad_key(lua_State *L, l_work *w, const char *where) {
  return exotel_error_set(&w->error, EXOTEL_MISUSE, "type", exotel_slice_of(""),
                          "names of %s are strings, got a %s", where,
                          luaL_typename(L, -2));
}

static size_t count_keys(lua_State *L) {
  size_t n = 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pop(L, 1);
    n++;
  }
  return n;
}

/* The list at the top of the stack, under the name at -2; `lua` is the row's own. */
static exotel_kind set_list(lua_State *L, l_work *w, exotel_slice name,
                            const char *lua) {
  size_t i, n = lua_rawlen(L, -1);
  exotel_kind kind = EXOTEL_OK;
  if (count_keys(L) != n)
    return exotel_error_set(&w->error, EXOTEL_MISUSE, "type", exotel_slice_of(lua),
                            "option '%s' wants a list of strings, got a table with"
                            " holes or names",
                            lua);
  if (n == 0)
    return exotel_error_set(&w->error, EXOTEL_INVALID, "empty", exotel_slice_of(lua),
                            "%s is an empty list", lua);
  for (i = 1; kind == EXOTEL_OK && i <= n; i++) {
    exotel_given v;
    lua_rawgeti(L, -1, (int)i);
    v = l_given(L, -1);
    lua_pop(L, 1); /* the string stays in its table */
    kind = exotel_request_set(&w->request, name, i - 1, &v, &w->error);
  }
  return kind;
}

/* The table of operators at the top of the stack, under the name at -2. */
static exotel_kind set_range(lua_State *L, l_work *w, exotel_slice name,
                             const char *lua) {
  exotel_kind kind = EXOTEL_OK;
  size_t n = 0;
  lua_pushnil(L);
  while (kind == EXOTEL_OK && lua_next(L, -2)) {
    exotel_given v = l_given(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING) {
      kind = bad_key(L, w, "operators");
    } else {
      exotel_slice bound;
      bound.p = lua_tolstring(L, -2, &bound.n);
      kind = exotel_request_bound(&w->request, name, bound, &v, &w->error);
    }
    lua_pop(L, 1); /* the value stays in its table */
    n++;
  }
  if (n > 0) return kind;
  return exotel_error_set(&w->error, EXOTEL_INVALID, "empty", exotel_slice_of(lua),
                          "%s is an empty range", lua);
}

static exotel_kind set_extras(lua_State *L, l_work *w) {
  exotel_kind kind = EXOTEL_OK;
  if (!lua_istable(L, -1))
    return exotel_error_set(&w->error, EXOTEL_MISUSE, "type", exotel_slice_of("extra"),
                            "option 'extra' wants a table, got a %s",
                            luaL_typename(L, -1));
  lua_pushnil(L);
  while (kind == EXOTEL_OK && lua_next(L, -2)) {
    exotel_given v = l_given(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING) {
      kind = bad_key(L, w, "extra fields");
    } else {
      exotel_slice name;
      name.p = lua_tolstring(L, -2, &name.n);
      kind = exotel_request_extra(&w->request, name, &v, &w->error);
    }
    lua_pop(L, 1);
  }
  return kind;
}

/* The pair at -2, -1 of the stack. */
static exotel_kind set_pair(lua_State *L, l_work *w) {
  exotel_slice name;
  exotel_given v;
  const char *list, *range;
  if (lua_type(L, -2) != LUA_TSTRING) return bad_key(L, w, "options");
  name.p = lua_tolstring(L, -2, &name.n);
  if (exotel_slice_is(name, "extra") && w->request.operation->dials)
    return set_extras(L, w);
  list = lua_istable(L, -1) ? exotel_request_list(&w->request, name) : NULL;
  if (list != NULL) return set_list(L, w, name, list);
  range = lua_istable(L, -1) ? exotel_request_range(&w->request, name) : NULL;
  if (range != NULL) return set_range(L, w, name, range);
  v = l_given(L, -1);
  return exotel_request_set(&w->request, name, 0, &v, &w->error);
}

static exotel_kind set_all(lua_State *L, l_work *w, int params) {
  exotel_kind kind = EXOTEL_OK;
  int top = lua_gettop(L);
  lua_pushnil(L);
  while (kind == EXOTEL_OK && lua_next(L, params)) {
    kind = set_pair(L, w);
    lua_settop(L, top + 1);
  }
  lua_settop(L, top);
  return kind;
}

static void push_request(lua_State *L, const l_work *w, int xml) {
  const exotel_request *r = &w->request;
  lua_createtable(L, 0, 10);
  lua_pushstring(L, r->operation->name);
  lua_setfield(L, -2, "operation");
  lua_pushstring(L, r->operation->method);
  lua_setfield(L, -2, "method");
  lua_pushboolean(L, r->operation->dials);
  lua_setfield(L, -2, "dials");
  lua_pushstring(L, r->mode->name);
  lua_setfield(L, -2, "mode");
  l_buffer_push(L, &r->url);
  lua_setfield(L, -2, "url");
  lua_createtable(L, 0, 2);
  lua_pushstring(L, xml ? "application/xml" : "application/json");
  lua_setfield(L, -2, "accept");
  if (r->body.n > 0) {
    lua_pushliteral(L, "application/x-www-form-urlencoded");
    lua_setfield(L, -2, "content-type");
  }
  lua_setfield(L, -2, "headers");
  if (r->body.n > 0) {
    l_buffer_push(L, &r->body);
    lua_setfield(L, -2, "body");
  }
  if (r->from.n > 0) {
    l_buffer_push(L, &r->from);
    lua_setfield(L, -2, "from");
  }
  if (r->to.n > 0) {
    l_buffer_push(L, &r->to);
    lua_setfield(L, -2, "to");
  }
}

/* The field of the table at `index`, or its default. */
static long time_offset_of(lua_State *L, int index) {
  long offset = TIME_OFFSET;
  lua_getfield(L, index, "time_offset");
  if (lua_type(L, -1) == LUA_TNUMBER) offset = (long)exotel_tointeger(L, -1);
  lua_pop(L, 1);
  return offset;
}

/*
** core.request(operation, params, target): the request as a table { operation, method,
** dials, mode, url, headers, body, from, to }, or nil and an error whose kind "misuse" is
** for the caller to raise. target: { account_sid, base, flow_host, xml, time_offset },
** the last in seconds, default 19800.
*/
int l_request_build(lua_State *L) {
  const exotel_operation *operation = exotel_operation_find(l_slice_check(L, 1));
  exotel_target target;
  exotel_kind kind;
  l_work *w;
  luaL_argcheck(L, operation != NULL, 1, "unknown operation");
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  luaL_checkstack(L, 20, NULL);
  target.account_sid = l_slice_field(L, 3, "account_sid");
  target.base = l_slice_field(L, 3, "base");
  target.flow_host = l_slice_field(L, 3, "flow_host");
  lua_getfield(L, 3, "xml");
  target.xml = lua_toboolean(L, -1);
  target.time_offset = time_offset_of(L, 3);
  w = l_work_take(L);
  exotel_request_begin(&w->request, operation);
  kind = set_all(L, w, 2);
  if (kind == EXOTEL_OK) kind = exotel_request_build(&w->request, &target, &w->error);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  push_request(L, w, target.xml);
  l_work_give(w);
  return 1;
}

/* The list of names and values in turn at `index`, or nil: their pairs. */
static exotel_kind put_pairs(lua_State *L, int index, exotel_buffer *out, int in_query,
                             l_work *w) {
  exotel_kind kind = EXOTEL_OK;
  size_t i, n = lua_istable(L, index) ? lua_rawlen(L, index) : 0;
  for (i = 1; kind == EXOTEL_OK && i + 1 <= n; i += 2) {
    exotel_slice name;
    exotel_given v;
    lua_rawgeti(L, index, (int)i);
    name = l_slice_check(L, lua_gettop(L));
    lua_rawgeti(L, index, (int)i + 1);
    v = l_given(L, -1);
    kind =
        exotel_endpoint_pair(out, name, &v, in_query, &w->request.scratch, &w->error);
    lua_pop(L, 2); /* both stay in their table */
  }
  return kind;
}

/*
** core.send(path, query, form, target): { url, body } of a request to an endpoint without
** a row, or nil and an error. query, form: lists of names and values in turn, or nil.
** target: { account_sid, base }.
*/
int l_request_send(lua_State *L) {
  exotel_slice path = l_slice_check(L, 1);
  exotel_target target;
  exotel_request *r;
  exotel_kind kind;
  l_work *w;
  luaL_checktype(L, 4, LUA_TTABLE);
  luaL_checkstack(L, 20, NULL);
  memset(&target, 0, sizeof target);
  target.account_sid = l_slice_field(L, 4, "account_sid");
  target.base = l_slice_field(L, 4, "base");
  w = l_work_take(L);
  r = &w->request;
  exotel_request_begin(r, exotel_any_endpoint());
  kind = put_pairs(L, 2, &r->query, 1, w);
  if (kind == EXOTEL_OK) kind = put_pairs(L, 3, &r->body, 0, w);
  if (kind == EXOTEL_OK)
    kind = exotel_error_buffer(&w->error, &r->query, exotel_slice_of("query"));
  if (kind == EXOTEL_OK)
    kind = exotel_error_buffer(&w->error, &r->body, exotel_slice_of("form"));
  if (kind == EXOTEL_OK)
    kind = exotel_endpoint_url(&r->url, path, exotel_slice_held(&r->query), &target,
                               &r->scratch, &w->error);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  lua_createtable(L, 0, 2);
  l_buffer_push(L, &r->url);
  lua_setfield(L, -2, "url");
  l_buffer_push(L, &r->body);
  lua_setfield(L, -2, "body");
  l_work_give(w);
  return 1;
}

/*
** core.match(method, path): the name of the operation that a request line belongs to, the
** account's SID in it, the SID or phone number that it names ("" for none), and whether
** XML is wanted; nil when there is none.
*/
int l_request_match(lua_State *L) {
  exotel_slice method = l_slice_check(L, 1), path = l_slice_check(L, 2);
  l_work *w = l_work_take(L);
  const exotel_operation *o;
  int xml;
  o = exotel_route_match(method, path, &w->text, &w->other, &xml);
  if (w->text.state != EXOTEL_BUFFER_OK || w->other.state != EXOTEL_BUFFER_OK) {
    exotel_error_memory(&w->error);
    return l_error_push(L, w);
  }
  if (o == NULL) {
    lua_pushnil(L);
    l_work_give(w);
    return 1;
  }
  lua_pushstring(L, o->name);
  l_buffer_push(L, &w->text);
  l_buffer_push(L, &w->other);
  lua_pushboolean(L, xml);
  l_work_give(w);
  return 4;
}
