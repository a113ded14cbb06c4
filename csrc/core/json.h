/*
** json: JSON bytes to leaves.
**
** cJSON does the parsing. It takes some things wrongly and cuts others in silence, so a
** guard reads the bytes first and refuses what isn't JSON, or can't be kept whole, with
** the byte's position: structure, control characters, \u0000, UTF-8, the spelling and
** range of numbers, a byte order mark, nesting, anything after the document. What the
** guard lets pass, cJSON parses; no number reaches it as one, so that they keep their text.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_JSON_H
#define EXOTEL_JSON_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

/* Reads one document and hands each leaf to `sink`, in the document's order; empty
** objects and lists have none. A text that stays is a part of `text`; others are gone when
** the sink returns. `scratch` is working memory, emptied first. Returns EXOTEL_OK,
** EXOTEL_PARSE with `e->position`, EXOTEL_MEMORY, or what the sink returned. */
exotel_kind exotel_json_read(exotel_slice text, exotel_buffer *scratch,
                             exotel_leaf_sink *sink, void *context, exotel_error *e);

/* The guard alone: copies `text` to `out` with every number quoted. */
exotel_kind exotel_json_guard(exotel_slice text, exotel_buffer *out, exotel_error *e);

#endif
