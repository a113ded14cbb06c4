/*
** event_key: the digest of an event's content, by which a webhook delivered twice is known.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_EVENT_KEY_H
#define EXOTEL_EVENT_KEY_H

#include "digest.h"
#include "record.h"

#define EXOTEL_EVENT_KEY_SIZE (2 * EXOTEL_DIGEST_BYTES)

/* Writes the key of a finished record as hex digits: the same for the same values under the
** same names, in whatever order and encoding they came. */
void exotel_event_key(const exotel_record *r, char out[EXOTEL_EVENT_KEY_SIZE]);

#endif
