#!/usr/bin/env bash
# Runs each fuzz target for a minute, seeds first, and prints a line for each.
#
#   scripts/fuzz.sh [--seconds <n>] [target...]
#
# Installs what is missing and builds with clang. Targets are the names of fuzz/*_fuzz.cc; none: all. What is found is
# left in build/fuzz/found/<target>, beside the log; what was worth keeping in build/fuzz/corpus/<target>, and is where
# the next run begins. QUORATE_FUZZ_BUILD names another directory than build/fuzz.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath -m "${QUORATE_FUZZ_BUILD:-$scripts/../build/fuzz}")
seconds=60
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --seconds) seconds=${2:?}; shift ;;
    -*) echo "fuzz.sh: unknown argument '$1' (--help)" >&2; exit 2 ;;
    *) targets+=("$1") ;;
  esac
  shift
done
if [ ${#targets[@]} -eq 0 ]; then
  for source in "$scripts"/../fuzz/*_fuzz.cc; do
    targets+=("$(basename "$source" _fuzz.cc)")
  done
fi

"$scripts/install-deps.sh" --dev
QUORATE_BUILD=$build "$scripts/build.sh" fuzz -- "${targets[@]/#/fuzz_}"

# The last number that the log says of a name: "cov: 1234".
last() { grep -o "$1: *[0-9]*" "$2" | tail -1 | grep -o '[0-9]*$'; }

failed=()
for target in "${targets[@]}"; do
  corpus=$build/corpus/$target
  found=$build/found/$target
  log=$found/log
  mkdir -p "$corpus" "$found"
  program=$build/fuzz/fuzz_$target
  QUORATE_FUZZ_SEEDS=$corpus "$program"
  if "$program" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 -max_len=16384 -artifact_prefix="$found/" \
      -print_final_stats=1 "$corpus" >"$log" 2>&1; then
    echo "$target: survived $(last stat::number_of_executed_units "$log") runs in $seconds s;" \
      "$(last cov "$log") edges covered, $(find "$corpus" -type f | wc -l) inputs kept"
  else
    echo "$target: FAILED, see $log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} -eq 0 ]
