/*
** http1_out: requests to bytes, and what is refused so that no second request is in them.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/http1_out.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#define URL "https://api.exotel.com/v1"
#define BEGIN "GET /v1 HTTP/1.1\r\nHost: api.exotel.com\r\n"
#define END "Connection: keep-alive\r\n\r\n"

/* `field` is the refused part, or NULL. */
static const struct row {
  const char *name, *method, *url, *user, *password, *header, *value, *body;
  int close;
  const char *bytes, *field;
} rows[] = {
    {"GET", "GET", URL, NULL, "", NULL, "", NULL, 0, BEGIN END, NULL},
    {"close", "GET", URL, NULL, "", NULL, "", NULL, 1,
     BEGIN "Connection: close\r\n\r\n", NULL},
    {"a user", "GET", URL, "key", "token", NULL, "", NULL, 0,
     BEGIN "Authorization: Basic a2V5OnRva2Vu\r\n" END, NULL},
    {"a user with a colon", "GET", URL, "a:b", "c", NULL, "", NULL, 0,
     BEGIN "Authorization: Basic YTpiOmM=\r\n" END, NULL},
    {"a user with a line end", "GET", URL, "a\r\nb", "", NULL, "", NULL, 0,
     BEGIN "Authorization: Basic YQ0KYjo=\r\n" END, NULL},
    {"a header", "GET", URL, NULL, "", "accept", "a/b", NULL, 0,
     BEGIN "accept: a/b\r\n" END, NULL},
    {"an empty header", "GET", URL, NULL, "", "x-a", "", NULL, 0, BEGIN "x-a: \r\n" END,
     NULL},
    {"UTF-8 and a tab in a header", "GET", URL, NULL, "", "x-a", "\xE0\xA4\xA8\tb",
     NULL, 0, BEGIN "x-a: \xE0\xA4\xA8\tb\r\n" END, NULL},
    {"Authorization without a user", "GET", URL, NULL, "", "Authorization", "x", NULL,
     0, BEGIN "Authorization: x\r\n" END, NULL},
    {"POST", "POST", URL, NULL, "", NULL, "", "a=b", 0,
     "POST /v1 HTTP/1.1\r\nHost: api.exotel.com\r\nContent-Length: 3\r\n" END "a=b",
     NULL},
    {"POST without a body", "POST", URL, NULL, "", NULL, "", NULL, 0,
     "POST /v1 HTTP/1.1\r\nHost: api.exotel.com\r\nContent-Length: 0\r\n" END, NULL},
    {"an empty body", "PUT", URL, NULL, "", NULL, "", "", 0,
     "PUT /v1 HTTP/1.1\r\nHost: api.exotel.com\r\nContent-Length: 0\r\n" END, NULL},
    {"HEAD", "HEAD", URL, NULL, "", NULL, "", NULL, 0,
     "HEAD /v1 HTTP/1.1\r\nHost: api.exotel.com\r\n" END, NULL},
    {"no path", "GET", "http://h", NULL, "", NULL, "", NULL, 0,
     "GET / HTTP/1.1\r\nHost: h\r\n" END, NULL},
    {"a query without a path", "GET", "http://h?a=b/c", NULL, "", NULL, "", NULL, 0,
     "GET /?a=b/c HTTP/1.1\r\nHost: h\r\n" END, NULL},
    {"a query", "GET", "http://h/a/?b=c&d=%20@", NULL, "", NULL, "", NULL, 0,
     "GET /a/?b=c&d=%20@ HTTP/1.1\r\nHost: h\r\n" END, NULL},
    {"a port", "GET", "http://h:8080/", NULL, "", NULL, "", NULL, 0,
     "GET / HTTP/1.1\r\nHost: h:8080\r\n" END, NULL},
    {"http's port", "GET", "http://h:80/", NULL, "", NULL, "", NULL, 0,
     "GET / HTTP/1.1\r\nHost: h\r\n" END, NULL},
    {"https' port", "GET", "https://h:443/", NULL, "", NULL, "", NULL, 0,
     "GET / HTTP/1.1\r\nHost: h\r\n" END, NULL},
    {"the other scheme's port", "GET", "https://h:80/", NULL, "", NULL, "", NULL, 0,
     "GET / HTTP/1.1\r\nHost: h:80\r\n" END, NULL},
    {"IPv6", "GET", "http://[::1]:81/a", NULL, "", NULL, "", NULL, 0,
     "GET /a HTTP/1.1\r\nHost: [::1]:81\r\n" END, NULL},

    {"a blank in the method", "GET /x", URL, NULL, "", NULL, "", NULL, 0, NULL,
     "method"},
    {"a line end in the method", "GET\r\n", URL, NULL, "", NULL, "", NULL, 0, NULL,
     "method"},
    {"no method", "", URL, NULL, "", NULL, "", NULL, 0, NULL, "method"},
    {"a blank in the address", "GET", "http://h/a b", NULL, "", NULL, "", NULL, 0, NULL,
     "url"},
    {"a line end in the address", "GET", "http://h/a\r\nX: y", NULL, "", NULL, "", NULL,
     0, NULL, "url"},
    {"a byte that isn't ASCII", "GET", "http://h/\xE0", NULL, "", NULL, "", NULL, 0,
     NULL, "url"},
    {"a DEL", "GET", "http://h/\x7F", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a fragment", "GET", "http://h/a#b", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a fragment without a path", "GET", "http://h#b", NULL, "", NULL, "", NULL, 0,
     NULL, "url"},
    {"credentials", "GET", "http://a:b@h/", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a lone @", "GET", "http://@h/", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"no scheme", "GET", "h/a", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"no scheme, slashes", "GET", "//h/a", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"no scheme, one later", "GET", "h?http://i/", NULL, "", NULL, "", NULL, 0, NULL,
     "url"},
    {"another scheme", "GET", "ftp://h/", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"no host", "GET", "http:///a", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a line end in the host", "GET", "http://h\r\nX: y/", NULL, "", NULL, "", NULL, 0,
     NULL, "url"},
    {"no port", "GET", "http://h:/", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a port that is none", "GET", "http://h:65536/", NULL, "", NULL, "", NULL, 0, NULL,
     "url"},
    {"no address", "GET", "", NULL, "", NULL, "", NULL, 0, NULL, "url"},
    {"a CR in a value", "GET", URL, NULL, "", "a", "b\rc", NULL, 0, NULL, "headers"},
    {"an LF in a value", "GET", URL, NULL, "", "a", "b\nc", NULL, 0, NULL, "headers"},
    {"a control character in a value", "GET", URL, NULL, "", "a", "\x01", NULL, 0, NULL,
     "headers"},
    {"a line end in a name", "GET", URL, NULL, "", "a\r\nb", "c", NULL, 0, NULL,
     "headers"},
    {"a colon in a name", "GET", URL, NULL, "", "a:", "c", NULL, 0, NULL, "headers"},
    {"a blank in a name", "GET", URL, NULL, "", "a ", "c", NULL, 0, NULL, "headers"},
    {"an empty name", "GET", URL, NULL, "", "", "c", NULL, 0, NULL, "headers"},
    {"Host", "GET", URL, NULL, "", "hOST", "c", NULL, 0, NULL, "headers"},
    {"Content-Length", "GET", URL, NULL, "", "content-length", "1", NULL, 0, NULL,
     "headers"},
    {"Transfer-Encoding", "GET", URL, NULL, "", "transfer-encoding", "chunked", NULL, 0,
     NULL, "headers"},
    {"Connection", "GET", URL, NULL, "", "connection", "close", NULL, 0, NULL,
     "headers"},
    {"Expect", "POST", URL, NULL, "", "expect", "100-continue", "a", 0, NULL,
     "headers"},
    {"Upgrade", "GET", URL, NULL, "", "upgrade", "h2c", NULL, 0, NULL, "headers"},
    {"Authorization with a user", "GET", URL, "u", "", "authorization", "c", NULL, 0,
     NULL, "headers"},
};

static exotel_slice text(int page, const char *s) {
  return page_text(page, s == NULL ? "" : s);
}

static exotel_http1_request request_of(const struct row *row, exotel_header *header) {
  exotel_http1_request r;
  memset(&r, 0, sizeof r);
  r.method = exotel_slice_of(row->method);
  r.url = text(0, row->url);
  r.user = exotel_slice_of(row->user == NULL ? "" : row->user);
  r.password = exotel_slice_of(row->password);
  r.has_user = row->user != NULL;
  header->name = text(1, row->header);
  header->value = text(2, row->value);
  r.headers = header;
  r.nheaders = row->header != NULL;
  r.body = exotel_slice_of(row->body == NULL ? "" : row->body);
  r.has_body = row->body != NULL;
  r.close = row->close;
  return r;
}

static void check_row(const struct row *row, exotel_buffer *out,
                      exotel_buffer *scratch) {
  exotel_header header;
  exotel_http1_request r = request_of(row, &header);
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  kind = exotel_http1_write(out, &r, scratch, &e);
  if (row->field != NULL)
    check(kind == EXOTEL_INVALID && strcmp(e.field, row->field) == 0 && out->n == 0 &&
              e.message[0] != '\0' && e.outcome == EXOTEL_NOT_SENT,
          row->name);
  else
    check(kind == EXOTEL_OK && page_is(exotel_slice_held(out), row->bytes), row->name);
}

/* A NUL ends neither a name nor a value. */
static void check_nul(exotel_buffer *out, exotel_buffer *scratch) {
  static const struct row row = {"",  "GET", URL, NULL, "",  "a",
                                 "b", NULL,  0,   NULL, NULL};
  exotel_header header;
  exotel_http1_request r = request_of(&row, &header);
  exotel_error e;
  header.value = page_put(2, "b\0c", 3);
  check(exotel_http1_write(out, &r, scratch, &e) == EXOTEL_INVALID, "a NUL in a value");
  header.value = page_put(2, "b", 1);
  header.name = page_put(1, "a\0c", 3);
  check(exotel_http1_write(out, &r, scratch, &e) == EXOTEL_INVALID, "a NUL in a name");
  header.name = page_put(1, "a", 1);
  r.url = page_put(0, "http://h/\0", 10);
  check(exotel_http1_write(out, &r, scratch, &e) == EXOTEL_INVALID,
        "a NUL in the address");
}

static void check_room(exotel_buffer *scratch) {
  static const struct row row = {"",   "GET", URL, "user", "password", NULL,
                                 NULL, NULL,  0,   NULL,   NULL};
  exotel_header header;
  exotel_http1_request r = request_of(&row, &header);
  exotel_buffer out, small;
  exotel_error e;
  exotel_buffer_init(&out, 50);
  exotel_buffer_init(&small, 5);
  check(exotel_http1_write(&out, &r, scratch, &e) == EXOTEL_INVALID &&
            strcmp(e.reason, "too_long") == 0,
        "a request longer than there is room");
  exotel_buffer_free(&out);
  exotel_buffer_init(&out, 65536);
  check(exotel_http1_write(&out, &r, &small, &e) == EXOTEL_INVALID,
        "credentials longer than there is room");
  exotel_buffer_free(&out);
  exotel_buffer_free(&small);
}

int main(void) {
  exotel_buffer out, scratch;
  size_t i;
  exotel_buffer_init(&out, 65536);
  exotel_buffer_init(&scratch, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &out, &scratch);
  check_nul(&out, &scratch);
  check_room(&scratch);
  exotel_buffer_free(&out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
