#!/bin/sh
# The walls between the folders of csrc: who may include what, and who may call the system.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0

# deny WHAT PATTERN FILES...: no file may match.
deny() {
  what=$1 pattern=$2
  shift 2
  if [ $# = 0 ]; then
    echo "no file to check for: $what"
    bad=1
  fi
  found=$(grep -nE "$pattern" "$@" /dev/null)
  if [ -n "$found" ]; then
    echo "wall broken: $what"
    echo "$found" | sed 's/^/  /'
    bad=1
  fi
}

outside() { # all sources but those of the folders named
  folders=$(echo "$*" | tr ' ' '|')
  find csrc -name '*.[ch]' | grep -vE "^csrc/($folders)/"
}

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
posix='(unistd|sys/|poll|signal|pthread|fcntl|netdb|netinet|arpa|termios|dlfcn|spawn)'
deny "lua.h outside csrc/lua" "$include(lua|lauxlib|lualib)\.h" $(outside lua)
deny "curl.h outside csrc/curl" "${include}curl/" $(outside curl)
deny "microhttpd.h outside csrc/httpd" "${include}microhttpd" $(outside httpd)
deny "expat.h outside csrc/core/xml.c" "${include}expat" \
  $(find csrc -name '*.[ch]' ! -path csrc/core/xml.c)
deny "POSIX outside csrc/sys, csrc/curl, csrc/httpd" "$include$posix" $(outside sys curl httpd)
deny "a system header in csrc/core" "$include(time|errno|locale|unistd|setjmp|signal)\.h>" \
  csrc/core/*.[ch]
deny "I/O, clock or environment in csrc/core" \
  '(^|[^a-z_])(fopen|fread|fwrite|printf|fprintf|puts|getenv|time|clock|rand|srand|system|exit|abort|setlocale|localtime|gmtime|mktime)[[:space:]]*\(' \
  csrc/core/*.c
deny "a variable of static or global life in csrc/core" \
  '^(static )?(int|char|size_t|long|unsigned|double|exotel_[a-z]+) \*?[a-z_]+( = .*)?;' csrc/core/*.c
deny "another folder in csrc/core" '#include "\.\./' csrc/core/*.[ch]
deny "protocol bytes parsed in Lua" '(gmatch|[^a-z]string\.unpack)[ ({]' $(find lua -name '*.lua')

[ "$bad" = 0 ] && echo "check-layers: every wall stands"
exit "$bad"
