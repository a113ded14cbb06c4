/*
** callback: what the service sends to a URL of ours, in any encoding, to one event.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CALLBACK_H
#define EXOTEL_CALLBACK_H

#include "buffer.h"
#include "exotel.h"
#include "record.h"

/* Working memory, kept from one webhook to the next; the event is in `record`. */
typedef struct exotel_callback {
  exotel_record record;
  exotel_buffer scratch, inner, name;
} exotel_callback;

void exotel_callback_init(exotel_callback *c);
void exotel_callback_free(exotel_callback *c);

/* Reads a webhook into `c->record`: its fields, and of its own
**   kind       default, answered, terminal (StatusCallbacks), passthru, agent, stream,
**              integration, or unknown
**   final      whether the service says no more of this call
**   dedup_key  32 hex digits, the same for the same fields in any encoding and order
**   files      the multipart parts that are files: { name, filename, type, size }
**   repeated   the names that came more than once; the first value counts
**
** The content type decides how the body is read. Where it is missing, unknown, or the
** body's first byte says that it can't be so, the body decides: "{" is JSON, "--" is
** multipart with that line's boundary, the rest a form. A query string adds what the body
** doesn't have. Returns EXOTEL_OK, EXOTEL_PARSE with field, reason and position, or
** EXOTEL_MEMORY. */
exotel_kind exotel_callback_read(exotel_callback *c, exotel_slice content_type,
                                 exotel_slice body, exotel_slice query,
                                 exotel_error *e);

#endif
