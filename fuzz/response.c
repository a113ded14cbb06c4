/* response: the first byte chooses the operation, the status and a header, the rest is the
** body. What was read is walked to its last byte. SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/response.h"

static size_t weigh(const exotel_record *r, const exotel_node *node, size_t depth) {
  exotel_slice name = exotel_record_name(r, node), text = exotel_record_text(r, node);
  size_t at, count = 0, sum = node->type;
  must(depth <= EXOTEL_DEPTH_MAX + 1);
  for (at = 0; at < name.n; at++)
    sum += (unsigned char)name.p[at];
  for (at = 0; at < text.n; at++)
    sum += (unsigned char)text.p[at];
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    sum += weigh(r, exotel_record_node(r, at), depth + 1);
    count++;
  }
  must(count == node->count);
  return sum;
}

static void check_records(exotel_response *r, const exotel_operation *o) {
  size_t i, n = o->page == NULL ? 1 : r->nrecords;
  must(o->page == NULL || n <= o->page->most);
  for (i = 0; i < n; i++) {
    must(weigh(&r->record, exotel_record_node(&r->record, 0), 0) < SIZE_MAX);
    must(exotel_record_find(&r->record, o->identity) != 0);
    must(exotel_record_next(&r->record) == (i + 1 < n));
  }
  if (o->page == NULL) return;
  must(weigh(&r->page, exotel_record_node(&r->page, 0), 0) < SIZE_MAX);
  must((exotel_record_find(&r->page, "next_page_uri") != 0) ==
       (exotel_record_find(&r->page, "after") != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const int statuses[] = {200, 200, 200, 202, 301, 400, 429, 500};
  static exotel_response r;
  exotel_slice body = slice(p + (n > 0), n - (n > 0));
  exotel_header headers[] = {{{"Retry-After", 11}, body},
                             {{"Content-Type", 12}, {"text/xml", 8}}};
  size_t count, which = n > 0 ? p[0] : 0;
  exotel_answer answer = {
      statuses[which & 7], headers, which >> 7 ? 2 : 0, {"", 0}, body};
  const exotel_operation *operations = exotel_operations(&count);
  const exotel_operation *o = &operations[(which >> 3 & 15) % count];
  exotel_error e;
  exotel_kind kind;
  if (r.scratch.max == 0) exotel_response_init(&r); /* kept, as a client keeps it */
  exotel_error_clear(&e);
  kind = exotel_response_read(&r, o, &answer, &e);
  must(kind == EXOTEL_OK || kind == EXOTEL_API || kind == EXOTEL_PARSE);
  must(kind == EXOTEL_OK ? answer.status <= 202
                         : e.kind == kind && e.message[0] != '\0');
  must(kind != EXOTEL_PARSE || e.outcome == EXOTEL_UNKNOWN);
  must(strlen(e.message) < EXOTEL_MESSAGE_MAX && strlen(e.code) < EXOTEL_CODE_MAX);
  if (kind == EXOTEL_OK) check_records(&r, o);
  return 0;
}
