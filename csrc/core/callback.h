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
#include "skeleton.h"

/* The rows that tell one kind of event from another. */
typedef struct exotel_event_rows {
  size_t call_sid, event_type, status, agent_status, call_from, dial_whom_number,
      dial_call_status, agent_email, flow_id, app_user_id, call_state, stream_sid,
      stream_status;
} exotel_event_rows;

#define EXOTEL_BODIES_KEPT 4 /* a number's webhooks: two or three, in one encoding */

/* A body that was read, for those that are like it. */
typedef struct exotel_body_kept {
  exotel_skeleton skeleton;
  exotel_record *record;   /* its event */
  exotel_record_mark mark; /* before what the event has of its own */
} exotel_body_kept;

typedef struct exotel_bodies {
  exotel_body_kept kept[EXOTEL_BODIES_KEPT];
  size_t alike; /* the one that a body was like last */
  size_t next;  /* the one that gives way next */
  exotel_record records[EXOTEL_BODIES_KEPT];
} exotel_bodies;

/* Working memory, kept from one webhook to the next. */
typedef struct exotel_callback {
  exotel_record *record; /* the event */
  exotel_event_rows rows;
  exotel_buffer scratch, query, inner, name;
  exotel_bodies *bodies; /* owned; NULL before the first one */
  exotel_record *spare;  /* the one that no body has */
  exotel_record first;   /* it, as long as there are none */
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
** multipart with that line's boundary, the rest a form; but one said to be multipart whose
** lines of "--" come later is refused, since nobody says its boundary. A query string adds
** what the body doesn't have.
**
** A body that differs from one of the last only in its values is read by that one's skeleton,
** in fewer steps, and makes the same event: it never depends on what was read before.
**
** The event's texts stand in `c`, or still in body and query: it lives until one of them
** changes. Returns EXOTEL_OK, EXOTEL_PARSE with field, reason and position, or
** EXOTEL_MEMORY. */
exotel_kind exotel_callback_read(exotel_callback *c, exotel_slice content_type,
                                 exotel_slice body, exotel_slice query,
                                 exotel_error *e);

#endif
