/*
** l_api: the tables of api.c as Lua tables. Part of exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/applet.h"
#include "../core/error.h"
#include "../core/words.h"

static void set_string(lua_State *L, const char *name, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, long value) {
  exotel_pushinteger(L, value);
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

static const exotel_word *word_of(const exotel_word *words, size_t n, int type) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (words[i].type == type) return &words[i];
  }
  return NULL;
}

static void set_type(lua_State *L, const exotel_word *words, size_t n, int type) {
  const exotel_word *word = word_of(words, n, type);
  set_string(L, "type", word == NULL ? NULL : word->name);
}

static void push_parameter(lua_State *L, const exotel_operation *o,
                           const exotel_parameter *p) {
  static const char *const places[] = {"path", "query", "form"};
  size_t n;
  const exotel_word *words = exotel_parameter_words(&n);
  lua_newtable(L);
  set_string(L, "name", p->name);
  set_string(L, "lua", p->lua);
  set_string(L, "alias", p->alias);
  set_type(L, words, n, (int)p->type);
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
  if (p->needs != NULL) set_modes(L, "needs_modes", o, p->needs_modes);
  set_string(L, "excludes", p->excludes);
  set_string(L, "about", p->about);
  set_string(L, "source", p->source);
}

/* The modes in their order, or none for an operation without: { { name, title }, … }. */
static void set_mode_list(lua_State *L, const exotel_operation *o) {
  size_t i;
  int at = 0;
  lua_newtable(L);
  for (i = 0; i < o->nmodes; i++) {
    if (o->modes[i].name[0] == '\0') continue;
    lua_newtable(L);
    set_string(L, "name", o->modes[i].name);
    set_string(L, "title", o->modes[i].title);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "modes");
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
  set_mode_list(L, o);
  lua_createtable(L, (int)o->nparameters, 0);
  for (i = 0; i < o->nparameters; i++) {
    push_parameter(L, o, &o->parameters[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "parameters");
}

static void push_field(lua_State *L, const exotel_field *f) {
  size_t n;
  const exotel_word *words = exotel_field_words(&n);
  lua_newtable(L);
  set_string(L, "name", f->path);
  set_string(L, "lua", f->lua);
  set_string(L, "list", f->list);
  if (f->position > 0) set_integer(L, "position", (long)f->position);
  set_type(L, words, n, (int)f->type);
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

static void push_words(lua_State *L, const exotel_word *words, size_t n) {
  size_t i;
  lua_createtable(L, 0, (int)n);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "lua", words[i].lua);
    set_string(L, "unit", words[i].unit);
    set_string(L, "about", words[i].about);
    lua_setfield(L, -2, words[i].name);
  }
}

static void push_reasons(lua_State *L) {
  size_t i, n;
  const exotel_reason *rows = exotel_reasons(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "kind", exotel_kind_name(rows[i].kind));
    set_string(L, "reason", rows[i].name);
    set_string(L, "when", rows[i].when);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_own_names(lua_State *L) {
  size_t i, n;
  const exotel_own *rows = exotel_own_names(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "record", rows[i].record);
    set_string(L, "name", rows[i].name);
    set_string(L, "lua", rows[i].lua);
    set_string(L, "about", rows[i].about);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_sources(lua_State *L) {
  size_t i, n;
  const exotel_source *rows = exotel_sources(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "name", rows[i].name);
    set_string(L, "title", rows[i].title);
    set_string(L, "address", rows[i].address);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void set_flag(lua_State *L, const char *name, int flag) {
  if (!flag) return;
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, name);
}

static void push_shape(lua_State *L, const exotel_reply_shape *shape);

static void push_reply_field(lua_State *L, const exotel_reply_field *f) {
  static const char *const forms[] = {"json", "text", "items", "lines"};
  size_t n;
  const exotel_word *words = exotel_parameter_words(&n);
  lua_newtable(L);
  set_string(L, "name", f->value.name);
  if (f->shape == NULL) {
    set_type(L, words, n, (int)f->value.type);
    set_integer(L, "min", f->value.min);
    set_integer(L, "max", f->value.max);
    set_choices(L, f->value.choices);
  } else {
    push_shape(L, f->shape);
    lua_setfield(L, -2, "fields");
    set_flag(L, "one", f->shape->one);
  }
  set_flag(L, "required", f->value.required != 0);
  set_flag(L, "list", f->list);
  if (f->value.most > 0) set_integer(L, "most", (long)f->value.most);
  set_string(L, "form", forms[f->form]);
  set_string(L, "standard", f->standard);
  set_string(L, "about", f->value.about);
  set_string(L, "source", f->value.source);
}

static void push_shape(lua_State *L, const exotel_reply_shape *shape) {
  size_t i;
  luaL_checkstack(L, 8, NULL);
  lua_createtable(L, (int)shape->nfields, 0);
  for (i = 0; i < shape->nfields; i++) {
    push_reply_field(L, &shape->fields[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_replies(lua_State *L) {
  size_t i, n;
  const exotel_reply *rows = exotel_replies(&n);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    lua_newtable(L);
    set_string(L, "name", rows[i].name);
    set_string(L, "json_type", rows[i].json_type);
    set_flag(L, "any_type", rows[i].any_type);
    set_flag(L, "one", rows[i].shape->one);
    push_shape(L, rows[i].shape);
    lua_setfield(L, -2, "fields");
    set_string(L, "about", rows[i].about);
    set_string(L, "source", rows[i].source);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_passthru_choices(lua_State *L) {
  size_t i, n;
  const exotel_choice *rows = exotel_passthru_choices(&n);
  lua_newtable(L);
  for (i = 0; i < n; i++)
    set_integer(L, rows[i].name, rows[i].status);
}

/* What applets are answered: { replies, reply_max, passthru_choices }. */
static void set_applets(lua_State *L) {
  push_replies(L);
  lua_setfield(L, -2, "replies");
  set_integer(L, "reply_max", EXOTEL_REPLY_MAX);
  push_passthru_choices(L);
  lua_setfield(L, -2, "passthru_choices");
}

/* What is there for people: { parameter_types, field_types, reasons, own, sources }. */
static void set_words(lua_State *L) {
  size_t n;
  const exotel_word *words = exotel_parameter_words(&n);
  push_words(L, words, n);
  lua_setfield(L, -2, "parameter_types");
  words = exotel_field_words(&n);
  push_words(L, words, n);
  lua_setfield(L, -2, "field_types");
  push_reasons(L);
  lua_setfield(L, -2, "reasons");
  push_own_names(L);
  lua_setfield(L, -2, "own");
  push_sources(L);
  lua_setfield(L, -2, "sources");
}

/*
** core.api(): a fresh copy of all tables: { operations, records, regions, statuses,
** causes, circles, operators, replies, reply_max, passthru_choices, parameter_types, field_types, reasons,
** own, sources }.
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
  set_applets(L);
  set_words(L);
  return 1;
}
