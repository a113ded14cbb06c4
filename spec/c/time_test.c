/*
** time: rows, the civil calendar against the C library's over 800 years and both ways,
** offsets, what is written, months.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/time.h"
#include "check.h"

#include <stdio.h>
#include <time.h>

static const struct row {
  const char *text;
  long offset;
  long long epoch;
  size_t at;      /* the byte that doesn't fit; 0: it is a time */
  size_t shorter; /* how many of its beginnings are times */
} rows[] = {
    {"2017-03-03 10:48:33", 19800, 1488518313, 0, 0},
    {"2017-03-03 10:48:33", 0, 1488538113, 0, 0},
    {"2017-03-03T10:48:33", 19800, 1488518313, 0, 0},
    {"2017-03-03T10:48:33+05:30", 0, 1488518313, 0, 1},
    {"2017-03-03T10:48:33-0800", 19800, 1488566913, 0, 1},
    {"2017-03-03T10:48:33Z", 19800, 1488538113, 0, 1},
    {"2017-03-03 10:48:33.25", 0, 1488538113, 0, 2},
    {"2017-03-03T10:48:33.123456Z", 0, 1488538113, 0, 7},
    {"Fri, 03 Mar 2017 10:48:33", 0, 1488538113, 0, 0},
    {"Fri, 03 Mar 2017 10:48:33 GMT", 19800, 1488538113, 0, 1},
    {"Fri, 03 Mar 2017 10:48:33 +0530", 0, 1488518313, 0, 1},
    {"1970-01-01 05:30:00", 19800, 0, 0, 0},
    {"0001-01-01T00:00:00Z", 0, -62135596800LL, 0, 1},
    {"9999-12-31 23:59:60", 0, 253402300800LL, 0, 0},
    {"2024-02-29 00:00:00", 0, 1709164800, 0, 0},
    {"2000-02-29 00:00:00", 0, 951782400, 0, 0},
    {"2023-02-29 00:00:00", 0, 0, 9, 0},
    {"1900-02-29 00:00:00", 0, 0, 9, 0},
    {"2017-04-31 00:00:00", 0, 0, 9, 0},
    {"2017-13-01 00:00:00", 0, 0, 6, 0},
    {"0000-00-00 00:00:00", 0, 0, 1, 0},
    {"2017-03-03 24:00:00", 0, 0, 12, 0},
    {"2017-03-03 10:60:00", 0, 0, 15, 0},
    {"2017-03-03 10:48:61", 0, 0, 18, 0},
    {"2017-03-03 10:48", 0, 0, 17, 0},
    {"2017-03-03 10:48:33.", 0, 0, 21, 1},
    {"2017-03-03 10:48:33 ", 0, 0, 20, 1},
    {"2017-03-03 10:48:33Zz", 0, 0, 21, 2},
    {"2017-03-03 10:48:33+15:00", 0, 0, 21, 1},
    {"2017/03/03 10:48:33", 0, 0, 5, 0},
    {" 2017-03-03 10:48:33", 0, 0, 1, 0},
    {"Fri, 31 Feb 2017 10:48:33", 0, 0, 18, 0},
    {"Fri, 03 Mrz 2017 10:48:33", 0, 0, 9, 0},
    {"Fri, 03 Mar 2017 10:48:33 CET", 0, 0, 27, 1},
    {"", 0, 0, 1, 0},
    {"now", 0, 0, 1, 0},
};

static const struct offset {
  const char *text;
  int ok;
  long seconds;
} offsets[] = {
    {"+05:30", 1, 19800}, {"+0530", 1, 19800}, {"-08:00", 1, -28800},
    {"Z", 1, 0},          {"z", 1, 0},         {"-00:30", 1, -1800},
    {"+14:59", 1, 53940}, {"+15:00", 0, 0},    {"+05:60", 0, 0},
    {"+5:30", 0, 0},      {"+05", 0, 0},       {"05:30", 0, 0},
    {"", 0, 0},           {"+05:30 ", 0, 0},   {"ZZ", 0, 0},
    {"+05::30", 0, 0},
};

static const struct completion {
  const char *text;
  const char *first, *last; /* NULL: it is refused at byte `at` */
  size_t at;
} completions[] = {
    {"2019-01-31", "2019-01-31 00:00:00", "2019-01-31 23:59:59", 0},
    {"2020-02-29", "2020-02-29 00:00:00", "2020-02-29 23:59:59", 0},
    {"2019-01-31 10:48:33", "2019-01-31 10:48:33", "2019-01-31 10:48:33", 0},
    {"2019-02-29", NULL, NULL, 9},
    {"2019-01-31T10:48:33", NULL, NULL, 11},
    {"2019-01-31 10:48", NULL, NULL, 17},
    {"2019-01-31 24:00:00", NULL, NULL, 12},
    {"2019-01-31 10:48:33Z", NULL, NULL, 20},
    {"2019-01-31 10:48:33.5", NULL, NULL, 20},
    {"2019-01-31 ", NULL, NULL, 12},
    {" 2019-01-31", NULL, NULL, 1},
    {"31-01-2019", NULL, NULL, 1},
    {"Fri, 03 Mar 2017 10:48:33", NULL, NULL, 1},
    {"", NULL, NULL, 1},
};

static const struct written {
  long long epoch;
  long offset;
  const char *text; /* NULL: its year isn't one of 1 to 9999 */
} writtens[] = {
    {0, 0, "1970-01-01 00:00:00"},
    {0, 19800, "1970-01-01 05:30:00"},
    {-1, 0, "1969-12-31 23:59:59"},
    {1488518313, 19800, "2017-03-03 10:48:33"},
    {1488518313, -28800, "2017-03-02 21:18:33"},
    {1582934399, 19800, "2020-02-29 05:29:59"},
    {-62135596800LL, 0, "0001-01-01 00:00:00"},
    {-62135596801LL, 0, NULL},
    {-62135596801LL, 1, "0001-01-01 00:00:00"},
    {-62135596800LL, -1, NULL},
    {253402300799LL, 0, "9999-12-31 23:59:59"},
    {253402300800LL, 0, NULL},
    {253402300800LL, -1, "9999-12-31 23:59:59"},
    {253402300799LL, 1, NULL},
    {9223372036854775807LL, 50400, NULL},
    {-9223372036854775807LL - 1, -50400, NULL},
};

static exotel_slice held(const exotel_buffer *b) {
  exotel_slice s = {b->p == NULL ? "" : b->p, b->n};
  return s;
}

static void check_completion(exotel_buffer *b, const struct completion *r) {
  size_t cut;
  int last;
  for (last = 0; last <= 1; last++) {
    const char *wanted = last ? r->last : r->first;
    size_t at = 0;
    int ok;
    exotel_buffer_reset(b);
    ok = exotel_time_complete(b, page_text(0, r->text), last, &at);
    if (wanted == NULL)
      check(!ok && at == r->at && b->n == 0, r->text);
    else
      check(ok && page_is(held(b), wanted), r->text);
  }
  for (cut = 0; cut < strlen(r->text); cut++) {
    size_t at = 0;
    if (exotel_time_complete(b, page_put(0, r->text, cut), 0, &at))
      check(cut == 10 || cut == 19, r->text);
    else
      check(at >= 1 && at <= cut + 1, r->text);
  }
}

static void check_written(exotel_buffer *b, const struct written *r) {
  int ok;
  exotel_buffer_reset(b);
  ok = exotel_time_write(b, r->epoch, r->offset);
  if (r->text == NULL)
    check(!ok && b->n == 0, "a year that has not four digits");
  else
    check(ok && page_is(held(b), r->text), r->text);
}

/* NULL: a year that isn't one of 1 to 9999. */
static const struct months {
  const char *text;
  long months;
  const char *later, *begin;
} months[] = {
    {"2026-11-15 10:20:30", 1, "2026-12-15 10:20:30", "2026-12-01 00:00:00"},
    {"2026-12-31 23:59:59", 1, "2027-01-31 23:59:59", "2027-01-01 00:00:00"},
    {"2026-01-31 10:00:00", 1, "2026-02-28 10:00:00", "2026-02-01 00:00:00"},
    {"2024-01-31 10:00:00", 1, "2024-02-29 10:00:00", "2024-02-01 00:00:00"},
    {"2026-05-31 00:00:00", 1, "2026-06-30 00:00:00", "2026-06-01 00:00:00"},
    {"2026-08-31 05:00:00", -6, "2026-02-28 05:00:00", "2026-02-01 00:00:00"},
    {"2026-03-15 05:00:00", -6, "2025-09-15 05:00:00", "2025-09-01 00:00:00"},
    {"2026-07-01 00:00:00", 0, "2026-07-01 00:00:00", "2026-07-01 00:00:00"},
    {"1969-12-31 23:59:59", 2, "1970-02-28 23:59:59", "1970-02-01 00:00:00"},
    {"0001-01-31 00:00:00", -1, NULL, NULL},
    {"0001-01-31 00:00:00", 9998 * 12L + 11, "9999-12-31 00:00:00",
     "9999-12-01 00:00:00"},
    {"9999-12-01 00:00:00", 1, NULL, NULL},
    {"9999-12-01 00:00:00", 2147483647L, NULL, NULL},
    {"9999-12-01 00:00:00", -2147483647L, NULL, NULL},
};

static void check_month(exotel_buffer *b, int ok, long long epoch, const char *text) {
  exotel_buffer_reset(b);
  if (text == NULL)
    check(!ok, "no such year");
  else
    check(ok && exotel_time_write(b, epoch, 19800) && page_is(held(b), text), text);
}

static void check_months(exotel_buffer *b, const struct months *r) {
  long long epoch = 0, later = 0, begin = 0;
  size_t at;
  int ok;
  check(exotel_time_read(page_text(0, r->text), 19800, &epoch, &at), r->text);
  ok = exotel_time_month_later(epoch, r->months, 19800, &later);
  check_month(b, ok, later, r->later);
  ok = exotel_time_month_begin(epoch, r->months, 19800, &begin);
  check_month(b, ok, begin, r->begin);
}

static void check_row(const struct row *r) {
  exotel_slice s = page_text(0, r->text);
  long long epoch = 0;
  size_t at = 0, cut, times = 0;
  int ok = exotel_time_read(s, r->offset, &epoch, &at);
  check(ok ? r->at == 0 && epoch == r->epoch : at == r->at, r->text);
  for (cut = 0; cut < strlen(r->text); cut++) {
    s = page_put(0, r->text, cut);
    at = 0;
    if (exotel_time_read(s, r->offset, &epoch, &at))
      times++;
    else
      check(at >= 1 && at <= cut + 1, r->text);
  }
  check(times == r->shorter, r->text);
}

static void check_calendar(exotel_buffer *b) {
  unsigned long wrong = 0;
  long long day;
  for (day = -146097; day < 146097; day++) {
    time_t t = (time_t)(day * 86400 + 3661);
    struct tm tm;
    char text[64];
    long long epoch = 0;
    size_t at;
    gmtime_r(&t, &tm);
    snprintf(text, sizeof text, "%04d-%02d-%02d 01:01:01", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday);
    wrong += !exotel_time_read(page_text(0, text), 0, &epoch, &at) || epoch != t;
    exotel_buffer_reset(b);
    wrong += !exotel_time_write(b, t, 0) || !page_is(held(b), text);
  }
  check(wrong == 0, "every day from 1570 to 2369");
}

int main(void) {
  exotel_buffer b;
  size_t i, cut;
  exotel_buffer_init(&b, 4096);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  for (i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    long seconds = 0;
    int ok = exotel_offset_read(page_text(0, offsets[i].text), &seconds);
    check(ok == offsets[i].ok && (!ok || seconds == offsets[i].seconds),
          offsets[i].text);
    for (cut = 0; ok && cut < strlen(offsets[i].text); cut++)
      check(!exotel_offset_read(page_put(0, offsets[i].text, cut), &seconds),
            offsets[i].text);
  }
  for (i = 0; i < sizeof completions / sizeof *completions; i++)
    check_completion(&b, &completions[i]);
  for (i = 0; i < sizeof writtens / sizeof *writtens; i++)
    check_written(&b, &writtens[i]);
  for (i = 0; i < sizeof months / sizeof *months; i++)
    check_months(&b, &months[i]);
  check_calendar(&b);
  exotel_buffer_free(&b);
  return check_summary();
}
