/*
** bare: GETs by libcurl alone, what bench/get.lua measures a client's against. For the
** bench only.
**
** One handle, set up once, as a C program would do it that knows its server: verified TLS,
** Basic authentication, the client's headers. For each request only the address is set,
** the body is gathered in a buffer that is used again, and the status is asked for. Lua
** sees the last body alone.
**
** SPDX-License-Identifier: MIT
*/
#include "../csrc/lua/compat.h"

#include <curl/curl.h>
#include <string.h>

EXOTEL_MODULE int luaopen_bare(lua_State *L);

#define CLASS "bare"

typedef struct bare {
  CURL *handle;
  struct curl_slist *headers;
  size_t n;
  char body[16384];
} bare;

static size_t on_body(char *p, size_t size, size_t n, void *context) {
  bare *b = context;
  n *= size;
  if (n > sizeof b->body - b->n) return 0;
  memcpy(b->body + b->n, p, n);
  b->n += n;
  return n;
}

static int bare_close(lua_State *L) {
  bare *b = luaL_checkudata(L, 1, CLASS);
  curl_easy_cleanup(b->handle);
  curl_slist_free_all(b->headers);
  b->handle = NULL;
  b->headers = NULL;
  return 0;
}

static void set_up(bare *b, const char *user, const char *password,
                   const char *ca_file) {
  b->headers = curl_slist_append(NULL, "Accept: application/json");
  curl_easy_setopt(b->handle, CURLOPT_HTTPHEADER, b->headers);
  curl_easy_setopt(b->handle, CURLOPT_USERAGENT, "bare");
  curl_easy_setopt(b->handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
  curl_easy_setopt(b->handle, CURLOPT_USERNAME, user);
  curl_easy_setopt(b->handle, CURLOPT_PASSWORD, password);
  curl_easy_setopt(b->handle, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(b->handle, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(b->handle, CURLOPT_PROXY, "");
  curl_easy_setopt(b->handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(b->handle, CURLOPT_TIMEOUT_MS, 15000L);
  curl_easy_setopt(b->handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(b->handle, CURLOPT_WRITEDATA, (void *)b);
}

/* bare.new(user, password, ca_file): a handle, whose methods are get and close. */
static int bare_new(lua_State *L) {
  const char *user = luaL_checkstring(L, 1), *password = luaL_checkstring(L, 2);
  const char *ca_file = luaL_checkstring(L, 3);
  bare *b = exotel_newowner(L, sizeof *b, CLASS);
  b->handle = curl_easy_init();
  if (b->handle == NULL) return luaL_error(L, "libcurl gave no handle");
  set_up(b, user, password, ca_file);
  return 1;
}

/* handle:get(url, count): the last body of so many GETs; raises unless each status is 200. */
static int bare_get(lua_State *L) {
  bare *b = luaL_checkudata(L, 1, CLASS);
  const char *url = luaL_checkstring(L, 2);
  lua_Integer count = luaL_checkinteger(L, 3);
  for (; count > 0; count--) {
    long status = 0;
    CURLcode code;
    b->n = 0;
    curl_easy_setopt(b->handle, CURLOPT_URL, url);
    code = curl_easy_perform(b->handle);
    if (code != CURLE_OK) return luaL_error(L, "%s", curl_easy_strerror(code));
    curl_easy_getinfo(b->handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return luaL_error(L, "status %d", (int)status);
  }
  lua_pushlstring(L, b->body, b->n);
  return 1;
}

int luaopen_bare(lua_State *L) {
  static const luaL_Reg methods[] = {{"get", bare_get}, {NULL, NULL}};
  exotel_newclass(L, CLASS, methods, bare_close);
  lua_newtable(L);
  lua_pushcfunction(L, bare_new);
  lua_setfield(L, -2, "new");
  return 1;
}
