/* time_url: times, offsets, base addresses, addresses passed on, paths.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/endpoint.h"
#include "../csrc/core/slice.h"
#include "../csrc/core/time.h"
#include "../csrc/core/url.h"

/* A path that is taken leaves neither the host nor what it names. */
static void must_stay_on_host(exotel_slice path) {
  exotel_buffer *out = buffer(1), *scratch = buffer(2);
  exotel_target target;
  exotel_error e;
  memset(&target, 0, sizeof target);
  target.base = exotel_slice_of("https://h");
  target.account_sid = exotel_slice_of("a");
  exotel_error_clear(&e);
  if (exotel_endpoint_url(out, path, exotel_slice_of(""), &target, scratch, &e) !=
      EXOTEL_OK)
    return;
  must(out->n >= 10 && memcmp(out->p, "https://h/", 10) == 0 && out->p[10] != '/');
  must(strpbrk(out->p, "\r\n \\@#") == NULL);
  out->p[strcspn(out->p, "?")] = '\0';
  must(strstr(out->p, "/../") == NULL && strstr(out->p, "/./") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static const char *const schemes[] = {"http://", "wss://", NULL};
  exotel_slice text = slice(p, n);
  exotel_base base, again;
  exotel_buffer *out = buffer(0);
  long long epoch;
  long offset;
  size_t at = 1;
  must(exotel_time_read(text, 0, &epoch, &at) || (at >= 1 && at <= n + 1));
  must(!exotel_offset_read(text, &offset) || (offset < 54000 && offset > -54000));
  must_stay_on_host(text);
  must(exotel_url_check(text, schemes, &at) == NULL || (at >= 1 && at <= n + 1));
  if (exotel_base_read(text, &base, &at) != NULL)
    return at >= 1 && at <= n + 1 ? 0 : (abort(), 0);
  exotel_base_write(out, &base);
  must(exotel_base_read(held(out), &again, &at) == NULL && !again.has_credentials);
  must(same(again.host, base.host) && again.loopback == base.loopback);
  return 0;
}
