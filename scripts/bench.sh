#!/usr/bin/env bash
# Measures Quorate beside etcd in one run and prints a Markdown table: every figure of both, their ratio, the bar, and
# whether it is met.
#
#   scripts/bench.sh [--quick] [--seconds <n>] [--only <case>,...] [--list] [--sweep all|<sweep>,...] [--out <dir>]
#                    [--reference <etcd>] [--subject <server>] [--tool <quorate-bench>]
#
# Builds release, and the etcd that tests/reference pins, unless they are named. Every case gets a fresh server with a
# fresh data directory on free loopback ports, etcd first, Quorate second; both are started and ended here, by process
# id. The figures of the run stay in <dir> (build/bench) as results.<time>.json. --sweep measures how cost grows instead,
# into sweep-<name>.<time>.json; scripts/plot.py draws those. scripts/large.sh measures a store larger than memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

reference=
subject=
tool=
rest=()
build=true
while [ $# -gt 0 ]; do
  case "$1" in
    --reference) reference=$2; shift ;;
    --subject) subject=$2; shift ;;
    --tool) tool=$2; shift ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --list) build=false; rest+=("$1") ;;
    *) rest+=("$1") ;;
  esac
  shift
done

if $build; then
  targets=()
  [ -n "$subject" ] || targets+=(quorate)
  [ -n "$tool" ] || targets+=(quorate-bench)
  if [ ${#targets[@]} -gt 0 ] || [ -z "$reference" ]; then
    scripts/install-deps.sh --test
  fi
  if [ ${#targets[@]} -gt 0 ]; then
    cmake --preset release >/dev/null
    cmake --build build/release --target "${targets[@]}" >&2
  fi
  [ -n "$reference" ] || tests/reference/build.sh build/release/reference
fi
PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 exec python3 -m benchmark \
  --reference "${reference:-build/release/reference/etcd}" --subject "${subject:-build/release/bin/quorate}" \
  --tool "${tool:-build/release/bin/quorate-bench}" ${rest[@]+"${rest[@]}"}
