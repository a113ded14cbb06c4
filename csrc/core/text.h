/*
** text: small readings of text: phone numbers, near misses, pages made plain.
** Nothing here knows an operation or a field.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_TEXT_H
#define EXOTEL_TEXT_H

#include "buffer.h"
#include "exotel.h"
#include "slice.h"

#define EXOTEL_PHONE_MIN 3  /* digits; short codes are this short */
#define EXOTEL_PHONE_MAX 20 /* digits; E.164 has 15, a prefix may stand before them */
#define EXOTEL_SIP_MAX 255  /* bytes */

/* Whether it is one of the spellings by which the service says that there is nothing:
** "", null, and the times that mean unset. */
int exotel_slice_is_absent(exotel_slice text);

/* Appends `text` without blanks, dashes and brackets (also their Unicode look-alikes and
** invisible marks that pasting brings) and checks what is left: [+]digits, or "sip:" and
** an address, kept whole. Returns NULL, or what is wrong with it, for a message. */
const char *exotel_phone_trim(exotel_slice text, exotel_buffer *out);

/* Appends the E.164 spelling of `text`. `country` is a country code in digits, or empty
** when the text must bring its own ("+" or "00"). Never guesses: returns NULL, or what
** is wrong with it, for a message. National numbers of 91 and 1 have ten digits; of
** other countries a number without "+", "00" or a trunk "0" is ambiguous. */
const char *exotel_phone_e164(exotel_slice text, exotel_slice country,
                              exotel_buffer *out);

/* Keeps in `*best` the candidate nearest to `text` over all calls, `*distance` being its
** distance; start with *best = NULL. Only near misses are kept. */
void exotel_nearest(exotel_slice text, const char *candidate, const char **best,
                    size_t *distance);

/* Appends what a person would read of a text or HTML page: tags, scripts and styles left
** out, the five XML entities decoded, blanks and control characters folded to one blank,
** what isn't UTF-8 shown as "?", and at most `max` bytes, "..." ending what was cut. */
void exotel_text_plain(exotel_slice page, size_t max, exotel_buffer *out);

#endif
