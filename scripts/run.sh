#!/usr/bin/env bash
# Installs what is missing, builds the release and runs a member: clients on localhost:2379, peers on localhost:2380,
# data in ./quorate.data. Arguments go to the member and win over these: scripts/run.sh --name n1 --data-dir /var/lib/q
#
#   QUORATE_BUILD   another directory than build/release
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath -m "${QUORATE_BUILD:-$scripts/../build/release}")
# It is a variable of this script, not of the member.
unset QUORATE_BUILD

"$scripts/install-deps.sh" >&2
# The tests need packages that running does not. A tree that test.sh has configured keeps them.
options=()
grep -qs '^QUORATE_TESTS:BOOL=ON$' "$build/CMakeCache.txt" || options=(-DQUORATE_TESTS=OFF)
QUORATE_BUILD=$build "$scripts/build.sh" release ${options[@]+"${options[@]}"} -- quorate quoratectl quorateutl

# In place of this shell, so that signals reach the member.
exec "$build/bin/quorate" --data-dir quorate.data "$@"
