/*
** l_response: answers and webhooks to records in Lua. Part of exotel.core.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/error.h"
#include "../core/form.h"
#include "../core/media_type.h"
#include "../core/multipart.h"
#include "../core/name.h"
#include "../core/text.h"
#include "l_answer.h"

#include <string.h>

/* A page: what it says of itself, and its records in a list. */
static void push_page(lua_State *L, exotel_response *r, const exotel_page *page) {
  l_record_push(L, &r->page);
  l_records_push(L, &r->record, r->nrecords);
  lua_setfield(L, -2, page->lua);
}

/* The table of headers at `index`, as far as it holds strings. The slices live as long
** as the table, which nothing changes meanwhile. */
static size_t headers_of_table(lua_State *L, int index, l_work *w) {
  size_t n = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    exotel_header *h = &w->headers[n];
    if (n < L_HEADERS_MAX && lua_type(L, -2) == LUA_TSTRING &&
        lua_type(L, -1) == LUA_TSTRING) {
      h->name.p = lua_tolstring(L, -2, &h->name.n);
      h->value.p = lua_tolstring(L, -1, &h->value.n);
      n++;
    }
    lua_pop(L, 1);
  }
  return n;
}

static void take_headers(lua_State *L, int index, l_work *w, exotel_answer *answer) {
  answer->headers = w->headers;
  answer->nheaders = lua_istable(L, index) ? headers_of_table(L, index, w) : 0;
  answer->head =
      lua_type(L, index) == LUA_TSTRING ? l_slice_check(L, index) : exotel_slice_of("");
}

/* A number that is no HTTP status is none at all, whatever int it would turn into. */
static int status_at(lua_State *L, int index) {
  lua_Number n = luaL_checknumber(L, index);
  int status = n >= 100 && n <= 999 ? (int)n : 0;
  return (lua_Number)status == n ? status : 0;
}

/*
** core.read(operation, status, headers, body): the record, or nil and an error. For the
** operation "send", an endpoint without a row, any status but 2xx.
** headers: a table of names and values, or a head's lines as they came, or nil. body: a
** string.
** Of an operation whose answer is a page: { calls = { record, … }, total, page_size,
** first_page_uri, prev_page_uri, next_page_uri, after, before }, the last two being the
** cursors in the addresses; after is nil when there is no next page.
*/
int l_response_read(lua_State *L) {
  exotel_slice name = l_slice_check(L, 1);
  const exotel_operation *operation = exotel_slice_is(name, exotel_any_endpoint()->name)
                                          ? exotel_any_endpoint()
                                          : exotel_operation_find(name);
  exotel_answer answer;
  exotel_kind kind;
  l_work *w;
  luaL_argcheck(L, operation != NULL, 1, "unknown operation");
  answer.status = status_at(L, 2);
  answer.body = l_slice_check(L, 4);
  w = l_work_take(L);
  take_headers(L, 3, w, &answer);
  kind = exotel_response_read(&w->response, operation, &answer, &w->error);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  if (operation->page != NULL)
    push_page(L, &w->response, operation->page);
  else
    l_record_push(L, &w->response.record);
  l_work_give(w);
  return 1;
}

/*
** core.headers(head): a head's lines as a table of values by lower-case names; repeated ones
** are joined by ", ".
*/
int l_headers_read(lua_State *L) {
  l_answer_headers(L, l_slice_check(L, 1));
  return 1;
}

static exotel_kind add_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  return exotel_record_add(context, leaf, e);
}

/* A part of multipart as the leaf that a form's pair would be; files are passed over. */
static exotel_kind add_part(void *context, const exotel_part *part, exotel_error *e) {
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  if (part->is_file || part->name.n == 0) return EXOTEL_OK;
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = exotel_name_split(part->name, path);
  leaf.text = part->value;
  leaf.stays = 1;
  return add_leaf(context, &leaf, e);
}

static exotel_kind read_form(l_work *w, exotel_slice body, exotel_slice type) {
  exotel_record *r = &w->response.record;
  exotel_media_type media;
  exotel_slice boundary;
  exotel_media_type_read(type, &media);
  if (media.media != EXOTEL_MEDIA_MULTIPART || media.boundary_size == 0)
    return exotel_form_read(body, &w->text, add_leaf, r, &w->error);
  boundary.p = media.boundary;
  boundary.n = media.boundary_size;
  return exotel_multipart_read(body, boundary, &w->text, add_part, r, &w->error);
}

/*
** core.form(body, content_type): a form body or query string as a table, nested by its
** brackets, every value a string; or nil and an error. It is x-www-form-urlencoded, unless
** the content type, which may be nil, says multipart/form-data.
*/
int l_form_read(lua_State *L) {
  static const exotel_record_type form = {"form", NULL, 0, NULL};
  exotel_slice body = l_slice_check(L, 1);
  exotel_slice type = exotel_slice_of("");
  l_work *w;
  exotel_record *r;
  exotel_kind kind;
  if (!lua_isnoneornil(L, 2)) type = l_slice_check(L, 2);
  w = l_work_take(L);
  r = &w->response.record;
  kind = exotel_record_begin(r, &form, &w->error);
  if (kind == EXOTEL_OK) kind = read_form(w, body, type);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  l_record_push(L, r);
  l_work_give(w);
  return 1;
}

/* The string at `index`, empty for nil; EXOTEL_PARSE for anything else. */
static exotel_kind take_text(lua_State *L, int index, const char *name, exotel_slice *s,
                             exotel_error *e) {
  *s = exotel_slice_of("");
  if (lua_isnoneornil(L, index)) return EXOTEL_OK;
  if (lua_type(L, index) != LUA_TSTRING)
    return exotel_error_set(e, EXOTEL_PARSE, "type", exotel_slice_of(name),
                            "%s wants a string, got a %s", name,
                            luaL_typename(L, index));
  s->p = lua_tolstring(L, index, &s->n);
  return EXOTEL_OK;
}

/*
** core.callback(body, content_type, query, metatable): the event of a webhook under that
** metatable, or nil and an error of kind "parse". The first three are strings or nil; what
** else they are is such an error, too.
*/
int l_callback_read(lua_State *L) {
  exotel_slice body, type, query;
  exotel_kind kind;
  l_work *w;
  lua_settop(L, 4);
  w = l_work_take(L);
  kind = take_text(L, 1, "body", &body, &w->error);
  if (kind == EXOTEL_OK) kind = take_text(L, 2, "content_type", &type, &w->error);
  if (kind == EXOTEL_OK) kind = take_text(L, 3, "query", &query, &w->error);
  if (kind == EXOTEL_OK)
    kind = exotel_callback_read(&w->callback, type, body, query, &w->error);
  if (kind != EXOTEL_OK) return l_error_push(L, w);
  l_record_push(L, w->callback.record);
  lua_pushvalue(L, 4);
  lua_setmetatable(L, -2);
  l_work_give(w);
  return 1;
}
