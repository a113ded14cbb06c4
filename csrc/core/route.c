/*
** route: which operation a request line belongs to (see route.h). It reads the same path
** templates as request.c, the other way round.
**
** SPDX-License-Identifier: MIT
*/
#include "route.h"

#include "text.h"
#include "url.h"

#include <string.h>

static int take_suffix(exotel_slice *path, const char *suffix) {
  size_t n = strlen(suffix);
  if (path->n < n || memcmp(path->p + path->n - n, suffix, n) != 0) return 0;
  path->n -= n;
  return 1;
}

/* One {Name} of a template: the bytes up to the next slash, decoded. */
static size_t take_variable(exotel_slice path, exotel_buffer *out) {
  const char *slash = memchr(path.p, '/', path.n);
  size_t n = slash == NULL ? path.n : (size_t)(slash - path.p);
  exotel_buffer_reset(out);
  exotel_url_decode(out, (exotel_slice){path.p, n}, 0);
  return n;
}

static int match_template(const char *t, exotel_slice path, exotel_buffer *account_sid,
                          exotel_buffer *subject) {
  exotel_buffer_reset(account_sid);
  exotel_buffer_reset(subject);
  while (*t != '\0' && path.n > 0) {
    size_t n = 1;
    if (*t == '{') {
      int account = strncmp(t, "{AccountSid}", 12) == 0;
      n = take_variable(path, account ? account_sid : subject);
      if (n == 0) return 0;
      t += strcspn(t, "}") + 1;
    } else if (*t++ != *path.p) {
      return 0;
    }
    path.p += n;
    path.n -= n;
  }
  return *t == '\0' && path.n == 0;
}

const exotel_operation *exotel_route_match(exotel_slice method, exotel_slice path,
                                           exotel_buffer *account_sid,
                                           exotel_buffer *subject, int *xml) {
  size_t i, n;
  const exotel_operation *operations = exotel_operations(&n);
  *xml = !take_suffix(&path, ".json");
  for (i = 0; i < n; i++) {
    if (exotel_slice_is(method, operations[i].method) &&
        match_template(operations[i].path, path, account_sid, subject))
      return &operations[i];
  }
  return NULL;
}
