/*
** route: request lines to operations.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/route.h"
#include "check.h"

static const struct row {
  const char *method, *path;
  const char *operation; /* NULL: none */
  const char *account, *subject;
  int xml;
} rows[] = {
    {"POST", "/v1/Accounts/a1/Calls/connect", "connect", "a1", "", 1},
    {"POST", "/v1/Accounts/a1/Calls/connect.json", "connect", "a1", "", 0},
    {"GET", "/v1/Accounts/a1/Calls/c5.json", "call_details", "a1", "c5", 0},
    {"GET", "/v1/Accounts/a1/Calls/c5", "call_details", "a1", "c5", 1},
    {"GET", "/v1/Accounts/a%201/Calls/c%35", "call_details", "a 1", "c5", 1},
    {"GET", "/v1/Accounts/a1/Calls/connect", "call_details", "a1", "connect", 1},
    {"GET", "/v1/Accounts/a1/Calls", "calls", "a1", "", 1},
    {"GET", "/v1/Accounts/a1/Calls.json", "calls", "a1", "", 0},
    {"GET", "/v1/Accounts/a1/Numbers/%2B919876543210.json", "number_metadata", "a1",
     "+919876543210", 0},
    {"GET", "/v1/Accounts/a1/Numbers/09876543210", "number_metadata", "a1",
     "09876543210", 1},
    {"GET", "/v1/Accounts/a1/Numbers/a+1%2F2", "number_metadata", "a1", "a+1/2", 1},
    {"GET", "/v1/Accounts/a1/Balance", "balance", "a1", "", 1},
    {"GET", "/v1/Accounts/a1/Balance.json", "balance", "a1", "", 0},
    {"GET", "/v1/Accounts/a1/Numbers", NULL, "", "", 1},
    {"GET", "/v1/Accounts/a1/Numbers/", NULL, "", "", 1},
    {"GET", "/v1/Accounts/a1/Balance/", NULL, "", "", 1},
    {"POST", "/v1/Accounts/a1/Calls", NULL, "", "", 1},
    {"POST", "/v1/Accounts/a1/Balance", NULL, "", "", 1},
    {"GET", "/v1/Accounts/a1/Calls/c5/", NULL, "", "", 1},
    {"GET", "/v1/Accounts/a1/Calls/", NULL, "", "", 1},
    {"GET", "/v1/Accounts//Calls/c5", NULL, "", "", 1},
    {"GET", "/v1/Accounts/a1/Calls/.json", NULL, "", "", 0},
    {"get", "/v1/Accounts/a1/Calls/c5", NULL, "", "", 1},
    {"POST", "/v1/Accounts/a1/Calls/c5", NULL, "", "", 1},
    {"POST", "/v1/Accounts/a1/Calls/connectx", NULL, "", "", 1},
    {"POST", "/v2/Accounts/a1/Calls/connect", NULL, "", "", 1},
    {"POST", "/v1/accounts/a1/Calls/connect", NULL, "", "", 1},
    {"POST", "/", NULL, "", "", 1},
    {"", "", NULL, "", "", 1},
};

typedef struct found {
  exotel_buffer account, subject;
  int xml;
} found;

static const exotel_operation *match(const struct row *r, size_t n, found *f) {
  exotel_buffer_adds(&f->account, "of another path");
  exotel_buffer_adds(&f->subject, "of another path");
  return exotel_route_match(page_text(0, r->method), page_put(1, r->path, n),
                            &f->account, &f->subject, &f->xml);
}

static int holds(const exotel_buffer *b, const char *text) {
  return strcmp(b->p == NULL ? "" : b->p, text) == 0;
}

static void check_row(const struct row *r, found *f) {
  size_t cut, n = strlen(r->path);
  const exotel_operation *o = match(r, n, f);
  if (r->operation == NULL) {
    check(o == NULL, r->path);
  } else {
    check(o != NULL && strcmp(o->name, r->operation) == 0, r->path);
    check(f->xml == r->xml && holds(&f->account, r->account), r->path);
    check(holds(&f->subject, r->subject), r->path);
  }
  for (cut = 0; cut < n; cut++) { /* a call's SID may be cut, the rest may not */
    o = match(r, cut, f);
    check(o == NULL || (f->xml && holds(&f->account, r->account)) ||
              r->operation == NULL,
          r->path);
    check(o == NULL || !o->dials || strcmp(r->path + cut, ".json") == 0 ||
              strcmp(r->path + cut, "x") == 0,
          r->path);
  }
}

int main(void) {
  found f;
  size_t i;
  exotel_buffer_init(&f.account, 1024);
  exotel_buffer_init(&f.subject, 1024);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &f);
  exotel_buffer_free(&f.account);
  exotel_buffer_free(&f.subject);
  return check_summary();
}
