#!/bin/sh
# Runs the core's C tests and the specs, or `specs` alone, or those of `nginx` or `redis`, on $LUA,
# and ends with one line that counts them.
# A spec that is pending counts as failed: nothing is passed over in silence.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
LUA=${LUA:-lua5.4}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0
specs=spec
case ${1:-} in nginx | redis) specs=spec/$1 ;; esac

for test in build/ctest/*; do
  [ $# = 0 ] || break
  [ -x "$test" ] || continue
  case $test in *.d) continue ;; esac
  "$test" >"$log" 2>&1
  status=$?
  cat "$log"
  counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -1)
  if [ -z "$counts" ]; then
    counts="0 1"
  elif [ "$status" != 0 ] && [ "${counts#* }" = 0 ]; then
    counts="${counts% *} 1" # the tests passed and the sanitizer found a leak
  fi
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done

# Lines of busted's + - * . are for eyes on a terminal; in a log they hide what failed.
seen() {
  if [ -t 1 ]; then cat; else sed -e '/^[-+*.]\{2,\}$/d' -e 's/^[-+*.]\{8,\}//'; fi
}

busted --lua="$LUA" --no-recursive -o plainTerminal $specs 2>&1 | tee "$log" | seen
counts=$(sed -n 's|^\([0-9]*\) success[a-z]* / \([0-9]*\) failure[s]* / \([0-9]*\) error[s]* / \([0-9]*\) pending.*|\1 \2 \3 \4|p' "$log" | tail -1)
if [ -z "$counts" ]; then
  echo "busted gave no summary"
  failed=$((failed + 1))
else
  set -- $counts
  passed=$((passed + $1)) failed=$((failed + $2 + $3 + $4))
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
