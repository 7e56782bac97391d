#!/usr/bin/env bash
# Measures a store much larger than memory usually is: loads it, reads and writes its hot tenth and all of it, compacts,
# defragments under full writes, restarts. Prints a Markdown table.
#
#   scripts/large.sh [--gigabytes <n>] [--value-size <bytes>] [--memory <limit>] [--seconds <n>] [--out <dir>]
#                    [--subject <server>] [--tools <dir of quorate-bench and quoratectl>]
#
# Builds release, unless the programs are named. 20 GB of 4 KiB values by default. --memory 4G runs the server under that
# limit, page cache included, in a control group of either version: that of systemd-run, or one that root makes. First a
# store of 1,000 keys tells how fast the machine is when nothing has to be read. Everything stays in <dir> (build/large)
# and is removed at the end but for the log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

gigabytes=20
value_size=4096
memory=
seconds=20
out=build/large
subject=
tools=
while [ $# -gt 0 ]; do
  case "$1" in
    --gigabytes) gigabytes=$2 ;;
    --value-size) value_size=$2 ;;
    --memory) memory=$2 ;;
    --seconds) seconds=$2 ;;
    --out) out=$2 ;;
    --subject) subject=$2 ;;
    --tools) tools=$2 ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "large.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
  shift 2
done
targets=()
[ -n "$subject" ] || targets+=(quorate)
[ -n "$tools" ] || targets+=(quorate-bench quoratectl)
if [ ${#targets[@]} -gt 0 ]; then
  scripts/install-deps.sh --test
  scripts/build.sh release -- "${targets[@]}"
fi
subject=${subject:-build/release/bin/quorate}
tools=${tools:-build/release/bin}
bench=$tools/quorate-bench
ctl=$tools/quoratectl
keys=$(python3 -c "print(int(float('$gigabytes') * 1e9 / $value_size))")
hot=$((keys / 10))

mkdir -p "$out"
data=$out/data
rm -rf "$data"
read -r port peer_port < <(python3 scripts/free_ports.py 2)
url=http://127.0.0.1:$port
server_pid=
stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "-${1:-TERM}" "$server_pid" 2>/dev/null || true
  while kill -0 "$server_pid" 2>/dev/null; do sleep 0.1; done
  server_pid=
}
group=
make_group() {
  [ -n "$memory" ] || return 0
  if [ "$(ps -p 1 -o comm=)" = systemd ]; then
    limit=(systemd-run --quiet --scope -p "MemoryMax=$memory" -p MemorySwapMax=0)
    return 0
  fi
  local bytes file
  bytes=$(numfmt --from=iec "$memory")
  if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory/quorate-large-$$ file=memory.limit_in_bytes
  else
    group=/sys/fs/cgroup/quorate-large-$$ file=memory.max
  fi
  mkdir "$group"
  echo "$bytes" >"$group/$file"
  # A shell that enters the group and becomes the server.
  limit=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group")
}
trap 'stop_server; rm -rf "$data"; [ -z "$group" ] || rmdir "$group"' EXIT
trap 'exit 130' INT TERM

start_server() {
  local started
  started=$(date +%s.%N)
  : >"$out/log"
  "${limit[@]}" "$subject" --name large --data-dir "$data" --quota-backend-bytes=-1 --log-level info \
    --listen-client-urls "$url" --advertise-client-urls "$url" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-cluster "large=http://127.0.0.1:$peer_port" >>"$out/log" 2>&1 &
  server_pid=$!
  disown
  until grep -q 'ready to serve client requests' "$out/log"; do
    kill -0 "$server_pid" 2>/dev/null || { echo "large.sh: the server ended:" >&2; tail -3 "$out/log" >&2; exit 1; }
    sleep 0.05
  done
  # systemd-run becomes the server, or stays its parent.
  server_pid=$(grep -o '"pid":[0-9]*' "$out/log" | head -1 | cut -d: -f2)
  started=$(python3 -c "import time; print(f'{time.time() - $started:.1f}')")
  echo "| start | $started s | | | | |"
}

metric() { python3 -c "import sys, urllib.request
for line in urllib.request.urlopen('$url/metrics').read().decode().splitlines():
    if line.split(' ')[0] == sys.argv[1]: print(int(float(line.split()[1])))" "$1"; }
stored() {
  echo "$(($(metric etcd_mvcc_db_total_size_in_use_in_bytes) / 1000000)) / $(($(metric quorate_rocksdb_table_bytes) / 1000000)) MB"
}
resident() { awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$server_pid/status"; }

# measure <name> <flags of quorate-bench...>
measure() {
  local name=$1
  shift
  "$bench" "$@" --endpoints "$url" --server-pid "$server_pid" --value-size "$value_size" --json >"$out/run.json"
  python3 - "$name" "$out/run.json" "$(resident)" <<'PYTHON'
import json, sys
name, path, resident = sys.argv[1:]
figures = json.load(open(path))
assert not figures["error_count"], figures
print(f'| {name} | {figures["requests_per_s"]:,.0f} | {figures["latency_us"]["p50"] / 1000:.1f} ms '
      f'| {figures["latency_us"]["p99"] / 1000:.1f} ms | {figures["server"]["cpu_us_per_request"]:.0f} us '
      f'| {resident} MiB |')
PYTHON
}

echo "$keys keys with $value_size bytes each (${gigabytes} GB)${memory:+, memory limited to $memory}:"
echo
echo "| | requests/s | p50 | p99 | CPU per request | resident |"
echo "|---|--:|--:|--:|--:|--:|"
limit=()
make_group
start_server
few=(-c 50 -m 20 -t 2 --keys 1000 --duration "$seconds")
measure "Get, 1,000 keys" get "${few[@]}"
measure "Put, 1,000 keys" put "${few[@]}"
stop_server
rm -rf "$data"
start_server
before=$(date +%s.%N)
"$bench" get -c 50 -m 20 -t 2 --keys "$keys" --value-size "$value_size" --endpoints "$url" --warm-up 0 --duration 0.1 \
  --json >"$out/run.json"
python3 -c "import time; print(f'| load, each key once | {$keys / (time.time() - $before):,.0f} | | | | $(resident) MiB |')"
echo "| stored / on disk | $(stored) | | | | |"
for share in "$hot hot tenth" "$keys all keys"; do
  read -r count words <<<"$share"
  # The second time what is read may be in memory.
  for time in "" ", again"; do
    measure "Get, $words$time" get -c 50 -m 20 -t 2 --keys "$count" --no-preload --duration "$seconds"
  done
  measure "Put, $words" put -c 50 -m 20 -t 2 --keys "$count" --duration "$seconds"
done
revision=$(metric etcd_debugging_mvcc_current_revision)
"$ctl" --endpoints "$url" --command-timeout 24h compaction "$revision" >/dev/null
before=$(date +%s.%N)
"$ctl" --endpoints "$url" --command-timeout 24h defrag >"$out/defrag" 2>&1 &
defrag=$!
while kill -0 "$defrag" 2>/dev/null; do
  measure "Put of the hot tenth while defragmenting" put -c 50 -m 20 -t 2 --keys "$hot" --duration "$seconds"
done
wait "$defrag"
python3 -c "import time; print(f'| compact and defrag | {time.time() - $before:.0f} s | | | | |')"
echo "| stored / on disk | $(stored) | | | | |"
stop_server
start_server
stop_server KILL
start_server
measure "Get of the hot tenth after kill -9" get -c 50 -m 20 -t 2 --keys "$hot" --no-preload --duration "$seconds"
