/*
** l_gate: the relay of csrc/sys/gate for Lua, a part of exotel.sys. Private to csrc/lua.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_L_GATE_H
#define EXOTEL_L_GATE_H

#include "compat.h"

/* Registers the class of gates. */
void l_gate_open(lua_State *L);

int l_sys_gate(lua_State *L);

#endif
