/*
** easy: one libcurl handle, set up for one request after the other. Inside csrc/curl
** only; who drives it is agent.c or multi.c.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CURL_EASY_H
#define EXOTEL_CURL_EASY_H

#include "location.h"
#include "transfer.h"

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80 or newer is needed: CURLOPT_PREREQFUNCTION decides outcomes"
#endif

typedef struct exotel_easy {
  CURL *handle; /* NULL until the first request, and again after a fork */
  struct curl_slist *headers, *resolve;
  exotel_buffer
      credentials; /* "user:password" of the first header; empty: it is another */
  exotel_location location;
  exotel_buffer line; /* scratch */
  int one_owner; /* set by the owner: the options are the same for all its requests */
  int ready_for_get; /* what all of the owner's GETs have in common is set */
  exotel_transfer_result *result; /* of the request at work */
  int plain;                      /* its URL is http */
  int plain_anywhere;             /* which may go to any host */
  int send_once, phases;
  long timeout_ms, connect_timeout_ms, fresh; /* as the handle has them; 0: unset */
  size_t header_lines;
  int head_ended; /* the empty line behind the headers came */
  int watches;    /* it is told of the answer's next line beforehand */
  int too_large, refused, repeated, folded, misread;
  char error[CURL_ERROR_SIZE];
} exotel_easy;

/* Sets everything for `request`, whose strings are copied, and empties `result`, which is
** filled as the transfer goes on. Makes the handle when there is none. */
CURLcode exotel_easy_begin(exotel_easy *t, const exotel_transfer_options *options,
                           const exotel_transfer_request *request,
                           exotel_transfer_result *result);

/* Fills in what came of it. `code` is libcurl's, or that of exotel_easy_begin. */
void exotel_easy_end(exotel_easy *t, CURLcode code);

/* Closes the handle, saying goodbye to every server. */
void exotel_easy_close(exotel_easy *t);

/* After a fork: lets go of the handle without a goodbye on the parent's connections. */
void exotel_easy_abandon(exotel_easy *t);

#endif
