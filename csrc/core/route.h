/*
** route: which operation a request line belongs to. For those who play the service.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_ROUTE_H
#define EXOTEL_ROUTE_H

#include "api.h"
#include "buffer.h"
#include "exotel.h"

/* The operation that a method and a path (without query) belong to, or NULL. Its decoded
** path parameters replace the content of `account_sid` and of `subject`, which is the SID
** or the phone number that the path names, or empty; `*xml` is set when the path doesn't
** end in .json. */
const exotel_operation *exotel_route_match(exotel_slice method, exotel_slice path,
                                           exotel_buffer *account_sid,
                                           exotel_buffer *subject, int *xml);

#endif
