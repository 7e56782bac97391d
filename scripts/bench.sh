#!/usr/bin/env bash
# Measures Quorate beside etcd in one run and prints a Markdown table with their ratios.
#
#   scripts/bench.sh [--seconds <n>] [--only <scenario>,...] [--out <dir>] [--reference <etcd>] [--subject <server>]
#
# Builds release, and the etcd that tests/reference pins. Every scenario gets a fresh server with a fresh data directory
# on free loopback ports, etcd first, Quorate second; both are started and ended here, by process id. The figures of each
# run stay in <dir> (build/bench by default) as JSON.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=10
only=
out=build/bench
reference=
subject=
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2 ;;
    --only) only=$2 ;;
    --out) out=$2 ;;
    --reference) reference=$2 ;;
    --subject) subject=$2 ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
  shift 2
done

# name, then the flags of quorate-bench.
scenarios=(
  "put put -c 50 -m 20"
  "put-serial put"
  "put-4k put -c 50 -m 20 --value-size 4096"
  "put-64k put -c 50 -m 2 --value-size 65536 --keys 1000"
  "put-2000/s put -c 10 -m 20 --rate 2000"
  "get-linearizable get -c 50 -m 20"
  "get-serializable get -c 50 -m 20 --serializable"
  "txn txn -c 50 -m 20"
  "mixed mixed -c 50 -m 20 --read-share 0.9"
)

build() {
  scripts/install-deps.sh --test
  cmake --preset release >/dev/null
  targets=(quorate-bench)
  [ -n "$subject" ] || targets+=(quorate)
  cmake --build build/release --target "${targets[@]}" >&2
  if [ -z "$reference" ]; then
    tests/reference/build.sh build/release/reference
    reference=build/release/reference/etcd
  fi
  [ -n "$subject" ] || subject=build/release/bin/quorate
}

server_pid=
data=
stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=
  rm -rf "$data"
}
trap stop_server EXIT
trap 'exit 130' INT TERM

free_ports() {
  python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])'
}

# start_server <binary>: sets server_pid, client_url, data.
start_server() {
  local ports peer_url
  read -r -a ports < <(free_ports)
  client_url=http://127.0.0.1:${ports[0]}
  peer_url=http://127.0.0.1:${ports[1]}
  data=$(mktemp -d "$out/data.XXXXXX")
  : >"$data/log"
  "$1" --name bench --data-dir "$data/member" --listen-client-urls "$client_url" --advertise-client-urls "$client_url" \
    --listen-peer-urls "$peer_url" --initial-advertise-peer-urls "$peer_url" --initial-cluster "bench=$peer_url" \
    >"$data/log" 2>&1 &
  server_pid=$!
  for _ in $(seq 300); do
    grep -q 'ready to serve client requests' "$data/log" && return 0
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "bench.sh: $1 did not start:" >&2
  tail -5 "$data/log" >&2
  return 1
}

build
mkdir -p "$out"
rm -f "$out"/*.json
for scenario in "${scenarios[@]}"; do
  read -r name flags <<<"$scenario"
  [ -z "$only" ] || [[ ",$only," == *",$name,"* ]] || continue
  for seat in reference subject; do
    echo "bench.sh: $name, ${!seat}" >&2
    start_server "${!seat}"
    # shellcheck disable=SC2086 # flags are words
    build/release/bin/quorate-bench $flags --endpoints "$client_url" --server-pid "$server_pid" --duration "$seconds" \
      --json >"$out/${name//\//-per-}.$seat.json" || echo "bench.sh: $name failed on ${!seat}" >&2
    stop_server
  done
done

python3 - "$out" "$("$reference" --version | head -1)" "${scenarios[@]}" <<'PYTHON'
import json, os, sys

out, reference, scenarios = sys.argv[1], sys.argv[2], sys.argv[3:]

def load(name, seat):
    try:
        with open(os.path.join(out, f"{name.replace('/', '-per-')}.{seat}.json")) as file:
            figures = json.load(file)
        return figures if figures["requests"] and not figures["error_count"] else None
    except (OSError, ValueError):
        return None

def pair(theirs, ours, digits=0):
    ratio = ours / theirs if theirs else float("nan")
    return f"{theirs:,.{digits}f} | {ours:,.{digits}f} | {ratio:.2f}"

print(f"Reference: {reference}. Each third column is Quorate's figure over etcd's.\n")
print("| scenario | etcd req/s | Quorate | x | etcd p50 us | Quorate | x | etcd p99 us | Quorate | x "
      "| etcd CPU us/req | Quorate | x | etcd RSS MiB | Quorate | x |")
print("|---|" + "--:|" * 15)
for scenario in scenarios:
    name = scenario.split()[0]
    theirs, ours = load(name, "reference"), load(name, "subject")
    if theirs is None and ours is None:
        continue
    if theirs is None or ours is None:
        print(f"| {name} | failed" + " |" * 15)
        continue
    mib = 1 << 20
    print(f"| {name} | " + " | ".join([
        pair(theirs["requests_per_s"], ours["requests_per_s"]),
        pair(theirs["latency_us"]["p50"], ours["latency_us"]["p50"]),
        pair(theirs["latency_us"]["p99"], ours["latency_us"]["p99"]),
        pair(theirs["server"]["cpu_us_per_request"], ours["server"]["cpu_us_per_request"], 1),
        pair(theirs["server"]["resident_bytes_after"] / mib, ours["server"]["resident_bytes_after"] / mib),
    ]) + " |")
PYTHON
