/* time_url: times, offsets, base addresses, addresses passed on.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/time.h"
#include "../csrc/core/url.h"

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
  must(exotel_url_check(text, schemes, &at) == NULL || (at >= 1 && at <= n + 1));
  if (exotel_base_read(text, &base, &at) != NULL)
    return at >= 1 && at <= n + 1 ? 0 : (abort(), 0);
  exotel_base_write(out, &base);
  must(exotel_base_read(held(out), &again, &at) == NULL && !again.has_credentials);
  must(same(again.host, base.host) && again.loopback == base.loopback);
  return 0;
}
