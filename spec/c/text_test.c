/*
** text: phone numbers, E.164, near misses, pages made plain.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/text.h"
#include "../../csrc/core/utf8.h"
#include "check.h"

typedef struct phone_row {
  const char *text, *country; /* country NULL: only trimmed */
  const char *number;         /* NULL: refused */
  const char *wrong;
} phone_row;

static const phone_row phones[] = {
    {"09876543210", NULL, "09876543210", NULL},
    {" +91 (98765) 432-10\r\n", NULL, "+919876543210", NULL},
    {"+91\xC2\xA0"
     "98765\xE2\x80\x93"
     "43210",
     NULL, "+919876543210", NULL},
    {"\xE2\x80\xAA+919876543210\xE2\x80\xAC", NULL, "+919876543210", NULL},
    {"98765\xE2\x88\x92"
     "43210",
     NULL, "9876543210", NULL},
    {"911", NULL, "911", NULL},
    {"12345678901234567890", NULL, "12345678901234567890", NULL},
    {"sip:agent@example.com", NULL, "sip:agent@example.com", NULL},
    {" SIP:a ", NULL, "SIP:a", NULL},
    {"12", NULL, NULL, "is shorter than 3 digits"},
    {"123456789012345678901", NULL, NULL, "is longer than the limit of 20 digits"},
    {"", NULL, NULL, "is empty"},
    {" \t", NULL, NULL, "is empty"},
    {"+", NULL, NULL, "is not a phone number"},
    {"()", NULL, NULL, "is not a phone number"},
    {"98765+43210", NULL, NULL, "is not a phone number"},
    {"98765x43210", NULL, NULL, "is not a phone number"},
    {"0XXXXXX4890", NULL, NULL, "is not a phone number"},
    {"98765\xE2\x80", NULL, NULL, "is not a phone number"},
    {"98765\xD9\xA4", NULL, NULL, "is not a phone number"},
    {"sip:", NULL, NULL, "has no address after sip:"},
    {"sip:a b", NULL, NULL, "has a byte that no SIP address holds"},
    {"sip:\xC3\xA9", NULL, NULL, "has a byte that no SIP address holds"},
    {"+919876543210", "", "+919876543210", NULL},
    {"00919876543210", "", "+919876543210", NULL},
    {"09876543210", "91", "+919876543210", NULL},
    {"9876543210", "91", "+919876543210", NULL},
    {"919876543210", "91", "+919876543210", NULL},
    {"0919876543210", "91", NULL, "has not the ten digits of a national number"},
    {"2125550123", "1", "+12125550123", NULL},
    {"12125550123", "1", "+12125550123", NULL},
    {"0301234567", "49", "+49301234567", NULL},
    {"301234567", "49", NULL,
     "is ambiguous: begin it with + and the country code, or with a trunk 0"},
    {"9876543210", "", NULL, "needs a country code: begin it with +, or give one"},
    {"9876543210", "IN", NULL, "needs a country code in digits"},
    {"9876543210", "0091", NULL, "needs a country code of 1 to 3 digits"},
    {"98765", "91", NULL, "has not the ten digits of a national number"},
    {"+1234567", "", NULL, "is shorter than 8 digits"},
    {"+1234567890123456", "", NULL, "is longer than the 15 digits of E.164"},
    {"+0987654321", "", NULL, "has a country code that begins with 0"},
    {"000", "", NULL, "is shorter than 8 digits"},
    {"sip:a@b", "91", NULL, "is a SIP address"},
};

static const char *const names[] = {"caller_id",  "custom_field", "from", "record",
                                    "time_limit", "to",           "url"};

static const struct near {
  const char *text, *best; /* NULL: nothing is near */
} nears[] = {
    {"callerid", "caller_id"},
    {"CallerId", "caller_id"},
    {"caller-id", "caller_id"},
    {"time_limt", "time_limit"},
    {"custum_feild", "custom_field"},
    {"form", "from"},
    {"mofr", NULL},
    {"ulr", "url"},
    {"ot", NULL},
    {"fron", "from"},
    {"recrod", "record"},
    {"", NULL},
    {"zzz", NULL},
    {"a_name_that_is_much_longer_than_forty_bytes", NULL},
};

static const struct plain {
  const char *page;
  size_t max;
  const char *text;
} plains[] = {
    {"plain text", 240, "plain text"},
    {"<html><head><style>p{}</style></head><body><h1>502</h1>\r\n<p>Bad&amp;Gateway</"
     "p>",
     240, "502 Bad&Gateway"},
    {"<script>if (a<b) alert('x')</script>left", 240, "left"},
    {"<SCRIPT>x</ScRiPt >left", 240, "left"},
    {"<!-- <b> -->left", 240, "left"},
    {"<!doctype html>left", 240, "left"},
    {"a<b", 240, "a"},
    {"1 < 2", 240, "1 < 2"},
    {"<", 240, "<"},
    {"<script>never closed", 240, ""},
    {"&lt;b&gt; &quot;&apos;&amp;lt;", 240, "<b> \"'&lt;"},
    {"&bogus; &", 240, "&bogus; &"},
    {"a\x01\x1F\x7F"
     "b",
     240, "a b"},
    {"a\xC2\x9B"
     "31mb",
     240, "a 31mb"},
    {"bad \xFF\xC3 bytes", 240, "bad ?? bytes"},
    {"cut \xE2\x82", 240, "cut ??"},
    {"0123456789", 10, "0123456789"},
    {"01234567890", 10, "0123456..."},
    {"012345\xE2\x82\xAC"
     "90123",
     10, "012345..."},
    {"012345\xE2\x82\xAC"
     "9",
     10,
     "012345\xE2\x82\xAC"
     "9"},
    {"", 240, ""},
    {"   ", 240, ""},
};

static exotel_slice held(const exotel_buffer *b) {
  exotel_slice s;
  s.p = b->p == NULL ? "" : b->p;
  s.n = b->n;
  return s;
}

static const char *number_of(const phone_row *r, size_t n, exotel_buffer *out) {
  exotel_slice text = page_put(0, r->text, n);
  exotel_buffer_reset(out);
  if (r->country == NULL) return exotel_phone_trim(text, out);
  return exotel_phone_e164(text, page_text(1, r->country), out);
}

/* [+]digits in a number's bounds, or a SIP address. */
static int is_number(exotel_slice s, int e164) {
  size_t i, plus = s.n > 0 && s.p[0] == '+', n = s.n - plus;
  if (!e164 && s.n > 4 && (s.p[0] | 32) == 's') return 1;
  for (i = plus; i < s.n; i++) {
    if (s.p[i] < '0' || s.p[i] > '9') return 0;
  }
  return e164 ? plus && n >= 8 && n <= 15 : n >= 3 && n <= 20;
}

static void check_phones(exotel_buffer *b) {
  size_t i, cut;
  for (i = 0; i < sizeof phones / sizeof *phones; i++) {
    const phone_row *r = &phones[i];
    const char *wrong = number_of(r, strlen(r->text), b);
    if (r->number != NULL)
      check(wrong == NULL && page_is(held(b), r->number), r->text);
    else
      check(wrong != NULL && strcmp(wrong, r->wrong) == 0, r->text);
    for (cut = 0; cut < strlen(r->text); cut++) {
      wrong = number_of(r, cut, b);
      check(wrong != NULL || is_number(held(b), r->country != NULL), r->text);
    }
  }
}

static void check_nears(void) {
  size_t i, k;
  for (i = 0; i < sizeof nears / sizeof *nears; i++) {
    const char *best = NULL;
    size_t distance = 0;
    for (k = 0; k < sizeof names / sizeof *names; k++)
      exotel_nearest(page_text(0, nears[i].text), names[k], &best, &distance);
    check(best == NULL ? nears[i].best == NULL
                       : nears[i].best != NULL && strcmp(best, nears[i].best) == 0,
          nears[i].text);
  }
}

/* UTF-8 without control characters (C1 too), and no longer than allowed. */
static int is_plain(exotel_slice s, size_t max) {
  size_t i, characters, bad;
  if (s.n > max || !exotel_utf8_count(s.p, s.n, &characters, &bad)) return 0;
  for (i = 0; i < s.n; i++) {
    unsigned char c = (unsigned char)s.p[i];
    if (c < ' ' || c == 0x7F) return 0;
    if (c == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0) return 0;
  }
  return 1;
}

static void check_plains(exotel_buffer *b) {
  size_t i, cut, max;
  for (i = 0; i < sizeof plains / sizeof *plains; i++) {
    exotel_buffer_reset(b);
    exotel_text_plain(page_text(0, plains[i].page), plains[i].max, b);
    check(page_is(held(b), plains[i].text), plains[i].page);
    for (cut = 0; cut < strlen(plains[i].page); cut++) {
      for (max = 0; max < 12; max++) {
        exotel_buffer_reset(b);
        exotel_text_plain(page_put(0, plains[i].page, cut), max, b);
        check(is_plain(held(b), max), plains[i].page);
      }
    }
  }
  exotel_buffer_reset(b);
  exotel_buffer_adds(b, "kept ");
  exotel_text_plain(page_text(0, "<b> added"), 5, b);
  check(page_is(held(b), "kept added"), "what stands in the buffer is kept");
}

int main(void) {
  exotel_buffer b;
  exotel_buffer_init(&b, 4096);
  check_phones(&b);
  check_nears();
  check_plains(&b);
  exotel_buffer_free(&b);
  return check_summary();
}
