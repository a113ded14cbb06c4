#!/bin/sh
# Writes what each of these targets prints (`bench`, `bench-nginx`: both when none is named) into
# the fenced block of that name in docs/performance.md, below a line that says what it was printed
# on. Nothing is written when one fails.
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
page=docs/performance.md

compiler=$("$CC" -dumpfullversion -dumpversion)
lua=$("$LUA" -e 'print(_VERSION, (require("exotel.curl").version()))')
system="$(uname -sm), $(nproc) cores; $CC $compiler"

written=$(mktemp)
trap 'rm -f "$written"' EXIT
for target in ${*:-bench bench-nginx}; do
  printed=$("$MAKE" --no-print-directory -s "$target")
  case $target in
    bench) machine="$system, $(echo $lua | sed 's/ \([^ ]*\)$/, libcurl \1/')" ;;
    *) machine="$system, $(/usr/sbin/nginx -v 2>&1 | sed 's/.*: //')" ;;
  esac
  export target printed machine
  awk '
    !inside || /^```/ { print }
    $0 == "```" ENVIRON["target"] { print ENVIRON["machine"] "\n\n" ENVIRON["printed"]; inside = 1 }
    $0 == "```" { inside = 0 }
  ' "$page" >"$written"
  cat "$written" >"$page"
done
