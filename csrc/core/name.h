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
size_t exotel_name_split_brackets(exotel_slice name, exotel_step *path);

static inline size_t exotel_name_split(exotel_slice name, exotel_step *path) {
  if (name.n > 0 && name.p[name.n - 1] == ']') /* else nothing pairs up to its end */
    return exotel_name_split_brackets(name, path);
  path[0].name = name;
  path[0].index = 0;
  return 1;
}

/* Appends the name of a path: the way back. */
void exotel_name_write(exotel_buffer *out, const exotel_step *path, size_t depth);

#endif
