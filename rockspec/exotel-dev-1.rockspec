-- In a checkout: luarocks make rockspec/exotel-dev-1.rockspec
--
-- What is built is chosen by EXOTEL_MODULES, for those without libcurl or libmicrohttpd:
--   EXOTEL_MODULES="core sys" luarocks make rockspec/exotel-dev-1.rockspec
-- That is why CURL and MICROHTTPD name no header to look for; their _DIR, _INCDIR and _LIBDIR
-- are taken all the same. Nor do CJSON and EXPAT name a library: where a system keeps those in
-- a folder of its machine's own, LuaRocks wouldn't find them, and the linker does.

package = "exotel"
version = "dev-1"

source = { url = "." }

description = {
  summary = "The voice API of Exotel (v1)",
  detailed = [[
Places calls, reads their records and receives their webhooks. A C core builds and reads what
goes over the wire, and a thin layer of Lua decides what is tried again and what is not.
Tested on Lua 5.1, 5.2, 5.3, 5.4 and LuaJIT.]],
  license = "MIT",
}

dependencies = { "lua >= 5.1, < 5.5" }

external_dependencies = {
  CJSON = { header = "cjson/cJSON.h" },
  EXPAT = { header = "expat.h" },
  CURL = {},
  MICROHTTPD = {},
}

build = {
  type = "make",
  variables = {
    LUA = "$(LUA)", LUA_INC = "$(LUA_INCDIR)",
    CFLAGS = "$(CFLAGS)",
    CJSON_INCDIR = "$(CJSON_INCDIR)", CJSON_LIBDIR = "$(CJSON_LIBDIR)",
    EXPAT_INCDIR = "$(EXPAT_INCDIR)", EXPAT_LIBDIR = "$(EXPAT_LIBDIR)",
    CURL_INCDIR = "$(CURL_INCDIR)", CURL_LIBDIR = "$(CURL_LIBDIR)",
    MICROHTTPD_INCDIR = "$(MICROHTTPD_INCDIR)", MICROHTTPD_LIBDIR = "$(MICROHTTPD_LIBDIR)",
  },
  install_variables = {
    LUA = "$(LUA)", LUA_DIR = "$(LUADIR)", CLIB_DIR = "$(LIBDIR)", BIN_DIR = "$(BINDIR)",
    DOC_DIR = "$(PREFIX)/doc",
  },
}
