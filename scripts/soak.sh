#!/usr/bin/env bash
# Two hours of mixed load on one server that is killed every few minutes, with a checker of all that it answers; prints
# what was found and what the server took, and exits with 1 when something was found (tests/soak/soak.cc).
#
#   scripts/soak.sh [--seconds <n>] [--sanitize address] [--kill-every <seconds>] [--rate <calls a second>] [--seed <n>]
#                   [--subject <server>]
#
# Installs what is missing and builds the release; with --sanitize the server is that of the asan preset. Data goes to
# $TMPDIR or /tmp: a few hundred MB.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sanitize=
subject=
options=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --seconds | --rate | --seed) options+=("$1=${2:?}") ;;
    --kill-every) options+=("--kill_every=${2:?}") ;;
    --sanitize) sanitize=${2:?} ;;
    --subject) subject=${2:?} ;;
    *) echo "soak.sh: unknown argument '$1' (--help)" >&2; exit 2 ;;
  esac
  shift 2
done

"$scripts/install-deps.sh" --test
"$scripts/build.sh" release -DQUORATE_TESTS=ON -- quorate quorate_soak
case $sanitize in
  "") server=release ;;
  address) server=asan && "$scripts/build.sh" asan -DQUORATE_TESTS=ON -- quorate ;;
  *) echo "soak.sh: --sanitize knows address" >&2; exit 2 ;;
esac
QUORATE_SUBJECT=${subject:-$scripts/../build/$server/bin/quorate} \
  exec "$scripts/../build/release/tests/soak/quorate_soak" ${options[@]+"${options[@]}"}
