#!/bin/sh
# Style and warnings, all as errors: luacheck over the Lua, clang-format and clang-tidy over
# the C; every C source by gcc and clang, and those of csrc/lua on the headers of every Lua; the
# Lua by the compiler of 5.1, which takes the least.
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

# check COMPILER LUA SOURCE...
check() {
  compiler=$1 lua=$2
  shift 2
  printf '%s\n' "$@" | xargs -P 2 -n 12 \
    "$compiler" -std=c99 $warnings -O1 -fsyntax-only "-I/usr/include/$lua" || bad=1
}

for compiler in gcc clang; do
  check $compiler lua5.4 $sources
  for lua in lua5.1 lua5.2 lua5.3 luajit-2.1; do check $compiler $lua csrc/lua/*.c; done
done

for source in bin/exotel $(find lua examples spec tools -name '*.lua'); do
  luac5.1 -p "$source" || bad=1
done

sh tools/check_cxx.sh || bad=1

# It takes most of the time.
echo "$sources" | xargs -P 2 -n 8 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$@" \
  -- -std=c99 -I/usr/include/lua5.4 2>/dev/null' sh || bad=1

[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
