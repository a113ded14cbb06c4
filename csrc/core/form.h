/*
** form: application/x-www-form-urlencoded bytes, or a query string, to leaves.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_FORM_H
#define EXOTEL_FORM_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

/* Hands each pair to `sink`, in order, its name split as name.h says. Pairs with an empty
** name are passed over. `scratch` is emptied first and takes what had to be decoded: the
** values stay as long as it and `text` do. Returns EXOTEL_OK, EXOTEL_PARSE beyond a limit,
** EXOTEL_MEMORY, or what the sink returned. */
exotel_kind exotel_form_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e);

#endif
