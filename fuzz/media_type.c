/* media_type: a boundary is legal and stands in the text; quoted, any boundary comes back.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/media_type.h"

static const char legal[] = "'()+_,-./:=? 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz";

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static exotel_media_type m, again;
  exotel_buffer *text = buffer(0);
  size_t i;
  exotel_media_type_read(slice(p, n), &m);
  must(m.media <= EXOTEL_MEDIA_OTHER && m.boundary_size <= EXOTEL_BOUNDARY_MAX);
  if (m.boundary_size == 0) return 0;
  for (i = 0; i < m.boundary_size; i++)
    must(m.boundary[i] != '\0' && strchr(legal, m.boundary[i]) != NULL);
  must(m.boundary[m.boundary_size - 1] != ' ');
  must(memmem(p, n, m.boundary, m.boundary_size) != NULL);
  exotel_buffer_adds(text,
                     "Multipart/Form-Data; charset=\"\\\";boundary=x\";BOUNDARY=\"");
  exotel_buffer_add(text, m.boundary, m.boundary_size);
  exotel_buffer_adds(text, "\"");
  exotel_media_type_read(held(text), &again);
  must(again.media == EXOTEL_MEDIA_MULTIPART && again.boundary_size == m.boundary_size);
  must(memcmp(again.boundary, m.boundary, m.boundary_size) == 0);
  return 0;
}
