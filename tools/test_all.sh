#!/bin/sh
# The C tests, which know no Lua, and the specs on each Lua that is named, one after the other;
# ends with one line that counts all of them.
#   sh tools/test_all.sh LUA...
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
make=${MAKE:-make}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 told=

for lua in "$@"; do
  target=specs
  [ "$lua" != lua5.4 ] || target=test
  $make --no-print-directory "$target" LUA="$lua" 2>&1 | tee "$log"
  counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -1)
  counts=${counts:-0 1}
  told="$told$lua: ${counts% *} passed, ${counts#* } failed
"
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done

printf '%s' "$told"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
