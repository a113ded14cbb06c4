/*
** json: JSON bytes to leaves.
**
** A guard reads the bytes first and refuses what isn't JSON, or can't be kept whole, with
** the byte's position: structure, control characters, \u0000, UTF-8, the spelling and
** range of numbers, a byte order mark, nesting, anything after the document. Leaves are
** parts of what it let pass: numbers keep their text, and only strings with an escape are
** written anew. For values of any document there is cJSON, behind the same guard.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_JSON_H
#define EXOTEL_JSON_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

/* Reads one document and hands each leaf to `sink`, in the document's order; empty
** objects and lists have none. A text that stays is a part of `text`; others, and names,
** are gone when the sink returns. `scratch` is working memory, emptied first. Returns
** EXOTEL_OK, EXOTEL_PARSE with `e->position`, EXOTEL_MEMORY, or what the sink returned. */
exotel_kind exotel_json_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e);

/* The first byte from `p` on that doesn't stand for itself in a string: a quote, a backslash,
** a control character, or what isn't ASCII; or `end`. */
const char *exotel_json_plain_end(const char *p, const char *end);

/* The guard alone. Allocates nothing. */
exotel_kind exotel_json_check(exotel_slice text, exotel_error *e);

#endif
