/*
** floor: the event of bench/callback.lua as a Lua table, made without parsing anything.
** Nothing that hands Lua such a table can be faster. For the bench only.
**
** SPDX-License-Identifier: MIT
*/
#include "../csrc/lua/compat.h"

EXOTEL_MODULE int luaopen_floor(lua_State *L);

static const char *const texts[][2] = {
    {"call_sid", "492205107c5fb48f4ac25d1f77759339"},
    {"event_type", "terminal"},
    {"status", "no-answer"},
    {"date_created", "2019-04-08 03:17:59"},
    {"date_updated", "2019-04-08 03:18:35"},
    {"start_time", "2019-04-08 03:17:59"},
    {"end_time", "2019-04-08 03:18:36"},
    {"from", "+91941374XXXX"},
    {"to", "+91886799XXXX"},
    {"phone_number_sid", "0113083XXXX"},
    {"direction", "outbound-api"},
    {"recording_url",
     "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/<your_sid>/"
     "492205107c5fb48f4ac25d1f77759339.mp3"},
    {"kind", "terminal"},
    {"dedup_key", "7d75edefd95e7dfbbcb1ee81798919c81b3c520d74aff41145c0b38f804e19f7"}};

static void push_leg(lua_State *L, int id, int seconds) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, id);
  lua_setfield(L, -2, "id");
  lua_pushinteger(L, seconds);
  lua_setfield(L, -2, "on_call_duration");
  lua_pushstring(L, "completed");
  lua_setfield(L, -2, "status");
}

static int floor_event(lua_State *L) {
  size_t i;
  lua_createtable(L, 0, 18);
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    lua_pushstring(L, texts[i][1]);
    lua_setfield(L, -2, texts[i][0]);
  }
  lua_pushinteger(L, 32);
  lua_setfield(L, -2, "conversation_duration");
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "final");
  lua_createtable(L, 2, 0);
  push_leg(L, 1, 41);
  lua_rawseti(L, -2, 1);
  push_leg(L, 2, 32);
  lua_rawseti(L, -2, 2);
  lua_setfield(L, -2, "legs");
  return 1;
}

int luaopen_floor(lua_State *L) {
  lua_pushcfunction(L, floor_event);
  return 1;
}
