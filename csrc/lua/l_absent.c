/*
** l_absent: what Lua finds in place of a module that wasn't built. Which modules are built
** is a choice (EXOTEL_MODULES): exotel.core alone needs neither libcurl nor libmicrohttpd.
**
** Lua looks for exotel.curl in exotel/curl.so first, and only then in exotel.so, which is
** this: a module that is there is never hidden by it.
**
** SPDX-License-Identifier: MIT
*/
#include "compat.h"

EXOTEL_MODULE int luaopen_exotel(lua_State *L);
EXOTEL_MODULE int luaopen_exotel_curl(lua_State *L);
EXOTEL_MODULE int luaopen_exotel_httpd(lua_State *L);
EXOTEL_MODULE int luaopen_exotel_sys(lua_State *L);

#define LEFT_OUT " isn't built: it was left out of EXOTEL_MODULES; to have it, "

int luaopen_exotel(lua_State *L) {
  return luaL_error(L, "exotel is written in Lua: package.path lacks its exotel.lua");
}

int luaopen_exotel_curl(lua_State *L) {
  return luaL_error(L, "exotel.curl" LEFT_OUT
                       "install libcurl's headers (Debian: libcurl4-openssl-dev) and "
                       "build with curl and sys in EXOTEL_MODULES; without it, bring a "
                       "transport of your own");
}

int luaopen_exotel_httpd(lua_State *L) {
  return luaL_error(L,
                    "exotel.httpd" LEFT_OUT
                    "install libmicrohttpd's headers (Debian: libmicrohttpd-dev) and "
                    "build with httpd in EXOTEL_MODULES");
}

int luaopen_exotel_sys(lua_State *L) {
  return luaL_error(L, "exotel.sys" LEFT_OUT "build with sys in EXOTEL_MODULES");
}
