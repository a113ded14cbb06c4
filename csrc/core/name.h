/*
** name: the brackets of a form field's name as steps of a path.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_NAME_H
#define EXOTEL_NAME_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

/* Legs[0][Status] is Legs, position 0, Status. A name whose brackets don't pair up, or go
** deeper than a path can, is one step as it stands; [] is position 0. `path` has room for
** EXOTEL_DEPTH_MAX steps. Returns how many there are. */
size_t exotel_name_split(exotel_slice name, exotel_step *path);

/* Appends the name of a path: the way back. */
void exotel_name_write(exotel_buffer *out, const exotel_step *path, size_t depth);

#endif
