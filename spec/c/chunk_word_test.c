/*
** chunk_word: chunk_test.c where there is no SSE2.
**
** SPDX-License-Identifier: MIT
*/
#undef __SSE2__

#include "chunk_test.c"
