/*
** header: header lines, how long a service asks to wait, ranges of bytes.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/header.h"
#include "check.h"

static const struct line {
  const char *text;
  const char *name, *value; /* NULL: it is no header */
} lines[] = {
    {"Name: value", "Name", "value"},
    {"Name:value\r\n", "Name", "value"},
    {"Name: \t value \t\r\n", "Name", "value"},
    {"Name:", "Name", ""},
    {"Name: \r\n", "Name", ""},
    {"A:b:c", "A", "b:c"},
    {"HTTP/1.1 200 OK", NULL, NULL},
    {"", NULL, NULL},
    {"\r\n", NULL, NULL},
    {": value", NULL, NULL},
    {" folded: line", NULL, NULL},
    {"\tfolded: line", NULL, NULL},
    {"Name : value", NULL, NULL},
    {"Name", NULL, NULL},
};

#define NOW "Fri, 03 Mar 2017 10:48:33 GMT"

static const struct wait {
  const char *name, *after, *date, *reset;
  double seconds;
} waits[] = {
    {"nothing", NULL, NULL, NULL, -1},
    {"seconds", "120", NULL, NULL, 120},
    {"zero", "0", NULL, NULL, 0},
    {"a fraction isn't seconds", "1.5", NULL, NULL, -1},
    {"below zero", "-1", NULL, NULL, -1},
    {"words", "soon", NOW, NULL, -1},
    {"a date", "Fri, 03 Mar 2017 10:49:33 GMT", NOW, NULL, 60},
    {"a date that has passed", "Fri, 03 Mar 2017 10:47:33 GMT", NOW, NULL, 0},
    {"a date without now", "Fri, 03 Mar 2017 10:49:33 GMT", NULL, NULL, -1},
    {"a reset", NULL, NOW, "1488538143", 30},
    {"a reset that has passed", NULL, NOW, "1", 0},
    {"a reset without now", NULL, NULL, "1488538143", -1},
    {"words, but a reset", "soon", NOW, "1488538143", 30},
    {"seconds before a reset", "5", NOW, "1488538143", 5},
    {"an empty value", "", NOW, "", -1},
    {"found by fuzz/header: thirty thousand million years", "999999999999999994", NULL,
     NULL, -1},
    {"the longest wait", "1000000000", NULL, NULL, 1000000000},
    {"a second more", "1000000001", NULL, NULL, -1},
    {"a reset that is no time to wait", NULL, NOW, "999999999999999994", -1},
};

static void check_line(const struct line *l) {
  exotel_header h;
  size_t cut;
  int ok = exotel_header_read(page_text(0, l->text), &h);
  if (l->name == NULL)
    check(!ok, l->text);
  else
    check(ok && page_is(h.name, l->name) && page_is(h.value, l->value), l->text);
  for (cut = 0; cut < strlen(l->text); cut++) {
    if (!exotel_header_read(page_put(0, l->text, cut), &h))
      check(l->name == NULL || cut <= strlen(l->name), l->text);
    else
      check(l->name != NULL && page_is(h.name, l->name) &&
                memcmp(h.value.p, l->value, h.value.n) == 0,
            l->text);
  }
}

static size_t add(exotel_header *headers, size_t n, const char *name,
                  exotel_slice value) {
  headers[n].name.p = name;
  headers[n].name.n = strlen(name);
  headers[n].value = value;
  return n + 1;
}

static double seconds_of(const struct wait *w, size_t cut, int status) {
  exotel_header headers[3];
  size_t n = 0;
  if (w->date != NULL) n = add(headers, n, "DATE", page_text(0, w->date));
  if (w->after != NULL) n = add(headers, n, "retry-after", page_put(1, w->after, cut));
  if (w->reset != NULL)
    n = add(headers, n, "x-ratelimit-reset", page_text(2, w->reset));
  return exotel_retry_after(headers, n, status);
}

static void check_wait(const struct wait *w) {
  size_t cut, n = w->after == NULL ? 0 : strlen(w->after);
  check(seconds_of(w, n, 429) == w->seconds, w->name);
  for (cut = 0; cut < n; cut++) {
    double seconds = seconds_of(w, cut, 429);
    check(seconds <= 1e9 && (seconds >= 0 || seconds == -1), w->name);
  }
}

static void check_reset(void) {
  struct wait reset = {"of a 503", NULL, NOW, "1488538143", -1};
  check(seconds_of(&reset, 0, 503) == -1, "a reset keeps nobody else waiting");
  reset.after = "5";
  check(seconds_of(&reset, 1, 503) == 5, "seconds of a 503");
}

static void check_find(void) {
  exotel_header headers[2];
  add(headers, 0, "A", page_text(0, "first"));
  add(headers, 1, "a", page_text(1, "second"));
  check(page_is(exotel_header_find(headers, 1, "a"), "first"), "in any case");
  check(exotel_header_find(headers, 2, "a").n == 0, "of two none counts");
  check(exotel_header_find(headers, 2, "ab").n == 0, "a longer name is another");
  check(exotel_header_find(headers, 0, "a").n == 0, "none at all");
}

static const struct range {
  const char *text;
  size_t size;
  exotel_byte_range what;
  size_t first, last;
} ranges[] = {
    {"bytes=0-0", 10, EXOTEL_RANGE_PART, 0, 0},
    {"bytes=2-5", 10, EXOTEL_RANGE_PART, 2, 5},
    {"bytes=2-", 10, EXOTEL_RANGE_PART, 2, 9},
    {"bytes= 2-5 ", 10, EXOTEL_RANGE_PART, 2, 5},
    {"bytes=9-99999999999999999999999", 10, EXOTEL_RANGE_PART, 9, 9},
    {"bytes=-3", 10, EXOTEL_RANGE_PART, 7, 9},
    {"bytes=-30", 10, EXOTEL_RANGE_PART, 0, 9},
    {"bytes=10-", 10, EXOTEL_RANGE_OUTSIDE, 0, 0},
    {"bytes=99999999999999999999999-", 10, EXOTEL_RANGE_OUTSIDE, 0, 0},
    {"bytes=0-", 0, EXOTEL_RANGE_OUTSIDE, 0, 0},
    {"bytes=-1", 0, EXOTEL_RANGE_OUTSIDE, 0, 0},
    {"bytes=-0", 10, EXOTEL_RANGE_OUTSIDE, 0, 0},
    {"", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=-", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=5-2", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=0-1,3-4", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=+1-2", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=a-b", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"bytes=12", 10, EXOTEL_RANGE_WHOLE, 0, 0},
    {"lines=0-1", 10, EXOTEL_RANGE_WHOLE, 0, 0},
};

static void check_range(const struct range *r) {
  size_t first = 0, last = 0;
  exotel_byte_range what =
      exotel_byte_range_read(page_text(0, r->text), r->size, &first, &last);
  check(what == r->what && first == r->first && last == r->last, r->text);
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof ranges / sizeof *ranges; i++)
    check_range(&ranges[i]);
  for (i = 0; i < sizeof lines / sizeof *lines; i++)
    check_line(&lines[i]);
  for (i = 0; i < sizeof waits / sizeof *waits; i++)
    check_wait(&waits[i]);
  check_reset();
  check_find();
  return check_summary();
}
