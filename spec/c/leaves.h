/*
** leaves: a sink that writes leaves down as text, one a line: Legs.#0.Status=busy. A
** position has a #, null stands as a ~ in place of the =.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LEAVES_H
#define EXOTEL_LEAVES_H

#include "../../csrc/core/buffer.h"
#include "../../csrc/core/leaf.h"

#include <stdio.h>

/* The context is a buffer. */
static inline exotel_kind leaves_write(void *context, const exotel_leaf *leaf,
                                       exotel_error *e) {
  exotel_buffer *out = context;
  char position[32];
  size_t i;
  (void)e;
  for (i = 0; i < leaf->depth; i++) {
    const exotel_step *s = &leaf->path[i];
    if (i > 0) exotel_buffer_addc(out, '.');
    snprintf(position, sizeof position, "#%lu", (unsigned long)s->index);
    if (s->name.p == NULL)
      exotel_buffer_adds(out, position);
    else
      exotel_buffer_add(out, s->name.p, s->name.n);
  }
  exotel_buffer_addc(out, leaf->null ? '~' : '=');
  exotel_buffer_add(out, leaf->text.p, leaf->text.n);
  exotel_buffer_addc(out, '\n');
  return EXOTEL_OK;
}

#endif
