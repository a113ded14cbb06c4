/*
** secret: the secret in the URL of a webhook: taken out of its query, and compared in a time
** that tells nothing of it.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_SECRET_H
#define EXOTEL_SECRET_H

#include "buffer.h"
#include "exotel.h"

/* Takes every pair of that name out of a query string: `value` gets what the first of them
** says, decoded, and `rest` the query without them. Returns whether there was one; failed
** appends are left in the buffers' states. */
int exotel_secret_take(exotel_slice query, exotel_slice name, exotel_buffer *value,
                       exotel_buffer *rest);

/* Whether both hold the same bytes. The time that it takes goes by the size of `given`, and
** not by what stands in either, or by the size of `secret`. */
int exotel_secret_is(exotel_slice given, exotel_slice secret);

#endif
