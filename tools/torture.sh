#!/bin/sh
# Lets every allocation fail in turn: in the core (spec/torture/core.c) and in every entry
# of the Lua modules (spec/torture/lua.c), under ASan and UBSan.
# Each module is linked apart, with only its luaopen_ visible, as it is in its shared object.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
CC=${CC:-cc}
LUA_INC=${LUA_INC:-/usr/include/lua5.4}
LUA_LIB=${LUA_LIB:--llua5.4}
out=build/torture
flags="-std=c99 -g -O1 -Wall -Wextra -fsanitize=address,undefined
  -fno-sanitize-recover=all -fno-omit-frame-pointer"
wrap=-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup,--wrap=free
mkdir -p "$out" || exit 2

# compile NAME SOURCE...: one object, with nothing visible but luaopen_NAME
compile() {
  name=$1
  shift
  rm -rf "$out/$name" && mkdir -p "$out/$name" || return 1
  printf '%s\n' "$@" | CC=$CC flags=$flags lua=$LUA_INC into=$out/$name xargs -P 2 -n 1 sh -c '
    $CC $flags -fvisibility=hidden -I"$lua" -c "$1" -o "$into/$(echo "$1" | tr / _).o"' sh ||
    return 1
  ld -r -o "$out/$name.o" "$out/$name"/*.o &&
    objcopy --localize-hidden "$out/$name.o"
}

core="csrc/core/base64.c csrc/core/buffer.c csrc/core/decimal.c csrc/core/header.c csrc/core/slice.c
  csrc/core/text.c csrc/core/time.c csrc/core/utf8.c"
compile core csrc/core/*.c csrc/lua/l_core.c csrc/lua/l_answer.c csrc/lua/l_api.c \
  csrc/lua/l_applet.c csrc/lua/l_gcra.c csrc/lua/l_http1.c csrc/lua/l_write.c csrc/lua/l_json.c \
  csrc/lua/l_query.c csrc/lua/l_record.c csrc/lua/l_request.c csrc/lua/l_response.c \
  csrc/lua/l_work.c || exit 1
compile curl csrc/curl/*.c csrc/lua/l_curl.c csrc/lua/l_answer.c csrc/lua/l_transfer.c \
  csrc/lua/l_multi.c csrc/sys/clock.c $core || exit 1
compile httpd csrc/httpd/*.c csrc/lua/l_httpd.c csrc/core/buffer.c csrc/sys/address.c \
  csrc/sys/clock.c || exit 1
compile sys csrc/sys/*.c csrc/lua/l_sys.c csrc/lua/l_gate.c || exit 1

$CC $flags "$wrap" -o "$out/test_core" spec/torture/core.c csrc/core/*.c -lcjson -lexpat ||
  exit 1
$CC $flags "$wrap" -I"$LUA_INC" -o "$out/test_lua" spec/torture/lua.c "$out/core.o" \
  "$out/curl.o" "$out/httpd.o" "$out/sys.o" $LUA_LIB -lcjson -lexpat -lcurl \
  -lmicrohttpd -lpthread -ldl -lm || exit 1

log=$out/log
status=0
"$out/test_core" >"$log" 2>&1 || status=1
# Every second entry each: nearly all of the time is theirs.
"$out/test_lua" 1 2 >"$log.odd" 2>&1 &
odd=$!
"$out/test_lua" 2 2 >>"$log" 2>&1 || status=1
wait "$odd" || status=1
cat "$log.odd" >>"$log"
cat "$log"
awk '/^(core|lua): / { n += $2; failed += $4; leaks += $7; parts++ }
  END { printf "torture: %d entries, %d allocations failed, %d leaks\n", n, failed, leaks
        exit parts != 3 || leaks > 0 }' "$log" || status=1
exit $status
