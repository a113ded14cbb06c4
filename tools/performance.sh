#!/bin/sh
# Writes what `make bench` prints into the fenced block of docs/performance.md, below a line that
# says what it was printed on. Nothing is written when a bench fails.
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
page=docs/performance.md

printed=$("$MAKE" --no-print-directory -s bench)
compiler=$("$CC" -dumpfullversion -dumpversion)
lua=$("$LUA" -e 'print(_VERSION, (require("exotel.curl").version()))')
machine="$(uname -sm), $(nproc) cores; $CC $compiler, $(echo $lua | sed 's/ \([^ ]*\)$/, libcurl \1/')"

written=$(mktemp)
trap 'rm -f "$written"' EXIT
export printed machine
awk '
  !inside || /^```/ { print }
  /^```/ && !inside { print ENVIRON["machine"] "\n\n" ENVIRON["printed"] }
  /^```/ { inside = !inside }
' "$page" >"$written"
cat "$written" >"$page"
