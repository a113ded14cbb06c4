/*
** lua: every entry of the Lua modules, and the whole face, with each request for memory
** refused in turn: Lua's own, ours, cJSON's and libcurl's share one count. Then the call
** must raise "not enough memory" or give the right result, the next call in the same state
** must be right, closing the state must give all memory back, and a server that counts must
** have seen no request twice, nor one that was said not to be sent.
**
** What is called stands in entries.lua; run it from the top of the tree.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "starve.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESULT_MAX 16384

int luaopen_exotel_core(lua_State *L);
int luaopen_exotel_curl(lua_State *L);
int luaopen_exotel_sys(lua_State *L);
int luaopen_exotel_httpd(lua_State *L);

static void die(const char *what) {
  perror(what);
  exit(2);
}

/* {=================================================================
** A server that counts, in a process of its own
** ================================================================== */

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Connection: close\r\nContent-Length: 37\r\n\r\n"
                             "{\"Call\":{\"Sid\":\"c5\",\"Status\":\"busy\"}}";

static int loopback_port;
static int closed_port;

/* A socket bound to a port of the system's choice. */
static int bound_socket(int *port) {
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0) die("bind");
  if (getsockname(fd, (struct sockaddr *)&a, &size) < 0) die("getsockname");
  *port = ntohs(a.sin_port);
  return fd;
}

/* Whether more of the request comes. libcurl may keep a connection that it sends nothing
** on; the next one, which it opens later, says that this was one. */
static int more(int fd, int listener) {
  struct pollfd f[2];
  f[0].fd = fd;
  f[1].fd = listener;
  f[0].events = f[1].events = POLLIN;
  f[0].revents = 0;
  return poll(f, 2, -1) > 0 && f[0].revents != 0;
}

/* Any byte of a request counts as the request. "PING" asks for the count. */
static void answer_one(int fd, int listener, long *count) {
  char bytes[8192];
  size_t n = 0;
  while (n < sizeof bytes - 1 && more(fd, listener)) {
    ssize_t got = read(fd, bytes + n, sizeof bytes - 1 - n);
    if (got <= 0) break;
    n += (size_t)got;
    bytes[n] = '\0';
    if (n >= 4 && memcmp(bytes, "PING", 4) == 0) {
      if (write(fd, count, sizeof *count) < 0) _exit(1);
      return;
    }
    if (strstr(bytes, "\r\n\r\n") != NULL && strstr(bytes, "To=") != NULL) break;
  }
  *count += n > 0;
  if (n > 0) send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

static void start_server(void) {
  pid_t parent = getpid();
  int listener = bound_socket(&loopback_port);
  long count = 0;
  if (listen(listener, 16) < 0) die("listen");
  if (fork() != 0) {
    close(listener);
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) _exit(1);
    answer_one(fd, listener, &count);
    close(fd);
  }
}

static int connect_to(int port) {
  struct sockaddr_in a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons((unsigned short)port);
  if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0) die("connect");
  return fd;
}

/* The server takes one connection after the other: whatever came before is counted. */
static long requests_seen(void) {
  int fd = connect_to(loopback_port);
  long count;
  if (write(fd, "PING", 4) != 4) die("write");
  if (read(fd, &count, sizeof count) != (ssize_t)sizeof count) die("read");
  close(fd);
  return count;
}

/* }================================================================== */

/* {=================================================================
** States
** ================================================================== */

static void *allocate(void *context, void *p, size_t old, size_t n) {
  (void)context;
  if (n == 0) {
    __wrap_free(p);
    return NULL;
  }
  if (p != NULL && n <= old) return p; /* Lua counts on shrinking */
  return __wrap_realloc(p, n);
}

/* t.send(port, text): a descriptor. */
static int l_send(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 2, &n);
  int fd = connect_to((int)luaL_checkinteger(L, 1));
  if (send(fd, text, n, MSG_NOSIGNAL) < 0) die("send");
  lua_pushinteger(L, fd);
  return 1;
}

/* t.receive(descriptor): the status line of the answer, or "closed". */
static int l_receive(lua_State *L) {
  char bytes[4096] = "";
  int fd = (int)luaL_checkinteger(L, 1);
  struct pollfd f;
  ssize_t n = 0;
  f.fd = fd;
  f.events = POLLIN;
  if (poll(&f, 1, 200) > 0) n = recv(fd, bytes, sizeof bytes - 1, 0);
  close(fd);
  bytes[n > 0 ? strcspn(bytes, "\r") : 0] = '\0';
  lua_pushstring(L, n > 0 ? bytes : "closed");
  return 1;
}

static const struct module {
  const char *name;
  lua_CFunction open;
} modules[] = {{"exotel.core", luaopen_exotel_core},
               {"exotel.curl", luaopen_exotel_curl},
               {"exotel.sys", luaopen_exotel_sys},
               {"exotel.httpd", luaopen_exotel_httpd}};

/* Read once, so that a new state costs little. The last is what is called. */
static struct source {
  const char *name, *path;
  char code[65536];
  size_t n;
} sources[] = {{"exotel", "lua/exotel.lua", "", 0},
               {"exotel.client", "lua/exotel/client.lua", "", 0},
               {"exotel.errors", "lua/exotel/errors.lua", "", 0},
               {"exotel.transport.loop", "lua/exotel/transport/loop.lua", "", 0},
               {"exotel.retry", "lua/exotel/retry.lua", "", 0},
               {"exotel.running", "lua/exotel/running.lua", "", 0},
               {"exotel.settings", "lua/exotel/settings.lua", "", 0},
               {"exotel.timers", "lua/exotel/timers.lua", "", 0},
               {"exotel.transport.curl", "lua/exotel/transport/curl.lua", "", 0},
               {"entries", "spec/torture/entries.lua", "", 0}};

#define NSOURCES (sizeof sources / sizeof *sources)

static int append(lua_State *L, const void *p, size_t n, void *context) {
  struct source *s = context;
  (void)L;
  if (n > sizeof s->code - s->n) return 1;
  memcpy(s->code + s->n, p, n);
  s->n += n;
  return 0;
}

static void read_sources(void) {
  lua_State *L = luaL_newstate();
  size_t i;
  for (i = 0; i < NSOURCES; i++) {
    if (luaL_loadfile(L, sources[i].path) != LUA_OK ||
        lua_dump(L, append, &sources[i], 0) != 0)
      die(sources[i].path);
    lua_settop(L, 0);
  }
  lua_close(L);
}

static void preload(lua_State *L) {
  size_t i;
  lua_getglobal(L, "package");
  lua_pushliteral(L, "lua/?.lua");
  lua_setfield(L, -2, "path");
  lua_getfield(L, -1, "preload");
  for (i = 0; i < sizeof modules / sizeof *modules; i++) {
    lua_pushcfunction(L, modules[i].open);
    lua_setfield(L, -2, modules[i].name);
  }
  for (i = 0; i < NSOURCES; i++) {
    if (luaL_loadbufferx(L, sources[i].code, sources[i].n, sources[i].name, "b") != 0)
      die(sources[i].name);
    lua_setfield(L, -2, sources[i].name);
  }
  lua_settop(L, 0);
}

/* Lua 5.4 registers the metatable of luaL_Buffer's box before it fills it: memory that is
** refused in between leaves a state where no long buffer works. That is Lua's. */
static void prime(lua_State *L) {
  luaL_Buffer b;
  luaL_buffinitsize(L, &b, 10000);
  luaL_pushresultsize(&b, 0);
  lua_settop(L, 0);
}

/* With entries.lua's function at 1. */
static lua_State *new_state(void) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL) die("lua_newstate");
  luaL_openlibs(L);
  prime(L);
  preload(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "entries");
  lua_call(L, 1, 1);
  return L;
}

/* }================================================================== */

typedef struct entry {
  char name[96], may[96];
  int index, network, step;
} entry;

typedef struct outcome {
  int raised;
  char text[RESULT_MAX];
} outcome;

static unsigned long wrong, leaks, lost;

static void complain(const entry *t, long n, int once, const char *what,
                     const char *text) {
  printf("FAILED %s: request %ld%s: %s: %.300s\n", t->name, n,
         once ? " only" : " and on", what, text);
  wrong++;
}

/* Leaves what is run at 2. */
static lua_State *prepare(entry *t) {
  lua_State *L = new_state();
  lua_pushvalue(L, 1);
  lua_pushinteger(L, t->index);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, loopback_port);
  lua_setfield(L, -2, "port");
  lua_pushinteger(L, closed_port);
  lua_setfield(L, -2, "closed");
  lua_pushcfunction(L, l_send);
  lua_setfield(L, -2, "send");
  lua_pushcfunction(L, l_receive);
  lua_setfield(L, -2, "receive");
  if (lua_pcall(L, 2, 5, 0) != LUA_OK) {
    printf("FAILED entry %d: %s\n", t->index, lua_tostring(L, -1));
    exit(1);
  }
  snprintf(t->name, sizeof t->name, "%s", lua_tostring(L, 2));
  t->network = lua_toboolean(L, 4);
  snprintf(t->may, sizeof t->may, "%s", lua_tostring(L, 5));
  t->step = (int)lua_tointeger(L, 6);
  lua_settop(L, 3);
  lua_remove(L, 2);
  return L;
}

static void run(lua_State *L, outcome *o) {
  const char *text;
  lua_pushvalue(L, 2);
  o->raised = lua_pcall(L, 0, 1, 0) != LUA_OK;
  text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
  snprintf(o->text, sizeof o->text, "%s", text);
  lua_settop(L, 2);
}

static int is_memory(const outcome *o) {
  return o->raised && strstr(o->text, "not enough memory") != NULL;
}

static int same(const outcome *a, const outcome *b) {
  return a->raised == b->raised && strcmp(a->text, b->text) == 0;
}

static void check_network(const entry *t, long n, int once, const outcome *o,
                          long requests) {
  int unsent =
      strstr(o->text, "not_sent") != NULL || strstr(o->text, "sent=false") != NULL;
  if (requests > 1) complain(t, n, once, "sent more than once", o->text);
  if (requests > 0 && unsent) complain(t, n, once, "sent, and denied", o->text);
  lost += requests > 0 && o->raised;
}

/* Returns 0 once the call runs through without a refusal. */
static int starve(entry *t, const outcome *expected, long n, int once) {
  static outcome starved, next;
  unsigned long before = starve_refused;
  long live = starve_live, seen = t->network ? requests_seen() : 0;
  lua_State *L = prepare(t);
  starve_begin(n, once);
  run(L, &starved);
  starve_end();
  if (t->network) check_network(t, n, once, &starved, requests_seen() - seen);
  if (starve_refused == before) {
    if (!same(&starved, expected)) complain(t, n, once, "another result", starved.text);
  } else if (!same(&starved, expected) && !is_memory(&starved) &&
             (t->may[0] == '\0' || strstr(starved.text, t->may) == NULL)) {
    complain(t, n, once, "a wrong result", starved.text);
  }
  run(L, &next);
  if (!same(&next, expected)) complain(t, n, once, "the next call is wrong", next.text);
  lua_close(L);
  if (starve_live != live) {
    complain(t, n, once, "memory is lost", "");
    leaks += (unsigned long)(starve_live - live);
  }
  return starve_refused != before;
}

static void torture(int index) {
  static outcome expected;
  entry t;
  lua_State *L;
  int once;
  long n;
  t.index = index;
  L = prepare(&t);
  run(L, &expected);
  lua_close(L);
  if (getenv("VERBOSE") != NULL) printf("%s: %.200s\n", t.name, expected.text);
  if (expected.raised) complain(&t, -1, 0, "no result to compare with", expected.text);
  for (once = 0; once <= 1; once++) {
    for (n = 0; starve(&t, &expected, n, once) && n < 1000000; n += t.step)
      continue;
    if (n == 0) complain(&t, n, once, "it takes no memory", expected.text);
  }
}

static int count_entries(void) {
  lua_State *L = new_state();
  int n;
  lua_call(L, 0, 1);
  n = (int)lua_tointeger(L, -1);
  lua_close(L);
  return n;
}

int main(int argc, char **argv) {
  cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
  int i, n, step, done = 0;
  bound_socket(&closed_port); /* bound and not listening: it refuses */
  start_server();
  cJSON_InitHooks(&hooks);
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, __wrap_malloc, __wrap_free,
                           __wrap_realloc, __wrap_strdup, __wrap_calloc) != CURLE_OK)
    die("curl_global_init_mem");
  read_sources();
  n = count_entries();
  step = argc > 2 ? atoi(argv[2]) : argc > 1 ? n : 1;
  for (i = argc > 1 ? atoi(argv[1]) : 1; i <= n; i += step, done++)
    torture(i);
  printf("lua: %d entries, %lu allocations failed, %lu leaks, %lu wrong; "
         "%lu raised when the server had seen the request\n",
         done, starve_refused, leaks, wrong, lost);
  return wrong != 0;
}
