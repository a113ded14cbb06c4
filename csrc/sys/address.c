/*
** address: where to listen (see address.h).
**
** SPDX-License-Identifier: MIT
*/
#define _POSIX_C_SOURCE 200809L

#include "address.h"

#include <arpa/inet.h>
#include <string.h>

socklen_t exotel_address_read(exotel_address *a, const char *host, uint16_t port) {
  memset(a, 0, sizeof *a);
  if (inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons(port);
    return sizeof a->v4;
  }
  if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1) {
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(port);
    return sizeof a->v6;
  }
  return 0;
}
