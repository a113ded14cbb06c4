/*
** l_applet: replies of applets from Lua tables and to them, and the secret of a webhook's
** URL. Part of exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/error.h"
#include "../core/reply.h"
#include "../core/secret.h"
#include "../core/text.h"
#include "../core/value.h"

#include <math.h>

#define PLACE_MAX EXOTEL_FIELD_MAX
#define SECRETS_MAX 16

typedef struct building {
  lua_State *L;
  l_work *w;
  exotel_step path[EXOTEL_DEPTH_MAX];
} building;

/* {=================================================================
** From Lua
** ================================================================== */

static exotel_kind put(building *g, size_t depth, exotel_slice text,
                       exotel_json_type type) {
  exotel_leaf leaf;
  leaf.path = g->path;
  leaf.depth = depth;
  leaf.text = text;
  leaf.null = leaf.stays = 0;
  return exotel_json_put(&g->w->writer, &leaf, type, &g->w->error);
}

static exotel_kind refuse(building *g, size_t depth, const char *why) {
  char place[PLACE_MAX];
  exotel_reply_place(place, sizeof place, g->path, depth);
  return exotel_error_set(&g->w->error, EXOTEL_MISUSE, "type", exotel_slice_of(place),
                          "option '%s' %s", place, why);
}

/* "option 'destination.nunbers' is not known (did you mean 'numbers'?)" */
static exotel_kind refuse_name(building *g, size_t depth,
                               const exotel_reply_shape *shape, exotel_slice name) {
  char place[PLACE_MAX];
  const char *best = NULL;
  size_t i, distance = 0;
  for (i = 0; i < shape->nfields; i++)
    exotel_nearest(name, shape->fields[i].value.name, &best, &distance);
  g->path[depth].name = name;
  exotel_reply_place(place, sizeof place, g->path, depth + 1);
  return exotel_error_set(&g->w->error, EXOTEL_MISUSE, "unknown_option",
                          exotel_slice_of(place), "option '%s' is not known%s%s%s",
                          place, best != NULL ? " (did you mean '" : "",
                          best != NULL ? best : "", best != NULL ? "'?)" : "");
}

/* Of several names that no row has, the first in byte order. */
static exotel_kind check_names(building *g, int table, size_t depth,
                               const exotel_reply_shape *shape) {
  lua_State *L = g->L;
  exotel_slice unknown = {NULL, 0};
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    exotel_slice name;
    if (lua_type(L, -2) != LUA_TSTRING)
      return depth == 0
                 ? exotel_error_set(&g->w->error, EXOTEL_MISUSE, "type",
                                    exotel_slice_of(""), "a reply takes fields by name")
                 : refuse(g, depth, "takes fields by name");
    name.p = lua_tolstring(L, -2, &name.n);
    if (exotel_reply_field_find(shape, name, 0) != NULL) continue;
    if (unknown.p == NULL || exotel_slice_before(name, unknown)) unknown = name;
  }
  if (unknown.p != NULL) return refuse_name(g, depth, shape, unknown);
  return EXOTEL_OK;
}

/* A phone number is sent without its blanks; what is none is left to the check. */
static exotel_kind put_text(building *g, int index, const exotel_reply_field *f,
                            size_t depth) {
  exotel_buffer *trimmed = &g->w->text;
  exotel_slice text;
  const char *wrong;
  text.p = lua_tolstring(g->L, index, &text.n);
  if (f->shape != NULL || f->value.type != EXOTEL_TAKES_PHONE)
    return put(g, depth, text, EXOTEL_JSON_STRING);
  exotel_buffer_reset(trimmed);
  wrong = exotel_phone_trim(text, trimmed);
  if (trimmed->state != EXOTEL_BUFFER_OK) return exotel_error_memory(&g->w->error);
  if (wrong == NULL) text = exotel_slice_held(trimmed);
  return put(g, depth, text, EXOTEL_JSON_STRING);
}

static exotel_kind put_number(building *g, int index, size_t depth) {
  double number = (double)lua_tonumber(g->L, index);
  exotel_given given = l_given(g->L, index);
  if (!isfinite(number)) return refuse(g, depth, "takes a number that is finite");
  exotel_buffer_reset(&g->w->text);
  exotel_value_plain(&g->w->text, &given);
  if (g->w->text.state != EXOTEL_BUFFER_OK) return exotel_error_memory(&g->w->error);
  return put(g, depth, exotel_slice_held(&g->w->text), EXOTEL_JSON_NUMBER);
}

static exotel_kind put_shape(building *g, int table, const exotel_reply_shape *shape,
                             size_t depth);

static exotel_kind put_value(building *g, const exotel_reply_field *f, size_t depth);

/* A table's keys must be 1 to n, for it to be a list. */
static int is_list(lua_State *L, int table) {
  size_t n = lua_rawlen(L, table), keys = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1))
    keys++;
  return keys == n;
}

static exotel_kind put_list(building *g, int table, const exotel_reply_field *f,
                            size_t depth) {
  size_t i, n = lua_rawlen(g->L, table);
  exotel_kind kind;
  if (!is_list(g->L, table)) return refuse(g, depth, "takes a list without holes");
  kind = put(g, depth, exotel_slice_of(""), EXOTEL_JSON_EMPTY_LIST);
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    g->path[depth].name.p = NULL;
    g->path[depth].name.n = 0;
    g->path[depth].index = i;
    lua_rawgeti(g->L, table, (int)i + 1);
    kind = put_value(g, f, depth + 1);
    lua_settop(g->L, lua_gettop(g->L) - 1);
  }
  return kind;
}

static exotel_kind put_table(building *g, int table, const exotel_reply_field *f,
                             size_t depth) {
  exotel_kind kind;
  if (f->shape == NULL) return refuse(g, depth, "takes no table");
  kind = put(g, depth, exotel_slice_of(""), EXOTEL_JSON_EMPTY_OBJECT);
  if (kind == EXOTEL_OK) kind = put_shape(g, table, f->shape, depth);
  return kind;
}

/* The value at the top of the stack, one item where the field is a list. */
static exotel_kind put_value(building *g, const exotel_reply_field *f, size_t depth) {
  int index = lua_gettop(g->L);
  switch (lua_type(g->L, index)) {
    case LUA_TSTRING: return put_text(g, index, f, depth);
    case LUA_TNUMBER: return put_number(g, index, depth);
    case LUA_TBOOLEAN:
      return put(g, depth, exotel_slice_of(""),
                 lua_toboolean(g->L, index) ? EXOTEL_JSON_TRUE : EXOTEL_JSON_FALSE);
    case LUA_TTABLE: return put_table(g, index, f, depth);
    default: return refuse(g, depth, "takes no value of that type");
  }
}

/* One field of the table, the value being at the top of the stack. */
static exotel_kind put_field(building *g, const exotel_reply_shape *shape,
                             const exotel_reply_field *f, size_t depth) {
  int index = lua_gettop(g->L), table = lua_istable(g->L, index);
  exotel_slice name = exotel_slice_of(f->value.name);
  int list = table && lua_rawlen(g->L, index) > 0;
  if (f != exotel_reply_field_find(shape, name, list)) return EXOTEL_OK;
  g->path[depth].name = name;
  g->path[depth].index = 0;
  if (f->list && table) return put_list(g, index, f, depth + 1);
  return put_value(g, f, depth + 1);
}

static exotel_kind put_shape(building *g, int table, const exotel_reply_shape *shape,
                             size_t depth) {
  int top = lua_gettop(g->L);
  exotel_kind kind = check_names(g, table, depth, shape);
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < shape->nfields; i++) {
    lua_settop(g->L, top);
    lua_pushstring(g->L, shape->fields[i].value.name);
    lua_rawget(g->L, table);
    if (!lua_isnil(g->L, -1)) kind = put_field(g, shape, &shape->fields[i], depth);
  }
  lua_settop(g->L, top);
  return kind;
}

/* }================================================================== */

/* Reads the JSON that was put, or another, in the place of the writer's tree: in that, numbers
** are bytes. */
static exotel_kind settle(l_work *w, exotel_slice json) {
  exotel_json_reset(&w->writer);
  return exotel_json_tree_read(&w->writer.tree, json, &w->error);
}

static exotel_kind print(l_work *w) {
  exotel_slice text;
  exotel_kind kind = exotel_json_print(&w->writer, &text, &w->error);
  if (kind != EXOTEL_OK) return kind;
  exotel_buffer_reset(&w->other);
  exotel_buffer_add(&w->other, text.p, text.n);
  if (w->other.state != EXOTEL_BUFFER_OK) return exotel_error_memory(&w->error);
  return settle(w, exotel_slice_held(&w->other));
}

static const exotel_reply *check_reply(lua_State *L, int index) {
  const exotel_reply *reply = exotel_reply_find(l_slice_check(L, index));
  luaL_argcheck(L, reply != NULL, index, "unknown reply");
  return reply;
}

static int push_failure(lua_State *L, l_work *w) {
  exotel_json_reset(&w->writer);
  return l_error_push(L, w);
}

/* The body of the checked document whose JSON is in `w->other`, in its own form. */
static int push_body(lua_State *L, l_work *w, const exotel_reply *reply) {
  const exotel_reply_field *alone = exotel_reply_alone(reply, w->writer.tree);
  exotel_buffer *body = &w->other;
  if (alone != NULL) {
    exotel_buffer_reset(&w->text);
    exotel_reply_write(&w->text, alone, w->writer.tree);
    body = &w->text;
  }
  if (body->state == EXOTEL_BUFFER_NOMEMORY) {
    exotel_error_memory(&w->error);
    return push_failure(L, w);
  }
  if (body->n > EXOTEL_REPLY_MAX) {
    exotel_error_set(&w->error, EXOTEL_INVALID, "too_long", exotel_slice_of(""),
                     "the reply has %lu bytes, over the limit of %d",
                     (unsigned long)body->n, EXOTEL_REPLY_MAX);
    return push_failure(L, w);
  }
  exotel_json_reset(&w->writer);
  l_buffer_push(L, body);
  lua_pushstring(L, alone != NULL ? "text/plain" : reply->json_type);
  l_work_give(w);
  return 2;
}

/*
** core.reply(name, fields): the body of an applet's reply, and its content type; or nil and an
** error of kind "misuse" for a name or type that the rows don't have, else "invalid".
*/
int l_reply_build(lua_State *L) {
  const exotel_reply *reply = check_reply(L, 1);
  exotel_kind kind;
  building g;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 40, NULL);
  g.L = L;
  g.w = l_work_take(L);
  exotel_json_reset(&g.w->writer);
  kind = put_shape(&g, 2, reply->shape, 0);
  if (kind == EXOTEL_OK) kind = print(g.w);
  if (kind == EXOTEL_OK)
    kind = exotel_reply_check(reply, g.w->writer.tree, &g.w->text, &g.w->error);
  if (kind != EXOTEL_OK) return push_failure(L, g.w);
  return push_body(L, g.w, reply);
}

/* {=================================================================
** To Lua
** ================================================================== */

/* Adds to the list at `list` the places of what no row knows. */
static void push_unknown(building *g, const exotel_json_value *object,
                         const exotel_reply_shape *shape, size_t depth, int list) {
  const void *at = object->first;
  while (at != NULL) {
    exotel_json_value value = exotel_json_tree_at(at);
    int is_list_value = value.kind == EXOTEL_JSON_IS_LIST;
    const exotel_reply_field *f =
        exotel_reply_field_find(shape, value.name, is_list_value);
    char place[PLACE_MAX];
    g->path[depth].name = value.name;
    exotel_reply_place(place, sizeof place, g->path, depth + 1);
    if (f == NULL) {
      lua_pushstring(g->L, place);
      lua_rawseti(g->L, list, (int)lua_rawlen(g->L, list) + 1);
    } else if (f->shape != NULL && value.kind == EXOTEL_JSON_IS_OBJECT) {
      push_unknown(g, &value, f->shape, depth + 1, list);
    }
    at = value.next;
  }
}

/* The fields that the rows know; the first of a name that stands twice. */
static void push_known(lua_State *L, const exotel_json_value *object,
                       const exotel_reply_shape *shape) {
  const void *at = object->first;
  lua_newtable(L);
  while (at != NULL) {
    exotel_json_value value = exotel_json_tree_at(at);
    if (exotel_reply_field_find(shape, value.name, 0) != NULL) l_json_set(L, &value);
    at = value.next;
  }
}

/*
** core.reply_read(name, body, is_text): what a body says, checked by the same rows, and the
** places of what no row knows; or nil and an error. is_text: it is plain text, not JSON.
*/
int l_reply_read(lua_State *L) {
  const exotel_reply *reply = check_reply(L, 1);
  exotel_slice body = l_slice_check(L, 2);
  int text = lua_toboolean(L, 3);
  exotel_json_value root;
  exotel_kind kind;
  building g;
  luaL_checkstack(L, 40, NULL);
  g.L = L;
  g.w = l_work_take(L);
  exotel_json_reset(&g.w->writer);
  if (text) {
    kind = exotel_reply_read(&g.w->writer, reply, body, &g.w->error);
    if (kind == EXOTEL_OK) kind = print(g.w);
  } else {
    kind = settle(g.w, body);
  }
  if (kind == EXOTEL_OK)
    kind = exotel_reply_check(reply, g.w->writer.tree, &g.w->text, &g.w->error);
  if (kind != EXOTEL_OK) return push_failure(L, g.w);
  root = exotel_json_tree_at(g.w->writer.tree);
  push_known(L, &root, reply->shape);
  lua_newtable(L);
  push_unknown(&g, &root, reply->shape, 0, lua_gettop(L));
  exotel_json_reset(&g.w->writer);
  l_work_give(g.w);
  return 2;
}

/* }================================================================== */

/*
** core.admit(query, name, secrets): whether the pair of that name in a query string has one
** of the secrets, a list of up to 16; and the query without it. Each of them is compared,
** whichever is right.
*/
int l_secret_admit(lua_State *L) {
  exotel_slice query = l_slice_check(L, 1), name = l_slice_check(L, 2);
  exotel_slice secrets[SECRETS_MAX], given;
  size_t i, n;
  int right = 0, found;
  l_work *w;
  luaL_checktype(L, 3, LUA_TTABLE);
  n = lua_rawlen(L, 3);
  luaL_argcheck(L, n <= SECRETS_MAX, 3, "too many secrets");
  luaL_checkstack(L, SECRETS_MAX + 4, NULL);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 3, (int)i + 1);
    secrets[i] = l_slice_check(L, lua_gettop(L));
  }
  w = l_work_take(L);
  found = exotel_secret_take(query, name, &w->text, &w->other);
  if (w->text.state != EXOTEL_BUFFER_OK || w->other.state != EXOTEL_BUFFER_OK) {
    exotel_error_memory(&w->error);
    return l_error_push(L, w);
  }
  given = exotel_slice_held(&w->text);
  for (i = 0; i < n; i++)
    right |= exotel_secret_is(given, secrets[i]);
  lua_pushboolean(L, found && right);
  l_buffer_push(L, &w->other);
  l_work_give(w);
  return 2;
}
