/*
** chunk_word: those of a machine without SSE2: eight bytes in a number.
**
** SPDX-License-Identifier: MIT
*/
#undef __SSE2__

#include "chunk_cases.h"

int main(void) {
  check_chunks();
  return check_summary();
}
