/*
** slow_lookup: preloaded, it makes every look-up of a name take five seconds, in vain.
**
** SPDX-License-Identifier: MIT
*/
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  (void)name;
  (void)service;
  (void)hints;
  *result = NULL;
  sleep(5);
  return EAI_AGAIN;
}
