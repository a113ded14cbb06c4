/*
** chunk: the chunks that this machine has.
**
** SPDX-License-Identifier: MIT
*/
#include "chunk_cases.h"

int main(void) {
  check_chunks();
  return check_summary();
}
