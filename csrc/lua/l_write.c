/*
** l_write: records in Lua tables to JSON and XML, events to any encoding. Part of
** exotel.core.
**
** The rows of api.c give names and order; what they don't know follows, sorted by name.
** Values are taken as they are: what is built belongs to the working memory, so that
** whatever raises leaks nothing.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/decimal.h"
#include "../core/error.h"
#include "../core/text.h"
#include "../core/xml_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum encoding { AS_JSON, AS_FORM, AS_MULTIPART, AS_XML } encoding;

typedef struct writing {
  lua_State *L;
  l_work *w;
  encoding encoding;
  const exotel_record_type *type;
  int documented;     /* the service's names and shape, instead of ours */
  const char *absent; /* "null", "empty" or NULL */
  exotel_step path[EXOTEL_DEPTH_MAX];
} writing;

static exotel_step step_named(exotel_slice name) {
  exotel_step s;
  s.name = name;
  s.index = 0;
  return s;
}

static exotel_step step_at(size_t index) {
  exotel_step s;
  s.name.p = NULL;
  s.name.n = 0;
  s.index = index;
  return s;
}

/* The steps of a row's path, `index` standing for []. */
static size_t documented_path(writing *g, const char *path, size_t index) {
  size_t depth = 0;
  while (*path != '\0') {
    size_t n = strcspn(path, ".[");
    if (n > 0) g->path[depth++] = step_named((exotel_slice){path, n});
    path += n;
    if (*path == '[') {
      g->path[depth++] = step_at(index);
      path += 2;
    }
    if (*path == '.') path++;
  }
  return depth;
}

static size_t own_path(writing *g, const exotel_field *f, size_t index) {
  size_t depth = 0;
  if (f->list != NULL) {
    g->path[depth++] = step_named(exotel_slice_of(f->list));
    g->path[depth++] = step_at(index);
  }
  g->path[depth++] = step_named(exotel_slice_of(f->lua));
  return depth;
}

static exotel_kind put(writing *g, size_t depth, exotel_slice text,
                       exotel_json_type type) {
  exotel_leaf leaf;
  leaf.path = g->path;
  leaf.depth = depth;
  leaf.text = text;
  leaf.null = 0;
  if (type == EXOTEL_JSON_TRUE) leaf.text = exotel_slice_of("true");
  if (type == EXOTEL_JSON_FALSE) leaf.text = exotel_slice_of("false");
  switch (g->encoding) {
    case AS_FORM:
      exotel_form_put(&g->w->text, &leaf);
      return exotel_error_buffer(&g->w->error, &g->w->text, exotel_slice_of("event"));
    case AS_MULTIPART: return exotel_multipart_put(&g->w->parts, &leaf, &g->w->error);
    default: return exotel_json_put(&g->w->writer, &leaf, type, &g->w->error);
  }
}

/* A number's text, of as many digits as tell it from every other, whatever the locale;
** left on the stack. Lua's own spelling drops digits. */
static exotel_slice spell_number(lua_State *L, int index) {
  double n = (double)lua_tonumber(L, index);
  char digits[48];
  char *comma;
  exotel_slice s;
  if (exotel_isinteger(L, index)) {
    snprintf(digits, sizeof digits, "%lld", exotel_tointeger(L, index));
  } else if (n > -1e18 && n < 1e18 && n == (double)(long long)n) {
    snprintf(digits, sizeof digits, "%lld", (long long)n);
  } else {
    snprintf(digits, sizeof digits, "%.14g", n);
    if (strtod(digits, NULL) != n) snprintf(digits, sizeof digits, "%.17g", n);
    comma = strchr(digits, ',');
    if (comma != NULL) *comma = '.';
  }
  lua_pushstring(L, digits);
  s.p = lua_tolstring(L, -1, &s.n);
  return s;
}

/* <lua>_text, when it says the same number as the field. */
static int exact_text(writing *g, int table, const exotel_field *f, double number,
                      exotel_slice *text) {
  double value;
  lua_pushfstring(g->L, "%s_text", f->lua);
  lua_rawget(g->L, table);
  if (lua_type(g->L, -1) != LUA_TSTRING) return 0;
  text->p = lua_tolstring(g->L, -1, &text->n);
  return exotel_decimal_number(text->p, text->n, &value) && value == number;
}

static exotel_kind refuse_type(writing *g, size_t depth, int index) {
  exotel_slice name = g->path[depth - 1].name;
  if (name.p == NULL) name = exotel_slice_of("an item");
  return exotel_error_set(&g->w->error, EXOTEL_INVALID, "type", name,
                          "%.*s is a %s, which JSON can't hold here", (int)name.n,
                          name.p, luaL_typename(g->L, index));
}

/* The value at the top of the stack, a field of the table at `table`. */
static exotel_kind put_field(writing *g, int table, const exotel_field *f,
                             size_t depth) {
  lua_State *L = g->L;
  int index = lua_gettop(L), quoted = g->documented && (f->flags & EXOTEL_QUOTED);
  exotel_slice text = {"", 0};
  double finite;
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      if (f->type == EXOTEL_IS_KEYS && g->documented) {
        lua_pushliteral(L, "\"");
        lua_pushvalue(L, index);
        lua_pushliteral(L, "\"");
        lua_concat(L, 3);
        index = lua_gettop(L);
      }
      text.p = lua_tolstring(L, index, &text.n);
      return put(g, depth, text, EXOTEL_JSON_STRING);
    case LUA_TNUMBER:
      if (f->type != EXOTEL_IS_DECIMAL ||
          !exact_text(g, table, f, (double)lua_tonumber(L, index), &text))
        text = spell_number(L, index);
      if (!exotel_decimal_number(text.p, text.n, &finite)) quoted = 0; /* refused */
      return put(g, depth, text, quoted ? EXOTEL_JSON_STRING : EXOTEL_JSON_NUMBER);
    case LUA_TBOOLEAN:
      return put(g, depth, text,
                 lua_toboolean(L, index) ? EXOTEL_JSON_TRUE : EXOTEL_JSON_FALSE);
    default: return refuse_type(g, depth, index);
  }
}

/* A value that isn't what its row says stands under the service's own name, and is put
** with what no row knows: then the row's isn't absent. An entry of a list has it at its
** top. */
static int kept_as_sent(const writing *g, int table, const exotel_field *f,
                        size_t depth) {
  lua_State *L = g->L;
  size_t i = f->list != NULL ? depth - 1 : 0;
  int kept;
  if (!g->documented || exotel_slice_is(g->path[depth - 1].name, f->lua)) return 0;
  lua_pushvalue(L, table);
  for (; i < depth && lua_istable(L, -1); i++) {
    lua_pushlstring(L, g->path[i].name.p, g->path[i].name.n);
    lua_rawget(L, -2);
    lua_remove(L, -2);
  }
  kept = i == depth && !lua_isnil(L, -1);
  lua_pop(L, 1);
  return kept;
}

static exotel_kind put_absent(writing *g, const exotel_field *f, size_t depth) {
  exotel_slice none = {"", 0};
  if (g->absent == NULL || !(f->flags & EXOTEL_ALWAYS)) return EXOTEL_OK;
  return put(g, depth, none,
             strcmp(g->absent, "null") == 0 ? EXOTEL_JSON_NULL : EXOTEL_JSON_STRING);
}

/* Whether the value at the top says only what its place says: an entry's number, unless
** the entry has nothing else. */
static int is_implied(const writing *g, int table, const exotel_field *f,
                      size_t index) {
  lua_State *L = g->L;
  int others = 0;
  if (!g->documented || !(f->flags & EXOTEL_IMPLIED)) return 0;
  if (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) != (lua_Number)(index + 1))
    return 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    others++;
  }
  return others > 1;
}

/* The same of the value at the top: an entry's number is there whatever was sent. */
static int kept_as_sent_instead(const writing *g, int table, const exotel_field *f,
                                size_t depth) {
  if (f->list == NULL && !lua_isnil(g->L, -1)) return 0;
  return kept_as_sent(g, table, f, depth);
}

/* One row, from the record or list entry at `table`. */
static exotel_kind put_row(writing *g, int table, const exotel_field *f, size_t index) {
  int top = lua_gettop(g->L);
  size_t depth =
      g->documented ? documented_path(g, f->path, index) : own_path(g, f, index);
  exotel_kind kind;
  lua_pushstring(g->L, f->lua);
  lua_rawget(g->L, table);
  if (kept_as_sent_instead(g, table, f, depth) || is_implied(g, table, f, index))
    kind = EXOTEL_OK;
  else if (lua_isnil(g->L, -1))
    kind = put_absent(g, f, depth);
  else
    kind = put_field(g, table, f, depth);
  lua_settop(g->L, top);
  return kind;
}

static int entry_numbered(lua_State *L, int list, size_t number) {
  size_t i, n = lua_rawlen(L, list);
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, list, (int)i);
    if (lua_istable(L, -1)) {
      lua_pushliteral(L, "id");
      lua_rawget(L, -2);
      if (lua_type(L, -1) == LUA_TNUMBER && (size_t)lua_tonumber(L, -1) == number) {
        lua_pop(L, 1);
        return 1;
      }
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  return 0;
}

/* The value at the top, which the list that `f` is a row of can't be or hold. */
static exotel_kind refuse_list(writing *g, const exotel_field *f) {
  g->path[0] = step_named(exotel_slice_of(f->list));
  return refuse_type(g, 1, -1);
}

/* Pushes the list that `f` is a row of. `*n` is how many entries it has, 0 for none. */
static exotel_kind open_list(writing *g, int record, const exotel_field *f, size_t *n) {
  lua_State *L = g->L;
  *n = 0;
  lua_pushstring(L, f->list);
  lua_rawget(L, record);
  if (lua_isnil(L, -1)) return EXOTEL_OK;
  if (!lua_istable(L, -1)) return refuse_list(g, f);
  *n = lua_rawlen(L, -1);
  return EXOTEL_OK;
}

/* A row that names its entry, in a list that has no such entry. */
static exotel_kind put_missing(writing *g, int record, const exotel_field *f) {
  exotel_field alone = *f;
  size_t depth = documented_path(g, f->path, 0);
  alone.list = NULL; /* what was sent instead stands in the record then */
  if (kept_as_sent(g, record, &alone, depth)) return EXOTEL_OK;
  return put_absent(g, f, depth);
}

/* A row that names its entry, of the list at the top. */
static exotel_kind put_named(writing *g, int record, const exotel_field *f) {
  int list = lua_gettop(g->L);
  if (!g->documented) return EXOTEL_OK;
  if (entry_numbered(g->L, list, f->position))
    return put_row(g, lua_gettop(g->L), f, 0);
  return put_missing(g, record, f);
}

/* A row of a list, for each entry; a row that names its entry, for that one. */
static exotel_kind put_list_row(writing *g, int record, const exotel_field *f) {
  lua_State *L = g->L;
  int list = lua_gettop(L) + 1;
  size_t i, n;
  exotel_kind kind = open_list(g, record, f, &n);
  if (kind == EXOTEL_OK && n > 0 && f->position > 0) {
    kind = put_named(g, record, f);
    n = 0;
  }
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    lua_rawgeti(L, list, (int)i + 1);
    kind = lua_istable(L, -1) ? put_row(g, list + 1, f, i) : refuse_list(g, f);
    lua_settop(L, list);
  }
  lua_settop(L, list - 1);
  return kind;
}

/* Our own shape has one place for an entry's status, which several rows describe. */
static int is_repeat(const writing *g, size_t row) {
  const exotel_field *f = &g->type->fields[row];
  size_t i;
  if (g->documented || f->list == NULL || f->position == 0) return 0;
  for (i = 0; i < row; i++) {
    const exotel_field *other = &g->type->fields[i];
    if (other->list != NULL && strcmp(other->lua, f->lua) == 0) return 1;
  }
  return 0;
}

static exotel_kind put_rows(writing *g, int record) {
  exotel_kind kind = EXOTEL_OK;
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < g->type->nfields; i++) {
    exotel_field f = g->type->fields[i];
    if (is_repeat(g, i)) continue;
    if (!g->documented) f.position = 0;
    kind = f.list == NULL ? put_row(g, record, &g->type->fields[i], 0)
                          : put_list_row(g, record, &f);
  }
  return kind;
}

/* {=================================================================
** What no row knows
** ================================================================== */

/* What the names of a table are checked against. */
typedef enum level { ANY, RECORD, ENTRY } level;

static int is_own(const writing *g, exotel_slice name) {
  const char *const *own = g->type->own;
  if (own == NULL || !g->documented) return 0;
  for (; *own != NULL; own++) {
    if (exotel_slice_is(name, *own)) return 1;
  }
  return exotel_slice_is(name, "repeated");
}

static int is_known(const writing *g, exotel_slice name, level where) {
  size_t i;
  if (where == RECORD && is_own(g, name)) return 1;
  for (i = 0; where != ANY && i < g->type->nfields; i++) {
    const exotel_field *f = &g->type->fields[i];
    size_t n = strlen(f->lua);
    if (where == ENTRY) {
      if (f->list != NULL && exotel_slice_is(name, f->lua)) return 1;
      continue;
    }
    if (exotel_slice_is(name, f->list != NULL ? f->list : f->lua)) return 1;
    if (f->type == EXOTEL_IS_DECIMAL && name.n == n + 5 &&
        memcmp(name.p, f->lua, n) == 0 && memcmp(name.p + n, "_text", 5) == 0)
      return 1;
  }
  return 0;
}

static exotel_kind put_any(writing *g, size_t depth);

/* Puts the smallest name after `last` of the table at `table`. The keys stay in their
** table, which nothing changes; quadratic, for a handful of names. */
static int next_name(writing *g, int table, level where, exotel_slice *last) {
  lua_State *L = g->L;
  exotel_slice best = {NULL, 0};
  lua_pushnil(L);
  while (lua_next(L, table)) {
    exotel_slice name;
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) continue;
    name.p = lua_tolstring(L, -1, &name.n);
    if (last->p != NULL && !exotel_slice_before(*last, name)) continue;
    if (best.p != NULL && !exotel_slice_before(name, best)) continue;
    if (is_known(g, name, where)) continue;
    best = name;
  }
  *last = best;
  return best.p != NULL;
}

/* The name at work is kept on the stack, so that it outlives whatever runs meanwhile. */
static exotel_kind put_names(writing *g, int table, size_t depth, level where) {
  exotel_slice name = {NULL, 0};
  exotel_kind kind = EXOTEL_OK;
  int anchor;
  lua_pushnil(g->L);
  anchor = lua_gettop(g->L);
  while (kind == EXOTEL_OK && next_name(g, table, where, &name)) {
    lua_pushlstring(g->L, name.p, name.n);
    lua_replace(g->L, anchor);
    name.p = lua_tolstring(g->L, anchor, &name.n);
    lua_pushvalue(g->L, anchor);
    lua_rawget(g->L, table);
    g->path[depth] = step_named(name);
    kind = put_any(g, depth + 1);
    lua_settop(g->L, anchor);
  }
  lua_settop(g->L, anchor - 1);
  return kind;
}

static exotel_kind put_items(writing *g, int table, size_t depth) {
  size_t i, n = lua_rawlen(g->L, table);
  exotel_kind kind = EXOTEL_OK;
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    lua_rawgeti(g->L, table, (int)i + 1);
    g->path[depth] = step_at(i);
    kind = put_any(g, depth + 1);
    lua_settop(g->L, table);
  }
  return kind;
}

/* Whether a table is a list or has names, and not something of both: JSON has no more. */
static int is_plain(lua_State *L, int table) {
  size_t count = 0, n = lua_rawlen(L, table);
  int names = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING)
      names = 1;
    else
      count++;
  }
  return count == n && !(names && n > 0);
}

static exotel_kind refuse_mixed(writing *g, exotel_slice name) {
  return exotel_error_set(&g->w->error, EXOTEL_INVALID, "type", name,
                          "%.*s is a table with holes, or with names and positions:"
                          " JSON can't hold it",
                          (int)name.n, name.p);
}

/* The value at the top of the stack, whatever it is. */
static exotel_kind put_any(writing *g, size_t depth) {
  static const exotel_field unknown = {"", NULL, 0, "", EXOTEL_IS_TEXT, 0, ""};
  int table = lua_gettop(g->L);
  if (lua_type(g->L, table) != LUA_TTABLE) {
    exotel_kind kind = put_field(g, table, &unknown, depth);
    lua_settop(g->L, table);
    return kind;
  }
  luaL_checkstack(g->L, 8, "record nested too deep");
  if (depth >= EXOTEL_DEPTH_MAX - 1) return refuse_type(g, depth, table);
  if (!is_plain(g->L, table)) {
    exotel_slice name = g->path[depth - 1].name;
    return refuse_mixed(g, name.p == NULL ? exotel_slice_of("an item") : name);
  }
  if (lua_rawlen(g->L, table) > 0) return put_items(g, table, depth);
  return put_names(g, table, depth, ANY);
}

/* The names that no row knows in the entries of the list that `f` is a row of. */
static exotel_kind put_entries_names(writing *g, int record, const exotel_field *f) {
  lua_State *L = g->L;
  int list = lua_gettop(L) + 1;
  size_t i, n;
  exotel_kind kind = open_list(g, record, f, &n);
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    size_t depth = g->documented ? documented_path(g, f->path, i) : own_path(g, f, i);
    lua_rawgeti(L, list, (int)i + 1);
    kind = put_names(g, list + 1, depth - 1, ENTRY);
    lua_settop(L, list);
  }
  lua_settop(L, list - 1);
  return kind;
}

static exotel_kind put_list_names(writing *g, int record) {
  size_t i;
  for (i = 0; i < g->type->nfields; i++) {
    const exotel_field *f = &g->type->fields[i];
    if (f->list != NULL && f->position == 0) return put_entries_names(g, record, f);
  }
  return EXOTEL_OK;
}

/* }================================================================== */

/* {=================================================================
** What an event has of its own
** ================================================================== */

/* A name that came twice comes twice again. Its path as one name: that is how it was
** noted, and every decoder splits it. */
static exotel_kind put_repeated(writing *g, int event) {
  lua_State *L = g->L;
  exotel_kind kind = EXOTEL_OK;
  int top = lua_gettop(L);
  size_t i, n;
  lua_getfield(L, event, "repeated");
  n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    exotel_slice name;
    lua_rawgeti(L, top + 1, (int)i + 1);
    if (lua_type(L, -1) != LUA_TSTRING) break;
    name.p = lua_tolstring(L, -1, &name.n);
    g->path[0] = step_named(name);
    g->w->writer.twice = 1;
    kind = put(g, 1, exotel_slice_of("1"), EXOTEL_JSON_STRING);
    lua_pop(L, 1);
  }
  lua_settop(L, top);
  return kind;
}

static exotel_kind put_file(writing *g, int file) {
  exotel_file f;
  double size;
  f.name = l_slice_field(g->L, file, "name");
  f.filename = l_slice_field(g->L, file, "filename");
  f.type = l_slice_field(g->L, file, "type");
  lua_getfield(g->L, file, "size");
  size = (double)lua_tonumber(g->L, -1);
  if (size > L_BODY_MAX) size = (double)L_BODY_MAX + 1; /* refused: too long */
  f.size = size > 0 ? (size_t)size : 0;
  return exotel_multipart_put_file(&g->w->parts, &f, &g->w->error);
}

/* Files are known by name and size only: as many blanks stand for their content. */
static exotel_kind put_files(writing *g, int event) {
  lua_State *L = g->L;
  exotel_kind kind = EXOTEL_OK;
  int top = lua_gettop(L);
  size_t i, n;
  lua_getfield(L, event, "files");
  n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  if (n > 0 && g->encoding != AS_MULTIPART)
    kind = exotel_error_set(&g->w->error, EXOTEL_INVALID, "files",
                            exotel_slice_of("files"),
                            "files can be built as multipart/form-data only");
  for (i = 0; kind == EXOTEL_OK && i < n; i++) {
    lua_rawgeti(L, top + 1, (int)i + 1);
    if (lua_istable(L, -1)) kind = put_file(g, lua_gettop(L));
    lua_settop(L, top + 1);
  }
  lua_settop(L, top);
  return kind;
}

/* }================================================================== */

/* Of no name: a type without rows, for tables that aren't records. */
static const exotel_record_type *type_named(exotel_slice name) {
  static const exotel_record_type plain = {"", NULL, 0, NULL};
  const exotel_record_type *type;
  size_t i;
  if (name.n == 0) return &plain;
  for (i = 0; (type = exotel_record_type_at(i)) != NULL; i++) {
    if (exotel_slice_is(name, type->name)) return type;
  }
  return NULL;
}

static exotel_kind put_all(writing *g, int record) {
  exotel_kind kind;
  if (lua_rawlen(g->L, record) > 0 || !is_plain(g->L, record))
    return refuse_mixed(g, exotel_slice_of("the record"));
  kind = put_rows(g, record);
  if (kind == EXOTEL_OK) kind = put_list_names(g, record);
  if (kind == EXOTEL_OK) kind = put_names(g, record, 0, RECORD);
  return kind;
}

/* Pushes what was put, in the writer's encoding. */
static exotel_kind push_record(writing *g) {
  exotel_slice text;
  exotel_kind kind;
  if (g->encoding == AS_XML) {
    kind = exotel_xml_print(&g->w->writer, &g->w->text, &g->w->error);
    if (kind == EXOTEL_OK) l_buffer_push(g->L, &g->w->text);
    return kind;
  }
  kind = exotel_json_print(&g->w->writer, &text, &g->w->error);
  if (kind == EXOTEL_OK) lua_pushlstring(g->L, text.p, text.n);
  return kind;
}

static int write_record(lua_State *L, encoding how) {
  exotel_kind kind;
  writing g;
  luaL_checktype(L, 1, LUA_TTABLE);
  g.L = L;
  g.type = type_named(l_slice_check(L, 2));
  luaL_argcheck(L, g.type != NULL, 2, "unknown record");
  g.documented = lua_toboolean(L, 3);
  g.absent = luaL_optstring(L, 4, NULL);
  g.encoding = how;
  luaL_checkstack(L, 20, NULL);
  g.w = l_work_take(L);
  exotel_json_reset(&g.w->writer);
  kind = put_all(&g, 1);
  if (kind == EXOTEL_OK) kind = push_record(&g);
  exotel_json_reset(&g.w->writer);
  if (kind != EXOTEL_OK) return l_error_push(L, g.w);
  l_work_give(g.w);
  return 1;
}

/*
** core.to_json(record, type, documented, absent): the record's JSON, or nil and an error
** of kind "invalid". documented: the service's names and shape. absent: "null" or
** "empty" writes the names that the service always sends. With "" for the type any table
** of strings, numbers, booleans and tables is written.
*/
int l_json_write(lua_State *L) {
  return write_record(L, AS_JSON);
}

/*
** core.to_xml(record, type, documented, absent): the same as XML: an element for each
** name, in that order, and none around them. What is absent is <Price/> as "null" and
** <Price></Price> as "empty".
*/
int l_xml_write(lua_State *L) {
  return write_record(L, AS_XML);
}

/* The finished body of an event, pushed with its content type. */
static int push_body(writing *g) {
  char boundary[EXOTEL_BOUNDARY_SIZE + 1];
  exotel_slice text;
  l_work *w = g->w;
  switch (g->encoding) {
    case AS_XML: /* no event is */
    case AS_JSON:
      if (exotel_json_print(&w->writer, &text, &w->error) != EXOTEL_OK)
        return l_error_push(g->L, w);
      lua_pushlstring(g->L, text.p, text.n);
      lua_pushliteral(g->L, "application/json");
      break;
    case AS_FORM:
      l_buffer_push(g->L, &w->text);
      lua_pushliteral(g->L, "application/x-www-form-urlencoded");
      break;
    case AS_MULTIPART:
      if (exotel_multipart_end(&w->parts, &w->text, boundary, &w->error) != EXOTEL_OK)
        return l_error_push(g->L, w);
      l_buffer_push(g->L, &w->text);
      lua_pushfstring(g->L, "multipart/form-data; boundary=%s", boundary);
      break;
  }
  exotel_json_reset(&w->writer);
  exotel_multipart_free(&w->parts);
  l_work_give(w);
  return 2;
}

/*
** core.build(event, encoding): the body that the service would send for an event, and its
** content type; or nil and an error of kind "invalid". encoding: "json", "form" or
** "multipart".
*/
int l_event_build(lua_State *L) {
  static const char *const encodings[] = {"json", "form", "multipart", NULL};
  exotel_kind kind;
  writing g;
  luaL_checktype(L, 1, LUA_TTABLE);
  g.encoding = (encoding)luaL_checkoption(L, 2, NULL, encodings);
  g.L = L;
  g.type = exotel_event_type();
  g.documented = 1;
  g.absent = NULL;
  luaL_checkstack(L, 20, NULL);
  g.w = l_work_take(L);
  exotel_json_reset(&g.w->writer);
  exotel_multipart_free(&g.w->parts); /* of a build that failed */
  exotel_multipart_begin(&g.w->parts, L_BODY_MAX);
  kind = put_all(&g, 1);
  if (kind == EXOTEL_OK) kind = put_files(&g, 1);
  if (kind == EXOTEL_OK) kind = put_repeated(&g, 1);
  if (kind == EXOTEL_OK) return push_body(&g);
  exotel_json_reset(&g.w->writer);
  exotel_multipart_free(&g.w->parts);
  return l_error_push(L, g.w);
}
