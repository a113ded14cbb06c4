/*
** json_out: leaves to JSON, by cJSON. The way back from json.h.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_JSON_OUT_H
#define EXOTEL_JSON_OUT_H

#include "exotel.h"
#include "leaf.h"

typedef enum exotel_json_type {
  EXOTEL_JSON_STRING,
  EXOTEL_JSON_NUMBER, /* the text is written as it is; it must be a JSON number */
  EXOTEL_JSON_TRUE,
  EXOTEL_JSON_FALSE,
  EXOTEL_JSON_NULL,
  EXOTEL_JSON_EMPTY_LIST, /* which what is put later may fill */
  EXOTEL_JSON_EMPTY_OBJECT
} exotel_json_type;

/* Owns a tree and its printed text. Zero bytes are a valid, empty writer. */
typedef struct exotel_json_writer {
  void *tree;
  char *text;
  int twice; /* the next put may give a name that is there already once more */
} exotel_json_writer;

/* Empties the writer. Call it before the first put and after the last use. */
void exotel_json_reset(exotel_json_writer *w);

/* Puts one leaf; objects and lists on its path are made when they are first needed, and
** positions of a list that were left out hold an empty object. EXOTEL_INVALID when the text can't stand in
** JSON (not UTF-8, a NUL, not a number) or the path meets a value, EXOTEL_MEMORY. */
exotel_kind exotel_json_put(exotel_json_writer *w, const exotel_leaf *leaf,
                            exotel_json_type type, exotel_error *e);

/* Prints the tree, "{}" when nothing was put. The text lives until the reset. */
exotel_kind exotel_json_print(exotel_json_writer *w, exotel_slice *text,
                              exotel_error *e);

#endif
