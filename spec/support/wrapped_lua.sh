#!/bin/sh
# Lua as the child of this script, which doesn't pass on the signals that it gets.
# SPDX-License-Identifier: MIT
"${LUA:-lua5.4}" "$@"
exit $?
