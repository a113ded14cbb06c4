/*
** time: the service's timestamps to epoch seconds and back (see time.h).
** Days are counted by the civil calendar's own arithmetic: no libc, no zone, no locale.
**
** SPDX-License-Identifier: MIT
*/
#include "time.h"

#include "ascii.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

/* The first second of year 1 and the last of year 9999, in UTC. */
#define EPOCH_FIRST (-62135596800LL)
#define EPOCH_LAST 253402300799LL

#define YEARS_MAX 9999

typedef struct clock_text {
  const char *begin, *p, *end;
} clock_text;

typedef struct moment {
  int year, month, day, hour, minute, second;
  long offset;
} moment;

static int is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int take(clock_text *t, char c) {
  if (t->p >= t->end || *t->p != c) return 0;
  t->p++;
  return 1;
}

/* Exactly `n` digits within [low, high]; the cursor stays where it doesn't fit. */
static int take_number(clock_text *t, int n, int low, int high, int *value) {
  const char *p = t->p;
  int i, sum = 0;
  for (i = 0; i < n; i++, p++) {
    if (p >= t->end || !exotel_is_digit(*p)) return 0;
    sum = sum * 10 + (*p - '0');
  }
  if (sum < low || sum > high) return 0;
  *value = sum;
  t->p = p;
  return 1;
}

/* Seconds up to 60: a leap second is written so. */
static int take_clock(clock_text *t, moment *m) {
  return take_number(t, 2, 0, 23, &m->hour) && take(t, ':') &&
         take_number(t, 2, 0, 59, &m->minute) && take(t, ':') &&
         take_number(t, 2, 0, 60, &m->second);
}

static int take_offset(clock_text *t, long *offset) {
  int hours, minutes, sign;
  if (take(t, 'Z') || take(t, 'z')) {
    *offset = 0;
    return 1;
  }
  if (t->p >= t->end || (*t->p != '+' && *t->p != '-')) return 0;
  sign = *t->p++ == '-' ? -1 : 1;
  if (!take_number(t, 2, 0, 14, &hours)) return 0;
  take(t, ':');
  if (!take_number(t, 2, 0, 59, &minutes)) return 0;
  *offset = sign * (hours * 3600L + minutes * 60L);
  return 1;
}

static int days_in(int year, int month) {
  static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

static int take_date(clock_text *t, moment *m) {
  if (!take_number(t, 4, 1, 9999, &m->year) || !take(t, '-')) return 0;
  if (!take_number(t, 2, 1, 12, &m->month) || !take(t, '-')) return 0;
  return take_number(t, 2, 1, days_in(m->year, m->month), &m->day);
}

static int take_iso(clock_text *t, moment *m) {
  if (!take_date(t, m)) return 0;
  if (!take(t, ' ') && !take(t, 'T')) return 0;
  if (!take_clock(t, m)) return 0;
  if (take(t, '.')) {
    if (t->p >= t->end || !exotel_is_digit(*t->p)) return 0;
    while (t->p < t->end && exotel_is_digit(*t->p))
      t->p++;
  }
  if (t->p == t->end) return 1;
  return take_offset(t, &m->offset);
}

static int take_month(clock_text *t, int *month) {
  static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int i;
  if (t->end - t->p < 3) return 0;
  for (i = 0; i < 12; i++) {
    if (memcmp(t->p, names[i], 3) == 0) {
      *month = i + 1;
      t->p += 3;
      return 1;
    }
  }
  return 0;
}

/* "Wed, 23 Feb 2022 12:31:59"; the day's name is not checked against the date. */
static int take_rfc1123(clock_text *t, moment *m) {
  int i;
  if (t->end - t->p < 5) return 0;
  for (i = 0; i < 3; i++, t->p++) {
    if (!is_letter(*t->p)) return 0;
  }
  if (!take(t, ',') || !take(t, ' ')) return 0;
  if (!take_number(t, 2, 1, 31, &m->day) || !take(t, ' ')) return 0;
  if (!take_month(t, &m->month) || !take(t, ' ')) return 0;
  if (!take_number(t, 4, 1, 9999, &m->year) || !take(t, ' ')) return 0;
  if (m->day > days_in(m->year, m->month) || !take_clock(t, m)) return 0;
  if (t->p == t->end) return 1;
  if (!take(t, ' ')) return 0;
  if (t->end - t->p == 3 && memcmp(t->p, "GMT", 3) == 0) {
    m->offset = 0;
    t->p += 3;
    return 1;
  }
  return take_offset(t, &m->offset);
}

/* Days from 1970-01-01, in years that begin in March so that the leap day ends them. */
static long long days_from_civil(int year, int month, int day) {
  long long y = month <= 2 ? year - 1 : year;
  long long era = y / 400;
  long long of_era = y - era * 400;
  long long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static long long put_together(const moment *m, long offset) {
  return days_from_civil(m->year, m->month, m->day) * 86400 + m->hour * 3600L +
         m->minute * 60L + m->second - offset;
}

int exotel_time_read(exotel_slice text, long offset, long long *epoch, size_t *at) {
  clock_text t;
  moment m;
  int ok;
  t.begin = t.p = text.p;
  t.end = text.p + text.n;
  memset(&m, 0, sizeof m);
  m.offset = offset;
  ok = text.n > 0 && exotel_is_digit(text.p[0]) ? take_iso(&t, &m)
                                                : take_rfc1123(&t, &m);
  if (!ok || t.p != t.end) {
    *at = (size_t)(t.p - t.begin) + 1;
    return 0;
  }
  *epoch = put_together(&m, m.offset);
  return 1;
}

int exotel_time_complete(exotel_buffer *out, exotel_slice text, int last, size_t *at) {
  clock_text t;
  moment m;
  int ok, day;
  t.begin = t.p = text.p;
  t.end = text.p + text.n;
  ok = take_date(&t, &m);
  day = ok && t.p == t.end;
  if (ok && !day) ok = take(&t, ' ') && take_clock(&t, &m) && t.p == t.end;
  if (!ok) {
    *at = (size_t)(t.p - t.begin) + 1;
    return 0;
  }
  exotel_buffer_add(out, text.p, text.n);
  if (day) exotel_buffer_adds(out, last ? " 23:59:59" : " 00:00:00");
  return 1;
}

/* The inverse of days_from_civil, from year 1 on. */
static void civil_from_days(long long days, moment *m) {
  long long of_era = (days + 719468) % 146097;
  long long era = (days + 719468) / 146097;
  long long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  long long of_year = of_era - (year * 365 + year / 4 - year / 100);
  long long month = (of_year * 5 + 2) / 153; /* from March */
  m->day = (int)(of_year - (month * 153 + 2) / 5 + 1);
  m->month = (int)(month + (month < 10 ? 3 : -9));
  m->year = (int)(era * 400 + year + (m->month <= 2));
}

/* What the clock shows, but for its offset. */
static int take_apart(long long epoch, long offset, moment *m) {
  long long local, second;
  if (epoch < EPOCH_FIRST - offset || epoch > EPOCH_LAST - offset) return 0;
  local = epoch + offset - EPOCH_FIRST;
  second = local % 86400;
  civil_from_days(local / 86400 + EPOCH_FIRST / 86400, m);
  m->hour = (int)(second / 3600);
  m->minute = (int)(second / 60 % 60);
  m->second = (int)(second % 60);
  return 1;
}

int exotel_time_write(exotel_buffer *out, long long epoch, long offset) {
  char text[32];
  moment m;
  if (!take_apart(epoch, offset, &m)) return 0;
  snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", m.year, m.month, m.day,
           m.hour, m.minute, m.second);
  exotel_buffer_adds(out, text);
  return 1;
}

/* Keeps the day as far as the month has it. */
static int add_months(moment *m, long months) {
  long month = m->year * 12L + m->month - 1;
  int days;
  if (months < -YEARS_MAX * 12L || months > YEARS_MAX * 12L) return 0;
  month += months;
  if (month < 12 || month >= (YEARS_MAX + 1) * 12L) return 0;
  m->year = (int)(month / 12);
  m->month = (int)(month % 12) + 1;
  days = days_in(m->year, m->month);
  if (m->day > days) m->day = days;
  return 1;
}

int exotel_time_month_later(long long epoch, long months, long offset,
                            long long *later) {
  moment m;
  if (!take_apart(epoch, offset, &m) || !add_months(&m, months)) return 0;
  *later = put_together(&m, offset);
  return 1;
}

int exotel_time_month_begin(long long epoch, long months, long offset,
                            long long *begin) {
  moment m;
  if (!take_apart(epoch, offset, &m) || !add_months(&m, months)) return 0;
  m.day = 1;
  m.hour = m.minute = m.second = 0;
  *begin = put_together(&m, offset);
  return 1;
}

int exotel_offset_read(exotel_slice text, long *offset) {
  clock_text t;
  t.begin = t.p = text.p;
  t.end = text.p + text.n;
  return take_offset(&t, offset) && t.p == t.end;
}
