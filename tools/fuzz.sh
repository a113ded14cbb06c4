#!/bin/sh
# Fuzzes every target of fuzz/ for SECONDS (60) in all, two at a time, each from a copy of
# its corpus. One line a target; a crash is kept under build/fuzz/crashes, named, and fails.
# SPDX-License-Identifier: MIT
total=${SECONDS:-60} # first: in a shell that counts them this is a clock
set -u
cd "$(dirname "$0")/.." || exit 2
CLANG=${CLANG:-clang}
case $total in
  '' | *[!0-9]*) echo "SECONDS is a whole number, not '$total'" >&2; exit 2 ;;
esac
out=build/fuzz
rm -rf "$out/work" && mkdir -p "$out/work" "$out/crashes" || exit 2

targets='' count=0
for source in fuzz/*.c; do
  target=$(basename "$source" .c)
  "$CLANG" -std=c99 -g -O1 -Wall -Wextra -fno-sanitize-recover=all \
    -fsanitize=fuzzer,address,undefined -o "$out/$target" "$source" csrc/core/*.c \
    -lcjson -lexpat || exit 1
  targets="$targets $target" count=$((count + 1))
done
[ "$count" -gt 0 ] || exit 1
rounds=$(((count + 1) / 2))
each=$((total / rounds))
[ "$each" -gt 0 ] || each=1

# The corpus is copied, so that what the fuzzer finds doesn't end up in the tree.
run() {
  mkdir -p "$out/work/$1"
  cp fuzz/corpus/"$1"/* "$out/work/$1" || return 1
  "$out/$1" -max_total_time="$each" -max_len=4096 -timeout=5 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$out/crashes/$1-" "$out/work/$1" \
    >"$out/$1.log" 2>&1
  echo $? >"$out/$1.status"
}

# One target's line; returns 1 for a failure.
report() {
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$1.log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$out/$1.log")
  status=$(cat "$out/$1.status" 2>/dev/null || echo none)
  printf '%-10s %10s runs %8s exec/s\n' "$1" "${runs:-0}" "${speed:-0}"
  [ "$status" = 0 ] && [ "${runs:-0}" -gt 0 ] && return 0
  echo "FAILED $1 (status $status, $out/$1.log)"
  grep -E 'Test unit written|ERROR|runtime error|deadly signal' "$out/$1.log"
  return 1
}

status=0
set -- $targets
while [ $# -gt 0 ]; do
  first=$1 second=${2:-}
  rm -f "$out/$first.status" ${second:+"$out/$second.status"}
  run "$first" &
  if [ -n "$second" ]; then run "$second" & fi
  wait
  report "$first" || status=1
  if [ -n "$second" ]; then report "$second" || status=1; fi
  shift
  [ $# -eq 0 ] || shift
done
echo "fuzz: $count targets, $each s each"
exit $status
