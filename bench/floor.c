/*
** floor: the event of bench/callback.lua as a Lua table, made without parsing anything.
** Nothing that hands Lua such a table can be much faster. For the bench only.
**
** It pushes as exotel.core does: names are Lua's strings already, and values come by
** pointer and length, since no bytes from outside are in Lua's cache of C strings.
**
** SPDX-License-Identifier: MIT
*/
#include "../csrc/lua/compat.h"

EXOTEL_MODULE int luaopen_floor(lua_State *L);

#define NAMES 2     /* stack: the table of names */
#define METATABLE 1 /* and the event's metatable */

typedef struct text {
  const char *name, *value;
  size_t n;
} text;

#define TEXT(name, value)                                                              \
  { name, value, sizeof(value) - 1 }

static const text texts[] = {
    TEXT("call_sid", "492205107c5fb48f4ac25d1f77759339"),
    TEXT("event_type", "terminal"),
    TEXT("status", "no-answer"),
    TEXT("date_created", "2019-04-08 03:17:59"),
    TEXT("date_updated", "2019-04-08 03:18:35"),
    TEXT("start_time", "2019-04-08 03:17:59"),
    TEXT("end_time", "2019-04-08 03:18:36"),
    TEXT("from", "+91941374XXXX"),
    TEXT("to", "+91886799XXXX"),
    TEXT("phone_number_sid", "0113083XXXX"),
    TEXT("direction", "outbound-api"),
    TEXT("recording_url",
         "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/<your_sid>/"
         "492205107c5fb48f4ac25d1f77759339.mp3"),
    TEXT("kind", "terminal"),
    TEXT("dedup_key", "9c162f49a7ba906ebfdc3576e7121f8a")};

#define TEXTS (sizeof texts / sizeof *texts)

/* Behind the texts in the table of names. */
enum { DURATION = TEXTS + 1, FINAL, LEGS, ID, ON_CALL_DURATION, STATUS };
static const char *const others[] = {"conversation_duration", "final", "legs", "id",
                                     "on_call_duration",      "status"};

static void set_integer(lua_State *L, int name, lua_Integer value) {
  lua_rawgeti(L, NAMES, name);
  lua_pushinteger(L, value);
  lua_rawset(L, -3);
}

static void push_leg(lua_State *L, int id, int seconds) {
  lua_createtable(L, 0, 3);
  lua_rawgeti(L, NAMES, STATUS);
  lua_pushlstring(L, "completed", 9);
  lua_rawset(L, -3);
  set_integer(L, ON_CALL_DURATION, seconds);
  set_integer(L, ID, id);
}

/* The event. Upvalues: its metatable, the names. */
static int floor_event(lua_State *L) {
  size_t i;
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(METATABLE));
  lua_pushvalue(L, lua_upvalueindex(NAMES));
  lua_createtable(L, 0, TEXTS + 3);
  for (i = 0; i < TEXTS; i++) {
    lua_rawgeti(L, NAMES, (int)i + 1);
    lua_pushlstring(L, texts[i].value, texts[i].n);
    lua_rawset(L, -3);
  }
  set_integer(L, DURATION, 32);
  lua_rawgeti(L, NAMES, FINAL);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_rawgeti(L, NAMES, LEGS);
  lua_createtable(L, 2, 0);
  push_leg(L, 1, 41);
  lua_rawseti(L, -2, 1);
  push_leg(L, 2, 32);
  lua_rawseti(L, -2, 2);
  lua_rawset(L, -3);
  lua_pushvalue(L, METATABLE);
  lua_setmetatable(L, -2);
  return 1;
}

/* floor.event(metatable): the function that makes the event. */
static int floor_new(lua_State *L) {
  size_t i;
  lua_settop(L, 1);
  lua_newtable(L);
  for (i = 0; i < TEXTS; i++) {
    lua_pushstring(L, texts[i].name);
    lua_rawseti(L, NAMES, (int)i + 1);
  }
  for (i = 0; i < sizeof others / sizeof *others; i++) {
    lua_pushstring(L, others[i]);
    lua_rawseti(L, NAMES, (int)(TEXTS + i) + 1);
  }
  lua_pushcclosure(L, floor_event, 2);
  return 1;
}

/* floor.repeated(run, calls): callgrind counts in here and nowhere else. */
static int floor_repeated(lua_State *L) {
  lua_Integer calls = luaL_checkinteger(L, 2);
  for (; calls > 0; calls--) {
    lua_pushvalue(L, 1);
    lua_call(L, 0, 0);
  }
  return 0;
}

int luaopen_floor(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, floor_new);
  lua_setfield(L, -2, "event");
  lua_pushcfunction(L, floor_repeated);
  lua_setfield(L, -2, "repeated");
  return 1;
}
