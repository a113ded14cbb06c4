/*
** l_transfer: a request from a Lua table, and what came of it as one, for both ways of
** waiting. Private to csrc/lua.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_L_TRANSFER_H
#define EXOTEL_L_TRANSFER_H

#include "../curl/transfer.h"
#include "compat.h"

#define L_REQUEST_HEADERS_MAX 32 /* header lines of one request */

/* The options in the table at `table`: { ca_file=, proxy=, user_agent=, resolve=,
** plain_http=, max_headers=, max_body= }, see exotel_transfer_options. proxy = false is
** none. Their strings are left on the stack. Raises on a wrong type. */
void l_transfer_options(lua_State *L, int table, exotel_transfer_options *o);

/* The request in the table at `table`: { method, url, username, password, headers, body,
** timeout, connect_timeout, fresh_connection, send_once, phases }, times in seconds. `headers` has
** room for L_REQUEST_HEADERS_MAX. All strings are left on the stack, or in the table of
** headers that is. Raises. */
void l_transfer_request(lua_State *L, int table, exotel_transfer_request *r,
                        exotel_header *headers);

/* Pushes { status, head, body, seconds, connections, phases }, head being the header lines as they
** came; or nil and { reason, message, sent, code, seconds, status }, where sent = false
** is proof that no byte of the request left. Returns how many values. */
int l_transfer_push(lua_State *L, const exotel_transfer_result *r);

/* The class of transfers that don't block, and curl.multi(), of l_multi.c. */
void l_multi_open(lua_State *L);
int l_multi_new(lua_State *L);

#endif
