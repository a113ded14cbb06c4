#!/bin/sh
# Writes the reference anew, elsewhere, and fails with the difference where docs is stale.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 2
LUA=${LUA:-lua5.4}
fresh=$(mktemp -d) || exit 2
trap 'rm -rf "$fresh"' EXIT

"$LUA" tools/reference.lua "$fresh" || exit 1
status=0
for name in reference.md exotel.d.lua; do
  diff -u "docs/$name" "$fresh/$name" || status=1
done
if [ "$status" = 0 ]; then
  echo "check-reference: docs is as the module is"
else
  echo "check-reference: docs is stale: make reference"
fi
exit $status
