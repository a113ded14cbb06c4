/*
** l_core: what the files of exotel.core share: one owner of working memory, the error
** table, values of Lua as the core wants them. Private to csrc/lua.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_L_CORE_H
#define EXOTEL_L_CORE_H

#include "../core/callback.h"
#include "../core/json_out.h"
#include "../core/json_tree.h"
#include "../core/multipart_out.h"
#include "../core/request.h"
#include "../core/response.h"
#include "compat.h"

#define L_BODY_MAX (8 * 1024 * 1024) /* bytes of a body built here */
#define L_HEADERS_MAX EXOTEL_ANSWER_HEADERS_MAX

/* All memory that one call of the core needs. A userdata, so that whatever raises in
** between leaks nothing. Kept for the next call. */
typedef struct l_work {
  int ready, busy;
  exotel_request request;
  exotel_response response;
  exotel_callback callback;
  exotel_json_writer writer;
  exotel_multipart_writer parts;
  exotel_buffer text, other;
  exotel_header headers[L_HEADERS_MAX];
  exotel_error error;
} l_work;

/* Registers the class of l_work. */
void l_work_open(lua_State *L);

/* The state's working memory, pushed so that it stays alive, marked busy, its error
** cleared. A finalizer may call the core while another call is under way: then, and after
** a call that raised, there is a new one. */
l_work *l_work_take(lua_State *L);

/* Ends the use. The values that the call returns have been pushed by then. */
void l_work_give(l_work *w);

/* Ends the use and raises "not enough memory" when that is what happened; otherwise
** pushes nil and the error's table. Returns 2. */
int l_error_push(lua_State *L, l_work *w);

/* The string at `index`, which must be one, as a slice; raises otherwise. */
exotel_slice l_slice_check(lua_State *L, int index);

/* The same for a field of the table at `index`; an absent field is an empty slice. The
** string stays on the stack. */
exotel_slice l_slice_field(lua_State *L, int index, const char *name);

/* The value at `index`, whatever it is. */
exotel_given l_given(lua_State *L, int index);

/* Pushes the content of a buffer. */
void l_buffer_push(lua_State *L, const exotel_buffer *b);

/* Sets a value of a JSON document under its name in the table at the top of the stack. */
void l_json_set(lua_State *L, const exotel_json_value *value);

/* Pushes a finished record as a table. */
void l_record_push(lua_State *L, const exotel_record *r);

/* Pushes the `n` records that begin with the one looked at, as a list. */
void l_records_push(lua_State *L, exotel_record *r, size_t n);

int l_callback_read(lua_State *L);
int l_event_build(lua_State *L);
int l_request_build(lua_State *L);
int l_request_match(lua_State *L);
int l_request_send(lua_State *L);
int l_span_read(lua_State *L);
int l_response_read(lua_State *L);
int l_headers_read(lua_State *L);
int l_form_read(lua_State *L);
int l_json_read(lua_State *L);
int l_json_write(lua_State *L);
int l_xml_write(lua_State *L);
int l_reply_build(lua_State *L);
int l_reply_read(lua_State *L);
int l_secret_admit(lua_State *L);
int l_range_read(lua_State *L);
int l_items_read(lua_State *L);
int l_base64_read(lua_State *L);
int l_byte_range_read(lua_State *L);
int l_content_range_read(lua_State *L);
int l_url_encode(lua_State *L);
int l_http1_request(lua_State *L);
int l_http1_reader(lua_State *L);
int l_address_read(lua_State *L);
int l_gcra_interval(lua_State *L);
int l_gcra_take(lua_State *L);
int l_gcra_push(lua_State *L);
int l_api(lua_State *L);

/* Registers the class of readers. */
void l_http1_open(lua_State *L);

#endif
