/*
** response: an answer's bytes to a record, or to what went wrong.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_RESPONSE_H
#define EXOTEL_RESPONSE_H

#include "api.h"
#include "buffer.h"
#include "exotel.h"
#include "http1.h"
#include "record.h"

/* A whole answer: status line, headers, and every byte of the body. */
typedef struct exotel_answer {
  int status;
  const exotel_header *headers;
  size_t nheaders;
  exotel_slice body;
} exotel_answer;

/* Working memory, kept from one answer to the next. */
typedef struct exotel_response {
  exotel_record record;
  exotel_buffer scratch, message;
} exotel_response;

void exotel_response_init(exotel_response *r);
void exotel_response_free(exotel_response *r);

/* Reads the answer to `operation`. EXOTEL_OK leaves the record in r->record; else `e`
** says: EXOTEL_API for any status but 2xx and for a RestException, EXOTEL_PARSE for a 2xx
** that can't be read or lacks its identity (outcome unknown: it may have been carried
** out), EXOTEL_MEMORY. The message has not been masked yet. */
exotel_kind exotel_response_read(exotel_response *r, const exotel_operation *operation,
                                 const exotel_answer *answer, exotel_error *e);

#endif
