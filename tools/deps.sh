#!/bin/sh
# Makes sure that the packages for a purpose are there: `run` (build and demo), `bench`, `test`,
# `nginx`, `redis`, `bench-nginx` or `lint`; with the Lua that $LUA names (lua5.4).
# Debian, as root: installs what is missing. Debian, else: prints the command and fails.
# Other systems: prints the list, and fails only where the build would.
# SPDX-License-Identifier: MIT
set -eu

purpose=${1:-run}
# Not Debian's luajit: it would take the place of the one that nginx's Lua module needs.
case ${LUA:-lua5.4} in
  *lua5.1) lua="lua5.1 liblua5.1-0-dev" ;;
  *lua5.2) lua="lua5.2 liblua5.2-dev" ;;
  *lua5.3) lua="lua5.3 liblua5.3-dev" ;;
  *luajit) lua="luajit2 libluajit2-5.1-dev" ;;
  *) lua="lua5.4 liblua5.4-dev" ;;
esac

run="gcc make libc6-dev $lua libcurl4-openssl-dev libcjson-dev libexpat1-dev
  libmicrohttpd-dev"
test="lua-busted lua-check lua-socket lua-cqueues valgrind g++ clang clang-format clang-tidy
  libclang-rt-14-dev nginx-light openssl curl ca-certificates luarocks"

lint="lua5.1 lua5.4 liblua5.1-0-dev liblua5.2-dev liblua5.3-dev liblua5.4-dev libluajit2-5.1-dev"
bench="lua-cjson lua-dkjson lua-socket valgrind nginx-light openssl"
nginx="nginx-light libnginx-mod-http-lua luajit2 libluajit2-5.1-dev"
# lua-nginx-redis brings Debian's nginx-extras, which nginx-light doesn't mind.
redis="redis-server lua-redis lua-nginx-redis"

case $purpose in
  run) packages=$run ;;
  bench) packages="$run $bench" ;;
  lint) packages="$run $test $lint" ;;
  nginx) packages="$run $test $nginx" ;;
  redis) packages="$run $test $nginx $redis" ;;
  bench-nginx) packages="$run $nginx $bench wrk" ;;
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
# A server package must not start its service: the specs start their own. A mirror that breaks
# off is asked again, and another apt-get waited for.
again="-o Acquire::Retries=5 -o DPkg::Lock::Timeout=120"
if { apt-get $again update &&
  RUNLEVEL=1 apt-get $again install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  exit 0
fi
cat "$log"
exit 1
