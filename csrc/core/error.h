/*
** error: fills an exotel_error, names its kind and outcome, and hides what a message
** must not show. The one place where secrets and phone numbers are masked.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_ERROR_H
#define EXOTEL_ERROR_H

#include "buffer.h"
#include "exotel.h"

#if defined(__GNUC__)
#define EXOTEL_PRINTF(text, first) __attribute__((__format__(printf, text, first)))
#else
#define EXOTEL_PRINTF(text, first)
#endif

/* Empties `e`: kind EXOTEL_OK, outcome not_sent, no position, no retry_after. */
void exotel_error_clear(exotel_error *e);

/* Fills `e` and returns `kind`, so that a failing function can return the call.
** `reason` is a constant; `field` may be empty; a message too long is cut with "...". */
exotel_kind exotel_error_set(exotel_error *e, exotel_kind kind, const char *reason,
                             exotel_slice field, const char *format, ...)
    EXOTEL_PRINTF(5, 6);

/* Out of memory, in the same shape. */
exotel_kind exotel_error_memory(exotel_error *e);

/* What a buffer's failure means: nothing, out of memory, or "too_long" for `field`. */
exotel_kind exotel_error_buffer(exotel_error *e, const exotel_buffer *b,
                                exotel_slice field);

/* The words the user sees. */
const char *exotel_kind_name(exotel_kind kind);
const char *exotel_outcome_name(exotel_outcome outcome);

/* Appends `text` to `out` with each occurrence of a secret replaced by "[secret]" and
** every phone number cut to X's and its last three digits. Of a secret that was cut its
** first half is one, and no less than eight bytes. Empty secrets are skipped; one shorter
** than four bytes is replaced only where no letter or digit touches it. */
void exotel_mask(exotel_buffer *out, exotel_slice text, const exotel_slice *secrets,
                 size_t nsecrets);

#endif
