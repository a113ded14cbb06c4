#!/bin/sh
# Each header of the core, alone, as C++ reads it.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
CXX=${CXX:-g++}
failed=0 checked=0
for header in csrc/core/*.h; do
  "$CXX" -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only -x c++ \
    -include "$header" /dev/null || failed=$((failed + 1))
  checked=$((checked + 1))
done
echo "C++: $checked headers, $failed failed"
[ "$failed" = 0 ] && [ "$checked" -gt 0 ]
