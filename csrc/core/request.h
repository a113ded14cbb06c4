/*
** request: an operation and what the caller gave for it, to the bytes that are sent.
**
** Set what is given in any order, then build. Setting only finds the row; every check is
** made by build, in the order of the rows, so that the same mistakes always give the
** same error.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_REQUEST_H
#define EXOTEL_REQUEST_H

#include "api.h"
#include "buffer.h"
#include "exotel.h"

#define EXOTEL_ARGUMENTS_MAX                                                           \
  64 /* values of parameters, each item of a list being one */
#define EXOTEL_EXTRAS_MAX 32
#define EXOTEL_VALUE_MAX                                                               \
  8192 /* bytes of one value; the largest documented limit is 599 */

typedef enum exotel_given_type {
  EXOTEL_GIVEN_TEXT,
  EXOTEL_GIVEN_INTEGER,
  EXOTEL_GIVEN_NUMBER, /* a number with a fraction */
  EXOTEL_GIVEN_BOOLEAN,
  EXOTEL_GIVEN_OTHER /* nothing that can be sent; `type_name` says what */
} exotel_given_type;

/* A value as the caller gave it. */
typedef struct exotel_given {
  exotel_given_type type;
  exotel_slice text; /* borrowed until the request is built */
  long long integer; /* also the boolean */
  double number;
  const char *type_name; /* for messages: "a table" */
} exotel_given;

typedef struct exotel_argument {
  const exotel_parameter *parameter;
  exotel_slice name;  /* as the caller wrote it */
  size_t item;        /* position in a list, from 0 */
  exotel_slice bound; /* the operator of a range, as the caller wrote it; else without
                         an address */
  exotel_given value;
} exotel_argument;

/* What every request of a client has in common. */
typedef struct exotel_target {
  exotel_slice account_sid;
  exotel_slice base;      /* scheme://host[:port], as exotel_base_write spells it */
  exotel_slice flow_host; /* for app_id */
  int xml;                /* the answer is wanted as XML */
  long time_offset;       /* seconds that the service's clock is ahead of UTC */
} exotel_target;

typedef struct exotel_request {
  const exotel_operation *operation;
  const exotel_mode *mode; /* the one that was asked for, once built */
  exotel_argument arguments[EXOTEL_ARGUMENTS_MAX];
  size_t narguments;
  exotel_argument extras[EXOTEL_EXTRAS_MAX];
  size_t nextras;
  exotel_slice unknown;            /* the first unknown name in byte order, or empty */
  const exotel_parameter *crowded; /* the first row whose list is too long, or NULL */
  size_t crowd;                    /* the items that were given for it */
  exotel_buffer url, query, body;
  exotel_buffer from, to; /* the numbers that ring, as they are sent */
  exotel_buffer scratch;
} exotel_request;

/* Makes `r` empty. Allocates nothing. */
void exotel_request_init(exotel_request *r);

/* Gives all memory back. */
void exotel_request_free(exotel_request *r);

/* Begins a request for `operation`, forgetting the last one but not its memory. */
void exotel_request_begin(exotel_request *r, const exotel_operation *operation);

/* Gives a parameter by its Lua name, documented name or alias. `item` is the position in
** a list, from 0, or 0. Returns EXOTEL_OK or EXOTEL_MISUSE: too many. */
exotel_kind exotel_request_set(exotel_request *r, exotel_slice name, size_t item,
                               const exotel_given *value, exotel_error *e);

/* Gives one end of a range: the value for the operator `bound`, "gte". `name` is one that
** exotel_request_range knows. Returns as exotel_request_set. */
exotel_kind exotel_request_bound(exotel_request *r, exotel_slice name,
                                 exotel_slice bound, const exotel_given *value,
                                 exotel_error *e);

/* Gives a form field that is sent verbatim, whatever the rows say. */
exotel_kind exotel_request_extra(exotel_request *r, exotel_slice name,
                                 const exotel_given *value, exotel_error *e);

/* The Lua name of the parameter that is so named and takes a list; NULL when there is
** none, or the name is that of one item. */
const char *exotel_request_list(const exotel_request *r, exotel_slice name);

/* The same of one that takes a range. */
const char *exotel_request_range(const exotel_request *r, exotel_slice name);

/* Checks everything and writes url and body. Returns EXOTEL_OK, EXOTEL_MISUSE (unknown
** name, given twice, wrong type), EXOTEL_INVALID (with field, reason, message) or EXOTEL_MEMORY. */
exotel_kind exotel_request_build(exotel_request *r, const exotel_target *target,
                                 exotel_error *e);

#endif
