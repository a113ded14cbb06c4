/*
** l_sys: exotel.sys, the system under csrc/sys for Lua: clocks, sleep, polling, random
** bytes, files, child processes, the relay of l_gate. Private to this library, but for
** what docs/dialling.md names: append, time, now and sleep.
**
** A process is a userdata that owns an exotel_process; closing it kills the child. A lock
** is one that owns a descriptor.
** fork, exit and waitpid are there for tests of code that must survive a fork.
**
** SPDX-License-Identifier: MIT
*/
#include "../sys/child.h"
#include "../sys/clock.h"
#include "../sys/descriptors.h"
#include "../sys/file.h"
#include "../sys/lock.h"
#include "../sys/poll.h"
#include "../sys/process.h"
#include "../sys/random.h"
#include "compat.h"
#include "l_gate.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

EXOTEL_MODULE int luaopen_exotel_sys(lua_State *L);

#define PROCESS "exotel.sys.process"
#define LOCK "exotel.sys.lock"
#define MOST_RANDOM 4096 /* from the C stack; a secret is 32 */

typedef struct l_process {
  exotel_process *p; /* NULL when closed */
} l_process;

typedef struct l_lock {
  int is_held, fd;
} l_lock;

static int push_failure(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

/* true for 0; nil and the system's words for an errno. */
static int push_errno(lua_State *L, int why) {
  if (why != 0) return push_failure(L, strerror(why));
  lua_pushboolean(L, 1);
  return 1;
}

static int push_ending(lua_State *L, exotel_child_state state, int code) {
  switch (state) {
    case EXOTEL_CHILD_EXITED: lua_pushinteger(L, code); return 1;
    case EXOTEL_CHILD_SIGNALED:
      push_failure(L, "signal");
      lua_pushinteger(L, code);
      return 3;
    case EXOTEL_CHILD_RUNNING: return push_failure(L, "timeout");
    case EXOTEL_CHILD_LOST: break;
  }
  return push_failure(L, "no such child");
}

/* -- clocks and random bytes -------------------------------------------------------- */

static int l_sys_now(lua_State *L) {
  lua_pushnumber(L, exotel_clock_monotonic());
  return 1;
}

static int l_sys_time(lua_State *L) {
  lua_pushnumber(L, exotel_clock_wall());
  return 1;
}

static int l_sys_sleep(lua_State *L) {
  exotel_clock_sleep(luaL_checknumber(L, 1));
  return 0;
}

static int l_sys_random(lua_State *L) {
  char bytes[MOST_RANDOM];
  long long n = exotel_checkinteger(L, 1);
  int why;
  luaL_argcheck(L, n >= 1 && n <= MOST_RANDOM, 1, "1 to 4096 expected");
  why = exotel_random_fill(bytes, (size_t)n);
  if (why != 0) return push_errno(L, why);
  lua_pushlstring(L, bytes, (size_t)n);
  return 1;
}

static int l_sys_hex(lua_State *L) {
  static const char digits[] = "0123456789abcdef";
  size_t n, i;
  const char *s = luaL_checklstring(L, 1, &n);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (i = 0; i < n; i++) {
    luaL_addchar(&b, digits[(unsigned char)s[i] >> 4]);
    luaL_addchar(&b, digits[(unsigned char)s[i] & 15]);
  }
  luaL_pushresult(&b);
  return 1;
}

/* sys.descriptors(n): lets this process have n descriptors, or as many as it is allowed.
** Returns how many it may have. */
static int l_sys_descriptors(lua_State *L) {
  long long n = exotel_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= INT_MAX, 1, "0 or more expected");
  exotel_pushinteger(L, exotel_descriptors_raise((long)n));
  return 1;
}

/* -- files --------------------------------------------------------------------------- */

/* The path at `i`. */
static const char *check_path(lua_State *L, int i) {
  size_t n;
  const char *path = luaL_checklstring(L, i, &n);
  luaL_argcheck(L, strlen(path) == n, i, "string with a NUL byte");
  return path;
}

static int push_file_errno(lua_State *L, const char *path, int why) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(why));
  return 2;
}

/* sys.append(path, text): adds it at the end of a file, on the disk when this returns
** true; nil and the system's words when it can't, and some of it may stand there. */
static int l_sys_append(lua_State *L) {
  size_t n;
  const char *path = check_path(L, 1);
  const char *text = luaL_checklstring(L, 2, &n);
  int why = exotel_file_append(path, text, n);
  if (why == ENOMEM) return luaL_error(L, "not enough memory");
  return why == 0 ? push_errno(L, 0) : push_file_errno(L, path, why);
}

/* sys.lock(path): the file at the path, which is made where there is none, for one at a
** time of all who ask for it so, in this process and others. Returns the lock, which ends
** when it is closed, or its process ends; false when another has it; nil and the system's
** words when it can't be had. */
static int l_sys_lock(lua_State *L) {
  const char *path = check_path(L, 1);
  l_lock *owner = exotel_newowner(L, sizeof *owner, LOCK);
  int why = exotel_lock_take(&owner->fd, path);
  owner->is_held = why == 0;
  if (why == 0) return 1;
  if (why != EWOULDBLOCK) return push_file_errno(L, path, why);
  lua_pushboolean(L, 0);
  return 1;
}

static int l_lock_close(lua_State *L) {
  l_lock *owner = luaL_checkudata(L, 1, LOCK);
  if (owner->is_held) exotel_lock_free(owner->fd);
  owner->is_held = 0;
  return 0;
}

/* -- polling ------------------------------------------------------------------------- */

/* By what is wanted, or ready: EXOTEL_POLL_READ, EXOTEL_POLL_WRITE, both. */
static const char *const events[] = {"", "r", "w", "rw"};

static int poll_error(lua_State *L, size_t position, const char *what) {
  const char *message =
      lua_pushfstring(L, "%s expected at position %d", what, (int)position);
  return luaL_argerror(L, 1, message);
}

static int fd_at(lua_State *L, size_t position) {
  lua_Number fd = -1;
  lua_rawgeti(L, 1, (int)position);
  if (lua_type(L, -1) == LUA_TNUMBER) fd = lua_tonumber(L, -1);
  if (!(fd >= 0 && fd <= INT_MAX && fd == floor(fd)))
    poll_error(L, position, "a descriptor");
  lua_pop(L, 1);
  return (int)fd;
}

static int events_at(lua_State *L, size_t position) {
  int want = EXOTEL_POLL_READ | EXOTEL_POLL_WRITE;
  size_t n = 0;
  const char *s;
  lua_rawgeti(L, 1, (int)position);
  s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : "";
  while (want > 0 && (strlen(events[want]) != n || memcmp(s, events[want], n) != 0))
    want--;
  if (want == 0) poll_error(L, position, "'r', 'w' or 'rw'");
  lua_pop(L, 1);
  return want;
}

/* The list at 1, in a userdata left on the stack. */
static exotel_poll_entry *poll_entries(lua_State *L, size_t n) {
  exotel_poll_entry *entries = lua_newuserdata(L, (n + 1) * sizeof *entries);
  size_t i;
  for (i = 0; i < n; i++) {
    entries[i].fd = fd_at(L, 2 * i + 1);
    entries[i].want = events_at(L, 2 * i + 2);
  }
  return entries;
}

static void push_ready(lua_State *L, int ready) {
  if (ready == 0)
    lua_pushboolean(L, 0);
  else if (ready == EXOTEL_POLL_INVALID)
    lua_pushliteral(L, "invalid");
  else
    lua_pushstring(L, events[ready]);
}

/* sys.poll({ fd, events, fd, events, … }, seconds): waits until a descriptor is ready for
** its events, "r", "w" or "rw". Seconds as exotel_poll has them: 0 and less don't wait,
** math.huge waits for ever. Returns a list with, for each descriptor in its order, what of
** its events is ready ("r", "w", "rw"), false for nothing, or "invalid" for a descriptor
** that isn't open; nil and the system's words when it can't be polled. After a signal all
** are false. */
static int l_sys_poll(lua_State *L) {
  exotel_poll_entry *entries;
  double seconds;
  size_t i, n;
  int why;
  luaL_checktype(L, 1, LUA_TTABLE);
  seconds = luaL_checknumber(L, 2);
  n = lua_rawlen(L, 1);
  luaL_argcheck(L, n % 2 == 0, 1, "descriptors and their events expected");
  n /= 2;
  entries = poll_entries(L, n);
  why = exotel_poll(entries, n, seconds);
  if (why == ENOMEM) return luaL_error(L, "not enough memory");
  if (why != 0) return push_errno(L, why);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    push_ready(L, entries[i].ready);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* -- processes by id ----------------------------------------------------------------- */

static int l_sys_pid(lua_State *L) {
  exotel_pushinteger(L, exotel_child_self());
  return 1;
}

static int l_sys_fork(lua_State *L) {
  long pid = exotel_child_fork();
  if (pid < 0) return push_errno(L, errno);
  exotel_pushinteger(L, pid);
  return 1;
}

static int l_sys_exit(lua_State *L) {
  long long code = exotel_checkinteger(L, 1);
  luaL_argcheck(L, code >= 0 && code <= 255, 1, "0 to 255 expected");
  exotel_child_exit((int)code);
  return 0;
}

static int l_sys_waitpid(lua_State *L) {
  long long pid = exotel_checkinteger(L, 1);
  double timeout = luaL_checknumber(L, 2);
  int code = 0;
  exotel_child_state state;
  luaL_argcheck(L, pid > 0 && pid <= 0x7fffffff, 1, "the id of a child expected");
  state = exotel_child_wait((long)pid, timeout, &code);
  return push_ending(L, state, code);
}

/* -- programs ------------------------------------------------------------------------ */

/* Everything in the table but the list itself. */
static int option(lua_State *L, size_t n) {
  int quiet = 0;
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TNUMBER) {
      lua_Number i = lua_tonumber(L, -2);
      if (i >= 1 && i <= (lua_Number)n && i == floor(i)) continue;
    } else if (lua_type(L, -2) == LUA_TSTRING &&
               strcmp(lua_tostring(L, -2), "stderr") == 0) {
      luaL_argcheck(L, lua_isboolean(L, -1), 1, "stderr: boolean expected");
      quiet = !lua_toboolean(L, -1);
      continue;
    }
    lua_pushvalue(L, -2); /* lua_tostring would change the key under lua_next */
    lua_pushfstring(L, "unknown option '%s'",
                    lua_tostring(L, -1) != NULL ? lua_tostring(L, -1) : "?");
    luaL_argerror(L, 1, lua_tostring(L, -1));
  }
  return quiet;
}

/* The list at 1 as C strings, in a userdata left on the stack; the table keeps them. */
static const char *const *arguments(lua_State *L, size_t n) {
  size_t i, length;
  const char **argv = lua_newuserdata(L, (n + 1) * sizeof *argv);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 1, (int)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "strings expected");
    argv[i] = lua_tolstring(L, -1, &length);
    luaL_argcheck(L, strlen(argv[i]) == length, 1, "string with a NUL byte");
    lua_pop(L, 1);
  }
  argv[n] = NULL;
  return argv;
}

static int l_sys_spawn(lua_State *L) {
  const char *const *argv;
  l_process *owner;
  size_t n;
  int quiet, why;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  n = lua_rawlen(L, 1);
  luaL_argcheck(L, n > 0, 1, "a program expected");
  quiet = option(L, n);
  argv = arguments(L, n);
  owner = exotel_newowner(L, sizeof *owner, PROCESS);
  why = exotel_process_start(&owner->p, argv, quiet);
  if (why == 0) return 1;
  if (why == ENOMEM) return luaL_error(L, "not enough memory");
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", argv[0], strerror(why));
  return 2;
}

static exotel_process *check_process(lua_State *L) {
  l_process *owner = luaL_checkudata(L, 1, PROCESS);
  if (owner->p == NULL) luaL_error(L, "process is closed");
  return owner->p;
}

static int l_process_read_line(lua_State *L) {
  exotel_process *p = check_process(L);
  const char *line;
  size_t n;
  switch (exotel_process_read_line(p, luaL_checknumber(L, 2), &line, &n)) {
    case EXOTEL_PROCESS_LINE: lua_pushlstring(L, line, n); return 1;
    case EXOTEL_PROCESS_EOF: return push_failure(L, "closed");
    case EXOTEL_PROCESS_TIMEOUT: return push_failure(L, "timeout");
    case EXOTEL_PROCESS_TOO_LONG: return push_failure(L, "line too long");
    case EXOTEL_PROCESS_FAILED: break;
  }
  return push_errno(L, errno);
}

static int l_process_write(lua_State *L) {
  exotel_process *p = check_process(L);
  size_t n;
  const char *s = luaL_checklstring(L, 2, &n);
  int why = exotel_process_write(p, s, n);
  return why == EPIPE ? push_failure(L, "closed") : push_errno(L, why);
}

static int l_process_close_input(lua_State *L) {
  exotel_process_close_input(check_process(L));
  return 0;
}

/* By number, or by those names whose numbers POSIX fixes (kill -9). */
static int check_signal(lua_State *L, int i) {
  static const char *const names[] = {"INT", "KILL", "TERM", NULL};
  static const int numbers[] = {2, 9, 15};
  long long n;
  if (lua_type(L, i) == LUA_TSTRING)
    return numbers[luaL_checkoption(L, i, NULL, names)];
  n = exotel_checkinteger(L, i);
  luaL_argcheck(L, n >= 0 && n <= 64, i, "0 to 64 expected");
  return (int)n;
}

static int l_process_signal(lua_State *L) {
  exotel_process *p = check_process(L);
  return push_errno(L, exotel_process_signal(p, check_signal(L, 2)));
}

static int l_process_wait(lua_State *L) {
  exotel_process *p = check_process(L);
  int code = 0;
  exotel_child_state state = exotel_process_wait(p, luaL_checknumber(L, 2), &code);
  return push_ending(L, state, code);
}

static int l_process_pid(lua_State *L) {
  exotel_pushinteger(L, exotel_process_pid(check_process(L)));
  return 1;
}

static int l_process_close(lua_State *L) {
  l_process *owner = luaL_checkudata(L, 1, PROCESS);
  exotel_process_free(owner->p);
  owner->p = NULL;
  return 0;
}

static const luaL_Reg methods[] = {{"read_line", l_process_read_line},
                                   {"write", l_process_write},
                                   {"close_input", l_process_close_input},
                                   {"signal", l_process_signal},
                                   {"wait", l_process_wait},
                                   {"pid", l_process_pid},
                                   {NULL, NULL}};

static const luaL_Reg no_methods[] = {{NULL, NULL}};

static const luaL_Reg functions[] = {{"now", l_sys_now},
                                     {"time", l_sys_time},
                                     {"sleep", l_sys_sleep},
                                     {"random", l_sys_random},
                                     {"hex", l_sys_hex},
                                     {"pid", l_sys_pid},
                                     {"fork", l_sys_fork},
                                     {"exit", l_sys_exit},
                                     {"waitpid", l_sys_waitpid},
                                     {"spawn", l_sys_spawn},
                                     {"append", l_sys_append},
                                     {"lock", l_sys_lock},
                                     {"poll", l_sys_poll},
                                     {"gate", l_sys_gate},
                                     {"descriptors", l_sys_descriptors},
                                     {NULL, NULL}};

int luaopen_exotel_sys(lua_State *L) {
  exotel_newclass(L, PROCESS, methods, l_process_close);
  exotel_newclass(L, LOCK, no_methods, l_lock_close);
  l_gate_open(L);
  lua_newtable(L);
  exotel_setfuncs(L, functions);
  return 1;
}
