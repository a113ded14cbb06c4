/*
** time: the service's timestamps to epoch seconds and back. Reads no clock and no time
** zone.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_TIME_H
#define EXOTEL_TIME_H

#include "buffer.h"
#include "exotel.h"

/* Reads one of the spellings the service uses into epoch seconds:
**   2017-03-03 10:48:33            the records; also with T, and a fraction that is cut
**   2017-03-03T10:48:33+05:30, Z   the integrations' callbacks; they bring their offset
**   Fri, 03 Mar 2017 10:48:33      the applets; HTTP's "GMT" is taken as well
** `offset` is in seconds and used when the text has none. Returns 1, or 0 with `*at` at
** the byte, from 1, that doesn't fit. */
int exotel_time_read(exotel_slice text, long offset, long long *epoch, size_t *at);

/* Appends `text`, which must be "2017-03-03 10:48:33", or "2017-03-03" alone: then its
** first second, or its last when `last` is set. Returns 1, or 0 and `*at` as above. */
int exotel_time_complete(exotel_buffer *out, exotel_slice text, int last, size_t *at);

/* Appends epoch seconds as "2017-03-03 10:48:33" of a clock that is `offset` seconds
** ahead of UTC. Returns 1, or 0 when its year isn't one of 1 to 9999. */
int exotel_time_write(exotel_buffer *out, long long epoch, long offset);

/* The same day and clock as `epoch`, `months` months later, or earlier when negative; the
** last day of a month that is too short for that. Returns 1 and the seconds, or 0 when a
** year isn't one of 1 to 9999. */
int exotel_time_month_later(long long epoch, long months, long offset,
                            long long *later);

/* The first second of the month that is `months` months after the one `epoch` lies in.
** Returns as above. */
int exotel_time_month_begin(long long epoch, long months, long offset,
                            long long *begin);

/* Reads an offset: "+05:30", "-0800", "Z". Returns 1 and the seconds, or 0. */
int exotel_offset_read(exotel_slice text, long *offset);

#endif
