/*
** writing: an event written again, leaf by leaf, in the three encodings at once.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_WRITING_H
#define EXOTEL_WRITING_H

#include "fuzz.h"

#include "../csrc/core/json_out.h"
#include "../csrc/core/multipart.h"
#include "../csrc/core/multipart_out.h"
#include "../csrc/core/name.h"

/* A verdict of 0: that encoding can't hold one of the leaves. */
typedef struct writing {
  exotel_buffer *form, *name;
  exotel_multipart_writer parts;
  exotel_json_writer json; /* each name whole, so that what came twice stays in order */
  int fits_form, fits_parts, fits_json;
} writing;

static inline void writing_begin(writing *w) {
  memset(w, 0, sizeof *w);
  w->form = buffer(1);
  w->name = buffer(2);
  w->json.twice = 1;
  w->fits_form = w->fits_parts = w->fits_json = 1;
  exotel_multipart_begin(&w->parts, 16 * FUZZ_MAX);
}

static inline void writing_end(writing *w) {
  exotel_json_reset(&w->json);
  exotel_multipart_free(&w->parts);
}

/* A null is written as nothing where nothing is a value, which makes no difference but
** for what is taken verbatim. */
static inline exotel_kind writing_leaf(void *context, const exotel_leaf *leaf,
                                       exotel_error *e) {
  writing *w = context;
  exotel_json_type kind = leaf->null ? EXOTEL_JSON_NULL : EXOTEL_JSON_STRING;
  exotel_leaf whole = *leaf;
  exotel_step step = {{NULL, 0}, 0};
  exotel_buffer_reset(w->name);
  exotel_name_write(w->name, leaf->path, leaf->depth);
  if (leaf->depth == 0 || w->name->n == 0) return EXOTEL_OK;
  step.name = held(w->name);
  whole.path = &step;
  whole.depth = 1;
  exotel_form_put(w->form, leaf);
  if (exotel_multipart_put(&w->parts, leaf, e) != EXOTEL_OK) w->fits_parts = 0;
  if (exotel_json_put(&w->json, &whole, kind, e) != EXOTEL_OK) w->fits_json = 0;
  if (leaf->null && exotel_slice_is_nocase(step.name, "CustomField"))
    w->fits_form = w->fits_parts = 0;
  return EXOTEL_OK;
}

static inline exotel_kind writing_part(void *context, const exotel_part *part,
                                       exotel_error *e) {
  writing *w = context;
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf = {path, 0, part->value, 0, 1};
  exotel_file f = {part->name, part->filename, part->type, part->value.n};
  if (part->is_file) {
    w->fits_form = w->fits_json = 0;
    if (exotel_multipart_put_file(&w->parts, &f, e) != EXOTEL_OK) w->fits_parts = 0;
    return EXOTEL_OK;
  }
  leaf.depth = part->name.n == 0 ? 0 : exotel_name_split(part->name, path);
  return writing_leaf(w, &leaf, e);
}

#endif
