/*
** l_curl: the module exotel.curl, transfers by libcurl: blocking ones here, the others in
** l_multi.c. Private: what a transport is stands in docs/transport.md.
**
** The agent is a userdata's; all strings of a request stay on the Lua stack while libcurl
** runs, and no Lua function runs meanwhile.
**
** SPDX-License-Identifier: MIT
*/
#include "../curl/agent.h"
#include "l_transfer.h"

#define CLASS "exotel.curl.agent"
#define RESULT_CLASS "exotel.curl.result"
#define KEPT_MAX 262144 /* bytes: two pages of calls with details */

EXOTEL_MODULE int luaopen_exotel_curl(lua_State *L);

typedef struct l_agent {
  exotel_agent *agent;
  int closed;
} l_agent;

/* An answer while it becomes a table. The state has one whose memory is used again; while
** it is busy (a finalizer makes a request) or was left so by an error, there is a new
** one. */
typedef struct l_result {
  exotel_transfer_result result;
  int busy;
} l_result;

static char shared_key; /* its address names the shared result in the registry */

static int l_result_close(lua_State *L) {
  l_result *r = luaL_checkudata(L, 1, RESULT_CLASS);
  exotel_transfer_result_free(&r->result);
  return 0;
}

/* Pushes it, so that it stays alive. */
static l_result *take_result(lua_State *L) {
  l_result *r;
  lua_pushlightuserdata(L, &shared_key);
  lua_rawget(L, LUA_REGISTRYINDEX);
  r = lua_touserdata(L, -1);
  if (r == NULL || r->busy) {
    lua_pop(L, 1);
    r = exotel_newowner(L, sizeof *r, RESULT_CLASS);
    exotel_transfer_result_init(&r->result);
    lua_pushlightuserdata(L, &shared_key);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
  }
  r->busy = 1;
  return r;
}

static void give_result(l_result *r) {
  r->busy = 0;
  if (r->result.body.capacity > KEPT_MAX) exotel_transfer_result_free(&r->result);
}

static l_agent *check_agent(lua_State *L) {
  l_agent *a = luaL_checkudata(L, 1, CLASS);
  luaL_argcheck(L, !a->closed, 1, "the agent is closed");
  return a;
}

static int l_agent_close(lua_State *L) {
  l_agent *a = luaL_checkudata(L, 1, CLASS);
  exotel_agent *agent = a->agent;
  a->agent = NULL;
  a->closed = 1;
  exotel_agent_free(agent);
  return 0;
}

/* curl.agent(options): a blocking agent, see l_transfer_options. */
static int l_agent_new(lua_State *L) {
  exotel_transfer_options o;
  l_agent *a;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  l_transfer_options(L, 1, &o);
  a = exotel_newowner(L, sizeof *a, CLASS);
  a->agent = exotel_agent_new(&o);
  if (a->agent == NULL) return luaL_error(L, "not enough memory");
  return 1;
}

/* agent:perform(request): what l_transfer_push says, when all of it is over. Raises when
** there was no memory to send it. */
static int l_agent_perform(lua_State *L) {
  exotel_header headers[L_REQUEST_HEADERS_MAX];
  exotel_transfer_request request;
  l_result *r;
  int pushed;
  check_agent(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, 16, NULL);
  l_transfer_request(L, 2, &request, headers);
  r = take_result(L);
  /* a finalizer or a metamethod may have closed it meanwhile */
  exotel_agent_perform(check_agent(L)->agent, &request, &r->result);
  if (r->result.failure == EXOTEL_TRANSFER_MEMORY && r->result.sent == 0) {
    give_result(r);
    return luaL_error(L, "not enough memory");
  }
  pushed = l_transfer_push(L, &r->result);
  give_result(r);
  return pushed;
}

/* curl.version(): libcurl's version, and whether looking up a name can be timed out. */
static int l_version(lua_State *L) {
  int timed_lookups;
  lua_pushstring(L, exotel_transfer_version(&timed_lookups));
  lua_pushboolean(L, timed_lookups);
  return 2;
}

int luaopen_exotel_curl(lua_State *L) {
  static const luaL_Reg methods[] = {{"perform", l_agent_perform}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"agent", l_agent_new},
                                       {"multi", l_multi_new},
                                       {"version", l_version},
                                       {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  exotel_newclass(L, CLASS, methods, l_agent_close);
  exotel_newclass(L, RESULT_CLASS, none, l_result_close);
  l_multi_open(L);
  lua_newtable(L);
  exotel_setfuncs(L, functions);
  return 1;
}
