/*
** endpoint: the address and the pairs of a request to an endpoint that no row knows.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_ENDPOINT_H
#define EXOTEL_ENDPOINT_H

#include "request.h"

/* Appends "name=value" to the pairs in `out`, both encoded: as in a query when `in_query`
** is set, else as in a form. Returns EXOTEL_OK or EXOTEL_INVALID (an empty name, a number
** that isn't finite); a failed append is left in the buffer's state. */
exotel_kind exotel_endpoint_pair(exotel_buffer *out, exotel_slice name,
                                 const exotel_given *value, int in_query,
                                 exotel_buffer *scratch, exotel_error *e);

/* Appends the address of `path` on the target's host: below the account, or from the top
** where it begins with "/". It may have a query of its own; `query` has more pairs, or is
** empty. Returns EXOTEL_OK, EXOTEL_MEMORY, or EXOTEL_INVALID with the byte: another host,
** "..", a control byte, credentials, a byte that must be percent-encoded. */
exotel_kind exotel_endpoint_url(exotel_buffer *out, exotel_slice path,
                                exotel_slice query, const exotel_target *target,
                                exotel_buffer *scratch, exotel_error *e);

#endif
