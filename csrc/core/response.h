/*
** response: an answer's bytes to a record or a page of records, or to what went wrong.
**
** The first byte that isn't blank says what a body is: '<' XML, unless it begins an HTML
** page, '{' and '[' JSON. Where it is another, or none, the Content-Type says: XML where
** that word is in it, else JSON.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_RESPONSE_H
#define EXOTEL_RESPONSE_H

#include "api.h"
#include "buffer.h"
#include "exotel.h"
#include "header.h"
#include "record.h"

#define EXOTEL_ANSWER_HEADERS_MAX EXOTEL_HEADER_LINES_MAX /* all that may come */

/* A whole answer: status line, headers, and every byte of the body. */
typedef struct exotel_answer {
  int status;
  const exotel_header *headers;
  size_t nheaders;
  exotel_slice
      head; /* or else the lines as they came, which most answers need not read */
  exotel_slice body;
} exotel_answer;

/* Working memory, kept from one answer to the next. */
typedef struct exotel_response {
  exotel_record record; /* or the records of a page, one behind the other */
  size_t nrecords;      /* of a page */
  exotel_record page;   /* what a page says of itself, and its cursors */
  exotel_rows failures; /* where answers say what failed */
  exotel_buffer scratch, message, description;
} exotel_response;

void exotel_response_init(exotel_response *r);
void exotel_response_free(exotel_response *r);

/* Reads the answer to `operation`. EXOTEL_OK leaves the record in r->record, or a page in
** r->page and its r->nrecords records in r->record, the first being looked at; else `e`
** says: EXOTEL_API for any status but 2xx and for a RestException, EXOTEL_PARSE for a 2xx
** that can't be read or lacks its identity (outcome unknown: it may have been carried
** out), EXOTEL_MEMORY. The message has not been masked yet. Records live until the next
** call, and no longer than the answer.
**
** A page has something under Metadata, and a list under Calls or nothing. An entry of it
** that is empty (null, {}) is passed over; one that is no record, or has no Sid, makes the
** page unreadable, as do a NextPageUri without an After and more than 1000 records: a page
** that can't be read whole never looks like the last. */
exotel_kind exotel_response_read(exotel_response *r, const exotel_operation *operation,
                                 const exotel_answer *answer, exotel_error *e);

#endif
