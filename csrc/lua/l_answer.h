/*
** l_answer: what an answer is in Lua, whoever carried its bytes: its limits, and its headers as
** a table. Private to csrc/lua.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_L_ANSWER_H
#define EXOTEL_L_ANSWER_H

#include "../core/exotel.h"
#include "compat.h"

#include <stddef.h>

/* A number field of the table at `table`, or `otherwise` where it is absent; raises on any
** other type. */
double l_number_field(lua_State *L, int table, const char *name, double otherwise);

/* The fields max_headers and max_body of the table at `table`, bytes from 1 to 1e9; default
** 64 KB and 16 MB. Raises. */
void l_answer_limits(lua_State *L, int table, size_t *max_headers, size_t *max_body);

/* Pushes a head's lines as a table of values by lower-case names; repeated ones are joined
** by ", ". Lines that are no header, and names of 64 bytes and more, are left out. */
void l_answer_headers(lua_State *L, exotel_slice head);

#endif
