/*
** url: encoding and decoding, base addresses, addresses that are passed on.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/url.h"
#include "check.h"

static const struct coding {
  const char *text, *encoded;
} codings[] = {
    {"", ""},           {"AZaz09-._~", "AZaz09-._~"},  {" ", "%20"},
    {"+91", "%2B91"},   {"a&b=c", "a%26b%3Dc"},        {"100%", "100%25"},
    {"\r\n", "%0D%0A"}, {"\xE0\xA4\xA8", "%E0%A4%A8"}, {"/?#[]@", "%2F%3F%23%5B%5D%40"},
};

/* What differs in a query. */
static const struct coding queries[] = {
    {"", ""},
    {"AZaz09-._~", "AZaz09-._~"},
    {"gte:2019-12-03 00:00:00;lte:11s", "gte:2019-12-03+00:00:00%3Blte:11s"},
    {"+91 1,+91 2", "%2B91+1%2C%2B91+2"},
    {"MTU3==", "MTU3%3D%3D"},
    {"a&b=c?d#e/f%", "a%26b%3Dc%3Fd%23e%2Ff%25"},
    {"\r\n\xE0", "%0D%0A%E0"},
};

static const struct decoding {
  const char *text;
  int form;
  const char *decoded;
} decodings[] = {
    {"a+b", 0, "a+b"},         {"a+b", 1, "a b"},   {"%2b", 1, "+"},
    {"%41%4a", 0, "AJ"},       {"100%", 1, "100%"}, {"%4", 0, "%4"},
    {"%zz", 0, "%zz"},         {"%%41", 0, "%A"},   {"%4%41", 0, "%4A"},
    {"%e0%A4", 0, "\xE0\xA4"},
};

typedef struct base_row {
  const char *text;
  const char *wrong; /* NULL: it is a base */
  size_t at;
  const char *written;
  int loopback;
  const char *user, *password; /* NULL: it has no credentials */
} base_row;

static const base_row bases[] = {
    {"api.exotel.com", NULL, 0, "https://api.exotel.com", 0, NULL, NULL},
    {"@api.in.exotel.com", NULL, 0, "https://api.in.exotel.com", 0, NULL, NULL},
    {"HTTPS://API.exotel.com/", NULL, 0, "https://API.exotel.com", 0, NULL, NULL},
    {"https://k:t@api.exotel.com", NULL, 0, "https://api.exotel.com", 0, "k", "t"},
    {"https://k@api.exotel.com", NULL, 0, "https://api.exotel.com", 0, "k", ""},
    {"https://k:t:u%40@h:1", NULL, 0, "https://h:1", 0, "k", "t:u%40"},
    {"http://127.0.0.1:8080/", NULL, 0, "http://127.0.0.1:8080", 1, NULL, NULL},
    {"http://localhost:65535", NULL, 0, "http://localhost:65535", 1, NULL, NULL},
    {"http://[::1]:80", NULL, 0, "http://[::1]:80", 1, NULL, NULL},
    {"[2001:db8::1]", NULL, 0, "https://[2001:db8::1]", 0, NULL, NULL},
    {"127.0.0.1.example.com", NULL, 0, "https://127.0.0.1.example.com", 0, NULL, NULL},
    {"128.0.0.1", NULL, 0, "https://128.0.0.1", 0, NULL, NULL},
    {"localhost.example.com", NULL, 0, "https://localhost.example.com", 0, NULL, NULL},
    {"", "has no host", 1, NULL, 0, NULL, NULL},
    {"https://", "has no host", 9, NULL, 0, NULL, NULL},
    {"https://k:t@", "has no host", 13, NULL, 0, NULL, NULL},
    {"h:0", "has a port outside 1..65535", 3, NULL, 0, NULL, NULL},
    {"h:65536", "has a port outside 1..65535", 3, NULL, 0, NULL, NULL},
    {"h:", "has a port outside 1..65535", 3, NULL, 0, NULL, NULL},
    {"h:99999999999999999999", "has a port outside 1..65535", 3, NULL, 0, NULL, NULL},
    {"h:80x", "must end after host and port", 5, NULL, 0, NULL, NULL},
    {"h/v1", "must end after host and port", 3, NULL, 0, NULL, NULL},
    {"h//", "must end after host and port", 3, NULL, 0, NULL, NULL},
    {"h?x", "must end after host and port", 2, NULL, 0, NULL, NULL},
    {"h\r\nX: y", "must end after host and port", 2, NULL, 0, NULL, NULL},
    {"ftp://h", "must begin with https://, http:// or a host", 1, NULL, 0, NULL, NULL},
    {"a@b@h", "must end after host and port", 4, NULL, 0, NULL, NULL},
    {"h\xC3\xA9", "must end after host and port", 2, NULL, 0, NULL, NULL},
};

static const char *const web[] = {"http://", "https://", NULL};

static const struct passed {
  const char *text;
  const char *wrong; /* NULL: it may be passed on */
  size_t at;
} addresses[] = {
    {"https://example.com/cb?x=1", NULL, 0},
    {"HTTP://example.com", NULL, 0},
    {"http://m\xC3\xBCnchen.de/", NULL, 0},
    {"http://", "has no host", 8},
    {"http:///x", "has no host", 8},
    {"http://?x", "has no host", 8},
    {"http://@h", "has no host", 8},
    {"ws://example.com", "has not the scheme it needs", 1},
    {"example.com", "has not the scheme it needs", 1},
    {"", "has not the scheme it needs", 1},
    {"http://a b", "has a blank", 9},
    {"http://a\tb", "has a control character", 9},
    {"http://a\x7F", "has a control character", 9},
    {"http://a\xFF", "is not UTF-8", 9},
    {"http://a\xC3", "is not UTF-8", 9},
};

static exotel_slice held(const exotel_buffer *b) {
  exotel_slice s;
  s.p = b->p == NULL ? "" : b->p;
  s.n = b->n;
  return s;
}

static void check_codings(exotel_buffer *b) {
  size_t i, cut;
  for (i = 0; i < sizeof codings / sizeof *codings; i++) {
    exotel_buffer_reset(b);
    exotel_url_encode(b, page_text(0, codings[i].text));
    check(page_is(held(b), codings[i].encoded), codings[i].encoded);
    exotel_buffer_reset(b);
    exotel_url_decode(b, page_text(0, codings[i].encoded), 1);
    check(page_is(held(b), codings[i].text), codings[i].encoded);
  }
  for (i = 0; i < sizeof queries / sizeof *queries; i++) {
    exotel_buffer_reset(b);
    exotel_url_encode_query(b, page_text(0, queries[i].text));
    check(page_is(held(b), queries[i].encoded), queries[i].encoded);
    exotel_buffer_reset(b);
    exotel_url_decode(b, page_text(0, queries[i].encoded), 1);
    check(page_is(held(b), queries[i].text), queries[i].encoded);
  }
  for (i = 0; i < sizeof decodings / sizeof *decodings; i++) {
    exotel_buffer_reset(b);
    exotel_url_decode(b, page_text(0, decodings[i].text), decodings[i].form);
    check(page_is(held(b), decodings[i].decoded), decodings[i].text);
    for (cut = 0; cut < strlen(decodings[i].text); cut++) {
      exotel_buffer_reset(b);
      exotel_url_decode(b, page_put(0, decodings[i].text, cut), 0);
      check(b->n <= cut, decodings[i].text);
    }
  }
}

static void check_all_bytes(exotel_buffer *b) {
  char all[256];
  exotel_slice encoded;
  size_t i;
  for (i = 0; i < sizeof all; i++)
    all[i] = (char)i;
  exotel_buffer_reset(b);
  exotel_url_encode(b, page_put(0, all, sizeof all));
  encoded = page_put(1, b->p, b->n);
  check(b->n == 66 + 190 * 3, "66 bytes stand for themselves");
  exotel_buffer_reset(b);
  exotel_url_decode(b, encoded, 1);
  check(b->n == 256 && memcmp(b->p, all, 256) == 0, "every byte comes back");
  exotel_buffer_reset(b);
  exotel_url_encode_query(b, page_put(0, all, sizeof all));
  encoded = page_put(1, b->p, b->n);
  check(b->n == 68 + 188 * 3, "two more stand as one byte in a query");
  exotel_buffer_reset(b);
  exotel_url_decode(b, encoded, 1);
  check(b->n == 256 && memcmp(b->p, all, 256) == 0, "every byte of a query comes back");
}

static void check_base(exotel_buffer *b, const base_row *r) {
  exotel_base base;
  size_t at = 0;
  const char *wrong = exotel_base_read(page_text(0, r->text), &base, &at);
  if (r->wrong != NULL) {
    check(wrong != NULL && strcmp(wrong, r->wrong) == 0 && at == r->at, r->text);
    return;
  }
  exotel_buffer_reset(b);
  if (wrong == NULL) exotel_base_write(b, &base);
  check(wrong == NULL && page_is(held(b), r->written), r->text);
  check(base.loopback == r->loopback, r->text);
  check(base.has_credentials == (r->user != NULL), r->text);
  if (r->user != NULL)
    check(page_is(base.user, r->user) && page_is(base.password, r->password), r->text);
}

/* What is left of a base is one only if it is written and read again as the same. */
static void check_cut_base(exotel_buffer *b, const base_row *r) {
  size_t cut, at = 0;
  for (cut = 0; cut < strlen(r->text); cut++) {
    exotel_slice s = page_put(0, r->text, cut);
    exotel_base base, again;
    if (exotel_base_read(s, &base, &at) != NULL) {
      check(at >= 1 && at <= cut + 1, r->text);
      continue;
    }
    exotel_buffer_reset(b);
    exotel_base_write(b, &base);
    check(exotel_base_read(page_put(1, b->p, b->n), &again, &at) == NULL &&
              again.https == base.https && again.host.n == base.host.n &&
              memcmp(again.host.p, base.host.p, base.host.n) == 0 &&
              again.port.n == base.port.n && !again.has_credentials,
          r->text);
  }
}

static void check_addresses(void) {
  size_t i, cut, at;
  for (i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    const char *text = addresses[i].text, *expected = addresses[i].wrong, *wrong;
    at = 0;
    wrong = exotel_url_check(page_text(0, text), web, &at);
    if (expected == NULL)
      check(wrong == NULL, text);
    else
      check(wrong != NULL && strcmp(wrong, expected) == 0 && at == addresses[i].at,
            text);
    for (cut = 0; cut < strlen(text); cut++) {
      wrong = exotel_url_check(page_put(0, text, cut), web, &at);
      check(wrong == NULL ? cut > 7 : at >= 1 && at <= cut + 1, text);
    }
  }
}

int main(void) {
  exotel_buffer b;
  size_t i;
  exotel_buffer_init(&b, 4096);
  check_codings(&b);
  check_all_bytes(&b);
  for (i = 0; i < sizeof bases / sizeof *bases; i++) {
    check_base(&b, &bases[i]);
    check_cut_base(&b, &bases[i]);
  }
  check_addresses();
  exotel_buffer_free(&b);
  return check_summary();
}
