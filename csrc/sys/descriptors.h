/*
** descriptors: how many of them this process may have.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_DESCRIPTORS_H
#define EXOTEL_DESCRIPTORS_H

/* Lets this process have `n` descriptors, or as many as the system allows it, if it may
** have fewer now. Returns how many it may have then. */
long exotel_descriptors_raise(long n);

#endif
