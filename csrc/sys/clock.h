/*
** clock: what time it is, and waiting.
**
** Seconds are the only unit, as doubles. Not a timer: nothing is called back.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_CLOCK_H
#define EXOTEL_CLOCK_H

/* Seconds since some moment in the past; never goes back when the date does. */
double exotel_clock_monotonic(void);

/* Seconds since 1970-01-01 00:00 UTC; goes wherever the administrator sets it. */
double exotel_clock_wall(void);

/* Waits that long, signals or not. Negative or NaN does not wait. */
void exotel_clock_sleep(double seconds);

#endif
