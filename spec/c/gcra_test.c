/*
** gcra: rows, and the promise itself over many random arrivals: never more than the limit
** in any 60 seconds, whichever way these are laid, and never more waiting than it takes.
**
** SPDX-License-Identifier: MIT
*/
#include "../../csrc/core/gcra.h"
#include "check.h"

#include <string.h>

#define SECOND 1000000LL
#define DAY (86400 * SECOND)
#define ARRIVALS 30000

static const struct interval {
  const char *name;
  long limit, burst;
  long long interval; /* 0: there is none */
} intervals[] = {
    {"200 a minute", 200, 20, 333334},
    {"a burst of one", 200, 1, 301508},
    {"the largest burst", 200, 100, 600000},
    {"the smallest limit", 2, 1, 60 * SECOND},
    {"the largest limit", EXOTEL_GCRA_LIMIT_MAX, 100000, 67},
    {"no burst", 200, 0, 0},
    {"a burst above half the limit", 200, 101, 0},
    {"a limit of one", 1, 1, 0},
    {"no limit", 0, 0, 0},
    {"a negative limit", -5, 1, 0},
    {"a limit above the largest", EXOTEL_GCRA_LIMIT_MAX + 1, 10, 0},
};

/* One request takes up 10, at a tolerance of 30: four go at once. */
static const struct take {
  const char *name;
  long long until, now, tolerance, wait, after;
} takes[] = {
    {"the first", EXOTEL_GCRA_NEVER, 100, 30, 0, 110},
    {"the first, at the beginning of time", EXOTEL_GCRA_NEVER, 0, 30, 0, 10},
    {"the first, for who wants it free", EXOTEL_GCRA_NEVER, 5, -10, 0, 15},
    {"after a pause", 50, 100, 30, 0, 110},
    {"within the tolerance", 120, 100, 30, 0, 130},
    {"at its end", 130, 100, 30, 0, 140},
    {"a hair beyond it", 131, 100, 30, 1, 131},
    {"far beyond it", 500, 100, 30, 370, 500},
    {"without tolerance, when free", 100, 100, 0, 0, 110},
    {"without tolerance, when not", 101, 100, 0, 1, 101},
    {"free for as long as is wanted", 90, 100, -10, 0, 110},
    {"free, and not for long enough", 91, 100, -10, 1, 91},
    {"an hour ahead", 100 + EXOTEL_GCRA_AHEAD_MAX, 100, 30, EXOTEL_GCRA_AHEAD_MAX - 30,
     100 + EXOTEL_GCRA_AHEAD_MAX},
    {"of a clock that was set back", 101 + EXOTEL_GCRA_AHEAD_MAX, 100, 30, 0, 140},
};

static const struct push {
  const char *name;
  long long until, now, ahead, after;
} pushes[] = {
    {"the first push", EXOTEL_GCRA_NEVER, 100, 50, 150},
    {"beyond what is taken up", 120, 100, 50, 150},
    {"within what is taken up", 180, 100, 50, 180},
    {"by too much", 0, 100, 2 * EXOTEL_GCRA_AHEAD_MAX, 100 + EXOTEL_GCRA_AHEAD_MAX},
    {"over a clock that was set back", 1000 + EXOTEL_GCRA_AHEAD_MAX, 100, 50, 150},
};

static void check_rows(void) {
  size_t i;
  for (i = 0; i < sizeof intervals / sizeof *intervals; i++) {
    const struct interval *row = &intervals[i];
    long long interval = exotel_gcra_interval(row->limit, row->burst);
    check(interval == row->interval, row->name);
    check(interval == 0 ||
              row->burst * interval + EXOTEL_GCRA_WINDOW <= row->limit * interval,
          row->name);
  }
  for (i = 0; i < sizeof takes / sizeof *takes; i++) {
    const struct take *row = &takes[i];
    long long until = row->until;
    long long wait = exotel_gcra_take(&until, row->now, 10, row->tolerance);
    check(wait == row->wait && until == row->after, row->name);
  }
  for (i = 0; i < sizeof pushes / sizeof *pushes; i++) {
    long long until = pushes[i].until;
    exotel_gcra_push(&until, pushes[i].now, pushes[i].ahead);
    check(until == pushes[i].after, pushes[i].name);
  }
}

static unsigned long seed = 1;

static long long below(long long most) {
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return (long long)(seed >> 20) % most;
}

/* Gaps as of crowds, of single requests, and of pauses that let everything refill. */
static long long gap(void) {
  switch (below(100)) {
    case 0: return below(120 * SECOND);
    case 1: return below(10 * SECOND);
    default: return below(SECOND / 2);
  }
}

/* The most of the times that lie in 60 seconds, both ends included. */
static int most_in_window(const long long *times, int n) {
  int first = 0, last, most = 0;
  for (last = 0; last < n; last++) {
    while (times[last] - times[first] > EXOTEL_GCRA_WINDOW)
      first++;
    if (last - first + 1 > most) most = last - first + 1;
  }
  return most;
}

/* Two classes and now and then a push; some come again when they were told, some at once. */
static void check_promise(long limit, long burst, const char *name) {
  static long long times[ARRIVALS];
  long long interval = exotel_gcra_interval(limit, burst);
  long long until = EXOTEL_GCRA_NEVER, now = DAY, closed_till = 0;
  int i, n = 0, early = 0, refused = 0;
  for (i = 0; i < ARRIVALS; i++) {
    long share = below(2) ? burst : burst / 2;
    long long tolerance = (share - 1) * interval, wait;
    if (below(2000) == 0) {
      closed_till = now + SECOND * (1 + below(30));
      exotel_gcra_push(&until, now, closed_till - now + (burst - 1) * interval);
    }
    wait = exotel_gcra_take(&until, now, interval, tolerance);
    if (wait > 0) {
      long long before = until, again = now + wait - 1;
      refused++;
      early += exotel_gcra_take(&until, again, interval, tolerance) != 1;
      early += until != before;
      if (below(2)) {
        now += wait;
        early += exotel_gcra_take(&until, now, interval, tolerance) != 0;
        wait = 0;
      }
    }
    if (wait == 0) {
      times[n++] = now;
      early += now < closed_till;
    }
    now += limit > 1000 ? gap() / 1000 : gap();
  }
  check(most_in_window(times, n) <= limit, name);
  check(early == 0, "a wait is as long as it takes");
  check(n > ARRIVALS / 100 && refused > ARRIVALS / 100, "some go and some wait");
}

/* All that is asked for at all times: the limit is used, and not only kept. */
static void check_use(long limit, long burst, const char *name) {
  static long long times[ARRIVALS];
  long long interval = exotel_gcra_interval(limit, burst);
  long long until = EXOTEL_GCRA_NEVER, now = 0;
  int n = 0;
  while (n < ARRIVALS) {
    long long wait = exotel_gcra_take(&until, now, interval, (burst - 1) * interval);
    if (wait == 0) times[n++] = now;
    now += wait;
  }
  check(most_in_window(times, n) <= limit, name);
  check(most_in_window(times, n) >= limit - 1, name);
}

int main(void) {
  check_rows();
  check_promise(200, 20, "200 in any 60 seconds");
  check_promise(200, 100, "200 with half of them at once");
  check_promise(200, 1, "200 and never two at once");
  check_promise(7, 3, "7 in any 60 seconds");
  check_promise(90000, 9000, "90000 in any 60 seconds");
  check_use(200, 20, "200 are used");
  check_use(2, 1, "2 are used");
  check_use(1000, 499, "1000 are used");
  return check_summary();
}
