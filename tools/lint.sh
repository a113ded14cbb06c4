#!/bin/sh
# Style and warnings, all as errors: luacheck over the Lua, clang-format and clang-tidy over
# the C, and every C source by gcc and clang on the headers of Lua 5.4 and 5.1.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0

warnings="-Wall -Wextra -pedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wwrite-strings -Werror"
sources=$(find csrc -name '*.c')
all_c=$(find csrc spec fuzz bench -name '*.[ch]')

luacheck --quiet --no-color lua bin/exotel spec examples tools bench || bad=1
clang-format --dry-run --Werror $all_c || bad=1

for compiler in gcc clang; do
  for lua in 5.4 5.1; do
    for source in $sources; do
      $compiler -std=c99 $warnings -O1 -fsyntax-only -I/usr/include/lua$lua "$source" || bad=1
    done
  done
done

sh tools/check_cxx.sh || bad=1

clang-tidy --quiet --warnings-as-errors='*' $sources -- -std=c99 -I/usr/include/lua5.4 \
  2>/dev/null || bad=1

[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
