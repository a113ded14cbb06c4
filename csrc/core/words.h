/*
** words: what stands behind the words of the api tables, as data: the types of parameters
** and fields, the reasons of errors, the pages that facts come from. A part of api, for
** people: the reference and the editors' definitions are made of these rows.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_WORDS_H
#define EXOTEL_WORDS_H

#include "api.h"

/* What an option takes, or what a field of a record is. */
typedef struct exotel_word {
  int type; /* an exotel_parameter_type, or an exotel_field_type */
  const char *name;
  const char *lua;  /* the type in Lua; parameters with choices take those of them */
  const char *unit; /* what min and max count; NULL: it has no such limits */
  const char *about;
} exotel_word;

/* Why the core fails. The reasons of an answer are rows of exotel_statuses and
** exotel_causes. */
typedef struct exotel_reason {
  exotel_kind kind;
  const char *name;
  const char *when;
} exotel_reason;

/* A name that a record sets itself, beside its rows of fields. */
typedef struct exotel_own {
  const char *record;
  const char *name;
  const char *lua; /* the type in Lua */
  const char *about;
} exotel_own;

/* What `source` names in the rows. */
typedef struct exotel_source {
  const char *name;
  const char *title;
  const char *address;
} exotel_source;

/* Each returns its table and sets `*n` to the number of rows. */
const exotel_word *exotel_parameter_words(size_t *n);
const exotel_word *exotel_field_words(size_t *n);
const exotel_reason *exotel_reasons(size_t *n);
const exotel_own *exotel_own_names(size_t *n);
const exotel_source *exotel_sources(size_t *n);

#endif
