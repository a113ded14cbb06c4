#!/bin/sh
# The C tests, which know no Lua, and the specs on each Lua that is named; shows what each said
# in that order, and ends with one line that counts all of them.
#   sh tools/test_all.sh LUA...
# $JOBS of them (5) run at a time: the specs wait more than they compute, take ports that the
# system chooses, and each Lua has its place in build.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# One after the other, since only one can install packages.
for lua in "$@"; do
  LUA=$lua sh tools/deps.sh test || exit 1
done

# Not in the background of this shell, where SIGINT would be ignored, and so by every child.
printf '%s\n' "$@" | MAKE=${MAKE:-make} logs=$logs xargs -P "${JOBS:-5}" -n 1 sh -c '
  target=specs
  [ "$1" != lua5.4 ] || target=test
  $MAKE --no-print-directory $target LUA="$1" >"$logs/$1" 2>&1
  echo $? >"$logs/$1.status"
  echo "$1: $(tail -n 1 "$logs/$1")"' sh

passed=0 failed=0 told=
for lua in "$@"; do
  echo "=== $lua"
  cat "$logs/$lua"
  status=$(cat "$logs/$lua.status")
  counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/$lua" | tail -1)
  counts=${counts:-0 1}
  [ "$status" = 0 ] || [ "${counts#* }" != 0 ] || counts="${counts% *} 1"
  told="$told$lua: ${counts% *} passed, ${counts#* } failed
"
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done

printf '%s' "$told"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
