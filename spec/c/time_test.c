/*
** time: rows, the civil calendar against the C library's over 400 years, offsets.
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

static void check_calendar(void) {
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
  }
  check(wrong == 0, "every day from 1570 to 2369");
}

int main(void) {
  size_t i, cut;
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
  check_calendar();
  return check_summary();
}
