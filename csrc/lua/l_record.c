/*
** l_record: records as Lua tables. Part of exotel.core, and the one place that stores a record
** in a table.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

static void push_part(lua_State *L, const exotel_record *r, const exotel_node *node,
                      int names);

static inline void push_slice(lua_State *L, exotel_slice s) {
  lua_pushlstring(L, s.n == 0 ? "" : s.p, s.n);
}

/* The names of a record type by row. Lua makes strings of them once; their address in the
** registry is the type's. */
static void push_names(lua_State *L, const exotel_record_type *type) {
  size_t i;
  lua_pushlightuserdata(L, (void *)type);
  lua_rawget(L, LUA_REGISTRYINDEX);
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  lua_pushlightuserdata(L, (void *)type);
  lua_createtable(L, (int)type->nfields, 0);
  for (i = 0; i < type->nfields; i++) {
    lua_pushstring(L, type->fields[i].lua);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_rawset(L, LUA_REGISTRYINDEX);
  push_names(L, type);
}

/* A text, as most are, or anything else. */
static inline void push_node(lua_State *L, const exotel_record *r,
                             const exotel_node *node, int names) {
  if (node->type == EXOTEL_NODE_TEXT)
    push_slice(L, exotel_record_text(r, node));
  else
    push_part(L, r, node, names);
}

static inline void push_name(lua_State *L, const exotel_record *r,
                             const exotel_node *node, int names) {
  if (node->row != 0)
    lua_rawgeti(L, names, (int)node->row);
  else if (node->known != NULL)
    lua_pushstring(L, node->known);
  else
    push_slice(L, exotel_record_name(r, node));
}

static void push_list(lua_State *L, const exotel_record *r, const exotel_node *list,
                      int names) {
  int place = 0;
  size_t at;
  lua_createtable(L, (int)list->count, 0);
  for (at = list->first; at != 0; at = exotel_record_node(r, at)->next) {
    push_node(L, r, exotel_record_node(r, at), names);
    lua_rawseti(L, -2, ++place);
  }
}

static void push_table(lua_State *L, const exotel_record *r, const exotel_node *table,
                       int names) {
  size_t at;
  luaL_checkstack(L, 6, "record nested too deep");
  lua_createtable(L, 0, (int)table->count + 1);
  for (at = table->first; at != 0; at = exotel_record_node(r, at)->next) {
    const exotel_node *child = exotel_record_node(r, at);
    push_name(L, r, child, names);
    push_node(L, r, child, names);
    lua_rawset(L, -3);
    if (child->type == EXOTEL_NODE_NUMBER &&
        r->rows.row[child->row].type == EXOTEL_IS_DECIMAL) {
      lua_pushfstring(L, "%s_text", child->known);
      push_slice(L, exotel_record_text(r, child));
      lua_rawset(L, -3);
    }
  }
}

static void push_part(lua_State *L, const exotel_record *r, const exotel_node *node,
                      int names) {
  switch ((exotel_node_type)node->type) {
    case EXOTEL_NODE_TEXT: push_slice(L, exotel_record_text(r, node)); break;
    case EXOTEL_NODE_INTEGER: exotel_pushinteger(L, node->integer); break;
    case EXOTEL_NODE_BOOLEAN: lua_pushboolean(L, node->integer != 0); break;
    case EXOTEL_NODE_NUMBER: lua_pushnumber(L, (lua_Number)node->number); break;
    case EXOTEL_NODE_LIST: push_list(L, r, node, names); break;
    case EXOTEL_NODE_TABLE: push_table(L, r, node, names); break;
  }
}

void l_record_push(lua_State *L, const exotel_record *r) {
  push_names(L, r->rows.type);
  push_table(L, r, exotel_record_node(r, 0), lua_gettop(L));
  lua_remove(L, -2);
}

void l_records_push(lua_State *L, exotel_record *r, size_t n) {
  int names;
  size_t i;
  push_names(L, r->rows.type);
  names = lua_gettop(L);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    push_table(L, r, exotel_record_node(r, 0), names);
    lua_rawseti(L, -2, (int)i + 1);
    exotel_record_next(r);
  }
  lua_remove(L, names);
}
