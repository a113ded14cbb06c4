/*
** api: the API as data. One row an operation, a parameter, a field, a status, a region.
**
** Building a request, checking it, reading the answer, "did you mean", the sandbox and
** the reference all read these rows; a new endpoint is a row. `source` names the vendor
** page a fact comes from: S001 to S004, or NEW for the 2026 portal.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_API_H
#define EXOTEL_API_H

#include "exotel.h"

/* What a parameter takes. In brackets: what min and max limit. */
typedef enum exotel_parameter_type {
  EXOTEL_TAKES_PHONE,      /* a phone number or SIP address, trimmed */
  EXOTEL_TAKES_TEXT,       /* any UTF-8 but NUL [characters] */
  EXOTEL_TAKES_URL,        /* an http or https address [bytes] */
  EXOTEL_TAKES_STREAM_URL, /* a ws or wss address [bytes] */
  EXOTEL_TAKES_INTEGER,    /* a whole number [value] */
  EXOTEL_TAKES_BOOLEAN,    /* true or false */
  EXOTEL_TAKES_CHOICE,     /* one of a closed list */
  EXOTEL_TAKES_WORD,       /* one of an open list: any word passes [bytes] */
  EXOTEL_TAKES_WORDS,      /* a list of such words */
  EXOTEL_TAKES_LEG,        /* leg 1 or leg 2, in any spelling */
  EXOTEL_TAKES_FLOW,       /* the number of a flow, sent as its address */
  EXOTEL_TAKES_SID,        /* letters and digits [bytes] */
  EXOTEL_TAKES_SIDS,       /* a list of them */
  EXOTEL_TAKES_SUBSCRIBER, /* a phone number, trimmed; no SIP address */
  EXOTEL_TAKES_NUMBERS,    /* a list of phone numbers in E.164 */
  EXOTEL_TAKES_SECONDS,    /* a range of whole seconds [value] */
  EXOTEL_TAKES_PRICE,      /* a range of decimals [value] */
  EXOTEL_TAKES_TIMES,      /* a range of timestamps, or of epoch seconds */
  EXOTEL_TAKES_SORT,       /* one of a closed list, or what follows its colon */
  EXOTEL_TAKES_CURSOR,     /* printable ASCII, passed on as it came [bytes] */
  EXOTEL_TAKES_KEY,        /* one of a phone's keys, or nothing */
  EXOTEL_TAKES_PAIRS       /* a=b&c=d, most of them [bytes] */
} exotel_parameter_type;

typedef enum exotel_place {
  EXOTEL_IN_PATH,
  EXOTEL_IN_QUERY,
  EXOTEL_IN_FORM
} exotel_place;

/* The ways to use one operation, as bits. An operation without modes has mode 1. */
#define EXOTEL_MODE_NUMBERS 1u
#define EXOTEL_MODE_FLOW 2u
#define EXOTEL_MODE_STREAM 4u

/* The operators of a range, as bits. */
#define EXOTEL_GTE 1u
#define EXOTEL_LTE 2u
#define EXOTEL_EQ 4u
#define EXOTEL_GT 8u
#define EXOTEL_LT 16u

#define EXOTEL_BOUNDS_MAX 5 /* operators that there are */

/* An operator. The service knows gte, lte and eq; the others are sent as one of them. */
typedef struct exotel_bound {
  unsigned bit;
  const char *name;
  const char *sent; /* the operator that is sent for it */
  int shift;        /* what is added to a whole number for that */
} exotel_bound;

typedef struct exotel_mode {
  unsigned bit;
  const char *name;
  const char *title; /* "a call between two numbers" */
} exotel_mode;

typedef struct exotel_parameter {
  const char *name;  /* the documented name, as sent */
  const char *lua;   /* the option's name in Lua */
  const char *alias; /* another spelling found on the pages: accepted, never sent */
  exotel_parameter_type type;
  exotel_place place;
  unsigned modes;    /* where it may stand */
  unsigned required; /* where it must stand */
  unsigned selects;  /* the mode that its presence asks for */
  long min, max;     /* limits of what the type says; max 0: none */
  size_t most;       /* items of a list in one request; 0: no limit of its own */
  unsigned bounds;   /* the operators of a range; 0: it takes none */
  const char *const *choices; /* ends with NULL; of an open list, the known words */
  const char *needs;          /* the documented name of what must be given with it */
  const char *needs_value;    /* and its value, or NULL for any */
  unsigned needs_modes;       /* the modes in which it is needed */
  const char *excludes;       /* the documented name of what can't be given with it */
  const char *about;          /* one line, for messages and the reference */
  const char *source;
} exotel_parameter;

/* How a field's text becomes a value. Text is absent in every spelling of the service's
** unset: null, "", "null", 0000-00-00 00:00:00, 1970-01-01 05:30:00, 0001-01-01T00:00:00Z. */
typedef enum exotel_field_type {
  EXOTEL_IS_TEXT,
  EXOTEL_IS_TIME,     /* a timestamp, kept as sent */
  EXOTEL_IS_WORD,     /* lower case, "canceled" spelt one way; up to here, a text */
  EXOTEL_IS_INTEGER,  /* whole seconds, leg numbers */
  EXOTEL_IS_NUMBER,   /* seconds with a fraction */
  EXOTEL_IS_DECIMAL,  /* a number, and its exact text under <lua>_text */
  EXOTEL_IS_VERBATIM, /* byte for byte: absent only as null */
  EXOTEL_IS_KEYS,     /* pressed keys, which come wrapped in double quotes */
  EXOTEL_IS_BOOLEAN   /* ours alone: the service sends none */
} exotel_field_type;

#define EXOTEL_QUOTED 1  /* the service writes the number as a JSON string */
#define EXOTEL_ALWAYS 2  /* the service sends the name also when it has no value */
#define EXOTEL_IMPLIED 8 /* left out when it is the entry's own place */
#define EXOTEL_MOVED 4   /* another row has this path; a record's value is moved here */

typedef struct exotel_field {
  const char *path; /* where the service puts it; [] stands for a list's position */
  const char *list; /* the record's list it belongs to, or NULL */
  size_t position;  /* the entry it describes, from 1; 0: the one its path says */
  const char *lua;  /* its name in the record, or in the list's entry */
  exotel_field_type type;
  int flags;
  const char *source;
} exotel_field;

#define EXOTEL_ROWS_MAX 64 /* fields of one record type */

typedef struct exotel_record_type {
  const char *name;
  const exotel_field *fields; /* in documented order */
  size_t nfields;
  const char *const
      *own; /* names beside the fields that a record sets itself, or NULL */
} exotel_record_type;

/* The place of another page, taken out of an address that leads to it. */
typedef struct exotel_cursor {
  const char *uri; /* the address: a field of the page's record, by its Lua name */
  const char *parameter; /* the documented name that the cursor has in the address */
  exotel_field field;    /* what it becomes in the page's record */
  int required;          /* an address without it can't be followed */
} exotel_cursor;

/* An answer that is a page of records: {"Metadata":{…},"Calls":[…]}. */
typedef struct exotel_page {
  const char *root; /* the name that stands over what the page says of itself */
  const exotel_record_type *type; /* of that */
  const char *entry; /* a record's element in XML, where nothing stands around them */
  const char *lua;   /* the name of the list of records */
  size_t most;       /* records that are read of one page */
  const exotel_cursor *cursors;
  size_t ncursors;
} exotel_page;

typedef struct exotel_operation {
  const char *name;
  const char *method;
  const char *path; /* {Name} stands for a parameter; the format's ending is added */
  const char *root; /* the name the answer's record stands under */
  const char *identity; /* the field an answer can't do without */
  int dials;            /* it rings a phone: never sent twice */
  const exotel_mode *modes;
  size_t nmodes;
  const exotel_parameter *parameters; /* in the order in which they are sent */
  size_t nparameters;
  const exotel_record_type *record;
  const exotel_page *page; /* when the answer has many records under `root`, or NULL */
  const char *source;
} exotel_operation;

/* What an HTTP status means (S004). Rows are in order; the first that covers it counts. */
typedef struct exotel_status {
  int low, high;
  const char *reason;
  exotel_outcome outcome;
  const char *meaning; /* for the message */
  const char *hint;    /* what to do about it, or NULL */
} exotel_status;

/* What a text in an error answer tells beyond its status. */
typedef struct exotel_cause {
  int status;
  const char *text; /* found in the message, whatever its case */
  const char *reason;
  const char *hint;
} exotel_cause;

typedef struct exotel_region {
  const char *name;
  const char *host;
  const char *flow_host; /* where the addresses of flows point */
} exotel_region;

/* A code and what it stands for. */
typedef struct exotel_code {
  const char *code;
  const char *meaning;
} exotel_code;

/* Each returns its table and sets `*n` to the number of rows. */
const exotel_operation *exotel_operations(size_t *n);

/* In the order in which they are sent. */
const exotel_bound *exotel_bounds(size_t *n);

const exotel_region *exotel_regions(size_t *n);
const exotel_status *exotel_statuses(size_t *n);
const exotel_cause *exotel_causes(size_t *n);
const exotel_code *exotel_circles(size_t *n);
const exotel_code *exotel_operators(size_t *n);

/* The record types, in turn from 0; NULL behind the last. */
const exotel_record_type *exotel_record_type_at(size_t i);

/* What a webhook becomes; the last of them. */
const exotel_record_type *exotel_event_type(void);

/* Where answers say what failed: "status", "code", "message" and "description", each on
** several paths. Not among the record types: it is part of an error. */
const exotel_record_type *exotel_failure_type(void);

/* The operation of that name, or NULL. */
const exotel_operation *exotel_operation_find(exotel_slice name);

/* The one that stands for an endpoint without a row, for reading its errors; it is not
** among exotel_operations. */
const exotel_operation *exotel_any_endpoint(void);

#endif
