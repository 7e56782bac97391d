#!/usr/bin/env bash
# Starts members on damaged data directories, thousands of times, and prints what became of them.
#
#   scripts/damage.sh [--cases <n>] [--seed <n>] [--servers <n>]
#
# Installs what is missing and builds. --cases (5,000) are tried below the API, each in a child process, and a third as
# many on snapshots; --servers (50) with the server's own binary. Every case comes out of the seed and its number; one
# that fails is told with both, and can be had alone with quorate_damage_test --seed=<n> --only=<case> --keep.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath -m "${QUORATE_BUILD:-$scripts/../build/release}")
cases=5000
seed=$RANDOM
servers=50
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --cases) cases=${2:?}; shift ;;
    --seed) seed=${2:?}; shift ;;
    --servers) servers=${2:?}; shift ;;
    *) echo "damage.sh: unknown argument '$1' (--help)" >&2; exit 2 ;;
  esac
  shift
done

"$scripts/install-deps.sh" --dev
QUORATE_BUILD=$build "$scripts/build.sh" release -DQUORATE_TESTS=ON -- quorate quorate_damage_test quorate_damaged_server_test

echo "seed $seed"
"$build/tests/damage/quorate_damage_test" --gtest_brief=1 "--cases=$cases" "--seed=$seed"
QUORATE_SUBJECT=$build/bin/quorate "$build/tests/damage/quorate_damaged_server_test" --gtest_brief=1 \
  "--cases=$servers" "--seed=$seed"
