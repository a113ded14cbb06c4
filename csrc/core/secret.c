/*
** secret: the secret in the URL of a webhook (see secret.h).
**
** SPDX-License-Identifier: MIT
*/
#include "secret.h"

#include "slice.h"
#include "url.h"

#include <string.h>

/* Whether the name of a pair, decoded, is this one. `scratch` is working memory. */
static int is_named(exotel_slice pair, exotel_slice name, exotel_buffer *scratch) {
  const char *equals = pair.n == 0 ? NULL : memchr(pair.p, '=', pair.n);
  exotel_slice given = pair;
  if (equals != NULL) given.n = (size_t)(equals - pair.p);
  exotel_buffer_reset(scratch);
  exotel_url_decode(scratch, given, 1);
  return scratch->n == name.n &&
         (name.n == 0 || memcmp(scratch->p, name.p, name.n) == 0);
}

static void decode_value(exotel_slice pair, exotel_buffer *value) {
  const char *equals = memchr(pair.p, '=', pair.n);
  exotel_buffer_reset(value);
  if (equals != NULL)
    exotel_url_decode(value, exotel_slice_between(equals + 1, pair.p + pair.n), 1);
}

int exotel_secret_take(exotel_slice query, exotel_slice name, exotel_buffer *value,
                       exotel_buffer *rest) {
  exotel_slice taken = {NULL, 0};
  size_t i = 0;
  while (i < query.n) {
    const char *p = query.p + i, *end = memchr(p, '&', query.n - i);
    exotel_slice pair = exotel_slice_between(p, end != NULL ? end : query.p + query.n);
    i += pair.n + 1;
    if (pair.n == 0) continue;
    if (is_named(pair, name, value)) {
      if (taken.p == NULL) taken = pair;
      continue;
    }
    if (value->state != EXOTEL_BUFFER_OK) return 0;
    if (rest->n > 0) exotel_buffer_addc(rest, '&');
    exotel_buffer_add(rest, pair.p, pair.n);
  }
  exotel_buffer_reset(value);
  if (taken.p != NULL) decode_value(taken, value);
  return taken.p != NULL;
}

/* An optimizer that knew when the difference is certain could end the loop there: it can't
** know what is volatile. */
int exotel_secret_is(exotel_slice given, exotel_slice secret) {
  volatile unsigned char differs = (unsigned char)(given.n != secret.n);
  size_t i, k = 0;
  if (secret.n == 0) return 0;
  for (i = 0; i < given.n; i++) {
    differs = (unsigned char)(differs |
                              ((unsigned char)given.p[i] ^ (unsigned char)secret.p[k]));
    k = k + 1 == secret.n ? 0 : k + 1;
  }
  return differs == 0;
}
