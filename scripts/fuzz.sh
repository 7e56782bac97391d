#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each for a minute, seeds first: scripts/fuzz.sh [--seconds N] [target...]
# Targets are the names of fuzz/*_fuzz.cc; none: all. What is found is left in build/fuzz/found/<target>; what was worth
# keeping in build/fuzz/corpus/<target>, and is where the next run begins.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${QUORATE_FUZZ_BUILD:-$scripts/../build/fuzz}
seconds=60
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    -*) echo "usage: scripts/fuzz.sh [--seconds N] [target...]" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [ ${#targets[@]} -eq 0 ]; then
  for source in "$scripts"/../fuzz/*_fuzz.cc; do
    name=$(basename "$source" _fuzz.cc)
    targets+=("$name")
  done
fi

cmake --preset fuzz -S "$scripts/.." -B "$build" > /dev/null
cmake --build "$build" --target "${targets[@]/#/fuzz_}"

failed=()
for target in "${targets[@]}"; do
  corpus=$build/corpus/$target
  found=$build/found/$target
  mkdir -p "$corpus" "$found"
  program=$build/fuzz/fuzz_$target
  QUORATE_FUZZ_SEEDS=$corpus "$program"
  log=$found/log
  if "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -artifact_prefix="$found/" \
      -print_final_stats=1 "$corpus" > "$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$target: survived $runs runs in $seconds s"
  else
    echo "$target: FAILED, see $log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} -eq 0 ]
