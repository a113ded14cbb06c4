/*
** l_api: the tables of api.c as Lua tables. Part of exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/error.h"

static void set_string(lua_State *L, const char *name, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, long value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_choices(lua_State *L, const char *const *choices) {
  int i;
  if (choices == NULL) return;
  lua_newtable(L);
  for (i = 0; choices[i] != NULL; i++) {
    lua_pushstring(L, choices[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "choices");
}

static void set_operators(lua_State *L, unsigned bits) {
  size_t i, n;
  const exotel_bound *bounds = exotel_bounds(&n);
  int at = 0;
  if (bits == 0) return;
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    if (!(bits & bounds[i].bit)) continue;
    lua_pushstring(L, bounds[i].name);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "operators");
}

/* A set of mode names: { numbers = true, flow = true }. */
static void set_modes(lua_State *L, const char *name, const exotel_operation *o,
                      unsigned bits) {
  size_t i;
  lua_newtable(L);
  for (i = 0; i < o->nmodes; i++) {
    if (!(bits & o->modes[i].bit)) continue;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, o->modes[i].name);
  }
  lua_setfield(L, -2, name);
}

static const char *const parameter_types[] = {
    [EXOTEL_TAKES_PHONE] = "phone",     [EXOTEL_TAKES_TEXT] = "text",
    [EXOTEL_TAKES_URL] = "url",         [EXOTEL_TAKES_STREAM_URL] = "stream_url",
    [EXOTEL_TAKES_INTEGER] = "integer", [EXOTEL_TAKES_BOOLEAN] = "boolean",
    [EXOTEL_TAKES_CHOICE] = "choice",   [EXOTEL_TAKES_WORD] = "word",
    [EXOTEL_TAKES_WORDS] = "words",     [EXOTEL_TAKES_LEG] = "leg",
    [EXOTEL_TAKES_FLOW] = "flow",       [EXOTEL_TAKES_SID] = "sid",
    [EXOTEL_TAKES_SIDS] = "sids",       [EXOTEL_TAKES_SUBSCRIBER] = "subscriber",
    [EXOTEL_TAKES_NUMBERS] = "numbers", [EXOTEL_TAKES_SECONDS] = "seconds",
    [EXOTEL_TAKES_PRICE] = "price",     [EXOTEL_TAKES_TIMES] = "times",
    [EXOTEL_TAKES_SORT] = "sort",       [EXOTEL_TAKES_CURSOR] = "cursor",
};

static void push_parameter(lua_State *L, const exotel_operation *o,
                           const exotel_parameter *p) {
  static const char *const places[] = {"path", "query", "form"};
  lua_newtable(L);
  set_string(L, "name", p->name);
  set_string(L, "lua", p->lua);
  set_string(L, "alias", p->alias);
  set_string(L, "type", parameter_types[p->type]);
  set_string(L, "place", places[p->place]);
  set_modes(L, "modes", o, p->modes);
  set_modes(L, "required", o, p->required);
  set_integer(L, "min", p->min);
  set_integer(L, "max", p->max);
  if (p->most > 0) set_integer(L, "most", (long)p->most);
  set_operators(L, p->bounds);
  set_choices(L, p->choices);
  set_string(L, "needs", p->needs);
  set_string(L, "needs_value", p->needs_value);
  set_string(L, "excludes", p->excludes);
  set_string(L, "about", p->about);
  set_string(L, "source", p->source);
}

static void push_operation(lua_State *L, const exotel_operation *o) {
  size_t i;
  lua_newtable(L);
  set_string(L, "name", o->name);
  set_string(L, "method", o->method);
  set_string(L, "path", o->path);
  set_string(L, "root", o->root);
  set_string(L, "record", o->record->name);
  if (o->page != NULL) set_string(L, "page", o->page->type->name);
  set_string(L, "source", o->source);
  lua_pushboolean(L, o->dials);
  lua_setfield(L, -2, "dials");
  lua_createtable(L, (int)o->nparameters, 0);
  for (i = 0; i < o->nparameters; i++) {
    push_parameter(L, o, &o->parameters[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "parameters");
}

static void push_field(lua_State *L, const exotel_field *f) {
  static const char *const types[] = {"text",   "time",    "word",     "integer",
                                      "number", "decimal", "verbatim", "keys"};
  lua_newtable(L);
  set_string(L, "name", f->path);
  set_string(L, "lua", f->lua);
  set_string(L, "list", f->list);
  if (f->position > 0) set_integer(L, "position", (long)f->position);
  set_string(L, "type", types[f->type]);
  set_string(L, "source", f->source);
}

static void push_records(lua_State *L) {
  const exotel_record_type *type;
  size_t i, k;
  lua_newtable(L);
  for (i = 0; (type = exotel_record_type_at(i)) != NULL; i++) {
    lua_createtable(L, (int)type->nfields, 0);
    for (k = 0; k < type->nfields; k++) {
      push_field(L, &type->fields[k]);
      lua_rawseti(L, -2, (int)k + 1);
    }
    lua_setfield(L, -2, type->name);
  }
}

static void push_codes(lua_State *L, const exotel_code *codes, size_t n) {
  size_t i;
  lua_createtable(L, 0, (int)n);
  for (i = 0; i < n; i++) {
    lua_pushstring(L, codes[i].meaning);
    lua_setfield(L, -2, codes[i].code);
  }
}

static void push_regions(lua_State *L) {
  size_t i, n;
  const exotel_region *regions = exotel_regions(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "host", regions[i].host);
    set_string(L, "flow_host", regions[i].flow_host);
    lua_setfield(L, -2, regions[i].name);
  }
}

static void push_statuses(lua_State *L) {
  size_t i, n;
  const exotel_status *rows = exotel_statuses(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_integer(L, "low", rows[i].low);
    set_integer(L, "high", rows[i].high);
    set_string(L, "reason", rows[i].reason);
    set_string(L, "outcome", exotel_outcome_name(rows[i].outcome));
    set_string(L, "meaning", rows[i].meaning);
    set_string(L, "hint", rows[i].hint);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_causes(lua_State *L) {
  size_t i, n;
  const exotel_cause *rows = exotel_causes(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_integer(L, "status", rows[i].status);
    set_string(L, "text", rows[i].text);
    set_string(L, "reason", rows[i].reason);
    set_string(L, "hint", rows[i].hint);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/*
** core.api(): a fresh copy of all tables: { operations, records, regions, statuses,
** causes, circles, operators }.
*/
int l_api(lua_State *L) {
  const exotel_operation *operations;
  const exotel_code *codes;
  size_t i, n;
  luaL_checkstack(L, 20, NULL);
  lua_newtable(L);
  operations = exotel_operations(&n);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    push_operation(L, &operations[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "operations");
  push_records(L);
  lua_setfield(L, -2, "records");
  push_regions(L);
  lua_setfield(L, -2, "regions");
  push_statuses(L);
  lua_setfield(L, -2, "statuses");
  push_causes(L);
  lua_setfield(L, -2, "causes");
  codes = exotel_circles(&n);
  push_codes(L, codes, n);
  lua_setfield(L, -2, "circles");
  codes = exotel_operators(&n);
  push_codes(L, codes, n);
  lua_setfield(L, -2, "operators");
  return 1;
}
