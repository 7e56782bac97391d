#!/usr/bin/env bash
# Installs what building, running and testing Quorate needs on Debian 12. Idempotent: with everything present it
# asks dpkg once and returns. Both README commands call it.
#
#   scripts/install-deps.sh            what a release build needs
#   scripts/install-deps.sh --test     that, and what the tests use
#   scripts/install-deps.sh --dev      that, and for development: clang with its sanitizers and linker, clang-format,
#                                      clang-tidy, perf, matplotlib
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config ccache mold
  librocksdb-dev libnghttp2-dev libboost-dev libssl-dev zlib1g-dev
  libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libgrpc++-dev libabsl-dev
  libspdlog-dev prometheus-cpp-dev libcli11-dev libsystemd-dev libjemalloc-dev
)
test_packages=(libgtest-dev libgmock-dev etcd-server etcd-client python3-grpcio python3-protobuf curl iproute2 git ca-certificates)
dev_packages=(clang-16 clang-format-16 clang-tidy-16 libclang-rt-16-dev lld-16 linux-perf python3-matplotlib)

wanted=("${build_packages[@]}")
case "${1:-}" in
  "") ;;
  --test) wanted+=("${test_packages[@]}") ;;
  --dev) wanted+=("${test_packages[@]}" "${dev_packages[@]}") ;;
  *) echo "install-deps.sh: unknown argument '$1' (known: --test, --dev)" >&2; exit 2 ;;
esac

as_root=()
# Settles how to do what only root may; $1 is what there is to do.
become_root() {
  [ "$(id -u)" -eq 0 ] && return
  command -v sudo >/dev/null || { echo "install-deps.sh: not root and no sudo; $1" >&2; exit 1; }
  as_root=(sudo)
}

# policy-rc.d is how Debian is told to start no service. One that a killed run left would keep those of the whole machine
# from starting: the mark tells it from the machine's own.
policy=/usr/sbin/policy-rc.d
policy_mark='# Of scripts/install-deps.sh of Quorate, while it runs.'
if grep -qxF "$policy_mark" "$policy" 2>/dev/null; then
  become_root "remove $policy, which a killed run left"
  "${as_root[@]}" rm -f "$policy"
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

become_root "install these packages: ${missing[*]}"
echo "install-deps.sh: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# A previous run may have been interrupted half way through a package.
"${as_root[@]}" dpkg --configure -a >&2 || true
"${as_root[@]}" apt-get update -q >&2
# Installing etcd-server must not start a member on 2379.
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
