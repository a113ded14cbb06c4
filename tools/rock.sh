#!/bin/sh
# Builds the rock from a copy of the tree, offline and with Debian's LuaRocks alone, and calls
# it from there: once whole, and once without libcurl and libmicrohttpd.
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
LUA=${LUA:-lua5.4}
LUA_ABI=${LUA_ABI:-5.4}
top=$PWD
out=$top/build/rock
rm -rf "$out"
mkdir -p "$out/source" "$out/home"
tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$out/source"

# install TREE MODULES: what luarocks says is shown only where it fails. Whoever asks for the
# network meets a proxy that isn't there.
install() {
  (
    cd "$out/source"
    unset LUA_PATH LUA_CPATH MAKEFLAGS MFLAGS
    env HOME="$out/home" http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
      EXOTEL_MODULES="$2" luarocks --lua-version="$LUA_ABI" make --tree "$out/$1" \
      --deps-mode=none rockspec/exotel-dev-1.rockspec
  ) >"$out/$1.log" 2>&1 && return
  cat "$out/$1.log"
  return 1
}

# in_tree TREE COMMAND...: with nothing of ours but what the tree has.
in_tree() {
  tree=$out/$1
  shift
  (
    cd "$out/home"
    env -i PATH="$PATH" HOME="$out/home" LUA_PATH="$tree/share/lua/$LUA_ABI/?.lua" \
      LUA_CPATH="$tree/lib/lua/$LUA_ABI/?.so" "$@"
  )
}

install whole "core curl httpd sys"
in_tree whole "$LUA" "$top/tools/rock.lua" "$out/whole" "$top"
in_tree whole "$out/whole/bin/exotel" --version

install least "core sys"
in_tree least "$LUA" "$top/tools/rock.lua" "$out/least" "$top" exotel.curl exotel.httpd
