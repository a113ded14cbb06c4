#!/bin/sh
# Makes sure that the packages for a purpose are there: `run` (build and demo), `bench` or
# `test`.
# Debian, as root: installs what is missing. Debian, else: prints the command and fails.
# Other systems: prints the list, and fails only where the build would.
# SPDX-License-Identifier: MIT
set -eu

purpose=${1:-run}
run="gcc make libc6-dev lua5.4 liblua5.4-dev libcurl4-openssl-dev libcjson-dev libexpat1-dev
  libmicrohttpd-dev"
test="lua-busted lua-check lua-socket lua-cqueues valgrind g++ clang clang-format clang-tidy
  libclang-rt-14-dev liblua5.1-0-dev nginx-light openssl curl ca-certificates luarocks"

bench="lua-cjson lua-dkjson lua-socket valgrind nginx-light openssl"

case $purpose in
  run) packages=$run ;;
  bench) packages="$run $bench" ;;
  *) packages="$run $test" ;;
esac

if [ ! -f /etc/debian_version ]; then
  echo "This is no Debian: nothing is installed. These Debian packages name what is needed:"
  echo "$packages" | tr -s ' \n' '\n' | sed 's/^/  /'
  exit 0
fi

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "Packages are missing. As root:"
  echo "apt-get install -y --no-install-recommends$missing"
  exit 1
fi

echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A server package must not start its service: the specs start their own.
if { apt-get update && RUNLEVEL=1 apt-get install -y --no-install-recommends $missing; } \
  >"$log" 2>&1; then
  exit 0
fi
cat "$log"
exit 1
