/*
** l_query: what a query over calls says: for the client, which cuts its range of time into
** months and its lists into groups, and for the sandbox, which answers it. Part of
** exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/base64.h"
#include "../core/error.h"
#include "../core/header.h"
#include "../core/range.h"
#include "../core/slice.h"
#include "../core/url.h"

#include <string.h>

static const exotel_parameter *range_named(const exotel_operation *o,
                                           exotel_slice name) {
  size_t i;
  for (i = 0; i < o->nparameters; i++) {
    const exotel_parameter *p = &o->parameters[i];
    if (p->bounds != 0 && exotel_slice_is(name, p->name)) return p;
  }
  return NULL;
}

static void push_ends(lua_State *L, const exotel_range *range) {
  size_t i, n;
  const exotel_bound *bounds = exotel_bounds(&n);
  lua_createtable(L, 0, 2);
  for (i = 0; i < n; i++) {
    exotel_slice text = range->given[i].text;
    if (!(range->bits & bounds[i].bit)) continue;
    lua_pushlstring(L, text.p, text.n);
    lua_setfield(L, -2, bounds[i].name);
  }
}

/*
** core.range(operation, name, text): the ends of a range as they are sent, by operator:
** { gte = "10s", lte = "45s" }; nil and an error of kind "invalid" for an operator that the
** row of that documented name doesn't take, or takes twice. What an end says isn't looked
** at.
*/
int l_range_read(lua_State *L) {
  const exotel_operation *o = exotel_operation_find(l_slice_check(L, 1));
  const exotel_parameter *row;
  exotel_range range;
  exotel_given given;
  l_work *w;
  luaL_argcheck(L, o != NULL, 1, "unknown operation");
  row = range_named(o, l_slice_check(L, 2));
  luaL_argcheck(L, row != NULL, 2, "no range of that name");
  luaL_checktype(L, 3, LUA_TSTRING);
  given = l_given(L, 3);
  w = l_work_take(L);
  exotel_range_begin(&range, row);
  if (exotel_range_take(&range, &given, &w->error) != EXOTEL_OK)
    return l_error_push(L, w);
  push_ends(L, &range);
  l_work_give(w);
  return 1;
}

/* The row that takes times. */
static const exotel_parameter *times_row(void) {
  const exotel_operation *o = exotel_operation_find(exotel_slice_of("calls"));
  size_t i = 0;
  while (o->parameters[i].type != EXOTEL_TAKES_TIMES)
    i++;
  return &o->parameters[i];
}

/* The ends that are given at `index`. */
static exotel_kind take_range(lua_State *L, int index, exotel_range *r,
                              exotel_error *e) {
  exotel_kind kind = EXOTEL_OK;
  exotel_given v = l_given(L, index);
  exotel_range_begin(r, times_row());
  if (!lua_istable(L, index)) return exotel_range_take(r, &v, e);
  lua_pushnil(L);
  while (kind == EXOTEL_OK && lua_next(L, index)) {
    const exotel_bound *bound = NULL;
    exotel_slice name = exotel_slice_of("");
    v = l_given(L, -1);
    if (lua_type(L, -2) == LUA_TSTRING) name.p = lua_tolstring(L, -2, &name.n);
    bound = exotel_bound_find(name);
    kind = bound == NULL ? exotel_bound_unknown(r->row, name, EXOTEL_MISUSE, e)
                         : exotel_range_add(r, bound, &v, e);
    lua_pop(L, 1); /* the value stays in its table */
  }
  return kind;
}

static void set_epoch(lua_State *L, const char *name, int given, long long epoch) {
  if (!given) return;
  exotel_pushinteger(L, epoch);
  lua_setfield(L, -2, name);
}

/*
** core.span(value, offset): the ends { from, to } of a range of times, in epoch seconds,
** both within the range; an open end is left out. value: as an operation's option takes it.
** Or nil and an error.
*/
int l_span_read(lua_State *L) {
  exotel_target target;
  exotel_range range;
  exotel_span span;
  exotel_kind kind;
  l_work *w;
  memset(&target, 0, sizeof target);
  target.time_offset = (long)exotel_checkinteger(L, 2);
  luaL_checkstack(L, 8, NULL);
  w = l_work_take(L);
  kind = take_range(L, 1, &range, &w->error);
  if (kind == EXOTEL_OK)
    kind = exotel_range_span(&span, &range, &target, &w->text, &w->error);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  lua_createtable(L, 0, 2);
  set_epoch(L, "from", span.has_from, span.from);
  set_epoch(L, "to", span.has_to, span.to);
  l_work_give(w);
  return 1;
}

/* core.items(text): what stands between its commas, as a list. */
int l_items_read(lua_State *L) {
  exotel_slice rest = l_slice_check(L, 1);
  const char *comma;
  int at = 0;
  lua_newtable(L);
  do {
    comma = rest.n == 0 ? NULL : memchr(rest.p, ',', rest.n);
    lua_pushlstring(L, rest.p, comma == NULL ? rest.n : (size_t)(comma - rest.p));
    lua_rawseti(L, -2, ++at);
    if (comma != NULL) rest = exotel_slice_between(comma + 1, rest.p + rest.n);
  } while (comma != NULL);
  return 1;
}

/* Pushes what `w->text` holds. */
static int push_text(lua_State *L, l_work *w) {
  exotel_kind kind = exotel_error_buffer(&w->error, &w->text, exotel_slice_of(""));
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  l_buffer_push(L, &w->text);
  l_work_give(w);
  return 1;
}

/* core.unbase64(text): the bytes that the base64 stands for, or nil when it is none. */
int l_base64_read(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  l_work *w = l_work_take(L);
  if (exotel_base64_decode(&w->text, text)) return push_text(L, w);
  l_work_give(w);
  lua_pushnil(L);
  return 1;
}

/* core.encode(text): the text percent-encoded, all but RFC 3986's unreserved bytes. */
int l_url_encode(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  l_work *w = l_work_take(L);
  exotel_url_encode(&w->text, text);
  return push_text(L, w);
}

/*
** core.content_range(text): of a Content-Range the places of the first and the last byte, from
** 0, and the size of the whole; nil where it doesn't say all of them.
*/
int l_content_range_read(lua_State *L) {
  size_t first, last, size;
  if (!exotel_content_range_read(l_slice_check(L, 1), &first, &last, &size)) return 0;
  exotel_pushinteger(L, first);
  exotel_pushinteger(L, last);
  exotel_pushinteger(L, size);
  return 3;
}

/*
** core.byte_range(text, size): what a Range header asks of a body of that many bytes: the
** places of its first and last byte, from 0; false when there are none; nil when it names no
** single range of bytes, so that the whole body is the answer.
*/
int l_byte_range_read(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  long long size = exotel_checkinteger(L, 2);
  size_t first, last;
  luaL_argcheck(L, size >= 0, 2, "a negative size");
  switch (exotel_byte_range_read(text, (size_t)size, &first, &last)) {
    case EXOTEL_RANGE_WHOLE: lua_pushnil(L); return 1;
    case EXOTEL_RANGE_OUTSIDE: lua_pushboolean(L, 0); return 1;
    case EXOTEL_RANGE_PART: break;
  }
  exotel_pushinteger(L, first);
  exotel_pushinteger(L, last);
  return 2;
}
