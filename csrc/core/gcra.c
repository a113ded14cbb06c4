/*
** gcra: see gcra.h. The script of lua/exotel/store/redis.lua does the same on the server's
** clock; spec/limiter_spec.lua compares the two.
**
** SPDX-License-Identifier: MIT
*/
#include "gcra.h"

long long exotel_gcra_interval(long limit, long burst) {
  long long rest = (long long)limit - burst;
  if (burst < 1 || burst > limit / 2 || limit > EXOTEL_GCRA_LIMIT_MAX) return 0;
  return (EXOTEL_GCRA_WINDOW + rest - 1) / rest;
}

static long long later(long long a, long long b) {
  return a > b ? a : b;
}

long long exotel_gcra_take(long long *until, long long now, long long takes_up,
                           long long tolerance) {
  long long taken = *until;
  if (taken != EXOTEL_GCRA_NEVER) {
    if (taken - now > EXOTEL_GCRA_AHEAD_MAX) taken = now + tolerance;
    if (taken - now > tolerance) return taken - now - tolerance;
  }
  *until = later(taken, now) + takes_up;
  return 0;
}

void exotel_gcra_push(long long *until, long long now, long long ahead) {
  if (ahead > EXOTEL_GCRA_AHEAD_MAX) ahead = EXOTEL_GCRA_AHEAD_MAX;
  if (*until - now > EXOTEL_GCRA_AHEAD_MAX) *until = EXOTEL_GCRA_NEVER;
  *until = later(*until, now + ahead);
}
