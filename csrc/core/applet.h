/*
** applet: what the URLs of applets are answered with, as data; a part of api (see api.h).
**
** Two read these rows: whoever builds an answer, and the sandbox, which is given one. What is
** done by them stands in reply.h.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_APPLET_H
#define EXOTEL_APPLET_H

#include "api.h"

#define EXOTEL_REPLY_MAX 65536 /* bytes of a body; no page gives a limit */

/* What a body is made of. */
typedef enum exotel_reply_form {
  EXOTEL_REPLY_JSON,  /* an object of all fields */
  EXOTEL_REPLY_TEXT,  /* the text of this field, and nothing else */
  EXOTEL_REPLY_ITEMS, /* its items, with commas between them */
  EXOTEL_REPLY_LINES  /* its items, each on a line */
} exotel_reply_form;

/* A field. `value` says its name, whether it must be there (required is 1), and what it
** takes; of a list each item, of which there are at most `value.most`. */
typedef struct exotel_reply_field {
  exotel_parameter value;
  int list;
  const struct exotel_reply_shape *shape; /* it has fields itself, or NULL */
  exotel_reply_form form;                 /* of the body; below the top JSON */
  const char *standard;                   /* what counts when it isn't given, or NULL */
} exotel_reply_field;

/* The fields of an object. A name may stand twice: for a list, and for what isn't one. */
typedef struct exotel_reply_shape {
  const exotel_reply_field *fields;
  size_t nfields;
  int one; /* one of them is given, and no other */
} exotel_reply_shape;

typedef struct exotel_reply {
  const char *name;
  const exotel_reply_shape *shape;
  const char *json_type; /* the content type of JSON, as it is written */
  int any_type;          /* it is read as JSON, whatever its content type */
  const char *about;
  const char *source;
} exotel_reply;

/* The choice that a Passthru makes by the status that it is answered with. */
typedef struct exotel_choice {
  const char *name;
  int status;
} exotel_choice;

/* Each returns its table and sets `*n` to the number of rows. */
const exotel_reply *exotel_replies(size_t *n);
const exotel_choice *exotel_passthru_choices(size_t *n);

/* The reply of that name, or NULL. */
const exotel_reply *exotel_reply_find(exotel_slice name);

/* The field of that name: of two, the one that is a list, or isn't; or NULL. */
const exotel_reply_field *exotel_reply_field_find(const exotel_reply_shape *shape,
                                                  exotel_slice name, int list);

#endif
