/*
** reply: an applet's reply between its body and a tree of values, and the check of it by the
** rows of applet.h. One check for those who write replies and for those who read them.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_REPLY_H
#define EXOTEL_REPLY_H

#include "applet.h"
#include "buffer.h"
#include "json_out.h"

/* Writes "destination.numbers[2]" into `out`, cut to its `size`. A list's items count from 1
** here. */
void exotel_reply_place(char *out, size_t size, const exotel_step *path, size_t depth);

/* Checks a document (see json_tree.h) by the rows of `reply`: what is wrong first, in their
** order. A null is nothing, and what no row knows is passed over. `scratch` is working
** memory. Returns EXOTEL_OK, EXOTEL_MISUSE for a wrong type, EXOTEL_INVALID for all else, with
** the field and the place in it, or EXOTEL_MEMORY. */
exotel_kind exotel_reply_check(const exotel_reply *reply, const void *tree,
                               exotel_buffer *scratch, exotel_error *e);

/* The field whose form the body of a checked document has; NULL: it is JSON. */
const exotel_reply_field *exotel_reply_alone(const exotel_reply *reply,
                                             const void *tree);

/* Appends the body of a document that is this field alone. A failed append is left in the
** buffer's state. */
void exotel_reply_write(exotel_buffer *out, const exotel_reply_field *field,
                        const void *tree);

/* Reads a body in plain text into `w`, as the document that it stands for; nothing is put
** where it says nothing. Returns as exotel_json_put; EXOTEL_INVALID too when no plain text
** can be the reply. */
exotel_kind exotel_reply_read(exotel_json_writer *w, const exotel_reply *reply,
                              exotel_slice body, exotel_error *e);

#endif
