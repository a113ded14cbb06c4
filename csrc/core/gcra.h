/*
** gcra: the generic cell rate algorithm, by which requests are let go so that no more than
** an account's limit leave in any 60 seconds.
**
** Pure: the state is one time, up to which the account is taken up, and whoever calls
** keeps it. All times are in microseconds of one clock, which all callers share.
**
** One request takes up an interval. It is let go when the account is taken up for no
** longer than a tolerance of `burst - 1` intervals, so `burst` go at once and no more than
** `burst` plus 60 s / interval in 60 seconds, both ends included, wherever these begin.
** The same state serves several tolerances: who has the smaller one leaves the rest to
** others.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_GCRA_H
#define EXOTEL_GCRA_H

#define EXOTEL_GCRA_WINDOW 60000000LL      /* the 60 seconds of the account's limit */
#define EXOTEL_GCRA_LIMIT_MAX 1000000      /* requests; above, intervals get coarse */
#define EXOTEL_GCRA_AHEAD_MAX 3600000000LL /* nobody is told to wait for longer */
#define EXOTEL_GCRA_NEVER (-1LL)           /* nothing was taken up yet */

/* The interval with which `burst + 60 s / interval <= limit`; 0 where there is none: it
** takes 1 <= burst <= limit / 2, so that no tolerance is longer than the 60 seconds, and
** limit <= EXOTEL_GCRA_LIMIT_MAX. */
long long exotel_gcra_interval(long limit, long burst);

/*
** Asks for a request's turn. `until`: the state, EXOTEL_GCRA_NEVER at first; `takes_up`:
** the intervals of what is asked for, above 0; `tolerance`: how long the account may be
** taken up already, negative for who wants it to have been free for a while. Returns 0,
** and `*until` is the new state; or how long to wait before asking again, and the state
** stands. A state that lies an hour ahead is that of a clock which was set back: it counts
** as one that is just within the tolerance.
*/
long long exotel_gcra_take(long long *until, long long now, long long takes_up,
                           long long tolerance);

/* Takes the account up until `ahead` from now at least; cut to EXOTEL_GCRA_AHEAD_MAX. */
void exotel_gcra_push(long long *until, long long now, long long ahead);

#endif
