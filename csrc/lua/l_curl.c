/*
** l_curl: the module exotel.curl, transfers by libcurl: blocking ones here, the others in
** l_multi.c. Private: what a transport is stands in lua/exotel/transport/curl.lua.
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
  exotel_buffer headers, body; /* the last answer's memory, for the next one */
  int closed;
} l_agent;

/* An answer while it becomes a table: apart from the agent, which a finalizer may use
** again meanwhile. */
typedef struct l_result {
  exotel_transfer_result result;
} l_result;

static int l_result_close(lua_State *L) {
  l_result *r = luaL_checkudata(L, 1, RESULT_CLASS);
  exotel_transfer_result_free(&r->result);
  return 0;
}

/* Memory changes hands, and with it who gives it back. */
static void move(exotel_buffer *to, exotel_buffer *from) {
  exotel_buffer_free(to);
  *to = *from;
  exotel_buffer_init(from, 0);
}

static void lend_buffers(l_agent *a, exotel_transfer_result *r) {
  move(&r->headers, &a->headers);
  move(&r->body, &a->body);
}

/* An agent that was closed meanwhile, or a very large answer, leaves them there. */
static void take_buffers_back(l_agent *a, exotel_transfer_result *r) {
  if (a->closed || r->body.capacity > KEPT_MAX) return;
  move(&a->headers, &r->headers);
  move(&a->body, &r->body);
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
  exotel_buffer_free(&a->headers);
  exotel_buffer_free(&a->body);
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
  l_agent *a = check_agent(L);
  l_result *holder;
  const char *lines[L_REQUEST_HEADERS_MAX + 1];
  exotel_transfer_request r;
  int pushed;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, 16, NULL);
  l_transfer_request(L, 2, &r, lines);
  holder = exotel_newowner(L, sizeof *holder, RESULT_CLASS);
  exotel_transfer_result_init(&holder->result);
  check_agent(L); /* a finalizer or a metamethod may have closed it meanwhile */
  lend_buffers(a, &holder->result);
  exotel_agent_perform(a->agent, &r, &holder->result);
  if (holder->result.failure == EXOTEL_TRANSFER_MEMORY && holder->result.sent == 0)
    return luaL_error(L, "not enough memory");
  pushed = l_transfer_push(L, &holder->result);
  take_buffers_back(a, &holder->result);
  exotel_transfer_result_free(&holder->result);
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
