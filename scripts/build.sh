#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json into build/<preset>. Packages are install-deps.sh's business.
#
#   scripts/build.sh <preset> [cmake -D options...] [-- targets...]
#
#   QUORATE_BUILD   another directory than build/<preset>
#
# Safe to interrupt: what is built stays, the next call goes on from there. Needs no HOME.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=${1:?"usage: scripts/build.sh <preset> [cmake -D options...] [-- targets...]"}
shift
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
[ $# -eq 0 ] || shift

# ccache keeps its files under HOME.
if [ -z "${HOME:-}" ]; then
  export HOME=$root/build/home
  mkdir -p "$HOME"
fi

# A compiler working on generated protobuf code takes up to this much memory.
memory_per_job_kb=1500000
jobs=$(nproc)
memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
most=$((memory_kb / memory_per_job_kb))
[ "$jobs" -le "$most" ] || jobs=$most
[ "$jobs" -ge 1 ] || jobs=1

cd "$root"
build=${QUORATE_BUILD:-build/$preset}
unset QUORATE_BUILD
cmake --preset "$preset" -B "$build" ${options[@]+"${options[@]}"} >&2
cmake --build "$build" --parallel "$jobs" ${@:+--target "$@"} >&2
