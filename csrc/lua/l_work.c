/*
** l_work: the working memory of exotel.core, and the passage of values and errors
** between Lua and the core (see l_core.h).
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/error.h"
#include "../core/text.h"

#define CLASS "exotel.core.work"
#define TEXT_MAX (64 * 1024 * 1024)

static char shared_key; /* its address names the shared work in the registry */

static int l_work_close(lua_State *L) {
  l_work *w = luaL_checkudata(L, 1, CLASS);
  if (!w->ready) return 0;
  w->ready = 0;
  exotel_request_free(&w->request);
  exotel_response_free(&w->response);
  exotel_callback_free(&w->callback);
  exotel_json_reset(&w->writer);
  exotel_multipart_free(&w->parts);
  exotel_buffer_free(&w->text);
  exotel_buffer_free(&w->other);
  return 0;
}

void l_work_open(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  exotel_newclass(L, CLASS, none, l_work_close);
}

static l_work *new_work(lua_State *L) {
  l_work *w = exotel_newowner(L, sizeof *w, CLASS);
  exotel_request_init(&w->request);
  exotel_response_init(&w->response);
  exotel_callback_init(&w->callback);
  exotel_multipart_begin(&w->parts, L_BODY_MAX);
  exotel_buffer_init(&w->text, TEXT_MAX);
  exotel_buffer_init(&w->other, TEXT_MAX);
  w->ready = 1;
  lua_pushlightuserdata(L, &shared_key);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  return w;
}

l_work *l_work_take(lua_State *L) {
  l_work *w;
  lua_pushlightuserdata(L, &shared_key);
  lua_rawget(L, LUA_REGISTRYINDEX);
  w = lua_touserdata(L, -1);
  if (w == NULL || w->busy || !w->ready) {
    lua_pop(L, 1);
    w = new_work(L);
  }
  w->busy = 1;
  exotel_error_clear(&w->error);
  exotel_buffer_reset(&w->text);
  exotel_buffer_reset(&w->other);
  return w;
}

void l_work_give(l_work *w) {
  w->busy = 0;
}

static void set_string(lua_State *L, const char *name, const char *value) {
  if (value == NULL || *value == '\0') return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

int l_error_push(lua_State *L, l_work *w) {
  const exotel_error *e = &w->error;
  if (e->kind == EXOTEL_MEMORY) {
    l_work_give(w);
    return luaL_error(L, "not enough memory");
  }
  lua_pushnil(L);
  lua_createtable(L, 0, 8);
  set_string(L, "kind", exotel_kind_name(e->kind));
  set_string(L, "outcome", exotel_outcome_name(e->outcome));
  set_string(L, "reason", e->reason);
  set_string(L, "field", e->field);
  set_string(L, "code", e->code);
  set_string(L, "message", e->message);
  if (e->status != 0) {
    lua_pushinteger(L, e->status);
    lua_setfield(L, -2, "status");
  }
  if (e->position != 0) {
    exotel_pushinteger(L, e->position);
    lua_setfield(L, -2, "position");
  }
  if (e->retry_after >= 0) {
    lua_pushnumber(L, e->retry_after);
    lua_setfield(L, -2, "retry_after");
  }
  l_work_give(w);
  return 2;
}

exotel_slice l_slice_check(lua_State *L, int index) {
  exotel_slice s;
  luaL_checktype(L, index, LUA_TSTRING);
  s.p = lua_tolstring(L, index, &s.n);
  return s;
}

exotel_slice l_slice_field(lua_State *L, int index, const char *name) {
  exotel_slice s = {"", 0};
  lua_getfield(L, index, name);
  if (lua_type(L, -1) == LUA_TSTRING) s.p = lua_tolstring(L, -1, &s.n);
  return s;
}

exotel_given l_given(lua_State *L, int index) {
  exotel_given v;
  v.text = exotel_slice_of("");
  v.integer = 0;
  v.number = 0;
  v.type_name = luaL_typename(L, index);
  v.type = EXOTEL_GIVEN_OTHER;
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      v.type = EXOTEL_GIVEN_TEXT;
      v.text.p = lua_tolstring(L, index, &v.text.n);
      break;
    case LUA_TNUMBER:
      v.type = exotel_isinteger(L, index) ? EXOTEL_GIVEN_INTEGER : EXOTEL_GIVEN_NUMBER;
      v.integer = exotel_tointeger(L, index);
      v.number = (double)lua_tonumber(L, index);
      break;
    case LUA_TBOOLEAN:
      v.type = EXOTEL_GIVEN_BOOLEAN;
      v.integer = lua_toboolean(L, index);
      break;
    default: break;
  }
  return v;
}

void l_buffer_push(lua_State *L, const exotel_buffer *b) {
  lua_pushlstring(L, b->p == NULL ? "" : b->p, b->n);
}
