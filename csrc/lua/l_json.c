/*
** l_json: any JSON document to Lua. Part of exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#define WHOLE_MAX                                                                      \
  9007199254740992.0 /* 2^53: beyond it a double may be another number */

static void push_value(lua_State *L, const exotel_json_value *value);

static void push_number(lua_State *L, double number) {
  if (number >= -WHOLE_MAX && number <= WHOLE_MAX &&
      number == (double)(long long)number)
    exotel_pushinteger(L, number);
  else
    lua_pushnumber(L, (lua_Number)number);
}

/* The first of a name that stands twice counts, as in records. */
void l_json_set(lua_State *L, const exotel_json_value *value) {
  int table = lua_gettop(L);
  lua_pushlstring(L, value->name.p, value->name.n);
  lua_pushvalue(L, -1);
  lua_rawget(L, table);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_value(L, value);
    lua_rawset(L, table);
  }
  lua_settop(L, table);
}

/* The guard counts brackets, so this goes no deeper than EXOTEL_DEPTH_MAX. */
static void push_table(lua_State *L, const exotel_json_value *holder) {
  const void *item;
  int place = 0;
  luaL_checkstack(L, 8, "JSON nested too deep");
  lua_newtable(L);
  for (item = holder->first; item != NULL;) {
    exotel_json_value value = exotel_json_tree_at(item);
    if (holder->kind == EXOTEL_JSON_IS_OBJECT) {
      l_json_set(L, &value);
    } else {
      push_value(L, &value);
      lua_rawseti(L, -2, ++place);
    }
    item = value.next;
  }
}

static void push_value(lua_State *L, const exotel_json_value *value) {
  switch (value->kind) {
    case EXOTEL_JSON_IS_NULL: lua_pushnil(L); break;
    case EXOTEL_JSON_IS_BOOLEAN: lua_pushboolean(L, value->number != 0); break;
    case EXOTEL_JSON_IS_NUMBER: push_number(L, value->number); break;
    case EXOTEL_JSON_IS_TEXT: lua_pushlstring(L, value->text.p, value->text.n); break;
    case EXOTEL_JSON_IS_LIST:
    case EXOTEL_JSON_IS_OBJECT: push_table(L, value); break;
  }
}

/*
** core.json(text): what the document says: text, numbers (integers where they are whole),
** booleans, and tables of them; null is nil, and leaves a hole in a list. nil and an error
** of kind "parse" when it is no JSON. The document null is nil without one.
*/
int l_json_read(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  exotel_json_value root;
  l_work *w = l_work_take(L);
  exotel_json_reset(&w->writer); /* it owns the tree */
  if (exotel_json_tree_read(&w->writer.tree, text, &w->error) != EXOTEL_OK)
    return l_error_push(L, w);
  root = exotel_json_tree_at(w->writer.tree);
  push_value(L, &root);
  exotel_json_reset(&w->writer);
  l_work_give(w);
  return 1;
}
