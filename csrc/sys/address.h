/*
** address: where to listen, from text to what the system calls take.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_SYS_ADDRESS_H
#define EXOTEL_SYS_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

typedef union exotel_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} exotel_address;

/* Reads a numeric address, IPv4 or IPv6. Returns its length, or 0 when it is none. */
socklen_t exotel_address_read(exotel_address *a, const char *host, uint16_t port);

#endif
