/*
** base64: bytes to RFC 4648's base64, for the credentials of HTTP Basic.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_BASE64_H
#define EXOTEL_BASE64_H

#include "buffer.h"
#include "exotel.h"

/* Appends the base64 of `bytes`, padded. */
void exotel_base64_encode(exotel_buffer *out, exotel_slice bytes);

#endif
