/*
** l_core: the module exotel.core, the core's functions for Lua. Private: the public face
** is lua/exotel.lua. Links libcjson and nothing that opens a socket.
**
** SPDX-License-Identifier: MIT
*/
#include "l_core.h"

#include "../core/base64.h"
#include "../core/digest.h"
#include "../core/error.h"
#include "../core/text.h"
#include "../core/time.h"
#include "../core/url.h"
#include "../core/utf8.h"

#define SECRETS_MAX 16

EXOTEL_MODULE int luaopen_exotel_core(lua_State *L);

static int raise_memory(lua_State *L, l_work *w) {
  exotel_error_memory(&w->error);
  return l_error_push(L, w);
}

/* Pushes what `w->text` holds, or raises when there was no memory for it. */
static int push_text(lua_State *L, l_work *w) {
  if (w->text.state == EXOTEL_BUFFER_NOMEMORY) return raise_memory(L, w);
  l_buffer_push(L, &w->text);
  l_work_give(w);
  return 1;
}

static int push_wrong(lua_State *L, l_work *w, const char *wrong) {
  lua_pushnil(L);
  lua_pushstring(L, wrong);
  l_work_give(w);
  return 2;
}

/* core.base64(bytes): the bytes in base64. */
static int l_base64(lua_State *L) {
  exotel_slice bytes = l_slice_check(L, 1);
  l_work *w = l_work_take(L);
  exotel_base64_encode(&w->text, bytes);
  return push_text(L, w);
}

/* core.phone(text): the number as it is sent, or nil and what is wrong with it. */
static int l_phone_trim(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  l_work *w = l_work_take(L);
  const char *wrong = exotel_phone_trim(text, &w->text);
  return wrong != NULL ? push_wrong(L, w, wrong) : push_text(L, w);
}

/* core.e164(text, country): its E.164 spelling, or nil and what is wrong with it. */
static int l_phone_e164(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1), country = l_slice_check(L, 2);
  l_work *w = l_work_take(L);
  const char *wrong = exotel_phone_e164(text, country, &w->text);
  return wrong != NULL ? push_wrong(L, w, wrong) : push_text(L, w);
}

/* core.time(text, offset): epoch seconds, or nil and the byte that doesn't fit, 0 when the
** text is one of the spellings of no time. */
static int l_time_read(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  long offset = (long)exotel_checkinteger(L, 2);
  long long epoch;
  size_t at = 0;
  if (!exotel_slice_is_absent(text) && exotel_time_read(text, offset, &epoch, &at)) {
    exotel_pushinteger(L, epoch);
    return 1;
  }
  lua_pushnil(L);
  exotel_pushinteger(L, at);
  return 2;
}

/* core.month_later(epoch, months, offset): the same day and clock, months later; nil when a
** year isn't one of 1 to 9999. */
static int l_month_later(lua_State *L) {
  long long later;
  if (exotel_time_month_later(exotel_checkinteger(L, 1),
                              (long)exotel_checkinteger(L, 2),
                              (long)exotel_checkinteger(L, 3), &later))
    exotel_pushinteger(L, later);
  else
    lua_pushnil(L);
  return 1;
}

/* core.month_begin(epoch, months, offset): the first second of the month, months later;
** nil as above. */
static int l_month_begin(lua_State *L) {
  long long begin;
  if (exotel_time_month_begin(exotel_checkinteger(L, 1),
                              (long)exotel_checkinteger(L, 2),
                              (long)exotel_checkinteger(L, 3), &begin))
    exotel_pushinteger(L, begin);
  else
    lua_pushnil(L);
  return 1;
}

/* core.date(epoch, offset): the time as the service writes it, the inverse of core.time;
** nil as above. */
static int l_time_write(lua_State *L) {
  long long epoch = exotel_checkinteger(L, 1);
  long offset = (long)exotel_checkinteger(L, 2);
  l_work *w = l_work_take(L);
  if (exotel_time_write(&w->text, epoch, offset)) return push_text(L, w);
  lua_pushnil(L);
  l_work_give(w);
  return 1;
}

/* core.offset(text): "+05:30" in seconds, or nil. */
static int l_offset_read(lua_State *L) {
  long offset;
  if (exotel_offset_read(l_slice_check(L, 1), &offset))
    lua_pushinteger(L, offset);
  else
    lua_pushnil(L);
  return 1;
}

/* core.digest(bytes): 32 hex digits, the same for the same bytes. Not against those who
** choose them. */
static int l_digest(lua_State *L) {
  static const exotel_digest_key ours = {0x65786f74656c2e6cu, 0x75612e6469676573u};
  exotel_slice bytes = l_slice_check(L, 1);
  unsigned char digest[EXOTEL_DIGEST_BYTES];
  char hex[2 * EXOTEL_DIGEST_BYTES];
  exotel_digest_of(&ours, bytes, digest);
  exotel_digest_hex(digest, hex);
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}

/* core.mask(text, secrets): the text without the secrets and whole phone numbers. */
static int l_mask(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1), secrets[SECRETS_MAX];
  size_t i, n;
  l_work *w;
  luaL_checktype(L, 2, LUA_TTABLE);
  n = lua_rawlen(L, 2);
  luaL_argcheck(L, n <= SECRETS_MAX, 2, "too many secrets");
  luaL_checkstack(L, SECRETS_MAX + 4, NULL);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (int)i + 1);
    secrets[i] = l_slice_check(L, lua_gettop(L));
  }
  w = l_work_take(L);
  exotel_mask(&w->text, text, secrets, n);
  return push_text(L, w);
}

static void set_slice(lua_State *L, const char *name, exotel_slice s) {
  lua_pushlstring(L, s.n == 0 ? "" : s.p, s.n);
  lua_setfield(L, -2, name);
}

static void set_decoded(lua_State *L, l_work *w, const char *name, exotel_slice s) {
  exotel_buffer_reset(&w->text);
  exotel_url_decode(&w->text, s, 0);
  if (w->text.state == EXOTEL_BUFFER_NOMEMORY) raise_memory(L, w);
  l_buffer_push(L, &w->text);
  lua_setfield(L, -2, name);
}

/*
** core.base(text): { base, host, https, loopback, user, password } of a base address, or
** nil and what is wrong with it and the byte. user and password only when it has them.
*/
static int l_base_read(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  exotel_base base;
  const char *wrong;
  size_t at = 0;
  l_work *w = l_work_take(L);
  wrong = exotel_base_read(text, &base, &at);
  if (wrong != NULL) {
    push_wrong(L, w, wrong);
    exotel_pushinteger(L, at);
    return 3;
  }
  lua_createtable(L, 0, 6);
  set_slice(L, "host", base.host);
  lua_pushboolean(L, base.https);
  lua_setfield(L, -2, "https");
  lua_pushboolean(L, base.loopback);
  lua_setfield(L, -2, "loopback");
  if (base.has_credentials) {
    set_decoded(L, w, "user", base.user);
    set_decoded(L, w, "password", base.password);
    exotel_buffer_reset(&w->text);
  }
  exotel_base_write(&w->text, &base);
  if (w->text.state == EXOTEL_BUFFER_OK) {
    l_buffer_push(L, &w->text);
    lua_setfield(L, -2, "base");
    l_work_give(w);
    return 1;
  }
  return raise_memory(L, w);
}

/* core.nearest(text, list): the word of the list that `text` nearly is, or nil. */
static int l_nearest(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  const char *best = NULL;
  size_t i, n, distance = 0;
  luaL_checktype(L, 2, LUA_TTABLE);
  n = lua_rawlen(L, 2);
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, 2, (int)i);
    luaL_checktype(L, -1, LUA_TSTRING);
    exotel_nearest(text, lua_tostring(L, -1), &best, &distance);
    lua_pop(L, 1); /* the word stays in its list */
  }
  if (best == NULL)
    lua_pushnil(L);
  else
    lua_pushstring(L, best);
  return 1;
}

/* core.is_utf8(text): whether it is; NUL is a character too. */
static int l_is_utf8(lua_State *L) {
  exotel_slice text = l_slice_check(L, 1);
  size_t characters, bad;
  lua_pushboolean(L, exotel_utf8_count(text.p, text.n, &characters, &bad));
  return 1;
}

static const luaL_Reg functions[] = {{"address", l_address_read},
                                     {"admit", l_secret_admit},
                                     {"api", l_api},
                                     {"base", l_base_read},
                                     {"base64", l_base64},
                                     {"build", l_event_build},
                                     {"byte_range", l_byte_range_read},
                                     {"callback", l_callback_read},
                                     {"content_range", l_content_range_read},
                                     {"date", l_time_write},
                                     {"digest", l_digest},
                                     {"e164", l_phone_e164},
                                     {"encode", l_url_encode},
                                     {"form", l_form_read},
                                     {"gcra_interval", l_gcra_interval},
                                     {"gcra_push", l_gcra_push},
                                     {"gcra_take", l_gcra_take},
                                     {"headers", l_headers_read},
                                     {"http1_reader", l_http1_reader},
                                     {"http1_request", l_http1_request},
                                     {"is_utf8", l_is_utf8},
                                     {"items", l_items_read},
                                     {"json", l_json_read},
                                     {"mask", l_mask},
                                     {"match", l_request_match},
                                     {"month_begin", l_month_begin},
                                     {"month_later", l_month_later},
                                     {"nearest", l_nearest},
                                     {"offset", l_offset_read},
                                     {"phone", l_phone_trim},
                                     {"range", l_range_read},
                                     {"read", l_response_read},
                                     {"reply", l_reply_build},
                                     {"reply_read", l_reply_read},
                                     {"request", l_request_build},
                                     {"send", l_request_send},
                                     {"span", l_span_read},
                                     {"time", l_time_read},
                                     {"to_json", l_json_write},
                                     {"to_xml", l_xml_write},
                                     {"unbase64", l_base64_read},
                                     {NULL, NULL}};

int luaopen_exotel_core(lua_State *L) {
  l_work_open(L);
  l_http1_open(L);
  lua_newtable(L);
  exotel_setfuncs(L, functions);
  lua_pushliteral(L, EXOTEL_VERSION);
  lua_setfield(L, -2, "_VERSION");
  return 1;
}
