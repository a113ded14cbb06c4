/*
** base64: bytes to RFC 4648's base64 and back: the credentials of HTTP Basic, and the
** cursors of pages.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_BASE64_H
#define EXOTEL_BASE64_H

#include "buffer.h"
#include "exotel.h"

/* Appends the base64 of `bytes`, padded. */
void exotel_base64_encode(exotel_buffer *out, exotel_slice bytes);

/* Appends the bytes that the base64 `text` stands for. Returns 1, or 0 when it isn't what
** the encoder would write: padded, without blanks. */
int exotel_base64_decode(exotel_buffer *out, exotel_slice text);

#endif
